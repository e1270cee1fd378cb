/* Base64 (RFC 4648 §4), base64url without padding (§5), and hexadecimal. */
#pragma once

#include "mailcore/base/span.h"
#include "mailcore/base/str.h"

void base64_add(struct str *out, struct span bytes);
void base64url_add(struct str *out, struct span bytes);
/* Strict: canonical padding, no white space, no stray bits. For protocol data (SASL, keys). */
bool base64_decode(struct span text, struct str *out);
/* Strict, padding absent. */
bool base64url_decode(struct span text, struct str *out);
/* Lenient, for message bodies: skips everything outside the alphabet, stops at padding. */
void base64_decode_lenient(struct span text, struct str *out);

void hex_add(struct str *out, struct span bytes); /* lower case */
bool hex_decode(struct span text, struct str *out);
