/* SPDX-License-Identifier: MIT */
/* The table of `pitot export`'s options. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/export.h"
#include "cli/filter_rows.h"
#include "cli/names_rows.h"
#include "export/exporter_config.h"

static const char *const formats[] = {"json", "pb", NULL};
static const char *const compressions[] = {"gzip", "zstd", "none", NULL};
static const char *const fsyncs[] = {"never", "rotate", "1s", NULL};

/* The row's name is the key of the configuration. */
static int set_key(void *options, const struct opt *o, bool negated, const char *value, char *err,
		   size_t err_size)
{
	struct export_options *e = options;
	char why[256];
	int ret;

	(void)negated;
	e->format_given |= !strcmp(o->name, "format");
	ret = exporter_config_set(&e->config, o->name, value, why, sizeof(why));
	if (ret) {
		/* "max-size: "x" is not ..": the option's name is put in front of it by the caller. */
		size_t key = strlen(o->name);

		snprintf(err, err_size, "%s",
			 !strncmp(why, o->name, key) && why[key] == ':' ? why + key + 2 : why);
	}
	return ret;
}

#define AT(field) offsetof(struct export_options, field)
#define KEY(argument) .type = OPT_CALL, .arg = argument, .set = set_key, .group = GROUP_OUTPUT

const struct opt export_option_table[] = {
	{"last", 0, OPT_COUNT, "N", AT(o.last), .group = GROUP_SELECT,
	 .help = "the last N flows that the server holds"},
	{"first", 0, OPT_COUNT, "N", AT(o.first), .group = GROUP_SELECT,
	 .help = "stop after N flows"},
	{"since", 0, OPT_CALL, "TIME", AT(o.since_ns), .set = observe_set_time,
	 .group = GROUP_SELECT,
	 .help = "flows from TIME on: a duration back from now (5m) or a date"},
	{"until", 0, OPT_CALL, "TIME", AT(o.until_ns), .set = observe_set_time,
	 .group = GROUP_SELECT, .help = "stop at TIME"},
	{"for", 0, OPT_DURATION, "DURATION", AT(o.for_ns), .group = GROUP_SELECT,
	 .help = "stop after DURATION (300ms, 5s, 1h30m)"},
	{"follow", 'f', OPT_FLAG, NULL, AT(o.follow), .group = GROUP_SELECT,
	 .help = "flows as they come; so it is where nothing else selects"},
	{"all", 0, OPT_FLAG, NULL, AT(o.all), .group = GROUP_SELECT,
	 .help = "all flows that the server holds"},
	{"input-file", 0, OPT_TEXT, "FILE", AT(o.input_file), .group = GROUP_SELECT,
	 .help = "read flows from FILE (JSON lines or protobuf), -: standard input"},
	{"no-agent", 0, OPT_FLAG, NULL, AT(o.no_agent), .group = GROUP_SELECT,
	 .help = "capture here, even where an agent runs"},
	{"reconnect", 0, OPT_FLAG, NULL, AT(o.reconnect), .group = GROUP_SELECT,
	 .help = "with --follow: when the server goes away, again from where it was"},
	{"where", 0, OPT_TEXT, "EXPRESSION", AT(o.where_text), .group = GROUP_SELECT,
	 .help = "flows for which it is true, such as 'bytes > 1e6 && rtt > 50ms'"},
	{"all-drops", 0, OPT_FLAG, NULL, AT(o.filter.normal_drops), .group = GROUP_SELECT,
	 .help = "drops that are part of normal life, too"},

	FILTER_ROWS(AT(o.filter)),

	{"file", 'o', KEY("FILE"), .fallback = "standard output",
	 .help = "write to FILE and go on at its end, -: standard output"},
	{"format", 0, KEY("FORMAT"), .choices = formats, .fallback = "by the file's name, or json",
	 .help = "json: lines; pb: protobuf, each message after its length"},
	{"field-mask", 0, KEY("FIELDS"),
	 .help = "only these fields, by comma; may be repeated: time,IP,source.pod_name"},
	{"aggregate-fields", 0, KEY("FIELDS"),
	 .help = "flows that are alike in these fields become one, with counts"},
	{"interval", 0, KEY("DURATION"), .fallback = "until the end",
	 .help = "with --aggregate-fields: how often they are written"},
	{"max-size", 0, KEY("SIZE"), .fallback = "10M", .help = "rotate FILE before it is larger"},
	{"max-age", 0, KEY("DURATION"), .fallback = "not by age",
	 .help = "rotate FILE when it is that old"},
	{"max-backups", 0, KEY("N"), .fallback = "5", .help = "rotated files that are kept"},
	{"compress", 0, KEY("HOW"), .choices = compressions, .fallback = "none",
	 .help = "compress rotated files: gzip, zstd, none"},
	{"fsync", 0, KEY("WHEN"), .choices = fsyncs, .fallback = "never",
	 .help = "never, rotate, or every so often (5s): what a power cut may cost"},
	{"quiet", 'q', OPT_FLAG, NULL, AT(quiet), .group = GROUP_OUTPUT,
	 .help = "no summary at the end"},

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

void *export_options_new(void)
{
	struct export_options *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->o.format = print_format_find("json");
	e->o.ip_translation = true;
	return e;
}

void export_options_free(void *options)
{
	struct export_options *e = options;

	if (!e)
		return;
	exporter_config_clear(&e->config);
	observe_options_free(&e->o);
}
