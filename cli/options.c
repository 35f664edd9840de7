/* SPDX-License-Identifier: MIT */
#include "cli/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "flows/near.h"
#include "flows/text.h"
#include "flows/time_arg.h"

#define WORDS_MAX 192
#define SEE_HELP " (--help lists the options)"

const char *const option_colors[] = {"auto", "always", "never", NULL};

/* ------------------------------------------------------------ suggestions */

char *suggestion(const char *word, const char *const *words, const char *dashes, char *buf)
{
	const char *near = near_word(word, words);

	*buf = '\0';
	if (near)
		snprintf(buf, SUGGESTION_MAX, " (did you mean \"%s%s\"?)", dashes, near);
	return buf;
}

/* ----------------------------------------------------------------- values */

int size_parse(const char *text, uint32_t *ret_bytes)
{
	static const char suffixes[] = "KMG";
	unsigned long long n;
	const char *suffix;
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno || !n || n > UINT32_MAX)
		return -EINVAL;
	if (*end) {
		suffix = strchr(suffixes, *end & ~0x20);
		if (!suffix || !*suffix || end[1])
			return -EINVAL;
		n <<= 10 * (suffix - suffixes + 1);
	}
	if (n > UINT32_MAX)
		return -EINVAL;
	*ret_bytes = n;
	return 0;
}

/* As Go's flags have it: a value stands behind "=" only, none means true. */
static int switch_parse(const char *value, bool *ret)
{
	static const char *const words[] = {"", "true", "t", "1", "false", "f", "0"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcasecmp(value, words[i])) {
			*ret = i < 4;
			return 0;
		}
	return -EINVAL;
}

static int choice_parse(const struct opt *o, const char *value, int *ret)
{
	for (int i = 0; o->choices[i]; i++)
		if (!strcmp(o->choices[i], value)) {
			*ret = i;
			return 0;
		}
	return -EINVAL;
}

static int number_parse(const char *value, uint32_t *ret)
{
	if (value[strspn(value, "0123456789")])
		return -EINVAL;
	return size_parse(value, ret);
}

static int refuse_choice(const struct opt *o, const char *value, char *err, size_t size)
{
	size_t n = snprintf(err, size, "--%s: \"%s\" is not ", o->name, value);

	for (int i = 0; o->choices[i] && n < size; i++)
		n += snprintf(err + n, size - n, "%s%s", o->choices[i],
			      !o->choices[i + 1]  ? ""
			      : o->choices[i + 2] ? ", "
						  : " or ");
	return -EINVAL;
}

static int refuse(const struct opt *o, const char *value, const char *wanted, char *err,
		  size_t size)
{
	snprintf(err, size, "--%s: \"%s\" is not %s", o->name, value, wanted);
	return -EINVAL;
}

static int call(void *options, const struct opt *o, bool negated, const char *value, char *err,
		size_t size)
{
	char why[256];
	int ret = o->set(options, o, negated, value, why, sizeof(why));

	if (ret)
		snprintf(err, size, "--%s: %s", o->name, why);
	return ret;
}

static int apply(void *options, const struct opt *o, bool negated, const char *value, char *err,
		 size_t size)
{
	void *target = (char *)options + o->target;

	switch (o->type) {
	case OPT_FLAG:
	case OPT_SWITCH:
		if (o->set)
			return call(options, o, negated, value, err, size);
		if (switch_parse(value, target))
			return refuse(o, value, "true or false", err, size);
		return 0;
	case OPT_TEXT:
		*(const char **)target = value;
		return 0;
	case OPT_COUNT:
		if (*value && !value[strspn(value, "0")]) {
			*(uint32_t *)target = 0;
			return 0;
		}
		if (number_parse(value, target))
			return refuse(o, value, "a number", err, size);
		return 0;
	case OPT_NUMBER:
		if (number_parse(value, target))
			return refuse(o, value, "a number from 1 on", err, size);
		return 0;
	case OPT_SIZE:
		if (size_parse(value, target))
			return refuse(o, value, "a size such as 65536, 512K or 4M", err, size);
		return 0;
	case OPT_DURATION:
		if (duration_parse(value, target) || !*(uint64_t *)target)
			return refuse(o, value, "a duration such as 300ms, 5s or 1h30m", err, size);
		return 0;
	case OPT_CHOICE:
		if (choice_parse(o, value, target))
			return refuse_choice(o, value, err, size);
		return 0;
	default:
		return call(options, o, negated, value, err, size);
	}
}

/* ---------------------------------------------------------------- parsing */

struct parser {
	const struct opt *table;
	void *options;
	char **argv; /* next argument */
	bool negated; /* --not came before */
	char *err;
	size_t err_size;
};

static int unknown(struct parser *p, const char *name, size_t len)
{
	const char *names[WORDS_MAX];
	char word[64], near[SUGGESTION_MAX];
	size_t n = 0;

	for (const struct opt *o = p->table; o->name && n < WORDS_MAX - 1; o++)
		if (o->group != GROUP_HIDDEN)
			names[n++] = o->name;
	names[n] = NULL;
	snprintf(word, sizeof(word), "%.*s", (int)len, name);
	suggestion(word, names, "--", near);
	snprintf(p->err, p->err_size, "unknown option \"--%.*s\"%s", (int)len, name,
		 *near ? near : SEE_HELP);
	return -EINVAL;
}

static int fail(struct parser *p, const char *what, const struct opt *o, const char *then)
{
	snprintf(p->err, p->err_size, "%s\"--%s\"%s", what, o->name, then);
	return -EINVAL;
}

/* value: what stood behind "=", or in the same word as the letter; NULL: nothing. */
static int one_option(struct parser *p, const struct opt *o, const char *value)
{
	bool negated = p->negated;

	if (o->type == OPT_HELP)
		return OPTIONS_HELP;
	if (value && !o->arg && o->type != OPT_SWITCH && o->type != OPT_FLAG)
		return fail(p, "", o, " takes no value");
	if (negated && o->type == OPT_NOT)
		return fail(p, "", o, " twice");
	if (negated && !o->negatable)
		return fail(p, "\"--not\" does not go with ", o,
			    " (it negates the filter that follows)");
	p->negated = o->type == OPT_NOT;
	if (p->negated)
		return 0;
	if (o->arg && !value) {
		value = *p->argv;
		if (!value)
			return fail(p, "", o, " needs a value");
		p->argv++;
	}
	return apply(p->options, o, negated, value ? value : "", p->err, p->err_size);
}

static int long_option(struct parser *p, const char *name)
{
	size_t len = strcspn(name, "=");

	for (const struct opt *o = p->table; o->name; o++)
		if (strlen(o->name) == len && !memcmp(o->name, name, len))
			return one_option(p, o, name[len] ? name + len + 1 : NULL);
	return unknown(p, name, len);
}

static const struct opt *by_letter(const struct opt *o, char letter)
{
	for (; o->name; o++)
		if (o->letter == letter)
			return o;
	return NULL;
}

/* -f, -f4, -f=true, -ojson, -o=json, -o json */
static int short_options(struct parser *p, const char *letters)
{
	for (; *letters; letters++) {
		const struct opt *o = by_letter(p->table, *letters);
		const char *value = NULL;
		int ret;

		if (!o) {
			snprintf(p->err, p->err_size, "unknown option \"-%c\" in \"-%s\"" SEE_HELP,
				 *letters >= ' ' && *letters < 0x7f ? *letters : '?', letters);
			return -EINVAL;
		}
		if (letters[1] == '=')
			value = letters + 2;
		else if (o->arg && letters[1])
			value = letters + 1;
		ret = one_option(p, o, value);
		if (ret || o->arg || value)
			return ret;
	}
	return 0;
}

int options_parse(const struct opt *table, void *options, char **argv, char **args, char *err,
		  size_t err_size)
{
	struct parser p = {
		.table = table, .options = options, .argv = argv, .err = err, .err_size = err_size};
	int ret = 0;

	while (!ret && *p.argv) {
		const char *word = *p.argv++;

		if (!strcmp(word, "--"))
			break;
		if (!strncmp(word, "--", 2))
			ret = long_option(&p, word + 2);
		else if (word[0] == '-' && word[1])
			ret = short_options(&p, word + 1);
		else
			*args++ = (char *)word;
	}
	if (!ret && p.negated) {
		snprintf(err, err_size, "\"--not\" at the end: a filter must follow it");
		ret = -EINVAL;
	}
	while (*p.argv)
		*args++ = *p.argv++;
	*args = NULL;
	return ret;
}

/* ------------------------------------------------------------------ words */

bool options_put_file(struct text *t, const char *command, const char *word)
{
	struct stat st;

	if (stat(word, &st) || !S_ISREG(st.st_mode))
		return false;
	text_str(t, " (try: pitot ");
	text_str(t, command);
	text_str(t, " --input-file ");
	text_shell_word(t, word, strlen(word));
	text_char(t, ')');
	return true;
}

char *opt_title(const struct opt *o, char *buf, size_t size)
{
	int n = 0;

	if (o->letter)
		n = snprintf(buf, size, "-%c, ", o->letter);
	snprintf(buf + n, size - n, "--%s%s%s", o->name,
		 o->type == OPT_SWITCH ? "[=BOOL]"
		 : o->arg	       ? " "
				       : "",
		 o->arg ? o->arg : "");
	return buf;
}

const char *opt_group_title(enum opt_group group)
{
	static const char *const titles[] = {
		[GROUP_SELECT] = "Which flows", [GROUP_FILTER] = "Filters",
		[GROUP_OUTPUT] = "Output",	[GROUP_NAMES] = "Names",
		[GROUP_CAPTURE] = "Capture",	[GROUP_SERVER] = "Server",
		[GROUP_OTHER] = "Other",
	};

	return group < GROUP_HIDDEN ? titles[group] : NULL;
}
