/* The way of one group: attempt, verdicts, notices, rows. */
#include <poll.h>

#include "mailcore/base/clock.h"
#include "mailcore/base/log.h"
#include "mailcore/deliver/local.h"
#include "mailcore/deliver/receipt.h"
#include "mailcore/deliver/runner_impl.h"

#define SETTLE_TRIES 60 /* a second apart: a database that is away for a minute costs nothing */

/* What is known of jobs that are not tried again. */
static void repeat(struct ctx *ctx, const struct job_group *group, struct remote_attempt *out)
{
	*out = (struct remote_attempt){ .results = arena_array(
						ctx->arena, group->len, sizeof *out->results) };
	for (size_t i = 0; i < group->len; i++) {
		struct span reply = group->jobs[i].last_reply;
		out->results[i] = (struct remote_result){ .outcome = OUTCOME_LATER,
			.status = SPAN("4.4.1"),
			.reply = reply,
			.text = reply.len > 0
				? arena_printf(ctx->arena, "The last answer was: " SPAN_FMT ".",
					  SPAN_ARG(reply))
				: SPAN("The server of the recipient could not be reached."),
			.advice =
				SPAN("The server of the recipient does not take mail at present."
				     " If it is urgent, please reach the recipient another way.") };
	}
}

void runner_back_to_queue(struct runner *r, struct ctx *ctx, const struct job_group *group)
{
	int64_t *ids = arena_array(ctx->arena, group->len, sizeof *ids);

	for (size_t i = 0; i < group->len; i++)
		ids[i] = group->jobs[i].job_id;
	enum rc rc = queue_unclaim(ctx, runner_owner(r), ids, group->len);
	if (rc != RC_OK)
		log_warn("queue.unclaim", "jobs=%zu rc=%s", group->len, rc_name(rc));
}

static bool has_notice(const struct verdict *v, size_t n, enum notice notice)
{
	for (size_t i = 0; i < n; i++) {
		if (v[i].notice == notice)
			return true;
	}
	return false;
}

/* Notices first, the last of them with the outcomes in its tx. Running it again after RC_TEMP may
 * tell twice when there were several notices of one group, never not at all. */
static enum rc settle_once(struct runner *r, struct ctx *ctx, const struct job_group *group,
	const struct verdict *verdicts, bool told[NOTICES])
{
	struct job_outcome *items = arena_array(ctx->arena, group->len, sizeof *items);
	struct bounce_env env = { r->options.intake, r->options.remote.blobs };
	struct bounce_also also;
	enum notice last = NOTICE_NONE;

	for (size_t i = 0; i < group->len; i++)
		items[i] = verdicts[i].outcome;
	queue_settle_stmt(
		ctx, runner_owner(r), items, group->len, &also.stmt, &also.args, &also.n_args);
	for (enum notice n = NOTICE_FAILED; n < NOTICES; n++) {
		if (!told[n] && has_notice(verdicts, group->len, n))
			last = n;
	}
	for (enum notice n = NOTICE_FAILED; n < NOTICES; n++) {
		if (told[n] || !has_notice(verdicts, group->len, n))
			continue;
		enum rc rc = bounce_send(&env, ctx, group, verdicts, n,
			n == last ? &also : &(struct bounce_also){ 0 });
		if (rc == RC_OK && n == last)
			return RC_OK;
		if (rc == RC_TEMP)
			return rc;
		told[n] = true; /* or cannot be */
	}
	return queue_settle(ctx, runner_owner(r), items, group->len);
}

/* With notices, before the thread goes on. */
static void settle(struct runner *r, struct ctx *ctx, const struct job_group *group,
	const struct verdict *verdicts)
{
	bool told[NOTICES] = { 0 };

	runner_borrow_db(r, ctx);
	for (int try = 0; try < SETTLE_TRIES; try++) {
		runner_renew(ctx);
		enum rc rc = settle_once(r, ctx, group, verdicts, told);
		if (rc == RC_OK)
			break;
		log_warn("queue.settle", "jobs=%zu rc=%s", group->len, rc_name(rc));
		if (runner_is_stopping(r))
			break; /* the lease will end */
		(void)poll(NULL, 0, (int)MSEC_PER_SEC);
	}
	runner_return_db(ctx, r);
}

static bool has_notices(const struct verdict *v, size_t n)
{
	for (enum notice notice = NOTICE_FAILED; notice < NOTICES; notice++) {
		if (has_notice(v, n, notice))
			return true;
	}
	return false;
}

static void log_outcomes(
	struct ctx *ctx, const struct job_group *group, const struct remote_attempt *attempt)
{
	static const char *const words[] = { "sent", "later", "failed" };

	for (size_t i = 0; i < group->len; i++) {
		struct str id = str_in(ctx->arena, 64);
		uuid_add(&id, group->jobs[i].trace_id);
		log_info("job.done", "id=%s job=%lld rcpt=%s outcome=%s reply=%s", str_cstr(&id),
			(long long)group->jobs[i].job_id, log_text(ctx->arena, group->jobs[i].rcpt),
			words[attempt->results[i].outcome],
			log_text(ctx->arena, attempt->results[i].reply));
	}
}

/* As they were decided, also when writing them down takes its time. */
static void count(const struct job_group *group, const struct verdict *verdicts)
{
	static const enum figure figures[] = { [OUTCOME_SENT] = FIGURE_SENT,
		[OUTCOME_LATER] = FIGURE_DEFERRED,
		[OUTCOME_FAILED] = FIGURE_BOUNCED };

	for (size_t i = 0; i < group->len; i++)
		figure_add(figures[verdicts[i].outcome.outcome], group->jobs[i].domain_id, 1);
}

static bool all_later(const struct remote_attempt *attempt, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (attempt->results[i].outcome != OUTCOME_LATER || attempt->results[i].in_doubt)
			return false;
	}
	return true;
}

static enum feedback feedback_of(const struct work *w, const struct remote_attempt *attempt)
{
	if (w->old)
		return FEEDBACK_NONE;
	if (attempt->unreachable)
		return FEEDBACK_UNREACHABLE;
	return attempt->busy ? FEEDBACK_BUSY : FEEDBACK_GOOD;
}

/* The connection goes back as soon as the message is in our hands. */
static void attempt_delivery(struct runner *r, struct ctx *ctx, const struct job_group *group,
	struct remote_attempt *out)
{
	runner_borrow_db(r, ctx);
	if (local_is(group))
		local_deliver(r->options.intake, ctx, runner_owner(r), group, out);
	else
		remote_deliver(&r->remote, ctx, group, out);
	runner_return_db(ctx, r);
}

enum feedback runner_run_group(
	struct runner *r, struct ctx *ctx, struct work *w, struct span *out_reply)
{
	const struct job_group *group = &w->group;
	struct remote_attempt attempt = { 0 };
	struct verdict *verdicts = arena_array(ctx->arena, group->len, sizeof *verdicts);

	if (receipts_are(group))
		receipts_result(ctx, group, &attempt);
	else if (w->old)
		repeat(ctx, group, &attempt);
	else
		attempt_delivery(r, ctx, group, &attempt);
	runner_renew(ctx);
	if (runner_is_stopping(r) && all_later(&attempt, group->len)) {
		runner_borrow_db(r, ctx);
		runner_back_to_queue(r, ctx, group); /* it was we who broke off */
		runner_return_db(ctx, r);
		return FEEDBACK_NONE;
	}
	log_outcomes(ctx, group, &attempt);
	for (size_t i = 0; i < group->len; i++)
		outcome_decide(ctx, &r->options.rules, &group->jobs[i], &attempt.results[i], w->old,
			&verdicts[i]);
	count(group, verdicts);
	if (has_notices(verdicts, group->len))
		settle(r, ctx, group, verdicts);
	else
		runner_note_outcomes(w, verdicts);
	*out_reply = attempt.results[0].reply;
	return feedback_of(w, &attempt);
}
