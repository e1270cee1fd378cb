/*
 * What is in a message, for people and search: decoded bodies, plain text, preview, attachments.
 *
 * Output sizes are the caller's: the str's maximum cuts nothing silently, it fails the str, except
 * where a function says that it stops early.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "mailcore/base/arena.h"
#include "mailcore/base/span.h"
#include "mailcore/base/str.h"

struct part;

#define PREVIEW_CHARS 200

/* Appends the body with its transfer encoding removed. False when the encoding is unknown: the
 * bytes are appended as they are (IMAP BINARY: NO [UNKNOWN-CTE]). */
bool part_decode(struct str *out, const struct part *p);
/* Appends the decoded body of a text part as valid UTF-8 with LF line ends; unknown charsets are
 * read as by charset_guess_to_utf8. */
void part_text_add(struct str *out, const struct part *p);
/* The visible text of HTML, linear in its size: tags, comments, script, style and head dropped,
 * blocks as line breaks, white space folded, character references resolved. Stops early when out
 * holds `enough` bytes. */
void html_text_add(struct str *out, struct span html_utf8, size_t enough);

/* The part that shows the message: the first text/plain (html = false) or text/html (html = true)
 * that is no attachment and in no embedded message; NULL when there is none. */
const struct part *mime_find_text(const struct part *root, bool html);
/* The first readable characters (at most max_chars) of the plain or HTML text on one line, white
 * space folded, quoted lines ("> ...") left out when something else is there. */
void mime_preview_add(struct str *out, const struct part *root, size_t max_chars);
/* What there is to search in one part, its children not included: text of any kind as it is, HTML
 * as visible text; of an embedded message its header. */
#define MIME_PART_TEXT_MAX(p) (4 * ((p)->body.len + (p)->header.len) + 64)
void mime_part_text_add(struct str *out, const struct part *p);
/* The same of all parts; stops early at max_bytes. */
void mime_text_add(struct str *out, const struct part *root, size_t max_bytes);

/* filename, or name, decoded (RFC 2231, and the RFC 2047 that senders use), one line of UTF-8
 * without path separators, at most 255 bytes; ptr is NULL when absent. */
struct span part_filename(struct arena *a, const struct part *p);
/* A part that a mail program lists for saving: said to be an attachment, or neither text to read
 * nor a picture of the HTML, a signature or a report's data. */
bool part_is_attachment(const struct part *p);
bool mime_has_attachment(const struct part *root);

struct attachment {
	const struct part *part;
	struct span filename; /* never empty: "unnamed.png" when the sender gave none */
	struct span section;  /* "1.2", the IMAP section number */
	size_t size;          /* about, after decoding */
};
/* In reading order, embedded messages whole; returns how many. */
size_t mime_attachments(struct arena *a, const struct part *root, struct attachment **out);
