/* What a push does about one record. */
#include "backend/dns/push.h"
#include "backend/dns/spf_merge.h"
#include "mailcore/auth/spf_policy.h"
#include "mailcore/base/str.h"

/* The strings of a TXT joined. */
static struct span txt_of(struct arena *a, struct span data)
{
	struct str text = str_in(a, UPDATE_DATA_MAX);

	while (data.len > 0) {
		size_t len = (unsigned char)data.ptr[0];
		str_add(&text, span_sub(data, 1, len));
		data = span_from(data, 1 + len);
	}
	return str_span(&text);
}

/* "v=spf1" of "v=spf1 mx -all" */
static struct span family_of(struct span text)
{
	size_t n = 0;
	while (n < text.len && text.ptr[n] != ' ' && text.ptr[n] != ';')
		n++;
	return span_sub(text, 0, n);
}

static bool has(const struct update_set *set, struct span data)
{
	for (size_t i = 0; i < set->len; i++) {
		if (span_eq(set->data[i], data))
			return true;
	}
	return false;
}

static void skip(struct push_change *out, const char *why)
{
	out->action = PUSH_SKIP;
	out->why = why;
}

/* Records of our kind at that name are replaced, one that says the same stays. */
static void decide_txt(struct arena *a, const struct records_ask *ask, struct push_change *out)
{
	const struct update_set *set = out->set;
	struct span *texts = arena_array(a, set->len, sizeof *texts);
	struct spf_merged merged;

	out->deleted = arena_array(a, set->len, sizeof *out->deleted);
	for (size_t i = 0; i < set->len; i++) {
		struct span text = txt_of(a, set->data[i]);
		if (!span_ieq(family_of(text), family_of(out->value)))
			continue;
		out->deleted[out->n_replaced] = set->data[i];
		texts[out->n_replaced++] = text;
	}
	out->replaced = texts;
	if (spf_policy_is_record(out->value) && !ask->takes_no_mail && out->n_replaced > 0 &&
		spf_merge(a, texts, out->n_replaced, ask->addresses, ask->n_addresses, &merged))
		out->value = merged.text;
	if (out->n_replaced == 1 && span_eq(texts[0], out->value)) {
		out->action = PUSH_KEEP;
		out->n_replaced = 0;
	} else {
		out->action = out->n_replaced > 0 ? PUSH_REPLACE : PUSH_ADD;
	}
}

static void decide_alias(struct arena *a, struct push_change *out)
{
	const struct update_set *set = out->set;
	bool is_key = span_eq(span_of(out->record->purpose), SPAN("dkim"));

	if (set->len == 0 && set->exists)
		skip(out, "There are other records under this name.");
	else if (set->len == 0)
		out->action = PUSH_ADD;
	else if (!is_key)
		skip(out, "The name leads elsewhere.");
	else {
		out->action = PUSH_REPLACE;
		out->deleted = arena_array(a, 1, sizeof *out->deleted);
		out->replaced = arena_array(a, 1, sizeof *out->replaced);
		out->deleted[0] = set->data[0];
		out->replaced[0] = SPAN("(another alias)");
		out->n_replaced = 1;
	}
}

static void decide_others(struct push_change *out)
{
	switch (out->type) {
	case DNS_MX:
		if (out->set->len > 0)
			skip(out,
				"Mail goes elsewhere now. Replace the MX record yourself when the move is done.");
		break;
	case DNS_CAA:
		if (out->set->len == 0)
			skip(out,
				"The domain names no authorities yet; naming one shuts out all others.");
		break;
	case DNS_TLSA:
		break;
	default:
		if (out->set->len > 0)
			skip(out, "There is another record under this name.");
	}
}

void push_decide(struct arena *a, const struct record *r, const struct records_ask *ask,
	const struct update_set *set, struct push_change *out)
{
	out->record = r;
	out->action = PUSH_ADD;
	out->value = r->value;
	out->why = "";
	out->set = set;
	if (!update_data_of(a, out->type, out->value, &out->data))
		skip(out, "The record is too long.");
	else if (set->is_alias)
		skip(out, "The name is an alias (CNAME).");
	else if (has(set, out->data))
		out->action = PUSH_KEEP;
	else if (out->type == DNS_TXT)
		decide_txt(a, ask, out);
	else if (out->type == DNS_CNAME)
		decide_alias(a, out);
	else
		decide_others(out);
	if (out->type == DNS_TXT && !update_data_of(a, out->type, out->value, &out->data))
		skip(out, "The record is too long.");
}
