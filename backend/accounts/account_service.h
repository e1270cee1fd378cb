/* Panel accounts: admins, resellers and customers, a tree. */
#pragma once

#include "backend/accounts/actor.h"
#include "backend/accounts/services.h"

struct account {
	int64_t account_id;
	int64_t parent_id; /* 0: the first admin */
	enum account_role role;
	struct span login, name;
	struct span parent; /* login of the parent as far as the actor may see it */
	bool suspended;
	int64_t domains, mailboxes; /* at and below */
	int64_t created_at_us;
};
struct accounts {
	struct account *items;
	size_t len;
	struct span next_cursor; /* empty: the last page */
};

struct account_new {
	struct span login; /* letters, digits, '.', '-', '_', '@'; lower-cased */
	struct span password;
	struct span name;
	enum account_role role;
	struct span parent; /* login; empty: the actor's own account */
};

/* The first admin, when there is no account at all (RC_EXISTS otherwise). Needs no actor. */
MUST_CHECK enum rc account_create_first(const struct services *s, struct ctx *ctx,
	struct span login, struct span password, struct account *out, struct err *err);
/* Admins make resellers and customers, resellers make customers. */
MUST_CHECK enum rc account_create(const struct services *s, struct ctx *ctx,
	const struct account_new *in, struct account *out, struct err *err);
/* login empty: the actor's own account. */
MUST_CHECK enum rc account_get(const struct services *s, struct ctx *ctx, struct span login,
	struct account *out, struct err *err);
MUST_CHECK enum rc account_list(const struct services *s, struct ctx *ctx,
	const struct list_ask *ask, struct accounts *out, struct err *err);
MUST_CHECK enum rc account_set_password(const struct services *s, struct ctx *ctx,
	struct span login, struct span password, struct err *err);
/* One's own: the current password is asked; other sessions end. */
MUST_CHECK enum rc account_change_password(const struct services *s, struct ctx *ctx,
	struct span current, struct span password, struct err *err);
/* A suspended account, and all below it, cannot log in and its tokens are refused. */
MUST_CHECK enum rc account_suspend(const struct services *s, struct ctx *ctx, struct span login,
	bool suspended, struct account *out, struct err *err);

struct cJSON *account_json(struct arena *a, const struct account *account);
