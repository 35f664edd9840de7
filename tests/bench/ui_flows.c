// SPDX-License-Identifier: MIT
#include "tests/bench/ui_flows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/record.h"

#define WORKLOADS 300
#define SPACES 20
#define PODS (2 * WORKLOADS)
#define CONNECTIONS 20000
#define DNS_NAMES 200

static struct endpoint *pods[PODS];
static struct process *processes[PODS];
static struct name_list *outside[DNS_NAMES];
static struct l7 *answers[DNS_NAMES];

struct connection {
	uint64_t id, first_ns, last_ns, packets, bytes;
	uint32_t client, server; /* pods; the server from PODS on: outside */
	uint16_t sport, dport;
};

static struct connection connections[CONNECTIONS];
static uint64_t next_id = 0x100000000;
static uint64_t state = 88172645463325252ull;

static uint32_t rnd(uint32_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 32) % n;
}

static void make_pod(uint32_t i)
{
	static const char *const programs[] = {"nginx", "java",		"python3",  "node",
					       "envoy", "redis-server", "postgres", "dnsmasq"};
	char space[32], name[64], workload[32], label[64], exe[64];
	const char *labels[] = {label, "k8s:tier=backend"};
	struct endpoint e = {.id = i + 1,
			     .identity = 1000 + i / 2,
			     .kind = ENDPOINT_POD,
			     .cluster = "default",
			     .namespace_name = space,
			     .name = name,
			     .workload = workload,
			     .workload_kind = "Deployment",
			     .node = "node-1",
			     .container = "app",
			     .labels = labels,
			     .n_labels = 2};
	struct process *p = calloc(1, sizeof(*p));

	snprintf(space, sizeof(space), "team-%02u", i / 2 % SPACES);
	snprintf(workload, sizeof(workload), "service-%03u", i / 2);
	snprintf(name, sizeof(name), "%s-7d9c5b6f4-%05x", workload, i * 7919);
	snprintf(label, sizeof(label), "k8s:app=%s", workload);
	snprintf(exe, sizeof(exe), "/usr/bin/%s", programs[i % 8]);
	pods[i] = endpoint_new(&e);
	if (!p || !pods[i])
		abort();
	p->refs = 1;
	p->pid = 1000 + i;
	strncpy(p->comm, programs[i % 8], sizeof(p->comm) - 1);
	p->exe = strdup(exe);
	p->command = strdup(exe);
	processes[i] = p;
}

static void make_outside(uint32_t i)
{
	char name[64], query[72];
	const char *names[] = {name}, *types[] = {"A"};
	struct l7 l7 = {.type = L7_RESPONSE,
			.protocol = L7_DNS,
			.latency_ns = 200000 + i * 100000ull,
			.dns = {.query = query,
				.qtypes = types,
				.n_qtypes = 1,
				.rcode = i % 10 ? 0 : 3,
				.ttl = 30}};

	snprintf(name, sizeof(name), "api-%u.example.com", i);
	snprintf(query, sizeof(query), "%s.", name);
	outside[i] = name_list_new(names, 1);
	answers[i] = l7_new(&l7);
	if (!outside[i] || !answers[i])
		abort();
}

/* A pod has two names outside, two of the eight that are everyone's, four of its own to talk to. */
static void begin_connection(struct connection *c, uint64_t wall_ns)
{
	static const uint16_t ports[] = {80, 8080, 443, 5432, 6379, 9092, 3306, 53};
	uint32_t client = rnd(PODS), which = rnd(100);

	*c = (struct connection){.id = next_id++, .first_ns = wall_ns, .client = client};
	if (which < 10)
		c->server = PODS + (client * 13 + rnd(2)) % DNS_NAMES;
	else if (which < 30)
		c->server = (client + rnd(2)) % 8;
	else
		c->server = (client * 7 + rnd(4) * 31 + 1) % PODS;
	c->sport = (uint16_t)(32768 + rnd(28000));
	c->dport = c->server >= PODS ? 443 : ports[c->server / 2 % 8];
}

void ui_flows_make(void)
{
	for (uint32_t i = 0; i < PODS; i++)
		make_pod(i);
	for (uint32_t i = 0; i < DNS_NAMES; i++)
		make_outside(i);
	for (size_t i = 0; i < CONNECTIONS; i++)
		begin_connection(&connections[i], 0);
}

static void set_end(struct flow_end *e, uint32_t who, uint16_t port)
{
	static const uint8_t v4[12] = {[10] = 0xff, [11] = 0xff};

	memcpy(e->addr.b, v4, sizeof(v4));
	e->addr.b[12] = who < PODS ? 10 : 93;
	e->addr.b[13] = 1;
	e->addr.b[14] = (uint8_t)(who >> 8);
	e->addr.b[15] = (uint8_t)who;
	e->port = port;
	if (who < PODS) {
		e->endpoint = pods[who];
		e->process = processes[who];
		e->identity = pods[who]->identity;
	} else {
		e->dns = outside[who - PODS];
		e->identity = IDENTITY_WORLD;
	}
}

static void count(struct flow *f, struct connection *c, uint64_t wall_ns)
{
	uint64_t packets = 1 + rnd(20), bytes = packets * (60 + rnd(1400));

	c->packets += packets;
	c->bytes += bytes;
	c->last_ns = wall_ns;
	f->forward = f->reply = (struct flow_counters){
		.packets = c->packets,
		.bytes = c->bytes,
		.delta_packets = packets,
		.delta_bytes = bytes,
		.first_ns = c->first_ns ? c->first_ns : wall_ns,
		.last_ns = wall_ns,
		.srtt_us = 100 + rnd(3000),
		.tcp_flags = TCPF_SYN | TCPF_ACK | TCPF_PSH,
		.retransmits = (uint32_t)(c->packets / 500),
	};
}

struct flow *ui_flows_next(uint64_t n, uint64_t wall_ns)
{
	static struct flow f;
	struct connection *c = &connections[rnd(CONNECTIONS)];
	uint32_t what = (uint32_t)(n % 100);

	flow_init(&f);
	f.time_ns = wall_ns;
	f.verdict = VERDICT_FORWARDED;
	f.ip_version = 4;
	f.protocol = 6;
	f.trace_point = TO_ENDPOINT;
	f.ifindex = 7;
	strncpy(f.ifname, "veth1234", sizeof(f.ifname) - 1);
	f.initiator_by = INITIATOR_SYN;
	f.event = FLOW_REPORT;
	if (what < 25) {
		begin_connection(c, wall_ns);
		f.event = FLOW_NEW;
		f.tcp_flags = TCPF_SYN;
		f.handshake_us = 300 + rnd(5000);
	} else if (what < 45) {
		f.event = FLOW_END;
		f.closed = true;
	} else if (what < 60) {
		f.event = FLOW_FLAGS;
		f.tcp_flags = TCPF_ACK | TCPF_PSH;
	}
	f.connection_id = c->id;
	set_end(&f.src, c->client, c->sport);
	set_end(&f.dst, c->server, c->dport);
	if (what >= 97) {
		f.event = FLOW_DROP;
		f.verdict = VERDICT_DROPPED;
		f.is_reply = REPLY_UNKNOWN;
		f.drop.reason_name = what == 99 ? "NO_SOCKET" : "NETFILTER_DROP";
		f.drop.text = "netfilter rule";
		f.drop.function = what == 99 ? "tcp_v4_rcv" : "nft_do_chain";
		f.drop.packets = f.drop.delta_packets = 1;
	} else if (what >= 91) {
		f.event = FLOW_L7;
		f.protocol = 17;
		f.is_reply = REPLY_NO;
		f.l7 = answers[rnd(DNS_NAMES)];
		f.dst.port = 53;
	} else {
		count(&f, c, wall_ns);
	}
	return &f;
}
