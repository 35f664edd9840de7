// SPDX-License-Identifier: MIT
/* What a field is compared with, checked against the field's type. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "flows/near.h"
#include "flows/where_program.h"

#define PROTO_ICMP 1
#define PROTO_ICMPV6 58
#define NAMES_SHOWN 160

/* Values as they are read: one kind of them is in use. */
struct values {
	uint64_t *numbers;
	struct where_text *texts;
	struct where_prefix *prefixes;
	size_t n, size;
	bool empty; /* "" was among the texts */
};

static bool is_value(const struct parser *p)
{
	/* a word that is an operator elsewhere may be a name here: `service == in` is none */
	return p->token.kind == TOKEN_WORD || p->token.kind == TOKEN_STRING;
}

/* Room for one more in all of the lists that the type needs. */
static void *grow(struct parser *p, void **list, struct values *v, size_t item)
{
	size_t size = v->size ? 2 * v->size : 4;
	void *bigger;

	if (*list && v->n < v->size)
		return *list;
	bigger = reallocarray(*list, size, item);
	if (!bigger) {
		where_no_memory(p);
		return NULL;
	}
	v->size = size;
	return *list = bigger;
}

static void add_number(struct parser *p, struct values *v, uint64_t number)
{
	if (grow(p, (void **)&v->numbers, v, sizeof(*v->numbers)))
		v->numbers[v->n++] = number;
}

/* A copy of the word that lives as long as the program. */
static bool keep_text(struct parser *p, struct where_text *ret)
{
	char *copy = where_alloc(p->w, p->word.len);

	if (!copy) {
		where_no_memory(p);
		return false;
	}
	memcpy(copy, p->word.data, p->word.len);
	*ret = (struct where_text){copy, p->word.len - 1};
	return true;
}

/* --------------------------------------------------------------- names of values */

static void refuse_name(struct parser *p, const struct field *field)
{
	const char *names[160], *near;
	char list[NAMES_SHOWN] = "", shown[WHERE_SHOWN];
	size_t n = 0, len = 0;

	for (unsigned int i = 0; i < field->n_names && n < 159; i++) {
		const char *name = field->value_name(i);

		if (!name || (n && !strcmp(name, names[n - 1])))
			continue;
		names[n++] = name;
		if (len + strlen(name) + 8 < sizeof(list))
			len += snprintf(list + len, sizeof(list) - len, "%s%s", len ? ", " : "",
					name);
		else if (list[len - 1] != '.')
			len += snprintf(list + len, sizeof(list) - len, ", ..");
	}
	names[n] = NULL;
	near = near_word(p->word.data, names);
	where_shown(p->word.data, shown);
	if (near)
		where_refuse(p, &p->token, "\"%s\" is no value of %s (did you mean \"%s\"?)", shown,
			     field->name, near);
	else
		where_refuse(p, &p->token, "\"%s\" is no value of %s: it is one of %s", shown,
			     field->name, list);
}

/* The number that is called so, field->n_names where none is. */
static unsigned int name_number(const struct field *field, const char *name)
{
	unsigned int i;

	for (i = 0; i < field->n_names; i++) {
		const char *one = field->value_name(i);

		if (one && !strcasecmp(one, name))
			break;
	}
	return i;
}

static bool all_digits(const char *s)
{
	return *s && !s[strspn(s, "0123456789")];
}

static void add_name(struct parser *p, const struct field *field, struct values *v)
{
	unsigned int i = name_number(field, p->word.data);
	uint64_t number;

	if (i < field->n_names) {
		add_number(p, v, i);
	} else if (all_digits(p->word.data)) {
		if (where_number(p, FIELD_NUMBER, &number))
			add_number(p, v, number);
	} else if (!strcmp(field->name, "protocol") && !strcasecmp(p->word.data, "icmp")) {
		add_number(p, v, PROTO_ICMP);
		add_number(p, v, PROTO_ICMPV6);
	} else {
		refuse_name(p, field);
	}
}

/* ----------------------------------------------------------------------- values */

/* Flag names are upper case in a flow, whatever was typed. */
static bool known_word(struct parser *p, const struct subject *s)
{
	const struct field *field = s->fields[0];
	unsigned int i;
	const char *name;

	if (!field->value_name || s->key.s)
		return true;
	i = name_number(field, p->word.data);
	if (i == field->n_names) {
		refuse_name(p, field);
		return false;
	}
	name = field->value_name(i);
	p->word.len = 0;
	text_mem(&p->word, name, strlen(name) + 1);
	return true;
}

static void add_text(struct parser *p, const struct subject *s, struct values *v)
{
	char shown[WHERE_SHOWN];
	struct where_text text;

	if (p->token.kind != TOKEN_STRING && (!s->fields[0]->value_name || s->key.s)) {
		where_shown(p->word.data, shown);
		where_refuse(p, &p->token, "\"%s\" is no field; if it is a text, put it in quotes",
			     shown);
		return;
	}
	if (!known_word(p, s))
		return;
	if (p->word.len == 1)
		v->empty = true;
	if (keep_text(p, &text) && grow(p, (void **)&v->texts, v, sizeof(*v->texts)))
		v->texts[v->n++] = text;
}

static void add_value(struct parser *p, const struct subject *s, struct values *v)
{
	struct where_prefix prefix;
	uint64_t number;

	if (!is_value(p)) {
		where_refuse(p, &p->token, "a value for %s is missing here", s->fields[0]->name);
		return;
	}
	switch (s->type) {
	case FIELD_TEXT:
	case FIELD_TEXTS:
		add_text(p, s, v);
		break;
	case FIELD_ADDR:
	case FIELD_ADDRS:
		if (where_prefix(p, &prefix) &&
		    grow(p, (void **)&v->prefixes, v, sizeof(*v->prefixes)))
			v->prefixes[v->n++] = prefix;
		break;
	case FIELD_ENUM:
		add_name(p, s->fields[0], v);
		break;
	default:
		if (where_number(p, s->type, &number))
			add_number(p, v, number);
	}
}

/* "(a, b)", "[a, b]", or one value. */
static void read_list(struct parser *p, const struct subject *s, struct values *v)
{
	enum token_kind end = p->token.kind == TOKEN_OPEN ? TOKEN_CLOSE : TOKEN_LIST_END;

	if (p->token.kind != TOKEN_OPEN && p->token.kind != TOKEN_LIST) {
		add_value(p, s, v);
		where_next(p);
		return;
	}
	do {
		where_next(p);
		add_value(p, s, v);
		where_next(p);
	} while (!p->err && p->token.kind == TOKEN_COMMA);
	if (p->token.kind != end)
		where_refuse(p, &p->token, "a \",\" or the list's \"%s\" is missing here",
			     end == TOKEN_CLOSE ? ")" : "]");
	where_next(p);
}

/* ------------------------------------------------------------- into the program */

static int compare_numbers(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int compare_texts(const void *a, const void *b)
{
	const struct where_text *x = a, *y = b;

	return strcmp(x->s, y->s);
}

static int compare_names(const void *a, const void *b)
{
	const struct where_text *x = a, *y = b;

	return strcasecmp(x->s, y->s);
}

/* Whoever asks may write a DNS name as it likes, and resolvers do to be harder to deceive. */
static bool is_dns_name(const struct field *field)
{
	const char *dot = strrchr(field->name, '.');

	return !strcmp(field->name, "dns.query") || !strcmp(field->name, "dns.cnames") ||
	       (dot && (!strcmp(dot, ".dns") || !strcmp(dot, ".reverse")));
}

static void *keep(struct parser *p, const void *v, size_t size)
{
	void *copy = where_alloc(p->w, size ? size : 1);

	if (!copy)
		where_no_memory(p);
	else if (size)
		memcpy(copy, v, size);
	return copy;
}

static void keep_values(struct parser *p, struct values *v, struct term *t)
{
	if (v->prefixes) {
		t->op = OP_PREFIXES;
		t->operand.prefixes.n = v->n;
		t->operand.prefixes.v = keep(p, v->prefixes, v->n * sizeof(*v->prefixes));
	} else if (v->numbers && v->n == 1) {
		t->op = OP_EQ;
		t->operand.number = v->numbers[0];
	} else if (v->numbers) {
		t->op = OP_NUMBERS;
		qsort(v->numbers, v->n, sizeof(*v->numbers), compare_numbers);
		t->operand.numbers.n = v->n;
		t->operand.numbers.v = keep(p, v->numbers, v->n * sizeof(*v->numbers));
	} else if (v->texts && v->n == 1) {
		t->op = OP_TEXT_EQ;
		t->operand.text = v->texts[0];
	} else {
		t->op = OP_TEXTS;
		if (v->texts)
			qsort(v->texts, v->n, sizeof(*v->texts),
			      t->any_case ? compare_names : compare_texts);
		t->operand.texts.n = v->n;
		t->operand.texts.v = keep(p, v->texts, v->n * sizeof(*v->texts));
	}
}

static void equal_operand(struct parser *p, const struct subject *s, bool list, struct term *t,
			  bool *ret_empty)
{
	struct values v = {0};

	if (list) {
		read_list(p, s, &v);
	} else {
		add_value(p, s, &v);
		where_next(p);
	}
	t->any_case = is_dns_name(s->fields[0]);
	if (!p->err)
		keep_values(p, &v, t);
	*ret_empty = v.empty;
	free(v.numbers);
	free(v.texts);
	free(v.prefixes);
}

/* ------------------------------------------------------------------ operators */

static bool has_order(enum field_type type)
{
	return type == FIELD_NUMBER || type == FIELD_BYTES || type == FIELD_DURATION ||
	       type == FIELD_TIME;
}

static bool is_text(enum field_type type)
{
	return type == FIELD_TEXT || type == FIELD_TEXTS;
}

static void order_operand(struct parser *p, const struct subject *s, enum token_kind op,
			  struct term *t)
{
	static const enum term_op ops[] = {
		[TOKEN_LT] = OP_LT, [TOKEN_LE] = OP_LE, [TOKEN_GT] = OP_GT, [TOKEN_GE] = OP_GE};

	t->op = ops[op];
	if (!is_value(p))
		where_refuse(p, &p->token, "a value for %s is missing here", s->fields[0]->name);
	else if (where_number(p, s->type, &t->operand.number))
		where_next(p);
}

static void regex_operand(struct parser *p, struct term *t)
{
	struct where *w = p->w;
	char why[240] = "";
	int err;

	t->op = OP_MATCH;
	if (w->n_regexes == WHERE_REGEXES_MAX) {
		where_refuse(p, &p->token, "there are more than %d regular expressions",
			     WHERE_REGEXES_MAX);
		return;
	}
	err = regex_new(p->word.data, &w->regexes[w->n_regexes], why, sizeof(why));
	if (err == -EINVAL)
		where_refuse(p, &p->token, "%s", why);
	else if (err)
		where_no_memory(p);
	else
		t->operand.regex = w->regexes[w->n_regexes++];
}

static void text_operand(struct parser *p, const struct subject *s, enum token_kind op,
			 struct term *t)
{
	static const enum term_op ops[] = {[TOKEN_CONTAINS] = OP_CONTAINS,
					   [TOKEN_STARTSWITH] = OP_STARTSWITH,
					   [TOKEN_ENDSWITH] = OP_ENDSWITH,
					   [TOKEN_LIKE] = OP_LIKE};
	bool word = p->token.kind == TOKEN_WORD && op == TOKEN_CONTAINS && s->fields[0]->value_name;

	if (p->token.kind != TOKEN_STRING && !word) {
		where_refuse(p, &p->token, "a text in quotes is missing here: %s \"...\"",
			     where_op_name(op));
		return;
	}
	if (word && !known_word(p, s))
		return;
	if (op == TOKEN_MATCH || op == TOKEN_NO_MATCH) {
		regex_operand(p, t);
	} else {
		t->op = ops[op];
		keep_text(p, &t->operand.text);
	}
	where_next(p);
}

/* --------------------------------------------------------------- field to field */

static bool comparable(const struct subject *s, const struct field *right)
{
	if (s->type == FIELD_ENUM || right->type == FIELD_ENUM)
		return s->type == right->type && s->fields[0]->value_name == right->value_name;
	if (s->type == FIELD_TEXTS || s->type == FIELD_ADDRS)
		return false;
	if (s->type == FIELD_BYTES || s->type == FIELD_NUMBER)
		return right->type == FIELD_BYTES || right->type == FIELD_NUMBER;
	return s->type == right->type;
}

/* A field on the right; NULL: it is a value there. */
static const struct field *right_field(const struct parser *p, const struct subject *s)
{
	struct where_prefix ignored;
	const struct field *field;
	char first = p->word.len ? *p->word.data : '\0';

	if (p->token.kind != TOKEN_WORD || (first >= '0' && first <= '9'))
		return NULL;
	if (where_prefix_parse(p->word.data, &ignored))
		return NULL;
	field = field_find(p->word.data);
	/* names of values come first: icmp is a protocol and a field */
	if (field && s->fields[0]->value_name && !s->key.s && !comparable(s, field))
		return NULL;
	return field;
}

static void field_operand(struct parser *p, const struct subject *s, enum token_kind op,
			  const struct field *right, struct term *t)
{
	static const enum term_op ops[] = {
		[TOKEN_EQ] = OP_FIELD_EQ, [TOKEN_NE] = OP_FIELD_EQ, [TOKEN_LT] = OP_FIELD_LT,
		[TOKEN_LE] = OP_FIELD_LE, [TOKEN_GT] = OP_FIELD_GT, [TOKEN_GE] = OP_FIELD_GE};

	if (!comparable(s, right)) {
		where_refuse(p, &p->token, "%s (%s) cannot be compared with %s (%s)",
			     s->fields[0]->name, field_type_name(s->type), right->name,
			     field_type_name(right->type));
		return;
	}
	t->op = ops[op];
	t->operand.field = right;
	where_next(p);
}

/* True where the operator fits the type. */
static bool fits(struct parser *p, const struct subject *s, enum token_kind op,
		 const struct token *at)
{
	const char *can;

	if (op == TOKEN_EQ || op == TOKEN_NE || op == TOKEN_IN)
		return true;
	if (op >= TOKEN_LT && op <= TOKEN_GE ? has_order(s->type) : is_text(s->type))
		return true;
	can = has_order(s->type) ? "==, !=, <, <=, >, >= and in"
	      : is_text(s->type) ? "==, !=, in, =~, !~, contains, startswith, endswith and like"
				 : "==, != and in";
	where_refuse(p, at, "\"%s\" is not for %s (%s): it takes %s", where_op_name(op),
		     s->fields[0]->name, field_type_name(s->type), can);
	return false;
}

bool where_operand(struct parser *p, const struct subject *s, enum token_kind op, struct term *t,
		   bool *ret_empty)
{
	const struct token at = p->token;
	const struct field *right;

	*ret_empty = false;
	if (!fits(p, s, op, &at))
		return false;
	where_next(p);
	right = op == TOKEN_IN ? NULL : right_field(p, s);
	if (right && (op == TOKEN_EQ || op == TOKEN_NE || (op >= TOKEN_LT && op <= TOKEN_GE)))
		field_operand(p, s, op, right, t);
	else if (op == TOKEN_EQ || op == TOKEN_NE || op == TOKEN_IN)
		equal_operand(p, s, op == TOKEN_IN, t, ret_empty);
	else if (op >= TOKEN_LT && op <= TOKEN_GE)
		order_operand(p, s, op, t);
	else
		text_operand(p, s, op, t);
	return !p->err;
}
