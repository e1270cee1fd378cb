/* What follows from an attempt. */
#include "mailcore/deliver/outcome.h"

#include "mailcore/base/clock.h"

/* RFC 3461 §4.1: without NOTIFY failures are told, and delays as we see fit; the null sender never. */
static bool wants(const struct job *job, enum notify what)
{
	bool by_default = what == NOTIFY_FAILURE || what == NOTIFY_DELAY;

	if (job->mail_from.len == 0)
		return false;
	return job->notify == NOTIFY_DEFAULT ? by_default : (job->notify & (unsigned)what) != 0;
}

static struct span duration_text(struct arena *a, int64_t ms)
{
	int64_t minutes = (ms + 30000) / 60000;

	if (ms < 90000)
		return arena_printf(a, "%lld seconds", (long long)((ms + 500) / 1000));
	if (minutes < 90)
		return arena_printf(a, "%lld minutes", (long long)minutes);
	return arena_printf(a, "%lld hours", (long long)((minutes + 30) / 60));
}

/* A tenth more or less, so that what failed together does not come back together. */
static int64_t spread(int64_t wait_ms)
{
	int64_t tenth = wait_ms / 10;

	return tenth > 0 ? wait_ms - tenth + (int64_t)random_below((uint64_t)(2 * tenth)) : wait_ms;
}

static void sent(const struct job *job, const struct remote_result *r, struct verdict *v)
{
	v->outcome.name = r->stored ? SPAN("message.receipt") : SPAN("message.sent");
	v->outcome.text = r->text;
	v->rcpt.action = r->stored ? DSN_DELIVERED : DSN_RELAYED;
	if (r->stored && wants(job, NOTIFY_SUCCESS))
		v->notice = NOTICE_DELIVERED;
	if (r->relayed && wants(job, NOTIFY_SUCCESS))
		v->notice = NOTICE_RELAYED;
}

static void failed(
	struct ctx *ctx, const struct job *job, const struct remote_result *r, struct verdict *v)
{
	v->outcome.outcome = OUTCOME_FAILED;
	v->outcome.name = SPAN("message.failed");
	v->rcpt.action = DSN_FAILED;
	const char *told = "";
	if (wants(job, NOTIFY_FAILURE)) {
		v->notice = NOTICE_FAILED;
		told = " The sender is told.";
	} else if (job->mail_from.len == 0) {
		told = " It was a notification itself, so nobody is told.";
	}
	v->outcome.text = arena_printf(ctx->arena, SPAN_FMT "%s", SPAN_ARG(r->text), told);
}

/* RFC 3463: a temporary status becomes a permanent one, of which the reason is kept. */
static struct span given_up_status(struct arena *a, struct span status)
{
	struct span detail = span_from(status, 1);

	if (status.len < 5 || span_eq(detail, SPAN(".0.0")))
		detail = SPAN(".4.7");
	return arena_printf(a, "5" SPAN_FMT, SPAN_ARG(detail));
}

static void given_up(struct ctx *ctx, const struct outcome_rules *rules, const struct job *job,
	const struct remote_result *r, struct verdict *v)
{
	struct remote_result last = *r;
	struct span age = duration_text(ctx->arena, rules->backoff.lifetime_ms);

	last.text =
		arena_printf(ctx->arena, SPAN_FMT " Given up after %d attempts in " SPAN_FMT ".",
			SPAN_ARG(r->text), job->attempts + 1, SPAN_ARG(age));
	v->rcpt.status = given_up_status(ctx->arena, r->status);
	failed(ctx, job, &last, v);
}

static void later(struct ctx *ctx, const struct outcome_rules *rules, const struct job *job,
	const struct remote_result *r, int64_t age_ms, struct verdict *v)
{
	bool told = rules->delay_notice_ms > 0 && age_ms >= rules->delay_notice_ms;

	v->outcome.name = SPAN("message.deferred");
	v->outcome.text = arena_printf(ctx->arena, SPAN_FMT " The next attempt is in " SPAN_FMT ".",
		SPAN_ARG(r->text), SPAN_ARG(duration_text(ctx->arena, v->outcome.wait_ms)));
	v->outcome.delay_told = told;
	v->rcpt.action = DSN_DELAYED;
	v->rcpt.retry_until_s = job->created_at_s + rules->backoff.lifetime_ms / MSEC_PER_SEC;
	if (told && !job->delay_told && wants(job, NOTIFY_DELAY))
		v->notice = NOTICE_DELAYED;
}

void outcome_decide(struct ctx *ctx, const struct outcome_rules *rules, const struct job *job,
	const struct remote_result *result, bool old, struct verdict *out)
{
	int64_t now_s = ctx->now_us / USEC_PER_SEC, wait_ms = 0;
	int64_t age_ms = (now_s - job->created_at_s) * MSEC_PER_SEC;

	*out = (struct verdict){ .outcome = { .job = job,
					 .outcome = result->outcome,
					 .reply = result->reply,
					 .evidence = result->evidence },
		.rcpt = { .original = job->original_rcpt,
			.final = job->rcpt,
			.status = result->status,
			.remote_mta = result->remote_mta,
			.diagnostic = result->remote_mta.len > 0 ? result->reply : SPAN_NONE,
			.advice = result->advice,
			.last_attempt_s = now_s } };
	switch (result->outcome) {
	case OUTCOME_SENT:
		sent(job, result, out);
		break;
	case OUTCOME_FAILED:
		failed(ctx, job, result, out);
		break;
	case OUTCOME_LATER:
		if (!backoff_next(&rules->backoff, job->attempts + 1, age_ms, &wait_ms)) {
			given_up(ctx, rules, job, result, out);
			break;
		}
		if (old) /* its turn is not moved */
			wait_ms = job->next_at_s > now_s ? (job->next_at_s - now_s) * MSEC_PER_SEC
							 : 1;
		out->outcome.wait_ms = old ? wait_ms : spread(wait_ms);
		later(ctx, rules, job, result, age_ms, out);
		break;
	}
}
