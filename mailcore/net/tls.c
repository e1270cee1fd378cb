/*
 * Certificates and TLS connections.
 *
 * A store holds an immutable set of SSL_CTX: the default certificate's and one per SNI name.
 * A reload builds a new set and swaps the pointer; connections keep the SSL_CTX they started
 * with (OpenSSL counts references). Lock: store->lock, held for pointer work and one look-up.
 */
#include "mailcore/net/tls.h"

#include <dirent.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "mailcore/base/arena.h"
#include "mailcore/base/log.h"
#include "mailcore/base/map.h"
#include "mailcore/net/tls_private.h"

#define SNI_NAMES_MAX 100000
#define SNI_NAME_MAX  255

struct tls_set {
	SSL_CTX *fallback;
	struct map by_name; /* "mail.example.org", ".example.org" for a wildcard → SSL_CTX */
};

struct tls_store {
	char *cert;
	char *key;
	char *sni_dir; /* NULL: none */
	pthread_mutex_t lock;
	struct tls_set *set;
};

/* --- contexts --------------------------------------------------------------------------------- */

static int choose_certificate(SSL *ssl, int *alert, void *arg);
static int choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
	const unsigned char *in, unsigned in_len, void *arg);

static int alpn_index = -1; /* where an SSL keeps the protocol name that its listener speaks */

static void make_alpn_index(void)
{
	alpn_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
}

static void set_policy(SSL_CTX *ctx, struct tls_store *s)
{
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	/* A read hands out one record; partial writes let a slow client be parked at any byte. */
	SSL_CTX_set_mode(ctx,
		SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
			SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_options(ctx,
		SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
			SSL_OP_PRIORITIZE_CHACHA | SSL_OP_IGNORE_UNEXPECTED_EOF);
	/* One read(2) takes all records that are there instead of header and body apart. */
	SSL_CTX_set_read_ahead(ctx, 1);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF); /* tickets carry the state */
	SSL_CTX_set_num_tickets(ctx, 1);
	SSL_CTX_set_tlsext_servername_callback(ctx, choose_certificate);
	SSL_CTX_set_tlsext_servername_arg(ctx, s);
	SSL_CTX_set_alpn_select_cb(ctx, choose_alpn, NULL);
}

static enum rc openssl_error(struct err *err, const char *what, const char *file)
{
	char reason[160];

	ERR_error_string_n(ERR_peek_last_error(), reason, sizeof reason);
	ERR_clear_error();
	return err_set(err, RC_INVALID, "tls", "The %s %s cannot be used: %s.", what, file, reason);
}

static enum rc make_ctx(
	struct tls_store *s, const char *cert, const char *key, SSL_CTX **out, struct err *err)
{
	ERR_clear_error();
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	ASSERT(ctx != NULL); /* no memory */
	set_policy(ctx, s);

	enum rc rc = RC_OK;
	char groups[] = "X25519:P-256:P-384"; /* the macro casts const away */
	if (SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20") != 1 ||
		SSL_CTX_set1_groups_list(ctx, groups) != 1)
		rc = openssl_error(err, "list of ciphers of", "OpenSSL");
	else if (SSL_CTX_use_certificate_chain_file(ctx, cert) != 1)
		rc = openssl_error(err, "certificate", cert);
	else if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
		rc = openssl_error(err, "private key", key);
	else if (SSL_CTX_check_private_key(ctx) != 1)
		rc = openssl_error(err, "private key (it does not fit the certificate)", key);
	if (rc != RC_OK) {
		SSL_CTX_free(ctx);
		return rc;
	}
	*out = ctx;
	return RC_OK;
}

/* --- sets ------------------------------------------------------------------------------------- */

static void set_free(struct tls_set *set)
{
	size_t pos = 0;
	struct span name;
	void *ctx;

	if (!set)
		return;
	while (map_next(&set->by_name, &pos, &name, &ctx))
		SSL_CTX_free(ctx);
	map_done(&set->by_name);
	SSL_CTX_free(set->fallback);
	heap_free(set);
}

/* "mail.example.org.pem" → "mail.example.org", "_.example.org.pem" → ".example.org". */
static bool name_of_file(const char *file, char *name, size_t cap, size_t *out_len)
{
	struct span f = span_of(file);

	if (!span_iends(f, SPAN(".pem")) || f.ptr[0] == '.')
		return false;
	f.len -= 4;
	if (span_starts(f, SPAN("_.")))
		f = span_from(f, 1);
	if (f.len == 0 || f.len >= cap)
		return false;
	for (size_t i = 0; i < f.len; i++)
		name[i] = ascii_lower(f.ptr[i]);
	*out_len = f.len;
	return true;
}

static void add_sni_file(struct tls_store *s, struct tls_set *set, const char *file)
{
	char path[4096], name[SNI_NAME_MAX + 1];
	size_t name_len;
	struct err err;
	SSL_CTX *ctx;

	if (!name_of_file(file, name, sizeof name, &name_len))
		return;
	int len = snprintf(path, sizeof path, "%s/%s", s->sni_dir, file);
	if (len < 0 || (size_t)len >= sizeof path)
		return;
	if (make_ctx(s, path, path, &ctx, &err) != RC_OK) {
		log_error("tls.sni_file_unusable", "text=\"%s\"", err.text);
		return;
	}
	SSL_CTX_free(map_put(&set->by_name, span_make(name, name_len), ctx));
}

static void add_sni_dir(struct tls_store *s, struct tls_set *set)
{
	DIR *dir = s->sni_dir ? opendir(s->sni_dir) : NULL;

	if (!dir)
		return; /* no further names */
	for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
		if (set->by_name.count < SNI_NAMES_MAX)
			add_sni_file(s, set, e->d_name);
	}
	(void)closedir(dir);
}

static enum rc set_load(struct tls_store *s, struct tls_set **out, struct err *err)
{
	SSL_CTX *fallback;
	enum rc rc = make_ctx(s, s->cert, s->key, &fallback, err);

	if (rc != RC_OK)
		return rc;
	struct tls_set *set = heap_zalloc(sizeof *set);
	set->fallback = fallback;
	map_init(&set->by_name);
	add_sni_dir(s, set);
	*out = set;
	return RC_OK;
}

/* Tickets given out before the reload go on working. */
static void keep_ticket_keys(SSL_CTX *from, SSL_CTX *to)
{
	unsigned char keys[80];
	long size = SSL_CTX_get_tlsext_ticket_keys(from, NULL, 0);

	if (size > 0 && (size_t)size <= sizeof keys &&
		SSL_CTX_get_tlsext_ticket_keys(from, keys, size) == 1)
		(void)SSL_CTX_set_tlsext_ticket_keys(to, keys, size); /* else: full handshakes */
	explicit_bzero(keys, sizeof keys);
}

/* --- the store -------------------------------------------------------------------------------- */

enum rc tls_store_open(const char *cert, const char *key, const char *sni_dir,
	struct tls_store **out, struct err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct tls_store *s = heap_zalloc(sizeof *s);

	pthread_once(&once, make_alpn_index);
	s->cert = heap_strdup(cert);
	s->key = heap_strdup(key);
	s->sni_dir = sni_dir ? heap_strdup(sni_dir) : NULL;
	pthread_mutex_init(&s->lock, NULL);

	enum rc rc = set_load(s, &s->set, err);
	if (rc != RC_OK) {
		tls_store_close(s);
		return rc;
	}
	*out = s;
	return RC_OK;
}

enum rc tls_store_reload(struct tls_store *s, struct err *err)
{
	struct tls_set *fresh;
	enum rc rc = set_load(s, &fresh, err);

	if (rc != RC_OK)
		return rc;
	pthread_mutex_lock(&s->lock);
	struct tls_set *former = s->set;
	keep_ticket_keys(former->fallback, fresh->fallback);
	s->set = fresh;
	pthread_mutex_unlock(&s->lock);
	set_free(former);
	return RC_OK;
}

void tls_store_close(struct tls_store *s)
{
	if (!s)
		return;
	set_free(s->set);
	pthread_mutex_destroy(&s->lock);
	heap_free(s->cert);
	heap_free(s->key);
	heap_free(s->sni_dir);
	heap_free(s);
}

int64_t tls_store_expires_at(struct tls_store *s)
{
	struct tm tm = { 0 };

	pthread_mutex_lock(&s->lock);
	const X509 *cert = SSL_CTX_get0_certificate(s->set->fallback);
	int ok = cert ? ASN1_TIME_to_tm(X509_get0_notAfter(cert), &tm) : 0;
	pthread_mutex_unlock(&s->lock);
	return ok == 1 ? (int64_t)timegm(&tm) : 0;
}

/* --- hooks of the handshake ------------------------------------------------------------------- */

static SSL_CTX *find_name(const struct tls_set *set, struct span name)
{
	SSL_CTX *ctx = map_get(&set->by_name, name);
	size_t dot = span_find(name, '.');

	if (!ctx && dot != SPAN_NPOS)
		ctx = map_get(&set->by_name, span_from(name, dot)); /* the wildcard one level up */
	return ctx;
}

static int choose_certificate(SSL *ssl, int *alert, void *arg)
{
	struct tls_store *s = arg;
	const char *asked = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	char name[SNI_NAME_MAX];
	size_t len = asked ? strlen(asked) : 0;

	(void)alert;
	if (len == 0 || len > sizeof name)
		return SSL_TLSEXT_ERR_OK;
	for (size_t i = 0; i < len; i++)
		name[i] = ascii_lower(asked[i]);

	pthread_mutex_lock(&s->lock);
	SSL_CTX *ctx = find_name(s->set, span_make(name, len));
	if (ctx)
		SSL_set_SSL_CTX(ssl, ctx);
	pthread_mutex_unlock(&s->lock);
	return SSL_TLSEXT_ERR_OK;
}

static int choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
	const unsigned char *in, unsigned in_len, void *arg)
{
	const char *wanted = SSL_get_ex_data(ssl, alpn_index);
	size_t wanted_len = strlen(wanted);

	(void)arg;
	for (unsigned at = 0; at < in_len && in[at] < in_len - at; at += in[at] + 1u) {
		if (in[at] == wanted_len && memcmp(in + at + 1, wanted, wanted_len) == 0) {
			*out = in + at + 1;
			*out_len = in[at];
			return SSL_TLSEXT_ERR_OK;
		}
	}
	return SSL_TLSEXT_ERR_ALERT_FATAL; /* a client of another protocol: ALPACA */
}

/* --- connections ------------------------------------------------------------------------------ */

struct tls *tls_accept_new(struct tls_store *s, int fd, const char *service, const char *alpn)
{
	ERR_clear_error();
	pthread_mutex_lock(&s->lock);
	SSL *ssl = SSL_new(s->set->fallback);
	pthread_mutex_unlock(&s->lock);

	if (!ssl)
		return NULL;
	size_t len = strlen(service);
	len = len > SSL_MAX_SID_CTX_LENGTH ? SSL_MAX_SID_CTX_LENGTH : len;
	if (SSL_set_fd(ssl, fd) != 1 ||
		SSL_set_ex_data(ssl, alpn_index, (void *)(uintptr_t)alpn) != 1 ||
		SSL_set_session_id_context(ssl, (const unsigned char *)service, (unsigned)len) !=
			1) {
		SSL_free(ssl);
		return NULL;
	}
	SSL_set_accept_state(ssl);
	struct tls *t = heap_zalloc(sizeof *t);
	t->ssl = ssl;
	return t;
}

void tls_free(struct tls *t)
{
	if (!t)
		return;
	SSL_free(t->ssl);
	heap_free(t);
}

/* A certificate that did not please says more than "certificate verify failed". */
static void keep_failure(struct tls *t)
{
	const char *reason = ERR_reason_error_string(ERR_peek_error());
	long verified = SSL_is_server(t->ssl) ? X509_V_OK : SSL_get_verify_result(t->ssl);

	if (verified != X509_V_OK && SSL_get_verify_mode(t->ssl) != SSL_VERIFY_NONE)
		reason = X509_verify_cert_error_string(verified);
	t->failure = reason ? reason : "the peer closed the connection";
}

/* The one place that asks OpenSSL what happened. */
static enum io outcome(struct tls *t, int ret)
{
	switch (SSL_get_error(t->ssl, ret)) {
	case SSL_ERROR_NONE:
		return IO_OK;
	case SSL_ERROR_WANT_READ:
		return IO_WANT_READ;
	case SSL_ERROR_WANT_WRITE:
		return IO_WANT_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		return IO_EOF;
	default:
		keep_failure(t);
		return IO_FAILED;
	}
}

enum io tls_handshake(struct tls *t)
{
	ERR_clear_error();
	return outcome(t, SSL_do_handshake(t->ssl));
}

const char *tls_failure(struct tls *t)
{
	return t->failure ? t->failure : "";
}

enum io tls_read(struct tls *t, char *buf, size_t size, size_t *out_n)
{
	ERR_clear_error();
	return outcome(t, SSL_read_ex(t->ssl, buf, size, out_n));
}

enum io tls_write(struct tls *t, const char *buf, size_t len, size_t *out_n)
{
	ERR_clear_error();
	return outcome(t, SSL_write_ex(t->ssl, buf, len, out_n));
}

bool tls_has_pending(const struct tls *t)
{
	return SSL_has_pending(t->ssl) == 1;
}

void tls_say_goodbye(struct tls *t)
{
	ERR_clear_error();
	(void)SSL_shutdown(t->ssl); /* a courtesy: the peer may be gone */
	ERR_clear_error();
}

const char *tls_version(const struct tls *t)
{
	return SSL_get_version(t->ssl);
}

const char *tls_cipher(const struct tls *t)
{
	return SSL_get_cipher_name(t->ssl);
}

bool tls_binding(const struct tls *t, unsigned char out[TLS_BINDING_SIZE])
{
	static const char label[] = "EXPORTER-Channel-Binding";

	/* TLS 1.2 has it only with extended master secrets, and clients disagree how. */
	return SSL_version(t->ssl) >= TLS1_3_VERSION &&
		SSL_export_keying_material(
			t->ssl, out, TLS_BINDING_SIZE, label, sizeof label - 1, NULL, 0, 0) == 1;
}
