// SPDX-License-Identifier: MIT
/* What may stand at the cursor of the filter bar: flags and their values. */
#include "cli/ui_filter_complete.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/filter_rows.h"

/* -------------------------------------------------------------------- gathering */

static void append(struct ui_words *w, char *word)
{
	char **v = word && w->n < OFFERED_MAX ? reallocarray(w->v, w->n + 1, sizeof(*v)) : NULL;

	if (!v) {
		free(word);
		return;
	}
	w->v = v;
	w->v[w->n++] = word;
}

/* Is word among w? Most are told apart by a bit. */
static bool is_there(struct completion *c, const struct ui_words *w, const char *word)
{
	uint32_t hash = 5381;
	uint64_t bit, *bits;

	for (const char *s = word; *s; s++)
		hash = hash * 33 ^ (unsigned char)*s;
	hash ^= hash >> 15;
	bits = &c->there[hash / 64 % 64];
	bit = 1ull << hash % 64;
	if (!(*bits & bit)) {
		*bits |= bit;
		return false;
	}
	for (size_t i = 0; i < w->n; i++)
		if (!strcmp(w->v[i], word))
			return true;
	return false;
}

static char *with_help(const char *word, const char *what)
{
	struct text t = {0};

	text_str(&t, word);
	if (what && *what) {
		text_char(&t, '\t');
		text_str(&t, what);
	}
	text_char(&t, '\0');
	if (t.err)
		text_free(&t);
	return t.data;
}

bool completion_wants(const struct completion *c, const char *as)
{
	size_t n = strlen(c->typed);

	return !strncasecmp(as, c->typed, n) || (n > 1 && strcasestr(as, c->typed));
}

void completion_add(struct completion *c, const char *word, const char *as, const char *what)
{
	struct ui_words *to;
	char *line;

	if (!as)
		as = word;
	if (!completion_wants(c, as))
		return;
	to = strncasecmp(as, c->typed, strlen(c->typed)) ? &c->within : &c->begin;
	line = with_help(word, what);
	if (line && is_there(c, to, line)) {
		free(line);
		return;
	}
	append(to, line);
}

/* What no terminal and no line takes is not offered. */
static bool is_plain(const char *s)
{
	size_t n = strlen(s);
	uint32_t c;

	for (size_t i = 0, len; i < n; i += len) {
		len = utf8_next(s + i, n - i, &c);
		if (!len || utf8_is_control(c))
			return false;
	}
	return n;
}

void completion_add_known(struct completion *c, enum ui_known kind,
			  void (*put)(struct text *t, const char *value))
{
	const struct ui_words *w = c->known ? c->known(c->known_arg, kind) : NULL;

	for (size_t i = 0; w && i < w->n; i++) {
		struct text t = {0};

		if (!completion_wants(c, w->v[i]) || !is_plain(w->v[i]))
			continue;
		put(&t, w->v[i]);
		text_char(&t, '\0');
		if (!t.err && *t.data)
			completion_add(c, t.data, w->v[i], NULL);
		text_free(&t);
	}
}

void completion_add_list(struct completion *c, const char *const *words)
{
	for (; *words; words++)
		completion_add(c, *words, NULL, NULL);
}

/* ------------------------------------------------------------------------ flags */

static const struct {
	const char *option;
	enum ui_known kind;
} kinds[] = {
	{"pod", KNOWN_POD},	    {"namespace", KNOWN_NAMESPACE},
	{"label", KNOWN_LABEL},	    {"fqdn", KNOWN_DNS},
	{"service", KNOWN_SERVICE}, {"workload", KNOWN_WORKLOAD},
	{"ip", KNOWN_IP},	    {"snat-ip", KNOWN_IP},
	{"port", KNOWN_PORT},	    {"process", KNOWN_PROCESS},
	{"dns-query", KNOWN_DNS},   {"interface", KNOWN_INTERFACE},
	{"node-name", KNOWN_NODE},  {"drop-reason-desc", KNOWN_DROP_REASON},
};

static enum ui_known kind_of(const struct opt *o)
{
	const char *name = o->name;

	name += !strncmp(name, "from-", 5) ? 5 : !strncmp(name, "to-", 3) ? 3 : 0;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(name, kinds[i].option))
			return kinds[i].kind;
	return KNOWNS;
}

static void add_flag(struct completion *c, const struct opt *o)
{
	struct text name = {0}, what = {0};

	text_str(&name, "--");
	text_str(&name, o->name);
	text_char(&name, '\0');
	if (o->arg) {
		text_str(&what, o->arg);
		text_str(&what, "  ");
	}
	text_str(&what, o->help);
	text_char(&what, '\0');
	if (!name.err && !what.err)
		completion_add(c, name.data, NULL, what.data);
	text_free(&name);
	text_free(&what);
}

/* Those that are asked for most come first. */
static void add_flags(struct completion *c, bool negated)
{
	static const char *const first[] = {"--namespace", "--pod",	 "--workload", "--service",
					    "--process",   "--ip",	 "--port",     "--fqdn",
					    "--verdict",   "--protocol", "--not"};

	for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++) {
		const struct opt *o = ui_option_row(first[i]);

		if (o && (!negated || o->negatable))
			add_flag(c, o);
	}
	for (const struct opt *o = ui_filter_rows; o->name; o++)
		if (o->group != GROUP_HIDDEN && (!negated || o->negatable))
			add_flag(c, o);
}

/* Words by comma: the last one is typed. Returns where it begins in value. */
static size_t last_of_list(const struct opt *o, const char *value)
{
	const char *comma = strrchr(value, ',');

	if (o->field != FILTER_TCP_FLAGS && o->field != FILTER_EVENT)
		return 0;
	return comma ? (size_t)(comma + 1 - value) : 0;
}

/* The value of an option; raw: how it stands in the line, from *start on. */
static void add_values(struct completion *c, const struct opt *o, const char *raw,
		       const char *value, size_t *start)
{
	size_t skip = last_of_list(o, raw);
	enum ui_known kind = kind_of(o);

	c->typed = skip ? raw + skip : value;
	*start += skip;
	if (o->choices)
		completion_add_list(c, o->choices);
	if (kind != KNOWNS)
		completion_add_known(c, kind, ui_shell_word);
}

/* An option's name is typed, or, behind "=", its value. */
static void add_option(struct completion *c, const char *head, const struct ui_word *w,
		       bool negated, size_t *start)
{
	const char *equals = strchr(w->value, '='), *raw = strchr(head + w->start, '=');
	const struct opt *o = ui_option_row(w->value);

	if (equals && raw) {
		*start = raw + 1 - head;
		if (o && o->arg)
			add_values(c, o, raw + 1, equals + 1, start);
		return;
	}
	c->typed = w->value;
	add_flags(c, negated);
}

/* ------------------------------------------------------------------------- both */

struct position {
	const struct opt *value_of; /* the option whose value is next; NULL: none */
	bool negated; /* behind --not */
};

/* Behind a word of the flags that is done with. */
static void go_on(struct position *p, const char *word)
{
	bool option = !p->value_of && *word == '-';

	p->value_of = option && ui_option_wants_value(word) ? ui_option_row(word) : NULL;
	p->negated = option && !strcmp(word, "--not");
}

static void add_beginning(struct completion *c, const struct position *p)
{
	add_flags(c, p->negated);
	if (!p->negated)
		completion_add_fields(c);
}

/* A word that is no option begins the expression: unless it is the first and a flag is meant. */
static void add_expression(struct completion *c, const char *head, struct ui_word *w, bool last,
			   size_t *start)
{
	completion_of_expression(c, head, w->start, start);
	if (last && *start == w->start) {
		c->typed = w->value;
		add_flags(c, false);
	}
}

/* The word w of head, the text up to the cursor. True: it told what may stand there. */
static bool at_word(struct completion *c, const char *head, struct ui_word *w, struct position *p,
		    size_t *start)
{
	bool last = !head[w->end], option = head[w->start] == '-';

	*start = w->start;
	if (!p->value_of && !option)
		add_expression(c, head, w, last, start);
	else if (!p->value_of && !last && !strcmp(w->value, "--"))
		completion_of_expression(c, head, w->end, start);
	else if (last && p->value_of)
		add_values(c, p->value_of, head + w->start, w->value, start);
	else if (last)
		add_option(c, head, w, p->negated, start);
	else
		return false;
	return true;
}

/* Flags behind the expression that begins at w: Return puts them in front. *at: the first of them. */
static bool flags_behind(const char *head, const struct ui_word *w, const struct position *p,
			 size_t *at)
{
	if (p->value_of || head[w->start] == '-')
		return false;
	*at = ui_filter_flag_behind(head, w->start);
	return head[*at];
}

static void complete(struct completion *c, const char *head, size_t *start)
{
	struct position position = {0};
	struct ui_word w;
	size_t at = 0;
	int err;

	for (; ui_word_next(head, at, &w, &err); at = w.end) {
		bool done = !flags_behind(head, &w, &position, &w.end) &&
			    at_word(c, head, &w, &position, start);

		c->typed = "";
		if (!done)
			go_on(&position, w.value);
		free(w.value);
		if (done)
			return;
	}
	*start = strlen(head);
	if (position.value_of)
		add_values(c, position.value_of, "", "", start);
	else
		add_beginning(c, &position);
}

void ui_filter_complete(const struct ui_filter_context *ctx, const char *text, size_t at,
			const struct ui_words *(*known)(void *known_arg, enum ui_known kind),
			void *known_arg, size_t *ret_start, struct ui_words *ret)
{
	struct completion c = {.known = known, .known_arg = known_arg, .typed = ""};
	char *head = strndup(text, at);

	(void)ctx;
	*ret = (struct ui_words){0};
	*ret_start = at;
	if (!head)
		return;
	complete(&c, head, ret_start);
	for (size_t i = 0; i < c.within.n; i++)
		append(&c.begin, c.within.v[i]);
	free(c.within.v);
	*ret = c.begin;
	free(head);
}
