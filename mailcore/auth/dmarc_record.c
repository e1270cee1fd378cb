/*
 * DMARC records (RFC 9989 §4.7, §4.8): from text to meaning. Pure, linear.
 *
 * dmarc-record = "v" equals "DMARC1" *( *WSP ";" *WSP tag equals value ) [ *WSP ";" *WSP ]
 * Unknown and malformed tags are passed over; of a tag that is there twice the first counts.
 */
#include "mailcore/auth/dmarc.h"

enum tag { TAG_P, TAG_SP, TAG_NP, TAG_ADKIM, TAG_ASPF, TAG_T, TAG_PSD, TAG_RUA, TAG_RUF, N_TAGS };

static const struct span names[N_TAGS] = { SPAN("p"), SPAN("sp"), SPAN("np"), SPAN("adkim"),
	SPAN("aspf"), SPAN("t"), SPAN("psd"), SPAN("rua"), SPAN("ruf") };

static bool split_tag(struct span part, struct span *name, struct span *value)
{
	size_t equals = span_find(part, '=');

	if (equals == SPAN_NPOS)
		return false;
	*name = span_trim(span_sub(part, 0, equals));
	*value = span_trim(span_from(part, equals + 1));
	return true;
}

/* The version is case-sensitive, as it was in RFC 7489. */
static bool take_version(struct span *rest)
{
	struct span part, name, value;

	return span_split(rest, ';', &part) && split_tag(part, &name, &value) &&
		span_ieq(name, SPAN("v")) && span_eq(value, SPAN("DMARC1"));
}

static void collect(struct span rest, struct span values[N_TAGS])
{
	struct span part, name, value;

	while (span_split(&rest, ';', &part)) {
		if (!split_tag(part, &name, &value))
			continue;
		for (size_t i = 0; i < N_TAGS; i++) {
			if (span_ieq(name, names[i]) && !values[i].ptr)
				values[i] = value;
		}
	}
}

/* Absent: the fallback. */
static bool read_policy(struct span value, enum dmarc_policy fallback, enum dmarc_policy *out)
{
	*out = fallback;
	if (!value.ptr)
		return true;
	if (span_ieq(value, SPAN("none")))
		*out = DMARC_POLICY_NONE;
	else if (span_ieq(value, SPAN("quarantine")))
		*out = DMARC_QUARANTINE;
	else if (span_ieq(value, SPAN("reject")))
		*out = DMARC_REJECT;
	else
		return false;
	return true;
}

/* At least one URI: a scheme, a colon and something behind it. */
static bool has_uri(struct span value)
{
	struct span uri;

	while (span_split(&value, ',', &uri)) {
		uri = span_trim(uri);
		size_t colon = span_find(uri, ':');
		if (colon != SPAN_NPOS && colon > 0 && colon + 1 < uri.len)
			return true;
	}
	return false;
}

/* §4.7: with a policy that cannot be read a record is none at all, or p=none when somebody wants
 * its reports. */
static void read_policies(const struct span values[N_TAGS], struct dmarc_record *r)
{
	bool readable = values[TAG_P].ptr &&
		read_policy(values[TAG_P], DMARC_NO_POLICY, &r->policy) &&
		read_policy(values[TAG_SP], r->policy, &r->sub_policy) &&
		read_policy(values[TAG_NP], r->sub_policy, &r->np_policy);
	enum dmarc_policy otherwise = has_uri(r->rua) ? DMARC_POLICY_NONE : DMARC_NO_POLICY;

	if (!readable)
		r->policy = r->sub_policy = r->np_policy = otherwise;
}

enum rc dmarc_record_parse(struct span text, struct dmarc_record *out)
{
	struct span rest = text, values[N_TAGS] = { 0 };
	struct dmarc_record r = { .psd = 'u' };

	if (text.len > DMARC_RECORD_MAX || !take_version(&rest))
		return RC_INVALID;
	collect(rest, values);
	r.strict_dkim = span_ieq(values[TAG_ADKIM], SPAN("s"));
	r.strict_spf = span_ieq(values[TAG_ASPF], SPAN("s"));
	r.testing = span_ieq(values[TAG_T], SPAN("y"));
	if (span_ieq(values[TAG_PSD], SPAN("y")) || span_ieq(values[TAG_PSD], SPAN("n")))
		r.psd = ascii_lower(values[TAG_PSD].ptr[0]);
	r.rua = values[TAG_RUA];
	r.ruf = values[TAG_RUF];
	read_policies(values, &r);
	*out = r;
	return RC_OK;
}
