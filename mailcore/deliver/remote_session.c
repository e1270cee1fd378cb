/*
 * A connection to one address, ready for MAIL: kept or new, with the TLS that the route wants, logged in
 * at a smarthost.
 *
 * To the world TLS is opportunistic (RFC 7435): taken when offered, never verified; when the
 * handshake fails the same address is asked again in clear text. Unless remote_tls.c says more. To a smarthost with a password it
 * is demanded and verified.
 */
#include "mailcore/base/clock.h"
#include "mailcore/deliver/remote_impl.h"
#include "mailcore/directory/smarthost.h"
#include "mailcore/smtpclient/client_cache.h"

#define ATTEMPT_MS (30LL * 60 * 1000) /* a session that lasts longer is not worth it */

bool route_source(const struct remote_route *route, const struct addr *peer, struct addr *out)
{
	const struct addr *own = peer->family == AF_INET6 ? &route->source6 : &route->source4;

	*out = *own;
	return own->family == peer->family ||
		(route->source4.family == AF_UNSPEC && route->source6.family == AF_UNSPEC);
}

static enum smtpclient_tls policy_of(const struct remote_run *run, const struct remote_peer *peer)
{
	const struct smarthost *s = run->route.smarthost;

	if (!s)
		return peer->demand == REMOTE_TLS_MAY ? CLIENT_TLS_MAY : CLIENT_TLS_MUST;
	if (s->implicit_tls)
		return CLIENT_TLS_IMPLICIT;
	return s->user[0] && !addr_is_loopback(&peer->addr) ? CLIENT_TLS_MUST : CLIENT_TLS_MAY;
}

static struct smtpclient_options options_of(
	const struct remote_run *run, const struct remote_peer *peer)
{
	struct smtpclient_options o = { .peer = peer->addr,
		.host = peer->host,
		.helo = span_of(run->env->hostname),
		.tls = policy_of(run, peer),
		.until_ms = run->start_ms + ATTEMPT_MS,
		.cancelled = run->env->cancelled,
		.cancelled_arg = run->env->cancelled_arg };

	(void)route_source(&run->route, &peer->addr, &o.bind); /* remote.c asks for no other */
	if (span_starts(o.host, SPAN("[")))
		o.host = SPAN_NONE; /* an address literal has no name to ask for */
	o.verify = run->route.smarthost &&
		(o.tls == CLIENT_TLS_MUST || o.tls == CLIENT_TLS_IMPLICIT) &&
		!addr_is_loopback(&peer->addr);
	o.verify =
		o.verify || peer->demand == REMOTE_TLS_STS || peer->demand == REMOTE_TLS_STS_TEST;
	if (peer->demand == REMOTE_TLS_DANE) {
		o.host = peer->dane->name;
		o.tlsa = peer->dane->records;
		o.n_tlsa = peer->dane->len;
		o.also = run->group->jobs[0].destination;
	}
	return o;
}

/* Two messages share a connection only if all of this is the same. */
static struct span key_of(struct remote_run *run, const struct remote_peer *peer)
{
	const struct smarthost *s = run->route.smarthost;
	struct str key = str_in(run->ctx->arena, 1024);
	struct addr source;

	str_addf(&key, SPAN_FMT " ", SPAN_ARG(peer->host));
	addr_add(&key, &peer->addr);
	str_addf(&key, ":%u from ", peer->addr.port);
	if (route_source(&run->route, &peer->addr, &source) && source.family != AF_UNSPEC)
		addr_add(&key, &source);
	str_addf(&key, " %s", tls_demand_word(peer->demand));
	if (s)
		str_addf(&key, " as %s %d", s->user, s->implicit_tls);
	return str_span(&key);
}

static enum rc log_in(
	struct remote_run *run, struct smtpclient *client, struct smtpclient_reply *reply)
{
	const struct smarthost *s = run->route.smarthost;

	if (!s || !s->user[0])
		return RC_OK;
	return smtpclient_auth(client, run->ctx, span_of(s->user), &s->password, reply);
}

static enum rc open_new(struct remote_run *run, struct remote_peer *peer, struct smtpclient **out,
	struct smtpclient_reply *reply)
{
	struct smtpclient_options options = options_of(run, peer);
	struct smtpclient_failure failure;

	enum rc rc = smtpclient_open(run->ctx, &options, out, &failure);
	if (rc == RC_TEMP && peer->demand == REMOTE_TLS_STS_TEST &&
		(failure.tls_failed || failure.no_tls)) {
		tls_demand_soften(peer, failure.reply.text);
		options = options_of(run, peer);
		rc = smtpclient_open(run->ctx, &options, out, &failure);
	}
	if (rc == RC_TEMP && failure.tls_failed && options.tls == CLIENT_TLS_MAY) {
		options.tls = CLIENT_TLS_NONE;
		peer->tls_failed = true;
		rc = smtpclient_open(run->ctx, &options, out, &failure);
	}
	*reply = failure.reply;
	if (rc == RC_TEMP && (failure.tls_failed || failure.no_tls))
		reply->text = tls_demand_failed(run, peer->demand, reply->text);
	if (rc != RC_OK)
		return rc;
	rc = log_in(run, *out, reply);
	if (rc != RC_OK)
		smtpclient_close(*out);
	return rc;
}

enum rc session_open(struct remote_run *run, struct remote_peer *peer, bool fresh,
	struct remote_session *out, struct smtpclient_reply *reply)
{
	struct remote_session s = { .key = key_of(run, peer) };

	if (run->env->cache && !fresh)
		s.client = client_cache_take(run->env->cache, s.key);
	peer->reused = s.client != NULL;
	if (!s.client) {
		enum rc rc = open_new(run, peer, &s.client, reply);
		if (rc != RC_OK)
			return rc;
	}
	smtpclient_set_until(s.client, run->start_ms + ATTEMPT_MS);
	peer->tls = arena_span(run->ctx->arena, smtpclient_tls_text(s.client));
	s.once = peer->tls_note.len > 0; /* the next one shall be noted as well */
	*out = s;
	return RC_OK;
}

void session_close(struct remote_run *run, struct remote_session *s)
{
	if (run->env->cache && !s->once)
		client_cache_give(run->env->cache, s->key, s->client);
	else
		smtpclient_close(s->client);
	s->client = NULL;
}
