/* LOGIN and AUTHENTICATE (RFC 9051 §6.2, RFC 4959). */
#include "mailcore/base/log.h"
#include "mailcore/directory/sasl_login.h"
#include "mailcore/imap/commands.h"
#include "mailcore/imap/reply.h"
#include "mailcore/imap/syntax/lex.h"

#define FAILURE_DELAY_MS 1000 /* times the number of failures */

static enum step refuse_log_in(struct imap *s, enum rc rc)
{
	switch (rc) {
	case RC_DENIED:
	case RC_NOT_FOUND:
	case RC_INVALID:
	case RC_EXISTS:
		imap_reply_tagged(s, "NO [AUTHENTICATIONFAILED] Wrong user name or password.");
		break;
	case RC_LIMIT:
		imap_reply_tagged(s, "NO [LIMIT] Too many failed log-ins; please try later.");
		break;
	case RC_CONFLICT:
		imap_reply_tagged(s, "NO [CONTACTADMIN] Log-in to this mailbox is switched off.");
		break;
	case RC_OK:
	case RC_TEMP:
	case RC_CLOSED:
		imap_reply_tagged(
			s, "NO [UNAVAILABLE] The server has trouble; please try again later.");
		return STEP_DONE; /* not the client's failure */
	}
	if (conn_is_exempt(s->conn))
		return STEP_DONE;
	if (++s->failed_logins >= IMAP_LOGINS_MAX)
		return imap_reply_bye(s, "Too many failed log-ins.");
	conn_delay(s->conn, FAILURE_DELAY_MS * s->failed_logins);
	return STEP_DONE;
}

static const char *peer_text(struct imap *s, struct ctx *ctx)
{
	struct str peer = str_in(ctx->arena, 64);
	addr_add(&peer, conn_peer(s->conn));
	return str_cstr(&peer);
}

static enum step finish(struct imap *s, struct ctx *ctx, struct span name, enum rc rc,
	const struct mailbox_ref *mailbox)
{
	log_info("imap.login", "id=%s peer=%s user=%s tls=%s result=%s", conn_id(s->conn),
		peer_text(s, ctx), log_text(ctx->arena, name),
		conn_is_tls(s->conn) ? conn_tls_version(s->conn) : "no", rc_name(rc));
	if (rc != RC_OK)
		return refuse_log_in(s, rc);
	imap_session_logged_in(s, mailbox);
	str_addf(conn_out(s->conn), "%s OK [CAPABILITY ", s->tag);
	imap_reply_capabilities(s);
	str_add_cstr(conn_out(s->conn), "] Welcome.\r\n");
	return STEP_DONE;
}

static enum step log_in(struct imap *s, struct ctx *ctx, struct span name, struct span password)
{
	struct mailbox_ref mailbox;

	enum rc rc = mailbox_login(
		s->options->directory, ctx, name, password, "imap", peer_text(s, ctx), &mailbox);
	return finish(s, ctx, name, rc, &mailbox);
}

static enum step refuse_clear_text(struct imap *s)
{
	imap_reply_tagged(s, "NO [PRIVACYREQUIRED] Please use TLS before you log in.");
	return STEP_DONE;
}

/* login = "LOGIN" SP userid SP password */
enum step imap_cmd_login(struct command *cmd)
{
	struct cur in = cmd->args;
	struct span name, password;

	if (!lex_sp(&in) || !lex_astring(&in, cmd->ctx->arena, &name) || !lex_sp(&in) ||
		!lex_astring(&in, cmd->ctx->arena, &password) || !cur_done(&in))
		return imap_reply_bad(cmd->s, "LOGIN needs a user name and a password.");
	if (!imap_session_may_log_in(cmd->s))
		return refuse_clear_text(cmd->s);
	return log_in(cmd->s, cmd->ctx, name, password);
}

/* ------------------------------------------------------------------ SASL */

static enum step sasl_step(struct imap *s, struct ctx *ctx, enum sasl_state state)
{
	enum step step = STEP_DONE;
	struct mailbox_ref mailbox;
	enum rc rc;

	s->mode = MODE_COMMAND;
	state = sasl_log_in(s->options->directory, ctx, &s->sasl, state, "imap", peer_text(s, ctx),
		&rc, &mailbox);
	switch (state) {
	case SASL_CONTINUE:
		s->mode = MODE_SASL;
		imap_reply_continue(s, sasl_challenge(&s->sasl));
		return STEP_DONE;
	case SASL_READY:
		step = finish(s, ctx, sasl_name(&s->sasl), rc, &mailbox);
		break;
	case SASL_CANCELLED:
		step = imap_reply_bad(s, "Cancelled.");
		break;
	case SASL_NEEDS_SALT:
	case SASL_NEEDS_PROOF:
	case SASL_MALFORMED:
		step = imap_reply_bad(s, "This cannot be read.");
		break;
	}
	sasl_done(&s->sasl);
	return step;
}

/* authenticate = "AUTHENTICATE" SP auth-type [SP initial-resp] */
enum step imap_cmd_authenticate(struct command *cmd)
{
	struct imap *s = cmd->s;
	struct cur in = cmd->args;
	struct span name, initial = SPAN_NONE;
	enum sasl_mechanism mechanism;

	if (!lex_sp(&in) || !lex_atom(&in, &name))
		return imap_reply_bad(s, "AUTHENTICATE needs a mechanism.");
	if (lex_sp(&in))
		initial = lex_base64(&in);
	if (!cur_done(&in) || (initial.ptr && !initial.len))
		return imap_reply_bad(s, "The initial response is no base64.");
	if (!sasl_mechanism_parse(name, &mechanism)) {
		imap_reply_tagged(s, "NO [CANNOT] This mechanism is not known here.");
		return STEP_DONE;
	}
	if (!imap_session_may_log_in(s))
		return refuse_clear_text(s);
	return sasl_step(s, cmd->ctx,
		sasl_begin(
			&s->sasl, mechanism, conn_tls_binding(s->conn, cmd->ctx->arena), initial));
}

enum step imap_sasl_line(struct imap *s, struct ctx *ctx, struct span line)
{
	return sasl_step(s, ctx, sasl_next(&s->sasl, line));
}
