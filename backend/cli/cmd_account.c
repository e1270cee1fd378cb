/* account, token: panel log-ins and their API tokens. */
#include <stdio.h>
#include <string.h>

#include "backend/accounts/account_service.h"
#include "backend/accounts/token_service.h"
#include "backend/cli/cli.h"
#include "backend/cli/commands.h"
#include "backend/cli/list.h"
#include "backend/cli/sending_verbs.h"
#include "backend/cli/suspend.h"

static const char *opt_role, *opt_password, *opt_parent, *opt_name, *opt_plan;
static struct suspend_options suspend;

static enum rc show(struct cli *c, const struct account *account)
{
	if (c->json) {
		cli_print_json(c, account_json(&c->arena, account));
		return RC_OK;
	}
	printf(SPAN_FMT "  %s%s  %lld domains, %lld mailboxes\n", SPAN_ARG(account->login),
		role_name(account->role),
		suspension_is_on(&account->suspension) ? " (suspended)" : "",
		(long long)account->domains, (long long)account->mailboxes);
	return RC_OK;
}

static enum rc account_add(struct cli *c, const struct options *o, struct err *err)
{
	struct account_new in = { .login = span_of(o->args[0]),
		.role = ROLE_CUSTOMER,
		.name = span_of(opt_name),
		.parent = span_of(opt_parent),
		.plan = span_of(opt_plan) };
	struct account account;

	if (opt_role && !role_parse(span_of(opt_role), &in.role))
		return err_set(
			err, RC_INVALID, "role", "--role is one of admin, reseller and customer.");
	enum rc rc = cli_password(c, opt_password, &in.password, err);
	if (rc != RC_OK)
		return rc;
	if (in.role == ROLE_ADMIN) {
		rc = account_create_first(
			&c->services, &c->ctx, in.login, in.password, &account, err);
		return rc == RC_OK ? show(c, &account) : rc;
	}
	rc = cli_act(c, err);
	if (rc == RC_OK)
		rc = account_create(&c->services, &c->ctx, &in, &account, err);
	return rc == RC_OK ? show(c, &account) : rc;
}

static enum rc account_page(struct cli *c, struct list_page *page, struct err *err)
{
	struct accounts list;

	enum rc rc = account_list(&c->services, &c->ctx, &page->ask, &list, err);
	for (size_t i = 0; rc == RC_OK && i < list.len; i++)
		rc = c->json ? list_item(page, account_json(&c->arena, &list.items[i]))
			     : show(c, &list.items[i]);
	page->next = rc == RC_OK ? list.next_cursor : SPAN_NONE;
	return rc;
}

static enum rc account_list_all(struct cli *c, const struct options *o, struct err *err)
{
	(void)o;
	return list_all(c, SPAN_NONE, account_page, err);
}

static enum rc account_show(struct cli *c, const struct options *o, struct err *err)
{
	struct account account;
	enum rc rc = account_get(&c->services, &c->ctx, span_of(o->args[0]), &account, err);
	return rc == RC_OK ? show(c, &account) : rc;
}

static enum rc account_set(struct cli *c, const struct options *o, struct err *err)
{
	struct span login = span_of(o->args[0]), password;
	struct account_change change = { .set_name = opt_name != NULL,
		.name = span_of(opt_name),
		.set_plan = opt_plan != NULL,
		.plan = opt_plan && strcmp(opt_plan, "none") == 0 ? SPAN("") : span_of(opt_plan) };
	struct account account;
	enum rc rc = suspend_read(&suspend, &change.suspension, err);

	if (rc == RC_OK)
		rc = account_update(&c->services, &c->ctx, login, &change, &account, err);
	if (rc == RC_OK && opt_password) {
		rc = cli_password(c, opt_password, &password, err);
		if (rc == RC_OK)
			rc = account_set_password(&c->services, &c->ctx, login, password, err);
	}
	return rc == RC_OK ? show(c, &account) : rc;
}

static enum rc account_remove(struct cli *c, const struct options *o, struct err *err)
{
	return account_delete(&c->services, &c->ctx, span_of(o->args[0]), 0, err);
}

static enum rc account_bring_back(struct cli *c, const struct options *o, struct err *err)
{
	struct account account;
	enum rc rc = account_restore(&c->services, &c->ctx, span_of(o->args[0]), &account, err);
	return rc == RC_OK ? show(c, &account) : rc;
}

int cmd_account(int argc, char **argv)
{
	static const struct option_row add_rows[] = {
		{ "--role", "ROLE", "admin (the first one), reseller or customer (default)",
			&opt_role },
		{ "--password", "TEXT", "the password; - reads it from standard input",
			&opt_password },
		{ "--parent", "LOGIN", "the account above it", &opt_parent },
		{ "--name", "TEXT", "the person or company", &opt_name },
		{ "--plan", "NAME", "what it may have", &opt_plan },
	};
	static const struct option_row set_rows[] = {
		{ "--password", "TEXT", "a new password; - reads it from standard input",
			&opt_password },
		{ "--name", "TEXT", "the person or company", &opt_name },
		{ "--plan", "NAME", "what it may have; none takes it away", &opt_plan },
		SUSPEND_ROWS(suspend),
	};
	static const struct verb verbs[] = {
		{ "add", "LOGIN [options]", "make an account", 1, 1, CLI_NO_ACTOR, account_add,
			add_rows, 5 },
		{ "list", "", "all accounts", 0, 0, 0, account_list_all, NULL, 0 },
		{ "show", "LOGIN", "one account", 1, 1, 0, account_show, NULL, 0 },
		{ "set", "LOGIN [options]", "change an account", 1, 1, 0, account_set, set_rows,
			sizeof set_rows / sizeof set_rows[0] },
		{ "route", "LOGIN [options]", "how its mail leaves: relay, outgoing address", 1, 1,
			0, account_route_verb, route_rows, ROUTE_ROWS },
		{ "limit", "LOGIN [options]", "how much it may send", 1, 1, 0, account_limit_verb,
			limit_rows, LIMIT_ROWS },
		{ "remove", "LOGIN", "remove an account with all below it; 30 days of undo", 1, 1,
			0, account_remove, NULL, 0 },
		{ "restore", "LOGIN", "bring back an account with all that went with it", 1, 1, 0,
			account_bring_back, NULL, 0 },
	};
	return cli_run_verb("account", verbs, sizeof verbs / sizeof verbs[0], argc, argv);
}

/* ------------------------------------------------------------------------ tokens */

static const char *opt_scopes;

static enum rc show_token(struct cli *c, const struct token *token)
{
	if (c->json)
		cli_print_json(c, token_json(&c->arena, token));
	else if (token->secret.len > 0)
		printf(SPAN_FMT "\n", SPAN_ARG(token->secret));
	else
		printf("%lld  " SPAN_FMT "\n", (long long)token->token_id, SPAN_ARG(token->label));
	return RC_OK;
}

static enum rc token_add(struct cli *c, const struct options *o, struct err *err)
{
	struct span scopes[64], rest = span_of(opt_scopes ? opt_scopes : "*"), part;
	struct token_new in = { .label = span_of(o->args[0]), .scopes = scopes };
	struct token token;

	while (in.n_scopes < 64 && span_split(&rest, ',', &part))
		scopes[in.n_scopes++] = span_trim(part);
	enum rc rc = token_create(&c->services, &c->ctx, &in, &token, err);
	return rc == RC_OK ? show_token(c, &token) : rc;
}

static enum rc token_page(struct cli *c, struct list_page *page, struct err *err)
{
	struct tokens list;

	enum rc rc = token_list(&c->services, &c->ctx, &page->ask, &list, err);
	for (size_t i = 0; rc == RC_OK && i < list.len; i++)
		rc = c->json ? list_item(page, token_json(&c->arena, &list.items[i]))
			     : show_token(c, &list.items[i]);
	page->next = rc == RC_OK ? list.next_cursor : SPAN_NONE;
	return rc;
}

static enum rc token_list_all(struct cli *c, const struct options *o, struct err *err)
{
	(void)o;
	return list_all(c, SPAN_NONE, token_page, err);
}

static enum rc token_remove(struct cli *c, const struct options *o, struct err *err)
{
	uint64_t id;
	if (!span_u64(span_of(o->args[0]), INT64_MAX, &id))
		return err_set(err, RC_INVALID, "token", "A token is named by its number.");
	return token_revoke(&c->services, &c->ctx, (int64_t)id, err);
}

int cmd_token(int argc, char **argv)
{
	static const struct option_row rows[] = {
		{ "--scopes", "LIST",
			"comma-separated, e.g. domains:read,mailboxes:write (default *)",
			&opt_scopes },
	};
	static const struct verb verbs[] = {
		{ "create", "LABEL [options]", "make a token; it is shown once", 1, 1, 0, token_add,
			rows, 1 },
		{ "list", "", "all tokens of the first admin", 0, 0, 0, token_list_all, NULL, 0 },
		{ "revoke", "ID", "end a token", 1, 1, 0, token_remove, NULL, 0 },
	};
	return cli_run_verb("token", verbs, sizeof verbs / sizeof verbs[0], argc, argv);
}
