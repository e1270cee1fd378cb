/*
 * The header fields that SEARCH and SORT ask for most, as they are compared: decoded and folded,
 * kept in the process for all its sessions. Messages do not change, so nothing kept is ever wrong.
 *
 * A block holds what is known of TERMS_BLOCK consecutive UIDs of a folder. UIDs become visible in
 * order: what a block does not have below its last UID is gone for good, and only what is above has
 * to be read.
 *
 * Limits: TERMS_KEPT_BYTES of a process, the least recently used blocks go; messages whose stored
 * fields are larger than TERMS_FIELDS_MAX, or 64 KiB when they are decoded, are looked at themselves.
 */
#pragma once

#include "mailcore/store/store.h"

#define TERMS_BLOCK      1024
#define TERMS_KEPT_BYTES ((size_t)128 << 20)
#define TERMS_FIELDS_MAX ((size_t)16 << 10)

struct kept_item;

enum terms_state {
	TERMS_HERE,
	TERMS_GONE,     /* the message is not there any more */
	TERMS_TOO_LARGE /* look at the message */
};

struct header_terms {
	enum terms_state state;
	struct span terms;
	bool has_sent;  /* the Date field can be read */
	int64_t sent_s; /* UTC */
	int sent_zone_minutes;
};

/* What one batch of messages holds on to. */
struct header_terms_hold {
	struct kept_item **items;
	size_t len;
};

/* The number under which a field's terms are found; 0: it is not among them. */
unsigned header_term_of(struct span name);
/* Of `n` UIDs, ascending; hold: to be given back by header_terms_done in any case. Memory:
 * ctx->arena and what hold holds. RC_TEMP. */
MUST_CHECK enum rc header_terms_load(struct store *s, struct ctx *ctx, int64_t mailbox_id,
	int64_t folder_id, const uint32_t *uids, size_t n, struct header_terms *out,
	struct header_terms_hold *hold);
void header_terms_done(struct header_terms_hold *hold);
/* Does a field of this number hold the folded text? Of an empty text: is there one? */
bool header_terms_have(const struct header_terms *terms, unsigned field, struct span needle);
