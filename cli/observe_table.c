/* SPDX-License-Identifier: MIT */
/* The table of `pitot observe`'s options. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/filter_rows.h"
#include "cli/names_rows.h"
#include "cli/observe_options.h"
#include "flows/time_arg.h"

static const char *const outputs[] = {
	"compact", "dict",	 "json", "jsonpb", "table", "tab",
	"wide",	   "connection", "pb",	 "csv",	   NULL,
};
static const char *const time_formats[] = {
	"StampMilli", "YearMonthDay", "YearMonthDayHour", "YearMonthDayHourMinute",
	"RFC3339",    "RFC3339Milli", "RFC3339Micro",	  "RFC3339Nano",
	"RFC1123Z",   NULL,
};
static const char *const colors[] = {"auto", "always", "never", NULL};
static const char *const aggregates[] = {"none",    "connection", "pair",
					 "service", "namespace",  NULL};
static int set_output(void *options, const struct opt *o, bool negated, const char *value,
		      char *err, size_t err_size)
{
	struct observe_options *obs = options;
	size_t n;

	(void)negated;
	obs->format = print_format_find(value);
	if (obs->format)
		return 0;
	n = snprintf(err, err_size, "\"%s\" is not one of", value);
	for (int i = 0; o->choices[i] && n < err_size; i++)
		n += snprintf(err + n, err_size - n, "%s%s", i ? ", " : " ", o->choices[i]);
	return -EINVAL;
}

int observe_set_time(void *options, const struct opt *o, bool negated, const char *value, char *err,
		     size_t err_size)
{
	struct observe_options *obs = options;
	struct timespec now;

	(void)negated;
	clock_gettime(CLOCK_REALTIME, &now);
	if (time_arg_parse(value, now.tv_sec * 1000000000ull + now.tv_nsec,
			   (uint64_t *)((char *)options + o->target))) {
		snprintf(err, err_size,
			 "\"%s\" is not a time: give a duration back from now "
			 "(90s, 1h30m), 2006-01-02 or 2006-01-02T15:04:05Z",
			 value);
		return -EINVAL;
	}
	if (o->target == offsetof(struct observe_options, since_ns))
		obs->since = value;
	return 0;
}

static int set_field_mask(void *options, const struct opt *o, bool negated, const char *value,
			  char *err, size_t err_size)
{
	struct observe_options *obs = options;
	char *joined;

	(void)o, (void)negated;
	if (asprintf(&joined, "%s%s%s", obs->field_mask ? obs->field_mask : "",
		     obs->field_mask ? "," : "", value) < 0) {
		snprintf(err, err_size, "out of memory");
		return -ENOMEM;
	}
	free(obs->field_mask);
	obs->field_mask = joined;
	return 0;
}

#define AT(field) offsetof(struct observe_options, field)

const struct opt observe_option_table[] = {
	{"last", 0, OPT_COUNT, "N", AT(last), .group = GROUP_SELECT,
	 .help = "the last N flows; of a capture, shown when it stops"},
	{"first", 0, OPT_COUNT, "N", AT(first), .group = GROUP_SELECT,
	 .help = "stop after N flows"},
	{"since", 0, OPT_CALL, "TIME", AT(since_ns), .set = observe_set_time, .group = GROUP_SELECT,
	 .help = "flows from TIME on: a duration back from now (5m) or a date"},
	{"until", 0, OPT_CALL, "TIME", AT(until_ns), .set = observe_set_time, .group = GROUP_SELECT,
	 .help = "stop at TIME"},
	{"for", 0, OPT_DURATION, "DURATION", AT(for_ns), .group = GROUP_SELECT,
	 .help = "stop after DURATION (300ms, 5s, 1h30m)"},
	{"follow", 'f', OPT_FLAG, NULL, AT(follow), .group = GROUP_SELECT,
	 .help = "show flows as they come, also with --last"},
	{"all", 0, OPT_FLAG, NULL, AT(all), .group = GROUP_SELECT,
	 .help = "all flows that the server holds"},
	{"input-file", 0, OPT_TEXT, "FILE", AT(input_file), .group = GROUP_SELECT,
	 .help = "read flows from FILE (JSON lines or protobuf), -: standard input"},
	{"no-agent", 0, OPT_FLAG, NULL, AT(no_agent), .group = GROUP_SELECT,
	 .help = "capture here, even where an agent runs"},
	{"reconnect", 0, OPT_FLAG, NULL, AT(reconnect), .group = GROUP_SELECT,
	 .help = "with --follow: when the server goes away, again from where it was"},
	{"where", 0, OPT_TEXT, "EXPRESSION", AT(where_text), .group = GROUP_SELECT,
	 .help = "flows for which it is true, such as 'bytes > 1e6 && rtt > 50ms'"},
	{"all-drops", 0, OPT_FLAG, NULL, AT(filter.normal_drops), .group = GROUP_SELECT,
	 .help = "show drops that are part of normal life, too"},

	FILTER_ROWS(AT(filter)),

	{"output", 'o', OPT_CALL, "FORMAT", .set = set_output, .choices = outputs,
	 .group = GROUP_OUTPUT, .fallback = "compact",
	 .help = "compact, dict, json, jsonpb, table, tab, wide, connection, csv, pb"},
	{"aggregate", 0, OPT_CHOICE, "BY", AT(aggregate), .choices = aggregates,
	 .group = GROUP_OUTPUT, .fallback = "none",
	 .help = "sum up by connection, pair, service or namespace"},
	{"interval", 0, OPT_DURATION, "DURATION", AT(interval_ns), .group = GROUP_OUTPUT,
	 .fallback = "10s", .help = "of --aggregate: a table of what came, each DURATION"},
	{"sort", 0, OPT_TEXT, "FIELDS", AT(sort), .group = GROUP_OUTPUT,
	 .help = "in the order of fields by comma, -FIELD: largest first; at the end"},
	{"limit", 0, OPT_NUMBER, "N", AT(limit), .group = GROUP_OUTPUT,
	 .help = "of --sort and --aggregate: the first N"},
	{"columns", 0, OPT_TEXT, "FIELDS", AT(print.columns), .group = GROUP_OUTPUT,
	 .help = "of -o csv: fields by comma, see pitot-filter(7)"},
	{"time-format", 0, OPT_CHOICE, "FORMAT", AT(print.time_format), .choices = time_formats,
	 .group = GROUP_OUTPUT, .fallback = "StampMilli",
	 .help = "StampMilli, YearMonthDay, RFC3339, RFC3339Nano, .. RFC1123Z"},
	{"local-time", 0, OPT_FLAG, NULL, AT(print.local_time), .group = GROUP_OUTPUT,
	 .help = "times of this machine's zone, not UTC"},
	{"color", 0, OPT_CHOICE, "WHEN", AT(color), .choices = colors, .group = GROUP_OUTPUT,
	 .fallback = "auto", .help = "auto, always or never"},
	{"numeric", 0, OPT_FLAG, NULL, AT(print.numeric), .group = GROUP_OUTPUT,
	 .help = "addresses in place of names"},
	{"ip-translation", 0, OPT_SWITCH, NULL, AT(ip_translation), .group = GROUP_OUTPUT,
	 .fallback = "true", .help = "names in place of addresses"},
	{"print-node-name", 0, OPT_FLAG, NULL, AT(print.print_node_name), .group = GROUP_OUTPUT,
	 .help = "this machine's name in each line"},
	{"print-policy-names", 0, OPT_FLAG, NULL, AT(print.print_policy_names),
	 .group = GROUP_OUTPUT, .help = "of policy verdicts: the policies that decided"},
	{"field-mask", 0, OPT_CALL, "FIELDS", .set = set_field_mask, .group = GROUP_OUTPUT,
	 .help = "JSON only: the fields that are asked for, by comma; may be repeated"},
	{"use-default-field-masks", 0, OPT_SWITCH, NULL, AT(default_masks), .group = GROUP_HIDDEN,
	 .help = "taken for compatibility: every field is asked for"},
	{"print-raw-filters", 0, OPT_FLAG, NULL, AT(print_raw_filters), .group = GROUP_OUTPUT,
	 .help = "print the filters as FlowFilters in YAML, and nothing else"},
	{"silent-errors", 's', OPT_FLAG, NULL, AT(silent_errors), .group = GROUP_OUTPUT,
	 .help = "no word about nodes that are not reached"},
	{"stats", 0, OPT_FLAG, NULL, AT(stats), .group = GROUP_OUTPUT,
	 .help = "at the end: what was scanned, and how fast"},
	{"no-tail", 0, OPT_FLAG, NULL, AT(print.no_tail), .group = GROUP_OUTPUT,
	 .help = "compact lines without the part in brackets, exactly Hubble's"},

	{"no-names", 0, OPT_FLAG, NULL, AT(no_names), .group = GROUP_NAMES,
	 .help = "addresses and processes only: no pods, services, DNS names, places"},
	NAMES_ROWS,

	{"report-interval", 0, OPT_DURATION, "DURATION", AT(report_interval_ns),
	 .group = GROUP_CAPTURE, .fallback = "5s",
	 .help = "how often a connection that goes on is shown"},
	{"max-connections", 0, OPT_NUMBER, "N", AT(capture.max_connections), .group = GROUP_CAPTURE,
	 .fallback = "65536", .help = "connections held in the kernel at a time"},
	{"ring-size", 0, OPT_SIZE, "BYTES", AT(capture.ring_bytes), .group = GROUP_CAPTURE,
	 .fallback = "1M", .help = "room for events on their way; K, M"},
	{"drop-stack", 0, OPT_FLAG, NULL, AT(capture.drop_stack), .group = GROUP_CAPTURE,
	 .help = "the kernel's call stack for each new drop"},
	{"without", 0, OPT_TEXT, "FEATURES", AT(capture.without), .group = GROUP_HIDDEN,
	 .help = "act as if the kernel lacked these"},

	SERVER_ROWS(AT(server)),

	{"help", 'h', OPT_HELP, .group = GROUP_OTHER, .help = "print this"},
	{.name = NULL},
};
