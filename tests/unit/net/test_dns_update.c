/* net/dns_update: what is asked for, what is answered, records as bytes. */
#include "tests/unit/cmocka_all.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "mailcore/base/base64.h"
#include "mailcore/net/dns_update.h"

#define NOW 1700000000

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
	struct dns_name name;
	assert_true(dns_name_parse(span_of(text), &name));
	return name;
}

static struct tsig_key key_of(void)
{
	return (struct tsig_key){ name_of("push-key"), SPAN("0123456789abcdef0123456789abcdef") };
}

/* ------------------------------------------------------------------------ data */

static void text_becomes_bytes(void **state)
{
	static const struct {
		enum dns_type type;
		const char *text, *hex; /* NULL: refused */
	} cases[] = {
		{ DNS_A, "192.0.2.1", "c0000201" },
		{ DNS_A, "2001:db8::1", NULL },
		{ DNS_AAAA, "2001:db8::1", "20010db8000000000000000000000001" },
		{ DNS_MX, "10 a.b.", "000a0161016200" },
		{ DNS_MX, "0 .", "000000" },
		{ DNS_MX, "70000 a.", NULL },
		{ DNS_MX, "10", NULL },
		{ DNS_SRV, "0 1 993 A.b.", "0000000103e10161016200" },
		{ DNS_SRV, "0 1 a.b.", NULL },
		{ DNS_CNAME, "a.", "016100" },
		{ DNS_CNAME, "", NULL },
		{ DNS_TXT, "hi", "026869" },
		{ DNS_TXT, "", "00" },
		{ DNS_CAA, "0 issue \"ca\"", "000569737375656361" },
		{ DNS_CAA, "0 issue ca", NULL },
		{ DNS_CAA, "256 issue \"ca\"", NULL },
		{ DNS_TLSA, "3 1 1 00ff", "03010100ff" },
		{ DNS_TLSA, "3 1 1 0", NULL },
		{ DNS_NS, "a.", NULL },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct str hex = str_in(&arena, 256);
		struct span data;
		bool ok = update_data_of(&arena, cases[i].type, span_of(cases[i].text), &data);
		assert_int_equal(ok, cases[i].hex != NULL);
		if (!ok)
			continue;
		hex_add(&hex, data);
		assert_string_equal(str_cstr(&hex), cases[i].hex);
	}
}

static void long_txt_is_split(void **state)
{
	char text[401];
	struct span data;
	memset(text, 'x', 400);
	text[400] = '\0';
	assert_true(update_data_of(&arena, DNS_TXT, span_of(text), &data));
	assert_int_equal(data.len, 402);
	assert_int_equal((unsigned char)data.ptr[0], 255);
	assert_int_equal((unsigned char)data.ptr[256], 145);
}

/* ------------------------------------------------------------------------ request and answer */

static struct span request(unsigned char mac[static TSIG_MAC_BYTES])
{
	struct tsig_key key = key_of();
	struct dns_name zone = name_of("example.test");
	struct update_line lines[] = {
		{ UPDATE_ADD, name_of("a.example.test"), DNS_A, 300, SPAN("\x7f\0\0\1") },
		{ UPDATE_NEED_NONE, name_of("a.example.test"), DNS_A, 0, SPAN("") },
		{ UPDATE_DELETE, name_of("b.example.test"), DNS_A, 0, SPAN("\x7f\0\0\2") },
		{ UPDATE_NEED_THIS, name_of("b.example.test"), DNS_A, 0, SPAN("\x7f\0\0\2") },
	};
	struct str out = str_in(&arena, UPDATE_MESSAGE_MAX);
	assert_true(update_build(&out, &zone, 0x1234, lines, 4, &key, NOW, mac));
	return str_span(&out);
}

static void requests_count_their_parts(void **state)
{
	unsigned char mac[TSIG_MAC_BYTES];
	struct span r = request(mac);
	/* id, opcode UPDATE, one zone, two prerequisites, two changes, the signature */
	assert_memory_equal(r.ptr, "\x12\x34\x28\x00\0\1\0\2\0\2\0\1", 12);
	struct tsig_key key = key_of();
	struct dns_name zone = name_of("example.test");
	struct str out = str_in(&arena, UPDATE_MESSAGE_MAX);
	assert_false(update_build(&out, &zone, 1, NULL, UPDATE_LINES_MAX + 1, &key, NOW, mac));
}

/* An answer as a server signs it: hashed are the request's MAC, the answer, and the variables. */
static struct span answer(unsigned flags, const unsigned char request_mac[static TSIG_MAC_BYTES],
	int64_t at_s, unsigned error, bool is_signed)
{
	struct tsig_key key = key_of();
	struct str text = str_in(&arena, 4096), hashed = str_in(&arena, 4096),
		   variables = str_in(&arena, 512);
	unsigned char mac[32];
	char head[12] = { 0x12, 0x34, (char)(flags >> 8), (char)flags, 0, 0, 0, 0, 0, 0, 0, 0 };
	char time[8] = { 0, 0, (char)(at_s >> 24), (char)(at_s >> 16), (char)(at_s >> 8),
		(char)at_s, 1, 44 };
	struct span algorithm = span_make("\013hmac-sha256", 13), bare = span_make(head, 12);

	str_add(&variables, span_make(key.name.bytes, key.name.len));
	str_add(&variables, SPAN("\0\xff\0\0\0\0"));
	str_add(&variables, algorithm);
	str_add(&variables, span_make(time, 8));
	str_add_c(&variables, 0);
	str_add_c(&variables, (char)error);
	str_add(&variables, SPAN("\0\0"));
	str_add(&hashed, SPAN("\0\x20"));
	str_add(&hashed, span_make(request_mac, 32));
	str_add(&hashed, bare);
	str_add(&hashed, str_span(&variables));
	unsigned mac_len = 32;
	(void)HMAC(EVP_sha256(), key.secret.ptr, (int)key.secret.len,
		(const unsigned char *)hashed.ptr, hashed.len, mac, &mac_len);
	if (!is_signed)
		return arena_span(&arena, bare);
	head[11] = 1;
	str_add(&text, bare);
	str_add(&text, span_make(key.name.bytes, key.name.len));
	str_add(&text, SPAN("\0\xfa\0\xff\0\0\0\0\0\x3d"));
	str_add(&text, algorithm);
	str_add(&text, span_make(time, 8));
	str_add(&text, SPAN("\0\x20"));
	str_add(&text, span_make(mac, 32));
	str_add(&text, SPAN("\x12\x34\0"));
	str_add_c(&text, (char)error);
	str_add(&text, SPAN("\0\0"));
	return str_span(&text);
}

static void answers_are_believed_when_signed(void **state)
{
	static const struct {
		unsigned flags, error;
		int64_t off_s;
		bool is_signed;
		enum update_answer want;
	} cases[] = {
		{ 0xA800, 0, 0, true, UPDATE_DONE }, { 0xA800, 0, 200, true, UPDATE_DONE },
		{ 0xA800, 0, 301, true, UPDATE_UNREADABLE }, /* an old yes */
		{ 0xA800, 0, 0, false, UPDATE_UNREADABLE },  /* an unsigned yes */
		{ 0xA805, 0, 0, false, UPDATE_REFUSED }, { 0xA807, 0, 0, true, UPDATE_CHANGED },
		{ 0xA808, 0, 0, true, UPDATE_CHANGED }, { 0xA805, 0, 0, true, UPDATE_REFUSED },
		{ 0xA802, 0, 0, true, UPDATE_FAILED }, { 0xA809, 16, 0, true, UPDATE_BAD_KEY },
		{ 0xA809, 17, 0, true, UPDATE_BAD_KEY }, { 0xA809, 18, 0, true, UPDATE_BAD_TIME },
		{ 0x8000, 0, 0, true, UPDATE_UNREADABLE }, /* of a question */
		{ 0x2800, 0, 0, true, UPDATE_UNREADABLE }, /* no answer */
	};
	unsigned char mac[TSIG_MAC_BYTES];
	struct tsig_key key = key_of();
	(void)request(mac);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct span text = answer(cases[i].flags, mac, NOW - cases[i].off_s, cases[i].error,
			cases[i].is_signed);
		assert_int_equal(update_answer_parse(text, 0x1234, &key, mac, NOW), cases[i].want);
	}
}

static void every_changed_byte_is_seen(void **state)
{
	unsigned char mac[TSIG_MAC_BYTES];
	struct tsig_key key = key_of();
	(void)request(mac);
	struct span good = answer(0xA800, mac, NOW, 0, true);
	char *text = arena_alloc(&arena, good.len);
	for (size_t i = 0; i < good.len; i++) {
		memcpy(text, good.ptr, good.len);
		text[i] ^= 0x40;
		bool case_only = ascii_lower(text[i]) == ascii_lower(good.ptr[i]);
		assert_true(case_only ||
			update_answer_parse(span_make(text, good.len), 0x1234, &key, mac, NOW) !=
				UPDATE_DONE);
		assert_true(update_answer_parse(span_sub(good, 0, i), 0x1234, &key, mac, NOW) !=
			UPDATE_DONE);
	}
	assert_int_equal(update_answer_parse(good, 0x1235, &key, mac, NOW), UPDATE_UNREADABLE);
	mac[0] ^= 1;
	assert_int_equal(update_answer_parse(good, 0x1234, &key, mac, NOW), UPDATE_UNREADABLE);
}

/* ------------------------------------------------------------------------ sets */

#define QUESTION "\1a\4test\0\0\xf\0\1"

static void sets_are_read(void **state)
{
	struct dns_name name = name_of("a.test");
	struct update_set set;
	/* MX 10 with a pointer to the question's name, and a TXT that is not asked for */
	struct span mx = SPAN(
		"\0\1\x84\0\0\1\0\2\0\0\0\0" QUESTION "\xc0\xc\0\xf\0\1\0\0\1\x2c\0\4\0\xa\xc0\xc"
		"\xc0\xc\0\x10\0\1\0\0\1\x2c\0\2\1x");
	assert_true(update_set_parse(&arena, mx, &name, DNS_MX, &set));
	assert_int_equal(set.len, 1);
	assert_int_equal(set.ttl, 300);
	assert_true(span_eq(set.data[0], SPAN("\0\xa\1a\4test\0")));
	struct span alias =
		SPAN("\0\1\x84\0\0\1\0\1\0\0\0\0" QUESTION "\xc0\xc\0\5\0\1\0\0\1\x2c\0\2\xc0\xe");
	assert_true(update_set_parse(&arena, alias, &name, DNS_MX, &set));
	assert_true(set.is_alias && set.exists && set.len == 0);
	struct span nobody = SPAN("\0\1\x84\3\0\1\0\0\0\0\0\0" QUESTION);
	assert_true(update_set_parse(&arena, nobody, &name, DNS_MX, &set));
	assert_false(set.exists);
}

static void bad_answers_are_none(void **state)
{
	static const struct {
		size_t len;
		const char *text;
	} cases[] = {
#define CASE(t) { sizeof(t) - 1, t }
		CASE(""),
		CASE("\0\1\x80\0\0\1\0\0\0\0\0\0" QUESTION), /* not authoritative */
		CASE("\0\1\x86\0\0\1\0\0\0\0\0\0" QUESTION), /* cut */
		CASE("\0\1\x84\2\0\1\0\0\0\0\0\0" QUESTION), /* SERVFAIL */
		CASE("\0\1\x04\0\0\1\0\0\0\0\0\0" QUESTION), /* a question */
		CASE("\0\1\x84\0\0\1\0\1\0\0\0\0" QUESTION "\xc0\x1d\0\xf\0\1\0\0\0\0\0\0"),
		CASE("\0\1\x84\0\0\1\0\1\0\0\0\0" QUESTION
		     "\xc0\xc\0\xf\0\1\0\0\0\0\0\7\0\xa\xc0\xc"),
		CASE("\0\1\x84\0\0\1\0\1\0\0\0\0" QUESTION
		     "\xc0\xc\0\xf\0\1\0\0\0\0\0\5\0\xa\xc0\xcx"),
		CASE("\0\1\x84\0\0\1\xff\xff\0\0\0\0" QUESTION),
	};
	struct dns_name name = name_of("a.test");
	struct update_set set;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_false(update_set_parse(
			&arena, span_make(cases[i].text, cases[i].len), &name, DNS_MX, &set));
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = { T(text_becomes_bytes), T(long_txt_is_split),
		T(requests_count_their_parts), T(answers_are_believed_when_signed),
		T(every_changed_byte_is_seen), T(sets_are_read), T(bad_answers_are_none) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
