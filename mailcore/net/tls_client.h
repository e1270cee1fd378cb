/*
 * TLS towards servers that we call. The connection is then used with tls_conn.h: tls_handshake,
 * tls_read, tls_write.
 *
 * Opportunistic TLS (verify off) takes any certificate and whatever version and ciphers the peer
 * still has, because the alternative is clear text. With verify: TLS 1.2 or newer, and a
 * certificate that a CA of the system vouches for and that names the host. With TLSA records the same
 * versions, and a certificate that matches one of them (RFC 7672 §3).
 */
#pragma once

#include "mailcore/base/span.h"
#include "mailcore/net/tls_conn.h"

/* A record of TLSA that can be used (dane.h). */
struct tlsa {
	unsigned char usage, selector, matching;
	struct span data;
};

struct tls_client_options {
	struct span host; /* a name or a bare address; empty: no SNI (verify is refused) */
	bool verify;
	const struct tlsa *tlsa; /* the certificate must match one of these, CAs mean nothing */
	size_t n_tlsa;
	struct span also; /* with tlsa: another name that the certificate may have; or empty */
};

/* NULL when out of resources, or when the host is no name that could be verified. */
struct tls *tls_connect_new(int fd, const struct tls_client_options *options);
