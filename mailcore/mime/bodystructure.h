/*
 * IMAP BODY and BODYSTRUCTURE (RFC 9051 §7.5.2) of a parsed message.
 *
 * The text is valid for every tree and holds printable ASCII only: no literals, no 8-bit, no line
 * ends, so it can be stored as it goes on the wire and is right for clients with and without
 * UTF8=ACCEPT. Parameters with other characters appear in RFC 2231 form (name* and UTF-8''...),
 * other text as encoded-words.
 */
#pragma once

#include <stdbool.h>

#include "mailcore/base/str.h"

struct part;

/* extended: BODYSTRUCTURE; else BODY. */
void bodystructure_add(struct str *out, const struct part *root, bool extended);
