/* Sends an update and waits for the answer: one TCP connection, with a deadline. */
#pragma once

#include "mailcore/net/dns_update.h"

/* RC_OK: something came, which need not be an answer; RC_TEMP: no connection, or nothing in time.
 * Memory: ctx->arena. Ends after timeout_ms, or at ctx->deadline_ms. */
MUST_CHECK enum rc update_exchange(struct ctx *ctx, const struct addr *server, struct span request,
	int64_t timeout_ms, struct span *out_reply);
