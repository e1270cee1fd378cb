/* mailcore/directory: who gets mail, who may log in. Runs as the roles that ask. */
#include <sys/stat.h>
#include <unistd.h>

#include "mailcore/db/epoch.h"
#include "mailcore/directory/directory.h"
#include "mailcore/directory/limiter.h"
#include "mailcore/directory/recipient_cache.h"
#include "mailcore/keys/keys.h"
#include "tests/unit/scratch.h"

static struct arena arena;
static struct db *db;

/* The recipients as text, "a@x b@y!" (! for remote), or the name of the rc. */
static const char *resolve(const char *local, const char *domain)
{
	struct ctx ctx = scratch_ctx(&arena, db);
	struct recipients list = { 0 };
	struct err err = { 0 };
	enum rc rc = recipient_resolve(&ctx, span_of(local), span_of(domain), &list, &err);
	if (rc != RC_OK) {
		assert_true(rc == RC_TEMP || err.text[0]);
		return rc_name(rc);
	}
	struct str out = str_in(&arena, 4096);
	for (size_t i = 0; i < list.len; i++) {
		const struct recipient *r = &list.items[i];
		bool remote = r->kind == RECIPIENT_REMOTE;
		str_addf(&out, "%s" SPAN_FMT "%s", i ? " " : "",
			SPAN_ARG(remote ? r->address : r->mailbox.address), remote ? "!" : "");
		if (r->detail.len)
			str_addf(&out, "[" SPAN_FMT "]", SPAN_ARG(r->detail));
	}
	return str_cstr(&out);
}

static void test_resolve(void **state)
{
	static const struct {
		const char *local, *domain, *result;
	} CASES[] = {
		{ "alice", "a.test", "Alice@a.test" },
		{ "ALICE", "A.Test", "Alice@a.test" },
		{ "alice+news", "a.test", "Alice@a.test[news]" },
		{ "alice+News+x", "a.test", "Alice@a.test[News+x]" },
		{ "ex+act", "a.test", "ex+act@a.test" },
		{ "+x", "a.test", "not_found" },
		{ "nobody", "a.test", "not_found" },
		{ "alice", "other.test", "denied" },
		{ "info", "a.test", "Alice@a.test bob@a.test far@remote.test!" },
		{ "copy", "a.test", "copy@a.test far@remote.test!" },
		{ "nested", "a.test", "Alice@a.test bob@a.test far@remote.test!" },
		{ "loop1", "a.test", "not_found" },
		{ "info+tag", "a.test", "Alice@a.test bob@a.test far@remote.test!" },
		{ "anything", "catch.test", "bob@a.test" },
		{ "real", "catch.test", "real@catch.test" },
		{ "real+x", "catch.test", "real@catch.test[x]" },
		{ "postmaster", "a.test", "Alice@a.test" },
		{ "Abuse", "a.test", "Alice@a.test" },
		{ "hostmaster", "a.test", "not_found" },
		{ "abuse", "admin.test", "postmaster@admin.test" },
		{ "postmaster", "empty.test", "Alice@a.test" },
		{ "postmaster", "alone.test", "postmaster@admin.test" },
		{ "postmaster", "", "postmaster@admin.test" },
		{ "someone", "", "denied" },
		{ "postmaster", "other.test", "denied" },
		{ "alice", "also.test", "Alice@a.test" },
		{ "alice+x", "also.test", "Alice@a.test[x]" },
		{ "info", "ALSO.test", "Alice@a.test bob@a.test far@remote.test!" },
		{ "nobody", "also.test", "not_found" },
		{ "viaalso", "a.test", "bob@a.test" },
		{ "alice", "held.test", "conflict" },
		{ "alice", "over.test", "alice@over.test" },
		{ "alice", "under.test", "conflict" },
		{ "alice", "xn--bcher-kva.test", "alice@xn--bcher-kva.test" },
		{ "alice",
			"b\xc3\xbc"
			"cher.test",
			"alice@xn--bcher-kva.test" },
		{ "jos\xc3\xa9", "a.test", "jos\xc3\xa9@a.test" },
		{ "jose\xcc\x81", "a.test", "jos\xc3\xa9@a.test" },
		{ "postmaster", "catch.test", "bob@a.test" },
		{ "full", "a.test", "limit" },
		{ "off", "a.test", "conflict" },
		{ "mixed", "a.test", "Alice@a.test" },
		{ "alice", "stopped.test", "conflict" },
		{ "gone", "a.test", "not_found" },
		{ "x", "gone.test", "denied" },
		{ "over", "a.test", "over@a.test" },
		{ "deep0", "a.test", "not_found" },
		{ "deep1", "a.test", "bob@a.test" },
		{ "", "a.test", "not_found" },
		{ "\xff", "a.test", "not_found" },
	};
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		const char *got = resolve(CASES[i].local, CASES[i].domain);
		if (strcmp(got, CASES[i].result) != 0)
			fail_msg("%s@%s: %s, not %s", CASES[i].local, CASES[i].domain, got,
				CASES[i].result);
	}
}

static enum rc resolve_size(const char *local, uint64_t size, struct err *err)
{
	struct ctx ctx = scratch_ctx(&arena, db);
	struct recipients list;
	return recipient_resolve_sized(&ctx, span_of(local), SPAN("a.test"), size, &list, err);
}

/* "full" may hold 100 bytes and does, "tight" 100 and holds 60. */
static void test_quota(void **state)
{
	static const struct {
		const char *local;
		uint64_t size;
		enum rc rc;
		const char *status;
	} CASES[] = {
		{ "full", 0, RC_LIMIT, "4.2.2" },
		{ "full", 101, RC_LIMIT, "5.2.2" },
		{ "full", UINT64_MAX, RC_LIMIT, "5.2.2" },
		{ "tight", 0, RC_OK, "" },
		{ "tight", 40, RC_OK, "" },
		{ "tight", 41, RC_LIMIT, "4.2.2" },
		{ "tight", 101, RC_LIMIT, "5.2.2" },
		{ "bob", UINT64_MAX, RC_OK, "" },
	};
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		struct err err = { 0 };
		assert_int_equal(resolve_size(CASES[i].local, CASES[i].size, &err), CASES[i].rc);
		assert_string_equal(err.field, CASES[i].status);
	}
}

/* Suspension by domain and by account reaches the mailbox, switch by switch. */
static void test_switches(void **state)
{
	struct ctx ctx = scratch_ctx(&arena, db);
	struct mailbox_ref ref;
	assert_int_equal(mailbox_find(&ctx, SPAN("alice@xn--bcher-kva.test"), &ref), RC_OK);
	assert_true(ref.hold_out && ref.no_send && !ref.no_receive && !ref.no_login);
	assert_int_equal(mailbox_find(&ctx, SPAN("alice@under.test"), &ref), RC_OK);
	assert_true(ref.no_receive && !ref.no_send && !ref.hold_out && !ref.no_login);
	assert_int_equal(mailbox_find(&ctx, SPAN("alice@over.test"), &ref), RC_OK);
	assert_false(ref.no_receive);
	assert_int_equal(mailbox_find(&ctx, SPAN("bob@also.test"), &ref), RC_OK);
	assert_int_equal(ref.mailbox_id, 2);
	assert_int_equal(mailbox_may_send_as(&ctx, &ref, SPAN("bob@also.test")), RC_OK);
}

static void test_find(void **state)
{
	struct ctx ctx = scratch_ctx(&arena, db);
	struct mailbox_ref ref;
	assert_int_equal(domain_is_local(&ctx, SPAN("A.test")), RC_OK);
	assert_int_equal(domain_is_local(&ctx, SPAN("x.test")), RC_NOT_FOUND);
	assert_int_equal(mailbox_find(&ctx, SPAN("ALICE@A.test"), &ref), RC_OK);
	assert_int_equal(ref.mailbox_id, 1);
	assert_int_equal(ref.account_id, 2);
	assert_true(span_eq(ref.address, SPAN("Alice@a.test")));
	assert_int_equal(mailbox_find(&ctx, SPAN("info@a.test"), &ref), RC_NOT_FOUND);
	assert_int_equal(mailbox_find(&ctx, SPAN("alice"), &ref), RC_NOT_FOUND);
	assert_int_equal(mailbox_find_id(&ctx, 2, &ref), RC_OK);
	assert_true(span_eq(ref.address, SPAN("bob@a.test")));
	assert_int_equal(mailbox_find_id(&ctx, 99, &ref), RC_NOT_FOUND);
	assert_int_equal(mailbox_find_id(&ctx, 8, &ref), RC_NOT_FOUND);
}

static void test_may_send(void **state)
{
	static const struct {
		const char *address;
		enum rc rc;
	} CASES[] = {
		{ "alice@a.test", RC_OK },
		{ "ALICE+x@A.test", RC_OK },
		{ "info@a.test", RC_OK },
		{ "nested@a.test", RC_OK },
		{ "bob@a.test", RC_DENIED },
		{ "anything@catch.test", RC_DENIED },
		{ "alice@remote.test", RC_DENIED },
		{ "alice", RC_DENIED },
		{ "", RC_DENIED },
	};
	struct ctx ctx = scratch_ctx(&arena, db);
	struct mailbox_ref alice;
	assert_int_equal(mailbox_find_id(&ctx, 1, &alice), RC_OK);
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
		if (mailbox_may_send_as(&ctx, &alice, span_of(CASES[i].address)) != CASES[i].rc)
			fail_msg("%s", CASES[i].address);
}

/* What is switched off counts wherever it stands, until its end. */
static void test_own_switches(void **state)
{
	struct ctx ctx = scratch_ctx(&arena, db);
	struct mailbox_ref ref;
	assert_int_equal(mailbox_find(&ctx, SPAN("over@a.test"), &ref), RC_OK);
	assert_false(ref.no_receive || ref.no_login || ref.no_send || ref.hold_out);
	assert_int_equal(ref.reason.len, 0);
	assert_int_equal(mailbox_find(&ctx, SPAN("m@spam.test"), &ref), RC_OK);
	assert_true(ref.hold_out && ref.no_send && !ref.no_receive && !ref.no_login);
	assert_true(span_eq(ref.reason, SPAN("Spam was sent.")));
	assert_int_equal(ref.no_services, SERVICE_POP3);
	assert_int_equal(mailbox_find(&ctx, SPAN("alice@stopped.test"), &ref), RC_OK);
	assert_true(ref.no_login && ref.no_receive && !ref.no_send);
}

static void test_may_post(void **state)
{
	static const struct {
		const char *local, *sender;
		enum rc rc;
	} CASES[] = {
		{ "info", "who@remote.test", RC_OK },
		{ "team", "who@remote.test", RC_DENIED },
		{ "team", "", RC_DENIED },
		{ "team", "Bob@A.test", RC_OK },
		{ "TEAM+x", "alice@a.test", RC_DENIED },
		{ "house", "alice@a.test", RC_OK },
		{ "house", "who@b.a.test", RC_DENIED },
		{ "alice", "who@remote.test", RC_OK },
		{ "nobody", "who@remote.test", RC_OK },
	};
	struct ctx ctx = scratch_ctx(&arena, db);
	struct err err;
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
		if (recipient_may_post(&ctx, span_of(CASES[i].local), SPAN("A.test"),
			    span_of(CASES[i].sender), &err) != CASES[i].rc)
			fail_msg("%s to %s", CASES[i].sender, CASES[i].local);
}

/* The mailbox's own limit, else the nearest plan's. */
static void test_send_limit(void **state)
{
	assert_int_equal(
		scratch_sql("SELECT coalesce(per_hour, -1) FROM directory_send_limit(1)"), -1);
	assert_int_equal(scratch_sql("SELECT per_hour FROM directory_send_limit(7)"), 20);
	assert_int_equal(scratch_sql("SELECT per_day FROM directory_send_limit(7)"), 200);
	assert_int_equal(scratch_sql("SELECT per_hour FROM directory_send_limit(23)"), 5);
	assert_int_equal(scratch_sql("SELECT count(*) FROM directory_send_limit(99)"), 0);
	assert_int_equal(scratch_sql("SELECT length(send_allow(2, 25, 23, 5))"), 0);
	assert_int_equal(scratch_sql("SELECT (send_allow(2, 25, 23, 1) = 'mailbox_hour')::int"), 1);
}

static void test_limiter(void **state)
{
	struct limiter *l = limiter_new("10.0.0.0/8,2001:db8::/32");
	struct span who = SPAN("a@a.test");
	for (int i = 0; i < 10; i++) {
		assert_true(limiter_allows(l, who, "192.0.2.1", 1000));
		limiter_failed(l, who, "192.0.2.1", 1000);
	}
	assert_false(limiter_allows(l, who, "192.0.2.77", 1000)); /* the same network */
	assert_true(limiter_allows(l, who, "192.0.3.1", 1000));
	assert_true(limiter_allows(l, SPAN("b@a.test"), "192.0.2.1", 1000));
	assert_true(limiter_allows(l, who, "192.0.2.1", 1000 + 30000));
	for (int i = 0; i < 60; i++)
		limiter_failed(l, arena_printf(&arena, "u%d@a.test", i), "192.0.2.1", 2000);
	assert_false(limiter_allows(l, SPAN("c@a.test"), "192.0.2.1", 2000));
	for (int i = 0; i < 100; i++)
		limiter_failed(l, SPAN("d@a.test"), arena_strdup(&arena, "198.51.100.1"), 3000);
	assert_false(limiter_allows(l, SPAN("d@a.test"), "203.0.113.9", 3000));
	for (int i = 0; i < 500; i++)
		limiter_failed(l, who, "10.1.2.3", 3000);
	assert_true(limiter_allows(l, who, "10.1.2.3", 3000));
	limiter_free(l);
}

static void test_login(void **state)
{
	char dir[] = "/tmp/mailstead-directory-XXXXXX";
	char key_file[64];
	char conninfo[512];
	struct keys *keys = NULL;
	struct err err = { 0 };
	assert_non_null(mkdtemp(dir));
	(void)snprintf(key_file, sizeof key_file, "%s/key", dir);
	struct keys_options options = { scratch_conninfo("keys", conninfo, sizeof conninfo),
		key_file, 1 };
	assert_int_equal(keys_open(&options, &keys, &err), RC_OK);
	struct directory *d = directory_new(keys, "127.0.0.0/8");
	struct db *owner = scratch_open(NULL);
	struct ctx ctx = scratch_ctx(&arena, owner);
	struct str hash = str_in(&arena, 200);
	assert_int_equal(keys_hash_password(keys, SPAN("pw"), &hash), RC_OK);
	for (int64_t id = 1; id <= 9; id++)
		if (id != 8)
			assert_int_equal(keys_store_password(keys, &ctx, KEYS_MAILBOX, id,
						 str_span(&hash), SPAN("pw")),
				RC_OK);
	db_close(owner);

	static const struct {
		const char *address, *password, *peer;
		enum rc rc;
	} CASES[] = {
		{ "alice@a.test", "pw", "192.0.2.1", RC_OK },
		{ "Alice@A.TEST", "pw", "192.0.2.1", RC_OK },
		{ "alice@a.test", "wrong", "192.0.2.1", RC_DENIED },
		{ "info@a.test", "pw", "192.0.2.1", RC_DENIED },
		{ "alice", "pw", "192.0.2.1", RC_DENIED },
		{ "\xff@a.test", "pw", "192.0.2.1", RC_DENIED },
		{ "nologin@a.test", "pw", "192.0.2.1", RC_CONFLICT },
		{ "nologin@a.test", "wrong", "192.0.2.1", RC_DENIED },
		{ "alice@stopped.test", "pw", "192.0.2.1", RC_CONFLICT },
	};
	ctx = scratch_ctx(&arena, db);
	struct mailbox_ref ref;
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
		if (mailbox_login(d, &ctx, span_of(CASES[i].address), span_of(CASES[i].password),
			    "imap", CASES[i].peer, &ref) != CASES[i].rc)
			fail_msg("%zu: %s", i, CASES[i].address);
	for (int i = 0; i < 10; i++)
		assert_int_not_equal(mailbox_login(d, &ctx, SPAN("bob@a.test"), SPAN("x"), "imap",
					     "203.0.113.1", &ref),
			RC_OK);
	assert_int_equal(
		mailbox_login(d, &ctx, SPAN("bob@a.test"), SPAN("pw"), "pop3", "203.0.113.1", &ref),
		RC_LIMIT);
	assert_int_equal(
		mailbox_login(d, &ctx, SPAN("bob@a.test"), SPAN("pw"), "pop3", "127.0.0.1", &ref),
		RC_OK);
	assert_int_equal(ref.mailbox_id, 2);
	directory_free(d);
	keys_close(keys);
	assert_int_equal(unlink(key_file), 0);
	assert_int_equal(rmdir(dir), 0);
}

static const char *resolve_kept(struct recipient_cache *c, const char *local)
{
	struct ctx ctx = scratch_ctx(&arena, db);
	struct recipients list = { 0 };
	struct err err = { 0 };
	enum rc rc =
		recipient_cache_resolve(c, &ctx, span_of(local), SPAN("kept.test"), 0, &list, &err);
	if (rc != RC_OK)
		return rc_name(rc);
	assert_int_equal(list.len, 1);
	struct str original = str_in(&arena, 100);
	str_addf(&original, "%s@kept.test", local);
	assert_true(span_eq(list.items[0].original, str_span(&original)));
	struct str out = str_in(&arena, 200);
	str_addf(&out, SPAN_FMT "[" SPAN_FMT "]", SPAN_ARG(list.items[0].mailbox.address),
		SPAN_ARG(list.items[0].detail));
	return str_cstr(&out);
}

/* A yes is kept until the epoch moves; a no never; nor a mailbox that will soon be full. */
static void test_cache(void **state)
{
	char dir[] = "/tmp/mailstead-epoch-XXXXXX";
	char path[64];
	struct epoch *epoch = NULL;
	struct epoch *other = NULL;
	struct err err = { 0 };
	assert_non_null(mkdtemp(dir));
	assert_int_equal(epoch_open(dir, &epoch, &err), RC_OK);
	assert_int_equal(epoch_open(dir, &other, &err), RC_OK);
	struct recipient_cache *c = recipient_cache_new(epoch);
	scratch_sql(
		"INSERT INTO domain (domain_id, account_id, name) VALUES (900, 2, 'kept.test')");
	assert_string_equal(resolve_kept(c, "new"), "not_found");
	scratch_sql("INSERT INTO mailbox (mailbox_id, domain_id, localpart, local_key, quota_bytes)"
		    " VALUES (9000, 900, 'new', 'new', 0), (9001, 900, 'tight', 'tight', 1000)");
	assert_string_equal(resolve_kept(c, "new"), "new@kept.test[]");
	assert_string_equal(resolve_kept(c, "new+X"), "new@kept.test[X]");
	assert_string_equal(resolve_kept(c, "tight"), "tight@kept.test[]");
	/* behind the cache's back, as another node would */
	scratch_sql("UPDATE mailbox SET no_receive = true WHERE domain_id = 900");
	assert_string_equal(resolve_kept(c, "new"), "new@kept.test[]");
	assert_string_equal(resolve_kept(c, "new+X"), "new@kept.test[X]");
	assert_string_equal(resolve_kept(c, "tight"), "conflict");
	assert_int_equal(epoch_now(epoch), 0);
	epoch_move(other); /* as a service of another role does */
	assert_int_equal(epoch_now(epoch), 1);
	assert_string_equal(resolve_kept(c, "new"), "conflict");
	assert_string_equal(resolve_kept(c, "new+X"), "conflict");
	recipient_cache_free(c);
	epoch_close(other);
	epoch_close(epoch);
	(void)snprintf(path, sizeof path, "%s/epoch", dir);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(epoch_open("/nonexistent", &epoch, &err), RC_TEMP);
	assert_int_equal(rmdir(dir), 0);
}

/* Database away: RC_TEMP, never "unknown" or "wrong password". */
static void test_database_away(void **state)
{
	struct db *away = db_open("host=/nonexistent dbname=x", "test");
	struct ctx ctx = scratch_ctx(&arena, away);
	struct recipients list;
	struct mailbox_ref ref;
	struct err err = { 0 };
	assert_int_equal(
		recipient_resolve(&ctx, SPAN("alice"), SPAN("a.test"), &list, &err), RC_TEMP);
	assert_int_equal(mailbox_find(&ctx, SPAN("alice@a.test"), &ref), RC_TEMP);
	struct directory *d = directory_new(NULL, NULL);
	assert_int_equal(
		mailbox_login(d, &ctx, SPAN("alice@a.test"), SPAN("pw"), "imap", "192.0.2.1", &ref),
		RC_TEMP);
	directory_free(d);
	db_close(away);
}

static int group_begin(void **state)
{
	arena_init(&arena, 65536);
	if (!scratch_migrate())
		return -1;
	scratch_sql(
		"INSERT INTO account (account_id, parent_id, role, login, suspended_at) VALUES"
		" (1, NULL, 'admin', 'admin', NULL), (2, 1, 'customer', 'c', NULL),"
		" (3, 1, 'reseller', 'r', now()), (4, 3, 'customer', 's', NULL),"
		" (5, 1, 'customer', 'u', NULL), (6, 1, 'customer', 'l', NULL);"
		"UPDATE account SET no_receive = true WHERE account_id = 5;"
		"INSERT INTO account_tree VALUES (1,1,0),(1,2,1),(1,3,1),(1,4,2),(2,2,0),(3,3,0),(3,4,1),"
		" (4,4,0), (1,5,1), (5,5,0), (1,6,1), (6,6,0);"
		"INSERT INTO domain (domain_id, account_id, name) VALUES (1, 2, 'a.test'),"
		" (2, 2, 'catch.test'), (3, 1, 'admin.test'), (4, 4, 'stopped.test'),"
		" (6, 2, 'held.test'), (7, 2, 'over.test'), (8, 5, 'under.test'), (9, 2, 'empty.test'),"
		" (10, 6, 'alone.test'), (11, 2, 'xn--bcher-kva.test');"
		"INSERT INTO domain (domain_id, account_id, name, alias_of) VALUES (5, 2, 'also.test', 1);"
		"UPDATE domain SET no_receive = true WHERE domain_id IN (6, 7);"
		"UPDATE domain SET suspend_until = now() - interval '1 second' WHERE domain_id = 7;"
		"UPDATE domain SET hold_out = true, no_send = true WHERE domain_id = 11;"
		"INSERT INTO mailbox (mailbox_id, domain_id, localpart, local_key, quota_bytes, no_login,"
		" no_receive, deleted_at) VALUES"
		" (1, 1, 'Alice', 'alice', 0, false, false, NULL),"
		" (2, 1, 'bob', 'bob', 0, false, false, NULL),"
		" (3, 2, 'real', 'real', 0, false, false, NULL),"
		" (4, 3, 'postmaster', 'postmaster', 0, false, false, NULL),"
		" (5, 1, 'full', 'full', 100, false, false, NULL),"
		" (6, 1, 'off', 'off', 0, false, true, NULL),"
		" (7, 4, 'alice', 'alice', 0, false, false, NULL),"
		" (8, 1, 'gone', 'gone', 0, false, false, now()),"
		" (9, 1, 'nologin', 'nologin', 0, true, false, NULL),"
		" (10, 1, 'copy', 'copy', 0, false, false, NULL),"
		" (11, 1, 'ex+act', 'ex+act', 0, false, false, NULL),"
		" (12, 6, 'alice', 'alice', 0, false, false, NULL),"
		" (13, 7, 'alice', 'alice', 0, false, false, NULL),"
		" (14, 8, 'alice', 'alice', 0, false, false, NULL),"
		" (15, 11, 'alice', 'alice', 0, false, false, NULL),"
		" (16, 1, 'jos\xc3\xa9', 'jos\xc3\xa9', 0, false, false, NULL),"
		" (17, 1, 'tight', 'tight', 100, false, false, NULL);"
		"INSERT INTO folder (mailbox_id, folder_id, name, uidvalidity, size_bytes) VALUES"
		" (5, 1, 'INBOX', 1, 60), (5, 2, 'Sent', 2, 40), (17, 1, 'INBOX', 1, 60);"
		"INSERT INTO domain (domain_id, account_id, name, no_send, hold_out, suspend_reason,"
		" suspend_until) VALUES (25, 2, 'spam.test', true, true, 'Spam was sent.', now() +"
		" interval '1 day');"
		"INSERT INTO domain (domain_id, account_id, name, deleted_at) VALUES"
		" (26, 2, 'gone.test', now());"
		"INSERT INTO mailbox (mailbox_id, domain_id, localpart, local_key, no_receive, no_login,"
		" suspend_reason, suspend_until, no_services, send_per_hour) VALUES"
		" (22, 1, 'over', 'over', true, true, 'Past.', now() - interval '1 minute', 0, 0),"
		" (23, 25, 'm', 'm', false, false, '', NULL, 2, 5), (24, 26, 'x', 'x', false, false, '',"
		" NULL, 0, 0);"
		"INSERT INTO plan (plan_id, account_id, name, send_per_hour, send_per_day) VALUES"
		" (1, 1, 'Wide', 100, 200), (2, 3, 'Narrow', 20, NULL);"
		"UPDATE account SET no_login = true, no_receive = true WHERE account_id = 3;"
		"UPDATE account SET plan_id = 1 WHERE account_id = 3;"
		"UPDATE account SET plan_id = 2 WHERE account_id = 4;"
		"INSERT INTO alias (domain_id, local_key, targets, posters) VALUES"
		" (1, 'team', '{bob@a.test}', 'members'), (1, 'house', '{bob@a.test}', 'domain');"
		"INSERT INTO alias (domain_id, local_key, targets) VALUES"
		" (1, 'info', '{alice@a.test,bob@a.test,far@remote.test}'),"
		" (1, 'copy', '{copy@a.test,far@remote.test}'),"
		" (1, 'nested', '{info@a.test,alice@a.test}'),"
		" (1, 'loop1', '{loop2@a.test}'), (1, 'loop2', '{loop1@a.test}'),"
		" (1, 'viaalso', '{bob@also.test}'),"
		" (1, 'mixed', '{full@a.test,alice@a.test}'),"
		" (2, '', '{bob@a.test}');"
		/* deep0 -> deep1 -> ... -> deep10 -> bob: eleven aliases are one too many */
		"INSERT INTO alias (domain_id, local_key, targets) SELECT 1, 'deep' || i,"
		" ARRAY[CASE WHEN i < 10 THEN 'deep' || (i + 1) ELSE 'bob' END || '@a.test']"
		" FROM generate_series(0, 10) AS i");
	db = scratch_open("mx");
	return 0;
}

static int group_end(void **state)
{
	db_close(db);
	arena_done(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resolve),
		cmocka_unit_test(test_quota),
		cmocka_unit_test(test_switches),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_may_send),
		cmocka_unit_test(test_own_switches),
		cmocka_unit_test(test_may_post),
		cmocka_unit_test(test_send_limit),
		cmocka_unit_test(test_limiter),
		cmocka_unit_test(test_login),
		cmocka_unit_test(test_cache),
		cmocka_unit_test(test_database_away),
	};
	return cmocka_run_group_tests(tests, group_begin, group_end);
}
