/* What DNS answered, judged by its meaning. */
#include "backend/dns/judge.h"

#include "backend/dns/spf_record.h"
#include "backend/dns/tag_list.h"
#include "mailcore/base/base64.h"
#include "mailcore/base/str.h"

#define HINT_MAX 4096

static void judge(struct record *r, enum record_status status, struct span hint)
{
	r->status = status;
	r->hint = hint;
}

static struct span without_dot(struct span name)
{
	return name.len > 0 && name.ptr[name.len - 1] == '.' ? span_sub(name, 0, name.len - 1)
							     : name;
}

static bool same_name(struct span a, struct span b)
{
	return span_ieq(without_dot(a), without_dot(b));
}

void judge_silence(struct arena *a, struct record *r, enum rc rc)
{
	if (rc != RC_NOT_FOUND) {
		judge(r, RECORD_ERROR,
			SPAN("DNS did not answer, so nothing is known. Check again later."));
		return;
	}
	bool elsewhere = span_eq(span_of(r->type), SPAN("PTR"));
	judge(r, RECORD_MISSING,
		elsewhere ? SPAN("Set this name where the address comes from: at your hosting or "
				 "internet provider.")
			  : arena_printf(a, "Add this %s record.", r->type));
}

/* ------------------------------------------------------------------------ MX, host */

void judge_mx(struct arena *a, struct record *r, const struct records_ask *ask,
	const struct dns_answer *answer, const bool *is_ours)
{
	bool ours = false;

	for (size_t i = 0; i < answer->len; i++)
		ours |= is_ours[i] || same_name(answer->items[i].text, ask->hostname);
	if (ours)
		judge(r, RECORD_OK, SPAN(""));
	else if (without_dot(answer->items[0].text).len == 0)
		judge(r, RECORD_WRONG,
			SPAN("The domain says that it takes no mail. Replace this MX record by "
			     "ours."));
	else
		judge(r, RECORD_WRONG,
			arena_printf(a,
				"Mail goes to " SPAN_FMT " now. To receive it here, replace the MX "
				"records by ours.",
				SPAN_ARG(answer->items[0].text)));
}

static bool is_own(const struct records_ask *ask, const struct addr *addr)
{
	bool own = false;
	for (size_t i = 0; i < ask->n_addresses; i++)
		own |= addr_eq(&ask->addresses[i], addr);
	return own;
}

static bool is_listed(const struct dns_answer *answer, struct span value)
{
	struct addr want;
	bool listed = false;
	if (!addr_parse(value, &want))
		return false;
	for (size_t i = 0; i < answer->len; i++)
		listed |= addr_eq(&answer->items[i].addr, &want);
	return listed;
}

void judge_address(struct arena *a, struct record *r, const struct records_ask *ask,
	const struct dns_answer *answer)
{
	const struct addr *foreign = NULL;

	for (size_t i = 0; i < answer->len; i++) {
		if (!is_own(ask, &answer->items[i].addr))
			foreign = &answer->items[i].addr;
	}
	struct str hint = str_in(a, HINT_MAX);
	if (!is_listed(answer, r->value)) {
		str_addf(&hint, "The name leads elsewhere. Let it lead to " SPAN_FMT ".",
			SPAN_ARG(r->value));
	} else if (foreign) {
		str_add_cstr(&hint, "The name also leads to ");
		addr_add(&hint, foreign);
		str_add_cstr(&hint, ", which is not this server. Remove that record.");
	}
	judge(r, hint.len > 0 ? RECORD_WRONG : RECORD_OK, str_span(&hint));
}

void judge_ptr(struct arena *a, struct record *r, const struct records_ask *ask,
	const struct dns_answer *answer)
{
	bool ours = false;

	for (size_t i = 0; i < answer->len; i++)
		ours |= same_name(answer->items[i].text, ask->hostname);
	if (ours)
		judge(r, RECORD_OK, SPAN(""));
	else
		judge(r, RECORD_WRONG,
			arena_printf(a,
				"The address is called " SPAN_FMT ". Have it called " SPAN_FMT
				" where it comes from: at your hosting or internet provider.",
				SPAN_ARG(answer->items[0].text), SPAN_ARG(ask->hostname)));
}

void judge_srv(struct arena *a, struct record *r, const struct dns_answer *answer)
{
	bool ours = false;

	for (size_t i = 0; i < answer->len; i++) {
		const struct dns_rr *rr = &answer->items[i];
		struct span there =
			arena_printf(a, " %u " SPAN_FMT, rr->port, SPAN_ARG(without_dot(rr->text)));
		ours |= span_iends(without_dot(r->value), there);
	}
	judge(r, ours ? RECORD_OK : RECORD_WRONG,
		ours ? SPAN("")
		     : SPAN("Mail programs are led to another server or port. Replace the record."));
}

/* ------------------------------------------------------------------------ SPF */

static size_t count_spf(const struct dns_answer *answer, struct span *out_first)
{
	size_t n = 0;
	for (size_t i = 0; i < answer->len; i++) {
		if (!spf_is_record(answer->items[i].text))
			continue;
		if (n++ == 0)
			*out_first = answer->items[i].text;
	}
	return n;
}

struct span judge_spf_text(const struct dns_answer *answer)
{
	struct span first = SPAN_NONE;
	return count_spf(answer, &first) == 1 ? first : SPAN_NONE;
}

static void judge_spf_cover(struct arena *a, struct record *r, const struct records_ask *ask,
	struct span text, uint32_t passing)
{
	struct span merged = text;

	for (size_t i = ask->n_addresses; i-- > 0;) {
		if (!(passing >> i & 1))
			merged = spf_record_add(a, merged, &ask->addresses[i]);
	}
	if (merged.len == text.len)
		judge(r, RECORD_OK, SPAN(""));
	else
		judge(r, RECORD_WRONG,
			arena_printf(a,
				"This server is not among those that may send. Change the existing "
				"record, do not add a second one: " SPAN_FMT,
				SPAN_ARG(merged)));
}

void judge_spf(struct arena *a, struct record *r, const struct records_ask *ask,
	const struct dns_answer *answer, const struct spf_cover *cover)
{
	struct spf_record parsed;
	struct span text = SPAN_NONE;
	size_t n = count_spf(answer, &text);
	uint32_t all = (uint32_t)((UINT64_C(1) << ask->n_addresses) - 1);

	if (n == 0)
		judge_silence(a, r, RC_NOT_FOUND);
	else if (n > 1)
		judge(r, RECORD_MULTIPLE,
			SPAN("There may be one SPF record only; with several, receivers ignore all. "
			     "Put their parts into one and remove the others."));
	else if (!spf_record_parse(text, &parsed))
		judge(r, RECORD_MALFORMED,
			SPAN("Receivers cannot read this SPF record. Replace it by ours, or mend the "
			     "part that is misspelt."));
	else if (cover->trouble == SPF_TOO_MANY)
		judge(r, RECORD_WRONG,
			SPAN("The record needs more than ten DNS look-ups, so receivers give up. "
			     "Remove includes that are not used any more."));
	else if (cover->trouble == SPF_BROKEN)
		judge(r, RECORD_WRONG,
			SPAN("The record refers to a name that has no SPF record, so receivers "
			     "reject all of it. Remove that part."));
	else if (cover->trouble == SPF_UNANSWERED && (cover->passing & all) != all)
		judge_silence(a, r, RC_TEMP);
	else
		judge_spf_cover(a, r, ask, text, cover->passing);
}

/* ------------------------------------------------------------------------ DKIM */

/* Base64 with the white space that a record may have in it. */
static bool key_decode(struct arena *a, struct span text, struct span *out)
{
	struct str packed = str_in(a, text.len + 1), key = str_in(a, text.len + 4);
	for (size_t i = 0; i < text.len; i++) {
		if (!ascii_is_space(text.ptr[i]))
			str_add_c(&packed, text.ptr[i]);
	}
	bool ok = base64_decode(str_span(&packed), &key);
	*out = str_span(&key);
	return ok;
}

static struct span tag_or(const struct tag_list *tags, struct span name, struct span fallback)
{
	struct span value;
	return tag_list_find(tags, name, &value) ? value : fallback;
}

static bool dkim_parse(struct span text, struct tag_list *tags, struct span *out_p)
{
	struct span version;
	if (!tag_list_parse(text, tags) || !tag_list_find(tags, SPAN("p"), out_p))
		return false;
	if (!tag_list_find(tags, SPAN("v"), &version))
		return true;
	return span_eq(tags->items[0].name, SPAN("v")) && span_eq(version, SPAN("DKIM1"));
}

static bool same_key(struct arena *a, const struct tag_list *want, const struct tag_list *have,
	struct span have_key)
{
	struct span key, rsa = SPAN("rsa");
	return key_decode(a, tag_or(want, SPAN("p"), SPAN("")), &key) && span_eq(key, have_key) &&
		span_ieq(tag_or(want, SPAN("k"), rsa), tag_or(have, SPAN("k"), rsa));
}

void judge_dkim(struct arena *a, struct record *r, const struct dns_answer *answer)
{
	struct tag_list want, have;
	struct span p = SPAN_NONE, want_p, key;

	if (answer->len > 1) {
		judge(r, RECORD_MULTIPLE,
			SPAN("There are several records under this name. Keep ours only."));
		return;
	}
	bool ok = dkim_parse(r->value, &want, &want_p);
	ASSERT(ok); /* we wrote it */
	if (!dkim_parse(answer->items[0].text, &have, &p) || !key_decode(a, p, &key))
		judge(r, RECORD_MALFORMED,
			SPAN("The record is damaged, often by a line break or a missing part. Copy "
			     "the value again, as a whole."));
	else if (p.len == 0)
		judge(r, RECORD_WRONG,
			SPAN("The key is marked as revoked (p= is empty). Replace the record."));
	else if (!same_key(a, &want, &have, key))
		judge(r, RECORD_WRONG,
			SPAN("This is another key than the one we sign with. Replace the record."));
	else
		judge(r, RECORD_OK, SPAN(""));
}

/* ------------------------------------------------------------------------ DMARC */

static bool is_dmarc(struct span text)
{
	struct span first = SPAN_NONE, name;
	if (!span_split(&text, ';', &first) || !span_split(&first, '=', &name))
		return false;
	return span_eq(span_trim(name), SPAN("v")) && span_eq(span_trim(first), SPAN("DMARC1"));
}

static bool is_policy(struct span p)
{
	return span_ieq(p, SPAN("none")) || span_ieq(p, SPAN("quarantine")) ||
		span_ieq(p, SPAN("reject"));
}

void judge_dmarc(struct arena *a, struct record *r, const struct dns_answer *answer)
{
	struct tag_list tags;
	struct span text = SPAN_NONE, p;
	size_t n = 0;

	for (size_t i = 0; i < answer->len; i++) {
		if (is_dmarc(answer->items[i].text)) {
			text = answer->items[i].text;
			n++;
		}
	}
	if (n == 0)
		judge_silence(a, r, RC_NOT_FOUND);
	else if (n > 1)
		judge(r, RECORD_MULTIPLE,
			SPAN("There may be one DMARC record only; with several, receivers ignore all. "
			     "Keep one."));
	else if (!tag_list_parse(text, &tags))
		judge(r, RECORD_MALFORMED,
			SPAN("The record is no list of name=value parts with semicolons between."));
	else if (!tag_list_find(&tags, SPAN("p"), &p) || !is_policy(p))
		judge(r, RECORD_MALFORMED,
			SPAN("The policy is missing: p=none, p=quarantine or p=reject."));
	else
		judge(r, RECORD_OK, SPAN(""));
}
