/* dns set, link, unlink: how strict, how published, and who else may look. */
#include "backend/cli/dns_verbs.h"

#include <stdio.h>

#include "backend/accounts/dns_setting_service.h"
#include "backend/accounts/link_service.h"
#include "backend/cli/commands.h"
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
