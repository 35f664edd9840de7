// SPDX-License-Identifier: MIT
/* The table of `pitot ui`'s options. */
#include "cli/filter_rows.h"
#include "cli/names_rows.h"
#include "cli/source_rows.h"
#include "cli/ui_options.h"

const char *const ui_views[] = {"flows", "map", "top", "drops", "dns", "processes", "status", NULL};

/* In the order of enum terminal_color. */
static const char *const colors[] = {"auto", "never", "8", "256", "true", NULL};

#define AT(field) offsetof(struct ui_options, field)

const struct opt ui_option_table[] = {
	INPUT_FILE_ROW(""),
	NO_AGENT_ROW,
	SINCE_ROW("of a server: its flows from TIME on, not all that it holds"),
	{"history-memory", 0, OPT_SIZE, "BYTES", AT(history_bytes), .group = GROUP_SELECT,
	 .fallback = "256M", .help = "room for the flows that are held; K, M or G"},
	WHERE_ROW(AT(where), "to begin with: "),
	ALL_DROPS_ROW(AT(all_drops)),

	FILTER_ROWS(AT(observe.filter)),

	{"view", 0, OPT_CHOICE, "VIEW", AT(view), .choices = ui_views, .group = GROUP_OUTPUT,
	 .fallback = "flows", .help = "flows, map, top, drops, dns, processes or status"},
	{"record", 0, OPT_TEXT, "FILE", AT(record), .group = GROUP_OUTPUT,
	 .help = "write all flows that come to FILE (.pb, .json or .csv)"},
	{"color", 0, OPT_CHOICE, "COLORS", AT(color), .choices = colors, .group = GROUP_OUTPUT,
	 .fallback = "auto", .help = "auto, never, or what the terminal has: 8, 256, true"},
	{"light", 0, OPT_FLAG, NULL, AT(light), .group = GROUP_OUTPUT,
	 .help = "the terminal's background is light"},
	{"ascii", 0, OPT_FLAG, NULL, AT(ascii), .group = GROUP_OUTPUT,
	 .help = "no line-drawing characters, whatever the locale"},
	{"local-time", 0, OPT_FLAG, NULL, AT(local_time), .group = GROUP_OUTPUT,
	 .help = "times of this machine's zone, not UTC"},
	{"no-mouse", 0, OPT_FLAG, NULL, AT(no_mouse), .group = GROUP_OUTPUT,
	 .help = "leave the mouse to the terminal"},
	{"clipboard", 0, OPT_FLAG, NULL, AT(clipboard), .group = GROUP_OUTPUT,
	 .help = "what \"y\" shows goes into the terminal's clipboard, too (OSC 52)"},
	{"list-keys", 0, OPT_FLAG, NULL, AT(list_keys), .group = GROUP_OUTPUT,
	 .help = "print what every key does, and nothing else"},

	NO_NAMES_ROW,
	NAMES_ROWS,

	CAPTURE_ROWS("1s", "shown"),
	CAPTURE_DROPS_ROWS,

	SERVER_ROWS(AT(observe.server)),

	HELP_ROW,
	{.name = NULL},
};
