/*
 * What a large folder costs: one of MESSAGES messages is loaded, refreshed, flagged, listed, copied.
 *
 *   tests/harness/pg.py run --fsync -- build/tests/bench/store_bench [MESSAGES]
 */
#include "tests/unit/store/store_fixture.h"

static struct fixture fix;
static struct arena arena;
static struct db *db;

static struct ctx step(void)
{
	arena_reset(&arena);
	return scratch_ctx(&arena, db);
}

static void fill(long n)
{
	struct str sql = str_in(&arena, 2000);
	str_addf(&sql,
		"INSERT INTO message (mailbox_id, folder_id, uid, modseq, internal_at, size_bytes, blob_id)"
		" SELECT 1, 1, i, 1, now(), 4096, ('00000000-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid"
		" FROM generate_series(1, %ld) AS i;"
		"INSERT INTO message_meta (mailbox_id, blob_id, envelope, bodystructure, headers, subject,"
		" from_text, to_text, preview, has_attachment, message_id, thread_id)"
		" SELECT 1, blob_id, decode(repeat('20', 300), 'hex'), decode(repeat('20', 200), 'hex'),"
		" decode(repeat('20', 500), 'hex'), 'subject', 'from', 'to', 'preview', false, uid::text, blob_id"
		" FROM message;"
		"UPDATE folder SET uidnext = %ld, messages = %ld, unseen = %ld, highestmodseq = 2, log_floor = 2"
		" WHERE mailbox_id = 1 AND folder_id = 1;"
		"VACUUM ANALYZE message, message_meta",
		n, n + 1, n, n);
	struct span rest = str_span(&sql);
	struct span one;
	while (span_split(&rest, ';', &one))
		scratch_sql(arena_cstr(&arena, one));
}

static void report(const char *what, int64_t start_us)
{
	printf("%-34s %8.2f ms\n", what, (double)(clock_mono_us() - start_us) / 1000);
}

static void snapshots(struct store *s, const char *what)
{
	struct ctx ctx = step();
	const struct snapshot *snap = NULL;
	int64_t start = clock_mono_us();
	enum rc rc = snapshot_get(s, &ctx, 1, 1, true, &snap);
	ASSERT(rc == RC_OK);
	report(what, start);
	snapshot_unref(snap);
}

static void flag(long n, enum flag_op op, const char *what)
{
	struct ctx ctx = step();
	struct flag_result result;
	uint32_t *uids = arena_array(&arena, (size_t)n, sizeof *uids);
	for (long i = 0; i < n; i++)
		uids[i] = (uint32_t)i + 1;
	struct flag_change change = { .uids = uids,
		.n_uids = (size_t)n,
		.op = op,
		.flags = FLAG_SEEN,
		.unchanged_since = -1 };
	int64_t start = clock_mono_us();
	enum rc rc = message_set_flags(fix.store, &ctx, 1, 1, &change, &result);
	ASSERT(rc == RC_OK);
	report(what, start);
}

static void rows(void)
{
	struct ctx ctx = step();
	uint32_t uids[500];
	struct message_row *out = arena_array(&arena, 500, sizeof *out);
	size_t n = 0;
	for (uint32_t i = 0; i < 500; i++)
		uids[i] = i * 17 + 1;
	int64_t start = clock_mono_us();
	enum rc rc = message_rows(
		fix.store, &ctx, 1, 1, uids, 500, META_ENVELOPE | META_BODYSTRUCTURE, out, &n);
	ASSERT(rc == RC_OK);
	report("ENVELOPE BODYSTRUCTURE of 500", start);
}

static void copy(void)
{
	struct ctx ctx = step();
	uint32_t uids[5000];
	struct uid_pairs pairs;
	for (uint32_t i = 0; i < 5000; i++)
		uids[i] = i + 1;
	int64_t start = clock_mono_us();
	enum rc rc = message_copy(fix.store, &ctx, 1, 1, uids, 5000, 3, &pairs);
	ASSERT(rc == RC_OK);
	report("COPY 5000", start);
	start = clock_mono_us();
	rc = message_expunge(fix.store, &ctx, 1, 3, NULL, 0, false, NULL, NULL);
	ASSERT(rc == RC_OK);
	report("EXPUNGE 5000", start);
}

int main(int argc, char **argv)
{
	long n = argc > 1 ? strtol(argv[1], NULL, 10) : 100000;
	arena_init(&arena, 1 << 20);
	if (!fixture_begin(&fix, NULL))
		return 2;
	fill(n);
	db = scratch_open("user");
	snapshots(fix.store, "load (connects and prepares)");
	struct store *cold = store_new(&(struct store_options){ .blobs = fix.blobs });
	snapshots(cold, "load");
	store_free(cold);
	snapshots(fix.store, "look, unchanged");
	flag(1, FLAGS_ADD, "STORE 1 (prepares)");
	snapshots(fix.store, "refresh after it");
	flag(1, FLAGS_REMOVE, "STORE 1");
	snapshots(fix.store, "refresh after it");
	flag(5000, FLAGS_ADD, "STORE 1:5000");
	snapshots(fix.store, "refresh after it");
	flag(5000, FLAGS_ADD, "STORE 1:5000, nothing changes");
	rows();
	rows();
	copy();
	db_close(db);
	fixture_end(&fix);
	arena_done(&arena);
	return 0;
}
