/* SPDX-License-Identifier: MIT */
/* What an expression is made of; for flows/where*.c only. */
#ifndef PITOT_FLOWS_WHERE_PROGRAM_H
#define PITOT_FLOWS_WHERE_PROGRAM_H

#include "flows/fields.h"
#include "flows/regex.h"
#include "flows/where.h"

/* ---------------------------------------------------------------------- tokens */

enum token_kind {
	TOKEN_END,
	TOKEN_WORD, /* a field, a name, a number, an address: [A-Za-z0-9_.:/+%-] and UTF-8 */
	TOKEN_STRING,
	TOKEN_OPEN,
	TOKEN_CLOSE, /* ( ) */
	TOKEN_LIST,
	TOKEN_LIST_END, /* [ ] */
	TOKEN_COMMA,
	TOKEN_OR,
	TOKEN_AND,
	TOKEN_NOT,
	TOKEN_EQ,
	TOKEN_NE,
	TOKEN_LT,
	TOKEN_LE,
	TOKEN_GT,
	TOKEN_GE,
	TOKEN_MATCH,
	TOKEN_NO_MATCH, /* =~ !~ */
	TOKEN_IN,
	TOKEN_CONTAINS,
	TOKEN_STARTSWITH,
	TOKEN_ENDSWITH,
	TOKEN_LIKE,
	TOKEN_HAS,
};

/* Where it is in the expression, in bytes; what it says is in parser.word. */
struct token {
	enum token_kind kind;
	size_t start, end;
};

/* -------------------------------------------------------------------- programs */

enum term_op {
	OP_CONST, /* operand.number */
	OP_HAS,
	OP_TRUE, /* a bool field by itself */
	OP_EQ,
	OP_LT,
	OP_LE,
	OP_GT,
	OP_GE, /* numbers */
	OP_NUMBERS, /* in */
	OP_PREFIXES, /* addresses */
	OP_TEXT_EQ,
	OP_TEXTS,
	OP_CONTAINS,
	OP_STARTSWITH,
	OP_ENDSWITH,
	OP_LIKE,
	OP_MATCH,
	OP_FIELD_EQ,
	OP_FIELD_LT,
	OP_FIELD_LE,
	OP_FIELD_GT,
	OP_FIELD_GE,
};

struct where_prefix {
	struct ip_addr addr; /* masked */
	unsigned int bits;
};

struct where_text {
	const char *s; /* NUL-terminated */
	size_t len;
};

union operand {
	uint64_t number;
	struct where_text text;
	const struct regex *regex;
	const struct field *field;
	/* the program's, sorted but for prefixes */
	struct {
		size_t n;
		const uint64_t *v;
	} numbers;
	struct {
		size_t n;
		const struct where_text *v;
	} texts;
	struct {
		size_t n;
		const struct where_prefix *v;
	} prefixes;
};

/* Behind the last term. All others are further on than the term itself: a run ends. */
#define GO_PASS UINT32_MAX
#define GO_FAIL (UINT32_MAX - 1)

struct term {
	const struct field *field;
	struct where_text key; /* of a label; s NULL: the field itself */
	enum term_op op;
	bool labels; /* FIELD_TEXTS of labels: equal without their source, too */
	bool any_case; /* DNS names: equal without case (RFC 4343) */
	uint32_t next[2]; /* where to go on when it does not hold, when it does */
	union operand operand;
};

struct where_block {
	struct where_block *next;
};

struct where {
	char *text;
	struct term *terms;
	uint32_t n, size;
	struct where_block *blocks; /* texts, lists */
	struct regex *regexes[256];
	size_t n_regexes;
	struct text *scratch; /* two of them */
};

/* Zeroed memory that lives as long as the program; NULL without memory. */
void *where_alloc(struct where *w, size_t size);

/* --------------------------------------------------------------------- parsing */

#define WHERE_DEPTH_MAX 64
#define WHERE_REGEXES_MAX 256

struct parser {
	struct where *w;
	const char *text;
	size_t at; /* behind the token */
	struct token token; /* the one that is looked at */
	struct text word; /* what it says, NUL-terminated, a string without its quotes */
	unsigned int depth;
	int err; /* sticky */
	struct where_error *error;
};

/* Reads the next token into p->token. */
void where_next(struct parser *p);

/* The first error counts. message: format and up to three texts, which are escaped and put in quotes. */
void where_refuse(struct parser *p, const struct token *where, const char *message, ...)
	__attribute__((format(printf, 3, 4)));

/* The same, of a column in bytes. */
void where_no_memory(struct parser *p);

/* A text that was typed, escaped and cut for a message. buf of WHERE_SHOWN bytes; returns buf. */
#define WHERE_SHOWN 80
const char *where_shown(const char *text, char *buf);

/* What is compared: a field, either end's, a label of it. */
struct subject {
	struct token token;
	const struct field *fields[2];
	unsigned int n;
	enum field_type type; /* FIELD_TEXT for a label */
	struct where_text key;
};

/*
 * The operand of `subject op ...` from the tokens at hand: a value, a list (TOKEN_IN), a
 * field. Fills in t's op, operand; *ret_empty: "" is among the texts. False after an error.
 */
bool where_operand(struct parser *p, const struct subject *s, enum token_kind op, struct term *t,
		   bool *ret_empty);

/* "==", "contains": for messages. */
const char *where_op_name(enum token_kind op);

/* Literals, from p->word; false after an error. */
bool where_number(struct parser *p, enum field_type type, uint64_t *ret);
bool where_prefix(struct parser *p, struct where_prefix *ret);
bool where_prefix_parse(const char *text, struct where_prefix *ret);

#endif
