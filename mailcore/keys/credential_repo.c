/* The credential table. Reading runs as mailstead_keys, replacing as whoever owns the tx. */
#include "mailcore/base/arena.h"
#include "mailcore/keys/keys_impl.h"
#include "sql/credential.h"

enum rc credential_list(struct ctx *ctx, enum keys_subject subject, int64_t id,
	struct credential **out, size_t *out_len)
{
	AUTO(rows_close) struct rows *rows = NULL;
	const struct stmt *stmt =
		subject == KEYS_MAILBOX ? &SQL_CREDENTIAL_OF_MAILBOX : &SQL_CREDENTIAL_OF_ACCOUNT;
	enum rc rc = db_query(ctx, stmt, ARGS(A_I64(id)), &rows);
	if (rc != RC_OK)
		return rc;
	size_t n = rows_len(rows);
	struct credential *items = arena_array(ctx->arena, n, sizeof *items);
	for (size_t i = 0; i < n; i++)
		items[i] = (struct credential){
			.credential_id = row_i64(rows, i, 0),
			.is_app_password = span_eq(row_text(rows, i, 1), SPAN("app_password")),
			.hash = arena_span(ctx->arena, row_text(rows, i, 2)),
			.scram = arena_span(ctx->arena, row_bytes(rows, i, 4)),
			.has_factor = row_bool(rows, i, 3),
		};
	*out = items;
	*out_len = n;
	return RC_OK;
}

void credential_note_use(struct ctx *ctx, int64_t credential_id)
{
	if (db_exec(ctx, &SQL_CREDENTIAL_USED, ARGS(A_I64(credential_id)), NULL) != RC_OK)
		return; /* only a courtesy to the owner */
}

void credential_rehash(
	struct ctx *ctx, int64_t credential_id, struct span new_hash, struct span old_hash)
{
	if (db_exec(ctx, &SQL_CREDENTIAL_REHASH,
		    ARGS(A_I64(credential_id), A_TEXT(new_hash), A_TEXT(old_hash)), NULL) != RC_OK)
		return; /* the next log-in does it */
}

void credential_set_scram(struct ctx *ctx, int64_t credential_id, struct span scram)
{
	if (db_exec(ctx, &SQL_CREDENTIAL_SET_SCRAM, ARGS(A_I64(credential_id), A_BYTES(scram)),
		    NULL) != RC_OK)
		return; /* the next log-in does it */
}

enum rc credential_replace(
	struct ctx *ctx, enum keys_subject subject, int64_t id, struct span hash, struct span scram)
{
	struct arg mailbox = subject == KEYS_MAILBOX ? A_I64(id) : A_NULL(ARG_I64);
	struct arg account = subject == KEYS_ACCOUNT ? A_I64(id) : A_NULL(ARG_I64);
	struct batch *b = db_batch_new(ctx);
	db_batch_add(b, &SQL_CREDENTIAL_DROP_PASSWORD, ARGS(mailbox, account));
	db_batch_add(b, &SQL_CREDENTIAL_INSERT,
		ARGS(mailbox, account, A_TEXT(SPAN("password")), A_TEXT(SPAN("")), A_TEXT(hash),
			scram.len > 0 ? A_BYTES(scram) : A_NULL(ARG_BYTES)));
	return db_batch_run(b, NULL, NULL);
}
