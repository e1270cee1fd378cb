/* dns set, link, unlink: how strict, how published, and who else may look. */
#include "backend/cli/dns_verbs.h"

#include <stdio.h>

#include "backend/accounts/dns_setting_service.h"
#include "backend/accounts/link_service.h"
#include "backend/cli/commands.h"
#include "backend/dns/push.h"
#include "mailcore/base/json.h"

static const char *opt_dmarc, *opt_reports, *opt_mta_sts, *opt_takes_mail, *opt_delegated;

const struct option_row dns_set_rows[DNS_SET_ROWS] = {
	{ "--dmarc", "none|quarantine|reject", "the policy to publish", &opt_dmarc },
	{ "--reports", "ADDRESS", "where DMARC reports go", &opt_reports },
	{ "--mta-sts", "none|testing|enforce", "whether senders insist on TLS", &opt_mta_sts },
	{ "--takes-mail", "yes|no", "no: records that say that there is no mail", &opt_takes_mail },
	{ "--dkim-delegated", "yes|no", "selectors lead into the mail server's zone",
		&opt_delegated },
};

static enum rc read_yes(const char *text, const char *field, int *out, struct err *err)
{
	struct span s = span_of(text);
	if (text && !span_eq(s, SPAN("yes")) && !span_eq(s, SPAN("no")))
		return err_set(err, RC_INVALID, field, "This is yes or no.");
	*out = text ? span_eq(s, SPAN("yes")) : -1;
	return RC_OK;
}

static struct span given(const char *text)
{
	return text ? span_of(text) : SPAN_NONE;
}

enum rc dns_set(struct cli *c, const struct options *o, struct err *err)
{
	struct dns_setting_change change = { .dmarc_policy = given(opt_dmarc),
		.dmarc_reports = given(opt_reports),
		.mta_sts = given(opt_mta_sts) };
	struct dns_setting setting;

	enum rc rc = read_yes(opt_takes_mail, "takes-mail", &change.takes_mail, err);
	if (rc == RC_OK)
		rc = read_yes(opt_delegated, "dkim-delegated", &change.dkim_delegated, err);
	if (rc == RC_OK)
		rc = dns_setting_set(
			&c->services, &c->ctx, span_of(o->args[0]), &change, &setting, err);
	if (rc != RC_OK)
		return rc;
	if (c->json)
		cli_print_json(c, dns_setting_json(&c->arena, &setting));
	else
		printf("dmarc " SPAN_FMT ", mta-sts " SPAN_FMT ", %s, dkim %s\n",
			SPAN_ARG(setting.dmarc_policy), SPAN_ARG(setting.mta_sts),
			setting.takes_mail ? "takes mail" : "takes no mail",
			setting.dkim_delegated ? "delegated" : "in its own zone");
	return RC_OK;
}

/* ------------------------------------------------------------------------ hand-off links */

static void print_link(const struct link *link)
{
	printf("%lld  " SPAN_FMT "%s" SPAN_FMT "\n", (long long)link->link_id,
		SPAN_ARG(link->label), link->label.len > 0 ? "  " : "", SPAN_ARG(link->url));
}

enum rc dns_link(struct cli *c, const struct options *o, struct err *err)
{
	struct link link;
	enum rc rc = link_make_dns(&c->services, &c->ctx, span_of(o->args[0]), 0,
		o->n_args > 1 ? span_of(o->args[1]) : SPAN(""), &link, err);

	if (rc == RC_OK && c->json)
		cli_print_json(c, link_json(&c->arena, &link));
	else if (rc == RC_OK)
		print_link(&link);
	return rc;
}

enum rc dns_links(struct cli *c, const struct options *o, struct err *err)
{
	struct cJSON *items = json_array(&c->arena);
	struct links links;
	enum rc rc = link_list_dns(&c->services, &c->ctx, span_of(o->args[0]), &links, err);

	for (size_t i = 0; rc == RC_OK && i < links.len; i++) {
		if (c->json)
			json_push(items, link_json(&c->arena, &links.items[i]));
		else
			print_link(&links.items[i]);
	}
	if (rc == RC_OK && c->json)
		cli_print_items(c, items);
	return rc;
}

enum rc dns_unlink(struct cli *c, const struct options *o, struct err *err)
{
	uint64_t id;

	if (!span_u64(span_of(o->args[1]), INT64_MAX, &id))
		return err_set(err, RC_NOT_FOUND, "", "There is no such link.");
	return link_revoke_dns(&c->services, &c->ctx, span_of(o->args[0]), (int64_t)id, err);
}

/* ------------------------------------------------------------------------ push */

/* DOMAIN SERVER ZONE KEY, the secret on standard input. */
enum rc dns_push_to(struct cli *c, const struct options *o, struct err *err)
{
	struct push_setting setting,
		in = { .server = span_of(o->args[1]),
			.zone = span_of(o->args[2]),
			.key_name = span_of(o->args[3]) };
	enum rc rc = cli_password(c, "-", &in.secret, err);

	if (rc == RC_OK)
		rc = push_setting_set(
			&c->services, &c->ctx, span_of(o->args[0]), &in, &setting, err);
	return rc;
}

static enum rc print_plan(struct cli *c, const struct push_plan *plan)
{
	static const char marks[] = {
		[PUSH_KEEP] = ' ', [PUSH_ADD] = '+', [PUSH_REPLACE] = '+', [PUSH_SKIP] = '!'
	};

	if (c->json) {
		cli_print_json(c, push_plan_json(&c->arena, plan));
		return RC_OK;
	}
	for (size_t i = 0; i < plan->len; i++) {
		const struct push_change *p = &plan->items[i];
		for (size_t k = 0; k < p->n_replaced; k++)
			printf("- " SPAN_FMT " %s " SPAN_FMT "\n", SPAN_ARG(p->record->name),
				p->record->type, SPAN_ARG(p->replaced[k]));
		printf("%c " SPAN_FMT " %s " SPAN_FMT "%s%s\n", marks[p->action],
			SPAN_ARG(p->record->name), p->record->type, SPAN_ARG(p->value),
			p->why[0] ? "  # " : "", p->why);
	}
	return RC_OK;
}

enum rc dns_changes(struct cli *c, const struct options *o, struct err *err)
{
	struct push_plan plan;
	enum rc rc = push_show(&c->services, &c->ctx, span_of(o->args[0]), &plan, err);

	return rc == RC_OK ? print_plan(c, &plan) : rc;
}

enum rc dns_push(struct cli *c, const struct options *o, struct err *err)
{
	struct push_plan plan;
	enum rc rc = push_apply(&c->services, &c->ctx, span_of(o->args[0]), &plan, err);

	return rc == RC_OK ? print_plan(c, &plan) : rc;
}

enum rc dns_unpush(struct cli *c, const struct options *o, struct err *err)
{
	return push_undo(&c->services, &c->ctx, span_of(o->args[0]), err);
}
