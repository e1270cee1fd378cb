/*
 * What TLS to a server must be like (REQUIREMENTS 21): DANE before MTA-STS before "what is offered".
 *
 * A destination's policy is asked for once an attempt, a server's TLSA records when it is its turn. A
 * server whose records cannot be had, or that an enforced MTA-STS policy does not name, is passed over;
 * the message waits when none is left. A smarthost is somebody we know: its own settings count.
 */
#include "mailcore/base/clock.h"
#include "mailcore/deliver/remote_impl.h"
#include "mailcore/deliver/sts.h"

#define DNS_MS 15000 /* a session before may have taken minutes */

static struct smtpclient_reply refuse(struct span status, struct span text)
{
	return (struct smtpclient_reply){ .status = status, .text = text };
}

void tls_demand_begin(struct remote_run *run)
{
	struct span domain = run->group->jobs[0].destination;

	run->dane = run->env->dns_validates && !run->route.smarthost &&
		dane_is_possible(run->env->resolver, run->ctx) == RC_OK;
	if (!run->env->sts || run->route.smarthost || span_starts(domain, SPAN("[")))
		return;
	struct sts_policy *policy = arena_zalloc(run->ctx->arena, sizeof *policy);
	if (sts_find(run->env->sts, run->ctx, domain, run->env->cancelled, run->env->cancelled_arg,
		    policy) &&
		policy->mode != STS_NONE)
		run->sts = policy;
}

/* RC_TEMP: a zone that should speak does not, or somebody forges its words. */
static enum rc ask_dane(struct remote_run *run, const struct mx_addr *at, struct remote_peer *peer,
	struct smtpclient_reply *reply)
{
	struct dane *dane = arena_zalloc(run->ctx->arena, sizeof *dane);

	if (!run->dane)
		return RC_OK;
	enum rc rc = dane_find(run->env->resolver, run->ctx, at, dane);
	if (rc != RC_OK) {
		*reply = refuse(SPAN("4.7.5"),
			arena_printf(run->ctx->arena,
				"DNS gave no valid answer about the TLSA records of " SPAN_FMT
				", without which it must not be spoken to",
				SPAN_ARG(at->host)));
		return RC_TEMP;
	}
	peer->dane = dane;
	if (dane->state == DANE_USABLE)
		peer->demand = REMOTE_TLS_DANE;
	else if (dane->state == DANE_UNUSABLE)
		peer->demand = REMOTE_TLS_ENCRYPT;
	return RC_OK;
}

/* RC_TEMP: the policy is enforced and does not name this server (RFC 8461 §5). */
static enum rc ask_sts(struct remote_run *run, const struct mx_addr *at, struct remote_peer *peer,
	struct smtpclient_reply *reply)
{
	bool enforced = run->sts->mode == STS_ENFORCE;
	struct span why = SPAN("the domain's MTA-STS policy does not name this server");

	peer->demand = enforced ? REMOTE_TLS_STS : REMOTE_TLS_STS_TEST;
	if (sts_policy_names(run->sts, at->host))
		return RC_OK;
	if (!enforced) {
		tls_demand_soften(peer, why);
		return RC_OK;
	}
	*reply = refuse(SPAN("4.7.5"), why);
	return RC_TEMP;
}

void tls_demand_soften(struct remote_peer *peer, struct span why)
{
	peer->demand = REMOTE_TLS_MAY;
	peer->tls_note = why;
}

enum rc tls_demand_find(struct remote_run *run, const struct mx_addr *at, struct remote_peer *peer,
	struct smtpclient_reply *reply)
{
	peer->demand = REMOTE_TLS_MAY;
	if (run->route.smarthost)
		return RC_OK;
	run->ctx->deadline_ms = clock_mono_ms() + DNS_MS;
	enum rc rc = ask_dane(run, at, peer, reply);
	if (rc == RC_OK && peer->demand == REMOTE_TLS_MAY && run->sts)
		rc = ask_sts(run, at, peer, reply);
	return rc;
}

const char *tls_demand_word(enum remote_tls demand)
{
	switch (demand) {
	case REMOTE_TLS_MAY:
		return "";
	case REMOTE_TLS_ENCRYPT:
		return "dane-encrypt";
	case REMOTE_TLS_DANE:
		return "dane";
	case REMOTE_TLS_STS:
		return "mta-sts";
	case REMOTE_TLS_STS_TEST:
		return "mta-sts-testing";
	}
	return "";
}

const char *tls_demand_done(enum remote_tls demand)
{
	switch (demand) {
	case REMOTE_TLS_MAY:
	case REMOTE_TLS_ENCRYPT:
		return "";
	case REMOTE_TLS_DANE:
		return ", its certificate verified by DANE";
	case REMOTE_TLS_STS:
	case REMOTE_TLS_STS_TEST:
		return ", its certificate verified by MTA-STS";
	}
	return "";
}

struct span tls_demand_failed(struct remote_run *run, enum remote_tls demand, struct span why)
{
	const char *what = "";

	switch (demand) {
	case REMOTE_TLS_MAY:
	case REMOTE_TLS_STS_TEST:
		return why;
	case REMOTE_TLS_ENCRYPT:
		what = "its domain demands encryption (DANE), which could not be had";
		break;
	case REMOTE_TLS_DANE:
		what = "its domain demands a certificate that matches its TLSA records (DANE), and that could not be had";
		break;
	case REMOTE_TLS_STS:
		what = "its domain demands a certificate that proves its name (MTA-STS), and that could not be had";
		break;
	}
	return arena_printf(run->ctx->arena, "%s: " SPAN_FMT, what, SPAN_ARG(why));
}
