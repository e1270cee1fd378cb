/* Plans. */
#include "backend/accounts/plan_service.h"

#include "backend/accounts/audit.h"
#include "backend/accounts/plan_repo.h"
#include "backend/accounts/service.h"
#include "mailcore/base/json.h"

#define NAME_MAX_CHARACTERS 100

static enum rc need_maker(const struct ctx *ctx, struct err *err)
{
	enum rc rc = need_account(ctx);

	if (rc == RC_OK && ctx->actor->role == ROLE_CUSTOMER)
		return err_set(err, RC_DENIED, "", "Your account may not make plans.");
	return rc;
}

static enum rc check(struct plan *plan, struct err *err)
{
	plan->name = span_trim(plan->name);
	if (plan->name.len == 0 || plan->name.len > NAME_MAX_CHARACTERS)
		return err_set(err, RC_INVALID, "name", "A plan has a name of 1 to %d characters.",
			NAME_MAX_CHARACTERS);
	if (plan->max_storage_bytes != PLAN_NO_LIMIT && plan->mailbox_quota_bytes == 0)
		return err_set(err, RC_INVALID, "mailbox_quota_bytes",
			"A plan with limited storage needs a quota for new mailboxes.");
	return RC_OK;
}

struct change {
	struct plan before, *after;
	int64_t version;
	struct err *err;
};

static enum rc create_tx(struct ctx *ctx, void *arg)
{
	struct change *c = arg;
	enum rc rc = plan_check_bounds(ctx, c->after->account_id, c->after, c->err);

	if (rc == RC_OK)
		rc = plan_insert(ctx, c->after);
	if (rc == RC_OK)
		rc = audit_add(ctx, c->after->account_id, "plan.create", c->after->name, NULL,
			plan_json(ctx->arena, c->after));
	return rc;
}

enum rc plan_create(const struct services *s, struct ctx *ctx, const struct plan *in,
	struct plan *out, struct err *err)
{
	struct plan plan = *in;
	struct change c = { .after = &plan, .err = err };
	enum rc rc = need_maker(ctx, err);

	(void)s;
	if (rc == RC_OK)
		rc = check(&plan, err);
	if (rc != RC_OK)
		return rc;
	plan.account_id = ctx->actor->account_id;
	plan.account = ctx->actor->login;
	plan.version = 1;
	rc = service_run(ctx, create_tx, &c);
	if (rc == RC_EXISTS)
		return err_set(err, RC_EXISTS, "name", "You have a plan of this name already.");
	if (rc == RC_OK)
		*out = plan;
	return with_reason(err, rc);
}

enum rc plan_get(const struct services *s, struct ctx *ctx, int64_t plan_id, struct plan *out,
	struct err *err)
{
	enum rc rc = need_account(ctx);

	(void)s;
	if (rc == RC_OK)
		rc = plan_find(ctx, plan_id, out);
	return rc == RC_NOT_FOUND ? not_found(err, "", "plan") : with_reason(err, rc);
}

enum rc plan_list(const struct services *s, struct ctx *ctx, const struct list_ask *ask,
	struct plans *out, struct err *err)
{
	struct page page;
	uint64_t after = 0;
	enum rc rc = need_account(ctx);

	(void)s;
	if (rc == RC_OK)
		rc = page_open(ctx, ask, &page, err);
	if (rc != RC_OK)
		return rc;
	if (page.after.len > 0 && !span_u64(page.after, INT64_MAX, &after))
		return err_set(err, RC_INVALID, "cursor", "This cursor is not one of ours.");
	return with_reason(err, plan_find_page(ctx, &page, (int64_t)after, ask->search, out));
}

static void apply(struct plan *plan, const struct plan_change *change)
{
	if (change->set_name)
		plan->name = change->to.name;
	if (change->set_max_domains)
		plan->max_domains = change->to.max_domains;
	if (change->set_max_mailboxes)
		plan->max_mailboxes = change->to.max_mailboxes;
	if (change->set_max_aliases)
		plan->max_aliases = change->to.max_aliases;
	if (change->set_max_storage)
		plan->max_storage_bytes = change->to.max_storage_bytes;
	if (change->set_send_per_hour)
		plan->send_per_hour = change->to.send_per_hour;
	if (change->set_send_per_day)
		plan->send_per_day = change->to.send_per_day;
	if (change->set_quota)
		plan->mailbox_quota_bytes = change->to.mailbox_quota_bytes;
}

static enum rc update_tx(struct ctx *ctx, void *arg)
{
	struct change *c = arg;
	enum rc rc = plan_check_bounds(ctx, c->after->account_id, c->after, c->err);

	if (rc == RC_OK)
		rc = plan_store(ctx, c->version, c->after);
	if (rc == RC_OK)
		rc = audit_add(ctx, c->after->account_id, "plan.update", c->after->name,
			plan_json(ctx->arena, &c->before), plan_json(ctx->arena, c->after));
	return rc;
}

enum rc plan_update(const struct services *s, struct ctx *ctx, int64_t plan_id,
	const struct plan_change *change, struct plan *out, struct err *err)
{
	struct plan plan;
	struct change c = { .after = &plan, .version = change->version, .err = err };
	enum rc rc = plan_get(s, ctx, plan_id, &plan, err);

	if (rc == RC_OK)
		rc = need_maker(ctx, err);
	if (rc != RC_OK)
		return rc;
	c.before = plan;
	apply(&plan, change);
	rc = check(&plan, err);
	if (rc != RC_OK)
		return rc;
	rc = service_run(ctx, update_tx, &c);
	if (rc == RC_EXISTS)
		return err_set(err, RC_EXISTS, "name", "There is a plan of this name already.");
	if (rc == RC_CONFLICT)
		return version_mismatch(err);
	if (rc == RC_OK)
		*out = plan;
	return with_reason(err, rc);
}

static enum rc delete_tx(struct ctx *ctx, void *arg)
{
	struct change *c = arg;
	enum rc rc = plan_remove(ctx, c->before.plan_id, c->version);

	if (rc == RC_OK)
		rc = audit_add(ctx, c->before.account_id, "plan.delete", c->before.name,
			plan_json(ctx->arena, &c->before), NULL);
	return rc;
}

enum rc plan_delete(const struct services *s, struct ctx *ctx, int64_t plan_id, int64_t version,
	struct err *err)
{
	struct change c = { .version = version };
	enum rc rc = plan_get(s, ctx, plan_id, &c.before, err);

	if (rc == RC_OK)
		rc = need_maker(ctx, err);
	if (rc != RC_OK)
		return rc;
	rc = service_run(ctx, delete_tx, &c);
	if (rc == RC_NOT_FOUND) /* account.plan_id, deleted accounts included */
		return err_set(err, RC_CONFLICT, "",
			"Accounts have this plan. Give them another one first.");
	if (rc == RC_CONFLICT)
		return version_mismatch(err);
	return with_reason(err, rc);
}

static void add_limit(struct arena *a, struct cJSON *o, const char *name, int64_t limit)
{
	if (limit == PLAN_NO_LIMIT)
		json_add_null(a, o, name);
	else
		json_add_i64(a, o, name, limit);
}

struct cJSON *plan_json(struct arena *a, const struct plan *plan)
{
	struct cJSON *o = json_object(a);

	json_add_i64(a, o, "id", plan->plan_id);
	json_add_text(a, o, "name", plan->name);
	json_add_text(a, o, "account", plan->account);
	add_limit(a, o, "max_domains", plan->max_domains);
	add_limit(a, o, "max_mailboxes", plan->max_mailboxes);
	add_limit(a, o, "max_aliases", plan->max_aliases);
	add_limit(a, o, "max_storage_bytes", plan->max_storage_bytes);
	add_limit(a, o, "send_per_hour", plan->send_per_hour);
	add_limit(a, o, "send_per_day", plan->send_per_day);
	json_add_i64(a, o, "mailbox_quota_bytes", plan->mailbox_quota_bytes);
	json_add_i64(a, o, "accounts", plan->accounts);
	json_add_time(a, o, "created_at", plan->created_at_us);
	json_add_i64(a, o, "version", plan->version);
	return o;
}
