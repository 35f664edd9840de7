/* SPDX-License-Identifier: MIT */
/* Flows for the service map's tests: names without work. For cmocka tests: include cmocka.h before. */
#ifndef PITOT_TESTS_MAP_FLOWS_H
#define PITOT_TESTS_MAP_FLOWS_H

#include <stdio.h>

#include "flows/service_map.h"
#include "tests/unit/sample_flows.h"

#define SECOND 1000000000ull

/* Endpoints and names of tests live as long as the program, which knows them. */
static inline void *kept(void *p)
{
	static void *all[4096];
	static size_t n;

	assert_true(p && n < sizeof(all) / sizeof(all[0]));
	return all[n++] = p;
}

static inline struct endpoint *named(uint32_t kind, const char *namespace_name,
				     const char *workload, const char *name)
{
	const struct endpoint from = {.kind = kind,
				      .cluster = "",
				      .namespace_name = namespace_name,
				      .name = name,
				      .workload = workload,
				      .workload_kind = *workload ? "Deployment" : "",
				      .node = "",
				      .container = "",
				      .image = "",
				      .container_id = "",
				      .cgroup = ""};
	struct endpoint *e = kept(endpoint_new(&from));

	e->refs = 1u << 30;
	return e;
}

static inline struct name_list *dns_name(const char *name)
{
	struct name_list *l = kept(name_list_new(&name, 1));

	l->refs = 1u << 30;
	return l;
}

/* The SYN of a connection, of one packet of 100 bytes. */
static inline struct flow opening(const char *src, uint16_t sport, const char *dst, uint16_t dport)
{
	struct flow f = sample(6, src, sport, dst, dport);

	f.initiator_by = INITIATOR_SYN;
	f.tcp_flags = TCPF_SYN;
	f.forward = (struct flow_counters){.packets = 1,
					   .bytes = 100,
					   .delta_packets = 1,
					   .delta_bytes = 100,
					   .tcp_flags = TCPF_SYN};
	return f;
}

/* The same seen from the other end: what the responder sent. */
static inline struct flow answer_of(const struct flow *f)
{
	struct flow r = *f;

	r.src = f->dst;
	r.dst = f->src;
	r.is_reply = REPLY_YES;
	r.tcp_flags = TCPF_SYN | TCPF_ACK;
	memset(&r.forward, 0, sizeof(r.forward));
	r.reply = (struct flow_counters){
		.packets = 1, .bytes = 60, .delta_packets = 1, .delta_bytes = 60};
	r.time_ns += 1000000;
	return r;
}

static inline struct flow ending_of(const struct flow *f, uint64_t packets, uint64_t bytes)
{
	struct flow e = *f;

	e.event = FLOW_END;
	e.closed = true;
	e.time_ns += SECOND;
	e.forward.packets = packets + 1;
	e.forward.delta_packets = packets;
	e.forward.delta_bytes = bytes;
	e.forward.tcp_flags = e.reply.tcp_flags = TCPF_SYN | TCPF_ACK | TCPF_FIN;
	return e;
}

static inline struct flow drop_of(const struct flow *f, uint64_t packets, const char *reason,
				  const char *function)
{
	struct flow d = *f;

	d.event = FLOW_DROP;
	d.verdict = VERDICT_DROPPED;
	d.is_reply = REPLY_UNKNOWN;
	d.initiator_by = INITIATOR_UNKNOWN;
	memset(&d.forward, 0, sizeof(d.forward));
	d.drop = (struct flow_drop){.reason_name = reason,
				    .text = "",
				    .function = function,
				    .delta_packets = packets,
				    .packets = packets};
	return d;
}

static inline struct service_map *new_map(const struct service_map_options *opt)
{
	static const struct service_map_options none;
	struct service_map *m;

	assert_int_equal(service_map_new(opt ? opt : &none, &m), 0);
	return m;
}

static inline struct map_snapshot shot(const struct service_map *m)
{
	struct map_snapshot s;

	assert_int_equal(service_map_snapshot(m, 0, 0, &s), 0);
	return s;
}

/* "shop/cart -> data/db TCP 5432 PostgreSQL" a line each, as the snapshot has them. */
static inline char *edges_text(const struct map_snapshot *s)
{
	struct text t = {0};

	for (size_t i = 0; i < s->n_edges; i++) {
		map_node_text(&t, &s->nodes[s->edges[i].from]);
		text_str(&t, " -> ");
		map_node_text(&t, &s->nodes[s->edges[i].to]);
		text_char(&t, ' ');
		map_edge_text(&t, &s->edges[i]);
		text_char(&t, '\n');
	}
	text_char(&t, '\0');
	assert_int_equal(t.err, 0);
	return t.data;
}

static inline void assert_edges(const struct map_snapshot *s, const char *expected)
{
	char *text = edges_text(s);

	assert_string_equal(text, expected);
	free(text);
}

/* The map of some flows, as its edges. */
static inline void assert_map(const struct service_map_options *opt, const struct flow *flows,
			      size_t n, const char *expected)
{
	struct service_map *m = new_map(opt);
	struct map_snapshot s;

	for (size_t i = 0; i < n; i++)
		service_map_add(m, &flows[i]);
	s = shot(m);
	assert_edges(&s, expected);
	service_map_snapshot_free(&s);
	service_map_free(m);
}

#endif
