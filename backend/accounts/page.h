/*
 * Pages of a list: keyset pagination. A cursor is the key of the last row that was shown, in
 * base64url, so that it says nothing and breaks when it is touched.
 */
#pragma once

#include "backend/accounts/services.h"

struct page {
	int64_t limit;     /* rows to show */
	struct span after; /* first part of the key; empty: from the start */
	struct span after_2;
};

/* RC_INVALID: field "cursor" or "limit". */
MUST_CHECK enum rc page_open(
	struct ctx *ctx, const struct list_ask *ask, struct page *out, struct err *err);
struct span page_cursor(struct arena *a, struct span key, struct span key_2);
