/*
 * One message while a FETCH or SEARCH looks into it: its bytes and, once somebody asks, its parts.
 * Memory is the arena's given.
 */
#pragma once

#include "mailcore/base/arena.h"
#include "mailcore/imap/syntax/fetch_items.h"

struct open_message {
	struct arena *a;
	struct span bytes; /* all, or the header block only */
	struct part *root; /* NULL: not parsed yet */
};

const struct part *open_message_root(struct open_message *m);
/* The octets of BODY[section]; false: there is no such part (NIL). */
bool open_message_section(struct open_message *m, const struct section *section, struct span *out);
/* The decoded octets of BINARY[section]. RC_NOT_FOUND: no such part; RC_INVALID: the encoding is
 * unknown. */
MUST_CHECK enum rc open_message_binary(
	struct open_message *m, const struct section *section, struct span *out);
