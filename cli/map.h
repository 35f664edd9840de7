/* SPDX-License-Identifier: MIT */
/* `pitot map`: what it is asked, and its parts; for cli/map*.c only. */
#ifndef PITOT_CLI_MAP_H
#define PITOT_CLI_MAP_H

#include "cli/observe_options.h"
#include "flows/map_draw.h"
#include "flows/service_map.h"

#define MAP_COLLAPSED_MAX 64
#define OUTSIDE_NOT_ASKED UINT32_MAX

enum map_output { MAP_TEXT, MAP_DOT, MAP_MERMAID, MAP_SVG, MAP_JSON };

struct map_options {
	struct observe_options o; /* first: the rows of sources, filters, names, capture */
	int output; /* enum map_output */
	int group, world; /* enum map_group, enum map_world */
	int zoom; /* enum map_zoom + 1; 0: what fits */
	bool diff, ascii, housekeeping, numeric;
	const char *focus, *search;
	uint32_t hops, limit, width;
	uint32_t outside; /* nodes of that kind; 0: all, OUTSIDE_NOT_ASKED */
	const char *collapsed[MAP_COLLAPSED_MAX + 1]; /* NULL ends */
	size_t n_collapsed;
};

extern const struct opt map_option_table[];

void *map_options_new(void); /* NULL without memory */
void map_options_free(void *options);
int map_run(char **args, void *options);

/*
 * One source's flows; file: read that one, NULL: what the options say. Returns an enum exit_code;
 * of a source that broke *ret is what came until then. It may be zeroed.
 */
int map_gather(const struct map_options *opt, const char *file, struct map_snapshot *ret);

/* The part that is asked for, to standard output. Returns an enum exit_code. */
int map_print(const struct map_options *opt, const struct map_snapshot *s);

/* In words, a line each: figures of all edges; what is wrong; what is new or gone. */
void map_edges_put_table(struct text *t, const struct map_snapshot *s, size_t width); /* 0: any */
void map_edges_put_trouble(struct text *t, const struct map_snapshot *s);
void map_edges_put_marks(struct text *t, const struct map_snapshot *s);

#endif
