/* DNS answers, asked with the question that they hold themselves; names survive the way to text
 * and back. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "mailcore/net/dns_message.h"

/* An uncompressed name at 12. */
static bool read_question(struct span msg, struct dns_name *name, unsigned *type)
{
	size_t at = 12;

	name->len = 0;
	while (at < msg.len && msg.ptr[at] != 0) {
		size_t len = (uint8_t)msg.ptr[at];
		if (len > 63 || msg.len - at < len + 1 || name->len + len + 2 > DNS_NAME_MAX)
			return false;
		name->bytes[name->len++] = (char)len;
		for (size_t i = 1; i <= len; i++)
			name->bytes[name->len++] = ascii_lower(msg.ptr[at + i]);
		at += len + 1;
	}
	if (at >= msg.len || msg.len - at < 3)
		return false;
	name->bytes[name->len++] = '\0';
	*type = (unsigned)(uint8_t)msg.ptr[at + 1] << 8 | (uint8_t)msg.ptr[at + 2];
	return true;
}

static void check_name(struct arena *a, const struct dns_name *name)
{
	struct str text = str_in(a, 4 * DNS_NAME_MAX);
	struct dns_name back;

	dns_name_add(&text, name);
	if (name->len > 1) {
		ASSERT(dns_name_parse(str_span(&text), &back));
		ASSERT(dns_name_eq(name, &back));
	}
}

/* The whole message; no line may be longer than what holds it. */
static void check_sections(struct arena *a, struct span msg)
{
	struct dns_sections all;

	if (!dns_sections_parse(a, msg, &all))
		return;
	ASSERT(all.code < 16 && all.len <= msg.len / 11);
	for (size_t i = 0; i < all.len; i++)
		ASSERT(all.lines[i].owner.len < 4 * DNS_NAME_MAX &&
			memchr(all.lines[i].owner.ptr, '\n', all.lines[i].owner.len) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span msg = span_make(data, size);
	struct dns_name name;
	struct dns_reply reply;
	struct arena a;
	unsigned type;

	arena_init(&a, 16 * 1024);
	check_sections(&a, msg);
	if (!read_question(msg, &name, &type)) {
		arena_done(&a);
		return 0;
	}
	check_name(&a, &name);
	enum rc rc = dns_reply_parse(&a, msg, &name, (enum dns_type)type, &reply);
	ASSERT(rc == RC_OK || rc == RC_NOT_FOUND || rc == RC_TEMP);
	if (rc == RC_OK)
		ASSERT(reply.answer.len > 0 && reply.answer.len <= DNS_RECORDS_MAX);
	if (rc != RC_TEMP)
		ASSERT(memchr(reply.answer.cname.ptr ? reply.answer.cname.ptr : "", '\n',
			       reply.answer.cname.len) == NULL);
	arena_done(&a);
	return 0;
}
