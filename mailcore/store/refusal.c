/* Refused recipients in the trace. */
#include "mailcore/store/store_impl.h"
#include "sql/message.h"

enum rc refusals_record(struct ctx *ctx, const struct refusal *items, size_t n)
{
	struct uuid *id = arena_array(ctx->arena, n, sizeof *id);
	struct span *columns[4];

	for (size_t k = 0; k < 4; k++)
		columns[k] = arena_array(ctx->arena, n, sizeof **columns);
	for (size_t i = 0; i < n; i++) {
		id[i] = uuid_make(ctx->now_us);
		columns[0][i] = items[i].domain;
		columns[1][i] = items[i].mail_from;
		columns[2][i] = items[i].rcpt;
		columns[3][i] = items[i].text;
	}
	return db_exec(ctx, &SQL_EVENT_REFUSED,
		ARGS(A_ARRAY(ARG_UUIDS, id, n), A_ARRAY(ARG_TEXTS, columns[0], n),
			A_ARRAY(ARG_TEXTS, columns[1], n), A_ARRAY(ARG_TEXTS, columns[2], n),
			A_ARRAY(ARG_TEXTS, columns[3], n)),
		NULL);
}
