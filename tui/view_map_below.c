// SPDX-License-Identifier: MIT
/* Where the map leaves room below it: its links as lines, the bad ones first. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/view_map_own.h"

#define LEAST_ROWS 4 /* of links; for fewer it is not worth a heading */

struct ranked {
	int64_t link;
	double bad, busy;
};

static int by_rank(const void *x, const void *y)
{
	const struct ranked *a = x, *b = y;

	if (a->bad != b->bad)
		return a->bad > b->bad ? -1 : 1;
	if (a->busy != b->busy)
		return a->busy > b->busy ? -1 : 1;
	return (a->link > b->link) - (a->link < b->link);
}

/* Those of the selected node, else all; at most MAP_BELOW. */
static void rank(struct map_view *v, const struct map_drawing *d)
{
	struct ranked *all = malloc((d->n_links + 1) * sizeof(*all));
	int64_t node = map_view_node(v);
	size_t n = 0;

	v->n_below = 0;
	for (size_t i = 0; all && i < d->n_links; i++) {
		const struct map_link *l = &d->links[i];

		if (node >= 0 && l->from != node && l->to != node)
			continue;
		all[n++] = (struct ranked){(int64_t)i, map_link_weight(&v->shown, l, true),
					   map_link_weight(&v->shown, l, false)};
	}
	if (n)
		qsort(all, n, sizeof(*all), by_rank);
	for (size_t i = 0; i < n && i < MAP_BELOW; i++)
		v->below[v->n_below++] = all[i].link;
	free(all);
}

int map_view_below_rows(struct map_view *v, const struct map_drawing *d)
{
	int room = v->body.height - d->layout.height - 2;

	v->n_below = 0;
	v->below_area.height = 0;
	if (d->layout.width > v->body.width || room < LEAST_ROWS + 1)
		return 0;
	rank(v, d);
	if (room > MAP_BELOW + 1)
		room = MAP_BELOW + 1;
	/* as many as there are of all, so that the map stands still when a node is selected */
	if ((size_t)room > d->n_links + 1)
		room = (int)d->n_links + 1;
	return room > 1 ? room : 0;
}

/* ---------------------------------------------------------------------- lines */

struct pen {
	struct canvas *c;
	int x, y;
	struct text t;
};

static void put_right(struct pen *p, int width, enum style style)
{
	int n = canvas_width_of(p->t.data, p->t.len);

	if (n < width)
		canvas_text(p->c, p->x + width - n, p->y, n, style, p->t.data, p->t.len);
	p->x += width;
	p->t.len = 0;
}

static void put_left(struct pen *p, int width, enum style style)
{
	canvas_text(p->c, p->x, p->y, width - 1, style, p->t.data, p->t.len);
	p->x += width;
	p->t.len = 0;
}

struct widths {
	int name, port, rate, calls, slow, count;
};

static struct widths widths(int width)
{
	struct widths w = {
		.port = width < 100 ? 16 : 24, .rate = 11, .calls = 14, .slow = 12, .count = 8};

	if (width < 110)
		w.calls = 0;
	w.name = width - 2 - w.port - w.rate - w.calls - w.slow - 2 * w.count;
	if (w.name > 64)
		w.name = 64;
	return w;
}

static void heading(struct canvas *c, struct canvas_area a, const struct widths *w)
{
	struct pen p = {.c = c, .x = a.x + 1, .y = a.y};

	canvas_clear(c, (struct canvas_area){a.x, a.y, a.width, 1}, STYLE_HEADER);
	text_str(&p.t, "LINK");
	put_left(&p, w->name, STYLE_HEADER);
	text_str(&p.t, "PORT");
	put_left(&p, w->port, STYLE_HEADER);
	text_str(&p.t, "RATE");
	put_right(&p, w->rate, STYLE_HEADER);
	if (w->calls) {
		text_str(&p.t, "CALLS");
		put_right(&p, w->calls, STYLE_HEADER);
	}
	text_str(&p.t, "P99");
	put_right(&p, w->slow, STYLE_HEADER);
	text_str(&p.t, "FAILED");
	put_right(&p, w->count, STYLE_HEADER);
	text_str(&p.t, "DROPS");
	put_right(&p, w->count, STYLE_HEADER);
	text_free(&p.t);
}

static void ports(struct text *t, const struct map_snapshot *s, const struct map_link *l)
{
	map_edge_text(t, &s->edges[l->first]);
	if (l->n < 2)
		return;
	text_str(t, " +");
	text_u64(t, l->n - 1);
}

static void count(struct pen *p, uint64_t n, int width)
{
	if (n)
		map_count_text(&p->t, n);
	else
		text_char(&p->t, '-');
	put_right(p, width, n ? STYLE_BAD : STYLE_DIM);
}

/* What nothing gets through has failed altogether, long before the first of its connections has given up. */
static void put_failed(struct pen *p, const struct map_edge *e, int width)
{
	if (!map_edge_is_cut(e)) {
		count(p, e->errors, width);
		return;
	}
	text_str(&p->t, "all");
	put_right(p, width, STYLE_BAD);
}

static void line(struct canvas *c, int x, int y, const struct map_snapshot *s,
		 const struct map_link *l, const struct widths *w)
{
	struct pen p = {.c = c, .x = x + 1, .y = y};
	struct map_edge e;
	uint64_t slow;

	map_link_sum(s, l, &e);
	slow = e.latency_p99_ns ? e.latency_p99_ns : e.rtt_p99_ns;
	map_link_name(&p.t, s, l->from, l->to);
	put_left(&p, w->name, map_edge_is_bad(&e) ? STYLE_BAD : STYLE_NORMAL);
	ports(&p.t, s, l);
	put_left(&p, w->port, STYLE_INFO);
	map_edge_rate_text(&p.t, &e);
	put_right(&p, w->rate, STYLE_NORMAL);
	if (w->calls) {
		if (e.requests)
			map_rate_text(&p.t, e.requests_rate, "req");
		else
			map_rate_text(&p.t, e.connections_rate, "conn");
		put_right(&p, w->calls, STYLE_NORMAL);
	}
	if (slow)
		text_us(&p.t, slow / 1000);
	else
		text_char(&p.t, '-');
	if (slow && !e.latency_p99_ns)
		text_str(&p.t, " rtt");
	put_right(&p, w->slow, slow >= SLOW_NS ? STYLE_WARN : slow ? STYLE_NORMAL : STYLE_DIM);
	put_failed(&p, &e, w->count);
	count(&p, e.drops, w->count);
	if (e.drops && *e.drop_reason)
		canvas_str(c, p.x + 2, y, -1, STYLE_BAD, e.drop_reason);
	text_free(&p.t);
}

void map_view_below(struct map_view *v, const struct map_drawing *d, struct canvas *c,
		    struct canvas_area a)
{
	struct widths w = widths(a.width);
	int64_t selected = map_view_link(v);
	struct canvas_area before = canvas_clip(c, a);

	v->below_area = a;
	heading(c, a, &w);
	for (int i = 0; i + 1 < a.height && (size_t)i < v->n_below; i++) {
		line(c, a.x, a.y + 1 + i, &v->shown, &d->links[v->below[i]], &w);
		if (v->below[i] == selected)
			canvas_flag(c, (struct canvas_area){a.x, a.y + 1 + i, a.width, 1},
				    CELL_SELECTED);
	}
	canvas_clip(c, before);
}

bool map_view_below_click(struct map_view *v, int x, int y)
{
	struct canvas_area a = v->below_area;
	const struct map_drawing *d = map_view_drawing(v);
	int row = y - a.y - 1;

	if (!d || row < 0 || row + 1 >= a.height || (size_t)row >= v->n_below || x < a.x ||
	    v->below[row] >= (int64_t)d->n_links)
		return false;
	map_view_select_link(v, v->below[row]);
	return true;
}
