/*
 * Canonical forms (RFC 6376 §3.4): what is hashed of a header field and of a body.
 *
 * Both are linear and keep nothing of the message. Lines of a body end with CRLF; a bare CR or LF
 * is a byte like others. Header fields may end with a bare LF, which counts as CRLF.
 */
#pragma once

#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>

#include "mailcore/base/span.h"
#include "mailcore/base/str.h"
#include "mailcore/mime/header.h"

#define DKIM_HASH_SIZE 32 /* SHA-256 */

/* --- header fields --- */

/* Appends the field in its canonical form with CRLF; never longer than field->whole and CRLF. */
void canon_field_add(struct str *out, const struct header_field *field, bool relaxed);
/* The same for a signature's own field: without what lies in hole (a part of field->value), and
 * without CRLF. */
void canon_signature_add(
	struct str *out, const struct header_field *field, struct span hole, bool relaxed);

/* --- bodies --- */

struct body_hash {
	EVP_MD_CTX *md;
	bool relaxed;
	uint64_t limit;     /* l=: only so much is hashed; UINT64_MAX: all */
	uint64_t len;       /* of the canonical form so far */
	uint64_t line_ends; /* not written yet: the last ones do not count */
	bool space, cr;     /* the same for white space and a CR at the end of what came */
	size_t waiting;
	char buffer[1024];
};

void body_hash_init(struct body_hash *h, bool relaxed, uint64_t limit);
void body_hash_add(struct body_hash *h, struct span bytes);
/* No more bytes: h->len is the length of the canonical form. */
void body_hash_end(struct body_hash *h, unsigned char out[DKIM_HASH_SIZE]);
void body_hash_done(struct body_hash *h);
