/* Command lines: cut into frames, then read by each parser; what is taken must be writable again. */
#include "tests/fuzz/fuzz.h"

#include "mailcore/smtp/frame.h"
#include "mailcore/smtp/parse.h"
#include "mailcore/smtp/smtp.h"

static void check_path(struct arena *a, const struct smtp_path *p)
{
	struct smtp_mail again;
	struct str arg = str_in(a, 4096);

	ASSERT(p->text.len <= 2 * SMTP_PATH_MAX);
	str_addf(&arg, "FROM:<" SPAN_FMT ">", SPAN_ARG(p->text));
	if (p->domain.len == 0) /* null sender, or postmaster alone */
		return;
	ASSERT(smtp_mail_parse(a, str_span(&arg), false, &again) == PARSE_OK);
	ASSERT(span_eq(again.from.text, p->text));
	ASSERT(span_eq(again.from.local, p->local) && span_eq(again.from.domain, p->domain));
}

static void parse_line(struct arena *a, struct span frame)
{
	struct span verb, arg, one, two;
	struct smtp_mail mail;
	struct smtp_rcpt rcpt;
	uint64_t size;
	bool last;

	if (!smtp_line_parse(frame, &verb, &arg))
		return;
	for (int lenient = 0; lenient < 2; lenient++) {
		if (smtp_mail_parse(a, arg, lenient, &mail) == PARSE_OK)
			check_path(a, &mail.from);
		if (smtp_rcpt_parse(a, arg, lenient, &rcpt) == PARSE_OK)
			check_path(a, &rcpt.to);
	}
	(void)smtp_helo_parse(arg, &one);
	(void)smtp_bdat_parse(arg, &size, &last);
	(void)smtp_auth_parse(arg, &one, &two);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct smtp_framer f = { .input = size > 0 && data[0] == '+' ? INPUT_AUTH_LINE
								     : INPUT_LINE };
	struct span rest = span_make(data, size);
	struct arena a;
	size_t scanned = 0, len;

	arena_init(&a, 4096);
	while (smtp_framer_cut(&f, rest, &scanned, &len) == FRAME_READY) {
		ASSERT(len > 0 && len <= rest.len);
		struct span frame = span_sub(rest, 0, len);
		if (smtp_line_is_whole(&f, frame))
			parse_line(&a, frame);
		else
			ASSERT(len > SMTP_LINE_MAX);
		rest = span_from(rest, len);
		scanned = 0;
	}
	arena_done(&a);
	return 0;
}
