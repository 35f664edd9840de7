// SPDX-License-Identifier: MIT
/* Hubble's metrics: the same series, labels and values; Cilium's documentation, "Monitoring & Metrics". */
#include <ctype.h>

#include "bpf/record.h"
#include "export/flow_facts.h"
#include "export/metrics_parts.h"
#include "export/proto/flow.pb-c.h"
#include "flows/summary.h"

#define EVENT_TYPE_CAPTURE 3
#define EVENT_TYPE_POLICY_VERDICT 5
#define DROP_POLICY_DENIED 133
#define OPTION(n) (1u << (n))

static bool forwarded(const struct flow *f)
{
	return f->verdict == VERDICT_FORWARDED || f->verdict == VERDICT_REDIRECTED;
}

static bool has_ports(const struct flow *f)
{
	return f->protocol == PROTO_TCP || f->protocol == PROTO_UDP || f->protocol == PROTO_SCTP;
}

static bool has_l4(const struct flow *f)
{
	return has_ports(f) || f->protocol == PROTO_ICMP || f->protocol == PROTO_ICMPV6;
}

/* Flags of one packet: what an interval or the end reports were counted when they came. */
static uint16_t packet_flags(const struct metric_event *e)
{
	const struct flow *f = e->flow;

	if (f->protocol != PROTO_TCP || f->event == FLOW_L7 ||
	    (e->own && f->event != FLOW_NEW && f->event != FLOW_FLAGS))
		return 0;
	return f->tcp_flags;
}

static void label_lower(struct metric_labels *l, const char *s)
{
	char lower[64];
	size_t n = strnlen(s, sizeof(lower));

	for (size_t i = 0; i < n; i++)
		lower[i] = tolower((unsigned char)s[i]);
	metric_label_n(l, lower, n);
}

/* ----------------------------------------------------------------------- drop */

static const struct metric_row drop_families[] = {
	{.name = "hubble_drop", .help = "Number of drops", .labels = {"reason", "protocol"}},
	{.name = NULL},
};

static const char *drop_reason(const struct metric_event *e)
{
	const struct hubble *h = e->flow->hubble;
	const ProtobufCEnumValue *v;

	if (e->own || !h)
		return e->flow->drop.reason_name ? e->flow->drop.reason_name
						 : flow_type_name(e->flow);
	v = protobuf_c_enum_descriptor_get_value(&flow__drop_reason__descriptor,
						 h->drop_reason_desc);
	return v ? v->name : "DROP_REASON_UNKNOWN";
}

static void drop_flow(struct metric *m, const struct metric_event *e)
{
	const struct flow *f = e->flow;
	struct metric_labels l;
	uint64_t n = 1;

	if (f->verdict != VERDICT_DROPPED)
		return;
	if (e->own && f->event == FLOW_DROP) {
		if (f->drop.normal)
			return;
		n = f->drop.delta_packets ? f->drop.delta_packets : 1;
	}
	metric_labels_init(&l);
	metric_label(&l, drop_reason(e));
	metric_label(&l, e->protocol);
	metric_context_of(m, e, false, &l);
	metric_add(&m->families[0], &l, n);
}

/* ----------------------------------------------------------------------- flow */

static const struct metric_row flow_families[] = {
	{.name = "hubble_flows_processed",
	 .help = "Total number of flows processed",
	 .labels = {"protocol", "type", "subtype", "verdict"}},
	{.name = NULL},
};

/* "to-endpoint": the point's name as Hubble's monitor has it. */
static const char *trace_name(uint32_t sub_type)
{
	static const char *const names[] = {
		"to-endpoint",	 "to-proxy",   "to-host",     "to-stack",   "to-overlay",
		"from-endpoint", "from-proxy", "from-host",   "from-stack", "from-overlay",
		"from-network",	 "to-network", "from-crypto", "to-crypto",
	};

	return sub_type < sizeof(names) / sizeof(names[0]) ? names[sub_type] : "";
}

static const char *l7_name(const struct flow *f)
{
	if (!f->l7)
		return "";
	return f->l7->protocol == L7_DNS     ? "DNS"
	       : f->l7->protocol == L7_HTTP  ? "HTTP"
	       : f->l7->protocol == L7_KAFKA ? "Kafka"
					     : "";
}

static void label_types(struct metric_labels *l, const struct metric_event *e)
{
	switch (e->type) {
	case EVENT_TYPE_L7:
		metric_label(l, "L7");
		metric_label(l, l7_name(e->flow));
		break;
	case EVENT_TYPE_DROP:
		metric_label(l, "Drop");
		metric_label(l, "");
		break;
	case EVENT_TYPE_CAPTURE:
		metric_label(l, "Capture");
		metric_label(l, "");
		break;
	case EVENT_TYPE_TRACE:
		metric_label(l, "Trace");
		metric_label(l, trace_name(e->sub_type));
		break;
	case EVENT_TYPE_POLICY_VERDICT:
		metric_label(l, "PolicyVerdict");
		metric_label(l, "");
		break;
	default:
		metric_label(l, "Unknown");
		metric_label_u64(l, e->type);
	}
}

static void flow_flow(struct metric *m, const struct metric_event *e)
{
	struct metric_labels l;

	metric_labels_init(&l);
	metric_label(&l, e->protocol);
	label_types(&l, e);
	metric_label(&l, verdict_name(e->flow->verdict));
	metric_context_of(m, e, false, &l);
	metric_add(&m->families[0], &l, 1);
}

/* ------------------------------------------------------------- flows-to-world */

enum { WORLD_PORT, WORLD_ANY_DROP, WORLD_SYN_ONLY };

static const struct metric_row world_families[] = {
	{.name = "hubble_flows_to_world",
	 .help = "Total number of flows to reserved:world",
	 .labels = {"protocol", "verdict"},
	 .extra = "port"},
	{.name = NULL},
};

static bool is_world(const struct flow_end *e)
{
	if (!e->endpoint || !e->endpoint->n_labels)
		return e->identity == IDENTITY_WORLD;
	for (size_t i = 0; i < e->endpoint->n_labels; i++)
		if (!strcmp(e->endpoint->labels[i], "reserved:world"))
			return true;
	return false;
}

/* A policy's drop; of the kernel's reasons, that of the packet filter. */
static bool by_policy(const struct metric_event *e)
{
	if (!e->own && e->flow->hubble)
		return e->flow->hubble->drop_reason_desc == DROP_POLICY_DENIED;
	return e->flow->drop.reason_name && !strcmp(e->flow->drop.reason_name, "NETFILTER_DROP");
}

static bool world_wanted(const struct metric *m, const struct metric_event *e)
{
	const struct flow *f = e->flow;
	bool reply = f->is_reply == REPLY_YES;

	if (!has_l4(f) || !is_world(&f->dst))
		return false;
	if (f->verdict == VERDICT_DROPPED) {
		if (!(m->options & OPTION(WORLD_ANY_DROP)) && !by_policy(e))
			return false;
	} else if (reply) {
		return false;
	}
	if (m->options & OPTION(WORLD_SYN_ONLY)) {
		uint16_t flags = f->event == FLOW_DROP ? f->tcp_flags : packet_flags(e);

		return f->protocol == PROTO_TCP && flags & TCPF_SYN && !reply;
	}
	return true;
}

static void world_flow(struct metric *m, const struct metric_event *e)
{
	struct metric_labels l;

	if (!world_wanted(m, e))
		return;
	metric_labels_init(&l);
	metric_label(&l, e->protocol);
	metric_label(&l, verdict_name(e->flow->verdict));
	if (m->options & OPTION(WORLD_PORT)) {
		if (has_ports(e->flow))
			metric_label_u64(&l, e->flow->dst.port);
		else
			metric_label(&l, "");
	}
	metric_context_of(m, e, false, &l);
	metric_add(&m->families[0], &l, 1);
}

/* ----------------------------------------------------------------------- icmp */

static const struct metric_row icmp_families[] = {
	{.name = "hubble_icmp", .help = "Number of ICMP messages", .labels = {"family", "type"}},
	{.name = NULL},
};

static void icmp_flow(struct metric *m, const struct metric_event *e)
{
	const struct flow *f = e->flow;
	bool v6 = f->event == FLOW_ICMP_ERROR ? f->ip_version == 6 : f->protocol == PROTO_ICMPV6;
	struct metric_labels l;
	struct text t = {0};
	const char *space;

	if (f->protocol != PROTO_ICMP && f->protocol != PROTO_ICMPV6 && f->event != FLOW_ICMP_ERROR)
		return;
	icmp_text(&t, v6, f->icmp_type, f->icmp_code);
	space = t.len ? memchr(t.data, ' ', t.len) : NULL;
	metric_labels_init(&l);
	metric_label(&l, v6 ? "IPv6" : "IPv4");
	if (space)
		metric_label_n(&l, space + 1, t.data + t.len - space - 1);
	else
		metric_label(&l, "");
	metric_context_of(m, e, false, &l);
	metric_add(&m->families[0], &l, 1);
	text_free(&t);
}

/* --------------------------------------------------------------------- policy */

static const struct metric_row policy_families[] = {
	{.name = "hubble_policy_verdicts",
	 .help = "Total number of network policy verdicts",
	 .labels = {"direction", "match", "action"}},
	{.name = NULL},
};

static const char *policy_match(const struct flow *f)
{
	static const char *const names[] = {"none", "l3-only",	"l3-l4",     "l4-only",
					    "all",  "l3-proto", "proto-only"};
	uint32_t match = f->hubble ? f->hubble->policy_match_type : 0;

	return match < sizeof(names) / sizeof(names[0]) ? names[match] : "unknown";
}

static void policy_flow(struct metric *m, const struct metric_event *e)
{
	const struct flow *f = e->flow;
	const char *name = l7_name(f);
	struct metric_labels l;

	if (e->type != EVENT_TYPE_L7 && e->type != EVENT_TYPE_POLICY_VERDICT)
		return;
	/* The host may reach each of its own. */
	if (e->type == EVENT_TYPE_POLICY_VERDICT && f->src.identity == IDENTITY_HOST)
		return;
	metric_labels_init(&l);
	label_lower(&l, traffic_direction_name(f->direction));
	if (e->type == EVENT_TYPE_POLICY_VERDICT)
		metric_label(&l, policy_match(f));
	else
		metric_label(&l, !strcmp(name, "DNS")	  ? "l7/dns"
				 : !strcmp(name, "HTTP")  ? "l7/http"
				 : !strcmp(name, "Kafka") ? "l7/kafka"
							  : "l7/");
	label_lower(&l, verdict_name(f->verdict));
	metric_context_of(m, e, false, &l);
	metric_add(&m->families[0], &l, 1);
}

/* ---------------------------------------------------------- port-distribution */

static const struct metric_row port_families[] = {
	{.name = "hubble_port_distribution",
	 .help = "Numbers of packets distributed by destination port",
	 .labels = {"protocol", "port"}},
	{.name = NULL},
};

static void port_flow(struct metric *m, const struct metric_event *e)
{
	const struct flow *f = e->flow;
	const char *protocol = protocol_name(f->protocol);
	struct metric_labels l;

	/* An ephemeral port is no distribution: only where it is known not to be an answer. */
	if (!forwarded(f) || !has_l4(f) || f->is_reply != REPLY_NO)
		return;
	metric_labels_init(&l);
	metric_label(&l, protocol ? protocol : "");
	metric_label_u64(&l, has_ports(f) ? f->dst.port : 0);
	metric_context_of(m, e, false, &l);
	metric_add(&m->families[0], &l, 1);
}

/* ------------------------------------------------------------------------ tcp */

static const struct metric_row tcp_families[] = {
	{.name = "hubble_tcp_flags", .help = "TCP flag occurrences", .labels = {"flag", "family"}},
	{.name = NULL},
};

static void tcp_count(struct metric *m, const struct metric_event *e, const char *flag)
{
	struct metric_labels l;

	metric_labels_init(&l);
	metric_label(&l, flag);
	metric_label(&l, e->flow->ip_version == 6 ? "IPv6" : "IPv4");
	metric_context_of(m, e, false, &l);
	metric_add(&m->families[0], &l, 1);
}

static void tcp_flow(struct metric *m, const struct metric_event *e)
{
	uint16_t flags = packet_flags(e);

	if (!flags || !e->flow->ip_version || !forwarded(e->flow))
		return;
	if (flags & TCPF_FIN)
		tcp_count(m, e, "FIN");
	if (flags & TCPF_SYN)
		tcp_count(m, e, flags & TCPF_ACK ? "SYN-ACK" : "SYN");
	if (flags & TCPF_RST)
		tcp_count(m, e, "RST");
}

const struct metric_kind metric_hubble_kinds[] = {
	{"drop", {NULL}, drop_families, drop_flow},
	{"flow", {NULL}, flow_families, flow_flow},
	{"flows-to-world", {"port", "any-drop", "syn-only"}, world_families, world_flow},
	{"icmp", {NULL}, icmp_families, icmp_flow},
	{"policy", {NULL}, policy_families, policy_flow},
	{"port-distribution", {NULL}, port_families, port_flow},
	{"tcp", {NULL}, tcp_families, tcp_flow},
	{.name = NULL},
};
