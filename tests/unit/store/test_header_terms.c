/* Header fields kept for searching: what is read once is right, what is new is found, what does not
 * fit is said to, and the budget holds. */
#include "tests/unit/cmocka_all.h"

#include "mailcore/store/header_terms.h"
#include "mailcore/store/kept.h"
#include "tests/unit/store/store_fixture.h"

static struct fixture fix;
static struct arena arena;
static struct db *user;
static int64_t inbox_id;

static void append(const char *head)
{
	struct ctx ctx = scratch_ctx(&arena, user);
	struct prepared *p = NULL;
	struct append_item item = { 0 };
	int64_t uidvalidity;
	uint32_t uid;

	struct str text = str_in(&arena, 1 << 20);
	str_addf(&text, "%s\r\n\r\nbody\r\n", head);
	assert_int_equal(
		message_prepare(fix.store, &arena, uuid_make(ctx.now_us), str_span(&text), &p),
		RC_OK);
	item.message = p;
	assert_int_equal(
		message_append(fix.store, &ctx, 1, inbox_id, &item, 1, &uidvalidity, &uid), RC_OK);
}

static enum terms_state look(uint32_t uid, const char *field, const char *needle, bool *out_has)
{
	struct ctx ctx = scratch_ctx(&arena, user);
	struct header_terms terms;
	struct header_terms_hold hold;

	assert_int_equal(
		header_terms_load(fix.store, &ctx, 1, inbox_id, &uid, 1, &terms, &hold), RC_OK);
	*out_has = terms.state == TERMS_HERE &&
		header_terms_have(&terms, header_term_of(span_of(field)), span_of(needle));
	header_terms_done(&hold);
	return terms.state;
}

static void fields_are_found(void **state)
{
	static const struct {
		const char *field, *needle;
		bool has;
	} cases[] = {
		{ "Subject",
			"gr\xc3\xbc\xc3\x9f"
			"e aus",
			true },
		{ "Subject", "aus k\xc3\xb6ln", true }, /* folded, encoded and not */
		{ "subject", "Aus", false },            /* needles are folded already */
		{ "Subject", "ann", false }, { "From", "ann@x.test", true },
		{ "From", "bob", false }, { "To", "bob@x.test", true },
		{ "To", "carol@x.test", true }, /* the second field of that name */
		{ "Message-ID", "<1@x.test>", true }, { "Cc", "", false },
		{ "Bcc", "", true }, /* there, and empty */
	};
	bool has;

	append("From: Ann <ann@x.test>\r\nTo: bob@x.test\r\nTO: Carol <carol@x.test>\r\n"
	       "Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n\taus   K\xc3\xb6LN\r\nBcc:\r\n"
	       "Message-ID: <1@x.test>\r\nDate: Sun, 22 Nov 2026 00:30:00 +0200");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(look(1, cases[i].field, cases[i].needle, &has), TERMS_HERE);
		if (has != cases[i].has)
			fail_msg("%s: %s", cases[i].field, cases[i].needle);
	}
	assert_int_equal(header_term_of(SPAN("X-Priority")), 0);
}

static void dates_are_read(void **state)
{
	struct ctx ctx = scratch_ctx(&arena, user);
	struct header_terms terms[2];
	struct header_terms_hold hold;
	uint32_t uids[] = { 1, 2 };

	append("Subject: no date");
	assert_int_equal(
		header_terms_load(fix.store, &ctx, 1, inbox_id, uids, 2, terms, &hold), RC_OK);
	assert_true(terms[0].has_sent && terms[0].sent_zone_minutes == 120);
	assert_int_equal(terms[0].sent_s, 1795300200); /* 21 Nov 22:30 UTC */
	assert_false(terms[1].has_sent);
	header_terms_done(&hold);
}

static void what_is_new_or_gone_is_seen(void **state)
{
	struct ctx ctx = scratch_ctx(&arena, user);
	uint32_t two = 2;
	bool has;

	append("Subject: third");
	assert_int_equal(look(3, "Subject", "third", &has), TERMS_HERE);
	assert_true(has);
	append("Subject: fourth");
	append("Subject: fifth");
	assert_int_equal(
		message_expunge(fix.store, &ctx, 1, inbox_id, &two, 1, false, NULL, NULL), RC_OK);
	assert_int_equal(look(5, "Subject", "fifth", &has), TERMS_HERE);
	assert_true(has);
	assert_int_equal(look(4, "Subject", "fourth", &has), TERMS_HERE);
	assert_true(has);
	uint32_t four = 4;
	assert_int_equal(
		message_expunge(fix.store, &ctx, 1, inbox_id, &four, 1, false, NULL, NULL), RC_OK);
	append("Subject: sixth");
	append("Subject: seventh");
	uint32_t six = 6;
	assert_int_equal(
		message_expunge(fix.store, &ctx, 1, inbox_id, &six, 1, false, NULL, NULL), RC_OK);
	assert_int_equal(look(7, "Subject", "seventh", &has), TERMS_HERE);
	assert_int_equal(look(6, "Subject", "sixth", &has), TERMS_GONE);
	assert_false(has);
}

/* Once read, no database is asked. */
static void nothing_is_read_twice(void **state)
{
	struct header_terms terms;
	struct header_terms_hold hold;
	struct ctx ctx = scratch_ctx(&arena, NULL);
	uint32_t uid = 5;

	assert_int_equal(
		header_terms_load(fix.store, &ctx, 1, inbox_id, &uid, 1, &terms, &hold), RC_OK);
	assert_true(header_terms_have(&terms, header_term_of(SPAN("Subject")), SPAN("fifth")));
	header_terms_done(&hold);
}

static void large_headers_are_left_to_the_message(void **state)
{
	struct str head = str_in(&arena, 1 << 20);
	bool has;

	str_add_cstr(&head, "Subject: large\r\nReferences:");
	while (head.len < TERMS_FIELDS_MAX)
		str_add_cstr(&head, "\r\n <0123456789.0123456789@x.test>");
	append(str_cstr(&head));
	assert_int_equal(look(8, "Subject", "large", &has), TERMS_TOO_LARGE);
	append("Subject: small again");
	assert_int_equal(look(9, "Subject", "again", &has), TERMS_HERE);
	assert_true(has);
}

/* Of several blocks, and only with the UIDs that were asked for. */
static void blocks_are_put_together(void **state)
{
	struct ctx ctx = scratch_ctx(&arena, user);
	uint32_t uids[] = { 5, 9, 2000, 5000 };
	struct header_terms terms[4];
	struct header_terms_hold hold;

	scratch_sql("UPDATE folder SET uidnext = 2000 WHERE mailbox_id = 1 AND name = 'INBOX'");
	append("Subject: far away");
	assert_int_equal(
		header_terms_load(fix.store, &ctx, 1, inbox_id, uids, 4, terms, &hold), RC_OK);
	assert_int_equal(hold.len, 3);
	assert_true(header_terms_have(&terms[1], header_term_of(SPAN("Subject")), SPAN("small")));
	assert_true(header_terms_have(&terms[2], header_term_of(SPAN("Subject")), SPAN("far")));
	assert_int_equal(terms[3].state, TERMS_GONE);
	header_terms_done(&hold);
}

static void the_budget_holds(void **state)
{
	struct kept k;
	int64_t key = 1;
	struct kept_item *held = NULL;

	kept_init(&k, 10000);
	for (key = 1; key <= 100; key++) {
		struct kept_item *item = kept_new(map_key_i64(&key), 1000);
		memset(item->bytes, (int)key, item->size);
		kept_put(&k, item);
		assert_true(k.bytes <= k.budget);
		if (key == 1)
			held = item;
		else
			kept_unref(item);
		int64_t two = 2;
		kept_unref(kept_get(&k, map_key_i64(&two))); /* used all the time */
	}
	key = 1;
	assert_null(kept_get(&k, map_key_i64(&key)));
	assert_int_equal(held->bytes[999], 1); /* still good for who holds it */
	kept_unref(held);
	key = 2;
	held = kept_get(&k, map_key_i64(&key));
	assert_non_null(held);
	struct kept_item *instead = kept_new(map_key_i64(&key), 10);
	kept_put(&k, instead);
	assert_ptr_not_equal(held, instead);
	kept_unref(held);
	kept_unref(instead);
	held = kept_get(&k, map_key_i64(&key));
	assert_ptr_equal(held, instead);
	kept_unref(held);
	kept_done(&k);
}

static int group_begin(void **state)
{
	struct folder inbox;

	arena_init(&arena, 1 << 20);
	if (!fixture_begin(&fix, NULL))
		return -1;
	user = scratch_open("user");
	struct ctx ctx = scratch_ctx(&arena, user);
	if (folder_find(fix.store, &ctx, 1, SPAN("INBOX"), &inbox) != RC_OK)
		return -1;
	inbox_id = inbox.folder_id;
	return 0;
}

static int group_end(void **state)
{
	db_close(user);
	fixture_end(&fix);
	arena_done(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_found),
		cmocka_unit_test(dates_are_read),
		cmocka_unit_test(what_is_new_or_gone_is_seen),
		cmocka_unit_test(nothing_is_read_twice),
		cmocka_unit_test(large_headers_are_left_to_the_message),
		cmocka_unit_test(blocks_are_put_together),
		cmocka_unit_test(the_budget_holds),
	};
	return cmocka_run_group_tests(tests, group_begin, group_end);
}
