// SPDX-License-Identifier: MIT
/*
 * The service map out of random flows: every sum is where it was put, keys are unique,
 * indices in range; a snapshot, parts of it and its difference to another one can be written.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "export/map_write.h"
#include "flows/service_map.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *p;
	size_t n;
};

static uint8_t byte(struct input *in)
{
	return in->n ? in->n--, *in->p++ : 0;
}

#define NAMES 6
static struct endpoint endpoints[NAMES];
static struct service services[2];
static struct name_list lists[3];
static struct l7 messages[4];
static struct hubble foreign, own[2];
static const struct hubble_policy policy = {"deny\x1b", "shop", "CiliumNetworkPolicy"};
static const char *const dns_names[] = {"example.com", "a.example.net", "x\"; </svg>\n"};

static void make_names(void)
{
	static const char *const words[NAMES] = {"cart", "db", "\x1b[31m", "front", "a b\"", ""};

	for (int i = 0; i < NAMES; i++)
		endpoints[i] = (struct endpoint){.refs = 1u << 30,
						 .kind = i % ENDPOINT_KINDS,
						 .namespace_name = i & 1 ? "shop" : "",
						 .name = words[i],
						 .workload = i & 2 ? words[i] : "",
						 .workload_kind = "Deployment",
						 .node = "node-1",
						 .cluster = ""};
	services[0] = (struct service){1u << 30, 0, "shop", "cart"};
	services[1] = (struct service){1u << 30, 0, "", "x"};
	for (int i = 0; i < 3; i++)
		lists[i] = (struct name_list){1u << 30, 0, 1, &dns_names[i]};
	messages[0] = (struct l7){.type = L7_REQUEST, .protocol = L7_DNS, .dns = {.query = "q."}};
	messages[1] = (struct l7){
		.type = L7_RESPONSE, .protocol = L7_DNS, .latency_ns = 5000, .dns = {.rcode = 2}};
	messages[2] = (struct l7){.type = L7_RESPONSE,
				  .protocol = L7_HTTP,
				  .latency_ns = UINT64_MAX,
				  .http = {.code = 503}};
	messages[3] = (struct l7){.type = L7_SAMPLE, .protocol = 77};
	foreign = (struct hubble){.refs = 1u << 30,
				  .has_event_type = true,
				  .event_type = 1,
				  .drop_reason = 133,
				  .node_name = "c/node",
				  .uuid = "",
				  .source_mac = "",
				  .destination_mac = "",
				  .ingress_denied_by = {&policy, 1}};
	own[0] = (struct hubble){.refs = 1u << 30, .own = true, .node_name = "n1"};
	own[1] = (struct hubble){.refs = 1u << 30, .own = true, .node_name = "n2"};
}

static void make_end(struct input *in, struct flow_end *e)
{
	uint8_t names = byte(in), address = byte(in);

	memset(e->addr.b, 0, sizeof(e->addr.b));
	if (address & 0x80) {
		e->addr.b[10] = e->addr.b[11] = 0xff;
		e->addr.b[12] = address & 0x40 ? 10 : 93;
	} else {
		e->addr.b[0] = address & 0x40 ? 0xff : 0x20;
	}
	e->addr.b[15] = address & 0x3f;
	e->port = (uint16_t)(byte(in) << 8 | byte(in));
	e->identity = byte(in) % 12;
	e->endpoint = names & 1 ? &endpoints[names / 8 % NAMES] : NULL;
	e->service = names & 2 ? &services[names / 8 % 2] : NULL;
	e->dns = names & 4 ? &lists[names / 8 % 3] : NULL;
	e->reverse = names & 8 ? &lists[names / 16 % 3] : NULL;
}

static void make_counters(struct input *in, struct flow_counters *c)
{
	c->delta_packets = byte(in);
	c->delta_bytes = (uint64_t)byte(in) << byte(in) % 40;
	c->packets = c->delta_packets;
	c->retransmits = byte(in);
	c->srtt_us = byte(in) << byte(in) % 24;
	c->tcp_flags = byte(in);
}

static void make_flow(struct input *in, struct flow *f, uint64_t *now_ns)
{
	uint8_t what = byte(in);
	static const uint8_t protocols[] = {6, 17, 1, 58, 2, 132, 0, 255};

	flow_init(f);
	*now_ns += (uint64_t)byte(in) << what % 32;
	f->time_ns = what & 1 ? *now_ns : *now_ns / 2;
	f->event = byte(in) % FLOW_EVENTS_MAX;
	f->verdict = byte(in) % VERDICT_MAX;
	f->ip_version = what & 2 ? 4 : what & 4 ? 6 : 0;
	f->protocol = protocols[byte(in) % sizeof(protocols)];
	f->is_reply = (int)(byte(in) % 3) - 1;
	f->initiator_by = byte(in) % 5;
	f->tcp_flags = byte(in);
	f->icmp_type = byte(in);
	f->icmp_echo = what >> 3 & 1;
	f->icmp_id = byte(in) & 1;
	f->closed = what >> 4 & 1;
	f->connection_id = byte(in) % 4;
	make_end(in, &f->src);
	make_end(in, &f->dst);
	make_counters(in, &f->forward);
	make_counters(in, &f->reply);
	f->handshake_us = byte(in);
	f->hubble = what & 0x40 ? what & 0x20 ? &foreign : &own[what >> 7] : NULL;
	f->l7 = f->event == FLOW_L7 ? &messages[byte(in) % 4] : NULL;
	f->has_nat = what >> 5 & 1;
	if (f->has_nat) {
		f->nat_orig =
			(struct flow_tuple){f->src.addr, f->dst.addr, f->src.port, f->dst.port};
		f->nat_xlated = f->nat_orig;
		f->nat_xlated.dst.b[15] ^= 1;
	}
	f->drop.reason_name = what & 1 ? "NETFILTER_DROP" : "\x1b";
	f->drop.text = "";
	f->drop.function = what & 2 ? "nft_do_chain" : "";
	f->drop.normal = what >> 7;
	f->drop.delta_packets = byte(in);
	f->listen.delta_drops = byte(in);
}

#define REQUIRE(what)            \
	do {                     \
		if (!(what))     \
			abort(); \
	} while (0)

static void check(const struct map_snapshot *s, bool all)
{
	uint64_t flows = 0;

	for (size_t i = 0; i < s->n_nodes; i++) {
		REQUIRE(s->nodes[i].key && s->nodes[i].kind < MAP_NODE_KINDS);
		for (size_t j = 0; j < i; j++)
			REQUIRE(s->nodes[j].key != s->nodes[i].key);
	}
	for (size_t i = 0; i < s->n_edges; i++) {
		const struct map_edge *e = &s->edges[i];

		REQUIRE(e->from < s->n_nodes && e->to < s->n_nodes && e->key && e->flows);
		REQUIRE(e->sent >= e->drops && e->flows >= e->connections);
		REQUIRE(e->bytes_rate >= 0 && e->bytes_rate >= e->reply_bytes_rate * 0.999);
		flows += e->flows;
		if (i)
			REQUIRE(e->from > e[-1].from ||
				(e->from == e[-1].from && e->to >= e[-1].to));
	}
	REQUIRE(!all || flows + s->ignored <= s->flows);
}

static void write_all(const struct map_snapshot *s)
{
	struct text t = {0};

	map_write_json(&t, s);
	map_write_dot(&t, s);
	map_write_mermaid(&t, s);
	for (size_t i = 0; i < t.len; i++)
		REQUIRE((uint8_t)t.data[i] >= ' ' || t.data[i] == '\n' || t.data[i] == '\t');
	text_free(&t);
}

static void try_parts(struct input *in, const struct map_snapshot *s)
{
	static const char *const namespaces[] = {"shop", "host", NULL};
	struct map_selection what = {.hops = byte(in) % 3, .max_nodes = byte(in) % 16};
	struct map_snapshot part, diff;

	what.collapsed = byte(in) & 1 ? namespaces : NULL;
	what.search = byte(in) & 1 ? "a" : NULL;
	what.focus = s->n_nodes && byte(in) & 1 ? s->nodes[byte(in) % s->n_nodes].key : 0;
	what.since_ns = byte(in) & 1 ? s->last_ns : 0;
	what.max_outside = byte(in) % 4;
	REQUIRE(!map_select(s, &what, &part));
	check(&part, false);
	REQUIRE(!map_diff(s, &part, &diff));
	check(&diff, false);
	write_all(&diff);
	service_map_snapshot_free(&diff);
	service_map_snapshot_free(&part);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	struct service_map_options opt = {.group = byte(&in) % 3, .world = byte(&in) % 4};
	uint64_t now_ns = 1768472430000000000;
	struct map_snapshot s;
	struct service_map *m;
	struct flow f;

	make_names();
	opt.max_nodes = byte(&in);
	opt.max_edges = byte(&in);
	opt.numeric = byte(&in) & 1;
	opt.housekeeping = byte(&in) & 1;
	REQUIRE(!service_map_new(&opt, &m));
	while (in.n) {
		make_flow(&in, &f, &now_ns);
		service_map_add(m, &f);
	}
	REQUIRE(!service_map_snapshot(m, now_ns, size % 61, &s));
	check(&s, true);
	write_all(&s);
	in = (struct input){data, size};
	try_parts(&in, &s);
	service_map_snapshot_free(&s);
	service_map_free(m);
	return 0;
}
