/* The folder and mail_root tables. All inside the caller's tx or as a statement of their own. */
#pragma once

#include "mailcore/store/store_impl.h"

MUST_CHECK enum rc folder_repo_list(struct ctx *ctx, int64_t mailbox_id, struct folders *out);
/* By name, or by role when name.ptr is NULL. */
MUST_CHECK enum rc folder_repo_find(struct ctx *ctx, int64_t mailbox_id, struct span name,
	struct span role, struct folder *out);
/* Which of the names exist, and how many folders the mailbox has. */
MUST_CHECK enum rc folder_repo_existing(struct ctx *ctx, int64_t mailbox_id,
	const struct span *names, size_t n, bool *out_exists, int64_t *out_count);
/* Takes ids and UIDVALIDITYs for n new folders; from here on the folder list is this tx's. */
MUST_CHECK enum rc folder_repo_take_ids(struct ctx *ctx, int64_t mailbox_id, size_t n,
	int64_t *out_folder_id, int64_t *out_uidvalidity);
MUST_CHECK enum rc folder_repo_insert(struct ctx *ctx, int64_t mailbox_id, int64_t first_id,
	int64_t first_uidvalidity, const struct span *names, const struct span *roles, size_t n);
MUST_CHECK enum rc folder_repo_drop(struct ctx *ctx, int64_t mailbox_id, int64_t folder_id);

struct folder_place {
	int64_t folder_id, uidvalidity;
	struct span name, role;
};
/* A folder and all below it, locked in ascending order. */
MUST_CHECK enum rc folder_repo_tree(struct ctx *ctx, int64_t mailbox_id, struct span name,
	struct folder_place **out, size_t *out_len);
/* The largest UIDVALIDITY a deleted folder of each name has had; 0: never was one. */
MUST_CHECK enum rc folder_repo_past(struct ctx *ctx, int64_t mailbox_id, const struct span *names,
	size_t n, int64_t *out_uidvalidity);
/* New names and UIDVALIDITYs. */
MUST_CHECK enum rc folder_repo_rename(
	struct ctx *ctx, int64_t mailbox_id, const struct folder_place *places, size_t n);
