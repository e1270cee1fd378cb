/* Who asks. */
#include "backend/accounts/actor.h"

#include "backend/accounts/account_repo.h"
#include "mailcore/db/db.h"

static const char *const names[] = {
	[ROLE_ADMIN] = "admin",
	[ROLE_RESELLER] = "reseller",
	[ROLE_CUSTOMER] = "customer",
	[ROLE_MAILBOX] = "mailbox",
};

const char *role_name(enum account_role role)
{
	return names[role];
}

bool role_parse(struct span text, enum account_role *out)
{
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (span_eq(text, span_of(names[i]))) {
			*out = (enum account_role)i;
			return true;
		}
	}
	return false;
}

/* "x:write" includes "x:read"; "*" everything. */
static bool scope_covers(struct span has, struct span wanted)
{
	if (span_eq(has, SPAN("*")) || span_eq(has, wanted))
		return true;
	size_t colon = span_find(has, ':');
	return colon != SPAN_NPOS && span_eq(span_from(has, colon), SPAN(":write")) &&
		span_starts(wanted, span_sub(has, 0, colon + 1));
}

bool actor_has_scope(const struct actor *actor, const char *scope)
{
	if (!actor->token_id)
		return true;
	for (size_t i = 0; i < actor->n_scopes; i++) {
		if (scope_covers(actor->scopes[i], span_of(scope)))
			return true;
	}
	return false;
}

bool actor_has_domain(const struct actor *actor, struct span domain)
{
	for (size_t i = 0; i < actor->n_domains; i++) {
		if (span_eq(actor->domains[i], domain))
			return true;
	}
	return actor->n_domains == 0;
}

void actor_enter(struct ctx *ctx, const struct actor *actor)
{
	ctx->actor = actor;
	if (ctx->db)
		db_set_tenant(ctx->db, actor ? actor->account_id : 0);
}

enum rc actor_system(struct ctx *ctx, const char *source, struct actor *out)
{
	struct actor actor = { .role = ROLE_ADMIN, .source = source };
	enum rc rc = account_find_first(ctx, &actor.account_id, &actor.login);

	if (rc == RC_OK)
		*out = actor;
	return rc;
}
