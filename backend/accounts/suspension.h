/*
 * Suspension: four switches, why, and until when. The same on accounts, domains and mailboxes; what
 * stands above counts too, which is the directory's business (mailcore/directory).
 *
 * A suspension that is over reads as none.
 */
#pragma once

#include "mailcore/base/ctx.h"
#include "mailcore/base/rc.h"
#include "mailcore/db/db.h"

struct cJSON;

#define SUSPEND_REASON_MAX 500

struct suspension {
	bool no_login, no_send, no_receive;
	bool hold_out; /* outgoing mail is kept until somebody releases it */
	struct span reason;
	int64_t until_us; /* 0: no end */
};

/* Absent fields stay as they are. */
struct suspension_change {
	bool set_no_login, set_no_send, set_no_receive, set_hold_out, set_reason, set_until;
	bool set_all, all; /* the first three together; ending it clears everything */
	struct suspension to;
};

/* Any switch. */
bool suspension_is_on(const struct suspension *s);
/* RC_INVALID: fields "suspend_reason", "suspend_until" (it must lie ahead). */
MUST_CHECK enum rc suspension_apply(
	struct suspension *s, const struct suspension_change *change, struct err *err);
bool suspension_is_changed(const struct suspension_change *change);

/* Seven columns from `col` on: the switches, reason, until, and whether that lies ahead. */
void suspension_read(
	struct ctx *ctx, const struct rows *rows, size_t row, unsigned col, struct suspension *out);
/* A_NULL without an end. */
struct arg suspension_until_arg(const struct suspension *s);
/* suspended, no_login, no_send, no_receive, hold_out, suspend_reason, suspend_until */
void suspension_add_json(struct arena *a, struct cJSON *o, const struct suspension *s);
