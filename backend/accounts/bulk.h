/*
 * Many changes at once, and their undo.
 *
 * Each object goes through its own service, in a transaction of its own, so limits, rights and the
 * audit log are those of a single change; what one object refuses does not stop the others. The
 * rows of the audit log carry the number of the bulk change; undoing walks them backwards. What was
 * changed again in the meantime (by its version) stays as it is and is told.
 *
 * Limits: 10,000 objects; 30 days of undo; 1,000 refusals are kept with their reasons.
 */
#pragma once

#include "backend/accounts/actor.h"
#include "backend/accounts/services.h"

#define BULK_MAX        10000
#define BULK_FAULTS_MAX 1000

enum bulk_action {
	BULK_IMPORT, /* import_service.h */
	BULK_SUSPEND,
	BULK_RESUME,
	BULK_DELETE,
	BULK_QUOTA, /* mailboxes */
	BULK_PLAN,  /* accounts */
};
enum bulk_kind { BULK_MAILBOXES, BULK_ALIASES, BULK_DOMAINS, BULK_ACCOUNTS };

/* "mailboxes", "suspend"; end with NULL. */
extern const char *const bulk_kind_names[], *const bulk_action_names[];
/* Does this kind of thing know this action? */
bool bulk_allows(enum bulk_kind kind, enum bulk_action action);

struct bulk_fault {
	struct span object, detail;
};
struct bulk {
	int64_t bulk_id; /* 0: a dry run, or nothing was done */
	enum bulk_action action;
	enum bulk_kind kind;
	struct span actor;
	int64_t done, refused;
	int64_t created_at_us;
	int64_t undone_at_us; /* 0: not undone */
	int64_t undone, kept;
	const struct bulk_fault *faults; /* only from bulk_run and bulk_undo */
	size_t n_faults;
};
struct bulks {
	struct bulk *items;
	size_t len;
	struct span next_cursor;
};

struct bulk_ask {
	enum bulk_kind kind;
	enum bulk_action action;
	const struct span *names; /* addresses, domains, log-ins */
	size_t n_names;
	bool all;              /* instead: everything that matches */
	struct list_ask match; /* q, domain, state, account, role; the rest is ignored */
	int64_t quota_bytes;
	struct span plan;   /* name or number; empty: none */
	struct span reason; /* of a suspension */
};

/* How many it would be. RC_LIMIT: more than BULK_MAX. */
MUST_CHECK enum rc bulk_count(const struct services *s, struct ctx *ctx, const struct bulk_ask *ask,
	size_t *out, struct err *err);
MUST_CHECK enum rc bulk_run(const struct services *s, struct ctx *ctx, const struct bulk_ask *ask,
	struct bulk *out, struct err *err);
MUST_CHECK enum rc bulk_get(const struct services *s, struct ctx *ctx, int64_t bulk_id,
	struct bulk *out, struct err *err);
/* The newest first. */
MUST_CHECK enum rc bulk_list(const struct services *s, struct ctx *ctx, const struct list_ask *ask,
	struct bulks *out, struct err *err);
/* RC_CONFLICT: it was undone already. */
MUST_CHECK enum rc bulk_undo(const struct services *s, struct ctx *ctx, int64_t bulk_id,
	struct bulk *out, struct err *err);

struct cJSON *bulk_json(struct arena *a, const struct bulk *b);

/* The frame of a bulk change: from begin to end, what services change belongs to it. */
struct bulk_work {
	struct bulk bulk;
	struct actor actor;        /* the one who asked, with the number */
	const struct actor *asked; /* to return to */
	struct bulk_fault *faults;
};
MUST_CHECK enum rc bulk_begin(struct ctx *ctx, enum bulk_kind kind, enum bulk_action action,
	struct bulk_work *out, struct err *err);
/* What became of one object. */
void bulk_note(struct ctx *ctx, struct bulk_work *w, struct span object, enum rc rc,
	const struct err *err);
MUST_CHECK enum rc bulk_end(struct ctx *ctx, struct bulk_work *w, struct err *err);

/* Housekeeping: those that cannot be undone any more. */
MUST_CHECK enum rc bulk_collect(struct ctx *ctx, int64_t *out_deleted);
