/*
 * What our users send, in the form that every server takes, before it is signed (mime/transfer.h).
 *
 * Afterwards nothing changes it any more, neither we nor who has no 8BITMIME, and signatures hold.
 */
#pragma once

#include "mailcore/base/ctx.h"
#include "mailcore/base/rc.h"
#include "mailcore/deliver/spool.h"
#include "mailcore/mime/transfer.h"

/* `watch` has seen all of the message: when that is necessary the message is written anew, and
 * watch says what could not be mended. *out_parts: so many were encoded. RC_TEMP: disk trouble. */
MUST_CHECK enum rc encode_message(
	struct spool *message, struct transfer_watch *watch, size_t *out_parts);
