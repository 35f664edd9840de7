// SPDX-License-Identifier: MIT
/* What is selected on the map, and how one gets from one thing to another. */
#include <stdlib.h>
#include <string.h>

#include "flows/map_where.h"
#include "tui/view_map_own.h"

int64_t map_view_node_at(const struct map_snapshot *s, uint64_t key)
{
	for (size_t i = 0; key && i < s->n_nodes; i++)
		if (s->nodes[i].key == key)
			return (int64_t)i;
	return -1;
}

int64_t map_view_node(const struct map_view *v)
{
	return map_view_node_at(&v->shown, v->node);
}

int64_t map_view_link(const struct map_view *v)
{
	const struct map_drawing *d = map_view_drawing(v);

	for (size_t i = 0; d && v->link_from && i < d->n_links; i++)
		if (v->shown.nodes[d->links[i].from].key == v->link_from &&
		    v->shown.nodes[d->links[i].to].key == v->link_to)
			return (int64_t)i;
	return -1;
}

void map_view_select_node(struct map_view *v, int64_t node)
{
	v->link_from = v->link_to = 0;
	v->node = node >= 0 ? v->shown.nodes[node].key : 0;
	v->hover_x = -1;
	ui_changed(v->ui);
}

void map_view_select_link(struct map_view *v, int64_t link)
{
	const struct map_drawing *d = map_view_drawing(v);

	v->node = v->link_from = v->link_to = 0;
	v->hover_x = -1;
	if (d && link >= 0) {
		v->link_from = v->shown.nodes[d->links[link].from].key;
		v->link_to = v->shown.nodes[d->links[link].to].key;
	}
	ui_changed(v->ui);
}

/* ---------------------------------------------------------------------- moving */

/* The one that is nearest to the middle of what is seen. */
static int64_t middle(const struct map_view *v, const struct map_drawing *d)
{
	int x = v->x + v->drawn.width / 2, y = v->y + v->drawn.height / 2;
	int64_t best = -1;
	long least = 0;

	for (size_t i = 0; i < d->layout.n_nodes; i++) {
		const struct layout_node *n = &d->layout.nodes[i];
		long dx = n->x + n->width / 2 - x, dy = 2 * (n->y + n->height / 2 - y);

		if (best >= 0 && dx * dx + dy * dy >= least)
			continue;
		best = (int64_t)i;
		least = dx * dx + dy * dy;
	}
	return best;
}

/* From a link to the end that lies in that direction. */
static int64_t end_of_link(const struct map_drawing *d, int64_t link, int dx, int dy)
{
	const struct layout_node *from = &d->layout.nodes[d->links[link].from];
	const struct layout_node *to = &d->layout.nodes[d->links[link].to];
	int way = dx ? (to->x - from->x) * dx : (to->y - from->y) * dy;

	return way >= 0 ? d->links[link].to : d->links[link].from;
}

void map_view_move(struct map_view *v, int dx, int dy)
{
	const struct map_drawing *d = map_view_drawing(v);
	int64_t node = map_view_node(v), link = map_view_link(v), next;

	if (!d || !d->layout.n_nodes)
		return;
	if (link >= 0)
		next = end_of_link(d, link, dx, dy);
	else
		next = node < 0 ? middle(v, d) : map_neighbour(d, node, dx, dy);
	if (next < 0) {
		map_view_pan(v, dx * 8, dy * 3);
		return;
	}
	map_view_select_node(v, next);
	map_view_uncover(v);
}

void map_view_next_link(struct map_view *v)
{
	const struct map_drawing *d = map_view_drawing(v);
	int64_t link = map_view_link(v), node = map_view_node(v);

	if (!d || !d->n_links)
		return;
	if (node < 0 && link >= 0)
		node = d->links[link].from;
	for (size_t i = 1; i <= d->n_links; i++) {
		size_t at = (size_t)(link + (int64_t)i) % d->n_links;

		if (node >= 0 && d->links[at].from != node && d->links[at].to != node)
			continue;
		map_view_select_link(v, (int64_t)at);
		map_view_uncover(v);
		return;
	}
	ui_say(v->ui, STYLE_DIM, "it has no link here");
}

/* --------------------------------------------------------------------- trouble */

/* To tell two links apart, by how bad or how busy they are; 0: it is well. */
double map_link_weight(const struct map_snapshot *s, const struct map_link *l, bool bad)
{
	uint64_t drops = 0, errors = 0, flows = 0;
	double bytes = 0;

	for (size_t i = l->first; i < l->first + l->n; i++) {
		drops += s->edges[i].drops;
		errors += s->edges[i].errors;
		flows += s->edges[i].flows;
		bytes += s->edges[i].bytes_rate;
	}
	return bad ? (double)drops * 4 + (double)errors : bytes + 1e-9 * (double)(flows + 1);
}

static double badness(const struct map_snapshot *s, const struct map_link *l)
{
	return map_link_weight(s, l, true);
}

int64_t map_view_busiest(const struct map_view *v, bool bad)
{
	const struct map_drawing *d = map_view_drawing(v);
	double most = 0;
	int64_t best = -1;

	for (size_t i = 0; d && i < d->n_links; i++) {
		double is = map_link_weight(&v->shown, &d->links[i], bad);

		if (is <= most)
			continue;
		most = is;
		best = (int64_t)i;
	}
	return best;
}

/* From the worst to the least bad, and then from the begin. */
void map_view_next_bad(struct map_view *v)
{
	const struct map_drawing *d = map_view_drawing(v);
	int64_t now = map_view_link(v), best = -1;
	double here = now >= 0 ? badness(&v->shown, &d->links[now]) : 0, most = 0;

	for (size_t i = 0; d && i < d->n_links && here > 0; i++) {
		double is = badness(&v->shown, &d->links[i]);
		bool after = is < here || (is == here && (int64_t)i > now);

		if (!after || is <= most)
			continue;
		most = is;
		best = (int64_t)i;
	}
	if (best < 0)
		best = map_view_busiest(v, true);
	if (best < 0) {
		ui_say(v->ui, STYLE_GOOD, "no link here drops packets or fails");
		return;
	}
	map_view_select_link(v, best);
	map_view_uncover(v);
}

/* --------------------------------------------------------------------- finding */

static bool matches(const struct map_node *n, const char *search)
{
	struct text t = {0};
	bool yes;

	map_node_text(&t, n);
	text_char(&t, '\0');
	yes = !t.err && strcasestr(t.data, search);
	text_free(&t);
	return yes;
}

/* Where the search goes on: behind the node that is selected. */
static size_t search_begin(const struct map_view *v, bool next)
{
	int64_t at = map_view_node_at(&v->all, v->node);

	return at < 0 ? 0 : (size_t)at + next;
}

/* Unfolds, unfocuses and so on until a node of `all` is on the screen. */
static void reveal(struct map_view *v, const struct map_node *n)
{
	uint64_t key = n->key;

	if (map_view_is_folded(v, n->namespace_name))
		map_view_fold(v, n->namespace_name, false);
	if (map_view_node_at(&v->shown, key) < 0) {
		map_view_take(v, true);
		if (map_view_node_at(&v->shown, key) < 0) {
			v->focus = 0;
			v->hide_silent = false;
			v->all_outside = true;
			map_view_take(v, true);
		}
	}
	map_view_fit(v, v->width, v->height);
	map_view_select_node(v, map_view_node_at(&v->shown, key));
	map_view_uncover(v);
}

void map_view_find(struct map_view *v, bool next)
{
	size_t from = search_begin(v, next);

	if (!v->search || !*v->search) {
		ui_say(v->ui, STYLE_DIM, "nothing was searched for");
		return;
	}
	for (size_t i = 0; i < v->all.n_nodes; i++) {
		const struct map_node *n = &v->all.nodes[(from + i) % v->all.n_nodes];

		if (!matches(n, v->search))
			continue;
		reveal(v, n);
		return;
	}
	ui_say(v->ui, STYLE_WARN, "nothing on the map has that in its name");
}

/* ----------------------------------------------------------------- expressions */

bool map_view_expression(struct map_view *v, struct text *t)
{
	const struct map_drawing *d = map_view_drawing(v);
	int64_t node = map_view_node(v), link = map_view_link(v);

	if (node >= 0)
		return map_node_where(t, &v->opt, &v->shown.nodes[node]);
	if (!d || link < 0)
		return false;
	return map_edges_where(t, &v->opt, &v->shown, &v->shown.edges[d->links[link].first],
			       d->links[link].n);
}
