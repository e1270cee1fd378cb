/*
 * SPF records (RFC 7208 §4.5, §12): from text to terms. Pure; evaluation is in spf.c.
 *
 * Limits: SPF_RECORD_BYTES, SPF_DIRECTIVES_MAX. Linear. Spans are borrowed from the text.
 */
#pragma once

#include "mailcore/auth/results.h"
#include "mailcore/base/arena.h"
#include "mailcore/base/rc.h"

#define SPF_RECORD_BYTES   ((size_t)64 * 1024)
#define SPF_DIRECTIVES_MAX 4096

enum spf_kind {
	SPF_MECH_ALL,
	SPF_MECH_INCLUDE,
	SPF_MECH_A,
	SPF_MECH_MX,
	SPF_MECH_PTR,
	SPF_MECH_IP4,
	SPF_MECH_IP6,
	SPF_MECH_EXISTS,
};

struct spf_directive {
	enum spf_kind kind;
	enum auth_result result; /* what its qualifier says: pass, fail, softfail, neutral */
	struct span target;      /* domain-spec; empty: the domain itself */
	uint8_t ip[16];          /* of ip4 (the first four) and ip6 */
	uint8_t bits4, bits6;    /* prefix lengths, 32 and 128 when not given */
	struct span text;        /* as written, without qualifier */
};

struct spf_policy {
	struct spf_directive *items;
	size_t len;
	struct span redirect, exp; /* domain-specs; ptr is NULL when absent */
};

/* The version is the whole first word, in any case. */
bool spf_policy_is_record(struct span text);
/* All of it, as a syntax error anywhere makes a record void (§4.6). False: *out_bad is the term
 * that is malformed, or there twice, or too much. */
MUST_CHECK bool spf_policy_parse(
	struct arena *a, struct span text, struct spf_policy *out, struct span *out_bad);
