// SPDX-License-Identifier: MIT
/* What a flow says of itself, but for its ends and its application. */
#include <arpa/inet.h>

#include "bpf/record.h"
#include "flows/fields_rows.h"
#include "flows/summary.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define PROTO_ICMP 1
#define PROTO_TCP 6
#define PROTO_ICMPV6 58
#define NS_PER_US 1000ull

#define FLOW_GETTER(id) \
	void field_flow_##id(const struct flow *f, struct field_value *v, struct text *scratch)

#define FLOW_NUMBER(id, is_known, n)                     \
	FLOW_GETTER(id)                                  \
	{                                                \
		bool known = (is_known);                 \
                                                         \
		(void)scratch;                           \
		value_number(v, known, known ? (n) : 0); \
	}
#define FLOW_TEXT(id, from, text)                      \
	FLOW_GETTER(id)                                \
	{                                              \
		(void)scratch;                         \
		value_text(v, (from) ? (text) : NULL); \
	}
#define FLOW_ADDR(id, is_known, field)                \
	FLOW_GETTER(id)                               \
	{                                             \
		(void)scratch;                        \
		value_addr(v, (is_known), &f->field); \
	}

const char *fields_own_node = "";

void fields_set_node(const char *name)
{
	fields_own_node = name ? name : "";
}

const char *field_own_node(void)
{
	return fields_own_node;
}

/* ------------------------------------------------------------ names of values */

static const char *name_at(const char *const *names, size_t n, unsigned int i)
{
	return i < n ? names[i] : NULL;
}

/* In Hubble's order. */
static const struct {
	uint16_t bit;
	const char *name;
} tcp_flag_names[] = {
	{TCPF_SYN, "SYN"}, {TCPF_ACK, "ACK"}, {TCPF_RST, "RST"},
	{TCPF_FIN, "FIN"}, {TCPF_PSH, "PSH"}, {TCPF_URG, "URG"},
	{TCPF_ECE, "ECE"}, {TCPF_CWR, "CWR"}, {TCPF_NS, "NS"},
};

const char *tcp_flag_name(unsigned int i)
{
	return i < COUNT(tcp_flag_names) ? tcp_flag_names[i].name : NULL;
}

const char *event_type_name(unsigned int type)
{
	static const char *const low[] = {NULL,	   "drop",	     "debug", "capture",
					  "trace", "policy-verdict", NULL,    "trace-sock"};

	if (type == EVENT_TYPE_L7)
		return "l7";
	return type == 130 ? "agent" : name_at(low, COUNT(low), type);
}

const char *auth_name(unsigned int auth)
{
	static const char *const names[] = {"DISABLED", "SPIRE", "TEST_ALWAYS_FAIL"};

	return name_at(names, COUNT(names), auth);
}

const char *policy_match_name(unsigned int match)
{
	static const char *const names[] = {"none", "L3-Only",	"L3-L4",     "L4-Only",
					    "all",  "L3-Proto", "Proto-Only"};

	return name_at(names, COUNT(names), match);
}

const char *tunnel_name(unsigned int tunnel)
{
	static const char *const names[] = {NULL, "VXLAN", "Geneve", "IPIP", "GRE"};

	return name_at(names, COUNT(names), tunnel);
}

void value_flags(struct field_value *v, uint16_t flags, struct text *scratch)
{
	const char **room = flags ? value_room(scratch, COUNT(tcp_flag_names)) : NULL;
	size_t n = 0;

	for (size_t i = 0; room && i < COUNT(tcp_flag_names); i++)
		if (flags & tcp_flag_names[i].bit)
			room[n++] = tcp_flag_names[i].name;
	value_texts(v, room, n);
}

/* -------------------------------------------------------------------- what it is */

static uint32_t event_type(const struct flow *f)
{
	uint32_t type, sub_type;

	if (flow_is_foreign(f))
		return f->hubble->has_event_type ? (uint32_t)f->hubble->event_type : 0;
	flow_event_type(f, &type, &sub_type);
	return type;
}

/* Another's flow has no event of ours, but what it is tells two of them. */
static bool has_event(const struct flow *f)
{
	return !flow_is_foreign(f) || f->event == FLOW_DROP || f->event == FLOW_L7;
}

FLOW_NUMBER(time, f->time_ns, f->time_ns)
FLOW_NUMBER(verdict, f->verdict, f->verdict)
FLOW_NUMBER(type, event_type(f), event_type(f))
FLOW_NUMBER(event, has_event(f), f->event)
FLOW_NUMBER(point, f->trace_point, f->trace_point)
FLOW_NUMBER(direction, f->direction, f->direction)
FLOW_NUMBER(reply, f->is_reply != REPLY_UNKNOWN, f->is_reply == REPLY_YES)
FLOW_NUMBER(initiator, f->initiator_by, f->initiator_by)
FLOW_NUMBER(protocol, f->ip_version, f->protocol)
FLOW_NUMBER(ip_version, f->ip_version, f->ip_version)
FLOW_NUMBER(ethertype, !f->ip_version && f->ethertype, f->ethertype)
FLOW_TEXT(uuid, f->hubble, f->hubble->uuid)
FLOW_TEXT(trace_id, f->hubble, f->hubble->trace_id)
FLOW_NUMBER(ip_trace_id, f->hubble && f->hubble->ip_trace_id, f->hubble->ip_trace_id)
FLOW_NUMBER(closed, f->event == FLOW_END, f->closed)
FLOW_TEXT(ending, f->event == FLOW_END, flow_end_reason(f))
FLOW_NUMBER(encrypted, flow_is_foreign(f), f->hubble->encrypted)
FLOW_NUMBER(auth, flow_is_foreign(f), f->hubble->auth_type)
FLOW_NUMBER(policy_match, flow_is_foreign(f) && event_type(f) == EVENT_TYPE_POLICY_VERDICT,
	    f->hubble->policy_match_type)

FLOW_GETTER(subtype)
{
	if (!flow_is_foreign(f)) {
		value_text(v, flow_type_name(f));
		return;
	}
	flow_type_text(scratch, f);
	value_made(v, scratch);
}

FLOW_GETTER(node)
{
	(void)scratch;
	/* of a flow that came from elsewhere without saying from where it is not this one */
	value_text(v, f->hubble ? f->hubble->node_name : fields_own_node);
}

FLOW_GETTER(node_labels)
{
	(void)scratch;
	value_texts(v, f->hubble ? f->hubble->node_labels : NULL,
		    f->hubble ? f->hubble->n_node_labels : 0);
}

FLOW_GETTER(summary)
{
	flow_summary(scratch, f);
	value_made(v, scratch);
}

FLOW_GETTER(connection)
{
	if (f->connection_id)
		text_hex(scratch, f->connection_id, 16);
	value_made(v, scratch);
}

static void policies(struct field_value *v, const struct hubble_policies *out,
		     const struct hubble_policies *in, struct text *scratch)
{
	const char **room = out->n + in->n ? value_room(scratch, out->n + in->n) : NULL;
	size_t n = 0;

	for (size_t i = 0; room && i < out->n; i++)
		room[n++] = out->v[i].name;
	for (size_t i = 0; room && i < in->n; i++)
		room[n++] = in->v[i].name;
	value_texts(v, room, n);
}

FLOW_GETTER(policy_allowed)
{
	v->known = false;
	if (f->hubble)
		policies(v, &f->hubble->egress_allowed_by, &f->hubble->ingress_allowed_by, scratch);
}

FLOW_GETTER(policy_denied)
{
	v->known = false;
	if (f->hubble)
		policies(v, &f->hubble->egress_denied_by, &f->hubble->ingress_denied_by, scratch);
}

/* --------------------------------------------------------------------- counters */

static uint64_t first_ns(const struct flow *f)
{
	uint64_t a = f->forward.first_ns, b = f->reply.first_ns;

	return !a || (b && b < a) ? b : a;
}

static uint64_t last_ns(const struct flow *f)
{
	return f->forward.last_ns > f->reply.last_ns ? f->forward.last_ns : f->reply.last_ns;
}

static bool is_tcp(const struct flow *f)
{
	return f->protocol == PROTO_TCP && flow_is_counted(f);
}

#define BOTH(member) ((uint64_t)f->forward.member + f->reply.member)

FLOW_NUMBER(bytes, flow_is_counted(f), BOTH(bytes))
FLOW_NUMBER(packets, flow_is_counted(f), BOTH(packets))
FLOW_NUMBER(delta_bytes, flow_is_counted(f), BOTH(delta_bytes))
FLOW_NUMBER(delta_packets, flow_is_counted(f), BOTH(delta_packets))
FLOW_NUMBER(retransmits, is_tcp(f), BOTH(retransmits))
FLOW_NUMBER(resets, is_tcp(f), BOTH(resets))
FLOW_NUMBER(zero_windows, is_tcp(f), BOTH(zero_windows))
FLOW_NUMBER(rtt, flow_rtt_us(f), flow_rtt_us(f) * NS_PER_US)
FLOW_NUMBER(handshake, f->handshake_us, f->handshake_us *NS_PER_US)
FLOW_NUMBER(handshake_client, f->handshake_client_us, f->handshake_client_us *NS_PER_US)
FLOW_NUMBER(handshake_server, f->handshake_server_us, f->handshake_server_us *NS_PER_US)
FLOW_NUMBER(duration, first_ns(f) && last_ns(f) >= first_ns(f), last_ns(f) - first_ns(f))
FLOW_NUMBER(icmp_errors, flow_is_counted(f), f->icmp_errors)

#define COUNTER_NUMBER(id, is_known, n)                                                      \
	static inline void counter_##id(const struct flow *f, const struct flow_counters *c, \
					struct field_value *v, struct text *scratch)         \
	{                                                                                    \
		bool known = (is_known);                                                     \
                                                                                             \
		(void)f, (void)c, (void)scratch;                                             \
		value_number(v, known, known ? (n) : 0);                                     \
	}

COUNTER_NUMBER(bytes, flow_is_counted(f), c->bytes)
COUNTER_NUMBER(packets, flow_is_counted(f), c->packets)
COUNTER_NUMBER(delta_bytes, flow_is_counted(f), c->delta_bytes)
COUNTER_NUMBER(delta_packets, flow_is_counted(f), c->delta_packets)
COUNTER_NUMBER(retransmits, is_tcp(f), c->retransmits)
COUNTER_NUMBER(zero_windows, is_tcp(f), c->zero_windows)
COUNTER_NUMBER(resets, is_tcp(f), c->resets)
COUNTER_NUMBER(rtt, c->srtt_us, c->srtt_us *NS_PER_US)
COUNTER_NUMBER(first, c->first_ns, c->first_ns)
COUNTER_NUMBER(last, c->last_ns, c->last_ns)

static inline void counter_flags(const struct flow *f, const struct flow_counters *c,
				 struct field_value *v, struct text *scratch)
{
	value_flags(v, is_tcp(f) ? c->tcp_flags : 0, scratch);
}

#define COUNTER_DEFINE(id, ...)                                                                    \
	void field_forward_##id(const struct flow *f, struct field_value *v, struct text *scratch) \
	{                                                                                          \
		counter_##id(f, &f->forward, v, scratch);                                          \
	}                                                                                          \
	void field_reply_##id(const struct flow *f, struct field_value *v, struct text *scratch)   \
	{                                                                                          \
		counter_##id(f, &f->reply, v, scratch);                                            \
	}

COUNTER_FIELDS(COUNTER_DEFINE)

/* ------------------------------------------------------- headers and interfaces */

static bool is_icmp(const struct flow *f)
{
	return f->event == FLOW_ICMP_ERROR ||
	       (f->ip_version && (f->protocol == PROTO_ICMP || f->protocol == PROTO_ICMPV6));
}

FLOW_NUMBER(icmp_type, is_icmp(f), f->icmp_type)
FLOW_NUMBER(icmp_code, is_icmp(f), f->icmp_code)
FLOW_ADDR(icmp_from, f->event == FLOW_ICMP_ERROR, icmp_from)
FLOW_NUMBER(icmp_mtu, f->event == FLOW_ICMP_ERROR && f->icmp_info, f->icmp_info)
FLOW_TEXT(interface, true, f->ifname)
FLOW_NUMBER(interface_index, f->ifindex, f->ifindex)
FLOW_NUMBER(vlan, f->vlan[0], f->vlan[0])
FLOW_NUMBER(vlan_inner, f->vlan[1], f->vlan[1])
FLOW_NUMBER(tunnel, f->tunnel.type, f->tunnel.type)
FLOW_NUMBER(vni, f->tunnel.type && f->tunnel.vni, f->tunnel.vni)
FLOW_ADDR(tunnel_src, f->tunnel.type, tunnel.outer.src)
FLOW_ADDR(tunnel_dst, f->tunnel.type, tunnel.outer.dst)

FLOW_GETTER(tcp_flags)
{
	value_flags(v, f->ip_version && f->protocol == PROTO_TCP ? f->tcp_flags : 0, scratch);
}

FLOW_GETTER(icmp)
{
	if (is_icmp(f))
		icmp_text(scratch, f->ip_version == 6, f->icmp_type, f->icmp_code);
	value_made(v, scratch);
}

FLOW_GETTER(interfaces)
{
	const char **room = value_room(scratch, 1 + FLOW_IFACES);
	size_t n = 0;

	if (room && *f->ifname)
		room[n++] = f->ifname;
	for (size_t i = 0; room && i < FLOW_IFACES && *f->ifaces[i]; i++)
		room[n++] = f->ifaces[i];
	value_texts(v, room, n);
}

/* ------------------------------------------------------------------ translation */

FLOW_NUMBER(nat, !flow_is_foreign(f) || f->has_nat, f->has_nat)
FLOW_ADDR(nat_before_src, f->has_nat, nat_orig.src)
FLOW_ADDR(nat_before_dst, f->has_nat, nat_orig.dst)
FLOW_ADDR(nat_after_dst, f->has_nat, nat_xlated.dst)
FLOW_NUMBER(nat_before_src_port, f->has_nat && f->nat_orig.sport, f->nat_orig.sport)
FLOW_NUMBER(nat_before_dst_port, f->has_nat && f->nat_orig.dport, f->nat_orig.dport)
FLOW_NUMBER(nat_after_src_port, f->has_nat && f->nat_xlated.sport, f->nat_xlated.sport)
FLOW_NUMBER(nat_after_dst_port, f->has_nat && f->nat_xlated.dport, f->nat_xlated.dport)

/* Hubble tells the translated source alone, as text. */
FLOW_GETTER(nat_after_src)
{
	struct ip_addr a = {.b = {[10] = 0xff, [11] = 0xff}};
	const char *text = f->hubble ? f->hubble->source_xlated : "";

	(void)scratch;
	if (f->has_nat || !*text) {
		value_addr(v, f->has_nat, &f->nat_xlated.src);
		return;
	}
	value_addr(v,
		   inet_pton(AF_INET, text, a.b + 12) == 1 || inet_pton(AF_INET6, text, a.b) == 1,
		   &a);
}

/* ------------------------------------------------------------------------ drops */

#define DROPPED (f->event == FLOW_DROP)
#define OWN_DROP (DROPPED && !flow_is_foreign(f))
#define LISTEN (f->event == FLOW_LISTEN_DROP)

FLOW_TEXT(drop_reason, flow_is_drop(f), flow_type_name(f))
FLOW_TEXT(drop_text, DROPPED, f->drop.text)
FLOW_TEXT(drop_function, DROPPED, f->drop.function)
FLOW_NUMBER(drop_packets, OWN_DROP || LISTEN, LISTEN ? f->listen.drops : f->drop.packets)
FLOW_NUMBER(drop_bytes, OWN_DROP, f->drop.bytes)
FLOW_NUMBER(drop_normal, DROPPED, f->drop.normal)
FLOW_NUMBER(drop_netns, DROPPED && f->drop.netns, f->drop.netns)
FLOW_NUMBER(listen_backlog, LISTEN, f->listen.backlog)
FLOW_NUMBER(listen_backlog_max, LISTEN, f->listen.backlog_max)
FLOW_NUMBER(listen_synflood, LISTEN, f->listen.synflood)

FLOW_GETTER(drop_stack)
{
	size_t n = f->drop.stack_depth < FLOW_STACK ? f->drop.stack_depth : FLOW_STACK;

	(void)scratch;
	value_texts(v, f->drop.stack, DROPPED ? n : 0);
}
