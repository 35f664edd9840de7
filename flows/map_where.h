/* SPDX-License-Identifier: MIT */
/*
 * From the service map back to its flows: expressions (flows/where.h) that are true of the
 * flows of a node or an edge. They go by the names that the flows have: a flow that the map
 * attributes by its connection alone, because it came without a name, is not among them.
 */
#ifndef PITOT_FLOWS_MAP_WHERE_H
#define PITOT_FLOWS_MAP_WHERE_H

#include "flows/service_map.h"

/*
 * Appends what is true of the end called "src", "dst", "client" or "server" where it is that
 * node. False, nothing appended: what is in it is not known (MAP_NODE_OTHERS, the rest of the world).
 */
bool map_end_where(struct text *t, const struct service_map_options *opt, const char *end,
		   const struct map_node *n);

/*
 * Appends the expression for flows with that node at either end. False as above. */
bool map_node_where(struct text *t, const struct service_map_options *opt,
		    const struct map_node *n);

/*
 * The same for n edges that run from one node to another (at least one), whatever way the packet ran.
 */
bool map_edges_where(struct text *t, const struct service_map_options *opt,
		     const struct map_snapshot *s, const struct map_edge *edges, size_t n);

#endif
