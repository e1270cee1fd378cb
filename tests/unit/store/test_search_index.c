/* The index for SEARCH TEXT and BODY says what a look at each message says, whatever happens to it
 * and to those who make it. */
#include <pthread.h>
#include <signal.h>

#include "tests/unit/cmocka_all.h"

#include "mailcore/mime/part.h"
#include "mailcore/mime/search_text.h"
#include "mailcore/mime/text.h"
#include "mailcore/store/search_index.h"
#include "tests/unit/store/store_fixture.h"

#define UIDS_MAX 2000
#define UNKNOWN  9 /* no segment lists the message */

static struct fixture fix;
static struct arena arena;
static struct db *user;

static struct ctx as_user(void)
{
	return scratch_ctx(&arena, user);
}

/* ------------------------------------------------------------------ messages */

static const char *const words[] = { "Caf\xc3\xa9", "STRASSE", "na\xc3\xafve", "report",
	"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", "a.b@c.test", "x", "Zw\xc3\xb6lf", "reporting",
	"https://a.test/b?c=d", "100%", "\xd0\x9c\xd0\xbe\xd1\x81\xd0\xba\xd0\xb2\xd0\xb0" };

static const char *word(void)
{
	return words[random_below(sizeof words / sizeof *words)];
}

static struct span sentence(size_t n)
{
	struct str out = str_in(&arena, 100000);

	for (size_t i = 0; i < n; i++)
		str_addf(&out, "%s%s", word(), random_below(6) ? " " : "\r\n");
	str_addf(&out, "%llx", (unsigned long long)random_below(1000));
	return str_span(&out);
}

static void add_base64(struct str *out, struct span text)
{
	struct str code = str_in(&arena, 2 * text.len + 10);
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < text.len; i += 3) {
		unsigned v = 0;
		for (size_t k = 0; k < 3; k++)
			v = v << 8 | (i + k < text.len ? (unsigned char)text.ptr[i + k] : ' ');
		for (int k = 3; k >= 0; k--)
			str_add_c(&code, digits[v >> 6 * k & 63]);
		if (i % 54 == 51)
			str_add_cstr(&code, "\r\n"); /* in the middle of words */
	}
	str_add(out, str_span(&code));
}

static void add_qp(struct str *out, struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		if (c >= 0x80 || c == '=')
			str_addf(out, "=%02X", c);
		else
			str_add_c(out, (char)c);
		if (i % 20 == 19 && c != '\r' && c != '\n')
			str_add_cstr(out, "=\r\n");
	}
}

static void add_leaf(struct str *out)
{
	struct span text = sentence(random_below(30));

	switch (random_below(4)) {
	case 0:
		str_add_cstr(out, "Content-Type: text/plain; charset=utf-8\r\n\r\n");
		str_add(out, text);
		break;
	case 1:
		str_add_cstr(out,
			"Content-Type: text/html; charset=utf-8\r\n"
			"Content-Transfer-Encoding: base64\r\n\r\n");
		add_base64(out,
			arena_printf(&arena, "<p>" SPAN_FMT "<b>bo</b>ld</p>", SPAN_ARG(text)));
		break;
	case 2:
		str_add_cstr(out,
			"Content-Type: text/x-log; charset=utf-8; name=\"reporting.log\"\r\n"
			"Content-Disposition: attachment\r\n"
			"Content-Transfer-Encoding: quoted-printable\r\n\r\n");
		add_qp(out, text);
		break;
	default:
		str_add_cstr(out, "Content-Type: message/rfc822\r\n\r\nSubject: inner ");
		str_addf(out, "%s\r\n\r\n", word());
		str_add(out, text);
	}
	str_add_cstr(out, "\r\n");
}

static struct span random_message(void)
{
	struct str out = str_in(&arena, 1 << 20);

	str_addf(&out,
		"From: %s <a@x.test>\r\nSubject: %s =?utf-8?Q?Gr=C3=BC=C3=9Fe_%llu?= %s\r\n"
		"X-Odd: %s\r\nMIME-Version: 1.0\r\n",
		word(), word(), (unsigned long long)random_below(100), word(), word());
	if (random_below(2)) {
		add_leaf(&out);
		return str_span(&out);
	}
	str_add_cstr(&out, "Content-Type: multipart/mixed; boundary=bound\r\n\r\npreamble\r\n");
	for (uint64_t n = 1 + random_below(3); n > 0; n--) {
		str_add_cstr(&out, "--bound\r\n");
		add_leaf(&out);
	}
	str_add_cstr(&out, "--bound--\r\nepilogue\r\n");
	return str_span(&out);
}

static int64_t folder_id(const char *name)
{
	struct ctx ctx = as_user();
	struct folder folder;
	assert_int_equal(folder_find(fix.store, &ctx, 1, span_of(name), &folder), RC_OK);
	return folder.folder_id;
}

static void append_message(int64_t folder, struct span message)
{
	struct ctx ctx = as_user();
	struct prepared *p = NULL;
	int64_t uidvalidity;
	uint32_t uid;

	assert_int_equal(
		message_prepare(fix.store, &arena, uuid_make(ctx.now_us), message, &p), RC_OK);
	struct append_item item = { .message = p };
	assert_int_equal(
		message_append(fix.store, &ctx, 1, folder, &item, 1, &uidvalidity, &uid), RC_OK);
}

static void fill(int64_t folder, size_t n)
{
	for (size_t i = 0; i < n; i++)
		append_message(folder, random_message());
}

static uint32_t *uids_of(int64_t folder, size_t *out_len)
{
	struct ctx ctx = as_user();
	const struct snapshot *snap;

	assert_int_equal(snapshot_get(fix.store, &ctx, 1, folder, true, &snap), RC_OK);
	uint32_t *uids = arena_array(&arena, snap->len, sizeof *uids);
	if (snap->len)
		memcpy(uids, snap->uid, snap->len * sizeof *uids);
	*out_len = snap->len;
	snapshot_unref(snap);
	return uids;
}

/* ------------------------------------------------------------------ what there is, and what the index says */

static bool fields_have(struct span block, struct span needle)
{
	struct search_fields walk;
	struct span folded;
	bool found = false;

	search_fields_begin(&walk, block);
	while (search_fields_next(&arena, &walk, &folded))
		found = found || span_find_span(folded, needle) != SPAN_NPOS;
	return found;
}

static bool message_has(struct span message, struct span needle, bool in_head)
{
	const struct part *root = mime_parse(&arena, message);
	bool found = in_head && fields_have(message, needle);

	for (const struct part *p = root; p && !found; p = part_next(p)) {
		struct str text = str_in(&arena, MIME_PART_TEXT_MAX(p));
		mime_part_text_add(&text, p);
		found = span_find_span(search_fold(&arena, str_span(&text)), needle) != SPAN_NPOS ||
			(in_head && p != root && fields_have(p->header, needle));
	}
	return found;
}

struct answers {
	uint8_t of[UIDS_MAX]; /* by UID */
	size_t segments;
};

static void ask(int64_t folder, struct span needle, bool in_head, struct answers *out)
{
	struct words_needle n;
	struct search_segment segment;
	uint8_t body[WORDS_DOCS_MAX], head[WORDS_DOCS_MAX];
	enum rc rc;

	words_needle_init(&n, needle);
	memset(out->of, UNKNOWN, sizeof out->of);
	out->segments = 0;
	for (uint32_t at = 0;; at = segment.last_uid + 1) {
		struct ctx ctx = as_user();
		rc = search_segment_next(fix.store, &ctx, 1, folder, at, true, true, &segment);
		if (rc == RC_NOT_FOUND)
			break;
		assert_int_equal(rc, RC_OK);
		out->segments++;
		assert_true(words_look(segment.body, &n, body, segment.n));
		assert_true(words_look(segment.head, &n, head, segment.n));
		for (size_t i = 0; i < segment.n; i++) {
			uint8_t found = in_head && head[i] > body[i] ? head[i] : body[i];
			assert_true(segment.uids[i] < UIDS_MAX);
			assert_int_equal(out->of[segment.uids[i]], UNKNOWN); /* listed once */
			out->of[segment.uids[i]] = found;
		}
	}
}

static void compare_one(struct span message, struct span needle, bool in_head, uint8_t said)
{
	bool has = message_has(message, needle, in_head);
	bool one_word = span_find(needle, ' ') == SPAN_NPOS;

	if (said == (has ? WORDS_NO : WORDS_YES) || (one_word && said == WORDS_MAYBE))
		fail_msg("<" SPAN_FMT "> in_head %d: said %d of\n" SPAN_FMT, SPAN_ARG(needle),
			in_head, said, SPAN_ARG(message));
}

/* Something of a message, or of no one, or across words. */
static struct span random_needle(struct span message)
{
	struct span text = search_fold(&arena, random_below(2) ? sentence(3) : message);
	size_t at = random_below(text.len);
	size_t len = 1 + random_below(random_below(2) ? 3 : 15);

	while (at > 0 && ((unsigned char)text.ptr[at] & 0xc0) == 0x80)
		at--;
	struct span cut = span_sub(text, at, len);
	while (cut.ptr + cut.len < text.ptr + text.len &&
		((unsigned char)cut.ptr[cut.len] & 0xc0) == 0x80)
		cut.len++;
	return cut;
}

/* All messages of the folder, for some needles. indexed: how many the index must know. */
static void check_folder(int64_t folder, size_t indexed, int needles)
{
	size_t n, len, done;
	uint32_t *uids = uids_of(folder, &n);
	struct message_bytes *all = arena_array(&arena, n + 1, sizeof *all);
	struct ctx ctx = as_user();
	struct answers *answers = arena_alloc(&arena, sizeof *answers);

	if (n)
		assert_int_equal(message_read(fix.store, &ctx, 1, folder, uids, n, false,
					 SIZE_MAX / 4, all, &len, &done),
			RC_OK);
	for (int k = 0; k < needles; k++) {
		struct span needle = random_needle(n ? all[random_below(n)].bytes : SPAN("none"));
		bool in_head = random_below(2);
		size_t known = 0;
		ask(folder, needle, in_head, answers);
		for (size_t i = 0; i < n; i++) {
			if (answers->of[uids[i]] == UNKNOWN)
				continue;
			known++;
			compare_one(all[i].bytes, needle, in_head, answers->of[uids[i]]);
		}
		assert_int_equal(known, indexed);
	}
}

/* ------------------------------------------------------------------ making it */

static size_t work(struct store *s, int64_t folder)
{
	size_t total = 0, done;

	for (int i = 0; i < 3; i++) { /* a folder that is damaged needs a second turn */
		struct ctx ctx = as_user();
		search_index_want(s, 1, folder);
		assert_int_equal(search_index_work(s, &ctx, 60000, &done), RC_OK);
		total += done;
	}
	return total;
}

static int64_t count_segments(void)
{
	return scratch_sql("SELECT count(*) FROM search_segment");
}

static void forget_all(void **state)
{
	scratch_sql("DELETE FROM search_folder");
	assert_int_equal(count_segments(), 0);
}

/* A store of its own sweeps when it begins. */
static size_t sweep(void)
{
	struct store *s = store_new(&(struct store_options){ .blobs = fix.blobs });
	struct ctx ctx = as_user();
	size_t done;

	assert_int_equal(search_index_work(s, &ctx, 60000, &done), RC_OK);
	store_free(s);
	return done;
}

/* ------------------------------------------------------------------ tests */

static void a_sweep_finds_what_is_new(void **state)
{
	int64_t inbox = folder_id("INBOX");

	fill(inbox, SEARCH_TAIL - 1);
	assert_int_equal(sweep(), 0); /* not worth it yet */
	fill(inbox, 1);
	assert_int_equal(sweep(), SEARCH_TAIL);
	check_folder(inbox, SEARCH_TAIL, 60);
	fill(inbox, 10);
	assert_int_equal(sweep(), 0);
	check_folder(inbox, SEARCH_TAIL, 5);          /* the tail is unknown, not "no" */
	assert_int_equal(work(fix.store, inbox), 10); /* wanted by a search */
	check_folder(inbox, SEARCH_TAIL + 10, 30);
}

static void segments_are_merged(void **state)
{
	int64_t inbox = folder_id("INBOX");
	size_t n;

	for (int i = 0; i < 10; i++) {
		fill(inbox, 20);
		assert_int_equal(work(fix.store, inbox), 20);
	}
	(void)uids_of(inbox, &n);
	check_folder(inbox, n, 40);
	assert_true(count_segments() < 6);
	assert_int_equal(scratch_sql("SELECT messages FROM search_folder WHERE folder_id = 1"), n);
}

static void copies_and_moves_are_indexed_where_they_are(void **state)
{
	struct ctx ctx = as_user();
	int64_t inbox = folder_id("INBOX"), archive = folder_id("Archive");
	struct uid_pairs pairs;
	size_t n, before;
	uint32_t *uids = uids_of(inbox, &before);

	assert_int_equal(
		message_copy(fix.store, &ctx, 1, inbox, uids, 100, archive, &pairs), RC_OK);
	assert_int_equal(
		message_move(fix.store, &ctx, 1, inbox, uids + 50, 30, archive, &pairs), RC_OK);
	check_folder(archive, 0, 3);
	assert_int_equal(sweep(), 130);
	check_folder(archive, 130, 30);
	(void)uids_of(inbox, &n);
	assert_int_equal(n, before - 30);
	check_folder(inbox, n, 20); /* what is gone is still listed, and does no harm */
}

static void what_is_gone_leaves_the_index(void **state)
{
	struct ctx ctx = as_user();
	int64_t archive = folder_id("Archive"), drafts = folder_id("Drafts");
	size_t n;
	uint32_t *uids = uids_of(archive, &n);

	assert_int_equal(
		message_expunge(fix.store, &ctx, 1, archive, uids, n - 20, false, NULL, NULL),
		RC_OK);
	(void)sweep();
	check_folder(archive, 20, 30);
	char count[200];
	(void)snprintf(count, sizeof count,
		"SELECT sum(messages) FROM search_segment WHERE folder_id = %lld",
		(long long)archive);
	assert_int_equal(scratch_sql(count), 20);

	assert_int_equal(
		message_expunge(fix.store, &ctx, 1, archive, NULL, 0, false, NULL, NULL), RC_OK);
	(void)sweep();
	(void)snprintf(count, sizeof count,
		"SELECT count(*) FROM search_segment WHERE folder_id = %lld", (long long)archive);
	assert_int_equal(scratch_sql(count), 0);

	fill(drafts, SEARCH_TAIL);
	assert_int_equal(sweep(), SEARCH_TAIL);
	assert_int_equal(folder_delete(fix.store, &ctx, 1, SPAN("Drafts"), NULL), RC_OK);
	(void)sweep();
	(void)snprintf(count, sizeof count,
		"SELECT count(*) FROM search_folder WHERE folder_id = %lld", (long long)drafts);
	assert_int_equal(scratch_sql(count), 0);
}

static void another_version_is_not_believed(void **state)
{
	int64_t inbox = folder_id("INBOX");
	size_t n;

	(void)uids_of(inbox, &n);
	(void)work(fix.store, inbox);
	scratch_sql("UPDATE search_segment SET version = 0; UPDATE search_folder SET version = 0");
	check_folder(inbox, 0, 3);
	assert_int_equal(work(fix.store, inbox), n);
	check_folder(inbox, n, 10);
}

static void damage_is_noticed_and_mended(void **state)
{
	struct ctx ctx = as_user();
	int64_t inbox = folder_id("INBOX");
	struct search_segment segment;
	size_t n;

	scratch_sql("UPDATE search_segment SET body = '\\x00'");
	assert_int_equal(search_segment_next(fix.store, &ctx, 1, inbox, 0, true, true, &segment),
		RC_INVALID);
	assert_true(segment.last_uid > 0 && segment.n == 0);
	fill(inbox, 200); /* takes the damaged one in, and begins again */
	(void)work(fix.store, inbox);
	(void)uids_of(inbox, &n);
	check_folder(inbox, n, 10);
}

static void large_texts_are_looked_at(void **state)
{
	int64_t sent = folder_id("Sent");
	struct str text = str_in(&arena, SEARCH_MESSAGE_TEXT + 4096);
	struct answers *answers = arena_alloc(&arena, sizeof *answers);

	str_add_cstr(&text, "Subject: large\r\n\r\n");
	while (text.len <= SEARCH_MESSAGE_TEXT + 100)
		str_add_cstr(&text, "the same line again and again\r\n");
	append_message(sent, str_span(&text));
	append_message(sent, random_message());
	assert_int_equal(work(fix.store, sent), 2);
	ask(sent, SPAN("nowhere"), true, answers);
	assert_int_equal(answers->of[1], WORDS_MAYBE);
	assert_int_equal(answers->of[2], WORDS_NO);
}

/* Segments that are full for their words, not for their messages. */
static void full_segments(void **state)
{
	int64_t trash = folder_id("Trash");
	struct answers *answers = arena_alloc(&arena, sizeof *answers);

	for (int i = 0; i < 5; i++) {
		struct str text = str_in(&arena, SEARCH_MESSAGE_TEXT);
		str_addf(&text, "Subject: full\r\n\r\nthe%dth\r\n", i + 1);
		while (text.len <= SEARCH_MESSAGE_TEXT - 4096) {
			for (int k = 0; k < 8; k++)
				random_add_token(&text, 64);
			str_add_cstr(&text, "\r\n");
		}
		append_message(trash, str_span(&text));
		if (i == 0 || i == 3)
			assert_true(work(fix.store, trash) > 0);
	}
	(void)work(fix.store, trash);
	ask(trash, SPAN("the4th"), true, answers);
	assert_true(answers->segments > 1);
	for (uint32_t uid = 1; uid <= 5; uid++)
		assert_int_equal(answers->of[uid], uid == 4 ? WORDS_YES : WORDS_NO);
}

static void a_lease_is_respected_until_it_ends(void **state)
{
	int64_t inbox = folder_id("INBOX");
	size_t n;

	forget_all(NULL);
	scratch_sql("INSERT INTO search_folder (mailbox_id, folder_id, version, owner, lease_until)"
		    " VALUES (1, 1, 1, gen_random_uuid(), now() + interval '1 hour')");
	assert_int_equal(work(fix.store, inbox), 0);
	scratch_sql("UPDATE search_folder SET lease_until = now() - interval '1 second'");
	(void)uids_of(inbox, &n);
	assert_int_equal(work(fix.store, inbox), n);
	check_folder(inbox, n, 5);
}

static void *work_beside(void *arg)
{
	struct arena a;
	struct db *db = scratch_open("user");
	struct store *s = store_new(&(struct store_options){ .blobs = fix.blobs });
	size_t done;

	arena_init(&a, 65536);
	for (int i = 0; i < 10; i++) {
		struct ctx ctx = scratch_ctx(&a, db);
		search_index_want(s, 1, 1);
		if (search_index_work(s, &ctx, 60000, &done) != RC_OK)
			*(bool *)arg = false;
		arena_reset(&a);
	}
	store_free(s);
	db_close(db);
	arena_done(&a);
	return NULL;
}

static void several_nodes_index_each_message_once(void **state)
{
	int64_t inbox = folder_id("INBOX");
	bool ok[3] = { true, true, true };
	pthread_t threads[3];
	size_t n;

	forget_all(NULL);
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work_beside, &ok[i]), 0);
	for (int i = 0; i < 3; i++) {
		pthread_join(threads[i], NULL);
		assert_true(ok[i]);
	}
	(void)uids_of(inbox, &n);
	check_folder(inbox, n, 10);
	assert_int_equal(scratch_sql("SELECT messages FROM search_folder WHERE folder_id = 1"), n);
}

static void work_until_killed(void)
{
	struct arena a;
	struct db *db = scratch_open("user");
	struct store *s = store_new(&(struct store_options){ .blobs = fix.blobs });
	size_t done;

	arena_init(&a, 65536);
	for (;;) {
		struct ctx ctx = scratch_ctx(&a, db);
		search_index_want(s, 1, 1);
		(void)!search_index_work(s, &ctx, 60000, &done);
		arena_reset(&a);
	}
}

/* kill -9 anywhere: what is indexed is right, the rest is unknown, and the next one goes on. */
static void killed_at_any_moment(void **state)
{
	int64_t inbox = folder_id("INBOX");
	struct answers *answers = arena_alloc(&arena, sizeof *answers);
	size_t n;

	for (int round = 0; round < 6; round++) {
		if (round % 2 == 0)
			forget_all(NULL);
		fill(inbox, 10);
		pid_t pid = fork();
		if (pid == 0)
			work_until_killed();
		struct timespec wait = { .tv_nsec = (long)random_below(300) * 1000000 };
		(void)nanosleep(&wait, NULL);
		(void)kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		ask(inbox, SPAN("report"), true, answers); /* each at most once */
		scratch_sql("UPDATE search_folder SET lease_until = now() - interval '1 second'");
		(void)work(fix.store, inbox);
		(void)uids_of(inbox, &n);
		check_folder(inbox, n, 5);
	}
}

static int group_begin(void **state)
{
	arena_init(&arena, 1 << 20);
	if (!fixture_begin(&fix, NULL))
		return -1;
	user = scratch_open("user");
	return 0;
}

static int group_end(void **state)
{
	db_close(user);
	fixture_end(&fix);
	arena_done(&arena);
	return 0;
}

static int after_each(void **state)
{
	arena_reset(&arena);
	return 0;
}

#define TEST(name) cmocka_unit_test_teardown(name, after_each)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_sweep_finds_what_is_new),
		TEST(segments_are_merged),
		TEST(copies_and_moves_are_indexed_where_they_are),
		TEST(what_is_gone_leaves_the_index),
		TEST(another_version_is_not_believed),
		TEST(damage_is_noticed_and_mended),
		TEST(large_texts_are_looked_at),
		TEST(full_segments),
		TEST(a_lease_is_respected_until_it_ends),
		TEST(several_nodes_index_each_message_once),
		TEST(killed_at_any_moment),
	};
	return cmocka_run_group_tests(tests, group_begin, group_end);
}
