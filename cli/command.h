/* SPDX-License-Identifier: MIT */
/* A command is a file and a row of commands[]. */
#ifndef PITOT_CLI_COMMAND_H
#define PITOT_CLI_COMMAND_H

#include "cli/options.h"

enum exit_code { EXIT_FINE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_UNREADABLE = 3 };

struct command {
	const char *name;
	const char *summary; /* one line for the list of commands */
	const char *args; /* after the options in the usage line, "" for none */
	const struct opt *options; /* ended by a NULL name */
	/* args: what is left after the options, NULL-terminated. Returns an enum exit_code. */
	int (*run)(char **args, void *options);
	/* Options' target, NULL where there is none. options_free takes it back. */
	void *(*options_new)(void);
	void (*options_free)(void *options);
};

/* As options_new: run() gets the words as they were typed, parses them itself, and no options. */
void *options_raw(void);

/* Ended by a NULL name. */
extern const struct command commands[];

/* NULL: no command has that name. */
const struct command *command_find(const char *name);

/* argv[0] is the program's name. Everything that main() does. Returns an enum exit_code. */
int command_run(int argc, char **argv);

/* "pitot: " and the line on stderr, after what is on its way to stdout; returns code. */
int say(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* To stdout: all commands, or one with its options. */
void help_print(void);
void help_print_command(const struct command *c);

int agent_run(char **args, void *options);
int help_run(char **args, void *options);
int version_run(char **args, void *options);
int completion_run(char **args, void *options);
int features_run(char **args, void *options);
int observe_run(char **args, void *options);
int status_run(char **args, void *options);
int ui_command_run(char **args, void *options);

#endif
