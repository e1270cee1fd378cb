/*
 * Mail that waits for its time, on a real database with a real runner; the world outside is a fake.
 * What is taken back has not gone out, and what has gone out is not taken back.
 */
#include "mailcore/deliver/outbox.h"

#include <poll.h>
#include <stdatomic.h>

#include "mailcore/deliver/runner.h"
#include "tests/unit/store/store_fixture.h"

#define RACERS 40

static struct fixture fixture;
static struct intake_env intake;
static struct runner *runner;
static struct arena arena;
static struct db *db;
static _Atomic int bulk_done, bulk_before_person;

void remote_deliver(const struct remote_env *env, struct ctx *ctx, const struct job_group *group,
	struct remote_attempt *out)
{
	*out = (struct remote_attempt){ .results = arena_array(
						ctx->arena, group->len, sizeof *out->results) };
	bool many = span_eq(group->jobs[0].destination, SPAN("many.test"));
	if (many)
		(void)poll(NULL, 0, 20);
	if (many && group->jobs[0].priority == PRIORITY_BULK)
		atomic_fetch_add(&bulk_done, 1);
	else if (many)
		bulk_before_person = bulk_done;
	for (size_t i = 0; i < group->len; i++)
		out->results[i] = (struct remote_result){ .outcome = OUTCOME_SENT,
			.status = SPAN("2.0.0"),
			.reply = SPAN("250 2.0.0 Ok"),
			.text = SPAN("Sent.") };
}

/* ------------------------------------------------------------------------ stage */

static char conninfo[512];

static void start(void)
{
	struct runner_options options = { .conninfo = scratch_conninfo(
						  "send", conninfo, sizeof conninfo),
		.node = "node",
		.remote = { .blobs = fixture.blobs },
		.intake = &intake,
		.threads = 4 };

	assert_true(backoff_parse(SPAN("1s"), 60000, &options.rules.backoff));
	runner = runner_start(&options);
}

static int begin(void **state)
{
	scratch_sql("DELETE FROM job; DELETE FROM event; DELETE FROM outbox; DELETE FROM message;"
		    "DELETE FROM send_count; DELETE FROM queue_pause");
	arena_init(&arena, 65536);
	db = scratch_open("web");
	runner = NULL;
	return 0;
}

static int end(void **state)
{
	runner_stop(runner);
	db_close(db);
	arena_done(&arena);
	return 0;
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

static int64_t count_of(const char *what, int n)
{
	char sql[512];

	(void)snprintf(sql, sizeof sql, "%s'later%d'", what, n);
	return scratch_sql(sql);
}
#define JOBS "SELECT count(*) FROM job"
#define IN(role, mailbox)                                                                          \
	"SELECT count(*) FROM message m JOIN message_meta USING (mailbox_id, blob_id)"             \
	" JOIN folder f USING (mailbox_id, folder_id) WHERE f.role = '" role                       \
	"' AND m.mailbox_id = " mailbox " AND subject = "
#define SENT                                                                                       \
	"SELECT count(*) FROM event e JOIN event s USING (trace_id) WHERE e.name = 'message.sent'" \
	" AND s.name = 'message.submitted' AND s.evidence ->> 'message_id' = "

/* From m1 to m2 and to somebody outside; s: from now, whole seconds of the clock. */
static struct uuid submit(int n, int s)
{
	struct ctx ctx = scratch_ctx(&arena, db);
	struct mailbox_ref sender = {
		.mailbox_id = 1, .domain_id = 1, .account_id = 1, .address = SPAN("m1@a.test")
	};
	struct intake_source source = { .mail_from = SPAN("m1@a.test"),
		.helo = SPAN("mail.a.test"),
		.protocol = SPAN("HTTPS"),
		.sender = &sender,
		.not_before_us = (ctx.now_us / USEC_PER_SEC + s) * USEC_PER_SEC,
		.later_subject = arena_printf(&arena, "later%d", n),
		.later_to = SPAN("m2@a.test, b@good.test") };
	struct recipient here = { .kind = RECIPIENT_MAILBOX,
		.mailbox = { .mailbox_id = 2,
			.domain_id = 1,
			.account_id = 1,
			.address = SPAN("m2@a.test") },
		.original = SPAN("m2@a.test") };
	struct recipient there = { .kind = RECIPIENT_REMOTE,
		.address = SPAN("b@good.test"),
		.original = SPAN("b@good.test") };
	struct err err = { 0 };
	struct uuid id;

	assert_true(addr_parse(SPAN("192.0.2.1"), &source.peer));
	struct intake *in = intake_open(&intake, &ctx, &source);
	intake_add_rcpt(in, &here);
	intake_add_rcpt(in, &there);
	struct span message = arena_printf(&arena,
		"From: m1@a.test\r\nTo: m2@a.test, b@good.test\r\nSubject: later%d\r\n"
		"Message-ID: <later%d>\r\nDate: Sun, 22 Nov 2026 18:30:00 +0100\r\n\r\n"
		"As it was written.\r\n",
		n, n);
	assert_int_equal(intake_write(in, message), RC_OK);
	assert_int_equal(intake_commit(in, &ctx, &id, &err), RC_OK);
	return id;
}

static enum rc cancel(struct uuid id)
{
	struct ctx ctx = scratch_ctx(&arena, db);
	uint32_t uid;

	return outbox_cancel(fixture.store, &ctx, 1, id, &uid);
}

/* ------------------------------------------------------------------------ */

static void it_waits_and_then_arrives_once(void **state)
{
	start();
	submit(1, 4);
	assert_int_equal(count_of(IN("inbox", "2"), 1), 0);
	assert_int_equal(scratch_sql(JOBS " WHERE state = 'waiting' AND created_at > now()"), 3);
	assert_int_equal(scratch_sql("SELECT count(*) FROM send_count WHERE scope = 'mailbox' AND"
				     " recipients = 1"),
		1);
	until(JOBS, 0);
	assert_int_equal(count_of(IN("inbox", "2"), 1), 1);
	assert_int_equal(count_of(IN("sent", "1"), 1), 1);
	assert_int_equal(scratch_sql("SELECT flags FROM message WHERE mailbox_id = 1"), FLAG_SEEN);
	assert_int_equal(count_of(SENT, 1), 1);
	assert_int_equal(scratch_sql("SELECT count(*) FROM event WHERE name = 'message.delivered'"
				     " AND rcpt = 'm2@a.test' AND domain_id = 1"),
		1);
}

/* The draft is the author's text, without what we have put on top. */
static void taken_back_it_is_a_draft(void **state)
{
	struct uuid id = submit(2, 3600);
	struct ctx ctx = scratch_ctx(&arena, db);
	struct outbox_item *items;
	struct message_bytes bytes;
	struct folder drafts;
	uint32_t uid;
	size_t n, done;

	assert_int_equal(outbox_list(&ctx, 1, SPAN("Europe/Berlin"), &items, &n), RC_OK);
	assert_int_equal(n, 1);
	assert_true(span_eq(items[0].subject, SPAN("later2")));
	assert_int_equal(items[0].send_at_wall_s - items[0].send_at_s, 3600); /* winter */
	assert_int_equal(outbox_list(&ctx, 2, SPAN(""), &items, &n), RC_OK);
	assert_int_equal(n, 0);

	assert_int_equal(outbox_cancel(fixture.store, &ctx, 2, id, &uid), RC_CONFLICT);
	assert_int_equal(outbox_cancel(fixture.store, &ctx, 1, id, &uid), RC_OK);
	assert_int_equal(outbox_cancel(fixture.store, &ctx, 1, id, &uid), RC_CONFLICT);
	assert_int_equal(scratch_sql(JOBS), 0);
	assert_int_equal(
		scratch_sql("SELECT count(*) FROM event WHERE name = 'message.cancelled'"), 2);
	assert_int_equal(folder_find_role(fixture.store, &ctx, 1, SPAN("drafts"), &drafts), RC_OK);
	assert_int_equal(message_read(fixture.store, &ctx, 1, drafts.folder_id, &uid, 1, false,
				 1 << 20, &bytes, &n, &done),
		RC_OK);
	assert_true(span_starts(bytes.bytes, SPAN("From: m1@a.test\r\nTo: m2@a.test")));
	assert_true(span_ends(bytes.bytes, SPAN("\r\n\r\nAs it was written.\r\n")));
	assert_true(span_find_span(bytes.bytes, SPAN("Received:")) == SPAN_NPOS);
}

/* Nothing but time makes it due, and nobody who died with it lets it be taken back. */
static void not_when_somebody_has_had_it(void **state)
{
	struct uuid leased = submit(3, 3600), tried = submit(4, 3600), over = submit(5, 3600);
	char sql[256];
	struct str text = str_in(&arena, 64);

	scratch_sql("UPDATE job SET state = 'leased' WHERE job_id = (SELECT max(job_id) FROM job"
		    " JOIN outbox o ON o.trace_id = blob_id WHERE subject = 'later3')");
	scratch_sql("DELETE FROM job WHERE job_id = (SELECT max(job_id) FROM job"
		    " JOIN outbox o ON o.trace_id = blob_id WHERE subject = 'later4')");
	uuid_add(&text, over);
	(void)snprintf(sql, sizeof sql, "UPDATE outbox SET send_at = now() WHERE trace_id = '%s'",
		str_cstr(&text));
	scratch_sql(sql);
	assert_int_equal(cancel(leased), RC_CONFLICT);
	assert_int_equal(cancel(tried), RC_CONFLICT);
	assert_int_equal(cancel(over), RC_CONFLICT);
	assert_int_equal(scratch_sql(JOBS), 8);
	assert_int_equal(scratch_sql("SELECT count(*) FROM message"), 0);
}

static void check_one(int n, bool cancelled)
{
	assert_int_equal(count_of(IN("drafts", "1"), n), cancelled);
	assert_int_equal(count_of(IN("inbox", "2"), n), !cancelled);
	assert_int_equal(count_of(IN("sent", "1"), n), !cancelled);
	assert_int_equal(count_of(SENT, n), !cancelled);
}

/* Cancels before, at and behind the moment, while the runner claims. */
static void a_race_has_one_winner(void **state)
{
	struct uuid ids[RACERS];
	bool cancelled[RACERS];
	int64_t due_us = (clock_now_us() / USEC_PER_SEC + 4) * USEC_PER_SEC;

	start();
	for (int i = 0; i < RACERS; i++)
		ids[i] = submit(100 + i,
			i < 4 ? 3600 : (int)((due_us - clock_now_us()) / USEC_PER_SEC) + 1);
	for (int i = 0; i < RACERS; i++) {
		/* 10 ms apart, the middle one at the moment */
		int64_t at_us = due_us + (i - RACERS / 2) * 10000;
		if (i == RACERS - 4) /* the last ones have gone for sure */
			until(JOBS, 0);
		if (at_us > clock_now_us())
			(void)poll(NULL, 0, (int)((at_us - clock_now_us()) / 1000));
		enum rc rc = cancel(ids[i]);
		assert_true(rc == RC_OK || rc == RC_CONFLICT);
		cancelled[i] = rc == RC_OK;
		assert_true(i >= 4 || cancelled[i]);
		assert_true(i < RACERS - 4 || !cancelled[i]);
	}
	until(JOBS, 0);
	for (int i = 0; i < RACERS; i++)
		check_one(100 + i, cancelled[i]);
}

/* A destination that is paused is left alone, what was claimed before goes back. */
static void a_pause_is_honoured(void **state)
{
	scratch_sql("INSERT INTO queue_pause VALUES ('destination', 'good.test', 1, '', 'admin')");
	submit(6, 1);
	start();
	until(JOBS, 1);
	assert_int_equal(scratch_sql(JOBS " WHERE destination = 'good.test' AND attempts = 0"), 1);
	scratch_sql("DELETE FROM queue_pause;"
		    "INSERT INTO queue_pause VALUES ('sender', 'm1@a.test', 1, '', 'admin')");
	submit(7, 1); /* without a bell: this ends the runner's wait */
	runner_stop(runner);
	start();
	until(JOBS, 1);
	assert_int_equal(scratch_sql(JOBS " WHERE state = 'held' AND hold_reason = 'paused'"), 1);
	assert_int_equal(count_of(SENT, 6), 1);
	assert_int_equal(count_of(SENT, 7), 0);
}

/* One message at once to `rcpts` addresses at one server. */
static void submit_many(const char *field, int rcpts)
{
	struct ctx ctx = scratch_ctx(&arena, db);
	struct mailbox_ref sender = {
		.mailbox_id = 1, .domain_id = 1, .account_id = 1, .address = SPAN("m1@a.test")
	};
	struct intake_source source = { .mail_from = SPAN("m1@a.test"),
		.helo = SPAN("mail.a.test"),
		.protocol = SPAN("ESMTPSA"),
		.sender = &sender };
	struct err err = { 0 };
	struct uuid id;

	assert_true(addr_parse(SPAN("192.0.2.1"), &source.peer));
	struct intake *in = intake_open(&intake, &ctx, &source);
	for (int i = 0; i < rcpts; i++) {
		struct span to = arena_printf(&arena, "r%d@many.test", i);
		intake_add_rcpt(in,
			&(struct recipient){
				.kind = RECIPIENT_REMOTE, .address = to, .original = to });
	}
	struct span message =
		arena_printf(&arena, "From: m1@a.test\r\nSubject: many\r\n%s\r\nHello.\r\n", field);
	assert_int_equal(intake_write(in, message), RC_OK);
	assert_int_equal(intake_commit(in, &ctx, &id, &err), RC_OK);
	arena_reset(&arena);
}

/* Said by the message, or by the number of its recipients; and a letter passes all of it. */
static void bulk_lets_a_person_pass(void **state)
{
	static const char *const fields[] = { "List-Id: <news.a.test>\r\n", "precedence: Bulk\r\n",
		"List-Unsubscribe: <mailto:u@a.test>\r\n" };

	scratch_sql("UPDATE send_limit SET hour_messages = 0, hour_recipients = 0,"
		    " day_messages = 0, day_recipients = 0");
	bulk_done = 0;
	bulk_before_person = -1;
	for (int i = 0; i < 120; i++)
		submit_many(fields[i % 3], 1);
	submit_many("", BULK_RECIPIENTS);
	submit_many("Precedence: first-class\r\n", BULK_RECIPIENTS - 1);
	assert_int_equal(scratch_sql(JOBS " WHERE priority = 1"), 120 + BULK_RECIPIENTS);
	assert_int_equal(scratch_sql(JOBS " WHERE priority = 0"), BULK_RECIPIENTS - 1);
	start();
	until(JOBS, 0);
	assert_true(bulk_done > 100);
	assert_in_range(bulk_before_person, 0, 20);
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
		T(it_waits_and_then_arrives_once),
		T(taken_back_it_is_a_draft),
		T(not_when_somebody_has_had_it),
		T(a_race_has_one_winner),
		T(a_pause_is_honoured),
		T(bulk_lets_a_person_pass),
	};
#undef T
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	fixture_end(&fixture);
	return failed;
}
