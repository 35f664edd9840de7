/* SPDX-License-Identifier: MIT */
/* `pitot features`: what this kernel has of what pitot uses. */
#include "cli/features.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/observe_options.h"
#include "export/json.h"
#include "flows/text.h"

#define GREEN "\033[32m"
#define RED "\033[31m"
#define PLAIN "\033[0m"
#define TEXT_MAX 512

enum output { OUTPUT_TABLE, OUTPUT_JSON };

struct features_options {
	int output; /* enum output */
	int color; /* enum color */
};

static const char *const outputs[] = {"table", "json", NULL};

#define AT(field) offsetof(struct features_options, field)

const struct opt features_option_table[] = {
	{"output", 'o', OPT_CHOICE, "FORMAT", AT(output), .choices = outputs, .group = GROUP_OUTPUT,
	 .fallback = "table", .help = "table, or json: one object a line"},
	COLOR_ROW(AT(color)),
	HELP_ROW,
	{.name = NULL},
};

void *features_options_new(void)
{
	return calloc(1, sizeof(struct features_options));
}

/* ------------------------------------------------------------------ table */

/* The column's width; at is the offset of its string in struct feature. */
static size_t width_of(const struct feature *rows, size_t n, size_t at, const char *title)
{
	size_t width = strlen(title);

	for (size_t i = 0; i < n; i++) {
		const char *s = *(const char *const *)((const char *)&rows[i] + at);

		if (strlen(s) > width)
			width = strlen(s);
	}
	return width + 3;
}

static void column(struct text *t, const char *s, size_t width)
{
	size_t from = t->len;

	text_escape(t, s, TEXT_MAX);
	if (text_width(t, from) < width)
		text_spaces(t, width - text_width(t, from));
}

static void yes_no(struct text *t, bool there, bool color)
{
	if (color)
		text_str(t, there ? GREEN : RED);
	text_str(t, there ? "yes" : "no ");
	if (color)
		text_str(t, PLAIN);
	text_spaces(t, 3);
}

static void table(struct text *t, const struct feature *rows, size_t n, bool color)
{
	size_t name = width_of(rows, n, offsetof(struct feature, name), "FEATURE");
	size_t what = width_of(rows, n, offsetof(struct feature, what), "WHAT FOR");

	column(t, "FEATURE", name);
	text_str(t, "HERE  ");
	column(t, "WHAT FOR", what);
	text_str(t, "WHY; WITHOUT IT\n");
	for (const struct feature *f = rows; f < rows + n; f++) {
		column(t, f->name, name);
		yes_no(t, !f->result, color);
		column(t, f->what, what);
		text_escape(t, f->why, TEXT_MAX);
		if (f->result && *f->cost) {
			text_str(t, "; ");
			text_escape(t, f->cost, TEXT_MAX);
		}
		text_char(t, '\n');
	}
}

/* ------------------------------------------------------------------- JSON */

static void json(struct text *t, const struct feature *rows, size_t n)
{
	for (const struct feature *f = rows; f < rows + n; f++) {
		text_str(t, "{\"feature\":");
		json_quote(t, f->name, TEXT_MAX);
		text_str(t, f->result ? ",\"here\":false,\"what\":" : ",\"here\":true,\"what\":");
		json_quote(t, f->what, TEXT_MAX);
		text_str(t, ",\"why\":");
		json_quote(t, f->why, TEXT_MAX);
		text_str(t, ",\"without\":");
		json_quote(t, f->cost, TEXT_MAX);
		text_str(t, "}\n");
	}
}

int features_run(char **args, void *options)
{
	const struct features_options *opt = options;
	const struct feature *rows;
	struct text t = {0};
	size_t n;
	int err;

	(void)args;
	err = capture_features(&rows, &n);
	if (err)
		return say(EXIT_FAILED,
			   "cannot try the features: %s: CAP_BPF, CAP_NET_ADMIN and "
			   "CAP_PERFMON are needed, so run it as root",
			   strerror(-err));
	if (opt->output == OUTPUT_JSON)
		json(&t, rows, n);
	else
		table(&t, rows, n, color_wanted(opt->color, STDOUT_FILENO));
	err = text_write(&t, STDOUT_FILENO);
	text_free(&t);
	return err ? say(EXIT_FAILED, "cannot write the table: %s", strerror(-err)) : EXIT_FINE;
}
