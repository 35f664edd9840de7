// SPDX-License-Identifier: MIT
/* OpenSSL's ways to say no, as one line that names the cure. */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "export/tls_internal.h"
#include "export/transport_internal.h"

void tls_date(const ASN1_TIME *t, char ret[32])
{
	struct tm tm;

	if (!ASN1_TIME_to_tm(t, &tm) || !strftime(ret, 32, "%Y-%m-%d %H:%M:%S UTC", &tm))
		snprintf(ret, 32, "an unknown date");
}

void tls_name(const X509_NAME *name, char *ret, size_t size)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char raw[200];
	int n = 0;

	if (bio && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0)
		n = BIO_read(bio, raw, sizeof(raw) - 1);
	raw[n > 0 ? n : 0] = '\0';
	BIO_free(bio);
	transport_escape(ret, size, raw);
}

/* "dns:a, dns:b, ip" of a certificate, for whom it was made. */
static void names_of(X509 *x, char *ret, size_t size)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	char raw[200] = "";
	size_t len = 0;

	for (int i = 0; names && i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(names, i);
		const ASN1_STRING *s = g->d.ia5;
		char ip[INET6_ADDRSTRLEN] = "";

		if (g->type == GEN_DNS)
			len += snprintf(raw + len, sizeof(raw) - len, "%s%.*s", len ? ", " : "",
					ASN1_STRING_length(s), ASN1_STRING_get0_data(s));
		else if (g->type == GEN_IPADD &&
			 inet_ntop(ASN1_STRING_length(s) == 4 ? AF_INET : AF_INET6,
				   ASN1_STRING_get0_data(s), ip, sizeof(ip)))
			len += snprintf(raw + len, sizeof(raw) - len, "%s%s", len ? ", " : "", ip);
		if (len >= sizeof(raw) - 1)
			break;
	}
	GENERAL_NAMES_free(names);
	if (*raw)
		transport_escape(ret, size, raw);
	else
		tls_name(X509_get_subject_name(x), ret, size);
}

void tls_story_set(SSL *ssl, struct tls_story *story)
{
	SSL_set_app_data(ssl, story);
}

static void tell(struct tls_story *s, int err, X509 *x)
{
	const char *whose = s->client ? "the server's certificate" : "the client's certificate";
	char date[32], who[300];

	switch (err) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		tls_date(X509_get0_notAfter(x), date);
		tls_name(X509_get_subject_name(x), who, sizeof(who));
		snprintf(s->why, sizeof(s->why), "%s (%.200s) has expired on %s", whose, who, date);
		return;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		tls_date(X509_get0_notBefore(x), date);
		snprintf(s->why, sizeof(s->why), "%s is not valid before %s; is the clock right?",
			 whose, date);
		return;
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		names_of(x, who, sizeof(who));
		snprintf(s->why, sizeof(s->why),
			 "%s is for %.200s, not for '%.100s'; give the server name it is for",
			 whose, who, s->whom);
		return;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		tls_name(X509_get_issuer_name(x), who, sizeof(who));
		snprintf(
			s->why, sizeof(s->why),
			"%s is signed by an authority that is not trusted here (%.200s); give its CA file",
			whose, who);
		return;
	default:
		snprintf(s->why, sizeof(s->why), "%s: %s", whose,
			 X509_verify_cert_error_string(err));
	}
}

int tls_verify(int ok, X509_STORE_CTX *store)
{
	const SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls_story *s = ssl ? SSL_get_app_data(ssl) : NULL;
	X509 *x = X509_STORE_CTX_get_current_cert(store);

	if (!ok && s && x && !*s->why)
		tell(s, X509_STORE_CTX_get_error(store), x);
	return ok;
}

/* What the other side's alert, or its not being TLS at all, means. */
static const struct {
	int reason;
	const char *line;
} meanings[] = {
	{SSL_R_WRONG_VERSION_NUMBER, "the other side does not speak TLS"},
	{SSL_R_HTTP_REQUEST, "the other side does not speak TLS"},
	{SSL_R_PACKET_LENGTH_TOO_LONG, "the other side does not speak TLS"},
	{SSL_R_BAD_RECORD_TYPE, "the other side does not speak TLS"},
	{SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, "the server wants a client certificate"},
	{SSL_R_TLSV1_ALERT_UNKNOWN_CA,
	 "the other side does not trust the authority of our certificate"},
	{SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED,
	 "the other side says that our certificate has expired"},
	{SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, "the other side does not take our certificate"},
	{SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED,
	 "the other side says that our certificate is revoked"},
	{SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN, "the other side does not take our certificate"},
	{SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE,
	 "the other side does not take this kind of certificate"},
	{SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE,
	 "the other side found no common way to speak TLS, or wants a client certificate"},
	{SSL_R_TLSV1_ALERT_PROTOCOL_VERSION,
	 "the other side speaks no TLS version that is taken here"},
	{SSL_R_UNSUPPORTED_PROTOCOL, "the other side speaks no TLS version that is taken here"},
	{SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL,
	 "the other side does not speak HTTP/2 (ALPN h2)"},
	{SSL_R_NO_APPLICATION_PROTOCOL, "the other side does not speak HTTP/2 (ALPN h2)"},
	{SSL_R_TLSV1_UNRECOGNIZED_NAME, "the server does not know the name that was asked for"},
	{SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, "the client has shown no certificate"},
};

void tls_explain(const struct tls_story *story, char *ret, size_t size)
{
	unsigned long e = ERR_peek_error();
	const char *reason = ERR_reason_error_string(e);

	ERR_clear_error();
	if (*story->why) {
		snprintf(ret, size, "%s", story->why);
		return;
	}
	for (size_t i = 0;
	     ERR_GET_LIB(e) == ERR_LIB_SSL && i < sizeof(meanings) / sizeof(*meanings); i++)
		if (ERR_GET_REASON(e) == meanings[i].reason) {
			snprintf(ret, size, "%s", meanings[i].line);
			return;
		}
	snprintf(ret, size, "TLS: %s", reason ? reason : "failed");
}
