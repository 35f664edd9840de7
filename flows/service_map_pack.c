// SPDX-License-Identifier: MIT
/* What snapshots have in common, whether made of flows or of another one: order, sums, texts. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flows/service_map_parts.h"

/* ------------------------------------------------------------------------- order */

static int compare_nodes(const struct map_node *a, const struct map_node *b)
{
	int n = strcmp(a->namespace_name, b->namespace_name);

	if (!n)
		n = (int)a->kind - (int)b->kind;
	if (!n)
		n = strcmp(a->name, b->name);
	if (!n)
		n = a->key < b->key ? -1 : a->key > b->key;
	return n;
}

static int by_node(const void *a, const void *b)
{
	return compare_nodes(*(struct map_node *const *)a, *(struct map_node *const *)b);
}

static int by_edge(const void *a, const void *b)
{
	const struct map_edge *x = a, *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	if (x->to != y->to)
		return x->to < y->to ? -1 : 1;
	if (x->port != y->port)
		return x->port < y->port ? -1 : 1;
	return (int)x->protocol - (int)y->protocol;
}

int map_snapshot_sort(struct map_snapshot *s)
{
	struct map_node **order = calloc(s->n_nodes + 1, sizeof(*order));
	struct map_node *sorted = calloc(s->n_nodes + 1, sizeof(*sorted));
	uint32_t *place = calloc(s->n_nodes + 1, sizeof(*place));

	if (!order || !sorted || !place) {
		free(order);
		free(sorted);
		free(place);
		return -ENOMEM;
	}
	for (size_t i = 0; i < s->n_nodes; i++)
		order[i] = &s->nodes[i];
	qsort(order, s->n_nodes, sizeof(*order), by_node);
	for (size_t i = 0; i < s->n_nodes; i++) {
		sorted[i] = *order[i];
		place[order[i] - s->nodes] = i;
	}
	for (size_t i = 0; i < s->n_edges; i++) {
		s->edges[i].from = place[s->edges[i].from];
		s->edges[i].to = place[s->edges[i].to];
	}
	qsort(s->edges, s->n_edges, sizeof(*s->edges), by_edge);
	free(s->nodes);
	s->nodes = sorted;
	free(order);
	free(place);
	return 0;
}

/* ------------------------------------------------------------------ joined figures */

void map_span(uint64_t *first, uint64_t *last, uint64_t a, uint64_t b)
{
	if (a && (!*first || a < *first))
		*first = a;
	if (b > *last)
		*last = b;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Of two medians: by how much each stands for; of the slowest: the slower one. */
static uint64_t middle(uint64_t a, uint64_t n_a, uint64_t b, uint64_t n_b)
{
	double all = (double)n_a + n_b;

	if (!a || !b)
		return a ? a : b;
	return all > 0 ? (uint64_t)(a * (n_a / all) + b * (n_b / all)) : a;
}

static void join_times(struct map_edge *to, const struct map_edge *e)
{
	to->rtt_p50_ns = middle(to->rtt_p50_ns, to->flows, e->rtt_p50_ns, e->flows);
	to->rtt_p99_ns = larger(to->rtt_p99_ns, e->rtt_p99_ns);
	to->handshake_p50_ns =
		middle(to->handshake_p50_ns, to->connections, e->handshake_p50_ns, e->connections);
	to->handshake_p99_ns = larger(to->handshake_p99_ns, e->handshake_p99_ns);
	to->latency_p50_ns =
		middle(to->latency_p50_ns, to->requests, e->latency_p50_ns, e->requests);
	to->latency_p99_ns = larger(to->latency_p99_ns, e->latency_p99_ns);
}

/* What says more about drops is the one with more of them. */
void map_edge_join(struct map_edge *to, const struct map_edge *e)
{
	join_times(to, e);
	if (e->drops > to->drops) {
		to->drop_reason = e->drop_reason;
		to->drop_function = e->drop_function;
	}
	if (!*to->drop_policy)
		to->drop_policy = e->drop_policy;
	if (!*to->app)
		to->app = e->app;
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
	to->bytes_rate += e->bytes_rate;
	to->reply_bytes_rate += e->reply_bytes_rate;
	to->packets_rate += e->packets_rate;
	to->connections_rate += e->connections_rate;
	to->requests_rate += e->requests_rate;
	to->mark = to->mark == e->mark ? to->mark : MAP_SAME;
	map_span(&to->first_ns, &to->last_ns, e->first_ns, e->last_ns);
}

/* -------------------------------------------------------------------------- sums */

static void add_end(struct map_node *n, const struct map_edge *e, bool responder)
{
	double reply = e->reply_bytes_rate, forward = e->bytes_rate - reply;

	if (e->mark == MAP_GONE && n->mark != MAP_GONE)
		return; /* what is there now is told, not what was before */
	n->bytes_in += responder ? forward : reply;
	n->bytes_out += responder ? reply : forward;
	n->counted |= e->bytes || e->reply_bytes;
	if (responder)
		n->edges_in++;
	else
		n->edges_out++;
	if (e->first_ns && (!n->first_ns || e->first_ns < n->first_ns))
		n->first_ns = e->first_ns;
	if (e->last_ns > n->last_ns)
		n->last_ns = e->last_ns;
	if (responder && e->from == e->to)
		return; /* counted as the initiator's */
	n->drops += e->drops;
	n->errors += e->errors;
}

void map_snapshot_sums(struct map_snapshot *s)
{
	for (size_t i = 0; i < s->n_nodes; i++) {
		struct map_node *n = &s->nodes[i];

		n->edges_in = n->edges_out = 0;
		n->bytes_in = n->bytes_out = 0;
		n->counted = false;
		n->drops = n->listen_drops;
		n->errors = 0;
	}
	for (size_t i = 0; i < s->n_edges; i++) {
		const struct map_edge *e = &s->edges[i];

		add_end(&s->nodes[e->from], e, false);
		add_end(&s->nodes[e->to], e, true);
	}
}

/* ------------------------------------------------------------------------- texts */

struct arena {
	char *p; /* NULL: it is only measured */
	size_t n;
};

static void own(struct arena *a, const char **s)
{
	size_t n = strlen(*s) + 1;

	if (n == 1) {
		*s = "";
		return;
	}
	if (a->p) {
		memcpy(a->p + a->n, *s, n);
		*s = a->p + a->n;
	}
	a->n += n;
}

static void own_all(struct map_snapshot *s, struct arena *a)
{
	for (size_t i = 0; i < s->n_nodes; i++) {
		own(a, &s->nodes[i].namespace_name);
		own(a, &s->nodes[i].name);
		own(a, &s->nodes[i].workload_kind);
	}
	for (size_t i = 0; i < s->n_edges; i++) {
		own(a, &s->edges[i].drop_reason);
		own(a, &s->edges[i].drop_function);
		own(a, &s->edges[i].drop_policy);
	}
}

int map_snapshot_own(struct map_snapshot *s)
{
	struct arena a = {0};

	own_all(s, &a);
	a.p = malloc(a.n + 1);
	if (!a.p) {
		map_snapshot_free_arrays(s);
		return -ENOMEM;
	}
	a.n = 0;
	own_all(s, &a);
	s->texts = a.p;
	return 0;
}

void map_snapshot_free_arrays(struct map_snapshot *s)
{
	free(s->nodes);
	free(s->edges);
	*s = (struct map_snapshot){0};
}

void service_map_snapshot_free(struct map_snapshot *s)
{
	free(s->texts);
	map_snapshot_free_arrays(s);
}

/* --------------------------------------------------------------------- namespaces */

void map_namespace_of(unsigned int kind, const char *namespace_name, const char *name,
		      uint8_t *ret_kind, const char **ret_name)
{
	*ret_kind = kind;
	*ret_name = name;
	if (*namespace_name) {
		*ret_kind = MAP_NODE_NAMESPACE;
		*ret_name = namespace_name;
	} else if (kind == MAP_NODE_HOST) {
		*ret_kind = MAP_NODE_NAMESPACE;
		*ret_name = "host";
	} else if (kind == MAP_NODE_ADDRESS) {
		*ret_name = "private addresses";
	}
}
