/* The STATUS answer, for STATUS and LIST ... RETURN (STATUS (...)). */
#pragma once

#include "mailcore/imap/session.h"

/* Untagged STATUS of one folder; items: enum status_item. RC_TEMP, RC_NOT_FOUND: nothing said. */
MUST_CHECK enum rc status_reply(
	struct imap *s, struct ctx *ctx, const struct folder *folder, unsigned items);
