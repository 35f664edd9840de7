// SPDX-License-Identifier: MIT
#include "flows/map_draw.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flows/map_draw_parts.h"

#define NAME_MAX_WIDTH 40
#define FEW 60 /* nodes; with more of them fewer things are tried for the sake of width */

static const struct layout_options spacing[MAP_ZOOMS] = {
	[MAP_ZOOM_NAMES] = {.column_gap = 4,
			    .row_gap = 0,
			    .group_pad_x = 3,
			    .group_pad_y = 1,
			    .track = 2,
			    .port_gap = 1,
			    .arrow = 1},
	[MAP_ZOOM_RATES] = {.column_gap = 4,
			    .row_gap = 0,
			    .group_pad_x = 3,
			    .group_pad_y = 1,
			    .track = 2,
			    .port_gap = 1,
			    .port_margin = 1,
			    .arrow = 1,
			    .even_columns = true},
	[MAP_ZOOM_FULL] = {.column_gap = 6,
			   .row_gap = 1,
			   .group_pad_x = 3,
			   .group_pad_y = 1,
			   .track = 2,
			   .port_gap = 2,
			   .port_margin = 1,
			   .arrow = 1,
			   .even_columns = true},
};

/* ---------------------------------------------------------------------------- links */

static bool is_bad(const struct map_edge *e)
{
	return map_edge_is_bad(e);
}

static void add_edge(struct map_drawing *d, const struct map_snapshot *s, size_t i)
{
	const struct map_edge *e = &s->edges[i];
	struct map_link *last = d->n_links ? &d->links[d->n_links - 1] : NULL;

	if (!last || last->from != e->from || last->to != e->to) {
		last = &d->links[d->n_links++];
		*last = (struct map_link){
			.from = e->from, .to = e->to, .first = i, .mark = e->mark};
	}
	last->n++;
	last->bad |= is_bad(e);
	if (last->mark != e->mark)
		last->mark = MAP_SAME;
}

static int make_links(struct map_drawing *d, const struct map_snapshot *s)
{
	d->links = calloc(s->n_edges + 1, sizeof(*d->links));
	if (!d->links)
		return -ENOMEM;
	for (size_t i = 0; i < s->n_edges; i++)
		add_edge(d, s, i);
	return 0;
}

/* ----------------------------------------------------------------------------- sizes */

static const char *namespace_of(const struct map_snapshot *s, size_t i)
{
	const char *name = s->nodes[i].namespace_name;

	return name && s->nodes[i].kind != MAP_NODE_NAMESPACE ? name : "";
}

/* The nodes of a namespace lie side by side in the snapshot; one alone needs no rectangle. */
static void make_groups(struct map_drawing *d, const struct map_snapshot *s)
{
	struct layout *l = &d->layout;

	for (size_t i = 0, k; i < s->n_nodes; i = k) {
		const char *name = namespace_of(s, i);
		int group = -1;

		for (k = i + 1; k < s->n_nodes && !strcmp(namespace_of(s, k), name);)
			k++;
		if (*name && k - i > 1) {
			group = (int)l->n_groups++;
			l->groups[group].key = s->nodes[i].key;
		}
		for (size_t n = i; n < k; n++)
			l->nodes[n].group = group;
	}
}

int map_drawing_begin(const struct map_snapshot *s, struct map_drawing *ret)
{
	struct layout *l = &ret->layout;
	int r = make_links(ret, s);

	if (r)
		return r;
	l->nodes = calloc(s->n_nodes + 1, sizeof(*l->nodes));
	l->edges = calloc(ret->n_links + 1, sizeof(*l->edges));
	l->groups = calloc(s->n_nodes + 1, sizeof(*l->groups));
	if (!l->nodes || !l->edges || !l->groups)
		return -ENOMEM;
	l->n_nodes = s->n_nodes;
	l->n_edges = ret->n_links;
	make_groups(ret, s);
	for (size_t i = 0; i < s->n_nodes; i++)
		l->nodes[i].key = s->nodes[i].key;
	for (size_t i = 0; i < ret->n_links; i++) {
		const struct map_link *link = &ret->links[i];
		struct layout_edge *e = &l->edges[i];

		e->key = s->nodes[link->from].key * 0x9e3779b97f4a7c15 ^ s->nodes[link->to].key;
		e->from = link->from;
		e->to = link->to;
		for (size_t k = link->first; k < link->first + link->n; k++)
			e->weight += s->edges[k].bytes + s->edges[k].reply_bytes;
	}
	return 0;
}

const char *map_group_name(const struct map_drawing *d, const struct map_snapshot *s, size_t group)
{
	for (size_t i = 0; i < d->layout.n_nodes; i++)
		if (d->layout.nodes[i].group == (int)group)
			return namespace_of(s, i);
	return "";
}

/* How a drawing is tried to be made. */
struct attempt {
	bool brief;
	int name_max;
	int fold; /* to about so many columns of cells; 0: not folded */
};

static void size_node(struct layout_node *n, const struct map_node *node, enum map_zoom zoom,
		      const struct attempt *a)
{
	struct map_lines lines = {0};
	int width;

	map_node_lines(&lines, node, zoom, n->group < 0, a->brief);
	width = map_lines_width(&lines);
	if (width > a->name_max)
		width = a->name_max;
	n->width = (width < 1 ? 1 : width) + (zoom == MAP_ZOOM_NAMES ? 2 : 4);
	n->height = zoom == MAP_ZOOM_NAMES ? 1 : (int)lines.n + 2;
	map_lines_free(&lines);
}

static void size_link(struct layout_edge *e, const struct map_snapshot *s,
		      const struct map_link *link, enum map_zoom zoom, bool brief)
{
	struct map_lines lines = {0};

	map_link_lines(&lines, s, link, zoom, brief);
	e->label = lines.n ? map_lines_width(&lines) + 2 : 0;
	map_lines_free(&lines);
}

static int make(const struct map_snapshot *s, enum map_zoom zoom, const struct attempt *a,
		const struct map_drawing *previous, struct map_drawing *ret)
{
	struct map_drawing d = {
		.zoom = zoom, .brief = a->brief, .name_max = a->name_max, .fold = a->fold};
	struct layout_options opt = spacing[zoom];
	struct layout *l = &d.layout;
	int r = map_drawing_begin(s, &d);

	for (size_t i = 0; !r && i < l->n_groups; i++) {
		const char *name = map_group_name(&d, s, i);

		l->groups[i].title = canvas_width_of(name, strlen(name)) + 6;
	}
	for (size_t i = 0; !r && i < s->n_nodes; i++)
		size_node(&l->nodes[i], &s->nodes[i], zoom, a);
	for (size_t i = 0; !r && i < d.n_links; i++)
		size_link(&l->edges[i], s, &d.links[i], zoom, a->brief);
	opt.max_width = a->fold;
	if (!r)
		r = map_layout(l, &opt, previous ? &previous->layout : NULL);
	if (r)
		map_drawing_free(&d);
	else
		*ret = d;
	return r;
}

/* What is tried for the sake of width, mild things first. */
static bool next_attempt(const struct map_snapshot *s, enum map_zoom zoom, int max_width,
			 unsigned int number, struct attempt *ret)
{
	static const int names[] = {24, 18, 14};

	*ret = (struct attempt){.brief = zoom != MAP_ZOOM_NAMES, .name_max = NAME_MAX_WIDTH};
	if (!number)
		return zoom != MAP_ZOOM_NAMES;
	number--;
	if (s->n_nodes > FEW && number)
		return false;
	if (number < 3) {
		ret->name_max = names[number];
		return true;
	}
	number -= 3;
	ret->name_max = names[1];
	ret->fold = max_width - max_width / 5 * (int)number;
	return number < 3;
}

/*
 * Where nothing makes it narrow enough, only what is shorter without a loss is: a screen
 * shows a part of it then.
 */
static int make_narrow(const struct map_snapshot *s, int max_width,
		       const struct map_drawing *previous, struct map_drawing *d)
{
	unsigned int crossings = d->layout.crossings;
	struct attempt a;

	for (unsigned int i = 0; d->layout.width > max_width; i++) {
		struct map_drawing n;
		int r;

		if (!next_attempt(s, d->zoom, max_width, i, &a)) {
			if (i)
				break;
			continue;
		}
		r = make(s, d->zoom, &a, a.fold ? NULL : previous, &n);
		if (r)
			return r;
		if (i &&
		    (n.layout.width > max_width || (a.fold && n.layout.crossings > crossings))) {
			map_drawing_free(&n);
			continue;
		}
		map_drawing_free(d);
		*d = n;
	}
	return 0;
}

int map_drawing_make(const struct map_snapshot *s, enum map_zoom zoom, int max_width,
		     const struct map_drawing *previous, struct map_drawing *ret)
{
	struct attempt a = {.name_max = NAME_MAX_WIDTH};
	struct map_drawing d = {0};
	bool same, fitted;
	int r;

	if (previous && previous->zoom != zoom)
		previous = NULL;
	same = previous && previous->max_width == max_width;
	fitted = same && previous->layout.width <= max_width;
	if (same)
		a = (struct attempt){previous->brief, previous->name_max, previous->fold};
	r = make(s, zoom, &a, previous, &d);
	if (!r && max_width > 0 && (!same || (fitted && d.layout.width > max_width)))
		r = make_narrow(s, max_width, previous, &d);
	if (r) {
		map_drawing_free(&d);
		return r;
	}
	d.max_width = max_width;
	*ret = d;
	return 0;
}

void map_drawing_free(struct map_drawing *d)
{
	map_layout_free(&d->layout);
	free(d->links);
	*d = (struct map_drawing){0};
}
