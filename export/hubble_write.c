// SPDX-License-Identifier: MIT
/* flow.Flow, field by field in the order of its declarations; agrees with export/json.c. */
#include "export/hubble_write.h"

#include "bpf/record.h"
#include "export/field_mask.h"
#include "export/flow_facts.h"
#include "flows/summary.h"

/* Field numbers of flow.Flow (export/proto/flow.proto). */
enum {
	FLOW_TIME = 1,
	FLOW_VERDICT = 2,
	FLOW_DROP_REASON = 3,
	FLOW_ETHERNET = 4,
	FLOW_IP = 5,
	FLOW_L4 = 6,
	FLOW_SOURCE = 8,
	FLOW_DESTINATION = 9,
	FLOW_TYPE = 10,
	FLOW_NODE_NAME = 11,
	FLOW_EVENT_TYPE = 19,
	FLOW_SOURCE_SERVICE = 20,
	FLOW_DESTINATION_SERVICE = 21,
	FLOW_DIRECTION = 22,
	FLOW_POLICY_MATCH_TYPE = 23,
	FLOW_TRACE_POINT = 24,
	FLOW_DROP_REASON_DESC = 25,
	FLOW_IS_REPLY = 26,
	FLOW_CAPTURE_POINT = 27,
	FLOW_INTERFACE = 28,
	FLOW_TRACE_CONTEXT = 30,
	FLOW_SOCK_XLATE_POINT = 31,
	FLOW_UUID = 34,
	FLOW_AUTH_TYPE = 35,
	FLOW_TRACE_REASON = 36,
	FLOW_NODE_LABELS = 37,
	FLOW_TUNNEL = 39,
	FLOW_IP_TRACE_ID = 40,
	FLOW_EMITTER = 41,
	FLOW_SUMMARY = 100000,
	FLOW_EXTENSIONS = 150000,
};

enum { IPV4 = 1, IPV6 = 2 };
enum { TYPE_L3_L4 = 1, TYPE_L7 = 2 };

/* A flow of Hubble's, where struct hubble says what struct flow does not. */
static const struct hubble *foreign(const struct flow *f)
{
	return f->hubble && !f->hubble->own ? f->hubble : NULL;
}

void wire_addr(struct text *t, uint32_t number, const struct ip_addr *a)
{
	size_t mark = wire_open(t, number);

	text_addr(t, a);
	wire_close(t, mark);
}

void wire_strings(struct text *t, uint32_t number, const char *const *v, size_t n, size_t max)
{
	for (size_t i = 0; i < n; i++)
		wire_untrusted_always(t, number, v[i], max);
}

static void put_emitter(struct text *t)
{
	size_t mark = wire_open(t, FLOW_EMITTER);

	wire_str(t, 1, "pitot");
	wire_str(t, 2, PITOT_VERSION);
	wire_close(t, mark);
}

static void put_ethernet(struct text *t, const struct hubble *h)
{
	size_t mark;

	if (!*h->source_mac && !*h->destination_mac)
		return;
	mark = wire_open(t, FLOW_ETHERNET);
	wire_untrusted(t, 1, h->source_mac, NAME_MAX_KEPT);
	wire_untrusted(t, 2, h->destination_mac, NAME_MAX_KEPT);
	wire_close(t, mark);
}

static void put_ip(struct text *t, const struct flow *f)
{
	const struct hubble *h = foreign(f);
	size_t mark;

	if (!f->ip_version)
		return;
	mark = wire_open(t, FLOW_IP);
	wire_addr(t, 1, &f->src.addr);
	if (flow_is_before_snat(f))
		wire_addr(t, 5, &f->nat_xlated.src);
	else if (h)
		wire_untrusted(t, 5, h->source_xlated, NAME_MAX_KEPT);
	wire_addr(t, 2, &f->dst.addr);
	wire_u64(t, 3, f->ip_version == 6 ? IPV6 : IPV4);
	wire_u64(t, 4, h && h->encrypted);
	wire_close(t, mark);
}

static void put_tcp_flags(struct text *t, uint16_t flags)
{
	size_t mark;

	if (!(flags & 0x1ff))
		return;
	mark = wire_open(t, 3);
	for (unsigned int i = 0; i < 9; i++)
		wire_u64(t, i + 1, flags >> i & 1);
	wire_close(t, mark);
}

static void put_ports(struct text *t, uint16_t source, uint16_t destination)
{
	wire_u64(t, 1, source);
	wire_u64(t, 2, destination);
}

/* The protocol is which field of the oneof is there, so it is, even when it is empty. */
static void put_l4(struct text *t, const struct flow *f)
{
	static const uint8_t numbers[256] = {
		[PROTO_TCP] = 1,  [PROTO_UDP] = 2,  [PROTO_ICMP] = 3, [PROTO_ICMPV6] = 4,
		[PROTO_SCTP] = 5, [PROTO_VRRP] = 6, [PROTO_IGMP] = 7,
	};
	size_t mark, inner;

	if ((!f->ip_version && !foreign(f)) || !numbers[f->protocol])
		return;
	mark = wire_open(t, FLOW_L4);
	inner = wire_open(t, numbers[f->protocol]);
	if (f->protocol == PROTO_ICMP || f->protocol == PROTO_ICMPV6)
		put_ports(t, f->icmp_type, f->icmp_code); /* type and code: the same numbers */
	else if (f->protocol != PROTO_VRRP && f->protocol != PROTO_IGMP)
		put_ports(t, f->src.port, f->dst.port);
	if (f->protocol == PROTO_TCP)
		put_tcp_flags(t, f->tcp_flags);
	wire_close(t, inner);
	wire_close(t, mark);
}

/* Hubble knows two kinds; the others are in the extensions only. */
static void put_tunnel(struct text *t, const struct flow_tunnel *tunnel)
{
	const struct flow_tuple *o = &tunnel->outer;
	size_t mark, inner, udp;

	if (tunnel->type != TUNNEL_VXLAN && tunnel->type != TUNNEL_GENEVE)
		return;
	mark = wire_open(t, FLOW_TUNNEL);
	wire_u64(t, 1, tunnel->type == TUNNEL_VXLAN ? 1 : 2);
	inner = wire_open(t, 2);
	wire_addr(t, 1, &o->src);
	wire_addr(t, 2, &o->dst);
	wire_u64(t, 3, ip_addr_is_v4(&o->src) ? IPV4 : IPV6);
	wire_close(t, inner);
	inner = wire_open(t, 3);
	udp = wire_open(t, 2);
	put_ports(t, o->sport, o->dport);
	wire_close(t, udp);
	wire_close(t, inner);
	wire_u64(t, 4, tunnel->vni);
	wire_close(t, mark);
}

static void put_event_type(struct text *t, const struct flow *f)
{
	const struct hubble *h = foreign(f);
	uint32_t type, sub_type;
	size_t mark;

	if (h && !h->has_event_type)
		return;
	if (h) {
		type = h->event_type;
		sub_type = h->sub_type;
	} else {
		flow_event_type(f, &type, &sub_type);
	}
	mark = wire_open(t, FLOW_EVENT_TYPE);
	wire_u64(t, 1, (int64_t)(int32_t)type);
	wire_u64(t, 2, (int64_t)(int32_t)sub_type);
	wire_close(t, mark);
}

static void put_is_reply(struct text *t, int reply)
{
	size_t mark;

	if (reply == REPLY_UNKNOWN)
		return;
	mark = wire_open(t, FLOW_IS_REPLY);
	wire_u64(t, 1, reply == REPLY_YES);
	wire_close(t, mark);
}

static void put_ip_trace_id(struct text *t, const struct hubble *h)
{
	size_t mark;

	if (!h->ip_trace_id && !h->ip_option_type)
		return;
	mark = wire_open(t, FLOW_IP_TRACE_ID);
	wire_u64(t, 1, h->ip_trace_id);
	wire_u64(t, 2, h->ip_option_type);
	wire_close(t, mark);
}

/* Between the direction and the interface, in the order of the declarations. */
static void put_trace(struct text *t, const struct flow *f)
{
	const struct hubble *h = foreign(f);

	wire_u64(t, FLOW_DIRECTION, f->direction);
	if (h) {
		wire_u64(t, FLOW_POLICY_MATCH_TYPE, h->policy_match_type);
		wire_u64(t, FLOW_TRACE_POINT, f->trace_point);
		wire_u64(t, FLOW_TRACE_REASON, h->trace_reason);
		put_ip_trace_id(t, h);
		wire_u64(t, FLOW_DROP_REASON_DESC, h->drop_reason_desc);
		put_is_reply(t, f->is_reply);
		wire_u64(t, FLOW_CAPTURE_POINT, h->debug_capture_point);
		return;
	}
	if (flow_is_drop(f)) {
		wire_u64(t, FLOW_DROP_REASON_DESC, flow_drop_reason(f));
		return;
	}
	if (f->event != FLOW_L7)
		wire_u64(t, FLOW_TRACE_POINT, f->trace_point);
	wire_u64(t, FLOW_TRACE_REASON, flow_trace_reason(f));
	put_is_reply(t, f->is_reply);
}

static void put_interface(struct text *t, const struct flow *f)
{
	size_t mark;

	if (!f->ifindex && !f->ifname[0])
		return;
	mark = wire_open(t, FLOW_INTERFACE);
	wire_u64(t, 1, f->ifindex);
	wire_untrusted(t, 2, f->ifname, sizeof(f->ifname));
	wire_close(t, mark);
}

static void put_trace_context(struct text *t, const struct hubble *h)
{
	size_t mark, inner;

	if (!*h->trace_id)
		return;
	mark = wire_open(t, FLOW_TRACE_CONTEXT);
	inner = wire_open(t, 1);
	wire_untrusted(t, 1, h->trace_id, NAME_MAX_KEPT);
	wire_close(t, inner);
	wire_close(t, mark);
}

/* Escaped, hence UTF-8 without control bytes. */
static void put_summary(struct text *t, const struct flow *f)
{
	const struct hubble *h = foreign(f);
	size_t mark;

	if (h) {
		wire_untrusted(t, FLOW_SUMMARY, h->summary, SIZE_MAX);
		return;
	}
	mark = wire_open(t, FLOW_SUMMARY);
	flow_summary(t, f);
	wire_close(t, mark);
}

static void put_node(struct text *t, const struct flow *f, const struct hubble_options *opt)
{
	wire_untrusted(t, FLOW_NODE_NAME, flow_node_name(f, opt->node_name), NODE_NAME_MAX);
	if (f->hubble) {
		wire_strings(t, FLOW_NODE_LABELS, f->hubble->node_labels, f->hubble->n_node_labels,
			     LABEL_MAX);
		return;
	}
	for (const char *const *label = opt->node_labels; label && *label; label++)
		wire_untrusted(t, FLOW_NODE_LABELS, *label, LABEL_MAX);
}

static void put_head(struct text *t, const struct flow *f, const struct hubble_options *opt)
{
	const struct hubble *h = foreign(f);
	char uuid[UUID_TEXT + 1];

	wire_time(t, FLOW_TIME, f->time_ns);
	if (h) {
		wire_untrusted(t, FLOW_UUID, h->uuid, NAME_MAX_KEPT);
	} else {
		wire_str(t, FLOW_UUID, flow_uuid(f, flow_node_name(f, opt->node_name), uuid));
		put_emitter(t);
	}
	wire_u64(t, FLOW_VERDICT, f->verdict);
	wire_u64(t, FLOW_DROP_REASON, h ? h->drop_reason : flow_drop_reason(f));
	if (h) {
		wire_u64(t, FLOW_AUTH_TYPE, h->auth_type);
		put_ethernet(t, h);
	}
	put_ip(t, f);
	put_l4(t, f);
	put_tunnel(t, &f->tunnel);
}

static void put_flow(struct text *t, const struct flow *f, const struct hubble_options *opt)
{
	const struct hubble *h = foreign(f);

	put_head(t, f, opt);
	write_endpoint(t, FLOW_SOURCE, &f->src);
	write_endpoint(t, FLOW_DESTINATION, &f->dst);
	wire_u64(t, FLOW_TYPE, h ? h->flow_type : f->event == FLOW_L7 ? TYPE_L7 : TYPE_L3_L4);
	put_node(t, f, opt);
	write_dns_names(t, f);
	write_l7(t, f->l7);
	put_event_type(t, f);
	write_service(t, FLOW_SOURCE_SERVICE, f->src.service);
	write_service(t, FLOW_DESTINATION_SERVICE, f->dst.service);
	put_trace(t, f);
	put_interface(t, f);
	if (h) {
		put_trace_context(t, h);
		wire_u64(t, FLOW_SOCK_XLATE_POINT, h->sock_xlate_point);
	}
	put_summary(t, f);
	if (h)
		write_policies(t, h);
	else if (field_mask_passes(opt->mask, FLOW_EXTENSIONS))
		write_extension(t, f, opt->extensions);
}

/* What was written from `from` on becomes what of it passes; a part is never longer than the whole. */
static void apply_mask(struct text *t, size_t from, const struct field_mask *mask)
{
	size_t n = t->len - from, masked;

	/* the bytes that are read must not move while others are appended behind them */
	if (t->err || !text_reserve(t, n + 8 * WIRE_VARINT_MAX))
		return;
	field_mask_apply(mask, (const uint8_t *)t->data + from, n, t);
	masked = t->len - from - n;
	memmove(t->data + from, t->data + from + n, masked);
	t->len = from + masked;
}

void hubble_write_flow(struct text *wire, const struct flow *f, const struct hubble_options *opt)
{
	const struct hubble *h = foreign(f);
	size_t from = wire->len;

	if (h && h->n_wire && opt->mask) {
		field_mask_apply(opt->mask, h->wire, h->n_wire, wire);
		return;
	}
	if (h && h->n_wire) {
		text_mem(wire, (const char *)h->wire, h->n_wire);
		return;
	}
	put_flow(wire, f, opt);
	if (opt->mask)
		apply_mask(wire, from, opt->mask);
}
