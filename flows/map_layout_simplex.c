// SPDX-License-Identifier: MIT
/*
 * Network simplex, after Gansner, Koutsofios, North, Vo: "A Technique for Drawing Directed
 * Graphs" (1993). A spanning tree of pulls that hold exactly; a pull of the tree that had
 * better be longer is swapped for the one that then comes in the way first.
 *
 * What a pull would gain by being longer is the sum, over the subtree that hangs on it, of
 * each vertex' weight out less weight in: that sum is kept for each vertex.
 */
#include <errno.h>
#include <string.h>

#include "flows/map_layout_graph.h"

#define CANDIDATES 30 /* of the pulls that may leave the tree: the worst of so many */

struct tree_node {
	uint32_t first, n; /* its pulls in incident[] */
	uint32_t n_tree; /* those of the tree in tree[], from first on, too */
	int parent; /* pull towards the root, -1: the root */
	bool cut_off;
	int64_t net; /* of its subtree */
};

struct simplex {
	const struct pull *p;
	uint32_t n, n_pulls;
	int *y;
	struct tree_node *node;
	uint32_t *incident, *tree;
	uint32_t *order; /* a stack; then vertices, parents first */
	uint32_t *in_tree; /* pulls of the tree */
	uint32_t n_in_tree, next; /* next: where the search for a leaving one goes on */
};

static uint32_t other_end(const struct simplex *s, uint32_t e, uint32_t v)
{
	return s->p[e].from == v ? s->p[e].to : s->p[e].from;
}

static void make_incident(struct simplex *s)
{
	for (uint32_t i = 0; i < s->n_pulls; i++) {
		s->node[s->p[i].from].n++;
		s->node[s->p[i].to].n++;
	}
	for (uint32_t v = 0, at = 0; v < s->n; v++) {
		s->node[v].first = at;
		at += s->node[v].n;
		s->node[v].n = 0;
		s->node[v].parent = -1;
	}
	for (uint32_t i = 0; i < s->n_pulls; i++) {
		struct tree_node *a = &s->node[s->p[i].from], *b = &s->node[s->p[i].to];

		s->incident[a->first + a->n++] = i;
		s->incident[b->first + b->n++] = i;
		a->net += s->p[i].weight;
		b->net -= s->p[i].weight;
	}
}

static void tree_add(struct simplex *s, uint32_t v, uint32_t e)
{
	s->tree[s->node[v].first + s->node[v].n_tree++] = e;
}

static void tree_remove(struct simplex *s, uint32_t v, uint32_t e)
{
	struct tree_node *a = &s->node[v];

	for (uint32_t i = 0; i < a->n_tree; i++) {
		if (s->tree[a->first + i] != e)
			continue;
		s->tree[a->first + i] = s->tree[a->first + --a->n_tree];
		return;
	}
}

/* Longest ways from the one vertex that nothing pulls; what binds a vertex there is its parent. */
static int longest_ways(struct simplex *s, uint32_t *left)
{
	uint32_t n_order = 0;

	for (uint32_t i = 0; i < s->n_pulls; i++)
		left[s->p[i].to]++;
	for (uint32_t v = 0; v < s->n; v++)
		if (!left[v])
			s->order[n_order++] = v;
	for (uint32_t k = 0; k < n_order; k++) {
		uint32_t v = s->order[k];

		for (uint32_t i = 0; i < s->node[v].n; i++) {
			uint32_t e = s->incident[s->node[v].first + i], to = s->p[e].to;

			if (s->p[e].from != v)
				continue;
			if (s->node[to].parent < 0 || s->y[v] + s->p[e].length > s->y[to]) {
				s->y[to] = s->y[v] + s->p[e].length;
				s->node[to].parent = (int)e;
			}
			if (!--left[to])
				s->order[n_order++] = to;
		}
	}
	if (n_order < s->n)
		return -ELOOP;
	for (uint32_t k = n_order; k-- > 0;) {
		uint32_t v = s->order[k], e = (uint32_t)s->node[v].parent;

		if (s->node[v].parent < 0)
			continue;
		s->in_tree[s->n_in_tree++] = e;
		tree_add(s, s->p[e].from, e);
		tree_add(s, s->p[e].to, e);
		s->node[s->p[e].from].net += s->node[v].net;
	}
	return 0;
}

/* The vertex that hangs on a pull of the tree. */
static uint32_t hanging(const struct simplex *s, uint32_t e)
{
	return s->node[s->p[e].from].parent == (int)e ? s->p[e].from : s->p[e].to;
}

/* Its weight, less that of what would get longer with it; below 0 it had better be longer. */
static int64_t cut(const struct simplex *s, uint32_t e)
{
	uint32_t v = hanging(s, e);

	return s->p[e].from == v ? s->node[v].net : -s->node[v].net;
}

/* Its place in in_tree, or -1: all is as short as can be. */
static int64_t leaving(struct simplex *s)
{
	int64_t best = -1, best_cut = 0;
	unsigned int found = 0;

	for (uint32_t k = 0; k < s->n_in_tree && found < CANDIDATES; k++) {
		int64_t c = cut(s, s->in_tree[s->next]);

		if (c < 0) {
			found++;
			if (c < best_cut) {
				best_cut = c;
				best = s->next;
			}
		}
		s->next = s->next + 1 < s->n_in_tree ? s->next + 1 : 0;
	}
	return best;
}

/* Puts the subtree of v into order[]. Its size. */
static uint32_t cut_off(struct simplex *s, uint32_t v)
{
	uint32_t n = 0;

	s->order[n++] = v;
	s->node[v].cut_off = true;
	for (uint32_t k = 0; k < n; k++) {
		const struct tree_node *a = &s->node[s->order[k]];

		for (uint32_t i = 0; i < a->n_tree; i++) {
			uint32_t e = s->tree[a->first + i], w = other_end(s, e, s->order[k]);

			if ((int)e == a->parent)
				continue;
			s->node[w].cut_off = true;
			s->order[n++] = w;
		}
	}
	return n;
}

/* Of the pulls across, into the cut off part or out of it: the one with the least slack. */
static int64_t entering(const struct simplex *s, uint32_t n, bool into, int *ret_slack)
{
	int64_t best = -1;

	for (uint32_t k = 0; k < n; k++) {
		uint32_t v = s->order[k];

		for (uint32_t i = 0; i < s->node[v].n; i++) {
			uint32_t e = s->incident[s->node[v].first + i];
			const struct pull *p = &s->p[e];
			int slack;

			if ((p->to == v) != into || s->node[other_end(s, e, v)].cut_off)
				continue;
			slack = s->y[p->to] - s->y[p->from] - p->length;
			if (best < 0 || slack < *ret_slack) {
				best = e;
				*ret_slack = slack;
			}
		}
	}
	return best;
}

static void add_upwards(struct simplex *s, uint32_t v, int64_t net)
{
	for (;;) {
		s->node[v].net += net;
		if (s->node[v].parent < 0)
			return;
		v = other_end(s, (uint32_t)s->node[v].parent, v);
	}
}

/* The cut off part, whose root was `from`, hangs on pull `e` at v from now on. */
static void turn(struct simplex *s, uint32_t from, uint32_t v, uint32_t e)
{
	int64_t all = s->node[from].net, below = 0;
	int up = (int)e;

	for (;;) {
		int next = s->node[v].parent;
		int64_t net = s->node[v].net;

		s->node[v].parent = up;
		s->node[v].net = all - below;
		if (v == from)
			return;
		below = net;
		up = next;
		v = other_end(s, (uint32_t)next, v);
	}
}

static bool swap(struct simplex *s, int64_t place)
{
	uint32_t out = s->in_tree[place], v = hanging(s, out), w = other_end(s, out, v);
	bool into = s->p[out].from == v;
	uint32_t n = cut_off(s, v);
	int slack = 0;
	int64_t e = entering(s, n, into, &slack);

	for (uint32_t k = 0; k < n; k++) {
		s->node[s->order[k]].cut_off = false;
		if (e >= 0)
			s->y[s->order[k]] += into ? -slack : slack;
	}
	if (e < 0)
		return false;
	add_upwards(s, w, -s->node[v].net);
	tree_remove(s, v, out);
	tree_remove(s, w, out);
	add_upwards(s, into ? s->p[e].from : s->p[e].to, s->node[v].net);
	turn(s, v, into ? s->p[e].to : s->p[e].from, (uint32_t)e);
	tree_add(s, s->p[e].from, (uint32_t)e);
	tree_add(s, s->p[e].to, (uint32_t)e);
	s->in_tree[place] = (uint32_t)e;
	return true;
}

int graph_simplex(struct graph *g, uint32_t n, const struct pull *pulls, uint32_t n_pulls,
		  uint32_t rounds, int *y)
{
	struct simplex s = {.p = pulls, .n = n, .n_pulls = n_pulls, .y = y};
	uint32_t *left = graph_memory(g, n, sizeof(*left));
	int least = 0, r;
	int64_t out;

	s.node = graph_memory(g, n, sizeof(*s.node));
	s.incident = graph_memory(g, 2 * (size_t)n_pulls, sizeof(*s.incident));
	s.tree = graph_memory(g, 2 * (size_t)n_pulls, sizeof(*s.tree));
	s.order = graph_memory(g, n, sizeof(*s.order));
	s.in_tree = graph_memory(g, n, sizeof(*s.in_tree));
	if (!left || !s.node || !s.incident || !s.tree || !s.order || !s.in_tree)
		return -ENOMEM;
	memset(y, 0, n * sizeof(*y));
	make_incident(&s);
	r = longest_ways(&s, left);
	if (r)
		return r;
	while (rounds-- && (out = leaving(&s)) >= 0)
		if (!swap(&s, out))
			break;
	for (uint32_t v = 0; v < n; v++)
		least = min_of(least, y[v]);
	for (uint32_t v = 0; v < n; v++)
		y[v] -= least;
	return 0;
}
