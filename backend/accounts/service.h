/* What services share. */
#pragma once

#include "backend/accounts/actor.h"
#include "backend/accounts/services.h"
#include "mailcore/db/tx.h"

/* Runs fn in one tx. With actor->dry_run everything is done and rolled back: RC_OK all the same. */
MUST_CHECK enum rc service_run(struct ctx *ctx, tx_fn *fn, void *arg);

/* The actor is a panel account (not a mailbox user). RC_NOT_FOUND otherwise. */
MUST_CHECK enum rc need_account(const struct ctx *ctx);

/* The actor is the owner, not somebody with support access: RC_DENIED for what is the owner's alone. */
MUST_CHECK enum rc need_own(const struct ctx *ctx, struct err *err);

/* A token's list of domains as an argument for SQL: empty for all. */
struct arg domains_arg(const struct ctx *ctx);

enum rc not_found(struct err *err, const char *field, const char *what);
enum rc version_mismatch(struct err *err);
/* The database is away: the one sentence for it. Passes other rc through. */
enum rc with_reason(struct err *err, enum rc rc);

/* Owned copies of what rows lend: rows die at the end of a repo function. */
struct span row_copy(struct ctx *ctx, const struct rows *r, size_t row, unsigned col);
const struct span *row_copy_texts(
	struct ctx *ctx, const struct rows *r, size_t row, unsigned col, size_t *out_len);
