/* domain, dns, dkim: mail domains, the records they need, their keys. */
#include <stdio.h>
#include <string.h>

#include "backend/accounts/dkim_service.h"
#include "backend/accounts/domain_service.h"
#include "backend/cli/cli.h"
#include "backend/cli/commands.h"
#include "backend/cli/dns_verbs.h"
#include "backend/cli/list.h"
#include "backend/cli/sending_verbs.h"
#include "backend/cli/suspend.h"
#include "backend/dns/watch.h"
#include "backend/dns/zone.h"
#include "mailcore/base/json.h"
#include "mailcore/net/resolver.h"

#define ZONE_MAX (256 * 1024)

static const char *opt_account, *opt_alias_of, *opt_dmarc, *opt_format, *opt_cascade;
static struct suspend_options suspend;

static enum rc show(struct cli *c, const struct domain *domain)
{
	if (c->json)
		cli_print_json(c, domain_json(&c->arena, domain));
	else
		printf(SPAN_FMT "  " SPAN_FMT "%s" SPAN_FMT "%s  %lld mailboxes, %lld aliases\n",
			SPAN_ARG(domain->name), SPAN_ARG(domain->account),
			domain->alias_of.len > 0 ? "  = " : "", SPAN_ARG(domain->alias_of),
			suspension_is_on(&domain->suspension) ? " (suspended)" : "",
			(long long)domain->mailboxes, (long long)domain->aliases);
	return RC_OK;
}

static enum rc domain_add(struct cli *c, const struct options *o, struct err *err)
{
	struct domain_new in = { .name = span_of(o->args[0]),
		.account = span_of(opt_account),
		.alias_of = span_of(opt_alias_of) };
	struct domain domain;
	enum rc rc = domain_create(&c->services, &c->ctx, &in, &domain, err);
	return rc == RC_OK ? show(c, &domain) : rc;
}

static enum rc domain_page(struct cli *c, struct list_page *page, struct err *err)
{
	struct domains list;

	enum rc rc = domain_list(&c->services, &c->ctx, &page->ask, &list, err);
	for (size_t i = 0; rc == RC_OK && i < list.len; i++)
		rc = c->json ? list_item(page, domain_json(&c->arena, &list.items[i]))
			     : show(c, &list.items[i]);
	page->next = rc == RC_OK ? list.next_cursor : SPAN_NONE;
	return rc;
}

static enum rc domain_list_all(struct cli *c, const struct options *o, struct err *err)
{
	(void)o;
	return list_all(c, SPAN_NONE, domain_page, err);
}

static enum rc domain_show(struct cli *c, const struct options *o, struct err *err)
{
	struct domain domain;
	enum rc rc = domain_get(&c->services, &c->ctx, span_of(o->args[0]), &domain, err);
	return rc == RC_OK ? show(c, &domain) : rc;
}

static enum rc domain_set(struct cli *c, const struct options *o, struct err *err)
{
	struct domain_change change = { .account = span_of(opt_account),
		.dmarc = span_of(opt_dmarc) };
	struct domain domain;
	enum rc rc = suspend_read(&suspend, &change.suspension, err);
	if (rc == RC_OK)
		rc = domain_update(
			&c->services, &c->ctx, span_of(o->args[0]), &change, &domain, err);
	return rc == RC_OK ? show(c, &domain) : rc;
}

static enum rc domain_remove(struct cli *c, const struct options *o, struct err *err)
{
	return domain_delete(
		&c->services, &c->ctx, span_of(o->args[0]), opt_cascade != NULL, 0, err);
}

static enum rc domain_bring_back(struct cli *c, const struct options *o, struct err *err)
{
	struct domain domain;
	enum rc rc = domain_restore(&c->services, &c->ctx, span_of(o->args[0]), &domain, err);
	return rc == RC_OK ? show(c, &domain) : rc;
}

int cmd_domain(int argc, char **argv)
{
	static const struct option_row add_rows[] = {
		{ "--account", "LOGIN", "whose domain it is", &opt_account },
		{ "--alias-of", "DOMAIN", "another name of this one", &opt_alias_of },
	};
	static const struct option_row set_rows[] = {
		{ "--account", "LOGIN", "the new owner", &opt_account },
		{ "--dmarc", "apply|junk|ignore", "mail that DMARC would refuse", &opt_dmarc },
		SUSPEND_ROWS(suspend),
	};
	static const struct option_row remove_rows[] = {
		{ "--cascade", NULL, "with its mailboxes and aliases", &opt_cascade },
	};
	static const struct verb verbs[] = {
		{ "add", "DOMAIN [options]", "add a domain, with its DKIM keys", 1, 1, 0,
			domain_add, add_rows, 2 },
		{ "list", "", "all domains", 0, 0, 0, domain_list_all, NULL, 0 },
		{ "show", "DOMAIN", "one domain", 1, 1, 0, domain_show, NULL, 0 },
		{ "set", "DOMAIN [options]", "change a domain", 1, 1, 0, domain_set, set_rows,
			sizeof set_rows / sizeof set_rows[0] },
		{ "route", "DOMAIN [options]", "how its mail leaves: relay, outgoing address", 1, 1,
			0, domain_route_verb, route_rows, ROUTE_ROWS },
		{ "limit", "DOMAIN [options]", "how much it may send", 1, 1, 0, domain_limit_verb,
			limit_rows, LIMIT_ROWS },
		{ "remove", "DOMAIN [options]", "remove a domain; 30 days of undo", 1, 1, 0,
			domain_remove, remove_rows, 1 },
		{ "restore", "DOMAIN", "bring back a domain", 1, 1, 0, domain_bring_back, NULL, 0 },
	};
	return cli_run_verb("domain", verbs, sizeof verbs / sizeof verbs[0], argc, argv);
}

/* ------------------------------------------------------------------------ dns */

static void print_record(const struct record *r)
{
	printf("%-9s %-11s %s " SPAN_FMT "\n", record_status_name(r->status),
		record_need_name(r->need), r->type, SPAN_ARG(r->name));
	printf("          " SPAN_FMT "\n", SPAN_ARG(r->value));
	for (size_t i = 0; i < r->n_found && r->status != RECORD_OK; i++)
		printf("          found: " SPAN_FMT "\n", SPAN_ARG(r->found[i]));
	if (r->hint.len > 0)
		printf("          -> " SPAN_FMT "\n", SPAN_ARG(r->hint));
}

static enum rc print_records(
	struct cli *c, struct span domain, const struct records *records, int64_t checked_at_us)
{
	if (c->json)
		cli_print_json(c, domain_records_json(&c->arena, domain, records, checked_at_us));
	for (size_t i = 0; !c->json && i < records->len; i++)
		print_record(&records->items[i]);
	return RC_OK;
}

static enum rc dns_show(struct cli *c, const struct options *o, struct err *err)
{
	struct domain domain;
	struct records records;
	int64_t checked_at = 0;

	enum rc rc = domain_watch_show(
		&c->services, &c->ctx, span_of(o->args[0]), &domain, &records, &checked_at, err);
	return rc == RC_OK ? print_records(c, domain.name, &records, checked_at) : rc;
}

static enum rc dns_check(struct cli *c, const struct options *o, struct err *err)
{
	struct domain domain;
	struct records records;
	const struct config *config = c->launch.config;
	struct resolver *resolver =
		resolver_open(config_text(config, "dns.servers"), config_ms(config, "dns.timeout"));
	c->services.resolver = resolver;
	enum rc rc = domain_watch_check(
		&c->services, &c->ctx, span_of(o->args[0]), &domain, &records, err);
	c->services.resolver = NULL;
	resolver_close(resolver);
	return rc == RC_OK ? print_records(c, domain.name, &records, c->ctx.now_us) : rc;
}

static enum rc dns_zone(struct cli *c, const struct options *o, struct err *err)
{
	enum zone_format format = ZONE_BIND;
	struct domain domain;
	struct records records;
	int64_t checked_at = 0;
	struct str out = str_in(&c->arena, ZONE_MAX);

	if (opt_format && !zone_format_parse(span_of(opt_format), &format))
		return err_set(err, RC_INVALID, "format", "--format is bind, csv or terraform.");
	enum rc rc = domain_watch_show(
		&c->services, &c->ctx, span_of(o->args[0]), &domain, &records, &checked_at, err);
	if (rc != RC_OK)
		return rc;
	zone_add(&out, domain.name, &records, format);
	(void)fwrite(out.ptr, 1, out.len, stdout);
	return RC_OK;
}

int cmd_dns(int argc, char **argv)
{
	static const struct option_row zone_rows[] = {
		{ "--format", "FORMAT", "bind (default), csv or terraform", &opt_format },
	};
	static const struct verb verbs[] = {
		{ "show", "DOMAIN", "the records that its zone should contain", 1, 1, 0, dns_show,
			NULL, 0 },
		{ "check", "DOMAIN", "the same, compared with what DNS says now", 1, 1, 0,
			dns_check, NULL, 0 },
		{ "zone", "DOMAIN [options]", "the same as text to paste", 1, 1, 0, dns_zone,
			zone_rows, 1 },
		{ "set", "DOMAIN [options]", "how strict its policies are", 1, 1, 0, dns_set,
			dns_set_rows, DNS_SET_ROWS },
		{ "link", "DOMAIN [LABEL]", "make a hand-off link, which needs no log-in", 1, 2, 0,
			dns_link, NULL, 0 },
		{ "links", "DOMAIN", "hand-off links that work", 1, 1, 0, dns_links, NULL, 0 },
		{ "push-to", "DOMAIN SERVER ZONE KEY",
			"set the name server for dynamic updates; the secret on standard input", 4,
			4, 0, dns_push_to, NULL, 0 },
		{ "changes", "DOMAIN", "what a push would change", 1, 1, 0, dns_changes, NULL, 0 },
		{ "push", "DOMAIN", "push the records to that server", 1, 1, 0, dns_push, NULL, 0 },
		{ "unpush", "DOMAIN", "take the last push back", 1, 1, 0, dns_unpush, NULL, 0 },
		{ "unlink", "DOMAIN ID", "revoke a hand-off link", 2, 2, 0, dns_unlink, NULL, 0 },
	};
	return cli_run_verb("dns", verbs, sizeof verbs / sizeof verbs[0], argc, argv);
}

/* ------------------------------------------------------------------------ dkim */

static void print_key(const struct dkim_key *key)
{
	printf(SPAN_FMT "  " SPAN_FMT "  " SPAN_FMT "\n", SPAN_ARG(key->selector),
		SPAN_ARG(key->algorithm), SPAN_ARG(key->state));
}

static enum rc print_keys(struct cli *c, const struct dkim_keys *keys)
{
	struct cJSON *items = json_array(&c->arena);

	for (size_t i = 0; i < keys->len; i++) {
		if (c->json)
			json_push(items, dkim_key_json(&c->arena, &keys->items[i]));
		else
			print_key(&keys->items[i]);
	}
	if (c->json)
		cli_print_items(c, items);
	return RC_OK;
}

static enum rc dkim_show(struct cli *c, const struct options *o, struct err *err)
{
	struct dkim_keys keys;
	enum rc rc = dkim_list(&c->services, &c->ctx, span_of(o->args[0]), &keys, err);
	return rc == RC_OK ? print_keys(c, &keys) : rc;
}

static enum rc dkim_new(struct cli *c, const struct options *o, struct err *err)
{
	struct dkim_keys keys;
	enum rc rc = dkim_rotate(&c->services, &c->ctx, span_of(o->args[0]), &keys, err);
	return rc == RC_OK ? print_keys(c, &keys) : rc;
}

int cmd_dkim(int argc, char **argv)
{
	static const struct verb verbs[] = {
		{ "list", "DOMAIN", "its keys and their states", 1, 1, 0, dkim_show, NULL, 0 },
		{ "rotate", "DOMAIN", "make new keys, to be used once DNS shows them", 1, 1, 0,
			dkim_new, NULL, 0 },
	};
	return cli_run_verb("dkim", verbs, sizeof verbs / sizeof verbs[0], argc, argv);
}
