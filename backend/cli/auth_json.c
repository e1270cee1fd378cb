/* Mail authentication as JSON. */
#include "backend/cli/auth_json.h"

#include <cjson/cJSON.h>

#include "mailcore/base/utf8.h"

static void add_text(cJSON *out, const char *name, struct arena *a, struct span text)
{
	struct str utf8 = str_in(a, 3 * text.len);

	utf8_add_valid(&utf8, text);
	cJSON_AddStringToObject(out, name, str_cstr(&utf8));
}

cJSON *spf_json(struct arena *a, const struct spf_result *spf)
{
	cJSON *out = cJSON_CreateObject();

	cJSON_AddStringToObject(out, "result", auth_result_name(spf->result));
	add_text(out, "domain", a, spf->domain);
	add_text(out, "mechanism", a, spf->mechanism);
	cJSON_AddNumberToObject(out, "lookups", spf->lookups);
	cJSON_AddNumberToObject(out, "void", spf->void_lookups);
	add_text(out, "explanation", a, spf->explanation);
	add_text(out, "reason", a, spf->reason);
	return out;
}

cJSON *op_spf(const struct check *c)
{
	struct spf_query query = { .helo = check_text(c, "helo"),
		.mail_from = check_text(c, "mailfrom"),
		.receiver = check_text(c, "receiver") };
	struct spf_result result;

	if (!addr_parse(check_text(c, "ip"), &query.ip))
		return check_error("The request's \"ip\" is no address.");
	spf_check(c->resolver, c->ctx, &query, &result);
	return spf_json(c->ctx->arena, &result);
}

static void add_policy(cJSON *out, const char *name, enum dmarc_policy policy)
{
	static const char *const names[] = { [DMARC_POLICY_NONE] = "none",
		[DMARC_QUARANTINE] = "quarantine",
		[DMARC_REJECT] = "reject" };

	if (policy == DMARC_NO_POLICY)
		cJSON_AddNullToObject(out, name);
	else
		cJSON_AddStringToObject(out, name, names[policy]);
}

cJSON *dmarc_json(struct arena *a, const struct dmarc_result *dmarc)
{
	cJSON *out = cJSON_CreateObject();

	cJSON_AddStringToObject(out, "result", auth_result_name(dmarc->result));
	add_policy(out, "policy", dmarc->policy);
	add_policy(out, "disposition", dmarc->disposition);
	add_text(out, "org_domain", a, dmarc->org_domain);
	add_text(out, "record_domain", a, dmarc->record_domain);
	add_text(out, "aligned_by", a, dmarc->aligned_by);
	add_text(out, "reason", a, dmarc->reason);
	return out;
}

cJSON *op_dmarc(const struct check *c)
{
	const cJSON *domains = cJSON_GetObjectItemCaseSensitive((const cJSON *)c->request, "dkim");
	size_t n = (size_t)cJSON_GetArraySize(domains);
	struct span *dkim = arena_array(c->ctx->arena, n + 1, sizeof *dkim);
	struct dmarc_query query = { .author_domain = check_text(c, "from"),
		.spf_domain = check_text(c, "spf"),
		.dkim_domains = dkim };
	struct dmarc_result result;
	size_t at = span_rfind(query.author_domain, '@');

	if (at != SPAN_NPOS)
		query.author_domain = span_from(query.author_domain, at + 1);
	for (const cJSON *d = domains ? domains->child : NULL; d; d = d->next)
		dkim[query.n_dkim_domains++] = span_of(cJSON_GetStringValue(d));
	dmarc_check(c->resolver, c->ctx, &query, &result);
	cJSON *out = dmarc_json(c->ctx->arena, &result);
	add_text(out, "org", c->ctx->arena, result.org_domain);
	return out;
}
