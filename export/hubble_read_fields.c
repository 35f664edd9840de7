// SPDX-License-Identifier: MIT
/* The fields of a flow.Flow. */
#include "bpf/record.h"
#include "export/flow_facts.h"
#include "export/hubble_read.h"

static void parts_init(struct parts *p)
{
	memset(p, 0, offsetof(struct parts, policies));
	memset(p->n_policies, 0, sizeof(p->n_policies));
	p->source_names.n = p->destination_names.n = p->node_labels.n = 0;
	p->l4_name = "";
}

/* ---------------------------------------------------------------- the messages */

static bool read_pair(struct span s, struct span *one, struct span *two)
{
	struct wire_reader r = wire_reader(s.p, s.n);
	struct wire_field f;

	while (wire_next(&r, &f)) {
		if (f.number == 1)
			*one = span_of(&f);
		else if (f.number == 2)
			*two = span_of(&f);
	}
	return !r.bad;
}

static bool read_numbers(struct span s, uint64_t *one, uint64_t *two)
{
	struct wire_reader r = wire_reader(s.p, s.n);
	struct wire_field f;

	*one = *two = 0;
	while (wire_next(&r, &f)) {
		if (f.number == 1)
			*one = wire_as_u64(&f);
		else if (f.number == 2)
			*two = wire_as_u64(&f);
	}
	return !r.bad;
}

static bool read_ip(struct span s, struct flow *to, struct parts *p)
{
	struct wire_reader r = wire_reader(s.p, s.n);
	struct span source = {0}, destination = {0};
	struct wire_field f;
	bool any;

	while (wire_next(&r, &f)) {
		if (f.number == 1)
			source = span_of(&f);
		else if (f.number == 2)
			destination = span_of(&f);
		else if (f.number == 3)
			p->ip_version = wire_as_u64(&f);
		else if (f.number == 4)
			p->h.encrypted = wire_as_u64(&f);
		else if (f.number == 5)
			p->source_xlated = span_of(&f);
	}
	any = span_addr(source, &to->src.addr);
	any |= span_addr(destination, &to->dst.addr);
	if (p->ip_version == 1 || p->ip_version == 2)
		to->ip_version = p->ip_version == 1 ? 4 : 6;
	else if (any)
		to->ip_version = ip_addr_is_v4(source.n ? &to->src.addr : &to->dst.addr) ? 4 : 6;
	return !r.bad;
}

static bool read_tcp_flags(struct span s, uint16_t *flags)
{
	struct wire_reader r = wire_reader(s.p, s.n);
	struct wire_field f;

	while (wire_next(&r, &f))
		if (f.number <= 9 && wire_as_u64(&f))
			*flags |= 1u << (f.number - 1);
	return !r.bad;
}

/* The wire has room for more than a port: what is none is not cut down to another. */
static uint16_t port_of(uint64_t v)
{
	return v <= UINT16_MAX ? v : 0;
}

static bool read_ports(struct span s, struct flow *to)
{
	struct wire_reader r = wire_reader(s.p, s.n);
	bool good = true;
	struct wire_field f;

	while (wire_next(&r, &f)) {
		if (f.number == 1)
			to->src.port = port_of(wire_as_u64(&f));
		else if (f.number == 2)
			to->dst.port = port_of(wire_as_u64(&f));
		else if (f.number == 3 && to->protocol == PROTO_TCP)
			good &= read_tcp_flags(span_of(&f), &to->tcp_flags);
	}
	return good && !r.bad;
}

static bool read_l4(struct span s, struct flow *to, struct parts *p)
{
	static const uint8_t protocols[] = {0,		PROTO_TCP,    PROTO_UDP,
					    PROTO_ICMP, PROTO_ICMPV6, PROTO_SCTP,
					    PROTO_VRRP, PROTO_IGMP};
	struct wire_reader r = wire_reader(s.p, s.n);
	uint64_t type, code;
	bool good = true;
	struct wire_field f;

	while (wire_next(&r, &f)) {
		if (f.number >= sizeof(protocols))
			continue;
		/* one of: the last is meant, and nothing of what was before it */
		to->protocol = protocols[f.number];
		to->tcp_flags = to->src.port = to->dst.port = 0;
		to->icmp_type = to->icmp_code = 0;
		p->l4_name = "";
		if (f.number == 6 || f.number == 7) {
			p->l4_name = f.number == 6 ? "VRRP" : "IGMP";
		} else if (f.number == 3 || f.number == 4) {
			good &= read_numbers(span_of(&f), &type, &code);
			to->icmp_type = type;
			to->icmp_code = code;
		} else {
			good &= read_ports(span_of(&f), to);
		}
	}
	return good && !r.bad;
}

static bool read_tunnel_ip(struct span s, struct flow_tuple *outer)
{
	struct span source = {0}, destination = {0};
	bool good = read_pair(s, &source, &destination);

	span_addr(source, &outer->src);
	span_addr(destination, &outer->dst);
	return good;
}

static bool read_tunnel(struct span s, struct flow_tunnel *tunnel)
{
	struct wire_reader r = wire_reader(s.p, s.n);
	struct span tcp = {0}, udp = {0};
	uint64_t sport = 0, dport = 0;
	bool good = true;
	struct wire_field f;

	while (wire_next(&r, &f)) {
		if (f.number == 1)
			tunnel->type = wire_as_u64(&f) == 1   ? TUNNEL_VXLAN
				       : wire_as_u64(&f) == 2 ? TUNNEL_GENEVE
							      : TUNNEL_NONE;
		else if (f.number == 2)
			good &= read_tunnel_ip(span_of(&f), &tunnel->outer);
		else if (f.number == 3)
			good &= read_pair(span_of(&f), &tcp, &udp);
		else if (f.number == 4)
			tunnel->vni = wire_as_u64(&f);
	}
	good &= read_numbers(udp.p ? udp : tcp, &sport, &dport);
	tunnel->outer.sport = port_of(sport);
	tunnel->outer.dport = port_of(dport);
	return good && !r.bad;
}

static bool read_interface(struct span s, struct flow *to)
{
	struct span index, name = {0};
	uint64_t number, unused;
	bool good = read_numbers(s, &number, &unused) && read_pair(s, &index, &name);

	to->ifindex = number;
	if (name.n)
		memcpy(to->ifname, name.p,
		       name.n < sizeof(to->ifname) ? name.n : sizeof(to->ifname) - 1);
	return good;
}

static bool read_event_type(struct span s, struct hubble *h)
{
	uint64_t type, sub_type;
	bool good = read_numbers(s, &type, &sub_type);

	h->has_event_type = true;
	h->event_type = type;
	h->sub_type = sub_type;
	return good;
}

static bool read_is_reply(struct span s, struct flow *to)
{
	uint64_t value, unused;
	bool good = read_numbers(s, &value, &unused);

	to->is_reply = value ? REPLY_YES : REPLY_NO;
	return good;
}

static bool read_ip_trace_id(struct span s, struct hubble *h)
{
	uint64_t id, type;
	bool good = read_numbers(s, &id, &type);

	h->ip_trace_id = id;
	h->ip_option_type = type;
	return good;
}

static bool read_trace_context(struct span s, struct span *trace_id)
{
	struct span parent = {0}, unused;

	return read_pair(s, &parent, &unused) && read_pair(parent, trace_id, &unused);
}

/* -------------------------------------------------------------------- the flow */

static void read_verdict(uint64_t v, struct flow *to)
{
	to->verdict = v < VERDICT_MAX ? v : VERDICT_UNKNOWN;
}

static void add_policy(const struct wire_field *f, struct parts *p)
{
	static const int8_t lists[] = {0, 1, -1, 2, 3}; /* from 21001 on */
	int list = lists[f->number - 21001];

	if (list >= 0 && f->type == WIRE_BYTES && p->n_policies[list] < POLICIES_MAX)
		p->policies[list][p->n_policies[list]++] = span_of(f);
}

static bool read_high_field(const struct wire_field *f, struct flow *to, struct parts *p)
{
	uint64_t v = wire_as_u64(f);

	switch (f->number) {
	case 27:
		p->h.debug_capture_point = v;
		return true;
	case 28:
		return read_interface(span_of(f), to);
	case 30:
		return read_trace_context(span_of(f), &p->trace_id);
	case 31:
		p->h.sock_xlate_point = v;
		return true;
	case 34:
		p->uuid = span_of(f);
		return true;
	case 35:
		p->h.auth_type = v;
		return true;
	case 36:
		p->h.trace_reason = v;
		return true;
	case 37:
		spans_add(&p->node_labels, f);
		return true;
	case 39:
		return read_tunnel(span_of(f), &to->tunnel);
	case 40:
		return read_ip_trace_id(span_of(f), &p->h);
	case 41:
		return read_pair(span_of(f), &p->emitter, &(struct span){0});
	case 100000:
		p->summary = span_of(f);
		return true;
	case 150000:
		p->extension = span_of(f);
		return true;
	}
	if (f->number >= 21001 && f->number <= 21005)
		add_policy(f, p);
	return true;
}

static bool read_middle_field(const struct wire_field *f, struct flow *to, struct parts *p)
{
	uint64_t v = wire_as_u64(f);

	switch (f->number) {
	case 15:
		p->l7 = span_of(f);
		p->has_l7 = f->type == WIRE_BYTES;
		return true;
	case 19:
		return read_event_type(span_of(f), &p->h);
	case 20:
		p->source_service = span_of(f);
		return true;
	case 21:
		p->destination_service = span_of(f);
		return true;
	case 22:
		to->direction = v <= DIRECTION_EGRESS ? v : DIRECTION_UNKNOWN;
		return true;
	case 23:
		p->h.policy_match_type = v;
		return true;
	case 24:
		to->trace_point = v <= TO_ENDPOINT ? v : POINT_UNKNOWN;
		return true;
	case 25:
		p->h.drop_reason_desc = v;
		return true;
	case 26:
		return read_is_reply(span_of(f), to);
	}
	return read_high_field(f, to, p);
}

static bool read_field(const struct wire_field *f, struct flow *to, struct parts *p)
{
	switch (f->number) {
	case 1:
		to->time_ns = wire_read_time(f);
		return true;
	case 2:
		read_verdict(wire_as_u64(f), to);
		return true;
	case 3:
		p->h.drop_reason = wire_as_u64(f);
		return true;
	case 4:
		return read_pair(span_of(f), &p->source_mac, &p->destination_mac);
	case 5:
		return read_ip(span_of(f), to, p);
	case 6:
		return read_l4(span_of(f), to, p);
	case 8:
		p->source = span_of(f);
		return true;
	case 9:
		p->destination = span_of(f);
		return true;
	case 10:
		p->h.flow_type = wire_as_u64(f) <= UINT8_MAX ? wire_as_u64(f) : 0;
		return true;
	case 11:
		p->node_name = span_of(f);
		return true;
	case 13:
		spans_add(&p->source_names, f);
		return true;
	case 14:
		spans_add(&p->destination_names, f);
		return true;
	}
	return read_middle_field(f, to, p);
}

bool read_parts(const uint8_t *wire, size_t n, struct flow *to, struct parts *p)
{
	struct wire_reader r = wire_reader(wire, n);
	bool good = true;
	struct wire_field f;

	parts_init(p);
	while (wire_next(&r, &f))
		good &= read_field(&f, to, p);
	return good && !r.bad;
}
