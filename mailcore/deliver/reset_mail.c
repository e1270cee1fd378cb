/* Forgotten passwords, the half that mails. */
#include "mailcore/deliver/reset_mail.h"

#include <openssl/sha.h>

#include "mailcore/base/log.h"
#include "mailcore/base/random.h"
#include "mailcore/deliver/reset_text.h"
#include "mailcore/deliver/server_mail.h"
#include "mailcore/directory/reset_repo.h"

#define ASKS_AT_ONCE 100
#define SECRET_BYTES 32

static enum rc send_link(const struct reset_mail_env *env, struct ctx *ctx,
	const struct reset_ask *ask, const struct reset_owner *owner)
{
	unsigned char hash[RESET_HASH_BYTES];
	struct str secret = str_in(ctx->arena, 2 * SECRET_BYTES);
	struct reset_made made;

	random_add_token(&secret, SECRET_BYTES);
	(void)SHA256((const unsigned char *)str_span(&secret).ptr, str_span(&secret).len, hash);
	reset_make(ctx, ask, owner, span_make(hash, sizeof hash), &made);
	struct reset_text text = reset_text_make(ctx->arena,
		owner->language.len > 0 ? owner->language : ask->language, owner->login,
		arena_printf(ctx->arena, "%s/login/reset/" SPAN_FMT, env->url,
			SPAN_ARG(str_span(&secret))),
		ask->address, owner->mailbox_id != 0);
	struct server_mail mail = { .to = owner->contact,
		.subject = text.subject,
		.text = text.text,
		.also = made.stmt,
		.also_args = made.args,
		.n_also_args = made.n_args };
	return server_mail_send(env->intake, ctx, &mail);
}

/* What cannot be answered is dropped; only the log knows. */
static enum rc answer(
	const struct reset_mail_env *env, struct ctx *ctx, const struct reset_ask *ask)
{
	struct reset_owner owner = { 0 };
	const char *result = "mailed";
	enum rc rc = reset_owner_find(ctx, ask->login, &owner);

	if (rc == RC_NOT_FOUND)
		result = "unknown";
	else if (rc == RC_OK && owner.contact.len == 0)
		result = "no_address";
	else if (rc == RC_OK && owner.links >= RESET_LINKS_PER_HOUR)
		result = "too_many";
	else if (rc == RC_OK)
		rc = send_link(env, ctx, ask, &owner);
	if (rc == RC_TEMP)
		return rc;
	log_info("password.reset", "login=%s peer=%s result=%s rc=%s",
		log_text(ctx->arena, ask->login), log_text(ctx->arena, ask->address), result,
		rc_name(rc));
	return reset_ask_drop(ctx, ask->ask_id);
}

enum rc reset_mail_all(const struct reset_mail_env *env, struct ctx *ctx)
{
	struct reset_ask *asks;
	size_t n = 0;
	enum rc rc = reset_asks(ctx, ASKS_AT_ONCE, &asks, &n);

	for (size_t i = 0; rc == RC_OK && i < n; i++)
		rc = answer(env, ctx, &asks[i]);
	return rc;
}
