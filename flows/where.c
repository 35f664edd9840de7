// SPDX-License-Identifier: MIT
#include "flows/where.h"

#include <stdlib.h>
#include <strings.h>

#include "flows/where_program.h"

#define MAPPED_BITS 96 /* of ::ffff:0:0 */
#define SHOWN_WIDTH 72 /* characters of an expression around its error */

/* ------------------------------------------------------------------ the program */

void *where_alloc(struct where *w, size_t size)
{
	struct where_block *b = calloc(1, sizeof(*b) + size);

	if (!b)
		return NULL;
	b->next = w->blocks;
	w->blocks = b;
	return b + 1;
}

void where_free(struct where *w)
{
	if (!w)
		return;
	while (w->blocks) {
		struct where_block *b = w->blocks;

		w->blocks = b->next;
		free(b);
	}
	for (size_t i = 0; i < w->n_regexes; i++)
		regex_free(w->regexes[i]);
	for (int i = 0; w->scratch && i < 2; i++)
		text_free(&w->scratch[i]);
	free(w->scratch);
	free(w->terms);
	free(w->text);
	free(w);
}

const char *where_text(const struct where *w)
{
	return w->text;
}

/* ------------------------------------------------------------------------ texts */

static bool glob(const char *pattern, const char *text)
{
	const char *star = NULL, *retry = NULL;

	while (*text) {
		if (*pattern == '*') {
			star = ++pattern;
			retry = text;
		} else if (*pattern == *text || *pattern == '?') {
			pattern++;
			text++;
		} else if (star) {
			pattern = star;
			text = ++retry;
		} else {
			return false;
		}
	}
	return !pattern[strspn(pattern, "*")];
}

static bool ends_with(const char *text, const struct where_text *end)
{
	size_t n = strlen(text);

	return n >= end->len && !memcmp(text + n - end->len, end->s, end->len);
}

static int compare_texts(const void *a, const void *b)
{
	const struct where_text *text = b;

	return strcmp(a, text->s);
}

static int compare_names(const void *a, const void *b)
{
	const struct where_text *text = b;

	return strcasecmp(a, text->s);
}

static bool text_holds(const struct term *t, const char *text)
{
	switch (t->op) {
	case OP_TEXT_EQ:
		return !(t->any_case ? strcasecmp : strcmp)(text, t->operand.text.s);
	case OP_TEXTS:
		return bsearch(text, t->operand.texts.v, t->operand.texts.n,
			       sizeof(*t->operand.texts.v),
			       t->any_case ? compare_names : compare_texts);
	case OP_CONTAINS:
		return strstr(text, t->operand.text.s);
	case OP_STARTSWITH:
		return !strncmp(text, t->operand.text.s, t->operand.text.len);
	case OP_ENDSWITH:
		return ends_with(text, &t->operand.text);
	case OP_LIKE:
		return glob(t->operand.text.s, text);
	default:
		return regex_matches(t->operand.regex, text, strlen(text));
	}
}

/* A label without its source: behind "k8s:" of "k8s:app=cart"; NULL: it has none. */
static const char *without_source(const char *label)
{
	size_t n = strcspn(label, ":=");

	return label[n] == ':' ? label + n + 1 : NULL;
}

/* Any text of the list will do. */
static bool texts_hold(const struct term *t, const struct field_value *v)
{
	for (size_t i = 0; i < v->texts.n; i++) {
		const char *rest;

		if (text_holds(t, v->texts.v[i]))
			return true;
		rest = t->labels ? without_source(v->texts.v[i]) : NULL;
		if (rest && text_holds(t, rest))
			return true;
	}
	return false;
}

/* The value of "key=value", NULL where that is another label. */
static const char *label_value(const char *label, const struct where_text *key)
{
	if (strncmp(label, key->s, key->len))
		return NULL;
	if (!label[key->len])
		return label + key->len;
	return label[key->len] == '=' ? label + key->len + 1 : NULL;
}

/* From the labels to the text of the one that is asked for. */
static void pick_label(const struct term *t, struct field_value *v)
{
	const struct field_value all = *v;
	const char *value = NULL;

	for (size_t i = 0; all.known && !value && i < all.texts.n; i++) {
		const char *rest = without_source(all.texts.v[i]);

		value = label_value(all.texts.v[i], &t->key);
		if (!value && rest)
			value = label_value(rest, &t->key);
	}
	v->known = value;
	v->text = value;
}

/* ---------------------------------------------------------------------- numbers */

static bool in_prefix(const struct where_prefix *p, const struct ip_addr *a)
{
	unsigned int whole = p->bits / 8, rest = p->bits % 8;

	/* ::/0 is all of IPv6, as it is to --ip, and not the IPv4 that is mapped into it */
	if (p->bits < MAPPED_BITS && ip_addr_is_v4(a))
		return false;
	return !memcmp(p->addr.b, a->b, whole) &&
	       (!rest || !((p->addr.b[whole] ^ a->b[whole]) & (0xff00 >> rest & 0xff)));
}

static bool addrs_hold(const struct term *t, const struct ip_addr *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < t->operand.prefixes.n; k++)
			if (in_prefix(&t->operand.prefixes.v[k], &v[i]))
				return true;
	return false;
}

static int compare_numbers(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* ------------------------------------------------------------------------- runs */

static bool fields_hold(const struct where *w, const struct term *t, const struct field_value *v,
			const struct flow *f)
{
	const struct field *right = t->operand.field;
	struct text *scratch = &w->scratch[1];
	struct field_value other;
	int order;

	scratch->len = scratch->err = 0;
	right->get(f, &other, scratch);
	if (!other.known)
		return false;
	order = field_compare(right, v, &other);
	switch (t->op) {
	case OP_FIELD_LT:
		return order < 0;
	case OP_FIELD_LE:
		return order <= 0;
	case OP_FIELD_GT:
		return order > 0;
	case OP_FIELD_GE:
		return order >= 0;
	default:
		return order == 0;
	}
}

static bool number_holds(const struct term *t, uint64_t number)
{
	switch (t->op) {
	case OP_EQ:
		return number == t->operand.number;
	case OP_LT:
		return number < t->operand.number;
	case OP_LE:
		return number <= t->operand.number;
	case OP_GT:
		return number > t->operand.number;
	case OP_GE:
		return number >= t->operand.number;
	default:
		return bsearch(&number, t->operand.numbers.v, t->operand.numbers.n, sizeof(number),
			       compare_numbers);
	}
}

static bool value_holds(const struct term *t, const struct field_value *v)
{
	switch (t->field->type) {
	case FIELD_TEXTS:
		return t->key.s ? text_holds(t, v->text) : texts_hold(t, v);
	case FIELD_TEXT:
		return text_holds(t, v->text);
	case FIELD_ADDR:
		return addrs_hold(t, &v->addr, 1);
	case FIELD_ADDRS:
		return addrs_hold(t, v->addrs.v, v->addrs.n);
	default:
		return number_holds(t, v->number);
	}
}

static bool term_holds(const struct where *w, const struct term *t, const struct flow *f)
{
	struct text *scratch = &w->scratch[0];
	struct field_value v;

	if (t->op == OP_CONST)
		return t->operand.number;
	scratch->len = scratch->err = 0;
	t->field->get(f, &v, scratch);
	if (t->key.s)
		pick_label(t, &v);
	if (!v.known || t->op == OP_HAS)
		return v.known;
	if (t->op == OP_TRUE)
		return v.number;
	if (t->op >= OP_FIELD_EQ)
		return fields_hold(w, t, &v, f);
	return value_holds(t, &v);
}

bool where_pass(const struct where *w, const struct flow *f)
{
	uint32_t i = 0;

	while (i < w->n)
		i = w->terms[i].next[term_holds(w, &w->terms[i], f)];
	return i == GO_PASS;
}

/* ----------------------------------------------------------------------- errors */

/* A character of a line of its own: what is none, or no letter, is a place all the same. */
static size_t one_character(struct text *t, const char *s, size_t n)
{
	uint32_t c = 0;
	size_t len = utf8_next(s, n, &c);

	if (len && !utf8_is_control(c))
		text_mem(t, s, len);
	else
		text_char(t, c == '\t' || c == '\n' || c == '\r' ? ' ' : '?');
	return len ? len : 1;
}

/* The characters from..to of the expression; 0: it ends before. */
static size_t some_characters(struct text *t, const char *s, size_t from, size_t to)
{
	size_t n = strnlen(s, WHERE_MAX), column = 0, at = 0;
	struct text ignored = {0};

	while (at < n && column < to) {
		ignored.len = 0;
		at += one_character(column < from ? &ignored : t, s + at, n - at);
		column++;
	}
	text_free(&ignored);
	return n - at;
}

void where_error_text(struct text *t, const char *expression, const struct where_error *e)
{
	size_t from = e->column > SHOWN_WIDTH / 2 ? e->column - SHOWN_WIDTH / 2 : 0;
	size_t under = e->length ? e->length : 1, right;

	if (under > from + SHOWN_WIDTH - e->column)
		under = from + SHOWN_WIDTH - e->column;
	text_str(t, e->message);
	text_str(t, from ? "\n  .." : "\n  ");
	right = some_characters(t, expression, from, from + SHOWN_WIDTH);
	text_str(t, right ? "..\n  " : "\n  ");
	text_spaces(t, e->column - from + (from ? 2 : 0));
	for (size_t i = 0; i < under; i++)
		text_char(t, '^');
	text_char(t, '\n');
}
