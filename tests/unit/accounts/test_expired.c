/* What is over: sessions and idempotency records are deleted by the send role, tokens refused. */
#include "tests/unit/cmocka_all.h"

#include "backend/accounts/deleted_service.h"
#include "backend/accounts/idempotency.h"
#include "backend/accounts/login_service.h"
#include "backend/accounts/token_service.h"
#include "mailcore/db/db.h"
#include "tests/unit/scratch.h"

static struct arena arena;

static void sessions(void **state)
{
	struct db *send = scratch_open("send");
	struct ctx ctx = scratch_ctx(&arena, send);
	int64_t deleted = -1;
	scratch_sql("INSERT INTO web_session (session_hash, account_id, csrf, seen_at, expires_at)"
		    " SELECT sha256(n::text::bytea), 1, sha256('x'), now() - seen, now() + expires"
		    " FROM (VALUES (1, interval '1 minute', interval '1 hour'),"
		    " (2, interval '1 minute', interval '-1 second'),"
		    " (3, interval '20 days', interval '1 hour')) AS s (n, seen, expires)");
	assert_int_equal(login_collect(&ctx, &deleted), RC_OK);
	assert_int_equal(deleted, 2);
	assert_int_equal(scratch_sql("SELECT count(*) FROM web_session WHERE expires_at > now()"
				     " AND seen_at > now() - interval '2 minutes'"),
		1);
	assert_int_equal(login_collect(&ctx, &deleted), RC_OK);
	assert_int_equal(deleted, 0);
	db_close(send);
}

static void idempotency(void **state)
{
	struct db *send = scratch_open("send");
	struct ctx ctx = scratch_ctx(&arena, send);
	int64_t deleted = -1;
	scratch_sql("INSERT INTO idempotency (account_id, key, request, status, body, at)"
		    " VALUES (1, 'young', 'x', 201, '{}', now() - interval '23 hours'),"
		    " (1, 'old', 'x', 201, '{}', now() - interval '25 hours'),"
		    " (2, 'old', 'x', 0, '', now() - interval '25 hours')");
	assert_int_equal(idempotency_collect(&ctx, &deleted), RC_OK);
	assert_int_equal(deleted, 2);
	assert_int_equal(scratch_sql("SELECT count(*) FROM idempotency WHERE key = 'young'"), 1);
	db_close(send);
}

/* Only what went 30 days ago goes for good: mailboxes, then their domain, then its account. */
static void deleted(void **state)
{
	struct db *send = scratch_open("send");
	struct ctx ctx = scratch_ctx(&arena, send);
	int64_t purged = -1;
	scratch_sql(
		"INSERT INTO account (account_id, parent_id, role, login, deleted_at) VALUES"
		" (50, 1, 'customer', 'old', now() - interval '31 days'),"
		" (51, 1, 'customer', 'young', now() - interval '29 days');"
		"INSERT INTO account_tree VALUES (1,50,1),(50,50,0),(1,51,1),(51,51,0);"
		"INSERT INTO domain (domain_id, account_id, name, deleted_at) VALUES"
		" (50, 50, 'old.test', now() - interval '31 days'),"
		" (51, 51, 'young.test', now() - interval '29 days'), (52, 1, 'alive.test', NULL);"
		"INSERT INTO mailbox (mailbox_id, domain_id, localpart, local_key, deleted_at)"
		" VALUES (50, 50, 'x', 'x', NULL), (51, 51, 'x', 'x', NULL),"
		" (52, 52, 'x', 'x', now() - interval '31 days'), (53, 52, 'y', 'y', NULL);"
		"INSERT INTO message (mailbox_id, folder_id, uid, modseq, internal_at, size_bytes,"
		" blob_id) VALUES (52, 1, 1, 1, now(), 1, '00000000-0000-7000-8000-000000000052')");
	assert_int_equal(deleted_purge(&ctx, &purged), RC_OK);
	assert_int_equal(purged, 2);
	assert_int_equal(
		scratch_sql("SELECT count(*) FROM mailbox WHERE mailbox_id IN (51, 53)"), 2);
	assert_int_equal(
		scratch_sql("SELECT count(*) FROM mailbox WHERE mailbox_id IN (50, 52)"), 0);
	assert_int_equal(scratch_sql("SELECT count(*) FROM domain WHERE name = 'old.test'"), 0);
	assert_int_equal(scratch_sql("SELECT count(*) FROM account WHERE login = 'old'"), 0);
	assert_int_equal(scratch_sql("SELECT count(*) FROM account WHERE login = 'young'"), 1);
	assert_int_equal(scratch_sql("SELECT count(*) FROM blob_gc WHERE mailbox_id = 52"), 1);
	assert_int_equal(scratch_sql("SELECT count(*) FROM message WHERE mailbox_id = 52"), 0);
	assert_int_equal(deleted_purge(&ctx, &purged), RC_OK);
	assert_int_equal(purged, 0);
	db_close(send);
}

static void tokens(void **state)
{
	struct db *web = scratch_open("web");
	struct ctx ctx = scratch_ctx(&arena, web);
	struct actor actor;
	scratch_sql("INSERT INTO api_token (account_id, label, hash, scopes, expires_at) VALUES"
		    " (1, 'good', sha256('ms_good'), '{*}', now() + interval '1 hour'),"
		    " (1, 'over', sha256('ms_over'), '{*}', now() - interval '1 second'),"
		    " (1, 'ever', sha256('ms_ever'), '{*}', NULL)");
	assert_int_equal(token_find(&ctx, SPAN("ms_good"), &actor), RC_OK);
	assert_int_equal(token_find(&ctx, SPAN("ms_ever"), &actor), RC_OK);
	assert_int_equal(token_find(&ctx, SPAN("ms_over"), &actor), RC_DENIED);
	assert_int_equal(scratch_sql("SELECT count(*) FROM api_token"), 3);
	db_close(web);
}

/* Half an hour is over at the next request: the session is its owner's, and old forms are void. */
static void support(void **state)
{
	static const char secret[] = "0123456789012345678901234567890123456789012";
	struct db *web = scratch_open("web");
	struct ctx ctx = scratch_ctx(&arena, web);
	struct actor actor;
	struct web_session before, after;
	scratch_sql("INSERT INTO account (account_id, parent_id, role, login) VALUES"
		    " (60, 1, 'customer', 'helped');"
		    "INSERT INTO account_tree VALUES (1,60,1),(60,60,0);"
		    "INSERT INTO web_session (session_hash, account_id, csrf, expires_at,"
		    " acting_for, acting_until) VALUES"
		    " (sha256('0123456789012345678901234567890123456789012'), 1, sha256('x'),"
		    " now() + interval '1 hour', 60, now() + interval '30 minutes')");
	assert_int_equal(login_find(&ctx, SESSION_PANEL, span_of(secret), &actor, &before), RC_OK);
	assert_int_equal(actor.account_id, 60);
	assert_int_equal(actor.role, ROLE_CUSTOMER);
	assert_true(span_eq(actor.supporter, SPAN("admin")));

	scratch_sql("UPDATE web_session SET acting_until = now() - interval '1 second'"
		    " WHERE acting_for = 60");
	assert_int_equal(login_find(&ctx, SESSION_PANEL, span_of(secret), &actor, &after), RC_OK);
	assert_int_equal(actor.account_id, 1);
	assert_int_equal(actor.supporter.len, 0);
	assert_memory_not_equal(before.csrf, after.csrf, sizeof after.csrf);
	assert_int_equal(scratch_sql("SELECT count(*) FROM audit WHERE account_id = 60"
				     " AND action = 'support.timeout'"),
		1);
	assert_int_equal(login_find(&ctx, SESSION_PANEL, span_of(secret), &actor, &before), RC_OK);
	assert_memory_equal(before.csrf, after.csrf, sizeof after.csrf);
	assert_int_equal(scratch_sql("SELECT count(*) FROM audit WHERE account_id = 60"), 1);

	/* nobody to act for any more */
	scratch_sql(
		"UPDATE web_session SET acting_for = 60, acting_until = now() + interval '1 hour'"
		" WHERE account_id = 1; UPDATE account SET deleted_at = now()"
		" WHERE account_id = 60");
	assert_int_equal(login_find(&ctx, SESSION_PANEL, span_of(secret), &actor, &after), RC_OK);
	assert_int_equal(actor.account_id, 1);
	db_close(web);
}

static int group_begin(void **state)
{
	arena_init(&arena, 1 << 16);
	if (!scratch_migrate())
		return -1;
	scratch_sql("INSERT INTO account (account_id, role, login) VALUES (1, 'admin', 'admin');"
		    "INSERT INTO account_tree VALUES (1, 1, 0)");
	return 0;
}

static int group_end(void **state)
{
	arena_done(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sessions),
		cmocka_unit_test(idempotency),
		cmocka_unit_test(tokens),
		cmocka_unit_test(deleted),
		cmocka_unit_test(support),
	};
	return cmocka_run_group_tests(tests, group_begin, group_end);
}
