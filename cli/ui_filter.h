/* SPDX-License-Identifier: MIT */
/*
 * The filter bar's language, lent to the terminal UI (struct ui_host): flags as `pitot
 * observe` has them, quoted as in a shell, then an expression as --where's.
 *
 *   --namespace shop --not --verdict FORWARDED   rtt > 50ms && dst.port == 443
 *
 * A whole line of "pitot observe ..." with --where may be pasted, too.
 */
#ifndef PITOT_CLI_UI_FILTER_H
#define PITOT_CLI_UI_FILTER_H

#include "cli/options.h"
#include "tui/ui.h"

struct ui_filter_context {
	const char *cluster_name, *node_name; /* for filter_set_node(); NULL: not known */
	/* Words of `pitot observe` that choose the source: "--input-file", "x.pb"; NULL-terminated. */
	const char *const *source;
	bool held; /* the source has flows of the past: --until holds of them */
	bool follows; /* a server: --follow, and --all for what it holds */
	bool root; /* it needs rights: "sudo" stands in front */
	uint64_t
		report_interval_ns; /* of a capture that reports as the screen's does; 0: as observe */
};

/* As struct ui_host's; every filter parses without a context (NULL), too. */
int ui_filter_parse(const struct ui_filter_context *ctx, const char *text, struct ui_filter **ret,
		    struct ui_filter_error *ret_error);
void ui_filter_complete(const struct ui_filter_context *ctx, const char *text, size_t at,
			const struct ui_words *(*known)(void *known_arg, enum ui_known kind),
			void *known_arg, size_t *ret_start, struct ui_words *ret);
void ui_filter_command_line(const struct ui_filter_context *ctx, const struct ui_filter *f,
			    uint64_t until_ns, struct text *ret);

/*
 * Appends " (try: --ip 10.0.0.1)": what words that stand where options belong may mean to a
 * command; nothing where that is not known.
 */
void ui_filter_put_try(struct text *t, char *const *words);

/* ------------------------------------------------------------ for ui_filter*.c */

/*
 * What a text that is no filter may mean, as a filter: "10.0.0.1", "port 53", "src nginx", flags
 * behind an expression. NULL: not known; the caller frees it.
 */
char *ui_filter_guess(const char *text);

/*
 * The same of words alone: flags are appended to those that are there, the rest is one more term
 * of the expression. False: not known, and both may have something behind them.
 */
bool ui_filter_guess_words(const char *words, struct text *flags, struct text *expression);

/* Is it a filter? */
bool ui_filter_is_right(const char *text);

/* Where the first flag begins at or behind `from`, outside quotes; the text's length: nowhere. */
size_t ui_filter_flag_behind(const char *text, size_t from);

/* What the flags of the bar set. */
struct ui_filter_flags {
	struct filter filter;
	const char *where; /* of its own word */
};

/* Rows of `pitot observe` that the bar has, ended by a NULL name. */
extern const struct opt ui_filter_rows[];

/* A word of the text as a shell reads it. */
struct ui_word {
	size_t start, end; /* in the text, quotes and all */
	char *value; /* without quotes */
	bool open; /* a quote has no end */
};

/* The next word from `at` on; false: none. 0-length values are words ("''"). *ret_err: -ENOMEM. */
bool ui_word_next(const char *text, size_t at, struct ui_word *ret, int *ret_err);

/* The row of an option as it is typed ("--pod=x", "-n", "-4n"): the last one of letters; NULL: none. */
const struct opt *ui_option_row(const char *word);
/* Does the next word belong to it? */
bool ui_option_wants_value(const char *word);

/* Appends a word so that a shell reads it as one. */
void ui_shell_word(struct text *t, const char *s);

#endif
