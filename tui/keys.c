// SPDX-License-Identifier: MIT
#include "tui/keys.h"

#include <stdio.h>

#define MAP IN(VIEW_MAP)
#define SUMS (IN(VIEW_TOP) | IN(VIEW_DROPS) | IN(VIEW_DNS) | IN(VIEW_PROCESSES))

/* In the order of the footer and, by group, of the help. */
const struct key_row key_rows[] = {
	/* keys, action, count, views, footer, help, group */
	{{'?', KEY_F1}, ACT_HELP, 0, IN_ALL, "Help", "help: every key of this view", "Everywhere"},
	{{'q', CONTROL('c')}, ACT_QUIT, 0, IN_ALL, "Quit", "leave", "Everywhere"},
	{{'/'}, ACT_FILTER, 0, IN_ALL, "Filter", "type a filter, for every view", "Filter"},
	{{KEY_RETURN},
	 ACT_OPEN,
	 0,
	 IN_ALL & ~IN(VIEW_STATUS),
	 "Open",
	 "open: the details, or the flows of what is selected",
	 "Moving"},
	{{KEY_ESCAPE, KEY_BACKSPACE_},
	 ACT_BACK,
	 0,
	 IN_ALL,
	 NULL,
	 "back: close what is open, or to where the flows were asked for",
	 "Moving"},

	{{KEY_UP_, 'k'}, ACT_UP, 0, IN_ALL, NULL, "up", "Moving"},
	{{KEY_DOWN_, 'j'}, ACT_DOWN, 0, IN_ALL, NULL, "down", "Moving"},
	{{KEY_LEFT_, 'h'}, ACT_LEFT, 0, IN_ALL, NULL, "left; in a table: the cell", "Moving"},
	{{KEY_RIGHT_, 'l'}, ACT_RIGHT, 0, IN_ALL, NULL, "right; in a table: the cell", "Moving"},
	{{KEY_PAGE_UP, CONTROL('b')}, ACT_PAGE_UP, 0, IN_ALL, NULL, "a page up", "Moving"},
	{{KEY_PAGE_DOWN, CONTROL('f')}, ACT_PAGE_DOWN, 0, IN_ALL, NULL, "a page down", "Moving"},
	{{KEY_HOME_, 'g'}, ACT_HOME, 0, IN_ALL, NULL, "to the begin", "Moving"},
	{{KEY_END_, 'G'},
	 ACT_END,
	 0,
	 IN_ALL,
	 NULL,
	 "to the end; flows: follow what comes",
	 "Moving"},

	{{'\t'}, ACT_NEXT_VIEW, 0, IN_ALL, NULL, "the next view", "Views"},
	{{KEY_BACK_TAB}, ACT_PREVIOUS_VIEW, 0, IN_ALL, NULL, "the view before", "Views"},
	{{'1'}, ACT_VIEW, 1, IN_ALL, NULL, "Flows: every event, as it comes", "Views"},
	{{'2'}, ACT_VIEW, 2, IN_ALL, NULL, "Map: who talks to whom", "Views"},
	{{'3'}, ACT_VIEW, 3, IN_ALL, NULL, "Top: who talks most", "Views"},
	{{'4'}, ACT_VIEW, 4, IN_ALL, NULL, "Drops: what dies, where and why", "Views"},
	{{'5'}, ACT_VIEW, 5, IN_ALL, NULL, "DNS: names asked, failures, latency", "Views"},
	{{'6'}, ACT_VIEW, 6, IN_ALL, NULL, "Processes: which programs talk", "Views"},
	{{'7'}, ACT_VIEW, 7, IN_ALL, NULL, "Status: the source, losses, pitot's own cost", "Views"},

	{{'f'},
	 ACT_FILTER_CELL,
	 0,
	 IN_ALL & ~IN(VIEW_STATUS),
	 "Only",
	 "only what the cell says; a flow's page: its connection",
	 "Filter"},
	{{'F'},
	 ACT_EXCLUDE_CELL,
	 0,
	 IN_ALL & ~IN(VIEW_STATUS),
	 "Not",
	 "all but what has the selected cell's value",
	 "Filter"},
	{{'u'}, ACT_UNDO, 0, IN_ALL, NULL, "the filter before", "Filter"},
	{{'U', CONTROL('r')}, ACT_REDO, 0, IN_ALL, NULL, "undo the undoing", "Filter"},
	{{'y'}, ACT_YANK, 0, IN_ALL, NULL, "the pitot command line that shows the same", "Filter"},

	{{' '}, ACT_PAUSE, 0, IN_ALL, "Pause", "pause; again: live, or play the recording", "Time"},
	{{'['}, ACT_STEP_BACK, 0, IN_ALL, NULL, "back to the flow before", "Time"},
	{{']'}, ACT_STEP_FORWARD, 0, IN_ALL, NULL, "on to the next flow", "Time"},
	{{'t'}, ACT_JUMP, 0, IN_ALL, NULL, "jump to a time: 14:03, -5m", "Time"},
	{{'<'}, ACT_SLOWER, 0, IN_ALL, NULL, "play at half the speed", "Time"},
	{{'>'}, ACT_FASTER, 0, IN_ALL, NULL, "play; again: twice as fast", "Time"},
	{{'.'}, ACT_LIVE, 0, IN_ALL, NULL, "to now: live again, or a recording's end", "Time"},

	{{'s'}, ACT_SORT, 0, IN_TABLES, "Sort", "sort by the column of the cell cursor", "Tables"},
	{{'S'}, ACT_SORT_REVERSE, 0, IN_TABLES, NULL, "turn the sort round", "Tables"},
	{{'c'}, ACT_COLUMNS, 0, IN_TABLES, "Columns", "choose the columns", "Tables"},
	{{'\\', KEY_F1 + 2}, ACT_FIND, 0, IN_TABLES | MAP, NULL, "find text", "Tables"},
	{{'n'}, ACT_FIND_NEXT, 0, IN_TABLES | MAP, NULL, "find the next", "Tables"},

	{{'+', '='}, ACT_ZOOM_IN, 0, MAP, "Zoom in", "more on each node and link", "Map"},
	{{'-'}, ACT_ZOOM_OUT, 0, MAP, "out", "less on each: see more of the map", "Map"},
	{{'o'},
	 ACT_FOCUS,
	 0,
	 MAP,
	 "Focus",
	 "only the selected node and its neighbours; again: one step more",
	 "Map"},
	{{'x'},
	 ACT_COLLAPSE,
	 0,
	 MAP,
	 "Collapse",
	 "fold the namespace into one node, or unfold it",
	 "Map"},
	{{'X'}, ACT_COLLAPSE_ALL, 0, MAP, NULL, "fold or unfold all namespaces", "Map"},
	{{'b'}, ACT_GROUP, 0, MAP, "Group", "nodes are workloads, namespaces or endpoints", "Map"},
	{{'w'}, ACT_WORLD, 0, MAP, NULL, "group the world by name, network or country", "Map"},
	{{KEY_SHIFT_LEFT, 'H'}, ACT_PAN_LEFT, 0, MAP, NULL, "move the map left", "Map"},
	{{KEY_SHIFT_RIGHT, 'L'}, ACT_PAN_RIGHT, 0, MAP, NULL, "move the map right", "Map"},
	{{KEY_SHIFT_UP, 'K'}, ACT_PAN_UP, 0, MAP, NULL, "move the map up", "Map"},
	{{KEY_SHIFT_DOWN, 'J'}, ACT_PAN_DOWN, 0, MAP, NULL, "move the map down", "Map"},
	{{'a'}, ACT_NEXT_LINK, 0, MAP, NULL, "select the node's next link", "Map"},
	{{'c'}, ACT_CENTER, 0, MAP, NULL, "the selected node to the middle", "Map"},
	{{'v'}, ACT_FLOWS, 0, MAP, "Flows", "view the flows of the selected node or link", "Map"},
	{{'v'},
	 ACT_FLOWS,
	 0,
	 IN(VIEW_TOP) | IN(VIEW_PROCESSES),
	 "Flows",
	 "view the flows of the selected row",
	 "Sums"},
	{{'p'},
	 ACT_NEXT_BAD,
	 0,
	 MAP,
	 "Problem",
	 "the next link where packets die or calls fail",
	 "Map"},
	{{'z'}, ACT_SILENT, 0, MAP, NULL, "hide links that have gone silent, and show them", "Map"},
	{{'i'},
	 ACT_WINDOW,
	 0,
	 MAP,
	 NULL,
	 "rates of the last 1, 10 or 60 s, or of all the time",
	 "Map"},
	{{'E'}, ACT_LIST, 0, MAP, "List", "the links as a list to sort, and back", "Map"},
	{{'s'}, ACT_SORT, 0, MAP, NULL, "the list: sort by the column of the cell cursor", "Map"},
	{{'S'}, ACT_SORT_REVERSE, 0, MAP, NULL, "the list: turn the sort round", "Map"},

	{{'b'}, ACT_DIMENSION, 0, SUMS, "By", "sum up by something else", "Sums"},
	{{'m'}, ACT_METRIC, 0, SUMS, "Metric", "rank by something else", "Sums"},
	{{'w'}, ACT_WINDOW, 0, SUMS, "Window", "rates of the last 1, 10 or 60 s", "Sums"},
	{{'N'},
	 ACT_NUMERIC,
	 0,
	 IN(VIEW_FLOWS) | IN(VIEW_MAP),
	 NULL,
	 "addresses in place of names, and back",
	 "Tables"},

	{{'e'}, ACT_EXPORT, 0, IN_ALL, "Export", "write what is shown to a file", "Files"},
	{{'r'}, ACT_RECORD, 0, IN_ALL, "Record", "record flows to a file; again: stop", "Files"},
	{{':'}, ACT_COMMAND, 0, IN_ALL, NULL, "type a command: Tab completes", "Everywhere"},
	{{CONTROL('l')}, ACT_REDRAW, 0, IN_ALL, NULL, "draw the screen anew", "Everywhere"},
	{.action = ACT_NONE},
};

const struct key_row *key_find(enum view_id view, int key)
{
	if (!key)
		return NULL;
	for (const struct key_row *r = key_rows; r->action != ACT_NONE; r++) {
		if (!(r->views & IN(view)))
			continue;
		for (int i = 0; i < 3; i++)
			if (r->keys[i] == key)
				return r;
	}
	return NULL;
}

uint32_t keys_views(int key)
{
	uint32_t in = 0;

	for (int view = 0; view < VIEWS; view++)
		if (key_find((enum view_id)view, key))
			in |= IN(view);
	return in;
}

static const struct {
	int key;
	const char *name;
} names[] = {
	{'\t', "Tab"},
	{' ', "Space"},
	{KEY_UP_, "Up"},
	{KEY_DOWN_, "Down"},
	{KEY_LEFT_, "Left"},
	{KEY_RIGHT_, "Right"},
	{KEY_HOME_, "Home"},
	{KEY_END_, "End"},
	{KEY_PAGE_UP, "PgUp"},
	{KEY_PAGE_DOWN, "PgDn"},
	{KEY_BACKSPACE_, "Backspace"},
	{KEY_DELETE, "Del"},
	{KEY_INSERT, "Ins"},
	{KEY_BACK_TAB, "Shift-Tab"},
	{KEY_ESCAPE, "Esc"},
	{KEY_RETURN, "Enter"},
	{KEY_SHIFT_UP, "Shift-Up"},
	{KEY_SHIFT_DOWN, "Shift-Down"},
	{KEY_SHIFT_LEFT, "Shift-Left"},
	{KEY_SHIFT_RIGHT, "Shift-Right"},
	{KEY_MOUSE_, "Mouse"},
};

char *key_text(int key, char *buf)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (names[i].key != key)
			continue;
		snprintf(buf, 16, "%s", names[i].name);
		return buf;
	}
	if (key >= KEY_F1 && key < KEY_F1 + 12)
		snprintf(buf, 16, "F%d", key - KEY_F1 + 1);
	else if (key > 0 && key < 32)
		snprintf(buf, 16, "^%c", key + 64);
	else if (key > 32 && key < 127)
		snprintf(buf, 16, "%c", key);
	else
		snprintf(buf, 16, "U+%04X", (unsigned int)key & 0x1fffff);
	return buf;
}
