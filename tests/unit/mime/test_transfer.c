/* mailcore/mime: messages made 7-bit, with short lines. REQUIREMENTS 6 and 8. */
#include "tests/unit/cmocka_all.h"

#include "mailcore/base/base64.h"
#include "mailcore/mime/part.h"
#include "mailcore/mime/qp.h"
#include "mailcore/mime/transfer.h"
#include "tests/unit/mime/linear.h"

#define OUT_MAX ((size_t)64 << 20)

static struct arena arena;

static struct span encode(struct span message)
{
	struct transfer *t = transfer_plan(&arena, message);
	struct str out = str_in(&arena, OUT_MAX);
	struct span piece;

	while ((piece = transfer_next(t)).len > 0)
		str_add(&out, piece);
	assert_true(str_ok(&out));
	return str_span(&out);
}

static struct transfer_watch watch(struct span message)
{
	struct transfer_watch w = { 0 };

	transfer_watch_add(&w, message);
	return w;
}

static struct span repeat(const char *before, const char *text, size_t n, const char *behind)
{
	struct str out = str_in(&arena, OUT_MAX);

	str_add_cstr(&out, before);
	for (size_t i = 0; i < n; i++)
		str_add_cstr(&out, text);
	str_add_cstr(&out, behind);
	return str_span(&out);
}

#define QP     "Content-Transfer-Encoding: quoted-printable\r\n"
#define BASE64 "Content-Transfer-Encoding: base64\r\n"
#define V      "MIME-Version: 1.0\r\n"
#define UTF8   "Content-Type: text/plain; charset=utf-8\r\n"
#define MIXED  "Content-Type: multipart/mixed; boundary=b\r\n"
#define SIGNED "Content-Type: multipart/signed; boundary=b\r\n"

static const struct {
	const char *in, *out; /* NULL: not changed */
} cases[] = {
	/* nothing to do */
	{ "", NULL },
	{ "A: b\r\n\r\nhello\r\n", NULL },
	{ V UTF8 "Content-Transfer-Encoding: 8bit\r\n\r\nhello\r\n", NULL },
	{ V MIXED "\r\n--b\r\n\r\nx\r\n--b--\r\n", NULL },
	/* text */
	{ V UTF8 "Content-Transfer-Encoding: 8bit\r\nX: y\r\n\r\nviele gute Gr\xc3\xbc\xc3\x9f"
		 "e aus Kopenhagen\r\n",
		V UTF8 "X: y\r\n" QP "\r\nviele gute Gr=C3=BC=C3=9Fe aus Kopenhagen\r\n" },
	{ V UTF8 "\r\nmany words of English, one \xc3\xa4=\r\n",
		V UTF8 QP "\r\nmany words of English, one =C3=A4=3D\r\n" },
	{ V UTF8 "\r\n\xc3\xa4\xc3\xb6\xc3\xbc\r\n", V UTF8 BASE64 "\r\nw6TDtsO8DQo=\r\n" },
	{ V "Content-Type: text/plain; charset=iso-8859-1\r\ncontent-transfer-encoding: 8bit\r\n\r\nna\xefve"
	    " words\r\n",
		V "Content-Type: text/plain; charset=iso-8859-1\r\n" QP "\r\nna=EFve words\r\n" },
	{ V UTF8 "\r\n-- \r\n.\r\nFrom me and other people \xc3\xa4\r\n",
		V UTF8 QP "\r\n=2D-=20\r\n=2E\r\n=46rom me and other people =C3=A4\r\n" },
	/* fields that were never written */
	{ "Subject: x\r\n\r\none \xc3\xa4 in many words\r\n",
		"Subject: x\r\n" V UTF8 QP "\r\none =C3=A4 in many words\r\n" },
	{ "Subject: x\r\n\r\none \xe4 in many words\r\n",
		"Subject: x\r\n" V "Content-Type: text/plain; charset=unknown-8bit\r\n" QP
		"\r\none =E4 in many words\r\n" },
	{ "\r\none \xe4 in many words",
		V "Content-Type: text/plain; charset=unknown-8bit\r\n" QP
		  "\r\none =E4 in many words" },
	/* not text */
	{ V "Content-Type: image/png\r\nContent-Transfer-Encoding: binary\r\n\r\n\x89PNG",
		V "Content-Type: image/png\r\n" BASE64 "\r\niVBORw==\r\n" },
	/* one part of several; what says 8bit of the whole is taken back */
	{ V MIXED
		"Content-Transfer-Encoding: 8bit\r\n\r\nf\xc3\xbcr\r\n--b\r\n\r\nplain\r\n--b\r\n" UTF8
		"\r\nsome more words and an \xc3\xa4\r\n--b\r\nContent-Type: a/b\r\n\r\n\xff\r\n--b--\r\n",
		V MIXED "\r\nf??r\r\n--b\r\n\r\nplain\r\n--b\r\n" UTF8 QP
			"\r\nsome more words and an =C3=A4\r\n--b\r\nContent-Type: a/b\r\n" BASE64
			"\r\n/w==\r\n--b--\r\n" },
	/* in an attached message */
	{ V "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" UTF8
	    "\r\nlittle \xc3\xa4 among the words\r\n",
		V "Content-Type: message/rfc822\r\n\r\n" UTF8 V QP
		  "\r\nlittle =C3=A4 among the words\r\n" },
	/* nobody's to change */
	{ V SIGNED
		"Content-Transfer-Encoding: 8bit\r\n\r\n--b\r\n" UTF8
		"\r\n\xc3\xa4\r\n--b\r\nContent-Type: application/pgp-signature\r\n\r\nx\r\n--b--\r\n",
		NULL },
	{ V "Content-Type: multipart/mixed; boundary=o\r\nContent-Transfer-Encoding: 8bit\r\n\r\n--o\r\n" SIGNED
	    "\r\n--b\r\n\r\n\xc3\xa4\r\n--b--\r\n--o--\r\n",
		NULL },
	{ V "Content-Type: message/global\r\n\r\nSubject: \xc3\xa4\r\n\r\nx\r\n", NULL },
	{ V "Content-Type: message/delivery-status\r\n\r\nA: \xc3\xa4\r\n", NULL },
	{ V "Content-Type: multipart/mixed\r\n\r\n\xc3\xa4\r\n", NULL },
	{ V UTF8 "Content-Transfer-Encoding: x-uuencode\r\n\r\n\xc3\xa4\r\n", NULL },
	{ V "Subject: \xc3\xa4\r\n\r\nx\r\n", NULL },
	/* beside a signed part others still are encoded */
	{ V MIXED
		"\r\n--b\r\n" UTF8
		"\r\nfew \xc3\xa4 and many words\r\n--b\r\nContent-Type: multipart/signed; boundary=s\r\n\r\n--s\r\n\r\n\xc3\xb6\r\n--s--\r\n--b--\r\n",
		V MIXED
		"\r\n--b\r\n" UTF8 QP
		"\r\nfew =C3=A4 and many words\r\n--b\r\nContent-Type: multipart/signed; boundary=s\r\n\r\n--s\r\n\r\n\xc3\xb6\r\n--s--\r\n--b--\r\n" },
	/* encoded, but not well */
	{ V UTF8 QP "\r\na=c3=a4 \xc3\xa4 =zz =  \r\nb\t\r\n",
		V UTF8 QP "\r\na=C3=A4 =C3=A4 =3Dzz =\r\nb\r\n" },
	{ V "Content-Type: a/b\r\n" BASE64 "\r\nAA\xff"
	    "AA\r\nAAA=AAAA\r\n",
		V "Content-Type: a/b\r\n" BASE64 "\r\nAAAAAAA=\r\n" },
};

static void table(void **state)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct span in = span_of(cases[i].in);
		struct span want = cases[i].out ? span_of(cases[i].out) : in;
		struct span got = encode(in);
		if (!span_eq(got, want))
			fail_msg("case %zu:\n" SPAN_FMT, i, SPAN_ARG(got));
	}
}

static struct span decoded(struct span message)
{
	const struct part *p = mime_parse(&arena, message);
	struct str out = str_in(&arena, OUT_MAX);

	if (p->encoding_kind == ENCODING_QP)
		qp_decode(p->body, &out);
	else if (p->encoding_kind == ENCODING_BASE64)
		base64_decode_lenient(p->body, &out);
	else
		return p->body;
	return str_span(&out);
}

static void assert_clean(struct span got)
{
	assert_false(watch(got).is_8bit);
	assert_false(watch(got).is_long);
}

/* Bodies of all lengths around the sizes at which something is cut. */
static void long_bodies(void **state)
{
	static const char *const texts[] = { "x", "wordy words ", "\xe4", " ", "\r", "line\r\n",
		"--b\r\n", "\xc3\xa4 ", "=", "\t\r\n", "a\r\n\xff" };
	static const size_t sizes[] = { 990, 998, 999, 14591, 14592, 14593, 60000 };
	static const char *const heads[] = { V UTF8 "\r\n", V "Content-Type: a/b\r\n\r\n",
		V UTF8 QP "\r\n" };

	for (size_t h = 0; h < 3; h++) {
		for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
			for (size_t s = 0; s < 7; s++) {
				struct span in = repeat(
					heads[h], texts[t], sizes[s] / strlen(texts[t]), "end\r\n");
				struct span out = encode(in);
				assert_clean(out);
				assert_true(span_eq(decoded(in), decoded(out)));
				arena_reset(&arena);
			}
		}
	}
	assert_true(watch(repeat("A: b\r\n\r\n", "x", 999, "\r\n")).is_long);
	assert_false(watch(repeat("A: b\r\n\r\n", "x", 998, "\r\n")).is_long);
	assert_clean(repeat("", "x", 998, "\r\n"));
}

static void badly_wrapped_base64(void **state)
{
	struct span in = repeat(V "Content-Type: a/b\r\n" BASE64 "\r\n", "R0lG", 40000, "\r\n");
	struct span out = encode(in);

	assert_clean(out);
	assert_true(span_eq(decoded(in), decoded(out)));
}

/* Folded where there is white space, else a space is put in. */
static void long_headers(void **state)
{
	static const char *const words[] = { "word ", "x", "\xc3\xa4", "<a@example.test>,\t",
		"   " };

	for (size_t i = 0; i < 5; i++) {
		struct span out = encode(repeat("X-Long: ", words[i], 5000, "end\r\n\r\nbody\r\n"));
		assert_false(watch(out).is_long);
		assert_true(span_ends(out, SPAN("end\r\n\r\nbody\r\n")));
	}
	struct span in = repeat("X-Long: a", " word", 400, "\r\nSubject: s\r\n\r\n");
	struct span out = encode(in);
	struct str joined = str_in(&arena, out.len);
	for (size_t i = 0; i < out.len; i++) {
		if (span_starts(span_from(out, i), SPAN("\r\n ")))
			i += 2;
		str_add_c(&joined, out.ptr[i]);
	}
	assert_true(span_eq(str_span(&joined), in)); /* folding adds nothing */
	/* A boundary may have spaces, and gets none. */
	in = repeat("Content-Type: multipart/mixed; x=", "y", 1500, "; boundary=b\r\n\r\n");
	assert_true(
		span_eq(encode(in), in) || span_find_span(encode(in), SPAN("y y")) == SPAN_NPOS);
}

static void long_filler(void **state)
{
	struct span in = repeat(MIXED "\r\n", "preamble", 1000, "\r\n--b\r\n\r\nx\r\n--b--\r\n");
	struct span out = encode(in);

	assert_clean(out);
	assert_true(span_ends(out, SPAN("\r\n--b\r\n\r\nx\r\n--b--\r\n")));
}

static void watch_in_pieces(void **state)
{
	struct span text = repeat("", "x", 998, "\r\ny\r\n");

	for (size_t cut = 990; cut < 1003; cut++) {
		struct transfer_watch w = { 0 };
		transfer_watch_add(&w, span_sub(text, 0, cut));
		transfer_watch_add(&w, span_from(text, cut));
		assert_false(w.is_long);
	}
	assert_true(watch(SPAN("a\0b")).is_8bit);
}

static void run_encode(struct span in)
{
	(void)encode(in);
	arena_reset(&arena);
}

static void linear(void **state)
{
	assert_linear(run_encode, "\r\n", "x");
	assert_linear(run_encode, "\r\n", "\xe4 ");
	assert_linear(run_encode, QP "\r\n", "= ");
	assert_linear(run_encode, QP "\r\n\xff", " ");
	assert_linear(run_encode, BASE64 "\r\n\xff", "A");
	assert_linear(run_encode, "X: ", "x");
	assert_linear(run_encode, "X: ", " ");
	assert_linear(run_encode, "Content-Type: ", "x ");
	assert_linear(run_encode, MIXED "\r\n", "y");
	assert_linear(run_encode, MIXED "\r\n", "--b\r\n\r\n\xe4\r\n");
}

static int setup(void **state)
{
	arena_init(&arena, (size_t)1 << 20);
	return 0;
}

static int teardown(void **state)
{
	arena_done(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table),
		cmocka_unit_test(long_bodies),
		cmocka_unit_test(badly_wrapped_base64),
		cmocka_unit_test(long_headers),
		cmocka_unit_test(long_filler),
		cmocka_unit_test(watch_in_pieces),
		cmocka_unit_test(linear),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
