/* DANE: the records and what they are worth. */
#include "mailcore/net/dane.h"

enum { USAGE_CA = 2, USAGE_CERTIFICATE = 3, SHA256_BYTES = 32, SHA512_BYTES = 64 };

bool tlsa_parse(struct span rdata, struct tlsa *out)
{
	if (rdata.len < 4)
		return false;
	struct tlsa t = { .usage = (unsigned char)rdata.ptr[0],
		.selector = (unsigned char)rdata.ptr[1],
		.matching = (unsigned char)rdata.ptr[2],
		.data = span_from(rdata, 3) };
	if ((t.usage != USAGE_CA && t.usage != USAGE_CERTIFICATE) || t.selector > 1 ||
		t.matching > 2)
		return false;
	if ((t.matching == 1 && t.data.len != SHA256_BYTES) ||
		(t.matching == 2 && t.data.len != SHA512_BYTES))
		return false;
	*out = t;
	return true;
}

enum rc dane_is_possible(struct resolver *r, struct ctx *ctx)
{
	struct dns_answer answer;

	enum rc rc = resolver_query(r, ctx, SPAN("."), DNS_NS, &answer, NULL);
	if (rc != RC_OK)
		return rc == RC_NOT_FOUND ? rc : RC_TEMP;
	return answer.authentic ? RC_OK : RC_NOT_FOUND;
}

static void take(const struct dns_answer *answer, struct span name, struct dane *out)
{
	*out = (struct dane){ .state = DANE_UNUSABLE, .name = name };
	for (size_t i = 0; i < answer->len && out->len < DANE_RECORDS_MAX; i++)
		out->len += tlsa_parse(answer->items[i].text, &out->records[out->len]);
	if (out->len > 0)
		out->state = DANE_USABLE;
}

/* RC_NOT_FOUND: it says nothing securely. */
static enum rc ask(
	struct resolver *r, struct ctx *ctx, struct span name, uint16_t port, struct dane *out)
{
	struct span owner = arena_printf(ctx->arena, "_%u._tcp." SPAN_FMT, port, SPAN_ARG(name));
	struct dns_answer answer;

	enum rc rc = resolver_query(r, ctx, owner, DNS_TLSA, &answer, NULL);
	if (rc == RC_INVALID)
		return RC_NOT_FOUND; /* too long to be asked for */
	if (rc == RC_OK && !answer.authentic)
		return RC_NOT_FOUND;
	if (rc == RC_OK)
		take(&answer, name, out);
	return rc;
}

/* RFC 7672 §2.2.2: first where an alias leads to, then the name itself. */
enum rc dane_find(
	struct resolver *r, struct ctx *ctx, const struct mx_addr *server, struct dane *out)
{
	enum rc rc = RC_NOT_FOUND;

	*out = (struct dane){ .state = DANE_NONE };
	if (!server->secure)
		return RC_OK;
	if (server->canonical.len > 0)
		rc = ask(r, ctx, server->canonical, server->addr.port, out);
	if (rc == RC_NOT_FOUND)
		rc = ask(r, ctx, server->host, server->addr.port, out);
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}
