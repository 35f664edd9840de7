// SPDX-License-Identifier: MIT
/* Certificates, keys and authorities, read from files and checked before anyone connects. */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "export/tls_internal.h"
#include "export/transport_internal.h"

static const unsigned char alpn_h2[] = {2, 'h', '2'};

struct tls *tls_get(struct tls *t)
{
	t->refs++;
	return t;
}

void tls_put(struct tls *t)
{
	if (!t || --t->refs)
		return;
	SSL_CTX_free(t->ctx);
	free(t->server_name);
	free(t);
}

const char *tls_server_name(const struct tls *t)
{
	return t->server_name;
}

/* ------------------------------------------------------------------- the files */

/* 0, or why the file cannot be read at all; OpenSSL's own words for that are poor. */
static int readable(const char *what, const char *file, char **ret_error)
{
	FILE *f = fopen(file, "re");
	int err = errno;

	if (f) {
		err = getc(f) == EOF ? (ferror(f) ? errno : ENODATA) : 0;
		fclose(f);
	}
	if (!err)
		return 0;
	return transport_say(ret_error, -err, "%s file '%s': %s", what, file,
			     err == ENODATA ? "empty" : strerror(err));
}

static int bad_file(const char *what, const char *file, const char *why, char **ret_error)
{
	unsigned long e = ERR_peek_error();
	const char *reason = ERR_reason_error_string(e);

	if (!why &&
	    (ERR_GET_REASON(e) == PEM_R_NO_START_LINE || ERR_GET_REASON(e) == ERR_R_UNSUPPORTED))
		why = "nothing of that kind in PEM in it";
	if (!why)
		why = reason ? reason : "unreadable";
	transport_say(ret_error, -EINVAL, "%s file '%s': %s", what, file, why);
	ERR_clear_error();
	return -EINVAL;
}

/* A key with a password would ask for it on the terminal. */
static int no_password(char *buf, int size, int rwflag, void *arg)
{
	(void)buf;
	(void)size;
	(void)rwflag;
	*(bool *)arg = true;
	return -1;
}

static int check_dates(const X509 *x, const char *file, char **ret_error)
{
	char date[32];

	if (X509_cmp_current_time(X509_get0_notAfter(x)) < 0) {
		tls_date(X509_get0_notAfter(x), date);
		return transport_say(ret_error, -EKEYEXPIRED,
				     "certificate file '%s': it has expired on %s; renew it", file,
				     date);
	}
	if (X509_cmp_current_time(X509_get0_notBefore(x)) > 0) {
		tls_date(X509_get0_notBefore(x), date);
		return transport_say(
			ret_error, -EINVAL,
			"certificate file '%s': it is not valid before %s; is the clock right?",
			file, date);
	}
	return 0;
}

static int load_pair(SSL_CTX *ctx, const char *cert, const char *key, char **ret_error)
{
	bool locked = false;
	int r;

	if (!key)
		return transport_say(ret_error, -EINVAL,
				     "certificate file '%s': its key file is not given", cert);
	r = readable("certificate", cert, ret_error);
	if (!r)
		r = readable("key", key, ret_error);
	if (r)
		return r;
	SSL_CTX_set_default_passwd_cb(ctx, no_password);
	SSL_CTX_set_default_passwd_cb_userdata(ctx, &locked);
	if (SSL_CTX_use_certificate_chain_file(ctx, cert) != 1)
		r = bad_file("certificate", cert, NULL, ret_error);
	else if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
		r = bad_file("key", key,
			     locked ? "it is locked with a password; give one without"
			     : ERR_GET_REASON(ERR_peek_error()) == X509_R_KEY_VALUES_MISMATCH
				     ? "it does not belong to the certificate"
				     : NULL,
			     ret_error);
	else if (SSL_CTX_check_private_key(ctx) != 1)
		r = bad_file("key", key, "it does not belong to the certificate", ret_error);
	else
		r = check_dates(SSL_CTX_get0_certificate(ctx), cert, ret_error);
	SSL_CTX_set_default_passwd_cb_userdata(ctx, NULL);
	SSL_CTX_set_default_passwd_cb(ctx, NULL);
	return r;
}

static int load_authorities(SSL_CTX *ctx, const char *const *files, bool server, char **ret_error)
{
	int r;

	for (; files && *files; files++) {
		r = readable("CA", *files, ret_error);
		if (r)
			return r;
		if (SSL_CTX_load_verify_file(ctx, *files) != 1 ||
		    (server && SSL_add_file_cert_subjects_to_stack(SSL_CTX_get_client_CA_list(ctx),
								   *files) != 1))
			return bad_file("CA", *files, NULL, ret_error);
	}
	return 0;
}

/* ---------------------------------------------------------------- the contexts */

static int select_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
		       const unsigned char *in, unsigned int in_len, void *arg)
{
	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto((unsigned char **)out, out_len, alpn_h2, sizeof(alpn_h2), in,
				  in_len) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	return SSL_TLSEXT_ERR_OK;
}

static struct tls *tls_new(const SSL_METHOD *method, int min_version)
{
	struct tls *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->refs = 1;
	t->ctx = SSL_CTX_new(method);
	if (!t->ctx) {
		ERR_clear_error();
		free(t);
		return NULL;
	}
	SSL_CTX_set_min_proto_version(t->ctx, min_version);
	SSL_CTX_set_options(t->ctx,
			    SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_session_cache_mode(t->ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_mode(t->ctx, SSL_MODE_RELEASE_BUFFERS);
	return t;
}

static int finish_new(struct tls *t, int r, struct tls **ret_tls)
{
	if (r) {
		tls_put(t);
		return r;
	}
	*ret_tls = t;
	return 0;
}

int tls_server_new(const struct tls_options *opt, struct tls **ret_tls, char **ret_error)
{
	bool ask = opt->ca_files && *opt->ca_files;
	STACK_OF(X509_NAME) * names;
	struct tls *t;
	int r;

	if (!opt->cert_file)
		return transport_say(ret_error, -EINVAL, "TLS needs a certificate file");
	t = tls_new(TLS_server_method(), TLS1_3_VERSION);
	names = sk_X509_NAME_new_null();
	if (!t || !names) {
		tls_put(t);
		sk_X509_NAME_free(names);
		return transport_say(ret_error, -ENOMEM, "out of memory");
	}
	SSL_CTX_set_num_tickets(t->ctx, 0);
	SSL_CTX_set_alpn_select_cb(t->ctx, select_alpn, NULL);
	SSL_CTX_set_client_CA_list(t->ctx, names);
	SSL_CTX_set_verify(
		t->ctx, ask ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT : SSL_VERIFY_NONE,
		tls_verify);
	r = load_pair(t->ctx, opt->cert_file, opt->key_file, ret_error);
	if (!r)
		r = load_authorities(t->ctx, opt->ca_files, true, ret_error);
	return finish_new(t, r, ret_tls);
}

int tls_client_new(const struct tls_options *opt, struct tls **ret_tls, char **ret_error)
{
	struct tls *t = tls_new(TLS_client_method(), TLS1_2_VERSION);
	int r = 0;

	if (!t)
		return transport_say(ret_error, -ENOMEM, "out of memory");
	t->insecure = opt->insecure;
	t->server_name = opt->server_name ? strdup(opt->server_name) : NULL;
	SSL_CTX_set_alpn_protos(t->ctx, alpn_h2, sizeof(alpn_h2));
	SSL_CTX_set_verify(t->ctx, opt->insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, tls_verify);
	if (opt->ca_files && *opt->ca_files)
		r = load_authorities(t->ctx, opt->ca_files, false, ret_error);
	else
		SSL_CTX_set_default_verify_paths(t->ctx);
	if (!r && opt->cert_file)
		r = load_pair(t->ctx, opt->cert_file, opt->key_file, ret_error);
	ERR_clear_error();
	return finish_new(t, r, ret_tls);
}
