/* SPDX-License-Identifier: MIT */
#include "flows/map_draw.h"

#include <errno.h>
#include <stdlib.h>

int map_drawing_make(const struct map_snapshot *s, enum map_zoom zoom, int max_width,
		     const struct map_drawing *previous, struct map_drawing *ret)
{
	(void)max_width;
	(void)previous;
	*ret = (struct map_drawing){.zoom = zoom};
	return s->n_nodes ? -ENOTSUP : 0;
}

void map_drawing_free(struct map_drawing *d)
{
	map_layout_free(&d->layout);
	free(d->links);
	*d = (struct map_drawing){};
}

void map_draw(const struct map_drawing *d, const struct map_snapshot *s,
	      const struct map_look *look, struct canvas *c, struct canvas_area area)
{
	(void)d;
	(void)s;
	(void)look;
	canvas_clear(c, area, STYLE_NORMAL);
}

bool map_hit(const struct map_drawing *d, int x, int y, int64_t *ret_node, int64_t *ret_link)
{
	(void)d;
	(void)x;
	(void)y;
	*ret_node = *ret_link = -1;
	return false;
}

int64_t map_neighbour(const struct map_drawing *d, int64_t node, int dx, int dy)
{
	(void)d;
	(void)node;
	(void)dx;
	(void)dy;
	return -1;
}

void map_link_text(struct text *t, const struct map_snapshot *s, const struct map_link *l,
		   enum map_zoom zoom)
{
	(void)t;
	(void)s;
	(void)l;
	(void)zoom;
}
