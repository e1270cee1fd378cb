/* What services share. */
#include "backend/accounts/service.h"

#include "mailcore/db/epoch.h"

struct run {
	tx_fn *fn;
	void *arg;
	bool is_rehearsal;
	bool is_done;
};

/* RC_CLOSED rolls back; nothing else in a service returns it. */
static enum rc run_in_tx(struct ctx *ctx, void *arg)
{
	struct run *run = arg;
	enum rc rc = run->fn(ctx, run->arg);

	run->is_done = rc == RC_OK;
	return rc == RC_OK && run->is_rehearsal ? RC_CLOSED : rc;
}

enum rc service_run(struct ctx *ctx, tx_fn *fn, void *arg)
{
	struct run run = { fn, arg, ctx->actor && ctx->actor->dry_run, false };
	enum rc rc = tx_run(ctx, run_in_tx, &run);

	/* also when it is not known whether it was committed */
	if (db_epoch(ctx->db) && (rc == RC_OK || rc == RC_TEMP))
		epoch_move(db_epoch(ctx->db));
	return rc == RC_CLOSED && run.is_rehearsal && run.is_done ? RC_OK : rc;
}

enum rc need_account(const struct ctx *ctx)
{
	ASSERT(ctx->actor);
	return ctx->actor->role == ROLE_MAILBOX ? RC_NOT_FOUND : RC_OK;
}

enum rc need_own(const struct ctx *ctx, struct err *err)
{
	if (!ctx->actor || ctx->actor->supporter.len == 0)
		return RC_OK;
	return err_set(err, RC_DENIED, "",
		"This is the owner's alone: support access does not reach passwords, second factors,"
		" tokens, sessions, or where mail goes.");
}

struct arg domains_arg(const struct ctx *ctx)
{
	return A_ARRAY(ARG_TEXTS, ctx->actor->domains, ctx->actor->n_domains);
}

enum rc not_found(struct err *err, const char *field, const char *what)
{
	return err_set(err, RC_NOT_FOUND, field, "There is no such %s.", what);
}

enum rc version_mismatch(struct err *err)
{
	return err_set(err, RC_CONFLICT, "if_match",
		"This was changed by somebody else in the meantime. Load it again.");
}

enum rc with_reason(struct err *err, enum rc rc)
{
	if (rc == RC_TEMP)
		return err_set(err, RC_TEMP, "",
			"The database does not answer right now. Please try again in a moment.");
	return rc;
}

struct span row_copy(struct ctx *ctx, const struct rows *r, size_t row, unsigned col)
{
	return arena_span(ctx->arena, row_text(r, row, col));
}

const struct span *row_copy_texts(
	struct ctx *ctx, const struct rows *r, size_t row, unsigned col, size_t *out_len)
{
	struct span *items = NULL;
	size_t n = row_texts(r, row, col, ctx->arena, &items);

	for (size_t i = 0; i < n; i++)
		items[i] = arena_span(ctx->arena, items[i]);
	*out_len = n;
	return items;
}
