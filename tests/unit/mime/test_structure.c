/* mailcore/mime: ENVELOPE, BODY and BODYSTRUCTURE as they go on the wire. */
#include "tests/unit/cmocka_all.h"

#include "mailcore/mime/bodystructure.h"
#include "mailcore/mime/envelope.h"
#include "mailcore/mime/part.h"

static struct arena arena;

static void assert_span(struct span got, const char *want)
{
	assert_string_equal(arena_cstr(&arena, got), want);
	assert_int_equal(got.len, strlen(want));
}

/* RFC 9051's grammar as far as it can be wrong: balanced parentheses, quoted strings of printable
 * ASCII, atoms NIL or numbers only, one space between values. */
static void assert_wire_syntax(struct span s)
{
	int depth = 0;
	size_t i = 0;

	while (i < s.len) {
		char c = s.ptr[i];
		if (c == '"') {
			for (i++; s.ptr[i] != '"'; i++) {
				assert_in_range(s.ptr[i], ' ', '~');
				i += s.ptr[i] == '\\';
				assert_true(i < s.len);
			}
			i++;
			assert_true(i < s.len && (s.ptr[i] == ' ' || s.ptr[i] == ')'));
		} else if (c == '(') {
			depth++;
			i++;
			assert_true(i < s.len && s.ptr[i] != ' ' && s.ptr[i] != ')');
		} else if (c == ')') {
			depth--;
			i++;
			assert_true(depth > 0 || i == s.len);
		} else if (c == ' ') {
			i++;
			assert_true(i < s.len && s.ptr[i] != ' ' && s.ptr[i] != ')');
		} else {
			size_t start = i;
			while (i < s.len && s.ptr[i] != ' ' && s.ptr[i] != ')')
				i++;
			uint64_t n;
			struct span atom = span_sub(s, start, i - start);
			assert_true(span_eq(atom, SPAN("NIL")) || span_u64(atom, UINT32_MAX, &n));
		}
	}
	assert_int_equal(depth, 0);
}

static struct span structure(struct span message, bool extended)
{
	struct str out = str_in(&arena, 10 << 20);
	bodystructure_add(&out, mime_parse(&arena, message), extended);
	assert_true(str_ok(&out));
	assert_wire_syntax(str_span(&out));
	return str_span(&out);
}

static void envelopes(void **state)
{
#define JOE "((\"Joe\" NIL \"joe\" \"x.test\"))"
	static const char *cases[][2] = {
		{ "", "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)" },
		{ "Date: Mon, 1 Jan 2024 00:00:00 +0000\r\nSubject: a \"b\" \\c\r\nFrom: Joe <joe@x.test>\r\n"
		  "To: a@b, c@d\r\nMessage-ID: <1@x>\r\nIn-Reply-To: <0@x>\r\n\r\n",
			"(\"Mon, 1 Jan 2024 00:00:00 +0000\" \"a \\\"b\\\" \\\\c\" " JOE " " JOE
			" " JOE
			" ((NIL NIL \"a\" \"b\")(NIL NIL \"c\" \"d\")) NIL NIL \"<0@x>\" \"<1@x>\")" },
		{ "From: Joe <joe@x.test>\r\nSender: s@x\r\nReply-To: r@x\r\n",
			"(NIL NIL " JOE
			" ((NIL NIL \"s\" \"x\")) ((NIL NIL \"r\" \"x\")) NIL NIL NIL NIL NIL)" },
		{ "From: Joe <joe@x.test>\r\nSender:\r\nReply-To: ,\r\n",
			"(NIL NIL " JOE " " JOE " " JOE " NIL NIL NIL NIL NIL)" },
		{ "To: Team: a@b, \"C\" <c@d>;, e@f\r\nCc: undisclosed-recipients:;\r\n",
			"(NIL NIL NIL NIL NIL ((NIL NIL \"Team\" NIL)(NIL NIL \"a\" \"b\")(\"C\" NIL \"c\" \"d\")"
			"(NIL NIL NIL NIL)(NIL NIL \"e\" \"f\")) ((NIL NIL \"undisclosed-recipients\" NIL)"
			"(NIL NIL NIL NIL)) NIL NIL NIL)" },
		{ "To: a@b\r\nTo: c@d\r\nSubject:\r\nSubject: second\r\n",
			"(NIL \"\" NIL NIL NIL ((NIL NIL \"a\" \"b\")(NIL NIL \"c\" \"d\")) NIL NIL NIL NIL)" },
		{ "To: root\r\n",
			"(NIL NIL NIL NIL NIL ((NIL NIL \"root\" \"\")) NIL NIL NIL NIL)" },
		{ "Subject: =?utf-8?q?a?=\r\n folded\r\n",
			"(NIL \"=?utf-8?q?a?= folded\" NIL NIL NIL NIL NIL NIL NIL NIL)" },
		{ "Subject: caf\xC3\xA9\r\nTo: Jos\xE9 <jos\xC3\xA9@x>\r\n",
			"(NIL \"=?UTF-8?Q?caf=C3=A9?=\" NIL NIL NIL "
			"((\"=?UTF-8?Q?Jos=C3=A9?=\" NIL \"=?UTF-8?Q?jos=C3=A9?=\" \"x\")) NIL NIL NIL NIL)" },
		{ "Subject: a\tb\x01\r\n", "(NIL \"a b \" NIL NIL NIL NIL NIL NIL NIL NIL)" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct str out = str_in(&arena, 10000);
		envelope_add(&out, span_of(cases[i][0]));
		assert_span(str_span(&out), cases[i][1]);
		assert_wire_syntax(str_span(&out));
	}
	struct str out = str_in(&arena, 10000);
	envelope_add(&out, SPAN("Subject: a\0b\r\n"));
	assert_span(str_span(&out), "(NIL \"a b\" NIL NIL NIL NIL NIL NIL NIL NIL)");
}

static void structures(void **state)
{
	static const char *cases[][3] = {
		{ "\r\nhello\r\n",
			"(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 7 1)",
			"(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 7 1 NIL NIL NIL NIL)" },
		{ "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8BIT\r\n"
		  "Content-Language: de, en\r\nContent-Location: x y\r\nContent-MD5: QQ==\r\n"
		  "Content-Disposition: inline\r\n\r\n",
			"(\"text\" \"html\" (\"charset\" \"utf-8\") NIL NIL \"8bit\" 0 0)",
			"(\"text\" \"html\" (\"charset\" \"utf-8\") NIL NIL \"8bit\" 0 0 \"QQ==\" "
			"(\"inline\" NIL) (\"de\" \"en\") \"x y\")" },
		{ "Content-Type: image/png; name=\"\xC3\xA9.png\"\r\nContent-ID: <a@b>\r\n"
		  "Content-Description: caf\xC3\xA9\r\n"
		  "Content-Disposition: attachment; filename*0*=utf-8''%C3%A9; filename*1=.png\r\n\r\nx",
			"(\"image\" \"png\" (\"name*\" \"UTF-8''%C3%A9.png\") \"<a@b>\" "
			"\"=?UTF-8?Q?caf=C3=A9?=\" \"7bit\" 1)",
			"(\"image\" \"png\" (\"name*\" \"UTF-8''%C3%A9.png\") \"<a@b>\" "
			"\"=?UTF-8?Q?caf=C3=A9?=\" \"7bit\" 1 NIL "
			"(\"attachment\" (\"filename*\" \"UTF-8''%C3%A9.png\")) NIL NIL)" },
		{ "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\na\r\nb\r\n--b\r\n"
		  "Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nx\r\n--b--\r\n",
			"((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 4 1)"
			"(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 16 "
			"(NIL \"in\" NIL NIL NIL NIL NIL NIL NIL NIL) "
			"(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 1 0) 2) \"mixed\")",
			"((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 4 1 NIL NIL NIL NIL)"
			"(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 16 "
			"(NIL \"in\" NIL NIL NIL NIL NIL NIL NIL NIL) "
			"(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 1 0 NIL NIL NIL NIL) 2 "
			"NIL NIL NIL NIL) \"mixed\" (\"boundary\" \"b\") NIL NIL NIL)" },
		{ "Content-Type: multipart/mixed; boundary=b\r\n\r\nnothing\r\n",
			"((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0) \"mixed\")",
			"((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0 NIL NIL NIL NIL) "
			"\"mixed\" (\"boundary\" \"b\") NIL NIL NIL)" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_span(structure(span_of(cases[i][0]), false), cases[i][1]);
		assert_span(structure(span_of(cases[i][0]), true), cases[i][2]);
	}
}

/* Nothing in a header can break out of its string. */
static void hostile_values(void **state)
{
	static const char *fields[] = { "Content-Type: a\"/b\\", "Content-Type: text/\"plain\"",
		"Content-Type: te)xt/pl(ain; x=\"\\\"\r\n )\"", "Content-ID: \"\\",
		"Content-Language: ,,)", "Content-Disposition: \x01\x7F\xFF; a\xFF=b\xFF",
		"Content-Transfer-Encoding: \"(\\)", "Content-Type: \xFF/\xFE; \xFD=\xFC",
		"Content-Description: a\rb\\\"\r\n c\x80" };

	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
		for (int inner = 0; inner < 2; inner++) {
			struct str message = str_in(&arena, 1000);
			str_addf(&message, "%s%s\r\n\r\n",
				inner ? "Content-Type: message/rfc822\r\n\r\n" : "", fields[i]);
			(void)structure(str_span(&message), true); /* asserts the syntax */
			(void)structure(str_span(&message), false);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(envelopes),
		cmocka_unit_test(structures),
		cmocka_unit_test(hostile_values),
	};
	arena_init(&arena, 4096);
	int failed = cmocka_run_group_tests_name("mime_structure", tests, NULL, NULL);
	arena_done(&arena);
	return failed;
}
