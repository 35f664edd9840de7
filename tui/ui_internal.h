/* SPDX-License-Identifier: MIT */
/* What struct ui is, for tui/ui*.c alone. */
#ifndef PITOT_TUI_UI_INTERNAL_H
#define PITOT_TUI_UI_INTERNAL_H

#include "tui/notices.h"
#include "tui/screen.h"

#define OVERLAYS 8
#define DRILLS 16
#define HITS 96
#define MESSAGE_MAX 512

/* A place on the bars that a click acts on. */
struct ui_hit {
	int x, y, width;
	enum action action;
	int count;
};

#define MUCH 10000 /* flows a second: views that nobody looks at wait, frames come less often */
#define TRIM_SECONDS 20
#define TRIM_FLOWS 20000 /* since the last time; a quiet screen does nothing */

struct ui {
	const struct ui_config *config;
	struct store *store;
	struct known *known;
	struct filter_bar *filter_bar;
	struct command_line *command_line;
	struct ui_export *export;
	void *objects[VIEWS];
	bool opened[VIEWS];
	enum view_id view;
	struct {
		const struct overlay *kind;
		void *o;
		struct canvas_area area; /* where it was drawn last */
	} overlays[OVERLAYS];
	size_t n_overlays;
	const void *help; /* the page that was shown last as help: to compare, it may be gone */
	struct {
		char *filter;
		enum view_id view;
	} drills[DRILLS]; /* where the flows were asked for */
	size_t n_drills;
	char message[MESSAGE_MAX];
	char message_more[48]; /* at the right end of its line, whatever room it needs */
	enum style message_style;
	struct ui_hit hits[HITS];
	size_t n_hits;
	struct canvas_area body; /* of the view, as drawn last */
	uint64_t come, come_before, per_second; /* flows of the source */
	uint64_t seconds, come_trimmed; /* ticks; flows when free memory was given back last */
	bool changed, over, redraw, suspend;
	/* what the source has told, ui_source.c */
	struct notices notices;
	uint64_t unread; /* lines or messages of a file */
	char unread_what[16];
	struct {
		uint64_t since_ns; /* wall clock; 0: its other end is there */
		uint64_t next_ns; /* monotonic: the next attempt */
		bool was_there;
		char why[MESSAGE_MAX];
	} away;
	bool ended;
	int end_err;
};

/* ui_bars.c: what is above and below the view. */
struct canvas_area ui_draw_header(struct ui *ui, struct canvas *c); /* what is left for the view */
void ui_draw_footer(struct ui *ui, struct canvas *c);

/* ui_overlay.c */
void ui_draw_overlays(struct ui *ui, struct canvas *c, struct canvas_area body, int *cursor_x,
		      int *cursor_y);
bool ui_overlay_key(struct ui *ui, int key); /* of the one on top */
bool ui_overlay_act(struct ui *ui, enum action a, int count);
bool ui_overlay_hears(const struct ui *ui, enum action a); /* does the key do anything now? */
bool ui_overlay_mouse(struct ui *ui, const struct ui_mouse *m);
void ui_overlay_pop_all(struct ui *ui);
bool ui_overlay_hides_view(const struct ui *ui); /* a page is over it */

/* ui_filtering.c: the filter's keys, and the way back from where a drill led. */
int ui_filtering_open(struct ui *ui);
bool ui_filtering_act(struct ui *ui, enum action a);
bool ui_drill_back(struct ui *ui);
void ui_drill_forget(struct ui *ui);

/* ui_source.c: why the source ended badly; NULL: it did not. */
const char *ui_end_reason(const struct ui *ui);

/* "again in 4 s", "trying again in 4 s", "since 00:32:10" of a source that is away. */
void ui_put_again(const struct ui *ui, struct text *t);
void ui_put_next_attempt(const struct ui *ui, struct text *t);
void ui_put_away_since(const struct ui *ui, struct text *t);

/* "1,204" */
void ui_put_count(struct text *t, uint64_t n);

/* help.c */
void ui_help(struct ui *ui);

#endif
