/* SPDX-License-Identifier: MIT */
/* A view is a file and a row of views[] (tui/views.c). What a view may ask of the screen is here, too. */
#ifndef PITOT_TUI_VIEW_H
#define PITOT_TUI_VIEW_H

#include "flows/canvas.h"
#include "flows/text.h"
#include "tui/keys.h"
#include "tui/store.h"

struct ui;
struct ui_page;

enum mouse_event {
	MOUSE_CLICK,
	MOUSE_DOUBLE,
	MOUSE_WHEEL_UP,
	MOUSE_WHEEL_DOWN,
	MOUSE_MOVE,
	MOUSE_DRAG
};
struct ui_mouse {
	enum mouse_event event;
	int x, y; /* cells of the view's area */
	bool shift, control;
};

struct view {
	const char *name; /* "Flows" */
	/* One object for as long as the program runs; it attaches its models to the store. 0 or -errno. */
	int (*open)(struct ui *ui, void **ret);
	void (*close)(void *v);
	/* Draws all of the area, which is blank before. Called only when something may have changed. */
	void (*draw)(void *v, struct canvas *c, struct canvas_area area);
	/* True: it was for this view (it then asks for ui_changed() where it shows). count: of a row, or 1. */
	bool (*act)(void *v, enum action a, int count);
	bool (*mouse)(void *v, const struct ui_mouse *m); /* NULL: none */
	/* An expression (flows/where.h) that the selected cell stands for; false: it stands for none. NULL: no cells. */
	bool (*cell)(void *v, struct text *ret_expression);
	/* What `e` can write, NULL-terminated: "json", "csv", "pb", "svg", "dot", "text"; NULL: nothing. */
	const char *const *formats;
	/* All that the view has (not only what fits on the screen), as `format`. 0 or -errno. */
	int (*export)(void *v, const char *format, struct text *t);
	/* Words for the right end of the title line: "by bytes, 10 s", "1,204 of 5,001". May be NULL. */
	void (*caption)(void *v, struct text *t);
	/*
	 * A ":" command of this view ("sort bytes", "columns a,b", "group namespace"). False: not its own.
	 * *ret_error: one line where it is wrong; free() it. May be NULL; commands: for completion, NULL-terminated.
	 */
	bool (*command)(void *v, const char *word, const char *rest, char **ret_error);
	const char *const *commands;
	/* It became the one that is shown, or is no more. May be NULL. */
	void (*shown)(void *v, bool shown);
};

extern const struct view *const views[VIEWS];

/* ------------------------------------------------------- what views may ask */

struct store *ui_store(struct ui *ui);
const struct ui_config *ui_config(const struct ui *ui); /* tui/ui.h */

/* Whether flows can come: not at all, not now, no more. ENDED: in good order. */
enum ui_source { SOURCE_THERE, SOURCE_NONE, SOURCE_AWAY, SOURCE_ENDED };
enum ui_source ui_source(const struct ui *ui);

/* Draw again at the next frame. */
void ui_changed(struct ui *ui);

/* One line below, until the next key. STYLE_BAD: an error. Escaped by the caller where it has to be. */
void ui_say(struct ui *ui, enum style style, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

void ui_show_view(struct ui *ui, enum view_id view);

/* The filter gets `expression` as well; exclude: all but it. Can be undone. */
void ui_filter_add(struct ui *ui, const char *expression, bool exclude);

/* Flows of something: ui_filter_add() and the Flows view; ACT_BACK comes back with the filter of before. */
void ui_drill(struct ui *ui, const char *expression);

/* Asks for a line; fn gets it (NULL: given up). initial may be NULL. */
void ui_ask(struct ui *ui, const char *question, const char *initial,
	    void (*fn)(void *arg, const char *line), void *arg);

/* Lets one of the NULL-terminated words be chosen in a list; fn gets its index. marks: NULL, or which are on (toggled by Space, all given back). */
void ui_choose(struct ui *ui, const char *title, const char *const *words, size_t selected,
	       bool *marks, void (*fn)(void *arg, size_t index), void *arg);

/* A page over the view that scrolls; ui takes it. ACT_BACK closes it. */
void ui_page_show(struct ui *ui, struct ui_page *page);

/*
 * Why there is nothing to see and what to do, drawn in the middle of the area. what: "flows",
 * "drops"; the rest (no source, no rights, filter, no traffic yet, time shown) is found out.
 */
void ui_draw_empty(struct ui *ui, struct canvas *c, struct canvas_area area, const char *what);

#endif
