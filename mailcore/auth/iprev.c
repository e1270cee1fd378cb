/* iprev: does the name that the address has lead back to it? */
#include "mailcore/auth/iprev.h"

#define NAMES_MAX 10

static enum auth_result leads_back(
	struct resolver *r, struct ctx *ctx, const struct addr *ip, struct span name)
{
	enum dns_type type = ip->family == AF_INET6 ? DNS_AAAA : DNS_A;
	struct dns_answer answer;

	enum rc rc = resolver_query(r, ctx, name, type, &answer, NULL);
	if (rc != RC_OK)
		return rc == RC_TEMP ? AUTH_TEMPERROR : AUTH_FAIL;
	for (size_t i = 0; i < answer.len; i++) {
		if (addr_eq(&answer.items[i].addr, ip))
			return AUTH_PASS;
	}
	return AUTH_FAIL;
}

void iprev_check(
	struct resolver *r, struct ctx *ctx, const struct addr *ip, struct iprev_result *out)
{
	struct dns_answer names;
	bool silent = false;

	*out = (struct iprev_result){ .result = AUTH_TEMPERROR, .name = SPAN("") };
	enum rc rc = resolver_reverse(r, ctx, ip, &names);
	if (rc == RC_NOT_FOUND || rc == RC_INVALID)
		out->result = AUTH_PERMERROR;
	if (rc != RC_OK)
		return;
	out->name = names.items[0].text;
	for (size_t i = 0; i < names.len && i < NAMES_MAX; i++) {
		enum auth_result said = leads_back(r, ctx, ip, names.items[i].text);
		silent = silent || said == AUTH_TEMPERROR;
		if (said != AUTH_PASS)
			continue;
		*out = (struct iprev_result){ AUTH_PASS, names.items[i].text };
		return;
	}
	out->result = silent ? AUTH_TEMPERROR : AUTH_FAIL;
}
