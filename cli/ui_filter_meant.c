// SPDX-License-Identifier: MIT
/* What a text that is no filter may mean: flags come to the front, what is right stays. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/ui_filter.h"
#include "flows/where.h"

#define TEXT_LONGEST 512 /* bytes; nobody types more that is no filter */
#define BLANKS " \t\n\r"
#define COMMAND "pitot observe "

/* Behind the option at `at`, its --not and its value; 0: none stands there. */
static size_t flag_end(const char *text, size_t at)
{
	bool more = true, value = false;
	size_t end = 0;
	struct ui_word w;
	int err;

	for (; more && ui_word_next(text, at, &w, &err); at = w.end) {
		bool is_long = !strncmp(w.value, "--", 2) && w.value[2];

		if (value || is_long || (*w.value == '-' && ui_option_row(w.value)))
			end = w.end;
		more = !value && (!strcmp(w.value, "--not") ||
				  (end == w.end && ui_option_wants_value(w.value)));
		value = more && strcmp(w.value, "--not");
		free(w.value);
	}
	return end;
}

static size_t quoted_length(const char *s)
{
	size_t n = 1;

	while (s[n] && s[n] != *s)
		n += 1 + (s[n] == '\\' && *s == '"' && s[n + 1]);
	return n + (s[n] != '\0');
}

size_t ui_filter_flag_behind(const char *text, size_t from)
{
	for (size_t at = from; text[at];) {
		bool begins = at == from || strchr(BLANKS, text[at - 1]);

		if (text[at] == '"' || text[at] == '\'')
			at += quoted_length(text + at);
		else if (begins && text[at] == '-' && flag_end(text, at))
			return at;
		else
			at++;
	}
	return strlen(text);
}

/* Flags wherever they stand, and what stands between them. */
static void sort_out(const char *text, struct text *flags, struct text *rest)
{
	size_t at = strspn(text, BLANKS), flag, n;

	while (text[at]) {
		flag = ui_filter_flag_behind(text, at);
		n = flag - at;
		while (n && strchr(BLANKS, text[at + n - 1]))
			n--;
		text_str(rest, n && rest->len ? " " : "");
		text_mem(rest, text + at, n);
		at = flag;
		flag = flag_end(text, at);
		if (flag <= at)
			break;
		text_str(flags, flags->len ? " " : "");
		text_mem(flags, text + at, flag - at);
		at = flag + strspn(text + flag, BLANKS);
	}
	text_char(rest, '\0');
}

/* How much of an expression is right: it is wrong behind that. 0: nothing. */
static size_t right_length(const char *text, size_t column)
{
	size_t n = 0;
	uint32_t c;

	for (size_t len; column && text[n]; n += len ? len : 1, column--)
		len = utf8_next(text + n, strlen(text + n), &c);
	return n;
}

static size_t without_and(const char *text, size_t n)
{
	while (n && strchr(BLANKS, text[n - 1]))
		n--;
	if (n > 2 && !strncmp(text + n - 2, "&&", 2))
		n -= 2;
	else if (n > 4 && !strncasecmp(text + n - 4, " and", 4))
		n -= 4;
	while (n && strchr(BLANKS, text[n - 1]))
		n--;
	return n;
}

/* An expression, and behind it what is none. */
static bool guess_behind(const char *rest, size_t wrong, struct text *flags,
			 struct text *expression)
{
	size_t n = without_and(rest, wrong);
	char *before = n ? strndup(rest, n) : NULL;
	struct where_error e;
	struct where *w;
	bool is_or, is_right = before && !where_parse(before, &w, &e);

	if (is_right) {
		where_free(w);
		is_or = strstr(before, "||") || strcasestr(before, " or ");
		text_str(expression, is_or ? "(" : "");
		text_str(expression, before);
		text_str(expression, is_or ? ")" : "");
		is_right = ui_filter_guess_words(rest + wrong, flags, expression);
	}
	free(before);
	return is_right;
}

static bool guess_rest(const char *rest, struct text *flags, struct text *expression)
{
	struct where_error e;
	struct where *w;
	int err = *rest ? where_parse(rest, &w, &e) : 0;

	if (!err) {
		if (*rest)
			where_free(w);
		text_str(expression, rest);
		return true;
	}
	if (err == -EINVAL) {
		size_t before = flags->len;

		if (ui_filter_guess_words(rest, flags, expression))
			return true;
		flags->len = before;
		expression->len = 0;
		return guess_behind(rest, right_length(rest, e.column), flags, expression);
	}
	return false;
}

char *ui_filter_guess(const char *text)
{
	struct text flags = {0}, rest = {0}, expression = {0};
	bool found = false;

	if (strnlen(text, TEXT_LONGEST + 1) > TEXT_LONGEST)
		return NULL;
	sort_out(text, &flags, &rest);
	if (!flags.err && !rest.err)
		found = guess_rest(rest.data, &flags, &expression);
	if (expression.len) {
		text_str(&flags, flags.len ? " " : "");
		text_mem(&flags, expression.data, expression.len);
	}
	text_char(&flags, '\0');
	found = found && !flags.err && !expression.err && ui_filter_is_right(flags.data);
	if (!found)
		text_free(&flags);
	text_free(&rest);
	text_free(&expression);
	return flags.data;
}

void ui_filter_put_try(struct text *t, char *const *words)
{
	struct text line = {0};
	struct ui_filter_error e = {0}, again;
	struct ui_filter *f = NULL;
	int err;

	for (; *words; words++) {
		text_str(&line, line.len ? " " : "");
		text_str(&line, *words);
	}
	text_char(&line, '\0');
	err = line.err ? line.err : ui_filter_parse(NULL, line.data, &f, &e);
	text_free(&line);
	if (err == -EINVAL && *e.meant)
		err = ui_filter_parse(NULL, e.meant, &f, &again);
	if (!err && *f->text) {
		struct text command = {0};

		ui_filter_command_line(NULL, f, 0, &command);
		if (command.len > strlen(COMMAND) && !command.err) {
			text_str(t, " (try: ");
			text_mem(t, command.data + strlen(COMMAND), command.len - strlen(COMMAND));
			text_char(t, ')');
		}
		text_free(&command);
	}
	if (!err)
		ui_filter_free(f);
}
