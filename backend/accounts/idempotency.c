/* Idempotency-Key. */
#include "backend/accounts/idempotency.h"

#include <openssl/sha.h>

#include "backend/accounts/service.h"
#include "sql/idempotency.h"

/* NUL is in none of the parts but the last. */
static struct span digest(struct ctx *ctx, struct span method, struct span path, struct span body)
{
	unsigned char *out = arena_alloc(ctx->arena, SHA256_DIGEST_LENGTH);
	struct str text = str_in(ctx->arena, method.len + path.len + body.len + 2);

	str_add(&text, method);
	str_add_c(&text, '\0');
	str_add(&text, path);
	str_add_c(&text, '\0');
	str_add(&text, body);
	(void)SHA256((const unsigned char *)text.ptr, text.len, out); /* cannot fail */
	return span_make(out, SHA256_DIGEST_LENGTH);
}

static enum rc read_first(struct ctx *ctx, struct span key, struct span request,
	struct idempotent *out, struct err *err)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_IDEMPOTENCY_FIND,
		ARGS(A_I64(ctx->actor->account_id), A_TEXT(key)), &rows);

	if (rc != RC_OK)
		return rc;
	if (rows_len(rows) == 0)
		return RC_TEMP; /* dropped between the two statements */
	if (!span_eq(row_bytes(rows, 0, 0), request))
		return err_set(err, RC_EXISTS, "Idempotency-Key",
			"This Idempotency-Key was used for another request.");
	if (row_i64(rows, 0, 1) == 0)
		return err_set(err, RC_CONFLICT, "Idempotency-Key",
			"The first request with this Idempotency-Key is still running.");
	*out = (struct idempotent){ true, (int)row_i64(rows, 0, 1), row_copy(ctx, rows, 0, 2),
		row_copy(ctx, rows, 0, 3) };
	return RC_OK;
}

enum rc idempotency_begin(struct ctx *ctx, struct span key, struct span method, struct span path,
	struct span body, struct idempotent *out, struct err *err)
{
	struct span request = digest(ctx, method, path, body);
	int64_t changed = 0;
	enum rc rc = db_exec(ctx, &SQL_IDEMPOTENCY_BEGIN,
		ARGS(A_I64(ctx->actor->account_id), A_TEXT(key), A_BYTES(request)), &changed);

	*out = (struct idempotent){ 0 };
	if (rc == RC_OK && changed == 0)
		rc = read_first(ctx, key, request, out, err);
	return with_reason(err, rc);
}

enum rc idempotency_end(
	struct ctx *ctx, struct span key, int status, struct span location, struct span body)
{
	return db_exec(ctx, &SQL_IDEMPOTENCY_END,
		ARGS(A_I64(ctx->actor->account_id), A_TEXT(key), A_I64(status), A_TEXT(location),
			A_TEXT(body)),
		NULL);
}

enum rc idempotency_drop(struct ctx *ctx, struct span key)
{
	return db_exec(
		ctx, &SQL_IDEMPOTENCY_DROP, ARGS(A_I64(ctx->actor->account_id), A_TEXT(key)), NULL);
}

enum rc idempotency_collect(struct ctx *ctx, int64_t *out_deleted)
{
	return db_exec(ctx, &SQL_IDEMPOTENCY_COLLECT, NO_ARGS, out_deleted);
}
