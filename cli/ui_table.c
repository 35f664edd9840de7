// SPDX-License-Identifier: MIT
/* The table of `pitot ui`'s options. */
#include "cli/filter_rows.h"
#include "cli/names_rows.h"
#include "cli/ui_options.h"

const char *const ui_views[] = {"flows", "map", "top", "drops", "dns", "processes", "status", NULL};

/* In the order of enum terminal_color. */
static const char *const colors[] = {"auto", "never", "8", "256", "true", NULL};

#define AT(field) offsetof(struct ui_options, field)

const struct opt ui_option_table[] = {
	{"input-file", 0, OPT_TEXT, "FILE", AT(observe.input_file), .group = GROUP_SELECT,
	 .help = "show the flows of FILE (JSON lines or protobuf)"},
	{"no-agent", 0, OPT_FLAG, NULL, AT(observe.no_agent), .group = GROUP_SELECT,
	 .help = "capture here, even where an agent runs"},
	{"since", 0, OPT_CALL, "TIME", AT(observe.since_ns), .set = observe_set_time,
	 .group = GROUP_SELECT,
	 .help = "of a server: its flows from TIME on, not all that it holds"},
	{"history-memory", 0, OPT_SIZE, "BYTES", AT(history_bytes), .group = GROUP_SELECT,
	 .fallback = "256M", .help = "room for the flows that are held; K, M or G"},
	{"where", 0, OPT_TEXT, "EXPRESSION", AT(where), .group = GROUP_SELECT,
	 .help = "to begin with: flows for which it is true, such as 'rtt > 50ms'"},
	{"all-drops", 0, OPT_FLAG, NULL, AT(all_drops), .group = GROUP_SELECT,
	 .help = "show drops that are part of normal life, too"},

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

	{"no-names", 0, OPT_FLAG, NULL, AT(observe.no_names), .group = GROUP_NAMES,
	 .help = "addresses and processes only: no pods, services, DNS names, places"},
	NAMES_ROWS,

	{"report-interval", 0, OPT_DURATION, "DURATION", AT(observe.report_interval_ns),
	 .group = GROUP_CAPTURE, .fallback = "1s",
	 .help = "how often a connection that goes on is shown"},
	{"max-connections", 0, OPT_NUMBER, "N", AT(observe.capture.max_connections),
	 .group = GROUP_CAPTURE, .fallback = "65536",
	 .help = "connections held in the kernel at a time"},
	{"ring-size", 0, OPT_SIZE, "BYTES", AT(observe.capture.ring_bytes), .group = GROUP_CAPTURE,
	 .fallback = "1M", .help = "room for events on their way; K, M"},
	{"drop-stack", 0, OPT_FLAG, NULL, AT(observe.capture.drop_stack), .group = GROUP_CAPTURE,
	 .help = "the kernel's call stack for each new drop"},
	{"without", 0, OPT_TEXT, "FEATURES", AT(observe.capture.without), .group = GROUP_HIDDEN,
	 .help = "act as if the kernel lacked these"},

	SERVER_ROWS(AT(observe.server)),

	{"help", 'h', OPT_HELP, .group = GROUP_OTHER, .help = "print this"},
	{.name = NULL},
};
