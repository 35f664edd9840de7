// SPDX-License-Identifier: MIT
#include "tui/filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "flows/fields.h"
#include "flows/text.h"

bool ui_filter_pass(const struct ui_filter *f, const struct flow *flow)
{
	static const struct filter nothing;

	if (!f)
		return filter_pass(&nothing, flow);
	return filter_pass(&f->filter, flow) && (!f->where || where_pass(f->where, flow));
}

void ui_filter_free(struct ui_filter *f)
{
	if (!f)
		return;
	filter_clear(&f->filter);
	where_free(f->where);
	free(f->text);
	free(f->flags);
	free(f->expression);
	free(f);
}

/* ------------------------------------------------------------- one more term */

/* What stands at s: its length, a quoted text as a whole. *ret_depth follows the brackets. */
static size_t step(const char *s, int *ret_depth)
{
	size_t n = 1;

	if (*s == '"' || *s == '\'') {
		while (s[n] && s[n] != *s)
			n += 1 + (s[n] == '\\' && *s == '"' && s[n + 1]);
		return n + (s[n] != '\0');
	}
	*ret_depth += (*s == '(' || *s == '[') - (*s == ')' || *s == ']');
	return 1;
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c & 0x80) || (c && strchr("_.:/+%-", c));
}

/* Length of the symbol, or of the word that means the same, at s[at]; 0: it is not there. */
static size_t joined_by(const char *s, size_t at, const char *symbol, const char *word)
{
	size_t n = strlen(word);

	if (!strncmp(s + at, symbol, 2))
		return 2;
	if (strncasecmp(s + at, word, n) || is_word(s[at + n]) || (at && is_word(s[at - 1])))
		return 0;
	return n;
}

static bool has_or(const char *s)
{
	int depth = 0;

	for (size_t i = 0; s[i]; i += step(s + i, &depth))
		if (!depth && joined_by(s, i, "||", "or"))
			return true;
	return false;
}

static bool same(const char *a, size_t n, const char *b)
{
	return n == strlen(b) && !memcmp(a, b, n);
}

/* The next of the terms that && joins in s, which has no "or", blanks cut. False: no more. */
static bool next_term(const char *s, size_t *at, const char **ret, size_t *ret_n)
{
	size_t i = *at, by = 0;
	int depth = 0;

	if (!s[i])
		return false;
	while (s[i] && !by) {
		by = depth ? 0 : joined_by(s, i, "&&", "and");
		i += by ? 0 : step(s + i, &depth);
	}
	*ret = s + *at;
	*ret_n = i - *at;
	*at = i + by;
	for (; *ret_n && **ret == ' '; --*ret_n)
		++*ret;
	while (*ret_n && (*ret)[*ret_n - 1] == ' ')
		--*ret_n;
	return true;
}

/* The place of the only comparison in s, an "==" that can be turned round; NULL: it is none such. */
static const char *only_equals(const char *s)
{
	const char *at = NULL;
	int depth = 0;

	for (size_t i = 0; s[i]; i += step(s + i, &depth)) {
		if (*s == '!' || s[i] == '(' || joined_by(s, i, "&&", "and") ||
		    joined_by(s, i, "||", "or"))
			return NULL;
		if (!strncmp(s + i, "==", 2)) {
			if (at)
				return NULL;
			at = s + i;
		}
	}
	return at;
}

static void put_term(struct text *t, const char *expression, bool exclude)
{
	const char *equals = exclude ? only_equals(expression) : NULL;

	if (equals) {
		text_mem(t, expression, equals - expression);
		text_char(t, '!');
		text_str(t, equals + 1);
	} else if (exclude || has_or(expression)) {
		text_str(t, exclude ? "!(" : "(");
		text_str(t, expression);
		text_char(t, ')');
	} else {
		text_str(t, expression);
	}
}

static char *finish(struct text *t)
{
	text_char(t, '\0');
	if (t->err)
		text_free(t);
	return t->data;
}

static char *term_of(const char *expression, bool exclude)
{
	struct text t = {0};

	put_term(&t, expression, exclude);
	return finish(&t);
}

/* Does the term ask for a value of the field, which has one at a time? *ret_n: its name's length. */
static bool asks_value(const char *term, size_t *ret_n)
{
	const char *equals = only_equals(term);
	const struct field *field;
	char name[64];
	size_t n = equals ? equals - term : 0;

	while (n && term[n - 1] == ' ')
		n--;
	if (!n || n >= sizeof(name))
		return false;
	memcpy(name, term, n);
	name[n] = '\0';
	field = field_find(name);
	*ret_n = n;
	return field && field->type != FIELD_TEXTS && field->type != FIELD_ADDRS &&
	       (field->type != FIELD_ADDR || !strchr(equals, '/'));
}

/* Can nothing pass both? The terms differ. */
static bool excludes(const char *term, const char *contrary, const char *one, size_t one_n)
{
	char *other;
	size_t a, b;
	bool ret;

	if (same(one, one_n, contrary))
		return true;
	if (!asks_value(term, &a))
		return false;
	other = strndup(one, one_n);
	ret = other && asks_value(other, &b) && a == b && !memcmp(term, other, a);
	free(other);
	return ret;
}

/* What is left of the terms of before; *ret_there: term is one of them. */
static void keep_terms(struct text *t, const char *before, const char *term, const char *contrary,
		       bool *ret_there, char **ret_instead)
{
	const char *one;
	size_t at = 0, n;

	while (next_term(before, &at, &one, &n)) {
		bool is_it = same(one, n, term);

		if (!is_it && excludes(term, contrary, one, n)) {
			if (!*ret_instead)
				*ret_instead = strndup(one, n);
			continue;
		}
		*ret_there |= is_it;
		text_str(t, t->len ? " && " : "");
		text_mem(t, one, n);
	}
}

/* Is it s, with or without brackets around it? */
static bool is_alone(const char *s, const char *term)
{
	size_t n = strlen(s), len = strlen(term);

	return same(s, n, term) ||
	       (len == n + 2 && *term == '(' && term[len - 1] == ')' && !memcmp(term + 1, s, n));
}

static void put_all(struct text *t, const char *before, const char *term, const char *contrary,
		    char **ret_instead)
{
	bool there = false;

	if (!has_or(before)) {
		keep_terms(t, before, term, contrary, &there, ret_instead);
		if (!*ret_instead) { /* as it was typed */
			t->len = 0;
			text_str(t, before);
		}
	} else if (is_alone(before, contrary)) {
		*ret_instead = strdup(before);
	} else {
		text_char(t, '(');
		text_str(t, before);
		text_char(t, ')');
	}
	if (there)
		return;
	text_str(t, t->len ? " && " : "");
	text_str(t, term);
}

/* Flags that say what an equality does. */
static const struct {
	const char *field, *flag;
} as_flags[] = {
	{"verdict", "--verdict"},
	{"protocol", "--protocol"},
	{"l7.protocol", "--protocol"},
	{"drop.reason", "--drop-reason-desc"},
};

/* Length of the flag with its value at s; 0: it is another one. */
static size_t flag_length(const char *s, const char *flag, const char *value, size_t value_n)
{
	size_t n = strlen(flag);

	if (strncmp(s, flag, n) || s[n] != ' ')
		return 0;
	n += strspn(s + n, " ");
	if (strncasecmp(s + n, value, value_n) || (s[n + value_n] && s[n + value_n] != ' '))
		return 0;
	return n + value_n;
}

/* The place of that flag in flags, behind no --not; *ret_n: its length. SIZE_MAX: it is not there. */
static size_t find_flag(const char *flags, const char *flag, const char *value, size_t value_n,
			size_t *ret_n)
{
	int depth = 0;

	for (size_t i = 0; flags[i]; i += step(flags + i, &depth)) {
		bool begins = !i || flags[i - 1] == ' ';
		size_t end = i;

		*ret_n = begins ? flag_length(flags + i, flag, value, value_n) : 0;
		while (end && flags[end - 1] == ' ')
			end--;
		if (*ret_n && (end < 5 || strncmp(flags + end - 5, "--not", 5)))
			return i;
	}
	return SIZE_MAX;
}

/* The flags; where one of them asks for what the expression does, without it. */
static void put_flags(struct text *t, const char *flags, const char *expression, char **ret_instead)
{
	const char *value = only_equals(expression);
	size_t name = 0, at = SIZE_MAX, n = 0, value_n;

	if (value && asks_value(expression, &name)) {
		value += 2 + strspn(value + 2, " \"");
		value_n = strcspn(value, " \"");
		for (size_t i = 0; at == SIZE_MAX && i < sizeof(as_flags) / sizeof(*as_flags); i++)
			if (same(expression, name, as_flags[i].field))
				at = find_flag(flags, as_flags[i].flag, value, value_n, &n);
	}
	if (at == SIZE_MAX) {
		text_str(t, flags);
		return;
	}
	*ret_instead = strndup(flags + at, n);
	text_mem(t, flags, at);
	text_str(t, flags + at + n + strspn(flags + at + n, " "));
	while (t->len && !t->err && t->data[t->len - 1] == ' ')
		t->len--;
}

char *ui_filter_and(const struct ui_filter *f, const char *expression, bool exclude,
		    char **ret_instead)
{
	const char *before = f ? f->expression : "";
	char *term, *contrary, *instead = NULL, *flag = NULL;
	struct text t = {0}, all = {0};

	/* alone it needs no brackets */
	term = *before || exclude ? term_of(expression, exclude) : strdup(expression);
	contrary = term_of(expression, !exclude);
	if (f && exclude)
		put_flags(&t, f->flags, expression, &flag);
	else if (f)
		text_str(&t, f->flags);
	if (term && contrary)
		put_all(&all, before, term, contrary, &instead);
	if (t.len && all.len)
		text_char(&t, ' ');
	if (all.len)
		text_mem(&t, all.data, all.len);
	if (!term || !contrary || all.err)
		t.err = -ENOMEM;
	text_free(&all);
	free(term);
	free(contrary);
	if (flag) {
		free(instead);
		instead = flag;
	}
	if (ret_instead)
		*ret_instead = instead;
	else
		free(instead);
	return finish(&t);
}
