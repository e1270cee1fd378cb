/* webui/setup: what mail programs fetch. */
#include "tests/unit/cmocka_all.h"

#include "webui/setup/client_files.h"
#include "webui/setup/xml.h"

static struct arena arena;

#define SCHEMA "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
#define ASK(inner)                                                                                 \
	"<?xml version=\"1.0\"?><Autodiscover xmlns=\"http://schemas.microsoft.com/exchange/"      \
	"autodiscover/outlook/requestschema/2006\"><Request>" inner "</Request></Autodiscover>"

static void requests_are_read(void **state)
{
	static const struct {
		const char *body;
		enum rc rc;
		const char *address, *schema;
	} table[] = {
		{ ASK("<EMailAddress>a@b.example</EMailAddress><AcceptableResponseSchema>" SCHEMA
		      "</AcceptableResponseSchema>"),
			RC_OK, "a@b.example", SCHEMA },
		{ ASK("<EMailAddress> a@b.example\n</EMailAddress>"), RC_OK, "a@b.example", "" },
		{ ASK("<EMailAddress>a&amp;b@c.example</EMailAddress>"), RC_OK, "a&b@c.example",
			"" },
		{ ASK("<x:EMailAddress xmlns:x=\"y\">a@b.example</x:EMailAddress>"), RC_OK,
			"a@b.example", "" },
		{ ASK("<EMailAddress>nobody</EMailAddress>"), RC_INVALID, "", "" },
		{ ASK("<EMailAddress>@b.example</EMailAddress>"), RC_INVALID, "", "" },
		{ ASK("<LegacyDN>x</LegacyDN>"), RC_INVALID, "", "" },
		{ ASK("<EMailAddress>a@b.example"), RC_INVALID, "", "" },
		{ "", RC_INVALID, "", "" },
		{ "{}", RC_INVALID, "", "" },
		{ "<!DOCTYPE a [<!ENTITY x \"y\">]><a><EMailAddress>&x;@b.example</EMailAddress></a>",
			RC_INVALID, "", "" },
	};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct autodiscover_request ask = { 0 };
		assert_int_equal(
			autodiscover_parse(&arena, span_of(table[i].body), &ask), table[i].rc);
		assert_true(span_eq(ask.address, span_of(table[i].address)));
		assert_true(span_eq(ask.schema, span_of(table[i].schema)));
	}
}

static void requests_have_limits(void **state)
{
	struct autodiscover_request ask;
	struct str body = str_in(&arena, 1 << 20);

	for (int i = 0; i < 200; i++)
		str_add_cstr(&body, "<a>");
	str_add_cstr(&body, "<EMailAddress>a@b.example</EMailAddress>");
	for (int i = 0; i < 200; i++)
		str_add_cstr(&body, "</a>");
	assert_int_equal(autodiscover_parse(&arena, str_span(&body), &ask), RC_INVALID);
	for (int i = 0; i < AUTODISCOVER_REQUEST_MAX; i++)
		str_add_c(&body, ' ');
	assert_int_equal(autodiscover_parse(&arena, str_span(&body), &ask), RC_INVALID);
}

static const struct client_servers servers = { .domain = { "b.example", sizeof "b.example" - 1 },
	.hostname = { "mail.example.test", sizeof "mail.example.test" - 1 },
	.imaps_port = 993,
	.pop3s_port = 995,
	.submissions_port = 465,
	.submission_port = 587 };

static bool has(const struct str *text, const char *what)
{
	return span_find_span(str_span(text), span_of(what)) != SPAN_NPOS;
}

static void files_hold_what_was_asked(void **state)
{
	struct str text = str_in(&arena, CLIENT_FILE_MAX);

	autoconfig_add(&text, &servers);
	assert_true(has(&text, "<emailProvider id=\"b.example\">"));
	assert_true(has(&text, "<port>993</port>\n<socketType>SSL</socketType>"));
	assert_true(has(&text, "<port>587</port>\n<socketType>STARTTLS</socketType>"));

	text.len = 0;
	autodiscover_add(&text, &servers, SPAN("o'neil<&@b.example"));
	assert_true(has(&text, "<LoginName>o&#39;neil&lt;&amp;@b.example</LoginName>"));
	assert_true(has(&text, "<Type>SMTP</Type>\n<Server>mail.example.test</Server>\n<Port>465"));

	text.len = 0;
	mobileconfig_add(&text, &servers, SPAN("a@b.example"), SPAN(""));
	assert_true(has(&text, "<key>IncomingMailServerPortNumber</key>\n<integer>993</integer>"));
	assert_false(has(&text, "<key>IncomingPassword<"));

	text.len = 0;
	mobileconfig_add(&text, &servers, SPAN("a@b.example"), SPAN("se<cret"));
	assert_true(has(&text, "<key>IncomingPassword</key>\n<string>se&lt;cret</string>"));
	assert_true(str_ok(&text));
}

static void text_is_escaped(void **state)
{
	struct str text = str_in(&arena, 100);

	xml_add(&text, "a", SPAN("<\"&'>\x01\t"));
	assert_true(
		span_eq(str_span(&text), SPAN("<a>&lt;&quot;&amp;&#39;&gt;\xef\xbf\xbd\t</a>\n")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_are_read),
		cmocka_unit_test(requests_have_limits),
		cmocka_unit_test(files_hold_what_was_asked),
		cmocka_unit_test(text_is_escaped),
	};
	arena_init(&arena, 4096);
	int failed = cmocka_run_group_tests_name("client files", tests, NULL, NULL);
	arena_done(&arena);
	return failed;
}
