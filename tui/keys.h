/* SPDX-License-Identifier: MIT */
/*
 * Every key, once: what it is called, what it does, where. Help (?), the footer, the
 * manual (`pitot ui --list-keys`) and the dispatch read the same rows.
 */
#ifndef PITOT_TUI_KEYS_H
#define PITOT_TUI_KEYS_H

#include <stdbool.h>
#include <stdint.h>

enum action {
	ACT_NONE,
	/* everywhere */
	ACT_QUIT,
	ACT_HELP,
	ACT_NEXT_VIEW,
	ACT_PREVIOUS_VIEW,
	ACT_VIEW, /* count: which, from 1 */
	ACT_UP,
	ACT_DOWN,
	ACT_LEFT,
	ACT_RIGHT,
	ACT_PAGE_UP,
	ACT_PAGE_DOWN,
	ACT_HOME,
	ACT_END,
	ACT_OPEN,
	ACT_BACK,
	ACT_FILTER,
	ACT_FILTER_CELL,
	ACT_EXCLUDE_CELL,
	ACT_UNDO,
	ACT_REDO,
	ACT_YANK,
	ACT_EXPORT,
	ACT_RECORD,
	ACT_COMMAND,
	ACT_REDRAW,
	/* time */
	ACT_PAUSE,
	ACT_STEP_BACK,
	ACT_STEP_FORWARD,
	ACT_JUMP,
	ACT_SLOWER,
	ACT_FASTER,
	ACT_LIVE,
	/* tables */
	ACT_SORT,
	ACT_SORT_REVERSE,
	ACT_COLUMNS,
	ACT_FIND,
	ACT_FIND_NEXT,
	/* map */
	ACT_ZOOM_IN,
	ACT_ZOOM_OUT,
	ACT_FOCUS,
	ACT_COLLAPSE,
	ACT_COLLAPSE_ALL,
	ACT_GROUP,
	ACT_WORLD,
	ACT_PAN_LEFT,
	ACT_PAN_RIGHT,
	ACT_PAN_UP,
	ACT_PAN_DOWN,
	ACT_NEXT_LINK,
	ACT_CENTER,
	ACT_FLOWS, /* the flows of what is selected */
	ACT_NEXT_BAD,
	ACT_SILENT,
	ACT_LIST,
	/* sums */
	ACT_DIMENSION,
	ACT_METRIC,
	ACT_WINDOW,
	ACT_NUMERIC,
	ACTIONS,
};

/* Views as bits: where a key works. */
enum view_id {
	VIEW_FLOWS,
	VIEW_MAP,
	VIEW_TOP,
	VIEW_DROPS,
	VIEW_DNS,
	VIEW_PROCESSES,
	VIEW_STATUS,
	VIEWS
};
#define IN(view) (1u << (view))
#define IN_ALL (IN(VIEWS) - 1)
#define IN_TABLES (IN_ALL & ~(IN(VIEW_MAP) | IN(VIEW_STATUS)))

/* Keys of the terminal as tui/terminal.c gives them: a character (Unicode), or one of these. */
enum key {
	KEY_BASE = 0x110000, /* above all of Unicode */
	KEY_UP_,
	KEY_DOWN_,
	KEY_LEFT_,
	KEY_RIGHT_,
	KEY_HOME_,
	KEY_END_,
	KEY_PAGE_UP,
	KEY_PAGE_DOWN,
	KEY_BACKSPACE_,
	KEY_DELETE,
	KEY_INSERT,
	KEY_BACK_TAB,
	KEY_ESCAPE,
	KEY_RETURN,
	KEY_SHIFT_UP,
	KEY_SHIFT_DOWN,
	KEY_SHIFT_LEFT,
	KEY_SHIFT_RIGHT,
	KEY_F1, /* up to KEY_F1 + 11 */
	KEY_MOUSE_ = KEY_F1 + 12,
	KEY_RESIZE_,
};
#define CONTROL(c) ((c)&0x1f)

struct key_row {
	int keys[3]; /* any of them; 0: no further one */
	enum action action;
	int count; /* ACT_VIEW: which view */
	uint32_t views; /* bits: IN() */
	const char *footer; /* a word for the footer; NULL: not shown there */
	const char *help; /* what it does, one line */
	const char *
		group; /* heading in the help: "Moving", "Views", "Filter", "Time", "Tables", "Map", .. */
};

/* Ended by ACT_NONE. Of two rows with the same key in a view the first holds. */
extern const struct key_row key_rows[];

/* NULL: the key does nothing in that view. */
const struct key_row *key_find(enum view_id view, int key);

/* The views in which the key does something, as bits. */
uint32_t keys_views(int key);

/* "Tab", "Shift-Tab", "^F", "PgDn", "/"; buf of 16 bytes; returns buf. */
char *key_text(int key, char *buf);

#endif
