/* How text compares in SORT and THREAD: i;unicode-casemap (RFC 5051). Pure. */
#pragma once

#include "mailcore/base/arena.h"
#include "mailcore/base/span.h"

#define COLLATE_MAX 1000 /* octets of text that count */

/* Octets that compare as the text does: title case, decomposed. utf8 is valid. */
struct span collate_key(struct arena *a, struct span utf8);
