/* SPDX-License-Identifier: MIT */
/* What TLS's files share, and nobody else sees. */
#ifndef PITOT_EXPORT_TLS_INTERNAL_H
#define PITOT_EXPORT_TLS_INTERNAL_H

#include <openssl/ssl.h>

#include "export/transport.h"

struct tls {
	SSL_CTX *ctx;
	unsigned int refs;
	bool insecure;
	char *server_name; /* client: instead of whom it connects to; NULL */
};

/* Why a handshake failed, for whom it has to be explained to. */
struct tls_story {
	bool client;
	char whom[256]; /* whose certificate is expected */
	char why[400]; /* what the verification found; "" */
};

int tls_verify(int ok, X509_STORE_CTX *store); /* OpenSSL's callback: writes the story's why */
void tls_story_set(SSL *ssl, struct tls_story *story);
/* One line of OpenSSL's queue (emptied) and of the story. */
void tls_explain(const struct tls_story *story, char *ret, size_t size);
void tls_date(const ASN1_TIME *t, char ret[32]); /* "2026-11-22 08:00:00 UTC" */
void tls_name(const X509_NAME *name, char *ret, size_t size); /* "CN=x,O=y", escaped */

#endif
