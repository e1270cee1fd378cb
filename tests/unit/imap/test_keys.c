/* mailcore/imap/syntax: what FETCH, SEARCH and SELECT ask for. */
#include "tests/unit/imap/fixture.h"

#include "mailcore/imap/syntax/fetch_items.h"
#include "mailcore/imap/syntax/search_keys.h"
#include "mailcore/imap/syntax/select_params.h"
#include "mailcore/store/store.h"

/* ------------------------------------------------------------------ fetch items */

static struct span items_text(const struct fetch_items *items)
{
	struct str out = str_in(&arena, 10000);
	for (size_t i = 0; i < items->len; i++) {
		const struct fetch_item *item = &items->items[i];
		if (i)
			str_add_c(&out, ' ');
		if (item->peek)
			str_add_c(&out, '~');
		str_add(&out, item->label);
		if (item->partial)
			str_addf(&out, "+%llu", (unsigned long long)item->count);
	}
	return str_span(&out);
}

static void fetch_items(void **state)
{
	static const struct {
		const char *in;
		const char *want; /* NULL: refused */
	} cases[] = {
		{ "FAST", "FLAGS INTERNALDATE RFC822.SIZE" },
		{ "all", "FLAGS INTERNALDATE RFC822.SIZE ENVELOPE" },
		{ "full", "FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODY" },
		{ "(UID FLAGS modseq UID)", "UID FLAGS MODSEQ" },
		{ "(emailid THREADID SAVEDATE)", "EMAILID THREADID SAVEDATE" },
		{ "(PREVIEW UID)", "PREVIEW UID" },
		{ "preview (lazy)", "PREVIEW" },
		{ "(PREVIEW (LAZY) UID)", "PREVIEW UID" },
		{ "PREVIEW (EAGER)", NULL },
		{ "(UID (LAZY))", NULL },
		{ "BODY", "BODY" },
		{ "bodystructure", "BODYSTRUCTURE" },
		{ "BODY[]", "BODY[]" },
		{ "body.peek[]", "~BODY[]" },
		{ "(BODY.PEEK[] BODY[])", "BODY[]" },
		{ "BODY[1.2.3]", "BODY[1.2.3]" },
		{ "BODY[1.mime]", "BODY[1.MIME]" },
		{ "BODY[header]<0.10>", "BODY[HEADER]<0>+10" },
		{ "BODY[2.TEXT]<4.5>", "BODY[2.TEXT]<4>+5" },
		{ "BODY[HEADER.FIELDS (from \"To\" {2}\r\nCc)]",
			"BODY[HEADER.FIELDS (from To Cc)]" },
		{ "BODY[1.HEADER.FIELDS.NOT (\"a\\\"b\")]",
			"BODY[1.HEADER.FIELDS.NOT (\"a\\\"b\")]" },
		{ "(RFC822 RFC822.HEADER RFC822.TEXT RFC822.SIZE)",
			"RFC822 ~RFC822.HEADER RFC822.TEXT RFC822.SIZE" },
		{ "BINARY[1]<0.1>", "BINARY[1]<0>+1" },
		{ "BINARY.SIZE[1.2]", "~BINARY.SIZE[1.2]" },
		{ "BINARY.PEEK[1]", "~BINARY[1]" },
		{ "BINARY[TEXT]", NULL },
		{ "BINARY.SIZE[1]<0.1>", NULL },
		{ "BODY[MIME]", NULL },
		{ "BODY[0]", NULL },
		{ "BODY[1.]", NULL },
		{ "BODY[1.0]", NULL },
		{ "BODY[", NULL },
		{ "BODY[]<0.0>", NULL },
		{ "BODY[]<0>", NULL },
		{ "BODY[HEADER.FIELDS]", NULL },
		{ "BODY[HEADER.FIELDS ()]", NULL },
		{ "BODY[HEADER.FIELDS (a:b)]", NULL },
		{ "BODYX[]", NULL },
		{ "()", NULL },
		{ "(FLAGS", NULL },
		{ "(FLAGS  UID)", NULL },
		{ "(ALL)", NULL },
		{ "BODYSTRUCTURE[]", NULL },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct cur c = cur_of(span_of(cases[i].in));
		struct fetch_items items;
		bool ok = fetch_items_parse(&c, &arena, &items) && cur_done(&c);
		if (ok != (cases[i].want != NULL))
			fail_msg("%s: %d", cases[i].in, ok);
		if (ok)
			assert_span(items_text(&items), cases[i].want);
	}
}

/* ------------------------------------------------------------------ search keys */

static void key_text(struct str *out, const struct search_key *key)
{
	static const char *const names[] = { "and", "or", "not", "flag", "recent", "keyword", "num",
		"uid", "larger", "smaller", "before", "on", "since", "sbefore", "son", "ssince",
		"older", "younger", "modseq", "vbefore", "von", "vsince", "emailid", "threadid",
		"header", "body", "text" };

	str_add_cstr(out, names[key->op]);
	if (key->number)
		str_addf(out, "=%lld", (long long)key->number);
	if (key->name.len)
		str_addf(out, ":" SPAN_FMT, SPAN_ARG(key->name));
	if (key->text.len)
		str_addf(out, "<" SPAN_FMT ">", SPAN_ARG(key->text));
	if (!key->children)
		return;
	str_add_c(out, '(');
	for (const struct search_key *k = key->children; k; k = k->next) {
		if (k != key->children)
			str_add_c(out, ' ');
		key_text(out, k);
	}
	str_add_c(out, ')');
}

static void search_keys(void **state)
{
	static const struct {
		const char *in;
		enum search_parse result;
		const char *want;
	} cases[] = {
		{ "ALL", SEARCH_PARSED, "and(and)" },
		{ "UNSEEN 1:5", SEARCH_PARSED, "and(not(flag=8) num)" },
		{ "NEW", SEARCH_PARSED, "and(and(recent not(flag=8)))" },
		{ "OLD", SEARCH_PARSED, "and(not(recent))" },
		{ "OR SEEN (DELETED UID 1)", SEARCH_PARSED, "and(or(flag=8 and(flag=4 uid)))" },
		{ "NOT NOT SEEN", SEARCH_PARSED, "and(not(not(flag=8)))" },
		{ "FROM \"Alice  B\" SUBJECT x", SEARCH_PARSED,
			"and(header:From<alice b> header:Subject<x>)" },
		{ "HEADER X-Foo \"\"", SEARCH_PARSED, "and(header:X-Foo)" },
		{ "KEYWORD $Junk UNKEYWORD a", SEARCH_PARSED,
			"and(keyword<$Junk> not(keyword<a>))" },
		{ "SINCE 2-Jan-1970 LARGER 10", SEARCH_PARSED, "and(since=1 larger=10)" },
		{ "CHARSET UTF-8 TEXT \"\xc3\x89T\xc3\x89\"", SEARCH_PARSED,
			"and(text<\xc3\xa9t\xc3\xa9>)" },
		{ "CHARSET ISO-8859-1 BODY {1}\r\n\xc9", SEARCH_PARSED, "and(body<\xc3\xa9>)" },
		{ "CHARSET X-NONE BODY a", SEARCH_BADCHARSET, NULL },
		{ "MODSEQ \"/flags/\\\\draft\" all 620162338", SEARCH_PARSED,
			"and(modseq=620162338)" },
		{ "YOUNGER 60", SEARCH_PARSED, "and(younger=60)" },
		{ "$", SEARCH_PARSED, "and(num)" },
		{ "SAVEDSINCE 2-Jan-1970 SAVEDATESUPPORTED", SEARCH_PARSED, "and(vsince=1 and)" },
		{ "NOT EMAILID M1 THREADID T-2", SEARCH_PARSED,
			"and(not(emailid<M1>) threadid<T-2>)" },
		{ "RETURN (PARTIAL 1:10 COUNT) ALL", SEARCH_PARSED, "and(and)" },
		{ "RETURN (PARTIAL 1:10 PARTIAL 1:2) ALL", SEARCH_BAD, NULL },
		{ "RETURN (PARTIAL 1:10 ALL) ALL", SEARCH_BAD, NULL },
		{ "RETURN (PARTIAL) ALL", SEARCH_BAD, NULL },
		{ "RETURN (MIN)", SEARCH_BAD, NULL },
		{ "RETURN (MIN COUNT) ALL", SEARCH_PARSED, "and(and)" },
		{ "RETURN () ALL", SEARCH_PARSED, "and(and)" },
		{ "RETURN (NONE) ALL", SEARCH_BAD, NULL },
		{ "", SEARCH_BAD, NULL },
		{ "FROM", SEARCH_BAD, NULL },
		{ "OR SEEN", SEARCH_BAD, NULL },
		{ "(SEEN", SEARCH_BAD, NULL },
		{ "()", SEARCH_BAD, NULL },
		{ "SEEN ", SEARCH_BAD, NULL },
		{ "BOGUS", SEARCH_BAD, NULL },
		{ "SINCE 40-Jan-1970", SEARCH_BAD, NULL },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct cur c = cur_of(span_of(cases[i].in));
		struct search_query q;
		enum search_parse result = search_parse(&c, &arena, &q);
		if (result != cases[i].result)
			fail_msg("%s: %d", cases[i].in, result);
		if (result != SEARCH_PARSED)
			continue;
		struct str out = str_in(&arena, 1000);
		key_text(&out, q.root);
		assert_span(str_span(&out), cases[i].want);
	}
}

static void search_keys_nest_only_so_deep(void **state)
{
	struct str deep = str_in(&arena, 1 << 20);
	struct search_query q;

	for (int i = 0; i < SEARCH_DEPTH_MAX + 2; i++)
		str_add_cstr(&deep, "NOT ");
	str_add_cstr(&deep, "SEEN");
	struct cur c = cur_of(str_span(&deep));
	assert_int_equal(search_parse(&c, &arena, &q), SEARCH_BAD);
	c = cur_of(span_from(str_span(&deep), 8));
	assert_int_equal(search_parse(&c, &arena, &q), SEARCH_PARSED);

	str_clear(&deep);
	for (int i = 0; i < 100000; i++)
		str_add_c(&deep, '(');
	c = cur_of(str_span(&deep));
	assert_int_equal(search_parse(&c, &arena, &q), SEARCH_BAD);
}

/* ------------------------------------------------------------------ modifiers */

static void windows(void **state)
{
	static const struct {
		const char *in;
		bool ok;
		size_t n, from, to;
	} cases[] = {
		{ "1:10", true, 100, 0, 10 },
		{ "10:1", true, 100, 0, 10 },
		{ "5:5", true, 5, 4, 5 },
		{ "6:9", true, 5, 5, 5 },
		{ "-1:-3", true, 10, 7, 10 },
		{ "-3:-1", true, 10, 7, 10 },
		{ "-2:-2", true, 10, 8, 9 },
		{ "-9:-12", true, 10, 0, 2 },
		{ "-11:-12", true, 10, 0, 0 },
		{ "1:4294967295", true, 3, 0, 3 },
		{ "1:1", true, 0, 0, 0 },
		{ "0:1", false },
		{ "1:-1", false },
		{ "-1:1", false },
		{ "1:4294967296", false },
		{ "1", false },
		{ "1:*", false },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct cur c = cur_of(span_of(cases[i].in));
		struct partial_range range;
		size_t from, to;
		bool ok = partial_range_parse(&c, &range) && cur_done(&c);
		if (ok != cases[i].ok)
			fail_msg("%s", cases[i].in);
		if (!ok)
			continue;
		assert_span(range.text, cases[i].in);
		partial_range_cut(&range, cases[i].n, &from, &to);
		if (from != cases[i].from || to != cases[i].to)
			fail_msg("%s: %zu to %zu", cases[i].in, from, to);
	}
}

static void fetch_modifiers(void **state)
{
	static const struct {
		const char *in;
		bool ok;
		uint64_t changed_since;
		bool vanished;
		const char *partial;
	} cases[] = {
		{ "", true, 0, false, NULL },
		{ " (CHANGEDSINCE 12)", true, 12, false, NULL },
		{ " (changedsince 12 vanished)", true, 12, true, NULL },
		{ " (VANISHED PARTIAL -1:-3 CHANGEDSINCE 12)", true, 12, true, "-1:-3" },
		{ " (CHANGEDSINCE 0)", false },
		{ " (CHANGEDSINCE 1 CHANGEDSINCE 2)", false },
		{ " (PARTIAL 1:2 PARTIAL 1:2)", false },
		{ " ()", false },
		{ " (CHANGEDSINCE 1) x", false },
		{ " CHANGEDSINCE 1", false },
		{ " (NONE)", false },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct cur c = cur_of(span_of(cases[i].in));
		struct fetch_modifiers m;
		if (fetch_modifiers_parse(&c, &m) != cases[i].ok)
			fail_msg("%s", cases[i].in);
		if (!cases[i].ok)
			continue;
		assert_int_equal(m.changed_since, cases[i].changed_since);
		assert_int_equal(m.vanished, cases[i].vanished);
		assert_span(m.partial.text, cases[i].partial ? cases[i].partial : "");
	}
}

static void select_params(void **state)
{
	static const struct {
		const char *in;
		bool ok;
		bool condstore, qresync;
		uint64_t modseq;
		size_t known, matches;
	} cases[] = {
		{ "", true, false, false, 0, 0, 0 },
		{ " (CONDSTORE)", true, true, false, 0, 0, 0 },
		{ " (QRESYNC (67890007 20050715194045000))", true, false, true, 20050715194045000,
			0, 0 },
		{ " (CONDSTORE QRESYNC (1 2 41,43:211,214:541))", true, true, true, 2, 3, 0 },
		{ " (qresync (1 2 1:9 (5,9 6,10)) condstore)", true, true, true, 2, 1, 2 },
		{ " (QRESYNC (1 2 (5,9 6,10)))", true, false, true, 2, 0, 2 },
		{ " (QRESYNC (1 2 1:*))", false },
		{ " (QRESYNC (1 2 $))", false },
		{ " (QRESYNC (0 2))", false },
		{ " (QRESYNC (1 0))", false },
		{ " (QRESYNC (1 2 1:2 3))", false },
		{ " (QRESYNC (1 2 (1)))", false },
		{ " (QRESYNC (1 2)", false },
		{ " (QRESYNC (1 2) QRESYNC (1 2))", false },
		{ " ()", false },
		{ " (CONDSTORE) x", false },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct cur c = cur_of(span_of(cases[i].in));
		struct select_params p;
		if (select_params_parse(&c, &arena, &p) != cases[i].ok)
			fail_msg("%s", cases[i].in);
		if (!cases[i].ok)
			continue;
		assert_int_equal(p.condstore, cases[i].condstore);
		assert_int_equal(p.qresync, cases[i].qresync);
		assert_int_equal(p.resync.modseq, cases[i].modseq);
		assert_int_equal(p.resync.known.len, cases[i].known);
		assert_int_equal(p.resync.match_uids.len, cases[i].matches);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(fetch_items, setup, teardown),
		cmocka_unit_test_setup_teardown(search_keys, setup, teardown),
		cmocka_unit_test_setup_teardown(search_keys_nest_only_so_deep, setup, teardown),
		cmocka_unit_test_setup_teardown(windows, setup, teardown),
		cmocka_unit_test_setup_teardown(fetch_modifiers, setup, teardown),
		cmocka_unit_test_setup_teardown(select_params, setup, teardown),
	};
	return cmocka_run_group_tests_name("imap keys", tests, NULL, NULL);
}
