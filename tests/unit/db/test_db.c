/* mailcore/db against a scratch cluster (tests/harness/pg.py). */
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mailcore/base/clock.h"
#include "mailcore/db/bell.h"
#include "mailcore/db/migrate.h"
#include "mailcore/db/tx.h"
#include "tests/unit/cmocka_all.h"

static const struct stmt ECHO_ALL = { "t_echo_all",
	"SELECT $1::bigint, $2::boolean, $3::text, $4::bytea, $5::uuid, $6::timestamptz, $7::bigint[],"
	" $8::text[], NULL::text, 7::smallint, 'x'::\"char\"",
	8 };
static const struct stmt ECHO_ARRAYS = { "t_echo_arrays",
	"SELECT a, b, c, d, e FROM unnest($1::boolean[], $2::bytea[], $3::uuid[], $4::timestamptz[],"
	" $5::text[]) AS u (a, b, c, d, e)",
	5 };
static const struct stmt TABLE = { "t_table",
	"CREATE TABLE t (k bigint PRIMARY KEY, v text NOT NULL CHECK (v <> 'bad'),"
	" parent bigint REFERENCES t)",
	0 };
static const struct stmt INSERT = { "t_insert", "INSERT INTO t (k, v) VALUES ($1, $2)", 2 };
static const struct stmt INSERT_CHILD = { "t_child",
	"INSERT INTO t (k, v, parent) VALUES ($1, 'x', $2)", 2 };
static const struct stmt COUNT = { "t_count", "SELECT count(*) FROM t", 0 };
static const struct stmt UPDATE = { "t_update", "UPDATE t SET v = v || $2::text WHERE k = $1", 2 };
static const struct stmt GET = { "t_get", "SELECT v FROM t WHERE k = $1", 1 };
static const struct stmt TRUNCATE = { "t_truncate", "TRUNCATE t", 0 };
static const struct stmt SLEEP = { "t_sleep", "SELECT pg_sleep(60)", 0 };
static const struct stmt DIE = { "t_die", "SELECT pg_terminate_backend(pg_backend_pid())", 0 };
static const struct stmt TENANT = { "t_tenant", "SELECT app_tenant()", 0 };
static const struct stmt DOMAINS = { "t_domains", "SELECT count(*) FROM domain", 0 };
static const struct stmt HASHES = { "t_hashes", "SELECT hash FROM credential", 0 };
static const struct stmt FILL = { "t_fill",
	"WITH a AS (INSERT INTO account (account_id, parent_id, role, login) VALUES"
	" (1, NULL, 'admin', 'admin'), (2, 1, 'reseller', 'r'), (3, 2, 'customer', 'c'),"
	" (4, 1, 'customer', 'other'))"
	" INSERT INTO account_tree VALUES (1, 1, 0), (1, 2, 1), (1, 3, 2), (1, 4, 1), (2, 2, 0),"
	" (2, 3, 1), (3, 3, 0), (4, 4, 0)",
	0 };
static const struct stmt FILL_DOMAINS = { "t_fill_domains",
	"INSERT INTO domain (account_id, name) VALUES (3, 'c.test'), (4, 'o.test')", 0 };

static const char *conninfo;
static struct arena arena;

static struct ctx ctx_with(struct db *db)
{
	return (struct ctx){ .arena = &arena,
		.db = db,
		.now_us = clock_now_us(),
		.deadline_ms = clock_mono_ms() + 20000 };
}

static struct db *open_as(const char *role)
{
	char text[512];
	(void)snprintf(text, sizeof text, "%s user=%s", conninfo, role);
	return db_open(text, "test");
}

static int64_t ask_i64(struct ctx *ctx, const struct stmt *stmt)
{
	AUTO(rows_close) struct rows *rows = NULL;
	assert_int_equal(db_query(ctx, stmt, NO_ARGS, &rows), RC_OK);
	return row_is_null(rows, 0, 0) ? -1 : row_i64(rows, 0, 0);
}

static void test_values(void **state)
{
	struct db *db = db_open(conninfo, "test");
	struct ctx ctx = ctx_with(db);
	struct uuid id = uuid_make(1);
	int64_t numbers[] = { -1, INT64_MAX, 0 };
	struct span texts[] = { SPAN("a"), SPAN_NONE, SPAN("") };
	for (int round = 0; round < 2; round++) {
		AUTO(rows_close) struct rows *r = NULL;
		assert_int_equal(
			db_query(&ctx, &ECHO_ALL,
				ARGS(A_I64(INT64_MIN), A_BOOL(true), A_TEXT(SPAN("grüß")),
					A_BYTES(SPAN("\0\xff")), A_UUID(id),
					A_TIME(1700000000123456), A_ARRAY(ARG_I64S, numbers, 3),
					A_ARRAY(ARG_TEXTS, texts, 3)),
				&r),
			RC_OK);
		assert_int_equal(rows_len(r), 1);
		assert_true(row_i64(r, 0, 0) == INT64_MIN);
		assert_true(row_bool(r, 0, 1));
		assert_true(span_eq(row_text(r, 0, 2), SPAN("grüß")));
		assert_true(span_eq(row_bytes(r, 0, 3), SPAN("\0\xff")));
		assert_true(uuid_eq(row_uuid(r, 0, 4), id));
		assert_true(row_time_us(r, 0, 5) == 1700000000123456);
		int64_t *n = NULL;
		assert_int_equal(row_i64s(r, 0, 6, &arena, &n), 3);
		assert_true(n[0] == -1 && n[1] == INT64_MAX && n[2] == 0);
		struct span *t = NULL;
		assert_int_equal(row_texts(r, 0, 7, &arena, &t), 3);
		assert_true(span_eq(t[0], SPAN("a")) && !t[1].ptr && t[2].ptr && t[2].len == 0);
		assert_true(row_is_null(r, 0, 8) && row_text(r, 0, 8).len == 0);
		assert_int_equal(row_i64(r, 0, 9), 7);
		assert_int_equal(row_i64(r, 0, 10), 'x');
	}
	db_close(db);
}

static void test_arrays(void **state)
{
	struct db *db = db_open(conninfo, "test");
	struct ctx ctx = ctx_with(db);
	bool flags[] = { true, false };
	struct span bytes[] = { SPAN("\1\2"), SPAN_NONE };
	struct uuid ids[] = { uuid_make(1), uuid_make(2) };
	int64_t times[] = { 0, 1 };
	struct span texts[] = { SPAN(""), SPAN("y") };
	AUTO(rows_close) struct rows *r = NULL;
	assert_int_equal(db_query(&ctx, &ECHO_ARRAYS,
				 ARGS(A_ARRAY(ARG_BOOLS, flags, 2), A_ARRAY(ARG_BYTESS, bytes, 2),
					 A_ARRAY(ARG_UUIDS, ids, 2), A_ARRAY(ARG_TIMES, times, 2),
					 A_ARRAY(ARG_TEXTS, texts, 2)),
				 &r),
		RC_OK);
	assert_int_equal(rows_len(r), 2);
	assert_true(row_bool(r, 0, 0) && !row_bool(r, 1, 0));
	assert_true(span_eq(row_bytes(r, 0, 1), SPAN("\1\2")) && row_is_null(r, 1, 1));
	assert_true(uuid_eq(row_uuid(r, 1, 2), ids[1]));
	assert_true(row_time_us(r, 1, 3) == 1 && row_time_us(r, 0, 3) == 0);
	assert_true(!row_is_null(r, 0, 4) && span_eq(row_text(r, 1, 4), SPAN("y")));
	AUTO(rows_close) struct rows *none = NULL;
	assert_int_equal(db_query(&ctx, &ECHO_ARRAYS,
				 ARGS(A_ARRAY(ARG_BOOLS, NULL, 0), A_ARRAY(ARG_BYTESS, NULL, 0),
					 A_ARRAY(ARG_UUIDS, NULL, 0), A_ARRAY(ARG_TIMES, NULL, 0),
					 A_ARRAY(ARG_TEXTS, NULL, 0)),
				 &none),
		RC_OK);
	assert_int_equal(rows_len(none), 0);
	db_close(db);
}

static void test_errors(void **state)
{
	struct db *db = db_open(conninfo, "test");
	struct ctx ctx = ctx_with(db);
	assert_int_equal(db_exec(&ctx, &TRUNCATE, NO_ARGS, NULL), RC_OK);
	int64_t n = 0;
	assert_int_equal(db_exec(&ctx, &INSERT, ARGS(A_I64(1), A_TEXT(SPAN("a"))), &n), RC_OK);
	assert_int_equal(n, 1);
	assert_int_equal(db_exec(&ctx, &INSERT, ARGS(A_I64(1), A_TEXT(SPAN("a"))), &n), RC_EXISTS);
	assert_string_equal(db_last_constraint(db), "t_pkey");
	assert_int_equal(
		db_exec(&ctx, &INSERT, ARGS(A_I64(2), A_TEXT(SPAN("bad"))), &n), RC_INVALID);
	assert_int_equal(db_exec(&ctx, &INSERT, ARGS(A_I64(2), A_NULL(ARG_TEXT)), &n), RC_INVALID);
	assert_int_equal(
		db_exec(&ctx, &INSERT, ARGS(A_I64(2), A_TEXT(SPAN("\xff"))), &n), RC_INVALID);
	assert_int_equal(db_exec(&ctx, &INSERT_CHILD, ARGS(A_I64(2), A_I64(99)), &n), RC_NOT_FOUND);
	assert_int_equal(ask_i64(&ctx, &COUNT), 1);
	db_close(db);
}

static void test_batch(void **state)
{
	struct db *db = db_open(conninfo, "test");
	struct ctx ctx = ctx_with(db);
	assert_int_equal(db_exec(&ctx, &TRUNCATE, NO_ARGS, NULL), RC_OK);
	struct rows *rows[3];
	struct batch *b = db_batch_new(&ctx);
	for (int i = 0; i < 2; i++)
		db_batch_add(b, &INSERT, ARGS(A_I64(i), A_TEXT(SPAN("v"))));
	db_batch_add(b, &COUNT, NO_ARGS);
	assert_int_equal(db_batch_run(b, rows, NULL), RC_OK);
	assert_int_equal(row_i64(rows[2], 0, 0), 2);
	for (int i = 0; i < 3; i++)
		rows_close(rows[i]);

	bool unknown = true;
	b = db_batch_new(&ctx);
	db_batch_add(b, &INSERT, ARGS(A_I64(7), A_TEXT(SPAN("v"))));
	db_batch_add(b, &INSERT, ARGS(A_I64(1), A_TEXT(SPAN("v"))));
	db_batch_add(b, &COUNT, NO_ARGS);
	assert_int_equal(db_batch_run(b, NULL, &unknown), RC_EXISTS);
	assert_false(unknown);
	assert_int_equal(ask_i64(&ctx, &COUNT), 2);
	db_close(db);
}

static enum rc insert_two(struct ctx *ctx, void *arg)
{
	enum rc rc = db_exec(ctx, &INSERT, ARGS(A_I64(1), A_TEXT(SPAN("a"))), NULL);
	if (rc != RC_OK)
		return rc;
	struct batch *b = db_batch_new(ctx);
	db_batch_add(b, &INSERT, ARGS(A_I64(2), A_TEXT(SPAN("b"))));
	rc = db_batch_run(b, NULL, NULL);
	return rc == RC_OK ? *(enum rc *)arg : rc;
}

static enum rc ignore_failure(struct ctx *ctx, void *arg)
{
	enum rc first = insert_two(ctx, arg);
	return first == RC_OK && insert_two(ctx, arg) == RC_OK ? RC_CONFLICT : RC_OK;
}

static enum rc nothing(struct ctx *ctx, void *arg)
{
	return RC_OK;
}

static void test_tx(void **state)
{
	struct db *db = db_open(conninfo, "test");
	struct ctx ctx = ctx_with(db);
	assert_int_equal(db_exec(&ctx, &TRUNCATE, NO_ARGS, NULL), RC_OK);
	enum rc answer = RC_LIMIT;
	assert_int_equal(tx_run(&ctx, insert_two, &answer), RC_LIMIT);
	assert_int_equal(ask_i64(&ctx, &COUNT), 0);
	answer = RC_CONFLICT; /* fn's own: not run again */
	assert_int_equal(tx_run(&ctx, insert_two, &answer), RC_CONFLICT);
	answer = RC_OK;
	assert_int_equal(tx_run(&ctx, ignore_failure, &answer), RC_TEMP);
	assert_int_equal(ask_i64(&ctx, &COUNT), 0);
	assert_int_equal(tx_run(&ctx, nothing, NULL), RC_OK);
	assert_int_equal(tx_run(&ctx, insert_two, &answer), RC_OK);
	assert_int_equal(ask_i64(&ctx, &COUNT), 2);
	assert_int_equal(tx_run(&ctx, insert_two, &answer), RC_EXISTS);
	assert_int_equal(ask_i64(&ctx, &COUNT), 2);
	db_close(db);
}

/* Two transactions that lock two rows crosswise: one is chosen as the victim and runs again. */
struct crossing {
	int64_t first, second;
	pthread_barrier_t *barrier;
	int runs;
};

static enum rc cross(struct ctx *ctx, void *arg)
{
	struct crossing *c = arg;
	enum rc rc = db_exec(ctx, &UPDATE, ARGS(A_I64(c->first), A_TEXT(SPAN("x"))), NULL);
	if (rc != RC_OK)
		return rc;
	if (c->runs++ == 0)
		pthread_barrier_wait(c->barrier);
	return db_exec(ctx, &UPDATE, ARGS(A_I64(c->second), A_TEXT(SPAN("x"))), NULL);
}

static void *cross_thread(void *arg)
{
	struct arena own;
	arena_init(&own, 4096);
	struct db *db = db_open(conninfo, "test");
	struct ctx ctx = ctx_with(db);
	ctx.arena = &own;
	intptr_t rc = tx_run(&ctx, cross, arg);
	db_close(db);
	arena_done(&own);
	return (void *)rc;
}

static void test_deadlock(void **state)
{
	struct db *db = db_open(conninfo, "test");
	struct ctx ctx = ctx_with(db);
	assert_int_equal(db_exec(&ctx, &TRUNCATE, NO_ARGS, NULL), RC_OK);
	enum rc answer = RC_OK;
	assert_int_equal(tx_run(&ctx, insert_two, &answer), RC_OK);
	pthread_barrier_t barrier;
	pthread_barrier_init(&barrier, NULL, 2);
	struct crossing a = { 1, 2, &barrier, 0 };
	struct crossing b = { 2, 1, &barrier, 0 };
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, NULL, cross_thread, &b), 0);
	assert_int_equal(tx_run(&ctx, cross, &a), RC_OK);
	void *other = NULL;
	pthread_join(thread, &other);
	assert_int_equal((intptr_t)other, RC_OK);
	/* Three, or more when the victim was quicker to lock its row again than the one that waited for it. */
	assert_true(a.runs + b.runs >= 3);
	AUTO(rows_close) struct rows *r = NULL;
	assert_int_equal(db_query(&ctx, &GET, ARGS(A_I64(1)), &r), RC_OK);
	assert_true(span_eq(row_text(r, 0, 0), SPAN("axx")));
	pthread_barrier_destroy(&barrier);
	db_close(db);
}

static void test_deadline(void **state)
{
	struct db *db = db_open(conninfo, "test");
	struct ctx ctx = ctx_with(db);
	int64_t start = clock_mono_ms();
	ctx.deadline_ms = start + 300;
	assert_int_equal(db_query(&ctx, &SLEEP, NO_ARGS, NULL), RC_TEMP);
	assert_true(clock_mono_ms() - start < 20000); /* the query itself takes longer */
	ctx = ctx_with(db);
	assert_true(ask_i64(&ctx, &COUNT) >= 0);
	db_close(db);
}

static enum rc die_in_tx(struct ctx *ctx, void *arg)
{
	enum rc rc = db_exec(ctx, &INSERT, ARGS(A_I64(50), A_TEXT(SPAN("a"))), NULL);
	if (rc == RC_OK)
		rc = db_query(ctx, &DIE, NO_ARGS, NULL);
	return rc;
}

static void test_lost_connection(void **state)
{
	struct db *db = db_open(conninfo, "test");
	struct ctx ctx = ctx_with(db);
	int64_t before = ask_i64(&ctx, &COUNT);
	assert_int_equal(tx_run(&ctx, die_in_tx, NULL), RC_TEMP);
	while (db_query(&ctx, &COUNT, NO_ARGS, NULL) != RC_OK) /* at most one attempt a second */
		(void)poll(NULL, 0, 50);
	assert_int_equal(ask_i64(&ctx, &COUNT), before);
	db_close(db);
}

static void control(const char *what)
{
	pid_t pid = fork();
	if (pid == 0) {
		execl("/usr/bin/python3", "python3", getenv("MAILSTEAD_TEST_PG"), what,
			getenv("MAILSTEAD_TEST_PGDIR"), (char *)NULL);
		_exit(127);
	}
	int status = 0;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void test_server_crash(void **state)
{
	struct db *db = db_open(conninfo, "test");
	struct ctx ctx = ctx_with(db);
	assert_true(ask_i64(&ctx, &COUNT) >= 0);
	control("crash");
	assert_int_equal(db_query(&ctx, &COUNT, NO_ARGS, NULL), RC_TEMP);
	control("start");
	/* at most one attempt a second, then it works by itself */
	int64_t start = clock_mono_ms();
	ctx = ctx_with(db);
	while (db_query(&ctx, &COUNT, NO_ARGS, NULL) != RC_OK && clock_mono_ms() - start < 30000)
		(void)poll(NULL, 0, 20);
	assert_true(ask_i64(&ctx, &COUNT) >= 0);
	/* restarted while idle: the first statement already works */
	(void)poll(NULL, 0, 1050);
	control("crash");
	control("start");
	assert_true(ask_i64(&ctx, &COUNT) >= 0);
	db_close(db);
}

static void test_migrate_again(void **state)
{
	struct migrate_report report = { 0 };
	struct err err = { 0 };
	assert_int_equal(migrate_run(conninfo, NULL, false, &report, &err), RC_OK);
	assert_int_equal(report.applied, 0);
	assert_true(report.version >= 1);
	assert_int_equal(migrate_run(conninfo, "secret", false, &report, &err), RC_OK);
	assert_int_equal(migrate_run(conninfo, NULL, true, &report, &err), RC_OK);
}

static int64_t domains_of(struct db *db, int64_t tenant)
{
	struct ctx ctx = ctx_with(db);
	db_set_tenant(db, tenant);
	return ask_i64(&ctx, &DOMAINS);
}

static enum rc count_in_tx(struct ctx *ctx, void *arg)
{
	*(int64_t *)arg = ask_i64(ctx, &DOMAINS);
	return RC_OK;
}

static void test_tenants(void **state)
{
	struct db *owner = db_open(conninfo, "test");
	struct ctx ctx = ctx_with(owner);
	assert_int_equal(db_exec(&ctx, &FILL, NO_ARGS, NULL), RC_OK);
	assert_int_equal(db_exec(&ctx, &FILL_DOMAINS, NO_ARGS, NULL), RC_OK);
	struct db *web = open_as("mailstead_web");
	ctx = ctx_with(web);
	assert_int_equal(domains_of(web, 0), 0);
	assert_int_equal(domains_of(web, 1), 2);
	assert_int_equal(domains_of(web, 2), 1);
	assert_int_equal(domains_of(web, 4), 1);
	assert_int_equal(domains_of(web, 3), 1);
	assert_int_equal(ask_i64(&ctx, &TENANT), 3);
	int64_t n = 0;
	assert_int_equal(tx_run(&ctx, count_in_tx, &n), RC_OK);
	assert_int_equal(n, 1);
	assert_int_equal(domains_of(web, 0), 0); /* nothing stays in the session */
	assert_int_equal(ask_i64(&ctx, &TENANT), -1);
	db_close(web);
	db_close(owner);
}

static void test_grants(void **state)
{
	static const struct {
		const char *role;
		const struct stmt *stmt;
		enum rc rc;
	} CASES[] = {
		{ "mailstead_keys", &HASHES, RC_OK },
		{ "mailstead_mx", &HASHES, RC_TEMP },
		{ "mailstead_user", &HASHES, RC_TEMP },
		{ "mailstead_web", &HASHES, RC_TEMP },
		{ "mailstead_send", &HASHES, RC_TEMP },
		{ "mailstead_mx", &DOMAINS, RC_TEMP },
	};
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		struct db *db = open_as(CASES[i].role);
		struct ctx ctx = ctx_with(db);
		assert_int_equal(db_query(&ctx, CASES[i].stmt, NO_ARGS, NULL), CASES[i].rc);
		db_close(db);
	}
}

static void count_ring(int64_t mailbox_id, int64_t folder_id, void *arg)
{
	assert_int_equal(mailbox_id, 5);
	*(int64_t *)arg += folder_id;
}

static void count_any_ring(int64_t mailbox_id, int64_t folder_id, void *arg)
{
	*(int64_t *)arg += mailbox_id;
}

static void test_bells(void **state)
{
	char dir[] = "/tmp/mailstead-bell-XXXXXX";
	assert_non_null(mkdtemp(dir));
	struct bells *a = NULL;
	struct bells *b = NULL;
	struct err err = { 0 };
	assert_int_equal(bells_open(dir, "a", &a, &err), RC_OK);
	assert_int_equal(bells_open(dir, "b", &b, &err), RC_OK);
	int64_t here = 0;
	int64_t there = 0;
	struct bell_watch *wa = bell_watch(a, 5, count_ring, &here);
	struct bell_watch *wb = bell_watch(b, 5, count_ring, &there);
	bell_ring(a, 5, 7);
	bell_ring(a, 6, 7);
	bells_read(a);
	bells_read(b);
	assert_int_equal(here, 7);
	assert_int_equal(there, 7);
	bell_unwatch(b, wb);
	int64_t all = 0;
	struct bell_watch *w_all = bell_watch(a, BELL_ALL, count_any_ring, &all);
	bell_ring(a, 8, 1);
	bell_ring(b, 9, 1);
	bells_read(a);
	assert_int_equal(all, 17);
	bell_unwatch(a, w_all);
	bell_ring(b, 5, 1);
	bells_read(a);
	assert_int_equal(here, 8);
	assert_int_equal(there, 7);
	struct bell_ring many[150] = { 0 };
	for (size_t i = 0; i < 150; i++)
		many[i] = (struct bell_ring){ 100, 1 };
	all = 0;
	w_all = bell_watch(a, BELL_ALL, count_any_ring, &all);
	bell_ring_all(b, many, 150); /* more than one datagram takes */
	bell_ring(b, BELL_QUEUE, 0); /* not for this role */
	bells_read(a);
	assert_int_equal(all, 15000);
	bell_unwatch(a, w_all);
	struct bells *send = NULL;
	assert_int_equal(bells_open(dir, "send", &send, &err), RC_OK);
	bells_close(b); /* b knows the sockets of a second ago */
	assert_int_equal(bells_open(dir, "b", &b, &err), RC_OK);
	all = 0;
	w_all = bell_watch(send, BELL_ALL, count_any_ring, &all);
	bell_ring(b, 5, 1);
	bell_ring(b, BELL_QUEUE, 0);
	bells_read(send);
	assert_int_equal(all, BELL_QUEUE);
	bell_unwatch(send, w_all);
	bells_close(send);
	bells_close(b);
	for (int i = 0; i < 10000; i++)
		bell_ring(a, 5, 0); /* nobody listens there any more, nothing blocks */
	bell_unwatch(a, wa);
	bells_close(a);
	char long_dir[200];
	memset(long_dir, 'x', sizeof long_dir);
	long_dir[sizeof long_dir - 1] = '\0';
	assert_int_equal(bells_open(long_dir, "a", &a, &err), RC_INVALID);
	char board[300];
	(void)snprintf(board, sizeof board, "%s/bells", dir);
	assert_int_equal(unlink(board), 0);
	assert_int_equal(rmdir(dir), 0);
}

static bool has_heard(const struct bells *b)
{
	char byte;
	return recv(bells_fd(b), &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
}

/* A ring that nobody listens for moves the count and wakes nobody. */
static void test_bells_unheard(void **state)
{
	char dir[] = "/tmp/mailstead-bell-XXXXXX";
	char board[64];
	assert_non_null(mkdtemp(dir));
	struct bells *a = NULL;
	struct bells *b = NULL;
	struct err err = { 0 };
	int64_t heard = 0;
	assert_int_equal(bells_open(dir, "b", &b, &err), RC_OK);
	struct bell_watch *lost = bell_watch(b, 6, count_any_ring, &heard);
	assert_int_equal(bells_open(dir, "a", &a, &err), RC_OK);
	uint32_t before = atomic_load(bell_count(b, 5));
	bell_ring(a, 5, 1);
	assert_int_equal(atomic_load(bell_count(b, 5)), before + 1);
	assert_false(has_heard(b));
	bell_ring(a, 6, 1);
	assert_true(has_heard(b));
	bells_read(b);
	assert_int_equal(heard, 6);
	struct bell_watch *watch = bell_watch(b, 5, count_any_ring, &heard);
	bell_ring(a, 5, 1);
	assert_true(has_heard(b));
	bells_read(b);
	bell_unwatch(b, watch);
	bell_ring(a, 5, 1);
	assert_false(has_heard(b));
	/* as if b had been killed: who comes after it listens to nothing */
	struct bells *again = NULL;
	assert_int_equal(bells_open(dir, "b", &again, &err), RC_OK);
	bell_ring(a, 6, 1);
	assert_false(has_heard(again));
	bells_close(again);
	bell_unwatch(b, lost);
	bells_close(b);
	bells_close(a);
	(void)snprintf(board, sizeof board, "%s/bells", dir);
	assert_int_equal(unlink(board), 0);
	assert_int_equal(rmdir(dir), 0);
}

static int group_begin(void **state)
{
	conninfo = getenv("MAILSTEAD_TEST_DB");
	arena_init(&arena, 65536);
	struct migrate_report report = { 0 };
	struct err err = { 0 };
	if (!conninfo || migrate_run(conninfo, NULL, false, &report, &err) != RC_OK) {
		print_error("%s\n", conninfo ? err.text : "run me with tests/harness/pg.py");
		return -1;
	}
	struct db *db = db_open(conninfo, "test");
	struct ctx ctx = ctx_with(db);
	enum rc rc = db_exec(&ctx, &TABLE, NO_ARGS, NULL);
	db_close(db);
	return rc == RC_OK && report.applied >= 1 ? 0 : -1;
}

static int group_end(void **state)
{
	arena_done(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_arrays),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_batch),
		cmocka_unit_test(test_tx),
		cmocka_unit_test(test_deadlock),
		cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_lost_connection),
		cmocka_unit_test(test_server_crash),
		cmocka_unit_test(test_migrate_again),
		cmocka_unit_test(test_tenants),
		cmocka_unit_test(test_grants),
		cmocka_unit_test(test_bells),
		cmocka_unit_test(test_bells_unheard),
	};
	return cmocka_run_group_tests(tests, group_begin, group_end);
}
