/* mailcore/store as the roles use it: deliver as mx, read and change as user. */
#include "mailcore/store/folder_name.h"
#include "mailcore/store/uidset.h"
#include "tests/unit/store/store_fixture.h"

static struct fixture fix;
static struct arena arena;
static struct db *mx, *user;

static struct ctx as(struct db *db)
{
	return scratch_ctx(&arena, db);
}

static int64_t folder_id(int64_t mailbox_id, const char *name)
{
	struct ctx ctx = as(user);
	struct folder folder;
	assert_int_equal(folder_find(fix.store, &ctx, mailbox_id, span_of(name), &folder), RC_OK);
	return folder.folder_id;
}

static struct folder folder_now(int64_t mailbox_id, const char *name)
{
	struct ctx ctx = as(user);
	struct folder folder;
	assert_int_equal(folder_find(fix.store, &ctx, mailbox_id, span_of(name), &folder), RC_OK);
	return folder;
}

static const struct snapshot *snap_of(int64_t mailbox_id, const char *name)
{
	struct ctx ctx = as(user);
	const struct snapshot *snap = NULL;
	assert_int_equal(
		snapshot_get(fix.store, &ctx, mailbox_id, folder_id(mailbox_id, name), true, &snap),
		RC_OK);
	return snap;
}

/* What the cache says must be what a new process would load, and what the counters say. */
static void check_folder(int64_t mailbox_id, const char *name)
{
	struct ctx ctx = as(user);
	struct store *other = store_new(&(struct store_options){ .blobs = fix.blobs });
	const struct snapshot *a = snap_of(mailbox_id, name);
	const struct snapshot *b = NULL;
	assert_int_equal(snapshot_get(other, &ctx, mailbox_id, a->folder_id, true, &b), RC_OK);
	assert_int_equal(a->len, b->len);
	assert_int_equal(a->highestmodseq, b->highestmodseq);
	assert_int_equal(a->uidnext, b->uidnext);
	assert_int_equal(a->n_keywords, b->n_keywords);
	struct folder f = folder_now(mailbox_id, name);
	int64_t unseen = 0;
	int64_t size = 0;
	for (size_t i = 0; i < a->len; i++) {
		assert_int_equal(a->uid[i], b->uid[i]);
		assert_int_equal(a->flags[i], b->flags[i]);
		assert_int_equal(a->keywords[i], b->keywords[i]);
		assert_int_equal(a->modseq[i], b->modseq[i]);
		assert_int_equal(a->size_bytes[i], b->size_bytes[i]);
		assert_int_equal(a->internal_at[i], b->internal_at[i]);
		assert_int_equal(a->internal_zone[i], b->internal_zone[i]);
		assert_true(i == 0 || a->uid[i] > a->uid[i - 1]);
		assert_true(a->modseq[i] <= (uint64_t)a->highestmodseq);
		unseen += !(a->flags[i] & FLAG_SEEN);
		size += a->size_bytes[i];
	}
	assert_int_equal(f.messages, a->len);
	assert_int_equal(f.unseen, unseen);
	assert_int_equal(f.size_bytes, size);
	snapshot_unref(a);
	snapshot_unref(b);
	store_free(other);
}

static void deliver(int64_t mailbox_id, const char *subject)
{
	struct ctx ctx = as(mx);
	assert_int_equal(fixture_deliver(&fix, &ctx, uuid_make(ctx.now_us),
				 fixture_message(&arena, subject, 600), mailbox_id),
		RC_OK);
}

/* ------------------------------------------------------------------------ pure parts */

static void test_uidset(void **state)
{
	uint32_t uids[] = { 1, 2, 3, 7, 9, 10, UINT32_MAX };
	struct uidset set = uidset_of(&arena, uids, 7);
	struct uidset back;
	struct str packed = str_in(&arena, 1000);
	assert_int_equal(set.len, 4);
	uidset_pack(&packed, &set);
	assert_true(uidset_unpack(&arena, str_span(&packed), &back));
	assert_int_equal(uidset_count(&back), 7);
	assert_memory_equal(uidset_list(&arena, &back), uids, sizeof uids);
	assert_true(uidset_has(&back, 9) && uidset_has(&back, 1) && uidset_has(&back, UINT32_MAX));
	assert_false(uidset_has(&back, 8) || uidset_has(&back, 0) || uidset_has(&back, 11));
	uint32_t more[] = { 4, 5, 6, 20 };
	struct uidset both[] = { back, uidset_of(&arena, more, 4) };
	struct uidset all = uidset_union(&arena, both, 2);
	assert_int_equal(all.len, 4);
	assert_int_equal(all.ranges[0].last, 7);
	assert_int_equal(uidset_union(&arena, both, 0).len, 0);

	static const struct span BAD[] = { SPAN(""), SPAN("\2"), SPAN("\1\0\0\0\1"),
		SPAN("\1\0\0\0\0\0\0\0\1"), SPAN("\1\0\0\0\2\0\0\0\1"),
		SPAN("\1\0\0\0\1\0\0\0\5\0\0\0\5\0\0\0\6") };
	for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
		assert_false(uidset_unpack(&arena, BAD[i], &back));
	assert_true(uidset_unpack(&arena, SPAN("\1"), &back));
	assert_int_equal(back.len, 0);
}

static void test_folder_names(void **state)
{
	static const struct {
		const char *text, *name;
	} CASES[] = {
		{ "inbox", "INBOX" },
		{ "InBox/x", "INBOX/x" },
		{ "Inboxes", "Inboxes" },
		{ "a/inbox", "a/inbox" },
		{ "Entwürfe", "Entwürfe" },
		{ "", NULL },
		{ "/", NULL },
		{ "/a", NULL },
		{ "a/", NULL },
		{ "a//b", NULL },
		{ "a\nb", NULL },
		{ "a\xff", NULL },
		{ "a\xc2\x85", NULL },
	};
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		struct span out;
		bool ok = folder_name_parse(&arena, span_of(CASES[i].text), &out);
		if (ok != (CASES[i].name != NULL) || (ok && !span_eq(out, span_of(CASES[i].name))))
			fail_msg("%s", CASES[i].text);
	}
	char deep[2 * 65];
	struct span out;
	for (size_t i = 0; i < sizeof deep; i++)
		deep[i] = i % 2 ? '/' : 'x';
	assert_true(folder_name_parse(&arena, span_make(deep, 2 * 64 - 1), &out));
	assert_false(folder_name_parse(&arena, span_make(deep, 2 * 65 - 1), &out));
}

/* ------------------------------------------------------------------------ delivering, reading */

static void test_deliver_and_read(void **state)
{
	struct ctx ctx = as(mx);
	struct span text = fixture_message(&arena, "first", 4000);
	struct uuid id = uuid_make(ctx.now_us);
	assert_int_equal(fixture_deliver(&fix, &ctx, id, text, 1), RC_OK);
	/* the same delivery again: it is there once */
	assert_int_equal(fixture_deliver(&fix, &ctx, id, text, 1), RC_OK);

	ctx = as(user);
	const struct snapshot *snap = snap_of(1, "INBOX");
	assert_int_equal(snap->len, 1);
	assert_int_equal(snap->uid[0], 1);
	assert_int_equal(snap->size_bytes[0], text.len);
	assert_int_equal(snap->flags[0], 0);
	struct message_row row;
	struct message_bytes bytes;
	size_t n = 0;
	size_t done = 0;
	uint32_t uid = 1;
	assert_int_equal(
		message_rows(fix.store, &ctx, 1, snap->folder_id, &uid, 1,
			META_ENVELOPE | META_BODYSTRUCTURE | META_HEADERS | META_LIST, &row, &n),
		RC_OK);
	assert_int_equal(n, 1);
	assert_true(span_eq(row.subject, SPAN("first")));
	assert_true(span_eq(row.from_text, SPAN("Ann")));
	assert_true(span_eq(row.message_id, SPAN("first@x.test")));
	assert_int_equal(row.sent_at, 1795368600);
	assert_true(span_starts(row.envelope, SPAN("(\"Sun, 22 Nov 2026")));
	assert_true(span_istarts(row.bodystructure, SPAN("(\"text\" \"plain\"")));
	assert_true(span_find_span(row.headers, SPAN("Subject: first\r\n")) != SPAN_NPOS);
	assert_true(message_header_is_cached(SPAN("subject")));
	assert_false(message_header_is_cached(SPAN("X-Spam")));
	assert_true(uuid_eq(row.blob_id, id) && uuid_eq(row.thread_id, id));
	assert_int_equal(message_read(fix.store, &ctx, 1, snap->folder_id, &uid, 1, false, 1,
				 &bytes, &n, &done),
		RC_OK);
	assert_true(n == 1 && done == 1 && span_eq(bytes.bytes, text));
	assert_int_equal(message_read(fix.store, &ctx, 1, snap->folder_id, &uid, 1, true, 1, &bytes,
				 &n, &done),
		RC_OK);
	assert_true(span_ends(bytes.bytes, SPAN("charset=utf-8\r\n\r\n")));
	snapshot_unref(snap);
	assert_int_equal(
		scratch_sql("SELECT count(*) FROM event WHERE name = 'message.delivered'"), 1);
	check_folder(1, "INBOX");
}

static void test_read_portions(void **state)
{
	struct ctx ctx = as(user);
	for (int i = 0; i < 5; i++)
		deliver(2, "portion");
	uint32_t uids[] = { 1, 2, 3, 4, 5, 99 };
	struct message_bytes bytes[6];
	size_t n = 0;
	size_t done = 0;
	int64_t inbox = folder_id(2, "INBOX");
	assert_int_equal(
		message_read(fix.store, &ctx, 2, inbox, uids, 6, false, 1000, bytes, &n, &done),
		RC_OK);
	assert_int_equal(n, 2);
	assert_int_equal(done, 2);
	assert_int_equal(message_read(fix.store, &ctx, 2, inbox, uids + 2, 4, false, 1 << 20, bytes,
				 &n, &done),
		RC_OK);
	assert_int_equal(n, 3);
	assert_int_equal(done, 4);
	assert_int_equal(message_read(fix.store, &ctx, 2, inbox, uids + 5, 1, false, 1 << 20, bytes,
				 &n, &done),
		RC_OK);
	assert_int_equal(n, 0);
	assert_int_equal(done, 1);
}

static void test_large_blob(void **state)
{
	struct ctx ctx = as(mx);
	size_t size = 3 << 20;
	struct span text = fixture_message(&arena, "large", size);
	assert_int_equal(fixture_deliver(&fix, &ctx, uuid_make(ctx.now_us), text, 3), RC_OK);
	assert_int_equal(
		scratch_sql("SELECT count(*) FROM blob WHERE place = 1 AND length(body) = 0"), 1);

	/* the same through a spool file */
	FILE *spool = tmpfile();
	assert_int_equal(fwrite(text.ptr, 1, text.len, spool), text.len);
	assert_int_equal(fflush(spool), 0);
	struct prepared *p = NULL;
	struct span head = span_sub(text, 0, span_find_span(text, SPAN("\r\n\r\n")) + 4);
	assert_int_equal(message_prepare_file(fix.store, &arena, uuid_make(ctx.now_us), head,
				 fileno(spool), text.len, &p),
		RC_OK);
	(void)fclose(spool);
	struct delivery_target targets[] = { { .mailbox_id = 3, .junk = true },
		{ .mailbox_id = 4 } };
	struct delivery d = { .message = p, .targets = targets, .n_targets = 2 };
	assert_int_equal(message_deliver(fix.store, &ctx, &d), RC_OK);

	ctx = as(user);
	struct message_bytes bytes;
	size_t n = 0;
	size_t done = 0;
	uint32_t uid = 1;
	static const struct {
		int64_t mailbox_id;
		const char *folder;
	} PLACES[] = { { 3, "INBOX" }, { 3, "Junk" }, { 4, "INBOX" } };
	for (int i = 0; i < 3; i++) {
		int64_t id = PLACES[i].mailbox_id;
		assert_int_equal(message_read(fix.store, &ctx, id, folder_id(id, PLACES[i].folder),
					 &uid, 1, false, 1, &bytes, &n, &done),
			RC_OK);
		assert_true(n == 1 && span_eq(bytes.bytes, text));
	}
}

static void test_threads(void **state)
{
	struct ctx ctx = as(mx);
	static const char *const TEXTS[] = {
		"Message-ID: <t1@x>\r\nSubject: a\r\n\r\nx\r\n",
		"Message-ID: <t2@x>\r\nIn-Reply-To: <t1@x>\r\n\r\nx\r\n",
		"Message-ID: <t3@x>\r\nReferences: <nobody@x>\r\n <t2@x>\r\n\r\nx\r\n",
		"Message-ID: <t4@x>\r\nReferences: <other@x>\r\n\r\nx\r\n",
	};
	for (int i = 0; i < 4; i++)
		assert_int_equal(
			fixture_deliver(&fix, &ctx, uuid_make(ctx.now_us), span_of(TEXTS[i]), 5),
			RC_OK);
	ctx = as(user);
	uint32_t uids[] = { 1, 2, 3, 4 };
	struct message_row rows[4];
	size_t n = 0;
	assert_int_equal(message_rows(fix.store, &ctx, 5, folder_id(5, "INBOX"), uids, 4, META_LIST,
				 rows, &n),
		RC_OK);
	assert_int_equal(n, 4);
	assert_true(uuid_eq(rows[1].thread_id, rows[0].thread_id));
	assert_true(uuid_eq(rows[2].thread_id, rows[0].thread_id));
	assert_false(uuid_eq(rows[3].thread_id, rows[0].thread_id));
}

static void test_hostile_bytes(void **state)
{
	static const struct span TEXTS[] = {
		SPAN(""),
		SPAN("\r\n"),
		SPAN("Subject: \xff\0\x01 x\r\nMessage-ID: <\xfe\0@x>\r\nReferences: <a b> <\0>\r\n\r\n\0\xff"),
		SPAN("no header at all"),
		SPAN("From: \0\r\nDate: Mon, 99 Foo 99999 99:99\r\nContent-Type: multipart/mixed\r\n\r\n"),
	};
	struct ctx ctx = as(mx);
	int64_t before = folder_now(6, "INBOX").messages;
	for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++)
		assert_int_equal(
			fixture_deliver(&fix, &ctx, uuid_make(ctx.now_us), TEXTS[i], 6), RC_OK);
	assert_int_equal(folder_now(6, "INBOX").messages - before, sizeof TEXTS / sizeof *TEXTS);
	ctx = as(user);
	struct message_bytes bytes;
	size_t n = 0;
	size_t done = 0;
	uint32_t uid = 3;
	assert_int_equal(message_read(fix.store, &ctx, 6, folder_id(6, "INBOX"), &uid, 1, false, 1,
				 &bytes, &n, &done),
		RC_OK);
	assert_true(span_eq(bytes.bytes, TEXTS[2]));
}

/* Somebody who said that a message comes, and sends it never, holds up nobody for long. */
static void test_company_that_never_comes(void **state)
{
	struct ctx ctx = as(mx);
	int64_t before = clock_mono_ms();
	delivery_begin(fix.store);
	for (int i = 0; i < 20; i++) {
		struct span text = fixture_message(&arena, "alone", 500);
		assert_int_equal(
			fixture_deliver(&fix, &ctx, uuid_make(ctx.now_us), text, 8), RC_OK);
	}
	delivery_end(fix.store);
	assert_true(clock_mono_ms() - before < 20000);
}

static void test_deliver_nowhere(void **state)
{
	struct ctx ctx = as(mx);
	int64_t before = scratch_sql("SELECT count(*) FROM blob");
	/* no such mailbox: not stored, and said so */
	assert_int_equal(fixture_deliver(&fix, &ctx, uuid_make(ctx.now_us),
				 fixture_message(&arena, "lost", 100), 999),
		RC_TEMP);
	assert_int_equal(scratch_sql("SELECT count(*) FROM blob"), before);
}

/* ------------------------------------------------------------------------ folders */

static void test_folders(void **state)
{
	struct ctx ctx = as(user);
	struct folders list;
	struct folder f;
	struct err err = { 0 };
	assert_int_equal(folder_list(fix.store, &ctx, 7, &list), RC_OK);
	assert_int_equal(list.len, 6);
	assert_true(span_eq(list.items[0].name, SPAN("INBOX")));
	assert_true(list.items[0].uidvalidity > 1700000000);
	assert_int_equal(folder_find_role(fix.store, &ctx, 7, SPAN("junk"), &f), RC_OK);
	assert_true(span_eq(f.name, SPAN("Junk")));

	assert_int_equal(
		folder_create(fix.store, &ctx, 7, SPAN("a/b/c"), SPAN(""), &f, &err), RC_OK);
	assert_true(span_eq(f.name, SPAN("a/b/c")));
	int64_t uidvalidity = f.uidvalidity;
	int64_t id = f.folder_id;
	assert_int_equal(folder_find(fix.store, &ctx, 7, SPAN("a/b"), &f), RC_OK);
	assert_int_equal(
		folder_create(fix.store, &ctx, 7, SPAN("a/b/c"), SPAN(""), &f, &err), RC_EXISTS);
	assert_int_equal(
		folder_create(fix.store, &ctx, 7, SPAN("x"), SPAN("junk"), &f, &err), RC_EXISTS);
	assert_int_equal(folder_find(fix.store, &ctx, 7, SPAN("x"), &f), RC_NOT_FOUND);
	assert_int_equal(folder_create(fix.store, &ctx, 7, SPAN("x"), SPAN("nonsense"), &f, &err),
		RC_INVALID);
	assert_int_equal(
		folder_create(fix.store, &ctx, 7, SPAN("a//b"), SPAN(""), &f, &err), RC_INVALID);

	/* children move along; a name used before gets a larger UIDVALIDITY */
	assert_int_equal(folder_rename(fix.store, &ctx, 7, SPAN("a"), SPAN("z/y"), &err), RC_OK);
	assert_int_equal(folder_find(fix.store, &ctx, 7, SPAN("z/y/b/c"), &f), RC_OK);
	assert_true(f.folder_id == id && f.uidvalidity == uidvalidity);
	assert_int_equal(folder_find(fix.store, &ctx, 7, SPAN("a"), &f), RC_NOT_FOUND);
	assert_int_equal(
		folder_rename(fix.store, &ctx, 7, SPAN("z/y"), SPAN("z/y/w"), &err), RC_INVALID);
	assert_int_equal(
		folder_rename(fix.store, &ctx, 7, SPAN("z/y"), SPAN("Sent"), &err), RC_EXISTS);
	assert_int_equal(
		folder_rename(fix.store, &ctx, 7, SPAN("none"), SPAN("n"), &err), RC_NOT_FOUND);
	assert_int_equal(folder_create(fix.store, &ctx, 7, SPAN("new"), SPAN(""), &f, &err), RC_OK);
	uidvalidity = f.uidvalidity;
	assert_int_equal(folder_delete(fix.store, &ctx, 7, SPAN("new"), &err), RC_OK);
	assert_int_equal(folder_delete(fix.store, &ctx, 7, SPAN("new"), &err), RC_NOT_FOUND);
	assert_int_equal(folder_create(fix.store, &ctx, 7, SPAN("new"), SPAN(""), &f, &err), RC_OK);
	assert_true(f.uidvalidity > uidvalidity);
	uidvalidity = f.uidvalidity;
	assert_int_equal(folder_delete(fix.store, &ctx, 7, SPAN("new"), &err), RC_OK);
	assert_int_equal(
		folder_rename(fix.store, &ctx, 7, SPAN("z/y/b"), SPAN("new"), &err), RC_OK);
	assert_int_equal(folder_find(fix.store, &ctx, 7, SPAN("new"), &f), RC_OK);
	assert_true(f.uidvalidity > uidvalidity);

	assert_int_equal(folder_delete(fix.store, &ctx, 7, SPAN("inbox"), &err), RC_DENIED);
	assert_int_equal(folder_subscribe(fix.store, &ctx, 7, SPAN("new"), false), RC_OK);
	assert_int_equal(folder_find(fix.store, &ctx, 7, SPAN("new"), &f), RC_OK);
	assert_false(f.subscribed);
	assert_int_equal(folder_subscribe(fix.store, &ctx, 7, SPAN("gone"), true), RC_NOT_FOUND);

	/* renaming INBOX moves its messages */
	deliver(7, "moves");
	assert_int_equal(
		folder_rename(fix.store, &ctx, 7, SPAN("INBOX"), SPAN("old"), &err), RC_OK);
	assert_int_equal(folder_now(7, "INBOX").messages, 0);
	assert_int_equal(folder_now(7, "old").messages, 1);
	check_folder(7, "old");
	check_folder(7, "INBOX");
}

static void test_snapshot_of_deleted_folder(void **state)
{
	struct ctx ctx = as(user);
	struct folder f;
	struct err err = { 0 };
	const struct snapshot *snap = NULL;
	assert_int_equal(
		folder_create(fix.store, &ctx, 7, SPAN("brief"), SPAN(""), &f, &err), RC_OK);
	assert_int_equal(snapshot_get(fix.store, &ctx, 7, f.folder_id, true, &snap), RC_OK);
	assert_int_equal(folder_delete(fix.store, &ctx, 7, SPAN("brief"), &err), RC_OK);
	const struct snapshot *again = NULL;
	assert_int_equal(
		snapshot_get(fix.store, &ctx, 7, f.folder_id, false, &again), RC_NOT_FOUND);
	assert_int_equal(snap->len, 0); /* still ours */
	snapshot_unref(snap);
}

/* ------------------------------------------------------------------------ changing */

static struct flag_result set_flags(int64_t mailbox_id, enum flag_op op, const uint32_t *uids,
	size_t n, uint8_t flags, const char *keyword, int64_t unchanged_since)
{
	struct ctx ctx = as(user);
	struct span name = span_of(keyword);
	struct flag_result result;
	struct flag_change change = { .uids = uids,
		.n_uids = n,
		.op = op,
		.flags = flags,
		.keywords = &name,
		.n_keywords = keyword ? 1 : 0,
		.unchanged_since = unchanged_since };
	assert_int_equal(message_set_flags(fix.store, &ctx, mailbox_id,
				 folder_id(mailbox_id, "INBOX"), &change, &result),
		RC_OK);
	check_folder(mailbox_id, "INBOX");
	return result;
}

static void test_flags(void **state)
{
	uint32_t uids[] = { 1, 2, 3, 77 };
	for (int i = 0; i < 3; i++)
		deliver(8, "flags");
	int64_t before = folder_now(8, "INBOX").highestmodseq;
	struct flag_result r = set_flags(8, FLAGS_ADD, uids, 4, FLAG_SEEN, NULL, -1);
	assert_int_equal(r.modseq, before + 1);
	assert_int_equal(folder_now(8, "INBOX").unseen, 0);
	r = set_flags(8, FLAGS_ADD, uids, 4, FLAG_SEEN, NULL, -1);
	assert_int_equal(r.modseq, 0);
	assert_int_equal(folder_now(8, "INBOX").highestmodseq, before + 1);

	/* one of them changes; the others fail the condition */
	r = set_flags(8, FLAGS_ADD, uids, 1, FLAG_FLAGGED, NULL, -1);
	assert_int_equal(r.modseq, before + 2);
	r = set_flags(8, FLAGS_SET, uids, 4, FLAG_ANSWERED, NULL, before + 1);
	assert_int_equal(r.modseq, before + 3);
	assert_int_equal(r.n_failed, 1);
	assert_int_equal(r.failed[0], 1);
	assert_int_equal(folder_now(8, "INBOX").unseen, 2);

	r = set_flags(8, FLAGS_ADD, uids, 2, 0, "$Forwarded", -1);
	assert_true(r.modseq > 0);
	r = set_flags(8, FLAGS_ADD, uids, 2, 0, "$FORWARDED", -1);
	assert_int_equal(r.modseq, 0);
	r = set_flags(8, FLAGS_REMOVE, uids, 4, 0, "$unknown", -1);
	assert_int_equal(r.modseq, 0);
	r = set_flags(8, FLAGS_ADD, uids, 1, 0, "work", -1);
	const struct snapshot *snap = snap_of(8, "INBOX");
	assert_int_equal(snap->n_keywords, 2);
	assert_true(span_eq(snap->keyword_names[0], SPAN("$Forwarded")));
	assert_int_equal(snap->keywords[0], 3);
	assert_int_equal(snap->keywords[1], 1);
	assert_int_equal(snap->keywords[2], 0);
	snapshot_unref(snap);
	r = set_flags(8, FLAGS_REMOVE, uids, 1, FLAG_FLAGGED, "$forwarded", -1);
	snap = snap_of(8, "INBOX");
	assert_int_equal(snap->keywords[0], 2);
	snapshot_unref(snap);
}

static void test_keyword_limit(void **state)
{
	struct ctx ctx = as(user);
	uint32_t uid = 1;
	struct flag_result result;
	enum rc rc = RC_OK;
	int made = 0;
	deliver(6, "keywords");
	for (int i = 0; i < 70 && rc == RC_OK; i++) {
		struct span name = arena_printf(&arena, "k%d", i);
		struct flag_change change = { .uids = &uid,
			.n_uids = 1,
			.op = FLAGS_ADD,
			.keywords = &name,
			.n_keywords = 1,
			.unchanged_since = -1 };
		rc = message_set_flags(fix.store, &ctx, 6, folder_id(6, "INBOX"), &change, &result);
		made += rc == RC_OK;
	}
	assert_int_equal(rc, RC_LIMIT);
	assert_int_equal(made, 63);
	check_folder(6, "INBOX");
	/* all 63 go along with a copy */
	struct uid_pairs pairs;
	assert_int_equal(message_copy(fix.store, &ctx, 6, folder_id(6, "INBOX"), &uid, 1,
				 folder_id(6, "Archive"), &pairs),
		RC_OK);
	const struct snapshot *snap = snap_of(6, "Archive");
	assert_int_equal(snap->n_keywords, 63);
	assert_true(snap->keywords[0] == INT64_MAX);
	snapshot_unref(snap);
}

static void test_copy_move_expunge(void **state)
{
	struct ctx ctx = as(user);
	uint32_t uids[] = { 1, 2, 3, 50 };
	struct uid_pairs pairs;
	int64_t inbox = folder_id(8, "INBOX");
	int64_t archive = folder_id(8, "Archive");
	scratch_sql(
		"UPDATE folder SET keywords = '{other}' WHERE mailbox_id = 8 AND name = 'Archive'");
	assert_int_equal(message_copy(fix.store, &ctx, 8, inbox, uids, 4, archive, &pairs), RC_OK);
	assert_int_equal(pairs.len, 3);
	assert_true(pairs.from[2] == 3 && pairs.to[0] == 1 && pairs.to[2] == 3);
	assert_int_equal(pairs.uidvalidity, folder_now(8, "Archive").uidvalidity);
	check_folder(8, "Archive");
	const struct snapshot *snap = snap_of(8, "Archive");
	assert_int_equal(snap->n_keywords, 3); /* by name, not by place */
	assert_true(span_eq(snap->keyword_names[1], SPAN("$Forwarded")));
	assert_true(span_eq(snap->keyword_names[2], SPAN("work")));
	assert_true(snap->keywords[0] == 4 && snap->keywords[1] == 2 && snap->keywords[2] == 0);
	snapshot_unref(snap);

	int64_t since = folder_now(8, "Archive").highestmodseq;
	assert_int_equal(
		message_move(fix.store, &ctx, 8, archive, uids + 1, 2, inbox, &pairs), RC_OK);
	assert_int_equal(pairs.len, 2);
	assert_true(pairs.from[0] == 2 && pairs.to[0] == 4);
	check_folder(8, "Archive");
	check_folder(8, "INBOX");
	uint32_t *gone = NULL;
	size_t n = 0;
	assert_int_equal(snapshot_vanished(fix.store, &ctx, 8, archive, since, &gone, &n), RC_OK);
	assert_int_equal(n, 2);
	assert_true(gone[0] == 2 && gone[1] == 3);

	assert_int_equal(
		message_move(fix.store, &ctx, 8, inbox, uids + 3, 1, archive, &pairs), RC_OK);
	assert_int_equal(pairs.len, 0);
	assert_int_equal(
		message_copy(fix.store, &ctx, 8, inbox, uids, 1, 999, &pairs), RC_NOT_FOUND);
	/* into itself: new UIDs */
	assert_int_equal(message_move(fix.store, &ctx, 8, inbox, uids, 1, inbox, &pairs), RC_OK);
	assert_int_equal(pairs.to[0], 6);
	check_folder(8, "INBOX");

	struct flag_result r = set_flags(8, FLAGS_ADD, uids + 1, 1, FLAG_DELETED, NULL, -1);
	assert_true(r.modseq > 0);
	assert_int_equal(
		message_expunge(fix.store, &ctx, 8, inbox, uids + 2, 1, true, &gone, &n), RC_OK);
	assert_int_equal(n, 0);
	assert_int_equal(
		message_expunge(fix.store, &ctx, 8, inbox, NULL, 0, true, &gone, &n), RC_OK);
	assert_true(n == 1 && gone[0] == 2);
	check_folder(8, "INBOX");
	assert_int_equal(
		message_expunge(fix.store, &ctx, 8, inbox, NULL, 0, false, NULL, NULL), RC_OK);
	assert_int_equal(folder_now(8, "INBOX").messages, 0);
	int64_t uidnext = folder_now(8, "INBOX").uidnext;
	check_folder(8, "INBOX");
	deliver(8, "after");
	snap = snap_of(8, "INBOX");
	assert_int_equal(snap->uid[0], uidnext);
	snapshot_unref(snap);
	scratch_sql("UPDATE folder SET log_floor = highestmodseq WHERE mailbox_id = 8");
	assert_int_equal(
		snapshot_vanished(fix.store, &ctx, 8, archive, since, &gone, &n), RC_LIMIT);
}

static void test_append(void **state)
{
	struct ctx ctx = as(user);
	struct span keyword = SPAN("$label1");
	struct append_item items[2] = {
		{ .flags = FLAG_SEEN,
			.keywords = &keyword,
			.n_keywords = 1,
			.internal_at = 1000,
			.internal_zone = -90 },
		{ .internal_at = 2000 },
	};
	for (int i = 0; i < 2; i++) {
		struct prepared *p = NULL;
		assert_int_equal(message_prepare(fix.store, &arena, uuid_make(ctx.now_us),
					 fixture_message(&arena, "append", 500), &p),
			RC_OK);
		items[i].message = p;
	}
	int64_t uidvalidity = 0;
	uint32_t uids[2];
	int64_t sent = folder_id(1, "Sent");
	assert_int_equal(
		message_append(fix.store, &ctx, 1, sent, items, 2, &uidvalidity, uids), RC_OK);
	assert_int_equal(uids[1], uids[0] + 1);
	check_folder(1, "Sent");
	const struct snapshot *snap = snap_of(1, "Sent");
	assert_int_equal(snap->len, 2);
	assert_int_equal(snap->uidvalidity, uidvalidity);
	assert_true(snap->internal_at[0] == 1000 && snap->internal_zone[0] == -90);
	assert_true(
		snap->flags[0] == FLAG_SEEN && snap->keywords[0] == 1 && snap->keywords[1] == 0);
	snapshot_unref(snap);

	struct mailbox_usage usage;
	assert_int_equal(mailbox_usage(&ctx, 1, &usage), RC_OK);
	assert_int_equal(usage.messages, folder_now(1, "INBOX").messages + 2);
	scratch_sql("UPDATE mailbox SET quota_bytes = 100 WHERE mailbox_id = 1");
	struct prepared *p = NULL;
	assert_int_equal(message_prepare(fix.store, &arena, uuid_make(ctx.now_us),
				 fixture_message(&arena, "full", 500), &p),
		RC_OK);
	items[0].message = p;
	assert_int_equal(
		message_append(fix.store, &ctx, 1, sent, items, 1, &uidvalidity, uids), RC_LIMIT);
	assert_int_equal(message_append(fix.store, &ctx, 1, 999, items, 1, &uidvalidity, uids),
		RC_NOT_FOUND);
	struct uid_pairs pairs;
	uint32_t one = 1;
	assert_int_equal(message_copy(fix.store, &ctx, 1, sent, &one, 1, sent, &pairs), RC_LIMIT);
	assert_int_equal(
		message_move(fix.store, &ctx, 1, sent, &one, 1, folder_id(1, "Trash"), &pairs),
		RC_OK);
	scratch_sql("UPDATE mailbox SET quota_bytes = 0 WHERE mailbox_id = 1");
	check_folder(1, "Sent");
}

static void test_recent_and_lease(void **state)
{
	struct ctx ctx = as(user);
	int64_t first = 0;
	int64_t second = 0;
	int64_t inbox = folder_id(2, "INBOX");
	assert_int_equal(folder_claim_recent(fix.store, &ctx, 2, inbox, &first), RC_OK);
	assert_int_equal(first, 1);
	static const char TOUCHED[] =
		"SELECT xmin::text::bigint * 2 + xmax::text::bigint FROM folder"
		" WHERE mailbox_id = 2 AND role = 'inbox'";
	int64_t touched = scratch_sql(TOUCHED);
	assert_int_equal(folder_claim_recent(fix.store, &ctx, 2, inbox, &second), RC_OK);
	assert_int_equal(scratch_sql(TOUCHED), touched); /* nothing to claim, nothing is locked */
	assert_int_equal(second, folder_now(2, "INBOX").uidnext);
	assert_int_equal(folder_claim_recent(fix.store, &ctx, 2, 999, &second), RC_NOT_FOUND);

	assert_int_equal(pop3_lease_take(&ctx, 2, SPAN("a"), 60), RC_OK);
	assert_int_equal(pop3_lease_take(&ctx, 2, SPAN("b"), 60), RC_CONFLICT);
	assert_int_equal(pop3_lease_take(&ctx, 2, SPAN("a"), 60), RC_OK);
	pop3_lease_drop(&ctx, 2, SPAN("b"));
	assert_int_equal(pop3_lease_take(&ctx, 2, SPAN("b"), 60), RC_CONFLICT);
	pop3_lease_drop(&ctx, 2, SPAN("a"));
	assert_int_equal(pop3_lease_take(&ctx, 2, SPAN("b"), 60), RC_OK);
	scratch_sql("UPDATE mail_root SET pop3_lease_until = now() - interval '1 second'");
	assert_int_equal(pop3_lease_take(&ctx, 2, SPAN("c"), 60), RC_OK);
}

static void test_collect(void **state)
{
	struct db *send = scratch_open("send");
	struct ctx ctx = as(send);
	size_t n = 1;
	int64_t blobs = scratch_sql("SELECT count(*) FROM blob");
	int64_t orphans =
		scratch_sql("SELECT count(*) FROM blob b WHERE NOT EXISTS (SELECT 1 FROM message m"
			    " WHERE m.blob_id = b.blob_id)");
	assert_true(orphans > 0);
	assert_int_equal(blob_collect(fix.blobs, &ctx, 1000, &n), RC_OK);
	assert_int_equal(n, 0); /* not for an hour */
	scratch_sql("UPDATE blob_gc SET not_before = now() - interval '1 second'");
	assert_int_equal(blob_collect(fix.blobs, &ctx, 1000, &n), RC_OK);
	assert_int_equal(n, orphans);
	assert_int_equal(scratch_sql("SELECT count(*) FROM blob"), blobs - orphans);
	assert_int_equal(scratch_sql("SELECT count(*) FROM blob_gc"), 0);
	assert_int_equal(
		scratch_sql(
			"SELECT count(*) FROM message m WHERE NOT EXISTS (SELECT 1 FROM blob b"
			" WHERE b.blob_id = m.blob_id) OR NOT EXISTS (SELECT 1 FROM message_meta mm"
			" WHERE mm.mailbox_id = m.mailbox_id AND mm.blob_id = m.blob_id)"),
		0);
	db_close(send);
}

static void test_trim(void **state)
{
	struct db *send = scratch_open("send");
	struct ctx ctx = as(send);
	size_t n = 1;
	assert_int_equal(change_log_trim(&ctx, 100, &n), RC_OK);
	assert_int_equal(n, 0);
	const struct snapshot *old = snap_of(4, "INBOX");
	scratch_sql(
		"INSERT INTO change_log SELECT 4, 1, i, 'F', '\\x010000000100000001' FROM"
		" generate_series(100, 20100) AS i;"
		"UPDATE folder SET highestmodseq = 20100 WHERE mailbox_id = 4 AND folder_id = 1");
	ctx = as(send);
	assert_int_equal(change_log_trim(&ctx, 100, &n), RC_OK);
	assert_true(n >= 10001);
	uint32_t *gone = NULL;
	size_t n_gone = 0;
	ctx = as(user);
	assert_int_equal(snapshot_vanished(fix.store, &ctx, 4, 1, 10099, &gone, &n_gone), RC_LIMIT);
	assert_int_equal(snapshot_vanished(fix.store, &ctx, 4, 1, 10100, &gone, &n_gone), RC_OK);
	check_folder(4, "INBOX"); /* the cached one is older than the log */
	snapshot_unref(old);
	db_close(send);
}

static int group_begin(void **state)
{
	arena_init(&arena, 1 << 20);
	if (!fixture_begin(&fix, NULL))
		return -1;
	mx = scratch_open("mx");
	user = scratch_open("user");
	return 0;
}

static int group_end(void **state)
{
	db_close(mx);
	db_close(user);
	fixture_end(&fix);
	arena_done(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_uidset),
		cmocka_unit_test(test_folder_names),
		cmocka_unit_test(test_deliver_and_read),
		cmocka_unit_test(test_read_portions),
		cmocka_unit_test(test_large_blob),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_hostile_bytes),
		cmocka_unit_test(test_deliver_nowhere),
		cmocka_unit_test(test_folders),
		cmocka_unit_test(test_snapshot_of_deleted_folder),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_copy_move_expunge),
		cmocka_unit_test(test_append),
		cmocka_unit_test(test_recent_and_lease),
		cmocka_unit_test(test_collect),
		cmocka_unit_test(test_keyword_limit),
		cmocka_unit_test(test_trim),
		cmocka_unit_test(test_company_that_never_comes),
	};
	return cmocka_run_group_tests(tests, group_begin, group_end);
}
