/*
 * mailcore/smtpclient against a server in a thread that follows a script: a line "S text" is said,
 * "C prefix" is what the client must say next, "BODY" takes the message, "TLS" starts it, "CLOSE"
 * hangs up, "END" waits for the client to hang up. REQUIREMENTS 2, 3, 4, 12, 14, 53.
 */
#include "tests/unit/cmocka_all.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "mailcore/base/clock.h"
#include "mailcore/base/log.h"
#include "mailcore/net/tls_conn.h"
#include "mailcore/smtpclient/client_cache.h"
#include "mailcore/smtpclient/smtpclient.h"

#define PATIENCE_S 60

static struct tls_store *store;

/* --- the server ------------------------------------------------------------------------------- */

struct peer {
	const char *script;
	int listener, fd;
	struct tls *tls;
	struct addr addr;
	pthread_t thread;
	struct str body, in;
	char wrong[300]; /* what did not go as written */
};

static bool peer_write(struct peer *p, struct span text)
{
	size_t n = 0;

	if (p->tls)
		return tls_write(p->tls, text.ptr, text.len, &n) == IO_OK && n == text.len;
	return send(p->fd, text.ptr, text.len, MSG_NOSIGNAL) == (ssize_t)text.len;
}

static bool peer_fill(struct peer *p)
{
	char *at = str_reserve(&p->in, 4096);
	size_t n = 0;

	if (p->tls) {
		if (tls_read(p->tls, at, 4096, &n) != IO_OK)
			return false;
	} else {
		ssize_t got = recv(p->fd, at, 4096, 0);
		if (got <= 0)
			return false;
		n = (size_t)got;
	}
	p->in.len += n;
	return true;
}

static void complain(struct peer *p, const char *what, struct span text)
{
	if (!p->wrong[0])
		(void)snprintf(
			p->wrong, sizeof p->wrong, "%s: %.200s", what, text.len ? text.ptr : "");
}

static void expect_line(struct peer *p, struct span prefix)
{
	size_t end;

	for (;;) {
		end = span_find(str_span(&p->in), '\n');
		if (end != SPAN_NPOS)
			break;
		if (!peer_fill(p)) {
			complain(p, "gone before", prefix);
			return;
		}
	}
	if (!span_starts(str_span(&p->in), prefix))
		complain(p, "not as expected", prefix);
	str_eat(&p->in, end + 1);
}

static void take_body(struct peer *p)
{
	for (;;) {
		size_t end = span_find_span(str_span(&p->in), SPAN("\r\n.\r\n"));
		if (end != SPAN_NPOS) {
			str_add(&p->body, span_sub(str_span(&p->in), 0, end + 5));
			str_eat(&p->in, end + 5);
			return;
		}
		if (!peer_fill(p)) {
			complain(p, "gone in the message", SPAN(""));
			return;
		}
	}
}

static void start_tls(struct peer *p)
{
	p->tls = tls_accept_new(store, p->fd, "smtp", "smtp");
	if (tls_handshake(p->tls) != IO_OK)
		complain(p, "handshake", span_of(tls_failure(p->tls)));
}

static void run_line(struct peer *p, struct span line)
{
	if (span_starts(line, SPAN("S "))) {
		struct str s;
		str_init(&s, 100000);
		str_add(&s, span_from(line, 2));
		str_add_cstr(&s, "\r\n");
		for (size_t at = 0; at + 1 < s.len; at++) { /* '|' is a line end within */
			if (s.ptr[at] == '|')
				s.ptr[at] = '\n';
		}
		if (!peer_write(p, str_span(&s)))
			complain(p, "cannot say", line);
		str_done(&s);
	} else if (span_starts(line, SPAN("H "))) { /* half a reply */
		(void)peer_write(p, span_from(line, 2));
	} else if (span_starts(line, SPAN("C "))) {
		expect_line(p, span_from(line, 2));
	} else if (span_eq(line, SPAN("BODY"))) {
		take_body(p);
	} else if (span_eq(line, SPAN("TLS"))) {
		start_tls(p);
	} else if (span_eq(line, SPAN("END"))) {
		str_clear(&p->in);
		while (peer_fill(p))
			str_clear(&p->in);
	}
}

static void *serve(void *arg)
{
	struct peer *p = arg;
	struct span rest = span_of(p->script), line;
	struct timeval patience = { .tv_sec = PATIENCE_S };

	p->fd = accept(p->listener, NULL, NULL);
	(void)setsockopt(p->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	while (span_split(&rest, '\n', &line) && !p->wrong[0])
		run_line(p, line);
	tls_free(p->tls);
	(void)close(p->fd);
	return NULL;
}

static void peer_start(struct peer *p, const char *script)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof in;

	*p = (struct peer){ .script = script };
	str_init(&p->body, 10 << 20);
	str_init(&p->in, 10 << 20);
	p->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(p->listener, (struct sockaddr *)&in, sizeof in), 0);
	assert_int_equal(listen(p->listener, 5), 0);
	assert_int_equal(getsockname(p->listener, (struct sockaddr *)&in, &len), 0);
	addr_from_sockaddr((struct sockaddr *)&in, &p->addr);
	assert_int_equal(pthread_create(&p->thread, NULL, serve, p), 0);
}

static void peer_end(struct peer *p)
{
	(void)pthread_join(p->thread, NULL);
	(void)close(p->listener);
	str_done(&p->body);
	str_done(&p->in);
	if (p->wrong[0])
		fail_msg("the client did not keep to the script: %s", p->wrong);
}

/* --- the client ------------------------------------------------------------------------------- */

static struct arena arena;
static struct ctx ctx;

static struct smtpclient_options options_for(const struct peer *p)
{
	return (struct smtpclient_options){ .peer = p->addr,
		.host = SPAN("mx.peer.test"),
		.helo = SPAN("me.test"),
		.tls = CLIENT_TLS_MAY,
		.connect_ms = PATIENCE_S * 1000,
		.command_ms = PATIENCE_S * 1000,
		.data_ms = PATIENCE_S * 1000 };
}

struct text {
	struct span rest;
	size_t step;
};

static enum rc read_text(void *arg, struct ctx *c, struct span *out)
{
	struct text *t = arg;

	(void)c;
	*out = span_sub(t->rest, 0, t->step);
	t->rest = span_from(t->rest, t->step);
	return RC_OK;
}

/* One conversation: opens, sends to two recipients, closes. */
struct outcome {
	enum rc opened, sent;
	struct smtpclient_failure failure;
	struct smtpclient_rcpt rcpts[2];
	struct smtpclient_reply last;
	bool in_doubt, reusable;
	unsigned extensions;
	struct str body;
};

static void converse(const char *script, struct span message, struct outcome *o)
{
	struct peer p;
	struct smtpclient *c = NULL;
	struct text text = { message, 7 };
	struct smtpclient_message m = { .mail_from = SPAN("a@me.test"),
		.size_bytes = message.len,
		.rcpts = o->rcpts,
		.n_rcpts = 2,
		.read = read_text,
		.read_arg = &text };

	*o = (struct outcome){ .sent = RC_CLOSED };
	o->rcpts[0].address = SPAN("x@peer.test");
	o->rcpts[1].address = SPAN("y@peer.test");
	peer_start(&p, script);
	struct smtpclient_options options = options_for(&p);
	o->opened = smtpclient_open(&ctx, &options, &c, &o->failure);
	if (o->opened == RC_OK) {
		o->extensions = smtpclient_extensions(c);
		o->sent = smtpclient_send(c, &ctx, &m, &o->last, &o->in_doubt);
		o->reusable = smtpclient_is_reusable(c);
		smtpclient_close(c);
	}
	(void)pthread_join(p.thread, NULL);
	(void)close(p.listener);
	o->body = str_in(&arena, 10 << 20);
	str_add(&o->body, str_span(&p.body));
	str_done(&p.body);
	str_done(&p.in);
	if (p.wrong[0])
		fail_msg("not as written: %s", p.wrong);
}

#define MESSAGE    SPAN("Subject: x\r\n\r\n.one\r\ntwo\r\n")
#define HELLO      "S 220 mx.peer.test\nC EHLO me.test\n"
#define PLAIN_EHLO HELLO "S 250 mx.peer.test\n"
#define PIPE_EHLO  HELLO "S 250-mx.peer.test|250-SIZE 1000000|250 PIPELINING\n"
#define ENVELOPE                                                                                   \
	"C MAIL FROM:<a@me.test>\nS 250 ok\nC RCPT TO:<x@peer.test>\nS 250 ok\n"                   \
	"C RCPT TO:<y@peer.test>\nS 250 ok\nC DATA\n"

static void test_sends(void **state)
{
	static const char *const scripts[] = {
		PLAIN_EHLO ENVELOPE "S 354 go\nBODY\nS 250 2.0.0 queued\nC QUIT\n",
		PIPE_EHLO "C MAIL FROM:<a@me.test> SIZE=25\nC RCPT\nC RCPT\nC DATA\n"
			  "S 250 ok|250 ok|250 ok|354 go\nBODY\nS 250 2.0.0 queued\nC QUIT\n",
		/* knows no EHLO */
		HELLO "S 502 what\nC HELO me.test\nS 250 hello\n" ENVELOPE
		      "S 354 go\nBODY\nS 250 2.0.0 queued\nC QUIT\n",
	};
	struct outcome o;

	for (size_t i = 0; i < 3; i++) {
		converse(scripts[i], MESSAGE, &o);
		assert_int_equal(o.sent, RC_OK);
		assert_true(o.rcpts[0].accepted && o.rcpts[1].accepted);
		assert_int_equal(o.rcpts[1].reply.code, 250);
		assert_true(span_eq(o.rcpts[1].reply.text, SPAN("2.0.0 queued")));
		assert_true(o.reusable && !o.in_doubt);
		assert_string_equal(str_cstr(&o.body), "Subject: x\r\n\r\n..one\r\ntwo\r\n.\r\n");
	}
}

static void test_one_recipient_refused(void **state)
{
	static const char *const scripts[] = {
		PLAIN_EHLO "C MAIL\nS 250 ok\nC RCPT\nS 550 5.1.1 nobody\nC RCPT\nS 250 ok\n"
			   "C DATA\nS 354 go\nBODY\nS 250 queued\nC QUIT\n",
		PIPE_EHLO "C MAIL\nC RCPT\nC RCPT\nC DATA\n"
			  "S 250 ok|550 5.1.1 nobody|250 ok|354 go\nBODY\nS 250 queued\nC QUIT\n",
	};
	struct outcome o;

	for (size_t i = 0; i < 2; i++) {
		converse(scripts[i], MESSAGE, &o);
		assert_int_equal(o.sent, RC_OK);
		assert_false(o.rcpts[0].accepted);
		assert_int_equal(o.rcpts[0].reply.code, 550);
		assert_true(span_eq(o.rcpts[0].reply.status, SPAN("5.1.1")));
		assert_int_equal(o.rcpts[1].reply.code, 250);
	}
}

static void test_all_refused(void **state)
{
	static const struct {
		const char *script;
		int code;
		bool reusable;
	} cases[] = {
		{ PLAIN_EHLO "C MAIL\nS 550 5.7.1 no\nC RSET\nS 250 ok\nC QUIT\n", 550, true },
		{ PLAIN_EHLO "C MAIL\nS 250 ok\nC RCPT\nS 450 later\nC RCPT\nS 450 later\nC RSET\n"
			     "S 250 ok\nC QUIT\n",
			450, true },
		{ PIPE_EHLO "C MAIL\nC RCPT\nC RCPT\nC DATA\nS 450 no|503 x|503 x|503 x\nC RSET\n"
			    "S 250 ok\nC QUIT\n",
			450, true },
		{ PIPE_EHLO "C MAIL\nC RCPT\nC RCPT\nC DATA\nS 250 ok|550 x|550 x|554 none\n"
			    "C RSET\nS 250 ok\nC QUIT\n",
			550, true },
		/* it would take a message for nobody: it gets none */
		{ PIPE_EHLO "C MAIL\nC RCPT\nC RCPT\nC DATA\nS 250 ok|550 x|550 x|354 go\nEND\n",
			550, false },
		{ PLAIN_EHLO ENVELOPE "S 451 not now\nC RSET\nS 250 ok\nC QUIT\n", 451, true },
		{ PLAIN_EHLO ENVELOPE "S 354 go\nBODY\nS 554 5.7.1 spam\nC QUIT\n", 554, true },
	};
	struct outcome o;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		converse(cases[i].script, MESSAGE, &o);
		assert_int_equal(o.sent, RC_OK);
		assert_int_equal(o.rcpts[0].reply.code, cases[i].code);
		assert_int_equal(o.rcpts[1].reply.code, cases[i].code);
		assert_int_equal(o.reusable, cases[i].reusable);
		assert_false(o.in_doubt);
	}
}

static void test_breaks(void **state)
{
	static const struct {
		const char *script;
		int code; /* of the last reply; 0: our words */
		bool in_doubt;
	} cases[] = {
		{ PLAIN_EHLO "C MAIL\nCLOSE", 0, false },
		{ PLAIN_EHLO "C MAIL\nS 421 bye\n", 421, false },
		{ PLAIN_EHLO "C MAIL\nH 25\n", 0, false },
		{ PLAIN_EHLO "C MAIL\nH 250-ok\n", 0, false },
		{ PLAIN_EHLO "C MAIL\nS 250 ok|250 and this\nEND\n", 0, false },
		{ PLAIN_EHLO "C MAIL\nS 354 what\nEND\n", 0, false },
		{ PLAIN_EHLO "C MAIL\nS 250 ok\nC RCPT\nS 421 4.7.0 too many\n", 421, false },
		{ PIPE_EHLO "C MAIL\nC RCPT\nC RCPT\nC DATA\nS 250 ok|250 ok|250 ok\n", 0, false },
		{ PLAIN_EHLO ENVELOPE "S 250 stored\nEND\n", 0, false },
		/* consent before the end of the message */
		{ PLAIN_EHLO ENVELOPE "S 354 go|250 2.0.0 stored\nEND\n", 0, false },
		{ PLAIN_EHLO ENVELOPE "S 354 go\nBODY\n", 0, true },
		{ PLAIN_EHLO ENVELOPE "S 354 go\nBODY\nH 250 sto\n", 0, true },
		{ PLAIN_EHLO ENVELOPE "S 354 go\nBODY\nS nonsense\nEND\n", 0, true },
		{ PLAIN_EHLO ENVELOPE "S 354 go\nBODY\nS 421 4.3.2 stopping\n", 421, false },
	};
	struct outcome o;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		converse(cases[i].script, MESSAGE, &o);
		assert_int_equal(o.opened, RC_OK);
		if (o.sent != RC_TEMP || o.in_doubt != cases[i].in_doubt ||
			o.last.code != cases[i].code)
			fail_msg("case %zu: rc %d in_doubt %d code %d", i, o.sent, o.in_doubt,
				o.last.code);
		assert_true(o.last.status.len > 0 && o.last.text.len > 0);
		assert_false(o.reusable);
	}
}

static void test_refused_while_sending(void **state)
{
	struct outcome o;
	size_t len = 8 << 20;
	char *big = test_malloc(len);

	memset(big, 'x', len);
	for (size_t i = 76; i + 2 < len; i += 78)
		memcpy(big + i, "\r\n", 2);
	converse(PLAIN_EHLO ENVELOPE "S 354 go\nS 552 5.3.4 too big\n", span_make(big, len), &o);
	/* The reset may have destroyed the words; the message has not been delivered either way. */
	assert_false(o.in_doubt);
	if (o.sent == RC_OK)
		assert_int_equal(o.rcpts[0].reply.code, 552);
	else
		assert_int_equal(o.sent, RC_TEMP);
	test_free(big);
}

static void test_greetings(void **state)
{
	static const struct {
		const char *script;
		enum rc rc;
		int code;
	} cases[] = {
		{ "S 554 go away\n", RC_DENIED, 554 },
		{ "S 421 busy\n", RC_TEMP, 421 },
		{ "S 450 busy\nEND\n", RC_TEMP, 450 },
		{ "S nonsense\nEND\n", RC_TEMP, 0 },
		{ "CLOSE", RC_TEMP, 0 },
		{ "S 220 hi|250 ok\nEND\n", RC_TEMP, 0 },
		{ HELLO "S 550 no\nC HELO\nS 550 no\nC QUIT\n", RC_DENIED, 550 },
		{ HELLO "S 451 no\nC QUIT\n", RC_TEMP, 451 },
	};
	struct outcome o;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		converse(cases[i].script, MESSAGE, &o);
		if (o.opened != cases[i].rc || o.failure.reply.code != cases[i].code)
			fail_msg("case %zu: rc %d code %d", i, o.opened, o.failure.reply.code);
		assert_true(o.failure.reply.status.len > 0);
		assert_false(o.failure.tls_failed);
	}
}

static void test_timeout(void **state)
{
	struct peer p;
	struct smtpclient *c;
	struct smtpclient_failure failure;

	peer_start(&p, "H 220 drip\nEND\n");
	struct smtpclient_options options = options_for(&p);
	options.command_ms = 50;
	assert_int_equal(smtpclient_open(&ctx, &options, &c, &failure), RC_TEMP);
	assert_true(span_eq(failure.reply.status, SPAN("4.4.2")));
	peer_end(&p);
}

static bool yes(void *arg)
{
	return true;
}

static void test_cancelled(void **state)
{
	struct peer p;
	struct smtpclient *c;
	struct smtpclient_failure failure;

	peer_start(&p, "END\n");
	struct smtpclient_options options = options_for(&p);
	options.cancelled = yes;
	assert_int_equal(smtpclient_open(&ctx, &options, &c, &failure), RC_TEMP);
	peer_end(&p);
}

static void test_not_reached(void **state)
{
	struct peer p;
	struct smtpclient *c;
	struct smtpclient_failure failure;

	peer_start(&p, "CLOSE");
	struct smtpclient_options options = options_for(&p);
	assert_int_equal(smtpclient_open(&ctx, &options, &c, &failure), RC_TEMP);
	peer_end(&p);
	assert_int_equal(smtpclient_open(&ctx, &options, &c, &failure), RC_TEMP);
	assert_true(span_eq(failure.reply.status, SPAN("4.4.1")));
	assert_int_equal(failure.reply.code, 0);
}

/* --- TLS -------------------------------------------------------------------------------------- */

#define TLS_EHLO                                                                                   \
	HELLO "S 250-mx.peer.test|250-AUTH PLAIN LOGIN|250 STARTTLS\nC STARTTLS\nS 220 go\nTLS\n"  \
	      "C EHLO me.test\n"

static void test_starttls(void **state)
{
	struct outcome o;

	/* What was offered in clear text is forgotten. */
	converse(TLS_EHLO "S 250-mx.peer.test|250 8BITMIME\n" ENVELOPE
			  "S 354 go\nBODY\nS 250 queued\nC QUIT\n",
		MESSAGE, &o);
	assert_int_equal(o.sent, RC_OK);
	assert_int_equal(o.extensions, CLIENT_8BITMIME);
}

static void test_starttls_refused(void **state)
{
	struct outcome o;

	converse(HELLO "S 250-mx.peer.test|250 STARTTLS\nC STARTTLS\nS 454 no\n" ENVELOPE
		       "S 354 go\nBODY\nS 250 queued\nC QUIT\n",
		MESSAGE, &o);
	assert_int_equal(o.sent, RC_OK);
}

/* Replies injected behind the 220 are not taken for the server's. */
static void test_starttls_injection(void **state)
{
	struct outcome o;

	converse(HELLO "S 250-mx.peer.test|250 STARTTLS\nC STARTTLS\n"
		       "S 220 go|250-evil|250 SMTPUTF8\nTLS\nC EHLO\nS 250 mx\n" ENVELOPE
		       "S 354 go\nBODY\nS 250 queued\nC QUIT\n",
		MESSAGE, &o);
	assert_int_equal(o.sent, RC_OK);
	assert_int_equal(o.extensions, 0);
}

static void test_starttls_broken(void **state)
{
	struct outcome o;

	converse(HELLO "S 250-mx.peer.test|250 STARTTLS\nC STARTTLS\nS 220 go\nS junk\nEND\n",
		MESSAGE, &o);
	assert_int_equal(o.opened, RC_TEMP);
	assert_true(o.failure.tls_failed);
	assert_true(span_starts(o.failure.reply.text, SPAN("TLS failed")));
}

static void open_with(const char *script, enum smtpclient_tls tls, bool verify, const char *host,
	enum rc *rc, struct smtpclient_failure *failure, struct str *tls_text)
{
	struct peer p;
	struct smtpclient *c = NULL;

	peer_start(&p, script);
	struct smtpclient_options options = options_for(&p);
	options.tls = tls;
	options.verify = verify;
	options.host = span_of(host);
	*rc = smtpclient_open(&ctx, &options, &c, failure);
	*tls_text = str_in(&arena, 100);
	if (*rc == RC_OK)
		str_add(tls_text, smtpclient_tls_text(c));
	smtpclient_close(c);
	(void)pthread_join(p.thread, NULL);
	(void)close(p.listener);
	str_done(&p.body);
	str_done(&p.in);
}

static void test_must_have_tls(void **state)
{
	struct smtpclient_failure failure;
	struct str text;
	enum rc rc;

	open_with(PLAIN_EHLO "END\n", CLIENT_TLS_MUST, false, "mx.peer.test", &rc, &failure, &text);
	assert_int_equal(rc, RC_TEMP);
	assert_true(span_eq(failure.reply.status, SPAN("4.7.4")));
}

static void test_verified(void **state)
{
	static const char script[] = "TLS\nS 220 mx\nC EHLO\nS 250 mx\nEND\n";
	static const struct {
		const char *host;
		enum rc rc;
	} cases[] = {
		{ "mx.peer.test", RC_OK },
		{ "127.0.0.1", RC_OK },
		{ "other.test", RC_TEMP },
		{ "127.0.0.2", RC_TEMP },
	};
	struct smtpclient_failure failure;
	struct str text;
	enum rc rc;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		open_with(script, CLIENT_TLS_IMPLICIT, true, cases[i].host, &rc, &failure, &text);
		if (rc != cases[i].rc)
			fail_msg("%s: %s", cases[i].host, arena_cstr(&arena, failure.reply.text));
		if (rc == RC_OK)
			assert_true(span_starts(str_span(&text), SPAN("TLSv1.3 ")));
		else
			assert_true(
				span_find_span(failure.reply.text, SPAN("mismatch")) != SPAN_NPOS);
	}
}

static void test_auth(void **state)
{
	static const struct {
		const char *script;
		enum rc rc;
	} cases[] = {
		{ HELLO "S 250-mx|250 AUTH LOGIN PLAIN\nC AUTH PLAIN AHVzZXIAc2VjcmV0\r\n"
			"S 235 yes\nC QUIT\n",
			RC_OK },
		{ HELLO "S 250-mx|250 AUTH=LOGIN\nC AUTH LOGIN\r\nS 334 VXNlcm5hbWU6\n"
			"C dXNlcg==\r\nS 334 UGFzc3dvcmQ6\nC c2VjcmV0\r\nS 235 yes\nC QUIT\n",
			RC_OK },
		{ HELLO "S 250-mx|250 AUTH PLAIN\nC AUTH PLAIN\nS 535 5.7.8 no\nC QUIT\n",
			RC_DENIED },
		{ HELLO "S 250-mx|250 AUTH PLAIN\nC AUTH PLAIN\nS 454 later\nC QUIT\n", RC_TEMP },
		{ HELLO "S 250-mx|250 AUTH CRAM-MD5\nC QUIT\n", RC_DENIED },
	};
	struct secret password = secret_of(SPAN("secret"));

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct peer p;
		struct smtpclient *c;
		struct smtpclient_failure failure;
		struct smtpclient_reply reply;
		peer_start(&p, cases[i].script);
		struct smtpclient_options options = options_for(&p);
		assert_int_equal(smtpclient_open(&ctx, &options, &c, &failure), RC_OK);
		enum rc rc = smtpclient_auth(c, &ctx, SPAN("user"), &password, &reply);
		assert_int_equal(rc, cases[i].rc);
		smtpclient_close(c);
		peer_end(&p);
	}
	secret_done(&password);
}

/* --- reuse ------------------------------------------------------------------------------------ */

static void test_cache(void **state)
{
	struct client_cache *cache = client_cache_new(1, PATIENCE_S * 1000);
	struct smtpclient *c, *d;
	struct smtpclient_failure failure;
	struct peer p, q;

	peer_start(&p, PLAIN_EHLO "C QUIT\n");
	peer_start(&q, PLAIN_EHLO "CLOSE");
	struct smtpclient_options options = options_for(&p);
	assert_int_equal(smtpclient_open(&ctx, &options, &c, &failure), RC_OK);
	options.peer = q.addr;
	assert_int_equal(smtpclient_open(&ctx, &options, &d, &failure), RC_OK);

	assert_null(client_cache_take(cache, SPAN("p")));
	client_cache_give(cache, SPAN("p"), c);
	assert_null(client_cache_take(cache, SPAN("q")));
	assert_ptr_equal(client_cache_take(cache, SPAN("p")), c);
	client_cache_sweep(cache);
	client_cache_give(cache, SPAN("p"), c);

	/* A dead one is not given out; one too many pushes the oldest out. */
	peer_end(&q);
	client_cache_give(cache, SPAN("q"), d);
	d = client_cache_take(cache, SPAN("q"));
	assert_null(d);
	client_cache_free(cache);
	peer_end(&p);
}

/* --- stage ------------------------------------------------------------------------------------ */

static int set_up(void **state)
{
	arena_init(&arena, 4096);
	ctx = (struct ctx){ .arena = &arena };
	return 0;
}

static int tear_down(void **state)
{
	arena_done(&arena);
	return 0;
}

static char dir[] = "/tmp/mailstead-smtpclient-XXXXXX";

static int start(void **state)
{
	static const char *const names[] = { "mx.peer.test", "127.0.0.1" };
	static char ca[100], cert[100], key[100];
	struct err err = { 0 };

	log_init("test", LOG_ERROR);
	if (!mkdtemp(dir) || tls_make_self_signed(dir, names, 2, &err) != RC_OK)
		return 1;
	(void)snprintf(ca, sizeof ca, "%s/ca.pem", dir);
	(void)snprintf(cert, sizeof cert, "%s/cert.pem", dir);
	(void)snprintf(key, sizeof key, "%s/key.pem", dir);
	(void)setenv("SSL_CERT_FILE", ca, 1);
	return tls_store_open(cert, key, NULL, &store, &err) == RC_OK ? 0 : 1;
}

static int stop(void **state)
{
	static const char *const files[] = { "ca.pem", "ca-key.pem", "cert.pem", "key.pem" };
	char path[100];

	tls_store_close(store);
	for (size_t i = 0; i < 4; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", dir, files[i]);
		(void)unlink(path);
	}
	return rmdir(dir);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_sends),
		TEST(test_one_recipient_refused),
		TEST(test_all_refused),
		TEST(test_breaks),
		TEST(test_refused_while_sending),
		TEST(test_greetings),
		TEST(test_timeout),
		TEST(test_cancelled),
		TEST(test_not_reached),
		TEST(test_starttls),
		TEST(test_starttls_refused),
		TEST(test_starttls_injection),
		TEST(test_starttls_broken),
		TEST(test_must_have_tls),
		TEST(test_verified),
		TEST(test_auth),
		TEST(test_cache),
	};
	return cmocka_run_group_tests_name("smtpclient_client", tests, start, stop);
}
