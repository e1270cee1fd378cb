/* MTA-STS records and policies. */
#include "mailcore/smtpclient/sts_policy.h"

static bool is_id(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!ascii_is_alpha(s.ptr[i]) && !ascii_is_digit(s.ptr[i]))
			return false;
	}
	return s.len > 0 && s.len <= STS_ID_MAX;
}

/* RFC 8461 §3.1: sts-text-record = sts-version 1*(sts-field-delim sts-field) [sts-field-delim] */
bool sts_record_parse(struct span txt, struct span *out_id)
{
	struct span field, id = SPAN_NONE;
	bool first = true;

	while (span_split(&txt, ';', &field)) {
		field = span_trim(field);
		if (first && !span_eq(field, SPAN("v=STSv1")))
			return false;
		first = false;
		if (!id.ptr && span_starts(field, SPAN("id=")))
			id = span_from(field, 3);
	}
	if (first || !id.ptr || !is_id(id))
		return false;
	*out_id = id;
	return true;
}

struct reading {
	struct sts_policy policy;
	bool version, mode, max_age;
	bool bad;
};

static bool read_mode(struct span value, enum sts_mode *out)
{
	if (span_eq(value, SPAN("enforce")))
		*out = STS_ENFORCE;
	else if (span_eq(value, SPAN("testing")))
		*out = STS_TESTING;
	else if (span_eq(value, SPAN("none")))
		*out = STS_NONE;
	else
		return false;
	return true;
}

static void read_field(struct reading *r, struct span key, struct span value)
{
	uint64_t seconds;

	if (span_eq(key, SPAN("version"))) {
		r->bad = r->bad || !span_eq(value, SPAN("STSv1"));
		r->version = true;
	} else if (span_eq(key, SPAN("mode")) && !r->mode) {
		r->bad = r->bad || !read_mode(value, &r->policy.mode);
		r->mode = true;
	} else if (span_eq(key, SPAN("max_age")) && !r->max_age) {
		r->max_age = span_u64(value, UINT64_MAX, &seconds);
		r->bad = r->bad || !r->max_age;
		if (r->max_age)
			r->policy.max_age_s =
				(int64_t)(seconds < STS_MAX_AGE_MAX_S ? seconds
								      : STS_MAX_AGE_MAX_S);
	} else if (span_eq(key, SPAN("mx"))) {
		r->bad = r->bad || value.len == 0 || r->policy.n_mx == STS_MX_MAX;
		if (!r->bad)
			r->policy.mx[r->policy.n_mx++] = value;
	}
}

bool sts_policy_parse(struct span text, struct sts_policy *out)
{
	struct reading r = { 0 };
	struct span line;

	if (text.len > STS_POLICY_BYTES)
		return false;
	while (!r.bad && span_split(&text, '\n', &line)) {
		size_t colon = span_find(line, ':');
		if (colon != SPAN_NPOS)
			read_field(&r, span_trim(span_sub(line, 0, colon)),
				span_trim(span_from(line, colon + 1)));
	}
	bool whole = r.version && r.mode && r.max_age &&
		(r.policy.n_mx > 0 || r.policy.mode == STS_NONE);
	if (r.bad || !whole)
		return false;
	*out = r.policy;
	return true;
}

bool sts_policy_names(const struct sts_policy *p, struct span host)
{
	size_t dot = span_find(host, '.');

	for (size_t i = 0; i < p->n_mx; i++) {
		struct span mx = p->mx[i];
		if (span_ends(mx, SPAN(".")))
			mx.len--;
		if (span_ieq(mx, host))
			return true;
		if (span_starts(mx, SPAN("*.")) && dot != SPAN_NPOS && dot > 0 &&
			span_ieq(span_from(mx, 1), span_from(host, dot)))
			return true;
	}
	return false;
}
