/* What happened to a message. */
#include "backend/accounts/trace_service.h"

#include "backend/accounts/domain_service.h"
#include "backend/accounts/page.h"
#include "backend/accounts/service.h"
#include "mailcore/base/json.h"
#include "sql/trace.h"

/* The server's owner also sees what concerns no domain of ours; row-level security narrows it to
 * the first admin. */
static bool sees_all(const struct ctx *ctx)
{
	return ctx->actor->role == ROLE_ADMIN && ctx->actor->n_domains == 0;
}

static struct arg time_arg(int64_t time_us)
{
	return time_us ? A_TIME(time_us) : A_NULL(ARG_TIME);
}

static struct span without_brackets(struct span id)
{
	id = span_trim(id);
	if (span_starts(id, SPAN("<")) && span_ends(id, SPAN(">")))
		return span_sub(id, 1, id.len - 2);
	return id;
}

/* A message is in the state of its newest event. */
static const struct {
	const char *state, *event;
} events_of[] = {
	{ "delivered", "message.delivered" },
	{ "delivered", "message.sent" },
	{ "junk", "message.junked" },
	{ "waiting", "message.submitted" },
	{ "waiting", "message.accepted" },
	{ "waiting", "message.queued" },
	{ "waiting", "message.deferred" },
	{ "held", "message.held" },
	{ "bounced", "message.bounced" },
	{ "bounced", "message.failed" },
	{ "refused", "message.refused" },
	{ "refused", "message.rejected" },
	{ "refused", "recipient.refused" },
	{ "discarded", "message.discarded" },
};
#define EVENTS_N (sizeof events_of / sizeof events_of[0])

const char *const trace_state_names[] = { "delivered", "junk", "waiting", "held", "bounced",
	"refused", "discarded", NULL };

static struct arg events_arg(struct ctx *ctx, struct span state)
{
	struct span *names = arena_array(ctx->arena, EVENTS_N, sizeof *names);
	size_t n = 0;

	for (size_t i = 0; i < EVENTS_N && state.len > 0; i++) {
		if (span_eq(state, span_of(events_of[i].state)))
			names[n++] = span_of(events_of[i].event);
	}
	return A_ARRAY(ARG_TEXTS, names, n);
}

static enum rc find_page(struct ctx *ctx, const struct page *page, struct span domain,
	const struct trace_ask *ask, struct trace_rows *out)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_TRACE_LIST,
		ARGS(A_I64(ctx->actor->account_id), A_BOOL(sees_all(ctx)), A_TEXT(domain),
			domains_arg(ctx), A_TEXT(span_trim(ask->address)),
			A_TEXT(without_brackets(ask->message_id)),
			A_TEXT(without_brackets(ask->find)), time_arg(ask->since_us),
			time_arg(ask->until_us), A_TEXT(page->after), A_TEXT(page->after_2),
			events_arg(ctx, ask->state), A_TEXT(ask->direction),
			A_BOOL(ctx->actor->role == ROLE_CUSTOMER), A_I64(page->limit + 1)),
		&rows);

	if (rc != RC_OK)
		return rc;
	*out = (struct trace_rows){ 0 };
	out->items = page_items(ctx, page, rows, sizeof *out->items, &out->len);
	for (size_t i = 0; i < out->len; i++)
		out->items[i] = (struct trace_row){ row_copy(ctx, rows, i, 0),
			row_copy(ctx, rows, i, 1), row_copy(ctx, rows, i, 2),
			row_copy(ctx, rows, i, 3), row_copy(ctx, rows, i, 4),
			row_copy(ctx, rows, i, 6), row_time_us(rows, i, 5) };
	if (rows_len(rows) > out->len) {
		const struct trace_row *last = &out->items[out->len - 1];
		out->next_cursor = page_cursor(ctx->arena, last->trace_id, last->rcpt);
	}
	return RC_OK;
}

enum rc trace_list(const struct services *s, struct ctx *ctx, const struct trace_ask *ask,
	struct trace_rows *out, struct err *err)
{
	struct page page;
	struct domain domain = { .name = SPAN("") };
	enum rc rc = need_account(ctx);

	if (rc == RC_OK)
		rc = page_open(ctx, &ask->list, &page, err);
	if (rc == RC_OK && ask->list.domain.len > 0)
		rc = domain_get(s, ctx, ask->list.domain, &domain, err);
	if (rc == RC_OK)
		rc = find_page(ctx, &page, domain.name, ask, out);
	return with_reason(err, rc);
}

enum rc trace_collect(struct ctx *ctx, int64_t before_us, int64_t limit, int64_t *out_deleted)
{
	struct uuid first = { 0 };
	uint64_t ms = (uint64_t)(before_us / 1000);

	for (size_t i = 0; i < 6; i++) /* UUIDv7: 48 bits of milliseconds */
		first.bytes[i] = (uint8_t)(ms >> (40 - 8 * i));
	return db_exec(ctx, &SQL_EVENT_TRIM, ARGS(A_UUID(first), A_I64(limit)), out_deleted);
}

static enum rc find_events(struct ctx *ctx, struct uuid id, struct trace *out)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_TRACE_GET,
		ARGS(A_I64(ctx->actor->account_id), A_BOOL(sees_all(ctx)), A_UUID(id),
			domains_arg(ctx)),
		&rows);

	if (rc != RC_OK)
		return rc;
	if (rows_len(rows) == 0)
		return RC_NOT_FOUND;
	out->len = rows_len(rows);
	out->events = arena_array(ctx->arena, out->len, sizeof *out->events);
	for (size_t i = 0; i < out->len; i++) {
		out->events[i] = (struct trace_event){ row_i64(rows, i, 0), row_time_us(rows, i, 1),
			row_copy(ctx, rows, i, 3), row_copy(ctx, rows, i, 4),
			row_copy(ctx, rows, i, 5), row_copy(ctx, rows, i, 6) };
		if (out->mail_from.len == 0)
			out->mail_from = row_copy(ctx, rows, i, 2);
	}
	return RC_OK;
}

enum rc trace_get(const struct services *s, struct ctx *ctx, struct span trace_id,
	struct trace *out, struct err *err)
{
	struct uuid id;
	struct trace trace = { .trace_id = trace_id };
	enum rc rc = need_account(ctx);

	(void)s;
	if (rc == RC_OK)
		rc = uuid_parse(trace_id, &id) ? find_events(ctx, id, &trace) : RC_NOT_FOUND;
	if (rc == RC_OK)
		*out = trace;
	return rc == RC_NOT_FOUND ? not_found(err, "", "message") : with_reason(err, rc);
}

struct cJSON *trace_row_json(struct arena *a, const struct trace_row *row)
{
	struct cJSON *o = json_object(a);

	json_add_text(a, o, "id", row->trace_id);
	json_add_text(a, o, "from", row->mail_from);
	json_add_text(a, o, "to", row->rcpt);
	json_add_text(a, o, "state", row->state);
	json_add_text(a, o, "text", row->text);
	json_add_text(a, o, "subject", row->subject);
	json_add_time(a, o, "at", row->at_us);
	return o;
}

static struct cJSON *event_json(struct arena *a, const struct trace_event *e)
{
	struct cJSON *o = json_object(a), *evidence;

	json_add_time(a, o, "at", e->at_us);
	json_add_text(a, o, "to", e->rcpt);
	json_add_text(a, o, "name", e->name);
	json_add_text(a, o, "text", e->text);
	if (e->evidence.len > 0 && json_parse(a, e->evidence, &evidence, NULL))
		json_add(a, o, "evidence", evidence);
	else
		json_add_null(a, o, "evidence");
	return o;
}

struct cJSON *trace_json(struct arena *a, const struct trace *trace)
{
	struct cJSON *o = json_object(a), *events = json_array(a);

	for (size_t i = 0; i < trace->len; i++)
		json_push(events, event_json(a, &trace->events[i]));
	json_add_text(a, o, "id", trace->trace_id);
	json_add_text(a, o, "from", trace->mail_from);
	json_add(a, o, "events", events);
	return o;
}
