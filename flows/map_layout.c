/* SPDX-License-Identifier: MIT */
#include "flows/map_layout.h"

#include <errno.h>
#include <stdlib.h>

int map_layout(struct layout *l, const struct layout_options *opt, const struct layout *previous)
{
	(void)opt;
	(void)previous;
	return l->n_nodes ? -ENOTSUP : 0;
}

void map_layout_free(struct layout *l)
{
	for (size_t i = 0; l->edges && i < l->n_edges; i++)
		free(l->edges[i].points);
	free(l->edges);
	free(l->nodes);
	free(l->groups);
	*l = (struct layout){};
}

int map_layout_find(const struct layout *l, uint64_t key)
{
	for (size_t i = 0; i < l->n_nodes; i++)
		if (l->nodes[i].key == key)
			return (int)i;
	return -1;
}
