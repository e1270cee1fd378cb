/* Forwarding. */
#include "backend/accounts/forwarding.h"

#include "backend/accounts/alias_repo.h"
#include "backend/accounts/audit.h"
#include "backend/accounts/mailbox_find.h"
#include "backend/accounts/service.h"
#include "mailcore/base/json.h"

struct change {
	struct mailbox mailbox;
	struct span key;
	struct alias alias; /* alias_id 0: there is none yet */
	struct forwarding before, after;
};

/* The mailbox, and the alias of its address if there is one. */
static enum rc find(struct ctx *ctx, struct span address, struct change *c, struct err *err)
{
	enum rc rc = mailbox_find_own(ctx, address, &c->mailbox, err);

	if (rc != RC_OK)
		return rc;
	struct span own = c->mailbox.address;
	c->key = mailbox_key(ctx, span_sub(own, 0, span_rfind(own, '@')));
	rc = alias_find(ctx, c->key, c->mailbox.domain, &c->alias);
	if (rc == RC_NOT_FOUND) {
		c->alias = (struct alias){ .domain_id = c->mailbox.domain_id,
			.name = SPAN(""),
			.posters = SPAN("anyone") };
		rc = RC_OK;
	}
	return with_reason(err, rc);
}

static struct forwarding forwarding_of(struct ctx *ctx, const struct change *c)
{
	struct span *targets = arena_array(ctx->arena, c->alias.n_targets, sizeof *targets);
	struct forwarding f = { .targets = targets, .keep = c->alias.n_targets == 0 };

	for (size_t i = 0; i < c->alias.n_targets; i++) {
		if (span_ieq(c->alias.targets[i], c->mailbox.address))
			f.keep = true;
		else
			targets[f.n_targets++] = c->alias.targets[i];
	}
	return f;
}

enum rc forwarding_get(const struct services *s, struct ctx *ctx, struct span address,
	struct forwarding *out, struct err *err)
{
	struct change c = { .key = SPAN("") };
	enum rc rc = find(ctx, address, &c, err);

	(void)s;
	if (rc == RC_OK)
		*out = forwarding_of(ctx, &c);
	return rc;
}

/* ------------------------------------------------------------------------ set */

static enum rc check(
	struct ctx *ctx, const struct forwarding *in, struct change *c, struct err *err)
{
	struct span *targets, local, domain;

	if (in->n_targets >= ALIAS_TARGETS_MAX)
		return err_set(
			err, RC_INVALID, "targets", "At most %d addresses.", ALIAS_TARGETS_MAX - 1);
	targets = arena_array(ctx->arena, in->n_targets + 1, sizeof *targets);
	for (size_t i = 0; i < in->n_targets; i++) {
		if (address_normalise(ctx, in->targets[i], &local, &domain, NULL) != RC_OK)
			return err_set(err, RC_INVALID, "targets",
				"\"%.80s\" is not a mail address.",
				arena_cstr(ctx->arena, in->targets[i]));
		targets[i] = arena_printf(
			ctx->arena, SPAN_FMT "@" SPAN_FMT, SPAN_ARG(local), SPAN_ARG(domain));
		if (span_ieq(targets[i], c->mailbox.address))
			return err_set(err, RC_INVALID, "targets",
				"This is the mailbox itself; to keep a copy say so.");
	}
	c->after = (struct forwarding){ targets, in->n_targets, in->keep || !in->n_targets };
	c->alias.targets = targets;
	c->alias.n_targets = in->n_targets;
	if (in->keep && in->n_targets > 0)
		targets[c->alias.n_targets++] = c->mailbox.address;
	return RC_OK;
}

static enum rc set_tx(struct ctx *ctx, void *arg)
{
	struct change *c = arg;
	enum rc rc = RC_OK;

	if (c->after.n_targets == 0 && c->alias.alias_id)
		rc = alias_remove(ctx, c->alias.alias_id, 0);
	else if (c->after.n_targets > 0 && c->alias.alias_id)
		rc = alias_store(ctx, 0, &c->alias);
	else if (c->after.n_targets > 0)
		rc = alias_insert(ctx, c->key, &c->alias);
	if (rc == RC_OK)
		rc = audit_add(ctx, c->mailbox.account_id, "mailbox.forward", c->mailbox.address,
			forwarding_json(ctx->arena, &c->before),
			forwarding_json(ctx->arena, &c->after));
	return rc;
}

enum rc forwarding_set(const struct services *s, struct ctx *ctx, struct span address,
	const struct forwarding *in, struct forwarding *out, struct err *err)
{
	struct change c = { .key = SPAN("") };
	enum rc rc = need_own(ctx, err);

	if (rc == RC_OK)
		rc = find(ctx, address, &c, err);

	(void)s;
	if (rc != RC_OK)
		return rc;
	c.before = forwarding_of(ctx, &c);
	rc = check(ctx, in, &c, err);
	if (rc == RC_OK)
		rc = service_run(ctx, set_tx, &c);
	if (rc == RC_OK)
		*out = c.after;
	return with_reason(err, rc);
}

struct cJSON *forwarding_json(struct arena *a, const struct forwarding *f)
{
	struct cJSON *o = json_object(a), *targets = json_array(a);

	for (size_t i = 0; i < f->n_targets; i++)
		json_push_text(a, targets, f->targets[i]);
	json_add(a, o, "targets", targets);
	json_add_bool(a, o, "keep", f->keep);
	return o;
}
