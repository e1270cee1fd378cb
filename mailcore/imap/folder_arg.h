/* Folder names in commands: taken from the arguments, read in the client's form, looked up. */
#pragma once

#include "mailcore/imap/session.h"

/* SP mailbox, as it stands on the wire. False: syntax. */
bool folder_wire_take(struct command *cmd, struct span *out);
/* Its UTF-8, in the arena. False: no folder can have this name. */
bool folder_name_decode(struct imap *s, struct arena *a, struct span wire, struct span *out);
/* RC_NOT_FOUND; RC_INVALID: no folder can have this name; RC_TEMP. */
MUST_CHECK enum rc folder_of_arg(
	struct imap *s, struct ctx *ctx, struct span wire, struct folder *out);
