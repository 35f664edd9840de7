/* SPDX-License-Identifier: MIT */
/* Addresses; bytes over unix sockets, TCP and TLS on a real loop; what is said when it fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "export/transport.h"
#include "tests/unit/pki.h"

static uv_loop_t loop;
static char dir[] = "/tmp/test_transport.XXXXXX";
static struct pki good, other, server_pki, client_pki, stranger_pki, elsewhere_pki;

/* ----------------------------------------------------------------- addresses */

static void test_addresses(void **state)
{
	static const struct {
		const char *text, *host, *path;
		unsigned int port;
		bool tls, loopback;
	} rows[] = {
		{"localhost:4245", "localhost", NULL, 4245, false, true},
		{"localhost", "localhost", NULL, 99, false, true},
		{"[::1]:4245", "::1", NULL, 4245, false, true},
		{"[::1]", "::1", NULL, 99, false, true},
		{"::1", "::1", NULL, 99, false, true},
		{"fd00::7", "fd00::7", NULL, 99, false, false},
		{"127.8.9.1:1", "127.8.9.1", NULL, 1, false, true},
		{"10.0.0.1:65535", "10.0.0.1", NULL, 65535, false, false},
		{":4244", "", NULL, 4244, false, false},
		{"tls://relay.example:443", "relay.example", NULL, 443, true, false},
		{"tls://relay.example", "relay.example", NULL, 99, true, false},
		{"unix:///run/x.sock", "", "/run/x.sock", 99, false, true},
		{"unix:x.sock", "", "x.sock", 99, false, true},
		{"/run/x.sock", "", "/run/x.sock", 99, false, true},
	};
	static const char *const bad[] = {
		"",	"unix:",  "unix://", "h:",    "h:x",	    "h:65536", "h:-1",	     "h: 1",
		"[::1", "[::1]x", "a b:1",   "a/b:1", "http://x:1", "h:1x",    "\x1b[31m:1",
	};
	struct address a;
	char err[300], longest[200];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		memset(&a, 0xff, sizeof(a));
		assert_int_equal(address_parse(rows[i].text, 99, &a, err, sizeof(err)), 0);
		assert_string_equal(a.host, rows[i].host);
		assert_int_equal(a.port, rows[i].port);
		assert_int_equal(a.tls, rows[i].tls);
		assert_int_equal(a.is_unix, rows[i].path != NULL);
		if (rows[i].path)
			assert_string_equal(a.path, rows[i].path);
		assert_int_equal(address_is_loopback(&a), rows[i].loopback);
		assert_string_equal(a.text, rows[i].text);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(address_parse(bad[i], 99, &a, err, sizeof(err)), -EINVAL);
		assert_null(strpbrk(err, "\n\x1b"));
		assert_non_null(strstr(err, "address '"));
	}
	memset(longest, 'x', sizeof(longest));
	longest[0] = '/';
	longest[108] = '\0';
	assert_int_equal(address_parse(longest, 0, &a, err, sizeof(err)), -EINVAL);
	longest[107] = '\0';
	assert_int_equal(address_parse(longest, 0, &a, err, sizeof(err)), 0);
}

/* ------------------------------------------------------------------ two ends */

struct end {
	struct transport *t;
	bool opened, closed, echoes, close_on_data, close_on_open;
	int err;
	char why[400];
	const char *says; /* to whatever comes */
	size_t says_n;
	size_t got, drained;
	uint8_t last;
};

static void on_open(void *arg)
{
	struct end *e = arg;

	e->opened = true;
	if (e->close_on_open) {
		transport_close(e->t);
		e->t = NULL;
	}
}

static void on_data(void *arg, const uint8_t *bytes, size_t n)
{
	struct end *e = arg;

	assert_false(e->closed);
	assert_non_null(e->t);
	e->got += n;
	e->last = bytes[n - 1];
	if (e->echoes)
		transport_write(e->t, bytes, n);
	if (e->says)
		transport_write(e->t, (const uint8_t *)e->says, e->says_n);
	if (e->close_on_data) {
		transport_close(e->t);
		e->t = NULL;
	}
}

static void on_drained(void *arg)
{
	((struct end *)arg)->drained++;
}

static void on_closed(void *arg, int err, const char *why)
{
	struct end *e = arg;

	assert_false(e->closed);
	e->closed = true;
	e->err = err;
	snprintf(e->why, sizeof(e->why), "%s", why);
}

static struct transport_events events(struct end *e)
{
	return (struct transport_events){.arg = e,
					 .open = on_open,
					 .data = on_data,
					 .drained = on_drained,
					 .closed = on_closed};
}

static struct end accepted_end;
static char accepted_peer[300];

static void on_accepted(void *arg, struct transport *t)
{
	struct end *e = arg;
	struct transport_events ev = events(e);

	e->t = t;
	e->opened = true;
	snprintf(accepted_peer, sizeof(accepted_peer), "%s", transport_peer(t));
	transport_events_set(t, &ev);
}

static void on_tick(uv_timer_t *t)
{
	(void)t;
}

/* At most five seconds. */
static bool run_until(const bool *what)
{
	uint64_t end = uv_hrtime() + 30000000000ull;
	uv_timer_t tick;

	uv_timer_init(&loop, &tick);
	uv_timer_start(&tick, on_tick, 10, 10);
	while (!*what && uv_hrtime() < end)
		uv_run(&loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&tick, NULL);
	uv_run(&loop, UV_RUN_NOWAIT);
	return *what;
}

static void run_ms(unsigned int ms)
{
	uint64_t end = uv_hrtime() + ms * 1000000ull;

	while (uv_hrtime() < end) {
		uv_run(&loop, UV_RUN_NOWAIT);
		usleep(1000);
	}
}

static struct listener *listen_on(const char *text, struct tls *tls, char *ret_text)
{
	struct listener_options opt = {.tls = tls, .mode = 0600, .max_connections = 4};
	struct listener *l;
	char err[300], *error = NULL;

	memset(&accepted_end, 0, sizeof(accepted_end));
	assert_int_equal(address_parse(text, 0, &opt.at, err, sizeof(err)), 0);
	if (listener_new(&loop, &opt, &accepted_end, on_accepted, &l, &error))
		fail_msg("%s", error);
	if (opt.at.is_unix)
		strcpy(ret_text, text);
	else
		sprintf(ret_text, "%s:%u", opt.at.host, listener_port(l));
	return l;
}

static void connect_to(const char *text, struct tls *tls, const char *name, struct end *e)
{
	struct transport_events ev = events(e);
	struct address a;
	char err[300];

	assert_int_equal(address_parse(text, 0, &a, err, sizeof(err)), 0);
	assert_int_equal(transport_connect(&loop, &a, tls, name, &ev, &e->t), 0);
	/* whatever comes, it comes from the loop */
	assert_false(e->closed);
	assert_false(e->opened);
}

static void finish(struct listener *l, struct end *a, struct end *b)
{
	transport_close(a ? a->t : NULL);
	transport_close(b ? b->t : NULL);
	listener_close(l);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_alive(&loop), 0);
}

static void echo_through(const char *text, struct tls *server_tls, struct tls *client_tls)
{
	static uint8_t bytes[1 << 20];
	struct end e = {0};
	char to[300];
	struct listener *l = listen_on(text, server_tls, to);
	size_t total = 16 * sizeof(bytes);

	accepted_end.echoes = true;
	connect_to(to, client_tls, NULL, &e);
	assert_int_equal(transport_write(e.t, bytes, 1), -ENOTCONN);
	assert_true(run_until(&e.opened));
	for (int i = 0; i < 16; i++) {
		bytes[sizeof(bytes) - 1] = i;
		assert_int_equal(transport_write(e.t, bytes, sizeof(bytes)), 0);
	}
	assert_true(transport_pending(e.t) > 0);
	for (int i = 0; i < 500 && e.got < total && !e.closed; i++)
		run_ms(10);
	assert_int_equal(e.got, total);
	assert_int_equal(e.last, 15);
	assert_true(e.drained > 0);
	assert_int_equal(transport_pending(e.t), 0);
	/* the other side's end is an orderly one */
	transport_close(accepted_end.t);
	accepted_end.t = NULL;
	assert_true(run_until(&e.closed));
	assert_int_equal(e.err, 0);
	assert_string_equal(e.why, "");
	finish(l, &e, &accepted_end);
}

static const char *unix_path(void)
{
	static char path[100];

	snprintf(path, sizeof(path), "%s/s.sock", dir);
	return path;
}

static void test_echo_unix(void **state)
{
	(void)state;
	echo_through(unix_path(), NULL, NULL);
	assert_string_equal(accepted_peer, "unix");
	assert_int_equal(access(unix_path(), F_OK), -1);
}

static void test_echo_tcp(void **state)
{
	(void)state;
	echo_through("127.0.0.1", NULL, NULL);
	assert_int_equal(strncmp(accepted_peer, "127.0.0.1:", 10), 0);
	echo_through("localhost", NULL, NULL);
}

static void test_pause(void **state)
{
	static const uint8_t bytes[100000];
	struct end e = {0};
	char to[300];
	struct listener *l = listen_on(unix_path(), NULL, to);

	(void)state;
	connect_to(to, NULL, NULL, &e);
	assert_true(run_until(&accepted_end.opened) && run_until(&e.opened));
	transport_pause(accepted_end.t, true);
	transport_write(e.t, bytes, sizeof(bytes));
	run_ms(30);
	assert_int_equal(accepted_end.got, 0);
	transport_pause(accepted_end.t, false);
	assert_int_equal(accepted_end.got, 0);
	run_ms(30);
	assert_int_equal(accepted_end.got, sizeof(bytes));
	finish(l, &e, &accepted_end);
}

static void failing(const char *text, int err)
{
	struct end e = {0};

	connect_to(text, NULL, NULL, &e);
	assert_true(run_until(&e.closed));
	assert_int_equal(e.err, err);
	assert_true(e.why[0] != '\0');
	finish(NULL, &e, NULL);
}

static void test_nobody_there(void **state)
{
	struct end e = {0};

	(void)state;
	failing("127.0.0.1:1", -ECONNREFUSED);
	failing("localhost:1", -ECONNREFUSED);
	failing("/nonexistent/x.sock", -ENOENT);
	failing("nosuchhost.invalid:1", -EHOSTUNREACH);
	/* closed while the resolver is at work, and at once */
	connect_to("localhost:1", NULL, NULL, &e);
	finish(NULL, &e, NULL);
	connect_to("127.0.0.1:1", NULL, NULL, &e);
	finish(NULL, &e, NULL);
	connect_to("/nonexistent/x.sock", NULL, NULL, &e);
	finish(NULL, &e, NULL);
}

static void test_close_in_events(void **state)
{
	for (int i = 0; i < 2; i++) {
		struct end e = {.close_on_open = i == 0, .close_on_data = i == 1};
		char to[300];
		struct listener *l = listen_on(unix_path(), NULL, to);

		(void)state;
		accepted_end.echoes = true;
		connect_to(to, NULL, NULL, &e);
		run_until(&accepted_end.opened);
		if (i)
			assert_int_equal(transport_write(e.t, (const uint8_t *)"x", 1), 0);
		run_ms(20);
		assert_null(e.t);
		assert_false(e.closed);
		assert_true(accepted_end.closed);
		finish(l, &e, &accepted_end);
	}
}

/* A peer that has gone: no signal, an event. */
static void test_peer_gone(void **state)
{
	static const uint8_t bytes[300000];
	struct end e = {0};
	char to[300];
	struct listener *l = listen_on(unix_path(), NULL, to);

	(void)state;
	connect_to(to, NULL, NULL, &e);
	run_until(&accepted_end.opened);
	transport_write(e.t, bytes, sizeof(bytes));
	transport_close(accepted_end.t);
	accepted_end.t = NULL;
	for (int i = 0; i < 10; i++)
		transport_write(e.t, bytes, sizeof(bytes));
	assert_true(run_until(&e.closed));
	assert_int_equal(transport_write(e.t, bytes, 1), -ENOTCONN);
	finish(l, &e, NULL);
}

static struct end taken[8];
static int n_taken;

static void on_one_of_many(void *arg, struct transport *t)
{
	struct end *e = &taken[n_taken++];
	struct transport_events ev = events(e);

	(void)arg;
	e->t = t;
	transport_events_set(t, &ev);
}

static void test_bound_of_connections(void **state)
{
	struct listener_options opt = {.mode = 0600, .max_connections = 4};
	struct end e[6] = {0};
	struct listener *l;
	char err[300];
	int closed = 0;

	(void)state;
	assert_int_equal(address_parse(unix_path(), 0, &opt.at, err, sizeof(err)), 0);
	assert_int_equal(listener_new(&loop, &opt, NULL, on_one_of_many, &l, NULL), 0);
	for (int i = 0; i < 6; i++)
		connect_to(unix_path(), NULL, NULL, &e[i]);
	run_ms(50);
	for (int i = 0; i < 6; i++)
		closed += e[i].closed;
	assert_int_equal(closed, 2);
	assert_int_equal(n_taken, 4);
	assert_int_equal(listener_refused(l), 2);
	/* one leaves, and there is room for another */
	transport_close(taken[0].t);
	taken[0].t = NULL;
	transport_close(e[5].t);
	memset(&e[5], 0, sizeof(e[5]));
	connect_to(unix_path(), NULL, NULL, &e[5]);
	run_ms(50);
	assert_int_equal(n_taken, 5);
	/* the listener may go before its connections */
	listener_close(l);
	run_ms(5);
	for (int i = 0; i < 6; i++)
		transport_close(e[i].t);
	run_ms(20);
	for (int i = 0; i < n_taken; i++)
		transport_close(taken[i].t);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_alive(&loop), 0);
}

/* ----------------------------------------------------------------------- TLS */

static struct tls *server_tls(const struct pki *who, const struct pki *ca)
{
	const char *cas[] = {ca ? ca->cert_file : NULL, NULL};
	struct tls_options opt = {.cert_file = who->cert_file,
				  .key_file = who->key_file,
				  .ca_files = ca ? cas : NULL};
	struct tls *t;
	char *error = NULL;

	if (tls_server_new(&opt, &t, &error))
		fail_msg("%s", error);
	return t;
}

static struct tls *client_tls(const struct pki *who, const struct pki *ca, bool insecure)
{
	const char *cas[] = {ca ? ca->cert_file : NULL, NULL};
	struct tls_options opt = {.cert_file = who ? who->cert_file : NULL,
				  .key_file = who ? who->key_file : NULL,
				  .ca_files = cas,
				  .insecure = insecure};
	struct tls *t;
	char *error = NULL;

	if (tls_client_new(&opt, &t, &error))
		fail_msg("%s", error);
	return t;
}

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

/* --------------------------------------------------------------------- set-up */

static int set_up(void **state)
{
	const long day = 86400;

	(void)state;
	alarm(120); /* after a test that failed the loop may not come to its end */
	uv_loop_init(&loop);
	if (!mkdtemp(dir))
		return -1;
	pki_make(&good, NULL, dir, "good", -day, day, NULL);
	pki_make(&other, NULL, dir, "other", -day, day, NULL);
	pki_make(&server_pki, &good, dir, "server", -day, day, "DNS:localhost,IP:127.0.0.1");
	pki_make(&elsewhere_pki, &good, dir, "elsewhere", -day, day, "DNS:elsewhere");
	pki_make(&client_pki, &good, dir, "client", -day, day, "DNS:client");
	pki_make(&stranger_pki, &other, dir, "stranger", -day, day, "DNS:client");
	return 0;
}

static int clean_up(void **state)
{
	struct pki *all[] = {&good,	     &other,	  &server_pki,
			     &elsewhere_pki, &client_pki, &stranger_pki};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		pki_free(all[i]);
	rmdir(dir);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_echo_unix),
		cmocka_unit_test(test_echo_tcp),
		cmocka_unit_test(test_pause),
		cmocka_unit_test(test_nobody_there),
		cmocka_unit_test(test_close_in_events),
		cmocka_unit_test(test_peer_gone),
		cmocka_unit_test(test_echo_tls),
		cmocka_unit_test(test_key_updates),
		cmocka_unit_test(test_tls_refusals),
		cmocka_unit_test(test_tls_expired),
		cmocka_unit_test(test_tls_files),
		cmocka_unit_test(test_handshake_takes_too_long),
		cmocka_unit_test(test_bound_of_connections),
	};

	return cmocka_run_group_tests(tests, set_up, clean_up);
}
