// SPDX-License-Identifier: MIT
/* The page of metrics: its bounds, and the server that hands it out. */
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#include "export/metrics_http.h"
#include "tests/unit/metrics_pages.h"
#include "tests/unit/sample_flows.h"

/* ----------------------------------------------------------------- the page */

static void extra(void *arg, struct text *t)
{
	(void)arg;
	text_str(t, "# HELP pitot_x_total Things.\n# TYPE pitot_x_total counter\npitot_x_total 4\n"
		    "# TYPE pitot_y gauge\npitot_y 1");
}

static void test_extra(void **state)
{
	struct metrics *m = make("", 0);
	const char *text;

	(void)state;
	metrics_extra(m, NULL, extra);
	text = page(m, true);
	assert_line(text, "# HELP pitot_x Things.");
	assert_line(text, "# TYPE pitot_x counter");
	assert_line(text, "pitot_x_total 4");
	assert_line(text, "pitot_y 1");
	text = page(m, false);
	assert_line(text, "# TYPE pitot_x_total counter");
	assert_no(text, "# EOF");
	metrics_free(m);
}

static void test_hostile(void **state)
{
	struct metrics *m = make("kernel-drops", 0);
	struct flow f = sample_drop();
	const char *text;

	(void)state;
	f.drop.reason_name = "A";
	f.drop.delta_packets = 1;
	f.drop.function = "a\"b\\c\nd\x1b[2J\xff";
	feed(m, f);
	f.drop.function = "a\"b\\c\nd\x1b[2J\xfe"; /* looks the same on the page */
	feed(m, f);
	text = page(m, false);
	assert_line(text, "pitot_dropped_packets_total{reason=\"A\",function=\"a\\\"b\\\\c"
			  "\xef\xbf\xbd"
			  "d\xef\xbf\xbd[2J\xef\xbf\xbd\",kind=\"loss\"} 2");
	metrics_free(m);
}

static void test_bound(void **state)
{
	struct metrics *m = make("port-distribution", 100);
	struct flow f = sample_syn();
	const char *text;

	(void)state;
	for (int i = 1; i <= 1000; i++) {
		f.dst.port = i;
		feed(m, f);
	}
	text = page(m, false);
	assert_line(text, "hubble_port_distribution_total{protocol=\"TCP\",port=\"100\"} 1");
	assert_no(text, "port=\"101\"");
	assert_line(text, "hubble_port_distribution_total{protocol=\"other\",port=\"other\"} 900");
	assert_line(text, "pitot_metrics_overflow_total{metric=\"hubble_port_distribution\"} 900");
	assert_line(text, "pitot_metrics_series{metric=\"hubble_port_distribution\"} 101");
	metrics_free(m);
}

#define S 1000000000ull

static void test_pod_gone(void **state)
{
	struct metrics *m =
		make("flow:sourceContext=pod tcp:labelsContext=source_pod,source_namespace "
		     "port-distribution",
		     0);
	struct flow f = sample_named(sample_syn());
	const char *text;

	(void)state;
	feed(m, f);
	feed(m, sample_named(sample_synack()));
	metrics_pod_gone(m, "shop", "frontend-7d9c5b6f4-abcde");
	metrics_pod_gone(m, "other", "cart-58f6c9d7b-xyz12");
	metrics_tick(m, 10 * S);
	metrics_tick(m, 69 * S);
	text = page(m, false);
	assert_non_null(strstr(text, "source=\"shop/frontend-7d9c5b6f4-abcde\"} 1"));
	metrics_tick(m, 70 * S);
	text = page(m, false);
	assert_no(text, "frontend");
	assert_non_null(strstr(text, "source=\"shop/cart-58f6c9d7b-xyz12\"} 1"));
	assert_non_null(strstr(text, "port=\"8080\"} 1"));
	/* What remains is still found; what is gone begins anew. */
	feed(m, f);
	feed(m, sample_named(sample_synack()));
	text = page(m, false);
	assert_non_null(strstr(text, "source=\"shop/frontend-7d9c5b6f4-abcde\"} 1"));
	assert_non_null(strstr(text, "source=\"shop/cart-58f6c9d7b-xyz12\"} 2"));
	metrics_free(m);
}

/* --------------------------------------------------------------------- requests */

static struct metrics_request parsed(const char *s)
{
	struct metrics_request r = {.status = -1};

	assert_int_equal(metrics_http_parse(s, strlen(s), &r), strlen(s));
	return r;
}

static void test_requests(void **state)
{
	struct metrics_request r;
	static char big[METRICS_HTTP_MAX];

	(void)state;
	r = parsed(
		"GET /metrics HTTP/1.1\r\nHost: x\r\nAccept: application/openmetrics-text;version="
		"1.0.0,text/plain;q=0.5\r\n\r\n");
	assert_int_equal(r.status, 200);
	assert_true(r.openmetrics && r.keep_alive && r.chunked && !r.head);
	r = parsed("HEAD /metrics?x=1 HTTP/1.0\n\n");
	assert_int_equal(r.status, 200);
	assert_true(r.head && !r.keep_alive && !r.openmetrics);
	assert_int_equal(parsed("GET /x HTTP/1.1\r\n\r\n").status, 404);
	assert_int_equal(parsed("POST /metrics HTTP/1.1\r\n\r\n").status, 405);
	assert_int_equal(parsed("GET /metrics HTTP/1.1\r\nContent-Length: 5\r\n\r\n").status, 413);
	assert_int_equal(parsed("GET /metrics\r\n\r\n").status, 400);
	assert_int_equal(parsed("GET /metrics HTTP/2.0\r\n\r\n").status, 505);
	assert_int_equal(metrics_http_parse("GET /metrics HTTP/1.1\r\n", 23, &r), 0);
	memset(big, 'a', sizeof(big));
	assert_int_equal(metrics_http_parse(big, sizeof(big), &r), sizeof(big));
	assert_int_equal(r.status, 431);
}

/* ----------------------------------------------------------------------- server */

struct served {
	uv_loop_t loop;
	struct metrics *m;
	struct metrics_server *server;
};

static void serve(struct served *s, const char *spec)
{
	char *error = NULL;

	uv_loop_init(&s->loop);
	s->m = make(spec, 0);
	assert_int_equal(metrics_server_new(&s->loop, "0", s->m, &s->server, &error), 0);
}

static void serve_end(struct served *s)
{
	metrics_server_free(s->server);
	uv_run(&s->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&s->loop), 0);
	metrics_free(s->m);
}

static int dial(struct served *s)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_port = htons(metrics_server_port(s->server)),
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	assert_true(!connect(fd, (struct sockaddr *)&a, sizeof(a)) || errno == EINPROGRESS);
	return fd;
}

/* Runs the loop until `end` has come, or the server has closed. */
static size_t receive(struct served *s, int fd, char *buf, size_t size, const char *end)
{
	uint64_t stop = uv_hrtime() + 5000000000ull;
	size_t n = 0;

	while (uv_hrtime() < stop && n < size - 1) {
		ssize_t got;

		uv_run(&s->loop, UV_RUN_NOWAIT);
		got = recv(fd, buf + n, size - 1 - n, 0);
		if (got == 0 || (got < 0 && errno != EAGAIN && errno != ENOTCONN))
			break;
		if (got > 0)
			n += got;
		buf[n] = '\0';
		if (n && strstr(buf, end))
			break;
	}
	buf[n] = '\0';
	return n;
}

static void ask(struct served *s, int fd, const char *request)
{
	for (int i = 0; i < 20; i++)
		uv_run(&s->loop, UV_RUN_NOWAIT);
	assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), strlen(request));
}

static void test_server(void **state)
{
	static char buf[4 << 20];
	struct served s;
	int fd;

	(void)state;
	serve(&s, "flow port-distribution");
	for (int i = 1; i < 5000; i++) {
		struct flow f = sample_syn();

		f.dst.port = i;
		feed(s.m, f);
	}
	fd = dial(&s);
	/* Two at once: the second waits for the first. */
	ask(&s, fd,
	    "GET / HTTP/1.1\r\n\r\nGET /metrics HTTP/1.1\r\nAccept: application/openmetrics-text\r\n\r\n");
	receive(&s, fd, buf, sizeof(buf), "\r\n0\r\n\r\n");
	assert_memory_equal(buf, "HTTP/1.1 200 OK\r\n", 17);
	assert_non_null(strstr(buf, "the metrics are at /metrics\nHTTP/1.1 200 OK\r\n"));
	assert_non_null(strstr(buf, "Transfer-Encoding: chunked"));
	assert_non_null(strstr(buf, "port=\"4999\"} 1\n"));
	assert_non_null(strstr(buf, "# EOF\n\r\n0\r\n\r\n"));
	/* The connection is kept. */
	ask(&s, fd, "PUT /metrics HTTP/1.1\r\n\r\n");
	receive(&s, fd, buf, sizeof(buf), "Allowed\n");
	assert_memory_equal(buf, "HTTP/1.1 405 ", 13);
	ask(&s, fd, "GET /metrics HTTP/1.0\r\n\r\n");
	receive(&s, fd, buf, sizeof(buf), "never");
	assert_non_null(strstr(buf, "version=0.0.4"));
	assert_non_null(
		strstr(buf, "hubble_metrics_http_handler_requests_total{code=\"405\"} 1\n"));
	assert_null(strstr(buf, "chunked"));
	close(fd);
	serve_end(&s);
}

/* Those that say nothing, half a request, or too much, do not keep the others out. */
static void test_bad_clients(void **state)
{
	static char buf[1 << 16];
	struct served s;
	int idle[80], fd;

	(void)state;
	serve(&s, "flow");
	for (int i = 0; i < 80; i++) {
		idle[i] = dial(&s);
		uv_run(&s.loop, UV_RUN_NOWAIT);
		if (i % 2)
			ask(&s, idle[i], "GET /metrics HTTP/1.1\r\nX: ");
	}
	fd = dial(&s);
	ask(&s, fd, "GET /metrics HTTP/1.1\r\nConnection: close\r\n\r\n");
	receive(&s, fd, buf, sizeof(buf), "never");
	assert_memory_equal(buf, "HTTP/1.1 200 OK\r\n", 17);
	close(fd);
	fd = dial(&s);
	memset(buf, 'x', 9000);
	buf[9000] = '\0';
	ask(&s, fd, buf);
	receive(&s, fd, buf, sizeof(buf), "Large\n");
	assert_memory_equal(buf, "HTTP/1.1 431 ", 13);
	close(fd);
	for (int i = 0; i < 80; i++)
		close(idle[i]);
	serve_end(&s);
}

/* As many as there may be that ask and do not read: after a while they make room. */
static void test_who_does_not_read(void **state)
{
	static char buf[8 << 20];
	struct flow f = sample_syn();
	struct served s;
	int stalled[64], fd, small = 1024;
	uint64_t until;

	(void)state;
	serve(&s, "port-distribution");
	for (unsigned int i = 1; i <= 4000; i++) {
		f.dst.port = i;
		metrics_flow(s.m, &f);
	}
	for (size_t i = 0; i < 64; i++) {
		stalled[i] = dial(&s);
		setsockopt(stalled[i], SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
		for (int k = 0; k < 20; k++)
			ask(&s, stalled[i], "GET /metrics HTTP/1.1\r\n\r\n");
	}
	for (until = uv_hrtime() + 1200000000ull; uv_hrtime() < until;) {
		uv_run(&s.loop, UV_RUN_NOWAIT);
		usleep(1000);
	}
	fd = dial(&s);
	ask(&s, fd, "GET /metrics HTTP/1.1\r\nConnection: close\r\n\r\n");
	receive(&s, fd, buf, sizeof(buf), "never");
	assert_memory_equal(buf, "HTTP/1.1 200 OK\r\n", 17);
	close(fd);
	for (int i = 0; i < 64; i++)
		close(stalled[i]);
	serve_end(&s);
}

static void test_listen(void **state)
{
	static const char *const bad[] = {
		"", ":", "x", "1.2.3:80", "70000", "[::1]", "127.0.0.1:-1", "[]:1"};
	struct served s;
	struct metrics_server *other = NULL;
	char *error = NULL, taken[32];

	(void)state;
	serve(&s, "flow");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(metrics_server_new(&s.loop, bad[i], s.m, &other, &error), -EINVAL);
		assert_non_null(error);
		free(error);
	}
	snprintf(taken, sizeof(taken), "127.0.0.1:%u", metrics_server_port(s.server));
	assert_int_equal(metrics_server_new(&s.loop, taken, s.m, &other, &error), -EADDRINUSE);
	free(error);
	serve_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_extra),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_pod_gone),
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_server),
		cmocka_unit_test(test_bad_clients),
		cmocka_unit_test(test_listen),
		cmocka_unit_test(test_who_does_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
