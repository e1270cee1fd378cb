/* A stranger's autodiscover request, and the answers made from what it says. */
#include "tests/fuzz/fuzz.h"

#include "webui/setup/client_files.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct client_servers servers = { .domain = SPAN("b.example"),
		.hostname = SPAN("h.example") };
	struct autodiscover_request ask;
	struct arena arena;

	arena_init(&arena, 4096);
	if (autodiscover_parse(&arena, span_make((const char *)data, size), &ask) == RC_OK) {
		struct str text = str_in(&arena, CLIENT_FILE_MAX);
		ASSERT(ask.address.len <= 254 && span_find(ask.address, '@') != SPAN_NPOS);
		autodiscover_add(&text, &servers, ask.address);
		mobileconfig_add(&text, &servers, ask.address, SPAN("a<secret>&"));
		ASSERT(str_ok(&text));
	}
	arena_done(&arena);
	return 0;
}
