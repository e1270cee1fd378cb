/* What follows from an attempt: next time, end, event, notice (REQUIREMENTS 9 and 14; RFC 3461). */
#include "mailcore/deliver/outcome.h"
#include "tests/unit/cmocka_all.h"

#define NOW  1795000000LL
#define HOUR 3600LL
#define DAY  (24 * HOUR)

static const struct outcome_rules rules = {
	.backoff = { .steps_ms = { 300000, 600000, 14400000 },
		.n_steps = 3,
		.lifetime_ms = 5 * DAY * 1000 },
	.delay_notice_ms = 4 * HOUR * 1000,
};

struct row {
	const char *what;
	enum outcome outcome;
	const char *mail_from;
	unsigned notify;
	int64_t age_s;
	int attempts;
	bool told, relayed;
	enum outcome want;
	enum notice want_notice;
	int64_t wait_s; /* about */
};

static const struct row rows[] = {
	{ "sent", OUTCOME_SENT, "a@x", 0, 10, 0, false, true, OUTCOME_SENT, NOTICE_NONE, 0 },
	{ "sent, success asked, told there", OUTCOME_SENT, "a@x", NOTIFY_SUCCESS, 10, 0, false,
		false, OUTCOME_SENT, NOTICE_NONE, 0 },
	{ "sent, success asked, ours to tell", OUTCOME_SENT, "a@x", NOTIFY_SUCCESS, 10, 0, false,
		true, OUTCOME_SENT, NOTICE_RELAYED, 0 },
	{ "failed", OUTCOME_FAILED, "a@x", 0, 10, 0, false, false, OUTCOME_FAILED, NOTICE_FAILED,
		0 },
	{ "failed, null sender", OUTCOME_FAILED, "", 0, 10, 0, false, false, OUTCOME_FAILED,
		NOTICE_NONE, 0 },
	{ "failed, never", OUTCOME_FAILED, "a@x", NOTIFY_NEVER, 10, 0, false, false, OUTCOME_FAILED,
		NOTICE_NONE, 0 },
	{ "failed, only success", OUTCOME_FAILED, "a@x", NOTIFY_SUCCESS, 10, 0, false, false,
		OUTCOME_FAILED, NOTICE_NONE, 0 },
	{ "later", OUTCOME_LATER, "a@x", 0, 10, 0, false, false, OUTCOME_LATER, NOTICE_NONE, 300 },
	{ "later again", OUTCOME_LATER, "a@x", 0, HOUR, 1, false, false, OUTCOME_LATER, NOTICE_NONE,
		600 },
	{ "delay is told", OUTCOME_LATER, "a@x", 0, 4 * HOUR, 5, false, false, OUTCOME_LATER,
		NOTICE_DELAYED, 4 * HOUR },
	{ "once", OUTCOME_LATER, "a@x", 0, 8 * HOUR, 6, true, false, OUTCOME_LATER, NOTICE_NONE,
		4 * HOUR },
	{ "not when it is not wanted", OUTCOME_LATER, "a@x", NOTIFY_FAILURE, 8 * HOUR, 6, false,
		false, OUTCOME_LATER, NOTICE_NONE, 4 * HOUR },
	{ "not to the null sender", OUTCOME_LATER, "", 0, 8 * HOUR, 6, false, false, OUTCOME_LATER,
		NOTICE_NONE, 4 * HOUR },
	{ "shortened at the end", OUTCOME_LATER, "a@x", 0, 5 * DAY - 600, 30, true, false,
		OUTCOME_LATER, NOTICE_NONE, 600 },
	{ "given up", OUTCOME_LATER, "a@x", 0, 5 * DAY, 30, true, false, OUTCOME_FAILED,
		NOTICE_FAILED, 0 },
	{ "given up, null sender", OUTCOME_LATER, "", 0, 5 * DAY, 30, true, false, OUTCOME_FAILED,
		NOTICE_NONE, 0 },
};

static void decides(void **state)
{
	struct arena a;

	arena_init(&a, 4096);
	struct ctx ctx = { .arena = &a, .now_us = NOW * 1000000 };
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct row *r = &rows[i];
		struct job job = { .mail_from = span_of(r->mail_from),
			.rcpt = SPAN("b@y"),
			.notify = r->notify,
			.created_at_s = NOW - r->age_s,
			.attempts = r->attempts,
			.delay_told = r->told };
		struct remote_result result = { .outcome = r->outcome,
			.status = SPAN("4.2.2"),
			.reply = SPAN("452 4.2.2 full"),
			.remote_mta = SPAN("mx.y"),
			.text = SPAN("It was full."),
			.relayed = r->relayed };
		struct verdict v;
		outcome_decide(&ctx, &rules, &job, &result, false, &v);
		if (v.outcome.outcome != r->want || v.notice != r->want_notice)
			fail_msg("%s: outcome %d, notice %d", r->what, v.outcome.outcome, v.notice);
		assert_in_range(v.outcome.wait_ms, r->wait_s * 900, r->wait_s * 1100);
		if (v.notice == NOTICE_FAILED && r->outcome == OUTCOME_LATER)
			assert_true(span_eq(v.rcpt.status, SPAN("5.2.2")));
		if (v.notice == NOTICE_DELAYED) {
			assert_true(v.outcome.delay_told);
			assert_int_equal(v.rcpt.retry_until_s, job.created_at_s + 5 * DAY);
		}
		assert_true(v.outcome.text.len > 0 && v.outcome.name.len > 0);
	}
	arena_done(&a);
}

/* Not tried: the sender is told, its turn stays. */
static void old_ones_keep_their_turn(void **state)
{
	struct arena a;
	struct verdict v;

	arena_init(&a, 4096);
	struct ctx ctx = { .arena = &a, .now_us = NOW * 1000000 };
	struct job job = {
		.mail_from = SPAN("a@x"), .created_at_s = NOW - 5 * HOUR, .next_at_s = NOW + 1000
	};
	struct remote_result result = { .outcome = OUTCOME_LATER, .status = SPAN("4.4.1") };
	outcome_decide(&ctx, &rules, &job, &result, true, &v);
	assert_int_equal(v.notice, NOTICE_DELAYED);
	assert_int_equal(v.outcome.wait_ms, 1000 * 1000);
	arena_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decides),
		cmocka_unit_test(old_ones_keep_their_turn),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
