/*
 * The header of a message on its way in: what is taken out, what is refused. Pure.
 *
 * Everything that is not named here stays byte for byte, in its place.
 */
#pragma once

#include "mailcore/base/arena.h"
#include "mailcore/base/rc.h"
#include "mailcore/base/span.h"
#include "mailcore/base/str.h"

#define HEAD_RECEIVED_MAX 50 /* more is a loop (RFC 5321 §6.3) */

/* RC_LIMIT: a loop; RC_INVALID: two From fields, so that nobody can say whose it is. err->field is
 * the enhanced status. */
MUST_CHECK enum rc head_check(struct span head, struct err *err);
/* Appends the block without Return-Path, without Authentication-Results that claim to be ours
 * (RFC 8601 §5), and on submission without Bcc. */
void head_add_cleaned(
	struct arena *a, struct str *out, struct span head, const char *hostname, bool submission);
/* Does it say that it goes to many: List-Id or List-Unsubscribe (RFC 2919, 2369), or Precedence "bulk", "list"
 * or "junk"? */
bool head_is_bulk(struct span head);
/* Appends the block as our own user wrote it: without what intake puts on top (Return-Path, Received,
 * signatures). */
void head_add_own(struct str *out, struct span head);
