/*
 * The HTTP server: the only file that knows libmicrohttpd.
 *
 * An exchange is one request and its answer. Stages: HEAD (fields are there) -> BODY (collecting)
 * -> WORKING (suspended, a worker has it) -> DONE (resumed with the answer). The library's thread
 * owns the exchange but for WORKING. Encrypted and clear-text connections have a daemon each, so
 * that a connection's kind is its daemon's.
 */
#include "backend/http/server.h"

#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <stdatomic.h>
#include <stdio.h>

#include "backend/accounts/services.h"
#include "backend/http/server_private.h"
#include "mailcore/base/clock.h"
#include "mailcore/base/log.h"
#include "mailcore/base/random.h"
#include "mailcore/net/addr.h"
#include "mailcore/net/loop.h"
#include "mailcore/net/relay.h"

#define CONNECTION_MEMORY (40UL * 1024) /* one head (32 KiB at the relay) and a read buffer */
#define CONNECTIONS_MAX   10000
#define IDLE_TIMEOUT_S    120
#define HEADERS_MAX       100
#define ARENA_CHUNK       (16UL * 1024)
#define TICK_MS           5000
#define STREAM_BLOCK      4096

/* A body that is too long by less than this is read to its end, so that the client sees the answer
 * instead of a connection that breaks while it sends. */
#define DRAIN_MAX (4UL * 1024 * 1024)

enum stage { STAGE_HEAD, STAGE_BODY, STAGE_WORKING, STAGE_DONE, STAGE_ABORT };

struct front {
	struct server *server;
	struct MHD_Daemon *daemon;
	bool tls;
};

struct server {
	struct dispatcher dispatcher;
	struct hosts *hosts;
	struct router *router;
	struct loop *loop;
	const char *spool_dir;
	struct front clear, tls;
	struct streams streams;
	pthread_mutex_t lock; /* working */
	struct list working;
	atomic_ulong requests, answers_4xx, answers_5xx;
};

struct exchange {
	struct list node; /* server->working */
	struct front *front;
	struct MHD_Connection *conn;
	enum stage stage;
	struct arena arena; /* until the last byte is sent */
	struct incoming in;
	struct str body;
	size_t body_max;
	bool is_upload;
	struct req req;
	struct reply reply;
};

/* ------------------------------------------------------------------------ exchange */

/* Called by the library with the request's target as sent, before anything is decoded. */
static void *exchange_new(void *cls, const char *target, struct MHD_Connection *conn)
{
	struct exchange *ex = heap_zalloc(sizeof *ex);

	list_init(&ex->node);
	ex->front = cls;
	ex->conn = conn;
	arena_init(&ex->arena, ARENA_CHUNK);
	ex->in.target = arena_span(&ex->arena, span_of(target));
	ex->in.body_fd = -1;
	ex->reply.fd = -1;
	return ex;
}

static void exchange_free(
	void *cls, struct MHD_Connection *conn, void **con_cls, enum MHD_RequestTerminationCode why)
{
	struct exchange *ex = *con_cls;

	(void)cls;
	(void)conn;
	(void)why; /* sent or not: nobody asks */
	if (!ex)
		return;
	if (ex->reply.sse)
		sse_detach(ex->reply.sse);
	if (ex->in.body_fd >= 0)
		(void)close(ex->in.body_fd); /* without name: gone */
	str_done(&ex->body);
	arena_done(&ex->arena);
	heap_free(ex);
	*con_cls = NULL;
}

static struct ctx step_ctx(struct exchange *ex)
{
	struct ctx ctx = { .arena = &ex->arena, .now_us = clock_now_us() };

	ctx.deadline_ms = clock_mono_ms() + 30 * MSEC_PER_SEC;
	(void)snprintf(ctx.trace, sizeof ctx.trace, "r%016llx", (unsigned long long)random_u64());
	return ctx;
}

/* ------------------------------------------------------------------------ head */

struct header_list {
	struct exchange *ex;
	size_t seen;
	unsigned hosts;
};

static enum MHD_Result take_header(void *cls, enum MHD_ValueKind kind, const char *name,
	size_t name_len, const char *value, size_t value_len)
{
	struct header_list *list = cls;
	struct params *headers = &list->ex->in.headers;

	(void)kind;
	list->hosts += span_ieq(span_make(name, name_len), SPAN("Host"));
	if (list->seen++ < HEADERS_MAX)
		headers->items[headers->len++] = (struct param){ span_make(name, name_len),
			value ? span_make(value, value_len) : SPAN("") };
	return MHD_YES;
}

/* Names and values are borrowed: the library keeps them until the answer is sent. */
static bool take_headers(struct exchange *ex)
{
	struct header_list list = { .ex = ex };

	ex->in.headers.items = arena_array(&ex->arena, HEADERS_MAX, sizeof *ex->in.headers.items);
	(void)MHD_get_connection_values_n(ex->conn, MHD_HEADER_KIND, take_header, &list);
	return list.seen <= HEADERS_MAX && list.hosts == 1;
}

static void take_peer(struct exchange *ex)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(ex->conn, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	struct addr peer = { 0 };
	struct str text = str_in(&ex->arena, 64);

	if (info && info->client_addr)
		addr_from_sockaddr(info->client_addr, &peer);
	addr_add(&text, &peer);
	ex->in.peer = str_span(&text);
	ex->in.is_loopback = addr_is_loopback(&peer);
	ex->in.is_tls = ex->front->tls;
}

static uint64_t content_length(const struct exchange *ex)
{
	uint64_t n = 0;
	(void)span_u64(params_iget(&ex->in.headers, SPAN("Content-Length")), INT64_MAX, &n);
	return n;
}

static bool open_upload(struct exchange *ex)
{
	const char *dir = ex->front->server->spool_dir;
	ex->in.body_fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (ex->in.body_fd < 0)
		log_error("http.upload", "dir=%s error=\"%s\"", dir, strerror(errno));
	return ex->in.body_fd >= 0;
}

static enum MHD_Result send_answer(struct exchange *ex);

/* Answers without a worker, before the body is read; the library then closes the connection. */
static enum MHD_Result refuse_now(struct exchange *ex, int status)
{
	struct ctx ctx = step_ctx(ex);

	dispatch_refuse(
		&ex->front->server->dispatcher, &ctx, &ex->in, status, &ex->req, &ex->reply);
	return send_answer(ex);
}

static enum MHD_Result begin_exchange(struct exchange *ex, const char *method)
{
	struct server *server = ex->front->server;
	struct route_match match;

	ex->stage = STAGE_BODY;
	ex->in.method = arena_span(&ex->arena, span_of(method));
	if (!take_headers(ex))
		return MHD_NO; /* what the relay should have refused */
	take_peer(ex);
	dispatch_find(&server->dispatcher, &ex->arena, &ex->in, &match);
	ex->body_max = dispatch_body_max(&match);
	ex->is_upload = match.route && (match.route->flags & ROUTE_UPLOAD);
	str_init(&ex->body, ex->body_max);
	if (match.route && content_length(ex) > ex->body_max + DRAIN_MAX)
		return refuse_now(ex, 413);
	if (ex->is_upload && !open_upload(ex))
		return refuse_now(ex, 503);
	return MHD_YES;
}

/* ------------------------------------------------------------------------ body */

static bool write_upload(struct exchange *ex, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(ex->in.body_fd, data, len);
		if (n < 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

/* What is too long is counted, not kept; the answer says so. */
static enum MHD_Result take_body(struct exchange *ex, const char *data, size_t *len)
{
	size_t n = *len;

	*len = 0;
	ex->in.body_size += (int64_t)n;
	if ((uint64_t)ex->in.body_size > ex->body_max) {
		ex->in.too_large = true;
		return (uint64_t)ex->in.body_size > ex->body_max + DRAIN_MAX ? MHD_NO : MHD_YES;
	}
	if (ex->is_upload)
		return write_upload(ex, data, n) ? MHD_YES : MHD_NO;
	str_add(&ex->body, span_make(data, n));
	return MHD_YES;
}

/* ------------------------------------------------------------------------ work */

static void set_working(struct exchange *ex, bool working)
{
	struct server *server = ex->front->server;

	(void)pthread_mutex_lock(&server->lock);
	if (working)
		list_add_tail(&server->working, &ex->node);
	else
		list_del(&ex->node);
	(void)pthread_mutex_unlock(&server->lock);
}

static void work(struct ctx *ctx, void *arg)
{
	struct exchange *ex = arg;
	struct ctx step = step_ctx(ex);

	step.db = ctx->db;
	step.deadline_ms = ctx->deadline_ms;
	dispatch_run(&ex->front->server->dispatcher, &step, &ex->in, &ex->req, &ex->reply);
	set_working(ex, false);
	ex->stage = STAGE_DONE;
	MHD_resume_connection(ex->conn);
}

static enum MHD_Result start_work(struct exchange *ex)
{
	ex->stage = STAGE_WORKING;
	ex->in.body = str_span(&ex->body);
	if (ex->is_upload && lseek(ex->in.body_fd, 0, SEEK_SET) < 0)
		return MHD_NO;
	set_working(ex, true);
	MHD_suspend_connection(ex->conn);
	if (loop_post(ex->front->server->loop, work, ex))
		return MHD_YES;
	set_working(ex, false);
	MHD_resume_connection(ex->conn);
	struct ctx ctx = step_ctx(ex);
	dispatch_refuse(&ex->front->server->dispatcher, &ctx, &ex->in, 503, &ex->req, &ex->reply);
	ex->stage = STAGE_DONE;
	return MHD_YES;
}

/* ------------------------------------------------------------------------ answer */

static ssize_t read_stream(void *cls, uint64_t pos, char *buf, size_t max)
{
	(void)pos;
	long n = sse_read(cls, buf, max);
	return n < 0 ? MHD_CONTENT_READER_END_OF_STREAM : n;
}

static struct MHD_Response *make_response(struct exchange *ex)
{
	struct reply *reply = &ex->reply;

	if (reply->sse)
		return MHD_create_response_from_callback(
			MHD_SIZE_UNKNOWN, STREAM_BLOCK, read_stream, reply->sse, NULL);
	if (reply->fd >= 0) {
		struct MHD_Response *response = MHD_create_response_from_fd_at_offset64(
			(uint64_t)reply->len, reply->fd, (uint64_t)reply->offset);
		reply->fd = response ? -1 : reply->fd; /* the library closes it */
		return response;
	}
	return MHD_create_response_from_buffer(
		reply->body.len, reply->body.ptr, MHD_RESPMEM_PERSISTENT);
}

static void add_headers(struct exchange *ex, struct MHD_Response *response)
{
	for (size_t i = 0; i < ex->reply.headers.len; i++) {
		struct param *h = &ex->reply.headers.items[i];
		if (MHD_add_response_header(response, h->name.ptr, h->value.ptr) != MHD_YES)
			log_error("http.header", "name=%s", h->name.ptr);
	}
}

static void count_answer(struct server *server, int status)
{
	(void)atomic_fetch_add(&server->requests, 1);
	if (status >= 500)
		(void)atomic_fetch_add(&server->answers_5xx, 1);
	else if (status >= 400)
		(void)atomic_fetch_add(&server->answers_4xx, 1);
}

static enum MHD_Result send_answer(struct exchange *ex)
{
	struct MHD_Response *response = make_response(ex);

	if (!response)
		return MHD_NO;
	add_headers(ex, response);
	if (ex->reply.sse)
		sse_attach(ex->reply.sse, ex->conn);
	enum MHD_Result queued = MHD_queue_response(ex->conn, (unsigned)ex->reply.status, response);
	MHD_destroy_response(response); /* drops our reference */
	count_answer(ex->front->server, ex->reply.status);
	return queued;
}

/* The library's one entry: for the head, for each piece of the body, at its end, and after a
 * resume. */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *conn, const char *url,
	const char *method, const char *version, const char *data, size_t *len, void **con_cls)
{
	struct exchange *ex = *con_cls;

	(void)cls;
	(void)conn;
	(void)url;
	(void)version;
	switch (ex->stage) {
	case STAGE_HEAD:
		return begin_exchange(ex, method);
	case STAGE_BODY:
		return *len > 0 ? take_body(ex, data, len) : start_work(ex);
	case STAGE_DONE:
		return send_answer(ex);
	case STAGE_WORKING:
	case STAGE_ABORT:
		break;
	}
	return MHD_NO;
}

void server_park(void *conn)
{
	MHD_suspend_connection(conn);
}

void server_unpark(void *conn)
{
	MHD_resume_connection(conn);
}

/* ------------------------------------------------------------------------ server */

static size_t keep_encoded(void *cls, struct MHD_Connection *conn, char *text)
{
	(void)cls;
	(void)conn;
	return strlen(text); /* decoding is ours (params.c) */
}

PRINTF(2, 0) static void on_log(void *cls, const char *fmt, va_list ap)
{
	char text[300];

	(void)cls;
	(void)vsnprintf(text, sizeof text, fmt, ap); /* cut is fine */
	log_debug("http.library", "text=\"%.*s\"", (int)strcspn(text, "\n\""), text);
}

static bool front_start(struct server *server, struct front *front, bool tls)
{
	*front = (struct front){ .server = server, .tls = tls };
	front->daemon = MHD_start_daemon(MHD_USE_NO_LISTEN_SOCKET | MHD_USE_EPOLL_INTERNAL_THREAD |
			MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG,
		0, NULL, NULL, on_request, front, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
		MHD_OPTION_URI_LOG_CALLBACK, exchange_new, front, MHD_OPTION_NOTIFY_COMPLETED,
		exchange_free, NULL, MHD_OPTION_UNESCAPE_CALLBACK, keep_encoded, NULL,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, MHD_OPTION_CONNECTION_LIMIT,
		CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, IDLE_TIMEOUT_S,
		MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
	return front->daemon != NULL;
}

static void tick(struct ctx *ctx, void *arg)
{
	struct server *server = arg;

	(void)ctx;
	streams_tick(&server->streams, clock_mono_ms());
}

static void set_up(struct server *s, const struct server_options *options)
{
	s->loop = options->loop;
	s->spool_dir = options->spool_dir;
	s->hosts = hosts_new(options->hosts, options->services->hostname, options->services->url);
	s->router = router_new(options->tables, options->n_tables);
	s->dispatcher = (struct dispatcher){ options->services, options->env, s, s->router,
		s->hosts, options->https_port };
	list_init(&s->working);
	ASSERT(pthread_mutex_init(&s->lock, NULL) == 0);
	streams_init(&s->streams, options->loop);
}

enum rc server_new(const struct server_options *options, struct server **out, struct err *err)
{
	struct server *s = heap_zalloc(sizeof *s);

	set_up(s, options);
	if (!front_start(s, &s->clear, false) || !front_start(s, &s->tls, true)) {
		server_free(s);
		return err_set(err, RC_TEMP, "http", "The HTTP server could not be started.");
	}
	loop_every(s->loop, TICK_MS, tick, s);
	*out = s;
	return RC_OK;
}

static bool on_accept(int fd, const struct addr *peer, bool tls, void *arg)
{
	struct server *s = arg;
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(peer, &ss);
	struct MHD_Daemon *daemon = tls ? s->tls.daemon : s->clear.daemon;

	return MHD_add_connection(daemon, fd, (struct sockaddr *)&ss, len) == MHD_YES;
}

void server_listen(struct server *s, int fd, const char *name, struct tls_store *tls)
{
	relay_listen(s->loop, fd, name, tls, on_accept, s);
}

void server_stop(struct server *s)
{
	streams_close_all(&s->streams);
}

/* What no worker will take any more must not stay suspended. */
static void abort_working(struct server *s)
{
	(void)pthread_mutex_lock(&s->lock);
	LIST_EACH(it, &s->working)
	{
		struct exchange *ex = LIST_ITEM(it, struct exchange, node);
		list_del(it);
		ex->stage = STAGE_ABORT;
		MHD_resume_connection(ex->conn);
	}
	(void)pthread_mutex_unlock(&s->lock);
}

void server_free(struct server *s)
{
	if (!s)
		return;
	abort_working(s);
	streams_close_all(&s->streams);
	if (s->clear.daemon)
		MHD_stop_daemon(s->clear.daemon);
	if (s->tls.daemon)
		MHD_stop_daemon(s->tls.daemon);
	streams_done(&s->streams);
	router_free(s->router);
	hosts_free(s->hosts);
	(void)pthread_mutex_destroy(&s->lock);
	heap_free(s);
}

void server_get_stats(const struct server *s, struct server_stats *out)
{
	struct loop_stats loop;

	loop_get_stats(s->loop, &loop);
	*out = (struct server_stats){ .requests = atomic_load(&s->requests),
		.answers_4xx = atomic_load(&s->answers_4xx),
		.answers_5xx = atomic_load(&s->answers_5xx),
		.accepted = loop.accepted,
		.refused = loop.refused,
		.streams = s->streams.count,
		.conns = loop.conns,
		.queue_len = loop.queue_len,
		.workers_busy = loop.workers_busy };
}

struct loop *server_loop(const struct server *s)
{
	return s->loop;
}

struct streams *server_streams(struct server *s)
{
	return &s->streams;
}
