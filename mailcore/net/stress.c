/*
 * What a loop does when its places run short: whoever has not logged in gets less time.
 *
 * Requirement 73. Those who wait already feel it too: once a second all connections look at their
 * deadline, which is where their last step would have put it now.
 */
#include "mailcore/net/loop_private.h"

static bool is_stressed(const struct loop *l)
{
	return atomic_load(&l->n_conns) > l->options.max_conns / 5 * 4;
}

bool conn_is_stressed(const struct conn *c)
{
	return is_stressed(c->listener->loop);
}

/* Before the log-in (no span yet), and who will never log in. */
static bool is_stranger(const struct conn *c)
{
	return (c->span_ms == 0 || c->stranger) && !c->exempt;
}

int64_t conn_patience(const struct conn *c, int64_t ms)
{
	int64_t most = c->listener->loop->options.stress_timeout_ms;

	return ms > most && is_stranger(c) && conn_is_stressed(c) ? most : ms;
}

void conn_feel_stress(struct conn *c)
{
	const struct loop *l = c->listener->loop;
	int64_t span = c->span_ms ? c->span_ms : l->options.login_timeout_ms;
	int64_t less = span - conn_patience(c, span);

	/* Once is enough: then the deadline is a short one. */
	if (less > 0 && !c->hurried && c->phase != PHASE_RELAY) {
		c->hurried = true;
		atomic_fetch_sub(&c->deadline_ms, less);
	}
}

void stress_spread(struct ctx *ctx, void *loop)
{
	struct loop *l = loop;

	(void)ctx;
	if (is_stressed(l))
		conns_mark_all(l, BIT_TIMER);
}

void conn_set_stranger_deadline(struct conn *c, int64_t ms)
{
	conn_set_deadline(c, ms);
	c->stranger = true;
	conn_feel_stress(c);
}
