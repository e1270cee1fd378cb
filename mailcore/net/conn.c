/*
 * Connections: life, ownership, what protocols may ask.
 *
 * See loop_private.h for the rule of ownership. Reading and writing is conn_io.c, the phases are
 * conn_run.c.
 */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "mailcore/base/clock.h"
#include "mailcore/base/log.h"
#include "mailcore/net/loop_private.h"

#define GENERATION(state) ((uint32_t)((state) >> 32))

/* --- memory ----------------------------------------------------------------------------------- */

static void add_chunk(struct loop *l)
{
	struct pool_chunk *chunk = heap_zalloc(sizeof *chunk);

	for (size_t i = POOL_CHUNK; i-- > 0;) {
		atomic_store(&chunk->conns[i].state, BIT_BUSY);
		chunk->conns[i].free_next = l->free_conns;
		l->free_conns = &chunk->conns[i];
	}
	chunk->next = l->chunks;
	l->chunks = chunk;
}

static void fire_timer(struct timer *t, int64_t now_ms)
{
	struct conn *c = LIST_ITEM(t, struct conn, timer);

	(void)now_ms; /* the owner looks at the clock */
	if (conn_claim(c, BIT_TIMER))
		conn_enqueue(c);
}

/* Ten base32 characters: a counter, scrambled by a bijection so that it tells nothing. */
static void make_id(struct loop *l, char *out)
{
	static const char digits[] = "abcdefghijkmnpqrstuvwxyz23456789";
	uint64_t x = (l->id_seed + l->id_next++ * 0x9E3779B97F4A7C15u);

	x ^= x >> 31;
	x *= 0xBF58476D1CE4E5B9u;
	x ^= x >> 29;
	for (size_t i = 0; i < CONN_ID_LEN; i++, x >>= 5)
		out[i] = digits[x & 31];
	out[CONN_ID_LEN] = '\0';
}

static void conn_init(struct conn *c, struct loop *l, struct listener *li, int fd)
{
	uint64_t generation = GENERATION(atomic_load(&c->state));

	/* All but the state, which a late event may be touching. */
	memset((char *)c + sizeof c->state, 0, sizeof *c - sizeof c->state);
	timer_init(&c->timer, fire_timer);
	c->work.run = conn_work;
	c->listener = li;
	c->fd = fd;
	str_init(&c->out, conn_out_high(c) + OUT_EXTRA);
	make_id(l, c->id);
	atomic_store(&c->state, generation << 32 | BIT_BUSY | BIT_LIVE);
}

struct conn *conn_new(struct loop *l, struct listener *li, int fd)
{
	pthread_mutex_lock(&l->pool_lock);
	if (atomic_load(&l->n_conns) >= l->options.max_conns) {
		pthread_mutex_unlock(&l->pool_lock);
		return NULL;
	}
	if (!l->free_conns)
		add_chunk(l);
	struct conn *c = l->free_conns;
	l->free_conns = c->free_next;
	atomic_fetch_add(&l->n_conns, 1);
	conn_init(c, l, li, fd);
	pthread_mutex_unlock(&l->pool_lock);
	return c;
}

static void key_of(const struct addr *a, uint8_t key[9])
{
	/* IPv6 clients have a /64 to choose from. */
	key[0] = (uint8_t)a->family;
	memcpy(key + 1, a->bytes, 8);
}

bool conn_count_addr(struct conn *c)
{
	struct loop *l = c->listener->loop;
	uint8_t key[9];

	c->exempt = net_list_has(&l->exempt, &c->peer);
	if (c->exempt || c->peer.family == AF_UNSPEC)
		return true;
	key_of(&c->peer, key);
	pthread_mutex_lock(&l->pool_lock);
	uintptr_t n = (uintptr_t)map_get(&l->per_addr, span_make(key, sizeof key));
	c->counted = n < l->options.max_conns_per_addr;
	if (c->counted)
		(void)map_put(&l->per_addr, span_make(key, sizeof key), (void *)(n + 1));
	pthread_mutex_unlock(&l->pool_lock);
	return c->counted;
}

/* Under pool_lock. */
static void uncount_addr(struct loop *l, const struct conn *c)
{
	uint8_t key[9];

	if (!c->counted)
		return;
	key_of(&c->peer, key);
	struct span k = span_make(key, sizeof key);
	uintptr_t n = (uintptr_t)map_get(&l->per_addr, k);
	if (n > 1)
		(void)map_put(&l->per_addr, k, (void *)(n - 1));
	else
		(void)map_del(&l->per_addr, k);
}

void conn_end_session(struct conn *c)
{
	if (!c->opened)
		return;
	c->opened = false;
	if (c->listener->protocol->close)
		c->listener->protocol->close(c);
}

void conn_end(struct conn *c)
{
	struct loop *l = c->listener->loop;

	conn_end_session(c);
	loop_cancel_timer(l, &c->timer);
	if (c->tls) {
		tls_free(c->tls);
		atomic_fetch_sub(&l->conns_tls, 1);
	}
	zip_free(c->zip);
	conn_free_buffers(c);
	(void)close(c->fd); /* which takes it out of the epoll set */

	pthread_mutex_lock(&l->pool_lock);
	uncount_addr(l, c);
	/* Spare memory is busy: nobody can claim it. */
	uint64_t generation = GENERATION(atomic_load(&c->state)) + 1;
	atomic_store(&c->state, (uint64_t)(uint32_t)generation << 32 | BIT_BUSY);
	c->free_next = l->free_conns;
	l->free_conns = c;
	bool last = atomic_fetch_sub(&l->n_conns, 1) == 1;
	pthread_mutex_unlock(&l->pool_lock);

	if (last && atomic_load(&l->stopping))
		loop_alarm(l);
}

/* --- ownership -------------------------------------------------------------------------------- */

bool conn_claim(struct conn *c, unsigned bits)
{
	return (atomic_fetch_or(&c->state, bits | BIT_BUSY) & BIT_BUSY) == 0;
}

unsigned conn_take_news(struct conn *c)
{
	return (unsigned)(atomic_fetch_and(&c->state, ~(uint64_t)BITS_NEWS) & BITS_NEWS);
}

bool conn_release(struct conn *c)
{
	uint64_t mine = atomic_load(&c->state);

	if (mine & BITS_NEWS)
		return false;
	return atomic_compare_exchange_strong(&c->state, &mine, mine & ~(uint64_t)BIT_BUSY);
}

void conn_enqueue(struct conn *c)
{
	queue_push(c->listener->loop, &c->work);
}

void conn_arm(struct conn *c, unsigned events)
{
	struct epoll_event ev = { .events = events | EPOLLONESHOT, .data.ptr = c };
	int op = c->registered ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

	if (c->armed == events)
		return; /* woken by something else; it still stands */
	c->registered = true;
	c->armed = (uint8_t)events;
	/* Fails without kernel memory or by our own bug; then the deadline ends the connection. */
	if (epoll_ctl(c->listener->loop->conn_epoll, op, c->fd, &ev) != 0)
		log_error("conn.arm_failed", "conn=%s errno=%d", c->id, errno);
}

void conns_mark_all(struct loop *l, unsigned bits)
{
	pthread_mutex_lock(&l->pool_lock);
	for (struct pool_chunk *chunk = l->chunks; chunk; chunk = chunk->next) {
		for (size_t i = 0; i < POOL_CHUNK; i++) {
			struct conn *c = &chunk->conns[i];
			/* Connections die under pool_lock only: a live one stays so. */
			if ((atomic_load(&c->state) & BIT_LIVE) && conn_claim(c, bits))
				conn_enqueue(c);
		}
	}
	pthread_mutex_unlock(&l->pool_lock);
}

void conn_update_timer(struct conn *c)
{
	int64_t at = atomic_load(&c->deadline_ms);

	if (c->resume_ms && c->resume_ms < at)
		at = c->resume_ms;
	/* A later time needs no work: the timer fires early, and then is put there. */
	if (at < atomic_load(&c->timer.at_ms))
		loop_set_timer(c->listener->loop, &c->timer, at);
}

/* --- for protocols ---------------------------------------------------------------------------- */

void *conn_arg(const struct conn *c)
{
	return c->listener->arg;
}

void *conn_session(const struct conn *c)
{
	return c->session;
}

void conn_set_session(struct conn *c, void *session)
{
	c->session = session;
}

bool conn_is_full(const struct conn *c)
{
	return conn_unsent(c) > conn_out_high(c);
}

const struct addr *conn_peer(const struct conn *c)
{
	return &c->peer;
}

const struct addr *conn_local(const struct conn *c)
{
	return &c->local;
}

const char *conn_listener(const struct conn *c)
{
	return c->listener->name;
}

const char *conn_id(const struct conn *c)
{
	return c->id;
}

struct loop *conn_loop(struct conn *c)
{
	return c->listener->loop;
}

bool conn_is_tls(const struct conn *c)
{
	return c->tls != NULL;
}

bool conn_can_tls(const struct conn *c)
{
	return c->listener->tls && !c->tls;
}

bool conn_is_zipped(const struct conn *c)
{
	return c->zip != NULL;
}

const char *conn_tls_version(const struct conn *c)
{
	return c->tls ? tls_version(c->tls) : NULL;
}

struct span conn_tls_binding(const struct conn *c, struct arena *a)
{
	unsigned char bytes[TLS_BINDING_SIZE];

	if (!c->tls || !tls_binding(c->tls, bytes))
		return SPAN("");
	return arena_span(a, span_make(bytes, sizeof bytes));
}

bool conn_can_bind(const struct conn *c)
{
	unsigned char bytes[TLS_BINDING_SIZE];
	return c->tls && tls_binding(c->tls, bytes);
}

const char *conn_tls_cipher(const struct conn *c)
{
	return c->tls ? tls_cipher(c->tls) : NULL;
}

bool conn_is_exempt(const struct conn *c)
{
	return c->exempt;
}

size_t conn_pending(const struct conn *c)
{
	return c->in_len - c->in_pos - c->frame_len;
}

void conn_set_deadline(struct conn *c, int64_t ms)
{
	c->span_ms = ms;
	c->stranger = false;
	atomic_store(&c->deadline_ms, clock_mono_ms() + ms);
}

void conn_delay(struct conn *c, int64_t ms)
{
	c->resume_ms = ms > 0 ? clock_mono_ms() + ms : 0;
}

/* --- from any thread -------------------------------------------------------------------------- */

struct conn_ref {
	struct conn *conn;
	uint32_t generation;
};

struct conn_ref *conn_ref_new(struct conn *c)
{
	struct conn_ref *ref = heap_alloc(sizeof *ref);

	*ref = (struct conn_ref){ c, GENERATION(atomic_load(&c->state)) };
	return ref;
}

void conn_ref_free(struct conn_ref *ref)
{
	heap_free(ref);
}

void conn_wake(struct conn_ref *ref)
{
	struct conn *c = ref->conn;
	uint64_t seen = atomic_load(&c->state);

	do {
		if (GENERATION(seen) != ref->generation || !(seen & BIT_LIVE) || (seen & BIT_WAKE))
			return;
	} while (!atomic_compare_exchange_weak(&c->state, &seen, seen | BIT_WAKE | BIT_BUSY));
	if (!(seen & BIT_BUSY))
		conn_enqueue(c);
}
