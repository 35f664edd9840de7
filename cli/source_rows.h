/* SPDX-License-Identifier: MIT */
/*
 * The options that say where flows come from, and which of them: rows of every command that begins
 * with a struct observe_options (cli/options.h). What a command says in words of its own is in the
 * brackets.
 */
#ifndef PITOT_CLI_SOURCE_ROWS_H
#define PITOT_CLI_SOURCE_ROWS_H

#include "cli/observe_options.h"

/* Rows as in every option table. */
/* clang-format off */
#define SOURCE_AT(field) offsetof(struct observe_options, field)
#define SOURCE_ROW .group = GROUP_SELECT

#define LAST_ROW(of_what) \
	{"last", 0, OPT_COUNT, "N", SOURCE_AT(last), SOURCE_ROW, .help = "the last N flows" of_what}
#define FIRST_ROW \
	{"first", 0, OPT_COUNT, "N", SOURCE_AT(first), SOURCE_ROW, .help = "stop after N flows"}
#define SINCE_ROW(words) \
	{"since", 0, OPT_CALL, "TIME", SOURCE_AT(since_ns), .set = observe_set_time, SOURCE_ROW, \
	 .help = words}
#define SPAN_ROWS \
	SINCE_ROW("flows from TIME on: a duration back from now (5m) or a date"), \
	{"until", 0, OPT_CALL, "TIME", SOURCE_AT(until_ns), .set = observe_set_time, SOURCE_ROW, \
	 .help = "stop at TIME"}
#define FOR_ROW(without, words) \
	{"for", 0, OPT_DURATION, "DURATION", SOURCE_AT(for_ns), SOURCE_ROW, .fallback = without, \
	 .help = words}
#define FOR_WORDS "stop after DURATION (300ms, 5s, 1h30m)"
#define FOLLOW_ROW(words) \
	{"follow", 'f', OPT_FLAG, NULL, SOURCE_AT(follow), SOURCE_ROW, .help = words}
#define ALL_ROW(when) \
	{"all", 0, OPT_FLAG, NULL, SOURCE_AT(all), SOURCE_ROW, \
	 .help = "all flows that the server holds" when}
#define INPUT_FILE_ROW(stdin_too) \
	{"input-file", 0, OPT_TEXT, "FILE", SOURCE_AT(input_file), SOURCE_ROW, \
	 .help = "read flows from FILE (JSON lines or protobuf)" stdin_too}
#define STDIN_TOO ", -: standard input"
#define NO_AGENT_ROW \
	{"no-agent", 0, OPT_FLAG, NULL, SOURCE_AT(no_agent), SOURCE_ROW, \
	 .help = "capture here, even where an agent runs"}
#define RECONNECT_ROW \
	{"reconnect", 0, OPT_FLAG, NULL, SOURCE_AT(reconnect), SOURCE_ROW, \
	 .help = "with --follow: when the server goes away, again from where it was"}
#define WHERE_ROW(at, when) \
	{"where", 0, OPT_TEXT, "EXPRESSION", (at), SOURCE_ROW, \
	 .help = when "flows for which it is true, such as 'bytes > 1e6 && rtt > 50ms'"}
#define ALL_DROPS_ROW(at) \
	{"all-drops", 0, OPT_FLAG, NULL, (at), SOURCE_ROW, \
	 .help = "drops that are part of normal life, too"}

#define NO_NAMES_ROW \
	{"no-names", 0, OPT_FLAG, NULL, SOURCE_AT(no_names), .group = GROUP_NAMES, \
	 .help = "addresses and processes only: no pods, services, DNS names, places"}

/* interval: of reports; shown: what they are. */
#define CAPTURE_ROWS(interval, shown) \
	{"report-interval", 0, OPT_DURATION, "DURATION", SOURCE_AT(report_interval_ns), \
	 .group = GROUP_CAPTURE, .fallback = interval, \
	 .help = "how often a connection that goes on is " shown}, \
	{"max-connections", 0, OPT_NUMBER, "N", SOURCE_AT(capture.max_connections), \
	 .group = GROUP_CAPTURE, .fallback = "65536", \
	 .help = "connections held in the kernel at a time"}, \
	{"ring-size", 0, OPT_SIZE, "BYTES", SOURCE_AT(capture.ring_bytes), \
	 .group = GROUP_CAPTURE, .fallback = "1M", .help = "room for events on their way; K, M"}

/* Of a capture whose drops are looked at one by one. */
#define CAPTURE_DROPS_ROWS \
	{"drop-stack", 0, OPT_FLAG, NULL, SOURCE_AT(capture.drop_stack), .group = GROUP_CAPTURE, \
	 .help = "the kernel's call stack for each new drop"}, \
	{"without", 0, OPT_TEXT, "FEATURES", SOURCE_AT(capture.without), .group = GROUP_HIDDEN, \
	 .help = "act as if the kernel lacked these"}
/* clang-format on */

#endif
