/* backend/cli/mime_json: what scripts may rely on in check mime and check lines. */
#include "tests/unit/cmocka_all.h"

#include <cjson/cJSON.h>

#include "backend/cli/mime_json.h"

static void assert_json(cJSON *got, const char *want)
{
	char *text = cJSON_PrintUnformatted(got);
	assert_string_equal(text, want);
	cJSON_free(text);
	cJSON_Delete(got);
}

static void part_trees(void **state)
{
	assert_json(mime_json(SPAN("Subject: =?utf-8?q?=C3=A9?=\r\nFrom: Joe <j@x>\r\n\r\nhi\r\n")),
		"{\"type\":\"text/plain\",\"params\":{},\"encoding\":\"7bit\",\"size\":4,\"lines\":1,"
		"\"offset\":48,\"header_offset\":0,\"children\":[],\"envelope\":{\"date\":null,"
		"\"subject\":\"\xC3\xA9\",\"from\":[[\"Joe\",\"j@x\"]],\"sender\":[],\"reply_to\":[],\"to\":[],"
		"\"cc\":[],\"bcc\":[],\"in_reply_to\":null,\"message_id\":null}}");

	cJSON *tree = mime_json(SPAN("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
				     "Content-Type: a/b; name*=utf-8''%C3%A9\r\n"
				     "Content-Disposition: attachment\r\n\r\nx\r\n--b--\r\n"));
	const cJSON *child =
		cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(tree, "children"), 0);
	char *text = cJSON_PrintUnformatted(child);
	assert_string_equal(text,
		"{\"type\":\"a/b\",\"params\":{\"name\":\"\xC3\xA9\"},\"encoding\":\"7bit\",\"size\":1,"
		"\"lines\":0,\"offset\":125,\"header_offset\":50,\"disposition\":\"attachment\","
		"\"filename\":\"\xC3\xA9\",\"children\":[]}");
	cJSON_free(text);
	cJSON_Delete(tree);
}

static void single_values(void **state)
{
	assert_json(content_type_json(SPAN("Text/HTML; Charset=\"utf-8\"")),
		"{\"type\":\"text/html\",\"params\":{\"charset\":\"utf-8\"}}");
	assert_json(content_type_json(SPAN("junk")), "{\"type\":null,\"params\":{}}");
	assert_json(date_json(SPAN("Sun, 22 Nov 2026 18:30:00 +0000")), "{\"time\":1795372200}");
	assert_json(date_json(SPAN("never")), "{\"time\":null}");
	assert_json(addresses_json(SPAN("g: Joe <j@x>, a@b;, \"q q\"@x")),
		"{\"addresses\":[[\"Joe\",\"j@x\"],[null,\"a@b\"],[null,\"\\\"q q\\\"@x\"]]}");
	assert_json(addresses_json(SPAN("")), "{\"addresses\":[]}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(part_trees),
		cmocka_unit_test(single_values),
	};
	return cmocka_run_group_tests_name("cli_mime_json", tests, NULL, NULL);
}
