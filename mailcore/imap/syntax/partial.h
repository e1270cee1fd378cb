/*
 * A window on a list of results (RFC 9394): "1:100" from the first on, "-1:-100" from the last back.
 * Pure.
 */
#pragma once

#include "mailcore/base/cur.h"

struct partial_range {
	struct span text;  /* as written, for the answer; ptr NULL: none was given */
	uint32_t from, to; /* from <= to, counted from 1 */
	bool from_last;
};

/* partial-range = nz-number ":" nz-number / "-" nz-number ":" "-" nz-number */
bool partial_range_parse(struct cur *in, struct partial_range *out);
/* The window on n results: half-open, empty when it lies beyond them. */
void partial_range_cut(
	const struct partial_range *range, size_t n, size_t *out_from, size_t *out_to);
