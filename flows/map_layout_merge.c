// SPDX-License-Identifier: MIT
/* Edges of a bundle that pass side by side share a line; where edges meet nodes, and how high nodes become by that. */
#include <errno.h>
#include <stdlib.h>

#include "flows/map_layout_graph.h"

/* ------------------------------------------------------------------- one place */

static uint32_t real(const struct graph *g, uint32_t v)
{
	while (g->v[v].same != (int)v)
		v = (uint32_t)g->v[v].same;
	return v;
}

static const struct path *path_of(const struct graph *g, uint32_t v)
{
	return &g->paths[g->v[v].edge];
}

/* Two places side by side of edges that come from, or go to, the same. */
static bool may_merge(const struct graph *g, uint32_t a, uint32_t b, bool at_left)
{
	const struct vertex *va = &g->v[a], *vb = &g->v[b];
	const struct path *pa, *pb;

	if (va->edge < 0 || vb->edge < 0 || va->group != vb->group)
		return false;
	pa = path_of(g, a);
	pb = path_of(g, b);
	if (pa->bundle < 0 || pa->bundle != pb->bundle || pa->at_left != at_left)
		return false;
	if (at_left)
		return real(g, g->s[g->in[va->first_in]].left) ==
		       real(g, g->s[g->in[vb->first_in]].left);
	return real(g, g->s[g->out[va->first_out]].right) ==
	       real(g, g->s[g->out[vb->first_out]].right);
}

static void merge_rank(struct graph *g, int rank, bool at_left)
{
	uint32_t last = g->first[rank];

	for (uint32_t i = last + 1; i < g->first[rank + 1]; i++) {
		uint32_t a = g->at[last], b = g->at[i];

		if (may_merge(g, a, b, at_left))
			g->v[b].same = (int)a;
		else
			last = i;
	}
}

static void close_columns(struct graph *g)
{
	uint32_t n = 0, from = 0;

	for (int r = 0; r < g->ranks; r++) {
		uint32_t end = g->first[r + 1];

		g->first[r] = n;
		for (uint32_t i = from; i < end; i++)
			if (real(g, g->at[i]) == g->at[i])
				g->at[n++] = g->at[i];
		from = end;
	}
	g->first[g->ranks] = n;
	for (int r = 0; r < g->ranks; r++)
		graph_number(g, r);
}

static void merge_places(struct graph *g)
{
	for (int r = 0; r < g->ranks; r++)
		merge_rank(g, r, true);
	for (int r = g->ranks; r-- > 0;)
		merge_rank(g, r, false);
	close_columns(g);
	for (uint32_t i = 0; i < g->n_s; i++) {
		g->s[i].left = real(g, g->s[i].left);
		g->s[i].right = real(g, g->s[i].right);
	}
}

/* ------------------------------------------------------------------------ ports */

/* An end of a segment at a node. */
struct end {
	uint32_t segment;
	int side; /* 0: left, 1: right */
	int zone; /* from the top: flat edges upwards, others, flat edges downwards */
	int64_t place; /* within the zone */
	int bundle;
	bool first; /* flat: the segment's left end */
};

static int compare_ends(const void *pa, const void *pb)
{
	const struct end *a = pa, *b = pb;

	if (a->side != b->side)
		return a->side - b->side;
	if (a->zone != b->zone)
		return a->zone - b->zone;
	if (a->place != b->place)
		return a->place < b->place ? -1 : 1;
	if (a->segment != b->segment)
		return a->segment < b->segment ? -1 : 1;
	return b->first - a->first;
}

static struct end make_end(const struct graph *g, uint32_t segment, uint32_t v, bool first)
{
	const struct segment *s = &g->s[segment];
	const struct path *p = &g->paths[s->edge];
	uint32_t other = first ? s->right : s->left;
	struct end e = {.segment = segment, .first = first, .bundle = -1};

	if (s->flat) {
		e.side = 1;
		e.zone = other == v ? 2 : g->v[other].order < g->v[v].order ? 0 : 3;
		e.place = -g->v[other].order; /* the nearest ones outside */
		return e;
	}
	e.side = first;
	e.zone = 1;
	e.place = 2 * g->v[other].order + p->back;
	if (p->bundle >= 0 && p->at_left == first)
		e.bundle = p->bundle;
	return e;
}

static void set_port(struct graph *g, const struct end *e, int port)
{
	if (e->first)
		g->s[e->segment].left_port = port;
	else
		g->s[e->segment].right_port = port;
}

static bool same_port(const struct end *a, const struct end *b)
{
	return a->side == b->side && a->bundle >= 0 && a->bundle == b->bundle;
}

/* The ports of ends[0..n), all of one side: how many. */
static int count_ports(const struct end *ends, uint32_t n)
{
	int ports = n > 0;

	for (uint32_t i = 1; i < n; i++)
		ports += !same_port(&ends[i - 1], &ends[i]);
	return ports;
}

static void place_ports(struct graph *g, uint32_t v, const struct end *ends, uint32_t n)
{
	int gap = g->opt->port_gap, ports = count_ports(ends, n);
	int port = (g->v[v].height - (ports - 1) * gap - 1) / 2;

	for (uint32_t i = 0; i < n; i++) {
		if (i && !same_port(&ends[i - 1], &ends[i]))
			port += gap;
		set_port(g, &ends[i], port);
	}
}

static void node_ports(struct graph *g, uint32_t v, struct end *ends, uint32_t n)
{
	int height = g->l->nodes[v].height, least = 2 * g->opt->port_margin + 1;
	uint32_t left = 0;
	int most;

	qsort(ends, n, sizeof(*ends), compare_ends);
	while (left < n && !ends[left].side)
		left++;
	most = max_of(count_ports(ends, left), count_ports(ends + left, n - left));
	if (most)
		height = max_of(height, least + (most - 1) * g->opt->port_gap);
	g->v[v].height = height;
	place_ports(g, v, ends, left);
	place_ports(g, v, ends + left, n - left);
}

static int set_ports(struct graph *g)
{
	uint32_t n = (uint32_t)g->l->n_nodes;
	uint32_t *first = graph_memory(g, n + 2, sizeof(*first));
	struct end *ends = graph_memory(g, 2 * (size_t)g->n_s, sizeof(*ends));

	if (!first || !ends)
		return -ENOMEM;
	for (uint32_t i = 0; i < g->n_s; i++) {
		if (g->s[i].left < n)
			first[g->s[i].left + 2]++;
		if (g->s[i].right < n)
			first[g->s[i].right + 2]++;
	}
	for (uint32_t v = 2; v < n + 2; v++)
		first[v] += first[v - 1];
	for (uint32_t i = 0; i < g->n_s; i++) {
		uint32_t a = g->s[i].left, b = g->s[i].right;

		if (a < n)
			ends[first[a + 1]++] = make_end(g, i, a, true);
		if (b < n)
			ends[first[b + 1]++] = make_end(g, i, b, false);
	}
	for (uint32_t v = 0; v < n; v++)
		node_ports(g, v, ends + first[v], first[v + 1] - first[v]);
	return 0;
}

int graph_merge(struct graph *g)
{
	merge_places(g);
	return set_ports(g);
}
