/*
 * The send role: outbound delivery (from the queue) and the housekeeping of the node.
 *
 * Housekeeping: blobs whose last message is gone, old changes, expired web sessions and idempotency
 * records, and what was deleted 30 days ago. Expired API tokens stay, for their owner to see; they are refused.
 */
#include "backend/accounts/deleted_service.h"
#include "backend/accounts/idempotency.h"
#include "backend/accounts/login_service.h"
#include "backend/accounts/trace_service.h"
#include "backend/role.h"
#include "backend/roles.h"
#include "mailcore/base/clock.h"
#include "mailcore/base/log.h"

#define COLLECT_EVERY_MS    (60 * MSEC_PER_SEC)
#define COLLECT_LIMIT       1000
#define TRIM_EVERY_MS       (3600 * MSEC_PER_SEC)
#define TRIM_LIMIT          1000
#define TRACE_TRIM_EVERY_MS (60 * MSEC_PER_SEC)
#define TRACE_TRIM_LIMIT    20000

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

int role_send(struct role *r)
{
	struct err err = { 0 };
	struct role_wants wants = { .workers = 2, .keys = true }; /* keys: bounces are signed */

	if (role_open(r, &wants, &err) != RC_OK) {
		log_error("role.open", "error=\"%s\"", err.text);
		return 1;
	}
	loop_every(r->loop, COLLECT_EVERY_MS, collect_blobs, r);
	loop_every(r->loop, TRIM_EVERY_MS, trim_logs, r);
	loop_every(r->loop, TRIM_EVERY_MS, forget_expired, r);
	loop_every(r->loop, TRACE_TRIM_EVERY_MS, trim_traces, r);
	return role_run(r);
}
