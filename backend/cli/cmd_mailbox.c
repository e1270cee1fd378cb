/* mailbox, alias: addresses. */
#include <stdio.h>

#include "backend/accounts/alias_service.h"
#include "backend/accounts/mailbox_service.h"
#include "backend/cli/cli.h"
#include "backend/cli/commands.h"
#include "backend/cli/list.h"
#include "backend/cli/suspend.h"

static const char *opt_password, *opt_hash, *opt_name, *opt_quota, *opt_domain;
static const char *opt_posters, *opt_hour, *opt_day;
static struct suspend_options suspend;

static enum rc show(struct cli *c, const struct mailbox *m)
{
	if (c->json)
		cli_print_json(c, mailbox_json(&c->arena, m));
	else
		printf(SPAN_FMT "  " SPAN_FMT "  %lld messages, %lld bytes%s%s%s\n",
			SPAN_ARG(m->address), SPAN_ARG(m->name), (long long)m->messages,
			(long long)m->used_bytes, m->suspension.no_login ? "  no log-in" : "",
			m->suspension.no_send ? "  no sending" : "",
			m->suspension.no_receive ? "  no receiving" : "");
	return RC_OK;
}

static enum rc read_quota(int64_t *out, struct err *err)
{
	uint64_t bytes = 0;
	if (opt_quota && !span_u64(span_of(opt_quota), INT64_MAX, &bytes))
		return err_set(
			err, RC_INVALID, "quota", "--quota is a number of bytes; 0 is none.");
	*out = (int64_t)bytes;
	return RC_OK;
}

static enum rc mailbox_add(struct cli *c, const struct options *o, struct err *err)
{
	struct mailbox_new in = { .address = span_of(o->args[0]),
		.name = span_of(opt_name),
		.password_hash = span_of(opt_hash) };
	struct mailbox mailbox;

	enum rc rc = read_quota(&in.quota_bytes, err);
	if (rc == RC_OK && !opt_hash)
		rc = cli_password(c, opt_password, &in.password, err);
	if (rc == RC_OK)
		rc = mailbox_create(&c->services, &c->ctx, &in, &mailbox, err);
	return rc == RC_OK ? show(c, &mailbox) : rc;
}

static enum rc mailbox_page(struct cli *c, struct list_page *page, struct err *err)
{
	struct mailboxes list;

	enum rc rc = mailbox_list(&c->services, &c->ctx, &page->ask, &list, err);
	for (size_t i = 0; rc == RC_OK && i < list.len; i++)
		rc = c->json ? list_item(page, mailbox_json(&c->arena, &list.items[i]))
			     : show(c, &list.items[i]);
	page->next = rc == RC_OK ? list.next_cursor : SPAN_NONE;
	return rc;
}

static enum rc mailbox_list_all(struct cli *c, const struct options *o, struct err *err)
{
	(void)o;
	return list_all(c, span_of(opt_domain), mailbox_page, err);
}

static enum rc mailbox_show(struct cli *c, const struct options *o, struct err *err)
{
	struct mailbox mailbox;
	enum rc rc = mailbox_get(&c->services, &c->ctx, span_of(o->args[0]), &mailbox, err);
	return rc == RC_OK ? show(c, &mailbox) : rc;
}

static enum rc read_limit(
	const char *text, const char *field, bool *out_set, int64_t *out, struct err *err)
{
	uint64_t value = 0;

	*out_set = text != NULL;
	if (text && !span_u64(span_of(text), 1000000000, &value))
		return err_set(err, RC_INVALID, field, "A limit is a number of recipients.");
	*out = (int64_t)value;
	return RC_OK;
}

static enum rc mailbox_set(struct cli *c, const struct options *o, struct err *err)
{
	struct mailbox_change change = {
		.set_name = opt_name != NULL,
		.name = span_of(opt_name),
		.set_quota = opt_quota != NULL,
	};
	struct mailbox mailbox;

	enum rc rc = suspend_read(&suspend, &change.suspension, err);
	if (rc == RC_OK)
		rc = read_quota(&change.quota_bytes, err);
	if (rc == RC_OK)
		rc = read_limit(opt_hour, "send_per_hour", &change.set_send_per_hour,
			&change.send_per_hour, err);
	if (rc == RC_OK)
		rc = read_limit(opt_day, "send_per_day", &change.set_send_per_day,
			&change.send_per_day, err);
	if (rc == RC_OK && opt_password)
		rc = cli_password(c, opt_password, &change.password, err);
	if (rc == RC_OK)
		rc = mailbox_update(
			&c->services, &c->ctx, span_of(o->args[0]), &change, &mailbox, err);
	return rc == RC_OK ? show(c, &mailbox) : rc;
}

static enum rc mailbox_remove(struct cli *c, const struct options *o, struct err *err)
{
	return mailbox_delete(&c->services, &c->ctx, span_of(o->args[0]), 0, err);
}

static enum rc mailbox_bring_back(struct cli *c, const struct options *o, struct err *err)
{
	struct mailbox mailbox;
	enum rc rc = mailbox_restore(&c->services, &c->ctx, span_of(o->args[0]), &mailbox, err);
	return rc == RC_OK ? show(c, &mailbox) : rc;
}

int cmd_mailbox(int argc, char **argv)
{
	static const struct option_row add_rows[] = {
		{ "--password", "TEXT", "the password; - reads it from standard input",
			&opt_password },
		{ "--password-hash", "HASH", "a crypt string of another system instead",
			&opt_hash },
		{ "--name", "TEXT", "whose mailbox it is", &opt_name },
		{ "--quota", "BYTES", "how much it may store; 0: no limit", &opt_quota },
	};
	static const struct option_row set_rows[] = {
		{ "--password", "TEXT", "a new password; - reads it from standard input",
			&opt_password },
		{ "--name", "TEXT", "whose mailbox it is", &opt_name },
		{ "--quota", "BYTES", "how much it may store; 0: no limit", &opt_quota },
		{ "--per-hour", "N", "recipients in an hour; 0: what its plan says", &opt_hour },
		{ "--per-day", "N", "recipients in a day; 0: what its plan says", &opt_day },
		SUSPEND_ROWS(suspend),
	};
	static const struct option_row list_rows[] = {
		{ "--domain", "DOMAIN", "only this domain", &opt_domain },
	};
	static const struct verb verbs[] = {
		{ "add", "ADDRESS [options]", "make a mailbox", 1, 1, 0, mailbox_add, add_rows, 4 },
		{ "list", "[options]", "all mailboxes", 0, 0, 0, mailbox_list_all, list_rows, 1 },
		{ "show", "ADDRESS", "one mailbox", 1, 1, 0, mailbox_show, NULL, 0 },
		{ "set", "ADDRESS [options]", "change a mailbox", 1, 1, 0, mailbox_set, set_rows,
			sizeof set_rows / sizeof set_rows[0] },
		{ "remove", "ADDRESS", "remove a mailbox; 30 days of undo", 1, 1, 0, mailbox_remove,
			NULL, 0 },
		{ "restore", "ADDRESS", "bring back a mailbox", 1, 1, 0, mailbox_bring_back, NULL,
			0 },
	};
	return cli_run_verb("mailbox", verbs, sizeof verbs / sizeof verbs[0], argc, argv);
}

/* ------------------------------------------------------------------------ aliases */

static enum rc show_alias(struct cli *c, const struct alias *alias)
{
	if (c->json) {
		cli_print_json(c, alias_json(&c->arena, alias));
		return RC_OK;
	}
	printf(SPAN_FMT " ->", SPAN_ARG(alias->address));
	for (size_t i = 0; i < alias->n_targets; i++)
		printf(" " SPAN_FMT, SPAN_ARG(alias->targets[i]));
	printf("\n");
	return RC_OK;
}

static void read_alias(struct cli *c, const struct options *o, struct alias_new *out)
{
	struct span *targets = arena_array(&c->arena, o->n_args, sizeof *targets);

	for (size_t i = 1; i < o->n_args; i++)
		targets[i - 1] = span_of(o->args[i]);
	*out = (struct alias_new){ span_of(o->args[0]), targets, o->n_args - 1, span_of(opt_name),
		span_of(opt_posters) };
}

static enum rc alias_add(struct cli *c, const struct options *o, struct err *err)
{
	struct alias_new in;
	struct alias alias;

	read_alias(c, o, &in);
	enum rc rc = alias_create(&c->services, &c->ctx, &in, &alias, err);
	return rc == RC_OK ? show_alias(c, &alias) : rc;
}

static enum rc alias_set(struct cli *c, const struct options *o, struct err *err)
{
	struct alias_new in;
	struct alias alias;

	read_alias(c, o, &in);
	enum rc rc = alias_replace(&c->services, &c->ctx, &in, 0, &alias, err);
	return rc == RC_OK ? show_alias(c, &alias) : rc;
}

static enum rc alias_page(struct cli *c, struct list_page *page, struct err *err)
{
	struct aliases list;

	enum rc rc = alias_list(&c->services, &c->ctx, &page->ask, &list, err);
	for (size_t i = 0; rc == RC_OK && i < list.len; i++)
		rc = c->json ? list_item(page, alias_json(&c->arena, &list.items[i]))
			     : show_alias(c, &list.items[i]);
	page->next = rc == RC_OK ? list.next_cursor : SPAN_NONE;
	return rc;
}

static enum rc alias_list_all(struct cli *c, const struct options *o, struct err *err)
{
	(void)o;
	return list_all(c, span_of(opt_domain), alias_page, err);
}

static enum rc alias_show(struct cli *c, const struct options *o, struct err *err)
{
	struct alias alias;
	enum rc rc = alias_get(&c->services, &c->ctx, span_of(o->args[0]), &alias, err);
	return rc == RC_OK ? show_alias(c, &alias) : rc;
}

static enum rc alias_remove(struct cli *c, const struct options *o, struct err *err)
{
	return alias_delete(&c->services, &c->ctx, span_of(o->args[0]), 0, err);
}

int cmd_alias(int argc, char **argv)
{
	static const struct option_row list_rows[] = {
		{ "--domain", "DOMAIN", "only this domain", &opt_domain },
	};
	static const struct option_row group_rows[] = {
		{ "--name", "TEXT", "what it is for", &opt_name },
		{ "--posters", "WHO", "who may write to it: anyone, domain or members",
			&opt_posters },
	};
	static const struct verb verbs[] = {
		{ "add", "ADDRESS TARGET...", "make an alias (@DOMAIN is the catch-all)", 2, 64, 0,
			alias_add, group_rows, 2 },
		{ "list", "[options]", "all aliases", 0, 0, 0, alias_list_all, list_rows, 1 },
		{ "show", "ADDRESS", "one alias", 1, 1, 0, alias_show, NULL, 0 },
		{ "set", "ADDRESS TARGET...", "give it other targets", 2, 64, 0, alias_set,
			group_rows, 2 },
		{ "remove", "ADDRESS", "remove an alias", 1, 1, 0, alias_remove, NULL, 0 },
	};
	return cli_run_verb("alias", verbs, sizeof verbs / sizeof verbs[0], argc, argv);
}
