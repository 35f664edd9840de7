// SPDX-License-Identifier: MIT
/* What a flow says of its application's message. */
#include "flows/fields_rows.h"

#define NS_PER_SEC 1000000000ull

#define L7_GETTER(id) \
	void field_flow_##id(const struct flow *f, struct field_value *v, struct text *scratch)

#define L7_NUMBER(id, is_known, n)                       \
	L7_GETTER(id)                                    \
	{                                                \
		const struct l7 *l = f->l7;              \
		bool known = l && (is_known);            \
                                                         \
		(void)scratch;                           \
		value_number(v, known, known ? (n) : 0); \
	}
#define L7_TEXT(id, is_known, text)                             \
	L7_GETTER(id)                                           \
	{                                                       \
		const struct l7 *l = f->l7;                     \
                                                                \
		(void)scratch;                                  \
		value_text(v, l && (is_known) ? (text) : NULL); \
	}
#define L7_TEXTS(id, member)                                                         \
	L7_GETTER(id)                                                                \
	{                                                                            \
		const struct l7 *l = f->l7;                                          \
                                                                                     \
		(void)scratch;                                                       \
		value_texts(v, l ? l->dns.member : NULL, l ? l->dns.n_##member : 0); \
	}
#define DNS (l->protocol == L7_DNS)
#define HTTP (l->protocol == L7_HTTP)

const char *l7_protocol_name(unsigned int protocol)
{
	static const char *const names[] = {NULL, "DNS", "HTTP", "KAFKA"};

	return protocol < 4 ? names[protocol] : NULL;
}

const char *l7_message_name(unsigned int type)
{
	static const char *const names[] = {NULL, "REQUEST", "RESPONSE", "SAMPLE"};

	return type < 4 ? names[type] : NULL;
}

L7_NUMBER(l7_protocol, l->protocol, l->protocol)
L7_NUMBER(l7_type, l->type, l->type)
L7_NUMBER(latency, l->latency_ns, l->latency_ns)

/* As people write it: "example.com", not "example.com." */
static void without_dot(struct text *t, const char *name)
{
	size_t n = strlen(name);

	text_mem(t, name, n > 1 && name[n - 1] == '.' ? n - 1 : n);
	text_char(t, '\0');
}

L7_GETTER(dns_query)
{
	const struct l7 *l = f->l7;

	v->known = false;
	if (!l || !DNS || !l->dns.query || !*l->dns.query)
		return;
	without_dot(scratch, l->dns.query);
	value_text(v, scratch->err ? NULL : scratch->data);
}

/* The pointers first: room for the texts behind them is reserved with it, so that they stay. */
L7_GETTER(dns_cnames)
{
	size_t n = f->l7 ? f->l7->dns.n_cnames : 0, bytes = n * sizeof(char *);
	const char **room;

	for (size_t i = 0; i < n; i++)
		bytes += strlen(f->l7->dns.cnames[i]) + 1;
	v->known = false;
	if (!n || !text_reserve(scratch, bytes))
		return;
	room = value_room(scratch, n);
	for (size_t i = 0; i < n; i++) {
		room[i] = scratch->data + scratch->len;
		without_dot(scratch, f->l7->dns.cnames[i]);
	}
	value_texts(v, room, n);
}

L7_NUMBER(dns_rcode, DNS && l->type == L7_RESPONSE, l->dns.rcode)
L7_NUMBER(dns_ttl, DNS && l->type == L7_RESPONSE && l->dns.ttl != UINT32_MAX,
	  l->dns.ttl *NS_PER_SEC)
L7_NUMBER(dns_timeout, DNS, l->dns.timeout)
L7_NUMBER(dns_truncated, DNS, l->dns.truncated)
L7_NUMBER(dns_multicast, DNS, l->dns.multicast)
L7_TEXTS(dns_qtypes, qtypes)
L7_TEXTS(dns_rrtypes, rrtypes)

L7_GETTER(dns_ips)
{
	(void)scratch;
	v->known = f->l7 && f->l7->dns.n_ips;
	v->addrs.v = v->known ? f->l7->dns.ips : NULL;
	v->addrs.n = v->known ? f->l7->dns.n_ips : 0;
}

L7_TEXT(http_method, HTTP, l->http.method)
L7_TEXT(http_url, HTTP, l->http.url)
L7_TEXT(http_protocol, HTTP, l->http.protocol)
L7_NUMBER(http_status, HTTP && l->http.code, l->http.code)

static const char *url_of(const struct flow *f)
{
	const struct l7 *l = f->l7;

	return l && HTTP && l->http.url ? l->http.url : "";
}

/* Behind "scheme://", where there is one. */
static const char *authority(const char *url)
{
	const char *slashes = strstr(url, "://");

	return slashes && slashes == url + strcspn(url, ":/?#") ? slashes + 3 : NULL;
}

/* Without user, password and port. */
L7_GETTER(http_host)
{
	const char *host = authority(url_of(f)), *at;
	size_t n;

	v->known = false;
	if (!host)
		return;
	n = strcspn(host, "/?#");
	at = memrchr(host, '@', n);
	if (at) {
		n -= at + 1 - host;
		host = at + 1;
	}
	text_mem(scratch, host, *host == '[' ? strcspn(host, "]/") : strcspn(host, ":/?#"));
	value_made(v, scratch);
}

L7_GETTER(http_path)
{
	const char *url = url_of(f), *path = authority(url);

	path = path ? path + strcspn(path, "/?#") : url;
	text_mem(scratch, path, strcspn(path, "?#"));
	value_made(v, scratch);
}

L7_GETTER(http_headers)
{
	size_t n = f->l7 ? f->l7->http.n_headers : 0, bytes = n * sizeof(char *);
	const struct l7_header *h = n ? f->l7->http.headers : NULL;
	const char **room;

	for (size_t i = 0; i < n; i++)
		bytes += strlen(h[i].key) + strlen(h[i].value) + 3;
	v->known = false;
	if (!n || !text_reserve(scratch, bytes))
		return;
	room = value_room(scratch, n);
	for (size_t i = 0; i < n; i++) {
		room[i] = scratch->data + scratch->len;
		text_str(scratch, h[i].key);
		text_mem(scratch, ": ", 2);
		text_mem(scratch, h[i].value, strlen(h[i].value) + 1);
	}
	value_texts(v, room, n);
}
