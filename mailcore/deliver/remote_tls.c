/*
 * What TLS to a server must be like (REQUIREMENTS 21): DANE before MTA-STS before "what is offered".
 *
 * A destination's policy is asked for once an attempt, a server's TLSA records when it is its turn. A
 * server whose records cannot be had, or that an enforced MTA-STS policy does not name, is passed over;
 * the message waits when none is left. A smarthost is somebody we know: its own settings count.
 */
#include "mailcore/base/log.h"
#include "mailcore/deliver/remote_impl.h"

static struct smtpclient_reply refuse(struct span status, struct span text)
{
	return (struct smtpclient_reply){ .status = status, .text = text };
}

void tls_demand_begin(struct remote_run *run)
{
	run->dane = run->env->dns_validates && !run->route.smarthost &&
		dane_is_possible(run->env->resolver, run->ctx) == RC_OK;
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

enum rc tls_demand_find(struct remote_run *run, const struct mx_addr *at, struct remote_peer *peer,
	struct smtpclient_reply *reply)
{
	peer->demand = REMOTE_TLS_MAY;
	if (run->route.smarthost)
		return RC_OK;
	return ask_dane(run, at, peer, reply);
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
	}
	return "";
}

struct span tls_demand_failed(struct remote_run *run, enum remote_tls demand, struct span why)
{
	const char *what = "";

	switch (demand) {
	case REMOTE_TLS_MAY:
		return why;
	case REMOTE_TLS_ENCRYPT:
		what = "its domain demands encryption (DANE), which could not be had";
		break;
	case REMOTE_TLS_DANE:
		what = "its domain demands a certificate that matches its TLSA records (DANE), and that could not be had";
		break;
	}
	return arena_printf(run->ctx->arena, "%s: " SPAN_FMT, what, SPAN_ARG(why));
}
