/* mailcore/mime: decoded bodies, previews, attachments. */
#include "tests/unit/cmocka_all.h"

#include "mailcore/base/utf8.h"
#include "mailcore/mime/part.h"
#include "mailcore/mime/text.h"
#include "tests/unit/mime/linear.h"

static struct arena arena;

static void assert_span(struct span got, const char *want)
{
	assert_string_equal(arena_cstr(&arena, got), want);
	assert_int_equal(got.len, strlen(want));
}

static void bodies_are_decoded(void **state)
{
	static const struct {
		const char *message;
		bool known;
		const char *bytes;
		const char *text;
	} cases[] = {
		{ "\r\na\r\nb\rc", true, "a\r\nb\rc", "a\nb\nc" },
		{ "Content-Transfer-Encoding: base64\r\n\r\nY2Fm\r\n!6Q==\r\n", true, "caf\xE9",
			"caf\xC3\xA9" },
		{ "Content-Transfer-Encoding: quoted-printable\r\nContent-Type: text/plain; charset=koi8-r\r\n\r\n=F0=\r\n=D2",
			true, "\xF0\xD2", "\xD0\x9F\xD1\x80" },
		{ "Content-Transfer-Encoding: x-uuencode\r\n\r\nraw", false, "raw", "raw" },
		{ "Content-Type: text/plain; charset=nosuch\r\n\r\n\xC3\xA9", true, "\xC3\xA9",
			"\xC3\xA9" },
		{ "\r\n", true, "", "" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct part *p = mime_parse(&arena, span_of(cases[i].message));
		struct str out = str_in(&arena, 1000);
		assert_int_equal(part_decode(&out, p), cases[i].known);
		assert_span(str_span(&out), cases[i].bytes);
		str_clear(&out);
		part_text_add(&out, p);
		assert_span(str_span(&out), cases[i].text);
	}
}

static void html_becomes_text(void **state)
{
	static const char *cases[][2] = {
		{ "a<b>b</b>c", "abc" },
		{ "<p>one</p>\n <p>two</p>", "one\ntwo" },
		{ "a<br>b<BR/>c", "a\nb\nc" },
		{ "<td>a</td><td>b</td>", "a b" },
		{ "  a \n\t b&nbsp;&nbsp;c ", "a b c" },
		{ "<style>p { color: red }</style>x<script>if (a<b) '</p>'</script>y", "xy" },
		{ "<title>no</title><STYLE>x</StYlE >yes", "yes" },
		{ "<!-- <p>no</p> -->yes<!doctype html><?php ?>", "yes" },
		{ "<a title=\"x>y\" href='a>b'>link</a>", "link" },
		{ "&lt;b&gt; &amp;amp; &eacute; &#233; &#xE9; &#128; &hellip;",
			"<b> &amp; \xC3\xA9 \xC3\xA9 \xC3\xA9 \xE2\x82\xAC \xE2\x80\xA6" },
		{ "&nosuch; & &; &#; &#x; &#xZZ; AT&T &amp",
			"&nosuch; & &; &#; &#x; &#xZZ; AT&T &amp" },
		{ "&#0;&#xD800;&#x110000;&#99999999999;",
			"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD" },
		{ "1 < 2 <3 </ 4>5", "1 < 2 <3 5" },
		{ "a<b", "a" },
		{ "a<!-- open", "a" },
		{ "a<style>open", "a" },
		{ "x&#8203;&shy;\xEF\xBB\xBFy", "xy" },
		{ "", "" },
		{ "<", "<" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct str out = str_in(&arena, 1000);
		html_text_add(&out, span_of(cases[i][0]), 1000);
		assert_span(str_span(&out), cases[i][1]);
	}
	struct str out = str_in(&arena, 1000);
	html_text_add(&out, SPAN("abcdefghij"), 4);
	assert_span(str_span(&out), "abcd");
}

static void html_once(struct span html)
{
	struct str out;
	str_init(&out, 8 << 20);
	html_text_add(&out, html, SIZE_MAX);
	str_done(&out);
}

static void html_takes_linear_time(void **state)
{
	static const char *units[] = { "<div>", "<!--", "<style>", "</", "<a b=\"", "&", "&#x1",
		"<", "a ", "</style", "<script></scrip" };

	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
		assert_linear(html_once, "", units[i]);
}

#define ALTERNATIVE(plain, html)                                                                   \
	"Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\n" plain                 \
	"\r\n--b\r\nContent-Type: text/html\r\n\r\n" html "\r\n--b--\r\n"

static void previews(void **state)
{
	static const char *cases[][2] = {
		{ "\r\nHello,\r\n\r\n  world\t!\r\n", "Hello, world !" },
		{ "\r\n> quoted\r\nanswer\r\n", "answer" },
		{ "\r\n> only quoted\r\n", "> only quoted" },
		{ "\r\ntext\r\n-- \r\nsignature", "text" },
		{ "Content-Type: text/html\r\n\r\n<style>x</style><p>Hi &amp;<br>you</p>",
			"Hi & you" },
		{ ALTERNATIVE("plain", "<b>html</b>"), "plain" },
		{ ALTERNATIVE("\r\n  ", "<b>html</b>"), "html" },
		{ "Content-Type: image/png\r\n\r\nPNG", "" },
		{ "Content-Type: text/plain\r\nContent-Disposition: attachment\r\n\r\nno", "" },
		{ "Content-Type: message/rfc822\r\n\r\n\r\nnot ours", "" },
		{ "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nw6kgw6k=",
			"\xC3\xA9 \xC3\xA9" },
		{ "\r\n12345678901234567890123", "12345678901234567890" },
		{ "\r\n1234567890123456789 123", "1234567890123456789" },
		{ "", "" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct str out = str_in(&arena, 1000);
		mime_preview_add(&out, mime_parse(&arena, span_of(cases[i][0])), 20);
		assert_span(str_span(&out), cases[i][1]);
	}
}

static void search_text(void **state)
{
	const struct part *root = mime_parse(&arena, SPAN(ALTERNATIVE("plain", "<b>html</b>")));
	struct str out = str_in(&arena, 1000);

	mime_text_add(&out, root, 100);
	assert_span(str_span(&out), "plain\nhtml");
	str_clear(&out);
	mime_text_add(&out, root, 8);
	assert_span(str_span(&out), "plain\nht");
	str_clear(&out);
	mime_text_add(&out, mime_parse(&arena, SPAN("\r\na\xC3\xA9")), 2);
	assert_span(str_span(&out), "a");
	str_clear(&out);
	mime_text_add(&out,
		mime_parse(&arena,
			SPAN("Content-Type: message/rfc822\r\n\r\n"
			     "Subject: =?utf-8?q?=C3=BC?=\r\nContent-Type: text/x\r\n\r\nany")),
		100);
	assert_span(str_span(&out), "Subject: \xC3\xBC\nContent-Type: text/x\nany");
	assert_ptr_equal(mime_find_text(root, true), root->children->next);
	assert_ptr_equal(mime_find_text(root, false), root->children);
	assert_null(mime_find_text(mime_parse(&arena, SPAN("")), true));
}

static void filenames(void **state)
{
	static const char *cases[][2] = {
		{ "Content-Disposition: attachment; filename=a.txt", "a.txt" },
		{ "Content-Type: a/b; name=\"a b.txt\"", "a b.txt" },
		{ "Content-Type: a/b; name=n\r\nContent-Disposition: attachment; filename=f", "f" },
		{ "Content-Disposition: attachment; filename=\"=?utf-8?q?=C3=A9.txt?=\"",
			"\xC3\xA9.txt" },
		{ "Content-Disposition: attachment; filename*=utf-8''%C3%A9.txt", "\xC3\xA9.txt" },
		{ "Content-Disposition: attachment; filename*0*=iso-8859-1''%E9; filename*1=.txt",
			"\xC3\xA9.txt" },
		{ "Content-Disposition: attachment; filename=\"caf\xE9\"", "caf\xC3\xA9" },
		{ "Content-Disposition: attachment; filename=\"../../etc/passwd\"", "passwd" },
		{ "Content-Disposition: attachment; filename=\"C:\\\\x\\\\y.doc\"", "y.doc" },
		{ "Content-Disposition: attachment; filename*=utf-8''a%0D%0AX:%01b", "a  X: b" },
		{ "Content-Disposition: attachment; filename=\"x/\"", NULL },
		{ "Content-Disposition: attachment", NULL },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct span got = part_filename(&arena, mime_parse(&arena, span_of(cases[i][0])));
		if (cases[i][1])
			assert_span(got, cases[i][1]);
		else
			assert_null(got.ptr);
	}
	struct str long_name = str_in(&arena, 1000);
	str_add_cstr(&long_name, "Content-Disposition: attachment; filename=\"");
	for (int i = 0; i < 150; i++)
		str_add_cstr(&long_name, "\xC3\xA9");
	str_add_cstr(&long_name, ".jpeg\"");
	struct span got = part_filename(&arena, mime_parse(&arena, str_span(&long_name)));
	assert_in_range(got.len, 253, 255);
	assert_true(span_ends(got, SPAN("\xC3\xA9.jpeg")) && utf8_valid(got));
}

static void attachments(void **state)
{
	const struct part *root = mime_parse(&arena,
		SPAN("Content-Type: multipart/mixed; boundary=b\r\n\r\n"
		     "--b\r\nContent-Type: multipart/related; boundary=r\r\n\r\n"
		     "--r\r\nContent-Type: text/html\r\n\r\n<img src=cid:1>\r\n"
		     "--r\r\nContent-Type: image/png\r\nContent-ID: <1>\r\n\r\nPNG\r\n--r--\r\n"
		     "--b\r\nContent-Type: image/jpeg\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJD\r\nQUJD\r\n"
		     "--b\r\nContent-Type: message/rfc822\r\n\r\nContent-Type: image/gif\r\n\r\nGIF\r\n"
		     "--b\r\nContent-Type: text/plain; name=notes.txt\r\n\r\nnotes\r\n"
		     "--b\r\nContent-Disposition: inline; filename=footer.txt\r\n\r\nfooter\r\n--b--\r\n"));
	static const struct {
		const char *section, *name;
		size_t size;
	} want[] = { { "2", "unnamed.jpg", 6 }, { "3", "message.eml", 30 },
		{ "4", "notes.txt", 5 } };
	struct attachment *list;

	assert_true(mime_has_attachment(root));
	assert_int_equal(mime_attachments(&arena, root, &list), 3);
	for (size_t i = 0; i < 3; i++) {
		assert_span(list[i].section, want[i].section);
		assert_span(list[i].filename, want[i].name);
		assert_int_equal(list[i].size, want[i].size);
	}

	static const struct {
		const char *message;
		bool has;
	} cases[] = {
		{ "\r\nplain", false },
		{ "Content-Type: text/plain; name=a.txt\r\n\r\nplain", false },
		{ "Content-Type: application/pdf\r\n\r\nPDF", true },
		{ ALTERNATIVE("plain", "html"), false },
		{ "Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b\r\n"
		  "Content-Type: application/pgp-signature\r\n\r\nS\r\n--b--",
			false },
		{ "Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b\r\n"
		  "Content-Type: message/delivery-status\r\n\r\nS\r\n--b--",
			false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_int_equal(mime_has_attachment(mime_parse(&arena, span_of(cases[i].message))),
			cases[i].has);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bodies_are_decoded),
		cmocka_unit_test(html_becomes_text),
		cmocka_unit_test(html_takes_linear_time),
		cmocka_unit_test(previews),
		cmocka_unit_test(search_text),
		cmocka_unit_test(filenames),
		cmocka_unit_test(attachments),
	};
	arena_init(&arena, 4096);
	int failed = cmocka_run_group_tests_name("mime_text", tests, NULL, NULL);
	arena_done(&arena);
	return failed;
}
