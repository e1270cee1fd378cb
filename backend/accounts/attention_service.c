/* What needs somebody's attention. */
#include "backend/accounts/attention_service.h"

#include "backend/accounts/service.h"
#include "sql/figure.h"

#define LOGINS_MANY 50 /* wrong passwords of a day that are worth a word */

enum rc attention_list(const struct services *s, struct ctx *ctx, struct attention **out,
	size_t *out_len, struct err *err)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = need_account(ctx);

	(void)s;
	if (rc == RC_OK)
		rc = db_query(ctx, &SQL_FIGURE_ATTENTION,
			ARGS(A_I64(ctx->actor->account_id), A_I64(ATTENTION_MAX),
				A_I64(LOGINS_MANY)),
			&rows);
	if (rc != RC_OK)
		return with_reason(err, rc);
	struct attention *items = arena_array(ctx->arena, rows_len(rows), sizeof *items);
	for (size_t i = 0; i < rows_len(rows); i++) {
		int64_t kind = row_i64(rows, i, 0);
		ASSERT(kind >= 0 && kind < ATTENTIONS);
		items[i] = (struct attention){ (enum attention_kind)kind, row_copy(ctx, rows, i, 1),
			row_i64(rows, i, 2) };
	}
	*out = items;
	*out_len = rows_len(rows);
	return RC_OK;
}
