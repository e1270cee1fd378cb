/*
 * A client's connection: greeting, EHLO, TLS, log-in, goodbye. Messages are sent in send.c.
 */
#include <stdio.h>

#include "mailcore/base/base64.h"
#include "mailcore/base/clock.h"
#include "mailcore/net/tls_conn.h"
#include "mailcore/smtpclient/client_impl.h"

#define HANDSHAKE_MS     (60 * 1000)
#define AUTH_LINE_MAX    2048
#define AUTH_INITIAL_MAX 480 /* a longer response waits for its 334 (RFC 4954 §4) */

/* --- command and reply ------------------------------------------------------------------------ */

void client_say(struct ctx *ctx, struct smtpclient_reply *out, const char *status, const char *why)
{
	*out = (struct smtpclient_reply){ .status = span_of(status),
		.text = arena_span(ctx->arena, span_of(why)) };
}

static enum rc give_up(struct smtpclient *c, struct ctx *ctx, struct smtpclient_reply *out,
	const char *status, const char *why)
{
	c->broken = true;
	client_say(ctx, out, status, why);
	return RC_TEMP;
}

enum rc client_read_reply(struct smtpclient *c, struct ctx *ctx, int64_t wait_ms,
	struct smtpclient_reply *out, struct reply_parser *lines)
{
	int64_t deadline_ms = wire_deadline(&c->wire, wait_ms);
	struct reply_parser own, *p = lines ? lines : &own;
	enum reply_state state;

	reply_parse_begin(p, ctx->arena);
	for (;;) {
		struct span in = str_span(&c->wire.in);
		state = reply_feed(p, &in);
		str_eat(&c->wire.in, c->wire.in.len - in.len);
		if (state != REPLY_MORE)
			break;
		if (wire_fill(&c->wire, deadline_ms) != RC_OK)
			return give_up(c, ctx, out, "4.4.2", c->wire.why);
	}
	if (state == REPLY_MALFORMED)
		return give_up(c, ctx, out, "4.5.0", "the server's answer is no SMTP reply");
	reply_result(p, ctx->arena, out);
	if (out->code == 421)
		c->broken = true;
	return RC_OK;
}

bool client_is_in_step(struct smtpclient *c, struct ctx *ctx, struct smtpclient_reply *out)
{
	if (c->wire.in.len == 0)
		return true;
	(void)give_up(c, ctx, out, "4.5.0", "the server spoke out of turn");
	return false;
}

bool client_flush(
	struct smtpclient *c, struct ctx *ctx, int64_t wait_ms, struct smtpclient_reply *out)
{
	if (wire_flush(&c->wire, wait_ms) == RC_OK)
		return true;
	char why[sizeof c->wire.why];
	memcpy(why, c->wire.why, sizeof why);
	(void)wire_poll(&c->wire); /* its last words may be there: "421 ..." */
	if (c->wire.in.len > 0)
		return true;
	(void)give_up(c, ctx, out, "4.4.2", why);
	return false;
}

enum rc client_ask(struct smtpclient *c, struct ctx *ctx, int64_t wait_ms,
	struct smtpclient_reply *out, struct reply_parser *lines)
{
	if (!client_is_in_step(c, ctx, out))
		return RC_TEMP;
	if (!client_flush(c, ctx, wait_ms, out))
		return RC_TEMP;
	return client_read_reply(c, ctx, wait_ms, out, lines);
}

static int64_t command_wait(const struct smtpclient *c)
{
	return client_wait(c->command_ms, CLIENT_COMMAND_MS);
}

/* --- EHLO ------------------------------------------------------------------------------------- */

static void note_auth(struct smtpclient *c, struct span mechanisms)
{
	struct span word;

	while (span_split(&mechanisms, ' ', &word)) {
		if (span_ieq(word, SPAN("PLAIN")))
			c->extensions |= CLIENT_AUTH_PLAIN;
		else if (span_ieq(word, SPAN("LOGIN")))
			c->extensions |= CLIENT_AUTH_LOGIN;
	}
}

static void note_extension(struct smtpclient *c, struct span line)
{
	static const struct {
		struct span word;
		unsigned bit;
	} words[] = {
		{ { "PIPELINING", 10 }, CLIENT_PIPELINING },
		{ { "8BITMIME", 8 }, CLIENT_8BITMIME },
		{ { "SMTPUTF8", 8 }, CLIENT_SMTPUTF8 },
		{ { "DSN", 3 }, CLIENT_DSN },
		{ { "SIZE", 4 }, CLIENT_SIZE },
		{ { "CHUNKING", 8 }, CLIENT_CHUNKING },
		{ { "STARTTLS", 8 }, CLIENT_STARTTLS },
		{ { "ENHANCEDSTATUSCODES", 19 }, CLIENT_ENHANCED },
	};
	size_t end = span_find(line, ' ');
	struct span word = span_sub(line, 0, end);
	struct span rest = end == SPAN_NPOS ? SPAN_NONE : span_trim(span_from(line, end));

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (span_ieq(word, words[i].word))
			c->extensions |= words[i].bit;
	}
	if (span_ieq(word, SPAN("SIZE")))
		(void)span_u64(rest, UINT64_MAX, &c->size_max); /* no number: not told */
	if (span_ieq(word, SPAN("AUTH")))
		note_auth(c, rest);
	else if (span_istarts(word, SPAN("AUTH="))) /* servers older than RFC 4954 */
		note_auth(c, span_from(line, 5));
}

/* EHLO, or HELO to who does not know it. RC_DENIED: 5xx to both. */
static enum rc say_hello(
	struct smtpclient *c, struct ctx *ctx, struct span helo, struct smtpclient_reply *reply)
{
	struct reply_parser lines;
	struct span line;
	size_t pos = 0;

	c->extensions = 0;
	c->size_max = 0;
	str_addf(&c->wire.out, "EHLO " SPAN_FMT "\r\n", SPAN_ARG(helo));
	enum rc rc = client_ask(c, ctx, command_wait(c), reply, &lines);
	if (rc == RC_OK && reply->code / 100 == 2) {
		(void)reply_line(&lines, &pos, &line); /* its name and greeting */
		while (reply_line(&lines, &pos, &line))
			note_extension(c, line);
		return RC_OK;
	}
	if (rc != RC_OK || reply->code / 100 != 5)
		return RC_TEMP;
	str_addf(&c->wire.out, "HELO " SPAN_FMT "\r\n", SPAN_ARG(helo));
	rc = client_ask(c, ctx, command_wait(c), reply, NULL);
	if (rc == RC_OK && reply->code / 100 == 2)
		return RC_OK;
	return rc == RC_OK && reply->code / 100 == 5 ? RC_DENIED : RC_TEMP;
}

/* --- opening ---------------------------------------------------------------------------------- */

static enum rc start_tls(struct smtpclient *c, struct ctx *ctx, const struct smtpclient_options *o,
	struct smtpclient_failure *failure)
{
	struct tls_client_options tls = { .host = o->host,
		.verify = o->verify,
		.tlsa = o->tlsa,
		.n_tlsa = o->n_tlsa,
		.also = o->also };

	if (wire_start_tls(&c->wire, &tls, client_wait(o->command_ms, HANDSHAKE_MS)) != RC_OK) {
		failure->tls_failed = true;
		return give_up(c, ctx, &failure->reply, "4.7.5", c->wire.why);
	}
	(void)snprintf(c->tls_text, sizeof c->tls_text, "%s %s", tls_version(c->wire.tls),
		tls_cipher(c->wire.tls));
	return RC_OK;
}

/* STARTTLS and EHLO again; what was said before is forgotten (RFC 3207 §4.2). */
static enum rc upgrade(struct smtpclient *c, struct ctx *ctx, const struct smtpclient_options *o,
	struct smtpclient_failure *failure)
{
	if (!(c->extensions & CLIENT_STARTTLS)) {
		if (o->tls == CLIENT_TLS_MAY)
			return RC_OK;
		failure->no_tls = true;
		return give_up(c, ctx, &failure->reply, "4.7.4",
			"the server does not offer STARTTLS, which we must have");
	}
	str_add_cstr(&c->wire.out, "STARTTLS\r\n");
	enum rc rc = client_ask(c, ctx, command_wait(c), &failure->reply, NULL);
	if (rc != RC_OK || c->broken)
		return RC_TEMP;
	failure->no_tls = failure->reply.code != 220 && o->tls != CLIENT_TLS_MAY;
	if (failure->reply.code != 220)
		return failure->no_tls ? RC_TEMP : RC_OK;
	rc = start_tls(c, ctx, o, failure);
	return rc == RC_OK ? say_hello(c, ctx, o->helo, &failure->reply) : rc;
}

static enum rc greet(struct smtpclient *c, struct ctx *ctx, const struct smtpclient_options *o,
	struct smtpclient_failure *failure)
{
	enum rc rc = RC_OK;

	if (o->tls == CLIENT_TLS_IMPLICIT)
		rc = start_tls(c, ctx, o, failure);
	if (rc == RC_OK)
		rc = client_read_reply(c, ctx, client_wait(o->command_ms, CLIENT_GREETING_MS),
			&failure->reply, NULL);
	if (rc != RC_OK)
		return rc;
	if (failure->reply.code != 220)
		return failure->reply.code / 100 == 5 ? RC_DENIED : RC_TEMP;
	rc = say_hello(c, ctx, o->helo, &failure->reply);
	if (rc == RC_OK && (o->tls == CLIENT_TLS_MAY || o->tls == CLIENT_TLS_MUST))
		rc = upgrade(c, ctx, o, failure);
	return rc;
}

static struct smtpclient *client_new(const struct smtpclient_options *o)
{
	struct smtpclient *c = heap_zalloc(sizeof *c);

	wire_init(&c->wire);
	c->wire.until_ms = o->until_ms;
	c->wire.cancelled = o->cancelled;
	c->wire.cancelled_arg = o->cancelled_arg;
	c->command_ms = o->command_ms;
	c->data_ms = o->data_ms;
	c->peer = o->peer;
	return c;
}

static void client_free(struct smtpclient *c)
{
	wire_done(&c->wire);
	heap_free(c);
}

static bool is_helo_sayable(struct span helo)
{
	for (size_t i = 0; i < helo.len; i++) {
		if (helo.ptr[i] <= ' ' || helo.ptr[i] > '~')
			return false;
	}
	return helo.len > 0 && helo.len <= 255;
}

enum rc smtpclient_open(struct ctx *ctx, const struct smtpclient_options *o,
	struct smtpclient **out, struct smtpclient_failure *failure)
{
	struct smtpclient *c = client_new(o);

	ASSERT(is_helo_sayable(o->helo)); /* our own name */
	*failure = (struct smtpclient_failure){ 0 };
	enum rc rc = wire_connect(
		&c->wire, &o->peer, &o->bind, client_wait(o->connect_ms, CLIENT_CONNECT_MS));
	if (rc != RC_OK) {
		(void)give_up(c, ctx, &failure->reply, "4.4.1", c->wire.why);
		rc = RC_TEMP;
	} else {
		rc = greet(c, ctx, o, failure);
	}
	if (rc != RC_OK) {
		smtpclient_close(c);
		return rc;
	}
	c->opened_ms = clock_mono_ms();
	*out = c;
	return RC_OK;
}

/* --- what it has found ------------------------------------------------------------------------ */

unsigned smtpclient_extensions(const struct smtpclient *c)
{
	return c->extensions;
}

uint64_t smtpclient_size_max(const struct smtpclient *c)
{
	return c->size_max;
}

struct span smtpclient_tls_text(const struct smtpclient *c)
{
	return span_of(c->tls_text);
}

unsigned smtpclient_uses(const struct smtpclient *c)
{
	return c->uses;
}

int64_t smtpclient_opened_ms(const struct smtpclient *c)
{
	return c->opened_ms;
}

void smtpclient_set_until(struct smtpclient *c, int64_t until_ms)
{
	c->wire.until_ms = until_ms;
}

/* --- log-in ----------------------------------------------------------------------------------- */

/* A line with something secret in it: base64 of `bytes`, and CRLF. */
static void add_base64_line(struct smtpclient *c, struct span bytes)
{
	base64_add(&c->wire.out, bytes);
	str_add_cstr(&c->wire.out, "\r\n");
}

/* flush does not wipe what it has sent. */
static enum rc ask_secret(struct smtpclient *c, struct ctx *ctx, struct smtpclient_reply *reply)
{
	enum rc rc = client_ask(c, ctx, command_wait(c), reply, NULL);
	if (c->wire.out.ptr)
		explicit_bzero(c->wire.out.ptr, c->wire.out.cap);
	return rc;
}

static enum rc auth_plain(struct smtpclient *c, struct ctx *ctx, struct span user,
	const struct secret *password, struct smtpclient_reply *reply)
{
	struct secret message = { heap_alloc(user.len + password->len + 2),
		user.len + password->len + 2 };

	message.ptr[0] = '\0';
	memcpy(message.ptr + 1, user.ptr, user.len);
	message.ptr[1 + user.len] = '\0';
	memcpy(message.ptr + 2 + user.len, password->ptr, password->len);

	enum rc rc = RC_OK;
	str_add_cstr(&c->wire.out, "AUTH PLAIN");
	if (message.len * 4 / 3 > AUTH_INITIAL_MAX) {
		str_add_cstr(&c->wire.out, "\r\n");
		rc = client_ask(c, ctx, command_wait(c), reply, NULL);
	} else {
		str_add_c(&c->wire.out, ' ');
		reply->code = 334;
	}
	if (rc == RC_OK && reply->code == 334) {
		add_base64_line(c, secret_span(&message));
		rc = ask_secret(c, ctx, reply);
	}
	secret_done(&message);
	return rc;
}

static enum rc auth_login(struct smtpclient *c, struct ctx *ctx, struct span user,
	const struct secret *password, struct smtpclient_reply *reply)
{
	str_add_cstr(&c->wire.out, "AUTH LOGIN\r\n");
	enum rc rc = client_ask(c, ctx, command_wait(c), reply, NULL);
	if (rc != RC_OK || reply->code != 334)
		return rc;
	add_base64_line(c, user);
	rc = client_ask(c, ctx, command_wait(c), reply, NULL);
	if (rc != RC_OK || reply->code != 334)
		return rc;
	add_base64_line(c, secret_span(password));
	return ask_secret(c, ctx, reply);
}

enum rc smtpclient_auth(struct smtpclient *c, struct ctx *ctx, struct span user,
	const struct secret *password, struct smtpclient_reply *reply)
{
	enum rc rc;

	if (!c->wire.tls && !addr_is_loopback(&c->peer)) {
		client_say(ctx, reply, "5.7.10", "we do not send a password without TLS");
		return RC_DENIED;
	}
	if (user.len == 0 || user.len + password->len > AUTH_LINE_MAX / 2) {
		client_say(ctx, reply, "5.7.8", "the user name or password has no usable length");
		return RC_DENIED;
	}
	if (c->extensions & CLIENT_AUTH_PLAIN) {
		rc = auth_plain(c, ctx, user, password, reply);
	} else if (c->extensions & CLIENT_AUTH_LOGIN) {
		rc = auth_login(c, ctx, user, password, reply);
	} else {
		client_say(ctx, reply, "5.7.4", "the server offers no log-in that we know");
		return RC_DENIED;
	}
	if (rc != RC_OK)
		return rc;
	if (reply->code == 235)
		return RC_OK;
	return reply->code / 100 == 5 ? RC_DENIED : RC_TEMP;
}

/* --- between and after messages --------------------------------------------------------------- */

bool smtpclient_is_reusable(struct smtpclient *c)
{
	if (c->broken)
		return false;
	if (!wire_poll(&c->wire) || c->wire.in.len > 0)
		c->broken = true;
	return !c->broken;
}

void smtpclient_close(struct smtpclient *c)
{
	if (!c)
		return;
	if (!c->broken && c->wire.fd >= 0) {
		str_add_cstr(&c->wire.out, "QUIT\r\n");
		/* A courtesy: what the socket does not take at once is not sent. */
		(void)!wire_flush(&c->wire, 0);
		if (c->wire.tls)
			tls_say_goodbye(c->wire.tls);
	}
	client_free(c);
}
