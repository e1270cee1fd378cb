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
	/* page_open_list only */
	bool is_down, is_first;
	struct span sort;
	int64_t number; /* before `after` in the key */
	int64_t account_id;
	struct span domain, search, state;
};

/* RC_INVALID: field "cursor" or "limit". */
MUST_CHECK enum rc page_open(
	struct ctx *ctx, const struct list_ask *ask, struct page *out, struct err *err);
/* A list that can be sorted and filtered. sorts: what it knows, the first if nothing is asked for;
 * ends with NULL. A cursor belongs to its order. RC_INVALID, RC_NOT_FOUND: the field is named. */
MUST_CHECK enum rc page_open_list(const struct services *s, struct ctx *ctx,
	const struct list_ask *ask, const char *const *sorts, struct page *out, struct err *err);
/* What the functions of sql/migrations *_lists.sql want last: order, key, limit. */
#define PAGE_ARGS(page)                                                                            \
	A_TEXT((page)->sort), A_BOOL((page)->is_down), A_BOOL((page)->is_first),                   \
		A_I64((page)->number), A_TEXT((page)->after)
/* Room for what is shown of rows, of which one more than page->limit was asked for; how many. */
void *page_items(struct ctx *ctx, const struct page *page, const struct rows *rows, size_t size,
	size_t *out_len);
/* The cursor behind what is shown; empty when that is all. The key stands in two columns of text,
 * or in one, given twice. */
struct span page_next(struct ctx *ctx, const struct page *page, const struct rows *rows,
	unsigned column, unsigned column_2);
/* The same for rows in the order of a number in their first column. */
struct span page_next_id(struct ctx *ctx, const struct page *page, const struct rows *rows);
/* Of a list of page_open_list: a number in `column`, two texts behind it. */
struct span page_next_of_list(
	struct ctx *ctx, const struct page *page, const struct rows *rows, unsigned column);
/* Of any other key. */
struct span page_cursor(struct arena *a, struct span key, struct span key_2);
