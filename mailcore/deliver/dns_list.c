/* Lists of addresses in DNS. */
#include "mailcore/deliver/dns_list.h"

#include "mailcore/auth/domain_name.h"
#include "mailcore/deliver/score.h"

#define DEFAULT_TENTHS 30

static bool is_zone(struct span zone)
{
	for (size_t i = 0; i < zone.len; i++) {
		char c = zone.ptr[i];
		if (!ascii_is_alpha(c) && !ascii_is_digit(c) && c != '-' && c != '.' && c != '_')
			return false;
	}
	return zone.len <= DOMAIN_NAME_MAX && domain_name_labels(zone) > 1;
}

enum rc dns_lists_parse(struct span text, struct dns_lists *out, struct err *err)
{
	struct dns_lists lists = { .len = 0 };
	struct span entry;

	while (span_split(&text, ',', &entry)) {
		entry = span_trim(entry);
		size_t equals = span_find(entry, '=');
		struct dns_list list = { .zone = entry, .tenths = DEFAULT_TENTHS };
		bool good = true;
		if (entry.len == 0)
			continue;
		if (equals != SPAN_NPOS) {
			list.zone = span_trim(span_sub(entry, 0, equals));
			good = tenths_parse(span_trim(span_from(entry, equals + 1)), &list.tenths);
		}
		if (!good || !is_zone(list.zone) || lists.len == DNS_LISTS_MAX)
			return err_set(err, RC_INVALID, "mail.dns_lists",
				"\"" SPAN_FMT "\" is not a list like bl.example.org=3.5.",
				SPAN_ARG(entry));
		lists.items[lists.len++] = list;
	}
	*out = lists;
	return RC_OK;
}

/* 4.3.2.1.bl.example.org */
static struct span question(struct arena *a, const struct dns_list *list, const struct addr *ip)
{
	struct span reverse = resolver_reverse_name(a, ip);
	size_t tail = ip->family == AF_INET6 ? SPAN("ip6.arpa").len : SPAN("in-addr.arpa").len;

	if (reverse.len <= tail)
		return SPAN("");
	return arena_printf(a, SPAN_FMT SPAN_FMT,
		SPAN_ARG(span_sub(reverse, 0, reverse.len - tail)), SPAN_ARG(list->zone));
}

void dns_lists_prefetch(
	const struct dns_lists *lists, struct resolver *r, struct arena *a, const struct addr *ip)
{
	for (size_t i = 0; i < lists->len; i++) {
		struct span name = question(a, &lists->items[i], ip);
		if (name.len > 0)
			resolver_prefetch(r, name, DNS_A);
	}
}

static bool says_listed(const struct addr *code)
{
	const uint8_t *b = code->bytes;
	return b[0] == 127 && !(b[1] == 255 && b[2] == 255);
}

enum dns_listed dns_list_has(const struct dns_list *list, struct resolver *r, struct ctx *ctx,
	const struct addr *ip, struct span *out_code)
{
	struct span name = question(ctx->arena, list, ip);
	struct str code = str_in(ctx->arena, 64);
	struct dns_answer answer;

	*out_code = SPAN("");
	enum rc rc = resolver_query(r, ctx, name, DNS_A, &answer, NULL);
	if (rc != RC_OK)
		return rc == RC_NOT_FOUND ? LIST_NO : LIST_UNKNOWN;
	enum dns_listed said = LIST_UNKNOWN;
	const struct addr *shown = &answer.items[0].addr;
	for (size_t i = 0; i < answer.len && said == LIST_UNKNOWN; i++) {
		if (!says_listed(&answer.items[i].addr))
			continue;
		said = LIST_YES;
		shown = &answer.items[i].addr;
	}
	addr_add(&code, shown);
	*out_code = str_span(&code);
	return said;
}
