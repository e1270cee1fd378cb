/* More of what DNS answered, judged by its meaning. */
#include "backend/dns/judge_more.h"

#include "backend/dns/judge.h"
#include "mailcore/auth/dmarc.h"
#include "mailcore/auth/key_record.h"
#include "mailcore/auth/spf_policy.h"
#include "mailcore/base/str.h"

#define TEXT_MAX 1024

static void judge(struct record *r, enum record_status status, struct span hint)
{
	r->status = status;
	r->hint = hint;
}

/* ------------------------------------------------------------------------ CAA */

bool caa_parse(struct span rdata, struct caa *out)
{
	size_t tag_len = rdata.len >= 2 ? (unsigned char)rdata.ptr[1] : 0;

	if (tag_len == 0 || rdata.len < 2 + tag_len)
		return false;
	*out = (struct caa){ .critical = (unsigned char)rdata.ptr[0] & 0x80,
		.tag = span_sub(rdata, 2, tag_len),
		.value = span_from(rdata, 2 + tag_len) };
	for (size_t i = 0; i < tag_len; i++) {
		if (!ascii_is_alpha(out->tag.ptr[i]) && !ascii_is_digit(out->tag.ptr[i]))
			return false;
	}
	return true;
}

struct span caa_text(struct arena *a, struct span rdata)
{
	struct caa caa;

	if (!caa_parse(rdata, &caa))
		return SPAN("?");
	return printable(a,
		arena_printf(a, "%u " SPAN_FMT " \"" SPAN_FMT "\"", (unsigned char)rdata.ptr[0],
			SPAN_ARG(caa.tag), SPAN_ARG(caa.value)));
}

/* issue "letsencrypt.org; accounturi=..." -> letsencrypt.org */
static struct span issuer(struct span value)
{
	size_t end = span_find(value, ';');
	return span_trim(end == SPAN_NPOS ? value : span_sub(value, 0, end));
}

/* 0 issue "CA" -> CA */
static struct span wanted_issuer(struct span value)
{
	size_t first = span_find(value, '"'), last = span_rfind(value, '"');
	return last != SPAN_NPOS && last > first ? span_sub(value, first + 1, last - first - 1)
						 : SPAN_NONE;
}

void judge_caa(struct arena *a, struct record *r, const struct dns_answer *answer)
{
	struct span want = wanted_issuer(r->value);
	bool restricted = false, allowed = false;

	for (size_t i = 0; i < answer->len; i++) {
		struct caa caa;
		if (!caa_parse(answer->items[i].text, &caa) || !span_ieq(caa.tag, SPAN("issue")))
			continue;
		restricted = true;
		allowed |= span_ieq(issuer(caa.value), want);
	}
	if (allowed)
		judge(r, RECORD_OK, SPAN(""));
	else if (restricted)
		judge(r, RECORD_WRONG,
			arena_printf(a,
				"The domain allows other authorities only, so this server will not get "
				"its next certificate. Add this record, and keep the others: " SPAN_FMT,
				SPAN_ARG(r->value)));
	else
		judge_silence(a, r, RC_NOT_FOUND);
}

/* ------------------------------------------------------------------------ TLSA */

struct span tlsa_text(struct arena *a, struct span rdata)
{
	struct str out = str_in(a, TEXT_MAX);

	if (rdata.len < 4)
		return SPAN("?");
	str_addf(&out, "%u %u %u ", (unsigned char)rdata.ptr[0], (unsigned char)rdata.ptr[1],
		(unsigned char)rdata.ptr[2]);
	for (size_t i = 3; i < rdata.len && i < TEXT_MAX / 4; i++)
		str_addf(&out, "%02x", (unsigned char)rdata.ptr[i]);
	return str_span(&out);
}

void judge_tlsa(struct arena *a, struct record *r, const struct dns_answer *answer)
{
	bool ours = false;

	for (size_t i = 0; i < answer->len; i++)
		ours |= span_ieq(tlsa_text(a, answer->items[i].text), r->value);
	judge(r, ours ? RECORD_OK : RECORD_WRONG,
		ours ? SPAN("")
		     : SPAN("These are fingerprints of other keys, so senders that look at them "
			    "refuse this server. Replace them."));
}

/* ------------------------------------------------------------------------ aliases of keys */

static bool same_key(struct arena *a, struct span want, struct span have)
{
	struct key_record w, h;
	struct span reason;

	return key_record_parse(a, want, &w, &reason) && key_record_parse(a, have, &h, &reason) &&
		w.algorithm == h.algorithm && span_eq(w.p, h.p);
}

static bool leads(struct span alias, struct span value)
{
	struct span target = value.len > 0 && value.ptr[value.len - 1] == '.'
		? span_sub(value, 0, value.len - 1)
		: value;
	return alias.len > 0 && span_ieq(alias, target);
}

void judge_key_alias(struct arena *a, struct record *r, enum rc rc, const struct dns_answer *text,
	struct span alias)
{
	bool seen = rc == RC_OK && text->len == 1 && r->through.len > 0 &&
		same_key(a, r->through, text->items[0].text);

	if (seen || (r->through.len == 0 && leads(alias, r->value)))
		judge(r, RECORD_OK, SPAN(""));
	else if (leads(alias, r->value) && rc != RC_TEMP)
		judge(r, RECORD_WRONG,
			SPAN("The alias is right, but the key is not to be seen through it yet. The "
			     "server's operator has to publish it."));
	else if (rc == RC_TEMP && alias.len == 0)
		judge_silence(a, r, RC_TEMP);
	else if (alias.len > 0)
		judge(r, RECORD_WRONG, SPAN("The alias leads elsewhere. Replace it."));
	else if (rc == RC_OK)
		judge(r, RECORD_WRONG,
			SPAN("There is another key under this name. Replace the record by the alias."));
	else
		judge_silence(a, r, RC_NOT_FOUND);
}

/* ------------------------------------------------------------------------ consent, no mail */

void judge_consent(struct arena *a, struct record *r, const struct dns_answer *answer)
{
	struct dmarc_record unused;
	bool agreed = false;

	for (size_t i = 0; i < answer->len; i++)
		agreed |= span_starts(answer->items[i].text, SPAN("v=DMARC1")) ||
			dmarc_record_parse(answer->items[i].text, &unused) == RC_OK;
	if (agreed)
		judge(r, RECORD_OK, SPAN(""));
	else
		judge_silence(a, r, RC_NOT_FOUND);
}

/* "v=spf1 -all" and whatever else lets nobody pass. */
static bool nobody_passes(struct arena *a, struct span text)
{
	struct spf_policy policy;
	struct span bad;

	return spf_policy_parse(a, text, &policy, &bad) && policy.len == 1 &&
		policy.items[0].kind == SPF_MECH_ALL && policy.items[0].result == AUTH_FAIL;
}

static bool says_no(struct arena *a, const struct record *r, const struct dns_rr *rr)
{
	struct dmarc_record dmarc;
	struct key_record key;
	struct span reason, purpose = span_of(r->purpose);

	if (span_eq(purpose, SPAN("mx")))
		return rr->text.len == 0 || span_eq(rr->text, SPAN("."));
	if (span_eq(purpose, SPAN("spf")))
		return nobody_passes(a, rr->text);
	if (span_eq(purpose, SPAN("dmarc")))
		return dmarc_record_parse(rr->text, &dmarc) == RC_OK &&
			dmarc.policy == DMARC_REJECT;
	return key_record_parse(a, rr->text, &key, &reason) && key.p.len == 0;
}

void judge_lockdown(struct arena *a, struct record *r, const struct dns_answer *answer)
{
	bool is_spf = span_eq(span_of(r->purpose), SPAN("spf"));
	size_t yes = 0, no = 0;

	for (size_t i = 0; i < answer->len; i++) {
		const struct dns_rr *rr = &answer->items[i];
		if (is_spf && !spf_policy_is_record(rr->text))
			continue;
		if (says_no(a, r, rr))
			no++;
		else
			yes++;
	}
	if (no == 1 && yes == 0)
		judge(r, RECORD_OK, SPAN(""));
	else if (no + yes == 0)
		judge_silence(a, r, RC_NOT_FOUND);
	else if (yes > 0)
		judge(r, RECORD_WRONG,
			SPAN("The domain has mail by this record. Replace it if that is over."));
	else
		judge(r, RECORD_MULTIPLE, SPAN("Keep one of these records."));
}
