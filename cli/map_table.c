// SPDX-License-Identifier: MIT
/* The table of `pitot map`'s options. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/filter_rows.h"
#include "cli/map.h"
#include "cli/names_rows.h"
#include "cli/source_rows.h"

/* In the order of enum map_output, map_group, map_world, map_zoom (behind auto). */
static const char *const outputs[] = {"text", "dot", "mermaid", "svg", "json", NULL};
static const char *const groups[] = {"workload", "namespace", "endpoint", NULL};
static const char *const worlds[] = {"name", "asn", "country", "one", NULL};
static const char *const zooms[] = {"auto", "names", "rates", "full", NULL};

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
	FOR_ROW("10s", "of live traffic: what is seen in that time (30s, 5m)"),
	FOLLOW_ROW("live traffic until it is stopped (Ctrl-C), then the map"),
	SPAN_ROWS,
	LAST_ROW(" that the server holds"),
	ALL_ROW("; so it is where nothing else selects"),
	INPUT_FILE_ROW(STDIN_TOO),
	{"diff", 0, OPT_FLAG, NULL, AT(diff), .group = GROUP_SELECT,
	 .help = "two files A and B: what is new in B, and what is gone"},
	NO_AGENT_ROW,
	WHERE_ROW(AT(o.where_text), ""),
	ALL_DROPS_ROW(AT(o.filter.normal_drops)),

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
	COLOR_ROW(AT(o.color)),
	{"numeric", 0, OPT_FLAG, NULL, AT(numeric), .group = GROUP_OUTPUT,
	 .help = "addresses in place of names"},

	NO_NAMES_ROW,
	NAMES_ROWS,

	CAPTURE_ROWS("5s", "told"),

	SERVER_ROWS(AT(o.server)),

	HELP_ROW,
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
