/*
 * What must hold whatever breaks: many threads at once, a role killed, PostgreSQL killed, and the
 * n-th round trip failing before or after it was sent, for every n.
 *
 * Linked with --wrap for two functions of libpq, so that connections can be lost at will.
 */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "tests/unit/store/store_fixture.h"

static struct fixture fix;
static struct arena arena;

/* ------------------------------------------------------------------------ broken connections */

int __real_PQpipelineSync(PGconn *conn);
int __wrap_PQpipelineSync(PGconn *conn);
int __real_PQconsumeInput(PGconn *conn);
int __wrap_PQconsumeInput(PGconn *conn);

static _Atomic int fail_send;   /* the n-th trip fails before its Sync is sent; 0: none */
static _Atomic int fail_answer; /* ... after it was sent */
static _Thread_local bool lose_answer;

int __wrap_PQpipelineSync(PGconn *conn)
{
	if (fail_send && atomic_fetch_sub(&fail_send, 1) == 1)
		return 0;
	if (fail_answer && atomic_fetch_sub(&fail_answer, 1) == 1)
		lose_answer = true;
	return __real_PQpipelineSync(conn);
}

int __wrap_PQconsumeInput(PGconn *conn)
{
	if (lose_answer) {
		lose_answer = false;
		return 0;
	}
	return __real_PQconsumeInput(conn);
}

/* ------------------------------------------------------------------------ what must hold */

static void check_everything(void)
{
	assert_int_equal(scratch_sql("SELECT count(*) FROM (SELECT mailbox_id, blob_id FROM message"
				     " GROUP BY 1, 2 HAVING count(*) > 1) AS doubled"),
		0);
	assert_int_equal(
		scratch_sql(
			"SELECT count(*) FROM folder f, LATERAL (SELECT count(*) AS n,"
			" count(*) FILTER (WHERE flags & 8 = 0) AS unseen, coalesce(sum(size_bytes), 0) AS"
			" bytes, coalesce(max(uid), 0) AS uid, coalesce(max(modseq), 0) AS modseq"
			" FROM message m WHERE m.mailbox_id = f.mailbox_id AND m.folder_id = f.folder_id)"
			" AS t WHERE t.n <> f.messages OR t.unseen <> f.unseen OR t.bytes <> f.size_bytes"
			" OR t.uid >= f.uidnext OR t.modseq > f.highestmodseq"),
		0);
	assert_int_equal(
		scratch_sql(
			"SELECT count(*) FROM message m WHERE NOT EXISTS (SELECT 1 FROM blob b"
			" WHERE b.blob_id = m.blob_id AND b.place < 2) OR NOT EXISTS (SELECT 1 FROM"
			" message_meta mm WHERE mm.mailbox_id = m.mailbox_id AND mm.blob_id = m.blob_id)"),
		0);
}

static bool is_stored(struct uuid id)
{
	struct str sql = str_in(&arena, 200);
	str_add_cstr(&sql, "SELECT count(*) FROM message WHERE blob_id = '");
	uuid_add(&sql, id);
	str_add_c(&sql, '\'');
	int64_t n = scratch_sql(str_cstr(&sql));
	assert_true(n == 0 || n == 1);
	return n == 1;
}

/* ------------------------------------------------------------------------ many at once */

#define THREADS 8
#define EACH    60

static _Atomic bool done;

static void *deliver_many(void *arg)
{
	struct arena own;
	struct db *db = scratch_open("mx");
	arena_init(&own, 65536);
	for (intptr_t i = 0; i < EACH; i++) {
		struct ctx ctx = scratch_ctx(&own, db);
		int64_t mailbox_id = i % 3 == 0 ? 1 : 1 + (i + (intptr_t)arg) % 4;
		assert_int_equal(fixture_deliver(&fix, &ctx, uuid_make(ctx.now_us),
					 fixture_message(&own, "many", 300), mailbox_id),
			RC_OK);
		arena_reset(&own);
	}
	db_close(db);
	arena_done(&own);
	return NULL;
}

static const struct snapshot *look(struct ctx *ctx, int64_t folder_id)
{
	const struct snapshot *snap = NULL;
	assert_int_equal(snapshot_get(fix.store, ctx, 1, folder_id, true, &snap), RC_OK);
	return snap;
}

/* A session: whatever is new has larger UIDs than all that was there; counters only grow. */
static void *watch(void *arg)
{
	struct arena own;
	struct db *db = scratch_open("user");
	arena_init(&own, 65536);
	struct ctx ctx = scratch_ctx(&own, db);
	const struct snapshot *before = look(&ctx, 1);
	while (!atomic_load(&done)) {
		ctx = scratch_ctx(&own, db);
		const struct snapshot *now = look(&ctx, 1);
		assert_true(now->highestmodseq >= before->highestmodseq);
		assert_true(now->uidnext >= before->uidnext);
		assert_true(now->len >= before->len);
		for (size_t i = 0; i < now->len; i++) {
			assert_true(now->uid[i] < now->uidnext);
			if (i < before->len) {
				assert_int_equal(now->uid[i], before->uid[i]);
				assert_true(now->modseq[i] >= before->modseq[i]);
			} else {
				assert_true(now->uid[i] >= before->uidnext);
			}
		}
		snapshot_unref(before);
		before = now;
		arena_reset(&own);
	}
	snapshot_unref(before);
	db_close(db);
	arena_done(&own);
	return NULL;
}

/* Flags meanwhile, and messages that come by COPY. */
static void *change_flags(void *arg)
{
	struct arena own;
	struct db *db = scratch_open("user");
	arena_init(&own, 65536);
	for (uint32_t i = 0; !atomic_load(&done); i++) {
		struct ctx ctx = scratch_ctx(&own, db);
		uint32_t uids[] = { 1 + i % 7, 10 + i % 13, 40 };
		struct span keyword = SPAN("k");
		struct flag_change change = { .uids = uids,
			.n_uids = 3,
			.op = i % 2 ? FLAGS_ADD : FLAGS_REMOVE,
			.flags = FLAG_SEEN,
			.keywords = &keyword,
			.n_keywords = i % 3 == 0,
			.unchanged_since = -1 };
		struct flag_result result;
		struct uid_pairs pairs;
		assert_int_equal(message_set_flags(fix.store, &ctx, 1, 1, &change, &result), RC_OK);
		/* back and forth in opposite directions, for deadlocks */
		int64_t from = i % 2 ? 4 : 3;
		assert_int_equal(message_copy(fix.store, &ctx, 1, 1, uids, 1, 3, &pairs), RC_OK);
		assert_int_equal(
			message_move(fix.store, &ctx, 1, from, uids, 3, 7 - from, &pairs), RC_OK);
		assert_int_equal(
			message_expunge(fix.store, &ctx, 1, 4, NULL, 0, false, NULL, NULL), RC_OK);
		arena_reset(&own);
	}
	db_close(db);
	arena_done(&own);
	return NULL;
}

static void test_many_at_once(void **state)
{
	pthread_t threads[THREADS + 3];
	int64_t before = scratch_sql("SELECT count(*) FROM message WHERE folder_id = 1");
	atomic_store(&done, false);
	for (intptr_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, deliver_many, (void *)i), 0);
	assert_int_equal(pthread_create(&threads[THREADS], NULL, watch, NULL), 0);
	assert_int_equal(pthread_create(&threads[THREADS + 1], NULL, change_flags, NULL), 0);
	assert_int_equal(pthread_create(&threads[THREADS + 2], NULL, change_flags, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	atomic_store(&done, true);
	for (int i = THREADS; i < THREADS + 3; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(scratch_sql("SELECT count(*) FROM message WHERE folder_id = 1"),
		before + THREADS * EACH);
	/* copies are of the same blob: only those of one folder may not be doubled */
	scratch_sql("DELETE FROM message WHERE mailbox_id = 1 AND folder_id IN (3, 4);"
		    "UPDATE folder SET messages = 0, unseen = 0, size_bytes = 0"
		    " WHERE mailbox_id = 1 AND folder_id IN (3, 4)");
	check_everything();
}

/* ------------------------------------------------------------------------ a role is killed */

/* Delivers until killed; every acknowledged id goes into the pipe. */
static void *deliver_and_report(void *arg)
{
	int fd = *(int *)arg;
	struct arena own;
	struct db *db = scratch_open("mx");
	arena_init(&own, 65536);
	for (int i = 0;; i++) {
		struct ctx ctx = scratch_ctx(&own, db);
		struct uuid id = uuid_make(ctx.now_us);
		if (fixture_deliver(&fix, &ctx, id, fixture_message(&own, "killed", 300),
			    1 + i % 8) == RC_OK &&
			write(fd, &id, sizeof id) != sizeof id)
			_exit(1);
		arena_reset(&own);
	}
	return NULL;
}

static void test_role_killed(void **state)
{
	for (int round = 0; round < 3; round++) {
		int fds[2];
		struct uuid id;
		int acknowledged = 0;
		assert_int_equal(pipe(fds), 0);
		pid_t pid = fork();
		if (pid == 0) {
			pthread_t threads[4];
			for (int i = 0; i < 4; i++)
				if (pthread_create(
					    &threads[i], NULL, deliver_and_report, &fds[1]) != 0)
					_exit(1);
			for (;;)
				(void)pause();
		}
		(void)close(fds[1]);
		while (read(fds[0], &id, sizeof id) == sizeof id) {
			if (++acknowledged == 40 + 17 * round)
				(void)kill(pid, SIGKILL);
			if (acknowledged % 10 == 0)
				assert_true(is_stored(id));
		}
		assert_true(acknowledged >= 40 + 17 * round);
		(void)close(fds[0]);
		(void)waitpid(pid, NULL, 0);
		check_everything();
	}
}

/* ------------------------------------------------------------------------ PostgreSQL is killed */

struct ledger {
	pthread_t thread;
	struct uuid yes[4000], no[4000];
	size_t n_yes, n_no;
};

static void *deliver_with_ledger(void *arg)
{
	struct ledger *l = arg;
	struct arena own;
	struct db *db = scratch_open("mx");
	arena_init(&own, 65536);
	for (int i = 0; !atomic_load(&done) && l->n_yes < 4000 && l->n_no < 4000; i++) {
		struct ctx ctx = scratch_ctx(&own, db);
		struct uuid id = uuid_make(ctx.now_us);
		enum rc rc = fixture_deliver(
			&fix, &ctx, id, fixture_message(&own, "crash", 300), 1 + i % 8);
		assert_true(rc == RC_OK || rc == RC_TEMP);
		if (rc == RC_OK)
			l->yes[l->n_yes++] = id;
		else
			l->no[l->n_no++] = id;
		if (rc == RC_TEMP)
			(void)poll(NULL, 0, 50);
		arena_reset(&own);
	}
	db_close(db);
	arena_done(&own);
	return NULL;
}

static void test_postgres_killed(void **state)
{
	static struct ledger ledgers[4];
	memset(ledgers, 0, sizeof ledgers);
	atomic_store(&done, false);
	for (int i = 0; i < 4; i++)
		assert_int_equal(
			pthread_create(&ledgers[i].thread, NULL, deliver_with_ledger, &ledgers[i]),
			0);
	(void)poll(NULL, 0, 400);
	scratch_control("crash");
	(void)poll(NULL, 0, 300);
	scratch_control("start");
	(void)poll(NULL, 0, 2500);
	scratch_control("crash");
	scratch_control("start");
	(void)poll(NULL, 0, 2500);
	atomic_store(&done, true);
	size_t yes = 0;
	for (int i = 0; i < 4; i++) {
		pthread_join(ledgers[i].thread, NULL);
		yes += ledgers[i].n_yes;
		for (size_t k = 0; k < ledgers[i].n_yes; k += 1 + ledgers[i].n_yes / 100)
			assert_true(is_stored(ledgers[i].yes[k]));
		for (size_t k = 0; k < ledgers[i].n_no; k += 1 + ledgers[i].n_no / 100)
			assert_false(is_stored(ledgers[i].no[k]));
	}
	assert_true(yes > 20);
	assert_int_equal(
		scratch_sql(
			"SELECT count(*) FROM message m JOIN message_meta mm USING (mailbox_id, blob_id)"
			" WHERE mm.subject = 'crash'"),
		yes);
	check_everything();
}

/* ------------------------------------------------------------------------ the n-th trip fails */

struct operation {
	const char *name;
	enum rc (*run)(struct ctx *ctx);
	int64_t (*progress)(void); /* grows by one when it was done */
};

static struct uuid last_id;

static enum rc op_deliver(struct ctx *ctx)
{
	last_id = uuid_make(ctx->now_us);
	return fixture_deliver(&fix, ctx, last_id, fixture_message(&arena, "nth", 300), 5);
}

static enum rc op_append(struct ctx *ctx)
{
	struct prepared *p = NULL;
	struct span keyword = arena_printf(&arena, "k%lld", (long long)(ctx->now_us % 50));
	struct append_item item = { .keywords = &keyword, .n_keywords = 1 };
	int64_t uidvalidity = 0;
	uint32_t uid = 0;
	assert_int_equal(message_prepare(fix.store, &arena, uuid_make(ctx->now_us),
				 fixture_message(&arena, "nth", 300), &p),
		RC_OK);
	item.message = p;
	return message_append(fix.store, ctx, 5, 1, &item, 1, &uidvalidity, &uid);
}

static int64_t count_5(void)
{
	return scratch_sql("SELECT count(*) FROM message WHERE mailbox_id = 5");
}

static enum rc op_create(struct ctx *ctx)
{
	struct folder f;
	struct err err = { 0 };
	struct span name = arena_printf(&arena, "f%lld/x", (long long)ctx->now_us);
	return folder_create(fix.store, ctx, 5, name, SPAN(""), &f, &err);
}

static int64_t count_folders(void)
{
	return scratch_sql("SELECT count(*) / 2 FROM folder WHERE mailbox_id = 5");
}

static enum rc op_move(struct ctx *ctx)
{
	struct uid_pairs pairs;
	const struct snapshot *snap = NULL;
	enum rc rc = snapshot_get(fix.store, ctx, 5, 1, true, &snap);
	if (rc != RC_OK)
		return rc;
	uint32_t uid = snap->uid[0];
	snapshot_unref(snap);
	return message_move(fix.store, ctx, 5, 1, &uid, 1, 4, &pairs);
}

static int64_t count_moved(void)
{
	return scratch_sql("SELECT messages FROM folder WHERE mailbox_id = 5 AND folder_id = 4");
}

/* `fail` is set to n = 1, 2, ... until the operation no longer gets that far. settles: RC_TEMP means
 * that it was not done, also when the answer to COMMIT was lost. */
static void fail_nth(const struct operation *op, _Atomic int *fail, bool settles)
{
	for (int n = 1;; n++) {
		assert_true(n < 20);
		struct db *db = scratch_open("user");
		struct ctx ctx = scratch_ctx(&arena, db);
		int64_t before = op->progress();
		atomic_store(fail, n);
		enum rc rc = op->run(&ctx);
		bool reached = atomic_exchange(fail, 0) <= 0;
		db_close(db);
		int64_t after = op->progress();
		if (rc != RC_OK && rc != RC_TEMP)
			fail_msg("%s, trip %d: %s", op->name, n, rc_name(rc));
		if (rc == RC_OK ? after != before + 1 : (settles && after != before))
			fail_msg("%s, trip %d: %s but %lld -> %lld", op->name, n, rc_name(rc),
				(long long)before, (long long)after);
		check_everything();
		arena_reset(&arena);
		if (!reached)
			return;
	}
}

static void test_nth_trip_fails(void **state)
{
	static const struct operation OPERATIONS[] = {
		{ "deliver", op_deliver, count_5 },
		{ "append", op_append, count_5 },
		{ "create", op_create, count_folders },
		{ "move", op_move, count_moved },
	};
	for (size_t i = 0; i < sizeof OPERATIONS / sizeof *OPERATIONS; i++) {
		bool settles = i < 2;
		fail_nth(&OPERATIONS[i], &fail_send, settles);
		fail_nth(&OPERATIONS[i], &fail_answer, settles);
	}
}

static int group_begin(void **state)
{
	arena_init(&arena, 1 << 20);
	return fixture_begin(&fix, NULL) ? 0 : -1;
}

static int group_end(void **state)
{
	fixture_end(&fix);
	arena_done(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many_at_once),
		cmocka_unit_test(test_role_killed),
		cmocka_unit_test(test_nth_trip_fails),
		cmocka_unit_test(test_postgres_killed),
	};
	return cmocka_run_group_tests(tests, group_begin, group_end);
}
