/* SPDX-License-Identifier: MIT */
/*
 * Options are data: a row each. Parsing, usage, completion and the check of the
 * man page read the same rows.
 */
#ifndef PITOT_CLI_OPTIONS_H
#define PITOT_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum opt_type {
	OPT_FLAG, /* bool; needs no value, =true or =false may follow */
	OPT_SWITCH, /* bool, or set(); "--name", "--name=true", "--name=false" */
	OPT_TEXT, /* const char *, points into argv */
	OPT_NUMBER, /* uint32_t, from 1 */
	OPT_COUNT, /* likewise, and 0: as if it were not there */
	OPT_SIZE, /* uint32_t bytes, from 1; K, M or G may follow */
	OPT_DURATION, /* uint64_t ns, from 1 */
	OPT_CHOICE, /* int: index in choices */
	OPT_CALL, /* set() does it; with arg NULL its value is "" */
	OPT_NOT, /* negates the next option, which must be negatable */
	OPT_HELP, /* parsing ends, OPTIONS_HELP is returned */
};

/* A group is where the usage lists the option, in this order. */
enum opt_group {
	GROUP_SELECT,
	GROUP_FILTER,
	GROUP_OUTPUT,
	GROUP_NAMES,
	GROUP_CAPTURE,
	GROUP_SERVER,
	GROUP_OTHER,
	GROUP_HIDDEN,
};

struct opt {
	const char *name; /* "from-ip" */
	char letter; /* 'f'; 0: none */
	enum opt_type type;
	const char *arg; /* "ADDRESS"; NULL: takes no value */
	size_t target; /* offset in the options' structure */
	const char *const *choices; /* NULL-terminated: the values, or those to complete */
	const char *help; /* what it does, one line */
	const char *fallback; /* what holds without it; NULL: nothing to say */
	enum opt_group group;
	bool negatable;
	/*
	 * OPT_CALL: 0 or -errno, with one line in err that quotes the value.
	 * field and side are for its own use.
	 */
	int (*set)(void *options, const struct opt *o, bool negated, const char *value, char *err,
		   size_t err_size);
	int field, side;
};

enum { OPTIONS_HELP = 1 };

/* Rows of many commands; the headers called rows have more. */
/* clang-format off */
#define HELP_ROW {"help", 'h', OPT_HELP, .group = GROUP_OTHER, .help = "print this"}
#define COLOR_ROW(at) \
	{"color", 0, OPT_CHOICE, "WHEN", (at), .choices = option_colors, .group = GROUP_OUTPUT, \
	 .fallback = "auto", .help = "auto, always or never"}
/* clang-format on */
extern const char *const option_colors[]; /* in the order of enum color */

/*
 * Parses the NULL-terminated argv (its first word is an argument) into options.
 * What is no option goes to args, which has as many places as argv and may be
 * argv itself; "--" ends the options. 0, OPTIONS_HELP, or -errno with one line in err.
 */
int options_parse(const struct opt *table, void *options, char **argv, char **args, char *err,
		  size_t err_size);

/* "--from-ip" or "-f, --follow", with the argument's name; returns buf. */
char *opt_title(const struct opt *o, char *buf, size_t size);

/* NULL: the group is hidden. */
const char *opt_group_title(enum opt_group group);

/*
 * " (did you mean "x"?)" when one of the NULL-terminated words is near to word,
 * else "". dashes stand before it. buf of SUGGESTION_MAX bytes; returns buf.
 */
#define SUGGESTION_MAX 80
char *suggestion(const char *word, const char *const *words, const char *dashes, char *buf);

/*
 * Where the word is a file that is there, appends " (try: pitot COMMAND --input-file FILE)" and
 * returns true.
 */
struct text;
bool options_put_file(struct text *t, const char *command, const char *word);

/* Value with its suffix, "64K"; 0 or -EINVAL (not a number, 0, over 4 GiB). */
int size_parse(const char *text, uint32_t *ret_bytes);

#endif
