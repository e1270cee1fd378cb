/* Doing many changes at once: see bulk.h. */
#include "backend/accounts/account_service.h"
#include "backend/accounts/alias_service.h"
#include "backend/accounts/bulk.h"
#include "backend/accounts/domain_service.h"
#include "backend/accounts/mailbox_service.h"
#include "backend/accounts/service.h"
#include "mailcore/base/clock.h"

#define ONE_MS    30000 /* one object may take as long as one call */
#define ONE_ARENA 16384

/* ------------------------------------------------------------------------ which */

struct names {
	struct span *items;
	size_t len;
};

static void add_name(struct ctx *ctx, struct names *names, struct span name)
{
	if (names->len < BULK_MAX)
		names->items[names->len] = arena_span(ctx->arena, name);
	names->len++;
}

/* A page of those that match; ask->cursor goes on. */
static enum rc add_page(const struct services *s, struct ctx *ctx, enum bulk_kind kind,
	struct list_ask *ask, struct names *names, struct err *err)
{
	struct mailboxes mailboxes = { 0 };
	struct aliases aliases = { 0 };
	struct domains domains = { 0 };
	struct accounts accounts = { 0 };
	enum rc rc = RC_OK;

	switch (kind) {
	case BULK_MAILBOXES:
		rc = mailbox_list(s, ctx, ask, &mailboxes, err);
		ask->cursor = mailboxes.next_cursor;
		break;
	case BULK_ALIASES:
		rc = alias_list(s, ctx, ask, &aliases, err);
		ask->cursor = aliases.next_cursor;
		break;
	case BULK_DOMAINS:
		rc = domain_list(s, ctx, ask, &domains, err);
		ask->cursor = domains.next_cursor;
		break;
	case BULK_ACCOUNTS:
		rc = account_list(s, ctx, ask, &accounts, err);
		ask->cursor = accounts.next_cursor;
		break;
	}
	for (size_t i = 0; rc == RC_OK && i < mailboxes.len; i++)
		add_name(ctx, names, mailboxes.items[i].address);
	for (size_t i = 0; rc == RC_OK && i < aliases.len; i++)
		add_name(ctx, names, aliases.items[i].address);
	for (size_t i = 0; rc == RC_OK && i < domains.len; i++)
		add_name(ctx, names, domains.items[i].name);
	for (size_t i = 0; rc == RC_OK && i < accounts.len; i++) {
		if (accounts.items[i].account_id != ctx->actor->account_id)
			add_name(ctx, names, accounts.items[i].login);
	}
	return rc;
}

static enum rc find_names(const struct services *s, struct ctx *ctx, const struct bulk_ask *ask,
	struct names *out, struct err *err)
{
	struct list_ask match = { .limit = LIST_LIMIT_MAX,
		.search = ask->match.search,
		.domain = ask->match.domain,
		.state = ask->match.state,
		.account = ask->match.account,
		.role = ask->match.role };
	enum rc rc = need_account(ctx);

	if (!ask->all) {
		for (size_t i = 0; rc == RC_OK && i < ask->n_names; i++)
			add_name(ctx, out, ask->names[i]);
		return rc;
	}
	do {
		if (rc == RC_OK)
			rc = add_page(s, ctx, ask->kind, &match, out, err);
	} while (rc == RC_OK && match.cursor.len > 0 && out->len <= BULK_MAX);
	return rc;
}

static enum rc select_names(const struct services *s, struct ctx *ctx, const struct bulk_ask *ask,
	struct names *out, struct err *err)
{
	if (!bulk_allows(ask->kind, ask->action))
		return err_set(err, RC_INVALID, "action", "This cannot be done with %s.",
			bulk_kind_names[ask->kind]);
	*out = (struct names){ .items = arena_array(ctx->arena, BULK_MAX, sizeof *out->items) };
	enum rc rc = find_names(s, ctx, ask, out, err);
	if (rc == RC_OK && out->len == 0)
		return err_set(err, RC_INVALID, "names", "Nothing is selected.");
	if (rc == RC_OK && out->len > BULK_MAX)
		return err_set(err, RC_LIMIT, "names",
			"At most %d at a time. Narrow the search first.", BULK_MAX);
	return rc;
}

enum rc bulk_count(const struct services *s, struct ctx *ctx, const struct bulk_ask *ask,
	size_t *out, struct err *err)
{
	struct names names;
	enum rc rc = select_names(s, ctx, ask, &names, err);

	*out = rc == RC_OK ? names.len : 0;
	return rc;
}

/* ------------------------------------------------------------------------ one */

static struct suspension_change switches(const struct bulk_ask *ask)
{
	bool on = ask->action == BULK_SUSPEND;

	if (!on && ask->action != BULK_RESUME)
		return (struct suspension_change){ .set_all = false };
	return (struct suspension_change){
		.set_all = true, .all = on, .set_reason = on, .to = { .reason = ask->reason }
	};
}

static enum rc change_mailbox(const struct services *s, struct ctx *ctx, const struct bulk_ask *ask,
	struct span name, struct err *err)
{
	struct mailbox m;
	struct mailbox_change change = { .suspension = switches(ask),
		.set_quota = ask->action == BULK_QUOTA,
		.quota_bytes = ask->quota_bytes };

	if (ask->action == BULK_DELETE)
		return mailbox_delete(s, ctx, name, 0, err);
	return mailbox_update(s, ctx, name, &change, &m, err);
}

static enum rc change_domain(const struct services *s, struct ctx *ctx, const struct bulk_ask *ask,
	struct span name, struct err *err)
{
	struct domain d;
	struct domain_change change = { .suspension = switches(ask) };

	if (ask->action == BULK_DELETE)
		return domain_delete(s, ctx, name, true, 0, err);
	return domain_update(s, ctx, name, &change, &d, err);
}

static enum rc change_account(const struct services *s, struct ctx *ctx, const struct bulk_ask *ask,
	struct span name, struct err *err)
{
	struct account account;
	struct account_change change = {
		.suspension = switches(ask), .set_plan = ask->action == BULK_PLAN, .plan = ask->plan
	};

	if (ask->action == BULK_DELETE)
		return account_delete(s, ctx, name, 0, err);
	return account_update(s, ctx, name, &change, &account, err);
}

static enum rc change_one(const struct services *s, struct ctx *ctx, const struct bulk_ask *ask,
	struct span name, struct err *err)
{
	switch (ask->kind) {
	case BULK_MAILBOXES:
		return change_mailbox(s, ctx, ask, name, err);
	case BULK_ALIASES:
		return alias_delete(s, ctx, name, 0, err);
	case BULK_DOMAINS:
		return change_domain(s, ctx, ask, name, err);
	case BULK_ACCOUNTS:
		break;
	}
	return change_account(s, ctx, ask, name, err);
}

/* With memory of its own, which ends with the object. */
static enum rc change_apart(const struct services *s, struct ctx *ctx, const struct bulk_ask *ask,
	struct span name, struct err *err)
{
	struct arena mine, *whole = ctx->arena;

	arena_init(&mine, ONE_ARENA);
	ctx->arena = &mine;
	ctx->deadline_ms = clock_mono_ms() + ONE_MS;
	enum rc rc = change_one(s, ctx, ask, name, err);
	ctx->arena = whole;
	arena_done(&mine);
	return rc;
}

enum rc bulk_run(const struct services *s, struct ctx *ctx, const struct bulk_ask *ask,
	struct bulk *out, struct err *err)
{
	struct names names;
	struct bulk_work work;
	enum rc rc = select_names(s, ctx, ask, &names, err);

	if (rc == RC_OK)
		rc = bulk_begin(ctx, ask->kind, ask->action, &work, err);
	if (rc != RC_OK)
		return rc;
	for (size_t i = 0; rc != RC_TEMP && i < names.len; i++) {
		struct err fault = { 0 };
		rc = change_apart(s, ctx, ask, names.items[i], &fault);
		bulk_note(ctx, &work, names.items[i], rc, &fault);
	}
	rc = bulk_end(ctx, &work, err);
	if (rc == RC_OK)
		*out = work.bulk;
	return rc;
}
