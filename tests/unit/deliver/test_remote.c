/*
 * mailcore/deliver/remote: which servers are asked, and what becomes of each recipient. The servers are
 * a table behind a fake of smtpclient, DNS is given in advance. REQUIREMENTS 8, 13, 14.
 */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>

#include "mailcore/base/json.h"
#include "mailcore/base/log.h"
#include "mailcore/base/utf8.h"
#include "mailcore/blob/blob_reader.h"
#include "mailcore/deliver/remote.h"
#include "mailcore/directory/route.h"
#include "mailcore/net/dns_given.h"
#include "mailcore/smtpclient/client_cache.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static struct arena arena;
static struct ctx ctx;

/* --- fake servers: 192.0.2.1, .2, .3 are mx1.d.test, mx2, mx3 ---------------------------------- */

struct server {
	int open_code;   /* 0: cannot be reached; 220; else its greeting */
	bool tls_broken; /* the handshake fails */
	unsigned extensions;
	uint64_t size_max;
	int rcpt[3];      /* to whom it says what; 0: 250 */
	int data;         /* 0: 250 */
	int breaks;       /* 1: at MAIL, 2: with 421 at MAIL, 3: after the end of the message */
	const char *text; /* of refusals */
};

#define UP .open_code = 220, .extensions = CLIENT_8BITMIME | CLIENT_SMTPUTF8 | CLIENT_DSN

struct smtpclient {
	const struct server *server;
	int number;
};

static struct {
	const struct server *servers;
	struct smtpclient clients[10];
	size_t n_clients;
	char log[200]; /* "1 1c 2": opened 1, 1 in clear text, 2; "kept" one; "/n" recipients */
	bool keep_dead;
	bool auth_denied;
	struct span message;
	size_t at;
} world;

static void note(const char *before, int n, const char *after)
{
	size_t len = strlen(world.log);
	(void)snprintf(world.log + len, sizeof world.log - len, "%s%d%s ", before, n, after);
}

static struct smtpclient_reply say(int code, const char *status, const char *text)
{
	return (struct smtpclient_reply){
		.code = code, .status = span_of(status), .text = span_of(text)
	};
}

static struct smtpclient *client_for(int number)
{
	struct smtpclient *c = &world.clients[world.n_clients++];
	*c = (struct smtpclient){ &world.servers[number - 1], number };
	return c;
}

enum rc smtpclient_open(struct ctx *c, const struct smtpclient_options *o, struct smtpclient **out,
	struct smtpclient_failure *failure)
{
	int number = o->peer.bytes[3];
	const struct server *s = &world.servers[number - 1];

	assert_int_equal(o->peer.port, 2525);
	note("", number, o->tls == CLIENT_TLS_NONE ? "c" : "");
	*failure = (struct smtpclient_failure){ 0 };
	if (s->open_code == 0) {
		failure->reply = say(0, "4.4.1", "connection failed: no route");
		return RC_TEMP;
	}
	if (s->tls_broken && o->tls != CLIENT_TLS_NONE) {
		failure->reply = say(0, "4.7.5", "TLS failed: unexpected eof");
		failure->tls_failed = true;
		return RC_TEMP;
	}
	if (s->open_code != 220) {
		failure->reply =
			say(s->open_code, s->open_code / 100 == 5 ? "5.0.0" : "4.0.0", "no");
		return s->open_code / 100 == 5 ? RC_DENIED : RC_TEMP;
	}
	*out = client_for(number);
	return RC_OK;
}

enum rc smtpclient_auth(struct smtpclient *c, struct ctx *x, struct span user,
	const struct secret *password, struct smtpclient_reply *reply)
{
	assert_true(span_eq(user, SPAN("me")));
	assert_true(span_eq(secret_span(password), SPAN("p:w")));
	*reply = world.auth_denied ? say(535, "5.7.8", "wrong") : say(235, "2.7.0", "yes");
	return world.auth_denied ? RC_DENIED : RC_OK;
}

unsigned smtpclient_extensions(const struct smtpclient *c)
{
	return c->server->extensions;
}

uint64_t smtpclient_size_max(const struct smtpclient *c)
{
	return c->server->size_max;
}

struct span smtpclient_tls_text(const struct smtpclient *c)
{
	return SPAN("TLSv1.3 TLS_AES_256_GCM_SHA384");
}

void smtpclient_set_until(struct smtpclient *c, int64_t until_ms)
{
}

void smtpclient_close(struct smtpclient *c)
{
}

static size_t read_all(const struct smtpclient_message *m, struct ctx *x)
{
	struct span piece;
	size_t size = 0;

	do {
		assert_int_equal(m->read(m->read_arg, x, &piece), RC_OK);
		size += piece.len;
	} while (piece.len > 0);
	return size;
}

static enum rc break_off(const struct server *s, struct smtpclient_message *m,
	struct smtpclient_reply *last, bool *in_doubt)
{
	*last = s->breaks == 2 ? say(421, "4.0.0", "bye") : say(0, "4.4.2", "the server went away");
	*in_doubt = s->breaks == 3;
	for (size_t i = 0; i < m->n_rcpts && s->breaks == 3; i++)
		m->rcpts[i].accepted = true;
	return RC_TEMP;
}

enum rc smtpclient_send(struct smtpclient *c, struct ctx *x, struct smtpclient_message *m,
	struct smtpclient_reply *last, bool *in_doubt)
{
	const struct server *s = c->server;

	for (size_t i = 0; i < m->n_rcpts && !(s->extensions & CLIENT_SMTPUTF8); i++)
		assert_true(utf8_is_ascii(m->rcpts[i].address));
	note("/", (int)m->n_rcpts, "");
	*in_doubt = false;
	for (size_t i = 0; i < m->n_rcpts; i++)
		m->rcpts[i].accepted = false;
	if (c->number == 9 || s->breaks)
		return break_off(
			c->number == 9 ? &(struct server){ .breaks = 1 } : s, m, last, in_doubt);
	size_t accepted = 0;
	for (size_t i = 0; i < m->n_rcpts; i++) {
		int code = s->rcpt[m->rcpts[i].address.ptr[0] - 'a'];
		m->rcpts[i].accepted = code == 0;
		accepted += code == 0;
		if (code != 0)
			m->rcpts[i].reply = say(code, code / 100 == 5 ? "5.1.1" : "4.7.1",
				s->text ? s->text : "no");
	}
	if (accepted > 0)
		assert_int_equal(read_all(m, x), world.message.len);
	for (size_t i = 0; i < m->n_rcpts; i++) {
		if (m->rcpts[i].accepted)
			m->rcpts[i].reply = s->data == 0 ? say(250, "2.0.0", "2.0.0 queued")
							 : say(s->data, "4.0.0", "no");
	}
	return RC_OK;
}

/* --- fake cache and blob ---------------------------------------------------------------------- */

struct smtpclient *client_cache_take(struct client_cache *c, struct span key)
{
	if (!world.keep_dead)
		return NULL;
	note("kept", 1, "");
	world.keep_dead = false;
	struct smtpclient *client = client_for(1);
	client->number = 9; /* breaks at once */
	return client;
}

void client_cache_give(struct client_cache *c, struct span key, struct smtpclient *client)
{
}

enum rc blob_reader_open(
	struct blob_store *s, struct ctx *c, struct uuid id, struct blob_reader **out)
{
	world.at = 0;
	*out = NULL;
	return world.message.ptr ? RC_OK : RC_TEMP;
}

uint64_t blob_reader_size(const struct blob_reader *r)
{
	return world.message.len;
}

uint64_t blob_reader_head_size(const struct blob_reader *r)
{
	return span_find_span(world.message, SPAN("\r\n\r\n")) + 4;
}

enum rc blob_reader_next(struct blob_reader *r, struct span *out)
{
	*out = span_sub(world.message, world.at, 10);
	world.at += out->len;
	return RC_OK;
}

enum rc blob_reader_rewind(struct blob_reader *r)
{
	world.at = 0;
	return RC_OK;
}

void blob_reader_close(struct blob_reader *r)
{
}

/* --- stage ------------------------------------------------------------------------------------ */

static struct dns_given *zone;
static struct resolver *resolver;

static void add(const char *name, enum dns_type type, int priority, const char *value)
{
	struct dns_rr rr = { .type = type, .priority = (uint16_t)priority, .text = span_of(value) };

	if (type == DNS_A)
		assert_true(addr_parse(span_of(value), &rr.addr));
	assert_true(dns_given_add(zone, span_of(name), &rr));
}

static int start(void **state)
{
	log_init("test", LOG_ERROR);
	zone = dns_given_new();
	add("d.test", DNS_MX, 10, "mx1.d.test");
	add("d.test", DNS_MX, 20, "mx2.d.test");
	add("d.test", DNS_MX, 30, "mx3.d.test");
	add("mx1.d.test", DNS_A, 0, "192.0.2.1");
	add("mx2.d.test", DNS_A, 0, "192.0.2.2");
	add("mx3.d.test", DNS_A, 0, "192.0.2.3");
	assert_true(dns_given_fail(zone, SPAN("broken.test"), DNS_GIVEN_ANY));
	resolver = resolver_open_given(zone);
	return 0;
}

static int stop(void **state)
{
	resolver_close(resolver);
	dns_given_free(zone);
	return 0;
}

static int set_up(void **state)
{
	arena_init(&arena, 4096);
	ctx = (struct ctx){ .arena = &arena, .deadline_ms = INT64_MAX };
	world = (__typeof__(world)){ .message = SPAN("A: b\r\n\r\ntext, some of it\r\n") };
	return 0;
}

static int tear_down(void **state)
{
	arena_done(&arena);
	return 0;
}

static struct remote_attempt attempt_at(const char *destination, const struct job *jobs, size_t n,
	const struct smarthost *smarthost, bool cache)
{
	struct job *copies = arena_array(&arena, n, sizeof *copies);
	struct job_group group = { copies, n };
	struct remote_attempt out;
	struct remote_env env = { .resolver = resolver,
		.cache = cache ? (struct client_cache *)&world : NULL,
		.hostname = "me.test",
		.port = 2525,
		.smarthost = smarthost };

	world.n_clients = 0;
	for (size_t i = 0; i < n; i++) {
		copies[i] = jobs[i];
		copies[i].destination = span_of(destination);
		copies[i].mail_from = SPAN("s@me.test");
	}
	remote_deliver(&env, &ctx, &group, &out);
	return out;
}

static struct remote_attempt attempt(const struct server *servers, const struct job *jobs, size_t n)
{
	world.servers = servers;
	return attempt_at("d.test", jobs, n, NULL, false);
}

static const struct job three[] = {
	{ .rcpt = { "a@d.test", 8 } },
	{ .rcpt = { "b@d.test", 8 } },
	{ .rcpt = { "c@d.test", 8 } },
};

/* --- which servers, which outcomes ------------------------------------------------------------- */

static const struct remote_case {
	const char *name;
	struct server servers[3];
	const char *outcomes; /* S L F, one a recipient */
	const char *statuses; /* of the first */
	const char *log;
	bool unreachable, busy;
} cases[] = {
	{ "all at once", { { UP } }, "SSS", "2.0.0", "1 /3 ", false, false },
	{ "first is down", { { 0 }, { UP } }, "SSS", "2.0.0", "1 2 /3 ", false, false },
	{ "all are down", { { 0 } }, "LLL", "4.4.1", "1 2 3 ", true, false },
	{ "first is busy", { { .open_code = 421 }, { UP } }, "SSS", "2.0.0", "1 2 /3 ", false,
		true },
	{ "421 later", { { UP, .breaks = 2 }, { UP } }, "SSS", "2.0.0", "1 /3 2 /3 ", false, true },
	{ "first says no", { { .open_code = 554 }, { UP } }, "SSS", "2.0.0", "1 2 /3 ", false,
		false },
	{ "all say no", { { .open_code = 554 }, { .open_code = 554 }, { .open_code = 554 } }, "FFF",
		"5.0.0", "1 2 3 ", true, false },
	{ "one says no, one is down", { { .open_code = 554 } }, "LLL", "4.4.1", "1 2 3 ", true,
		false },
	{ "one is down, one says no", { { 0 }, { .open_code = 554 }, { 0 } }, "LLL", "5.0.0",
		"1 2 3 ", true, false },
	{ "one unknown", { { UP, .rcpt = { 0, 550, 0 } } }, "SFS", "2.0.0", "1 /3 ", false, false },
	{ "one greylisted", { { UP, .rcpt = { 0, 450, 0 } }, { UP } }, "SSS", "2.0.0", "1 /3 2 /1 ",
		false, false },
	{ "all greylisted",
		{ { UP, .rcpt = { 450, 450, 450 } }, { UP, .rcpt = { 450, 450, 550 } } }, "LLF",
		"4.7.1", "1 /3 2 /3 ", false, false },
	{ "two sessions at most", { { UP, .data = 451 }, { UP, .data = 451 }, { UP } }, "LLL",
		"4.0.0", "1 /3 2 /3 ", false, false },
	{ "breaks at once", { { UP, .breaks = 1 }, { UP } }, "SSS", "2.0.0", "1 /3 2 /3 ", false,
		false },
	{ "in doubt", { { UP, .breaks = 3 }, { UP } }, "LLL", "4.4.2", "1 /3 ", false, false },
	{ "broken TLS", { { UP, .tls_broken = true } }, "SSS", "2.0.0", "1 1c /3 ", false, false },
	{ "too large", { { UP, .size_max = 5 }, { UP } }, "FFF", "5.3.4", "1 ", false, false },
	{ "too many", { { UP, .rcpt = { 0, 552, 552 }, .text = "too many recipients" }, { UP } },
		"SSS", "2.0.0", "1 /3 2 /2 ", false, false },
	{ "mailbox full", { { UP, .rcpt = { 0, 552, 0 }, .text = "quota" }, { UP } }, "SFS",
		"2.0.0", "1 /3 ", false, false },
};

static char letter(enum outcome o)
{
	return o == OUTCOME_SENT ? 'S' : o == OUTCOME_LATER ? 'L' : 'F';
}

static void check_words(const struct remote_result *r)
{
	struct cJSON *evidence;

	assert_true(r->status.len >= 5 && r->reply.len > 0 && r->text.len > 0);
	assert_true(r->reply.len <= QUEUE_REPLY_MAX);
	assert_true(json_parse(&arena, r->evidence, &evidence, NULL));
	if (r->outcome != OUTCOME_SENT)
		assert_true(r->advice.len > 0 && span_ends(r->advice, SPAN(".")));
}

static void test_cases(void **state)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct remote_case *c = &cases[i];
		world.log[0] = '\0';
		struct remote_attempt out = attempt(c->servers, three, 3);
		char outcomes[4] = { 0 };
		for (size_t k = 0; k < 3; k++) {
			outcomes[k] = letter(out.results[k].outcome);
			check_words(&out.results[k]);
			assert_int_equal(out.results[k].in_doubt, strcmp(c->name, "in doubt") == 0);
		}
		if (strcmp(outcomes, c->outcomes) != 0 || strcmp(world.log, c->log) != 0 ||
			!span_eq(out.results[0].status, span_of(c->statuses)) ||
			out.unreachable != c->unreachable || out.busy != c->busy)
			fail_msg("%s: %s " SPAN_FMT " [%s] %d %d", c->name, outcomes,
				SPAN_ARG(out.results[0].status), world.log, out.unreachable,
				out.busy);
	}
}

static void test_words(void **state)
{
	static const struct server servers[3] = { { UP, .rcpt = { 0, 550, 450 } } };
	struct remote_attempt out = attempt(servers, three, 3);

	assert_true(span_eq(out.results[0].text,
		SPAN("Delivered to mx1.d.test (192.0.2.1) over TLSv1.3. It answered: 250 2.0.0 "
		     "queued")));
	assert_true(span_eq(out.results[0].remote_mta, SPAN("mx1.d.test")));
	assert_true(span_eq(out.results[1].reply, SPAN("550 no")));
	assert_true(span_starts(out.results[1].text,
		SPAN("mx1.d.test (192.0.2.1) refused it: 550 no. The address does not exist")));
	/* that the others could not be reached says less than what the first has said */
	assert_true(span_eq(out.results[2].remote_mta, SPAN("mx1.d.test")));
	assert_int_equal(out.results[2].outcome, OUTCOME_LATER);
	assert_false(out.results[0].relayed);
}

static void test_dns(void **state)
{
	static const struct {
		const char *destination;
		enum outcome outcome;
		const char *status;
	} dns[] = {
		{ "absent.test", OUTCOME_FAILED, "5.1.2" },
		{ "broken.test", OUTCOME_LATER, "4.4.3" },
		{ "[192.0.2.2]", OUTCOME_SENT, "2.0.0" },
		{ "a..b", OUTCOME_FAILED, "5.1.2" },
	};
	static const struct server servers[3] = { { UP }, { UP } };

	world.servers = servers;
	for (size_t i = 0; i < COUNT(dns); i++) {
		struct remote_attempt out = attempt_at(dns[i].destination, three, 1, NULL, false);
		assert_int_equal(out.results[0].outcome, dns[i].outcome);
		assert_true(span_eq(out.results[0].status, span_of(dns[i].status)));
		check_words(&out.results[0]);
	}
}

/* --- what a server cannot take ------------------------------------------------------------------ */

static void test_needs(void **state)
{
	static const struct server bare[3] = { { .open_code = 220 } };
	static const struct server full[3] = { { UP } };
	static const struct {
		struct job job;
		struct span message;
		enum outcome outcome;
		const char *status;
	} needs[] = {
		/* SMTPUTF8: by address, by header, or only said to be */
		{ { .rcpt = { "a\xc3\xbc@d.test", 10 } }, { "A: b\r\n\r\n", 8 }, OUTCOME_FAILED,
			"5.6.7" },
		{ { .rcpt = { "a@d.test", 8 }, .smtputf8 = true }, { "A: \xc3\xbc\r\n\r\n", 9 },
			OUTCOME_FAILED, "5.6.7" },
		{ { .rcpt = { "a@d.test", 8 }, .smtputf8 = true }, { "A: b\r\n\r\n\xc3\xbc", 10 },
			OUTCOME_SENT, "2.0.0" },
		{ { .rcpt = { "a@gr\xc3\xbcn.test", 12 } }, { "A: b\r\n\r\n", 8 }, OUTCOME_SENT,
			"2.0.0" },
		/* 8BITMIME: by what it holds, or only said to be */
		{ { .rcpt = { "a@d.test", 8 }, .body_8bit = true }, { "A: b\r\n\r\n\xc3\xbc", 10 },
			OUTCOME_FAILED, "5.6.3" },
		{ { .rcpt = { "a@d.test", 8 }, .body_8bit = true }, { "A: b\r\n\r\nab", 10 },
			OUTCOME_SENT, "2.0.0" },
	};

	for (size_t i = 0; i < COUNT(needs); i++) {
		world.message = needs[i].message;
		struct remote_attempt out = attempt(bare, &needs[i].job, 1);
		assert_int_equal(out.results[0].outcome, needs[i].outcome);
		assert_true(span_eq(out.results[0].status, span_of(needs[i].status)));
		out = attempt(full, &needs[i].job, 1);
		assert_int_equal(out.results[0].outcome, OUTCOME_SENT);
	}
}

static void test_bad_address_alone(void **state)
{
	static const struct job jobs[] = { { .rcpt = { "a@d.test\r\nRCPT TO:<x@y>", 24 } },
		{ .rcpt = { "b@d.test", 8 } } };
	static const struct server servers[3] = { { UP } };
	struct remote_attempt out = attempt(servers, jobs, 2);

	assert_int_equal(out.results[0].outcome, OUTCOME_FAILED);
	assert_true(span_eq(out.results[0].status, SPAN("5.1.3")));
	assert_int_equal(out.results[1].outcome, OUTCOME_SENT);
}

static void test_no_blob(void **state)
{
	static const struct server servers[3] = { { UP } };

	log_init("test", LOG_ERROR);
	world.message = SPAN_NONE;
	struct remote_attempt out = attempt(servers, three, 1);
	assert_int_equal(out.results[0].outcome, OUTCOME_LATER);
	assert_string_equal(world.log, "");
}

/* --- kept connections and smarthosts ------------------------------------------------------------ */

static void test_kept_connection_dies(void **state)
{
	static const struct server servers[3] = { { UP } };

	world.servers = servers;
	world.keep_dead = true;
	struct remote_attempt out = attempt_at("d.test", three, 1, NULL, true);
	assert_int_equal(out.results[0].outcome, OUTCOME_SENT);
	assert_string_equal(world.log, "kept1 /1 1 /1 ");
}

static void test_smarthost(void **state)
{
	static const struct server servers[3] = { { 0 }, { UP } };
	struct smarthost s;

	world.servers = servers;
	assert_int_equal(smarthost_parse(SPAN("smtp://me:p%3Aw@mx2.d.test:2525"), &s, NULL), RC_OK);
	/* whatever DNS says about the recipient's domain */
	struct remote_attempt out = attempt_at("absent.test", three, 1, &s, false);
	assert_int_equal(out.results[0].outcome, OUTCOME_SENT);
	assert_string_equal(world.log, "2 /1 ");

	/* Wrong settings are not the message's fault. */
	world.auth_denied = true;
	out = attempt_at("absent.test", three, 1, &s, false);
	assert_int_equal(out.results[0].outcome, OUTCOME_LATER);
	assert_true(span_find_span(out.results[0].advice, SPAN("password")) != SPAN_NPOS);
	smarthost_done(&s);
}

static void test_smarthost_urls(void **state)
{
	static const struct {
		const char *url;
		enum rc rc;
		const char *host, *user, *password;
		int port;
		bool tls;
	} urls[] = {
		{ "smtp://relay.test", RC_OK, "relay.test", "", "", 25, false },
		{ "SMTPS://Relay.test/", RC_OK, "relay.test", "", "", 465, true },
		{ "smtp://u:p@relay.test:587", RC_OK, "relay.test", "u", "p", 587, false },
		{ "smtp://u@x.test:p%40:%25@relay.test", RC_OK, "relay.test", "u@x.test", "p@:%",
			25, false },
		{ "smtps://[2001:db8::1]:2465", RC_OK, "2001:db8::1", "", "", 2465, true },
		{ "smtp://127.0.0.1:2525", RC_OK, "127.0.0.1", "", "", 2525, false },
		{ "relay.test", RC_INVALID, "", "", "", 0, false },
		{ "http://relay.test", RC_INVALID, "", "", "", 0, false },
		{ "smtp://", RC_INVALID, "", "", "", 0, false },
		{ "smtp://user@relay.test", RC_INVALID, "", "", "", 0, false },
		{ "smtp://u:p@", RC_INVALID, "", "", "", 0, false },
		{ "smtp://relay.test:0", RC_INVALID, "", "", "", 0, false },
		{ "smtp://relay.test:70000", RC_INVALID, "", "", "", 0, false },
		{ "smtp://relay.test:x", RC_INVALID, "", "", "", 0, false },
		{ "smtp://[nonsense]", RC_INVALID, "", "", "", 0, false },
		{ "smtp://a b.test", RC_INVALID, "", "", "", 0, false },
		{ "smtp://u:%zz@relay.test", RC_INVALID, "", "", "", 0, false },
		{ "smtp://u:%00@relay.test", RC_INVALID, "", "", "", 0, false },
		{ "smtp://u:p@relay.test\r\nx", RC_INVALID, "", "", "", 0, false },
	};

	for (size_t i = 0; i < COUNT(urls); i++) {
		struct smarthost s = { 0 };
		struct err err = { 0 };
		enum rc rc = smarthost_parse(span_of(urls[i].url), &s, &err);
		if (rc != urls[i].rc)
			fail_msg("%s: %d", urls[i].url, rc);
		if (rc != RC_OK) {
			assert_null(strstr(err.text, "u:p"));
			continue;
		}
		assert_string_equal(s.host, urls[i].host);
		assert_string_equal(s.user, urls[i].user);
		assert_true(span_eq(secret_span(&s.password), span_of(urls[i].password)));
		assert_int_equal(s.port, urls[i].port);
		assert_int_equal(s.implicit_tls, urls[i].tls);
		smarthost_done(&s);
	}
}

static void test_sources(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		const char *four, *six;
	} sources[] = {
		{ "", true, "", "" },
		{ "192.0.2.1", true, "192.0.2.1", "" },
		{ "2001:db8::1", true, "", "2001:db8::1" },
		{ "2001:db8::1, 192.0.2.1", true, "192.0.2.1", "2001:db8::1" },
		{ "192.0.2.1,192.0.2.2", false, "", "" },
		{ "192.0.2.1,", false, "", "" },
		{ "192.0.2.1:25", false, "", "" },
		{ "host.test", false, "", "" },
	};

	for (size_t i = 0; i < COUNT(sources); i++) {
		struct addr four = { 0 }, six = { 0 };
		struct str a = str_in(&arena, 64), b = str_in(&arena, 64);
		if (route_parse_source(span_of(sources[i].text), &four, &six) != sources[i].ok)
			fail_msg("%s", sources[i].text);
		if (four.family != AF_UNSPEC)
			addr_add(&a, &four);
		if (six.family != AF_UNSPEC)
			addr_add(&b, &six);
		assert_string_equal(str_cstr(&a), sources[i].four);
		assert_string_equal(str_cstr(&b), sources[i].six);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_cases),
		TEST(test_words),
		TEST(test_dns),
		TEST(test_needs),
		TEST(test_bad_address_alone),
		TEST(test_no_blob),
		TEST(test_kept_connection_dies),
		TEST(test_smarthost),
		TEST(test_smarthost_urls),
		TEST(test_sources),
	};
	return cmocka_run_group_tests_name("remote", tests, start, stop);
}
