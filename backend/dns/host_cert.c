/* The mail server's certificate, for DNS. */
#include "backend/dns/host_cert.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "mailcore/base/str.h"

#define ORGANISATION_MAX 128

/* What these authorities say in their practice statements. */
struct span host_cert_ca(struct span organisation)
{
	static const struct {
		const char *organisation, *ca;
	} known[] = { { "Let's Encrypt", "letsencrypt.org" }, { "ZeroSSL", "sectigo.com" },
		{ "Sectigo Limited", "sectigo.com" }, { "DigiCert Inc", "digicert.com" },
		{ "DigiCert, Inc.", "digicert.com" }, { "Google Trust Services", "pki.goog" },
		{ "Google Trust Services LLC", "pki.goog" },
		{ "GlobalSign nv-sa", "globalsign.com" }, { "Buypass AS-983163327", "buypass.com" },
		{ "Actalis S.p.A.", "actalis.it" }, { "SSL Corporation", "ssl.com" },
		{ "HARICA", "harica.gr" },
		{ "Hellenic Academic and Research Institutions CA", "harica.gr" } };

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		if (span_eq(organisation, span_of(known[i].organisation)))
			return span_of(known[i].ca);
	}
	return SPAN_NONE;
}

static struct span issuer_of(struct arena *a, X509 *cert)
{
	char *text = arena_alloc(a, ORGANISATION_MAX);
	int len = X509_NAME_get_text_by_NID(
		X509_get_issuer_name(cert), NID_organizationName, text, ORGANISATION_MAX);

	return len > 0 ? span_make(text, (size_t)len) : SPAN_NONE;
}

static struct span key_hash(struct arena *a, X509 *cert)
{
	unsigned char *der = NULL, digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	int der_len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
	struct str out = str_in(a, 2 * EVP_MAX_MD_SIZE + 1);

	if (der_len > 0 && EVP_Digest(der, (size_t)der_len, digest, &len, EVP_sha256(), NULL) == 1)
		for (unsigned i = 0; i < len; i++)
			str_addf(&out, "%02x", digest[i]);
	OPENSSL_free(der);
	return str_span(&out);
}

void host_cert_read(struct arena *a, const char *pem_file, struct host_cert *out)
{
	BIO *file = pem_file ? BIO_new_file(pem_file, "r") : NULL;
	X509 *cert = file ? PEM_read_bio_X509(file, NULL, NULL, NULL) : NULL;

	*out = (struct host_cert){ 0 };
	if (cert) {
		out->ca = host_cert_ca(issuer_of(a, cert));
		out->tlsa = key_hash(a, cert);
	}
	X509_free(cert);
	BIO_free(file);
}
