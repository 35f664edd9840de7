// SPDX-License-Identifier: MIT
/* Connections by TLS. */
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/ssl.h>

#include "tests/unit/transport_ends.h"

/* What the client is told; "" where a byte goes to the server and back. */
static const char *greeting(struct tls *server, struct tls *client, const char *name)
{
	static struct end e;
	char to[300];
	struct listener *l = listen_on("127.0.0.1", server, to);

	memset(&e, 0, sizeof(e));
	accepted_end.echoes = server != NULL;
	if (!server) { /* as an HTTP/2 server without TLS */
		accepted_end.says = "\0\0\0\4\0\0\0\0\0";
		accepted_end.says_n = 9;
	}
	connect_to(to, client, name, &e);
	for (int i = 0; i < 300 && !e.closed && !e.got; i++) {
		if (e.opened && !e.drained++)
			transport_write(e.t, (const uint8_t *)"x", 1);
		run_ms(10);
	}
	if (!e.closed && !e.got)
		snprintf(e.why, sizeof(e.why), "nothing happened");
	else if (e.closed)
		assert_true(e.err < 0);
	/* an echo needs a greeting that the server took, too */
	if (e.got)
		assert_true(accepted_end.opened);
	finish(l, &e, &accepted_end);
	tls_put(server);
	tls_put(client);
	return e.why;
}

static void test_echo_tls(void **state)
{
	struct tls *s = server_tls(&server_pki, &good), *c = client_tls(&client_pki, &good, false);

	(void)state;
	echo_through("127.0.0.1", s, c);
	assert_non_null(strstr(accepted_peer, " (CN=client)"));
	echo_through(unix_path(), s, c);
	tls_put(s);
	tls_put(c);
}

static void test_tls_refusals(void **state)
{
	const char *why;

	(void)state;
	assert_string_equal(
		greeting(server_tls(&server_pki, NULL), client_tls(NULL, &good, false), NULL), "");
	assert_string_equal(greeting(server_tls(&server_pki, NULL), client_tls(NULL, &good, false),
				     "localhost"),
			    "");
	assert_string_equal(
		greeting(server_tls(&server_pki, NULL), client_tls(NULL, &other, true), "any"), "");
	assert_string_equal(greeting(server_tls(&server_pki, &good),
				     client_tls(&client_pki, &good, false), NULL),
			    "");
	assert_string_equal(
		greeting(server_tls(&server_pki, NULL), client_tls(NULL, &other, false), NULL),
		"the server's certificate is signed by an authority that is not trusted here (CN=good); give its CA file");
	assert_string_equal(
		greeting(server_tls(&server_pki, NULL), client_tls(NULL, &good, false),
			 "relay.example"),
		"the server's certificate is for localhost, 127.0.0.1, not for 'relay.example'; give the server name it is for");
	assert_string_equal(
		greeting(server_tls(&elsewhere_pki, NULL), client_tls(NULL, &good, false), NULL),
		"the server's certificate is for elsewhere, not for '127.0.0.1'; give the server name it is for");
	assert_string_equal(
		greeting(server_tls(&server_pki, &good), client_tls(NULL, &good, false), NULL),
		"the server wants a client certificate");
	assert_string_equal(greeting(server_tls(&server_pki, &good),
				     client_tls(&stranger_pki, &good, false), NULL),
			    "the other side does not trust the authority of our certificate");
	why = greeting(NULL, client_tls(NULL, &good, false), NULL);
	assert_string_equal(why, "the other side does not speak TLS");
}

static void test_tls_expired(void **state)
{
	struct pki p;
	struct tls *s, *c;
	struct tls_options opt = {0};
	char *error = NULL;

	(void)state;
	pki_make(&p, &good, dir, "brief", -10, 1, "DNS:localhost,IP:127.0.0.1");
	s = server_tls(&p, &good);
	c = client_tls(&p, &good, false);
	sleep(2);
	assert_non_null(strstr(greeting(s, c, NULL),
			       "the server's certificate (CN=brief) has expired on 20"));
	/* and so it is no certificate to begin with */
	opt.cert_file = p.cert_file;
	opt.key_file = p.key_file;
	assert_int_equal(tls_server_new(&opt, &s, &error), -EKEYEXPIRED);
	assert_non_null(strstr(error, "it has expired on 20"));
	free(error);
	pki_free(&p);
}

static void refused_files(const struct tls_options *opt, int err, const char *words)
{
	struct tls *t;
	char *error = NULL;

	assert_int_equal(tls_server_new(opt, &t, &error), err);
	if (!strstr(error, words))
		fail_msg("%s", error);
	assert_null(strchr(error, '\n'));
	free(error);
}

static void test_tls_files(void **state)
{
	const char *cas[] = {server_pki.key_file, NULL};
	struct tls_options opt = {.cert_file = server_pki.cert_file,
				  .key_file = client_pki.key_file};

	(void)state;
	refused_files(&(struct tls_options){0}, -EINVAL, "needs a certificate file");
	refused_files(&opt, -EINVAL, "it does not belong to the certificate");
	opt.key_file = NULL;
	refused_files(&opt, -EINVAL, "its key file is not given");
	opt.key_file = "/nonexistent";
	refused_files(&opt, -ENOENT, "key file '/nonexistent': No such file");
	opt.key_file = "/dev/null";
	refused_files(&opt, -ENODATA, "empty");
	opt.key_file = server_pki.cert_file;
	refused_files(&opt, -EINVAL, "nothing of that kind");
	opt.key_file = server_pki.key_file;
	opt.ca_files = cas;
	refused_files(&opt, -EINVAL, "CA file '");
	assert_int_equal(ERR_peek_error(), 0);
}

/* Asks for answers of TLS's own, and reads none. */
static void *update_keys(void *port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(*(uint16_t *)port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0), small = 4096;
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *s = SSL_new(ctx);

	SSL_set_alpn_protos(s, (const unsigned char *)"\2h2", 3);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	if (!connect(fd, (struct sockaddr *)&to, sizeof(to)) && SSL_set_fd(s, fd) &&
	    SSL_connect(s) == 1)
		for (int i = 0; i < 2000000; i++)
			if (!SSL_key_update(s, SSL_KEY_UPDATE_REQUESTED) ||
			    SSL_do_handshake(s) != 1 || (i % 16 == 0 && SSL_write(s, "x", 1) != 1))
				break;
	close(fd);
	SSL_free(s);
	SSL_CTX_free(ctx);
	return NULL;
}

static void test_key_updates(void **state)
{
	struct tls *s = server_tls(&server_pki, NULL);
	char to[300];
	struct listener *l = listen_on("127.0.0.1", s, to);
	uint16_t port = listener_port(l);
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, update_keys, &port), 0);
	run_until(&accepted_end.closed);
	assert_non_null(strstr(accepted_end.why, "does not read what it asks for"));
	finish(l, &accepted_end, NULL);
	pthread_join(thread, NULL);
	tls_put(s);
}

/* Half a greeting and silence. */
static void test_handshake_takes_too_long(void **state)
{
	struct tls *s = server_tls(&server_pki, NULL);
	struct listener_options opt = {.tls = s, .max_connections = 4, .handshake_ms = 50};
	struct end e = {0};
	struct listener *l;
	char err[300], to[64];

	(void)state;
	assert_int_equal(address_parse("127.0.0.1", 0, &opt.at, err, sizeof(err)), 0);
	assert_int_equal(listener_new(&loop, &opt, &accepted_end, on_accepted, &l, NULL), 0);
	snprintf(to, sizeof(to), "127.0.0.1:%u", listener_port(l));
	connect_to(to, NULL, NULL, &e);
	assert_true(run_until(&e.opened));
	transport_write(e.t, (const uint8_t *)"\x16\x03\x01", 3);
	assert_true(run_until(&e.closed));
	assert_int_equal(listener_refused(l), 1);
	tls_put(s);
	finish(l, &e, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_echo_tls),
		cmocka_unit_test(test_key_updates),
		cmocka_unit_test(test_tls_refusals),
		cmocka_unit_test(test_tls_expired),
		cmocka_unit_test(test_tls_files),
		cmocka_unit_test(test_handshake_takes_too_long),
	};

	return cmocka_run_group_tests(tests, set_up, clean_up);
}
