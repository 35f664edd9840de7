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
#include "cli/source_rows.h"
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
	LAST_ROW("; of a capture, shown when it stops"),
	FIRST_ROW,
	SPAN_ROWS,
	FOR_ROW(NULL, FOR_WORDS),
	FOLLOW_ROW("show flows as they come, also with --last"),
	ALL_ROW(""),
	INPUT_FILE_ROW(STDIN_TOO),
	NO_AGENT_ROW,
	RECONNECT_ROW,
	WHERE_ROW(AT(where_text), ""),
	ALL_DROPS_ROW(AT(filter.normal_drops)),

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
	COLOR_ROW(AT(color)),
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

	NO_NAMES_ROW,
	NAMES_ROWS,

	CAPTURE_ROWS("5s", "shown"),
	CAPTURE_DROPS_ROWS,

	SERVER_ROWS(AT(server)),

	HELP_ROW,
	{.name = NULL},
};
