/*
 * The tag lists of DKIM and DMARC records: "v=DKIM1; k=rsa; p=..." (RFC 6376 section 3.2).
 *
 * Limits: 32 tags. No tag twice. Linear in the text. Spans are borrowed.
 */
#pragma once

#include <stdbool.h>

#include "mailcore/base/rc.h"
#include "mailcore/base/span.h"

#define TAGS_MAX 32

struct tag {
	struct span name, value; /* without white space around */
};
struct tag_list {
	struct tag items[TAGS_MAX];
	size_t len;
};

MUST_CHECK bool tag_list_parse(struct span text, struct tag_list *out);
MUST_CHECK bool tag_list_find(const struct tag_list *list, struct span name, struct span *out);
