/* What a name server answers to an update, and to a question before it. */
#include "tests/fuzz/fuzz.h"

#include "mailcore/net/dns_update.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned char mac[TSIG_MAC_BYTES] = { 1 };
	struct span message = span_make((const char *)data, size);
	struct tsig_key key = { .secret = SPAN("0123456789abcdef") };
	struct dns_name name;
	struct update_set set;
	struct arena arena;

	arena_init(&arena, 4096);
	if (dns_name_parse(SPAN("push-key"), &key.name))
		(void)update_answer_parse(message, 0x1234, &key, mac, 1700000000);
	if (dns_name_parse(SPAN("a.test"), &name) &&
		update_set_parse(&arena, message, &name, DNS_MX, &set))
		ASSERT(set.len <= UPDATE_SET_MAX);
	arena_done(&arena);
	return 0;
}
