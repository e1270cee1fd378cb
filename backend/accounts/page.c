/* Pages of a list. */
#include "backend/accounts/page.h"

#include "backend/accounts/account_repo.h"
#include "backend/accounts/domain_service.h"
#include "backend/accounts/service.h"
#include "mailcore/base/base64.h"
#include "mailcore/base/utf8.h"
#include "mailcore/db/db.h"

#define CURSOR_MAX 1000
#define SEPARATOR  '\n' /* in no name */

static bool decode_cursor(struct ctx *ctx, struct span cursor, struct span *out)
{
	struct str text = str_in(ctx->arena, CURSOR_MAX);

	if (cursor.len > CURSOR_MAX || !base64url_decode(cursor, &text) || !str_ok(&text))
		return false;
	*out = str_span(&text);
	return utf8_valid(*out) && span_find(*out, '\0') == SPAN_NPOS;
}

static bool read_key(struct span rest, struct page *out)
{
	struct span part = SPAN("");

	if (!span_split(&rest, SEPARATOR, &part) || part.len == 0)
		return false;
	out->after = part;
	out->after_2 = rest.ptr ? rest : SPAN("");
	return true;
}

static enum rc open_limit(const struct list_ask *ask, struct page *out, struct err *err)
{
	*out = (struct page){ .limit = ask->limit ? ask->limit : LIST_LIMIT_DEFAULT,
		.is_first = ask->cursor.len == 0,
		.after = SPAN(""),
		.after_2 = SPAN("") };
	if (out->limit < 1 || out->limit > LIST_LIMIT_MAX)
		return err_set(err, RC_INVALID, "limit", "limit must be between 1 and %d.",
			LIST_LIMIT_MAX);
	return RC_OK;
}

static enum rc bad_cursor(struct err *err)
{
	return err_set(err, RC_INVALID, "cursor", "This cursor is not one of ours.");
}

enum rc page_open(struct ctx *ctx, const struct list_ask *ask, struct page *out, struct err *err)
{
	struct span text = SPAN("");
	enum rc rc = open_limit(ask, out, err);

	if (rc != RC_OK || out->is_first)
		return rc;
	if (!decode_cursor(ctx, ask->cursor, &text) || !read_key(text, out))
		return bad_cursor(err);
	return RC_OK;
}

/* ------------------------------------------------------------------------ sorted lists */

static enum rc open_sort(
	const struct list_ask *ask, const char *const *sorts, struct page *out, struct err *err)
{
	struct span sort = ask->sort.len > 0 ? ask->sort : span_of(sorts[0]);

	out->is_down = span_starts(sort, SPAN("-"));
	out->sort = out->is_down ? span_from(sort, 1) : sort;
	for (const char *const *s = sorts; *s; s++) {
		if (span_eq(out->sort, span_of(*s)))
			return RC_OK;
	}
	return err_set(err, RC_INVALID, "sort", "This list cannot be sorted like that.");
}

/* "-created" NL number NL key NL key_2 */
static bool read_list_cursor(struct ctx *ctx, struct span cursor, struct page *out)
{
	struct span rest, sort = SPAN(""), number = SPAN("");

	if (!decode_cursor(ctx, cursor, &rest) || !span_split(&rest, SEPARATOR, &sort) ||
		!span_split(&rest, SEPARATOR, &number))
		return false;
	bool is_down = span_starts(sort, SPAN("-"));
	bool is_negative = span_starts(number, SPAN("-"));
	uint64_t n;
	if (is_down != out->is_down || !span_eq(is_down ? span_from(sort, 1) : sort, out->sort) ||
		!span_u64(is_negative ? span_from(number, 1) : number, INT64_MAX, &n))
		return false;
	out->number = is_negative ? -(int64_t)n : (int64_t)n;
	return read_key(rest, out);
}

/* Sizes of a hundred thousand mailboxes would have to be added up. */
static enum rc check_sort(const struct ctx *ctx, const struct page *page, struct err *err)
{
	bool is_sum = span_eq(page->sort, SPAN("size")) || span_eq(page->sort, SPAN("messages"));

	if (!is_sum || page->domain.len > 0 || ctx->actor->role != ROLE_ADMIN ||
		page->account_id != ctx->actor->account_id)
		return RC_OK;
	return err_set(err, RC_INVALID, "sort",
		"In this order only the mailboxes of a domain or of one account can be shown.");
}

static enum rc open_filters(const struct services *s, struct ctx *ctx, const struct list_ask *ask,
	struct page *out, struct err *err)
{
	struct account account = { .account_id = ctx->actor->account_id };
	struct domain domain = { .name = SPAN("") };
	enum rc rc = RC_OK;

	if (ask->account.len > 0)
		rc = account_find(ctx, ask->account, &account);
	if (rc == RC_NOT_FOUND)
		return not_found(err, "account", "account");
	if (rc == RC_OK && ask->domain.len > 0)
		rc = domain_get(s, ctx, ask->domain, &domain, err);
	out->account_id = account.account_id;
	out->domain = domain.name;
	out->search = ask->search;
	out->state = ask->state;
	return with_reason(err, rc);
}

enum rc page_open_list(const struct services *s, struct ctx *ctx, const struct list_ask *ask,
	const char *const *sorts, struct page *out, struct err *err)
{
	enum rc rc = open_limit(ask, out, err);

	if (rc == RC_OK)
		rc = open_sort(ask, sorts, out, err);
	if (rc != RC_OK)
		return rc;
	if (!out->is_first && !read_list_cursor(ctx, ask->cursor, out))
		return bad_cursor(err);
	if (ask->state.len > 0 && !span_eq(ask->state, SPAN("active")) &&
		!span_eq(ask->state, SPAN("suspended")))
		return err_set(err, RC_INVALID, "state", "One of active and suspended.");
	rc = open_filters(s, ctx, ask, out, err);
	return rc == RC_OK ? check_sort(ctx, out, err) : rc;
}

/* ------------------------------------------------------------------------ answers */

struct span page_cursor(struct arena *a, struct span key, struct span key_2)
{
	struct span text =
		arena_printf(a, SPAN_FMT "%c" SPAN_FMT, SPAN_ARG(key), SEPARATOR, SPAN_ARG(key_2));
	struct str out = str_in(a, text.len * 2 + 8);

	base64url_add(&out, text);
	return str_span(&out);
}

static size_t shown(const struct page *page, const struct rows *rows)
{
	size_t limit = (size_t)page->limit;

	return rows_len(rows) > limit ? limit : rows_len(rows);
}

void *page_items(struct ctx *ctx, const struct page *page, const struct rows *rows, size_t size,
	size_t *out_len)
{
	*out_len = shown(page, rows);
	return arena_array(ctx->arena, *out_len, size);
}

struct span page_next(struct ctx *ctx, const struct page *page, const struct rows *rows,
	unsigned column, unsigned column_2)
{
	size_t n = shown(page, rows);

	if (n == rows_len(rows))
		return SPAN("");
	return page_cursor(ctx->arena, row_text(rows, n - 1, column),
		column_2 == column ? SPAN("") : row_text(rows, n - 1, column_2));
}

struct span page_next_id(struct ctx *ctx, const struct page *page, const struct rows *rows)
{
	size_t n = shown(page, rows);

	if (n == rows_len(rows))
		return SPAN("");
	return page_cursor(ctx->arena,
		arena_printf(ctx->arena, "%lld", (long long)row_i64(rows, n - 1, 0)), SPAN(""));
}

struct span page_next_of_list(
	struct ctx *ctx, const struct page *page, const struct rows *rows, unsigned column)
{
	size_t n = shown(page, rows);

	if (n == rows_len(rows))
		return SPAN("");
	struct span order = arena_printf(ctx->arena, "%s" SPAN_FMT "%c%lld%c" SPAN_FMT,
		page->is_down ? "-" : "", SPAN_ARG(page->sort), SEPARATOR,
		(long long)row_i64(rows, n - 1, column), SEPARATOR,
		SPAN_ARG(row_text(rows, n - 1, column + 1)));
	return page_cursor(ctx->arena, order, row_text(rows, n - 1, column + 2));
}
