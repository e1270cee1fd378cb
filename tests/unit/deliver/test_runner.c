/*
 * The runner on a real database, with a world outside that is a fake: what is sent, what waits, what
 * comes back to the sender, and what a stop or a death leaves behind.
 */
#include "mailcore/deliver/runner.h"

#include <poll.h>
#include <stdatomic.h>

#include "tests/unit/store/store_fixture.h"

static struct fixture fixture;
static struct intake_env intake;
static struct runner *runner;
static _Atomic int attempts, running;

/* ------------------------------------------------------------------------ the world outside */

static struct remote_result answer(struct ctx *ctx, const struct job *job)
{
	bool good = span_ends(job->destination, SPAN("good.test"));
	bool bad = span_eq(job->destination, SPAN("bad.test"));

	return (struct remote_result){ .outcome = good ? OUTCOME_SENT
			: bad                          ? OUTCOME_FAILED
						       : OUTCOME_LATER,
		.status = bad ? SPAN("5.1.1") : SPAN("4.4.1"),
		.reply = bad ? SPAN("550 5.1.1 No such user") : SPAN("no answer"),
		.remote_mta = bad ? SPAN("mx.bad.test") : SPAN_NONE,
		.text = SPAN("The world outside has answered."),
		.evidence = SPAN("{\"mx\":\"mx\"}"),
		.relayed = good };
}

void remote_deliver(const struct remote_env *env, struct ctx *ctx, const struct job_group *group,
	struct remote_attempt *out)
{
	bool slow = span_starts(group->jobs[0].destination, SPAN("slow"));

	env->db_done(ctx, env->db_done_arg); /* before the peer is waited for */
	atomic_fetch_add(&running, 1);
	atomic_fetch_add(&attempts, 1);
	while (slow && !env->cancelled(env->cancelled_arg))
		(void)poll(NULL, 0, 5);
	*out = (struct remote_attempt){ .results = arena_array(
						ctx->arena, group->len, sizeof *out->results),
		.unreachable = span_eq(group->jobs[0].destination, SPAN("dead.test")) };
	for (size_t i = 0; i < group->len; i++)
		out->results[i] = answer(ctx, &group->jobs[i]);
	atomic_fetch_sub(&running, 1);
}

enum rc dsn_write(struct ctx *ctx, const struct dsn *dsn, struct str *out)
{
	static const char *const words[] = { "failed", "delayed", "delivered", "relayed" };

	assert_true(dsn->n_rcpts > 0 && dsn->to.len > 0 && dsn->head.len > 0);
	assert_true(span_find_span(dsn->head, SPAN("Subject: ")) != SPAN_NPOS);
	str_addf(out, "From: postmaster@a.test\r\nSubject: notice %s\r\n\r\n" SPAN_FMT "\r\n",
		words[dsn->rcpts[0].action], SPAN_ARG(dsn->rcpts[0].final));
	return RC_OK;
}

/* ------------------------------------------------------------------------ stage */

static char conninfo[512];

static void start(const char *retry, int64_t lifetime_ms, int64_t delay_ms)
{
	struct runner_options options = { .conninfo = scratch_conninfo(
						  "send", conninfo, sizeof conninfo),
		.node = "node",
		.remote = { .blobs = fixture.blobs },
		.intake = &intake,
		.rules = { .delay_notice_ms = delay_ms },
		.threads = 8 };

	assert_true(backoff_parse(span_of(retry), lifetime_ms, &options.rules.backoff));
	runner = runner_start(&options);
}

static int begin(void **state)
{
	scratch_sql("DELETE FROM job; DELETE FROM event; DELETE FROM queue_destination;"
		    "DELETE FROM send_count; DELETE FROM message;");
	attempts = running = 0;
	runner = NULL;
	return 0;
}

static int end(void **state)
{
	runner_stop(runner);
	return 0;
}

static void enqueue(const char *rcpt, const char *mail_from, unsigned notify)
{
	struct arena a;
	struct db *db = scratch_open("user");
	struct prepared *p = NULL;
	struct span to = span_of(rcpt);
	struct delivery_job job = { .account_id = 1,
		.domain_id = 1,
		.mail_from = span_of(mail_from),
		.rcpt = to,
		.destination = span_from(to, span_rfind(to, '@') + 1),
		.notify = notify };

	arena_init(&a, 65536);
	struct ctx ctx = scratch_ctx(&a, db);
	assert_int_equal(message_prepare(fixture.store, &a, uuid_make(clock_now_us()),
				 fixture_message(&a, "out", 200), &p),
		RC_OK);
	struct delivery d = { .message = p, .jobs = &job, .n_jobs = 1, .mail_from = job.mail_from };
	assert_int_equal(message_deliver(fixture.store, &ctx, &d), RC_OK);
	db_close(db);
	arena_done(&a);
}

static void until(const char *sql, int64_t want)
{
	for (int i = 0; i < 1200; i++) {
		if (scratch_sql(sql) == want)
			return;
		(void)poll(NULL, 0, 50);
	}
	fail_msg("%s: %lld instead of %lld", sql, (long long)scratch_sql(sql), (long long)want);
}

#define JOBS "SELECT count(*) FROM job"
#define NOTICES_OF(word)                                                                           \
	"SELECT count(*) FROM message m JOIN message_meta USING (mailbox_id, blob_id)"             \
	" WHERE subject = 'notice " word "'"
#define EVENTS(name) "SELECT count(*) FROM event WHERE name = '" name "'"

/* ------------------------------------------------------------------------ */

static void mail_goes_out(void **state)
{
	for (int i = 0; i < 40; i++)
		enqueue(i % 2 ? "b@good.test" : "b@also.good.test", "m1@a.test", 0);
	start("1s", 60000, 0);
	until(JOBS, 0);
	until(EVENTS("message.sent"), 40);
	assert_int_equal(attempts, 40);
}

/* REQUIREMENTS 9, 14: its sender hears, the null sender does not; success when it is asked for. */
static void refusals_come_back(void **state)
{
	enqueue("b@bad.test", "m1@a.test", 0);
	enqueue("c@bad.test", "m1@a.test", NOTIFY_NEVER);
	enqueue("d@bad.test", "", 0);
	enqueue("e@bad.test", "gone@a.test", 0);
	enqueue("f@bad.test", "x@far.good.test", 0);
	enqueue("g@good.test", "m2@a.test", NOTIFY_SUCCESS);
	start("1s", 60000, 0);
	until(JOBS, 0);
	assert_int_equal(scratch_sql(EVENTS("message.failed")), 5);
	assert_int_equal(scratch_sql(NOTICES_OF("failed")), 1);
	assert_int_equal(scratch_sql(NOTICES_OF("relayed")), 1);
	/* The one from elsewhere went there, with the null sender. */
	assert_int_equal(scratch_sql("SELECT count(*) FROM event WHERE name = 'message.sent'"
				     " AND rcpt = 'x@far.good.test' AND mail_from = ''"),
		1);
}

static void who_waits_is_told_once_and_given_up(void **state)
{
	enqueue("b@wait.test", "m1@a.test", 0);
	start("200ms", 8000, 2000);
	until(NOTICES_OF("delayed"), 1);
	until(JOBS, 0);
	assert_int_equal(scratch_sql(NOTICES_OF("delayed")), 1);
	assert_int_equal(scratch_sql(NOTICES_OF("failed")), 1);
	assert_true(attempts > 5);
}

/* A destination that is down is left alone; its jobs' senders are told nevertheless. */
static void the_dead_do_not_stop_the_living(void **state)
{
	scratch_sql("INSERT INTO queue_destination (destination, failures, not_before, reply)"
		    " VALUES ('dead.test', 3, now() + interval '1 hour', 'no route')");
	for (int i = 0; i < 30; i++)
		enqueue("b@dead.test", "m1@a.test", 0);
	enqueue("b@good.test", "m1@a.test", 0);
	start("1h", 4000, 0);
	until(EVENTS("message.sent"), 1);
	assert_int_equal(attempts, 1);
	until(JOBS, 0);
	assert_int_equal(attempts, 1);
	assert_int_equal(scratch_sql(NOTICES_OF("failed")), 30);
}

static void a_destination_goes_down_and_up(void **state)
{
	for (int i = 0; i < 30; i++)
		enqueue("b@dead.test", "m1@a.test", 0);
	start("1h", 86400000, 0);
	until("SELECT count(*) FROM queue_destination WHERE failures = 1", 1);
	until("SELECT count(*) FROM job WHERE state = 'leased'", 0);
	assert_in_range(attempts, 5, 8);
	until("SELECT count(*) FROM job WHERE state = 'ready'", 30 - attempts);
}

/* What is under way when the role stops goes back as it was. */
static void a_stop_gives_everything_back(void **state)
{
	for (int i = 0; i < 12; i++)
		enqueue(i % 2 ? "b@slow.test" : "b@slow2.test", "m1@a.test", 0);
	start("1h", 86400000, 0);
	until("SELECT count(*) FROM job WHERE state = 'leased'", 12);
	while (running < 8) /* all threads, five of one destination at most */
		(void)poll(NULL, 0, 5);
	runner_stop(runner);
	runner = NULL;
	assert_int_equal(scratch_sql("SELECT count(*) FROM job WHERE state = 'ready'"
				     " AND attempts = 0 AND lease_owner IS NULL"),
		12);
}

static void the_leases_of_the_dead_are_taken_back(void **state)
{
	enqueue("b@good.test", "m1@a.test", 0);
	enqueue("b@good.test", "m1@a.test", 0);
	scratch_sql("UPDATE job SET state = 'leased', leased_until = now() + interval '10 minutes',"
		    " lease_owner = CASE WHEN job_id % 2 = 0 THEN 'node/7.abc' ELSE 'other/7' END");
	start("1h", 86400000, 0);
	until(JOBS, 1);
	assert_int_equal(scratch_sql("SELECT count(*) FROM job WHERE lease_owner = 'other/7'"), 1);
}

/* A job for later, without a bell. */
static void the_clock_wakes(void **state)
{
	enqueue("b@good.test", "m1@a.test", 0);
	scratch_sql("UPDATE job SET state = 'waiting', next_at = now() + interval '1 second'");
	start("1h", 86400000, 0);
	until(JOBS, 0);
}

int main(void)
{
	if (!fixture_begin(&fixture, NULL))
		return 1;
	intake = (struct intake_env){ .store = fixture.store,
		.hostname = "mail.a.test",
		.spool_dir = fixture.dir,
		.spool_threshold = 1 << 20,
		.max_size = 1 << 24 };
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		T(mail_goes_out),
		T(refusals_come_back),
		T(who_waits_is_told_once_and_given_up),
		T(the_dead_do_not_stop_the_living),
		T(a_destination_goes_down_and_up),
		T(a_stop_gives_everything_back),
		T(the_leases_of_the_dead_are_taken_back),
		T(the_clock_wakes),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	fixture_end(&fixture);
	return failed;
}
