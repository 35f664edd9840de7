// SPDX-License-Identifier: MIT
/* Addresses, and connections by TCP and unix sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/transport_ends.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),    cmocka_unit_test(test_echo_unix),
		cmocka_unit_test(test_echo_tcp),     cmocka_unit_test(test_pause),
		cmocka_unit_test(test_nobody_there), cmocka_unit_test(test_close_in_events),
		cmocka_unit_test(test_peer_gone),    cmocka_unit_test(test_bound_of_connections),
	};

	return cmocka_run_group_tests(tests, set_up, clean_up);
}
