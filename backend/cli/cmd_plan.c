/* plan: what accounts may have. deleted: what can be brought back. */
#include <stdio.h>
#include <string.h>

#include "backend/accounts/deleted_service.h"
#include "backend/accounts/plan_service.h"
#include "backend/cli/cli.h"
#include "backend/cli/commands.h"
#include "backend/cli/list.h"
#include "mailcore/base/clock.h"

static const char *opt_name, *opt_domains, *opt_mailboxes, *opt_aliases, *opt_storage, *opt_hour,
	*opt_day, *opt_quota;

static void print_limit(const char *name, int64_t limit)
{
	if (limit == PLAN_NO_LIMIT)
		printf("  %s: no limit", name);
	else
		printf("  %s: %lld", name, (long long)limit);
}

static enum rc show(struct cli *c, const struct plan *p)
{
	if (c->json) {
		cli_print_json(c, plan_json(&c->arena, p));
		return RC_OK;
	}
	printf("%lld  " SPAN_FMT "  of " SPAN_FMT, (long long)p->plan_id, SPAN_ARG(p->name),
		SPAN_ARG(p->account));
	print_limit("domains", p->max_domains);
	print_limit("mailboxes", p->max_mailboxes);
	print_limit("aliases", p->max_aliases);
	print_limit("storage", p->max_storage_bytes);
	print_limit("an hour", p->send_per_hour);
	print_limit("a day", p->send_per_day);
	printf("  (%lld accounts)\n", (long long)p->accounts);
	return RC_OK;
}

static enum rc read_limit(
	const char *option, const char *text, bool *out_set, int64_t *out, struct err *err)
{
	uint64_t n = 0;

	*out_set = text != NULL;
	*out = PLAN_NO_LIMIT;
	if (!text || strcmp(text, "none") == 0)
		return RC_OK;
	if (!span_u64(span_of(text), INT64_MAX, &n))
		return err_set(err, RC_INVALID, "", "%s is a number or none.", option);
	*out = (int64_t)n;
	return RC_OK;
}

static enum rc read_change(struct plan_change *out, struct err *err)
{
	*out = (struct plan_change){ .set_name = opt_name != NULL, .to.name = span_of(opt_name) };
	struct plan *to = &out->to;
	const struct {
		const char *option, *text;
		bool *set;
		int64_t *value;
	} limits[] = {
		{ "--domains", opt_domains, &out->set_max_domains, &to->max_domains },
		{ "--mailboxes", opt_mailboxes, &out->set_max_mailboxes, &to->max_mailboxes },
		{ "--aliases", opt_aliases, &out->set_max_aliases, &to->max_aliases },
		{ "--storage", opt_storage, &out->set_max_storage, &to->max_storage_bytes },
		{ "--per-hour", opt_hour, &out->set_send_per_hour, &to->send_per_hour },
		{ "--per-day", opt_day, &out->set_send_per_day, &to->send_per_day },
		{ "--quota", opt_quota, &out->set_quota, &to->mailbox_quota_bytes },
	};
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < sizeof limits / sizeof limits[0]; i++)
		rc = read_limit(
			limits[i].option, limits[i].text, limits[i].set, limits[i].value, err);
	if (to->mailbox_quota_bytes == PLAN_NO_LIMIT)
		to->mailbox_quota_bytes = 0;
	return rc;
}

static enum rc read_id(const struct options *o, int64_t *out, struct err *err)
{
	uint64_t id;

	if (!span_u64(span_of(o->args[0]), INT64_MAX, &id))
		return err_set(err, RC_INVALID, "", "A plan is named by its number.");
	*out = (int64_t)id;
	return RC_OK;
}

static enum rc plan_add(struct cli *c, const struct options *o, struct err *err)
{
	struct plan_change change;
	struct plan plan;
	enum rc rc = read_change(&change, err);

	if (rc != RC_OK)
		return rc;
	change.to.name = span_of(o->args[0]);
	rc = plan_create(&c->services, &c->ctx, &change.to, &plan, err);
	return rc == RC_OK ? show(c, &plan) : rc;
}

static enum rc plan_page(struct cli *c, struct list_page *page, struct err *err)
{
	struct plans list;

	enum rc rc = plan_list(&c->services, &c->ctx, &page->ask, &list, err);
	for (size_t i = 0; rc == RC_OK && i < list.len; i++)
		rc = c->json ? list_item(page, plan_json(&c->arena, &list.items[i]))
			     : show(c, &list.items[i]);
	page->next = rc == RC_OK ? list.next_cursor : SPAN_NONE;
	return rc;
}

static enum rc plan_list_all(struct cli *c, const struct options *o, struct err *err)
{
	(void)o;
	return list_all(c, SPAN_NONE, plan_page, err);
}

static enum rc plan_show(struct cli *c, const struct options *o, struct err *err)
{
	struct plan plan;
	int64_t id;
	enum rc rc = read_id(o, &id, err);

	if (rc == RC_OK)
		rc = plan_get(&c->services, &c->ctx, id, &plan, err);
	return rc == RC_OK ? show(c, &plan) : rc;
}

static enum rc plan_set(struct cli *c, const struct options *o, struct err *err)
{
	struct plan_change change;
	struct plan plan;
	int64_t id;
	enum rc rc = read_id(o, &id, err);

	if (rc == RC_OK)
		rc = read_change(&change, err);
	if (rc == RC_OK)
		rc = plan_update(&c->services, &c->ctx, id, &change, &plan, err);
	return rc == RC_OK ? show(c, &plan) : rc;
}

static enum rc plan_remove_one(struct cli *c, const struct options *o, struct err *err)
{
	int64_t id;
	enum rc rc = read_id(o, &id, err);

	return rc == RC_OK ? plan_delete(&c->services, &c->ctx, id, 0, err) : rc;
}

int cmd_plan(int argc, char **argv)
{
	static const struct option_row rows[] = {
		{ "--name", "TEXT", "another name", &opt_name },
		{ "--domains", "N|none", "how many domains", &opt_domains },
		{ "--mailboxes", "N|none", "how many mailboxes", &opt_mailboxes },
		{ "--aliases", "N|none", "how many aliases", &opt_aliases },
		{ "--storage", "BYTES|none", "how much in quotas", &opt_storage },
		{ "--quota", "BYTES", "of a mailbox made without a quota", &opt_quota },
		{ "--per-hour", "N|none", "recipients of one mailbox in an hour", &opt_hour },
		{ "--per-day", "N|none", "recipients of one mailbox in a day", &opt_day },
	};
	static const size_t n_rows = sizeof rows / sizeof rows[0];
	static const struct verb verbs[] = {
		{ "add", "NAME [options]", "make a plan", 1, 1, 0, plan_add, rows, n_rows },
		{ "list", "", "all plans", 0, 0, 0, plan_list_all, NULL, 0 },
		{ "show", "ID", "one plan", 1, 1, 0, plan_show, NULL, 0 },
		{ "set", "ID [options]", "change a plan", 1, 1, 0, plan_set, rows, n_rows },
		{ "remove", "ID", "remove a plan that nobody has", 1, 1, 0, plan_remove_one, NULL,
			0 },
	};
	return cli_run_verb("plan", verbs, sizeof verbs / sizeof verbs[0], argc, argv);
}

/* ------------------------------------------------------------------------ deleted */

static void print_deleted(struct cli *c, const struct deleted *d)
{
	struct str at = str_in(&c->arena, 64);

	clock_add_rfc3339(&at, d->deleted_at_us);
	printf("%-8.*s " SPAN_FMT "  " SPAN_FMT "  %s\n", (int)d->kind.len, d->kind.ptr,
		SPAN_ARG(d->name), SPAN_ARG(d->account), str_cstr(&at));
}

static enum rc deleted_page(struct cli *c, struct list_page *page, struct err *err)
{
	struct deleteds list;

	enum rc rc = deleted_list(&c->services, &c->ctx, &page->ask, &list, err);
	for (size_t i = 0; rc == RC_OK && i < list.len; i++) {
		if (c->json)
			rc = list_item(page, deleted_json(&c->arena, &list.items[i]));
		else
			print_deleted(c, &list.items[i]);
	}
	page->next = rc == RC_OK ? list.next_cursor : SPAN_NONE;
	return rc;
}

static enum rc deleted_list_all(struct cli *c, const struct options *o, struct err *err)
{
	(void)o;
	return list_all(c, SPAN_NONE, deleted_page, err);
}

int cmd_deleted(int argc, char **argv)
{
	static const struct verb verbs[] = {
		{ "list", "", "what was deleted in the last 30 days", 0, 0, 0, deleted_list_all,
			NULL, 0 },
	};
	return cli_run_verb("deleted", verbs, 1, argc, argv);
}
