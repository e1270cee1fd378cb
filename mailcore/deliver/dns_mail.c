/* Telling owners by mail what has changed in their domains' DNS. */
#include "mailcore/deliver/dns_mail.h"

#include "mailcore/base/log.h"
#include "mailcore/deliver/server_mail.h"
#include "mailcore/directory/dns_notice_repo.h"

#define NOTICES_AT_ONCE 50

static enum rc tell(const struct intake_env *env, struct ctx *ctx, const struct dns_notice *notice)
{
	struct server_mail mail = {
		.to = notice->contact, .subject = notice->subject, .text = notice->text
	};
	enum rc rc = server_mail_send(env, ctx, &mail);

	if (rc == RC_NOT_FOUND) {
		mail.to = notice->otherwise;
		rc = server_mail_send(env, ctx, &mail);
	}
	if (rc == RC_TEMP)
		return rc;
	log_info("dns.notice", "to=%s rc=%s", log_text(ctx->arena, notice->contact), rc_name(rc));
	return dns_notice_drop(ctx, notice->notice_id);
}

enum rc dns_mail_all(const struct intake_env *env, struct ctx *ctx)
{
	struct dns_notice *notices;
	size_t n = 0;
	enum rc rc = dns_notices(ctx, NOTICES_AT_ONCE, &notices, &n);

	for (size_t i = 0; rc == RC_OK && i < n; i++)
		rc = tell(env, ctx, &notices[i]);
	return rc;
}
