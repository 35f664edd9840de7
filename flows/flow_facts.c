// SPDX-License-Identifier: MIT
#include "flows/flow_facts.h"

#include <string.h>

static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) + 0x9e3779b97f4a7c15;
	h = (h ^ h >> 30) * 0xbf58476d1ce4e5b9;
	h = (h ^ h >> 27) * 0x94d049bb133111eb;
	return h ^ h >> 31;
}

static uint64_t mix_end(uint64_t h, const struct flow_end *e)
{
	uint64_t words[2];

	memcpy(words, e->addr.b, sizeof(words));
	return mix(mix(mix(h, words[0]), words[1]), e->port);
}

static uint64_t mix_text(uint64_t h, const char *s)
{
	for (; *s; s++)
		h = mix(h, (unsigned char)*s);
	return h;
}

/* Two questions of one socket may time out together. */
static uint64_t mix_l7(uint64_t h, const struct l7 *l)
{
	if (!l || l->protocol != L7_DNS)
		return h;
	h = mix_text(mix(h, l->type << 1 | l->dns.timeout), l->dns.query);
	for (size_t i = 0; i < l->dns.n_qtypes; i++)
		h = mix_text(h, l->dns.qtypes[i]);
	return h;
}

static char *hex(char *p, uint64_t v, int digits)
{
	static const char set[] = "0123456789abcdef";

	for (int i = digits - 1; i >= 0; i--)
		*p++ = set[v >> 4 * i & 15];
	return p;
}

/* Who sends it may send anything. */
static bool is_uuid(const char *s)
{
	return strspn(s, "0123456789abcdefABCDEF-") == UUID_TEXT && !s[UUID_TEXT];
}

char *flow_uuid(const struct flow *f, const char *node_name, char buf[UUID_TEXT + 1])
{
	uint64_t hi, lo;
	char *p = buf;

	if (f->hubble && is_uuid(f->hubble->uuid))
		return memcpy(buf, f->hubble->uuid, UUID_TEXT + 1);
	hi = mix_text(0, node_name);
	hi = mix(mix(mix(hi, f->time_ns), f->connection_id), f->event << 16 | f->tcp_flags);
	hi = mix_end(mix_end(hi, &f->src), &f->dst);
	hi = mix_l7(mix(mix(hi, f->drop.reason), f->drop.offset), f->l7);
	lo = mix(hi, f->protocol);
	p = hex(p, hi >> 32, 8);
	*p++ = '-';
	p = hex(p, hi >> 16 & 0xffff, 4);
	*p++ = '-';
	p = hex(p, (hi & 0xfff) | 0x4000, 4);
	*p++ = '-';
	p = hex(p, (lo >> 48 & 0x3fff) | 0x8000, 4);
	*p++ = '-';
	p = hex(p, lo & 0xffffffffffff, 12);
	*p = '\0';
	return buf;
}

bool flow_is_before_snat(const struct flow *f)
{
	return f->has_nat && !memcmp(&f->src.addr, &f->nat_orig.src, sizeof(f->src.addr)) &&
	       memcmp(&f->nat_orig.src, &f->nat_xlated.src, sizeof(f->src.addr));
}
