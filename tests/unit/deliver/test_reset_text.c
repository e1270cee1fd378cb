/* What the mail with the link to a new password says. */
#include "mailcore/deliver/reset_text.h"
#include "tests/unit/cmocka_all.h"

static const struct {
	const char *language;
	bool is_mailbox;
	const char *subject, *says, *says_not;
} cases[] = {
	{ "en", true, "Set a new password", "mail programs", "Passwort" },
	{ "en", false, "Set a new password", "second factor", "mail programs" },
	{ "de", true, "Ein neues Passwort festlegen", "Mail-Programme", "password" },
	{ "de", false, "Ein neues Passwort festlegen", "zweiter Faktor", "Mail-Programme" },
	{ "", false, "Set a new password", "Somebody", "Jemand" },
	{ "xx", false, "Set a new password", "Somebody", "Jemand" },
};

static bool has(struct span text, const char *words)
{
	return span_find_span(text, span_of(words)) != SPAN_NPOS;
}

static void test_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct arena a;
		arena_init(&a, 4096);
		struct reset_text t = reset_text_make(&a, span_of(cases[i].language),
			SPAN("alice@example.org"), SPAN("https://panel.example/login/reset/x"),
			SPAN("192.0.2.1"), cases[i].is_mailbox);
		assert_true(span_eq(t.subject, span_of(cases[i].subject)));
		assert_true(has(t.text, "alice@example.org"));
		assert_true(has(t.text, "\nhttps://panel.example/login/reset/x\n"));
		assert_true(has(t.text, "192.0.2.1"));
		assert_true(has(t.text, cases[i].says));
		assert_false(has(t.text, cases[i].says_not));
		arena_done(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_says),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
