// SPDX-License-Identifier: MIT
/* A flow.Flow, taken apart in one pass; then built of its parts. */
#include "export/hubble_read.h"

#include <errno.h>
#include <stdlib.h>

#include "bpf/record.h"
#include "export/flow_facts.h"
#include "flows/summary.h"

#define SUMMARY_MAX 16384
#define POLICIES_MAX 64

/* What is built after the pass. Lists come last: they are not cleared. */
struct parts {
	struct hubble h; /* numbers */
	struct span source, destination, source_service, destination_service, l7, extension;
	struct span uuid, node_name, summary, source_mac, destination_mac, source_xlated, trace_id;
	uint32_t ip_version;
	bool has_l7;
	const char *l4_name;
	struct span policies[4][POLICIES_MAX];
	size_t n_policies[4];
	struct spans source_names, destination_names, node_labels;
};

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

static bool read_ports(struct span s, struct flow *to)
{
	struct wire_reader r = wire_reader(s.p, s.n);
	bool good = true;
	struct wire_field f;

	while (wire_next(&r, &f)) {
		if (f.number == 1)
			to->src.port = wire_as_u64(&f);
		else if (f.number == 2)
			to->dst.port = wire_as_u64(&f);
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
		to->protocol = protocols[f.number];
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
	tunnel->outer.sport = sport;
	tunnel->outer.dport = dport;
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

static bool read_parts(const uint8_t *wire, size_t n, struct flow *to, struct parts *p)
{
	struct wire_reader r = wire_reader(wire, n);
	bool good = true;
	struct wire_field f;

	while (wire_next(&r, &f))
		good &= read_field(&f, to, p);
	return good && !r.bad;
}

/* ------------------------------------------------------------------ struct hubble */

static void fill_policies(struct room *room, const struct span *from, size_t n,
			  struct hubble_policies *to)
{
	struct hubble_policy *v = room_array(room, n * sizeof(*v));

	for (size_t i = 0; v && i < n; i++) {
		struct span name = {0}, namespace_name = {0}, kind = {0};
		struct wire_reader r = wire_reader(from[i].p, from[i].n);
		struct wire_field f;

		while (wire_next(&r, &f)) {
			if (f.number == 1)
				name = span_of(&f);
			else if (f.number == 2)
				namespace_name = span_of(&f);
			else if (f.number == 5)
				kind = span_of(&f);
		}
		v[i].name = room_str(room, name, NAME_MAX_KEPT);
		v[i].namespace_name = room_str(room, namespace_name, NAME_MAX_KEPT);
		v[i].kind = room_str(room, kind, NAME_MAX_KEPT);
	}
	to->v = v;
	to->n = v ? n : 0;
}

static void fill_node_labels(struct room *room, const struct spans *from, struct hubble *h)
{
	const char **v = room_array(room, from->n * sizeof(*v));

	for (size_t i = 0; v && i < from->n; i++)
		v[i] = room_str(room, from->v[i], LABEL_MAX);
	h->node_labels = v;
	h->n_node_labels = v ? from->n : 0;
}

/* What all the texts and lists take at most, a NUL each and room to align. */
static size_t hubble_size(const struct parts *p, size_t n_wire)
{
	size_t n = sizeof(struct hubble) + n_wire + 64;

	n += p->uuid.n + p->node_name.n + p->summary.n + p->source_mac.n + p->destination_mac.n;
	n += p->source_xlated.n + p->trace_id.n + 8;
	for (size_t i = 0; i < p->node_labels.n; i++)
		n += p->node_labels.v[i].n + 1 + sizeof(char *);
	for (size_t list = 0; list < 4; list++)
		for (size_t i = 0; i < p->n_policies[list]; i++)
			n += p->policies[list][i].n + 3 + sizeof(struct hubble_policy);
	return n;
}

static void fill_hubble(struct room *room, const struct parts *p, struct hubble *h)
{
	fill_node_labels(room, &p->node_labels, h);
	fill_policies(room, p->policies[0], p->n_policies[0], &h->egress_allowed_by);
	fill_policies(room, p->policies[1], p->n_policies[1], &h->ingress_allowed_by);
	fill_policies(room, p->policies[2], p->n_policies[2], &h->egress_denied_by);
	fill_policies(room, p->policies[3], p->n_policies[3], &h->ingress_denied_by);
	h->node_name = room_str(room, p->node_name, NAME_MAX_KEPT);
	h->uuid = room_str(room, p->uuid, NAME_MAX_KEPT);
	h->summary = room_str(room, p->summary, SUMMARY_MAX);
	h->source_mac = room_str(room, p->source_mac, NAME_MAX_KEPT);
	h->destination_mac = room_str(room, p->destination_mac, NAME_MAX_KEPT);
	h->source_xlated = room_str(room, p->source_xlated, NAME_MAX_KEPT);
	h->trace_id = room_str(room, p->trace_id, NAME_MAX_KEPT);
	h->l4_name = p->l4_name;
}

static int build_hubble(struct hubble_reader *r, const struct parts *p, struct span wire,
			struct flow *f)
{
	size_t n_wire = r->opt.keep_wire && !p->h.own ? wire.n : 0, size;
	struct hubble *h = scratch_take(&r->hubble, hubble_size(p, n_wire), &size);
	struct room room;

	if (!h)
		return -ENOMEM;
	*h = p->h;
	h->refs = 1;
	h->bytes = size;
	room = (struct room){(char *)(h + 1), (char *)h + size};
	fill_hubble(&room, p, h);
	if (n_wire && (size_t)(room.end - room.at) >= n_wire) {
		memcpy(room.at, wire.p, n_wire);
		h->wire = (uint8_t *)room.at;
		h->n_wire = n_wire;
	}
	f->hubble = hubble_get(h);
	return 0;
}

/* -------------------------------------------------- what Hubble's events are here */

static void be_drop(struct flow *f, const struct hubble *h)
{
	f->event = FLOW_DROP;
	f->drop.reason = h->drop_reason_desc ? h->drop_reason_desc : (uint32_t)h->sub_type;
	f->drop.reason_name = cilium_drop_name(f->drop.reason);
	f->drop.text = cilium_drop_text(f->drop.reason);
	f->drop.function = "";
	/* Hubble tells of each dropped packet, and not how big it was. */
	f->drop.packets = f->drop.delta_packets = 1;
}

/*
 * A trace event comes with the first packet, with new TCP flags, and at intervals, as
 * here; what a policy verdict or a socket's event is has its own word in the TYPE only.
 */
static void be_foreign(struct flow *f, const struct hubble *h)
{
	if (f->l7)
		f->event = FLOW_L7;
	else if (h->has_event_type && h->event_type == EVENT_TYPE_DROP)
		be_drop(f, h);
	else if (h->trace_reason == 1)
		f->event = FLOW_NEW;
	else if (f->tcp_flags)
		f->event = FLOW_FLAGS;
	else
		f->event = FLOW_REPORT;
	if (f->trace_point || h->event_type != EVENT_TYPE_TRACE)
		return;
	if (h->sub_type > 0 && h->sub_type <= TO_CRYPTO)
		f->trace_point = h->sub_type;
	else if (!h->sub_type)
		f->trace_point = TO_ENDPOINT;
}

/* ------------------------------------------------------------------------ building */

static int read_ends(struct hubble_reader *r, const struct parts *p, const struct extension *ext,
		     struct flow *f)
{
	int err = 0;

	if (ext->is_pitot) {
		err = read_end(r, ext->source, p->source, &f->src);
		return err ? err : read_end(r, ext->destination, p->destination, &f->dst);
	}
	if (p->source.n)
		err = read_endpoint(r, p->source, NULL, &f->src);
	if (!err && p->destination.n)
		err = read_endpoint(r, p->destination, NULL, &f->dst);
	return err;
}

static int read_all_names(struct hubble_reader *r, const struct parts *p, struct flow *f)
{
	int err = read_names(r, &p->source_names, &f->src.dns);

	if (!err)
		err = read_names(r, &p->destination_names, &f->dst.dns);
	if (!err && p->source_service.p)
		err = read_service(r, p->source_service, &f->src.service);
	if (!err && p->destination_service.p)
		err = read_service(r, p->destination_service, &f->dst.service);
	return err;
}

static int build(struct hubble_reader *r, struct parts *p, struct span wire, struct flow *f)
{
	struct extension ext = {0};
	int err = 0;

	if (p->extension.n)
		err = read_extension(r, p->extension, f, &ext);
	p->h.own = ext.is_pitot;
	if (!err)
		err = read_ends(r, p, &ext, f);
	if (!err)
		err = read_all_names(r, p, f);
	if (!err && p->has_l7)
		err = read_l7(r, p->l7, &ext.dns, &f->l7);
	if (!err)
		err = build_hubble(r, p, wire, f);
	if (err)
		return err;
	if (!ext.is_pitot)
		be_foreign(f, f->hubble);
	else if (f->event == FLOW_L7 && !f->l7)
		return -EBADMSG;
	return 0;
}

int hubble_read_flow(struct hubble_reader *r, const uint8_t *wire, size_t n, struct flow *ret_f)
{
	struct parts p;
	int err;

	flow_init(ret_f);
	ret_f->is_reply = REPLY_UNKNOWN;
	parts_init(&p);
	if (read_parts(wire, n, ret_f, &p))
		err = build(r, &p, (struct span){wire, n}, ret_f);
	else
		err = -EBADMSG;
	if (err) {
		flow_release(ret_f);
		flow_init(ret_f);
	}
	return err;
}
