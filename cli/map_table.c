// SPDX-License-Identifier: MIT
/* The table of `pitot map`'s options. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/filter_rows.h"
#include "cli/map.h"
#include "cli/names_rows.h"

/* In the order of enum map_output, map_group, map_world, map_zoom (behind auto), color. */
static const char *const outputs[] = {"text", "dot", "mermaid", "svg", "json", NULL};
static const char *const groups[] = {"workload", "namespace", "endpoint", NULL};
static const char *const worlds[] = {"name", "asn", "country", "one", NULL};
static const char *const zooms[] = {"auto", "names", "rates", "full", NULL};
static const char *const colors[] = {"auto", "always", "never", NULL};

static int set_collapsed(void *options, const struct opt *o, bool negated, const char *value,
			 char *err, size_t err_size)
{
	struct map_options *m = options;

	(void)o, (void)negated;
	if (m->n_collapsed == MAP_COLLAPSED_MAX) {
		snprintf(err, err_size, "\"%s\" is one too many: at most %d namespaces", value,
			 MAP_COLLAPSED_MAX);
		return -EINVAL;
	}
	m->collapsed[m->n_collapsed++] = value;
	return 0;
}

#define AT(field) offsetof(struct map_options, field)

const struct opt map_option_table[] = {
	{"for", 0, OPT_DURATION, "DURATION", AT(o.for_ns), .group = GROUP_SELECT, .fallback = "10s",
	 .help = "of live traffic: what is seen in that time (30s, 5m)"},
	{"follow", 'f', OPT_FLAG, NULL, AT(o.follow), .group = GROUP_SELECT,
	 .help = "live traffic until it is stopped (Ctrl-C), then the map"},
	{"since", 0, OPT_CALL, "TIME", AT(o.since_ns), .set = observe_set_time,
	 .group = GROUP_SELECT,
	 .help = "flows from TIME on: a duration back from now (5m) or a date"},
	{"until", 0, OPT_CALL, "TIME", AT(o.until_ns), .set = observe_set_time,
	 .group = GROUP_SELECT, .help = "stop at TIME"},
	{"last", 0, OPT_COUNT, "N", AT(o.last), .group = GROUP_SELECT,
	 .help = "the last N flows that the server holds"},
	{"all", 0, OPT_FLAG, NULL, AT(o.all), .group = GROUP_SELECT,
	 .help = "all flows that the server holds; so it is where nothing else selects"},
	{"input-file", 0, OPT_TEXT, "FILE", AT(o.input_file), .group = GROUP_SELECT,
	 .help = "the flows of FILE (JSON lines or protobuf), -: standard input"},
	{"diff", 0, OPT_FLAG, NULL, AT(diff), .group = GROUP_SELECT,
	 .help = "two files A and B: what is new in B, and what is gone"},
	{"no-agent", 0, OPT_FLAG, NULL, AT(o.no_agent), .group = GROUP_SELECT,
	 .help = "capture here, even where an agent runs"},
	{"where", 0, OPT_TEXT, "EXPRESSION", AT(o.where_text), .group = GROUP_SELECT,
	 .help = "flows for which it is true, such as 'bytes > 1e6 && rtt > 50ms'"},
	{"all-drops", 0, OPT_FLAG, NULL, AT(o.filter.normal_drops), .group = GROUP_SELECT,
	 .help = "drops that are part of normal life count, too"},

	FILTER_ROWS(AT(o.filter)),

	{"output", 'o', OPT_CHOICE, "FORMAT", AT(output), .choices = outputs, .group = GROUP_OUTPUT,
	 .fallback = "text", .help = "text, dot, mermaid, svg or json"},
	{"group", 0, OPT_CHOICE, "BY", AT(group), .choices = groups, .group = GROUP_OUTPUT,
	 .fallback = "workload", .help = "a node is a workload, a namespace or an endpoint (pod)"},
	{"world", 0, OPT_CHOICE, "BY", AT(world), .choices = worlds, .group = GROUP_OUTPUT,
	 .fallback = "name", .help = "what is outside: by DNS name, asn, country, or as one node"},
	{"zoom", 0, OPT_CHOICE, "HOW", AT(zoom), .choices = zooms, .group = GROUP_OUTPUT,
	 .fallback = "auto",
	 .help = "of text and svg: names, names and rates, or all figures (full)"},
	{"collapse", 0, OPT_CALL, "NAMESPACE", .set = set_collapsed, .group = GROUP_OUTPUT,
	 .help = "that namespace as one node; may be repeated"},
	{"focus", 0, OPT_TEXT, "NAME", AT(focus), .group = GROUP_OUTPUT,
	 .help = "that node and its neighbours only: cart or shop/cart"},
	{"hops", 0, OPT_NUMBER, "N", AT(hops), .group = GROUP_OUTPUT, .fallback = "1",
	 .help = "with --focus: how many edges away"},
	{"search", 0, OPT_TEXT, "TEXT", AT(search), .group = GROUP_OUTPUT,
	 .help = "nodes with TEXT in their names, and their neighbours"},
	{"outside", 0, OPT_COUNT, "N", AT(outside), .group = GROUP_OUTPUT, .fallback = "12",
	 .help = "of what is outside the N busiest, the others as one; 0: all"},
	{"limit", 0, OPT_NUMBER, "N", AT(limit), .group = GROUP_OUTPUT,
	 .help = "the N busiest nodes, the others as one"},
	{"housekeeping", 0, OPT_FLAG, NULL, AT(housekeeping), .group = GROUP_OUTPUT,
	 .help = "with neighbour discovery, link-local multicast, DHCP"},
	{"width", 0, OPT_NUMBER, "COLUMNS", AT(width), .group = GROUP_OUTPUT,
	 .fallback = "the terminal's, else any", .help = "of text: about so wide"},
	{"ascii", 0, OPT_FLAG, NULL, AT(ascii), .group = GROUP_OUTPUT,
	 .help = "of text: no line-drawing characters, whatever the locale"},
	{"color", 0, OPT_CHOICE, "WHEN", AT(o.color), .choices = colors, .group = GROUP_OUTPUT,
	 .fallback = "auto", .help = "auto, always or never"},
	{"numeric", 0, OPT_FLAG, NULL, AT(numeric), .group = GROUP_OUTPUT,
	 .help = "addresses in place of names"},

	{"no-names", 0, OPT_FLAG, NULL, AT(o.no_names), .group = GROUP_NAMES,
	 .help = "addresses and processes only: no pods, services, DNS names, places"},
	NAMES_ROWS,

	{"report-interval", 0, OPT_DURATION, "DURATION", AT(o.report_interval_ns),
	 .group = GROUP_CAPTURE, .fallback = "5s",
	 .help = "how often a connection that goes on is told"},
	{"max-connections", 0, OPT_NUMBER, "N", AT(o.capture.max_connections),
	 .group = GROUP_CAPTURE, .fallback = "65536",
	 .help = "connections held in the kernel at a time"},
	{"ring-size", 0, OPT_SIZE, "BYTES", AT(o.capture.ring_bytes), .group = GROUP_CAPTURE,
	 .fallback = "1M", .help = "room for events on their way; K, M"},

	SERVER_ROWS(AT(o.server)),

	{"help", 'h', OPT_HELP, .group = GROUP_OTHER, .help = "print this"},
	{.name = NULL},
};

void *map_options_new(void)
{
	struct map_options *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->o.format = &print_formats[0];
	m->o.ip_translation = true;
	m->outside = OUTSIDE_NOT_ASKED;
	m->world = -1;
	return m;
}

void map_options_free(void *options)
{
	observe_options_free(options);
}
