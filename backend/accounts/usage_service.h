/* What accounts use, for billing. */
#pragma once

#include "backend/accounts/services.h"

struct usage {
	struct span login, parent, role;
	int64_t domains, mailboxes, size_bytes; /* now */
	int64_t size_bytes_max;                 /* the largest day of the month */
	/* In the month: deliveries to mailboxes, messages handed in, deliveries to other servers. */
	int64_t received, submitted, sent;
};
struct usages {
	struct span month; /* "2026-11" */
	struct usage *items;
	size_t len;
	struct span next_cursor;
};

/* month: "2026-11"; empty: the current one. */
MUST_CHECK enum rc usage_list(const struct services *s, struct ctx *ctx, const struct list_ask *ask,
	struct span month, struct usages *out, struct err *err);
/* Does the database answer? For health. */
MUST_CHECK enum rc database_check(struct ctx *ctx);

struct cJSON *usage_json(struct arena *a, const struct usage *u);
