/* SPDX-License-Identifier: MIT */
/*
 * The service map as text for other programs: JSON, Graphviz' DOT, Mermaid. The same snapshot
 * gives the same bytes. Names are escaped as each format wants it. SVG: export/map_svg.h.
 */
#ifndef PITOT_EXPORT_MAP_WRITE_H
#define PITOT_EXPORT_MAP_WRITE_H

#include "flows/service_map.h"
#include "flows/text.h"

/* One object on a line: "nodes", "edges", the time they span; a node is referred to by its "id". */
void map_write_json(struct text *t, const struct map_snapshot *s);

/* Left to right, namespaces as clusters. */
void map_write_dot(struct text *t, const struct map_snapshot *s);

/* A flowchart as Markdown's renderers draw it, namespaces as subgraphs. */
void map_write_mermaid(struct text *t, const struct map_snapshot *s);

/* For those two: what an edge says below its port: rate, latency, drops, errors; a line each, ended by eol. */
void map_write_figures(struct text *t, const struct map_edge *e, const char *eol);

#endif
