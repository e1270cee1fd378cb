/*
 * The send role: outbound delivery (from the queue) and the housekeeping of the node.
 *
 * Housekeeping: blobs whose last message is gone, expired web sessions, idempotency records and
 * old POP3 leases.
 */
#include "backend/role.h"
#include "backend/roles.h"
#include "mailcore/base/clock.h"
#include "mailcore/base/log.h"

#define COLLECT_EVERY_MS (60 * MSEC_PER_SEC)
#define COLLECT_LIMIT    1000
#define TRIM_EVERY_MS    (3600 * MSEC_PER_SEC)
#define TRIM_LIMIT       1000

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

int role_send(struct role *r)
{
	struct err err = { 0 };
	struct role_wants wants = { .workers = 2 };

	if (role_open(r, &wants, &err) != RC_OK) {
		log_error("role.open", "error=\"%s\"", err.text);
		return 1;
	}
	loop_every(r->loop, COLLECT_EVERY_MS, collect_blobs, r);
	loop_every(r->loop, TRIM_EVERY_MS, trim_logs, r);
	return role_run(r);
}
