/* Windows on results: see partial.h. */
#include "mailcore/imap/syntax/partial.h"

#include "mailcore/imap/syntax/lex.h"

bool partial_range_parse(struct cur *in, struct partial_range *out)
{
	struct cur c = *in;
	uint32_t a, b;
	bool from_last = cur_take(&c, '-');

	if (!lex_u32(&c, &a) || !cur_take(&c, ':') || cur_take(&c, '-') != from_last ||
		!lex_u32(&c, &b) || a == 0 || b == 0)
		return false;
	*out = (struct partial_range){ .text = cur_since(&c, in->p),
		.from = a < b ? a : b,
		.to = a < b ? b : a,
		.from_last = from_last };
	*in = c;
	return true;
}

void partial_range_cut(
	const struct partial_range *range, size_t n, size_t *out_from, size_t *out_to)
{
	size_t from = range->from - 1 < n ? range->from - 1 : n;
	size_t to = range->to < n ? range->to : n;

	*out_from = range->from_last ? n - to : from;
	*out_to = range->from_last ? n - from : to;
}
