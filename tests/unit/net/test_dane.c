/* mailcore/net: which TLSA records can be used (RFC 6698, 7672). REQUIREMENTS 21. */
#include "tests/unit/cmocka_all.h"

#include "mailcore/net/dane.h"

static struct span record(unsigned usage, unsigned selector, unsigned matching, size_t len)
{
	static char bytes[3 + 200];

	memset(bytes, 'x', sizeof bytes);
	bytes[0] = (char)usage;
	bytes[1] = (char)selector;
	bytes[2] = (char)matching;
	return span_make(bytes, 3 + len);
}

static void usable(void **state)
{
	static const struct {
		unsigned usage, selector, matching;
		size_t len;
		bool good;
	} cases[] = {
		{ 3, 1, 1, 32, true },
		{ 3, 0, 2, 64, true },
		{ 2, 0, 0, 100, true },
		{ 2, 1, 1, 32, true },
		{ 0, 0, 1, 32, false }, /* the CAs of the world are not for mail */
		{ 1, 1, 1, 32, false },
		{ 4, 1, 1, 32, false },
		{ 255, 1, 1, 32, false },
		{ 3, 2, 1, 32, false },
		{ 3, 1, 3, 32, false },
		{ 3, 1, 1, 31, false },
		{ 3, 1, 1, 33, false },
		{ 3, 1, 2, 32, false },
		{ 3, 1, 0, 0, false },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct tlsa t = { 0 };
		struct span rdata =
			record(cases[i].usage, cases[i].selector, cases[i].matching, cases[i].len);
		assert_int_equal(tlsa_parse(rdata, &t), cases[i].good);
		assert_int_equal(t.data.len, cases[i].good ? cases[i].len : 0);
	}
	for (size_t len = 0; len < 4; len++) {
		struct tlsa t;
		assert_false(tlsa_parse(span_sub(record(3, 1, 1, 32), 0, len), &t));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(usable) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
