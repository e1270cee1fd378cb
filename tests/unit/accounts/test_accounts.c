/*
 * backend/accounts against a scratch cluster: the two walls between tenants, each without the
 * other; what happens when the database is away; limits and roll-backs that HTTP does not show.
 */
#include "backend/accounts/account_service.h"
#include "backend/accounts/alias_service.h"
#include "backend/accounts/audit.h"
#include "backend/accounts/deleted_service.h"
#include "backend/accounts/dkim_service.h"
#include "backend/accounts/domain_service.h"
#include "backend/accounts/idempotency.h"
#include "backend/accounts/login_service.h"
#include "backend/accounts/mailbox_service.h"
#include "backend/accounts/plan_service.h"
#include "backend/accounts/token_service.h"
#include "backend/accounts/usage_service.h"
#include "mailcore/directory/directory.h"
#include "mailcore/keys/keys.h"
#include "tests/unit/scratch.h"

#define PASSWORD SPAN("a long password")

static struct arena arena;
static struct db *owner, *web;
static char dir[] = "/tmp/test-accounts-XXXXXX";
static char key_file[64];
static struct services services = {
	.hostname = "mail.example.test", .addresses = "", .url = "https://mail.example.test"
};

/* admin > reseller > a; admin > b. a has a.test and box@a.test, b likewise. */
static struct actor admin, reseller, a, b;

static struct ctx as(struct db *db, const struct actor *actor)
{
	struct ctx ctx = scratch_ctx(&arena, db);
	actor_enter(&ctx, actor);
	return ctx;
}

static void expect_rc(enum rc got, enum rc wanted, const struct err *err)
{
	if (got != wanted)
		fail_msg("%s instead of %s: %s", rc_name(got), rc_name(wanted), err->text);
}

static struct actor make_account(
	const struct actor *parent, const char *login, enum account_role role)
{
	struct ctx ctx = as(owner, parent);
	struct err err = { 0 };
	struct account account;
	struct account_new in = { .login = span_of(login), .password = PASSWORD, .role = role };

	expect_rc(account_create(&services, &ctx, &in, &account, &err), RC_OK, &err);
	return (struct actor){ .role = role,
		.account_id = account.account_id,
		.login = span_of(login),
		.source = "test" };
}

static void make_things(const struct actor *actor, const char *domain)
{
	struct ctx ctx = as(owner, actor);
	struct err err = { 0 };
	struct domain made;
	struct mailbox box;
	struct alias alias;
	struct app_password app;
	struct token token;
	struct span address = arena_printf(&arena, "box@%s", domain);
	struct span scope = SPAN("domains:read");
	struct domain_new domain_new = { .name = span_of(domain) };
	struct mailbox_new box_new = { .address = address, .password = PASSWORD };
	struct alias_new alias_new = { arena_printf(&arena, "al@%s", domain), &address, 1 };
	struct token_new token_new = { .label = SPAN("t"), .scopes = &scope, .n_scopes = 1 };

	expect_rc(domain_create(&services, &ctx, &domain_new, &made, &err), RC_OK, &err);
	expect_rc(mailbox_create(&services, &ctx, &box_new, &box, &err), RC_OK, &err);
	expect_rc(alias_create(&services, &ctx, &alias_new, &alias, &err), RC_OK, &err);
	expect_rc(token_create(&services, &ctx, &token_new, &token, &err), RC_OK, &err);
	expect_rc(app_password_create(&services, &ctx, address, SPAN("phone"), &app, &err), RC_OK,
		&err);
}

/* ------------------------------------------------------------------------ walls */

/* A service of everything that can be asked about an object of b. */
static void expect_nothing_of_b(struct ctx *ctx)
{
	static const struct span target = { "x@y.test", 8 };
	struct err err = { 0 };
	struct domain domain;
	struct mailbox box;
	struct alias alias;
	struct account account;
	struct dkim_keys dkim;
	struct app_passwords apps;
	struct app_password app;
	struct domain_change domain_change = { .suspension = { .set_all = true, .all = true } };
	struct mailbox_change box_change = { .suspension = {
						     .set_no_login = true, .to.no_login = true } };
	struct account_change account_change = { .suspension = { .set_all = true, .all = true } };
	struct plan_change plan_change = { .set_name = true, .to.name = SPAN("x") };
	struct plan plan;
	struct mailbox_new box_new = { .address = SPAN("new@b.test"), .password = PASSWORD };
	struct alias_new alias_new = { SPAN("al@b.test"), &target, 1 };
	const enum rc answers[] = {
		domain_get(&services, ctx, SPAN("b.test"), &domain, &err),
		domain_update(&services, ctx, SPAN("b.test"), &domain_change, &domain, &err),
		domain_delete(&services, ctx, SPAN("b.test"), true, 0, &err),
		dkim_list(&services, ctx, SPAN("b.test"), &dkim, &err),
		dkim_rotate(&services, ctx, SPAN("b.test"), &dkim, &err),
		mailbox_create(&services, ctx, &box_new, &box, &err),
		mailbox_get(&services, ctx, SPAN("box@b.test"), &box, &err),
		mailbox_update(&services, ctx, SPAN("box@b.test"), &box_change, &box, &err),
		mailbox_delete(&services, ctx, SPAN("box@b.test"), 0, &err),
		app_password_list(&services, ctx, SPAN("box@b.test"), &apps, &err),
		app_password_create(&services, ctx, SPAN("box@b.test"), SPAN("x"), &app, &err),
		alias_create(&services, ctx, &alias_new, &alias, &err),
		alias_get(&services, ctx, SPAN("al@b.test"), &alias, &err),
		alias_replace(&services, ctx, &alias_new, 0, &alias, &err),
		alias_delete(&services, ctx, SPAN("al@b.test"), 0, &err),
		account_get(&services, ctx, SPAN("b"), &account, &err),
		account_update(&services, ctx, SPAN("b"), &account_change, &account, &err),
		account_delete(&services, ctx, SPAN("b"), 0, &err),
		plan_get(&services, ctx, 2, &plan, &err),
		plan_update(&services, ctx, 2, &plan_change, &plan, &err),
		plan_delete(&services, ctx, 2, 0, &err),
		domain_restore(&services, ctx, SPAN("gone.b.test"), &domain, &err),
		mailbox_restore(&services, ctx, SPAN("gone@b.test"), &box, &err),
		account_set_password(&services, ctx, SPAN("b"), PASSWORD, &err),
		token_revoke(&services, ctx, 2, &err),
	};
	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
		if (answers[i] != RC_NOT_FOUND)
			fail_msg("answer %zu: %s", i, rc_name(answers[i]));
	}
}

static void expect_lists_without_b(struct ctx *ctx)
{
	struct err err = { 0 };
	struct list_ask ask = { .limit = 200 };
	struct domains domains;
	struct mailboxes boxes;
	struct aliases aliases;
	struct accounts accounts;
	struct audit_entries audit;
	struct usages usages;
	struct plans plans;
	struct deleteds deleted;

	expect_rc(domain_list(&services, ctx, &ask, &domains, &err), RC_OK, &err);
	expect_rc(mailbox_list(&services, ctx, &ask, &boxes, &err), RC_OK, &err);
	expect_rc(alias_list(&services, ctx, &ask, &aliases, &err), RC_OK, &err);
	expect_rc(account_list(&services, ctx, &ask, &accounts, &err), RC_OK, &err);
	expect_rc(audit_list(&services, ctx, &ask, &audit, &err), RC_OK, &err);
	expect_rc(usage_list(&services, ctx, &ask, SPAN(""), &usages, &err), RC_OK, &err);
	expect_rc(plan_list(&services, ctx, &ask, &plans, &err), RC_OK, &err);
	assert_int_equal(plans.len, 0);
	expect_rc(deleted_list(&services, ctx, &ask, &deleted, &err), RC_OK, &err);
	assert_int_equal(deleted.len, 0);
	for (size_t i = 0; i < domains.len; i++)
		assert_false(span_eq(domains.items[i].name, SPAN("b.test")));
	for (size_t i = 0; i < boxes.len; i++)
		assert_false(span_eq(boxes.items[i].domain, SPAN("b.test")));
	for (size_t i = 0; i < aliases.len; i++)
		assert_false(span_eq(aliases.items[i].domain, SPAN("b.test")));
	for (size_t i = 0; i < accounts.len; i++)
		assert_false(span_eq(accounts.items[i].login, SPAN("b")));
	for (size_t i = 0; i < audit.len; i++)
		assert_true(audit.items[i].account_id != b.account_id);
	for (size_t i = 0; i < usages.len; i++)
		assert_false(span_eq(usages.items[i].login, SPAN("b")));
}

/* The owner's connection knows no row-level security: the services' own questions decide. */
static void services_alone(void **state)
{
	const struct actor *const others[] = { &a, &reseller };

	for (size_t i = 0; i < 2; i++) {
		struct ctx ctx = as(owner, others[i]);
		expect_nothing_of_b(&ctx);
		expect_lists_without_b(&ctx);
	}
}

/* An actor that a mistake gave b's account within a's tenant: the database decides. */
static void database_alone(void **state)
{
	struct ctx ctx = as(web, &b);
	db_set_tenant(web, a.account_id);
	expect_nothing_of_b(&ctx);
	expect_lists_without_b(&ctx);
	actor_enter(&ctx, NULL);
}

static void database_without_tenant(void **state)
{
	static const struct stmt counts[] = {
		{ "t_account", "SELECT count(*) FROM account", 0 },
		{ "t_domain", "SELECT count(*) FROM domain", 0 },
		{ "t_dkim_key", "SELECT count(*) FROM dkim_key", 0 },
		{ "t_mailbox", "SELECT count(*) FROM mailbox", 0 },
		{ "t_plan", "SELECT count(*) FROM plan", 0 },
		{ "t_alias", "SELECT count(*) FROM alias", 0 },
		{ "t_credential", "SELECT count(*) FROM credential", 0 },
		{ "t_api_token", "SELECT count(*) FROM api_token", 0 },
		{ "t_audit", "SELECT count(*) FROM audit", 0 },
	};
	struct ctx ctx = as(web, NULL);
	struct ctx all = as(owner, NULL);

	for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
		AUTO(rows_close) struct rows *none = NULL;
		AUTO(rows_close) struct rows *some = NULL;
		assert_int_equal(db_query(&ctx, &counts[i], NO_ARGS, &none), RC_OK);
		assert_int_equal(db_query(&all, &counts[i], NO_ARGS, &some), RC_OK);
		if (row_i64(none, 0, 0) != 0 || row_i64(some, 0, 0) == 0)
			fail_msg("%s: %d", counts[i].name, (int)row_i64(none, 0, 0));
	}
}

/* And with it everything works through the web role's narrow rights. */
static void own_things_as_web(void **state)
{
	struct err err = { 0 };
	struct ctx ctx = as(web, &a);
	struct mailbox box;
	struct domain_new domain_new = { .name = SPAN("second.a.test") };
	struct domain domain;
	struct mailbox_change change = { .set_name = true, .name = SPAN("Box") };

	expect_rc(mailbox_get(&services, &ctx, SPAN("BOX@a.test"), &box, &err), RC_OK, &err);
	expect_rc(mailbox_update(&services, &ctx, SPAN("box@a.test"), &change, &box, &err), RC_OK,
		&err);
	assert_int_equal(box.version, 2);
	expect_rc(domain_create(&services, &ctx, &domain_new, &domain, &err), RC_OK, &err);
	expect_rc(
		domain_delete(&services, &ctx, SPAN("second.a.test"), false, 1, &err), RC_OK, &err);
	ctx = as(web, &reseller);
	expect_rc(domain_get(&services, &ctx, SPAN("a.test"), &domain, &err), RC_OK, &err);
	assert_int_equal(domain.mailboxes, 1);
	actor_enter(&ctx, NULL);
}

/* A mailbox user reaches its own mailbox's app passwords and nothing else. */
static void mailbox_users(void **state)
{
	struct err err = { 0 };
	struct ctx ctx = as(web, &a);
	struct mailbox box, second;
	struct domain domain;
	struct app_passwords apps;
	struct mailbox_new in = { .address = SPAN("second@a.test"), .password = PASSWORD };

	expect_rc(mailbox_create(&services, &ctx, &in, &second, &err), RC_OK, &err);
	expect_rc(mailbox_get(&services, &ctx, SPAN("box@a.test"), &box, &err), RC_OK, &err);
	struct actor user = { .role = ROLE_MAILBOX,
		.account_id = a.account_id,
		.mailbox_id = box.mailbox_id,
		.login = SPAN("box@a.test"),
		.source = "webmail" };
	ctx = as(web, &user);
	expect_rc(app_password_list(&services, &ctx, SPAN("box@a.test"), &apps, &err), RC_OK, &err);
	assert_int_equal(apps.len, 1);
	expect_rc(app_password_list(&services, &ctx, SPAN("second@a.test"), &apps, &err),
		RC_NOT_FOUND, &err);
	expect_rc(mailbox_delete(&services, &ctx, SPAN("box@a.test"), 0, &err), RC_NOT_FOUND, &err);
	expect_rc(domain_get(&services, &ctx, SPAN("a.test"), &domain, &err), RC_NOT_FOUND, &err);
	expect_rc(
		mailbox_change_password(&services, &ctx, SPAN("not the password"), PASSWORD, &err),
		RC_INVALID, &err);
	expect_rc(
		mailbox_change_password(&services, &ctx, PASSWORD, SPAN("another password"), &err),
		RC_OK, &err);
	actor_enter(&ctx, NULL);
}

/* ------------------------------------------------------------------------ the rest */

/* No database: "try again", whatever was asked; never "wrong password" or "not there". */
static void database_away(void **state)
{
	struct db *gone = db_open("host=/nonexistent", "test");
	struct err err = { 0 };
	struct ctx ctx = scratch_ctx(&arena, gone);
	struct login_ask ask = {
		.login = SPAN("admin"), .password = PASSWORD, .address = SPAN("192.0.2.1")
	};
	struct web_session session;
	struct actor actor;
	struct span secret;
	struct domain domain;
	struct domain_new domain_new = { .name = SPAN("away.test") };

	expect_rc(login_start(&services, &ctx, &ask, &secret, &session, &err), RC_TEMP, &err);
	expect_rc(login_find(&ctx, SESSION_PANEL,
			  SPAN("0123456789012345678901234567890123456789012"), &actor, &session),
		RC_TEMP, &err);
	expect_rc(token_find(&ctx, SPAN("ms_012345678901234567890123"), &actor), RC_TEMP, &err);
	actor_enter(&ctx, &a);
	expect_rc(domain_get(&services, &ctx, SPAN("a.test"), &domain, &err), RC_TEMP, &err);
	assert_true(err.text[0] != '\0');
	expect_rc(domain_create(&services, &ctx, &domain_new, &domain, &err), RC_TEMP, &err);
	db_close(gone);
}

static void logging_in(void **state)
{
	struct err err = { 0 };
	struct ctx ctx = as(web, NULL);
	struct login_ask ask = { .login = SPAN("A"),
		.password = PASSWORD,
		.address = SPAN("192.0.2.7"),
		.user_agent = SPAN("Mozilla\xFF") };
	struct web_session session, found;
	struct actor actor;
	struct span secret;

	expect_rc(login_start(&services, &ctx, &ask, &secret, &session, &err), RC_OK, &err);
	assert_int_equal(secret.len, 43);
	expect_rc(login_find(&ctx, SESSION_PANEL, secret, &actor, &found), RC_OK, &err);
	assert_true(actor.role == ROLE_CUSTOMER && actor.account_id == a.account_id);
	assert_true(span_eq(found.user_agent, SPAN("Mozilla\xEF\xBF\xBD")));
	expect_rc(login_find(&ctx, SESSION_WEBMAIL, secret, &actor, &found), RC_DENIED, &err);
	assert_int_equal(
		scratch_sql("UPDATE web_session SET seen_at = now() - interval '13 hours'"), -1);
	expect_rc(login_find(&ctx, SESSION_PANEL, secret, &actor, &found), RC_DENIED, &err);

	/* the limiter of all protocols ends guessing */
	ask.password = SPAN("wrong password");
	enum rc rc = RC_DENIED;
	for (int i = 0; i < 100 && rc == RC_DENIED; i++)
		rc = login_start(&services, &ctx, &ask, &secret, &session, &err);
	expect_rc(rc, RC_LIMIT, &err);
	ask.password = PASSWORD;
	expect_rc(login_start(&services, &ctx, &ask, &secret, &session, &err), RC_LIMIT, &err);
}

static void idempotency(void **state)
{
	struct err err = { 0 };
	struct ctx ctx = as(web, &a);
	struct idempotent first;
	struct span key = SPAN("k"), post = SPAN("POST"), path = SPAN("/x"), body = SPAN("{}");

	expect_rc(idempotency_begin(&ctx, key, post, path, body, &first, &err), RC_OK, &err);
	assert_false(first.is_repeat);
	expect_rc(idempotency_begin(&ctx, key, post, path, body, &first, &err), RC_CONFLICT, &err);
	expect_rc(idempotency_drop(&ctx, key), RC_OK, &err);
	expect_rc(idempotency_begin(&ctx, key, post, path, body, &first, &err), RC_OK, &err);
	expect_rc(idempotency_end(&ctx, key, 201, SPAN("/l"), SPAN("{\"a\":1}")), RC_OK, &err);
	expect_rc(idempotency_begin(&ctx, key, post, path, body, &first, &err), RC_OK, &err);
	assert_true(first.is_repeat && first.status == 201 && span_eq(first.location, SPAN("/l")));
	expect_rc(idempotency_begin(&ctx, key, post, SPAN("/y"), body, &first, &err), RC_EXISTS,
		&err);
	/* a first request that never came back, and an answer of the day before */
	expect_rc(idempotency_begin(&ctx, SPAN("k2"), post, path, body, &first, &err), RC_OK, &err);
	scratch_sql("UPDATE idempotency SET at = at - CASE status WHEN 0 THEN interval '2 minutes'"
		    " ELSE interval '25 hours' END");
	expect_rc(idempotency_begin(&ctx, SPAN("k2"), post, path, body, &first, &err), RC_OK, &err);
	expect_rc(idempotency_begin(&ctx, key, post, SPAN("/y"), body, &first, &err), RC_OK, &err);
	assert_false(first.is_repeat);
	actor_enter(&ctx, NULL);
}

static void rotating_dkim(void **state)
{
	struct err err = { 0 };
	struct ctx ctx = as(web, &a);
	struct dkim_keys keys;

	expect_rc(dkim_rotate(&services, &ctx, SPAN("a.test"), &keys, &err), RC_CONFLICT, &err);
	scratch_sql("UPDATE dkim_key SET state = 'active'");
	expect_rc(dkim_rotate(&services, &ctx, SPAN("a.test"), &keys, &err), RC_OK, &err);
	assert_int_equal(keys.len, 4);
	actor_enter(&ctx, NULL);
}

static void first_admin_only_once(void **state)
{
	struct err err = { 0 };
	struct ctx ctx = scratch_ctx(&arena, owner);
	struct account account;

	expect_rc(account_create_first(&services, &ctx, SPAN("second"), PASSWORD, &account, &err),
		RC_EXISTS, &err);
	expect_rc(actor_system(&ctx, "cli", &(struct actor){ 0 }), RC_OK, &err);
}

/* ------------------------------------------------------------------------ fixture */

static void make_tenants(void)
{
	struct err err = { 0 };
	struct ctx ctx = scratch_ctx(&arena, owner);
	struct account account;

	expect_rc(actor_system(&ctx, "test", &admin), RC_NOT_FOUND, &err);
	expect_rc(account_create_first(&services, &ctx, SPAN("Admin"), PASSWORD, &account, &err),
		RC_OK, &err);
	assert_true(span_eq(account.login, SPAN("admin")));
	expect_rc(actor_system(&ctx, "test", &admin), RC_OK, &err);
	reseller = make_account(&admin, "reseller", ROLE_RESELLER);
	a = make_account(&reseller, "a", ROLE_CUSTOMER);
	b = make_account(&admin, "b", ROLE_CUSTOMER);
	make_things(&a, "a.test");
	make_things(&b, "b.test");
	scratch_sql(
		"INSERT INTO plan (plan_id, account_id, name) SELECT 2, account_id, 'P' FROM account"
		" WHERE login = 'b';"
		"INSERT INTO domain (account_id, name, deleted_at) SELECT account_id, 'gone.b.test',"
		" now() FROM account WHERE login = 'b';"
		"INSERT INTO mailbox (domain_id, localpart, local_key, deleted_at) SELECT domain_id,"
		" 'gone', 'gone', now() FROM domain WHERE name = 'b.test'");
}

static int begin(void **state)
{
	char conninfo[512];
	struct err err = { 0 };

	arena_init(&arena, 65536);
	if (!scratch_migrate() || !mkdtemp(dir))
		return -1;
	(void)snprintf(key_file, sizeof key_file, "%s/key", dir);
	struct keys_options options = { scratch_conninfo("keys", conninfo, sizeof conninfo),
		key_file, 2 };
	if (keys_open(&options, &services.keys, &err) != RC_OK)
		return -1;
	services.directory = directory_new(services.keys, "");
	owner = scratch_open(NULL);
	web = scratch_open("web");
	make_tenants();
	return 0;
}

static int end(void **state)
{
	db_close(web);
	db_close(owner);
	directory_free(services.directory);
	keys_close(services.keys);
	arena_done(&arena);
	return unlink(key_file) == 0 && rmdir(dir) == 0 ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(services_alone),
		cmocka_unit_test(database_alone),
		cmocka_unit_test(database_without_tenant),
		cmocka_unit_test(own_things_as_web),
		cmocka_unit_test(mailbox_users),
		cmocka_unit_test(database_away),
		cmocka_unit_test(logging_in),
		cmocka_unit_test(idempotency),
		cmocka_unit_test(rotating_dkim),
		cmocka_unit_test(first_admin_only_once),
	};
	return cmocka_run_group_tests_name("accounts", tests, begin, end);
}
