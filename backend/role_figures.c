/* What a role has counted. */
#include "backend/role_figures.h"

#include <fcntl.h>
#include <unistd.h>

#include "backend/accounts/figure_repo.h"
#include "backend/role.h"
#include "mailcore/base/clock.h"
#include "mailcore/base/json.h"
#include "mailcore/base/log.h"
#include "mailcore/db/db.h"

#define BATCH       1000
#define METRICS_MAX 8192
#define END_MS      2000

/* ------------------------------------------------------------------------ into the database */

/* What cannot be stored now counts again the next time. */
static enum rc store_all(struct ctx *ctx)
{
	struct figures_row *rows = arena_array(ctx->arena, BATCH, sizeof *rows);
	size_t pos = 0;

	while (pos < FIGURES_SLOTS) {
		size_t n = figures_take(rows, BATCH, &pos);
		enum rc rc = n > 0 ? figure_store(ctx, rows, n) : RC_OK;
		if (rc != RC_OK) {
			figures_give_back(rows, n);
			return rc;
		}
	}
	return RC_OK;
}

/* ------------------------------------------------------------------------ for monitoring */

static void add_loop(struct arena *a, struct cJSON *o, struct loop *l)
{
	struct loop_stats s;

	loop_get_stats(l, &s);
	json_add_i64(a, o, "connections", (int64_t)s.conns);
	json_add_i64(a, o, "connections_tls", (int64_t)s.conns_tls);
	json_add_i64(a, o, "connections_accepted_total", (int64_t)s.accepted);
	json_add_i64(a, o, "connections_refused_total", (int64_t)s.refused);
	json_add_i64(a, o, "steps_total", (int64_t)s.steps);
	json_add_i64(a, o, "step_microseconds_total", (int64_t)s.step_us);
	json_add_i64(a, o, "timeouts_total", (int64_t)s.timeouts);
	json_add_i64(a, o, "run_queue", (int64_t)s.queue_len);
	json_add_i64(a, o, "workers_busy", (int64_t)s.workers_busy);
}

static struct span write_json(struct role *r, struct ctx *ctx)
{
	struct arena *a = ctx->arena;
	struct cJSON *o = json_object(a), *loop = json_object(a), *counted = json_object(a);
	struct str text = str_in(a, METRICS_MAX);
	uint64_t totals[FIGURES];

	add_loop(a, loop, r->loop);
	figures_totals(totals);
	for (int f = 0; f < FIGURES; f++)
		json_add_i64(a, counted, figure_name((enum figure)f), (int64_t)totals[f]);
	json_add_cstr(a, o, "role", r->name);
	json_add_time(a, o, "at", ctx->now_us);
	json_add(a, o, "loop", loop);
	json_add(a, o, "counted", counted);
	json_write(a, o, &text);
	return str_span(&text);
}

/* Readers see the old file or the new one. */
static bool write_file(struct role *r, struct ctx *ctx)
{
	const char *path = arena_printf(
		ctx->arena, "%s/metrics-%s.json", launch_path(&r->launch, "run"), r->name)
				   .ptr;
	const char *next = arena_printf(ctx->arena, "%s.new", path).ptr;
	struct span text = write_json(r, ctx);
	int fd = open(next, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return false;
	bool ok = write(fd, text.ptr, text.len) == (ssize_t)text.len;
	return close(fd) == 0 && ok && rename(next, path) == 0;
}

/* ------------------------------------------------------------------------ when */

static void turn(struct ctx *ctx, void *arg)
{
	enum rc rc = store_all(ctx);
	if (rc != RC_OK)
		log_warn("figures.store", "rc=%s", rc_name(rc));
	if (!write_file(arg, ctx))
		log_warn("figures.write", "error=%m");
}

void role_figures_start(struct role *r)
{
	loop_every(r->loop, FIGURES_EVERY_MS, turn, r);
	if (!loop_post(r->loop, turn, r))
		log_warn("figures.write", "error=queue_full");
}

void role_figures_end(struct role *r)
{
	struct arena arena;

	arena_init(&arena, 1 << 16);
	struct ctx ctx = { .arena = &arena,
		.db = db_open(r->conninfo, r->name),
		.now_us = clock_now_us(),
		.deadline_ms = clock_mono_ms() + END_MS };
	enum rc rc = store_all(&ctx);
	if (rc != RC_OK)
		log_warn("figures.store", "rc=%s", rc_name(rc));
	db_close(ctx.db);
	arena_done(&arena);
}
