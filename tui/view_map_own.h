/* SPDX-License-Identifier: MIT */
/* For tui/view_map*.c only: the Map view's state and what its files have of each other. */
#ifndef PITOT_TUI_VIEW_MAP_OWN_H
#define PITOT_TUI_VIEW_MAP_OWN_H

#include "flows/map_draw.h"
#include "tui/view.h"

struct ui_table;

#define FOLD_ABOVE 60 /* nodes; beyond them namespaces are folded until somebody says otherwise */
#define OUTSIDE \
	12 /* nodes of the world, and addresses, that are shown: the busiest; the rest is one */
#define SILENT_NS (30ull * 1000000000) /* links are dim after so long */
#define HIDE_NS (60ull * 1000000000) /* and hidden after so long, where that is asked */
#define SLOW_NS 250000000ull /* answers that a person waits for */
#define MAP_BELOW 24 /* links in lines below a map that leaves room */
#define WHOLE_TIME 0 /* a window: rates over all that is held */

/* A drawing for each zoom, so that zooming in and out again changes no place. */
struct zoomed {
	struct map_drawing drawing;
	bool made;
	uint64_t shape; /* of the nodes and edges that it was made of */
	int max_width;
};

struct map_view {
	struct ui *ui;

	/* the model, from flows */
	struct service_map *map;
	struct service_map_options opt;
	bool again; /* made anew of what is held: `next` has not come to `given` yet */
	uint64_t next,
		given; /* numbers of flows: to be read, behind the last that the store handed over */
	bool flows_came, stale; /* since the last snapshot; stale: it has to be taken at once */
	bool late; /* the snapshot has other nodes than what is shown: soon */
	bool fresh; /* all was forgotten: it is the first of its kind */
	uint64_t reset_at; /* monotonic, ns; 0: the model is whole */

	/* what is seen of it */
	struct map_snapshot all, shown;
	uint64_t taken_at, took_ns, shape, shaped_at, laid_ns; /* laid_ns: what a layout took */
	size_t unfit; /* nodes that fitted at no zoom; 0: they fit */
	struct zoomed zooms[MAP_ZOOMS];
	enum map_zoom zoom;
	bool zoom_chosen; /* by the person; else what fits */
	int fold_width; /* of the drawing; 0: not folded */
	int width, height; /* that it was fitted to */
	bool placed; /* x, y are the person's */
	bool centered; /* or were found once */
	int x, y; /* of the drawing, at the body's top left corner */
	struct canvas_area area, body, drawn, mini; /* drawn last; mini.width 0: none */
	unsigned int window; /* seconds of the rates; WHOLE_TIME */

	/* what was chosen */
	uint64_t node; /* key of the selected one; 0: none */
	uint64_t link_from, link_to; /* keys of the selected link's nodes; 0: none */
	int hover_x, hover_y; /* cells of the area; -1: not there */
	int drag_x, drag_y; /* where it is held; -1: not */
	uint64_t focus;
	unsigned int hops;
	bool fold_all, fold_chosen;
	char **unlike; /* namespaces that are not as fold_all says */
	size_t n_unlike;
	char *search;
	bool hide_silent;
	bool all_outside; /* however many there are */

	bool list; /* the links as a table */
	struct ui_table *table;
	uint32_t *rows; /* of the table: edges of `shown` in their order */
	size_t n_rows, sort_column;
	bool sort_descending;
	uint64_t listed; /* taken_at of what is in rows */

	int64_t below[MAP_BELOW]; /* links told in lines below the map */
	size_t n_below;
	struct canvas_area below_area; /* height 0: none */
};

/* ----------------------------------------------------- view_map_model.c */

int map_view_model_new(struct map_view *v);
void map_view_model_free(struct map_view *v);
/* The options changed: the model is made anew of the flows held. */
void map_view_again(struct map_view *v);
/* Brings `all` and `shown` up to date. force: now, whatever it costs. True: they changed. */
bool map_view_take(struct map_view *v, bool force);
/* What is chosen (folded, focus, silent) of a snapshot of the model. 0 or -errno. */
int map_view_select(const struct map_view *v, const struct map_snapshot *all,
		    struct map_snapshot *ret);
bool map_view_is_folded(const struct map_view *v, const char *namespace_name);
void map_view_fold(struct map_view *v, const char *namespace_name, bool fold);
void map_view_fold_all(struct map_view *v, bool fold);

/* ----------------------------------------------------- view_map_renew.c */

/* What of an edge's figures a drawing has room for, as bits. */
uint64_t map_view_says(const struct map_edge *e);
/* Figures of what is in both, from now; nodes and edges stay, and what their drawing depends on. */
void map_view_renew(struct map_snapshot *s, const struct map_snapshot *now);

/* ---------------------------------------------------- view_map_layout.c */

/* The drawing of `shown` for a body of that size; NULL without memory. */
const struct map_drawing *map_view_fit(struct map_view *v, int width, int height);
const struct map_drawing *map_view_drawing(const struct map_view *v); /* the last; NULL */
void map_view_place(struct map_view *v, const struct map_drawing *d); /* into the body */
void map_view_zoom(struct map_view *v, int by);
void map_view_pan(struct map_view *v, int dx, int dy);
void map_view_center(struct map_view *v); /* what is selected, else the worst or busiest */
void map_view_uncover(struct map_view *v); /* pans as little as shows what is selected */
void map_view_layouts_free(struct map_view *v);

/* ---------------------------------------------------- view_map_select.c */

int64_t map_view_node(const struct map_view *v); /* index of the selected one in `shown`; -1 */
int64_t map_view_link(const struct map_view *v); /* in the drawing's links; -1 */
int64_t map_view_node_at(const struct map_snapshot *s, uint64_t key);
void map_view_select_node(struct map_view *v, int64_t node); /* -1: nothing */
void map_view_select_link(struct map_view *v, int64_t link);
void map_view_move(struct map_view *v, int dx, int dy);
void map_view_next_link(struct map_view *v);
void map_view_next_bad(struct map_view *v);
void map_view_find(struct map_view *v, bool next);
bool map_view_expression(struct map_view *v, struct text *t); /* of what is selected */
double map_link_weight(const struct map_snapshot *s, const struct map_link *l, bool bad);
int64_t map_view_busiest(const struct map_view *v, bool bad); /* link; -1: none */

/* ------------------------------------------------------ view_map_text.c */

/* All edges of a link as one; texts are the snapshot's. */
void map_link_sum(const struct map_snapshot *s, const struct map_link *l, struct map_edge *ret);
void map_rate_text(struct text *t, double per_second, const char *unit); /* "8.1 req/s" */
void map_bytes_rate_text(struct text *t, double per_second); /* "12.3 KiB/s" */
void map_edge_rate_text(struct text *t,
			const struct map_edge *e); /* likewise; "-": nobody counted */
void map_edge_bytes_text(struct text *t,
			 const struct map_edge *e); /* "1.2 KiB there, 3 KiB back", "7 flows" */
void map_count_text(struct text *t, uint64_t n); /* "1,204" */
void map_ago_text(struct text *t, uint64_t now_ns, uint64_t time_ns); /* "2 s ago" */
void map_share_text(struct text *t, uint64_t part, uint64_t of); /* "3 of 40 (7.5 %)" */
void map_link_name(struct text *t, const struct map_snapshot *s, uint32_t from, uint32_t to);
bool map_node_is_rest(const struct map_node *n); /* of the world, of addresses: many as one */
const char *map_node_namespace(const struct map_node *n); /* "" none */
const char *map_node_word(const struct map_node *n); /* "Deployment", "namespace" */
const char *map_group_word(const struct map_view *v); /* "workloads" */

/* ----------------------------------------------------- view_map_strip.c */

/* The lines below the map, about what is selected or under the mouse. */
void map_view_strip(struct map_view *v, struct canvas *c, struct canvas_area area);

/* ----------------------------------------------------- view_map_mouse.c */

bool map_view_mouse(void *arg, const struct ui_mouse *m);

/* ----------------------------------------------------- view_map_below.c */

/* Rows that are free below the drawing for a heading and links; 0: too few. */
int map_view_below_rows(struct map_view *v, const struct map_drawing *d);
void map_view_below(struct map_view *v, const struct map_drawing *d, struct canvas *c,
		    struct canvas_area area);
bool map_view_below_click(struct map_view *v, int x, int y); /* cells of the screen */

/* ------------------------------------------------------ view_map_mini.c */

/* What lies outside of the body: arrows, how many, and a small overview. */
void map_view_hints(struct map_view *v, struct canvas *c);
bool map_view_mini_click(struct map_view *v, int x, int y); /* cells of the area */

/* ------------------------------------------------------ view_map_page.c */

void map_view_details(struct map_view *v);

/* ------------------------------------------------------ view_map_list.c */

struct ui_table *map_view_table_new(struct map_view *v);
void map_view_list_fill(struct map_view *v);
void map_view_list_draw(struct map_view *v, struct canvas *c, struct canvas_area area);
bool map_view_list_act(struct map_view *v, enum action a, int count);

/* --------------------------------------------------- view_map_command.c */

extern const char *const map_view_commands[];
bool map_view_command(void *arg, const char *word, const char *rest, char **ret_error);
void map_view_set_group(struct map_view *v, enum map_group group);
void map_view_set_world(struct map_view *v, enum map_world world);
void map_view_set_window(struct map_view *v, unsigned int seconds);

/* ---------------------------------------------------- view_map_export.c */

extern const char *const map_view_formats[];
int map_view_export(void *arg, const char *format, struct text *t);

#endif
