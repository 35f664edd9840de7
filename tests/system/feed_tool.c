// SPDX-License-Identifier: MIT
/*
 * feed_tool SOCKET RATE COUNT HISTORY_BYTES: the agent's API, history and server, fed with
 * COUNT made events of named connections, RATE a second (0: as fast as it goes, other work
 * between). It waits for a line on standard input first, says "fed N" after each
 * million, and ends with the input's end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uv.h>

#include "export/api/api.h"

#define TICK_MS 5
#define BATCH 2000 /* as fast as it goes: events between two turns of the loop */
#define ENDPOINTS 256
#define REPORT 1000000
#define NS_PER_S 1000000000ull

struct feed {
	uv_loop_t loop;
	uv_timer_t timer;
	uv_idle_t idle;
	uv_pipe_t input;
	struct api *api;
	uint64_t rate, count, fed, begin_ns;
	struct endpoint *endpoints[ENDPOINTS];
	char in[64];
};

static uint64_t clock_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

static struct endpoint *endpoint_number(int i)
{
	char name[32], app[32];
	const char *labels[] = {app, "k8s:io.kubernetes.pod.namespace=shop"};
	struct endpoint e = {.kind = ENDPOINT_POD,
			     .id = i + 1,
			     .identity = 1000 + i,
			     .cluster = "default",
			     .namespace_name = "shop",
			     .name = name,
			     .workload = "cart",
			     .workload_kind = "Deployment",
			     .labels = labels,
			     .n_labels = 2};

	snprintf(name, sizeof(name), "cart-5d9f6c7b8-%05d", i);
	snprintf(app, sizeof(app), "k8s:app=cart-%d", i % 16);
	return endpoint_new(&e);
}

static void make_end(struct flow_end *e, struct endpoint *endpoint, uint32_t number, uint16_t port)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	memcpy(e->addr.b, mapped, sizeof(mapped));
	e->addr.b[12] = 10;
	e->addr.b[13] = number >> 16;
	e->addr.b[14] = number >> 8;
	e->addr.b[15] = number;
	e->port = port;
	e->identity = endpoint->identity;
	e->endpoint = endpoint;
}

static void feed_one(struct feed *d, uint64_t now_ns)
{
	uint64_t n = d->fed++;
	struct flow f;

	flow_init(&f);
	f.time_ns = now_ns;
	f.connection_id = 1 + n / 4;
	f.event = n % 4 ? FLOW_FLAGS : FLOW_NEW;
	f.verdict = VERDICT_FORWARDED;
	f.ip_version = 4;
	f.protocol = 6;
	f.tcp_flags = n % 4 ? 0x10 : 0x02;
	f.is_reply = n & 1;
	f.trace_point = TO_ENDPOINT;
	f.forward.packets = 1 + n % 4;
	f.forward.bytes = 60 * f.forward.packets;
	make_end(&f.src, d->endpoints[n / 4 % ENDPOINTS], n / 4 % ENDPOINTS, 32768 + n / 4 % 16384);
	make_end(&f.dst, d->endpoints[n / 64 % ENDPOINTS], n / 64 % ENDPOINTS, 8080);
	api_flow(d->api, &f); /* the references stay the tool's */
	if (d->fed % REPORT == 0 || d->fed == d->count) {
		printf("fed %llu\n", (unsigned long long)d->fed);
		fflush(stdout);
	}
}

static void feed_until(struct feed *d, uint64_t due)
{
	uint64_t now_ns = clock_ns(CLOCK_REALTIME);

	while (d->fed < due && d->fed < d->count)
		feed_one(d, now_ns);
	api_batch_end(d->api);
}

static void on_idle(uv_idle_t *idle)
{
	struct feed *d = idle->data;

	feed_until(d, d->fed + BATCH);
	if (d->fed == d->count)
		uv_idle_stop(idle);
}

static void on_timer(uv_timer_t *timer)
{
	struct feed *d = timer->data;

	feed_until(d, (clock_ns(CLOCK_MONOTONIC) - d->begin_ns) / 1000 * d->rate / 1000000);
	if (d->fed == d->count)
		uv_timer_stop(timer);
}

static void on_alloc(uv_handle_t *h, size_t wish, uv_buf_t *buf)
{
	struct feed *d = h->data;

	(void)wish;
	*buf = uv_buf_init(d->in, sizeof(d->in));
}

static void on_input(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
	struct feed *d = s->data;

	(void)buf;
	if (n < 0) {
		uv_stop(&d->loop);
		return;
	}
	d->begin_ns = clock_ns(CLOCK_MONOTONIC);
	if (d->rate)
		uv_timer_start(&d->timer, on_timer, 0, TICK_MS);
	else
		uv_idle_start(&d->idle, on_idle);
}

static int serve(struct feed *d, const char *path, size_t history_bytes)
{
	struct listener_options where = {
		.at = {.is_unix = true}, .mode = 0600, .max_connections = 64};
	struct api_options opt = {.loop = &d->loop,
				  .node_name = "node-1",
				  .cluster_name = "default",
				  .version = "test"};
	struct grpc_server_options server_opt = {0};
	struct grpc_server *server;
	struct listener *listener;
	char *why = NULL;

	snprintf(where.at.path, sizeof(where.at.path), "%s", path);
	snprintf(where.at.text, sizeof(where.at.text), "unix://%s", path);
	if (history_new(history_bytes, &opt.history) || api_new(&opt, &d->api))
		return -1;
	server_opt.methods = api_methods(d->api);
	if (grpc_server_new(&d->loop, &server_opt, &server) ||
	    listener_new(&d->loop, &where, server, grpc_server_accept, &listener, &why)) {
		fprintf(stderr, "feed_tool: %s\n", why ? why : "no memory");
		return -1;
	}
	uv_timer_init(&d->loop, &d->timer);
	uv_idle_init(&d->loop, &d->idle);
	uv_pipe_init(&d->loop, &d->input, 0);
	d->timer.data = d->idle.data = d->input.data = d;
	if (uv_pipe_open(&d->input, 0) ||
	    uv_read_start((uv_stream_t *)&d->input, on_alloc, on_input))
		return -1;
	puts("ready");
	fflush(stdout);
	uv_run(&d->loop, UV_RUN_DEFAULT);
	listener_close(listener);
	grpc_server_free(server);
	return 0;
}

int main(int argc, char **argv)
{
	static struct feed d;

	if (argc != 5) {
		fputs("usage: feed_tool SOCKET RATE COUNT HISTORY_BYTES\n", stderr);
		return 2;
	}
	d.rate = strtoull(argv[2], NULL, 10);
	d.count = strtoull(argv[3], NULL, 10);
	for (int i = 0; i < ENDPOINTS; i++) {
		d.endpoints[i] = endpoint_number(i);
		if (!d.endpoints[i])
			return 1;
	}
	uv_loop_init(&d.loop);
	return serve(&d, argv[1], strtoull(argv[4], NULL, 10)) ? 1 : 0;
}
