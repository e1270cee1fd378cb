/*
 * Folder names on the wire: modified UTF-7 (RFC 3501 §5.1.3) for IMAP4rev1, UTF-8 for IMAP4rev2;
 * and LIST patterns.
 *
 * Strict: what another spelling of the same name could be is refused (printable ASCII inside a
 * shift, padding bits, empty or adjacent shifts, lone surrogates), so a name has one form. Names
 * in the store are UTF-8 with '/' between levels. Linear; matching a pattern takes
 * its length times the name's, both bounded.
 */
#pragma once

#include <stdbool.h>

#include "mailcore/base/span.h"
#include "mailcore/base/str.h"

#define FOLDER_DELIMITER      '/'
#define MAILBOX_NAME_MAX      1000 /* octets of UTF-8 */
#define MAILBOX_PATTERN_MAX   1000
#define MAILBOX_NAME_WIRE_MAX 4000

/* Appends the name's UTF-8. False when the text is no modified UTF-7. */
bool mutf7_decode(struct span wire, struct str *out);
/* The reverse, of valid UTF-8; malformed bytes become U+FFFD. */
void mutf7_encode(struct span name, struct str *out);

/* A name or a pattern as it comes, to UTF-8 in NFC. False: malformed or too long. */
bool mailbox_text_decode(struct span wire, bool utf8, struct str *out);
/* A mailbox argument to the store's form: decoded, in NFC, INBOX in capitals (also as the first level), a
 * trailing delimiter dropped. False for a name that cannot exist: malformed, empty, control
 * characters, empty levels, too long. utf8: the client has enabled UTF-8 names. */
bool mailbox_name_parse(struct span wire, bool utf8, struct str *out);

/* "*" any text, "%" any text without a delimiter; INBOX in any case. name and pattern in UTF-8. */
bool list_pattern_match(struct span pattern, struct span name);
