/*
 * Sender rewriting for forwarded mail (SRS0 and SRS1), so that SPF of the next server looks at our
 * domain and its bounces come back to us, to be sent on to where they belong.
 *
 *   ann@x.test             -> SRS0=hash=day=x.test=ann@ours
 *   SRS0=...@forwarder     -> SRS1=hash=forwarder==...@ours
 *
 * hash: 30 bits of HMAC-SHA256 over what follows, in base32, because a local part may come back in
 * another case. day: two base32 digits of the days since 1970, modulo 1,024; good for SRS_DAYS.
 * Pure. Limits: addresses of SRS_MAX octets; a local part above 64 octets is RC_LIMIT.
 */
#pragma once

#include "mailcore/base/arena.h"
#include "mailcore/base/rc.h"
#include "mailcore/base/span.h"

#define SRS_MAX  254
#define SRS_DAYS 21

/* Does a local part look like one of ours? */
bool srs_is(struct span local);
/* sender: not the null sender. RC_INVALID: no address; RC_LIMIT: it would be too long. */
MUST_CHECK enum rc srs_forward(struct arena *a, struct span secret, struct span sender,
	struct span our_domain, int64_t now_s, struct span *out);
/* The address that a bounce to local@ours is for. RC_DENIED: not made by us, or too old. */
MUST_CHECK enum rc srs_reverse(
	struct arena *a, struct span secret, struct span local, int64_t now_s, struct span *out);
