/* mailcore/mime: header fields and messages that are written can be read back, and hold no more
 * than they should. */
#include "tests/unit/cmocka_all.h"

#include "mailcore/base/utf8.h"
#include "mailcore/mime/build.h"
#include "mailcore/mime/date.h"
#include "mailcore/mime/header.h"
#include "mailcore/mime/part.h"
#include "mailcore/mime/text.h"

static struct arena arena;

static void assert_span(struct span got, const char *want)
{
	assert_string_equal(arena_cstr(&arena, got), want);
	assert_int_equal(got.len, strlen(want));
}

/* CRLF only, no line above `max`, no NUL. */
static void assert_lines(struct span text, size_t max)
{
	size_t column = 0;

	assert_true(span_ends(text, SPAN("\r\n")));
	for (size_t i = 0; i < text.len; i++) {
		assert_int_not_equal(text.ptr[i], '\0');
		if (text.ptr[i] == '\r')
			assert_int_equal(text.ptr[i + 1], '\n');
		if (text.ptr[i] == '\n') {
			assert_true(i > 0 && text.ptr[i - 1] == '\r');
			column = 0;
		} else if (text.ptr[i] != '\r') {
			assert_in_range(++column, 1, max);
		}
	}
}

static struct span repeat(const char *text, size_t n)
{
	struct str out = str_in(&arena, 1 << 20);
	for (size_t i = 0; i < n; i++)
		str_add_cstr(&out, text);
	return str_span(&out);
}

static void text_fields(void **state)
{
	static const char *cases[][2] = {
		{ "Hello", "Subject: Hello\r\n" },
		{ "", "Subject:\r\n" },
		{ " two  words ", "Subject: two  words\r\n" },
		{ "caf\xC3\xA9", "Subject: =?UTF-8?Q?caf=C3=A9?=\r\n" },
		{ "=?utf-8?q?x?=", "Subject: =?UTF-8?Q?=3D=3Futf-8=3Fq=3Fx=3F=3D?=\r\n" },
		{ "a\x01", "Subject: =?UTF-8?Q?a=01?=\r\n" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct str out = str_in(&arena, 1000);
		assert_int_equal(header_write_text(&out, "Subject", span_of(cases[i][0])), RC_OK);
		assert_span(str_span(&out), cases[i][1]);
	}
	const struct span texts[] = { repeat("word ", 200), repeat("\xC3\xA9", 300),
		repeat("x", 3000), repeat("a b\t", 100), repeat("\xF0\x9F\x98\x80 x", 50) };
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct str out = str_in(&arena, 100000);
		assert_int_equal(header_write_text(&out, "Subject", texts[i]), RC_OK);
		assert_lines(str_span(&out), 78);
		assert_true(utf8_is_ascii(str_span(&out)));
		struct span back = header_text_of(&arena, str_span(&out), SPAN("Subject"));
		assert_true(span_eq(back, span_trim(texts[i])));
	}
}

static void injections_are_refused(void **state)
{
	static const struct span bad[] = { SPAN("a\r\nEvil: 1"), SPAN("a\nb"), SPAN("a\rb"),
		SPAN("a\0b") };
	struct str out = str_in(&arena, 10000);
	const struct build_param param = { "x", SPAN("a\r\nb") };

	str_add_cstr(&out, "before");
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct address name = { .name = bad[i], .local = SPAN("a"), .domain = SPAN("b") };
		struct address local = { .local = bad[i], .domain = SPAN("b") };
		struct address domain = { .local = SPAN("a"), .domain = bad[i] };
		assert_int_equal(header_write(&out, "X", bad[i]), RC_INVALID);
		assert_int_equal(header_write_text(&out, "X", bad[i]), RC_INVALID);
		assert_int_equal(header_write_ids(&out, "X", &bad[i], 1), RC_INVALID);
		assert_int_equal(header_write_addresses(&out, "X", &name, 1), RC_INVALID);
		assert_int_equal(header_write_addresses(&out, "X", &local, 1), RC_INVALID);
		assert_int_equal(header_write_addresses(&out, "X", &domain, 1), RC_INVALID);
		assert_int_equal(header_write_params(&out, "X", bad[i], NULL, 0), RC_INVALID);
	}
	assert_int_equal(header_write_params(&out, "X", SPAN("a/b"), &param, 1), RC_INVALID);
	assert_int_equal(header_write(&out, "X\r\nY", SPAN("a")), RC_INVALID);
	assert_int_equal(header_write(&out, "X:", SPAN("a")), RC_INVALID);
	assert_int_equal(header_write(&out, "", SPAN("a")), RC_INVALID);
	assert_int_equal(header_write_text(&out, "X", SPAN("\xFF")), RC_INVALID);
	assert_int_equal(header_write(&out, "X", repeat("x", 998)), RC_INVALID);
	const struct span ids[] = { SPAN("a b"), SPAN("<a@b>"), SPAN(""), repeat("x", 1000) };
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(header_write_ids(&out, "X", &ids[i], 1), RC_INVALID);
	assert_span(str_span(&out), "before");
	struct str small = str_in(&arena, 5);
	assert_int_equal(header_write(&small, "X", SPAN("long")), RC_LIMIT);
}

static void address_fields(void **state)
{
	static const struct address list[] = {
		{ .local = SPAN("a"), .domain = SPAN("b.test") },
		{ .name = SPAN("Joe Public"), .local = SPAN("joe"), .domain = SPAN("x.test") },
		{ .kind = ADDRESS_GROUP_BEGIN, .name = SPAN("group") },
		{ .name = SPAN("Doe, \"J\""), .local = SPAN("j d"), .domain = SPAN("x.test") },
		{ .name = SPAN("Jos\xC3\xA9"), .local = SPAN("j"), .domain = SPAN("x.test") },
	};
	struct str out = str_in(&arena, 10000);

	assert_int_equal(header_write_addresses(&out, "To", list, 5), RC_OK);
	assert_span(str_span(&out),
		"To: a@b.test, Joe Public <joe@x.test>, \"Doe, \\\"J\\\"\" <\"j d\"@x.test>,\r\n"
		" =?UTF-8?Q?Jos=C3=A9?= <j@x.test>\r\n");
	struct address_list back;
	address_list_parse(&arena, span_from(str_span(&out), 3), &back);
	assert_int_equal(back.len, 4);
	assert_span(back.items[2].name, "Doe, \"J\"");
	assert_span(back.items[2].local, "j d");
	assert_span(back.items[3].name, "Jos\xC3\xA9");

	str_clear(&out);
	assert_int_equal(header_write_addresses(&out, "To", list + 2, 1), RC_OK);
	assert_int_equal(out.len, 0);
	const struct address bad = { .local = SPAN("a"), .domain = SPAN("") };
	assert_int_equal(header_write_addresses(&out, "To", &bad, 1), RC_INVALID);
}

static void parameters(void **state)
{
	const struct span values[] = { SPAN("plain.txt"), SPAN("with space; and \"quotes\".txt"),
		SPAN(""), SPAN("caf\xC3\xA9.txt"), repeat("\xE6\x97\xA5", 100), repeat("long ", 60),
		SPAN("=_abc") };

	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
		const struct build_param params[] = { { "filename", values[i] },
			{ "size", SPAN("1") } };
		struct str out = str_in(&arena, 10000);
		struct disposition back;
		assert_int_equal(
			header_write_params(&out, "X", SPAN("attachment"), params, 2), RC_OK);
		assert_lines(str_span(&out), 230);
		assert_true(disposition_parse(&arena, span_from(str_span(&out), 2), &back));
		assert_true(span_eq(mime_param_find(&back.params, SPAN("filename")), values[i]));
		assert_span(mime_param_find(&back.params, SPAN("size")), "1");
	}
}

static void text_parts(void **state)
{
	const struct {
		struct span text;
		const char *encoding;
		const char *back; /* NULL: the same */
	} cases[] = {
		{ SPAN("Hello\nyou\n"), "7bit", NULL },
		{ SPAN("no end"), "7bit", "no end\n" },
		{ SPAN("a\r\nb\rc\n"), "7bit", "a\nb\nc\n" },
		{ SPAN(""), "7bit", NULL },
		{ SPAN("caf\xC3\xA9 with enough plain text around it\n"), "quoted-printable",
			NULL },
		{ SPAN("From me\n.\n"), "quoted-printable", NULL },
		{ SPAN("\xE6\x97\xA5\xE6\x9C\xAC\n"), "base64", NULL },
		{ repeat("x", 999), "quoted-printable", "" },
		{ repeat("x", 998), "7bit", "" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct str out = str_in(&arena, 10000), back = str_in(&arena, 10000);
		assert_int_equal(text_part_write(&out, "plain", cases[i].text), RC_OK);
		assert_lines(str_span(&out), 998);
		const struct part *p = mime_parse(&arena, str_span(&out));
		assert_span(p->encoding, cases[i].encoding);
		part_text_add(&back, p);
		if (!cases[i].back)
			assert_true(span_eq(str_span(&back), cases[i].text));
		else if (cases[i].back[0])
			assert_span(str_span(&back), cases[i].back);
		else
			assert_true(span_starts(str_span(&back), cases[i].text));
	}
	struct str out = str_in(&arena, 100);
	assert_int_equal(text_part_write(&out, "plain", SPAN("\xFF")), RC_INVALID);
}

static const struct address alice = {
	.name = SPAN("Alice"), .local = SPAN("alice"), .domain = SPAN("example.test")
};
static const struct address bob = { .local = SPAN("bob"), .domain = SPAN("example.test") };

static void whole_messages(void **state)
{
	static const struct span references[] = { SPAN("1@x"), SPAN("2@x") };
	static const struct build_attachment files[] = {
		{ .filename = SPAN("r\xC3\xA9sum\xC3\xA9.pdf"),
			.type = SPAN("application/pdf"),
			.bytes = SPAN("P\0D\r\nF") },
		{ .type = SPAN("image/png"), .content_id = SPAN("pic@x"), .bytes = SPAN("PNG") },
		{ .filename = SPAN("m.eml"),
			.type = SPAN("message/rfc822"),
			.bytes = SPAN("Subject: in\r\n\r\nx\r\n") },
		{ .filename = SPAN("n.eml"),
			.type = SPAN("message/rfc822"),
			.bytes = SPAN("Subject: in\n\nx\n") },
		{ .filename = SPAN("x"), .type = SPAN("multipart/mixed"), .bytes = SPAN("") },
	};
	struct build_message m = {
		.from = &alice,
		.n_from = 1,
		.to = &bob,
		.n_to = 1,
		.subject = SPAN("Gr\xC3\xBC\xC3\x9F"
				"e"),
		.date_s = 1795372200,
		.zone_minutes = 60,
		.message_id = SPAN("id@x"),
		.in_reply_to = SPAN("2@x"),
		.references = references,
		.n_references = 2,
		.text = SPAN("plain text\n"),
		.html = SPAN("<img src=\"cid:pic@x\">"),
		.attachments = files,
		.n_attachments = 5,
	};
	struct str out = str_in(&arena, 100000);
	struct err err = { 0 };
	assert_int_equal(message_build(&out, &m, &err), RC_OK);
	assert_lines(str_span(&out), 78);

	const struct part *root = mime_parse(&arena, str_span(&out));
	struct span header = root->header;
	assert_span(header_text_of(&arena, header, SPAN("From")), "Alice <alice@example.test>");
	assert_span(header_text_of(&arena, header, SPAN("Subject")),
		"Gr\xC3\xBC\xC3\x9F"
		"e");
	assert_span(
		header_text_of(&arena, header, SPAN("Date")), "Sun, 22 Nov 2026 19:30:00 +0100");
	assert_span(header_text_of(&arena, header, SPAN("Message-ID")), "<id@x>");
	assert_span(header_text_of(&arena, header, SPAN("References")), "<1@x> <2@x>");
	assert_span(header_text_of(&arena, header, SPAN("MIME-Version")), "1.0");
	assert_null(header_text_of(&arena, header, SPAN("Cc")).ptr);
	assert_null(header_text_of(&arena, header, SPAN("Bcc")).ptr);

	struct str shape = str_in(&arena, 1000);
	for (const struct part *p = root; p; p = part_next(p))
		str_addf(&shape, SPAN_FMT ":" SPAN_FMT "/" SPAN_FMT " ",
			SPAN_ARG(part_number(&arena, p)), SPAN_ARG(p->type), SPAN_ARG(p->subtype));
	assert_span(str_span(&shape),
		":multipart/mixed 1:multipart/alternative 1.1:text/plain 1.2:multipart/related "
		"1.2.1:text/html 1.2.2:image/png 2:application/pdf 3:message/rfc822 3.1:text/plain "
		"4:application/octet-stream 5:application/octet-stream ");
	struct attachment *list;
	assert_int_equal(mime_attachments(&arena, root, &list), 4);
	assert_span(list[0].filename, "r\xC3\xA9sum\xC3\xA9.pdf");
	struct str bytes = str_in(&arena, 100);
	assert_true(part_decode(&bytes, list[0].part));
	assert_true(span_eq(str_span(&bytes), files[0].bytes));
	assert_true(span_starts(list[1].part->body, SPAN("Subject: in\r\n\r\nx")));
}

static void refusals_name_the_field(void **state)
{
	const struct address bad = { .local = SPAN("a b@"), .domain = SPAN("no domain") };
	const struct build_message good = { .from = &alice, .n_from = 1, .text = SPAN("x") };
	const struct build_attachment file = { .filename = SPAN("a\r\nb"), .bytes = SPAN("") };
	struct build_message m;
	struct {
		struct build_message m;
		const char *field;
	} cases[6];
	for (size_t i = 0; i < 6; i++)
		cases[i].m = good;
	cases[0].m.n_from = 0, cases[0].field = "from";
	cases[1].m.to = &bad, cases[1].m.n_to = 1, cases[1].field = "to";
	cases[2].m.subject = SPAN("a\nb"), cases[2].field = "subject";
	cases[3].m.message_id = SPAN("a b"), cases[3].field = "message_id";
	cases[4].m.text = SPAN("\xFF"), cases[4].field = "body";
	cases[5].m.attachments = &file, cases[5].m.n_attachments = 1, cases[5].field = "body";
	for (size_t i = 0; i < 6; i++) {
		struct str out = str_in(&arena, 10000);
		struct err err = { 0 };
		assert_int_equal(message_build(&out, &cases[i].m, &err), RC_INVALID);
		assert_string_equal(err.field, cases[i].field);
	}
	m = good;
	struct str small = str_in(&arena, 60);
	assert_int_equal(message_build(&small, &m, NULL), RC_LIMIT);
}

static void ids_and_boundaries(void **state)
{
	struct span a = message_id_make(&arena, SPAN("host.test")),
		    b = message_id_make(&arena, SPAN("host.test"));

	assert_true(span_ends(a, SPAN("@host.test")) && a.len == 34);
	assert_false(span_eq(a, b));
	assert_in_range(boundary_make(&arena).len, 20, 70);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_fields),
		cmocka_unit_test(injections_are_refused),
		cmocka_unit_test(address_fields),
		cmocka_unit_test(parameters),
		cmocka_unit_test(text_parts),
		cmocka_unit_test(whole_messages),
		cmocka_unit_test(refusals_name_the_field),
		cmocka_unit_test(ids_and_boundaries),
	};
	arena_init(&arena, 4096);
	int failed = cmocka_run_group_tests_name("mime_build", tests, NULL, NULL);
	arena_done(&arena);
	return failed;
}
