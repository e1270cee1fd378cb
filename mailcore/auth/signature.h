/*
 * A DKIM-Signature field (RFC 6376 §3.5), and its sisters ARC-Message-Signature and ARC-Seal
 * (RFC 8617 §4.1): parsed, and judged as far as that needs no DNS. Pure.
 *
 * Limits: SIGNED_NAMES_MAX names in h=, tags as in tag_list.h.
 */
#pragma once

#include <stdint.h>

#include "mailcore/auth/canon.h"
#include "mailcore/auth/results.h"
#include "mailcore/base/arena.h"
#include "mailcore/base/span.h"
#include "mailcore/mime/header.h"

#define SIGNED_NAMES_MAX 2000
/* Clocks of senders are wrong by up to their time zone. */
#define SIGNATURE_FUTURE_S (24 * 3600)

enum signature_kind { SIGNATURE_DKIM, SIGNATURE_ARC_MESSAGE, SIGNATURE_ARC_SEAL };
enum signature_algorithm { SIGNATURE_RSA, SIGNATURE_ED25519 };

struct signature {
	struct header_field field;
	struct span hole; /* the room of b= in the field */
	struct span domain, selector;
	struct span domain_ascii, selector_ascii; /* A-labels, lower case (RFC 8616) */
	struct span identity;                     /* i=, as written; empty when not given */
	struct span algorithm_name;
	enum signature_algorithm algorithm;
	bool head_relaxed, body_relaxed;
	struct span names; /* h= */
	struct span b;     /* base64 without white space */
	struct span value; /* the bytes of b= */
	unsigned char body_hash[DKIM_HASH_SIZE];
	uint64_t body_limit;         /* l=, UINT64_MAX when not given */
	int64_t made_at, expires_at; /* t=, x=; -1: not given */
	unsigned instance;           /* i= of ARC */
	struct span chain;           /* cv= of a seal */
};

/* False: it cannot pass; *reason says why in plain words, and what could be read of domain,
 * selector, algorithm_name and b is filled. Spans are borrowed from the field, or in the arena. */
bool signature_parse(struct arena *a, enum signature_kind kind, const struct header_field *field,
	struct signature *out, struct span *reason);
/* Its times against now. */
bool signature_in_time(const struct signature *s, int64_t now_s, struct span *reason);
/* The domain of i=, or d= without one. */
struct span signature_identity_domain(const struct signature *s);
