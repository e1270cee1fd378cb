/* Undoing many changes at once, from what the audit log says of them: see bulk.h. */
#include "backend/accounts/account_service.h"
#include "backend/accounts/alias_service.h"
#include "backend/accounts/bulk.h"
#include "backend/accounts/domain_service.h"
#include "backend/accounts/mailbox_service.h"
#include "backend/accounts/service.h"
#include "mailcore/base/clock.h"
#include "mailcore/base/json.h"
#include "sql/bulk.h"

#define ONE_MS    30000
#define ONE_ARENA 16384

struct past {
	struct span object;
	const struct cJSON *before, *after; /* NULL: there was none */
	int64_t version;                    /* that the bulk change left behind */
};

/* ------------------------------------------------------------------------ backwards */

static struct suspension_change suspension_of(const struct cJSON *before)
{
	struct suspension_change change = { .set_no_login = true,
		.set_no_send = true,
		.set_no_receive = true,
		.set_hold_out = true,
		.set_reason = true,
		.set_until = true,
		.to = { .no_login = json_true(json_get(before, "no_login")),
			.no_send = json_true(json_get(before, "no_send")),
			.no_receive = json_true(json_get(before, "no_receive")),
			.hold_out = json_true(json_get(before, "hold_out")),
			.reason = json_text(json_get(before, "suspend_reason")) } };
	int64_t until_us;

	if (clock_parse_rfc3339(json_text(json_get(before, "suspend_until")), &until_us))
		change.to.until_us = until_us;
	return change;
}

static enum rc unmake_mailbox(
	const struct services *s, struct ctx *ctx, const struct past *p, struct err *err)
{
	return mailbox_delete(s, ctx, p->object, p->version, err);
}

static enum rc unmake_alias(
	const struct services *s, struct ctx *ctx, const struct past *p, struct err *err)
{
	return alias_delete(s, ctx, p->object, p->version, err);
}

static enum rc unmake_domain(
	const struct services *s, struct ctx *ctx, const struct past *p, struct err *err)
{
	return domain_delete(s, ctx, p->object, false, p->version, err);
}

static enum rc unchange_mailbox(
	const struct services *s, struct ctx *ctx, const struct past *p, struct err *err)
{
	struct mailbox m;
	struct mailbox_change change = { .suspension = suspension_of(p->before),
		.version = p->version };

	change.set_quota = json_i64(json_get(p->before, "quota_bytes"), &change.quota_bytes);
	return mailbox_update(s, ctx, p->object, &change, &m, err);
}

static enum rc unchange_domain(
	const struct services *s, struct ctx *ctx, const struct past *p, struct err *err)
{
	struct domain d;
	struct domain_change change = { .suspension = suspension_of(p->before),
		.version = p->version };

	return domain_update(s, ctx, p->object, &change, &d, err);
}

static enum rc unchange_account(
	const struct services *s, struct ctx *ctx, const struct past *p, struct err *err)
{
	struct account account;
	struct account_change change = { .suspension = suspension_of(p->before),
		.set_plan = true,
		.plan = json_text(json_get(p->before, "plan")),
		.version = p->version };

	return account_update(s, ctx, p->object, &change, &account, err);
}

static enum rc bring_mailbox(
	const struct services *s, struct ctx *ctx, const struct past *p, struct err *err)
{
	struct mailbox m;
	return mailbox_restore(s, ctx, p->object, &m, err);
}

static enum rc bring_domain(
	const struct services *s, struct ctx *ctx, const struct past *p, struct err *err)
{
	struct domain d;
	return domain_restore(s, ctx, p->object, &d, err);
}

static enum rc bring_account(
	const struct services *s, struct ctx *ctx, const struct past *p, struct err *err)
{
	struct account account;
	return account_restore(s, ctx, p->object, &account, err);
}

/* Aliases are deleted for good; the log has all of them. */
static enum rc bring_alias(
	const struct services *s, struct ctx *ctx, const struct past *p, struct err *err)
{
	struct alias alias;
	const struct cJSON *list = json_get(p->before, "targets");
	struct span targets[ALIAS_TARGETS_MAX];
	struct alias_new in = { .address = p->object,
		.targets = targets,
		.name = json_text(json_get(p->before, "name")),
		.posters = json_text(json_get(p->before, "posters")) };

	for (const struct cJSON *t = json_first(list); t && in.n_targets < ALIAS_TARGETS_MAX;
		t = json_next(t))
		targets[in.n_targets++] = json_text(t);
	return alias_create(s, ctx, &in, &alias, err);
}

static const struct {
	const char *action;
	enum rc (*undo)(
		const struct services *s, struct ctx *ctx, const struct past *p, struct err *err);
} inverses[] = {
	{ "mailbox.create", unmake_mailbox },
	{ "alias.create", unmake_alias },
	{ "domain.create", unmake_domain },
	{ "mailbox.update", unchange_mailbox },
	{ "domain.update", unchange_domain },
	{ "account.update", unchange_account },
	{ "mailbox.delete", bring_mailbox },
	{ "alias.delete", bring_alias },
	{ "domain.delete", bring_domain },
	{ "account.delete", bring_account },
};

/* ------------------------------------------------------------------------ the walk */

struct walk {
	const struct services *s;
	int64_t bulk_id;
	int64_t below; /* in the log */
	struct bulk_work work;
};

static struct cJSON *parse(struct arena *a, struct span text)
{
	struct cJSON *v = NULL;
	return text.len > 0 && json_parse(a, text, &v, NULL) ? v : NULL;
}

static enum rc undo_one(
	const struct walk *w, struct ctx *ctx, const struct rows *rows, size_t row, struct err *err)
{
	struct span action = row_text(rows, row, 1);
	struct past past = { .object = row_text(rows, row, 2),
		.before = parse(ctx->arena, row_text(rows, row, 3)),
		.after = parse(ctx->arena, row_text(rows, row, 4)) };

	if (past.after && !json_i64(json_get(past.after, "version"), &past.version))
		past.version = 0;
	for (size_t i = 0; i < sizeof inverses / sizeof inverses[0]; i++) {
		if (span_eq(action, span_of(inverses[i].action)))
			return inverses[i].undo(w->s, ctx, &past, err);
	}
	return RC_OK; /* what follows from another entry */
}

static enum rc undo_apart(
	const struct walk *w, struct ctx *ctx, const struct rows *rows, size_t row, struct err *err)
{
	struct arena mine, *whole = ctx->arena;

	arena_init(&mine, ONE_ARENA);
	ctx->arena = &mine;
	ctx->deadline_ms = clock_mono_ms() + ONE_MS;
	enum rc rc = undo_one(w, ctx, rows, row, err);
	ctx->arena = whole;
	arena_done(&mine);
	return rc;
}

/* RC_NOT_FOUND: there is no more. */
static enum rc undo_some(struct walk *w, struct ctx *ctx)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc =
		db_query(ctx, &SQL_BULK_CHANGES, ARGS(A_I64(w->bulk_id), A_I64(w->below)), &rows);

	if (rc == RC_OK && rows_len(rows) == 0)
		return RC_NOT_FOUND;
	for (size_t i = 0; rc == RC_OK && i < rows_len(rows); i++) {
		struct err fault = { 0 };
		enum rc one = undo_apart(w, ctx, rows, i, &fault);
		bulk_note(ctx, &w->work, row_text(rows, i, 2), one, &fault);
		w->below = row_i64(rows, i, 0);
		if (one == RC_TEMP)
			rc = RC_TEMP;
	}
	return rc;
}

static enum rc claim(struct ctx *ctx, int64_t bulk_id, struct err *err)
{
	int64_t changed = 0;
	enum rc rc = db_exec(ctx, &SQL_BULK_CLAIM_UNDO, ARGS(A_I64(bulk_id)), &changed);

	if (rc == RC_OK && changed == 0)
		return err_set(err, RC_CONFLICT, "", "This has been undone already.");
	return with_reason(err, rc);
}

/* A token needs the right to change such things, not only to undo. */
static enum rc check_scope(struct ctx *ctx, const struct bulk *bulk, struct err *err)
{
	const char *scope = arena_cstr(
		ctx->arena, arena_printf(ctx->arena, "%s:write", bulk_kind_names[bulk->kind]));

	if (actor_has_scope(ctx->actor, scope))
		return RC_OK;
	return err_set(err, RC_DENIED, "", "This token does not have the scope %s.", scope);
}

static enum rc run(struct walk *w, struct ctx *ctx, struct bulk *bulk, struct err *err)
{
	enum rc rc = RC_OK;

	w->work = (struct bulk_work){ .faults = arena_array(ctx->arena, BULK_FAULTS_MAX,
					      sizeof(struct bulk_fault)) };
	while (rc == RC_OK)
		rc = undo_some(w, ctx);
	bulk->undone = w->work.bulk.done;
	bulk->kept = w->work.bulk.refused;
	bulk->faults = w->work.faults;
	bulk->n_faults = w->work.bulk.n_faults;
	if (ctx->actor->dry_run)
		return rc == RC_NOT_FOUND ? RC_OK : with_reason(err, rc);
	enum rc noted = db_exec(ctx, &SQL_BULK_NOTE_UNDO,
		ARGS(A_I64(w->bulk_id), A_I64(bulk->undone), A_I64(bulk->kept)), NULL);
	return with_reason(err, rc == RC_NOT_FOUND ? noted : rc);
}

enum rc bulk_undo(const struct services *s, struct ctx *ctx, int64_t bulk_id, struct bulk *out,
	struct err *err)
{
	struct walk w = { .s = s, .bulk_id = bulk_id, .below = INT64_MAX };
	struct bulk bulk;
	enum rc rc = bulk_get(s, ctx, bulk_id, &bulk, err);

	if (rc == RC_OK)
		rc = check_scope(ctx, &bulk, err);
	if (rc == RC_OK && bulk.undone_at_us)
		return err_set(err, RC_CONFLICT, "", "This has been undone already.");
	if (rc == RC_OK && !ctx->actor->dry_run)
		rc = claim(ctx, bulk_id, err);
	if (rc == RC_OK)
		rc = run(&w, ctx, &bulk, err);
	if (rc != RC_OK)
		return rc;
	bulk.undone_at_us = ctx->actor->dry_run ? 0 : clock_now_us();
	*out = bulk;
	return RC_OK;
}
