/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"

#define TITLE_WIDTH 33

void help_print(void)
{
	printf("pitot shows the network flows of this machine: who talks to whom, how well, and why\n"
	       "packets die.\n\n"
	       "usage: pitot COMMAND [OPTIONS]\n\n"
	       "Commands:\n");
	for (const struct command *c = commands; c->name; c++)
		printf("  %-12s %s\n", c->name, c->summary);
	printf("\n\"pitot help COMMAND\" tells more, \"man pitot\" most. To begin: sudo pitot observe\n");
}

static void print_option(const struct opt *o)
{
	char title[64];

	opt_title(o, title, sizeof(title));
	printf("  %*s%-*s %s%s%s%s\n", o->letter ? 0 : 4, "", TITLE_WIDTH - (o->letter ? 0 : 4),
	       title, o->help, o->fallback ? " (" : "", o->fallback ? o->fallback : "",
	       o->fallback ? ")" : "");
}

static void print_group(const struct opt *table, enum opt_group group)
{
	bool any = false;

	for (const struct opt *o = table; o->name; o++) {
		if (o->group != group)
			continue;
		if (!any)
			printf("\n%s:\n", opt_group_title(group));
		any = true;
		print_option(o);
	}
	if (any && group == GROUP_FILTER)
		printf("\n  The same filter repeated is OR, different filters are AND.\n");
}

void help_print_command(const struct command *c)
{
	printf("usage: pitot %s [OPTIONS]%s%s\n\n%s\n", c->name, *c->args ? " " : "", c->args,
	       c->summary);
	for (int g = 0; g < GROUP_HIDDEN; g++)
		print_group(c->options, g);
}

int help_run(char **args, void *options)
{
	const struct command *c;

	(void)options;
	if (!args[0]) {
		help_print();
		return EXIT_FINE;
	}
	c = command_find(args[0]);
	if (!c || args[1])
		return say(EXIT_USAGE, "no help for \"%s\" (\"pitot help\" lists the commands)",
			   args[c ? 1 : 0]);
	help_print_command(c);
	return EXIT_FINE;
}
