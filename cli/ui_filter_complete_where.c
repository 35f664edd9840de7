// SPDX-License-Identifier: MIT
/* What may stand at the end of an expression: fields, operators, values. */
#include <string.h>
#include <strings.h>

#include "cli/ui_filter_complete.h"
#include "flows/fields.h"

/* ------------------------------------------------------------------------ tokens */

struct token {
	size_t start, end;
	char text[160]; /* of a word or a string, without its quotes; cut */
	bool word, string;
	bool open; /* a string without its end */
};

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c & 0x80) || (c && strchr("_.:/+%-", c));
}

static void keep(struct token *t, const char *s, size_t n)
{
	if (n >= sizeof(t->text))
		n = sizeof(t->text) - 1;
	memcpy(t->text, s, n);
	t->text[n] = '\0';
}

static void read_string(struct token *t, const char *s)
{
	size_t n = 1;

	while (s[n] && s[n] != *s)
		n += 1 + (s[n] == '\\' && *s == '"' && s[n + 1]);
	t->string = true;
	t->open = !s[n];
	keep(t, s + 1, n - 1);
	t->end = t->start + n + (s[n] != '\0');
}

/* False: no more. */
static bool next(const char *head, size_t at, struct token *t)
{
	static const char *const two[] = {"&&", "||", "==", "!=", "<=", ">=", "=~", "!~"};
	const char *s;

	at += strspn(head + at, " \t\n\r");
	s = head + at;
	*t = (struct token){.start = at, .end = at + 1};
	if (!*s)
		return false;
	if (*s == '"' || *s == '\'') {
		read_string(t, s);
	} else if (is_word(*s)) {
		t->word = true;
		while (is_word(head[t->end]))
			t->end++;
		keep(t, s, t->end - at);
	} else {
		for (size_t i = 0; i < sizeof(two) / sizeof(two[0]); i++)
			if (!strncmp(s, two[i], 2))
				t->end = at + 2;
		keep(t, s, t->end - at);
	}
	return true;
}

static bool is(const struct token *t, const char *const *words)
{
	for (; *words; words++)
		if (!t->string && !strcasecmp(t->text, *words))
			return true;
	return false;
}

static const char *const joins[] = {"&&", "||", "and", "or", NULL};
static const char *const opens[] = {"(", "[", NULL};
static const char *const closes[] = {")", "]", NULL};

static void find_field(struct scan *s, const char *name)
{
	const char *rest = completion_behind_any(name);
	char full[176];

	s->any = rest;
	*s->key = '\0';
	if (rest) {
		memcpy(full, "src.", 4);
		memcpy(full + 4, rest, strlen(rest) + 1);
		name = full;
	}
	s->field = field_find(name);
}

static void field_token(struct scan *s, const struct token *t)
{
	static const char *const before[] = {"not", "!", "(", "has", "exists", NULL};

	if (is(t, before))
		return;
	if (t->word)
		find_field(s, t->text);
	else
		s->field = NULL;
	s->want = WANT_OP;
}

static void op_token(struct scan *s, const struct token *t)
{
	static const char *const open[] = {"[", NULL}, *const not [] = {"not", NULL};

	if (is(t, joins))
		s->want = WANT_FIELD;
	else if (is(t, closes))
		s->want = WANT_JOIN;
	else if (is(t, open))
		s->want = WANT_KEY;
	else
		s->want = is(t, not ) ? WANT_IN : WANT_VALUE;
}

static void value_token(struct scan *s, const struct token *t)
{
	if (is(t, opens))
		s->list = true;
	else if (is(t, closes))
		s->list = false;
	if (t->word || t->string || is(t, closes))
		s->want = WANT_JOIN;
}

static void join_token(struct scan *s, const struct token *t)
{
	static const char *const comma[] = {",", NULL};

	if (is(t, comma) && s->list)
		s->want = WANT_VALUE;
	else if (is(t, joins))
		s->want = WANT_FIELD;
	else if (is(t, closes))
		s->list = false;
}

static void go_on(struct scan *s, const struct token *t)
{
	switch (s->want) {
	case WANT_FIELD:
		field_token(s, t);
		break;
	case WANT_KEY:
		if (t->string)
			memcpy(s->key, t->text, strnlen(t->text, sizeof(s->key) - 1) + 1);
		s->key[sizeof(s->key) - 1] = '\0';
		if (!t->string)
			s->want = WANT_OP;
		break;
	case WANT_OP:
		op_token(s, t);
		break;
	case WANT_IN:
		s->want = WANT_VALUE;
		break;
	case WANT_VALUE:
		value_token(s, t);
		break;
	default:
		join_token(s, t);
	}
}

/* ------------------------------------------------------------------------- whole */

static void add(struct completion *c, const struct scan *s)
{
	switch (s->want) {
	case WANT_FIELD:
		completion_add_fields(c);
		break;
	case WANT_KEY:
		if (!*s->key)
			completion_add_label_keys(c);
		break;
	case WANT_OP:
		completion_add_operators(c, s);
		break;
	case WANT_IN:
		completion_add_behind_not(c);
		break;
	case WANT_VALUE:
		completion_add_values(c, s);
		break;
	default:
		completion_add_joins(c);
	}
}

void completion_of_expression(struct completion *c, const char *text, size_t from,
			      size_t *ret_start)
{
	struct scan s = {.want = WANT_FIELD};
	struct token t;

	*ret_start = strlen(text);
	c->typed = "";
	for (size_t at = from; next(text, at, &t); at = t.end) {
		bool typed = !text[t.end] && (t.word || (t.string && t.open));

		/* "=" may become "==", "&" "&&" */
		if (!text[t.end] && t.end == t.start + 1 && strchr("=&|<>!", text[t.start]) &&
		    s.want != WANT_FIELD)
			typed = true;
		if (typed) {
			*ret_start = t.start;
			c->typed = t.text;
			break;
		}
		go_on(&s, &t);
	}
	add(c, &s);
	c->typed = "";
}
