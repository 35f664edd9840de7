/* SPDX-License-Identifier: MIT */
/* The table of `pitot export`'s options. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/export.h"
#include "cli/filter_rows.h"
#include "cli/names_rows.h"
#include "cli/source_rows.h"
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
	LAST_ROW(" that the server holds"),
	FIRST_ROW,
	SPAN_ROWS,
	FOR_ROW(NULL, FOR_WORDS),
	FOLLOW_ROW("flows as they come; so it is where nothing else selects"),
	ALL_ROW(""),
	INPUT_FILE_ROW(STDIN_TOO),
	NO_AGENT_ROW,
	RECONNECT_ROW,
	WHERE_ROW(AT(o.where_text), ""),
	ALL_DROPS_ROW(AT(o.filter.normal_drops)),

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

	NO_NAMES_ROW,
	NAMES_ROWS,

	CAPTURE_ROWS("5s", "told"),

	SERVER_ROWS(AT(o.server)),

	HELP_ROW,
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
