/*
 * A certificate authority and a server certificate of our own, for a new data directory.
 *
 * The CA's key stays beside it, so that a certificate for other names can be made later by
 * removing cert.pem. Nothing that exists is overwritten.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mailcore/base/random.h"
#include "mailcore/net/addr.h"
#include "mailcore/net/tls.h"

#define CA_DAYS       3650
#define CERT_DAYS     397 /* browsers accept no longer one */
#define NAMES_MAX     100
#define SECONDS_A_DAY 86400L

struct pair {
	EVP_PKEY *key;
	X509 *cert;
};

static void pair_done(struct pair *p)
{
	EVP_PKEY_free(p->key);
	X509_free(p->cert);
	*p = (struct pair){ NULL, NULL };
}

/* --- files ------------------------------------------------------------------------------------ */

static bool path_of(char *out, size_t cap, const char *dir, const char *file, const char *suffix)
{
	int len = snprintf(out, cap, "%s/%s%s", dir, file, suffix);
	return len > 0 && (size_t)len < cap;
}

static bool write_pem(FILE *file, const struct pair *p, bool key)
{
	if (key)
		return PEM_write_PrivateKey(file, p->key, NULL, NULL, 0, NULL, NULL) == 1;
	return PEM_write_X509(file, p->cert) == 1;
}

/* Whole or not at all, and on disk: written beside, then renamed. chain: a second certificate. */
static enum rc save(const char *dir, const char *name, const struct pair *p, bool key,
	const struct pair *chain, struct err *err)
{
	char path[4096], temp[4096];

	if (!path_of(path, sizeof path, dir, name, "") ||
		!path_of(temp, sizeof temp, dir, name, ".new"))
		return err_set(
			err, RC_INVALID, "tls", "The path of the TLS directory is too long.");
	int fd = open(
		temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, key ? 0600 : 0644);
	FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (!file) {
		if (fd >= 0)
			(void)close(fd); /* the first error is reported */
		return err_set(
			err, RC_TEMP, "tls", "%s cannot be written: %s.", temp, strerror(errno));
	}
	bool ok = write_pem(file, p, key) && (!chain || write_pem(file, chain, false));
	ok = ok && fflush(file) == 0 && fsync(fileno(file)) == 0;
	ok = fclose(file) == 0 && ok;
	if (!ok || rename(temp, path) != 0) {
		int reason = errno;
		(void)unlink(temp); /* what is left of it */
		return err_set(
			err, RC_TEMP, "tls", "%s cannot be written: %s.", path, strerror(reason));
	}
	return RC_OK;
}

static bool exists(const char *dir, const char *name)
{
	char path[4096];
	return path_of(path, sizeof path, dir, name, "") && access(path, F_OK) == 0;
}

static enum rc load_ca(const char *dir, struct pair *out, struct err *err)
{
	char path[4096];
	FILE *file = NULL;

	if (path_of(path, sizeof path, dir, "ca.pem", ""))
		file = fopen(path, "re");
	if (file) {
		out->cert = PEM_read_X509(file, NULL, NULL, NULL);
		(void)fclose(file); /* only read */
	}
	file = path_of(path, sizeof path, dir, "ca-key.pem", "") ? fopen(path, "re") : NULL;
	if (file) {
		out->key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
		(void)fclose(file); /* only read */
	}
	if (!out->cert || !out->key || X509_check_private_key(out->cert, out->key) != 1)
		return err_set(err, RC_INVALID, "tls",
			"%s/ca.pem and %s/ca-key.pem cannot be used together.", dir, dir);
	return RC_OK;
}

/* --- certificates ----------------------------------------------------------------------------- */

static bool add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	bool ok = ext && X509_add_ext(cert, ext, -1) == 1;
	X509_EXTENSION_free(ext);
	return ok;
}

static bool set_serial(X509 *cert)
{
	unsigned char bytes[16];

	random_bytes(bytes, sizeof bytes);
	bytes[0] = (unsigned char)((bytes[0] & 0x7F) | 0x40); /* positive, of full length */
	BIGNUM *n = BN_bin2bn(bytes, sizeof bytes, NULL);
	bool ok = n && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(cert));
	BN_free(n);
	return ok;
}

static bool set_basics(X509 *cert, EVP_PKEY *key, const char *common_name, long days)
{
	X509_NAME *name = X509_get_subject_name(cert);

	/* An hour back: clocks differ. */
	return X509_set_version(cert, X509_VERSION_3) == 1 && set_serial(cert) &&
		X509_gmtime_adj(X509_getm_notBefore(cert), -3600) &&
		X509_gmtime_adj(X509_getm_notAfter(cert), days * SECONDS_A_DAY) &&
		X509_set_pubkey(cert, key) == 1 &&
		X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
			(const unsigned char *)common_name, -1, -1, 0) == 1;
}

static bool new_pair(struct pair *p, const char *common_name, long days)
{
	p->key = EVP_EC_gen("P-256");
	p->cert = X509_new();
	return p->key && p->cert && set_basics(p->cert, p->key, common_name, days);
}

static bool make_ca(struct pair *ca)
{
	return new_pair(ca, "Mailstead local authority", CA_DAYS) &&
		X509_set_issuer_name(ca->cert, X509_get_subject_name(ca->cert)) == 1 &&
		add_extension(
			ca->cert, ca->cert, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
		add_extension(ca->cert, ca->cert, NID_key_usage, "critical,keyCertSign,cRLSign") &&
		add_extension(ca->cert, ca->cert, NID_subject_key_identifier, "hash") &&
		X509_sign(ca->cert, ca->key, EVP_sha256()) > 0;
}

static bool is_name(struct span name)
{
	struct addr a;

	if (addr_parse(name, &a))
		return true;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		if (!ascii_is_alpha(c) && !ascii_is_digit(c) && c != '-' && c != '.' && c != '*')
			return false; /* it goes into a comma-separated list */
	}
	return name.len > 0 && name.len <= 253;
}

/* "DNS:mail.example.org,IP:127.0.0.1" */
static bool add_names(struct str *out, const char *const *names, size_t n_names)
{
	for (size_t i = 0; i < n_names; i++) {
		struct span name = span_of(names[i]);
		struct addr a;

		if (!is_name(name))
			return false;
		str_add_cstr(out, i > 0 ? "," : "");
		str_add_cstr(out, addr_parse(name, &a) ? "IP:" : "DNS:");
		str_add(out, name);
	}
	return str_ok(out);
}

static bool make_cert(struct pair *p, const struct pair *ca, const char *first, const char *names)
{
	/* CN holds 64 characters; clients look at the alternative names only. */
	const char *cn = strlen(first) <= 64 ? first : "mailstead";

	return new_pair(p, cn, CERT_DAYS) &&
		X509_set_issuer_name(p->cert, X509_get_subject_name(ca->cert)) == 1 &&
		add_extension(p->cert, ca->cert, NID_basic_constraints, "critical,CA:FALSE") &&
		add_extension(p->cert, ca->cert, NID_key_usage, "critical,digitalSignature") &&
		add_extension(p->cert, ca->cert, NID_ext_key_usage, "serverAuth") &&
		add_extension(p->cert, ca->cert, NID_subject_alt_name, names) &&
		add_extension(p->cert, ca->cert, NID_authority_key_identifier, "keyid") &&
		X509_sign(p->cert, ca->key, EVP_sha256()) > 0;
}

/* --- the directory ---------------------------------------------------------------------------- */

static enum rc ensure_ca(const char *dir, struct pair *ca, struct err *err)
{
	if (exists(dir, "ca.pem") || exists(dir, "ca-key.pem"))
		return load_ca(dir, ca, err);
	if (!make_ca(ca))
		return err_set(
			err, RC_TEMP, "tls", "OpenSSL could not make a certificate authority.");
	enum rc rc = save(dir, "ca-key.pem", ca, true, NULL, err);
	return rc == RC_OK ? save(dir, "ca.pem", ca, false, NULL, err) : rc;
}

static enum rc make_server(const char *dir, const struct pair *ca, const char *const *names,
	size_t n_names, struct err *err)
{
	struct pair server = { NULL, NULL };
	struct str list;

	str_init(&list, 64 * 1024);
	enum rc rc = RC_OK;
	if (n_names == 0 || n_names > NAMES_MAX || !add_names(&list, names, n_names))
		rc = err_set(err, RC_INVALID, "tls",
			"A certificate needs 1 to 100 host names or addresses.");
	else if (!make_cert(&server, ca, names[0], str_cstr(&list)))
		rc = err_set(err, RC_TEMP, "tls", "OpenSSL could not make a certificate.");
	if (rc == RC_OK)
		rc = save(dir, "key.pem", &server, true, NULL, err);
	if (rc == RC_OK)
		rc = save(dir, "cert.pem", &server, false, ca, err);
	str_done(&list);
	pair_done(&server);
	return rc;
}

enum rc tls_make_self_signed(
	const char *dir, const char *const *names, size_t n_names, struct err *err)
{
	struct pair ca = { NULL, NULL };

	if (exists(dir, "cert.pem"))
		return RC_OK;
	if (mkdir(dir, 0755) != 0 && errno != EEXIST)
		return err_set(err, RC_TEMP, "tls", "%s cannot be made: %s.", dir, strerror(errno));
	ERR_clear_error();
	enum rc rc = ensure_ca(dir, &ca, err);
	if (rc == RC_OK)
		rc = make_server(dir, &ca, names, n_names, err);
	pair_done(&ca);
	ERR_clear_error();
	return rc;
}
