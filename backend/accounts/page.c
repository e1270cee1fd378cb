/* Pages of a list. */
#include "backend/accounts/page.h"

#include "mailcore/base/base64.h"
#include "mailcore/base/utf8.h"
#include "mailcore/db/db.h"

#define CURSOR_MAX 1000
#define SEPARATOR  '\n' /* in no name */

static bool read_cursor(struct ctx *ctx, struct span cursor, struct page *out)
{
	struct str text = str_in(ctx->arena, CURSOR_MAX);
	struct span rest, part = SPAN("");

	if (cursor.len > CURSOR_MAX || !base64url_decode(cursor, &text) || !str_ok(&text))
		return false;
	rest = str_span(&text);
	if (!utf8_valid(rest) || span_find(rest, '\0') != SPAN_NPOS)
		return false;
	if (!span_split(&rest, SEPARATOR, &part) || part.len == 0)
		return false;
	out->after = part;
	out->after_2 = rest.ptr ? rest : SPAN("");
	return true;
}

enum rc page_open(struct ctx *ctx, const struct list_ask *ask, struct page *out, struct err *err)
{
	*out = (struct page){ .limit = ask->limit ? ask->limit : LIST_LIMIT_DEFAULT };
	if (out->limit < 1 || out->limit > LIST_LIMIT_MAX)
		return err_set(err, RC_INVALID, "limit", "limit must be between 1 and %d.",
			LIST_LIMIT_MAX);
	out->after = out->after_2 = SPAN("");
	if (ask->cursor.len > 0 && !read_cursor(ctx, ask->cursor, out))
		return err_set(err, RC_INVALID, "cursor", "This cursor is not one of ours.");
	return RC_OK;
}

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
