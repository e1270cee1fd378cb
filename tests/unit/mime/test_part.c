/* mailcore/mime: the part tree, section numbers, limits, linear time. */
#include "tests/unit/cmocka_all.h"

#include <time.h>

#include "mailcore/base/clock.h"
#include "mailcore/mime/header.h"
#include "mailcore/mime/part.h"
#include "tests/unit/mime/linear.h"

static struct arena arena;

static void assert_span(struct span got, const char *want)
{
	assert_string_equal(arena_cstr(&arena, got), want);
	assert_int_equal(got.len, strlen(want));
}

/* What every tree must hold, whatever the input. */
static size_t assert_valid_tree(const struct part *root, struct span message)
{
	size_t count = 0;

	assert_int_equal(root->header_offset, 0);
	assert_int_equal(root->header.len + root->body.len, message.len);
	for (const struct part *p = root; p; p = part_next(p), count++) {
		assert_ptr_equal(p->header.ptr, root->header.ptr + p->header_offset);
		assert_ptr_equal(p->body.ptr, root->header.ptr + p->body_offset);
		assert_true(p->header_offset + p->header.len == p->body_offset);
		assert_true(p->body_offset + p->body.len <= message.len);
		assert_true(p->type.len > 0 && p->subtype.len > 0 && p->encoding.len > 0);
		assert_true((p->kind == PART_LEAF) == (p->children == NULL));
		if (p->kind == PART_MESSAGE)
			assert_null(p->children->next);
		if (p->parent) {
			assert_true(p->header_offset >= p->parent->body_offset);
			assert_true(p->body_offset + p->body.len <=
				p->parent->body_offset + p->parent->body.len);
		}
		if (p->next)
			assert_true(p->body_offset + p->body.len <= p->next->header_offset);
		size_t lines = 0;
		for (size_t i = 0; i < p->body.len; i++)
			lines += p->body.ptr[i] == '\n';
		assert_int_equal(p->lines, lines);
	}
	return count;
}

/* type/subtype"body" and children in parentheses. */
static void describe(struct str *out, const struct part *p)
{
	str_addf(out, SPAN_FMT "/" SPAN_FMT "%s", SPAN_ARG(p->type), SPAN_ARG(p->subtype),
		p->opaque ? "!" : "");
	if (p->kind == PART_LEAF) {
		str_addf(out, "'" SPAN_FMT "'", SPAN_ARG(p->body));
		return;
	}
	for (const struct part *c = p->children; c; c = c->next) {
		str_add_c(out, c == p->children ? '(' : ' ');
		describe(out, c);
	}
	str_add_c(out, ')');
}

#define MIXED "Content-Type: multipart/mixed; boundary=b\r\n\r\n"

static void trees(void **state)
{
	static const char *cases[][2] = {
		{ "", "text/plain''" },
		{ "\r\n", "text/plain''" },
		{ "A: b\r\n\r\nhello\r\n", "text/plain'hello\r\n'" },
		{ "A: b\n\nhello", "text/plain'hello'" },
		{ "A: b", "text/plain''" },
		{ MIXED "pre\r\n--b\r\n\r\none\r\n--b\r\nContent-Type: text/html\r\n\r\ntwo\r\n--b--\r\nepi\r\n",
			"multipart/mixed(text/plain'one' text/html'two')" },
		{ "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\n\n--b--\n",
			"multipart/mixed(text/plain'one' text/plain'')" },
		/* delimiters */
		{ MIXED "--b \t\r\n\r\none\r\n--b--  \r\n", "multipart/mixed(text/plain'one')" },
		{ MIXED "--b\r\n\r\nx --b\r\n--bc\r\n-- b\r\n--b-\r\n--b",
			"multipart/mixed(text/plain'x --b\r\n--bc\r\n-- b\r\n--b-' text/plain'')" },
		{ MIXED "--b\r\n\r\none\r\n", "multipart/mixed(text/plain'one\r\n')" },
		{ MIXED "--b\r\n\r\none\r\n--b--\r\n--b\r\n\r\nafter\r\n",
			"multipart/mixed(text/plain'one')" },
		{ MIXED "--b\r\n--b\r\n\r\n--b\r\nA: b\r\n--b--",
			"multipart/mixed(text/plain'' text/plain'' text/plain'')" },
		{ MIXED "--b\r\nno header and no empty line\r\n--b--",
			"multipart/mixed(text/plain'')" },
		{ MIXED "--b\r\n\r\n\r\n--b--", "multipart/mixed(text/plain'')" },
		{ MIXED "--b\r\n\r\n\r\n\r\n--b--", "multipart/mixed(text/plain'\r\n')" },
		/* no delimiters, no boundary */
		{ MIXED, "multipart/mixed(text/plain'')" },
		{ MIXED "text only\r\n", "multipart/mixed(text/plain'')" },
		{ MIXED "--b--\r\n", "multipart/mixed(text/plain'')" },
		{ "Content-Type: multipart/mixed\r\n\r\n--b\r\n\r\nx", "text/plain'--b\r\n\r\nx'" },
		{ "Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n--\r\n",
			"text/plain'--\r\n'" },
		{ "Content-Type: multipart/mixed; boundary=\"b \"\r\n\r\n--b\r\n\r\nx\r\n--b--",
			"multipart/mixed(text/plain'x')" },
		{ "Content-Type: multipart\r\n\r\nx", "text/plain'x'" },
		{ "Content-Type: text\r\n\r\nx", "text/plain'x'" },
		{ "Content-Type: text/html\r\nContent-Type: text/css\r\n\r\nx", "text/html'x'" },
		/* nesting */
		{ MIXED "--b\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\n\r\n1\r\n"
			"--c\r\n\r\n2\r\n--c--\r\n\r\n--b\r\n\r\n3\r\n--b--\r\n",
			"multipart/mixed(multipart/alternative(text/plain'1' text/plain'2') text/plain'3')" },
		{ MIXED "--b\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\n\r\n1\r\n"
			"--b\r\n\r\n3\r\n--b--\r\n",
			"multipart/mixed(multipart/alternative(text/plain'1') text/plain'3')" },
		{ MIXED "--b\r\n" MIXED "--b\r\n\r\n1\r\n--b--\r\n--b\r\n\r\n2\r\n--b--\r\n",
			"multipart/mixed(multipart/mixed(text/plain'1') text/plain'2')" },
		{ MIXED "--b\r\nContent-Type: multipart/x; boundary=bb\r\n\r\n--bb\r\n\r\n1\r\n--bb--\r\n--b--",
			"multipart/mixed(multipart/x(text/plain'1'))" },
		/* embedded messages */
		{ "Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nbody\r\n",
			"message/rfc822(text/plain'body\r\n')" },
		{ "Content-Type: message/rfc822\r\n\r\n", "message/rfc822(text/plain'')" },
		{ MIXED "--b\r\nContent-Type: message/rfc822\r\n\r\n"
			"Content-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\n1\r\n--c--\r\n--b\r\n\r\n2\r\n--b--",
			"multipart/mixed(message/rfc822(multipart/mixed(text/plain'1')) text/plain'2')" },
		{ MIXED "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: cut\r\n--b--",
			"multipart/mixed(message/rfc822(text/plain''))" },
		{ "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nQQ==\r\n",
			"application/octet-stream!'QQ==\r\n'" },
		{ "Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\nSubject: x\r\n\r\n1\r\n"
		  "--b\r\nContent-Type: text/plain\r\n\r\n2\r\n--b--",
			"multipart/digest(message/rfc822(text/plain'1') text/plain'2')" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct span message = span_of(cases[i][0]);
		const struct part *root = mime_parse(&arena, message);
		struct str got = str_in(&arena, 10000);
		describe(&got, root);
		assert_span(str_span(&got), cases[i][1]);
		assert_valid_tree(root, message);
		/* Every prefix and every suffix has a valid tree too. */
		for (size_t k = 0; k <= message.len; k++) {
			assert_valid_tree(mime_parse(&arena, span_sub(message, 0, k)),
				span_sub(message, 0, k));
			assert_valid_tree(
				mime_parse(&arena, span_from(message, k)), span_from(message, k));
		}
	}
}

static void fields_of_a_part(void **state)
{
	const struct part *p = mime_parse(&arena,
		SPAN("Content-Type: IMAGE/Png; name=a.png\r\nContent-Transfer-Encoding: BASE64 (x)\r\n"
		     "Content-Disposition: inline; filename=b.png\r\nContent-ID: <1@x>\r\n"
		     "Content-Description: a\r\n picture\r\nContent-MD5: Q2hlY2s=\r\n"
		     "Content-Language: de, en\r\nContent-Location: http://x/\r\n\r\nAAAA\r\n"));

	assert_true(part_is(p, SPAN("image"), SPAN("png")));
	assert_span(mime_param_find(&p->params, SPAN("name")), "a.png");
	assert_span(p->encoding, "base64");
	assert_int_equal(p->encoding_kind, ENCODING_BASE64);
	assert_span(p->disposition.kind, "inline");
	assert_span(mime_param_find(&p->disposition.params, SPAN("filename")), "b.png");
	assert_span(p->id, "<1@x>");
	assert_span(p->description, "a picture");
	assert_span(p->md5, "Q2hlY2s=");
	assert_span(p->language, "de, en");
	assert_span(p->location, "http://x/");
	assert_int_equal(p->lines, 1);
	assert_int_equal(p->body.len, 6);

	p = mime_parse(&arena, SPAN("Content-Transfer-Encoding: x-uue\r\n\r\n"));
	assert_int_equal(p->encoding_kind, ENCODING_UNKNOWN);
	assert_span(p->encoding, "x-uue");
	assert_null(p->disposition.kind.ptr);
	assert_null(p->id.ptr);
	p = mime_parse(&arena, SPAN("Content-Transfer-Encoding:\r\n\r\n"));
	assert_span(p->encoding, "7bit");
}

/* RFC 9051 §6.4.5.1's example of part specifiers. */
static const char example[] =
	"Subject: root\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n"
	"--a\r\nX: 1\r\n\r\none\r\n"
	"--a\r\nContent-Type: application/octet-stream\r\n\r\ntwo\r\n"
	"--a\r\nContent-Type: message/rfc822\r\n\r\n"
	"Subject: three\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n"
	"--c\r\n\r\nthree.one\r\n--c\r\nContent-Type: image/png\r\n\r\nthree.two\r\n--c--\r\n"
	"--a\r\nContent-Type: multipart/mixed; boundary=d\r\n\r\n"
	"--d\r\nContent-Type: image/gif\r\n\r\nfour.one\r\n"
	"--d\r\nContent-Type: message/rfc822\r\nX: mime\r\n\r\nSubject: four.two\r\n\r\nfour.two.one\r\n--d--\r\n"
	"--a--\r\n";

static void sections(void **state)
{
	static const struct {
		uint32_t path[4];
		size_t n;
		enum section_kind kind;
		const char *want; /* NULL: NIL */
	} cases[] = {
		{ { 0 }, 0, SECTION_ALL, example },
		{ { 0 }, 0, SECTION_HEADER,
			"Subject: root\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n" },
		{ { 0 }, 0, SECTION_MIME, NULL },
		{ { 1 }, 1, SECTION_ALL, "one" },
		{ { 1 }, 1, SECTION_MIME, "X: 1\r\n\r\n" },
		{ { 1 }, 1, SECTION_HEADER, NULL },
		{ { 1 }, 1, SECTION_TEXT, NULL },
		{ { 1, 1 }, 2, SECTION_ALL, NULL },
		{ { 2 }, 1, SECTION_ALL, "two" },
		{ { 3 }, 1, SECTION_HEADER,
			"Subject: three\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n" },
		{ { 3 }, 1, SECTION_TEXT,
			"--c\r\n\r\nthree.one\r\n--c\r\nContent-Type: image/png\r\n\r\nthree.two\r\n--c--" },
		{ { 3 }, 1, SECTION_MIME, "Content-Type: message/rfc822\r\n\r\n" },
		{ { 3, 1 }, 2, SECTION_ALL, "three.one" },
		{ { 3, 2 }, 2, SECTION_ALL, "three.two" },
		{ { 3, 3 }, 2, SECTION_ALL, NULL },
		{ { 4 }, 1, SECTION_HEADER, NULL },
		{ { 4, 1 }, 2, SECTION_ALL, "four.one" },
		{ { 4, 1 }, 2, SECTION_MIME, "Content-Type: image/gif\r\n\r\n" },
		{ { 4, 2 }, 2, SECTION_HEADER, "Subject: four.two\r\n\r\n" },
		{ { 4, 2 }, 2, SECTION_TEXT, "four.two.one" },
		{ { 4, 2 }, 2, SECTION_ALL, "Subject: four.two\r\n\r\nfour.two.one" },
		{ { 4, 2, 1 }, 3, SECTION_ALL, "four.two.one" },
		{ { 4, 2, 1 }, 3, SECTION_MIME, "Subject: four.two\r\n\r\n" },
		{ { 4, 2, 1, 1 }, 4, SECTION_ALL, NULL },
		{ { 4, 2, 2 }, 3, SECTION_ALL, NULL },
		{ { 5 }, 1, SECTION_ALL, NULL },
		{ { 0, 1 }, 2, SECTION_ALL, NULL },
		{ { UINT32_MAX }, 1, SECTION_ALL, NULL },
	};
	const struct part *root = mime_parse(&arena, span_of(example));
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct span got;
		bool found = part_section(root, cases[i].path, cases[i].n, cases[i].kind, &got);
		assert_int_equal(found, cases[i].want != NULL);
		if (found)
			assert_span(got, cases[i].want);
	}
}

static void sections_of_a_simple_message(void **state)
{
	const struct part *root = mime_parse(&arena, SPAN("A: b\r\n\r\nbody"));
	const uint32_t one[] = { 1, 1 };
	struct span got;

	assert_true(part_section(root, one, 1, SECTION_ALL, &got));
	assert_span(got, "body");
	assert_false(part_section(root, one, 2, SECTION_ALL, &got));
	assert_false(part_section(root, one, 1, SECTION_TEXT, &got));
	assert_true(part_section(root, one, 0, SECTION_TEXT, &got));
	assert_span(got, "body");
	assert_true(part_section(root, one, 0, SECTION_ALL, &got));
	assert_span(got, "A: b\r\n\r\nbody");
}

/* part_number and part_find are each other's reverse. */
static void numbers(void **state)
{
	const struct part *root = mime_parse(&arena, span_of(example));
	struct str got = str_in(&arena, 1000);

	for (const struct part *p = root; p; p = part_next(p)) {
		str_add(&got, part_number(&arena, p));
		str_add_c(&got, ' ');
		uint32_t path[8];
		uint64_t n;
		size_t len = 0;
		struct span rest = part_number(&arena, p), word;
		while (p->kind == PART_LEAF && span_split(&rest, '.', &word)) {
			assert_true(span_u64(word, UINT32_MAX, &n));
			path[len++] = (uint32_t)n;
		}
		if (p->kind == PART_LEAF)
			assert_ptr_equal(part_find(root, path, len), p);
	}
	assert_span(str_span(&got), " 1 2 3 3 3.1 3.2 4 4.1 4.2 4.2.1 ");
	assert_span(part_number(&arena, mime_parse(&arena, SPAN("x: y\r\n"))), "1");
}

static void depth_is_capped(void **state)
{
	struct str message = str_in(&arena, 10 << 20);
	size_t deepest = 0;

	for (int i = 0; i < 20000; i++)
		str_addf(&message, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n",
			i, i);
	const struct part *root = mime_parse(&arena, str_span(&message));
	assert_int_equal(assert_valid_tree(root, str_span(&message)), PART_DEPTH_MAX + 1);
	for (const struct part *p = root; p; p = part_next(p)) {
		size_t depth = 0;
		for (const struct part *up = p; up->parent; up = up->parent)
			depth++;
		deepest = depth > deepest ? depth : deepest;
		assert_int_equal(p->opaque, p->kind == PART_LEAF);
	}
	assert_int_equal(deepest, PART_DEPTH_MAX);

	str_clear(&message);
	for (int i = 0; i < 20000; i++)
		str_add_cstr(&message, "Content-Type: message/rfc822\r\n\r\n");
	root = mime_parse(&arena, str_span(&message));
	assert_int_equal(assert_valid_tree(root, str_span(&message)), PART_DEPTH_MAX + 1);
}

/* Processor time: other load on the machine does not count. */
static int64_t cpu_us(void)
{
	struct timespec ts;
	assert_int_equal(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts), 0);
	return ts.tv_sec * USEC_PER_SEC + ts.tv_nsec / 1000;
}

static void count_is_capped(void **state)
{
	struct str message = str_in(&arena, 64 << 20);
	struct arena own;

	str_add_cstr(&message, MIXED);
	for (int i = 0; i < 1000000; i++)
		str_add_cstr(&message, "--b\r\n\r\n");
	arena_init(&own, 1 << 16);
	int64_t start_us = cpu_us();
	const struct part *root = mime_parse(&own, str_span(&message));
	assert_true(cpu_us() - start_us < USEC_PER_SEC); /* REQUIREMENTS 56 */
	assert_true(arena_used(&own) < 1 << 20);
	assert_int_equal(assert_valid_tree(root, str_span(&message)), PART_COUNT_MAX);
	const struct part *last = root;
	while (part_next(last))
		last = part_next(last);
	assert_true(last->opaque && part_is(last, SPAN("application"), SPAN("octet-stream")));
	assert_int_equal(last->body_offset + last->body.len, message.len);
	arena_done(&own);
}

static void header_is_capped(void **state)
{
	struct str message = str_in(&arena, 4 << 20);

	str_add_cstr(&message, "Content-Type: text/html\r\nX:");
	for (size_t i = 0; i < HEADER_BLOCK_MAX / 10; i++)
		str_add_cstr(&message, " 12345678\r\n");
	str_add_cstr(&message, "\r\nbody");
	const struct part *root = mime_parse(&arena, str_span(&message));
	assert_true(root->opaque);
	assert_span(root->body, "body");
}

static void parse_once(struct span message)
{
	struct arena own;
	arena_init(&own, 1 << 16);
	(void)mime_parse(&own, message);
	arena_done(&own);
}

/* Nothing in the input may make the scan quadratic. */
static void time_is_linear(void **state)
{
	static const char *families[][2] = {
		{ MIXED, "--b\r\n\r\n" },
		{ MIXED "--b\r\n\r\n", "--\r\n" },
		{ MIXED, "--b\r\n" },
		{ "", "A: b\r\n" },
		{ "A:", " b\r\n" },
		{ "", "Content-Type: multipart/x; boundary=b\r\n" },
		{ "", "Content-Type: message/rfc822\r\n\r\n" },
		{ "Content-Type: a/b", ";a*0=x" },
		{ "Content-Type: a/b", ";a=\"" },
		{ "Content-Type: a/b", "(" },
		{ "Content-Type: a/b; a=", "\\\"" },
		{ MIXED "--b\r\n\r\n", "\n" },
		{ MIXED "--b\r\n\r\n", "-" },
	};
	for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
		assert_linear(parse_once, families[i][0], families[i][1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trees),
		cmocka_unit_test(fields_of_a_part),
		cmocka_unit_test(sections),
		cmocka_unit_test(sections_of_a_simple_message),
		cmocka_unit_test(numbers),
		cmocka_unit_test(depth_is_capped),
		cmocka_unit_test(count_is_capped),
		cmocka_unit_test(header_is_capped),
		cmocka_unit_test(time_is_linear),
	};
	arena_init(&arena, 4096);
	int failed = cmocka_run_group_tests_name("mime_part", tests, NULL, NULL);
	arena_done(&arena);
	return failed;
}
