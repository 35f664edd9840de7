/* SPDX-License-Identifier: MIT */
/* For tui/command*.c only. */
#ifndef PITOT_TUI_COMMAND_INTERNAL_H
#define PITOT_TUI_COMMAND_INTERNAL_H

#include "tui/command.h"

struct command_row {
	const char *name;
	const char *help; /* what stands behind it, and what it does */
	/* As command_run_line(). */
	char *(*run)(struct ui *ui, const struct command_row *row, const char *rest);
	enum action action; /* of those that are a key's, too */
};

/* Ended by a NULL name. */
extern const struct command_row command_rows[];

/* What may stand behind commands: "export pb ", ended by NULL; views have their own. */
extern const char *const command_arguments[];

/* What stands behind a command of the clock or of a view, and what it does; NULL: not known. */
const char *command_word_help(const char *word);

#endif
