/*
 * A domain's wanted records pushed to its name server by dynamic update (RFC 2136): what would change,
 * doing it, taking the last one back.
 *
 * Only our records are touched. At a name that others use too, a TXT of our kind ("v=spf1", "v=DMARC1",
 * ...) is replaced and the rest stays; mail servers, aliases and addresses that lead elsewhere are not
 * overruled but said. SPF is merged. An update names what it has seen of each set that it touches as its
 * prerequisite, so it is done as shown or not at all.
 */
#pragma once

#include "backend/accounts/push_service.h"
#include "backend/dns/records.h"
#include "mailcore/net/dns_update.h"

enum push_action { PUSH_KEEP, PUSH_ADD, PUSH_REPLACE, PUSH_SKIP };

struct push_change {
	const struct record *record;
	enum push_action action;
	struct span value;     /* what is added, as zone file text */
	struct span *replaced; /* what is deleted for it */
	size_t n_replaced;
	const char *why; /* of PUSH_SKIP; else "" */

	struct dns_name name; /* for the update */
	enum dns_type type;
	struct span data;
	struct span *deleted; /* bytes of `replaced` */
	const struct update_set *set;
};
struct push_plan {
	struct push_change *items;
	size_t len;
	size_t n_changes; /* ADD and REPLACE */
};

/* What would change. RC_NOT_FOUND: no server is set; RC_TEMP with a sentence: it does not answer. */
MUST_CHECK enum rc push_show(const struct services *s, struct ctx *ctx, struct span domain,
	struct push_plan *out, struct err *err);
/* The same, done. RC_CONFLICT: the server refuses, or the zone has changed meanwhile. */
MUST_CHECK enum rc push_apply(const struct services *s, struct ctx *ctx, struct span domain,
	struct push_plan *out, struct err *err);
/* What the last push added goes, what it deleted comes back. RC_CONFLICT also: nothing to undo, or
 * somebody has changed these records since. */
MUST_CHECK enum rc push_undo(
	const struct services *s, struct ctx *ctx, struct span domain, struct err *err);

/* {"changes":[{"action","name","type","value","replaced":[],"why"}],"pending"} */
struct cJSON *push_plan_json(struct arena *a, const struct push_plan *plan);

/* --- pure, for the tests --- */

/* Fills action, value, replaced and the update's part of `out` for one record and what is there. */
void push_decide(struct arena *a, const struct record *r, const struct records_ask *ask,
	const struct update_set *set, struct push_change *out);
