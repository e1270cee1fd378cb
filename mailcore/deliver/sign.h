/*
 * DKIM signatures on mail of our own: the last thing that happens to its header (RFC 6376 §5).
 *
 * The domain of the From address signs, with each of its keys that is in use; so that DMARC finds
 * it aligned. A message with authors in several domains is left unsigned.
 */
#pragma once

#include "mailcore/base/ctx.h"
#include "mailcore/base/rc.h"
#include "mailcore/base/str.h"
#include "mailcore/deliver/spool.h"

struct keys;

/* Appends the DKIM-Signature fields for this head (final) and the body that begins at body_at.
 * RC_LIMIT: it has more header fields than can be signed. RC_TEMP. */
MUST_CHECK enum rc sign_add(struct keys *keys, struct ctx *ctx, struct span head,
	struct spool *body, size_t body_at, struct str *out);
