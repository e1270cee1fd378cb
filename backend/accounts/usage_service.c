/* What accounts use. */
#include "backend/accounts/usage_service.h"

#include "backend/accounts/account_repo.h"
#include "backend/accounts/service.h"
#include "mailcore/base/clock.h"
#include "mailcore/base/json.h"
#include "sql/account.h"

#define MONTH_LENGTH 7 /* "2026-11" */

static bool month_start(struct ctx *ctx, struct span month, int64_t *out_us)
{
	return month.len == MONTH_LENGTH &&
		clock_parse_rfc3339(
			arena_printf(ctx->arena, SPAN_FMT "-01T00:00:00Z", SPAN_ARG(month)),
			out_us);
}

static struct span this_month(struct ctx *ctx)
{
	struct str now = str_in(ctx->arena, 40);
	clock_add_rfc3339(&now, ctx->now_us);
	return span_sub(str_span(&now), 0, MONTH_LENGTH);
}

enum rc usage_list(const struct services *s, struct ctx *ctx, const struct list_ask *ask,
	struct span month, struct usages *out, struct err *err)
{
	struct page page;
	int64_t start_us;
	enum rc rc = need_account(ctx);

	(void)s;
	*out = (struct usages){ .month = month.len ? month : this_month(ctx) };
	if (rc == RC_OK)
		rc = page_open(ctx, ask, &page, err);
	if (rc == RC_OK && !month_start(ctx, out->month, &start_us))
		return err_set(err, RC_INVALID, "month", "A month is written 2026-11.");
	if (rc == RC_OK)
		rc = account_find_usage(ctx, &page, start_us, out);
	return with_reason(err, rc);
}

enum rc database_check(struct ctx *ctx)
{
	return ctx->db ? db_exec(ctx, &SQL_ACCOUNT_HEALTH, NO_ARGS, NULL) : RC_TEMP;
}

struct cJSON *usage_json(struct arena *a, const struct usage *u)
{
	struct cJSON *o = json_object(a);

	json_add_text(a, o, "account", u->login);
	json_add_text(a, o, "parent", u->parent);
	json_add_text(a, o, "role", u->role);
	json_add_i64(a, o, "domains", u->domains);
	json_add_i64(a, o, "mailboxes", u->mailboxes);
	json_add_i64(a, o, "size_bytes", u->size_bytes);
	json_add_i64(a, o, "size_bytes_max", u->size_bytes_max);
	json_add_i64(a, o, "messages", u->received + u->submitted);
	json_add_i64(a, o, "received", u->received);
	json_add_i64(a, o, "submitted", u->submitted);
	json_add_i64(a, o, "sent", u->sent);
	return o;
}
