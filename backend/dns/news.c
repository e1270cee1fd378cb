/* What an owner is told by mail of changes in a domain's DNS. */
#include "backend/dns/news.h"

#include "mailcore/base/str.h"

#define TEXT_MAX 12000

enum record_status record_status_parse(struct span name)
{
	for (int i = RECORD_UNKNOWN; i <= RECORD_ERROR; i++) {
		if (span_eq(name, span_of(record_status_name((enum record_status)i))))
			return (enum record_status)i;
	}
	return RECORD_UNKNOWN;
}

static bool is_known_bad(struct span status)
{
	enum record_status s = record_status_parse(status);
	return s != RECORD_OK && s != RECORD_UNKNOWN && s != RECORD_ERROR;
}

/* The record or check that the change is about, by what dns_change.key has of it. */
static const struct record *find(const struct records *records, struct span key)
{
	for (size_t i = 0; i < records->len + records->n_checks; i++) {
		const struct record *r =
			i < records->len ? &records->items[i] : &records->checks[i - records->len];
		struct span type = span_of(r->type);
		bool check = i >= records->len;
		if (span_starts(key, type) && span_find_span(key, r->name) != SPAN_NPOS &&
			(!check || span_find_span(key, span_of(r->purpose)) != SPAN_NPOS))
			return r;
	}
	return NULL;
}

static void add_change(struct str *out, const struct dns_change *change, const struct record *r)
{
	str_addf(out, "* " SPAN_FMT ": was " SPAN_FMT ", is " SPAN_FMT "\n", SPAN_ARG(change->key),
		SPAN_ARG(change->before), SPAN_ARG(change->after));
	if (r && r->hint.len > 0)
		str_addf(out, "  " SPAN_FMT "\n", SPAN_ARG(r->hint));
	for (size_t i = 0; r && i < r->n_found && i < 10; i++)
		str_addf(out, "  found: " SPAN_FMT "\n", SPAN_ARG(r->found[i]));
	str_add_c(out, '\n');
}

bool news_make(struct arena *a, struct span domain, const struct records *records,
	const struct dns_changes *changes, bool open, struct span *out_subject,
	struct span *out_text)
{
	struct str text = str_in(a, TEXT_MAX);
	size_t worse = 0, better = 0, others = 0;

	str_addf(&text, "What has changed in the DNS of " SPAN_FMT ":\n\n", SPAN_ARG(domain));
	for (size_t i = 0; i < changes->len; i++) {
		const struct dns_change *change = &changes->items[i];
		const struct record *r = find(records, change->key);
		if (r && r->need == NEED_OPTIONAL)
			continue;
		bool right = span_eq(change->before, SPAN("ok"));
		worse += right && is_known_bad(change->after);
		better += span_eq(change->after, SPAN("ok"));
		others += record_status_parse(change->after) == RECORD_UNKNOWN &&
			span_eq(change->purpose, SPAN("delegation"));
		if (text.len < TEXT_MAX - 2000)
			add_change(&text, change, r);
	}
	str_add_cstr(&text,
		"The panel shows every record with what to do, under Domains, DNS. There this mail can "
		"be switched off, too.\n");
	*out_subject = arena_printf(a,
		worse + others > 0 ? "DNS of " SPAN_FMT ": look at what has changed"
				   : "DNS of " SPAN_FMT ": all records are right",
		SPAN_ARG(domain));
	*out_text = str_span(&text);
	return str_ok(&text) && (worse + others > 0 || (better > 0 && !open));
}
