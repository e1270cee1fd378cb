/* Signature fields: what is accepted keeps its promises, in all three kinds. */
#include "tests/fuzz/fuzz.h"

#include "mailcore/auth/domain_name.h"
#include "mailcore/auth/signature.h"

static void check(struct arena *a, enum signature_kind kind, const struct header_field *field)
{
	struct signature s;
	struct span reason = SPAN_NONE;

	if (!signature_parse(a, kind, field, &s, &reason)) {
		ASSERT(reason.len > 0);
		return;
	}
	const char *end = field->value.ptr + field->value.len;
	ASSERT(s.hole.ptr >= field->value.ptr && s.hole.ptr + s.hole.len <= end);
	ASSERT(s.value.len > 0 && s.b.len > 0);
	ASSERT(s.domain_ascii.len > 0 && s.selector_ascii.len > 0);
	ASSERT((kind == SIGNATURE_DKIM) == (s.instance == 0));
	ASSERT(s.made_at < 0 || s.expires_at < 0 || s.made_at < s.expires_at);

	struct str with = str_in(a, field->whole.len + 2), without = str_in(a, field->whole.len);
	canon_field_add(&with, field, s.head_relaxed);
	canon_signature_add(&without, field, s.hole, s.head_relaxed);
	ASSERT(str_ok(&with) && str_ok(&without) && without.len < with.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cur c = cur_of(span_make(data, size));
	struct header_field field;
	struct arena a;

	arena_init(&a, 4096);
	while (header_next(&c, &field)) {
		check(&a, SIGNATURE_DKIM, &field);
		check(&a, SIGNATURE_ARC_MESSAGE, &field);
		check(&a, SIGNATURE_ARC_SEAL, &field);
	}
	arena_done(&a);
	return 0;
}
