// SPDX-License-Identifier: MIT
/* --aggregate, --sort and --limit of `pitot observe`: what is asked, and who prints it. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/columns.h"
#include "cli/command.h"
#include "cli/observe.h"
#include "cli/print_aggregate.h"
#include "cli/sort.h"

#define NS_PER_SEC 1000000000ull
#define INTERVAL_NS (10 * NS_PER_SEC)

/* The formats of a table of groups; what is a line a flow otherwise becomes a table. */
static const struct {
	const char *name;
	enum aggregate_format format;
} formats[] = {
	{"table", AGGREGATE_TABLE}, {"tab", AGGREGATE_TABLE},	     {"json", AGGREGATE_JSON},
	{"jsonpb", AGGREGATE_JSON}, {"csv", AGGREGATE_CSV},	     {"compact", AGGREGATE_TABLE},
	{"wide", AGGREGATE_TABLE},  {"connection", AGGREGATE_TABLE},
};

#define FORMATS (sizeof(formats) / sizeof(formats[0]))
#define FORMATS_ASKED 5 /* those that ask for a table, of connections, too */

static size_t format_of(const struct observe_options *o)
{
	size_t i = 0;

	while (i < FORMATS && strcmp(formats[i].name, o->format->name))
		i++;
	return i;
}

/* A line for each connection is what the capture can do; what is over has no ends to wait for. */
bool observe_is_summed(const struct observe_options *o, bool held)
{
	if (o->aggregate == AGGREGATE_CONNECTION)
		return held || format_of(o) < FORMATS_ASKED;
	return o->aggregate != AGGREGATE_NONE;
}

static int refuse(char *err, size_t size, const char *line)
{
	snprintf(err, size, "%s", line);
	return -EINVAL;
}

static int check_sort(const struct observe_options *o, char *err, size_t size)
{
	if (o->limit && !o->sort && o->aggregate == AGGREGATE_NONE)
		return refuse(err, size,
			      "--limit goes with --sort or --aggregate; "
			      "the first flows are --first, the last ones --last");
	if (!o->sort)
		return 0;
	if (o->aggregate != AGGREGATE_NONE)
		return aggregate_sort_check(o->sort, err, size);
	if (o->follow && !o->input_file)
		return refuse(err, size,
			      "--sort prints at the end only, it cannot --follow: "
			      "leave that out, or take --aggregate");
	return sort_check(o->sort, err, size);
}

int observe_summing_check(const struct observe_options *o, char *err, size_t size)
{
	struct columns ignored;
	char why[200];

	if (o->print.columns && strcmp(o->format->name, "csv"))
		return refuse(err, size, "--columns goes with \"-o csv\"");
	if (o->print.columns && o->aggregate != AGGREGATE_NONE)
		return refuse(err, size, "--columns is about flows: --aggregate has its own");
	if (o->print.columns &&
	    columns_parse(o->print.columns, false, &ignored, why, sizeof(why))) {
		snprintf(err, size, "--columns: %s", why);
		return -EINVAL;
	}
	if (o->interval_ns && o->aggregate == AGGREGATE_NONE)
		return refuse(err, size, "--interval goes with --aggregate");
	if (o->interval_ns && o->input_file)
		return refuse(err, size, "cannot set both --interval and --input-file");
	if (o->interval_ns && o->interval_ns < NS_PER_SEC / 10)
		return refuse(err, size, "--interval: give 100ms or more");
	if (o->aggregate != AGGREGATE_NONE && format_of(o) == FORMATS) {
		snprintf(err, size,
			 "--aggregate prints a table, \"-o json\" or \"-o csv\", not \"-o %s\"",
			 o->format->name);
		return -EINVAL;
	}
	return check_sort(o, err, size);
}

/* A capture that nothing ends is looked at while it runs. */
uint64_t observe_interval_ns(const struct observe *o)
{
	const struct observe_options *opt = o->opt;

	if (!o->summed || opt->input_file)
		return 0;
	if (opt->interval_ns)
		return opt->interval_ns;
	if (opt->follow)
		return INTERVAL_NS;
	return o->from->held || opt->for_ns || opt->until_ns || opt->first || opt->last
		       ? 0
		       : INTERVAL_NS;
}

int observe_printer_open(struct observe *o)
{
	static const enum aggregate_by by[] = {[AGGREGATE_CONNECTION] = BY_CONNECTION,
					       [AGGREGATE_PAIR] = BY_PAIR,
					       [AGGREGATE_SERVICE] = BY_SERVICE,
					       [AGGREGATE_NAMESPACE] = BY_NAMESPACE};
	const struct observe_options *opt = o->opt;
	struct print_aggregate_options how = {
		.by = by[opt->aggregate], .sort = opt->sort, .limit = opt->limit};

	fields_set_node(opt->node_name);
	o->summed = observe_is_summed(opt, o->from->held);
	if (!o->summed)
		return opt->format->create(&opt->print, &o->printer);
	how.format = formats[format_of(opt)].format;
	how.interval_ns = observe_interval_ns(o);
	return print_aggregate_create(&opt->print, &how, &o->printer);
}

int observe_sort_open(struct observe *o)
{
	int err;

	if (!o->opt->sort || o->summed)
		return 0;
	err = sort_new(o->sink, o->opt->sort, o->opt->limit, &o->sort);
	if (!err)
		o->sink = o->sort;
	return err;
}

void observe_sort_release(struct observe *o)
{
	uint64_t missing;

	if (!o->sort || o->sink_err)
		return;
	o->sink_err = sort_release(o->sort, &missing);
	if (missing)
		say(0,
		    "--sort: the first %u are shown, %" PRIu64
		    " more had no room: ask for fewer with --limit or a filter",
		    SORT_MAX, missing);
}
