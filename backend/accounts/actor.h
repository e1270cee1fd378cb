/*
 * Who asks. Made by the guard (web) or by the command line, carried in ctx->actor, checked by
 * every service: an actor sees and changes what lies at or below its own account; anything else is
 * RC_NOT_FOUND, as if it were not there. A mailbox user is below nothing: it has its own mailbox.
 */
#pragma once

#include "mailcore/base/ctx.h"
#include "mailcore/base/rc.h"
#include "mailcore/base/span.h"

enum account_role { ROLE_ADMIN, ROLE_RESELLER, ROLE_CUSTOMER, ROLE_MAILBOX };

struct actor {
	enum account_role role;
	int64_t account_id;  /* the tenant; of a mailbox user: the account that owns the mailbox */
	int64_t mailbox_id;  /* mailbox user; else 0 */
	int64_t token_id;    /* API token; else 0 */
	struct span login;   /* "admin", "alice@example.test" */
	struct span label;   /* the token's label; else empty */
	const char *source;  /* "api", "panel", "webmail", "cli" */
	struct span address; /* textual peer address */
	const struct span *scopes; /* token: what it may; "domains:read" */
	size_t n_scopes;
	const struct span *domains; /* token: restricted to these names; none: all of the account */
	size_t n_domains;
	struct span supporter;   /* support access: who really acts as this account; else empty */
	int64_t acting_until_us; /* and until when */
	struct span language;    /* of its pages; empty: what the browser asks for */
	bool needs_factor; /* session: it has to set up a second factor before anything else */
	int64_t bulk_id;   /* what is done belongs to this bulk change (bulk.h); 0: to none */
	bool dry_run;      /* services do everything and roll back */
};

/* "admin", "reseller", "customer", "mailbox" */
const char *role_name(enum account_role role);
MUST_CHECK bool role_parse(struct span text, enum account_role *out);
/* True without a token. scope: "mailboxes:write"; a token's "x:write" includes "x:read". */
bool actor_has_scope(const struct actor *actor, const char *scope);
/* May this actor (a token may be bound to some domains) touch the domain of that name? Ownership
 * is the database's business, this is only the token's list. */
bool actor_has_domain(const struct actor *actor, struct span domain);

/* From here on the step acts for `actor`: ctx->actor and the database's tenant; NULL ends it. */
void actor_enter(struct ctx *ctx, const struct actor *actor);

/* The machine's root, on the command line: acts as the first admin. RC_NOT_FOUND: there is no
 * account yet (account_create_first). Memory: ctx->arena. */
MUST_CHECK enum rc actor_system(struct ctx *ctx, const char *source, struct actor *out);
