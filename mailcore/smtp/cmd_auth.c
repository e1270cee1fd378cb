/* AUTH (RFC 4954): once a session, never inside a transaction. */
#include "mailcore/base/log.h"
#include "mailcore/directory/sasl_login.h"
#include "mailcore/smtp/commands.h"
#include "mailcore/smtp/reply.h"

#define FAILURE_DELAY_MS 1000

static struct mailbox_ref keep_mailbox(struct arena *a, const struct mailbox_ref *m)
{
	struct mailbox_ref copy = *m;

	copy.address = arena_span(a, m->address);
	copy.name = arena_span(a, m->name);
	return copy;
}

static const char *peer_text(struct smtp_session *s, struct ctx *ctx)
{
	struct str peer = str_in(ctx->arena, 64);
	addr_add(&peer, conn_peer(s->conn));
	return str_cstr(&peer);
}

static void finish(
	struct smtp_session *s, struct ctx *ctx, enum rc rc, const struct mailbox_ref *mailbox)
{
	log_info("smtp.login", "conn=%s name=%s peer=%s rc=%s", conn_id(s->conn),
		log_text(ctx->arena, sasl_name(&s->sasl)), peer_text(s, ctx), rc_name(rc));
	smtp_reply_login(s, rc);
	if (rc != RC_OK) {
		if (rc == RC_DENIED && !conn_is_exempt(s->conn))
			conn_delay(s->conn, FAILURE_DELAY_MS);
		return;
	}
	s->login = keep_mailbox(&s->arena, mailbox);
	s->logged_in = true;
	s->errors = 0;
	conn_set_deadline(s->conn, s->options->timeout_ms);
}

/* One message of the exchange has been read. */
static enum step go_on(struct smtp_session *s, struct ctx *ctx, enum sasl_state state)
{
	struct mailbox_ref mailbox;
	enum rc rc;

	smtp_framer_expect(&s->framer, INPUT_LINE);
	state = sasl_log_in(s->options->directory, ctx, &s->sasl, state, "smtp", peer_text(s, ctx),
		&rc, &mailbox);
	switch (state) {
	case SASL_CONTINUE:
		smtp_framer_expect(&s->framer, INPUT_AUTH_LINE);
		smtp_reply(s, 334, NULL, "%s", sasl_challenge(&s->sasl));
		return STEP_DONE;
	case SASL_READY:
		finish(s, ctx, rc, &mailbox);
		break;
	case SASL_CANCELLED:
		smtp_reply(s, 501, "5.7.0", "Log-in cancelled");
		break;
	case SASL_NEEDS_SALT:
	case SASL_NEEDS_PROOF:
	case SASL_MALFORMED:
		smtp_reply(s, 501, "5.5.2", "The log-in data cannot be read");
		break;
	}
	sasl_done(&s->sasl);
	return STEP_DONE;
}

enum step smtp_auth(struct smtp_session *s, struct ctx *ctx, struct span arg)
{
	struct span name, initial;
	enum sasl_mechanism mechanism;

	if (s->logged_in) {
		smtp_reply(s, 503, "5.5.1", "You are logged in already");
		return STEP_DONE;
	}
	if (!smtp_auth_parse(arg, &name, &initial)) {
		smtp_reply(s, 501, "5.5.4", "Please say AUTH and a mechanism");
		return STEP_DONE;
	}
	if (!sasl_mechanism_parse(name, &mechanism)) {
		smtp_reply(s, 504, "5.5.4", "This mechanism is not offered");
		return STEP_DONE;
	}
	return go_on(s, ctx,
		sasl_begin(&s->sasl, mechanism, conn_tls_binding(s->conn, ctx->arena), initial));
}

enum step smtp_auth_answer(struct smtp_session *s, struct ctx *ctx, struct span frame)
{
	struct span line, none;

	/* RFC 4954 §4: too long is 500 5.5.6; the rest of the line is swallowed as a command's. */
	if (!smtp_line_is_whole(&s->framer, frame)) {
		smtp_framer_expect(&s->framer, INPUT_LINE);
		s->framer.skipping = !span_ends(frame, SPAN("\n"));
		sasl_done(&s->sasl);
		smtp_reply(s, 500, "5.5.6", "The log-in data is too long");
		return STEP_DONE;
	}
	if (!smtp_line_parse(frame, &line, &none) || none.len > 0)
		return go_on(s, ctx, SASL_MALFORMED);
	return go_on(s, ctx, sasl_next(&s->sasl, line));
}
