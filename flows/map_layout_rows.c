// SPDX-License-Identifier: MIT
/* How far down each vertex is: edges straight, the long and the heavy ones first, all of it low. */
#include <errno.h>

#include "flows/map_layout_graph.h"

#define ROUNDS(n) (30000000u / ((n) + 100u))
#define KEPT_LINE_WEIGHT 40
#define KEPT_WEIGHT 100 /* that a kept node stays, against an edge's straightness of 1 to 32 */

struct rows {
	struct graph *g;
	struct pull *p;
	uint32_t n_p;
	uint32_t n; /* variables: vertices, groups' tops, groups' bottoms, then others */
	uint32_t reference; /* the previous layout's top; 0: there is none */
	uint64_t heaviest;
};

static void pull(struct rows *r, uint32_t from, uint32_t to, int length, int weight)
{
	r->p[r->n_p++] = (struct pull){from, to, length, weight};
}

static uint32_t top_of(const struct rows *r, int group)
{
	return r->g->n_v + (uint32_t)group;
}

static uint32_t bottom_of(const struct rows *r, int group)
{
	return r->g->n_v + (uint32_t)r->g->l->n_groups + (uint32_t)group;
}

static bool is_line(const struct vertex *v)
{
	return v->node < 0;
}

/* b comes below a, without another between them. */
static void keep_apart(struct rows *r, uint32_t a, uint32_t b)
{
	const struct layout_options *opt = r->g->opt;
	const struct vertex *va = &r->g->v[a], *vb = &r->g->v[b];
	bool within = va->group == vb->group;
	int gap = is_line(va) || is_line(vb) ? opt->port_gap - 1 : opt->row_gap;
	uint32_t from = a, to = b;
	int height = va->height;

	if (!within && va->group >= 0) {
		from = bottom_of(r, va->group);
		height = 0;
	}
	if (!within && vb->group >= 0)
		to = top_of(r, vb->group);
	if (!within && va->group >= 0 && vb->group >= 0)
		gap = opt->row_gap;
	pull(r, from, to, height + gap, 0);
}

static void separate(struct rows *r)
{
	const struct graph *g = r->g;

	for (int c = 0; c < g->ranks; c++)
		for (uint32_t i = g->first[c]; i < g->first[c + 1]; i++) {
			const struct vertex *v = &g->v[g->at[i]];

			if (i > g->first[c])
				keep_apart(r, g->at[i - 1], g->at[i]);
			if (v->group < 0)
				continue;
			pull(r, top_of(r, v->group), g->at[i],
			     g->opt->group_pad_y + g->opt->group_head, 0);
			pull(r, g->at[i], bottom_of(r, v->group), v->height + g->opt->group_pad_y,
			     0);
		}
	for (size_t i = 0; i < g->l->n_groups; i++)
		pull(r, top_of(r, (int)i), bottom_of(r, (int)i), 1, 1);
}

/* Wants a's row plus a_off to be b's plus b_off. */
static void align(struct rows *r, uint32_t a, int a_off, uint32_t b, int b_off, int weight)
{
	int d = a_off - b_off;
	uint32_t between = r->n++;

	pull(r, between, a, max_of(-d, 0), weight);
	pull(r, between, b, max_of(d, 0), weight);
}

/* 1 to 4: the heaviest edges are four times as stiff as the light ones. */
static int stiffness(const struct rows *r, uint32_t edge)
{
	uint64_t weight = r->g->l->edges[edge].weight;
	int stiff = 4;

	for (uint64_t w = r->heaviest; stiff > 1 && weight < w; w /= 8)
		stiff--;
	return stiff;
}

static void straighten(struct rows *r)
{
	const struct graph *g = r->g;

	for (size_t i = 0; i < g->l->n_edges; i++)
		if (g->l->edges[i].weight > r->heaviest)
			r->heaviest = g->l->edges[i].weight;
	for (uint32_t i = 0; i < g->n_s; i++) {
		const struct segment *s = &g->s[i];
		int lines = is_line(&g->v[s->left]) + is_line(&g->v[s->right]);

		if (s->flat || s->twin)
			continue;
		align(r, s->left, s->left_port, s->right, s->right_port,
		      stiffness(r, s->edge) * (lines == 2 ? 8
					       : lines	  ? 2
							  : 1));
	}
}

static void keep_lines_apart(struct rows *r)
{
	const struct graph *g = r->g;

	for (uint32_t i = 0; i < g->n_apart; i++) {
		const struct segment *a = &g->s[g->apart[i].left], *b = &g->s[g->apart[i].right];
		int d = a->left_port - b->right_port;

		if (g->apart[i].above)
			pull(r, b->right, a->left, g->opt->port_gap - d, 0);
		else
			pull(r, a->left, b->right, g->opt->port_gap + d, 0);
	}
}

static void keep_rows(struct rows *r)
{
	const struct graph *g = r->g;

	for (uint32_t v = 0; v < g->l->n_nodes; v++) {
		if (g->old[v] < 0)
			continue;
		if (!r->reference)
			r->reference = r->n++;
		align(r, v, 0, r->reference, g->previous->nodes[g->old[v]].y, KEPT_WEIGHT);
	}
	for (uint32_t v = (uint32_t)g->l->n_nodes; r->reference && v < g->n_v; v++)
		if (g->v[v].old_row >= 0 && g->v[v].same == (int)v)
			align(r, v, 0, r->reference, g->v[v].old_row, KEPT_LINE_WEIGHT);
}

/* All hangs on a root above it; a floor pulls up what is below. */
static int hang(struct rows *r)
{
	const struct graph *g = r->g;
	uint32_t floor = r->n++, root = r->n++, n = r->n;
	bool *pulled = graph_memory(r->g, n, sizeof(*pulled));

	if (!pulled)
		return -ENOMEM;
	for (int c = 0; c < g->ranks; c++)
		if (g->first[c + 1] > g->first[c]) {
			uint32_t last = g->at[g->first[c + 1] - 1];
			int group = g->v[last].group;

			pull(r, group < 0 ? last : bottom_of(r, group), floor,
			     group < 0 ? g->v[last].height : 0, 0);
		}
	for (uint32_t i = 0; i < r->n_p; i++)
		pulled[r->p[i].to] = true;
	for (uint32_t v = 0; v < n; v++)
		if (v != root && !pulled[v])
			pull(r, root, v, 0, 0);
	pull(r, root, floor, 0, 1);
	return 0;
}

static void take_rows(struct graph *g, const int *y, const struct rows *r)
{
	int least = 0;
	bool first = true;

	for (int c = 0; c < g->ranks; c++)
		for (uint32_t i = g->first[c]; i < g->first[c + 1]; i++) {
			int group = g->v[g->at[i]].group;
			int top = group < 0 ? y[g->at[i]] : y[top_of(r, group)];

			least = first ? top : min_of(least, top);
			first = false;
			g->v[g->at[i]].y = y[g->at[i]];
		}
	if (r->reference) /* what was there stays there, even where nothing is above it any more */
		least = min_of(least, y[r->reference]);
	for (uint32_t v = 0; v < g->n_v; v++)
		g->v[v].y -= least;
	for (size_t i = 0; i < g->l->n_groups; i++) {
		if (g->last_rank[i] < 0)
			continue;
		g->l->groups[i].y = y[top_of(r, (int)i)] - least;
		g->l->groups[i].height = y[bottom_of(r, (int)i)] - y[top_of(r, (int)i)];
	}
}

int graph_rows(struct graph *g)
{
	struct rows r = {.g = g};
	size_t groups = g->l->n_groups;
	size_t most = 2 * g->n_v + 2 * groups + g->n_s + 4;
	int *y, err;

	r.n = g->n_v + 2 * (uint32_t)groups;
	r.p = graph_memory(g,
			   5 * (size_t)g->n_v + groups + 2 * g->n_s + (size_t)g->ranks + most +
				   APART_MAX + 4,
			   sizeof(*r.p));
	y = graph_memory(g, most, sizeof(*y));
	if (!r.p || !y)
		return -ENOMEM;
	separate(&r);
	straighten(&r);
	keep_lines_apart(&r);
	keep_rows(&r);
	err = hang(&r);
	if (!err)
		err = graph_simplex(g, r.n, r.p, r.n_p, ROUNDS(r.n), y);
	if (!err)
		take_rows(g, y, &r);
	return err;
}
