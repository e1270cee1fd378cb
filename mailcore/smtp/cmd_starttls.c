/* STARTTLS (RFC 3207). The loop drops the connection when anything was sent behind the command. */
#include "mailcore/smtp/commands.h"
#include "mailcore/smtp/reply.h"

enum step smtp_starttls(struct smtp_session *s, struct ctx *ctx, struct span arg)
{
	if (conn_is_tls(s->conn)) {
		smtp_reply(s, 503, "5.5.1", "TLS is active already");
		return STEP_DONE;
	}
	if (!conn_can_tls(s->conn)) {
		smtp_reply(s, 502, "5.5.1", "TLS is not offered on this port");
		return STEP_DONE;
	}
	smtp_reply(s, 220, "2.0.0", "Begin the handshake");
	return STEP_TLS;
}
