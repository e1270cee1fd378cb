/*
 * One connection to PostgreSQL, used by one thread; the only place with PQ* calls.
 *
 * Statements are generated from sql/queries/NAME.sql by sql/gen_sql.py into "sql/NAME.h"; they are
 * prepared on first use. Parameters and results travel in binary. Connection trouble is RC_TEMP;
 * the next use connects again (at most one attempt a second). Constraint violations map to rc:
 * unique -> RC_EXISTS, foreign key -> RC_NOT_FOUND, check/not null -> RC_INVALID; serialization
 * failure and deadlock -> RC_CONFLICT (tx_run retries them); everything else -> RC_TEMP.
 *
 * Tenant: with db_set_tenant() every statement and tx runs with app.tenant set by SET LOCAL in the
 * same round trip (row-level security); without it, tables under RLS show nothing.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "mailcore/base/auto.h"
#include "mailcore/base/ctx.h"
#include "mailcore/base/random.h"
#include "mailcore/base/rc.h"
#include "mailcore/base/span.h"

struct db;
struct epoch;
struct rows;

/* A named statement; only generated code makes these. */
struct stmt {
	const char *name;
	const char *sql;
	unsigned n_params;
};

enum arg_type {
	ARG_I64,
	ARG_BOOL,
	ARG_TEXT,
	ARG_BYTES,
	ARG_UUID,
	ARG_TIME, /* microseconds since 1970 */
	ARG_I64S, /* arrays: ptr to n elements */
	ARG_BOOLS,
	ARG_TEXTS, /* struct span[]; an element with ptr == NULL is NULL */
	ARG_BYTESS,
	ARG_UUIDS,
	ARG_TIMES,
};

struct arg {
	enum arg_type type;
	bool null;
	int64_t number;
	struct span span;
	struct uuid uuid;
	const void *items;
	size_t n;
};

#define A_I64(x)             ((struct arg){ .type = ARG_I64, .number = (x) })
#define A_BOOL(x)            ((struct arg){ .type = ARG_BOOL, .number = (x) })
#define A_TEXT(s)            ((struct arg){ .type = ARG_TEXT, .span = (s) })
#define A_BYTES(s)           ((struct arg){ .type = ARG_BYTES, .span = (s) })
#define A_UUID(u)            ((struct arg){ .type = ARG_UUID, .uuid = (u) })
#define A_TIME(us)           ((struct arg){ .type = ARG_TIME, .number = (us) })
#define A_NULL(t)            ((struct arg){ .type = (t), .null = true })
#define A_ARRAY(t, ptr, len) ((struct arg){ .type = (t), .items = (ptr), .n = (len) })
#define ARGS(...)                                                                                  \
	(const struct arg[]){ __VA_ARGS__ },                                                       \
		sizeof((const struct arg[]){ __VA_ARGS__ }) / sizeof(struct arg)
#define NO_ARGS NULL, 0

/* conninfo: a libpq string or URL; role_name appears in pg_stat_activity. Does not connect yet. */
struct db *db_open(const char *conninfo, const char *role_name);
void db_close(struct db *db);
bool db_is_up(const struct db *db);
/* 0: none. Inherited by everything until changed; the web role sets it for each request. */
void db_set_tenant(struct db *db, int64_t account_id);
/* What services move after they have changed who exists (db/epoch.h); NULL: nobody caches. */
void db_set_epoch(struct db *db, struct epoch *epoch);
struct epoch *db_epoch(const struct db *db);

/* Runs one statement; *out may be NULL when the rows do not matter. RC_OK also with zero rows.
 * Rows are freed with rows_close. Waits until ctx->deadline_ms at most (statement_timeout). */
MUST_CHECK enum rc db_query(struct ctx *ctx, const struct stmt *stmt, const struct arg *args,
	size_t n_args, struct rows **out);
/* How many rows the statement changed. */
MUST_CHECK enum rc db_exec(struct ctx *ctx, const struct stmt *stmt, const struct arg *args,
	size_t n_args, int64_t *out_changed);
/* The constraint's name of the last RC_EXISTS / RC_NOT_FOUND / RC_INVALID of this connection. */
const char *db_last_constraint(const struct db *db);

/* Several statements in one round trip (pipeline). Inside tx_run they belong to its tx, outside
 * each batch is a tx of its own: BEGIN, all, COMMIT in one flush. Arguments are copied or encoded
 * by db_batch_add. At most 16 statements. After an error nothing of the batch is done. */
struct batch;
struct batch *db_batch_new(struct ctx *ctx);
void db_batch_add(struct batch *b, const struct stmt *stmt, const struct arg *args, size_t n_args);
/* out_rows: one entry per added statement, NULL when not wanted; may be NULL. *out_unknown (may be
 * NULL) is set when the connection was lost during COMMIT, with RC_TEMP: look whether it is there. */
MUST_CHECK enum rc db_batch_run(struct batch *b, struct rows **out_rows, bool *out_unknown);

size_t rows_len(const struct rows *r);
/* Text and bytes are borrowed from the rows. NULL reads as 0, false, empty span. */
bool row_is_null(const struct rows *r, size_t row, unsigned col);
int64_t row_i64(const struct rows *r, size_t row, unsigned col); /* int2, int4, int8, bool, oid */
bool row_bool(const struct rows *r, size_t row, unsigned col);
struct span row_text(const struct rows *r, size_t row, unsigned col);
struct span row_bytes(const struct rows *r, size_t row, unsigned col);
struct uuid row_uuid(const struct rows *r, size_t row, unsigned col);
int64_t row_time_us(const struct rows *r, size_t row, unsigned col);
/* One-dimensional arrays; memory: arena (elements of text arrays borrowed from the rows). */
size_t row_i64s(const struct rows *r, size_t row, unsigned col, struct arena *a, int64_t **out);
size_t row_texts(
	const struct rows *r, size_t row, unsigned col, struct arena *a, struct span **out);
void rows_close(struct rows *r);
/* AUTO(rows_close) struct rows *rows = NULL; */
static inline void auto_rows_close(struct rows **r)
{
	rows_close(*r);
}
