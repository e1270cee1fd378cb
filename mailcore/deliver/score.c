/*
 * What speaks for and against a message.
 *
 * Weights in tenths of a point. They are modest: authentication says who sent a message, not
 * whether somebody wants it.
 */
#include "mailcore/deliver/score.h"

#include "mailcore/mime/address.h"
#include "mailcore/mime/header.h"

enum {
	SPF_FAIL = 20, /* unless DMARC passes: then somebody has proved it */
	SPF_SOFTFAIL = 10,
	SPF_BROKEN = 5,
	DMARC_FAILED = 15, /* where its policy asks for nothing */
	DMARC_PASSED = -5,
	SEVERAL_AUTHORS = 50, /* whom would the reader blame? */
	NO_REVERSE_NAME = 15,
	REVERSE_NAME_LIES = 10,
	NO_FROM = 10,
	NO_DATE = 5,
	NO_MESSAGE_ID = 5,
};

void signal_add(struct signals *s, const char *name, int tenths, struct span text)
{
	if (s->len == SIGNALS_MAX)
		return;
	s->items[s->len++] = (struct intake_signal){ name, tenths, text };
	s->tenths += tenths;
}

/* --- the sender ------------------------------------------------------------------------------- */

static void score_spf(struct arena *a, const struct auth_query *query,
	const struct auth_verdicts *v, struct signals *out)
{
	struct str ip = str_in(a, 64);
	struct span domain = v->spf.domain;

	if (v->dmarc.result == AUTH_PASS)
		return;
	addr_add(&ip, &query->ip);
	switch (v->spf.result) {
	case AUTH_FAIL:
		signal_add(out, "spf.fail", SPF_FAIL,
			arena_printf(a, SPAN_FMT " says that %s may not send for it (SPF).",
				SPAN_ARG(domain), str_cstr(&ip)));
		break;
	case AUTH_SOFTFAIL:
		signal_add(out, "spf.softfail", SPF_SOFTFAIL,
			arena_printf(a, SPAN_FMT " says that %s should not send for it (SPF).",
				SPAN_ARG(domain), str_cstr(&ip)));
		break;
	case AUTH_PERMERROR:
		signal_add(out, "spf.broken", SPF_BROKEN,
			arena_printf(a, "SPF cannot be evaluated: " SPAN_FMT ".",
				SPAN_ARG(v->spf.reason)));
		break;
	case AUTH_TEMPERROR:
		signal_add(out, "spf.unknown", 0, SPAN("DNS did not answer about SPF."));
		break;
	case AUTH_NONE:
	case AUTH_PASS:
	case AUTH_NEUTRAL:
	case AUTH_POLICY:
		break;
	}
}

static void score_dmarc(struct arena *a, const struct auth_verdicts *v, struct signals *out)
{
	const struct dmarc_result *d = &v->dmarc;

	if (d->result == AUTH_PASS)
		signal_add(out, "dmarc.pass", DMARC_PASSED,
			arena_printf(a, "It comes from " SPAN_FMT ", as " SPAN_FMT " proves.",
				SPAN_ARG(d->author_domain),
				SPAN_ARG(span_eq(d->aligned_by, SPAN("dkim")) ? SPAN("DKIM")
									      : SPAN("SPF"))));
	else if (d->result == AUTH_FAIL)
		signal_add(out, "dmarc.fail", DMARC_FAILED,
			arena_printf(a,
				"It says it is from " SPAN_FMT
				", but neither SPF nor DKIM proves that (DMARC).",
				SPAN_ARG(d->author_domain)));
	else if (d->result == AUTH_TEMPERROR)
		signal_add(out, "dmarc.unknown", 0, SPAN("DNS did not answer about DMARC."));
}

static bool is_local(const struct addr *ip)
{
	static const char *const nets[] = { "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12",
		"192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10", "::1", "fc00::/7",
		"fe80::/10" };

	for (size_t i = 0; i < sizeof nets / sizeof nets[0]; i++) {
		struct net net;
		if (net_parse(span_of(nets[i]), &net) && net_has(&net, ip))
			return true;
	}
	return false;
}

static void score_iprev(
	const struct auth_query *query, const struct auth_verdicts *v, struct signals *out)
{
	if (v->iprev.result == AUTH_TEMPERROR)
		signal_add(out, "iprev.unknown", 0,
			SPAN("DNS did not answer about the name of the server."));
	else if (is_local(&query->ip))
		return;
	else if (v->iprev.result == AUTH_PERMERROR)
		signal_add(out, "iprev.none", NO_REVERSE_NAME,
			SPAN("The address of the server has no name in DNS."));
	else if (v->iprev.result == AUTH_FAIL)
		signal_add(out, "iprev.fail", REVERSE_NAME_LIES,
			SPAN("The name of the server does not lead back to its address."));
}

void score_auth(struct arena *a, const struct auth_query *query, const struct auth_verdicts *v,
	struct signals *out)
{
	score_iprev(query, v, out);
	score_spf(a, query, v, out);
	score_dmarc(a, v, out);
}

/* --- the header ------------------------------------------------------------------------------- */

static bool lacks(struct span head, struct span name)
{
	struct header_field field;
	return !header_find(head, name, &field);
}

/* Several authors are fine (RFC 5322 section 3.6.2), if they are of one domain. */
static bool has_several_domains(struct arena *a, struct span head)
{
	struct header_field from;
	struct address_list list;
	struct span domain;

	if (!header_find(head, SPAN("From"), &from))
		return false;
	address_list_parse(a, from.value, &list);
	return list.len > 1 && dmarc_author_domain(a, head, &domain) != RC_OK;
}

void score_head(struct arena *a, struct span head, struct signals *out)
{
	if (lacks(head, SPAN("From")))
		signal_add(out, "header.no_from", NO_FROM, SPAN("It does not say who wrote it."));
	else if (has_several_domains(a, head))
		signal_add(out, "header.several_authors", SEVERAL_AUTHORS,
			SPAN("Its From names authors of several domains."));
	if (lacks(head, SPAN("Date")))
		signal_add(out, "header.no_date", NO_DATE, SPAN("It has no Date."));
	if (lacks(head, SPAN("Message-ID")))
		signal_add(
			out, "header.no_message_id", NO_MESSAGE_ID, SPAN("It has no Message-ID."));
}

/* --- numbers ---------------------------------------------------------------------------------- */

bool tenths_parse(struct span text, int *out)
{
	bool minus = span_starts(text, SPAN("-"));
	struct span whole = span_from(text, minus), part = SPAN("0");
	size_t dot = span_find(whole, '.');
	uint64_t n, tenth;

	if (dot != SPAN_NPOS) {
		part = span_from(whole, dot + 1);
		whole = span_sub(whole, 0, dot);
	}
	if (part.len != 1 || !span_u64(part, 9, &tenth) ||
		!span_u64(whole, SIGNAL_TENTHS / 10 - 1, &n))
		return false;
	int tenths = (int)(10 * n + tenth);
	*out = minus ? -tenths : tenths;
	return true;
}

void tenths_add(struct str *out, int tenths)
{
	int magnitude = tenths < 0 ? -tenths : tenths;

	str_addf(out, "%s%d.%d", tenths < 0 ? "-" : "", magnitude / 10, magnitude % 10);
}
