/* DATA: framer and text filter agree on the end, and what is stored has CRLF line ends only. */
#include "tests/fuzz/fuzz.h"

#include "mailcore/base/arena.h"
#include "mailcore/smtp/frame.h"
#include "mailcore/smtp/text.h"

static void check_lines(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '\n')
			ASSERT(i > 0 && s.ptr[i - 1] == '\r');
		if (s.ptr[i] == '\r')
			ASSERT(i + 1 < s.len && s.ptr[i + 1] == '\n');
	}
}

/* Filters `in` in pieces of `piece` bytes; returns how much was used up to the end of data. */
static size_t filter(struct text_filter *t, struct span in, size_t piece, struct str *out)
{
	size_t at = 0;

	while (at < in.len && t->state != TEXT_END) {
		text_filter_add(t, span_sub(in, at, piece), out);
		at += piece;
	}
	return at;
}

static void check_data(struct span in, enum line_rule rule)
{
	struct smtp_framer f = { 0 };
	struct text_filter t, bytewise;
	struct str out, again;
	size_t scanned = 0, len = 0;

	str_init(&out, 2 * in.len + 2);
	str_init(&again, 2 * in.len + 2);
	smtp_framer_expect(&f, INPUT_DATA);
	bool ended = in.len > 0 && in.len < SMTP_FRAME_MAX &&
		smtp_framer_cut(&f, in, &scanned, &len) == FRAME_READY;
	struct span message = ended ? span_sub(in, 0, len) : in;

	text_filter_init(&t, rule, true);
	(void)filter(&t, message, message.len ? message.len : 1, &out);
	text_filter_init(&bytewise, rule, true);
	size_t used = filter(&bytewise, in, 1, &again);
	if (in.len < SMTP_FRAME_MAX)
		ASSERT(ended == (bytewise.state == TEXT_END));
	if (ended)
		ASSERT(used == len && t.bare == bytewise.bare);
	if (ended && (rule == LINES_NORMALISE || !t.bare))
		check_lines(str_span(&out));
	if (ended)
		ASSERT(span_eq(str_span(&out), str_span(&again)));
	ASSERT(str_ok(&out) && str_ok(&again));
	str_done(&out);
	str_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_data(span_make(data, size), LINES_STRICT);
	check_data(span_make(data, size), LINES_NORMALISE);
	return 0;
}
