/*
 * Many mailboxes or aliases from CSV, and back. Each row is a creation of its own, with its own
 * answer: a refused one does not stop the others. With a dry run nothing stays. An import is a bulk
 * change (bulk.h), which can be undone as a whole.
 *
 * Mailboxes: address, password or password_hash, name, quota_bytes. Aliases: address, targets
 * (divided by blanks), name, posters. The first line names the columns; others are refused.
 */
#pragma once

#include "backend/accounts/actor.h"
#include "backend/accounts/services.h"
#include "mailcore/base/str.h"

#define IMPORT_ROWS_MAX 10000
#define IMPORT_TEXT_MAX (8u << 20)

enum import_kind { IMPORT_MAILBOXES, IMPORT_ALIASES, IMPORT_DOMAINS };
/* "mailboxes" and so on */
MUST_CHECK bool import_kind_parse(struct span text, enum import_kind *out);

struct import_fault {
	int64_t line;
	struct span object; /* the address, as far as it could be read */
	struct span field, detail;
};
struct import_result {
	int64_t bulk_id; /* undone by bulk_undo; 0: a dry run */
	int64_t created, refused;
	bool is_dry_run;
	struct import_fault *faults; /* the first of those refused */
	size_t n_faults;
};
#define IMPORT_FAULTS_MAX 1000

/* RC_INVALID (field "csv"): no columns that we know, too many rows. RC_TEMP: the database went away;
 * what was made stays made. */
struct import_ask {
	enum import_kind kind;
	struct span csv;
	bool with_domains; /* domains of mailboxes that are not there are added, for the actor */
};
MUST_CHECK enum rc import_csv(const struct services *s, struct ctx *ctx,
	const struct import_ask *ask, struct import_result *out, struct err *err);
struct cJSON *import_json(struct arena *a, const struct import_result *r);

/* All at and below the actor that match (domain, search, state, account), with the columns that
 * import_csv reads, but no passwords. */
MUST_CHECK enum rc export_csv(const struct services *s, struct ctx *ctx, enum import_kind kind,
	const struct list_ask *match, struct str *out, struct err *err);
