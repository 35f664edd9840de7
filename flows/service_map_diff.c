// SPDX-License-Identifier: MIT
/* Two snapshots in one: what is new, what is gone. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flows/service_map_parts.h"

struct by_key {
	uint64_t key;
	uint32_t i;
};

static int compare(const void *a, const void *b)
{
	const struct by_key *x = a, *y = b;

	return x->key < y->key ? -1 : x->key > y->key;
}

/* Index of the entry with that key; -1: none. */
static int64_t look(const struct by_key *v, size_t n, uint64_t key)
{
	const struct by_key wanted = {.key = key};
	const struct by_key *found = bsearch(&wanted, v, n, sizeof(*v), compare);

	return found ? (int64_t)found->i : -1;
}

static struct by_key *index_nodes(const struct map_snapshot *s)
{
	struct by_key *v = calloc(s->n_nodes + 1, sizeof(*v));

	for (size_t i = 0; v && i < s->n_nodes; i++)
		v[i] = (struct by_key){s->nodes[i].key, i};
	if (v)
		qsort(v, s->n_nodes, sizeof(*v), compare);
	return v;
}

static struct by_key *index_edges(const struct map_snapshot *s)
{
	struct by_key *v = calloc(s->n_edges + 1, sizeof(*v));

	for (size_t i = 0; v && i < s->n_edges; i++)
		v[i] = (struct by_key){s->edges[i].key, i};
	if (v)
		qsort(v, s->n_edges, sizeof(*v), compare);
	return v;
}

struct diffing {
	const struct map_snapshot *a, *b;
	struct by_key *nodes_a, *nodes_b, *edges_a, *edges_b;
	uint32_t *to; /* of nodes of a */
	struct map_snapshot ret;
};

static void put_nodes(struct diffing *d)
{
	struct map_snapshot *s = &d->ret;

	for (size_t i = 0; i < d->b->n_nodes; i++) {
		s->nodes[s->n_nodes] = d->b->nodes[i];
		s->nodes[s->n_nodes++].mark =
			look(d->nodes_a, d->a->n_nodes, d->b->nodes[i].key) < 0 ? MAP_NEW
										: MAP_SAME;
	}
	for (size_t i = 0; i < d->a->n_nodes; i++) {
		int64_t at = look(d->nodes_b, d->b->n_nodes, d->a->nodes[i].key);

		d->to[i] = at < 0 ? s->n_nodes : (uint32_t)at;
		if (at >= 0)
			continue;
		s->nodes[s->n_nodes] = d->a->nodes[i];
		s->nodes[s->n_nodes++].mark = MAP_GONE;
	}
}

static void put_edges(struct diffing *d)
{
	struct map_snapshot *s = &d->ret;

	for (size_t i = 0; i < d->b->n_edges; i++) {
		s->edges[s->n_edges] = d->b->edges[i];
		s->edges[s->n_edges++].mark =
			look(d->edges_a, d->a->n_edges, d->b->edges[i].key) < 0 ? MAP_NEW
										: MAP_SAME;
	}
	for (size_t i = 0; i < d->a->n_edges; i++) {
		struct map_edge *e = &s->edges[s->n_edges];

		if (look(d->edges_b, d->b->n_edges, d->a->edges[i].key) >= 0)
			continue;
		*e = d->a->edges[i];
		e->from = d->to[e->from];
		e->to = d->to[e->to];
		e->mark = MAP_GONE;
		s->n_edges++;
	}
}

static int make(struct diffing *d)
{
	const struct map_snapshot *a = d->a, *b = d->b;

	d->ret = *b;
	d->ret.texts = NULL;
	d->ret.n_nodes = d->ret.n_edges = 0;
	d->ret.nodes = calloc(a->n_nodes + b->n_nodes + 1, sizeof(*d->ret.nodes));
	d->ret.edges = calloc(a->n_edges + b->n_edges + 1, sizeof(*d->ret.edges));
	d->to = calloc(a->n_nodes + 1, sizeof(*d->to));
	d->nodes_a = index_nodes(a);
	d->nodes_b = index_nodes(b);
	d->edges_a = index_edges(a);
	d->edges_b = index_edges(b);
	if (!d->ret.nodes || !d->ret.edges || !d->to || !d->nodes_a || !d->nodes_b || !d->edges_a ||
	    !d->edges_b)
		return -ENOMEM;
	put_nodes(d);
	put_edges(d);
	return map_snapshot_sort(&d->ret);
}

int map_diff(const struct map_snapshot *a, const struct map_snapshot *b, struct map_snapshot *ret)
{
	struct diffing d = {.a = a, .b = b};
	int err = make(&d);

	free(d.to);
	free(d.nodes_a);
	free(d.nodes_b);
	free(d.edges_a);
	free(d.edges_b);
	if (err) {
		map_snapshot_free_arrays(&d.ret);
		return err;
	}
	map_snapshot_sums(&d.ret);
	d.ret.strays = a->strays + b->strays;
	err = map_snapshot_own(&d.ret);
	if (!err)
		*ret = d.ret;
	return err;
}
