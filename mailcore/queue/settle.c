/* What attempts have led to, written down: jobs that go, jobs that wait, and an event for each. */
#include "mailcore/queue/job_row.h"
#include "sql/job.h"

#define SETTLE_ARGS 9

static struct span outcome_word(enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_SENT:
		return SPAN("S");
	case OUTCOME_LATER:
		return SPAN("L");
	case OUTCOME_FAILED:
		break;
	}
	return SPAN("F");
}

static struct span never_null(struct span s)
{
	return s.ptr ? s : SPAN("");
}

void queue_settle_stmt(struct ctx *ctx, struct span owner, const struct job_outcome *items,
	size_t n, const struct stmt **out_stmt, const struct arg **out_args, size_t *out_n_args)
{
	struct arena *a = ctx->arena;
	int64_t *id = arena_array(a, n, sizeof *id), *wait = arena_array(a, n, sizeof *wait);
	bool *told = arena_array(a, n, sizeof *told);
	struct span *text[5];
	struct arg *args = arena_array(a, SETTLE_ARGS, sizeof *args);

	for (size_t k = 0; k < 5; k++)
		text[k] = arena_array(a, n, sizeof **text);
	for (size_t i = 0; i < n; i++) {
		id[i] = items[i].job->job_id;
		wait[i] = items[i].wait_ms;
		told[i] = items[i].delay_told;
		text[0][i] = outcome_word(items[i].outcome);
		text[1][i] = never_null(items[i].reply);
		text[2][i] = never_null(items[i].name);
		text[3][i] = never_null(items[i].text);
		text[4][i] = never_null(items[i].evidence);
	}
	args[0] = A_TEXT(owner);
	args[1] = A_ARRAY(ARG_I64S, id, n);
	args[2] = A_ARRAY(ARG_TEXTS, text[0], n);
	args[3] = A_ARRAY(ARG_TEXTS, text[1], n);
	args[4] = A_ARRAY(ARG_I64S, wait, n);
	args[5] = A_ARRAY(ARG_BOOLS, told, n);
	args[6] = A_ARRAY(ARG_TEXTS, text[2], n);
	args[7] = A_ARRAY(ARG_TEXTS, text[3], n);
	args[8] = A_ARRAY(ARG_TEXTS, text[4], n);
	*out_stmt = &SQL_JOB_SETTLE;
	*out_args = args;
	*out_n_args = SETTLE_ARGS;
}

enum rc queue_settle(struct ctx *ctx, struct span owner, const struct job_outcome *items, size_t n)
{
	const struct stmt *stmt;
	const struct arg *args;
	size_t n_args;

	queue_settle_stmt(ctx, owner, items, n, &stmt, &args, &n_args);
	return db_exec(ctx, stmt, args, n_args, NULL);
}
