// SPDX-License-Identifier: MIT
#include "flows/regex.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define NESTING_MAX 100
#define HEAP_KIB_MAX 1024
#define PATTERN_SHOWN 80 /* in an error */
#define REPEAT_MAX 1000 /* RE2's */

struct regex {
	pcre2_code *code;
	pcre2_match_data *data;
	pcre2_match_context *limits;
	size_t bytes;
};

/* ------------------------------------------------------- what RE2 has not got */

/* Behind a backslash: what RE2 knows there; other signs stand for themselves. */
static const char *bad_escape(const char *p)
{
	static const char known[] = "AbBzQEdDsSwWpPafnrtvx";

	if (!*p)
		return "a backslash at the end";
	if (*p >= '1' && *p <= '9')
		return "back references are not known";
	if ((unsigned char)*p >= 0x80)
		return "a backslash before what needs none";
	if (((*p | 0x20) >= 'a' && (*p | 0x20) <= 'z') && !strchr(known, *p))
		return "an escape that is not known";
	return NULL;
}

/* Behind "(?": a name, or flags of RE2's. */
static const char *bad_group(const char *p)
{
	if (*p == 'P' && p[1] == '<')
		return NULL;
	if (*p == '<' && p[1] != '=' && p[1] != '!')
		return NULL;
	if (strchr("=!<", *p) && *p)
		return "look-around is not known";
	p += strspn(p, "imsU");
	if (*p == '-')
		p += 1 + strspn(p + 1, "imsU");
	return *p == ':' || *p == ')' ? NULL : "a group that is not known";
}

/* The repetition at p: its length, 0 where there is none. */
static size_t repetition(const char *p, const char **ret_bad)
{
	size_t n, digits;
	char *end;

	if (*p && strchr("*+?", *p))
		return 1;
	if (*p != '{')
		return 0;
	digits = strspn(p + 1, "0123456789");
	n = 1 + digits;
	if (!digits)
		return 0;
	if (p[n] == ',')
		n += 1 + strspn(p + n + 1, "0123456789");
	if (p[n] != '}')
		return 0;
	if (strtoul(p + 1, &end, 10) > REPEAT_MAX ||
	    (*end == ',' && strtoul(end + 1, NULL, 10) > REPEAT_MAX))
		*ret_bad = "a repetition of more than 1000";
	return n + 1;
}

/* From '[' to behind its ']'; what is wrong in it the compiler says. */
static size_t class_length(const char *p, const char **ret_bad)
{
	size_t n = 1;

	if (p[n] == '^')
		n++;
	if (p[n] == ']')
		n++;
	while (p[n] && p[n] != ']' && !*ret_bad) {
		const char *colon = p[n] == '[' && p[n + 1] == ':' ? strstr(p + n + 2, ":]") : NULL;

		if (colon) {
			n = colon + 2 - p;
			continue;
		}
		if (p[n] == '\\') {
			*ret_bad = bad_escape(p + n + 1);
			n++;
		}
		n += !!p[n];
	}
	return n + !!p[n];
}

static size_t escape_length(const char *p, const char **ret_bad)
{
	const char *end;

	*ret_bad = bad_escape(p + 1);
	if (p[1] != 'Q')
		return 2;
	end = strstr(p, "\\E");
	return end ? (size_t)(end + 2 - p) : strlen(p);
}

/* NULL, or what RE2 would not take; *ret_at: where. */
static const char *not_re2(const char *pattern, size_t *ret_at)
{
	const char *p = pattern, *bad = NULL;
	bool repeated = false;

	for (; *p && !bad; *ret_at = p - pattern) {
		const char *was = p;
		size_t n = repetition(p, &bad);

		if (n) {
			p += n;
			if (repeated)
				bad = "a repetition of a repetition";
			if (*p == '?')
				p++;
		} else if (*p == '\\') {
			p += escape_length(p, &bad);
		} else if (*p == '[') {
			p += class_length(p, &bad);
		} else if (*p == '(' && p[1] == '*') {
			bad = "a repetition of nothing";
		} else {
			bad = *p == '(' && p[1] == '?' ? bad_group(p + 2) : NULL;
			p += *p == '(' && p[1] == '?' ? 2 : 1;
		}
		if (bad)
			p = was;
		repeated = n > 0;
	}
	return bad;
}

/* ------------------------------------------------------------------ compiling */

static pcre2_code *compile(const char *pattern, int *ret_code, size_t *ret_at)
{
	pcre2_compile_context *c = pcre2_compile_context_create(NULL);
	PCRE2_SIZE at = 0;
	pcre2_code *code;

	*ret_code = PCRE2_ERROR_NOMEMORY;
	if (!c)
		return NULL;
	pcre2_set_newline(c, PCRE2_NEWLINE_LF);
	pcre2_set_parens_nest_limit(c, NESTING_MAX);
	code = pcre2_compile((PCRE2_SPTR)pattern, strlen(pattern),
			     PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_DOLLAR_ENDONLY |
				     PCRE2_NEVER_BACKSLASH_C,
			     ret_code, &at, c);
	pcre2_compile_context_free(c);
	*ret_at = at;
	return code;
}

static int refuse(char *err, size_t size, const char *pattern, size_t at, const char *what)
{
	snprintf(err, size, "\"%.*s%s\" is not a regular expression (RE2): %s, at byte %zu",
		 PATTERN_SHOWN, pattern, strlen(pattern) > PATTERN_SHOWN ? "..." : "", what,
		 at + 1);
	return -EINVAL;
}

static _Atomic size_t all_bytes;

size_t regex_bytes(void)
{
	return all_bytes;
}

static int complete(struct regex *r)
{
	size_t code = 0, jit = 0;

	r->data = pcre2_match_data_create(1, NULL);
	r->limits = pcre2_match_context_create(NULL);
	if (!r->data || !r->limits)
		return -ENOMEM;
	pcre2_set_match_limit(r->limits, REGEX_STEPS_MAX);
	pcre2_set_depth_limit(r->limits, REGEX_STEPS_MAX);
	pcre2_set_heap_limit(r->limits, HEAP_KIB_MAX);
	/* Where there is no just-in-time compiler it is interpreted. */
	pcre2_jit_compile(r->code, PCRE2_JIT_COMPLETE);
	pcre2_pattern_info(r->code, PCRE2_INFO_SIZE, &code);
	pcre2_pattern_info(r->code, PCRE2_INFO_JITSIZE, &jit);
	r->bytes = sizeof(*r) + code + jit;
	all_bytes += r->bytes;
	return 0;
}

int regex_new(const char *pattern, struct regex **ret, char *err, size_t err_size)
{
	PCRE2_UCHAR why[120];
	const char *bad;
	struct regex *r;
	size_t at = 0, size;
	int code;

	if (strlen(pattern) > REGEX_MAX) {
		snprintf(err, err_size, "a regular expression of more than %d bytes", REGEX_MAX);
		return -EINVAL;
	}
	bad = not_re2(pattern, &at);
	if (bad)
		return refuse(err, err_size, pattern, at, bad);
	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	r->code = compile(pattern, &code, &at);
	if (r->code && !pcre2_pattern_info(r->code, PCRE2_INFO_SIZE, &size) &&
	    size > REGEX_COMPILED_MAX) {
		regex_free(r);
		return refuse(err, err_size, pattern, 0, "it is too large, repetitions multiply");
	}
	if (r->code && !complete(r)) {
		*ret = r;
		return 0;
	}
	if (r->code)
		code = PCRE2_ERROR_NOMEMORY;
	regex_free(r);
	if (code == PCRE2_ERROR_NOMEMORY)
		return -ENOMEM;
	pcre2_get_error_message(code, why, sizeof(why));
	return refuse(err, err_size, pattern, at, (const char *)why);
}

void regex_free(struct regex *r)
{
	if (!r)
		return;
	all_bytes -= r->bytes;
	pcre2_code_free(r->code);
	pcre2_match_data_free(r->data);
	pcre2_match_context_free(r->limits);
	free(r);
}

bool regex_matches(const struct regex *r, const char *text, size_t n)
{
	return pcre2_match(r->code, (PCRE2_SPTR)text, n, 0, 0, r->data, r->limits) >= 0;
}
