/* Signed configuration profiles. */
#include "webui/setup/profile_sign.h"

#include <limits.h>

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

struct signer {
	X509 *cert;
	STACK_OF(X509) * chain;
	EVP_PKEY *key;
};

static void signer_done(struct signer *s)
{
	X509_free(s->cert);
	sk_X509_pop_free(s->chain, X509_free);
	EVP_PKEY_free(s->key);
}

/* The certificate and what stands behind it in its file. */
static void read_chain(struct signer *s, BIO *file)
{
	X509 *next;

	s->cert = PEM_read_bio_X509(file, NULL, NULL, NULL);
	s->chain = sk_X509_new_null();
	for (next = PEM_read_bio_X509(file, NULL, NULL, NULL); next && s->chain;
		next = PEM_read_bio_X509(file, NULL, NULL, NULL)) {
		if (sk_X509_push(s->chain, next) == 0)
			X509_free(next);
	}
	ERR_clear_error(); /* the end of the file is one */
}

static bool signer_read(struct signer *s, const char *cert_file, const char *key_file)
{
	BIO *cert = cert_file ? BIO_new_file(cert_file, "r") : NULL;
	BIO *key = key_file ? BIO_new_file(key_file, "r") : NULL;

	*s = (struct signer){ 0 };
	if (cert)
		read_chain(s, cert);
	if (key)
		s->key = PEM_read_bio_PrivateKey(key, NULL, NULL, NULL);
	BIO_free(cert);
	BIO_free(key);
	return s->cert && s->chain && s->key;
}

static bool add_signed(struct str *out, const struct signer *s, struct span text)
{
	BIO *in = BIO_new_mem_buf(text.ptr, (int)text.len), *der = BIO_new(BIO_s_mem());
	CMS_ContentInfo *cms = in && der
		? CMS_sign(s->cert, s->key, s->chain, in, CMS_BINARY | CMS_NOSMIMECAP)
		: NULL;
	char *bytes = NULL;
	bool ok = cms && i2d_CMS_bio(der, cms) == 1;

	if (ok) {
		long len = BIO_get_mem_data(der, &bytes);
		str_add(out, span_make(bytes, (size_t)len));
	}
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	BIO_free(der);
	return ok && str_ok(out);
}

bool profile_sign(struct str *out, struct span text, const char *cert_file, const char *key_file)
{
	struct signer signer = { 0 };
	bool ok = text.len < INT_MAX && signer_read(&signer, cert_file, key_file) &&
		add_signed(out, &signer, text);

	signer_done(&signer);
	return ok;
}
