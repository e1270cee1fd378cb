/* The files that mail programs fetch: autoconfig, autodiscover, mobileconfig; and that mail servers
 * fetch: the MTA-STS policy. */
#include "backend/accounts/dns_setting_service.h"
#include "backend/accounts/domain_service.h"
#include "backend/dns/mta_sts.h"
#include "mailcore/directory/directory.h"
#include "webui/setup/client_files.h"
#include "webui/setup/setup.h"
#include "webui/view/page.h"

/* "alice@example.test", or just the domain. RC_NOT_FOUND: not served here. */
static enum rc find_servers(struct req *r, struct span who, struct client_servers *out)
{
	const struct webui_env *env = page_env(r);
	struct err unused = { 0 };
	size_t at = span_rfind(who, '@');
	struct span domain = at == SPAN_NPOS ? who : span_from(who, at + 1);

	*out = (struct client_servers){ .hostname = span_of(env->hostname),
		.imaps_port = env->imaps_port,
		.pop3s_port = env->pop3s_port,
		.submissions_port = env->submissions_port,
		.submission_port = env->submission_port };
	enum rc rc = domain_name_normalise(r->ctx, domain, &out->domain, &unused);
	if (rc == RC_OK)
		rc = domain_is_local(r->ctx, out->domain);
	return rc == RC_TEMP ? RC_TEMP : rc == RC_OK ? RC_OK : RC_NOT_FOUND;
}

static enum rc not_ours(enum rc rc, struct err *err)
{
	return err_set(err, rc, "", "%s",
		rc == RC_TEMP ? "Please try again." : "This domain is not served here.");
}

/* autoconfig.example.com -> example.com */
static struct span host_domain(struct span host)
{
	size_t dot = span_find(host, '.');
	struct span label = dot == SPAN_NPOS ? host : span_sub(host, 0, dot);
	bool is_helper = span_eq(label, SPAN("autoconfig")) ||
		span_eq(label, SPAN("autodiscover")) || span_eq(label, SPAN("mta-sts"));
	return is_helper && dot != SPAN_NPOS ? span_from(host, dot + 1) : host;
}

enum rc setup_autoconfig(struct req *r, struct reply *out, struct err *err)
{
	struct client_servers servers;
	struct span who = req_query(r, "emailaddress");

	enum rc rc = find_servers(r, who.len > 0 ? who : host_domain(r->host), &servers);
	if (rc != RC_OK)
		return not_ours(rc, err);
	autoconfig_add(reply_begin(r, out, 200, "text/xml; charset=utf-8"), &servers);
	return RC_OK;
}

enum rc setup_autodiscover(struct req *r, struct reply *out, struct err *err)
{
	struct autodiscover_request ask;
	struct client_servers servers;

	if (autodiscover_parse(r->ctx->arena, r->body, &ask) != RC_OK) {
		autodiscover_add_error(reply_begin(r, out, 200, "text/xml; charset=utf-8"), 600,
			SPAN("The request has no e-mail address."));
		return RC_OK;
	}
	enum rc rc = find_servers(r, ask.address, &servers);
	if (rc != RC_OK)
		return not_ours(rc, err);
	struct str *text = reply_begin(r, out, 200, "text/xml; charset=utf-8");
	if (ask.schema.len > 0 && !span_eq(ask.schema, span_of(autodiscover_schema)))
		autodiscover_add_error(
			text, 601, SPAN("Only IMAP, POP3 and SMTP settings are given here."));
	else
		autodiscover_add(text, &servers, ask.address);
	return RC_OK;
}

enum rc setup_mobileconfig(struct req *r, struct reply *out, struct err *err)
{
	struct client_servers servers;
	struct span address = req_query(r, "address");
	struct str text = str_in(r->ctx->arena, CLIENT_FILE_MAX);

	if (address.len > 254 || span_rfind(address, '@') == SPAN_NPOS)
		return err_set(err, RC_INVALID, "address", "This is not an e-mail address.");
	enum rc rc = find_servers(r, address, &servers);
	if (rc != RC_OK)
		return not_ours(rc, err);
	mobileconfig_add(&text, &servers, address, SPAN(""));
	reply_download(r, out, "application/x-apple-aspen-config",
		arena_printf(r->ctx->arena, SPAN_FMT ".mobileconfig", SPAN_ARG(servers.domain)),
		str_span(&text));
	return RC_OK;
}

/* RFC 8461 section 3.3: only below mta-sts.DOMAIN, only over TLS. */
enum rc setup_mta_sts(struct req *r, struct reply *out, struct err *err)
{
	struct client_servers servers;
	struct span mode;

	enum rc rc = span_starts(r->host, SPAN("mta-sts."))
		? find_servers(r, host_domain(r->host), &servers)
		: RC_NOT_FOUND;
	if (rc == RC_OK)
		rc = dns_setting_mta_sts(r->ctx, servers.domain, &mode);
	if (rc != RC_OK)
		return not_ours(rc, err);
	mta_sts_policy_add(
		reply_begin(r, out, 200, "text/plain; charset=utf-8"), servers.hostname, mode);
	return RC_OK;
}
