/*
 * SCRAM messages (RFC 5802 §7, RFC 7677), as the server reads and writes them. Pure.
 *
 * Limits: SCRAM_NONCE_MAX for the client's nonce, sasl.h's for names.
 */
#pragma once

#include <stdbool.h>

#include "mailcore/base/arena.h"
#include "mailcore/base/span.h"

#define SCRAM_NONCE_MAX 256
#define SCRAM_HASH_SIZE 32 /* SHA-256 */

struct scram_first {
	struct span gs2;     /* "n,," as sent */
	char flag;           /* 'n', 'y', or 'p' with binding */
	struct span binding; /* "tls-exporter" */
	struct span authzid; /* decoded, may be empty */
	struct span name;    /* decoded, not empty */
	struct span nonce;
	struct span bare; /* all behind gs2 */
};
struct scram_final {
	struct span binding; /* c=, decoded: gs2 and the channel's data */
	struct span nonce;
	struct span proof;         /* SCRAM_HASH_SIZE bytes */
	struct span without_proof; /* all before ",p=" */
};

/* Spans are borrowed from the message, or in the arena. An extension that must be understood
 * ("m=") is refused, others are passed over. */
bool scram_first_parse(struct arena *a, struct span message, struct scram_first *out);
bool scram_final_parse(struct arena *a, struct span message, struct scram_final *out);
