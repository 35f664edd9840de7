// SPDX-License-Identifier: MIT
/*
 * feed_tool SOCKET RATE COUNT HISTORY_BYTES [town]: the agent's API, history and server, fed with
 * COUNT made events of named connections, RATE a second (0: as fast as it goes, other work
 * between). It waits for a line on standard input first, says "fed N" after each
 * million, and ends with the input's end.
 *
 * town: 40 workloads in 5 namespaces that call each other, connections that begin, report and
 * end, DNS questions for ever new names, drops, retransmits, and a world of ever new addresses
 * and names: whoever keeps something of each of these grows.
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
#define TOWN_WORKLOADS 40
#define TOWN_NAMESPACES 5
#define TOWN_CONNECTIONS 4096 /* open at a time */
#define TOWN_LIFE 32 /* events of a connection */

struct feed {
	uv_loop_t loop;
	uv_timer_t timer;
	uv_idle_t idle;
	uv_pipe_t input;
	struct api *api;
	uint64_t rate, count, fed, begin_ns;
	struct endpoint *endpoints[ENDPOINTS];
	bool town;
	struct name_list *world; /* changes with each use */
	struct process *process;
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

/* -------------------------------------------------------------------- the town */

static struct endpoint *town_endpoint(int i)
{
	char name[48], workload[32], space[16], label[48];
	const char *labels[] = {label};
	struct endpoint e = {.kind = ENDPOINT_POD,
			     .id = i + 1,
			     .identity = 1000 + i,
			     .cluster = "default",
			     .namespace_name = space,
			     .name = name,
			     .workload = workload,
			     .workload_kind = "Deployment",
			     .labels = labels,
			     .n_labels = 1};

	snprintf(space, sizeof(space), "team-%d", i % TOWN_WORKLOADS % TOWN_NAMESPACES);
	snprintf(workload, sizeof(workload), "service-%02d", i % TOWN_WORKLOADS);
	snprintf(name, sizeof(name), "%s-5d9f6c7b8-%05d", workload, i);
	snprintf(label, sizeof(label), "k8s:app=%s", workload);
	return endpoint_new(&e);
}

/* Every workload calls those of twice its number: a tree with a few ways across. */
static uint32_t town_callee(uint32_t caller, uint64_t c)
{
	uint32_t workload = caller % TOWN_WORKLOADS;
	uint32_t callee = (2 * workload + 1 + c % 2) % TOWN_WORKLOADS;

	return callee + TOWN_WORKLOADS * (c % (ENDPOINTS / TOWN_WORKLOADS));
}

static void town_dns(struct flow *f, uint64_t n)
{
	char query[48];
	const char *type = "A";
	struct l7 l = {.type = L7_RESPONSE,
		       .protocol = L7_DNS,
		       .latency_ns = 200000 + n % 1000 * 1000,
		       .dns = {.query = query, .qtypes = &type, .n_qtypes = 1, .ttl = UINT32_MAX}};

	snprintf(query, sizeof(query), "host-%llu.example.com.", (unsigned long long)n);
	l.dns.rcode = n % 3 ? 3 : 0;
	f->event = FLOW_L7;
	f->protocol = 17;
	f->dst.port = 53;
	f->l7 = l7_new(&l);
}

static void town_drop(struct flow *f)
{
	f->event = FLOW_DROP;
	f->verdict = VERDICT_DROPPED;
	f->drop = (struct flow_drop){.reason = 8,
				     .reason_name = "NETFILTER_DROP",
				     .text = "netfilter rule (nftables or iptables)",
				     .function = "nft_do_chain",
				     .packets = 1,
				     .bytes = 60,
				     .delta_packets = 1,
				     .delta_bytes = 60};
}

/* An address and a name that were not there before. */
static void town_world(struct feed *d, struct flow *f, uint64_t c)
{
	char name[48];
	const char *names[] = {name};

	snprintf(name, sizeof(name), "www.site-%llu.example.net", (unsigned long long)c);
	name_list_put(d->world);
	d->world = name_list_new(names, 1);
	make_end(&f->dst, d->endpoints[0], (uint32_t)c, 443);
	f->dst.addr.b[12] = 93;
	f->dst.endpoint = NULL;
	f->dst.identity = IDENTITY_WORLD;
	f->dst.dns = d->world;
}

/* Connection c = n / TOWN_LIFE / TOWN_CONNECTIONS.., its event e of TOWN_LIFE. */
static void feed_town(struct feed *d, uint64_t n, uint64_t now_ns)
{
	uint64_t round = n / TOWN_CONNECTIONS, e = round % TOWN_LIFE;
	uint64_t c = round / TOWN_LIFE * TOWN_CONNECTIONS + n % TOWN_CONNECTIONS;
	uint32_t caller = c % ENDPOINTS, callee = town_callee(caller, c);
	struct flow f;

	flow_init(&f);
	f.time_ns = now_ns;
	f.connection_id = 1 + c;
	f.event = e == 0 ? FLOW_NEW : e == TOWN_LIFE - 1 ? FLOW_END : FLOW_REPORT;
	f.closed = f.event == FLOW_END;
	f.verdict = VERDICT_FORWARDED;
	f.ip_version = 4;
	f.protocol = 6;
	f.tcp_flags = e ? 0x10 : 0x02;
	f.initiator_by = INITIATOR_SYN;
	f.trace_point = TO_ENDPOINT;
	f.forward = (struct flow_counters){.packets = 1 + e * 10,
					   .bytes = 60 + e * 9000,
					   .delta_packets = e ? 10 : 1,
					   .delta_bytes = e ? 9000 : 60,
					   .first_ns = now_ns - e * NS_PER_S / 4,
					   .last_ns = now_ns,
					   .srtt_us = 300 + c % 700,
					   .retransmits = c % 100 == 0 ? e : 0};
	f.reply = f.forward;
	make_end(&f.src, d->endpoints[caller], caller, 32768 + c % 16384);
	make_end(&f.dst, d->endpoints[callee], callee, 8000 + callee % TOWN_WORKLOADS);
	f.src.process = d->process;
	if (c % 8 == 7)
		town_world(d, &f, c);
	if (n % 20 == 3)
		town_dns(&f, n);
	else if (n % 50 == 9)
		town_drop(&f);
	api_flow(d->api, &f);
	l7_put(f.l7);
}

/* --------------------------------------------------------------- all alike */

static void feed_plain(struct feed *d, uint64_t n, uint64_t now_ns)
{
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
}

static void feed_one(struct feed *d, uint64_t now_ns)
{
	uint64_t n = d->fed++;

	(d->town ? feed_town : feed_plain)(d, n, now_ns);
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

	if (argc != 5 && !(argc == 6 && !strcmp(argv[5], "town"))) {
		fputs("usage: feed_tool SOCKET RATE COUNT HISTORY_BYTES [town]\n", stderr);
		return 2;
	}
	d.town = argc == 6;
	d.process = calloc(1, sizeof(*d.process));
	if (!d.process)
		return 1;
	*d.process = (struct process){.refs = 1, .pid = 4242, .comm = "service"};
	d.process->exe = strdup("/usr/bin/service");
	d.process->command = strdup("service --port 8000");
	d.rate = strtoull(argv[2], NULL, 10);
	d.count = strtoull(argv[3], NULL, 10);
	for (int i = 0; i < ENDPOINTS; i++) {
		d.endpoints[i] = d.town ? town_endpoint(i) : endpoint_number(i);
		if (!d.endpoints[i])
			return 1;
	}
	uv_loop_init(&d.loop);
	return serve(&d, argv[1], strtoull(argv[4], NULL, 10)) ? 1 : 0;
}
