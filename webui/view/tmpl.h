/*
 * Templates: a subset of mustache, compiled to a list of operations when the program starts.
 *
 *   {{x}}            the field, escaped for where it stands (text, attribute, URL)
 *   {{.}}            the item itself, in a list of texts
 *   {{#x}} ... {{/x}}  for each item of a list; once, inside it, for a map; once for other truths
 *   {{^x}} ... {{/x}}  when x is false, empty or an empty list
 *   {{>name}}        another template, with the fields of this place
 *   {{t.key}}        words from the catalogue; {name} in them is the field `name`
 *   {{@app.css}}     the address of a static file
 *   {{! ... }}       nothing
 *
 * There is no raw output: only a value of type html, which code makes from another template or
 * from html_clean, is written as it is, and only between tags. Fields are looked up from the
 * innermost section outwards.
 *
 * The compiler follows the HTML as far as it must to know where a field stands, and refuses
 * templates in which that would be unsafe or unclear: fields in tag names, attribute names,
 * unquoted or single-quoted attributes, script or style; attributes style and on*; sections that
 * begin and end in different places. In href, src, action and formaction a field at the start must
 * be a safe URL (url_is_safe, else "#"), later ones are percent-encoded.
 *
 * Compiled templates are immutable and shared by all threads.
 */
#pragma once

#include <stddef.h>

#include "mailcore/base/arena.h"
#include "mailcore/base/rc.h"
#include "mailcore/base/span.h"
#include "mailcore/base/str.h"
#include "webui/view/val.h"

#define TMPL_SOURCE_MAX  65536 /* bytes of one template */
#define TMPL_OPS_MAX     2000
#define TMPL_NESTING_MAX 16 /* sections in one template */
#define TMPL_PARTIAL_MAX 12 /* partials in partials */

struct tmpl;
struct tmpl_set;

struct tmpl_source {
	struct span name; /* "panel/domains" */
	struct span text;
};

/* Where {{t.key}} and {{@file}} come from; ptr is NULL when there is no such thing. */
struct tmpl_names {
	struct span (*words)(struct span key);
	struct span (*asset)(struct span file);
};

/* Compiles all of them; partials are found among themselves. RC_INVALID: err names template, line
 * and reason. Everything lives in the arena; sources are borrowed. */
MUST_CHECK enum rc tmpl_compile(struct arena *a, const struct tmpl_source *sources, size_t n,
	const struct tmpl_names *names, struct tmpl_set **out, struct err *err);

/* NULL when there is none. */
const struct tmpl *tmpl_find(const struct tmpl_set *set, struct span name);

/* What was wrong with the data. A missing field is written as nothing. */
struct tmpl_gaps {
	size_t missing; /* fields that were not there */
	char first[64]; /* the first of them */
};

void tmpl_render(
	const struct tmpl *t, const struct val *data, struct str *out, struct tmpl_gaps *gaps);
/* Into the arena, as a value for another template. */
struct html tmpl_html(const struct tmpl *t, const struct val *data, struct arena *a, size_t max,
	struct tmpl_gaps *gaps);
