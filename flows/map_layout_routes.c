// SPDX-License-Identifier: MIT
/* The lines between the columns, the columns' places from left to right, and the edges' corners. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flows/map_layout_graph.h"
#include "flows/map_layout_tracks.h"

#define RETRIES 5 /* with other rows */

/* Between column r and r + 1; widths of what is in it, from the left. */
struct gap {
	struct channel c;
	uint32_t first, n; /* its segments in routes.of */
	int border_left, label_left, tracks_at, label_right, border_right;
	int arrow_left, arrow_right;
	int x, width;
};

struct routes {
	struct graph *g;
	struct gap *gaps; /* of each column: the one to its right */
	uint32_t *of; /* segments by gap */
	int *x, *width; /* of columns */
	int height;
};

static int column_of(const struct graph *g, const struct segment *s)
{
	return g->v[s->left].rank;
}

static int left_row(const struct graph *g, const struct segment *s)
{
	return g->v[s->left].y + s->left_port;
}

static int right_row(const struct graph *g, const struct segment *s)
{
	return g->v[s->right].y + s->right_port;
}

/* ------------------------------------------------------------------------- nets */

struct pin {
	uint32_t segment;
	int row;
	int side; /* 0: left, 1: right */
};

static int compare_pins(const void *pa, const void *pb)
{
	const struct pin *a = pa, *b = pb;

	if (a->side != b->side)
		return a->side - b->side;
	if (a->row != b->row)
		return a->row < b->row ? -1 : 1;
	return a->segment < b->segment ? -1 : a->segment > b->segment;
}

static int find_net(struct segment *s, uint32_t i)
{
	while (s[i].net != (int)i)
		i = (uint32_t)(s[i].net = s[s[i].net].net);
	return (int)i;
}

/* Pins of one gap; those on one row of one side hang together. */
static uint32_t make_pins(struct graph *g, const struct routes *r, const struct gap *gap,
			  struct pin *pins)
{
	uint32_t n = 0;

	for (uint32_t i = gap->first; i < gap->first + gap->n; i++) {
		uint32_t k = r->of[i];
		const struct segment *s = &g->s[k];

		pins[n++] = (struct pin){k, left_row(g, s), 0};
		pins[n++] = (struct pin){k, right_row(g, s), !s->flat};
		g->s[k].net = (int)k;
	}
	qsort(pins, n, sizeof(*pins), compare_pins);
	for (uint32_t i = 1; i < n; i++)
		if (pins[i].side == pins[i - 1].side && pins[i].row == pins[i - 1].row)
			g->s[find_net(g->s, pins[i].segment)].net =
				find_net(g->s, pins[i - 1].segment);
	return n;
}

static void take_row(struct channel *c, int row, int reach)
{
	for (int y = max_of(row - reach, 0); y <= row + reach && y < c->height; y++)
		c->taken[y] = true;
}

/* Rows of groups' borders that run through the gap. */
static void take_borders(const struct graph *g, struct channel *c, int column)
{
	int reach = g->opt->port_gap / 2;

	for (size_t i = 0; i < g->l->n_groups; i++) {
		const struct layout_group *group = &g->l->groups[i];

		if (g->first_rank[i] > column || g->last_rank[i] <= column)
			continue;
		for (int k = 0; k <= g->opt->group_head; k++)
			take_row(c, group->y + k, reach);
		take_row(c, group->y + group->height - 1, reach);
	}
}

static bool distinct(const struct pin *pins, uint32_t i)
{
	return !i || pins[i].side != pins[i - 1].side || pins[i].row != pins[i - 1].row;
}

/* Nets out of the sets of segments, with their distinct rows. */
static void make_nets(struct graph *g, const struct routes *r, const struct gap *gap,
		      struct channel *c, const struct pin *pins, int *net_of)
{
	uint32_t n_pins = 2 * gap->n;

	for (uint32_t i = 0; i < gap->n; i++) {
		uint32_t k = r->of[gap->first + i];

		net_of[i] = find_net(g->s, k);
		if (net_of[i] == (int)k)
			c->nets[c->n++] =
				(struct net){.first = k, .rest = -1, .of = -1, .detour = -1};
	}
	for (int i = 0; i < c->n; i++) /* roots lead to their nets */
		g->s[c->nets[i].first].left_net = i;
	for (uint32_t i = 0; i < gap->n; i++)
		g->s[r->of[gap->first + i]].net = g->s[net_of[i]].left_net;
	for (uint32_t i = 0; i < n_pins; i++)
		if (distinct(pins, i)) {
			struct net *a = &c->nets[g->s[pins[i].segment].net];

			*(pins[i].side ? &a->n_right : &a->n_left) += 1;
		}
	for (int i = 0; i < c->n; i++) {
		c->nets[i].first = c->n_rows;
		c->n_rows += c->nets[i].n_left + c->nets[i].n_right;
		c->nets[i].low = 0; /* rows filled in so far */
	}
	for (uint32_t i = 0; i < n_pins; i++)
		if (distinct(pins, i)) {
			struct net *a = &c->nets[g->s[pins[i].segment].net];

			c->rows[a->first + (uint32_t)a->low++] = pins[i].row;
			(pins[i].side ? c->at_right : c->at_left)[pins[i].row] = (int)(a - c->nets);
			(pins[i].side ? c->to : c->from)[pins[i].row] = (int)pins[i].segment;
			take_row(c, pins[i].row, g->opt->port_gap / 2);
		}
}

static int make_channel(struct graph *g, struct routes *r, int column)
{
	struct gap *gap = &r->gaps[column];
	struct channel *c = &gap->c;
	struct pin *pins = graph_memory(g, 2 * (size_t)gap->n, sizeof(*pins));
	int *net_of = graph_memory(g, gap->n, sizeof(*net_of));

	c->size = 2 * (int)gap->n;
	c->size_rows = 6 * gap->n;
	c->height = r->height + 2 * g->opt->port_gap * (1 + (int)gap->n);
	c->gap = g->opt->port_gap / 2;
	c->nets = graph_memory(g, (size_t)c->size, sizeof(*c->nets));
	c->rows = graph_memory(g, c->size_rows, sizeof(*c->rows));
	c->taken = graph_memory(g, (size_t)c->height, sizeof(*c->taken));
	c->at_left = graph_memory(g, 4 * (size_t)c->height, sizeof(*c->at_left));
	if (!pins || !net_of || !c->nets || !c->rows || !c->taken || !c->at_left)
		return -ENOMEM;
	c->at_right = c->at_left + c->height;
	c->from = c->at_right + c->height;
	c->to = c->from + c->height;
	for (int y = 0; y < 4 * c->height; y++)
		c->at_left[y] = -1;
	make_pins(g, r, gap, pins);
	make_nets(g, r, gap, c, pins, net_of);
	take_borders(g, c, column);
	return channel_tracks(g, c);
}

static int make_gaps(struct graph *g, struct routes *r)
{
	uint32_t *next;
	int err = 0;

	r->gaps = graph_memory(g, (size_t)g->ranks, sizeof(*r->gaps));
	r->of = graph_memory(g, g->n_s, sizeof(*r->of));
	r->x = graph_memory(g, (size_t)g->ranks, sizeof(*r->x));
	r->width = graph_memory(g, (size_t)g->ranks, sizeof(*r->width));
	next = graph_memory(g, (size_t)g->ranks, sizeof(*next));
	if (!r->gaps || !r->of || !r->x || !r->width || !next)
		return -ENOMEM;
	for (uint32_t i = 0; i < g->n_s; i++)
		r->gaps[column_of(g, &g->s[i])].n++;
	for (int i = 1; i < g->ranks; i++)
		r->gaps[i].first = next[i] = r->gaps[i - 1].first + r->gaps[i - 1].n;
	for (uint32_t i = 0; i < g->n_s; i++)
		r->of[next[column_of(g, &g->s[i])]++] = i;
	for (int i = 0; !err && i < g->ranks; i++)
		err = make_channel(g, r, i);
	return err;
}

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
		struct gap *first = &r->gaps[column_of(g, &g->s[p->first])];
		struct gap *last = &r->gaps[column_of(g, &g->s[p->first + p->n - 1])];
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
	const struct gap *gap = &r->gaps[column_of(g, s)];
	const struct net *a = &gap->c.nets[s->net];
	int y = left_row(g, s);

	while (a->track >= 0) {
		int x = gap->x + gap->tracks_at + a->track * g->opt->track;

		corner(l, x, y);
		y = a->rest >= 0 ? a->detour : right_row(g, s);
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
		gap = &r->gaps[column_of(g, first)];
		e->label_at.x = gap->x + gap->tracks_at - stub(g) - gap->label_left;
		e->label_at.y = left_row(g, first);
		return;
	}
	gap = &r->gaps[column_of(g, last)];
	e->label_at.x = gap->x + gap->width - max_of(gap->border_right, gap->arrow_right) -
			gap->label_right;
	e->label_at.y = right_row(g, last);
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
		for (const struct gap *gap = &r->gaps[column_of(g, first + i)]; gap; gap = NULL)
			for (int k = first[i].net; k >= 0; k = gap->c.nets[k].rest)
				most += 2;
	l = (struct line){.p = malloc(most * sizeof(*l.p))};
	if (!l.p)
		return -ENOMEM;
	corner(&l, left->x + left->width, left_row(g, first));
	for (uint32_t i = 0; i < p->n; i++)
		follow(g, r, first + i, &l);
	corner(&l, p->flat ? right->x + right->width : right->x - 1, right_row(g, last));
	free(e->points);
	e->points = l.p;
	e->n_points = l.n;
	e->reversed = p->back;
	if (p->back)
		turn_round(e);
	place_label(g, r, e, p);
	return 0;
}

static int rows_height(const struct graph *g)
{
	int height = 0;

	for (uint32_t v = 0; v < g->n_v; v++)
		height = max_of(height, g->v[v].y + g->v[v].height);
	for (size_t i = 0; i < g->l->n_groups; i++)
		if (g->last_rank[i] >= 0)
			height = max_of(height, g->l->groups[i].y + g->l->groups[i].height);
	return height;
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

/*
 * Lines that could not get round each other but by a detour are given rows of their own, as
 * long as that can be held.
 */
static int make_lines(struct graph *g, struct routes *r)
{
	uint32_t known = 0;
	int err = 0;

	for (int i = 0; i <= RETRIES && !err; i++) {
		*r = (struct routes){.g = g, .height = rows_height(g)};
		err = make_gaps(g, r);
		if (err || i == RETRIES || g->n_apart == known)
			return err;
		err = graph_rows(g);
		if (err == -ELOOP) {
			g->n_apart = known;
			i = RETRIES - 1;
			err = graph_rows(g);
		}
		known = g->n_apart;
	}
	return err;
}

int graph_routes(struct graph *g)
{
	struct routes r;
	int err = make_lines(g, &r);

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
