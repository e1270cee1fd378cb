/*
 * Style attributes of mail, reduced to what can neither load nor overlay anything.
 *
 * A declaration passes when its property is on the list and its value holds only colours, numbers,
 * lengths, words, quoted font names and the functions rgb, rgba, hsl, hsla and calc. Anything with
 * url(, a backslash, @, <, > or an unknown function is dropped as a whole. Linear; cleaning twice
 * changes nothing.
 */
#pragma once

#include <stddef.h>

#include "mailcore/base/span.h"
#include "mailcore/base/str.h"

#define CSS_STYLE_MAX 8192 /* bytes of one attribute; a longer one is dropped */

/* Appends "a: b; c: d". *remote counts addresses that would have been loaded. */
void css_clean(struct str *out, struct span style, size_t *remote);
