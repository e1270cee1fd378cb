/* Shared by remote.c, remote_session.c, remote_result.c: one attempt while it runs. */
#pragma once

#include "mailcore/blob/blob_reader.h"
#include "mailcore/deliver/remote.h"
#include "mailcore/net/dane.h"
#include "mailcore/smtpclient/smtpclient.h"
#include "mailcore/smtpclient/sts_policy.h"

struct smarthost;

/* Where the mail of this group goes, and from which of our addresses. */
struct remote_route {
	const struct smarthost *smarthost; /* NULL: MX */
	struct addr source4, source6;      /* family 0 in both: any */
};
/* The address to speak from; false: this peer cannot be reached from those that are set. */
bool route_source(const struct remote_route *route, const struct addr *peer, struct addr *out);

/* What TLS to a server must be like. */
enum remote_tls {
	REMOTE_TLS_MAY,      /* taken when offered, never verified */
	REMOTE_TLS_ENCRYPT,  /* a must, not verified: DANE records that nobody can use */
	REMOTE_TLS_DANE,     /* a certificate that its TLSA records vouch for */
	REMOTE_TLS_STS,      /* one that a CA vouches for: MTA-STS, enforced */
	REMOTE_TLS_STS_TEST, /* the same, and when it cannot be had it is only noted */
};

/* Whom we speak to; lives in ctx->arena as long as the results. */
struct remote_peer {
	struct span host;
	struct addr addr;
	struct span tls; /* "TLSv1.3 TLS_..."; empty: clear text, or nothing yet */
	bool reused;     /* a kept connection */
	bool tls_failed; /* came again in clear text */
	enum remote_tls demand;
	const struct dane *dane; /* NULL: not asked for */
	struct span tls_note;    /* what an enforced policy would not have let pass */
};

struct remote_run {
	const struct remote_env *env;
	struct ctx *ctx;
	const struct job_group *group;
	struct remote_route route;
	struct blob_reader *blob;
	struct remote_attempt *out;
	bool *settled; /* one a job: no other server is asked */
	int64_t start_ms;
	unsigned sessions;
	bool all_refused; /* every server so far: 5xx before MAIL */
	bool wants_utf8, wants_8bit;
	bool dane;                    /* can be used */
	const struct sts_policy *sts; /* NULL: the domain has none */
};

/* --- remote_tls.c ----------------------------------------------------------------------------- */

/* What holds for all servers of this attempt. */
void tls_demand_begin(struct remote_run *run);
/* Sets peer->demand. RC_TEMP: this server must not be spoken to now, *reply says why. */
MUST_CHECK enum rc tls_demand_find(struct remote_run *run, const struct mx_addr *at,
	struct remote_peer *peer, struct smtpclient_reply *reply);
/* The policy is in testing: it goes on as without, and that is noted. */
void tls_demand_soften(struct remote_peer *peer, struct span why);
/* For the evidence; how a delivery's sentence goes on; what to say when it was not met. */
const char *tls_demand_word(enum remote_tls demand);
const char *tls_demand_done(enum remote_tls demand);
struct span tls_demand_failed(struct remote_run *run, enum remote_tls demand, struct span why);

/* --- remote_session.c: a connection to one address, ready for MAIL --------------------------- */

struct remote_session {
	struct smtpclient *client;
	struct span key; /* of the cache */
	bool once;       /* not to be kept */
};
/* RC_OK; RC_TEMP, RC_DENIED: *reply says why. fresh: not a kept one. */
MUST_CHECK enum rc session_open(struct remote_run *run, struct remote_peer *peer, bool fresh,
	struct remote_session *out, struct smtpclient_reply *reply);
/* Keeps it for the next message, or closes it. */
void session_close(struct remote_run *run, struct remote_session *s);

/* --- remote_result.c -------------------------------------------------------------------------- */

/* What a reply (code 0: our words) means for job i. peer NULL: nobody was spoken to. */
void result_set(struct remote_run *run, size_t i, const struct remote_peer *peer,
	enum outcome outcome, const struct smtpclient_reply *reply);
/* All jobs that are not settled. */
void result_set_rest(struct remote_run *run, const struct remote_peer *peer, enum outcome outcome,
	const struct smtpclient_reply *reply);
