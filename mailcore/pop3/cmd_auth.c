/* Before the maildrop is open: CAPA, STLS, USER, PASS, AUTH, UTF8; and opening it. */
#include <string.h>

#include "mailcore/base/clock.h"
#include "mailcore/base/log.h"
#include "mailcore/base/random.h"
#include "mailcore/directory/sasl_login.h"
#include "mailcore/pop3/commands.h"
#include "mailcore/pop3/parse.h"

#define FAILURE_DELAY_MS 1000
/* A client that has gone without QUIT is noticed a moment later; who comes again waits for that. */
#define LEASE_TRIES   10
#define LEASE_WAIT_MS 200

enum step pop3_capa(struct pop3_session *s, struct ctx *ctx, struct span arg)
{
	struct str *out = conn_out(s->conn);

	pop3_ok(s, "What I can do");
	str_add_cstr(out, "TOP\r\nUIDL\r\nUTF8\r\nPIPELINING\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\n");
	if (pop3_is_private(s))
		str_addf(out, "USER\r\nSASL PLAIN LOGIN SCRAM-SHA-256%s\r\n",
			conn_can_bind(s->conn) ? " SCRAM-SHA-256-PLUS" : "");
	if (conn_can_tls(s->conn))
		str_add_cstr(out, "STLS\r\n");
	str_add_cstr(out, "EXPIRE NEVER\r\nIMPLEMENTATION Mailstead\r\n.\r\n");
	return STEP_DONE;
}

enum step pop3_stls(struct pop3_session *s, struct ctx *ctx, struct span arg)
{
	if (conn_is_tls(s->conn) || !conn_can_tls(s->conn)) {
		pop3_err(s,
			conn_is_tls(s->conn) ? "TLS is active already"
					     : "TLS is not offered on this port");
		return STEP_DONE;
	}
	pop3_ok(s, "Begin the handshake");
	return STEP_TLS;
}

/* RFC 6856: messages are given as they are in any case. */
enum step pop3_utf8(struct pop3_session *s, struct ctx *ctx, struct span arg)
{
	pop3_ok(s, "UTF-8 it is");
	return STEP_DONE;
}

/* --- opening --- */

static enum rc take_lease(struct pop3_session *s, struct ctx *ctx, int64_t mailbox_id)
{
	struct str owner = str_in(ctx->arena, sizeof s->lease - 1);
	int ttl_s = (int)(s->options->timeout_ms / MSEC_PER_SEC) + POP3_LEASE_SPARE_S;

	random_add_token(&owner, 18);
	enum rc rc = pop3_lease_take(ctx, mailbox_id, str_span(&owner), ttl_s);
	if (rc != RC_OK)
		return rc;
	memcpy(s->lease, str_cstr(&owner), owner.len + 1);
	s->lease_at_ms = clock_mono_ms();
	s->mailbox_id = mailbox_id;
	return RC_OK;
}

void pop3_maildrop_lease_drop(struct pop3_session *s, struct ctx *ctx)
{
	if (s->lease[0])
		pop3_lease_drop(ctx, s->mailbox_id, span_of(s->lease));
	s->lease[0] = '\0';
}

static enum rc load_inbox(struct pop3_session *s, struct ctx *ctx)
{
	struct folder inbox;

	enum rc rc = folder_find(s->options->store, ctx, s->mailbox_id, SPAN("INBOX"), &inbox);
	if (rc != RC_OK)
		return rc;
	s->folder_id = inbox.folder_id;
	return snapshot_get(s->options->store, ctx, s->mailbox_id, s->folder_id, true, &s->snap);
}

static enum step wait_for_lease(struct pop3_session *s, int64_t mailbox_id)
{
	s->more = MORE_OPEN;
	s->opening = mailbox_id;
	conn_delay(s->conn, LEASE_WAIT_MS);
	return STEP_MORE;
}

enum step pop3_maildrop_open(struct pop3_session *s, struct ctx *ctx, int64_t mailbox_id)
{
	enum rc rc = take_lease(s, ctx, mailbox_id);

	if (rc == RC_CONFLICT && ++s->lease_tries < LEASE_TRIES)
		return wait_for_lease(s, mailbox_id);
	s->more = MORE_NONE;
	s->lease_tries = 0;
	if (rc != RC_OK) {
		pop3_refuse(s, rc);
		return STEP_DONE;
	}
	rc = load_inbox(s, ctx);
	if (rc != RC_OK) {
		pop3_maildrop_lease_drop(s, ctx);
		pop3_refuse(s, RC_TEMP);
		return STEP_DONE;
	}
	s->deleted = arena_array(&s->arena, s->snap->len, sizeof *s->deleted);
	s->state = STATE_TRANS;
	s->errors = 0;
	conn_set_deadline(s->conn, s->options->timeout_ms);
	pop3_ok(s, "You are logged in, %zu messages", s->snap->len);
	return STEP_DONE;
}

/* --- log-in --- */

static const char *peer_text(struct pop3_session *s, struct ctx *ctx)
{
	struct str peer = str_in(ctx->arena, 64);
	addr_add(&peer, conn_peer(s->conn));
	return str_cstr(&peer);
}

static enum step finish(struct pop3_session *s, struct ctx *ctx, struct span name, enum rc rc,
	const struct mailbox_ref *mailbox)
{
	log_info("pop3.login", "conn=%s name=%s peer=%s rc=%s", conn_id(s->conn),
		log_text(ctx->arena, name), peer_text(s, ctx), rc_name(rc));
	if (rc == RC_OK)
		return pop3_maildrop_open(s, ctx, mailbox->mailbox_id);
	if (rc == RC_CONFLICT)
		pop3_err(s, "[AUTH] Log-in is switched off for this mailbox");
	else
		pop3_refuse(s, rc);
	if (rc == RC_DENIED && !conn_is_exempt(s->conn))
		conn_delay(s->conn, FAILURE_DELAY_MS);
	return STEP_DONE;
}

static enum step log_in(
	struct pop3_session *s, struct ctx *ctx, struct span name, struct span password)
{
	struct mailbox_ref mailbox;

	enum rc rc = mailbox_login(
		s->options->directory, ctx, name, password, "pop3", peer_text(s, ctx), &mailbox);
	return finish(s, ctx, name, rc, &mailbox);
}

enum step pop3_user(struct pop3_session *s, struct ctx *ctx, struct span arg)
{
	struct span name = span_trim(arg);

	if (!pop3_name_is_valid(name)) {
		pop3_err(s, "[AUTH] This cannot be a user name");
		return STEP_DONE;
	}
	memcpy(s->name, name.ptr, name.len);
	s->name_len = name.len;
	pop3_ok(s, "And the password?"); /* also for unknown users */
	return STEP_DONE;
}

enum step pop3_pass(struct pop3_session *s, struct ctx *ctx, struct span arg)
{
	if (s->name_len == 0) {
		pop3_err(s, "Please say USER first");
		return STEP_DONE;
	}
	enum step step = log_in(s, ctx, span_make(s->name, s->name_len), arg);
	s->name_len = 0;
	return step;
}

static enum step go_on(struct pop3_session *s, struct ctx *ctx, enum sasl_state state)
{
	enum step step = STEP_DONE;
	struct mailbox_ref mailbox;
	enum rc rc;

	state = sasl_log_in(s->options->directory, ctx, &s->sasl, state, "pop3", peer_text(s, ctx),
		&rc, &mailbox);
	s->in_auth = state == SASL_CONTINUE;
	switch (state) {
	case SASL_CONTINUE:
		str_addf(conn_out(s->conn), "+ %s\r\n", sasl_challenge(&s->sasl));
		return STEP_DONE;
	case SASL_READY:
		step = finish(s, ctx, sasl_name(&s->sasl), rc, &mailbox);
		break;
	case SASL_CANCELLED:
		pop3_err(s, "Log-in cancelled");
		break;
	case SASL_NEEDS_SALT:
	case SASL_NEEDS_PROOF:
	case SASL_MALFORMED:
		pop3_err(s, "The log-in data cannot be read");
		break;
	}
	sasl_done(&s->sasl);
	return step;
}

enum step pop3_auth(struct pop3_session *s, struct ctx *ctx, struct span arg)
{
	struct span rest = arg, name, initial = SPAN_NONE;
	enum sasl_mechanism mechanism;

	/* RFC 5034: alone, it lists the mechanisms (older clients ask that way). */
	if (arg.len == 0) {
		pop3_ok(s, "Mechanisms");
		str_addf(conn_out(s->conn), "PLAIN\r\nLOGIN\r\nSCRAM-SHA-256\r\n%s.\r\n",
			conn_can_bind(s->conn) ? "SCRAM-SHA-256-PLUS\r\n" : "");
		return STEP_DONE;
	}
	(void)span_split(&rest, ' ', &name); /* arg is not empty */
	(void)span_split(&rest, ' ', &initial);
	if (!sasl_mechanism_parse(name, &mechanism)) {
		pop3_err(s, "This mechanism is not offered");
		return STEP_DONE;
	}
	if (rest.ptr)
		return go_on(s, ctx, SASL_MALFORMED);
	return go_on(s, ctx,
		sasl_begin(&s->sasl, mechanism, conn_tls_binding(s->conn, ctx->arena), initial));
}

enum step pop3_auth_answer(struct pop3_session *s, struct ctx *ctx, struct span frame)
{
	struct span line, none;

	if (!pop3_line_parse(frame, &line, &none) || none.len > 0)
		return go_on(s, ctx, SASL_MALFORMED);
	return go_on(s, ctx, sasl_next(&s->sasl, line));
}
