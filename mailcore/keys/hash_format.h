/*
 * Password hashes as text: which we can verify, and at what price.
 *
 * Known: Argon2id and Argon2i (m <= 65536 KiB, t <= 10, p = 1), crypt(3) $6$ and $5$ (rounds <=
 * 500,000), $2a$ $2b$ $2y$ (cost <= 13), $y$ (yescrypt up to jBT), $1$, and $mac$ (ours, for app
 * passwords). Costs are capped because customers import hashes and we pay for them at log-in.
 * Pure; at most HASH_TEXT_MAX bytes.
 */
#pragma once

#include <stdbool.h>

#include "mailcore/base/span.h"

#define HASH_TEXT_MAX 250

enum hash_kind {
	HASH_ARGON2,
	HASH_CRYPT, /* crypt(3) of libcrypt */
	HASH_MAC,
};

/* The whole span, without a {SCHEME} prefix. */
bool hash_format_parse(struct span text, enum hash_kind *out);
/* Drops Dovecot's {SCHEME}, if one is there that we know. */
struct span hash_format_strip(struct span text);
