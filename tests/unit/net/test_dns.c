/* mailcore/net/dns_message: names, questions, answers. */
#include "tests/unit/cmocka_all.h"

#include <string.h>

#include "mailcore/net/dns_cache.h"
#include "mailcore/net/dns_message.h"

static struct arena arena;

static int setup(void **state)
{
	arena_init(&arena, 4096);
	return 0;
}

static int teardown(void **state)
{
	arena_done(&arena);
	return 0;
}

static struct dns_name name_of(const char *text)
{
	struct dns_name n;
	assert_true(dns_name_parse(span_of(text), &n));
	return n;
}

static void names(void **state)
{
#define L63 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff123"
	static const struct {
		const char *text;
		const char *back; /* NULL: no name */
	} cases[] = {
		{ "example.org", "example.org" },
		{ "Example.ORG.", "example.org" },
		{ ".", "" },
		{ "_dmarc.example.org", "_dmarc.example.org" },
		{ "a\\.b.example", "a\\046b.example" },
		{ "a\\046b.example", "a\\046b.example" },
		{ "a b.example", "a\\032b.example" },
		{ "\xC3\xA4.example", "\\195\\164.example" },
		{ L63 ".example", L63 ".example" },
		{ L63 "x.example", NULL },
		{ L63 "." L63 "." L63 "." L63, NULL },
		{ L63 "." L63 "." L63 "."
		      "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff1",
			L63 "." L63 "." L63 "."
			    "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff1" },
		{ L63 "." L63 "." L63 "."
		      "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff12",
			NULL },
		{ "", NULL },
		{ "a..b", NULL },
		{ ".a", NULL },
		{ "a\\", NULL },
		{ "a\\25", NULL },
		{ "a\\256", NULL },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct dns_name n;
		struct str back = str_in(&arena, 2000);
		assert_int_equal(dns_name_parse(span_of(cases[i].text), &n), cases[i].back != NULL);
		if (!cases[i].back)
			continue;
		dns_name_add(&back, &n);
		assert_string_equal(str_cstr(&back), cases[i].back);
	}
}

static void a_query_on_the_wire(void **state)
{
	static const char wanted[] =
		"\x12\x34\x01\x20\0\1\0\0\0\0\0\1\1a\2bc\0\0\x0f\0\1\0\0\x29\4\xd0\0\0\0\0\0\0";
	struct dns_name n = name_of("a.bc");
	char out[DNS_QUERY_MAX];

	assert_int_equal(dns_query_build(&n, DNS_MX, 0x1234, true, out), sizeof wanted - 1);
	assert_memory_equal(out, wanted, sizeof wanted - 1);
	assert_int_equal(dns_query_build(&n, DNS_MX, 0x1234, false, out), sizeof wanted - 1 - 11);
	assert_int_equal(out[11], 0);
}

/* The question for "a.bc" is at 12, "bc" at 14, its end at 17. */
#define HEAD(flags, answers, authority) "\x12\x34" flags "\0\1\0" answers "\0" authority "\0\0"
#define ASK(type)                       "\1a\2bc\0\0" type "\0\1"
#define RR(type, ttl, len)              "\xc0\x0c\0" type "\0\1\0\0\0" ttl "\0" len
#define MSG(text)                                                                                  \
	{                                                                                          \
		text, sizeof(text) - 1                                                             \
	}
#define SOA_AT(owner)                                                                              \
	owner "\0\x06\0\1\0\0\1\0\0\x18\xc0\x0e\xc0\x0e\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\x3c"

static void answers(void **state)
{
	static const struct {
		struct span msg;
		enum dns_type type;
		enum rc rc;
		size_t len;
		const char *text; /* of the first record */
		uint32_t ttl;
	} cases[] = {
		{ MSG(HEAD("\x81\x80", "\1", "\0") ASK("\1") RR("\1", "\x3c", "\4") "\xc0\0\2\1"),
			DNS_A, RC_OK, 1, "192.0.2.1", 60 },
		/* wrong length of rdata */
		{ MSG(HEAD("\x81\x80", "\1", "\0") ASK("\1") RR("\1", "\x3c", "\3") "\xc0\0\2"),
			DNS_A, RC_TEMP },
		/* rdata beyond the end */
		{ MSG(HEAD("\x81\x80", "\1", "\0") ASK("\1") RR("\1", "\x3c", "\4") "\xc0\0\2"),
			DNS_A, RC_TEMP },
		/* the record is missing */
		{ MSG(HEAD("\x81\x80", "\1", "\0") ASK("\1")), DNS_A, RC_TEMP },
		/* another type was asked */
		{ MSG(HEAD("\x81\x80", "\1", "\0") ASK("\1") RR("\1", "\x3c", "\4") "\xc0\0\2\1"),
			DNS_AAAA, RC_TEMP },
		/* not a response; truncated; two questions */
		{ MSG(HEAD("\x01\x80", "\0", "\0") ASK("\1")), DNS_A, RC_TEMP },
		{ MSG(HEAD("\x83\x80", "\0", "\0") ASK("\1")), DNS_A, RC_TEMP },
		{ MSG("\x12\x34\x81\x80\0\2\0\0\0\0\0\0" ASK("\1") ASK("\1")), DNS_A, RC_TEMP },
		/* SERVFAIL, REFUSED */
		{ MSG(HEAD("\x81\x82", "\0", "\0") ASK("\1")), DNS_A, RC_TEMP },
		{ MSG(HEAD("\x81\x85", "\0", "\0") ASK("\1")), DNS_A, RC_TEMP },
		/* no data, with and without SOA; NXDOMAIN */
		{ MSG(HEAD("\x81\x80", "\0", "\0") ASK("\1")), DNS_A, RC_NOT_FOUND, 0, NULL, 0 },
		{ MSG(HEAD("\x81\x80", "\0", "\1") ASK("\1") SOA_AT("\xc0\x0e")), DNS_A,
			RC_NOT_FOUND, 0, NULL, 60 },
		{ MSG(HEAD("\x81\x83", "\0", "\1") ASK("\1") SOA_AT("\xc0\x0e")), DNS_A,
			RC_NOT_FOUND, 0, NULL, 60 },
		/* TXT: strings are joined */
		{ MSG(HEAD("\x81\x80", "\1", "\0") ASK("\x10") RR("\x10", "\1", "\7") "\2v=\3spf"),
			DNS_TXT, RC_OK, 1, "v=spf", 1 },
		{ MSG(HEAD("\x81\x80", "\1", "\0") ASK("\x10") RR("\x10", "\1", "\7") "\2v=\4spf"),
			DNS_TXT, RC_TEMP },
		/* MX with a compressed name; the root (null MX) */
		{ MSG(HEAD("\x81\x80", "\1", "\0") ASK("\x0f")
				  RR("\x0f", "\1", "\6") "\0\x0a\1M\xc0\x0e"),
			DNS_MX, RC_OK, 1, "m.bc", 1 },
		{ MSG(HEAD("\x81\x80", "\1", "\0") ASK("\x0f") RR("\x0f", "\1", "\3") "\0\0\0"),
			DNS_MX, RC_OK, 1, "", 1 },
		/* bytes behind the name */
		{ MSG(HEAD("\x81\x80", "\1", "\0") ASK("\x0f")
				  RR("\x0f", "\1", "\5") "\0\x0a\xc0\x0e"
							 "x"),
			DNS_MX, RC_TEMP },
		/* a pointer to itself, and one forwards */
		{ MSG(HEAD("\x81\x80", "\1", "\0") ASK("\x0c") RR("\x0c", "\1", "\2") "\xc0\x22"),
			DNS_PTR, RC_TEMP },
		{ MSG(HEAD("\x81\x80", "\1", "\0") ASK("\x0c") RR("\x0c", "\1", "\2") "\xc0\x30"),
			DNS_PTR, RC_TEMP },
		/* an alias and its address; the lower TTL counts */
		{ MSG(HEAD("\x81\x80", "\2", "\0") ASK("\1")
				  RR("\5", "\5", "\4") "\1c\xc0\x0e"
						       "\xc0\x22\0\1\0\1\0\0\0\x09\0\4\xc0\0\2\2"),
			DNS_A, RC_OK, 1, "192.0.2.2", 5 },
		/* an alias of itself */
		{ MSG(HEAD("\x81\x80", "\1", "\0") ASK("\1") RR("\5", "\5", "\2") "\xc0\x0c"),
			DNS_A, RC_TEMP },
		/* an alias that leads to nothing */
		{ MSG(HEAD("\x81\x80", "\1", "\0") ASK("\1") RR("\5", "\5", "\4") "\1c\xc0\x0e"),
			DNS_A, RC_NOT_FOUND, 0, NULL, 0 },
		/* the alias itself was asked for */
		{ MSG(HEAD("\x81\x80", "\1", "\0") ASK("\5") RR("\5", "\5", "\4") "\1c\xc0\x0e"),
			DNS_CNAME, RC_OK, 1, "c.bc", 5 },
		/* SRV, TLSA */
		{ MSG(HEAD("\x81\x80", "\1", "\0") ASK("\x21")
				  RR("\x21", "\1", "\x08") "\0\1\0\2\3\xe1\xc0\x0e"),
			DNS_SRV, RC_OK, 1, "bc", 1 },
		{ MSG(HEAD("\x81\x80", "\1", "\0") ASK("\x34") RR("\x34", "\1", "\4") "\3\1\1x"),
			DNS_TLSA, RC_OK, 1, "\3\1\1x", 1 },
		/* another name's record in the answer */
		{ MSG(HEAD("\x81\x80", "\1", "\0")
				  ASK("\1") "\xc0\x0e\0\1\0\1\0\0\0\1\0\4\xc0\0\2\1"),
			DNS_A, RC_NOT_FOUND, 0, NULL, 0 },
	};
	struct dns_name n = name_of("a.bc");

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct dns_reply reply;
		enum rc rc = dns_reply_parse(&arena, cases[i].msg, &n, cases[i].type, &reply);
		if (rc != cases[i].rc)
			print_message("case %zu\n", i);
		assert_int_equal(rc, cases[i].rc);
		if (rc == RC_TEMP)
			continue;
		assert_int_equal(reply.answer.len, cases[i].len);
		assert_int_equal(reply.answer.ttl, cases[i].ttl);
		if (rc != RC_OK)
			continue;
		const struct dns_rr *rr = &reply.answer.items[0];
		struct str text = str_in(&arena, 1000);
		if (rr->type == DNS_A)
			addr_add(&text, &rr->addr);
		else
			str_add(&text, rr->text);
		assert_string_equal(str_cstr(&text), cases[i].text);
	}
}

static void every_cut_of_an_answer_is_refused(void **state)
{
	static const struct span msg = MSG(HEAD("\x81\x80", "\2", "\0") ASK("\1")
			RR("\5", "\5", "\4") "\1c\xc0\x0e"
					     "\xc0\x22\0\1\0\1\0\0\0\x09\0\4\xc0\0\2\2");
	struct dns_name n = name_of("a.bc");
	struct dns_reply reply;

	for (size_t len = 0; len < msg.len; len++) {
		char *copy = heap_alloc(len); /* exact, for the sanitizer */
		memcpy(copy, msg.ptr, len);
		assert_int_equal(
			dns_reply_parse(&arena, span_make(copy, len), &n, DNS_A, &reply), RC_TEMP);
		heap_free(copy);
	}
	assert_int_equal(dns_reply_parse(&arena, msg, &n, DNS_A, &reply), RC_OK);
	assert_true(span_eq(reply.answer.cname, SPAN("c.bc")));
}

/* What a server said as a whole: referrals, refusals, cut answers. */
static void whole_messages(void **state)
{
	static const struct {
		struct span msg;
		bool ok;
		unsigned code;
		const char *flags;
		size_t len;
		const char *owner; /* of the last line */
		enum dns_section section;
	} cases[] = {
		{ MSG(HEAD("\x85\x80", "\1", "\0") ASK("\1") RR("\1", "\x3c", "\4") "\xc0\0\2\1"),
			true, 0, "a-r-", 1, "a.bc", DNS_ANSWERS },
		{ MSG(HEAD("\x81\x83", "\0", "\1") ASK("\1") SOA_AT("\xc0\x0e")), true, 3, "--r-",
			1, "bc", DNS_AUTHORITY },
		{ MSG(HEAD("\x81\xa5", "\0", "\0") ASK("\1")), true, 5, "--rd", 0, NULL, 0 },
		/* no question: some servers refuse so */
		{ MSG("\x12\x34\x80\5\0\0\0\0\0\0\0\0"), true, 5, "----", 0, NULL, 0 },
		/* cut off: what is there is read; not said to be cut off: malformed */
		{ MSG(HEAD("\x83\x80", "\1", "\0") ASK("\1")), true, 0, "-tr-", 0, NULL, 0 },
		{ MSG(HEAD("\x81\x80", "\1", "\0") ASK("\1")), false },
		{ MSG(HEAD("\x81\x80", "\1", "\0") ASK("\1") RR("\1", "\x3c", "\4") "\xc0\0\2"),
			false },
		/* a question; two questions; half a head */
		{ MSG(HEAD("\x01\x80", "\0", "\0") ASK("\1")), false },
		{ MSG("\x12\x34\x81\x80\0\2\0\0\0\0\0\0" ASK("\1") ASK("\1")), false },
		{ MSG("\x12\x34\x81\x80\0\1\0\0\0\0"), false },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct dns_sections all;
		bool ok = dns_sections_parse(&arena, cases[i].msg, &all);
		if (ok != cases[i].ok)
			fail_msg("case %zu", i);
		if (!ok)
			continue;
		const char flags[] = { all.authoritative ? 'a' : '-', all.truncated ? 't' : '-',
			all.recursive ? 'r' : '-', all.authentic ? 'd' : '-', '\0' };
		assert_int_equal(all.code, cases[i].code);
		assert_string_equal(flags, cases[i].flags);
		assert_int_equal(all.len, cases[i].len);
		if (all.len == 0)
			continue;
		assert_true(span_eq(all.lines[all.len - 1].owner, span_of(cases[i].owner)));
		assert_int_equal(all.lines[all.len - 1].section, cases[i].section);
	}
}

static void too_many_records(void **state)
{
	struct str msg = str_in(&arena, 100000);
	struct dns_name n = name_of("a.bc");
	struct dns_reply reply;

	for (unsigned count = 200; count <= 201; count++) {
		str_clear(&msg);
		str_addf(
			&msg, "\x12\x34\x81%c%c\1%c%c%c%c%c%c", 0x80, 0, 0, (int)count, 0, 0, 0, 0);
		str_add(&msg, span_make(ASK("\1"), sizeof ASK("\1") - 1));
		for (unsigned i = 0; i < count; i++) {
			str_add(&msg, span_make(RR("\1", "\1", "\4") "abcd", 16));
		}
		assert_int_equal(dns_reply_parse(&arena, str_span(&msg), &n, DNS_A, &reply),
			count == 200 ? RC_OK : RC_TEMP);
	}
	assert_int_equal(reply.answer.len, 200);
}

static void the_cache_forgets(void **state)
{
	struct dns_cache c;
	char key[16];

	dns_cache_init(&c);
	dns_cache_put(&c, SPAN("a"), RC_OK, SPAN("one"), 100);
	dns_cache_put(&c, SPAN("a"), RC_OK, SPAN("two"), 100);
	assert_true(span_eq(dns_cached_reply(dns_cache_get(&c, SPAN("a"), 99)), SPAN("two")));
	assert_null(dns_cache_get(&c, SPAN("a"), 100));
	assert_int_equal(c.bytes, 0);

	dns_cache_put(&c, SPAN("kept"), RC_TEMP, SPAN_NONE, 1000);
	for (int i = 0; i < DNS_CACHE_ENTRIES + 10; i++) {
		(void)snprintf(key, sizeof key, "%d", i);
		assert_non_null(dns_cache_get(&c, SPAN("kept"), 0));
		dns_cache_put(&c, span_of(key), RC_OK, SPAN("x"), 1000);
	}
	assert_int_equal(c.by_key.count, DNS_CACHE_ENTRIES);
	assert_null(dns_cache_get(&c, SPAN("0"), 0));

	char *big = heap_zalloc(DNS_CACHE_BYTES - 1000);
	dns_cache_put(&c, SPAN("big"), RC_OK, span_make(big, DNS_CACHE_BYTES - 1000), 1000);
	assert_true(c.bytes <= DNS_CACHE_BYTES);
	assert_non_null(dns_cache_get(&c, SPAN("big"), 0));
	heap_free(big);
	dns_cache_done(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(a_query_on_the_wire),
		cmocka_unit_test(answers),
		cmocka_unit_test(every_cut_of_an_answer_is_refused),
		cmocka_unit_test(whole_messages),
		cmocka_unit_test(too_many_records),
		cmocka_unit_test(the_cache_forgets),
	};
	return cmocka_run_group_tests_name("dns", tests, setup, teardown);
}
