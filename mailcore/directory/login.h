/* Log-in by SCRAM, step by step, for sasl_login.c. The limiter applies as in mailbox_login. */
#pragma once

#include "mailcore/directory/directory.h"
#include "mailcore/keys/keys.h"

/* RC_OK also for who does not exist; RC_LIMIT; RC_TEMP. */
MUST_CHECK enum rc mailbox_scram_salt(struct directory *d, struct ctx *ctx, struct span address,
	const char *peer, unsigned char out[static KEYS_SCRAM_SALT]);
/* RC_DENIED: wrong, or nobody; RC_LIMIT; RC_TEMP. */
MUST_CHECK enum rc mailbox_scram_verify(struct directory *d, struct ctx *ctx, struct span address,
	struct span message, const unsigned char proof[static KEYS_SCRAM_HASH], const char *peer,
	unsigned char out_signature[static KEYS_SCRAM_HASH], int64_t *out_mailbox_id);
/* Who has proved himself logs in: RC_CONFLICT: it is switched off; RC_DENIED: deleted meanwhile. */
MUST_CHECK enum rc mailbox_login_id(
	struct ctx *ctx, int64_t mailbox_id, const char *service, struct mailbox_ref *out);
