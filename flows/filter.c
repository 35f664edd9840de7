/* SPDX-License-Identifier: MIT */
#include "flows/filter_names.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "flows/summary.h"

enum { PROTO_TCP = 6, PROTO_UDP = 17, PROTO_SCTP = 132 };

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

static bool prefixes_hold(const struct filter_end *e, const struct ip_addr *a)
{
	for (size_t i = 0; i < e->n_prefixes; i++)
		if (prefix_holds(&e->prefixes[i], a))
			return true;
	return false;
}

static bool ports_hold(const struct filter_end *e, uint16_t port)
{
	for (size_t i = 0; i < e->n_ports; i++)
		if (e->ports[i] == port)
			return true;
	return false;
}

static bool texts_match(const struct filter_texts *t, const char *text, int flags)
{
	for (size_t i = 0; i < t->n; i++)
		if (!fnmatch(t->v[i], text, flags))
			return true;
	return false;
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

static bool processes_hold(const struct filter_end *e, const struct process *p)
{
	for (size_t i = 0; p && i < e->processes.n; i++)
		if (process_is(e->processes.v[i], p))
			return true;
	return false;
}

/* A tuple's address and port on the side where the packet's source or destination is. */
static void nat_side(const struct flow *f, const struct flow_tuple *t, bool destination,
		     const struct ip_addr **ret_addr, uint16_t *ret_port)
{
	bool dst = destination != (f->is_reply == REPLY_YES);

	*ret_addr = dst ? &t->dst : &t->src;
	*ret_port = dst ? t->dport : t->sport;
}

static bool has_ports(const struct flow *f)
{
	return f->protocol == PROTO_TCP || f->protocol == PROTO_UDP || f->protocol == PROTO_SCTP;
}

static bool end_matches(const struct filter_end *e, const struct flow *f, bool destination)
{
	const struct flow_end *end = destination ? &f->dst : &f->src;
	const struct flow_tuple *nat[2] = {&f->nat_orig, &f->nat_xlated};
	bool addr_ok = !e->n_prefixes || (f->ip_version && prefixes_hold(e, &end->addr));
	bool port_ok = !e->n_ports || (has_ports(f) && ports_hold(e, end->port));
	const struct ip_addr *addr;
	uint16_t port;

	for (int i = 0; f->has_nat && i < 2; i++) {
		nat_side(f, nat[i], destination, &addr, &port);
		addr_ok = addr_ok || prefixes_hold(e, addr);
		port_ok = port_ok || (has_ports(f) && ports_hold(e, port));
	}
	return addr_ok && port_ok && (!e->processes.n || processes_hold(e, end->process)) &&
	       filter_names_hold(&e->names, end);
}

static bool any_protocol(const struct flow_filter *q)
{
	return !(q->protocols[0] | q->protocols[1] | q->protocols[2] | q->protocols[3]);
}

static bool protocol_matches(const struct flow_filter *q, const struct flow *f)
{
	if (q->dns && f->l7 && f->l7->protocol == L7_DNS)
		return true;
	if (any_protocol(q))
		return !q->dns;
	return q->protocols[f->protocol / 64] >> f->protocol % 64 & 1;
}

static bool type_matches(const struct flow_filter *q, const struct flow *f)
{
	uint32_t type, sub_type;

	if (!q->n_types)
		return true;
	flow_event_type(f, &type, &sub_type);
	for (size_t i = 0; i < q->n_types; i++)
		if ((!q->types[i].type || q->types[i].type == type) &&
		    (q->types[i].sub_type < 0 || q->types[i].sub_type == sub_type))
			return true;
	return false;
}

static bool tcp_flags_match(const struct flow_filter *q, const struct flow *f)
{
	if (!q->n_tcp_flags)
		return true;
	if (f->protocol != PROTO_TCP)
		return false;
	for (size_t i = 0; i < q->n_tcp_flags; i++)
		if ((f->tcp_flags & q->tcp_flags[i]) == q->tcp_flags[i])
			return true;
	return false;
}

static bool reason_matches(const struct flow_filter *q, const struct flow *f)
{
	if (!q->drop_reasons.n)
		return true;
	return f->event == FLOW_DROP && f->drop.reason_name &&
	       texts_match(&q->drop_reasons, f->drop.reason_name, FNM_CASEFOLD);
}

static bool bit_matches(uint32_t set, unsigned int value)
{
	return !set || (value < 32 && set >> value & 1);
}

static bool flow_filter_matches(const struct flow_filter *q, const struct flow *f)
{
	return bit_matches(q->events, f->event) && bit_matches(q->verdicts, f->verdict) &&
	       bit_matches(q->ip_versions, f->ip_version) &&
	       bit_matches(q->directions, f->direction) && !q->other_node &&
	       protocol_matches(q, f) && tcp_flags_match(q, f) && reason_matches(q, f) &&
	       type_matches(q, f) &&
	       (!q->interfaces.n || texts_match(&q->interfaces, f->ifname, 0)) &&
	       end_matches(&q->end[FILTER_SOURCE], f, false) &&
	       end_matches(&q->end[FILTER_DESTINATION], f, true);
}

static bool list_matches(const struct filter_list *l, const struct flow *f)
{
	return flow_filter_matches(&l->as[0], f) ||
	       (l->either && flow_filter_matches(&l->as[1], f));
}

bool filter_pass(const struct filter *f, const struct flow *flow)
{
	if (flow->event == FLOW_DROP && flow->drop.normal && !f->normal_drops &&
	    !f->allow.as[0].drop_reasons.n)
		return false;
	if (f->allow.used && !list_matches(&f->allow, flow))
		return false;
	return !f->deny.used || !list_matches(&f->deny, flow);
}

/*
 * Either end's addresses will do: a flow that passes has one of them at one end,
 * and the replies have it at the other.
 */
static const struct filter_end *asking_end(const struct flow_filter *q, enum filter_field field)
{
	for (int i = 0; i < 2; i++)
		if (field == FILTER_IP ? q->end[i].n_prefixes : q->end[i].n_ports)
			return &q->end[i];
	return NULL;
}

static void prefilter_protocols(const struct flow_filter *q, struct prefilter *ret)
{
	unsigned int n = 0;

	if (q->dns) /* on whatever port, over UDP and TCP */
		return;
	for (unsigned int p = 0; p < 256; p++) {
		if (!(q->protocols[p / 64] >> p % 64 & 1))
			continue;
		if (n == PREFILTER_MAX)
			return;
		ret->protocols[n++] = p;
	}
	ret->n_protocols = n;
}

void filter_prefilter(const struct filter *f, struct prefilter *ret)
{
	const struct flow_filter *q = &f->allow.as[0];
	const struct filter_end *e;

	memset(ret, 0, sizeof(*ret));
	if (!f->allow.used)
		return;
	/* as[1] asks the same of the other end: one of them speaks for both. */
	e = asking_end(q, FILTER_IP);
	if (e && e->n_prefixes <= PREFILTER_MAX) {
		ret->n_prefixes = e->n_prefixes;
		memcpy(ret->prefixes, e->prefixes, e->n_prefixes * sizeof(*e->prefixes));
	}
	e = asking_end(q, FILTER_PORT);
	if (e && e->n_ports <= PREFILTER_MAX) {
		ret->n_ports = e->n_ports;
		memcpy(ret->ports, e->ports, e->n_ports * sizeof(*e->ports));
	}
	prefilter_protocols(q, ret);
}

static bool end_asks(const struct filter_end *e)
{
	return e->n_prefixes || e->n_ports || e->processes.n || e->names.used;
}

static bool asks_interfaces_only(const struct flow_filter *q)
{
	return any_protocol(q) && !q->dns && !q->n_tcp_flags && !q->n_types && !q->drop_reasons.n &&
	       !q->n_nodes && !(q->ip_versions | q->verdicts | q->directions | q->events) &&
	       !end_asks(&q->end[0]) && !end_asks(&q->end[1]);
}

/* The deny list's fields are ANDed: `not (lo and port 22)` needs lo captured. */
const struct filter_texts *filter_interfaces(const struct filter *f, bool deny)
{
	const struct flow_filter *q = deny ? &f->deny.as[0] : &f->allow.as[0];

	if (!q->interfaces.n || (deny && (f->deny.either || !asks_interfaces_only(q))))
		return NULL;
	return &q->interfaces;
}

static bool node_is(const struct filter_path *p, const char *cluster, const char *node)
{
	if (*p->name && !filter_glob(p->name, node))
		return false;
	return !p->dir || !*p->dir || filter_glob(p->dir, cluster);
}

void filter_set_node(struct filter *f, const char *cluster, const char *node)
{
	struct flow_filter *all[] = {&f->allow.as[0], &f->allow.as[1], &f->deny.as[0],
				     &f->deny.as[1]};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		bool is = !all[i]->n_nodes;

		for (size_t k = 0; k < all[i]->n_nodes && !is; k++)
			is = node_is(&all[i]->nodes[k], cluster, node);
		all[i]->other_node = !is;
	}
}

static void list_clear(struct filter_list *l)
{
	for (int i = 0; i < 2; i++) {
		struct flow_filter *q = &l->as[i];

		for (int side = 0; side < 2; side++) {
			free(q->end[side].prefixes);
			free(q->end[side].ports);
			filter_texts_clear(&q->end[side].processes);
			filter_names_clear(&q->end[side].names);
		}
		free(q->tcp_flags);
		free(q->types);
		filter_texts_clear(&q->interfaces);
		filter_texts_clear(&q->drop_reasons);
		filter_paths_clear(q->nodes, q->n_nodes);
	}
}

void filter_clear(struct filter *f)
{
	list_clear(&f->allow);
	list_clear(&f->deny);
	memset(f, 0, sizeof(*f));
}
