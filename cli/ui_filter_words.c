// SPDX-License-Identifier: MIT
/* The filter bar's words, as a shell has them, and its options. */
#include <stdlib.h>
#include <string.h>

#include "cli/filter_rows.h"
#include "cli/source_rows.h"
#include "cli/ui_filter.h"

#define BLANKS " \t\n\r"

#define AT(field) offsetof(struct ui_filter_flags, field)

const struct opt ui_filter_rows[] = {
	FILTER_ROWS(AT(filter)),
	ALL_DROPS_ROW(AT(filter.normal_drops)),
	{"where", 0, OPT_TEXT, "EXPRESSION", AT(where), .group = GROUP_HIDDEN,
	 .help = "an expression; here it may stand behind the flags just so"},
	{.name = NULL},
};

/* ---------------------------------------------------------------------- words */

/* Inside double quotes a backslash holds for these only. */
static size_t put_quoted(struct text *t, const char *s, char quote)
{
	size_t n = 1;

	for (; s[n] && s[n] != quote; n++) {
		if (quote == '"' && s[n] == '\\' && s[n + 1] && strchr("\"\\$`", s[n + 1]))
			n++;
		text_char(t, s[n]);
	}
	return n;
}

static size_t put_word(struct text *t, const char *s, bool *ret_open)
{
	size_t n = 0;

	*ret_open = false;
	while (s[n] && !strchr(BLANKS, s[n])) {
		if (s[n] == '"' || s[n] == '\'') {
			char quote = s[n];

			n += put_quoted(t, s + n, quote);
			if (!s[n]) {
				*ret_open = true;
				break;
			}
		} else {
			if (s[n] == '\\' && s[n + 1])
				n++;
			text_char(t, s[n]);
		}
		n++;
	}
	return n;
}

bool ui_word_next(const char *text, size_t at, struct ui_word *ret, int *ret_err)
{
	struct text t = {0};

	at += strspn(text + at, BLANKS);
	*ret_err = 0;
	if (!text[at])
		return false;
	*ret = (struct ui_word){.start = at};
	ret->end = at + put_word(&t, text + at, &ret->open);
	text_char(&t, '\0');
	if (t.err) {
		*ret_err = t.err;
		text_free(&t);
		return false;
	}
	ret->value = t.data;
	return true;
}

/* -------------------------------------------------------------------- options */

static const struct opt *row_of_name(const char *name, size_t n)
{
	for (const struct opt *o = ui_filter_rows; o->name; o++)
		if (strlen(o->name) == n && !memcmp(o->name, name, n))
			return o;
	return NULL;
}

static const struct opt *row_of_letter(char letter)
{
	for (const struct opt *o = ui_filter_rows; o->name; o++)
		if (o->letter && o->letter == letter)
			return o;
	return NULL;
}

const struct opt *ui_option_row(const char *word)
{
	const struct opt *o = NULL;

	if (!strncmp(word, "--", 2))
		return row_of_name(word + 2, strcspn(word + 2, "="));
	for (word++; *word && *word != '='; word++) {
		o = row_of_letter(*word);
		if (!o || o->arg)
			break;
	}
	return o;
}

bool ui_option_wants_value(const char *word)
{
	const struct opt *o = ui_option_row(word);

	if (!o || !o->arg)
		return false;
	if (word[1] == '-')
		return !strchr(word, '=');
	return word[strlen(word) - 1] == o->letter;
}

/* How much of a word is an option's name, "-n" or "--namespace=", which stays outside the quotes. */
static size_t name_of_option(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");

	if (!strncmp(s, "--", 2))
		return n > 2 && s[n] == '=' ? n + 1 : 0;
	return *s == '-' && row_of_letter(s[1]) ? 2 : 0;
}

/* The bar takes for an option what begins as one. */
void ui_shell_word(struct text *t, const char *s)
{
	size_t n = name_of_option(s);

	text_mem(t, s, n);
	if (!n || s[n])
		text_shell_word(t, s + n, strlen(s + n));
}
