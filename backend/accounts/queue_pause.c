/* Pauses of the queue. */
#include "backend/accounts/queue_pause.h"

#include "backend/accounts/audit.h"
#include "backend/accounts/domain_service.h"
#include "backend/accounts/service.h"
#include "mailcore/base/clock.h"
#include "mailcore/base/json.h"
#include "mailcore/db/bell.h"
#include "mailcore/directory/directory.h"
#include "mailcore/queue/queue.h"
#include "mailcore/store/store.h"
#include "sql/queue.h"

static const char *const kinds[] = { "destination", "sender" };

bool pause_kind_parse(struct span text, enum pause_kind *out)
{
	for (int i = PAUSE_DESTINATION; i <= PAUSE_SENDER; i++) {
		if (span_eq(text, span_of(kinds[i]))) {
			*out = (enum pause_kind)i;
			return true;
		}
	}
	return false;
}

static struct queue_pause read_pause(struct ctx *ctx, const struct rows *rows, size_t i)
{
	struct queue_pause p = { .value = row_copy(ctx, rows, i, 1),
		.reason = row_copy(ctx, rows, i, 2),
		.paused_by = row_copy(ctx, rows, i, 3),
		.paused_at_us = row_time_us(rows, i, 4) };

	(void)pause_kind_parse(row_text(rows, i, 0), &p.kind); /* checked by the table */
	return p;
}

enum rc queue_pause_list(
	const struct services *s, struct ctx *ctx, struct queue_pauses *out, struct err *err)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = need_account(ctx);

	(void)s;
	if (rc == RC_OK)
		rc = db_query(ctx, &SQL_PAUSE_LIST,
			ARGS(A_I64(ctx->actor->account_id), A_I64(QUEUE_PAUSES_MAX)), &rows);
	if (rc != RC_OK)
		return with_reason(err, rc);
	out->len = rows_len(rows);
	out->items = arena_array(ctx->arena, out->len, sizeof *out->items);
	for (size_t i = 0; i < out->len; i++)
		out->items[i] = read_pause(ctx, rows, i);
	return RC_OK;
}

/* ------------------------------------------------------------------------ change */

struct change {
	struct queue_pause pause;
	int64_t account_id; /* whose it is */
	bool ends;
	bool was_there;
};

static struct span in_lower_case(struct arena *a, struct span text)
{
	char *out = arena_alloc(a, text.len);

	for (size_t i = 0; i < text.len; i++)
		out[i] = ascii_lower(text.ptr[i]);
	return span_make(out, text.len);
}

/* Who may pause what; *out: the value as it is kept. */
static enum rc find_target(const struct services *s, struct ctx *ctx, enum pause_kind kind,
	struct span value, struct change *out, struct err *err)
{
	struct arena *a = ctx->arena;
	struct domain domain;
	size_t at = span_rfind(value, '@');
	enum rc rc = need_account(ctx);

	if (rc != RC_OK)
		return rc;
	out->pause.kind = kind;
	out->account_id = ctx->actor->account_id;
	if (kind == PAUSE_DESTINATION && ctx->actor->role != ROLE_ADMIN)
		return err_set(err, RC_DENIED, "", "Destinations are paused by administrators.");
	if (value.len == 0 || value.len > 255 || (kind == PAUSE_DESTINATION) != (at == SPAN_NPOS))
		return err_set(err, RC_INVALID, "value",
			kind == PAUSE_DESTINATION ? "A destination is the name of a domain."
						  : "A sender is an address.");
	if (kind == PAUSE_DESTINATION) {
		out->pause.value = domain_to_ascii(a, value);
		return RC_OK;
	}
	rc = domain_get(s, ctx, span_from(value, at + 1), &domain, err);
	if (rc != RC_OK)
		return rc;
	out->account_id = domain.account_id;
	out->pause.value = in_lower_case(a, value);
	return RC_OK;
}

static enum rc change_row(struct ctx *ctx, struct change *c)
{
	AUTO(rows_close) struct rows *rows = NULL;
	const struct queue_pause *p = &c->pause;
	struct arg kind = A_TEXT(span_of(kinds[p->kind])), value = A_TEXT(p->value);

	if (!c->ends)
		return db_exec(ctx, &SQL_PAUSE_SET,
			ARGS(kind, value, A_I64(c->account_id), A_TEXT(p->reason),
				A_TEXT(ctx->actor->login)),
			NULL);
	enum rc rc = db_query(ctx, &SQL_PAUSE_END, ARGS(kind, value), &rows);
	if (rc == RC_OK)
		c->was_there = rows_len(rows) > 0;
	return rc;
}

static enum rc change_tx(struct ctx *ctx, void *arg)
{
	struct change *c = arg;
	enum rc rc = change_row(ctx, c);

	if (rc == RC_OK && c->pause.kind == PAUSE_SENDER)
		rc = db_exec(ctx, c->ends ? &SQL_PAUSE_RELEASE : &SQL_PAUSE_HOLD,
			ARGS(A_TEXT(c->pause.value)), NULL);
	if (rc == RC_OK && (!c->ends || c->was_there))
		rc = audit_add(ctx, c->account_id, c->ends ? "queue.resume" : "queue.pause",
			c->pause.value, NULL,
			c->ends ? NULL : queue_pause_json(ctx->arena, &c->pause));
	return rc;
}

static void wake_runner(const struct services *s)
{
	if (s->store && store_bells(s->store))
		bell_ring(store_bells(s->store), BELL_QUEUE, 0);
}

enum rc queue_pause_set(const struct services *s, struct ctx *ctx, const struct queue_pause *in,
	struct queue_pause *out, struct err *err)
{
	struct change c = { 0 };
	enum rc rc = find_target(s, ctx, in->kind, in->value, &c, err);

	if (rc == RC_OK && in->reason.len > QUEUE_PAUSE_REASON_MAX)
		return err_set(err, RC_INVALID, "reason", "At most %d characters.",
			QUEUE_PAUSE_REASON_MAX);
	if (rc != RC_OK)
		return rc;
	c.pause.reason = in->reason.ptr ? in->reason : SPAN("");
	c.pause.paused_by = ctx->actor->login;
	c.pause.paused_at_us = ctx->now_us;
	rc = service_run(ctx, change_tx, &c);
	if (rc == RC_OK) {
		wake_runner(s);
		*out = c.pause;
	}
	return with_reason(err, rc);
}

enum rc queue_pause_end(const struct services *s, struct ctx *ctx, enum pause_kind kind,
	struct span value, struct err *err)
{
	struct change c = { .ends = true };
	enum rc rc = find_target(s, ctx, kind, value, &c, err);

	if (rc == RC_OK)
		rc = with_reason(err, service_run(ctx, change_tx, &c));
	if (rc == RC_OK && !c.was_there)
		return not_found(err, "", "pause");
	if (rc == RC_OK)
		wake_runner(s);
	return rc;
}

struct cJSON *queue_pause_json(struct arena *a, const struct queue_pause *p)
{
	struct cJSON *o = json_object(a);

	json_add_cstr(a, o, "kind", kinds[p->kind]);
	json_add_text(a, o, "value", p->value);
	json_add_text(a, o, "reason", p->reason);
	json_add_text(a, o, "paused_by", p->paused_by);
	json_add_time(a, o, "paused_at", p->paused_at_us);
	return o;
}
