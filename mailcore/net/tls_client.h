/*
 * TLS towards servers that we call. The connection is then used with tls_conn.h: tls_handshake,
 * tls_read, tls_write.
 *
 * Opportunistic TLS (verify off) takes any certificate and whatever version and ciphers the peer
 * still has, because the alternative is clear text. With verify: TLS 1.2 or newer, and a
 * certificate that a CA of the system vouches for and that names the host.
 */
#pragma once

#include "mailcore/base/span.h"
#include "mailcore/net/tls_conn.h"

struct tls_client_options {
	struct span host; /* a name or a bare address; empty: no SNI (verify is refused) */
	bool verify;
};

/* NULL when out of resources, or when the host is no name that could be verified. */
struct tls *tls_connect_new(int fd, const struct tls_client_options *options);
