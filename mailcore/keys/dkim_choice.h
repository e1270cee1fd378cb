/*
 * Which of a domain's DKIM keys sign now: at most one of each algorithm. Pure.
 *
 * A key becomes active when it has been seen in DNS. A domain none of whose keys is active is a new
 * one: the first key of each algorithm signs at once, so that mail is signed from the minute in
 * which its owner has published the record; until then receivers find no key and treat the message
 * as unsigned (RFC 6376 §6.1.2). A key that is to follow an active one waits.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "mailcore/base/span.h"

#define DKIM_SIGNING_MAX 2

struct dkim_candidate {
	struct span algorithm; /* "rsa", "ed25519" */
	struct span state;
};

/* Keys in the order in which they were made; out: their indexes. Returns how many. */
size_t dkim_choose(
	const struct dkim_candidate *keys, size_t n, size_t out[static DKIM_SIGNING_MAX]);
