/*
 * All methods over one message: iprev, SPF of both identities, DKIM, ARC, DMARC. What the server
 * does for mail from the world, and `check auth` on a message.
 *
 *   auth_begin -> auth_body ... -> auth_end
 *
 * What DNS will be asked is asked for at the beginning, so that answers come while the body is
 * read and next to each other. All waiting ends with ctx->deadline_ms: what is not known
 * then is temperror.
 */
#pragma once

#include "mailcore/auth/arc.h"
#include "mailcore/auth/dkim.h"
#include "mailcore/auth/dmarc.h"
#include "mailcore/auth/iprev.h"
#include "mailcore/auth/spf.h"

struct auth_query {
	struct addr ip;
	struct span helo;
	struct span mail_from; /* without brackets; empty: the null sender */
	const char *hostname;  /* ours */
};

struct auth_verdicts {
	struct iprev_result iprev;
	struct spf_result spf;  /* of MAIL FROM; of HELO when that is empty */
	struct spf_result helo; /* of HELO */
	struct dkim_results dkim;
	struct arc_result arc;
	struct dmarc_result dmarc; /* permerror: not exactly one author's domain */
};

struct auth_check;

/* Asks in advance for what is known from the envelope. */
void auth_prefetch(struct resolver *r, struct arena *a, const struct auth_query *query);

/* head: the header block as received, borrowed until auth_end. */
struct auth_check *auth_begin(
	struct resolver *r, struct arena *a, const struct auth_query *query, struct span head);
void auth_body(struct auth_check *c, struct span bytes);
/* Something of the message is signed, so that its body is wanted. */
bool auth_wants_body(const struct auth_check *c);
/* Memory: ctx->arena. */
void auth_end(struct auth_check *c, struct ctx *ctx, struct auth_verdicts *out);
