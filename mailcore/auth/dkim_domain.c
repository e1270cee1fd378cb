/* Signing with the keys of a domain of ours. */
#include "mailcore/auth/dkim.h"
#include "mailcore/keys/keys.h"

struct signing_domain {
	struct keys *keys;
	struct span name;
};

static enum rc sign(
	void *arg, struct ctx *ctx, struct span selector, struct span data, struct str *out)
{
	const struct signing_domain *domain = arg;
	return keys_sign_dkim(domain->keys, ctx, domain->name, selector, data, out);
}

enum rc dkim_sign_domain(struct keys *k, struct ctx *ctx, struct span domain, struct span head,
	const unsigned char body_hash[32], int64_t now_s, struct str *out)
{
	struct signing_domain signing = { k, domain };
	struct dkim_key_ref *refs;
	size_t n;

	enum rc rc = keys_dkim_signing(k, ctx, domain, &refs, &n);
	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		struct dkim_signer signer = { .sign = sign,
			.arg = &signing,
			.domain = domain,
			.selector = refs[i].selector,
			.algorithm = refs[i].algorithm };
		rc = dkim_sign(ctx, &signer, head, body_hash, now_s, out);
		if (rc == RC_NOT_FOUND)
			rc = RC_OK; /* retired this very moment; the other one signs */
	}
	return rc;
}
