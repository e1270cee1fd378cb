/* The compiled form of a template: between tmpl_compile.c and tmpl.c, for nobody else. */
#pragma once

#include <stdint.h>

#include "webui/view/tmpl.h"

enum tmpl_op_kind {
	OP_LITERAL,   /* text, as it is */
	OP_FIELD,     /* text: name; between tags, html allowed */
	OP_ATTRIBUTE, /* in a quoted attribute */
	OP_URL,       /* at the start of a URL attribute */
	OP_COMPONENT, /* later in a URL attribute */
	OP_SECTION,   /* end: index of the OP_END */
	OP_INVERTED,
	OP_END,
	OP_PARTIAL, /* partial */
};

struct tmpl_op {
	enum tmpl_op_kind kind;
	uint32_t end;
	struct span text;
	const struct tmpl *partial;
};

struct tmpl {
	struct span name;
	struct tmpl_op *items;
	size_t len, cap;
};

struct tmpl_set {
	struct tmpl *items; /* in the order of the sources */
	size_t len;
};
