// SPDX-License-Identifier: MIT
/* What hangs together between two columns, and rows that give lines room to get round each other. */
#include <errno.h>
#include <stdlib.h>

#include "flows/map_layout_graph.h"
#include "flows/map_layout_tracks.h"

#define RETRIES 5 /* with other rows; none for large graphs */
#define LARGE 6000 /* segments */

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

		pins[n++] = (struct pin){k, routes_left(g, s), 0};
		pins[n++] = (struct pin){k, routes_right(g, s), !s->flat};
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
		r->gaps[routes_column(g, &g->s[i])].n++;
	for (int i = 1; i < g->ranks; i++)
		r->gaps[i].first = next[i] = r->gaps[i - 1].first + r->gaps[i - 1].n;
	for (uint32_t i = 0; i < g->n_s; i++)
		r->of[next[routes_column(g, &g->s[i])]++] = i;
	for (int i = 0; !err && i < g->ranks; i++)
		err = make_channel(g, r, i);
	return err;
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

/*
 * Lines that could not get round each other but by a detour are given rows of their own, as
 * long as that can be held.
 */
int graph_lines(struct graph *g, struct routes *r)
{
	int retries = g->n_s < LARGE ? RETRIES : 0, err = 0;
	uint32_t known = 0;

	for (int i = 0; i <= retries && !err; i++) {
		*r = (struct routes){.g = g, .height = rows_height(g)};
		err = make_gaps(g, r);
		if (err || i == retries || g->n_apart == known)
			return err;
		err = graph_rows(g);
		if (err == -ELOOP) {
			g->n_apart = known;
			i = retries - 1;
			err = graph_rows(g);
		}
		known = g->n_apart;
	}
	return err;
}
