/*
 * Server-sent events.
 *
 * A stream's output waits in a buffer; the HTTP library's thread takes it from there (sse_read)
 * and parks the connection while there is none. Jobs (wake, close) run on workers, one at a time:
 * `job` says whether one is queued or running, `again` that another is wanted after it.
 */
#include "backend/http/sse.h"

#include "backend/accounts/login_service.h"
#include "backend/http/server_private.h"
#include "mailcore/base/clock.h"
#include "mailcore/net/loop.h"

#define STREAMS_MAX         1000
#define STREAMS_PER_SESSION 8
#define OUT_MAX             (256UL * 1024)
#define HEARTBEAT_MS        15000
#define LIFE_MS             (15 * 60 * MSEC_PER_SEC)

enum job { JOB_NONE, JOB_QUEUED, JOB_RUNNING };

struct sse {
	struct list node;
	struct streams *all;
	const struct sse_source *source;
	void *arg;
	struct arena arena; /* what follows, for the stream's life */
	struct actor actor;
	struct span last_id;
	struct span session_id;
	int64_t end_ms;

	pthread_mutex_t lock; /* all below */
	struct str out;
	void *conn;
	bool parked;
	bool closing;  /* no more output; the reader ends */
	bool detached; /* the connection is gone: the next job is close() */
	enum job job;
	bool again;
	int64_t sent_ms;
};

/* ------------------------------------------------------------------------ jobs */

static void sse_free(struct sse *s)
{
	(void)pthread_mutex_lock(&s->all->lock);
	list_del(&s->node);
	s->all->count--;
	(void)pthread_mutex_unlock(&s->all->lock);
	str_done(&s->out);
	arena_done(&s->arena);
	(void)pthread_mutex_destroy(&s->lock);
	heap_free(s);
}

static void run_job(struct ctx *ctx, void *arg);

/* With the lock held. A full queue is tried again by the tick. */
static void want_job(struct sse *s)
{
	if (s->job != JOB_NONE) {
		s->again = true;
		return;
	}
	bool queued = loop_post(s->all->loop, run_job, s);
	s->job = queued ? JOB_QUEUED : JOB_NONE;
	s->again = !queued;
}

static void run_job(struct ctx *ctx, void *arg)
{
	struct sse *s = arg;

	(void)pthread_mutex_lock(&s->lock);
	s->job = JOB_RUNNING;
	s->again = false;
	bool detached = s->detached;
	(void)pthread_mutex_unlock(&s->lock);
	if (detached) {
		s->source->close(s);
		sse_free(s);
		return;
	}
	actor_enter(ctx, &s->actor);
	s->source->wake(s, ctx);
	actor_enter(ctx, NULL);

	(void)pthread_mutex_lock(&s->lock);
	s->job = JOB_NONE;
	if (s->again || s->detached)
		want_job(s);
	(void)pthread_mutex_unlock(&s->lock);
}

/* ------------------------------------------------------------------------ opening */

static void copy_actor(struct sse *s, const struct actor *actor)
{
	s->actor = *actor;
	s->actor.login = arena_span(&s->arena, actor->login);
	s->actor.label = arena_span(&s->arena, actor->label);
	s->actor.address = arena_span(&s->arena, actor->address);
	s->actor.scopes = NULL; /* streams are for sessions */
	s->actor.domains = NULL;
	s->actor.n_scopes = s->actor.n_domains = 0;
}

static struct sse *sse_new(struct req *r, const struct sse_source *source, void *arg)
{
	struct sse *s = heap_zalloc(sizeof *s);
	int64_t now_ms = clock_mono_ms();

	list_init(&s->node);
	s->all = server_streams(r->server);
	s->source = source;
	s->arg = arg;
	arena_init(&s->arena, 512);
	str_init(&s->out, OUT_MAX);
	ASSERT(pthread_mutex_init(&s->lock, NULL) == 0);
	if (r->actor)
		copy_actor(s, r->actor);
	s->session_id = arena_span(&s->arena, r->session ? r->session->id : r->peer);
	s->last_id = arena_span(&s->arena, span_sub(req_header(r, "Last-Event-ID"), 0, 200));
	s->sent_ms = now_ms;
	s->end_ms = now_ms + LIFE_MS;
	return s;
}

/* False: too many. */
static bool enlist(struct streams *all, struct sse *s)
{
	size_t same = 0;

	(void)pthread_mutex_lock(&all->lock);
	LIST_EACH(it, &all->list)
	same += span_eq(LIST_ITEM(it, struct sse, node)->session_id, s->session_id);
	bool room = all->count < STREAMS_MAX && same < STREAMS_PER_SESSION;
	list_add_tail(&all->list, &s->node);
	all->count++;
	(void)pthread_mutex_unlock(&all->lock);
	return room;
}

struct sse *reply_sse(struct req *r, struct reply *out, const struct sse_source *source, void *arg)
{
	struct sse *s = sse_new(r, source, arg);

	if (!enlist(s->all, s)) {
		sse_free(s);
		reply_text(r, out, 429, SPAN("Too many open streams.\n"));
		return NULL;
	}
	reply_empty(r, out, 200);
	out->type = "text/event-stream";
	out->cache = "no-store";
	out->sse = s;
	str_add_cstr(&s->out, "retry: 3000\n\n");
	return s;
}

void *sse_arg(const struct sse *s)
{
	return s->arg;
}

const struct actor *sse_actor(const struct sse *s)
{
	return &s->actor;
}

struct span sse_last_id(const struct sse *s)
{
	return s->last_id;
}

/* ------------------------------------------------------------------------ sending */

/* With the lock held. */
static void unpark(struct sse *s)
{
	if (s->parked && s->conn) {
		s->parked = false;
		server_unpark(s->conn);
	}
}

static void add_field(struct str *out, const char *name, struct span value)
{
	if (value.len > 0)
		str_addf(out, "%s: " SPAN_FMT "\n", name, SPAN_ARG(value));
}

static void add_event(struct str *out, struct span event, struct span id, struct span data)
{
	struct span line;

	add_field(out, "event", event);
	add_field(out, "id", id);
	while (span_split(&data, '\n', &line)) {
		if (span_ends(line, SPAN("\r")))
			line.len--;
		str_addf(out, "data: " SPAN_FMT "\n", SPAN_ARG(line));
	}
	str_add_c(out, '\n');
}

bool sse_send(struct sse *s, struct span event, struct span id, struct span data)
{
	(void)pthread_mutex_lock(&s->lock);
	size_t before = s->out.len;
	if (!s->closing)
		add_event(&s->out, event, id, data);
	if (!str_ok(&s->out)) { /* the client does not read: whole events only, then the end */
		s->out.failed = false;
		s->out.len = before;
		s->closing = true;
	}
	s->sent_ms = clock_mono_ms();
	bool open = !s->closing;
	unpark(s);
	(void)pthread_mutex_unlock(&s->lock);
	return open;
}

void sse_wake(struct sse *s)
{
	(void)pthread_mutex_lock(&s->lock);
	if (!s->closing)
		want_job(s);
	(void)pthread_mutex_unlock(&s->lock);
}

void sse_close(struct sse *s)
{
	(void)pthread_mutex_lock(&s->lock);
	s->closing = true;
	unpark(s);
	(void)pthread_mutex_unlock(&s->lock);
}

/* ------------------------------------------------------------------------ server.c's side */

void sse_attach(struct sse *s, void *conn)
{
	(void)pthread_mutex_lock(&s->lock);
	s->conn = conn;
	(void)pthread_mutex_unlock(&s->lock);
}

void sse_detach(struct sse *s)
{
	(void)pthread_mutex_lock(&s->lock);
	s->conn = NULL;
	s->parked = false;
	s->closing = s->detached = true;
	want_job(s);
	(void)pthread_mutex_unlock(&s->lock);
}

void sse_abandon(struct sse *s)
{
	sse_detach(s);
}

long sse_read(struct sse *s, char *buf, size_t max)
{
	long n = 0;

	(void)pthread_mutex_lock(&s->lock);
	if (s->out.len > 0) {
		size_t len = s->out.len < max ? s->out.len : max;
		memcpy(buf, s->out.ptr, len);
		str_eat(&s->out, len);
		n = (long)len;
	} else if (s->closing) {
		n = -1;
	} else {
		s->parked = true;
		server_park(s->conn);
	}
	(void)pthread_mutex_unlock(&s->lock);
	return n;
}

/* ------------------------------------------------------------------------ all streams */

void streams_init(struct streams *all, struct loop *loop)
{
	*all = (struct streams){ .loop = loop };
	list_init(&all->list);
	ASSERT(pthread_mutex_init(&all->lock, NULL) == 0);
}

static void tick(struct sse *s, int64_t now_ms)
{
	(void)pthread_mutex_lock(&s->lock);
	if (now_ms >= s->end_ms)
		s->closing = true;
	if (!s->closing && now_ms - s->sent_ms >= HEARTBEAT_MS) {
		str_add_cstr(&s->out, ":\n\n");
		s->out.failed = false; /* full: the client will see what is there */
		s->sent_ms = now_ms;
	}
	if (s->again && s->job == JOB_NONE)
		want_job(s);
	unpark(s);
	(void)pthread_mutex_unlock(&s->lock);
}

void streams_tick(struct streams *all, int64_t now_ms)
{
	(void)pthread_mutex_lock(&all->lock);
	LIST_EACH(it, &all->list)
	tick(LIST_ITEM(it, struct sse, node), now_ms);
	(void)pthread_mutex_unlock(&all->lock);
}

void streams_close_all(struct streams *all)
{
	(void)pthread_mutex_lock(&all->lock);
	LIST_EACH(it, &all->list)
	sse_close(LIST_ITEM(it, struct sse, node));
	(void)pthread_mutex_unlock(&all->lock);
}

void streams_done(struct streams *all)
{
	LIST_EACH(it, &all->list)
	{
		struct sse *s = LIST_ITEM(it, struct sse, node);
		s->source->close(s);
		sse_free(s);
	}
	(void)pthread_mutex_destroy(&all->lock);
}
