/* TXT records of a stranger's zone: an SPF record, amended; a tag list. */
#include "tests/fuzz/fuzz.h"

#include "backend/dns/spf_record.h"
#include "backend/dns/tag_list.h"

static void check_tags(struct span text)
{
	struct tag_list tags;
	struct span value;

	if (!tag_list_parse(text, &tags))
		return;
	ASSERT(tags.len > 0 && tags.len <= TAGS_MAX);
	for (size_t i = 0; i < tags.len; i++)
		ASSERT(tag_list_find(&tags, tags.items[i].name, &value));
}

/* A record with one more network is a record, and the network is its first. */
static void check_spf(struct span text)
{
	struct arena arena;
	struct spf_record record, more;
	struct addr ours;

	if (!spf_record_parse(text, &record))
		return;
	arena_init(&arena, 4096);
	ASSERT(addr_parse(SPAN("2001:db8::25"), &ours));
	struct span merged = spf_record_add(&arena, text, &ours);
	if (merged.len <= SPF_RECORD_MAX && record.len < SPF_TERMS_MAX) {
		ASSERT(spf_record_parse(merged, &more));
		ASSERT(more.len == record.len + 1);
		ASSERT(net_has(&more.terms[0].net, &ours));
	}
	arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_make(data, size);

	check_tags(text);
	check_spf(text);
	return 0;
}
