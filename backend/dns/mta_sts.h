/*
 * MTA-STS (RFC 8461): the policy that asks senders to insist on TLS. Pure.
 *
 * "testing" only asks for reports; it does no harm while the certificate of mta-sts.DOMAIN is not
 * there yet.
 */
#pragma once

#include "mailcore/base/arena.h"
#include "mailcore/base/span.h"
#include "mailcore/base/str.h"

#define MTA_STS_ID_LEN    16
#define MTA_STS_MAX_AGE_S 604800 /* a week: long enough to count, short enough to leave */

/* The text of /.well-known/mta-sts.txt. mode: "testing", "enforce" or "none". */
void mta_sts_policy_add(struct str *out, struct span hostname, struct span mode);
/* The id of that policy for the record: another policy has another id. */
struct span mta_sts_id(struct arena *a, struct span hostname, struct span mode);
