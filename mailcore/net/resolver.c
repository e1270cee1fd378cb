/*
 * Look-ups for workers: cache, merging of identical questions, waiting with a deadline.
 *
 * One lock guards cache, table of open questions and what is known about the servers; it is never
 * held while waiting.
 *
 * A machine without DNS must stay fast, and nobody else's slow zone may make us think that we are
 * one. So silence alone proves nothing: after three questions in a row without an answer the root's
 * name servers are asked for, which every resolver has at hand. Without an answer to that (the
 * canary) all questions are RC_TEMP at once. A canary every second finds out when it is over; who asks
 * just then gives it CANARY_WAIT_MS.
 */
#include "mailcore/net/resolver.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "mailcore/base/clock.h"
#include "mailcore/base/log.h"
#include "mailcore/base/map.h"
#include "mailcore/net/dns_cache.h"
#include "mailcore/net/dns_given.h"
#include "mailcore/net/dns_message.h"
#include "mailcore/net/dns_transport.h"

#define POSITIVE_MAX_S   3600
#define NEGATIVE_MAX_S   300
#define FAILURE_MS       5000
#define CANARY_MS        1000 /* from the end of one to the next */
#define CANARY_WAIT_MS   20
#define SILENCES_ALLOWED 3
#define OPEN_MAX         10000 /* questions in flight */
#define SCRATCH          (16 * 1024)

struct resolver {
	const struct dns_given *given; /* instead of all below */
	struct dns_transport *transport;
	char *servers;
	int64_t timeout_ms;
	int64_t negative_ms;  /* resolver_keep_negatives */
	struct arena scratch; /* the transport's thread's */

	pthread_mutex_t lock;
	struct map open; /* by key: questions in flight */
	struct dns_cache cache;
	unsigned silences;       /* in a row */
	bool deaf;               /* no server answers */
	struct question *canary; /* in flight; NULL: none */
	int64_t canary_until_ms; /* it is waited for */
	int64_t next_canary_ms;
};

/* Name and type. */
struct key {
	size_t len;
	char bytes[DNS_NAME_MAX + 2];
};

/* Somebody waits for it, or at least the transport still works on it. */
struct question {
	struct resolver *resolver;
	struct key key;
	struct dns_name name;
	enum dns_type type;
	unsigned refs;
	bool canary;
	bool done;
	pthread_cond_t changed;
	enum rc rc;
	char *reply;
	size_t reply_len;
};

static struct span key_span(const struct key *k)
{
	return span_make(k->bytes, k->len);
}

static struct key make_key(const struct dns_name *name, enum dns_type type)
{
	struct key k = { .len = name->len + 2u };

	memcpy(k.bytes, name->bytes, name->len);
	k.bytes[name->len] = (char)((unsigned)type >> 8);
	k.bytes[name->len + 1] = (char)type;
	return k;
}

/* --- the transport's side --------------------------------------------------------------------- */

static void unref(struct question *q)
{
	if (--q->refs > 0)
		return;
	pthread_cond_destroy(&q->changed);
	heap_free(q->reply);
	heap_free(q);
}

static int64_t lifetime_ms(const struct resolver *r, enum rc rc, uint32_t ttl)
{
	int64_t no_ms = (ttl < NEGATIVE_MAX_S ? ttl : NEGATIVE_MAX_S) * MSEC_PER_SEC;

	switch (rc) {
	case RC_OK:
		return (ttl < POSITIVE_MAX_S ? ttl : POSITIVE_MAX_S) * MSEC_PER_SEC;
	case RC_NOT_FOUND:
		return no_ms > r->negative_ms ? no_ms : r->negative_ms;
	default:
		return FAILURE_MS;
	}
}

/* Under the lock. */
static void count_silence(struct resolver *r, const struct question *q, enum dns_outcome outcome)
{
	if (outcome == DNS_REPLIED) {
		r->silences = 0;
		r->deaf = false;
	} else if (outcome == DNS_SILENCE) {
		r->silences++;
	}
	if (!q->canary)
		return;
	r->canary = NULL;
	r->next_canary_ms = clock_mono_ms() + CANARY_MS;
	if (outcome != DNS_SILENCE)
		return;
	if (!r->deaf)
		log_error("dns.no_server", "silences=%u", r->silences);
	r->deaf = true;
}

static void on_done(void *arg, void *token, enum dns_outcome outcome, struct span reply)
{
	struct resolver *r = arg;
	struct question *q = token;
	struct dns_reply parsed = { .nxdomain = false };
	enum rc rc = RC_TEMP;
	int64_t now_ms = clock_mono_ms();

	if (outcome == DNS_REPLIED)
		rc = dns_reply_parse(&r->scratch, reply, &q->name, q->type, &parsed);
	arena_reset(&r->scratch);
	int64_t life = lifetime_ms(r, rc, parsed.answer.ttl);

	pthread_mutex_lock(&r->lock);
	count_silence(r, q, outcome);
	if (!q->canary)
		(void)map_del(&r->open, key_span(&q->key));
	q->rc = rc;
	q->done = true;
	if (rc == RC_OK || rc == RC_NOT_FOUND) {
		q->reply = heap_alloc(reply.len);
		q->reply_len = reply.len;
		memcpy(q->reply, reply.ptr, reply.len);
	}
	if (life > 0 && outcome != DNS_STOPPED && !q->canary)
		dns_cache_put(&r->cache, key_span(&q->key), rc, span_make(q->reply, q->reply_len),
			now_ms + life);
	pthread_cond_broadcast(&q->changed);
	unref(q);
	pthread_mutex_unlock(&r->lock);
}

/* --- opening ---------------------------------------------------------------------------------- */

struct resolver *resolver_open(const char *servers, int64_t timeout_ms)
{
	struct resolver *r = heap_zalloc(sizeof *r);

	r->timeout_ms = timeout_ms;
	r->servers = heap_strdup(servers ? servers : "");
	arena_init(&r->scratch, SCRATCH);
	pthread_mutex_init(&r->lock, NULL);
	map_init(&r->open);
	dns_cache_init(&r->cache);
	r->transport = dns_transport_open(servers, timeout_ms, on_done, r);
	return r;
}

struct resolver *resolver_open_given(const struct dns_given *given)
{
	struct resolver *r = heap_zalloc(sizeof *r);

	r->given = given;
	return r;
}

static void close_asking(struct resolver *r)
{
	dns_transport_close(r->transport);
	dns_cache_done(&r->cache);
	map_done(&r->open);
	pthread_mutex_destroy(&r->lock);
	arena_done(&r->scratch);
	heap_free(r->servers);
}

void resolver_close(struct resolver *r)
{
	if (!r)
		return;
	if (!r->given)
		close_asking(r);
	heap_free(r);
}

/* --- asking ----------------------------------------------------------------------------------- */

static struct question *question_new(
	struct resolver *r, const struct key *key, const struct dns_name *name, enum dns_type type)
{
	struct question *q = heap_zalloc(sizeof *q);
	pthread_condattr_t attr;

	q->resolver = r;
	q->key = *key;
	q->name = *name;
	q->type = type;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&q->changed, &attr);
	pthread_condattr_destroy(&attr);
	return q;
}

/* Under the lock, which is released meanwhile. */
static bool wait_done(struct resolver *r, struct question *q, int64_t until_ms)
{
	struct timespec ts = { .tv_sec = until_ms / MSEC_PER_SEC,
		.tv_nsec = (until_ms % MSEC_PER_SEC) * 1000000 };

	while (!q->done) {
		if (pthread_cond_timedwait(&q->changed, &r->lock, &ts) == ETIMEDOUT)
			break;
	}
	return q->done;
}

/* Under the lock. */
static void send_canary(struct resolver *r)
{
	struct dns_name root = { .len = 1, .bytes = "" };
	struct key key = make_key(&root, DNS_NS);
	struct question *q = question_new(r, &key, &root, DNS_NS);

	q->refs = 1; /* the transport's */
	q->canary = true;
	r->canary = q;
	r->canary_until_ms = clock_mono_ms() + CANARY_WAIT_MS;
	dns_transport_send(r->transport, &root, DNS_NS, q);
}

/* Under the lock: may something be asked now? */
static bool has_servers(struct resolver *r)
{
	bool doubtful = r->deaf || r->silences >= SILENCES_ALLOWED;

	if (doubtful && !r->canary && clock_mono_ms() >= r->next_canary_ms)
		send_canary(r);
	return !r->deaf;
}

/* Under the lock, which is released meanwhile: perhaps there are servers again. */
static void await_canary(struct resolver *r)
{
	struct question *q = r->deaf && !has_servers(r) ? r->canary : NULL;

	if (!q || clock_mono_ms() >= r->canary_until_ms)
		return;
	q->refs++;
	(void)wait_done(r, q, r->canary_until_ms);
	unref(q);
}

/* Under the lock: joins whoever asks the same, or asks. NULL: not now. The caller's reference. */
static struct question *join_or_ask(
	struct resolver *r, const struct key *key, const struct dns_name *name, enum dns_type type)
{
	struct question *q = map_get(&r->open, key_span(key));

	if (q) {
		q->refs++;
		return q;
	}
	if (!has_servers(r) || r->open.count >= OPEN_MAX)
		return NULL;
	q = question_new(r, key, name, type);
	q->refs = 2; /* ours and the transport's */
	(void)map_put(&r->open, key_span(key), q);
	dns_transport_send(r->transport, name, type, q);
	return q;
}

/* The raw reply, copied into the arena; empty for RC_TEMP. */
static enum rc find_reply(struct resolver *r, struct ctx *ctx, const struct dns_name *name,
	enum dns_type type, struct span *out)
{
	struct key key = make_key(name, type);
	int64_t now_ms = clock_mono_ms(), until_ms = now_ms + r->timeout_ms;
	enum rc rc = RC_TEMP;

	until_ms = ctx->deadline_ms < until_ms ? ctx->deadline_ms : until_ms;
	pthread_mutex_lock(&r->lock);
	const struct dns_cached *hit = dns_cache_get(&r->cache, key_span(&key), now_ms);
	if (hit) {
		rc = hit->rc;
		*out = arena_span(ctx->arena, dns_cached_reply(hit));
		pthread_mutex_unlock(&r->lock);
		return rc;
	}
	await_canary(r);
	struct question *q = join_or_ask(r, &key, name, type);
	if (q && wait_done(r, q, until_ms)) {
		rc = q->rc;
		*out = arena_span(ctx->arena, span_make(q->reply, q->reply_len));
	}
	if (q)
		unref(q);
	pthread_mutex_unlock(&r->lock);
	return rc;
}

void resolver_keep_negatives(struct resolver *r, int64_t ms)
{
	r->negative_ms = ms;
}

void resolver_prefetch(struct resolver *r, struct span name, enum dns_type type)
{
	struct dns_name wire;

	if (r->given || !dns_name_parse(name, &wire))
		return;
	struct key key = make_key(&wire, type);
	pthread_mutex_lock(&r->lock);
	if (!dns_cache_get(&r->cache, key_span(&key), clock_mono_ms())) {
		struct question *q = join_or_ask(r, &key, &wire, type);
		if (q)
			unref(q);
	}
	pthread_mutex_unlock(&r->lock);
}

void resolver_forget(struct resolver *r, struct span name, enum dns_type type)
{
	struct dns_name wire;

	if (r->given || !dns_name_parse(name, &wire))
		return;
	struct key key = make_key(&wire, type);
	pthread_mutex_lock(&r->lock);
	dns_cache_drop(&r->cache, key_span(&key));
	pthread_mutex_unlock(&r->lock);
}

void resolver_probe(struct resolver *r)
{
	if (r->given)
		return;
	pthread_mutex_lock(&r->lock);
	if (!r->canary)
		send_canary(r);
	pthread_mutex_unlock(&r->lock);
}

enum rc resolver_query(struct resolver *r, struct ctx *ctx, struct span name, enum dns_type type,
	struct dns_answer *out, bool *nxdomain)
{
	struct span message = SPAN_NONE;
	struct dns_reply reply;
	struct dns_name wire;

	if (!dns_name_parse(name, &wire))
		return RC_INVALID;
	if (r->given)
		return dns_given_query(r->given, ctx->arena, &wire, type, out, nxdomain);
	enum rc rc = find_reply(r, ctx, &wire, type, &message);
	if (rc != RC_OK && rc != RC_NOT_FOUND)
		return rc;
	rc = dns_reply_parse(ctx->arena, message, &wire, type, &reply);
	if (rc == RC_OK)
		*out = reply.answer;
	if (rc == RC_NOT_FOUND && nxdomain)
		*nxdomain = reply.nxdomain;
	return rc;
}

enum rc resolver_message(
	struct resolver *r, struct ctx *ctx, struct span name, enum dns_type type, struct span *out)
{
	struct dns_name wire;

	*out = SPAN_NONE;
	if (r->given || !dns_name_parse(name, &wire))
		return RC_INVALID;
	return find_reply(r, ctx, &wire, type, out);
}

const char *resolver_servers(const struct resolver *r)
{
	return r->given ? NULL : r->servers;
}

/* 4.3.2.1.in-addr.arpa, or 32 nibbles below ip6.arpa. */
static void add_reverse_name(struct str *out, const struct addr *a)
{
	if (a->family == AF_INET) {
		str_addf(out, "%u.%u.%u.%u.in-addr.arpa", a->bytes[3], a->bytes[2], a->bytes[1],
			a->bytes[0]);
		return;
	}
	for (size_t i = 16; i-- > 0;)
		str_addf(out, "%x.%x.", a->bytes[i] & 15u, a->bytes[i] >> 4);
	str_add_cstr(out, "ip6.arpa");
}

struct span resolver_reverse_name(struct arena *arena, const struct addr *a)
{
	struct str name = str_in(arena, 128);

	if (a->family != AF_INET && a->family != AF_INET6)
		return SPAN("");
	add_reverse_name(&name, a);
	return str_span(&name);
}

enum rc resolver_reverse(
	struct resolver *r, struct ctx *ctx, const struct addr *a, struct dns_answer *out)
{
	struct span name = resolver_reverse_name(ctx->arena, a);

	return resolver_query(r, ctx, name, DNS_PTR, out, NULL);
}
