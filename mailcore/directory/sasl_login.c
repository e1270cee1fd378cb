/* SASL exchanges before the directory. */
#include "mailcore/directory/sasl_login.h"

#include "mailcore/directory/login.h"

static enum sasl_state refuse(enum rc *rc, enum rc why)
{
	*rc = why;
	return SASL_READY;
}

enum sasl_state sasl_log_in(struct directory *d, struct ctx *ctx, struct sasl *s,
	enum sasl_state state, const char *service, const char *peer, enum rc *rc,
	struct mailbox_ref *out)
{
	unsigned char salt[KEYS_SCRAM_SALT], signature[KEYS_SCRAM_HASH];
	int64_t mailbox_id = 0;

	switch (state) {
	case SASL_NEEDS_SALT:
		*rc = mailbox_scram_salt(d, ctx, sasl_name(s), peer, salt);
		if (*rc != RC_OK)
			return refuse(rc, *rc);
		return sasl_scram_salt(s, span_make(salt, sizeof salt), KEYS_SCRAM_ITERATIONS);
	case SASL_NEEDS_PROOF:
		*rc = mailbox_scram_verify(d, ctx, sasl_name(s), sasl_scram_message(s),
			sasl_scram_proof(s), peer, signature, &mailbox_id);
		if (*rc != RC_OK)
			return refuse(rc, *rc);
		return sasl_scram_signed(s, span_make(signature, sizeof signature), mailbox_id);
	case SASL_READY:
		*rc = sasl_is_scram(s)
			? mailbox_login_id(ctx, sasl_mailbox_id(s), service, out)
			: mailbox_login(d, ctx, sasl_name(s), sasl_password(s), service, peer, out);
		return state;
	case SASL_CONTINUE:
	case SASL_CANCELLED:
	case SASL_MALFORMED:
		return state;
	}
	return SASL_MALFORMED;
}
