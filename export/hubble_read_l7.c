// SPDX-License-Identifier: MIT
/* flow.Layer7 */
#include <errno.h>

#include "export/hubble_read.h"

#define TEXT_MAX 1100
#define URL_MAX 8192
#define HEADERS_MAX 128

struct l7_parts {
	struct l7 l; /* numbers; texts are below */
	struct span query, source, method, url, protocol;
	size_t n_headers;
	struct span headers[HEADERS_MAX];
	struct spans ips, cnames, qtypes, rrtypes;
};

static bool read_dns(struct span s, struct l7_parts *p)
{
	struct wire_reader r = wire_reader(s.p, s.n);
	struct wire_field f;

	while (wire_next(&r, &f)) {
		switch (f.number) {
		case 1:
			p->query = span_of(&f);
			break;
		case 2:
			spans_add(&p->ips, &f);
			break;
		case 3:
			p->l.dns.ttl = wire_as_u64(&f);
			break;
		case 4:
			spans_add(&p->cnames, &f);
			break;
		case 5:
			p->source = span_of(&f);
			break;
		case 6:
			p->l.dns.rcode = wire_as_u64(&f);
			break;
		case 7:
			spans_add(&p->qtypes, &f);
			break;
		case 8:
			spans_add(&p->rrtypes, &f);
			break;
		}
	}
	return !r.bad;
}

static bool read_http(struct span s, struct l7_parts *p)
{
	struct wire_reader r = wire_reader(s.p, s.n);
	struct wire_field f;

	while (wire_next(&r, &f)) {
		struct span *const texts[] = {[2] = &p->method, [3] = &p->url, [4] = &p->protocol};

		if (f.number == 1)
			p->l.http.code = wire_as_u64(&f);
		else if (f.number <= 4)
			*texts[f.number] = span_of(&f);
		else if (f.number == 5 && p->n_headers < HEADERS_MAX)
			p->headers[p->n_headers++] = span_of(&f);
	}
	return !r.bad;
}

static bool read_record(const struct wire_field *f, struct l7_parts *p)
{
	switch (f->number) {
	case 1:
		p->l.type = wire_as_u64(f) <= L7_SAMPLE ? wire_as_u64(f) : L7_NONE;
		return true;
	case 2:
		p->l.latency_ns = wire_as_u64(f);
		return true;
	case 100:
		p->l.protocol = L7_DNS;
		return read_dns(span_of(f), p);
	case 101:
		p->l.protocol = L7_HTTP;
		return read_http(span_of(f), p);
	case 102:
		p->l.protocol = L7_KAFKA;
		return true;
	}
	return true;
}

static bool read_l7_parts(struct span s, struct l7_parts *p)
{
	struct wire_reader r = wire_reader(s.p, s.n);
	bool good = true;
	struct wire_field f;

	while (wire_next(&r, &f))
		good &= read_record(&f, p);
	return good && !r.bad;
}

static size_t fill_strings(struct room *room, const struct spans *from, const char *const **to)
{
	const char **v = room_array(room, from->n * sizeof(*v));

	for (size_t i = 0; v && i < from->n; i++)
		v[i] = room_str(room, from->v[i], TEXT_MAX);
	*to = v;
	return v ? from->n : 0;
}

static void fill_ips(struct room *room, const struct spans *from, struct l7_dns *to)
{
	struct ip_addr *v = room_array(room, from->n * sizeof(*v));

	for (size_t i = 0; v && i < from->n; i++)
		to->n_ips += span_addr(from->v[i], &v[to->n_ips]);
	to->ips = v;
}

static void fill_headers(struct room *room, const struct l7_parts *p, struct l7_http *to)
{
	struct l7_header *v = room_array(room, p->n_headers * sizeof(*v));

	for (size_t i = 0; v && i < p->n_headers; i++) {
		struct wire_reader r = wire_reader(p->headers[i].p, p->headers[i].n);
		struct span key = {0}, value = {0};
		struct wire_field f;

		while (wire_next(&r, &f)) {
			if (f.number == 1)
				key = span_of(&f);
			else if (f.number == 2)
				value = span_of(&f);
		}
		v[i].key = room_str(room, key, TEXT_MAX);
		v[i].value = room_str(room, value, URL_MAX);
	}
	to->headers = v;
	to->n_headers = v ? p->n_headers : 0;
}

static void fill(struct room *room, const struct l7_parts *p, struct l7 *l)
{
	fill_ips(room, &p->ips, &l->dns);
	l->dns.n_cnames = fill_strings(room, &p->cnames, &l->dns.cnames);
	l->dns.n_qtypes = fill_strings(room, &p->qtypes, &l->dns.qtypes);
	l->dns.n_rrtypes = fill_strings(room, &p->rrtypes, &l->dns.rrtypes);
	fill_headers(room, p, &l->http);
	l->dns.query = room_str(room, p->query, TEXT_MAX);
	l->dns.source = room_str(room, p->source, TEXT_MAX);
	l->http.method = room_str(room, p->method, TEXT_MAX);
	l->http.url = room_str(room, p->url, URL_MAX);
	l->http.protocol = room_str(room, p->protocol, TEXT_MAX);
}

/* Only what is counted is cleared: the lists of spans are big. */
static void parts_init(struct l7_parts *p)
{
	memset(p, 0, offsetof(struct l7_parts, headers));
	p->ips.n = p->cnames.n = p->qtypes.n = p->rrtypes.n = 0;
}

int read_l7(struct hubble_reader *r, struct span l7, const struct dns_extra *extra,
	    struct l7 **ret_l7)
{
	struct l7_parts p;
	size_t need, size;
	struct room room;
	struct l7 *l;

	parts_init(&p);
	if (!read_l7_parts(l7, &p))
		return -EBADMSG;
	if (p.l.type != L7_RESPONSE)
		p.l.dns.ttl = UINT32_MAX;
	p.l.dns.timeout = extra->timeout;
	p.l.dns.truncated = extra->truncated;
	p.l.dns.multicast = extra->multicast;
	need = sizeof(*l) + l7.n + p.ips.n * sizeof(struct ip_addr) +
	       (p.cnames.n + p.qtypes.n + p.rrtypes.n) * (sizeof(char *) + 1) +
	       p.n_headers * (sizeof(struct l7_header) + 2) + 64;
	l = scratch_take(&r->l7, need, &size);
	if (!l)
		return -ENOMEM;
	*l = p.l;
	l->refs = 1;
	l->bytes = size;
	room = (struct room){(char *)(l + 1), (char *)l + size};
	fill(&room, &p, l);
	*ret_l7 = l7_get(l);
	return 0;
}
