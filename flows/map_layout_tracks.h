/* SPDX-License-Identifier: MIT */
/*
 * The lines between two columns. A net is all that hangs together there: it comes from rows on
 * the left, runs up and down on one vertical line, its track, and leaves by rows on the right.
 * Internal to flows/map_layout*.c.
 */
#ifndef PITOT_FLOWS_MAP_LAYOUT_TRACKS_H
#define PITOT_FLOWS_MAP_LAYOUT_TRACKS_H

#include "flows/map_layout_graph.h"

struct net {
	uint32_t first, n_left,
		n_right; /* its rows in channel.rows: left ones first, then right ones, both ascending */
	int low, high; /* all its rows are within */
	int track; /* -1: it is straight and needs none */
	int rest; /* the net that goes on where this one ends on a row between; -1: none */
	int of; /* the net whose rest it is; -1: of none */
	int detour; /* with rest, and of the rest itself: that row; else -1 */
};

struct channel {
	struct net *nets;
	int n, size; /* size: with room for rests */
	int *rows;
	uint32_t n_rows, size_rows;
	int n_tracks;
	int *at_left,
		*at_right; /* of each row up to height: the net that comes, leaves by it; -1: none */
	int *from, *to; /* of each such row: a segment that comes, leaves by it */
	bool *taken; /* rows where nothing may be added; out: those of detours, too */
	int height; /* of taken */
	int gap; /* least between the ends of two nets on one track */
};

/* Between column r and r + 1; widths of what is in it, from the left. */
struct gap {
	struct channel c;
	uint32_t first, n; /* its segments in routes.of */
	int border_left, label_left, tracks_at, label_right, border_right;
	int arrow_left, arrow_right;
	int x, width;
};

struct routes {
	struct graph *g;
	struct gap *gaps; /* of each column: the one to its right */
	uint32_t *of; /* segments by gap */
	int *x, *width; /* of columns */
	int height;
};

static inline int routes_column(const struct graph *g, const struct segment *s)
{
	return g->v[s->left].rank;
}

static inline int routes_left(const struct graph *g, const struct segment *s)
{
	return g->v[s->left].y + s->left_port;
}

static inline int routes_right(const struct graph *g, const struct segment *s)
{
	return g->v[s->right].y + s->right_port;
}

/* Nets and tracks of all gaps, with other rows where lines need them. 0 or -ENOMEM. */
int graph_lines(struct graph *g, struct routes *ret);

/* Tracks for all nets: few crossings first, then few tracks. 0 or -ENOMEM. */
int channel_tracks(struct graph *g, struct channel *c);

/* Of nets' lines (of very many about so many), with all the rows' lines reaching their sides. */
unsigned int channel_crossings(const struct channel *c);

#endif
