/*
 * The send role: outbound delivery (from the queue) and the housekeeping of the node.
 *
 * Housekeeping: blobs whose last message is gone, old changes, expired web sessions and idempotency
 * records, and what was deleted 30 days ago. Expired API tokens stay, for their owner to see; they are refused.
 */
#include "backend/accounts/bulk.h"
#include "backend/accounts/deleted_service.h"
#include "backend/accounts/figure_service.h"
#include "backend/accounts/idempotency.h"
#include "backend/accounts/login_service.h"
#include "backend/accounts/trace_service.h"
#include "backend/role.h"
#include "backend/roles.h"
#include "mailcore/base/clock.h"
#include "mailcore/base/log.h"
#include "mailcore/deliver/dns_mail.h"
#include "mailcore/deliver/hold.h"
#include "mailcore/deliver/reset_mail.h"
#include "mailcore/deliver/runner.h"
#include "mailcore/deliver/sts.h"
#include "mailcore/directory/reset_repo.h"
#include "mailcore/directory/route.h"
#include "mailcore/net/dane.h"
#include "mailcore/smtpclient/client_cache.h"

#define COLLECT_EVERY_MS    (60 * MSEC_PER_SEC)
#define COLLECT_LIMIT       1000
#define TRIM_EVERY_MS       (3600 * MSEC_PER_SEC)
#define TRIM_LIMIT          1000
#define TRACE_TRIM_EVERY_MS (60 * MSEC_PER_SEC)
#define TRACE_TRIM_LIMIT    20000
#define MEASURE_EVERY_MS    (3600 * MSEC_PER_SEC)
#define SWEEP_EVERY_MS      MSEC_PER_SEC
#define HOLDS_EVERY_MS      (20 * MSEC_PER_SEC)
#define RESETS_EVERY_MS     (2 * MSEC_PER_SEC) /* somebody waits for the mail */

#define IDLE_CONNECTION_MS (5 * MSEC_PER_SEC) /* kept for the next message to the same server */
#define SELF_ADDRESSES_MAX 32
#define THREADS_MAX        500

static void collect_blobs(struct ctx *ctx, void *arg)
{
	struct role *r = arg;
	size_t deleted = 0;

	enum rc rc = blob_collect(r->blobs, ctx, COLLECT_LIMIT, &deleted);
	if (rc != RC_OK)
		log_warn("blob.collect", "rc=%s", rc_name(rc));
	else if (deleted > 0)
		log_info("blob.collect", "deleted=%zu", deleted);
}

static void trim_logs(struct ctx *ctx, void *arg)
{
	size_t deleted = 0;

	enum rc rc = change_log_trim(ctx, TRIM_LIMIT, &deleted);
	if (rc != RC_OK)
		log_warn("changelog.trim", "rc=%s", rc_name(rc));
	else if (deleted > 0)
		log_info("changelog.trim", "deleted=%zu", deleted);
}

static void forget(struct ctx *ctx, const char *what,
	enum rc (*collect)(struct ctx *ctx, int64_t *out_deleted))
{
	int64_t deleted = 0;

	enum rc rc = collect(ctx, &deleted);
	if (rc != RC_OK)
		log_warn("expired.collect", "what=%s rc=%s", what, rc_name(rc));
	else if (deleted > 0)
		log_info("expired.collect", "what=%s deleted=%lld", what, (long long)deleted);
}

static void forget_expired(struct ctx *ctx, void *arg)
{
	(void)arg;
	forget(ctx, "sessions", login_collect);
	forget(ctx, "idempotency", idempotency_collect);
	forget(ctx, "mailboxes", deleted_purge);
	forget(ctx, "bulk", bulk_collect);
	forget(ctx, "password_resets", reset_collect);
	forget(ctx, "figures", figure_collect);
}

static void measure_storage(struct ctx *ctx, void *arg)
{
	(void)arg;
	enum rc rc = figure_measure(ctx);
	if (rc != RC_OK)
		log_warn("figures.measure", "rc=%s", rc_name(rc));
}

static void trim_traces(struct ctx *ctx, void *arg)
{
	const struct role *r = arg;
	int64_t keep_ms = config_ms(r->launch.config, "trace.retention"), deleted = 0;

	enum rc rc = trace_collect(ctx, ctx->now_us - keep_ms * 1000, TRACE_TRIM_LIMIT, &deleted);
	if (rc != RC_OK)
		log_warn("trace.trim", "rc=%s", rc_name(rc));
	else if (deleted > 0)
		log_info("trace.trim", "deleted=%lld", (long long)deleted);
}

/* ------------------------------------------------------------------------ housekeeping of the queue */

static void forget_counts(struct ctx *ctx, void *arg)
{
	(void)arg;
	forget(ctx, "send_counts", queue_counts_forget);
}

/* ------------------------------------------------------------------------ delivery */

/* What delivery stands on besides the role itself. */
struct sending {
	struct intake_env intake;
	struct hold_env hold;
	struct reset_mail_env reset;
	struct client_cache *cache;
	struct routes *routes;
	struct sts *sts;
	struct smarthost smarthost;
	bool has_smarthost;
	struct runner *runner;
};

static void sweep(struct ctx *ctx, void *arg)
{
	(void)ctx;
	client_cache_sweep(((struct sending *)arg)->cache);
}

static void tell_of_holds(struct ctx *ctx, void *arg)
{
	enum rc rc = hold_tell(&((struct sending *)arg)->hold, ctx);
	if (rc != RC_OK)
		log_warn("hold.tell", "rc=%s", rc_name(rc));
}

static void tell_of_dns(struct ctx *ctx, void *arg)
{
	enum rc rc = dns_mail_all(&((struct sending *)arg)->intake, ctx);
	if (rc != RC_OK)
		log_warn("dns.notice", "rc=%s", rc_name(rc));
}

static void mail_resets(struct ctx *ctx, void *arg)
{
	enum rc rc = reset_mail_all(&((struct sending *)arg)->reset, ctx);
	if (rc != RC_OK)
		log_warn("password.reset", "rc=%s", rc_name(rc));
}

/* An MX with our name or one of our addresses is ourselves. */
static struct mx_self self_of(struct role *r)
{
	struct arena *a = &r->launch.arena;
	struct span rest = span_of(config_text(r->launch.config, "addresses")), one;
	struct span *name = arena_array(a, 1, sizeof *name);
	struct addr *addrs = arena_array(a, SELF_ADDRESSES_MAX, sizeof *addrs);
	struct mx_self self = { .names = name, .n_names = 1, .addrs = addrs };

	name[0] = domain_to_ascii(a, span_of(r->launch.hostname));
	while (self.n_addrs < SELF_ADDRESSES_MAX && span_split(&rest, ',', &one)) {
		if (addr_parse(span_trim(one), &addrs[self.n_addrs]))
			self.n_addrs++;
	}
	return self;
}

static enum rc read_options(
	struct role *r, struct sending *s, struct runner_options *out, struct err *err)
{
	const struct config *c = r->launch.config;
	const char *smarthost = config_text(c, "delivery.smarthost");
	int64_t port = config_int(c, "delivery.port"), threads = config_int(c, "delivery.threads");

	if (port < 1 || port > UINT16_MAX)
		return err_set(err, RC_INVALID, "delivery.port", "delivery.port is no port.");
	int64_t https = config_int(c, "delivery.https_port");
	if (https < 1 || https > UINT16_MAX)
		return err_set(
			err, RC_INVALID, "delivery.https_port", "delivery.https_port is no port.");
	if (threads < 1 || threads > THREADS_MAX)
		return err_set(err, RC_INVALID, "delivery.threads",
			"delivery.threads is a number from 1 to %d.", THREADS_MAX);
	if (!backoff_parse(span_of(config_text(c, "delivery.retry")),
		    config_ms(c, "delivery.lifetime"), &out->rules.backoff))
		return err_set(err, RC_INVALID, "delivery.retry",
			"delivery.retry is no list of waiting times such as 5m,10m,1h.");
	s->has_smarthost = smarthost[0] != '\0';
	if (s->has_smarthost && smarthost_parse(span_of(smarthost), &s->smarthost, err) != RC_OK)
		return RC_INVALID;
	out->rules.delay_notice_ms = config_ms(c, "delivery.delay_notice");
	out->threads = (size_t)threads;
	out->remote.port = (uint16_t)port;
	out->remote.dns_validates = config_bool(c, "dns.validates");
	return RC_OK;
}

/* A resolver that only says that it validates is found out before it costs somebody's mail. */
static void test_resolver(struct role *r)
{
	struct arena a;

	arena_init(&a, 4096);
	struct ctx ctx = { .arena = &a,
		.now_us = clock_now_us(),
		.deadline_ms = clock_mono_ms() + config_ms(r->launch.config, "dns.timeout") };
	enum rc rc = dane_is_possible(r->resolver, &ctx);
	if (rc == RC_OK)
		log_info("dns.validates", "dane=yes");
	else
		log_error("dns.validates", "dane=no rc=%s servers=\"%s\"", rc_name(rc),
			config_text(r->launch.config, "dns.servers"));
	arena_done(&a);
}

static enum rc start_sending(struct role *r, struct sending *s, struct err *err)
{
	struct runner_options options = { .conninfo = r->conninfo,
		.node = arena_printf(&r->launch.arena, "%s:%s", r->launch.hostname, r->launch.dir)
				.ptr,
		.intake = &s->intake,
		.bells = r->bells };

	enum rc rc = read_options(r, s, &options, err);
	if (rc != RC_OK)
		return rc;
	role_intake_env(r, &s->intake);
	s->hold = (struct hold_env){ .intake = &s->intake };
	s->reset = (struct reset_mail_env){ .intake = &s->intake, .url = role_url(r) };
	s->cache = client_cache_new(options.threads, IDLE_CONNECTION_MS);
	options.remote.resolver = r->resolver;
	options.remote.blobs = r->blobs;
	options.remote.cache = s->cache;
	s->routes = routes_new(r->keys);
	options.remote.routes = s->routes;
	options.remote.hostname = arena_cstr(
		&r->launch.arena, domain_to_ascii(&r->launch.arena, span_of(r->launch.hostname)));
	options.remote.smarthost = s->has_smarthost ? &s->smarthost : NULL;
	options.remote.self = self_of(r);
	if (config_bool(r->launch.config, "delivery.mta_sts"))
		s->sts = sts_new(&(struct sts_env){ .resolver = r->resolver,
			.port = (uint16_t)config_int(r->launch.config, "delivery.https_port") });
	options.remote.sts = s->sts;
	s->runner = runner_start(&options);
	if (options.remote.dns_validates)
		test_resolver(r);
	return RC_OK;
}

static void stop_sending(struct sending *s)
{
	runner_stop(s->runner);
	client_cache_free(s->cache);
	routes_free(s->routes);
	sts_free(s->sts);
	if (s->has_smarthost)
		smarthost_done(&s->smarthost);
}

int role_send(struct role *r)
{
	struct err err = { 0 };
	struct role_wants wants = { .workers = 2, .keys = true }; /* keys: bounces are signed */
	struct sending sending = { 0 };

	if (role_open(r, &wants, &err) != RC_OK || start_sending(r, &sending, &err) != RC_OK) {
		log_error("role.open", "error=\"%s\"", err.text);
		return 1;
	}
	loop_every(r->loop, COLLECT_EVERY_MS, collect_blobs, r);
	loop_every(r->loop, TRIM_EVERY_MS, trim_logs, r);
	loop_every(r->loop, TRIM_EVERY_MS, forget_expired, r);
	loop_every(r->loop, TRACE_TRIM_EVERY_MS, trim_traces, r);
	loop_every(r->loop, TRIM_EVERY_MS, forget_counts, r);
	loop_every(r->loop, MEASURE_EVERY_MS, measure_storage, r);
	if (!loop_post(r->loop, measure_storage, r))
		log_warn("figures.measure", "error=queue_full");
	loop_every(r->loop, SWEEP_EVERY_MS, sweep, &sending);
	loop_every(r->loop, HOLDS_EVERY_MS, tell_of_holds, &sending);
	loop_every(r->loop, RESETS_EVERY_MS, mail_resets, &sending);
	loop_every(r->loop, RESETS_EVERY_MS, tell_of_dns, &sending);
	int status = role_serve(r);
	stop_sending(&sending);
	role_close(r);
	return status;
}
