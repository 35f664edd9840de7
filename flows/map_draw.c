// SPDX-License-Identifier: MIT
#include "flows/map_draw.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flows/map_draw_parts.h"

#define NAME_MAX_WIDTH 40
#define NAME_MIN_WIDTH 10

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

static void size_node(struct layout_node *n, const struct map_node *node, enum map_zoom zoom,
		      int name_max)
{
	struct map_lines lines = {0};
	int width;

	map_node_lines(&lines, node, zoom, n->group < 0);
	width = map_lines_width(&lines);
	n->width = (width > name_max ? name_max
		    : width < 1	     ? 1
				     : width) +
		   (zoom == MAP_ZOOM_NAMES ? 2 : 4);
	n->height = zoom == MAP_ZOOM_NAMES ? 1 : (int)lines.n + 2;
	map_lines_free(&lines);
}

static void size_link(struct layout_edge *e, const struct map_snapshot *s,
		      const struct map_link *link, enum map_zoom zoom)
{
	struct map_lines lines = {0};

	map_link_lines(&lines, s, link, zoom);
	e->label = lines.n ? map_lines_width(&lines) + 2 : 0;
	map_lines_free(&lines);
}

static int make_layout(struct map_drawing *d, const struct map_snapshot *s, int name_max,
		       const struct map_drawing *previous)
{
	struct layout *l = &d->layout;

	for (size_t i = 0; i < l->n_groups; i++) {
		const char *name = map_group_name(d, s, i);

		l->groups[i].title = canvas_width_of(name, strlen(name)) + 6;
	}
	for (size_t i = 0; i < s->n_nodes; i++)
		size_node(&l->nodes[i], &s->nodes[i], d->zoom, name_max);
	for (size_t i = 0; i < d->n_links; i++)
		size_link(&l->edges[i], s, &d->links[i], d->zoom);
	return map_layout(l, &spacing[d->zoom],
			  previous && previous->zoom == d->zoom ? &previous->layout : NULL);
}

int map_drawing_make(const struct map_snapshot *s, enum map_zoom zoom, int max_width,
		     const struct map_drawing *previous, struct map_drawing *ret)
{
	struct map_drawing d = {.zoom = zoom};
	int r = map_drawing_begin(s, &d);

	if (!r)
		r = make_layout(&d, s, NAME_MAX_WIDTH, previous);
	(void)max_width;
	if (r)
		map_drawing_free(&d);
	else
		*ret = d;
	return r;
}

void map_drawing_free(struct map_drawing *d)
{
	map_layout_free(&d->layout);
	free(d->links);
	*d = (struct map_drawing){0};
}
