// SPDX-License-Identifier: MIT
/*
 * What naming costs an event when everything asked for is in the caches: a flow is
 * copied, both its ends pass every namer in the order of flows/names/names.c, and
 * it is released. The floor is the same without the namers. Rounds are interleaved.
 *
 * Four kinds of flows in turn: pod to pod behind a Service, unit to pod, unit to a
 * world address with a DNS name, world to unit. 1,024 connections, 1,000 pods.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "flows/names/containers.h"
#include "flows/names/dns.h"
#include "flows/names/kube.h"
#include "flows/names/places.h"
#include "flows/names/resolver.h"
#include "tests/bench/bench.h"

#define FLOWS 1024
#define PODS 1000
#define UNITS 64
#define ROUNDS 30
#define PASSES 16 /* over the flows, in a sample */

static struct namer *namers[8];
static unsigned int n_namers;
static struct flow flows[FLOWS];
static struct process processes[UNITS];
static char nothing[] = "";
static uv_loop_t loop;

static void silent(void *arg, const char *line)
{
	(void)arg;
	(void)line;
}

static void no_flow(void *arg, struct flow *f)
{
	(void)arg;
	(void)f;
}

static void keep(int err, struct namer *const *made, const char *what)
{
	const struct namer_events ev = {.notice = silent, .flow = no_flow};
	struct namer *n = err ? NULL : *made;

	if (!n || (n->start && n->start(n, &loop, &ev))) {
		fprintf(stderr, "names_bench: %s does not start\n", what);
		exit(1);
	}
	namers[n_namers++] = n;
}

static struct ip_addr addr(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	return (struct ip_addr){{[10] = 0xff, 0xff, a, b, c, d}};
}

static struct ip_addr pod_addr(unsigned int i)
{
	return addr(10, 1, i / 250, i % 250 + 1);
}

static void put_pod(struct kube_store *store, unsigned int i)
{
	char name[32], uid[40], id[96], app[16];
	const struct ip_addr ip = pod_addr(i);
	const struct kube_label labels[] = {{"app", app}, {"tier", "backend"}};
	const struct kube_container container = {.name = "main", .image = "shop/main:1", .id = id};
	const struct kube_object o = {
		.kind = KUBE_POD,
		.meta = {.name = name,
			 .namespace_name = "shop",
			 .uid = uid,
			 .resource_version = "1",
			 .owner_kind = "ReplicaSet",
			 .owner_name = app,
			 .owner_uid = "",
			 .labels = labels,
			 .n_labels = 2},
		.pod = {.node = "node-1",
			.phase = "Running",
			.ips = &ip,
			.n_ips = 1,
			.containers = &container,
			.n_containers = 1},
	};

	snprintf(name, sizeof(name), "cart-%u", i);
	snprintf(app, sizeof(app), "cart-%u", i % 50);
	snprintf(uid, sizeof(uid), "%08x-0000-4000-8000-000000000000", i);
	snprintf(id, sizeof(id), "containerd://%064x", i);
	kube_store_put(store, &o);
}

static void put_service(struct kube_store *store)
{
	static struct ip_addr ips[PODS];
	static struct kube_backend backends[PODS];
	const struct ip_addr cluster_ip = addr(10, 96, 0, 10);
	const struct kube_port port = {.name = "http", .protocol = 6, .port = 80};
	const struct kube_port target = {.name = "http", .protocol = 6, .port = 8080};
	const struct kube_meta meta = {.name = "cart",
				       .namespace_name = "shop",
				       .uid = "1",
				       .resource_version = "1",
				       .owner_kind = "",
				       .owner_name = "",
				       .owner_uid = ""};
	const struct kube_object service = {
		.kind = KUBE_SERVICE,
		.meta = meta,
		.service = {.type = "ClusterIP",
			    .ips = &cluster_ip,
			    .n_ips = 1,
			    .ports = &port,
			    .n_ports = 1},
	};
	const struct kube_object slice = {
		.kind = KUBE_ENDPOINTSLICE,
		.meta = meta,
		.slice = {.service = "cart",
			  .backends = backends,
			  .n_backends = PODS,
			  .ports = &target,
			  .n_ports = 1},
	};

	for (unsigned int i = 0; i < PODS; i++) {
		ips[i] = pod_addr(i);
		backends[i] = (struct kube_backend){.ips = &ips[i], .n_ips = 1, .ready = true};
	}
	kube_store_put(store, &service);
	kube_store_put(store, &slice);
}

static void set_unit(struct flow_end *e, unsigned int i)
{
	e->addr = addr(192, 168, 1, 10);
	e->identity = IDENTITY_HOST;
	e->process = process_get(&processes[i % UNITS]);
}

static void make_flow(struct flow *f, unsigned int i)
{
	flow_init(f);
	f->event = FLOW_REPORT;
	f->verdict = VERDICT_FORWARDED;
	f->ip_version = 4;
	f->protocol = 6;
	f->connection_id = i + 1;
	f->src.port = 40000 + i;
	f->dst.port = i % 4 < 2 ? 8080 : 443;
	f->src.identity = f->dst.identity = IDENTITY_WORLD;
	f->src.addr = pod_addr(i * 7 % PODS);
	f->dst.addr = pod_addr(i * 13 % PODS);
	if (i % 4 == 2)
		f->dst.addr = addr(93, 184, 216, i % 200 + 1);
	if (i % 4 == 3)
		f->src.addr = addr(151, 101, i % 200, 1);
	if (i % 4 == 1 || i % 4 == 2)
		set_unit(&f->src, i);
	if (i % 4 == 3)
		set_unit(&f->dst, i);
}

/* An answer as its asker read it: "wN.example.com" has the address of flow i. */
static void teach_name(struct namer *dns, const struct flow *about, unsigned int i)
{
	uint8_t m[64] = {0, 1, 0x84, 0, 0, 1, 0, 1, 0, 0, 0, 0, 5};
	const struct l7_payload payload = {.data = m, .size = 12 + 19 + 4 + 16, .at_read = true};
	struct flow f;

	snprintf((char *)m + 13, 6, "w%04u", i);
	memcpy(m + 18, "\7example\3com\0\0\1\0\1\300\14\0\1\0\1\0\0\16\20\0\4", 33);
	memcpy(m + 47, about->dst.addr.b + 12, 4);
	flow_init(&f);
	f.event = FLOW_L7;
	f.ip_version = 4;
	f.protocol = 17;
	f.is_reply = REPLY_YES;
	f.time_ns = 1;
	f.src.addr = addr(192, 168, 1, 1);
	f.src.port = 53;
	flow_end_copy(&f.dst, &about->src);
	dns->message(dns, &f, &payload);
	flow_release(&f);
}

/* A cluster that is configured; nothing is asked of it, for the loop never runs. */
static const char *kubeconfig(void)
{
	static char path[] = "/tmp/names_bench.XXXXXX";
	static const char text[] =
		"clusters: [{name: c, cluster: {server: 'http://127.0.0.1:1'}}]\n"
		"contexts: [{name: c, context: {cluster: c, user: u}}]\n"
		"users: [{name: u, user: {token: t}}]\ncurrent-context: c\n";
	int fd = mkstemp(path);

	if (fd < 0 || write(fd, text, sizeof(text) - 1) < 0)
		exit(1);
	close(fd);
	return path;
}

static void set_up(void)
{
	struct names_options opt = {
		.node_name = "node-1", .cluster_name = "default", .root = "/nonexistent"};
	struct kube_store_options store_opt = {.node_name = "node-1", .cluster_name = "default"};
	struct kube_store *store = NULL;
	struct namer *containers, *n;
	char path[64];

	opt.kubeconfig = kubeconfig();
	uv_loop_init(&loop);
	if (kube_store_new(&store_opt, &store))
		exit(1);
	keep(containers_new(&opt, store, &containers), &containers, "containers");
	keep(kube_new(&opt, store, &n), &n, "kubernetes");
	keep(dns_new(&opt, &n), &n, "dns");
	keep(resolver_new(&opt, &n), &n, "resolver");
	unlink(opt.kubeconfig);
	keep(places_new(&opt, &n), &n, "places");
	for (unsigned int i = 0; i < PODS; i++)
		put_pod(store, i);
	put_service(store);
	for (unsigned int i = 0; i < UNITS; i++) {
		processes[i] = (struct process){.refs = 1u << 30,
						.pid = 1000 + i,
						.cgroup_id = 1ull << 40 | i,
						.comm = "shop",
						.exe = nothing,
						.command = nothing};
		snprintf(path, sizeof(path), "/system.slice/shop-%u.service", i);
		containers_cgroup(containers, processes[i].cgroup_id, path);
	}
	for (unsigned int i = 0; i < FLOWS; i++) {
		make_flow(&flows[i], i);
		if (i % 4 == 2)
			teach_name(namers[2], &flows[i], i);
	}
}

static void name_ends(struct flow *f)
{
	for (unsigned int i = 0; i < n_namers; i++)
		namers[i]->end(namers[i], f, &f->src, &f->dst);
	for (unsigned int i = 0; i < n_namers; i++)
		namers[i]->end(namers[i], f, &f->dst, &f->src);
}

static double sample(bool named)
{
	uint64_t began = bench_now_ns();

	for (unsigned int pass = 0; pass < PASSES; pass++)
		for (unsigned int i = 0; i < FLOWS; i++) {
			struct flow f;

			flow_copy(&f, &flows[i]);
			if (named)
				name_ends(&f);
			flow_release(&f);
		}
	return (double)(bench_now_ns() - began) / (PASSES * FLOWS);
}

/* A stage that names nothing is fast. */
static void check_names(void)
{
	for (unsigned int i = 0; i < FLOWS; i++) {
		struct flow f;
		bool ok;

		flow_copy(&f, &flows[i]);
		name_ends(&f);
		ok = (i % 4 == 0 && f.src.endpoint && f.dst.endpoint && f.dst.service) ||
		     (i % 4 == 1 && f.src.endpoint && f.dst.endpoint) ||
		     (i % 4 == 2 && f.src.endpoint && f.dst.dns) || (i % 4 == 3 && f.dst.endpoint);
		if (!ok) {
			fprintf(stderr, "names_bench: flow %u has not got its names\n", i);
			exit(1);
		}
		flow_release(&f);
	}
}

int main(void)
{
	struct samples floor = {0}, named = {0};
	char a[32], b[32];
	double cost;

	set_up();
	check_names();
	bench_pin(0);
	bench_wait_quiet();
	for (int i = 0; i < ROUNDS; i++) {
		samples_add(&floor, sample(false));
		samples_add(&named, sample(true));
	}
	cost = samples_median(&named) - samples_median(&floor);
	snprintf(a, sizeof(a), "%.0f ns", samples_median(&named));
	snprintf(b, sizeof(b), "%.0f ns unnamed", samples_median(&floor));
	bench_row("names of both ends, warm caches", a, b, cost, "<= 300");
	return 0;
}
