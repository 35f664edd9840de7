// SPDX-License-Identifier: MIT
/* The lines between the columns, the columns' places from left to right, and the edges' corners. */
#include <errno.h>
#include <stdlib.h>

#include "flows/map_layout_graph.h"
#include "flows/map_layout_tracks.h"

/* ----------------------------------------------------------------------- columns */

/* The label lies where the edge is alone. */
static bool label_at_left(const struct path *p)
{
	return p->flat || (p->bundle >= 0 && !p->at_left);
}

static void need_for_edges(struct graph *g, struct routes *r)
{
	for (size_t i = 0; i < g->l->n_edges; i++) {
		const struct path *p = &g->paths[i];
		struct gap *first = &r->gaps[routes_column(g, &g->s[p->first])];
		struct gap *last = &r->gaps[routes_column(g, &g->s[p->first + p->n - 1])];
		int label = g->l->edges[i].label;

		if (label_at_left(p))
			first->label_left = max_of(first->label_left, label);
		else
			last->label_right = max_of(last->label_right, label);
		if (p->back || p->flat)
			first->arrow_left = g->opt->arrow;
		if (!p->back && !p->flat)
			last->arrow_right = g->opt->arrow;
	}
}

static void need_for_groups(struct graph *g, struct routes *r)
{
	for (size_t i = 0; i < g->l->n_groups; i++) {
		int first = g->first_rank[i], last = g->last_rank[i];

		if (last < 0)
			continue;
		r->gaps[last].border_left = max_of(r->gaps[last].border_left, g->opt->group_pad_x);
		if (first > 0)
			r->gaps[first - 1].border_right = g->opt->group_pad_x;
	}
}

static int stub(const struct graph *g)
{
	return max_of(g->opt->track / 2, 1);
}

static void set_gap_width(const struct graph *g, struct gap *gap, bool last)
{
	int left = max_of(gap->border_left, gap->arrow_left);
	int right = max_of(gap->border_right, gap->arrow_right);

	if (!gap->n) {
		gap->width = last ? gap->border_left : left + right;
		return;
	}
	if (gap->label_left)
		left = max_of(left, stub(g));
	gap->tracks_at = left + gap->label_left + stub(g);
	gap->width = gap->tracks_at;
	if (gap->c.n_tracks)
		gap->width += (gap->c.n_tracks - 1) * g->opt->track + 1;
	if (!last)
		gap->width += gap->label_right + right + (gap->c.n_tracks ? stub(g) : 0);
}

static void set_columns(struct graph *g, struct routes *r)
{
	int x = 0;

	for (size_t i = 0; i < g->l->n_nodes; i++) {
		int *width = &r->width[g->v[i].rank];

		*width = max_of(*width, g->l->nodes[i].width);
	}
	for (size_t i = 0; i < g->l->n_groups; i++)
		if (g->first_rank[i] == 0 && g->last_rank[i] >= 0)
			x = g->opt->group_pad_x;
	for (int c = 0; c < g->ranks; c++) {
		struct gap *gap = &r->gaps[c];

		r->x[c] = x;
		gap->x = x + r->width[c];
		set_gap_width(g, gap, c + 1 == g->ranks);
		if (c + 1 < g->ranks)
			gap->width = max_of(gap->width, g->opt->column_gap);
		x = gap->x + gap->width;
	}
}

/* Groups' names need room: where it lacks, their last column gets more to its right. */
static bool widen_for_titles(struct graph *g, struct routes *r)
{
	bool more = false;

	for (size_t i = 0; i < g->l->n_groups; i++) {
		struct layout_group *group = &g->l->groups[i];
		struct gap *gap;
		int lacks;

		if (g->last_rank[i] < 0)
			continue;
		gap = &r->gaps[g->last_rank[i]];
		group->x = r->x[g->first_rank[i]] - g->opt->group_pad_x;
		group->width = gap->x + gap->border_left - group->x;
		lacks = group->title - group->width;
		if (lacks > 0) {
			gap->border_left += lacks;
			more = true;
		}
	}
	return more;
}

/* Columns do not come nearer as long as the graph keeps its columns: figures grow and shrink. */
static void keep_columns(struct graph *g, struct routes *r)
{
	int shift = 0;

	for (int c = 0; c < g->ranks; c++) {
		int old = -1;

		for (uint32_t i = g->first[c]; i < g->first[c + 1] && old < 0; i++)
			if (g->v[g->at[i]].node >= 0 && g->old[g->v[g->at[i]].node] >= 0)
				old = g->previous->nodes[g->old[g->v[g->at[i]].node]].x;
		r->x[c] += shift;
		if (old > r->x[c]) {
			if (c)
				r->gaps[c - 1].width += old - r->x[c];
			shift += old - r->x[c];
			r->x[c] = old;
		}
		r->gaps[c].x += shift;
	}
}

static void place_nodes(struct graph *g, struct routes *r)
{
	for (size_t i = 0; i < g->l->n_nodes; i++) {
		struct layout_node *n = &g->l->nodes[i];
		const struct vertex *v = &g->v[i];

		n->x = r->x[v->rank];
		n->y = v->y;
		n->height = v->height;
		n->rank = v->rank;
		if (g->opt->even_columns)
			n->width = r->width[v->rank];
	}
	for (int c = 0; c < g->ranks; c++)
		for (uint32_t i = g->first[c], order = 0; i < g->first[c + 1]; i++)
			if (g->v[g->at[i]].node >= 0)
				g->l->nodes[g->v[g->at[i]].node].order = (int)order++;
}

/* ----------------------------------------------------------------------- corners */

struct line {
	struct layout_point *p;
	size_t n;
};

static void corner(struct line *l, int x, int y)
{
	struct layout_point *p = l->p;

	if (l->n && p[l->n - 1].x == x && p[l->n - 1].y == y)
		return;
	if (l->n > 1 && ((p[l->n - 1].x == x && p[l->n - 2].x == x) ||
			 (p[l->n - 1].y == y && p[l->n - 2].y == y)))
		l->n--;
	p[l->n++] = (struct layout_point){x, y};
}

static void follow(const struct graph *g, const struct routes *r, const struct segment *s,
		   struct line *l)
{
	const struct gap *gap = &r->gaps[routes_column(g, s)];
	const struct net *a = &gap->c.nets[s->net];
	int y = routes_left(g, s);

	while (a->track >= 0) {
		int x = gap->x + gap->tracks_at + a->track * g->opt->track;

		corner(l, x, y);
		y = a->rest >= 0 ? a->detour : routes_right(g, s);
		corner(l, x, y);
		if (a->rest < 0)
			break;
		a = &gap->c.nets[a->rest];
	}
}

static void turn_round(struct layout_edge *e)
{
	for (size_t i = 0, k = e->n_points; i + 1 < k; i++) {
		struct layout_point p = e->points[i];

		e->points[i] = e->points[--k];
		e->points[k] = p;
	}
}

static void place_label(const struct graph *g, const struct routes *r, struct layout_edge *e,
			const struct path *p)
{
	const struct segment *first = &g->s[p->first], *last = &g->s[p->first + p->n - 1];
	const struct gap *gap;

	if (!e->label)
		return;
	if (label_at_left(p)) {
		gap = &r->gaps[routes_column(g, first)];
		e->label_at.x = gap->x + gap->tracks_at - stub(g) - gap->label_left;
		e->label_at.y = routes_left(g, first);
		return;
	}
	gap = &r->gaps[routes_column(g, last)];
	e->label_at.x = gap->x + gap->width - max_of(gap->border_right, gap->arrow_right) -
			gap->label_right;
	e->label_at.y = routes_right(g, last);
}

static int route(struct graph *g, const struct routes *r, uint32_t edge)
{
	struct layout_edge *e = &g->l->edges[edge];
	const struct path *p = &g->paths[edge];
	const struct layout_node *left = &g->l->nodes[p->left], *right = &g->l->nodes[p->right];
	const struct segment *first = &g->s[p->first], *last = &g->s[p->first + p->n - 1];
	size_t most = 2;
	struct line l;

	for (uint32_t i = 0; i < p->n; i++) /* a net may have been parted again and again */
		for (const struct gap *gap = &r->gaps[routes_column(g, first + i)]; gap; gap = NULL)
			for (int k = first[i].net; k >= 0; k = gap->c.nets[k].rest)
				most += 2;
	l = (struct line){.p = malloc(most * sizeof(*l.p))};
	if (!l.p)
		return -ENOMEM;
	corner(&l, left->x + left->width, routes_left(g, first));
	for (uint32_t i = 0; i < p->n; i++)
		follow(g, r, first + i, &l);
	corner(&l, p->flat ? right->x + right->width : right->x - 1, routes_right(g, last));
	free(e->points);
	e->points = l.p;
	e->n_points = l.n;
	e->reversed = p->back;
	if (p->back)
		turn_round(e);
	place_label(g, r, e, p);
	return 0;
}

static void set_size(struct graph *g, const struct routes *r)
{
	const struct gap *last = &r->gaps[g->ranks - 1];

	g->l->width = last->x + last->width;
	g->l->height = r->height;
	g->l->crossings = 0;
	for (int c = 0; c < g->ranks; c++)
		g->l->crossings += channel_crossings(&r->gaps[c].c);
	for (size_t i = 0; i < g->l->n_edges; i++)
		for (size_t k = 0; k < g->l->edges[i].n_points; k++)
			g->l->height = max_of(g->l->height, g->l->edges[i].points[k].y + 1);
}

int graph_routes(struct graph *g)
{
	struct routes r;
	int err = graph_lines(g, &r);

	if (err)
		return err;
	need_for_edges(g, &r);
	need_for_groups(g, &r);
	do {
		set_columns(g, &r);
		keep_columns(g, &r);
	} while (widen_for_titles(g, &r));
	place_nodes(g, &r);
	for (uint32_t i = 0; !err && i < g->l->n_edges; i++)
		err = route(g, &r, i);
	if (!err)
		set_size(g, &r);
	return err;
}
