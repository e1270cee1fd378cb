/* The directory's questions to the database (sql/queries/directory.sql). */
#pragma once

#include "mailcore/directory/directory.h"

enum entry_kind { ENTRY_MAILBOX = 'M', ENTRY_REMOTE = 'R', ENTRY_NOBODY = '-' };

struct entry {
	enum entry_kind kind;
	struct mailbox_ref mailbox;
	int64_t used_bytes;
	struct span address; /* remote */
	struct span detail;
};

/* No entry: the domain is not ours. Memory: ctx->arena. */
MUST_CHECK enum rc entry_resolve(struct ctx *ctx, struct span local, struct span domain,
	struct entry **out, size_t *out_len);
/* RC_NOT_FOUND. */
MUST_CHECK enum rc entry_find(
	struct ctx *ctx, struct span local, struct span domain, struct entry *out);
MUST_CHECK enum rc entry_find_id(struct ctx *ctx, int64_t mailbox_id, struct entry *out);
MUST_CHECK enum rc entry_domain(struct ctx *ctx, struct span domain, struct domain_ref *out);
MUST_CHECK enum rc entry_may_send(
	struct ctx *ctx, int64_t mailbox_id, struct span local, struct span domain, bool *out);
MUST_CHECK enum rc entry_may_post(
	struct ctx *ctx, struct span local, struct span domain, struct span sender, bool *out);
