/*
 * Pages of a list: keyset pagination. A cursor is the key of the last row that was shown, in
 * base64url, so that it says nothing and breaks when it is touched.
 */
#pragma once

#include "backend/accounts/services.h"

struct rows;

struct page {
	int64_t limit;     /* rows to show */
	struct span after; /* first part of the key; empty: from the start */
	struct span after_2;
};

/* RC_INVALID: field "cursor" or "limit". */
MUST_CHECK enum rc page_open(
	struct ctx *ctx, const struct list_ask *ask, struct page *out, struct err *err);
/* Room for what is shown of rows, of which one more than page->limit was asked for; how many. */
void *page_items(struct ctx *ctx, const struct page *page, const struct rows *rows, size_t size,
	size_t *out_len);
/* The cursor behind what is shown; empty when that is all. The key stands in two columns of text,
 * or in one, given twice. */
struct span page_next(struct ctx *ctx, const struct page *page, const struct rows *rows,
	unsigned column, unsigned column_2);
/* The same for rows in the order of a number in their first column. */
struct span page_next_id(struct ctx *ctx, const struct page *page, const struct rows *rows);
/* Of any other key. */
struct span page_cursor(struct arena *a, struct span key, struct span key_2);
