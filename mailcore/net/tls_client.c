/*
 * TLS towards servers that we call; see tls_client.h.
 *
 * Three contexts for the life of the process, made at the first use: a strict one with the system's
 * CAs (SSL_CERT_FILE and SSL_CERT_DIR override them), one for DANE, a lenient one. They never change.
 */
#include "mailcore/net/tls_client.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <pthread.h>

#include "mailcore/base/arena.h"
#include "mailcore/base/log.h"
#include "mailcore/net/addr.h"
#include "mailcore/net/tls_private.h"

#define HOST_MAX       255
#define STRICT_CIPHERS "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM"

static SSL_CTX *strict_ctx, *lenient_ctx, *dane_ctx;

static SSL_CTX *ctx_new(int min_version, const char *ciphers)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	ASSERT(ctx != NULL); /* no memory */
	SSL_CTX_set_min_proto_version(ctx, min_version);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_options(ctx,
		SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	if (SSL_CTX_set_cipher_list(ctx, ciphers) != 1)
		log_error("tls.client", "error=\"the ciphers %s are unknown\"", ciphers);
	return ctx;
}

/* Names are checked for usage 2 only (RFC 7672 §3.1.1). */
static SSL_CTX *dane_ctx_new(void)
{
	SSL_CTX *ctx = ctx_new(TLS1_2_VERSION, STRICT_CIPHERS);

	if (SSL_CTX_dane_enable(ctx) != 1)
		log_error("tls.client", "error=\"DANE cannot be used\"");
	(void)SSL_CTX_dane_set_flags(ctx, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	return ctx;
}

static void make_contexts(void)
{
	ERR_clear_error();
	/* Level 0 lets TLS 1.0 and short keys through: weak, and still better than none. */
	lenient_ctx = ctx_new(TLS1_VERSION, "DEFAULT:!aNULL:@SECLEVEL=0");
	SSL_CTX_set_options(lenient_ctx, SSL_OP_LEGACY_SERVER_CONNECT);
	SSL_CTX_set_verify(lenient_ctx, SSL_VERIFY_NONE, NULL);

	strict_ctx = ctx_new(TLS1_2_VERSION, STRICT_CIPHERS);
	SSL_CTX_set_verify(strict_ctx, SSL_VERIFY_PEER, NULL);
	if (SSL_CTX_set_default_verify_paths(strict_ctx) != 1)
		log_error("tls.client", "error=\"the system's CA certificates cannot be read\"");
	dane_ctx = dane_ctx_new();
	ERR_clear_error();
}

/* Whom the certificate must name; for a host name also what SNI says. (OpenSSL's macro for SNI casts
 * const away.) */
static bool set_host(SSL *ssl, char *host, bool verify)
{
	struct addr a;
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);

	if (addr_parse(span_of(host), &a))
		return !verify || X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1;
	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set_tlsext_host_name(ssl, host) == 1 &&
		(!verify || X509_VERIFY_PARAM_set1_host(param, host, 0) == 1);
}

static bool set_dane(SSL *ssl, const char *host, const struct tls_client_options *o)
{
	char also[HOST_MAX + 1];
	size_t added = 0;

	if (SSL_dane_enable(ssl, host) != 1) /* SNI, too */
		return false;
	for (size_t i = 0; i < o->n_tlsa; i++) {
		const struct tlsa *t = &o->tlsa[i];
		union {
			const char *bytes;
			unsigned char *data; /* OpenSSL copies it */
		} at = { .bytes = t->data.ptr };
		added += SSL_dane_tlsa_add(
				 ssl, t->usage, t->selector, t->matching, at.data, t->data.len) > 0;
	}
	if (o->also.len == 0 || o->also.len > HOST_MAX)
		return added > 0;
	memcpy(also, o->also.ptr, o->also.len);
	also[o->also.len] = '\0';
	return added > 0 && SSL_add1_host(ssl, also) == 1;
}

static SSL_CTX *context_for(const struct tls_client_options *o)
{
	if (o->n_tlsa > 0)
		return dane_ctx;
	return o->verify ? strict_ctx : lenient_ctx;
}

struct tls *tls_connect_new(int fd, const struct tls_client_options *o)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	char host[HOST_MAX + 1];

	if (o->host.len > HOST_MAX || (o->host.len == 0 && (o->verify || o->n_tlsa > 0)))
		return NULL;
	if (o->host.len > 0)
		memcpy(host, o->host.ptr, o->host.len);
	host[o->host.len] = '\0';

	pthread_once(&once, make_contexts);
	ERR_clear_error();
	SSL *ssl = SSL_new(context_for(o));
	if (!ssl)
		return NULL;
	bool named =
		o->n_tlsa > 0 ? set_dane(ssl, host, o) : !host[0] || set_host(ssl, host, o->verify);
	if (!named || SSL_set_fd(ssl, fd) != 1) {
		SSL_free(ssl);
		return NULL;
	}
	SSL_set_connect_state(ssl);
	struct tls *t = heap_zalloc(sizeof *t);
	t->ssl = ssl;
	return t;
}
