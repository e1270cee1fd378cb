/* Replies of SMTP servers: fed whole and byte by byte, with the same result; printable text. */
#include "tests/fuzz/fuzz.h"

#include "mailcore/base/utf8.h"
#include "mailcore/smtpclient/reply.h"

static enum reply_state run(
	struct arena *a, struct span all, size_t step, struct smtpclient_reply *out)
{
	struct reply_parser p;
	enum reply_state state = REPLY_MORE;
	struct span in = span_sub(all, 0, 0);

	reply_parse_begin(&p, a);
	for (size_t got = 0; got < all.len && state == REPLY_MORE;) {
		size_t more = all.len - got < step ? all.len - got : step;
		got += more;
		in.len += more;
		state = reply_feed(&p, &in);
	}
	if (state == REPLY_DONE)
		reply_result(&p, a, out);
	return state;
}

static void check_text(struct span text)
{
	ASSERT(text.len <= REPLY_TEXT_MAX && utf8_valid(text));
	for (size_t i = 0; i < text.len; i++)
		ASSERT((unsigned char)text.ptr[i] >= 0x20 && text.ptr[i] != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct smtpclient_reply whole = { 0 }, pieces = { 0 };
	struct arena a;

	arena_init(&a, 4096);
	enum reply_state one = run(&a, span_make(data, size), size, &whole);
	enum reply_state two = run(&a, span_make(data, size), 3, &pieces);
	ASSERT(one == two);
	if (one == REPLY_DONE) {
		ASSERT(whole.code >= 200 && whole.code <= 559 && whole.code == pieces.code);
		ASSERT(span_eq(whole.text, pieces.text) && whole.status.len >= 5);
		check_text(whole.text);
		check_text(whole.status);
	}
	arena_done(&a);
	return 0;
}
