/* Panel accounts: admins, resellers and customers, a tree. */
#pragma once

#include "backend/accounts/actor.h"
#include "backend/accounts/services.h"
#include "backend/accounts/suspension.h"

/* What an account may have, what the plans of the accounts right below promise, what is used. */
struct pool_usage {
	const char *kind; /* pool_name() */
	int64_t pool;     /* -1: no limit */
	int64_t given_out, used;
};
#define POOL_KINDS 4

struct account {
	int64_t account_id;
	int64_t parent_id; /* 0: the first admin */
	enum account_role role;
	struct span login, name;
	struct span parent; /* login of the parent as far as the actor may see it */
	struct suspension suspension;
	bool require_second_factor; /* of itself and all accounts below */
	struct span contact;        /* where mail to it goes; empty: its log-in name */
	struct span language;       /* of its pages: "de"; empty: what the browser asks for */
	int64_t plan_id;            /* 0: none */
	struct span plan;
	int64_t domains, mailboxes; /* at and below */
	int64_t created_at_us, deleted_at_us;
	int64_t version;
	struct pool_usage pools[POOL_KINDS]; /* only from account_get: kind NULL otherwise */
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
	struct span plan;   /* name or number; empty: none */
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
/* RC_INVALID: not the actor's own password (field "current"). */
MUST_CHECK enum rc account_check_password(
	const struct services *s, struct ctx *ctx, struct span current, struct err *err);
MUST_CHECK enum rc account_change_password(const struct services *s, struct ctx *ctx,
	struct span current, struct span password, struct err *err);
struct account_change {
	bool set_name, set_plan, set_require_factor, set_contact, set_language;
	bool require_second_factor;
	struct span contact, language;
	struct span name;
	struct span plan; /* name or number; empty: none */
	struct suspension_change suspension;
	int64_t version; /* If-Match; 0: any */
};
/* Plan and suspension are for those above: RC_DENIED for one's own account. An account whose log-in
 * is switched off, and all below it, cannot log in and its tokens are refused. */
MUST_CHECK enum rc account_update(const struct services *s, struct ctx *ctx, struct span login,
	const struct account_change *change, struct account *out, struct err *err);
/* With all accounts, domains and mailboxes below it; 30 days of undo. Never one's own. */
MUST_CHECK enum rc account_delete(const struct services *s, struct ctx *ctx, struct span login,
	int64_t version, struct err *err);
/* RC_EXISTS: one of the names has been taken; RC_LIMIT: no room any more; RC_CONFLICT: the account
 * above it is deleted too. */
MUST_CHECK enum rc account_restore(const struct services *s, struct ctx *ctx, struct span login,
	struct account *out, struct err *err);

struct cJSON *account_json(struct arena *a, const struct account *account);
