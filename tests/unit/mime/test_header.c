/* mailcore/mime: header blocks, Content-Type parameters. */
#include "tests/unit/cmocka_all.h"

#include "mailcore/mime/content_type.h"
#include "mailcore/mime/header.h"

static struct arena arena;

static void assert_span(struct span got, const char *want)
{
	char *text = arena_cstr(&arena, got);
	assert_string_equal(text, want);
	assert_int_equal(got.len, strlen(want));
}

static void block_lengths(void **state)
{
	static const struct {
		const char *message;
		size_t len;
	} cases[] = {
		{ "", 0 },
		{ "\r\n", 2 },
		{ "\n\nx", 1 },
		{ "A: b\r\n\r\nbody\r\n\r\n", 8 },
		{ "A: b\n\nbody", 6 },
		{ "A: b", 4 },
		{ "A: b\r\n", 6 },
		{ "A: b\r\n \r\n\r\nbody", 11 },
		{ "junk\r\nA: b\r\n\r\n", 14 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_int_equal(header_block_len(span_of(cases[i].message)), cases[i].len);
}

static void fields_are_walked(void **state)
{
	struct span block =
		SPAN("From joe Thu Jan  1 00:00:00 1970\r\nSubject : a\r\n\tb\r\n"
		     "no colon\r\n lost\r\nbad name: x\r\n: y\r\nX-Empty:\nLAST:z\r\n\r\n"
		     "Body: no\r\n");
	struct cur c = cur_of(block);
	struct header_field f;

	assert_true(header_next(&c, &f));
	assert_span(f.name, "Subject");
	assert_span(f.value, " a\r\n\tb");
	assert_span(f.whole, "Subject : a\r\n\tb\r\n");
	assert_true(header_next(&c, &f));
	assert_span(f.name, "X-Empty");
	assert_span(f.value, "");
	assert_true(header_next(&c, &f));
	assert_span(f.name, "LAST");
	assert_false(header_next(&c, &f));
	assert_false(header_next(&c, &f));
	assert_true(header_find(block, SPAN("last"), &f));
	assert_false(header_find(block, SPAN("body"), &f));
	assert_int_equal(header_count(SPAN("A: 1\r\na: 2\r\nB: 3\r\n"), SPAN("A")), 2);
}

static void values_are_unfolded(void **state)
{
	static const struct {
		const char *value;
		size_t len;
		const char *want;
	} cases[] = {
#define CASE(text, want) { text, sizeof(text) - 1, want }
		CASE(" plain ", "plain"),
		CASE(" a\r\n b\n\tc", "a b\tc"),
		CASE("\r\n a", "a"),
		CASE("a\rb\0c", "a b c"),
		CASE("a\r\r\n b", "a  b"),
		CASE("", ""),
		CASE(" \r\n \r\n", ""),
#undef CASE
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_span(header_unfold(&arena, span_make(cases[i].value, cases[i].len)),
			cases[i].want);
	assert_span(
		header_text_of(&arena, SPAN("Subject: =?utf-8?q?caf=C3=A9?=\r\n"), SPAN("subject")),
		"caf\xC3\xA9");
	assert_null(header_text_of(&arena, SPAN("X: y\r\n"), SPAN("subject")).ptr);
}

static void fields_are_selected(void **state)
{
	struct span block = SPAN("A: 1\r\nB: 2\r\n 3\r\na: 4\r\nC: 5\n\r\n");
	const struct span names[] = { SPAN("c"), SPAN("a") };
	struct str out = str_in(&arena, 1000);

	header_fields_add(&out, block, names, 2, false);
	assert_span(str_span(&out), "A: 1\r\na: 4\r\nC: 5\n\r\n");
	str_clear(&out);
	header_fields_add(&out, block, names, 2, true);
	assert_span(str_span(&out), "B: 2\r\n 3\r\n\r\n");
	str_clear(&out);
	header_fields_add(&out, SPAN("A: cut"), names, 2, false);
	assert_span(str_span(&out), "A: cut\r\n\r\n");
	str_clear(&out);
	header_fields_add(&out, SPAN("B: 1\r\n\r\n"), names, 2, false);
	assert_span(str_span(&out), "\r\n");
}

static void message_ids(void **state)
{
	static const struct {
		const char *value;
		const char *want; /* joined with a space */
	} cases[] = {
		{ "<a@b>", "a@b" },
		{ " <a@b>\r\n <c@d>\t<e@f>", "a@b c@d e@f" },
		{ "Message of today <a@b> from joe", "a@b" },
		{ "<a@\r\n b>", "a@b" },
		{ "a@b", "a@b" },
		{ "Your mail of Monday", "" },
		{ "<>", "" },
		{ "<a <b@c>", "b@c" },
		{ "<a@b", "" },
		{ "", "" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct span ids[4];
		size_t n = message_ids_parse(&arena, span_of(cases[i].value), ids, 4);
		struct str got = str_in(&arena, 1000);
		for (size_t k = 0; k < n; k++) {
			str_add_cstr(&got, k > 0 ? " " : "");
			str_add(&got, ids[k]);
		}
		assert_span(str_span(&got), cases[i].want);
	}
	struct span two[2];
	assert_int_equal(message_ids_parse(&arena, SPAN("<1@a><2@a><3@a>"), two, 2), 2);
}

/* "type/subtype;name=value;..." */
static void assert_type(const char *value, const char *want)
{
	struct content_type type;
	struct str got = str_in(&arena, 100000);

	if (content_type_parse(&arena, span_of(value), &type)) {
		str_addf(&got, SPAN_FMT "/" SPAN_FMT, SPAN_ARG(type.type), SPAN_ARG(type.subtype));
		for (size_t i = 0; i < type.params.len; i++)
			str_addf(&got, ";" SPAN_FMT "=" SPAN_FMT,
				SPAN_ARG(type.params.items[i].name),
				SPAN_ARG(type.params.items[i].value));
	}
	assert_span(str_span(&got), want);
}

static void content_types(void **state)
{
	static const char *cases[][2] = {
		{ "text/plain", "text/plain" },
		{ "TEXT/HTML; Charset=UTF-8", "text/html;charset=UTF-8" },
		{ " text / plain ; charset = us-ascii (Plain text)",
			"text/plain;charset=us-ascii" },
		{ "text/plain; charset=\"us-ascii\"; format=flowed",
			"text/plain;charset=us-ascii;format=flowed" },
		{ "multipart/mixed; boundary=\"a\\\"b;c\"", "multipart/mixed;boundary=a\"b;c" },
		{ "multipart/mixed;\r\n\tboundary=\"=_x y\"", "multipart/mixed;boundary==_x y" },
		{ "(c)text(c)/(c)plain(c;d);(c)a(c)=(c)b", "text/plain;a=b" },
		{ "application/pdf; name=my file (1).pdf", "application/pdf;name=my file" },
		{ "application/pdf; name=report(1).pdf", "application/pdf;name=report(1).pdf" },
		{ "text/plain; a=\"open", "text/plain;a=open" },
		{ "text/plain; a=\"b\" junk; c=d", "text/plain;a=b;c=d" },
		{ "text/plain charset=x", "text/plain" },
		{ "text/plain;;; a=b;", "text/plain;a=b" },
		{ "text/plain; a; b=c", "text/plain;b=c" },
		{ "text/plain; a=; b=c", "text/plain;a=;b=c" },
		{ "text/plain; a=1; A=2", "text/plain;a=1" },
		{ "text", "" },
		{ "text/", "" },
		{ "/plain", "" },
		{ "", "" },
		{ "(never closed text/plain", "" },
		/* RFC 2231 */
		{ "message/external-body; access-type=URL; URL*0=\"ftp://\"; URL*1=\"cs.utk.edu/\"",
			"message/external-body;access-type=URL;url=ftp://cs.utk.edu/" },
		{ "application/x; title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A",
			"application/x;title=This is ***fun***" },
		{ "application/x; title*0*=us-ascii'en'This%20is%20even%20more%20; "
		  "title*1*=%2A%2A%2Afun%2A%2A%2A%20; title*2=\"isn't it!\"",
			"application/x;title=This is even more ***fun*** isn't it!" },
		{ "a/b; f*1*=%62; f*0*=iso-8859-1''%E9",
			"a/b;f=\xC3\xA9"
			"b" },
		{ "a/b; f*0=a; f*2=c", "a/b;f=a" },
		{ "a/b; f*1=b", "a/b" },
		{ "a/b; f=plain; f*=utf-8''%C3%A9", "a/b;f=\xC3\xA9" },
		{ "a/b; f*=utf-8''%zz%4", "a/b;f=%zz%4" },
		{ "a/b; f*=no-quotes%41", "a/b;f=no-quotesA" },
		{ "a/b; f*=nosuch''%41%E9", "a/b;f=A\xC3\xA9" },
		{ "a/b; f*=utf-8''a%0D%0Ab%00c", "a/b;f=a  b c" },
		{ "a/b; f*0*=utf-8''%E2%82; f*1*=%AC", "a/b;f=\xE2\x82\xAC" },
		{ "a/b; f*99999999999=x", "a/b;f*99999999999=x" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_type(cases[i][0], cases[i][1]);
}

static void params_are_capped(void **state)
{
	struct str value = str_in(&arena, 1 << 20);
	struct content_type type;

	str_add_cstr(&value, "a/b");
	for (int i = 0; i < 5000; i++)
		str_addf(&value, "; x*%d=y", i);
	assert_true(content_type_parse(&arena, str_span(&value), &type));
	assert_int_equal(type.params.len, 1);
	assert_int_equal(type.params.items[0].value.len, MIME_PARAM_MAX);
}

static void dispositions(void **state)
{
	struct disposition d;

	assert_true(disposition_parse(&arena, SPAN(" ATTACHMENT; FileName=\"a b.txt\""), &d));
	assert_span(d.kind, "attachment");
	assert_span(mime_param_find(&d.params, SPAN("filename")), "a b.txt");
	assert_null(mime_param_find(&d.params, SPAN("size")).ptr);
	assert_false(disposition_parse(&arena, SPAN(" ; filename=x"), &d));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(block_lengths),
		cmocka_unit_test(fields_are_walked),
		cmocka_unit_test(values_are_unfolded),
		cmocka_unit_test(fields_are_selected),
		cmocka_unit_test(message_ids),
		cmocka_unit_test(content_types),
		cmocka_unit_test(params_are_capped),
		cmocka_unit_test(dispositions),
	};
	arena_init(&arena, 4096);
	int failed = cmocka_run_group_tests_name("mime_header", tests, NULL, NULL);
	arena_done(&arena);
	return failed;
}
