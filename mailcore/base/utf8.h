/* UTF-8 (RFC 3629): checking, cutting, decoding and encoding one character. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mailcore/base/span.h"
#include "mailcore/base/str.h"

/* Shortest forms only, no surrogates, nothing above U+10FFFF. NUL is allowed. */
bool utf8_valid(struct span s);
bool utf8_is_ascii(struct span s);
/* The largest length <= max that does not end inside a character. */
size_t utf8_floor(const char *s, size_t max);
/* Decodes the first character of s; returns its length (1..4), or 0 when it is malformed or s is
 * empty. */
size_t utf8_decode(struct span s, uint32_t *out);
void utf8_add(struct str *out, uint32_t code);
/* Appends s with each malformed byte replaced by U+FFFD. */
void utf8_add_valid(struct str *out, struct span s);
