/*
 * TLS for servers: certificates by SNI, hot reload, one wrapper for every OpenSSL call.
 *
 * TLS 1.2 and 1.3, modern ciphers, released buffers (14 KiB per idle connection), session
 * tickets bound to the listener. The store may be reloaded while connections use the former
 * certificates.
 */
#pragma once

#include "mailcore/base/rc.h"
#include "mailcore/base/span.h"
#include "mailcore/base/str.h"

struct tls_store;
struct tls; /* one connection's TLS state; made by the loop */

/* cert, key: PEM files of the default certificate. sni_dir: NAME.pem files (chain and key) for
 * further names, "_.example.org.pem" for a wildcard; may be NULL or absent. RC_INVALID with a
 * sentence when the default pair cannot be used; a broken file in sni_dir is logged and left out. */
MUST_CHECK enum rc tls_store_open(const char *cert, const char *key, const char *sni_dir,
	struct tls_store **out, struct err *err);
/* Reads the same files again; on failure the former certificates stay. Thread-safe. */
MUST_CHECK enum rc tls_store_reload(struct tls_store *s, struct err *err);
void tls_store_close(struct tls_store *s);
/* Unix seconds: when the default certificate ends, for doctor and metrics. */
int64_t tls_store_expires_at(struct tls_store *s);

/* Makes a P-256 CA and a server certificate for the names below dir: ca.pem, ca-key.pem, cert.pem,
 * key.pem (0600); keeps what is there. For a new data directory, until a public CA is set up. */
MUST_CHECK enum rc tls_make_self_signed(
	const char *dir, const char *const *names, size_t n_names, struct err *err);
