// SPDX-License-Identifier: MIT
#include "export/protojson/scan.h"

#include <errno.h>
#include <stdio.h>

#define NAME_SHOWN_MAX 80

bool json_fail(struct json_reader *r, const char *at, const char *what, const char *name, size_t n)
{
	char shown[NAME_SHOWN_MAX + 1];
	struct text t = {0};

	if (r->err)
		return false;
	r->err = -EBADMSG;
	r->error->at = at - r->begin;
	text_str(&t, what);
	if (name) {
		snprintf(shown, sizeof(shown), "%.*s",
			 (int)(n < NAME_SHOWN_MAX ? n : NAME_SHOWN_MAX), name);
		text_mem(&t, " \"", 2);
		text_escape(&t, shown, sizeof(shown));
		text_str(&t, n <= NAME_SHOWN_MAX ? "\"" : "...\"");
	}
	snprintf(r->error->message, sizeof(r->error->message), "%.*s", (int)t.len,
		 t.data ? t.data : "");
	text_free(&t);
	return false;
}

static bool fail_here(struct json_reader *r, const char *wanted)
{
	char c = json_peek(r);
	char buf[120];

	if (!c && r->p >= r->end)
		snprintf(buf, sizeof(buf), "it ends where %s is due", wanted);
	else
		snprintf(buf, sizeof(buf), "%s is due, not", wanted);
	return json_fail(r, r->p, buf, r->p < r->end ? r->p : NULL, 1);
}

bool json_take_slow(struct json_reader *r, char c, const char *wanted)
{
	if (json_peek(r) != c)
		return fail_here(r, wanted);
	r->p++;
	return true;
}

/* ------------------------------------------------------------------- strings */

/* One escape or one byte that is not plain, at r->p; moves behind it. */
static bool pass_odd(struct json_reader *r, bool *ret_plain)
{
	uint32_t c;
	size_t len;

	if (*r->p == '\\') {
		*ret_plain = false;
		if (r->end - r->p < 2)
			return json_fail(r, r->end, "it ends in a string", NULL, 0);
		r->p += 2;
		return true;
	}
	if ((unsigned char)*r->p < 0x20)
		return json_fail(r, r->p, "a control character in a string", NULL, 0);
	len = utf8_next(r->p, r->end - r->p, &c);
	if (!len && !r->lenient)
		return json_fail(r, r->p, "a string that is not UTF-8", NULL, 0);
	if (!len)
		*ret_plain = false;
	r->p += len ? len : 1;
	return true;
}

bool json_string_slow(struct json_reader *r, struct json_span *ret, bool *ret_plain)
{
	*ret_plain = true;
	if (!json_take(r, '"', "a string"))
		return false;
	ret->s = r->p;
	for (;;) {
		r->p = json_scan_plain(r->p, r->end);
		if (r->p >= r->end)
			return json_fail(r, r->end, "it ends in a string", NULL, 0);
		if (__builtin_expect(*r->p == '"', 1))
			break;
		if (!pass_odd(r, ret_plain))
			return false;
	}
	ret->n = r->p++ - ret->s;
	return true;
}

static void put_utf8(struct text *t, uint32_t c)
{
	char b[4];
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (size_t i = n - 1; i > 0; i--, c >>= 6)
		b[i] = (char)(0x80 | (c & 0x3f));
	b[0] = (char)(n == 1 ? c : c | (0xf00 >> n & 0xff));
	text_mem(t, b, n);
}

static bool hex4(const char *s, const char *end, uint32_t *ret_c)
{
	uint32_t c = 0;

	if (end - s < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		uint32_t d = (unsigned char)s[i];

		if (d >= '0' && d <= '9')
			d -= '0';
		else if ((d | 0x20) >= 'a' && (d | 0x20) <= 'f')
			d = (d | 0x20) - 'a' + 10;
		else
			return false;
		c = c << 4 | d;
	}
	*ret_c = c;
	return true;
}

/* At s: the four digits of \u; a pair of surrogates is one character. NULL: failed. */
static const char *unescape_u(struct json_reader *r, struct text *t, const char *s, const char *end)
{
	uint32_t c, low;

	if (!hex4(s, end, &c)) {
		json_fail(r, s, "\\u wants four hexadecimal digits", NULL, 0);
		return NULL;
	}
	s += 4;
	if (c >= 0xd800 && c < 0xdc00 && end - s >= 6 && s[0] == '\\' && s[1] == 'u' &&
	    hex4(s + 2, end, &low) && low >= 0xdc00 && low < 0xe000) {
		put_utf8(t, 0x10000 + ((c - 0xd800) << 10 | (low - 0xdc00)));
		return s + 6;
	}
	if (c >= 0xd800 && c < 0xe000) {
		if (!r->lenient) {
			json_fail(r, s - 6, "half of a surrogate pair", NULL, 0);
			return NULL;
		}
		c = 0xfffd;
	}
	put_utf8(t, c);
	return s;
}

/* At s: what follows a backslash. */
static const char *unescape_one(struct json_reader *r, struct text *t, const char *s,
				const char *end)
{
	static const char plain[256] = {['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
					['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t'};
	char c = s < end ? plain[(unsigned char)*s] : 0;

	if (c) {
		text_char(t, c);
		return s + 1;
	}
	if (s < end && *s == 'u')
		return unescape_u(r, t, s + 1, end);
	json_fail(r, s, "an escape that JSON does not have", NULL, 0);
	return NULL;
}

bool json_unescape(struct json_reader *r, struct text *t, const struct json_span *raw)
{
	const char *s = raw->s, *end = s + raw->n;

	while (s < end) {
		const char *plain = json_scan_plain(s, end);
		uint32_t c;
		size_t len;

		text_mem(t, s, plain - s);
		s = plain;
		if (s >= end)
			break;
		if (*s == '\\') {
			s = unescape_one(r, t, s + 1, end);
			if (!s)
				return false;
			continue;
		}
		len = utf8_next(s, end - s, &c);
		text_mem(t, len ? s : "\xef\xbf\xbd", len ? len : 3);
		s += len ? len : 1;
	}
	return true;
}

bool json_quoted(struct json_reader *r, struct json_span *ret)
{
	bool plain;

	if (!json_string_raw(r, ret, &plain))
		return false;
	if (plain)
		return true;
	r->scratch.len = 0;
	if (!json_unescape(r, &r->scratch, ret))
		return false;
	*ret = (struct json_span){.s = r->scratch.data, .n = r->scratch.len};
	return true;
}

/* ------------------------------------------------------------ numbers, literals */

static const char *digits(const char *p, const char *end)
{
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p;
}

/* Behind the number at p; NULL: there is none. */
static const char *number_end(const char *p, const char *end)
{
	const char *from;

	if (p < end && *p == '-')
		p++;
	from = p;
	p = digits(p, end);
	if (p == from || (*from == '0' && p - from > 1))
		return NULL;
	if (p < end && *p == '.') {
		from = ++p;
		p = digits(p, end);
		if (p == from)
			return NULL;
	}
	if (p < end && (*p | 0x20) == 'e') {
		p++;
		if (p < end && (*p == '+' || *p == '-'))
			p++;
		from = p;
		p = digits(p, end);
		if (p == from)
			return NULL;
	}
	return p;
}

bool json_number_span(struct json_reader *r, struct json_span *ret)
{
	const char *end;

	json_peek(r);
	end = number_end(r->p, r->end);
	if (!end)
		return fail_here(r, "a number");
	*ret = (struct json_span){.s = r->p, .n = end - r->p};
	r->p = end;
	return true;
}

bool json_literal(struct json_reader *r, const char *word)
{
	size_t n = strlen(word);

	json_peek(r);
	if ((size_t)(r->end - r->p) < n || memcmp(r->p, word, n) != 0)
		return fail_here(r, "a value");
	r->p += n;
	return true;
}

bool json_bool(struct json_reader *r, bool *ret_v)
{
	char c = json_peek(r);

	if (c != 't' && c != 'f')
		return fail_here(r, "true or false");
	*ret_v = c == 't';
	return json_literal(r, c == 't' ? "true" : "false");
}

/* ------------------------------------------------------------ objects and lists */

bool json_begin(struct json_reader *r, char brace, const char *wanted)
{
	if (!json_take(r, brace, wanted))
		return false;
	if (++r->depth > PROTOJSON_DEPTH_MAX)
		return json_fail(r, r->p - 1, "nested too deeply", NULL, 0);
	return true;
}

int json_next_slow(struct json_reader *r, char close, bool *first)
{
	char c = json_peek(r);

	if (c == close) {
		r->p++;
		r->depth--;
		return 0;
	}
	if (*first) {
		*first = false;
		return 1;
	}
	if (c != ',') {
		fail_here(r, close == '}' ? "a comma or }" : "a comma or ]");
		return -1;
	}
	r->p++;
	return 1;
}

int json_next_member_slow(struct json_reader *r, bool *first, struct json_span *ret_name)
{
	int more = json_next_element(r, '}', first);

	if (more <= 0)
		return more;
	return json_quoted(r, ret_name) && json_take(r, ':', "a colon") ? 1 : -1;
}

static bool skip_object(struct json_reader *r)
{
	struct json_span name;
	bool first = true;
	int more;

	if (!json_begin(r, '{', "an object"))
		return false;
	while ((more = json_next_member(r, &first, &name)) > 0)
		if (!json_skip(r))
			return false;
	return more == 0;
}

static bool skip_list(struct json_reader *r)
{
	bool first = true;
	int more;

	if (!json_begin(r, '[', "a list"))
		return false;
	while ((more = json_next_element(r, ']', &first)) > 0)
		if (!json_skip(r))
			return false;
	return more == 0;
}

bool json_skip(struct json_reader *r)
{
	struct json_span span;
	bool plain;

	switch (json_peek(r)) {
	case '{':
		return skip_object(r);
	case '[':
		return skip_list(r);
	case '"':
		return json_string_raw(r, &span, &plain);
	case 't':
		return json_literal(r, "true");
	case 'f':
		return json_literal(r, "false");
	case 'n':
		return json_literal(r, "null");
	case '-':
	case '0' ... '9':
		return json_number_span(r, &span);
	default:
		return fail_here(r, "a value");
	}
}
