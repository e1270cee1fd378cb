/* mailcore/auth: the words of RFC 8601 section 2.7. */
#include "tests/unit/cmocka_all.h"

#include "mailcore/auth/results.h"

static void results_have_their_words(void **state)
{
	static const struct {
		enum auth_result result;
		const char *name;
	} cases[] = {
		{ AUTH_NONE, "none" },
		{ AUTH_PASS, "pass" },
		{ AUTH_FAIL, "fail" },
		{ AUTH_SOFTFAIL, "softfail" },
		{ AUTH_NEUTRAL, "neutral" },
		{ AUTH_POLICY, "policy" },
		{ AUTH_TEMPERROR, "temperror" },
		{ AUTH_PERMERROR, "permerror" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_string_equal(auth_result_name(cases[i].result), cases[i].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(results_have_their_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
