/* Whole messages through both verifiers, without any key in DNS: nothing passes. */
#include "tests/fuzz/fuzz.h"

#include "mailcore/auth/arc.h"
#include "mailcore/auth/dkim.h"
#include "mailcore/mime/header.h"
#include "mailcore/net/dns_given.h"

static void check(struct resolver *r, struct ctx *ctx, struct span message)
{
	size_t len = header_block_len(message);
	struct span head = span_sub(message, 0, len), body = span_from(message, len);
	struct dkim_results dkim;
	struct arc_result arc;

	struct dkim_verifier *v = dkim_verify_begin(ctx->arena, head);
	dkim_verify_body(v, body);
	dkim_verify_end(v, r, ctx, 1800000000, &dkim);
	ASSERT(dkim.len <= header_count(head, SPAN("DKIM-Signature")));
	for (size_t i = 0; i < dkim.len; i++) {
		ASSERT(dkim.items[i].result != AUTH_PASS && dkim.items[i].result != AUTH_NONE);
		ASSERT(dkim.items[i].reason.len > 0);
	}
	struct arc_verifier *w = arc_verify_begin(ctx->arena, head);
	arc_verify_body(w, body);
	arc_verify_end(w, r, ctx, &arc);
	ASSERT(arc.result == (arc.sets > 0 ? AUTH_FAIL : AUTH_NONE));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	struct ctx ctx = { .arena = &a };

	arena_init(&a, 4096);
	struct dns_given *zone = dns_given_new();
	struct resolver *r = resolver_open_given(zone);
	check(r, &ctx, span_make(data, size));
	resolver_close(r);
	dns_given_free(zone);
	arena_done(&a);
	return 0;
}
