/*
 * Writing messages: header fields that cannot be injected into, bodies, multiparts.
 *
 * header_write is the only writer of header fields in the program. It refuses CR, LF and NUL in
 * names and values; it encodes what is not ASCII and folds before column 78 where it can; no line
 * is longer than 998. Messages end their lines with CRLF.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mailcore/base/arena.h"
#include "mailcore/base/rc.h"
#include "mailcore/base/span.h"
#include "mailcore/base/str.h"
#include "mailcore/mime/address.h"

/* Unstructured text (Subject): UTF-8, encoded when needed. RC_INVALID: CR, LF, NUL or malformed
 * UTF-8 in it; nothing is written. */
MUST_CHECK enum rc header_write_text(struct str *out, const char *name, struct span text);
/* Structured text that is ready (Received, DKIM-Signature): ASCII or UTF-8 as it is, folded at white
 * space. RC_INVALID also when a word is longer than a line may be. */
MUST_CHECK enum rc header_write(struct str *out, const char *name, struct span value);
/* name <local@domain>, ...; group marks are ignored. Nothing is written for an empty list. */
MUST_CHECK enum rc header_write_addresses(
	struct str *out, const char *name, const struct address *list, size_t n);
/* <id> <id>: ids without brackets; they may hold no white space and no angle brackets. */
MUST_CHECK enum rc header_write_ids(
	struct str *out, const char *name, const struct span *ids, size_t n);
/* Content-Type and the like: "text/plain" and parameters, each encoded by RFC 2231 when needed. */
struct build_param {
	const char *name;
	struct span value;
};
MUST_CHECK enum rc header_write_params(struct str *out, const char *name, struct span value,
	const struct build_param *params, size_t n);

struct build_attachment {
	struct span filename;   /* UTF-8 */
	struct span type;       /* "image/png"; application/octet-stream when empty or unreadable */
	struct span content_id; /* without brackets; not empty: an inline image of the HTML text */
	struct span bytes;
};

struct build_message {
	const struct address *from; /* one or more */
	size_t n_from;
	const struct address *sender; /* NULL, or one */
	const struct address *to;
	size_t n_to;
	const struct address *cc;
	size_t n_cc;
	const struct address *bcc; /* for drafts only */
	size_t n_bcc;
	const struct address *reply_to;
	size_t n_reply_to;
	struct span subject;
	int64_t date_s;
	int zone_minutes;
	struct span message_id; /* without brackets: see message_id_make */
	struct span in_reply_to;
	const struct span *references;
	size_t n_references;
	struct span text; /* UTF-8, any line ends */
	struct span html; /* UTF-8; not empty: multipart/alternative */
	const struct build_attachment *attachments;
	size_t n_attachments;
};

/* A whole message. RC_INVALID with the field named when an input cannot be written; RC_LIMIT when
 * it would pass out's maximum. */
MUST_CHECK enum rc message_build(struct str *out, const struct build_message *m, struct err *err);

/* 144 random bits @ host; without brackets. */
struct span message_id_make(struct arena *a, struct span host);
/* 70 characters at most that occur in no quoted-printable or base64 text. */
struct span boundary_make(struct arena *a);
/* A text part's Content-Type, Content-Transfer-Encoding and body: 7bit when possible, else
 * quoted-printable or base64, whichever is shorter. subtype: "plain", "html". */
MUST_CHECK enum rc text_part_write(struct str *out, const char *subtype, struct span utf8);
/* base64 in lines of 76 characters with CRLF. */
void base64_lines_add(struct str *out, struct span bytes);
