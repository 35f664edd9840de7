/* SPDX-License-Identifier: MIT */
/*
 * The screen behind struct ui, for what the screen is made of (tui/view.h is what a view
 * needs): the parts that work in every view, and what lies over a view.
 *
 *   row 0    tabs                              time shown
 *   row 1    source, rate, losses              the view's caption
 *   row 2    the filter, where there is one
 *   ...      the view, or the page over it
 *   last     the footer's keys, a message, or the lowest line that is typed in
 *
 * It needs no terminal: keys come by ui_key(), the screen goes by ui_frame() to a canvas.
 */
#ifndef PITOT_TUI_SCREEN_H
#define PITOT_TUI_SCREEN_H

#include "tui/ui.h"
#include "tui/view.h"

/* ------------------------------------------------------------------- parts */

/* What lives as long as the screen and works in every view. */
struct filter_bar *ui_filter_bar(struct ui *ui);
struct command_line *ui_command_line(struct ui *ui);
struct ui_export *ui_export(struct ui *ui);
struct known *ui_known(struct ui *ui);

/*
 * Sets the filter by its text ("": none); can be undone. 0, or -EINVAL with *ret_error (may
 * be NULL) and the filter as it was.
 */
int ui_filter_set(struct ui *ui, const char *text, struct ui_filter_error *ret_error);

/* ---------------------------------------------------------------- overlays */

enum overlay_place {
	OVERLAY_LINE, /* the lowest lines of the screen: something is typed in */
	OVERLAY_PAGE, /* in the view's place */
	OVERLAY_BOX, /* a frame in the middle */
};

struct overlay {
	enum overlay_place place;
	/* Lines wanted (LINE), or lines and columns within the frame (BOX). NULL for PAGE. */
	void (*size)(void *o, int width, int height, int *ret_width, int *ret_height);
	/* cursor: where the terminal's cursor stands, untouched: none. */
	void (*draw)(void *o, struct canvas *c, struct canvas_area area, int *cursor_x,
		     int *cursor_y);
	/* A key as it came (a character is its code). True: it was for this; NULL: takes actions only. */
	bool (*key)(void *o, int key);
	/* The key's action, if key() did not take it. NULL: none. */
	bool (*act)(void *o, enum action a, int count);
	/* x, y of the area drawn last, or outside of it. NULL: none. */
	bool (*mouse)(void *o, const struct ui_mouse *m);
	void (*close)(void *o); /* it goes: free */
	const char *title; /* of a BOX; NULL: none */
};

/* Takes o (close() is called without memory for it, too). At most 8. 0 or -errno. */
int ui_overlay_push(struct ui *ui, const struct overlay *kind, void *o);
/* Closes o, where it is there, and what lies over it. */
void ui_overlay_pop(struct ui *ui, const void *o);
/* The one on top if it is of that kind; NULL: not. */
void *ui_overlay_top(struct ui *ui, const struct overlay *kind);

/* ------------------------------------------------------------------ screen */

/* A character that was pasted and not typed has this bit: it never is a command. */
#define KEY_PASTED (1 << 24)

/* config has to outlive it. 0 or -errno. */
int ui_new(const struct ui_config *config, struct ui **ret);
void ui_free(struct ui *ui); /* takes NULL */

void ui_key(struct ui *ui, int key);
void ui_mouse(struct ui *ui, const struct ui_mouse *m); /* cells of the screen */
void ui_act(struct ui *ui, enum action a, int count); /* as the key of that action */
void ui_flow(struct ui *ui, const struct flow *f); /* from the source */
void ui_second(struct ui *ui); /* once a second */

/* From the source, as flows/source.h has them. */
void ui_notice(struct ui *ui, const char *line);
void ui_node_status(struct ui *ui, const struct node_status *s); /* a notice, of what is wrong */
void ui_unread(struct ui *ui, uint64_t n, const char *what);
void ui_away(struct ui *ui, const struct source_away *away);
void ui_ended(struct ui *ui, int err);
const struct notices *ui_notices(const struct ui *ui); /* tui/notices.h */

/* Draws the screen. cursor: -1 none. */
void ui_frame(struct ui *ui, struct canvas *c, int *ret_cursor_x, int *ret_cursor_y);
bool ui_is_changed(const struct ui *ui); /* since the last frame */

void ui_quit(struct ui *ui);
bool ui_is_over(const struct ui *ui);

enum view_id ui_view(const struct ui *ui);
void *ui_view_object(struct ui *ui, enum view_id view);

#endif
