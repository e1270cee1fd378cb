/*
 * A mail server's port 25 as a stranger finds it: the greeting, STARTTLS, the certificate's name.
 *
 * What keeps us from asking (no way there, silence, a refused connection, which firewalls make, too)
 * says nothing about the server. One connection, at most ten lines of 512 bytes; no mail is sent.
 */
#pragma once

#include "mailcore/base/ctx.h"
#include "mailcore/net/addr.h"

enum probe_state {
	PROBE_FINE,
	PROBE_UNHEARD,     /* nothing is known */
	PROBE_NOT_SMTP,    /* greets with something else than 220 */
	PROBE_NO_TLS,      /* no STARTTLS is offered, or it is refused */
	PROBE_CERTIFICATE, /* encrypts, but the certificate cannot be verified for the name */
};

struct probe {
	enum probe_state state;
	struct span greeting; /* printable, as it came; empty: none */
	struct span tls;      /* "TLSv1.3", or why not */
};

/* Ends by ctx->deadline_ms and after wait_ms. Memory: ctx->arena. */
void smtp_probe(struct ctx *ctx, const struct addr *server, struct span name, struct span helo,
	int64_t wait_ms, struct probe *out);
