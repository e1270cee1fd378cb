/* Second factors. */
#include "backend/accounts/second_factor.h"

#include "backend/accounts/account_repo.h"
#include "backend/accounts/audit.h"
#include "backend/accounts/mailbox_find.h"
#include "backend/accounts/service.h"
#include "backend/accounts/session_repo.h"
#include "mailcore/base/str.h"
#include "mailcore/keys/keys.h"
#include "sql/second_factor.h"

_Static_assert(RECOVERY_CODES == KEYS_RECOVERY_CODES, "as many as keys makes");

/* Whose factor: an account's or a mailbox'. */
struct owner {
	int64_t account_id, mailbox_id; /* one of them 0 */
	int64_t audit_id;               /* the account to which the audit row belongs */
	struct span name;
};

struct change {
	const struct services *s;
	struct owner owner;
	struct span secret;
	struct span session_hash;
	struct span *codes;
};

static struct owner own(const struct ctx *ctx)
{
	const struct actor *actor = ctx->actor;
	bool is_mailbox = actor->role == ROLE_MAILBOX;

	return (struct owner){ .account_id = is_mailbox ? 0 : actor->account_id,
		.mailbox_id = is_mailbox ? actor->mailbox_id : 0,
		.audit_id = actor->account_id,
		.name = actor->login };
}

static enum keys_subject subject_of(const struct owner *o)
{
	return o->mailbox_id ? KEYS_MAILBOX : KEYS_ACCOUNT;
}

static int64_t id_of(const struct owner *o)
{
	return o->mailbox_id ? o->mailbox_id : o->account_id;
}

enum rc second_factor_get(
	const struct services *s, struct ctx *ctx, struct second_factor *out, struct err *err)
{
	AUTO(rows_close) struct rows *rows = NULL;
	struct owner o = own(ctx);
	enum rc rc = db_query(
		ctx, &SQL_SECOND_FACTOR_GET, ARGS(A_I64(o.account_id), A_I64(o.mailbox_id)), &rows);

	(void)s;
	if (rc != RC_OK)
		return with_reason(err, rc);
	*out = (struct second_factor){ 0 };
	if (rows_len(rows) == 0)
		return RC_OK;
	out->is_on = row_bool(rows, 0, 0);
	out->is_pending = !out->is_on;
	out->confirmed_at_us = row_time_us(rows, 0, 1);
	out->recovery_left = row_i64(rows, 0, 2);
	return RC_OK;
}

/* ------------------------------------------------------------------------ begin */

static enum rc begin_tx(struct ctx *ctx, void *arg)
{
	struct change *c = arg;

	return keys_make_totp(c->s->keys, ctx, subject_of(&c->owner), id_of(&c->owner), &c->secret);
}

/* The key URI that authenticator apps read. */
static struct span uri_of(
	struct arena *a, const struct services *s, struct span name, struct span secret)
{
	return arena_printf(a, "otpauth://totp/%s:" SPAN_FMT "?secret=" SPAN_FMT "&issuer=%s",
		s->hostname, SPAN_ARG(name), SPAN_ARG(secret), s->hostname);
}

enum rc second_factor_begin(
	const struct services *s, struct ctx *ctx, struct second_factor_new *out, struct err *err)
{
	struct change c = { .s = s, .owner = own(ctx) };
	enum rc rc = need_own(ctx, err);

	if (rc == RC_OK)
		rc = service_run(ctx, begin_tx, &c);

	if (rc == RC_EXISTS)
		return err_set(err, RC_CONFLICT, "", "The second factor is on already.");
	if (rc != RC_OK)
		return with_reason(err, rc);
	out->secret = c.secret;
	out->uri = uri_of(ctx->arena, s, c.owner.name, c.secret);
	return RC_OK;
}

/* ------------------------------------------------------------------------ confirm */

static enum rc confirm_tx(struct ctx *ctx, void *arg)
{
	AUTO(rows_close) struct rows *rows = NULL;
	struct change *c = arg;
	const struct owner *o = &c->owner;
	enum rc rc = db_query(ctx, &SQL_SECOND_FACTOR_CONFIRM,
		ARGS(A_I64(o->account_id), A_I64(o->mailbox_id)), &rows);

	if (rc == RC_OK && rows_len(rows) == 0)
		return RC_CONFLICT;
	if (rc == RC_OK)
		rc = keys_make_recovery(c->s->keys, ctx, row_i64(rows, 0, 0), c->codes);
	if (rc == RC_OK)
		rc = session_delete_all(ctx, o->account_id, o->mailbox_id, c->session_hash);
	if (rc == RC_OK)
		rc = audit_add(ctx, o->audit_id, "second_factor.on", o->name, NULL, NULL);
	return rc;
}

static enum rc check_code(
	const struct services *s, struct ctx *ctx, struct span code, struct err *err)
{
	struct owner o = own(ctx);
	enum rc rc = need_own(ctx, err);

	if (rc != RC_OK)
		return rc;
	rc = keys_verify_totp(s->keys, ctx, subject_of(&o), id_of(&o), code);
	if (rc == RC_DENIED)
		return err_set(err, RC_INVALID, "code",
			"This code is not right, or was used before. A new one comes every 30 seconds.");
	return with_reason(err, rc);
}

enum rc second_factor_confirm(const struct services *s, struct ctx *ctx, struct span code,
	struct span session_hash, struct span out[RECOVERY_CODES], struct err *err)
{
	struct change c = { .s = s, .owner = own(ctx), .session_hash = session_hash, .codes = out };
	enum rc rc = check_code(s, ctx, code, err);

	if (rc != RC_OK)
		return rc;
	rc = service_run(ctx, confirm_tx, &c);
	if (rc == RC_CONFLICT)
		return err_set(err, RC_CONFLICT, "", "There is nothing to confirm.");
	return with_reason(err, rc);
}

/* ------------------------------------------------------------------------ end */

static enum rc end_tx(struct ctx *ctx, void *arg)
{
	struct change *c = arg;
	const struct owner *o = &c->owner;
	int64_t changed = 0;
	enum rc rc = db_exec(ctx, &SQL_SECOND_FACTOR_DELETE,
		ARGS(A_I64(o->account_id), A_I64(o->mailbox_id)), &changed);

	if (rc == RC_OK && changed == 0)
		return RC_NOT_FOUND;
	if (rc == RC_OK)
		rc = audit_add(ctx, o->audit_id, "second_factor.off", o->name, NULL, NULL);
	return rc;
}

static enum rc end(
	const struct services *s, struct ctx *ctx, const struct owner *owner, struct err *err)
{
	struct change c = { .s = s, .owner = *owner };
	enum rc rc = need_own(ctx, err);

	if (rc == RC_OK)
		rc = service_run(ctx, end_tx, &c);

	if (rc == RC_NOT_FOUND)
		return err_set(err, RC_NOT_FOUND, "", "There is no second factor.");
	return with_reason(err, rc);
}

enum rc second_factor_end(
	const struct services *s, struct ctx *ctx, struct span code, struct err *err)
{
	struct owner owner = own(ctx);
	enum rc rc = check_code(s, ctx, code, err);

	return rc == RC_OK ? end(s, ctx, &owner, err) : rc;
}

enum rc second_factor_reset_account(
	const struct services *s, struct ctx *ctx, struct span login, struct err *err)
{
	struct account account;
	enum rc rc = account_get(s, ctx, login, &account, err);

	if (rc != RC_OK)
		return rc;
	if (account.account_id == ctx->actor->account_id)
		return err_set(err, RC_DENIED, "",
			"One's own second factor is switched off with a code of it.");
	struct owner owner = { .account_id = account.account_id,
		.audit_id = account.account_id,
		.name = account.login };
	return end(s, ctx, &owner, err);
}

enum rc second_factor_reset_mailbox(
	const struct services *s, struct ctx *ctx, struct span address, struct err *err)
{
	struct mailbox mailbox;
	enum rc rc = need_account(ctx);

	if (rc == RC_OK)
		rc = mailbox_find_own(ctx, address, &mailbox, err);
	if (rc != RC_OK)
		return rc == RC_NOT_FOUND ? not_found(err, "", "mailbox") : rc;
	struct owner owner = { .mailbox_id = mailbox.mailbox_id,
		.audit_id = mailbox.account_id,
		.name = mailbox.address };
	return end(s, ctx, &owner, err);
}
