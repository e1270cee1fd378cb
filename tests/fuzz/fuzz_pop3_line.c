/* POP3 lines and their arguments. */
#include "tests/fuzz/fuzz.h"

#include "mailcore/pop3/parse.h"
#include "mailcore/pop3/pop3.h"

static void parse_line(struct span frame)
{
	struct span verb, arg;
	size_t n, lines;

	if (!pop3_line_parse(frame, &verb, &arg))
		return;
	ASSERT(span_find(arg, '\n') == SPAN_NPOS && span_find(verb, ' ') == SPAN_NPOS);
	if (pop3_number_parse(arg, 1000, &n))
		ASSERT(n >= 1 && n <= 1000);
	if (pop3_top_parse(arg, 1000, &n, &lines))
		ASSERT(n >= 1 && n <= 1000);
	(void)pop3_name_is_valid(arg);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span all = span_make(data, size), rest = all;
	size_t scanned = 0, len;

	while (pop3_line_cut(rest, POP3_LINE_MAX, &scanned, &len) == FRAME_READY) {
		ASSERT(len > 0 && len <= rest.len);
		parse_line(span_sub(rest, 0, len));
		rest = span_from(rest, len);
		scanned = 0;
	}
	for (size_t lines = 0; lines < 4; lines++)
		ASSERT(pop3_top_len(all, lines) <= all.len);
	return 0;
}
