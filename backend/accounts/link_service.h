/*
 * Links that work without log-in: 256 random bits, of which a hash is kept; for one purpose, until
 * they expire or are revoked, at most LINK_VIEWS_PER_MINUTE looks a minute.
 *
 *   dns    a domain's records and their state, for who runs its zone. Shows, and does nothing else.
 *   setup  one device for a mailbox: makes one app password, once.
 */
#pragma once

#include "backend/accounts/actor.h"
#include "backend/accounts/domain_service.h"

#define LINK_VIEWS_PER_MINUTE 60
#define LINK_DAYS_MAX         90
#define LINK_DAYS             14 /* of a dns link, when nothing else is asked for */
#define LINK_SETUP_MINUTES    15
#define LINK_COUNT_MAX        50 /* of a domain, or of a mailbox */

struct link {
	int64_t link_id;
	struct span label;
	struct span url; /* when it was made just now, else empty */
	int64_t created_at_us, expires_at_us;
};
struct links {
	struct link *items;
	size_t len;
};

/* days 0: LINK_DAYS. RC_INVALID (days, label), RC_LIMIT. */
MUST_CHECK enum rc link_make_dns(const struct services *s, struct ctx *ctx, struct span domain,
	int64_t days, struct span label, struct link *out, struct err *err);
MUST_CHECK enum rc link_list_dns(const struct services *s, struct ctx *ctx, struct span domain,
	struct links *out, struct err *err);
MUST_CHECK enum rc link_revoke_dns(const struct services *s, struct ctx *ctx, struct span domain,
	int64_t link_id, struct err *err);
/* For a mailbox of the actor's, or its own. */
MUST_CHECK enum rc link_make_setup(const struct services *s, struct ctx *ctx, struct span address,
	struct link *out, struct err *err);

enum link_kind { LINK_DNS, LINK_SETUP };
/* What a holder may see. Borrow it with actor_enter for as long as the look takes. */
struct link_opened {
	struct actor actor; /* the owner, bound to the domain (dns) or the mailbox (setup) */
	int64_t link_id;
	struct span domain, address;
	struct span domains[1];
	int64_t expires_at_us;
};
/* RC_NOT_FOUND: no such link, revoked, used or over; RC_LIMIT: too often. */
MUST_CHECK enum rc link_open(struct ctx *ctx, enum link_kind kind, struct span secret,
	struct link_opened *out, struct err *err);
/* Uses a set-up link up, acting as its mailbox: RC_NOT_FOUND when somebody was quicker. */
MUST_CHECK enum rc link_use(struct ctx *ctx, const struct link_opened *link, struct err *err);

/* {"id","label","url","created_at","expires_at"} */
struct cJSON *link_json(struct arena *a, const struct link *link);
