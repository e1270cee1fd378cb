/*
 * What holds for mail from our own users (RFC 6409): whose name it may carry, and what is added
 * that a mail program has left out. Used by intake for every message that has a sender.
 */
#pragma once

#include "mailcore/base/ctx.h"
#include "mailcore/base/rc.h"
#include "mailcore/base/str.h"
#include "mailcore/directory/directory.h"

#define SUBMIT_AUTHORS_MAX 10

/* Every address of From, Sender, Resent-From and Resent-Sender must be the mailbox's own.
 * RC_DENIED, RC_INVALID (no From, or none that can be read): err says why, err->field holds the
 * enhanced status. RC_TEMP. */
MUST_CHECK enum rc submit_check(
	struct ctx *ctx, const struct mailbox_ref *sender, struct span head, struct err *err);
/* Appends Date and Message-ID fields where the head has none. */
void submit_add_missing(
	struct arena *a, struct str *out, struct span head, const char *hostname, int64_t now_s);
