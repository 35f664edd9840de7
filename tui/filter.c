// SPDX-License-Identifier: MIT
#include "tui/filter.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

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
	while (n && a[n - 1] == ' ')
		n--;
	while (n && *a == ' ') {
		a++;
		n--;
	}
	return n == strlen(b) && !memcmp(a, b, n);
}

/* Is term one of those that && joins in s, which has no "or"? */
static bool has_term(const char *s, const char *term)
{
	size_t begin = 0, i = 0, n;
	int depth = 0;

	for (; s[i]; i += n) {
		size_t by = depth ? 0 : joined_by(s, i, "&&", "and");

		if (by && same(s + begin, i - begin, term))
			return true;
		if (by)
			begin = i + by;
		n = by ? by : step(s + i, &depth);
	}
	return same(s + begin, i - begin, term);
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

char *ui_filter_and(const struct ui_filter *f, const char *expression, bool exclude)
{
	const char *flags = f ? f->flags : "", *before = f ? f->expression : "";
	bool any = has_or(before), there;
	struct text t = {0}, term = {0};

	/* alone it needs no brackets */
	if (*before || exclude)
		put_term(&term, expression, exclude);
	else
		text_str(&term, expression);
	text_char(&term, '\0');
	there = !term.err && *before && !any && has_term(before, term.data);
	text_str(&t, flags);
	if (*flags)
		text_char(&t, ' ');
	if (any && !there)
		text_char(&t, '(');
	text_str(&t, before);
	if (any && !there)
		text_char(&t, ')');
	if (*before && !there)
		text_str(&t, " && ");
	if (!there && !term.err)
		text_str(&t, term.data);
	if (term.err)
		t.err = term.err;
	text_free(&term);
	return finish(&t);
}
