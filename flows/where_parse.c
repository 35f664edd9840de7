// SPDX-License-Identifier: MIT
/*
 * From tokens to a program. An expression's terms lie one behind the other; where to
 * go on is known when what follows is: until then the open ends of a part are chained
 * through the places where they will be written.
 */
#include <errno.h>
#include <stdlib.h>
#include <strings.h>

#include "flows/where_program.h"

#define NO_SLOT UINT32_MAX

/* Open ends: slots, a term's number * 2 + which of its `next`. */
struct chain {
	uint32_t first, last;
};

/* A part of the program and where it comes out: [0] when it does not hold, [1] when it does. */
struct part {
	uint32_t start;
	struct chain out[2];
};

static uint32_t *slot(struct where *w, uint32_t i)
{
	return &w->terms[i / 2].next[i % 2];
}

static struct chain join(struct where *w, struct chain a, struct chain b)
{
	if (a.first == NO_SLOT)
		return b;
	if (b.first == NO_SLOT)
		return a;
	*slot(w, a.last) = b.first;
	return (struct chain){a.first, b.last};
}

static void connect(struct where *w, struct chain c, uint32_t target)
{
	while (c.first != NO_SLOT) {
		uint32_t *at = slot(w, c.first);

		c.first = *at;
		*at = target;
	}
}

static struct part add_term(struct parser *p, const struct term *t)
{
	struct where *w = p->w;
	uint32_t i = w->n;

	if (i == w->size) {
		uint32_t size = w->size ? 2 * w->size : 8;
		struct term *terms = reallocarray(w->terms, size, sizeof(*terms));

		if (!terms) {
			where_no_memory(p);
			return (struct part){0, {{NO_SLOT, NO_SLOT}, {NO_SLOT, NO_SLOT}}};
		}
		w->terms = terms;
		w->size = size;
	}
	w->terms[i] = *t;
	w->terms[i].next[0] = w->terms[i].next[1] = NO_SLOT;
	w->n++;
	return (struct part){i, {{2 * i, 2 * i}, {2 * i + 1, 2 * i + 1}}};
}

static struct part negate(struct part a)
{
	return (struct part){a.start, {a.out[1], a.out[0]}};
}

/* b behind a. by 0: a || b, which goes on with b where a does not hold. by 1: a && b. */
static struct part both(struct parser *p, struct part a, struct part b, int by)
{
	struct part ret = {.start = a.start};

	connect(p->w, a.out[by], b.start);
	ret.out[by] = b.out[by];
	ret.out[!by] = join(p->w, a.out[!by], b.out[!by]);
	return ret;
}

/* -------------------------------------------------------------------- subjects */

static bool is_either(const char *name, size_t *ret_len)
{
	*ret_len = strncasecmp(name, "any.", 4) ? strncasecmp(name, "either.", 7) ? 0 : 7 : 4;
	return *ret_len;
}

static const struct field *end_field(const char *side, const char *rest)
{
	char name[64];
	size_t n = strlen(side);

	if (n + strlen(rest) >= sizeof(name))
		return NULL;
	memcpy(name, side, n);
	memcpy(name + n, rest, strlen(rest) + 1);
	return field_find(name);
}

static void no_field(struct parser *p)
{
	char shown[WHERE_SHOWN];
	const char *name = p->word.data, *near;
	size_t skip;

	where_shown(name, shown);
	if (is_either(name, &skip)) {
		where_refuse(
			p, &p->token,
			"\"%s\" is no field: behind \"any.\" stands what both src. and dst. have",
			shown);
		return;
	}
	near = field_near(name);
	if (!near && end_field("src.", name) && end_field("dst.", name))
		where_refuse(p, &p->token, "\"%s\" is no field (did you mean \"any.%s\"?)", shown,
			     shown);
	else if (near)
		where_refuse(p, &p->token, "\"%s\" is no field (did you mean \"%s\"?)", shown,
			     near);
	else
		where_refuse(p, &p->token, "\"%s\" is no field: pitot-filter(7) lists them", shown);
}

/* The word at hand as a field; false where it is none. */
static bool find_subject(const struct parser *p, struct subject *ret)
{
	const char *name = p->word.data;
	size_t skip;

	*ret = (struct subject){.token = p->token, .n = 1};
	if (is_either(name, &skip)) {
		ret->fields[0] = end_field("src.", name + skip);
		ret->fields[1] = end_field("dst.", name + skip);
		ret->n = 2;
	} else {
		ret->fields[0] = field_find(name);
	}
	if (!ret->fields[0] || (ret->n == 2 && !ret->fields[1]))
		return false;
	ret->type = ret->fields[0]->type;
	return true;
}

static bool is_labels(const struct field *f)
{
	size_t n = strlen(f->name);

	return f->type == FIELD_TEXTS && n >= 6 && !strcmp(f->name + n - 6, "labels");
}

/* src.labels["app"] */
static void read_key(struct parser *p, struct subject *s)
{
	char *key;

	if (!is_labels(s->fields[0])) {
		where_refuse(p, &p->token, "%s are no labels: nothing in brackets belongs here",
			     s->fields[0]->name);
		return;
	}
	where_next(p);
	if (p->token.kind != TOKEN_STRING || p->word.len < 2) {
		where_refuse(p, &p->token, "a label's key in quotes is missing here: [\"app\"]");
		return;
	}
	key = where_alloc(p->w, p->word.len);
	if (!key) {
		where_no_memory(p);
		return;
	}
	memcpy(key, p->word.data, p->word.len);
	s->key = (struct where_text){key, p->word.len - 1};
	s->type = FIELD_TEXT;
	where_next(p);
	if (p->token.kind != TOKEN_LIST_END)
		where_refuse(p, &p->token, "a \"]\" is missing here");
	where_next(p);
}

static void read_subject(struct parser *p, struct subject *s)
{
	if (p->token.kind != TOKEN_WORD || !find_subject(p, s)) {
		if (p->token.kind == TOKEN_WORD)
			no_field(p);
		else
			where_refuse(p, &p->token, "a field is missing here");
		return;
	}
	where_next(p);
	if (p->token.kind == TOKEN_LIST)
		read_key(p, s);
}

/* ----------------------------------------------------------------- comparisons */

/* The same question of one field, or of either end's. */
static struct part ask(struct parser *p, const struct subject *s, struct term t)
{
	struct part ret = {0};

	for (unsigned int i = 0; i < s->n && !p->err; i++) {
		t.field = s->fields[i];
		t.key = s->key;
		t.labels = !s->key.s && is_labels(t.field);
		ret = i ? both(p, ret, add_term(p, &t), 0) : add_term(p, &t);
	}
	return ret;
}

/* Nothing and "" are the same. */
static struct part or_nothing(struct parser *p, const struct subject *s, struct part a)
{
	const struct term has = {.op = OP_HAS};
	struct subject one = *s;

	one.n = 1;
	for (unsigned int i = 0; i < s->n && !p->err; i++) {
		one.fields[0] = s->fields[i];
		a = both(p, a, negate(ask(p, &one, has)), 0);
	}
	return a;
}

static bool is_comparison(enum token_kind kind)
{
	return (kind >= TOKEN_EQ && kind <= TOKEN_LIKE) || kind == TOKEN_NOT;
}

static struct part alone(struct parser *p, const struct subject *s)
{
	const struct term t = {.op = OP_TRUE};

	if (s->type != FIELD_BOOL)
		where_refuse(p, &s->token, "%s is no yes or no: compare it, or ask has(%s)",
			     s->fields[0]->name, s->fields[0]->name);
	return ask(p, s, t);
}

static struct part compare(struct parser *p, const struct subject *s)
{
	bool negated = p->token.kind == TOKEN_NOT, empty;
	enum token_kind op;
	struct term t = {0};
	struct part ret = {0};

	if (negated) {
		where_next(p);
		if (p->token.kind < TOKEN_IN || p->token.kind > TOKEN_LIKE)
			where_refuse(
				p, &p->token,
				"behind \"not\" stands in, contains, startswith, endswith or like");
	}
	op = p->token.kind;
	if (p->err || !where_operand(p, s, op, &t, &empty))
		return ret;
	ret = ask(p, s, t);
	if (empty)
		ret = or_nothing(p, s, ret);
	return negated || op == TOKEN_NE || op == TOKEN_NO_MATCH ? negate(ret) : ret;
}

/* `10.0.0.1 == src.ip` and `5 < bytes`: the sides change places. */
static struct part turned_round(struct parser *p)
{
	static const enum token_kind turned[] = {
		[TOKEN_EQ] = TOKEN_EQ, [TOKEN_NE] = TOKEN_NE, [TOKEN_LT] = TOKEN_GT,
		[TOKEN_LE] = TOKEN_GE, [TOKEN_GT] = TOKEN_LT, [TOKEN_GE] = TOKEN_LE};
	const struct token literal = p->token;
	enum token_kind op;
	struct subject s = {0};
	struct part ret = {0};
	struct term t = {0};
	size_t after;
	bool empty;

	where_next(p);
	op = p->token.kind;
	if (op < TOKEN_EQ || op > TOKEN_GE) {
		where_refuse(p, &literal, "a field belongs here, a value stands behind it");
		return ret;
	}
	where_next(p);
	read_subject(p, &s);
	if (p->err)
		return ret;
	/* read the literal once more, as what is compared */
	after = p->token.start;
	p->at = literal.start;
	p->token.kind = turned[op];
	where_operand(p, &s, turned[op], &t, &empty);
	p->at = after;
	where_next(p);
	ret = ask(p, &s, t);
	if (empty)
		ret = or_nothing(p, &s, ret);
	return op == TOKEN_NE ? negate(ret) : ret;
}

static struct part has(struct parser *p)
{
	const struct term t = {.op = OP_HAS};
	struct subject s = {0};
	bool open;

	where_next(p);
	open = p->token.kind == TOKEN_OPEN;
	if (open)
		where_next(p);
	read_subject(p, &s);
	if (open && p->token.kind != TOKEN_CLOSE)
		where_refuse(p, &p->token, "a \")\" is missing here");
	if (open)
		where_next(p);
	return p->err ? (struct part){0} : ask(p, &s, t);
}

/* ----------------------------------------------------------------- expressions */

static struct part expression(struct parser *p, bool in_and);

static struct part constant(struct parser *p)
{
	const struct term t = {.op = OP_CONST, .operand.number = !strcasecmp(p->word.data, "true")};

	where_next(p);
	return add_term(p, &t);
}

static struct part word(struct parser *p)
{
	struct subject s;

	if (!strcasecmp(p->word.data, "true") || !strcasecmp(p->word.data, "false"))
		return constant(p);
	if (!find_subject(p, &s)) {
		char c = *p->word.data;

		if ((c >= '0' && c <= '9') || c == ':' || c == '-')
			return turned_round(p);
	}
	read_subject(p, &s);
	if (p->err)
		return (struct part){0};
	return is_comparison(p->token.kind) ? compare(p, &s) : alone(p, &s);
}

static struct part parentheses(struct parser *p)
{
	const struct token open = p->token;
	struct part ret;

	where_next(p);
	ret = expression(p, false);
	if (p->token.kind == TOKEN_END)
		where_refuse(p, &open, "this \"(\" is never closed");
	else if (p->token.kind != TOKEN_CLOSE)
		where_refuse(p, &p->token, "an operator (&&, ||) or \")\" is missing here");
	where_next(p);
	return ret;
}

static struct part primary(struct parser *p)
{
	struct part ret = {0};
	bool negated = false;

	for (; p->token.kind == TOKEN_NOT && !p->err; negated = !negated)
		where_next(p);
	if (p->err)
		return ret;
	if (++p->depth > WHERE_DEPTH_MAX)
		where_refuse(p, &p->token, "parentheses are nested more than %d deep",
			     WHERE_DEPTH_MAX);
	else if (p->token.kind == TOKEN_OPEN)
		ret = parentheses(p);
	else if (p->token.kind == TOKEN_WORD)
		ret = word(p);
	else if (p->token.kind == TOKEN_STRING)
		ret = turned_round(p);
	else if (p->token.kind == TOKEN_HAS)
		ret = has(p);
	else
		where_refuse(p, &p->token,
			     p->token.kind == TOKEN_END
				     ? "something is missing at the end: a field, as in bytes > 1MB"
				     : "a field belongs here, as in bytes > 1MB");
	p->depth--;
	return negated && !p->err ? negate(ret) : ret;
}

/* && binds closer than ||. */
static struct part expression(struct parser *p, bool in_and)
{
	enum token_kind op = in_and ? TOKEN_AND : TOKEN_OR;
	struct part ret = in_and ? primary(p) : expression(p, true);

	while (!p->err && p->token.kind == op) {
		struct part right;

		where_next(p);
		right = in_and ? primary(p) : expression(p, true);
		if (!p->err)
			ret = both(p, ret, right, in_and);
	}
	return ret;
}

static int program(struct parser *p)
{
	struct part all;

	where_next(p);
	if (p->token.kind == TOKEN_END && !p->err)
		where_refuse(p, &p->token, "the expression is empty: give one, as in bytes > 1MB");
	all = expression(p, false);
	if (!p->err && p->token.kind != TOKEN_END)
		where_refuse(p, &p->token,
			     p->token.kind == TOKEN_CLOSE ? "this \")\" was never opened"
							  : "an operator (&&, ||) is missing here");
	if (p->err)
		return p->err;
	connect(p->w, all.out[0], GO_FAIL);
	connect(p->w, all.out[1], GO_PASS);
	return 0;
}

int where_parse(const char *expression_text, struct where **ret_where,
		struct where_error *ret_error)
{
	struct parser p = {.text = expression_text, .error = ret_error};
	size_t len = strnlen(expression_text, WHERE_MAX + 1);

	*ret_error = (struct where_error){0};
	if (len > WHERE_MAX) {
		where_refuse(&p, &(struct token){0}, "the expression is longer than %d bytes",
			     WHERE_MAX);
		return p.err;
	}
	p.w = calloc(1, sizeof(*p.w));
	if (!p.w)
		return -ENOMEM;
	p.w->text = strdup(expression_text);
	p.w->scratch = calloc(2, sizeof(*p.w->scratch));
	if (!p.w->text || !p.w->scratch)
		where_no_memory(&p);
	else
		program(&p);
	text_free(&p.word);
	if (p.err)
		where_free(p.w);
	else
		*ret_where = p.w;
	return p.err;
}
