/* Notifications from odd facts: lines of the input are the fields. Whatever is written is a message
 * whose lines can travel, and whose header nothing got into. */
#include "tests/fuzz/fuzz.h"

#include "mailcore/base/cur.h"
#include "mailcore/deliver/dsn.h"
#include "mailcore/mime/header.h"

#define LINE_MAX_LEN 998
#define FIELDS       10 /* of the header, at most: In-Reply-To, References, encoding may be missing */

static void check_lines(struct span text)
{
	struct span line;

	ASSERT(span_ends(text, SPAN("--\r\n")));
	while (text.len > 0) {
		size_t end = span_find(text, '\n');
		ASSERT(end != SPAN_NPOS && end > 0 && text.ptr[end - 1] == '\r');
		line = span_sub(text, 0, end - 1);
		ASSERT(line.len <= LINE_MAX_LEN && span_find(line, '\r') == SPAN_NPOS);
		text = span_from(text, end + 1);
	}
}

static void check_header(struct span message)
{
	struct cur c = cur_of(message);
	struct header_field field;
	size_t n = 0;

	while (header_next(&c, &field))
		n++;
	ASSERT(n >= 8 && n <= FIELDS + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = span_make(data, size), line[8] = { 0 };
	struct arena a;
	struct str out;

	if (size < 2)
		return 0;
	rest = span_from(rest, 2);
	for (size_t i = 0; i < 8; i++)
		(void)span_split(&rest, '\n', &line[i]); /* what is missing is empty */
	struct dsn_rcpt rcpt = { .final = line[1],
		.original = line[2],
		.action = (enum dsn_action)(data[0] % 5),
		.status = line[3],
		.remote_mta = line[4],
		.diagnostic = line[5],
		.advice = line[6],
		.last_attempt_s = data[1],
		.retry_until_s = 1795000000 };
	struct dsn dsn = { .reporting_mta = SPAN("mail.test"),
		.to = line[0].len > 0 ? line[0] : SPAN("a@b.test"),
		.envid = line[7],
		.arrival_s = 1795000000,
		.now_s = 1795000000,
		.rcpts = &rcpt,
		.n_rcpts = 1,
		.head = span_sub(rest, 0, header_block_len(rest)),
		.start = rest,
		.return_full = (data[0] & 16) != 0,
		.smtputf8 = (data[0] & 32) != 0 };

	arena_init(&a, 65536);
	str_init(&out, DSN_MAX);
	struct ctx ctx = { .arena = &a };
	if (dsn_write(&ctx, &dsn, &out) == RC_OK) {
		check_lines(str_span(&out));
		check_header(str_span(&out));
	}
	str_done(&out);
	arena_done(&a);
	return 0;
}
