// SPDX-License-Identifier: MIT
/* Does a flow have what is asked: what an application said, and identifiers. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "flows/filter_terms.h"
#include "flows/flow_facts.h"
#include "flows/regex.h"

static bool texts_hold(const struct filter_term *t, const char *text)
{
	for (size_t i = 0; i < t->n; i++)
		if (!strcmp(t->v[i].text, text))
			return true;
	return false;
}

/* One that was captured here gets its uuid when it is written, from the node's name. */
static bool uuid_is(const struct filter_value *v, const struct flow *f, const char *node)
{
	char uuid[UUID_TEXT + 1];

	return node && !strcmp(v->text, flow_uuid(f, node, uuid));
}

bool match_uuid(const struct filter_term *t, const struct flow *f, bool destination)
{
	(void)destination;
	if (f->hubble && *f->hubble->uuid)
		return texts_hold(t, f->hubble->uuid);
	for (size_t i = 0; i < t->n; i++)
		if (uuid_is(&t->v[i], f, t->v[i].name) || uuid_is(&t->v[i], f, t->v[i].dir))
			return true;
	return false;
}

bool match_trace_id(const struct filter_term *t, const struct flow *f, bool destination)
{
	(void)destination;
	return texts_hold(t, f->hubble ? f->hubble->trace_id : "");
}

bool match_ip_trace_id(const struct filter_term *t, const struct flow *f, bool destination)
{
	(void)destination;
	for (size_t i = 0; f->hubble && i < t->n; i++)
		if (t->v[i].number == f->hubble->ip_trace_id)
			return true;
	return false;
}

static bool any_found(const struct filter_term *t, const char *text, size_t n)
{
	for (size_t i = 0; i < t->n; i++)
		if (regex_matches(t->v[i].regex, text, n))
			return true;
	return false;
}

static const char *text_of(const char *s)
{
	return s ? s : "";
}

bool match_dns_query(const struct filter_term *t, const struct flow *f, bool destination)
{
	const char *query;

	(void)destination;
	if (!f->l7 || f->l7->protocol != L7_DNS)
		return false;
	query = text_of(f->l7->dns.query);
	return any_found(t, query, strlen(query));
}

static const struct l7_http *http_of(const struct flow *f)
{
	return f->l7 && f->l7->protocol == L7_HTTP ? &f->l7->http : NULL;
}

bool match_http_status(const struct filter_term *t, const struct flow *f, bool destination)
{
	const struct l7_http *h = http_of(f);

	(void)destination;
	for (size_t i = 0; h && h->code && i < t->n; i++)
		if (h->code / (uint64_t)t->v[i].sub_type == t->v[i].number)
			return true;
	return false;
}

bool match_http_method(const struct filter_term *t, const struct flow *f, bool destination)
{
	const struct l7_http *h = http_of(f);

	(void)destination;
	for (size_t i = 0; h && *text_of(h->method) && i < t->n; i++)
		if (!strcasecmp(t->v[i].text, h->method))
			return true;
	return false;
}

bool match_http_url(const struct filter_term *t, const struct flow *f, bool destination)
{
	const struct l7_http *h = http_of(f);

	(void)destination;
	/* an answer may say no URL, which even a pattern for anything does not find */
	return h && *text_of(h->url) && any_found(t, h->url, strlen(h->url));
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* RFC 3986 2.1; -1: a percent sign without two digits. */
static ssize_t decode(const char *s, size_t n, char *ret)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		if (s[i] != '%') {
			ret[len++] = s[i];
			continue;
		}
		if (n - i < 3 || hex_digit(s[i + 1]) < 0 || hex_digit(s[i + 2]) < 0)
			return -1;
		ret[len++] = hex_digit(s[i + 1]) << 4 | hex_digit(s[i + 2]);
		i += 2;
	}
	return len;
}

/*
 * The path of "http://cart:8080/x?y" or "/x?y", still encoded; NULL where a request has
 * no such URL. What is behind a scheme alone ("mailto:x") is no path.
 */
static const char *url_path(const char *url, size_t *ret_len)
{
	size_t scheme = strcspn(url, ":/?");

	if (scheme && url[scheme] == ':') {
		url += scheme + 1;
		if (!strncmp(url, "//", 2))
			url += 2 + strcspn(url + 2, "/?");
		else if (*url != '/')
			url += strlen(url);
	} else if (*url != '/' && strcmp(url, "*")) {
		return NULL;
	}
	*ret_len = strcspn(url, "?");
	return url;
}

static bool decoded_found(const struct filter_term *t, const char *path, size_t n)
{
	char *plain = malloc(n);
	ssize_t len = plain ? decode(path, n, plain) : -1;
	bool found = len >= 0 && any_found(t, plain, len);

	free(plain);
	return found;
}

bool match_http_path(const struct filter_term *t, const struct flow *f, bool destination)
{
	const struct l7_http *h = http_of(f);
	const char *path;
	size_t n;

	(void)destination;
	if (!h)
		return false;
	path = url_path(text_of(h->url), &n);
	if (!path)
		return false;
	if (memchr(path, '%', n))
		return decoded_found(t, path, n);
	return any_found(t, path, n);
}

static bool header_is(const struct filter_value *v, const struct l7_header *h)
{
	return (!v->dir || !*v->dir || !strcmp(v->dir, text_of(h->key))) &&
	       (!*v->name || !strcmp(v->name, text_of(h->value)));
}

bool match_http_header(const struct filter_term *t, const struct flow *f, bool destination)
{
	const struct l7_http *h = http_of(f);

	(void)destination;
	for (size_t k = 0; h && k < h->n_headers; k++)
		for (size_t i = 0; i < t->n; i++)
			if (header_is(&t->v[i], &h->headers[k]))
				return true;
	return false;
}
