// SPDX-License-Identifier: MIT
#include "flows/filter_labels.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define REQUIREMENTS_MAX 64
#define VALUES_MAX 256
#define SPACES " \t"
/* What ends a word. */
#define MARKS SPACES ",()=!<>"

enum operator{
	EXISTS,
	EXISTS_NOT,
	IN, /* `=` and `==` too, with one value */
	NOT_IN, /* `!=` too; a label that is not there will do */
	GREATER,
	LESS,
};

struct requirement {
	enum operator op;
	const char *source; /* NULL: any */
	const char *key;
	size_t source_len, key_len;
	const char **values;
	size_t n_values;
	int64_t number; /* GREATER, LESS */
};

struct label_selector {
	size_t n;
	struct requirement *requirements;
	char text[]; /* what they point into, NULs in place of marks */
};

/* -------------------------------------------------------------------- parsing */

/*
 * Words are ended where they stand, so the mark behind a word is taken before the
 * word is ended.
 */
struct cursor {
	char *at;
	const char *why;
};

static void skip_spaces(struct cursor *c)
{
	c->at += strspn(c->at, SPACES);
}

/* Eats the mark when it is the next thing. */
static bool eat(struct cursor *c, const char *mark)
{
	size_t n = strlen(mark);

	skip_spaces(c);
	if (strncmp(c->at, mark, n))
		return false;
	c->at += n;
	return true;
}

/* A word, not ended yet. */
static size_t word(struct cursor *c, char **ret)
{
	size_t n;

	skip_spaces(c);
	*ret = c->at;
	n = strcspn(c->at, MARKS);
	c->at += n;
	return n;
}

static int wanted(struct cursor *c, const char *why)
{
	c->why = why;
	return -EINVAL;
}

static int add_value(struct requirement *r, const char *value)
{
	const char **v = reallocarray(r->values, r->n_values + 1, sizeof(*v));

	if (!v)
		return -ENOMEM;
	v[r->n_values++] = value;
	r->values = v;
	return 0;
}

/* "(a, b)" after in and notin. */
static int value_set(struct cursor *c, struct requirement *r)
{
	char *value;
	size_t n;

	if (!eat(c, "("))
		return wanted(c, "values in brackets: in (a, b)");
	for (;;) {
		bool more, end;
		int err;

		n = word(c, &value);
		more = eat(c, ",");
		end = !more && eat(c, ")");
		if ((!more && !end) || r->n_values == VALUES_MAX)
			return wanted(c, "values by comma, then a closing bracket: in (a, b)");
		value[n] = '\0';
		err = add_value(r, value);
		if (err || end)
			return err;
	}
}

/* The value of `=`, `!=`, `>` or `<`, up to the comma; *ret_more: one follows. */
static int single(struct cursor *c, struct requirement *r, bool *ret_more)
{
	char *value;
	size_t n = word(c, &value);
	char *end;

	*ret_more = eat(c, ",");
	if (!*ret_more && *c->at)
		return wanted(c, "a value, and a comma before the next requirement");
	value[n] = '\0';
	if (r->op == GREATER || r->op == LESS) {
		errno = 0;
		r->number = strtoll(value, &end, 10);
		if (errno || end == value || *end)
			return wanted(c, "a whole number after > and <");
	}
	return add_value(r, value);
}

static void split_source(struct requirement *r, char *key)
{
	char *colon = strchr(key, ':');

	if (colon) {
		*colon = '\0';
		r->source = strcmp(key, "any") ? key : NULL;
		r->source_len = colon - key;
		key = colon + 1;
	}
	r->key = key;
	r->key_len = strlen(key);
}

static bool is_word(const char *s, size_t n, const char *want)
{
	return n == strlen(want) && !memcmp(s, want, n);
}

/* After "key ": in, notin, or nothing that is known. */
static int set_operator(struct cursor *c, struct requirement *r, bool *ret_more)
{
	char *name;
	size_t n = word(c, &name);
	int err;

	if (is_word(name, n, "in"))
		r->op = IN;
	else if (is_word(name, n, "notin"))
		r->op = NOT_IN;
	else
		return wanted(c, "=, !=, in (..), notin (..), > or < after a label's name");
	err = value_set(c, r);
	if (err)
		return err;
	*ret_more = eat(c, ",");
	return !*ret_more && *c->at ? wanted(c, "a comma between requirements") : 0;
}

static int operation(struct cursor *c, struct requirement *r, bool *ret_more)
{
	static const struct {
		const char *mark;
		enum operator op;
	} marks[] = {{"==", IN}, {"=", IN}, {"!=", NOT_IN}, {">", GREATER}, {"<", LESS}};

	*ret_more = eat(c, ",");
	skip_spaces(c);
	if (*ret_more || !*c->at) {
		r->op = EXISTS;
		return 0;
	}
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (eat(c, marks[i].mark)) {
			r->op = marks[i].op;
			return single(c, r, ret_more);
		}
	return set_operator(c, r, ret_more);
}

static int requirement(struct cursor *c, struct requirement *r, bool *ret_more)
{
	bool no = eat(c, "!");
	char *key, *end;
	int err = 0;

	end = c->at;
	if (!word(c, &key))
		return wanted(c, "a label's name");
	end = c->at;
	if (!no) {
		err = operation(c, r, ret_more);
	} else {
		r->op = EXISTS_NOT;
		*ret_more = eat(c, ",");
		if (!*ret_more && *c->at)
			return wanted(c, "a comma between requirements");
	}
	*end = '\0';
	split_source(r, key);
	if (!err && !*r->key)
		return wanted(c, "a label's name");
	return err;
}

static int parse(struct label_selector *s, struct cursor *c)
{
	bool more = true;

	while (more) {
		struct requirement *r = reallocarray(s->requirements, s->n + 1, sizeof(*r));
		int err;

		if (!r)
			return -ENOMEM;
		s->requirements = r;
		if (s->n == REQUIREMENTS_MAX)
			return wanted(c, "fewer requirements");
		r += s->n++;
		memset(r, 0, sizeof(*r));
		err = requirement(c, r, &more);
		if (err)
			return err;
	}
	return 0;
}

int label_selector_new(const char *text, struct label_selector **ret, const char **ret_why)
{
	size_t size = strlen(text) + 1;
	struct label_selector *s = calloc(1, sizeof(*s) + size);
	struct cursor c = {0};
	int err;

	if (!s)
		return -ENOMEM;
	memcpy(s->text, text, size);
	c.at = s->text;
	err = parse(s, &c);
	if (err) {
		label_selector_free(s);
		*ret_why = c.why;
		return err;
	}
	*ret = s;
	return 0;
}

void label_selector_free(struct label_selector *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++)
		free(s->requirements[i].values);
	free(s->requirements);
	free(s);
}

size_t label_selector_size(const struct label_selector *s)
{
	size_t size = s->n;

	for (size_t i = 0; i < s->n; i++)
		size += s->requirements[i].n_values;
	return size;
}

/* ------------------------------------------------------------------- matching */

/* The label's value when it has the requirement's key; NULL: it is another label. */
static const char *value_of(const struct requirement *r, const char *label)
{
	const char *key = label;
	size_t n = 0;

	while (label[n] && label[n] != ':' && label[n] != '=')
		n++;
	if (label[n] == ':')
		key = label + n + 1;
	if (r->source && (label[n] != ':' || n != r->source_len || memcmp(label, r->source, n)))
		return NULL;
	if (*key != *r->key || strncmp(key, r->key, r->key_len))
		return NULL;
	key += r->key_len;
	if (*key && *key != '=')
		return NULL;
	return *key ? key + 1 : key;
}

static bool value_holds(const struct requirement *r, const char *value)
{
	int64_t number;
	char *end;

	if (r->op == EXISTS || r->op == EXISTS_NOT)
		return true;
	if (r->op == IN || r->op == NOT_IN) {
		for (size_t i = 0; i < r->n_values; i++)
			if (!strcmp(r->values[i], value))
				return true;
		return false;
	}
	errno = 0;
	number = strtoll(value, &end, 10);
	if (errno || end == value || *end)
		return false;
	return r->op == GREATER ? number > r->number : number < r->number;
}

static bool requirement_holds(const struct requirement *r, const char *const *labels, size_t n)
{
	bool negative = r->op == EXISTS_NOT || r->op == NOT_IN;

	for (size_t i = 0; i < n; i++) {
		const char *value = value_of(r, labels[i]);

		if (value && value_holds(r, value))
			return !negative;
	}
	return negative;
}

bool label_selector_matches(const struct label_selector *s, const char *const *labels, size_t n)
{
	for (size_t i = 0; i < s->n; i++)
		if (!requirement_holds(&s->requirements[i], labels, n))
			return false;
	return true;
}
