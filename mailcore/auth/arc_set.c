/* ARC sets: collecting them. */
#include "mailcore/auth/arc_set.h"

#include "mailcore/auth/tag_list.h"

enum part { PART_RESULTS = 1, PART_MESSAGE = 2, PART_SEAL = 4, PART_ALL = 7 };

static bool bad(struct span *reason, const char *sentence)
{
	*reason = span_of(sentence);
	return false;
}

/* instance = [CFWS] %s"i" [CFWS] "=" [CFWS] 1*2DIGIT [CFWS] ";" */
bool arc_results_parse(struct span value, unsigned *out_instance, struct span *out_payload)
{
	struct cur c = cur_of(value);
	uint64_t n;

	(void)cur_take_while(&c, tag_is_space);
	if (!cur_take(&c, 'i'))
		return false;
	(void)cur_take_while(&c, tag_is_space);
	if (!cur_take(&c, '='))
		return false;
	(void)cur_take_while(&c, tag_is_space);
	struct span digits = cur_take_while(&c, ascii_is_digit);
	(void)cur_take_while(&c, tag_is_space);
	if (!span_u64(digits, ARC_SETS_MAX, &n) || n == 0 || !cur_take(&c, ';'))
		return false;
	*out_instance = (unsigned)n;
	*out_payload = span_trim(cur_rest(&c));
	return true;
}

/* Each part once in each set. */
static bool claim(struct arc_sets *sets, unsigned instance, enum part part, struct arc_set **out,
	struct span *reason)
{
	if (instance == 0 || instance > ARC_SETS_MAX)
		return bad(reason, "there are more than 50 ARC sets");
	struct arc_set *set = &sets->items[instance - 1];
	if (set->parts & part)
		return bad(reason, "an ARC field is there twice");
	set->parts |= part;
	if (instance > sets->len)
		sets->len = instance;
	*out = set;
	return true;
}

static bool take_results(
	struct arc_sets *sets, const struct header_field *field, struct span *reason)
{
	unsigned instance;
	struct span payload;
	struct arc_set *set;

	if (!arc_results_parse(field->value, &instance, &payload))
		return bad(reason, "ARC-Authentication-Results has no valid instance");
	if (!claim(sets, instance, PART_RESULTS, &set, reason))
		return false;
	set->results = *field;
	set->payload = payload;
	return true;
}

static bool take_signature(struct arena *a, struct arc_sets *sets, enum signature_kind kind,
	const struct header_field *field, struct span *reason)
{
	struct signature s;
	struct arc_set *set;
	bool seal = kind == SIGNATURE_ARC_SEAL;

	if (!signature_parse(a, kind, field, &s, reason) ||
		!claim(sets, s.instance, seal ? PART_SEAL : PART_MESSAGE, &set, reason))
		return false;
	if (seal)
		set->seal = s;
	else
		set->message = s;
	return true;
}

static bool take_field(struct arena *a, struct arc_sets *sets, const struct header_field *field,
	struct span *reason)
{
	if (span_ieq(field->name, SPAN("ARC-Authentication-Results")))
		return take_results(sets, field, reason);
	if (span_ieq(field->name, SPAN("ARC-Message-Signature")))
		return take_signature(a, sets, SIGNATURE_ARC_MESSAGE, field, reason);
	if (span_ieq(field->name, SPAN("ARC-Seal")))
		return take_signature(a, sets, SIGNATURE_ARC_SEAL, field, reason);
	return true;
}

/* RFC 8617 §5.2 steps 2 and 3: no gaps, and every seal says that what was before it was right. */
static bool check_chain(const struct arc_sets *sets, struct span *reason)
{
	for (unsigned i = 0; i < sets->len; i++) {
		const struct arc_set *set = &sets->items[i];
		if (set->parts != PART_ALL)
			return bad(reason, "an ARC set is incomplete");
	}
	for (unsigned i = sets->len; i > 0; i--) {
		struct span chain = sets->items[i - 1].seal.chain;
		if (span_ieq(chain, SPAN("fail")))
			return bad(reason, "a seal says that the chain was broken before it");
		if (!span_ieq(chain, i == 1 ? SPAN("none") : SPAN("pass")))
			return bad(reason, "a seal's cv= does not fit its place");
	}
	return true;
}

bool arc_sets_parse(struct arena *a, struct span head, struct arc_sets *out, struct span *reason)
{
	struct cur c = cur_of(head);
	struct header_field field;

	*out = (struct arc_sets){ .items = arena_array(a, ARC_SETS_MAX, sizeof *out->items) };
	while (header_next(&c, &field)) {
		if (!span_istarts(field.name, SPAN("ARC-")))
			continue;
		if (!take_field(a, out, &field, reason)) {
			out->len = out->len > 0 ? out->len : 1;
			return false;
		}
	}
	return check_chain(out, reason);
}
