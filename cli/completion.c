/* SPDX-License-Identifier: MIT */
/* `pitot completion SHELL`: scripts made from the tables of commands and options. */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/complete.h"

static bool shown(const struct opt *o)
{
	return o->group != GROUP_HIDDEN;
}

/* The values to offer: files of a directory, words, or nothing that can be known. */
static const char *values_dir(const struct opt *o)
{
	return o->arg && !strcmp(o->name, "interface") ? "/sys/class/net" : NULL;
}

static bool takes_file(const struct opt *o)
{
	return o->arg && (!strcmp(o->arg, "FILE") || !strcmp(o->arg, "FILES"));
}

/* Something can be offered after it. */
static bool has_values(const struct opt *o)
{
	return o->choices || values_dir(o) || takes_file(o) || complete_kind(o);
}

/* "view | get [KEY]" -> "view get": the words of a command's arguments that are no names. */
static void print_arguments(const struct command *c)
{
	const char *before = "";

	for (const char *s = c->args; *s;) {
		size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz-");

		if (n) {
			printf("%s%.*s", before, (int)n, s);
			before = " ";
		}
		s += n;
		s += strcspn(s, "abcdefghijklmnopqrstuvwxyz-");
	}
}

static void print_words(const char *const *words)
{
	for (const char *before = ""; *words; words++, before = " ")
		printf("%s%s", before, *words);
}

/* ------------------------------------------------------------------- bash */

static void bash_values(const struct opt *o)
{
	if (!o->arg || !shown(o) || !has_values(o))
		return;
	if (o->letter)
		printf("\t-%c|", o->letter);
	else
		putchar('\t');
	if (takes_file(o)) {
		printf("--%s) words=FILES ;;\n", o->name);
		return;
	}
	printf("--%s) words=\"", o->name);
	if (o->choices)
		print_words(o->choices);
	else if (values_dir(o))
		/* compgen -W expands what it is given: a device may be called $(reboot) */
		printf("$(ls %s | grep -x "
		       "'[[:alnum:]_.:@-]*')",
		       values_dir(o));
	else
		printf("$(\"${COMP_WORDS[0]}\" __complete %s \"$cur\" 2>/dev/null)",
		       complete_kind(o));
	printf("\" ;;\n");
}

/* An option that takes a value nobody can guess: nothing is offered after it. */
static void bash_no_values(const struct opt *table)
{
	const char *before = "\t";

	for (const struct opt *o = table; o->name; o++)
		if (o->arg && shown(o) && !has_values(o)) {
			printf("%s--%s", before, o->name);
			before = "|";
		}
	if (*before == '|')
		printf(") words= ;;\n");
}

static void bash_command(const struct command *c)
{
	printf("_pitot_%s() {\n\tcase $1 in\n", c->name);
	for (const struct opt *o = c->options; o->name; o++)
		bash_values(o);
	bash_no_values(c->options);
	printf("\t*) words=\"");
	for (const struct opt *o = c->options; o->name; o++)
		if (shown(o))
			printf("--%s ", o->name);
	print_arguments(c);
	printf("\" ;;\n\tesac\n}\n\n");
}

static void bash_script(void)
{
	printf("# bash completion for pitot\n\n");
	for (const struct command *c = commands; c->name; c++)
		bash_command(c);
	printf("_pitot() {\n"
	       "\tlocal words cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	       "\tif [ \"$prev\" = = ]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
	       "\tif [ \"$cur\" = = ]; then cur=; fi\n"
	       "\tcase $COMP_CWORD:${COMP_WORDS[1]} in\n"
	       "\t1:*|*:help) words=\"");
	for (const struct command *c = commands; c->name; c++)
		printf("%s ", c->name);
	printf("--help --version\" ;;\n");
	for (const struct command *c = commands; c->name; c++)
		if (strcmp(c->name, "help"))
			printf("\t*:%s) _pitot_%s \"$prev\" ;;\n", c->name, c->name);
	printf("\tesac\n"
	       "\tif [ \"$words\" = FILES ]; then\n"
	       "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
	       "\t\treturn\n"
	       "\tfi\n"
	       "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
	       "}\n\n"
	       "complete -F _pitot pitot\n");
}

/* -------------------------------------------------------------------- zsh */

/* Inside '..': quotes and whatever else is special there. */
static void zsh_text(const char *s, const char *special)
{
	for (; *s; s++) {
		if (*s == '\'')
			printf("'\\''");
		else if (strchr(special, *s))
			printf("\\%c", *s);
		else
			putchar(*s);
	}
}

static void zsh_value(const struct opt *o)
{
	if (!o->arg)
		return;
	printf(":%s:", o->arg);
	if (o->choices) {
		putchar('(');
		print_words(o->choices);
		putchar(')');
	} else if (values_dir(o)) {
		printf("_net_interfaces");
	} else if (takes_file(o)) {
		printf("_files");
	} else if (complete_kind(o)) {
		printf("{_pitot_live %s}", complete_kind(o));
	} else {
		putchar(' ');
	}
}

/* `*`: may be repeated */
static void zsh_option(const struct opt *o)
{
	if (o->letter)
		printf("\t\t\t'*'{-%c,--%s%s}'[", o->letter, o->name, o->arg ? "=" : "");
	else
		printf("\t\t\t'*--%s%s[", o->name, o->arg ? "=" : "");
	zsh_text(o->help, "[]:\\");
	putchar(']');
	zsh_value(o);
	puts("' \\");
}

static void zsh_command(const struct command *c)
{
	printf("\t%s)\n\t\t_arguments \\\n", c->name);
	for (const struct opt *o = c->options; o->name; o++)
		if (shown(o))
			zsh_option(o);
	if (*c->args && strcmp(c->name, "help")) {
		printf("\t\t\t'1:argument:(");
		print_arguments(c);
		printf(")' \\\n");
	}
	if (!strcmp(c->name, "help"))
		printf("\t\t\t'1:command:_pitot_commands' \\\n");
	printf("\t\t\t&& return\n\t\t;;\n");
}

static void zsh_script(void)
{
	printf("#compdef pitot\n# zsh completion for pitot\n\n"
	       "_pitot_commands() {\n\tlocal -a commands=(\n");
	for (const struct command *c = commands; c->name; c++) {
		printf("\t\t'%s:", c->name);
		zsh_text(c->summary, "\\");
		puts("'");
	}
	printf("\t)\n\t_describe command commands\n}\n\n"
	       "_pitot_live() {\n"
	       "\tlocal -a names=(${(f)\"$(pitot __complete $1 \"$PREFIX\" 2>/dev/null)\"})\n"
	       "\tcompadd -a names\n}\n\n"
	       "_pitot() {\n"
	       "\tif (( CURRENT == 2 )); then\n\t\t_pitot_commands\n\t\treturn\n\tfi\n"
	       "\tlocal command=$words[2]\n"
	       "\tshift words\n\t(( CURRENT-- ))\n"
	       "\tcase $command in\n");
	for (const struct command *c = commands; c->name; c++)
		zsh_command(c);
	printf("\tesac\n}\n\n_pitot \"$@\"\n");
}

/* ------------------------------------------------------------------- fish */

/* Inside '..': only the quote and the backslash are fish's own. */
static void fish_text(const char *s)
{
	putchar('\'');
	for (; *s; s++)
		printf(strchr("'\\", *s) ? "\\%c" : "%c", *s);
	putchar('\'');
}

static void fish_option(const struct command *c, const struct opt *o)
{
	printf("complete -c pitot -n '__fish_seen_subcommand_from %s' -l %s", c->name, o->name);
	if (o->letter)
		printf(" -s %c", o->letter);
	if (o->arg)
		printf(takes_file(o) ? " -r -F" : " -x");
	if (o->choices) {
		printf(" -a '");
		print_words(o->choices);
		putchar('\'');
	} else if (values_dir(o)) {
		printf(" -a '(ls %s)'", values_dir(o));
	} else if (complete_kind(o)) {
		printf(" -a '(pitot __complete %s (commandline -ct) 2>/dev/null)'",
		       complete_kind(o));
	}
	printf(" -d ");
	fish_text(o->help);
	putchar('\n');
}

static void fish_script(void)
{
	printf("# fish completion for pitot\n\ncomplete -c pitot -f\n");
	for (const struct command *c = commands; c->name; c++) {
		printf("complete -c pitot -n __fish_use_subcommand -a %s -d ", c->name);
		fish_text(c->summary);
		putchar('\n');
		for (const struct opt *o = c->options; o->name; o++)
			if (shown(o))
				fish_option(c, o);
	}
	for (const struct command *c = commands; c->name; c++) {
		if (!*c->args || !strcmp(c->name, "help"))
			continue;
		printf("complete -c pitot -n '__fish_seen_subcommand_from %s' -a '", c->name);
		print_arguments(c);
		printf("'\n");
	}
	printf("complete -c pitot -n '__fish_seen_subcommand_from help' -a '");
	for (const struct command *c = commands; c->name; c++)
		printf("%s%s", c == commands ? "" : " ", c->name);
	printf("'\n");
}

int completion_run(char **args, void *options)
{
	static const struct {
		const char *shell;
		void (*script)(void);
	} scripts[] = {{"bash", bash_script}, {"zsh", zsh_script}, {"fish", fish_script}};

	(void)options;
	if (!args[0] || args[1])
		return say(EXIT_USAGE,
			   "which shell? \"pitot completion\" takes one of bash, zsh, fish");
	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++)
		if (!strcmp(scripts[i].shell, args[0])) {
			scripts[i].script();
			return EXIT_FINE;
		}
	return say(EXIT_USAGE, "\"%s\" is no shell with a completion: bash, zsh, fish", args[0]);
}
