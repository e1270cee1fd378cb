/* Pieces of IMAP input: see frame.h. */
#include "mailcore/imap/syntax/frame.h"

#include <string.h>

static bool cut_literal(const struct framer *f, struct span in, size_t *out_len)
{
	size_t want = f->literal_left < IMAP_LITERAL_PIECE ? f->literal_left : IMAP_LITERAL_PIECE;

	if (in.len < want)
		return false;
	*out_len = want;
	return true;
}

bool framer_cut(const struct framer *f, struct span in, size_t *scanned, size_t *out_len)
{
	if (f->literal_left)
		return cut_literal(f, in, out_len);
	size_t look = in.len < f->line_max ? in.len : f->line_max;
	size_t from = *scanned < look ? *scanned : look;
	const char *lf = look > from ? memchr(in.ptr + from, '\n', look - from) : NULL;
	*scanned = look;
	if (!lf && in.len < f->line_max)
		return false;
	*out_len = lf ? (size_t)(lf - in.ptr) + 1 : look;
	return true;
}

bool literal_announced(struct span line, struct literal *out)
{
	struct literal lit = { .sync = true };
	size_t end = line.len;
	size_t open;

	if (end < 3 || line.ptr[end - 1] != '}')
		return false;
	end--;
	if (line.ptr[end - 1] == '+') {
		lit.sync = false;
		end--;
	}
	for (open = end; open > 0 && ascii_is_digit(line.ptr[open - 1]); open--)
		;
	if (open == 0 || line.ptr[open - 1] != '{')
		return false;
	if (!span_u64(span_sub(line, open, end - open), INT64_MAX, &lit.size))
		return false;
	open--;
	lit.binary = open > 0 && line.ptr[open - 1] == '~';
	if (lit.binary)
		open--;
	lit.mark = line.len - open;
	*out = lit;
	return true;
}
