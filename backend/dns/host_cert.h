/* What DNS may say of the mail server's certificate: who issues it (CAA), its key (TLSA 3 1 1). */
#pragma once

#include "mailcore/base/arena.h"
#include "mailcore/base/span.h"

struct host_cert {
	struct span
		ca; /* as CAA records name it ("letsencrypt.org"); empty: not a known public one */
	struct span tlsa; /* SHA-256 of the SubjectPublicKeyInfo, hex; empty: no certificate */
};

/* Reads the first certificate of a PEM file. NULL, absent or malformed: all empty. */
void host_cert_read(struct arena *a, const char *pem_file, struct host_cert *out);

/* The pure part: the CAA name of an issuer's organisation. Empty: unknown. */
struct span host_cert_ca(struct span organisation);
