/* SPDX-License-Identifier: MIT */
/* Certificates made in the process, for tests of TLS. */
#ifndef PITOT_TESTS_PKI_H
#define PITOT_TESTS_PKI_H

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct pki {
	X509 *cert;
	EVP_PKEY *key;
	char cert_file[128], key_file[128]; /* PEM */
};

static void pki_extension(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	if (!e || !X509_add_ext(x, e, -1))
		abort();
	X509_EXTENSION_free(e);
}

static void pki_write(struct pki *p, const char *dir, const char *name)
{
	FILE *f;

	snprintf(p->cert_file, sizeof(p->cert_file), "%s/%s.crt", dir, name);
	snprintf(p->key_file, sizeof(p->key_file), "%s/%s.key", dir, name);
	f = fopen(p->cert_file, "w");
	if (!f || !PEM_write_X509(f, p->cert) || fclose(f))
		abort();
	f = fopen(p->key_file, "w");
	if (!f || !PEM_write_PrivateKey(f, p->key, NULL, NULL, 0, NULL, NULL) || fclose(f))
		abort();
}

/* ca NULL: a CA of its own. From and to: seconds from now. alt: "DNS:localhost,IP:127.0.0.1". */
static void pki_make(struct pki *ret, const struct pki *ca, const char *dir, const char *name,
		     long from, long to, const char *alt)
{
	X509 *x = X509_new();
	X509_NAME *n = X509_NAME_new();

	ret->key = EVP_EC_gen("P-256");
	ret->cert = x;
	if (!x || !n || !ret->key)
		abort();
	X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), rand());
	X509_gmtime_adj(X509_getm_notBefore(x), from);
	X509_gmtime_adj(X509_getm_notAfter(x), to);
	X509_set_subject_name(x, n);
	X509_set_issuer_name(x, ca ? X509_get_subject_name(ca->cert) : n);
	X509_set_pubkey(x, ret->key);
	if (ca)
		pki_extension(x, NID_subject_alt_name, alt);
	else
		pki_extension(x, NID_basic_constraints, "critical,CA:TRUE");
	if (!X509_sign(x, ca ? ca->key : ret->key, EVP_sha256()))
		abort();
	X509_NAME_free(n);
	pki_write(ret, dir, name);
}

static void pki_free(struct pki *p)
{
	X509_free(p->cert);
	EVP_PKEY_free(p->key);
	unlink(p->cert_file);
	unlink(p->key_file);
}

#endif
