// SPDX-License-Identifier: MIT
/* TLS on a transport: OpenSSL works in memory, the bytes go by way of the loop. */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

#include "export/tls_internal.h"
#include "export/transport_internal.h"

#define ANSWERS_MAX (1u << 20) /* of key updates, say, to one that does not read them */

struct tls_stream {
	SSL *ssl;
	BIO *in, *out; /* the SSL's: what came, what is to go */
	struct tls *tls;
	bool greeted; /* the handshake is done */
	size_t answers; /* bytes of TLS's own since everything had gone */
	struct tls_story story;
};

static bool set_expected(struct tls_stream *s, const char *name)
{
	X509_VERIFY_PARAM *p = SSL_get0_param(s->ssl);

	snprintf(s->story.whom, sizeof(s->story.whom), "%s", name);
	if (X509_VERIFY_PARAM_set1_ip_asc(p, name))
		return true;
	ERR_clear_error();
	X509_VERIFY_PARAM_set_hostflags(p, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return X509_VERIFY_PARAM_set1_host(p, name, 0) && SSL_set_tlsext_host_name(s->ssl, name);
}

int tls_stream_new(struct transport *t, struct tls *tls, const char *server_name, bool client)
{
	struct tls_stream *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->tls = tls_get(tls);
	t->tls = s;
	s->story.client = client;
	s->ssl = SSL_new(tls->ctx);
	s->in = BIO_new(BIO_s_mem());
	s->out = BIO_new(BIO_s_mem());
	if (!s->ssl || !s->in || !s->out) {
		BIO_free(s->in);
		BIO_free(s->out);
		goto failed;
	}
	/* "nothing more for now", not "the end" */
	BIO_set_mem_eof_return(s->in, -1);
	SSL_set_bio(s->ssl, s->in, s->out);
	tls_story_set(s->ssl, &s->story);
	if (!client) {
		SSL_set_accept_state(s->ssl);
		return 0;
	}
	SSL_set_connect_state(s->ssl);
	if (set_expected(s, server_name))
		return 0;
failed:
	ERR_clear_error();
	return -ENOMEM;
}

void tls_stream_free(struct tls_stream *s)
{
	if (!s)
		return;
	SSL_free(s->ssl);
	tls_put(s->tls);
	free(s);
}

/* ---------------------------------------------------------------------- both ways */

static int flush(struct transport *t)
{
	struct tls_stream *s = t->tls;
	char *bytes;
	long n = BIO_get_mem_data(s->out, &bytes);
	int r = n > 0 ? transport_write_raw(t, (const uint8_t *)bytes, n) : 0;

	(void)BIO_reset(s->out);
	return r;
}

static void fail(struct transport *t)
{
	char why[400];

	tls_explain(&t->tls->story, why, sizeof(why));
	flush(t); /* the alert that tells the other side */
	transport_fail(t, -EPROTO, why);
}

/* The client's certificate, where it has shown one, is part of who it is. */
static void name_peer(struct transport *t)
{
	X509 *x = SSL_get0_peer_certificate(t->tls->ssl);
	size_t len = strlen(t->peer);
	char subject[200];

	if (!x || t->tls->story.client || SSL_get_verify_mode(t->tls->ssl) == SSL_VERIFY_NONE)
		return;
	tls_name(X509_get_subject_name(x), subject, sizeof(subject));
	snprintf(t->peer + len, sizeof(t->peer) - len, " (%s)", subject);
}

/* True when it is done, and the user has the transport. */
static bool greet(struct transport *t)
{
	struct tls_stream *s = t->tls;
	const unsigned char *alpn;
	unsigned int alpn_len;
	int r = SSL_do_handshake(s->ssl);

	if (r != 1) {
		if (SSL_get_error(s->ssl, r) != SSL_ERROR_WANT_READ) {
			fail(t);
			return false;
		}
		ERR_clear_error();
		r = flush(t);
		if (r)
			transport_fail(t, r, uv_strerror(r));
		return false;
	}
	flush(t);
	SSL_get0_alpn_selected(s->ssl, &alpn, &alpn_len);
	if (!s->story.client && !alpn_len) {
		transport_fail(t, -EPROTO, "the client does not speak HTTP/2 (ALPN h2)");
		return false;
	}
	s->greeted = true;
	name_peer(t);
	transport_opened(t);
	return !t->closing && !t->ended;
}

/* What TLS itself has to say to what came. */
static void answer(struct transport *t)
{
	struct tls_stream *s = t->tls;

	if (!t->queued)
		s->answers = 0;
	s->answers += BIO_ctrl_pending(s->out);
	flush(t);
	if (t->queued && s->answers > ANSWERS_MAX)
		transport_fail(t, -ENOBUFS, "the other side does not read what it asks for");
}

static void hand_out(struct transport *t)
{
	struct tls_stream *s = t->tls;
	uint8_t bytes[16 << 10];
	int n = 0, err;

	while (!t->closing && !t->ended && !t->paused) {
		ERR_clear_error();
		n = SSL_read(s->ssl, bytes, sizeof(bytes));
		if (n <= 0)
			break;
		if (t->ev.data)
			t->ev.data(t->ev.arg, bytes, n);
	}
	if (t->closing || t->ended || t->paused)
		return;
	err = SSL_get_error(s->ssl, n);
	if (err == SSL_ERROR_ZERO_RETURN)
		transport_fail(t, 0, "");
	else if (err != SSL_ERROR_WANT_READ)
		fail(t);
	else
		answer(t);
}

void tls_stream_go(struct transport *t)
{
	if (t->closing || t->ended)
		return;
	if (!t->tls->greeted && !greet(t))
		return;
	hand_out(t);
}

void tls_stream_feed(struct transport *t, const uint8_t *bytes, size_t n)
{
	if (BIO_write(t->tls->in, bytes, n) != (int)n) {
		transport_fail(t, -ENOMEM, uv_strerror(-ENOMEM));
		return;
	}
	tls_stream_go(t);
}

void tls_stream_end(struct transport *t)
{
	if (t->tls->greeted)
		transport_fail(t, -ECONNRESET, "the connection was cut off");
	else
		transport_fail(t, -ECONNRESET,
			       "the other side ended the TLS handshake; does it speak TLS?");
}

int tls_stream_write(struct transport *t, const uint8_t *bytes, size_t n)
{
	size_t done;

	ERR_clear_error();
	if (SSL_write_ex(t->tls->ssl, bytes, n, &done) != 1 || done != n) {
		ERR_clear_error();
		return -EIO;
	}
	return flush(t);
}

void tls_stream_shutdown(struct transport *t)
{
	ERR_clear_error();
	SSL_shutdown(t->tls->ssl);
	ERR_clear_error();
	flush(t);
}

bool tls_stream_waiting(const struct transport *t)
{
	return BIO_ctrl_pending(t->tls->in) || SSL_pending(t->tls->ssl);
}
