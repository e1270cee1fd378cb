/*
 * The three fields of each ARC set in a header (RFC 8617 §4.1), put into order. Pure.
 *
 * Limits: ARC_SETS_MAX sets.
 */
#pragma once

#include "mailcore/auth/signature.h"
#include "mailcore/base/arena.h"
#include "mailcore/base/span.h"

#define ARC_SETS_MAX 50

struct arc_set {
	struct header_field results; /* ARC-Authentication-Results */
	struct span payload;         /* of results, behind "i=N;" */
	struct signature message;    /* ARC-Message-Signature */
	struct signature seal;       /* ARC-Seal */
	unsigned parts;              /* which of the three are there: bits */
};
struct arc_sets {
	struct arc_set *items; /* instance 1 first */
	unsigned len;          /* 0: no ARC in the header */
};

/* False: the chain is broken whatever the signatures say; *reason in plain words. out->len is the
 * highest instance either way. Checks the numbers, the tags, and the cv= of each seal. */
bool arc_sets_parse(struct arena *a, struct span head, struct arc_sets *out, struct span *reason);
/* "i=1; authserv.example; spf=pass": the number and what follows it. */
bool arc_results_parse(struct span value, unsigned *out_instance, struct span *out_payload);
