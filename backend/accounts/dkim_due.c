/* RSA keys of imported domains, made in the background: see dkim_make.h. */
#include "backend/accounts/dkim_make.h"
#include "backend/accounts/dkim_service.h"
#include "backend/accounts/domain_repo.h"
#include "backend/accounts/service.h"
#include "mailcore/base/clock.h"
#include "mailcore/base/log.h"

#define DUE_MS 30000 /* one key on a busy machine */

struct due {
	const struct services *s;
	int64_t domain_id;
};

/* Whoever marks the row makes the key; another one waits for the row and finds it done. */
static enum rc make_tx(struct ctx *ctx, void *arg)
{
	struct due *due = arg;
	enum rc rc = domain_mark_keys_made(ctx, due->domain_id);

	if (rc == RC_CONFLICT)
		return RC_OK;
	return rc == RC_OK ? dkim_make_rest(due->s, ctx, due->domain_id) : rc;
}

enum rc dkim_due_make(const struct services *s, struct ctx *ctx, int64_t domain_id)
{
	struct due due = { s, domain_id };
	return service_run(ctx, make_tx, &due);
}

void dkim_due_turn(struct ctx *ctx, const struct services *s, int64_t until_ms)
{
	int64_t domain_id;
	struct span name;
	enum rc rc = RC_OK;

	while (rc == RC_OK && clock_mono_ms() < until_ms) {
		ctx->deadline_ms = clock_mono_ms() + DUE_MS;
		rc = domain_find_keys_due(ctx, &domain_id, &name);
		if (rc == RC_OK)
			rc = dkim_due_make(s, ctx, domain_id);
		if (rc != RC_OK && rc != RC_NOT_FOUND)
			log_warn("dkim.due", "rc=%s", rc_name(rc));
	}
}
