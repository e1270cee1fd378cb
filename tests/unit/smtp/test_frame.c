/* mailcore/smtp/frame and text: where input is cut, and which bytes become the message. */
#include "tests/unit/cmocka_all.h"

#include <string.h>

#include "mailcore/smtp/frame.h"
#include "mailcore/smtp/smtp.h"
#include "mailcore/smtp/text.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* Feeds `in` so that the framer first sees `first` bytes, then one more at a time; what it cuts is
 * collected with '|' behind each frame. Stops after the first frame when `once`. */
static void cut_all(struct smtp_framer *f, struct span in, size_t first, struct str *out)
{
	size_t have = first, scanned = 0, len = 0;
	struct span rest = in;

	while (have <= rest.len) {
		struct span seen = span_sub(rest, 0, have);
		if (smtp_framer_cut(f, seen, &scanned, &len) == FRAME_WAIT) {
			assert_true(scanned <= have);
			have++;
			continue;
		}
		assert_true(len > 0 && len <= have);
		str_add(out, span_sub(rest, 0, len));
		str_add_c(out, '|');
		rest = span_from(rest, len);
		have -= len;
		scanned = 0;
		if (have == 0 && rest.len == 0)
			break;
	}
	str_add(out, rest);
}

static void lines_are_cut_at_lf(void **state)
{
	static const struct {
		const char *in, *want;
	} cases[] = {
		{ "NOOP\r\nQUIT\r\n", "NOOP\r\n|QUIT\r\n|" },
		{ "a\nb", "a\n|b" },
		{ "\r\n\n", "\r\n|\n|" },
		{ "x\ry\r\n", "x\ry\r\n|" },
		{ "", "" },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		for (size_t first = 0; first <= strlen(cases[i].in); first++) {
			struct smtp_framer f = { 0 };
			struct str out;
			str_init(&out, 1000);
			cut_all(&f, span_of(cases[i].in), first, &out);
			assert_string_equal(str_cstr(&out), cases[i].want);
			str_done(&out);
		}
	}
}

static size_t cut_long_line(const char *prefix, size_t len, bool with_lf, enum smtp_input input)
{
	struct str line;
	str_init(&line, 1 << 20);
	str_add_cstr(&line, prefix);
	while (line.len < len)
		str_add_c(&line, 'x');
	if (with_lf)
		line.ptr[len - 1] = '\n';
	struct smtp_framer f = { .input = input };
	size_t scanned = 0, out = 0;
	enum frame got = smtp_framer_cut(&f, str_span(&line), &scanned, &out);
	bool whole =
		got == FRAME_READY && smtp_line_is_whole(&f, span_sub(str_span(&line), 0, out));
	str_done(&line);
	return whole ? 1 : got == FRAME_READY ? 2 : 0;
}

static void long_lines(void **state)
{
	enum { WAIT, WHOLE, TOO_LONG };
	assert_int_equal(cut_long_line("MAIL ", SMTP_LINE_MAX, true, INPUT_LINE), WHOLE);
	assert_int_equal(cut_long_line("MAIL ", SMTP_LINE_MAX, false, INPUT_LINE), WAIT);
	assert_int_equal(cut_long_line("MAIL ", SMTP_LINE_MAX + 1, true, INPUT_LINE), TOO_LONG);
	assert_int_equal(cut_long_line("MAIL ", SMTP_LINE_MAX + 1, false, INPUT_LINE), TOO_LONG);
	assert_int_equal(cut_long_line("auth ", SMTP_AUTH_LINE_MAX, true, INPUT_LINE), WHOLE);
	assert_int_equal(
		cut_long_line("AUTH ", SMTP_AUTH_LINE_MAX + 1, false, INPUT_LINE), TOO_LONG);
	assert_int_equal(cut_long_line("", SMTP_AUTH_LINE_MAX, true, INPUT_AUTH_LINE), WHOLE);
	assert_int_equal(
		cut_long_line("", SMTP_AUTH_LINE_MAX + 1, true, INPUT_AUTH_LINE), TOO_LONG);
}

/* {LF, CR, CRLF, CR NUL ...} before and behind the dot: only CRLF.CRLF ends. */
static void only_crlf_dot_crlf_ends(void **state)
{
	static const char *const ends[] = { "\r\n", "\n", "\r", "\r\r\n", "\n\r", "\r\n\n" };

	for (size_t before = 0; before < COUNT(ends); before++) {
		for (size_t behind = 0; behind < COUNT(ends); behind++) {
			struct str in, out;
			str_init(&in, 1000);
			str_init(&out, 1000);
			str_addf(&in, "a%s.%s", ends[before], ends[behind]);
			/* What ends with CRLF before the dot and begins with CRLF behind it. */
			const char *b = ends[before];
			bool crlf_before = strcmp(b, "\r\n") == 0 || strcmp(b, "\r\r\n") == 0;
			bool crlf_behind = strncmp(ends[behind], "\r\n", 2) == 0;
			struct smtp_framer f = { 0 };
			smtp_framer_expect(&f, INPUT_DATA);
			cut_all(&f, str_span(&in), 1, &out);
			bool ended = span_find(str_span(&out), '|') != SPAN_NPOS;
			assert_int_equal(ended, crlf_before && crlf_behind);
			str_done(&in);
			str_done(&out);
		}
	}
}

static void data_is_cut_behind_its_end(void **state)
{
	static const struct {
		const char *in, *want;
	} cases[] = {
		{ ".\r\nQUIT\r\n", ".\r\n|QUIT\r\n" },
		{ "a\r\n.\r\nQUIT\r\n", "a\r\n.\r\n|QUIT\r\n" },
		{ "\r\n.\r\n", "\r\n.\r\n|" },
		{ "..\r\n.\r\n", "..\r\n.\r\n|" },
		{ "a.\r\n", "a.\r\n" },
		{ "\r\n.\rx\r\n.\r\n", "\r\n.\rx\r\n.\r\n|" },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		for (size_t first = 0; first <= strlen(cases[i].in); first++) {
			struct smtp_framer f = { 0 };
			smtp_framer_expect(&f, INPUT_DATA);
			struct span in = span_of(cases[i].in);
			size_t scanned = 0, len = 0, have = first;
			while (have <= in.len &&
				smtp_framer_cut(&f, span_sub(in, 0, have), &scanned, &len) ==
					FRAME_WAIT)
				have++;
			struct str out;
			str_init(&out, 1000);
			str_add(&out, span_sub(in, 0, len));
			if (len > 0)
				str_add_c(&out, '|');
			str_add(&out, span_from(in, len));
			assert_string_equal(str_cstr(&out), cases[i].want);
			str_done(&out);
		}
	}
}

/* The end of data may lie across two full frames in each way. */
static void data_end_across_frames(void **state)
{
	for (size_t cut = 1; cut < 5; cut++) {
		struct str in;
		str_init(&in, 1 << 20);
		while (in.len < SMTP_FRAME_MAX - cut)
			str_add_c(&in, 'x');
		str_add(&in, SPAN("\r\n.\r\nNOOP"));
		struct smtp_framer f = { 0 };
		smtp_framer_expect(&f, INPUT_DATA);
		size_t scanned = 0, len = 0;
		struct span first = span_sub(str_span(&in), 0, SMTP_FRAME_MAX);
		assert_int_equal(smtp_framer_cut(&f, first, &scanned, &len), FRAME_READY);
		assert_int_equal(len, SMTP_FRAME_MAX);
		scanned = 0;
		struct span rest = span_from(str_span(&in), len);
		assert_int_equal(smtp_framer_cut(&f, rest, &scanned, &len), FRAME_READY);
		assert_true(span_eq(span_from(rest, len), SPAN("NOOP")));
		str_done(&in);
	}
}

static void chunks_have_their_length(void **state)
{
	struct smtp_framer f = { .input = INPUT_CHUNK, .chunk_left = 5 };
	size_t scanned = 0, len = 0;
	assert_int_equal(smtp_framer_cut(&f, SPAN("ab\r\n"), &scanned, &len), FRAME_WAIT);
	assert_int_equal(smtp_framer_cut(&f, SPAN("ab\r\n.QUIT"), &scanned, &len), FRAME_READY);
	assert_int_equal(len, 5);
}

/* --- text ------------------------------------------------------------------------------------- */

struct text_case {
	struct span in;
	const char *strict; /* NULL: refused for bare CR or LF */
	const char *normal;
	bool ended;
};

static const struct text_case data_cases[] = {
	{ SPAN(".\r\n"), "", "", true },
	{ SPAN("a\r\n.\r\n"), "a\r\n", "a\r\n", true },
	{ SPAN("..\r\n...\r\n.a\r\n.\r\n"), ".\r\n..\r\na\r\n", ".\r\n..\r\na\r\n", true },
	{ SPAN("a.\r\nb..c\r\n.\r\n"), "a.\r\nb..c\r\n", "a.\r\nb..c\r\n", true },
	{ SPAN("\r\n\r\n.\r\n"), "\r\n\r\n", "\r\n\r\n", true },
	{ SPAN("a\n.\n.\r\n"), NULL, "a\r\n.\r\n.\r\n", false },
	{ SPAN("a\n.\r\nb\r\n.\r\n"), NULL, "a\r\n.\r\nb\r\n", true },
	{ SPAN("a\r\n.\nb\r\n.\r\n"), NULL, "a\r\n\r\nb\r\n", true },
	{ SPAN("a\r.\rb\r\n.\r\n"), NULL, "a\r\n.\r\nb\r\n", true },
	{ SPAN("a\r\n.\rb\r\n.\r\n"), NULL, "a\r\n\r\nb\r\n", true },
	{ SPAN("a\r\r\n.\r\n"), NULL, "a\r\n\r\n", true },
	{ SPAN("a\n\r\n.\r\n"), NULL, "a\r\n\r\n", true },
};

/* With `split`, the input comes in two pieces; 0: byte by byte. */
static void filter(struct text_filter *t, struct span in, size_t split, struct str *out)
{
	if (split > 0) {
		text_filter_add(t, span_sub(in, 0, split), out);
		text_filter_add(t, span_from(in, split), out);
		return;
	}
	for (size_t i = 0; i < in.len; i++)
		text_filter_add(t, span_sub(in, i, 1), out);
}

static void data_becomes_a_message(void **state)
{
	for (size_t i = 0; i < COUNT(data_cases); i++) {
		const struct text_case *c = &data_cases[i];
		for (size_t split = 0; split <= c->in.len; split++) {
			struct text_filter t;
			struct str out;
			str_init(&out, 1000);
			text_filter_init(&t, LINES_STRICT, true);
			filter(&t, c->in, split, &out);
			assert_int_equal(t.bare, c->strict == NULL);
			assert_int_equal(t.state == TEXT_END, c->ended);
			if (c->strict)
				assert_string_equal(str_cstr(&out), c->strict);
			str_clear(&out);
			text_filter_init(&t, LINES_NORMALISE, true);
			filter(&t, c->in, split, &out);
			assert_string_equal(str_cstr(&out), c->normal);
			str_done(&out);
		}
	}
}

static void chunks_become_a_message(void **state)
{
	static const struct text_case cases[] = {
		{ SPAN(""), "", "" },
		{ SPAN("a"), "a\r\n", "a\r\n" },
		{ SPAN("a\r\n"), "a\r\n", "a\r\n" },
		{ SPAN("a\r\n.\r\n.b"), "a\r\n.\r\n.b\r\n", "a\r\n.\r\n.b\r\n" },
		{ SPAN("a\n"), NULL, "a\r\n" },
		{ SPAN("a\r"), NULL, "a\r\n" },
		{ SPAN("a\rb\n"), NULL, "a\r\nb\r\n" },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		for (size_t split = 0; split <= cases[i].in.len; split++) {
			struct text_filter t;
			struct str out;
			str_init(&out, 1000);
			text_filter_init(&t, LINES_STRICT, false);
			filter(&t, cases[i].in, split, &out);
			text_filter_finish(&t, &out);
			assert_int_equal(t.bare, cases[i].strict == NULL);
			if (cases[i].strict)
				assert_string_equal(str_cstr(&out), cases[i].strict);
			str_clear(&out);
			text_filter_init(&t, LINES_NORMALISE, false);
			filter(&t, cases[i].in, split, &out);
			text_filter_finish(&t, &out);
			assert_string_equal(str_cstr(&out), cases[i].normal);
			str_done(&out);
		}
	}
}

/* Framer and filter must agree on where a message ends: every input of 7 bytes made of four. */
static void framer_and_filter_agree(void **state)
{
	static const char letters[] = { '\r', '\n', '.', 'a' };
	char in[7];

	for (unsigned n = 0; n < 1U << (2 * sizeof in); n++) {
		for (size_t i = 0; i < sizeof in; i++)
			in[i] = letters[n >> (2 * i) & 3];
		struct smtp_framer f = { 0 };
		smtp_framer_expect(&f, INPUT_DATA);
		size_t scanned = 0, len = 0;
		enum frame cut = smtp_framer_cut(&f, span_make(in, sizeof in), &scanned, &len);
		struct text_filter t;
		text_filter_init(&t, LINES_STRICT, true);
		struct str out;
		str_init(&out, 100);
		size_t ended = 0;
		for (size_t i = 0; i < sizeof in && t.state != TEXT_END; i++) {
			text_filter_add(&t, span_make(in + i, 1), &out);
			ended = i + 1;
		}
		assert_int_equal(cut == FRAME_READY, t.state == TEXT_END);
		if (cut == FRAME_READY)
			assert_int_equal(len, ended);
		str_done(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_cut_at_lf),
		cmocka_unit_test(long_lines),
		cmocka_unit_test(only_crlf_dot_crlf_ends),
		cmocka_unit_test(data_is_cut_behind_its_end),
		cmocka_unit_test(data_end_across_frames),
		cmocka_unit_test(chunks_have_their_length),
		cmocka_unit_test(data_becomes_a_message),
		cmocka_unit_test(chunks_become_a_message),
		cmocka_unit_test(framer_and_filter_agree),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
