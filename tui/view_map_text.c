// SPDX-License-Identifier: MIT
/* Figures of the map in words. */
#include <stdio.h>

#include "tui/view_map_own.h"

#define NS_PER_S 1000000000ull

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return !a || (b && b < a) ? b : a;
}

static void add_rates(struct map_edge *to, const struct map_edge *e)
{
	to->bytes_rate += e->bytes_rate;
	to->packets_rate += e->packets_rate;
	to->connections_rate += e->connections_rate;
	to->requests_rate += e->requests_rate;
	to->rtt_p50_ns = larger(to->rtt_p50_ns, e->rtt_p50_ns);
	to->rtt_p99_ns = larger(to->rtt_p99_ns, e->rtt_p99_ns);
	to->handshake_p50_ns = larger(to->handshake_p50_ns, e->handshake_p50_ns);
	to->handshake_p99_ns = larger(to->handshake_p99_ns, e->handshake_p99_ns);
	to->latency_p50_ns = larger(to->latency_p50_ns, e->latency_p50_ns);
	to->latency_p99_ns = larger(to->latency_p99_ns, e->latency_p99_ns);
}

static void add(struct map_edge *to, const struct map_edge *e, uint64_t *most_drops)
{
	if (e->drops > *most_drops) {
		*most_drops = e->drops;
		to->drop_reason = e->drop_reason;
		to->drop_function = e->drop_function;
		to->drop_policy = e->drop_policy;
	}
	to->flows += e->flows;
	to->connections += e->connections;
	to->requests += e->requests;
	to->packets += e->packets;
	to->bytes += e->bytes;
	to->reply_packets += e->reply_packets;
	to->reply_bytes += e->reply_bytes;
	to->drops += e->drops;
	to->sent += e->sent;
	to->errors += e->errors;
	to->retransmits += e->retransmits;
	to->first_ns = earlier(to->first_ns, e->first_ns);
	to->last_ns = larger(to->last_ns, e->last_ns);
	add_rates(to, e);
}

/* Of several the slowest is told. */
void map_link_sum(const struct map_snapshot *s, const struct map_link *l, struct map_edge *ret)
{
	uint64_t most_drops;

	*ret = s->edges[l->first];
	most_drops = ret->drops;
	for (size_t i = 1; i < l->n; i++)
		add(ret, &s->edges[l->first + i], &most_drops);
	if (l->n > 1) {
		ret->port = 0;
		ret->app = "";
	}
}

void map_count_text(struct text *t, uint64_t n)
{
	if (n >= 1000) {
		map_count_text(t, n / 1000);
		text_char(t, ',');
		text_padded(t, n % 1000, 3);
	} else {
		text_u64(t, n);
	}
}

void map_rate_text(struct text *t, double r, const char *unit)
{
	char buf[64];

	if (r >= 100)
		map_count_text(t, (uint64_t)(r + 0.5));
	else
		snprintf(buf, sizeof(buf), r >= 10 || r == 0 ? "%.0f" : "%.1f", r),
			text_str(t, buf);
	text_char(t, ' ');
	text_str(t, unit);
	text_str(t, "/s");
}

void map_bytes_rate_text(struct text *t, double r)
{
	text_bytes(t, r > 0 ? (uint64_t)(r + 0.5) : 0);
	text_str(t, "/s");
}

void map_edge_rate_text(struct text *t, const struct map_edge *e)
{
	if (e->bytes || e->reply_bytes)
		map_bytes_rate_text(t, e->bytes_rate);
	else
		text_char(t, '-'); /* Hubble's flows have no bytes */
}

void map_edge_bytes_text(struct text *t, const struct map_edge *e)
{
	if (e->bytes || e->reply_bytes) {
		text_bytes(t, e->bytes);
		text_str(t, " there, ");
		text_bytes(t, e->reply_bytes);
		text_str(t, " back");
		return;
	}
	map_count_text(t, e->flows);
	text_str(t, e->flows == 1 ? " flow" : " flows");
}

void map_ago_text(struct text *t, uint64_t now, uint64_t then)
{
	uint64_t s = now > then ? (now - then) / NS_PER_S : 0;

	if (!then) {
		text_str(t, "never");
		return;
	}
	if (s < 1) {
		text_str(t, "just now");
		return;
	}
	if (s >= 3600) {
		text_u64(t, s / 3600);
		text_str(t, " h ");
	}
	if (s >= 60) {
		text_u64(t, s % 3600 / 60);
		text_str(t, " min ");
	}
	if (s < 3600) {
		text_u64(t, s % 60);
		text_str(t, " s ");
	}
	text_str(t, "ago");
}

void map_share_text(struct text *t, uint64_t part, uint64_t of)
{
	char buf[32];

	map_count_text(t, part);
	if (!of || of < part)
		return;
	text_str(t, " of ");
	map_count_text(t, of);
	snprintf(buf, sizeof(buf), " (%.*f %%)", part == of ? 0 : 1, 100.0 * part / of);
	text_str(t, buf);
}

void map_link_name(struct text *t, const struct map_snapshot *s, uint32_t from, uint32_t to)
{
	map_node_text(t, &s->nodes[from]);
	text_str(t, " \u2192 ");
	map_node_text(t, &s->nodes[to]);
}

bool map_node_is_rest(const struct map_node *n)
{
	return n->members > 1 && (n->kind == MAP_NODE_WORLD || n->kind == MAP_NODE_ADDRESS);
}

const char *map_node_namespace(const struct map_node *n)
{
	return n->kind == MAP_NODE_NAMESPACE ? n->name : n->namespace_name;
}

const char *map_node_word(const struct map_node *n)
{
	return *n->workload_kind ? n->workload_kind : map_node_kind_name(n->kind);
}

const char *map_group_word(const struct map_view *v)
{
	static const char *const words[] = {
		[MAP_WORKLOAD] = "workloads",
		[MAP_NAMESPACE] = "namespaces",
		[MAP_ENDPOINT] = "endpoints",
	};

	return words[v->opt.group];
}
