/* The outbound queue as its people see it. */
#include "backend/accounts/queue_service.h"

#include "backend/accounts/audit.h"
#include "backend/accounts/domain_service.h"
#include "backend/accounts/page.h"
#include "backend/accounts/queue_repo.h"
#include "backend/accounts/service.h"
#include "mailcore/base/clock.h"
#include "mailcore/base/json.h"
#include "mailcore/db/bell.h"
#include "mailcore/store/store.h"

static enum rc need_domain(
	const struct services *s, struct ctx *ctx, struct span *domain, struct err *err)
{
	struct domain found;

	if (domain->len == 0)
		return RC_OK;
	enum rc rc = domain_get(s, ctx, *domain, &found, err);
	if (rc == RC_OK)
		*domain = found.name;
	return rc;
}

enum rc queue_list(const struct services *s, struct ctx *ctx, const struct queue_ask *ask,
	struct queue_items *out, struct err *err)
{
	struct page page;
	struct queue_find find = { .ask = *ask };
	uint64_t after = 0;
	enum rc rc = need_account(ctx);

	if (rc == RC_OK)
		rc = page_open(ctx, &ask->list, &page, err);
	if (rc == RC_OK && page.after.len > 0 && !span_u64(page.after, INT64_MAX, &after))
		rc = err_set(err, RC_INVALID, "cursor", "This cursor is not one of ours.");
	if (rc == RC_OK)
		rc = need_domain(s, ctx, &find.ask.list.domain, err);
	if (rc != RC_OK)
		return rc;
	find.after = (int64_t)after;
	find.limit = page.limit + 1;
	rc = queue_find_jobs(ctx, &find, out);
	if (rc == RC_OK && out->len > (size_t)page.limit) {
		out->len = (size_t)page.limit;
		int64_t last = out->items[out->len - 1].job.job_id;
		out->next_cursor = page_cursor(
			ctx->arena, arena_printf(ctx->arena, "%lld", (long long)last), SPAN(""));
	}
	return with_reason(err, rc);
}

static enum rc find_one(struct ctx *ctx, int64_t job_id, struct queue_item *out)
{
	struct queue_find find = { .job_id = job_id, .limit = 1 };
	struct queue_items items;

	enum rc rc = queue_find_jobs(ctx, &find, &items);
	if (rc == RC_OK && items.len == 0)
		return RC_NOT_FOUND;
	if (rc == RC_OK)
		*out = items.items[0];
	return rc;
}

enum rc queue_get(const struct services *s, struct ctx *ctx, struct span id, struct queue_item *out,
	struct err *err)
{
	uint64_t job_id = 0;
	enum rc rc = need_account(ctx);

	(void)s;
	if (rc == RC_OK && (!span_u64(id, INT64_MAX, &job_id) || job_id == 0))
		rc = RC_NOT_FOUND;
	if (rc == RC_OK)
		rc = find_one(ctx, (int64_t)job_id, out);
	return rc == RC_NOT_FOUND ? not_found(err, "", "message in the queue")
				  : with_reason(err, rc);
}

enum rc queue_group_list(const struct services *s, struct ctx *ctx, struct span domain,
	struct queue_groups *out, struct err *err)
{
	enum rc rc = need_account(ctx);

	if (rc == RC_OK)
		rc = need_domain(s, ctx, &domain, err);
	if (rc == RC_OK)
		rc = queue_find_groups(ctx, domain, out);
	return with_reason(err, rc);
}

enum rc queue_sender_list(
	const struct services *s, struct ctx *ctx, struct queue_senders *out, struct err *err)
{
	enum rc rc = need_account(ctx);

	(void)s;
	if (rc == RC_OK)
		rc = queue_find_senders(ctx, out);
	return with_reason(err, rc);
}

enum rc queue_hold_list(
	const struct services *s, struct ctx *ctx, struct queue_holds *out, struct err *err)
{
	enum rc rc = need_account(ctx);

	(void)s;
	if (rc == RC_OK)
		rc = queue_find_holds(ctx, out);
	return with_reason(err, rc);
}

/* ------------------------------------------------------------------------ acting */

static const struct {
	const char *audit, *event, *text, *refusal;
} actions[] = {
	[QUEUE_RETRY] = { "queue.retry", "message.queued", "To be tried again now",
		"This message is held. Release it first." },
	[QUEUE_HOLD] = { "queue.hold", "message.held", "Held", "This message is held already." },
	[QUEUE_RELEASE] = { "queue.release", "message.queued", "Released",
		"This message is not held." },
	[QUEUE_REMOVE] = { "queue.remove", "message.removed", "Removed from the queue",
		"This message is being sent at this moment." },
};

struct act {
	const struct queue_items *on;
	enum queue_action action;
	struct span note;
	size_t done;
};

static enum rc audit_each(struct ctx *ctx, const struct act *act, const struct queue_items *done)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < done->len; i++) {
		const struct queue_item *item = &done->items[i];
		struct span object = arena_printf(ctx->arena, "%lld " SPAN_FMT,
			(long long)item->job.job_id, SPAN_ARG(item->job.rcpt));
		rc = audit_add(ctx, item->job.account_id, actions[act->action].audit, object,
			queue_item_json(ctx->arena, item), NULL);
	}
	return rc;
}

static enum rc act_tx(struct ctx *ctx, void *arg)
{
	struct act *act = arg;
	struct queue_items done;
	struct span text = arena_printf(ctx->arena, "%s by " SPAN_FMT "%s" SPAN_FMT ".",
		actions[act->action].text, SPAN_ARG(ctx->actor->login),
		act->note.len > 0 ? ": " : "", SPAN_ARG(act->note));

	enum rc rc = queue_change(ctx, act->action, act->on, &done);
	if (rc == RC_OK && done.len > 0)
		rc = queue_add_events(ctx, &done, span_of(actions[act->action].event), text);
	if (rc == RC_OK)
		rc = audit_each(ctx, act, &done);
	act->done = done.len;
	return rc;
}

static enum rc act_on(const struct services *s, struct ctx *ctx, const struct queue_items *on,
	enum queue_action action, struct span note, size_t *out_done)
{
	struct act act = { .on = on, .action = action, .note = note };

	enum rc rc = service_run(ctx, act_tx, &act);
	if (rc != RC_OK)
		return rc;
	*out_done = act.done;
	bool wakes = action == QUEUE_RETRY || action == QUEUE_RELEASE;
	if (wakes && act.done > 0 && s->store && store_bells(s->store))
		bell_ring(store_bells(s->store), BELL_QUEUE, 0);
	return RC_OK;
}

enum rc queue_act(const struct services *s, struct ctx *ctx, struct span id,
	enum queue_action action, struct queue_item *out, struct err *err)
{
	struct queue_item item;
	struct queue_items on = { .items = &item, .len = 1 };
	size_t done = 0;

	enum rc rc = queue_get(s, ctx, id, &item, err);
	if (rc == RC_OK)
		rc = with_reason(err, act_on(s, ctx, &on, action, SPAN(""), &done));
	if (rc == RC_OK && done == 0)
		return err_set(err, RC_CONFLICT, "", "%s", actions[action].refusal);
	if (rc != RC_OK)
		return rc;
	*out = item;
	if (action != QUEUE_REMOVE && !ctx->actor->dry_run)
		rc = find_one(ctx, item.job.job_id, out);
	return rc == RC_NOT_FOUND ? RC_OK : with_reason(err, rc); /* it has just gone out */
}

enum rc queue_act_all(const struct services *s, struct ctx *ctx, const struct queue_ask *ask,
	enum queue_action action, size_t *out_done, struct err *err)
{
	struct queue_find find = { .ask = *ask, .limit = QUEUE_BULK_MAX };
	struct queue_items on;
	enum rc rc = need_account(ctx);

	if (rc == RC_OK)
		rc = need_domain(s, ctx, &find.ask.list.domain, err);
	if (rc == RC_OK)
		rc = queue_find_jobs(ctx, &find, &on);
	*out_done = 0;
	if (rc == RC_OK && on.len > 0)
		rc = act_on(s, ctx, &on, action, ask->note, out_done);
	return with_reason(err, rc);
}

/* ------------------------------------------------------------------------ JSON */

struct cJSON *queue_item_json(struct arena *a, const struct queue_item *item)
{
	struct cJSON *o = json_object(a);
	const struct job *j = &item->job;
	struct str trace = str_in(a, 64);

	uuid_add(&trace, j->trace_id);
	json_add_text(a, o, "id", arena_printf(a, "%lld", (long long)j->job_id));
	json_add_text(a, o, "trace_id", str_span(&trace));
	json_add_text(a, o, "from", j->mail_from);
	json_add_text(a, o, "to", j->rcpt);
	json_add_text(a, o, "domain", item->domain);
	json_add_text(a, o, "destination", j->destination);
	json_add_text(a, o, "state", j->state);
	json_add_text(a, o, "hold_reason", j->hold_reason);
	json_add_text(a, o, "last_reply", j->last_reply);
	json_add_i64(a, o, "attempts", j->attempts);
	json_add_bool(a, o, "bulk", j->priority != PRIORITY_PERSON);
	json_add_time(a, o, "created_at", j->created_at_s * USEC_PER_SEC);
	json_add_time(a, o, "next_at", j->next_at_s * USEC_PER_SEC);
	return o;
}

struct cJSON *queue_group_json(struct arena *a, const struct queue_group *group)
{
	struct cJSON *o = json_object(a);

	json_add_text(a, o, "destination", group->destination);
	json_add_text(a, o, "state", group->state);
	json_add_text(a, o, "reason", group->reason);
	json_add_text(a, o, "explanation", group->words);
	json_add_bool(a, o, "paused", group->paused);
	json_add_i64(a, o, "messages", group->jobs);
	json_add_time(a, o, "oldest_at", group->oldest_at_us);
	json_add_time(a, o, "next_at", group->next_at_us);
	return o;
}

struct cJSON *queue_sender_json(struct arena *a, const struct queue_sender *sender)
{
	struct cJSON *o = json_object(a);

	json_add_text(a, o, "sender", sender->address);
	json_add_i64(a, o, "messages", sender->jobs);
	json_add_i64(a, o, "held", sender->held);
	json_add_bool(a, o, "paused", sender->paused);
	json_add_time(a, o, "oldest_at", sender->oldest_at_us);
	return o;
}

struct cJSON *queue_done_json(struct arena *a, size_t done)
{
	struct cJSON *o = json_object(a);

	json_add_i64(a, o, "done", (int64_t)done);
	return o;
}
