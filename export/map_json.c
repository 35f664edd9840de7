// SPDX-License-Identifier: MIT
/* The service map as JSON. */
#include <stdio.h>

#include "export/json_write.h"
#include "export/map_write.h"

#define TEXT_KEPT 512
#define NS 1e9

/* A key as it travels: 64 bits do not fit a number of JSON's readers. */
static void put_id(struct text *t, const char *name, uint64_t key)
{
	json_key(t, name);
	text_char(t, '"');
	text_hex(t, key, 16);
	text_char(t, '"');
}

static void put_number(struct text *t, const char *name, uint64_t v)
{
	json_key(t, name);
	text_u64(t, v);
}

/* As short as it can be: "1250", "0.5", "1.25e+09". */
static void put_double(struct text *t, const char *name, double v)
{
	char buf[32];

	json_key(t, name);
	snprintf(buf, sizeof(buf), "%.6g", v);
	text_str(t, buf);
}

/* Nanoseconds as seconds; left out where not known. */
static void put_seconds(struct text *t, const char *name, uint64_t ns)
{
	if (ns)
		put_double(t, name, ns / NS);
}

static void put_mark(struct text *t, uint8_t mark)
{
	static const char *const names[] = {
		[MAP_SAME] = "same", [MAP_NEW] = "new", [MAP_GONE] = "gone"};

	if (mark)
		json_plain(t, "mark", names[mark <= MAP_GONE ? mark : MAP_SAME]);
}

static void put_time(struct text *t, const char *name, uint64_t ns)
{
	if (!ns)
		return;
	json_key(t, name);
	json_time_nano(t, ns);
}

static void put_node(struct text *t, const struct map_node *n)
{
	text_char(t, '{');
	put_id(t, "id", n->key);
	json_plain(t, "kind", map_node_kind_name(n->kind));
	json_untrusted(t, "namespace", n->namespace_name, TEXT_KEPT);
	json_untrusted(t, "name", n->name, TEXT_KEPT);
	json_untrusted(t, "workload_kind", n->workload_kind, TEXT_KEPT);
	put_mark(t, n->mark);
	if (n->members > 1)
		put_number(t, "members", n->members);
	put_number(t, "edges_in", n->edges_in);
	put_number(t, "edges_out", n->edges_out);
	put_double(t, "bytes_in_per_second", n->bytes_in);
	put_double(t, "bytes_out_per_second", n->bytes_out);
	put_number(t, "drops", n->drops);
	if (n->listen_drops)
		put_number(t, "listen_drops", n->listen_drops);
	put_number(t, "errors", n->errors);
	put_time(t, "first", n->first_ns);
	put_time(t, "last", n->last_ns);
	text_char(t, '}');
}

static void put_protocol(struct text *t, const struct map_edge *e)
{
	const char *name = protocol_name(e->protocol);

	if (!e->protocol)
		return;
	json_key(t, "protocol");
	text_char(t, '"');
	if (name)
		text_str(t, name);
	else
		text_u64(t, e->protocol);
	text_char(t, '"');
}

static void put_figures(struct text *t, const struct map_edge *e)
{
	put_number(t, "flows", e->flows);
	put_number(t, "connections", e->connections);
	json_number(t, "requests", e->requests);
	put_number(t, "packets", e->packets);
	put_number(t, "bytes", e->bytes);
	put_number(t, "reply_packets", e->reply_packets);
	put_number(t, "reply_bytes", e->reply_bytes);
	put_double(t, "bytes_per_second", e->bytes_rate);
	put_double(t, "packets_per_second", e->packets_rate);
	put_double(t, "connections_per_second", e->connections_rate);
	if (e->requests)
		put_double(t, "requests_per_second", e->requests_rate);
	put_number(t, "retransmits", e->retransmits);
	put_number(t, "errors", e->errors);
	put_number(t, "drops", e->drops);
	put_number(t, "sent", e->sent);
}

/* As people know it: "shop/cart". */
static void put_name(struct text *t, const char *key, const struct map_node *n)
{
	struct text name = {0};

	map_node_text(&name, n);
	json_key(t, key);
	json_quote_bytes(t, name.data ? name.data : "", name.len);
	text_free(&name);
}

static void put_edge(struct text *t, const struct map_snapshot *s, const struct map_edge *e)
{
	text_char(t, '{');
	put_id(t, "id", e->key);
	put_id(t, "from", s->nodes[e->from].key);
	put_id(t, "to", s->nodes[e->to].key);
	put_name(t, "from_name", &s->nodes[e->from]);
	put_name(t, "to_name", &s->nodes[e->to]);
	put_mark(t, e->mark);
	put_protocol(t, e);
	json_number(t, "port", e->port);
	json_untrusted(t, "app", e->app, TEXT_KEPT);
	put_figures(t, e);
	json_untrusted(t, "drop_reason", e->drop_reason, TEXT_KEPT);
	json_untrusted(t, "drop_function", e->drop_function, TEXT_KEPT);
	json_untrusted(t, "drop_policy", e->drop_policy, TEXT_KEPT);
	put_seconds(t, "rtt_p50", e->rtt_p50_ns);
	put_seconds(t, "rtt_p99", e->rtt_p99_ns);
	put_seconds(t, "handshake_p50", e->handshake_p50_ns);
	put_seconds(t, "handshake_p99", e->handshake_p99_ns);
	put_seconds(t, "latency_p50", e->latency_p50_ns);
	put_seconds(t, "latency_p99", e->latency_p99_ns);
	put_time(t, "first", e->first_ns);
	put_time(t, "last", e->last_ns);
	text_char(t, '}');
}

void map_write_json(struct text *t, const struct map_snapshot *s)
{
	text_char(t, '{');
	put_time(t, "first", s->first_ns);
	put_time(t, "last", s->last_ns);
	put_number(t, "flows", s->flows);
	put_number(t, "ignored", s->ignored);
	put_number(t, "left_out", s->left_out);
	if (s->strays)
		put_number(t, "strays", s->strays);
	json_key(t, "nodes");
	text_char(t, '[');
	for (size_t i = 0; i < s->n_nodes; i++) {
		if (i)
			text_char(t, ',');
		put_node(t, &s->nodes[i]);
	}
	text_char(t, ']');
	json_key(t, "edges");
	text_char(t, '[');
	for (size_t i = 0; i < s->n_edges; i++) {
		if (i)
			text_char(t, ',');
		put_edge(t, s, &s->edges[i]);
	}
	text_str(t, "]}\n");
}
