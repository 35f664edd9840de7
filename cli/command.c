/* SPDX-License-Identifier: MIT */
#include "cli/command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/agent_options.h"
#include "cli/complete.h"
#include "cli/config.h"
#include "cli/export.h"
#include "cli/features.h"
#include "cli/list.h"
#include "cli/map.h"
#include "cli/observe_options.h"
#include "cli/status.h"
#include "cli/ui.h"
#include "cli/ui_options.h"
#include "flows/text.h"

#define LINE_MAX_SAID 4096

static const struct opt help_only[] = {
	HELP_ROW,
	{.name = NULL},
};

const struct command commands[] = {
	{"ui", "open the screen: flows, map, top, drops, DNS; alone, \"pitot\" does it", "",
	 ui_option_table, ui_command_run, options_raw, NULL},
	{"observe", "show flows: of this machine, an agent, a relay, a file",
	 "[flows|agent-events|debug-events]", observe_option_table, .run = observe_run,
	 .options_new = observe_options_new, .options_free = observe_options_free},
	{"map", "draw the service map: who talks to whom, as text, DOT, Mermaid, SVG, JSON",
	 "[--diff BEFORE AFTER]", map_option_table, map_run, map_options_new, map_options_free},
	{"status", "show how a server or the local agent is", "", status_option_table,
	 .run = status_run, .options_new = status_options_new,
	 .options_free = observe_options_free},
	{"list", "list what a server knows", "nodes|namespaces|endpoints|interfaces",
	 list_option_table, .run = list_run, .options_new = list_options_new,
	 .options_free = list_options_free},
	{"watch", "watch the nodes that a peer service tells of", "peers", watch_option_table,
	 .run = watch_run, .options_new = list_options_new, .options_free = list_options_free},
	{"agent", "run the daemon: capture, history, API, exporters, metrics", "",
	 agent_option_table, agent_run, options_raw, NULL},
	{"export", "write flows to files: JSON or protobuf, rotated, aggregated", "",
	 export_option_table, export_run, export_options_new, export_options_free},
	{"config", "show or change the client's configuration",
	 "view | get [KEY] | set KEY [VALUE] | reset [KEY]", config_option_table, config_run,
	 config_options_new, config_options_free},
	{"features", "show what this kernel has of what pitot uses", "", features_option_table,
	 features_run, features_options_new, free},
	{"completion", "print the completion script of a shell", "bash|zsh|fish", help_only,
	 .run = completion_run},
	{"version", "print the version", "", help_only, .run = version_run},
	{"help", "print the help of a command", "[COMMAND]", help_only, .run = help_run},
	{.name = NULL},
};

const struct command *command_find(const char *name)
{
	for (const struct command *c = commands; c->name; c++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

/* What is told may be a file's, a server's or a stranger's own words. */
int say(int code, const char *format, ...)
{
	struct text t = {0};
	char *line = NULL;
	va_list ap;

	fflush(stdout);
	va_start(ap, format);
	if (vasprintf(&line, format, ap) < 0)
		line = NULL;
	va_end(ap);
	text_escape(&t, line ? line : format, LINE_MAX_SAID);
	fprintf(stderr, "pitot: %.*s\n", (int)t.len, t.len ? t.data : "");
	text_free(&t);
	free(line);
	return code;
}

void *options_raw(void)
{
	return NULL;
}

static int parse_and_run(const struct command *c, char **argv)
{
	void *options;
	char err[320];
	int ret;

	if (c->options_new == options_raw)
		return c->run(argv, NULL);
	options = c->options_new ? c->options_new() : NULL;
	if (c->options_new && !options)
		return say(EXIT_FAILED, "out of memory");
	ret = options_parse(c->options, options, argv, argv, err, sizeof(err));
	if (ret == OPTIONS_HELP) {
		help_print_command(c);
		ret = EXIT_FINE;
	} else if (ret) {
		ret = say(EXIT_USAGE, "%s", err);
	} else if (argv[0] && !*c->args) {
		ret = say(EXIT_USAGE,
			  "\"%s\" is one argument too many: \"pitot %s\" takes options only",
			  argv[0], c->name);
	} else {
		ret = c->run(argv, options);
	}
	if (c->options_free)
		c->options_free(options);
	return ret;
}

static int unknown_command(const char *name)
{
	const char *names[20];
	char near[SUGGESTION_MAX];
	struct text cure = {0};
	size_t n = 0;

	for (; commands[n].name && n < 19; n++)
		names[n] = commands[n].name;
	names[n] = NULL;
	if (options_put_file(&cure, "ui", name)) {
		text_char(&cure, '\0');
		n = say(EXIT_USAGE, "unknown command \"%s\"%s", name, cure.err ? "" : cure.data);
		text_free(&cure);
		return (int)n;
	}
	return say(EXIT_USAGE, "unknown command \"%s\"%s (\"pitot help\" lists the commands)", name,
		   suggestion(name, names, "", near));
}

static int run(int argc, char **argv)
{
	const struct command *c;

	if (argc < 2 && ui_has_terminal())
		return ui_command_run(argv + argc, NULL);
	if (argc < 2 || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		help_print();
		return EXIT_FINE;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V"))
		return version_run(argv + 2, NULL);
	if (!strcmp(argv[1], "__complete"))
		return complete_run(argv + 2);
	c = command_find(argv[1]);
	if (!c && argv[1][0] == '-')
		return say(
			EXIT_USAGE,
			"unknown option \"%s\": a command comes first, such as \"pitot observe %s\"",
			argv[1], argv[1]);
	return c ? parse_and_run(c, argv + 2) : unknown_command(argv[1]);
}

int command_run(int argc, char **argv)
{
	int code = run(argc, argv);

	errno = 0;
	if ((fflush(stdout) || ferror(stdout)) && errno != EPIPE && code == EXIT_FINE)
		return say(EXIT_FAILED, "cannot write: %s",
			   errno ? strerror(errno) : "output lost");
	return code;
}
