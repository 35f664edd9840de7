/* SPDX-License-Identifier: MIT */
/* For tui/view_map_page*.c only: the page of a node or a link. */
#ifndef PITOT_TUI_VIEW_MAP_PAGE_H
#define PITOT_TUI_VIEW_MAP_PAGE_H

#include "tui/page.h"
#include "tui/view_map_own.h"

#define MAP_WINDOWS 3 /* 1, 10 and 60 s */
#define MAP_VALUES 24 /* kept of each kind; the others are counted */

/* What flows say of an end, each value once. */
enum map_said {
	SAID_POD,
	SAID_ADDRESS,
	SAID_NODE,
	SAID_PROCESS,
	SAID_CONTAINER,
	SAID_IMAGE,
	SAID_SERVICE,
	SAID_NAME,
	SAID_PLACE,
	SAID_INTERFACE,
	SAIDS,
};

struct map_values {
	char *v[MAP_VALUES];
	size_t n;
	bool more;
};

struct map_page {
	struct map_view *v;
	uint64_t node, from, to; /* keys: a node's, else a link's */
	struct map_snapshot in[MAP_WINDOWS];
	struct map_values said[2][SAIDS]; /* of the node or the caller, of the called one */
	uint64_t filled_at, looked_at;
	size_t looked; /* flows that said it */
	struct flow example; /* the newest of them that was dropped */
	bool has_example;
};

void map_page_field(struct ui_page *p, const char *name, enum style style, struct text *t);
void map_page_seen(struct ui_page *p, uint64_t now, uint64_t first, uint64_t last);

/* view_map_page_node.c */
void map_page_node(struct map_page *m, struct ui_page *p);

/* view_map_page_ends.c */
void map_page_look(struct map_page *m); /* asks the newest flows held */
void map_page_ends(struct map_page *m, struct ui_page *p);
void map_page_ends_free(struct map_page *m);

#endif
