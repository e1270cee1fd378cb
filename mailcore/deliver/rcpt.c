/* Recipients that no mailbox or alias stands for. */
#include "mailcore/deliver/rcpt.h"

#include "mailcore/base/clock.h"
#include "mailcore/deliver/srs.h"

static void one_remote(
	struct ctx *ctx, struct span address, struct span original, struct recipients *out)
{
	out->items = arena_array(ctx->arena, 1, sizeof *out->items);
	out->len = 1;
	out->items[0] = (struct recipient){ .kind = RECIPIENT_REMOTE,
		.address = arena_span(ctx->arena, address),
		.original = arena_span(ctx->arena, original) };
}

void rcpt_outside(struct ctx *ctx, struct span address, struct recipients *out)
{
	one_remote(ctx, address, address, out);
}

enum rc rcpt_unwind(struct ctx *ctx, struct span local, struct span domain, struct recipients *out,
	struct err *err)
{
	struct span secret, sender;

	if (!srs_is(local) || domain_is_local(ctx, domain) != RC_OK)
		return RC_INVALID;
	enum rc rc = directory_srs_secret(ctx, &secret);
	if (rc != RC_OK)
		return rc;
	if (srs_reverse(ctx->arena, secret, local, ctx->now_us / USEC_PER_SEC, &sender) != RC_OK)
		return err_set(err, RC_NOT_FOUND, "", "There is no such user here.");
	size_t at = span_rfind(sender, '@');
	rc = recipient_resolve(ctx, span_sub(sender, 0, at), span_from(sender, at + 1), out, err);
	if (rc == RC_DENIED) {
		one_remote(ctx, sender,
			arena_printf(ctx->arena, SPAN_FMT "@" SPAN_FMT, SPAN_ARG(local),
				SPAN_ARG(domain)),
			out);
		rc = RC_OK;
	}
	return rc;
}
