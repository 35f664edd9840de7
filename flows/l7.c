// SPDX-License-Identifier: MIT
#include "flows/l7.h"

#include "flows/flow.h"
#include "flows/pack.h"

#define TEXT_MAX 1100 /* a name of 255 bytes with each byte escaped */
#define URL_MAX 8192
#define HEADERS_MAX 128

static void fill_http(struct pack *p, struct l7_http *to, const struct l7_http *from)
{
	size_t n = from->n_headers < HEADERS_MAX ? from->n_headers : HEADERS_MAX;
	struct l7_header *headers = pack_room(p, n * sizeof(*headers));

	for (size_t i = 0; i < n; i++) {
		struct l7_header one = {
			.key = pack_str(p, from->headers[i].key, TEXT_MAX),
			.value = pack_str(p, from->headers[i].value, URL_MAX),
		};

		if (headers)
			headers[i] = one;
	}
	to->headers = headers;
	to->n_headers = n;
	to->method = pack_str(p, from->method, TEXT_MAX);
	to->url = pack_str(p, from->url, URL_MAX);
	to->protocol = pack_str(p, from->protocol, TEXT_MAX);
}

static void fill(struct pack *p, struct l7 *to, const struct l7 *from)
{
	struct ip_addr *ips;

	*to = *from;
	to->refs = 1;
	ips = pack_room(p, from->dns.n_ips * sizeof(*ips));
	if (ips)
		memcpy(ips, from->dns.ips, from->dns.n_ips * sizeof(*ips));
	to->dns.ips = ips;
	to->dns.query = pack_str(p, from->dns.query, TEXT_MAX);
	to->dns.source = from->dns.source ? pack_str(p, from->dns.source, TEXT_MAX) : NULL;
	to->dns.cnames = pack_strs(p, from->dns.cnames, from->dns.n_cnames, TEXT_MAX);
	to->dns.qtypes = pack_strs(p, from->dns.qtypes, from->dns.n_qtypes, TEXT_MAX);
	to->dns.rrtypes = pack_strs(p, from->dns.rrtypes, from->dns.n_rrtypes, TEXT_MAX);
	fill_http(p, &to->http, &from->http);
}

struct l7 *l7_new(const struct l7 *from)
{
	struct pack p = {.used = sizeof(*from), .head = sizeof(*from)};
	struct l7 measured, *to;

	fill(&p, &measured, from);
	to = pack_begin(&p);
	if (!to)
		return NULL;
	fill(&p, to, from);
	to->bytes = p.used;
	return to;
}

struct l7 *l7_get(struct l7 *l)
{
	if (l)
		l->refs++;
	return l;
}

void l7_put(struct l7 *l)
{
	if (l && !--l->refs)
		free(l);
}
