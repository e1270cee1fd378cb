/* Smarthost URLs: what is accepted has a host without odd characters and a port. */
#include "tests/fuzz/fuzz.h"

#include "mailcore/directory/smarthost.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct smarthost s;
	struct err err;

	if (smarthost_parse(span_make(data, size), &s, &err) != RC_OK)
		return 0;
	ASSERT(s.host[0] && s.port > 0);
	for (const char *p = s.host; *p; p++)
		ASSERT(*p > ' ' && *p < 0x7f && *p != '@' && *p != '/');
	ASSERT(s.user[0] || s.password.len == 0);
	smarthost_done(&s);
	return 0;
}
