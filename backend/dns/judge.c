/* What DNS answered, judged by its meaning. */
#include "backend/dns/judge.h"

#include "mailcore/auth/dmarc.h"
#include "mailcore/auth/key_record.h"
#include "mailcore/auth/spf_policy.h"
#include "mailcore/auth/tag_list.h"
#include "mailcore/base/base64.h"
#include "mailcore/base/str.h"

#define HINT_MAX      4096
#define PRINTABLE_MAX 1000

static void judge(struct record *r, enum record_status status, struct span hint)
{
	r->status = status;
	r->hint = hint;
}

struct span printable(struct arena *a, struct span text)
{
	struct str out = str_in(a, PRINTABLE_MAX + 8);

	for (size_t i = 0; i < text.len && i < PRINTABLE_MAX; i++)
		str_add_c(&out, text.ptr[i] >= ' ' && text.ptr[i] <= '~' ? text.ptr[i] : '?');
	if (text.len > PRINTABLE_MAX)
		str_add_cstr(&out, "...");
	return str_span(&out);
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

/* The name has TXT records, but not the wanted one. */
static void judge_other(
	struct arena *a, struct record *r, const struct dns_answer *answer, struct span version)
{
	for (size_t i = 0; i < answer->len; i++) {
		struct span text = answer->items[i].text;
		if (text.len > 0 && text.ptr[0] == '"' &&
			span_istarts(span_from(text, 1), version)) {
			judge(r, RECORD_MALFORMED,
				SPAN("The value has quotation marks of its own. Enter it without them."));
			return;
		}
	}
	judge_silence(a, r, RC_NOT_FOUND);
	if (span_istarts(r->name, SPAN("_dmarc.")) ||
		span_ifind_span(r->name, SPAN("._domainkey.")) != SPAN_NPOS)
		r->hint = arena_printf(a,
			"Add this %s record. What answers under its name now is another one, most "
			"likely a wildcard (*): \"" SPAN_FMT "\".",
			r->type, SPAN_ARG(printable(a, answer->items[0].text)));
}

static size_t count_spf(const struct dns_answer *answer, struct span *out_first)
{
	size_t n = 0;
	for (size_t i = 0; i < answer->len; i++) {
		if (!spf_policy_is_record(answer->items[i].text))
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

/* The record with a mechanism for the address behind its version. */
static struct span spf_with(struct arena *a, struct span text, const struct addr *address)
{
	struct span version = span_sub(text, 0, sizeof "v=spf1" - 1);
	struct str out = str_in(a, text.len + 64);

	str_add(&out, version);
	str_add_cstr(&out, address->family == AF_INET ? " ip4:" : " ip6:");
	addr_add(&out, address);
	str_add(&out, span_from(text, version.len));
	return str_span(&out);
}

/* A record that lets everybody send. */
static bool lets_all(const struct spf_policy *policy)
{
	bool lets = false;
	for (size_t i = 0; i < policy->len; i++)
		lets |= policy->items[i].kind == SPF_MECH_ALL &&
			policy->items[i].result == AUTH_PASS;
	return lets;
}

static void judge_spf_cover(struct arena *a, struct record *r, const struct records_ask *ask,
	struct span text, uint32_t passing)
{
	struct span merged = text;

	for (size_t i = ask->n_addresses; i-- > 0;) {
		if (!(passing >> i & 1))
			merged = spf_with(a, merged, &ask->addresses[i]);
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
	struct spf_policy parsed;
	struct span text = SPAN_NONE, bad = SPAN_NONE;
	size_t n = count_spf(answer, &text);
	uint32_t all = (uint32_t)((UINT64_C(1) << ask->n_addresses) - 1);

	if (n == 0)
		judge_other(a, r, answer, SPAN("v=spf1"));
	else if (n > 1)
		judge(r, RECORD_MULTIPLE,
			SPAN("There may be one SPF record only; with several, receivers ignore all. "
			     "Put their parts into one and remove the others."));
	else if (!spf_policy_parse(a, text, &parsed, &bad))
		judge(r, RECORD_MALFORMED,
			arena_printf(a,
				"Receivers cannot read this SPF record at \"" SPAN_FMT
				"\". Mend that part, or replace the record by ours.",
				SPAN_ARG(printable(a, bad))));
	else if (lets_all(&parsed))
		judge(r, RECORD_WRONG,
			SPAN("The record ends with +all and so lets everybody send in your name. "
			     "Change it to ~all."));
	else if (cover->trouble == SPF_TOO_MANY)
		judge(r, RECORD_WRONG,
			SPAN("The record needs more than ten DNS look-ups, so receivers give up. "
			     "Remove includes that are not used any more."));
	else if (cover->trouble == SPF_BROKEN)
		judge(r, RECORD_WRONG,
			arena_printf(a,
				"Receivers reject all of this record: " SPAN_FMT
				". Remove that part.",
				SPAN_ARG(printable(a, cover->reason))));
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

/* The beginning of our key, the end of it lost on the way. */
static bool is_cut_off(struct span want, struct span have)
{
	return have.len > 0 && have.len < want.len && span_starts(want, have);
}

void judge_dkim(struct arena *a, struct record *r, const struct dns_answer *answer)
{
	struct key_record want, have;
	struct span key, reason;

	if (answer->len > 1) {
		judge(r, RECORD_MULTIPLE,
			SPAN("There are several records under this name. Keep ours only."));
		return;
	}
	struct span text = answer->items[0].text;
	if (!span_istarts(text, SPAN("v=DKIM")) && span_find_span(text, SPAN("p=")) == SPAN_NPOS) {
		judge_other(a, r, answer, SPAN("v=DKIM1"));
		return;
	}
	bool ok = key_record_parse(a, r->value, &want, &reason);
	ASSERT(ok); /* we wrote it */
	if (!key_record_parse(a, answer->items[0].text, &have, &reason) ||
		!key_decode(a, have.p, &key) || is_cut_off(want.p, have.p))
		judge(r, RECORD_MALFORMED,
			SPAN("The record is damaged, often by a line break or a missing part. Copy "
			     "the value again, as a whole."));
	else if (have.p.len == 0)
		judge(r, RECORD_WRONG,
			SPAN("The key is marked as revoked (p= is empty). Replace the record."));
	else if (!span_eq(want.p, have.p) || want.algorithm != have.algorithm)
		judge(r, RECORD_WRONG,
			SPAN("This is another key than the one we sign with. Replace the record."));
	else if (!have.for_sha256 || !have.for_email)
		judge(r, RECORD_WRONG,
			have.for_email
				? SPAN("The key forbids the kind of signature that we make (h=). "
				       "Replace the record.")
				: SPAN("The key is marked as not for mail (s=). Replace the record."));
	else
		judge(r, RECORD_OK, SPAN(""));
}

/* ------------------------------------------------------------------------ DMARC */

void judge_dmarc(struct arena *a, struct record *r, const struct dns_answer *answer)
{
	struct dmarc_record record = { 0 }, one;
	size_t n = 0;

	for (size_t i = 0; i < answer->len; i++) {
		if (dmarc_record_parse(answer->items[i].text, &one) == RC_OK) {
			record = one;
			n++;
		}
	}
	if (n == 0)
		judge_other(a, r, answer, SPAN("v=DMARC1"));
	else if (n > 1)
		judge(r, RECORD_MULTIPLE,
			SPAN("There may be one DMARC record only; with several, receivers ignore all. "
			     "Keep one."));
	else if (record.policy == DMARC_NO_POLICY)
		judge(r, RECORD_MALFORMED,
			SPAN("The policy is missing: p=none, p=quarantine or p=reject."));
	else if (dmarc_record_parse(r->value, &one) == RC_OK && record.policy < one.policy)
		judge(r, RECORD_WRONG,
			SPAN("The policy here is milder than the one that is set for this domain. "
			     "Replace the record."));
	else
		judge(r, RECORD_OK, SPAN(""));
}

/* ------------------------------------------------------------------------ TLS policies, aliases */

/* The records that begin with v=VERSION; the name may hold others. */
static size_t count_versions(
	const struct dns_answer *answer, struct span version, struct span *out_text)
{
	size_t n = 0;
	for (size_t i = 0; i < answer->len; i++) {
		struct span text = answer->items[i].text;
		struct span word = span_sub(text, 0, version.len);
		struct span rest = span_trim(span_from(text, version.len));
		if (!span_eq(word, version) || (rest.len > 0 && rest.ptr[0] != ';'))
			continue;
		*out_text = text;
		n++;
	}
	return n;
}

/* Judges all but the one tag that the caller looks at; true: there is one record with that tag. */
static bool judge_version(struct arena *a, struct record *r, const struct dns_answer *answer,
	struct span version, struct span tag, struct span *out_value)
{
	struct tag_list tags;
	struct span text = SPAN_NONE;
	size_t n = count_versions(answer, version, &text);

	if (n == 0)
		judge_silence(a, r, RC_NOT_FOUND);
	else if (n > 1)
		judge(r, RECORD_MULTIPLE,
			SPAN("There may be one such record only; with several, senders ignore all. Keep "
			     "one."));
	else if (!tag_list_parse(text, &tags) || !tag_list_find(&tags, tag))
		judge(r, RECORD_MALFORMED,
			arena_printf(a, "Senders cannot read this record: it has no " SPAN_FMT "=.",
				SPAN_ARG(tag)));
	else
		*out_value = tag_list_value(&tags, tag);
	return r->status == RECORD_UNKNOWN;
}

static bool is_sts_id(struct span id)
{
	for (size_t i = 0; i < id.len; i++) {
		if (!ascii_is_alpha(id.ptr[i]) && !ascii_is_digit(id.ptr[i]))
			return false;
	}
	return id.len >= 1 && id.len <= 32;
}

/* Another id is right too: it only has to change when the policy does, and the policy is ours. */
void judge_mta_sts(struct arena *a, struct record *r, const struct dns_answer *answer)
{
	struct span id;

	if (!judge_version(a, r, answer, SPAN("v=STSv1"), SPAN("id"), &id))
		return;
	if (is_sts_id(id))
		judge(r, RECORD_OK, SPAN(""));
	else
		judge(r, RECORD_MALFORMED,
			SPAN("The id must be 1 to 32 letters and digits. Copy the value again."));
}

void judge_tls_rpt(struct arena *a, struct record *r, const struct dns_answer *answer)
{
	struct span rua;

	if (!judge_version(a, r, answer, SPAN("v=TLSRPTv1"), SPAN("rua"), &rua))
		return;
	if (span_find(rua, ':') != SPAN_NPOS)
		judge(r, RECORD_OK, SPAN(""));
	else
		judge(r, RECORD_MALFORMED,
			SPAN("rua= must be an address such as mailto:postmaster@example.com."));
}

void judge_alias(struct arena *a, struct record *r, const struct dns_answer *answer, bool leads)
{
	if (leads)
		judge(r, RECORD_OK, SPAN(""));
	else if (answer->len == 0)
		judge_silence(a, r, RC_NOT_FOUND);
	else
		judge(r, RECORD_WRONG,
			SPAN("The name leads to another server. Replace its record."));
}
