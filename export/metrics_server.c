// SPDX-License-Identifier: MIT
/* HTTP/1.1 for scrapers. The page goes out in pieces: a slow reader holds one piece, and nobody up. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#include "export/metrics_http.h"
#include "export/metrics_parts.h"

#define CONNECTIONS_MAX 64
#define BACKLOG 64
#define HEAD_MS 10000 /* for a request, from its first byte on */
#define IDLE_MS 120000 /* between requests */
#define WRITE_MS 30000 /* for each piece */
#define STALL_MS 1000 /* who has not taken its piece by then may have to make room */
#define DRAIN_MS 1000 /* a close with unread bytes would be a reset, which eats the answer */

static const struct metric_row requests_row = {
	.name = "hubble_metrics_http_handler_requests",
	.help = "Count of scrapes by the HTTP status of the answer",
	.labels = {"code"},
};

static const uint64_t durations[] = {1000000,	5000000,   10000000,   25000000,  50000000,
				     100000000, 250000000, 1000000000, 5000000000};
static const struct metric_row durations_row = {
	.name = "hubble_metrics_http_handler_request_duration_seconds",
	.help = "How long answering a scrape took",
	.unit = "seconds",
	.type = METRIC_HISTOGRAM,
	.labels = {"code"},
	.bounds = durations,
	.n_bounds = sizeof(durations) / sizeof(durations[0]),
};

struct metrics_server {
	uv_tcp_t listener;
	uv_loop_t *loop;
	struct metrics *m;
	struct connection *first;
	unsigned int n; /* connections */
	unsigned int open; /* handles that are not closed yet */
	bool closing;
};

struct connection {
	struct connection *next;
	struct metrics_server *server;
	uv_tcp_t tcp;
	uv_timer_t timer;
	uv_write_t write;
	unsigned int open; /* handles */
	bool closing, writing, answering; /* answering: a page is under way */
	bool draining; /* answered for good: what still comes is thrown away */
	uint64_t idle_since, write_since, begun_ns;
	struct metrics_request request;
	struct metrics_page page;
	struct text out;
	size_t n;
	char in[METRICS_HTTP_MAX];
};

/* ------------------------------------------------------------------- begin, end */

static void server_put(struct metrics_server *s)
{
	if (!--s->open)
		free(s);
}

static void on_connection_closed(uv_handle_t *handle)
{
	struct connection *c = handle->data;
	struct metrics_server *s = c->server;

	if (--c->open)
		return;
	text_free(&c->out);
	free(c);
	server_put(s);
}

static void connection_close(struct connection *c)
{
	struct connection **at = &c->server->first;

	if (c->closing)
		return;
	c->closing = true;
	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	c->server->n--;
	uv_close((uv_handle_t *)&c->tcp, on_connection_closed);
	uv_close((uv_handle_t *)&c->timer, on_connection_closed);
}

static void on_timeout(uv_timer_t *timer)
{
	connection_close(timer->data);
}

/* ---------------------------------------------------------------------- answers */

static void next_request(struct connection *c);
static void write_piece(struct connection *c);

static void count(struct connection *c)
{
	struct metrics *m = c->server->m;
	struct metric_labels l;

	metric_labels_init(&l);
	metric_label_u64(&l, c->request.status);
	metric_add(&m->requests, &l, 1);
	metric_observe(&m->durations, &l, uv_hrtime() - c->begun_ns, NULL);
}

static void on_shut(uv_shutdown_t *req, int err)
{
	(void)err;
	free(req);
}

static void drain(struct connection *c)
{
	uv_shutdown_t *req = malloc(sizeof(*req));

	if (!req || uv_shutdown(req, (uv_stream_t *)&c->tcp, on_shut)) {
		free(req);
		connection_close(c);
		return;
	}
	c->draining = true;
	uv_timer_start(&c->timer, on_timeout, DRAIN_MS, 0);
}

static void on_written(uv_write_t *req, int err)
{
	struct connection *c = req->data;

	c->writing = false;
	if (c->closing)
		return;
	if (err) {
		connection_close(c);
	} else if (c->answering) {
		write_piece(c);
	} else {
		count(c);
		if (c->request.keep_alive)
			next_request(c);
		else
			drain(c);
	}
}

static void send_out(struct connection *c)
{
	uv_buf_t buf = uv_buf_init(c->out.data, c->out.len);

	if (c->out.err) {
		connection_close(c);
		return;
	}
	uv_timer_start(&c->timer, on_timeout, WRITE_MS, 0);
	c->write.data = c;
	c->write_since = uv_now(c->server->loop);
	c->writing = true;
	if (uv_write(&c->write, (uv_stream_t *)&c->tcp, &buf, 1, on_written))
		connection_close(c);
}

static void put_length(struct text *t, const char *what, uint64_t n)
{
	text_str(t, what);
	text_u64(t, n);
	text_str(t, "\r\n");
}

static void put_status(struct connection *c)
{
	c->out.len = 0;
	text_str(&c->out, "HTTP/1.1 ");
	text_u64(&c->out, c->request.status);
	text_char(&c->out, ' ');
	text_str(&c->out, metrics_http_reason(c->request.status));
	text_str(&c->out, "\r\n");
	if (!c->request.keep_alive)
		text_str(&c->out, "Connection: close\r\n");
	else if (!c->request.chunked)
		text_str(&c->out, "Connection: keep-alive\r\n");
}

/* An error, or the hint at "/": short, its length known. */
static void answer_text(struct connection *c)
{
	const char *body = c->request.status == 200 ? "pitot: the metrics are at /metrics\n"
						    : metrics_http_reason(c->request.status);
	bool line = c->request.status != 200;

	put_status(c);
	if (c->request.status == 405)
		text_str(&c->out, "Allow: GET, HEAD\r\n");
	text_str(&c->out, "Content-Type: text/plain; charset=utf-8\r\n");
	put_length(&c->out, "Content-Length: ", strlen(body) + line);
	text_str(&c->out, "\r\n");
	if (!c->request.head) {
		text_str(&c->out, body);
		if (line)
			text_char(&c->out, '\n');
	}
	send_out(c);
}

/* HTTP/1.0 knows no chunks: there the end of the connection is the end of the page. */
static void answer_page(struct connection *c)
{
	if (!c->request.chunked)
		c->request.keep_alive = false;
	put_status(c);
	text_str(&c->out, c->request.openmetrics
				  ? "Content-Type: application/openmetrics-text; version=1.0.0; "
				    "charset=utf-8\r\n"
				  : "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n");
	if (c->request.chunked)
		text_str(&c->out, "Transfer-Encoding: chunked\r\n");
	text_str(&c->out, "\r\n");
	c->answering = !c->request.head;
	metrics_page_begin(&c->page, c->server->m, c->request.openmetrics);
	send_out(c);
}

#define CHUNK_HEAD 10 /* "0000abcd\r\n" */

static void write_piece(struct connection *c)
{
	struct text *t = &c->out;
	size_t n;
	int ret;

	t->len = 0;
	if (c->request.chunked)
		text_str(t, "00000000\r\n");
	ret = metrics_page_next(&c->page, t);
	if (ret < 0 || t->err) {
		/* The end is missing: the scraper throws the page away. */
		connection_close(c);
		return;
	}
	c->answering = ret > 0;
	if (c->request.chunked) {
		static const char hex[] = "0123456789abcdef";

		n = t->len - CHUNK_HEAD;
		for (int i = 0; i < 8; i++)
			t->data[i] = hex[n >> (28 - 4 * i) & 15];
		text_str(t, ret ? "\r\n" : "\r\n0\r\n\r\n");
	}
	send_out(c);
}

/* --------------------------------------------------------------------- requests */

static void answer(struct connection *c)
{
	c->begun_ns = uv_hrtime();
	if (c->request.status == 200 && !c->request.root)
		answer_page(c);
	else
		answer_text(c);
}

/* What has come is one request, or a part of it, or several. */
static void next_request(struct connection *c)
{
	size_t used = metrics_http_parse(c->in, c->n, &c->request);

	if (!used) {
		if (!c->n) {
			c->idle_since = uv_now(c->server->loop);
			uv_timer_start(&c->timer, on_timeout, IDLE_MS, 0);
		}
		return;
	}
	memmove(c->in, c->in + used, c->n - used);
	c->n -= used;
	answer(c);
}

static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
	struct connection *c = handle->data;

	(void)size;
	if (c->draining)
		c->n = 0;
	*buf = uv_buf_init(c->in + c->n, sizeof(c->in) - c->n);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct connection *c = stream->data;

	(void)buf;
	if (n == 0)
		return;
	/* A full buffer while an answer is under way: nobody pipelines that much. */
	if (n < 0) {
		connection_close(c);
		return;
	}
	if (c->draining)
		return;
	if (!c->n && !c->writing)
		uv_timer_start(&c->timer, on_timeout, HEAD_MS, 0);
	c->n += n;
	if (!c->writing)
		next_request(c);
}

/* ------------------------------------------------------------------ connections */

/* The one that has waited longest for a request makes room, else the one that takes longest to read. */
static void evict(struct metrics_server *s)
{
	struct connection *oldest = NULL, *slowest = NULL;
	uint64_t stalled = uv_now(s->loop) - STALL_MS;

	for (struct connection *c = s->first; c; c = c->next) {
		if (!c->writing && (!oldest || c->idle_since < oldest->idle_since))
			oldest = c;
		if (c->writing && c->write_since <= stalled &&
		    (!slowest || c->write_since < slowest->write_since))
			slowest = c;
	}
	if (oldest || slowest)
		connection_close(oldest ? oldest : slowest);
}

static void on_connection(uv_stream_t *listener, int err)
{
	struct metrics_server *s = listener->data;
	struct connection *c;

	if (err)
		return;
	if (s->n == CONNECTIONS_MAX)
		evict(s);
	c = calloc(1, sizeof(*c));
	if (!c)
		return;
	c->server = s;
	c->open = 2;
	uv_tcp_init(s->loop, &c->tcp);
	uv_timer_init(s->loop, &c->timer);
	c->tcp.data = c->timer.data = c;
	c->next = s->first;
	s->first = c;
	s->n++;
	s->open++;
	c->idle_since = uv_now(s->loop);
	uv_timer_start(&c->timer, on_timeout, HEAD_MS, 0);
	if (uv_accept(listener, (uv_stream_t *)&c->tcp) || s->n > CONNECTIONS_MAX ||
	    uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read))
		connection_close(c);
}

/* ----------------------------------------------------------------------- server */

static bool parse_port(const char *s, int *ret)
{
	unsigned long v;
	char *end;

	if (*s < '0' || *s > '9' || strlen(s) > 5)
		return false;
	v = strtoul(s, &end, 10);
	*ret = v;
	return !*end && v < 65536;
}

/* "9965", ":9965", "1.2.3.4:9965", "[::1]:9965" */
static int parse_listen(const char *listen, struct sockaddr_storage *ret)
{
	const char *colon = strrchr(listen, ':');
	char host[64];
	size_t n = colon ? (size_t)(colon - listen) : 0;
	int port;

	if (!parse_port(colon ? colon + 1 : listen, &port) || n >= sizeof(host))
		return -EINVAL;
	if (!colon)
		return uv_ip4_addr("127.0.0.1", port, (struct sockaddr_in *)ret);
	if (!n)
		return uv_ip6_addr("::", port, (struct sockaddr_in6 *)ret);
	if (listen[0] == '[' && listen[n - 1] == ']') {
		memcpy(host, listen + 1, n - 2);
		host[n - 2] = '\0';
		return uv_ip6_addr(host, port, (struct sockaddr_in6 *)ret);
	}
	memcpy(host, listen, n);
	host[n] = '\0';
	if (!strcmp(host, "localhost"))
		memcpy(host, "127.0.0.1", 10);
	return uv_ip4_addr(host, port, (struct sockaddr_in *)ret);
}

static int bind_to(struct metrics_server *s, const char *listen, struct sockaddr_storage *addr)
{
	int err = uv_tcp_bind(&s->listener, (struct sockaddr *)addr, 0);

	if (!err)
		err = uv_listen((uv_stream_t *)&s->listener, BACKLOG, on_connection);
	/* Every address, on a machine without IPv6. */
	if (err && listen[0] == ':' && addr->ss_family == AF_INET6) {
		uv_ip4_addr("0.0.0.0", ntohs(((struct sockaddr_in6 *)addr)->sin6_port),
			    (struct sockaddr_in *)addr);
		err = uv_tcp_bind(&s->listener, (struct sockaddr *)addr, 0);
		if (!err)
			err = uv_listen((uv_stream_t *)&s->listener, BACKLOG, on_connection);
	}
	return err;
}

static int init_families(struct metrics *m)
{
	if (!m->requests.row && metric_family_init(&m->requests, &requests_row, false, NULL, 0, 16))
		return -ENOMEM;
	if (!m->durations.row &&
	    metric_family_init(&m->durations, &durations_row, false, NULL, 0, 16))
		return -ENOMEM;
	return 0;
}

int metrics_server_new(uv_loop_t *loop, const char *listen, struct metrics *m,
		       struct metrics_server **ret, char **ret_error)
{
	struct sockaddr_storage addr = {0};
	struct metrics_server *s;
	int err = parse_listen(listen, &addr);

	*ret_error = NULL;
	if (err) {
		if (asprintf(ret_error, "\"%s\" is not PORT, :PORT or ADDRESS:PORT", listen) < 0)
			*ret_error = NULL;
		return -EINVAL;
	}
	s = calloc(1, sizeof(*s));
	if (!s || init_families(m)) {
		free(s);
		return -ENOMEM;
	}
	s->loop = loop;
	s->m = m;
	s->open = 1;
	uv_tcp_init(loop, &s->listener);
	s->listener.data = s;
	err = bind_to(s, listen, &addr);
	if (err) {
		if (asprintf(ret_error, "cannot listen on \"%s\": %s", listen, uv_strerror(err)) <
		    0)
			*ret_error = NULL;
		metrics_server_free(s);
		return err;
	}
	*ret = s;
	return 0;
}

uint16_t metrics_server_port(const struct metrics_server *s)
{
	struct sockaddr_storage addr = {0};
	int n = sizeof(addr);

	if (uv_tcp_getsockname(&s->listener, (struct sockaddr *)&addr, &n))
		return 0;
	return ntohs(addr.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&addr)->sin6_port
						: ((struct sockaddr_in *)&addr)->sin_port);
}

static void on_listener_closed(uv_handle_t *handle)
{
	server_put(handle->data);
}

void metrics_server_free(struct metrics_server *s)
{
	if (!s)
		return;
	while (s->first)
		connection_close(s->first);
	uv_close((uv_handle_t *)&s->listener, on_listener_closed);
}
