/* The part of a SASL exchange that asks the directory: salts, proofs, passwords. */
#pragma once

#include "mailcore/base/ctx.h"
#include "mailcore/base/rc.h"
#include "mailcore/directory/directory.h"
#include "mailcore/directory/sasl.h"

/* Goes on from a state that sasl_begin or sasl_next gave. SASL_CONTINUE: send sasl_challenge.
 * SASL_READY: it is over, *rc says how, as mailbox_login; *out on RC_OK. SASL_CANCELLED and
 * SASL_MALFORMED as they came. */
enum sasl_state sasl_log_in(struct directory *d, struct ctx *ctx, struct sasl *s,
	enum sasl_state state, const char *service, const char *peer, enum rc *rc,
	struct mailbox_ref *out);
