// SPDX-License-Identifier: MIT
/* Does a flow have what is asked: what it is. */
#include <arpa/inet.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "flows/filter_terms.h"
#include "flows/flow_facts.h"
#include "flows/summary.h"

enum { PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17, PROTO_ICMPV6 = 58, PROTO_SCTP = 132 };

/* An IPv6 prefix shorter than this would take in every mapped IPv4 address. */
#define MAPPED_BITS 96

static bool prefix_holds(const struct prefix *p, const struct ip_addr *a)
{
	unsigned int whole = p->bits / 8, rest = p->bits % 8;

	if (p->bits < MAPPED_BITS && ip_addr_is_v4(a))
		return false;
	if (memcmp(p->addr.b, a->b, whole))
		return false;
	return !rest || !((p->addr.b[whole] ^ a->b[whole]) >> (8 - rest));
}

static bool prefixes_hold(const struct filter_term *t, const struct ip_addr *a)
{
	for (size_t i = 0; i < t->n; i++)
		if (prefix_holds(&t->v[i].prefix, a))
			return true;
	return false;
}

static bool numbers_hold(const struct filter_term *t, uint64_t number)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->v[i].number == number)
			return true;
	return false;
}

/* A tuple's address and port on the side where the packet's source or destination is. */
static const struct ip_addr *nat_side(const struct flow *f, const struct flow_tuple *t,
				      bool destination, uint16_t *ret_port)
{
	bool dst = destination != (f->is_reply == REPLY_YES);

	*ret_port = dst ? t->dport : t->sport;
	return dst ? &t->dst : &t->src;
}

bool match_address(const struct filter_term *t, const struct flow *f, bool destination)
{
	const struct flow_end *end = destination ? &f->dst : &f->src;
	uint16_t port;

	if (flow_has_addr(f, end) && prefixes_hold(t, &end->addr))
		return true;
	return f->has_nat && (prefixes_hold(t, nat_side(f, &f->nat_orig, destination, &port)) ||
			      prefixes_hold(t, nat_side(f, &f->nat_xlated, destination, &port)));
}

bool match_port(const struct filter_term *t, const struct flow *f, bool destination)
{
	uint16_t port;

	if (f->protocol != PROTO_TCP && f->protocol != PROTO_UDP && f->protocol != PROTO_SCTP)
		return false;
	if (numbers_hold(t, destination ? f->dst.port : f->src.port))
		return true;
	if (!f->has_nat)
		return false;
	nat_side(f, &f->nat_orig, destination, &port);
	if (numbers_hold(t, port))
		return true;
	nat_side(f, &f->nat_xlated, destination, &port);
	return numbers_hold(t, port);
}

/* The source as the receiver sees it: Hubble's source_xlated. */
bool match_snat(const struct filter_term *t, const struct flow *f, bool destination)
{
	const struct hubble *h = flow_foreign(f);
	struct ip_addr a = {.b = {[10] = 0xff, [11] = 0xff}};

	(void)destination;
	if (!h)
		return flow_is_before_snat(f) && prefixes_hold(t, &f->nat_xlated.src);
	return (inet_pton(AF_INET, h->source_xlated, a.b + 12) == 1 ||
		inet_pton(AF_INET6, h->source_xlated, a.b) == 1) &&
	       prefixes_hold(t, &a);
}

static bool is_number(const char *s)
{
	return *s && !s[strspn(s, "0123456789")];
}

static bool process_is(const char *pattern, const struct process *p)
{
	const char *exe = p->exe ? p->exe : "";
	const char *slash = strrchr(exe, '/');

	if (is_number(pattern) && strtoul(pattern, NULL, 10) == p->pid)
		return true;
	if (strchr(pattern, '/'))
		return !fnmatch(pattern, exe, 0);
	return !fnmatch(pattern, p->comm, 0) || (slash && !fnmatch(pattern, slash + 1, 0));
}

bool match_process(const struct filter_term *t, const struct flow *f, bool destination)
{
	const struct process *p = destination ? f->dst.process : f->src.process;

	for (size_t i = 0; p && i < t->n; i++)
		if (process_is(t->v[i].text, p))
			return true;
	return false;
}

bool match_event(const struct filter_term *t, const struct flow *f, bool destination)
{
	(void)destination;
	for (size_t i = 0; i < t->n; i++)
		if (t->v[i].number >> f->event & 1)
			return true;
	return false;
}

bool match_verdict(const struct filter_term *t, const struct flow *f, bool destination)
{
	(void)destination;
	return numbers_hold(t, f->verdict);
}

bool match_ip_version(const struct filter_term *t, const struct flow *f, bool destination)
{
	(void)destination;
	return numbers_hold(t, f->ip_version);
}

bool match_direction(const struct filter_term *t, const struct flow *f, bool destination)
{
	(void)destination;
	return numbers_hold(t, f->direction);
}

static bool protocol_is(uint64_t asked, const struct flow *f)
{
	if (asked == PROTOCOL_ICMP_BOTH)
		return f->protocol == PROTO_ICMP || f->protocol == PROTO_ICMPV6;
	if (asked >= PROTOCOL_L7)
		return f->l7 && f->l7->protocol == asked - PROTOCOL_L7;
	return f->protocol == asked;
}

bool match_protocol(const struct filter_term *t, const struct flow *f, bool destination)
{
	(void)destination;
	for (size_t i = 0; i < t->n; i++)
		if (protocol_is(t->v[i].number, f))
			return true;
	return false;
}

bool match_tcp_flags(const struct filter_term *t, const struct flow *f, bool destination)
{
	(void)destination;
	if (f->protocol != PROTO_TCP)
		return false;
	for (size_t i = 0; i < t->n; i++)
		if ((f->tcp_flags & t->v[i].number) == t->v[i].number)
			return true;
	return false;
}

/* Not known is neither; Hubble gives a drop no is_reply and counts it as none. */
bool match_reply(const struct filter_term *t, const struct flow *f, bool destination)
{
	int reply = flow_reply(f);

	(void)destination;
	if (reply == REPLY_UNKNOWN && f->verdict == VERDICT_DROPPED)
		reply = REPLY_NO;
	return reply != REPLY_UNKNOWN && numbers_hold(t, reply);
}

bool match_encrypted(const struct filter_term *t, const struct flow *f, bool destination)
{
	(void)destination;
	return numbers_hold(t, f->hubble && f->hubble->encrypted);
}

static bool event_type(const struct flow *f, int64_t *ret_type, int64_t *ret_sub_type)
{
	uint32_t type, sub_type;

	if (flow_foreign(f)) {
		*ret_type = f->hubble->event_type;
		*ret_sub_type = f->hubble->sub_type;
		return f->hubble->has_event_type;
	}
	flow_event_type(f, &type, &sub_type);
	*ret_type = type;
	*ret_sub_type = sub_type;
	return true;
}

bool match_type(const struct filter_term *t, const struct flow *f, bool destination)
{
	int64_t type, sub_type;

	(void)destination;
	if (!event_type(f, &type, &sub_type))
		return false;
	for (size_t i = 0; i < t->n; i++)
		if ((!t->v[i].number || (int64_t)t->v[i].number == type) &&
		    (t->v[i].sub_type < 0 || t->v[i].sub_type == sub_type))
			return true;
	return false;
}

bool match_drop_reason(const struct filter_term *t, const struct flow *f, bool destination)
{
	bool cilium = flow_foreign(f) && f->verdict == VERDICT_DROPPED;
	const char *name = f->event == FLOW_DROP ? f->drop.reason_name : NULL;

	(void)destination;
	for (size_t i = 0; i < t->n; i++)
		if ((cilium && t->v[i].sub_type == f->hubble->drop_reason_desc) ||
		    (name && !fnmatch(t->v[i].text, name, FNM_CASEFOLD)))
			return true;
	return false;
}

bool match_interface(const struct filter_term *t, const struct flow *f, bool destination)
{
	(void)destination;
	for (size_t i = 0; i < t->n; i++)
		if ((!t->v[i].number || t->v[i].number == f->ifindex) &&
		    (!t->v[i].name_len || !fnmatch(t->v[i].name, f->ifname, 0)) &&
		    (*f->ifname || f->ifindex))
			return true;
	return false;
}
