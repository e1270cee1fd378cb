/*
 * IMAP ENVELOPE (RFC 9051 §7.5.2) of a header block, and the two string writers that
 * bodystructure.c shares: printable ASCII only, see there.
 *
 * Sender and Reply-To default to From. Of a field that comes several times, address fields are
 * joined and the first of the others counts.
 */
#pragma once

#include "mailcore/base/span.h"
#include "mailcore/base/str.h"

void envelope_add(struct str *out, struct span header_block);

/* An IMAP quoted string of one line of text, whatever its bytes: text with other characters than
 * ASCII becomes encoded-words, controls become spaces. */
void imap_text_add(struct str *out, struct span text);
/* The same, NIL when ptr is NULL. */
void imap_ntext_add(struct str *out, struct span text);
