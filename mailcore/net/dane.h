/*
 * DANE for SMTP (RFC 6698, 7672): certificates that a server's own signed zone vouches for.
 *
 * Believes what the resolver says of DNSSEC (the AD bit), so it is only for resolvers that validate
 * and cannot be tampered with on the way (dns.validates). dane_is_possible is their test: the root is
 * signed, a resolver that validates says so. Without that all is as if there were no DANE.
 *
 * Records with usages 2 (a CA of their own) and 3 (this certificate) count, of selectors 0 and 1, whole or
 * as SHA-256 or SHA-512; others are "unusable", and then TLS is a must but nothing is verified
 * (RFC 7672 §2.2). Limit: DANE_RECORDS_MAX.
 */
#pragma once

#include "mailcore/net/mx.h"
#include "mailcore/net/tls_client.h"

#define DANE_RECORDS_MAX 32

enum dane_state {
	DANE_NONE,     /* the zone says nothing, or not securely */
	DANE_UNUSABLE, /* TLS is a must */
	DANE_USABLE,   /* and the certificate must match */
};

struct dane {
	enum dane_state state;
	struct tlsa records[DANE_RECORDS_MAX];
	size_t len;
	struct span name; /* whose TLSA records they are: the certificate names it (usage 2) */
};

/* One TLSA record; false: not usable. Borrows. */
MUST_CHECK bool tlsa_parse(struct span rdata, struct tlsa *out);
/* Does the resolver validate? RC_OK; RC_NOT_FOUND: it does not say so; RC_TEMP: no answer. */
MUST_CHECK enum rc dane_is_possible(struct resolver *r, struct ctx *ctx);
/* What the server's zone says of it. RC_TEMP: no answer, or a forged one: it must not be spoken to now.
 * Memory: ctx->arena. */
MUST_CHECK enum rc dane_find(
	struct resolver *r, struct ctx *ctx, const struct mx_addr *server, struct dane *out);
