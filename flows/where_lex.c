// SPDX-License-Identifier: MIT
/* An expression's tokens, and what is said about those that are wrong. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "flows/where_program.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	enum token_kind kind;
	const char *name;
} symbols[] = {
	/* the longer ones first */
	{TOKEN_AND, "&&"},  {TOKEN_OR, "||"},  {TOKEN_EQ, "=="},      {TOKEN_NE, "!="},
	{TOKEN_LE, "<="},   {TOKEN_GE, ">="},  {TOKEN_MATCH, "=~"},   {TOKEN_NO_MATCH, "!~"},
	{TOKEN_LT, "<"},    {TOKEN_GT, ">"},   {TOKEN_NOT, "!"},      {TOKEN_OPEN, "("},
	{TOKEN_CLOSE, ")"}, {TOKEN_LIST, "["}, {TOKEN_LIST_END, "]"}, {TOKEN_COMMA, ","},
};

static const struct {
	enum token_kind kind;
	const char *name;
} words[] = {
	{TOKEN_AND, "and"},	      {TOKEN_OR, "or"},
	{TOKEN_NOT, "not"},	      {TOKEN_IN, "in"},
	{TOKEN_CONTAINS, "contains"}, {TOKEN_STARTSWITH, "startswith"},
	{TOKEN_ENDSWITH, "endswith"}, {TOKEN_LIKE, "like"},
	{TOKEN_HAS, "has"},	      {TOKEN_HAS, "exists"},
};

const char *where_op_name(enum token_kind op)
{
	for (size_t i = 0; i < COUNT(symbols); i++)
		if (symbols[i].kind == op)
			return symbols[i].name;
	for (size_t i = 0; i < COUNT(words); i++)
		if (words[i].kind == op)
			return words[i].name;
	return "";
}

/* ------------------------------------------------------------------- errors */

/* text, escaped and cut, into buf */
static void escape_into(const char *text, size_t max, char *buf, size_t size)
{
	struct text t = {0};
	size_t n;

	text_escape(&t, text, max);
	n = t.len < size - 1 ? t.len : size - 1;
	/* not in the middle of a character */
	while (n < t.len && n && (t.data[n] & 0xc0) == 0x80)
		n--;
	memcpy(buf, t.data ? t.data : "", n);
	buf[n] = '\0';
	text_free(&t);
}

const char *where_shown(const char *text, char *buf)
{
	escape_into(text, WHERE_SHOWN - 24, buf, WHERE_SHOWN);
	return buf;
}

static size_t characters(const char *s, size_t n)
{
	size_t count = 0;
	uint32_t c;

	for (size_t at = 0, len; at < n; at += len ? len : 1, count++)
		len = utf8_next(s + at, n - at, &c);
	return count;
}

void where_refuse(struct parser *p, const struct token *where, const char *message, ...)
{
	char line[sizeof(p->error->message)];
	va_list args;

	if (p->err)
		return;
	p->err = -EINVAL;
	p->error->column = characters(p->text, where->start);
	p->error->length = characters(p->text + where->start, where->end - where->start);
	va_start(args, message);
	vsnprintf(line, sizeof(line), message, args);
	va_end(args);
	/* a part may come from elsewhere, as what is wrong with a regular expression */
	escape_into(line, sizeof(line), p->error->message, sizeof(p->error->message));
}

void where_no_memory(struct parser *p)
{
	if (!p->err)
		p->err = -ENOMEM;
}

/* ------------------------------------------------------------------- tokens */

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c & 0x80) || (c && strchr("_.:/+%-", c));
}

static void read_word(struct parser *p)
{
	const char *s = p->text + p->token.start;
	size_t n = 0;

	while (is_word(s[n]))
		n++;
	p->at = p->token.end = p->token.start + n;
	p->token.kind = TOKEN_WORD;
	text_mem(&p->word, s, n);
	text_char(&p->word, '\0');
	if (p->word.err)
		return;
	for (size_t i = 0; i < COUNT(words); i++)
		if (!strcasecmp(p->word.data, words[i].name))
			p->token.kind = words[i].kind;
}

static int hex(char c)
{
	const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c | 0x20) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Behind a backslash; what means nothing keeps it, for regular expressions are full of them. */
static size_t read_escape(struct parser *p, const char *s)
{
	static const char marks[] = "nrt\"'\\", bytes[] = "\n\r\t\"'\\";
	const char *mark = *s ? strchr(marks, *s) : NULL;

	if (mark) {
		text_char(&p->word, bytes[mark - marks]);
		return 1;
	}
	if (*s == 'x' && hex(s[1]) >= 0 && hex(s[2]) >= 0) {
		text_char(&p->word, hex(s[1]) << 4 | hex(s[2]));
		return 3;
	}
	text_char(&p->word, '\\');
	return 0;
}

static void read_string(struct parser *p)
{
	const char *s = p->text + p->token.start;
	size_t n = 1;
	bool raw = *s == '\'';

	while (s[n] && s[n] != *s) {
		if (s[n] == '\\' && !raw)
			n += 1 + read_escape(p, s + n + 1);
		else
			text_char(&p->word, s[n++]);
	}
	p->token.kind = TOKEN_STRING;
	p->at = p->token.end = p->token.start + n + (s[n] ? 1 : 0);
	if (!s[n])
		where_refuse(p, &p->token, "the text has no %s at its end", raw ? "'" : "\"");
	else if (p->word.len && memchr(p->word.data, 0, p->word.len))
		where_refuse(p, &p->token, "no text of a flow has a zero byte");
	text_char(&p->word, '\0');
}

static void wrong_character(struct parser *p)
{
	const char *s = p->text + p->token.start;

	p->token.end = p->token.start + 1;
	if (!strncmp(s, "=", 1))
		where_refuse(p, &p->token, "\"=\" is not an operator: write \"==\"");
	else if (*s == '&' || *s == '|')
		where_refuse(p, &p->token, "\"%c\" is not an operator: write \"%c%c\"", *s, *s, *s);
	else if (*s == '~')
		where_refuse(p, &p->token, "\"~\" is not an operator: write \"=~\" or \"!~\"");
	else if (*s >= 0x20 && *s < 0x7f)
		where_refuse(p, &p->token, "\"%c\" has no meaning here", *s);
	else
		where_refuse(p, &p->token, "a control character has no meaning here");
}

static void read_symbol(struct parser *p)
{
	const char *s = p->text + p->token.start;

	for (size_t i = 0; i < COUNT(symbols); i++) {
		size_t n = strlen(symbols[i].name);

		if (strncmp(s, symbols[i].name, n))
			continue;
		p->token.kind = symbols[i].kind;
		p->at = p->token.end = p->token.start + n;
		return;
	}
	wrong_character(p);
}

void where_next(struct parser *p)
{
	const char *s;

	p->word.len = 0;
	while (p->text[p->at] && strchr(" \t\n\r", p->text[p->at]))
		p->at++;
	p->token = (struct token){.kind = TOKEN_END, .start = p->at, .end = p->at};
	s = p->text + p->at;
	if (p->err || !*s)
		return;
	if (*s == '"' || *s == '\'')
		read_string(p);
	else if (is_word(*s))
		read_word(p);
	else
		read_symbol(p);
	if (p->word.err)
		where_no_memory(p);
	if (p->err)
		p->token.kind = TOKEN_END;
}
