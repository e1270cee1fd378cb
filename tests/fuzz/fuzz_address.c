/* Address lists hold valid text; what the strict parser accepts is written back so that it accepts
 * the same again. */
#include "tests/fuzz/fuzz.h"

#include "mailcore/base/utf8.h"
#include "mailcore/mime/address.h"

static void check_list(struct arena *a, struct span input)
{
	struct address_list list;
	address_list_parse(a, input, &list);
	ASSERT(list.len <= ADDRESS_COUNT_MAX);

	bool in_group = false;
	for (size_t i = 0; i < list.len; i++) {
		const struct address *address = &list.items[i];
		ASSERT(utf8_valid(address->name));
		ASSERT(span_find(address->raw_name, '\n') == SPAN_NPOS);
		ASSERT(span_find(address->local, '\n') == SPAN_NPOS);
		ASSERT(span_find(address->domain, '\n') == SPAN_NPOS);
		ASSERT(address->kind != ADDRESS_GROUP_BEGIN || !in_group);
		ASSERT(address->kind != ADDRESS_GROUP_END || in_group);
		if (address->kind != ADDRESS_MAILBOX)
			in_group = address->kind == ADDRESS_GROUP_BEGIN;
	}
	ASSERT(!in_group);
}

static void check_strict(struct arena *a, struct span input)
{
	struct addr_spec spec, again;
	if (!addr_spec_parse(a, input, &spec))
		return;

	struct str text = str_in(a, 1000);
	addr_spec_add(&text, spec.local, spec.domain);
	ASSERT(str_ok(&text));
	/* Only the quotes and backslashes of the writer may make the local part too long. */
	if (!addr_spec_parse(a, str_span(&text), &again)) {
		ASSERT(text.len > input.len);
		return;
	}
	ASSERT(span_eq(spec.local, again.local) && span_eq(spec.domain, again.domain));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	arena_init(&a, 4096);
	check_list(&a, span_make(data, size));
	check_strict(&a, span_make(data, size));
	arena_done(&a);
	return 0;
}
