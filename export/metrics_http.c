// SPDX-License-Identifier: MIT
#include "export/metrics_http.h"

#include <string.h>
#include <strings.h>

struct span {
	const char *s;
	size_t n;
};

/* The end of the head: an empty line; lines may end in a bare LF. */
static size_t head_end(const char *data, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (data[i] != '\n')
			continue;
		if (i + 1 < n && data[i + 1] == '\n')
			return i + 2;
		if (i + 2 < n && data[i + 1] == '\r' && data[i + 2] == '\n')
			return i + 3;
	}
	return 0;
}

static struct span next_line(struct span *rest)
{
	const char *end = memchr(rest->s, '\n', rest->n);
	struct span line = {rest->s, end ? (size_t)(end - rest->s) : rest->n};
	size_t used = line.n + !!end;

	rest->s += used;
	rest->n -= used;
	if (line.n && line.s[line.n - 1] == '\r')
		line.n--;
	return line;
}

static struct span next_word(struct span *line)
{
	const char *space = memchr(line->s, ' ', line->n);
	struct span word = {line->s, space ? (size_t)(space - line->s) : line->n};
	size_t used = word.n + !!space;

	line->s += used;
	line->n -= used;
	return word;
}

static bool is(struct span s, const char *word)
{
	return s.n == strlen(word) && !memcmp(s.s, word, s.n);
}

static bool is_any_case(struct span s, const char *word)
{
	return s.n == strlen(word) && !strncasecmp(s.s, word, s.n);
}

static bool has(struct span s, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= s.n; i++)
		if (!strncasecmp(s.s + i, word, n))
			return true;
	return false;
}

static int request_line(struct span line, struct metrics_request *r)
{
	struct span method = next_word(&line), target = next_word(&line), version = line;
	const char *query;

	if (!method.n || !target.n)
		return 400;
	if (is(version, "HTTP/1.1"))
		r->chunked = r->keep_alive = true;
	else if (!is(version, "HTTP/1.0"))
		return version.n >= 5 && !memcmp(version.s, "HTTP/", 5) ? 505 : 400;
	query = memchr(target.s, '?', target.n);
	if (query)
		target.n = query - target.s;
	r->head = is(method, "HEAD");
	if (!r->head && !is(method, "GET"))
		return 405;
	r->root = is(target, "/");
	return r->root || is(target, "/metrics") ? 200 : 404;
}

static int header(struct span line, struct metrics_request *r)
{
	const char *colon = memchr(line.s, ':', line.n);
	struct span name, value;

	if (!colon)
		return 400;
	name = (struct span){line.s, colon - line.s};
	value = (struct span){colon + 1, line.n - name.n - 1};
	while (value.n && (*value.s == ' ' || *value.s == '\t'))
		value.s++, value.n--;
	if (is_any_case(name, "connection")) {
		if (has(value, "close"))
			r->keep_alive = false;
		else if (has(value, "keep-alive"))
			r->keep_alive = true;
	} else if (is_any_case(name, "accept")) {
		if (has(value, "application/openmetrics-text"))
			r->openmetrics = true;
	} else if (is_any_case(name, "transfer-encoding") ||
		   (is_any_case(name, "content-length") && !is(value, "0"))) {
		return 413; /* a body: nobody has anything to send here */
	}
	return 0;
}

size_t metrics_http_parse(const char *data, size_t n, struct metrics_request *ret)
{
	struct metrics_request r = {0};
	struct span rest;
	size_t end;

	/* Empty lines before a request are passed over (RFC 9112, 2.2). */
	rest = (struct span){data, n};
	while (rest.n && (*rest.s == '\r' || *rest.s == '\n'))
		rest.s++, rest.n--;
	end = head_end(rest.s, rest.n);
	if (!end) {
		if (n < METRICS_HTTP_MAX)
			return 0;
		*ret = (struct metrics_request){.status = 431};
		return n;
	}
	n = rest.s - data + end;
	rest.n = end;
	r.status = memchr(rest.s, '\0', rest.n) ? 400 : request_line(next_line(&rest), &r);
	while (rest.n) {
		struct span line = next_line(&rest);
		int status = line.n ? header(line, &r) : 0;

		if (status && r.status < 400)
			r.status = status;
	}
	if (r.status == 400 || r.status == 413 || r.status == 505)
		r.keep_alive = false;
	*ret = r;
	return n;
}

const char *metrics_http_reason(int status)
{
	switch (status) {
	case 200:
		return "OK";
	case 400:
		return "Bad Request";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 413:
		return "Content Too Large";
	case 431:
		return "Request Header Fields Too Large";
	case 503:
		return "Service Unavailable";
	default:
		return "HTTP Version Not Supported";
	}
}
