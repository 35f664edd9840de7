/* SPDX-License-Identifier: MIT */
/* Two ends of a connection that talk. For cmocka tests: include cmocka.h before. */
#ifndef PITOT_TESTS_TRANSPORT_ENDS_H
#define PITOT_TESTS_TRANSPORT_ENDS_H

#include "export/transport.h"
#include "tests/unit/pki.h"

static uv_loop_t loop;
static char dir[] = "/tmp/test_transport.XXXXXX";
static struct pki good, other, server_pki, client_pki, stranger_pki, elsewhere_pki;

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

static inline void on_open(void *arg)
{
	struct end *e = arg;

	e->opened = true;
	if (e->close_on_open) {
		transport_close(e->t);
		e->t = NULL;
	}
}

static inline void on_data(void *arg, const uint8_t *bytes, size_t n)
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

static inline void on_drained(void *arg)
{
	((struct end *)arg)->drained++;
}

static inline void on_closed(void *arg, int err, const char *why)
{
	struct end *e = arg;

	assert_false(e->closed);
	e->closed = true;
	e->err = err;
	snprintf(e->why, sizeof(e->why), "%s", why);
}

static inline struct transport_events events(struct end *e)
{
	return (struct transport_events){.arg = e,
					 .open = on_open,
					 .data = on_data,
					 .drained = on_drained,
					 .closed = on_closed};
}

static struct end accepted_end;
static char accepted_peer[300];

static inline void on_accepted(void *arg, struct transport *t)
{
	struct end *e = arg;
	struct transport_events ev = events(e);

	e->t = t;
	e->opened = true;
	snprintf(accepted_peer, sizeof(accepted_peer), "%s", transport_peer(t));
	transport_events_set(t, &ev);
}

static inline void on_tick(uv_timer_t *t)
{
	(void)t;
}

/* At most five seconds. */
static inline bool run_until(const bool *what)
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

static inline void run_ms(unsigned int ms)
{
	uint64_t end = uv_hrtime() + ms * 1000000ull;

	while (uv_hrtime() < end) {
		uv_run(&loop, UV_RUN_NOWAIT);
		usleep(1000);
	}
}

static inline struct listener *listen_on(const char *text, struct tls *tls, char *ret_text)
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

static inline void connect_to(const char *text, struct tls *tls, const char *name, struct end *e)
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

static inline void finish(struct listener *l, struct end *a, struct end *b)
{
	transport_close(a ? a->t : NULL);
	transport_close(b ? b->t : NULL);
	listener_close(l);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_alive(&loop), 0);
}

static inline void echo_through(const char *text, struct tls *server_tls, struct tls *client_tls)
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

static inline const char *unix_path(void)
{
	static char path[100];

	snprintf(path, sizeof(path), "%s/s.sock", dir);
	return path;
}

static inline struct tls *server_tls(const struct pki *who, const struct pki *ca)
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

static inline struct tls *client_tls(const struct pki *who, const struct pki *ca, bool insecure)
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

static inline int set_up(void **state)
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

static inline int clean_up(void **state)
{
	struct pki *all[] = {&good,	     &other,	  &server_pki,
			     &elsewhere_pki, &client_pki, &stranger_pki};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		pki_free(all[i]);
	rmdir(dir);
	return 0;
}

#endif
