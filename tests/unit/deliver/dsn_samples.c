/*
 * Writes notifications for test_dsn.py to read with a parser that is not ours: "NAME SIZE\n" and the
 * message, one after the other.
 */
#include <stdio.h>

#include "mailcore/deliver/dsn.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define S(lit)                                                                                     \
	{                                                                                          \
		lit, sizeof(lit) - 1                                                               \
	}

#define HEAD                                                                                       \
	"Return-Path: <ann@me.test>\r\nFrom: Ann <ann@me.test>\r\nTo: bob@other.test\r\n"          \
	"Subject: Lunch on Friday\r\nMessage-ID: <m1@me.test>\r\nDate: Sun, 22 Nov 2026 "          \
	"18:30:00 +0100\r\n\r\n"
#define HEAD_UTF8                                                                                  \
	"From: J\xc3\xbcrgen <j\xc3\xbcrgen@me.test>\r\nSubject: Gr\xc3\xbc\xc3\x9f"               \
	"e\r\n\r\n"

static const struct dsn_rcpt failed[] = {
	{ .final = S("bob@other.test"),
		.original = S("rfc822;Bob+2Bshop@alias.test"),
		.action = DSN_FAILED,
		.status = S("5.1.1"),
		.remote_mta = S("mx.other.test"),
		.diagnostic =
			S("550 5.1.1 No such user here, and a long explanation that has to be "
			  "folded because it would not fit into one line of a header at all"),
		.advice = S("The address does not exist. Check it for a typing error."),
		.last_attempt_s = 1795000100 },
	{ .final = S("eve@gone.test"),
		.action = DSN_FAILED,
		.status = S("5.1.2"),
		.diagnostic = S("5.1.2 The domain gone.test does not exist."),
		.advice = S("The part after the @ does not exist."),
		.last_attempt_s = 1795000100 },
};
static const struct dsn_rcpt delayed[] = {
	{ .final = S("bob@other.test"),
		.action = DSN_DELAYED,
		.status = S("4.4.1"),
		.diagnostic = S("4.4.1 connection failed"),
		.advice = S("The server cannot be reached."),
		.last_attempt_s = 1795000100,
		.retry_until_s = 1795400000 },
};
static const struct dsn_rcpt relayed[] = {
	{ .final = S("bob@other.test"),
		.action = DSN_RELAYED,
		.status = S("2.0.0"),
		.remote_mta = S("mx.other.test"),
		.diagnostic = S("250 2.0.0 queued") },
};
static const struct dsn_rcpt utf8[] = {
	{ .final = S("j\xc3\xb6rg@other.test"),
		.original = S("utf-8;j\\x{F6}rg@other.test"),
		.action = DSN_FAILED,
		.status = S("5.6.7"),
		.remote_mta = S("mx.other.test"),
		.diagnostic = S("553 5.6.7 Gr\xc3\xbc\xc3\x9f"
				"e") },
};
/* What a hostile server or client might have left behind. */
static const struct dsn_rcpt odd[] = {
	{ .final = S("\"a b\"@other.test"),
		.original = S("rfc822;x+0D+0AX-Injected:+20yes"),
		.action = DSN_FAILED,
		.status = S("5.0.0"),
		.remote_mta = S("[192.0.2.1]"),
		.diagnostic = S("550 a\\x0d\\x0aX-Injected: yes --=_ <script>") },
	{ .final = S("b@other.test"),
		.original = S("no semicolon"),
		.action = DSN_FAILED,
		.status = S("5.0.0") },
};

static char large[80000], long_line[3000];

static struct span make_large(void)
{
	size_t n = (size_t)snprintf(large, sizeof large, "%s", HEAD);
	while (n + 40 < sizeof large)
		n += (size_t)snprintf(large + n, sizeof large - n, "--=_line %zu\r\n", n);
	return span_make(large, DSN_RETURN_MAX);
}

static struct span make_long_line(void)
{
	size_t n = (size_t)snprintf(long_line, sizeof long_line, "%s", HEAD);
	memset(long_line + n, 'x', sizeof long_line - n);
	return span_make(long_line, sizeof long_line);
}

static void sample(const char *name, struct dsn dsn)
{
	struct arena arena;
	struct ctx ctx = { .arena = &arena };
	struct str out;

	arena_init(&arena, 65536);
	str_init(&out, DSN_MAX);
	dsn.reporting_mta = SPAN("mail.me.test");
	dsn.arrival_s = 1795000000;
	dsn.now_s = 1795000200;
	if (!dsn.to.ptr)
		dsn.to = SPAN("ann@me.test");
	if (!dsn.head.ptr)
		dsn.head = SPAN(HEAD);
	enum rc rc = dsn_write(&ctx, &dsn, &out);
	if (rc != RC_OK)
		printf("%s 0\n", name);
	else {
		printf("%s %zu\n", name, out.len);
		(void)fwrite(out.ptr, 1, out.len, stdout);
	}
	str_done(&out);
	arena_done(&arena);
}

#define RCPTS(list) .rcpts = list, .n_rcpts = COUNT(list)

int main(void)
{
	sample("failed", (struct dsn){ RCPTS(failed), .envid = SPAN("QQ+2B314") });
	sample("failed_full",
		(struct dsn){
			RCPTS(failed), .return_full = true, .start = SPAN(HEAD "Hi.\r\n.\r\n") });
	sample("failed_8bit",
		(struct dsn){
			RCPTS(failed), .return_full = true, .start = SPAN(HEAD "\xc3\xbc\r\n") });
	sample("failed_large",
		(struct dsn){ RCPTS(failed), .return_full = true, .start = make_large() });
	sample("failed_long_line",
		(struct dsn){ RCPTS(failed), .return_full = true, .start = make_long_line() });
	sample("delayed", (struct dsn){ RCPTS(delayed) });
	sample("relayed", (struct dsn){ RCPTS(relayed) });
	sample("utf8",
		(struct dsn){ RCPTS(utf8), .to = SPAN("j\xc3\xbcrgen@me.test"),
			.head = SPAN(HEAD_UTF8), .smtputf8 = true, .return_full = true,
			.start = SPAN(HEAD_UTF8 "Hallo.\r\n") });
	sample("utf8_as_ascii", (struct dsn){ RCPTS(utf8), .head = SPAN(HEAD_UTF8) });
	sample("odd", (struct dsn){ RCPTS(odd), .envid = SPAN("a+0D+0Ab") });
	sample("bad_sender", (struct dsn){ RCPTS(failed), .to = SPAN("a@b\r\nX: y") });
	return 0;
}
