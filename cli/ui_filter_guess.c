// SPDX-License-Identifier: MIT
/*
 * What words that are no filter probably mean: an address, a port, names, and what tcpdump
 * would take. Each part of them is a flag or an expression, or may be either.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/filter_rows.h"
#include "cli/ui_filter.h"
#include "flows/fields.h"
#include "flows/where.h"

#define WORDS_MAX 24
#define PARTS_MAX 8

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

enum side { EITHER, SOURCE, DESTINATION };

/* At least one of the two says what it means. */
struct part {
	const char *flag; /* its option, without dashes; NULL: there is none */
	struct text value; /* of that; empty: it takes none */
	struct text expression; /* empty: there is none */
	bool negated, several; /* the expression has an operator in it */
};

struct guess {
	char *words[WORDS_MAX];
	bool quoted[WORDS_MAX];
	size_t n_words, at;
	struct part parts[PARTS_MAX];
	size_t n;
	bool any_or, any_and;
};

static void guess_free(struct guess *g)
{
	for (size_t i = 0; i < g->n_words; i++)
		free(g->words[i]);
	for (size_t i = 0; i < PARTS_MAX; i++) {
		text_free(&g->parts[i].value);
		text_free(&g->parts[i].expression);
	}
}

static bool split(struct guess *g, const char *text)
{
	struct ui_word w;
	int err = 0;

	for (size_t at = 0; ui_word_next(text, at, &w, &err); at = w.end) {
		if (g->n_words == WORDS_MAX || w.open || !*w.value) {
			free(w.value);
			return false;
		}
		g->quoted[g->n_words] = strchr("\"'", text[w.start]);
		g->words[g->n_words++] = w.value;
	}
	return !err && g->n_words;
}

/* The word `by` places on; "" behind the last. */
static const char *word(const struct guess *g, size_t by)
{
	return g->at + by < g->n_words ? g->words[g->at + by] : "";
}

static bool is_one_of(const char *s, const char *const *words)
{
	for (; *words; words++)
		if (!strcasecmp(s, *words))
			return true;
	return false;
}

/* ------------------------------------------------------------------- kinds of words */

/* An address or a network. */
static bool is_address(const char *s)
{
	size_t n = strcspn(s, "/");
	char one[INET6_ADDRSTRLEN];
	struct in6_addr a;

	if (n >= sizeof(one) || (s[n] && (!s[n + 1] || s[n + 1 + strspn(s + n + 1, DIGITS)])))
		return false;
	memcpy(one, s, n);
	one[n] = '\0';
	return inet_pton(AF_INET, one, &a) == 1 || inet_pton(AF_INET6, one, &a) == 1;
}

static bool is_port(const char *s)
{
	unsigned int n = 0;

	for (; *s >= '0' && *s <= '9' && n < 65536; s++)
		n = 10 * n + (*s - '0');
	return !*s && n && n < 65536;
}

static bool is_name(const char *s)
{
	return s[0] && s[1] && strchr(LETTERS DIGITS, *s) && s[strcspn(s, LETTERS)] &&
	       !s[strspn(s, LETTERS DIGITS "._-/")];
}

/* What belongs to the language: whoever begins to write an expression looks for no name. */
static bool is_of_language(const char *s)
{
	static const char *const words[] = {
		"in",	       "contains", "startswith", "endswith", "like", "has", "exists",
		"true",	       "false",	   "matches",	 "is",	     "src",  "dst", "source",
		"destination", "host",	   "net",	 "port",     NULL};
	char end[80] = "src.";
	const char *name = strncasecmp(s, "any.", 4) ? s : s + 4;

	if (strlen(name) + 5 > sizeof(end))
		return false;
	memcpy(end + 4, name, strlen(name) + 1);
	return is_one_of(s, words) || field_find(s) || field_find(end) || field_near(s);
}

/* ------------------------------------------------------------------------- parts */

static struct part *new_part(struct guess *g, bool negated)
{
	struct part *p;

	if (g->n == PARTS_MAX)
		return NULL;
	p = &g->parts[g->n++];
	p->negated = negated;
	return p;
}

static const char *const ends[] = {[EITHER] = "any.", [SOURCE] = "src.", [DESTINATION] = "dst."};

static void put_end(struct text *t, enum side side, const char *field, const char *op)
{
	text_str(t, ends[side]);
	text_str(t, field);
	text_str(t, op);
}

static void put_address(struct part *p, enum side side, const char *s)
{
	static const char *const flags[] = {"ip", "from-ip", "to-ip"};

	p->flag = flags[side];
	text_str(&p->value, s);
	put_end(&p->expression, side, "ip", strchr(s, '/') ? " in " : " == ");
	text_str(&p->expression, s);
}

static void put_port(struct part *p, enum side side, const char *s)
{
	static const char *const flags[] = {"port", "from-port", "to-port"};

	p->flag = flags[side];
	text_str(&p->value, s);
	put_end(&p->expression, side, "port", " == ");
	text_str(&p->expression, s);
}

/* host: of ends alone, no processes nor questions. */
static void put_name(struct part *p, enum side side, const char *s, bool host)
{
	static const char *const names[] = {"name", "dns", "process"};
	struct text *t = &p->expression;

	for (size_t i = 0; i < (host ? 2 : 3); i++) {
		if (i)
			text_str(t, " || ");
		put_end(t, side, names[i], " contains ");
		where_quote(t, s);
	}
	if (!host && side == EITHER) {
		text_str(t, " || dns.query contains ");
		where_quote(t, s);
	}
	p->several = true;
}

/* "10.0.0.1:80", "[fd00::1]:80", "shop/cart:8080": of one end. */
static bool put_both(struct part *p, enum side side, const char *s)
{
	const char *colon = strrchr(s, ':');
	size_t n = colon ? colon - s : 0;
	bool brackets = n > 2 && *s == '[' && s[n - 1] == ']', address;
	char *host = n ? strndup(s + brackets, n - 2 * brackets) : NULL;
	struct text *t = &p->expression;

	address = host && is_address(host) && (brackets || !strchr(host, ':'));
	if (!host || !is_port(colon + 1) || (!address && !is_name(host))) {
		free(host);
		return false;
	}
	for (enum side i = side ? side : SOURCE; i <= (side ? side : DESTINATION); i++) {
		text_str(t, t->len ? " || (" : "(");
		put_end(t, i, address ? "ip" : "name", address ? " == " : " contains ");
		address ? text_str(t, host) : where_quote(t, host);
		text_str(t, " && ");
		put_end(t, i, "port", " == ");
		text_str(t, colon + 1);
		text_char(t, ')');
	}
	p->several = true;
	free(host);
	return true;
}

static bool put_protocol(struct part *p, const char *s)
{
	bool v6 = !strcasecmp(s, "ip6"), l7;

	if (v6 || !strcasecmp(s, "ip")) {
		p->flag = v6 ? "ipv6" : "ipv4";
		text_str(&p->expression, v6 ? "ip.version == 6" : "ip.version == 4");
		return true;
	}
	if (!strcasecmp(s, "icmp6"))
		s = "icmpv6";
	if (!is_one_of(s, filter_protocols))
		return false;
	l7 = !strcasecmp(s, "dns") || !strcasecmp(s, "http") || !strcasecmp(s, "kafka");
	p->flag = "protocol";
	text_str(&p->value, s);
	text_str(&p->expression, l7 ? "l7.protocol == " : "protocol == ");
	text_str(&p->expression, s);
	return true;
}

static bool put_verdict(struct part *p, const char *s)
{
	static const char *const drops[] = {"drop", "drops", NULL};
	const char *const *v = filter_verdicts;

	while (*v && strcasecmp(s, *v))
		v++;
	if (!*v && !is_one_of(s, drops))
		return false;
	p->flag = "verdict";
	text_str(&p->value, *v ? *v : "DROPPED");
	text_str(&p->expression, "verdict == ");
	text_str(&p->expression, *v ? *v : "DROPPED");
	return true;
}

/* "namespace shop": the flag is called so. */
static bool put_option(struct part *p, const char *name, const char *value)
{
	static const char *const operators[] = {"in",	    "not",  "contains", "startswith",
						"endswith", "like", NULL};
	bool ip = !strcmp(name, "ip"), port = !strcmp(name, "port");
	struct text t = {0};
	const struct opt *o;

	if (!*value || strchr(name, '=') || is_one_of(value, operators) ||
	    (ip && !is_address(value)) || (port && !is_port(value)))
		return false;
	text_str(&t, "--");
	text_str(&t, name);
	text_char(&t, '\0');
	o = t.err ? NULL : ui_option_row(t.data);
	text_free(&t);
	if (!o || !o->arg || !o->negatable)
		return false;
	if (ip) {
		put_address(p, EITHER, value);
	} else if (port) {
		put_port(p, EITHER, value);
	} else {
		p->flag = o->name;
		text_str(&p->value, value);
	}
	return true;
}

/* ------------------------------------------------------------- one part of the words */

static bool take(struct guess *g, const char *a, const char *b)
{
	if (g->at >= g->n_words || g->quoted[g->at] ||
	    (strcasecmp(word(g, 0), a) && (!b || strcasecmp(word(g, 0), b))))
		return false;
	g->at++;
	return true;
}

/* What stands behind "src" and the like, or behind nothing. */
static bool read_value(struct guess *g, struct part *p, enum side side)
{
	bool host = side != EITHER, port = false, quoted;
	const char *s;

	if (take(g, "port", NULL))
		port = true;
	else if (take(g, "host", "net"))
		host = true;
	if (g->at >= g->n_words)
		return false;
	quoted = g->quoted[g->at];
	s = g->words[g->at++];
	if (port || is_port(s) || (*s == ':' && is_port(s + 1))) {
		s += *s == ':';
		put_port(p, side, s);
		return is_port(s);
	}
	if (is_address(s))
		put_address(p, side, s);
	else if (quoted)
		put_name(p, side, s, host);
	else if (put_both(p, side, s))
		return true;
	else if (is_name(s) && (host || !is_of_language(s)))
		put_name(p, side, s, host);
	else
		return false;
	return true;
}

static bool read_part(struct guess *g)
{
	bool negated = take(g, "not", "!");
	struct part *p = g->at < g->n_words ? new_part(g, negated) : NULL;
	enum side side = EITHER;

	if (!p)
		return false;
	if (take(g, "sport", NULL) || take(g, "dport", NULL)) {
		side = !strcasecmp(g->words[g->at - 1], "sport") ? SOURCE : DESTINATION;
		put_port(p, side, word(g, 0));
		return is_port(word(g, 0)) && ++g->at;
	}
	if (take(g, "src", "source") || take(g, "from", NULL))
		side = SOURCE;
	else if (take(g, "dst", "destination") || take(g, "to", NULL))
		side = DESTINATION;
	if (side || g->quoted[g->at])
		return read_value(g, p, side);
	if (put_option(p, word(g, 0), word(g, 1))) {
		g->at += 2;
		return true;
	}
	if (put_protocol(p, word(g, 0)) || put_verdict(p, word(g, 0)))
		return ++g->at;
	return read_value(g, p, side);
}

static bool read_parts(struct guess *g)
{
	while (read_part(g)) {
		if (g->at == g->n_words)
			return !g->any_or || !g->any_and;
		if (take(g, "or", "||")) {
			g->any_or = true;
		} else {
			take(g, "and", "&&");
			g->any_and = true;
		}
		if (g->at == g->n_words)
			return false;
	}
	return false;
}

/* ------------------------------------------------------------------- the new text */

/* The same flag twice would ask for either of them. */
static bool has_flag(const char *flags, const char *name)
{
	struct ui_word w;
	int err;

	for (size_t at = 0; ui_word_next(flags, at, &w, &err); at = w.end) {
		const struct opt *o = *w.value == '-' ? ui_option_row(w.value) : NULL;

		free(w.value);
		if (o && !strcmp(o->name, name))
			return true;
	}
	return false;
}

static void put_flag(struct text *flags, struct part *p)
{
	text_str(flags, flags->len ? " " : "");
	text_str(flags, p->negated ? "--not --" : "--");
	text_str(flags, p->flag);
	if (!p->value.len)
		return;
	text_char(flags, ' ');
	text_char(&p->value, '\0');
	if (!p->value.err)
		ui_shell_word(flags, p->value.data);
}

static void put_expression(struct text *t, const struct part *p, const char *by, bool alone)
{
	bool brackets = p->negated || (p->several && !alone);

	if (t->len)
		text_str(t, by);
	text_str(t, p->negated ? "!(" : brackets ? "(" : "");
	text_mem(t, p->expression.data, p->expression.len);
	text_str(t, brackets ? ")" : "");
}

/* Flags behind those that are there, the rest as a term of `expression`. False: it cannot be said. */
static bool put_parts(struct guess *g, struct text *flags, struct text *expression)
{
	bool alone = g->n == 1 || g->any_or;
	struct text mine = {0};

	for (size_t i = 0; i < g->n; i++) {
		struct part *p = &g->parts[i];
		bool flag = p->flag && (!g->any_or || g->n == 1);

		text_char(flags, '\0');
		flag = flag && !flags->err && !has_flag(flags->data, p->flag);
		flags->len -= !flags->err;
		if (flag)
			put_flag(flags, p);
		else if (p->expression.len)
			put_expression(&mine, p, g->any_or ? " || " : " && ",
				       alone && !expression->len);
		else {
			text_free(&mine);
			return false;
		}
	}
	if (mine.len) {
		bool brackets = g->any_or && expression->len;

		text_str(expression, expression->len ? " && " : "");
		text_str(expression, brackets ? "(" : "");
		text_mem(expression, mine.data, mine.len);
		text_str(expression, brackets ? ")" : "");
	}
	text_free(&mine);
	return true;
}

bool ui_filter_guess_words(const char *words, struct text *flags, struct text *expression)
{
	struct guess g = {0};
	bool is_right = split(&g, words) && read_parts(&g) && put_parts(&g, flags, expression);

	guess_free(&g);
	return is_right;
}
