// SPDX-License-Identifier: MIT
/* Newer figures for a map whose nodes and links stay: it is too early for a layout. */
#include <stdlib.h>

#include "tui/view_map_own.h"

static int by_key(const void *a, const void *b)
{
	const struct map_edge *x = *(const struct map_edge *const *)a,
			      *y = *(const struct map_edge *const *)b;

	return x->key < y->key ? -1 : x->key > y->key;
}

/* Whether there is something to say that was not there before: it takes room. */
uint64_t map_view_says(const struct map_edge *e)
{
	return (e->drops != 0) | (e->errors != 0) << 1 | (e->latency_p99_ns != 0) << 2 |
	       (e->rtt_p99_ns != 0) << 3 | (e->bytes || e->reply_bytes) << 4 |
	       (uint64_t)map_edge_is_bad(e) << 5;
}

/* Texts and ends stay: they are of the older snapshot. */
static void renew_edge(struct map_edge *e, const struct map_edge *now)
{
	struct map_edge was = *e;

	if (map_view_says(e) != map_view_says(now))
		return;
	*e = *now;
	e->from = was.from;
	e->to = was.to;
	e->app = was.app;
	e->drop_reason = was.drop_reason;
	e->drop_function = was.drop_function;
	e->drop_policy = was.drop_policy;
}

static void renew_edges(struct map_snapshot *s, const struct map_snapshot *now)
{
	const struct map_edge **sorted = malloc((now->n_edges + 1) * sizeof(*sorted));

	if (!sorted)
		return;
	for (size_t i = 0; i < now->n_edges; i++)
		sorted[i] = &now->edges[i];
	qsort(sorted, now->n_edges, sizeof(*sorted), by_key);
	for (size_t i = 0; i < s->n_edges; i++) {
		const struct map_edge *key = &s->edges[i], **found;

		found = bsearch(&key, sorted, now->n_edges, sizeof(*sorted), by_key);
		if (found)
			renew_edge(&s->edges[i], *found);
	}
	free(sorted);
}

static void renew_node(struct map_node *n, const struct map_node *now)
{
	struct map_node was = *n;

	*n = *now;
	n->namespace_name = was.namespace_name;
	n->name = was.name;
	n->workload_kind = was.workload_kind;
}

void map_view_renew(struct map_snapshot *s, const struct map_snapshot *now)
{
	renew_edges(s, now);
	/* few have come or gone between the two: where the last one was found the next one is near */
	for (size_t i = 0, k = 0; i < s->n_nodes; i++)
		for (size_t tries = 0; tries < now->n_nodes; tries++, k++)
			if (s->nodes[i].key == now->nodes[k % now->n_nodes].key) {
				renew_node(&s->nodes[i], &now->nodes[k % now->n_nodes]);
				break;
			}
	s->now_ns = now->now_ns;
	s->first_ns = now->first_ns;
	s->last_ns = now->last_ns;
	s->flows = now->flows;
	s->strays = now->strays;
	s->ignored = now->ignored;
	s->left_out = now->left_out;
}
