/* DKIM signatures on mail of our own. */
#include "mailcore/deliver/sign.h"

#include "mailcore/auth/dkim.h"
#include "mailcore/auth/dmarc.h"
#include "mailcore/base/clock.h"

#define PIECE_BYTES ((size_t)64 << 10)

static enum rc hash_body(struct arena *a, struct spool *body, size_t body_at, unsigned char out[32])
{
	struct dkim_body *hash = dkim_body_begin(a);
	char *buffer = heap_alloc(PIECE_BYTES);
	struct span piece;
	enum rc rc = RC_OK;

	while (rc == RC_OK && body_at < body->size) {
		rc = spool_piece(body, body_at, buffer, PIECE_BYTES, &piece);
		if (rc == RC_OK) {
			dkim_body_add(hash, piece);
			body_at += piece.len;
		}
	}
	heap_free(buffer);
	if (rc == RC_OK)
		dkim_body_end(hash, out);
	else
		dkim_body_abort(hash);
	return rc;
}

enum rc sign_add(struct keys *keys, struct ctx *ctx, struct span head, struct spool *body,
	size_t body_at, struct str *out)
{
	struct span domain;
	unsigned char hash[32];

	if (dmarc_author_domain(ctx->arena, head, &domain) != RC_OK)
		return RC_OK;
	enum rc rc = hash_body(ctx->arena, body, body_at, hash);
	if (rc != RC_OK)
		return rc;
	return dkim_sign_domain(keys, ctx, domain, head, hash, ctx->now_us / USEC_PER_SEC, out);
}
