// SPDX-License-Identifier: MIT
#include "flows/summary.h"

#include "bpf/record.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define PROTO_ICMP 1
#define PROTO_TCP 6
#define PROTO_ICMPV6 58
#define COMM_MAX 16
#define MAC_MAX 256

/*
 * The spelling is gopacket's, which Hubble prints. It has no names for the
 * multicast listener messages, which every quiet network is full of: these are ours.
 */
struct icmp_type {
	uint8_t type;
	uint8_t n_codes; /* 0: the type makes no use of its code */
	const char *name;
	const char *codes[16];
};

/* clang-format off */
static const struct icmp_type icmp4_types[] = {
	{0, 0, "EchoReply", {NULL}},
	{3, 16, "DestinationUnreachable",
	 {"Net", "Host", "Protocol", "Port", "FragmentationNeeded", "SourceRoutingFailed",
	  "NetUnknown", "HostUnknown", "SourceIsolated", "NetAdminProhibited",
	  "HostAdminProhibited", "NetTOS", "HostTOS", "CommAdminProhibited", "HostPrecedence",
	  "PrecedenceCutoff"}},
	{4, 0, "SourceQuench", {NULL}},
	{5, 4, "Redirect", {"Net", "Host", "TOS+Net", "TOS+Host"}},
	{8, 0, "EchoRequest", {NULL}},
	{9, 0, "RouterAdvertisement", {NULL}},
	{10, 0, "RouterSolicitation", {NULL}},
	{11, 2, "TimeExceeded", {"TTLExceeded", "FragmentReassemblyTimeExceeded"}},
	{12, 3, "ParameterProblem", {"PointerIndicatesError", "MissingOption", "BadLength"}},
	{13, 0, "TimestampRequest", {NULL}},
	{14, 0, "TimestampReply", {NULL}},
	{15, 0, "InfoRequest", {NULL}},
	{16, 0, "InfoReply", {NULL}},
	{17, 0, "AddressMaskRequest", {NULL}},
	{18, 0, "AddressMaskReply", {NULL}},
};

static const struct icmp_type icmp6_types[] = {
	{1, 7, "DestinationUnreachable",
	 {"NoRouteToDst", "AdminProhibited", "BeyondScopeOfSrc", "AddressUnreachable",
	  "PortUnreachable", "SrcAddressFailedPolicy", "RejectRouteToDst"}},
	{2, 0, "PacketTooBig", {NULL}},
	{3, 2, "TimeExceeded", {"HopLimitExceeded", "FragmentReassemblyTimeExceeded"}},
	{4, 3, "ParameterProblem",
	 {"ErroneousHeaderField", "UnrecognizedNextHeader", "UnrecognizedIPv6Option"}},
	{128, 0, "EchoRequest", {NULL}},
	{129, 0, "EchoReply", {NULL}},
	{130, 0, "MulticastListenerQuery", {NULL}},
	{131, 0, "MulticastListenerReport", {NULL}},
	{132, 0, "MulticastListenerDone", {NULL}},
	{133, 0, "RouterSolicitation", {NULL}},
	{134, 0, "RouterAdvertisement", {NULL}},
	{135, 0, "NeighborSolicitation", {NULL}},
	{136, 0, "NeighborAdvertisement", {NULL}},
	{137, 0, "Redirect", {NULL}},
	{143, 0, "MulticastListenerReportV2", {NULL}},
};
/* clang-format on */

static const struct icmp_type *icmp_type_find(bool v6, uint8_t type)
{
	const struct icmp_type *types = v6 ? icmp6_types : icmp4_types;
	size_t n = v6 ? COUNT(icmp6_types) : COUNT(icmp4_types);

	for (size_t i = 0; i < n; i++)
		if (types[i].type == type)
			return &types[i];
	return NULL;
}

void icmp_text(struct text *t, bool v6, uint8_t type, uint8_t code)
{
	const struct icmp_type *row = icmp_type_find(v6, type);

	text_str(t, v6 ? "ICMPv6 " : "ICMPv4 ");
	if (!row) {
		text_u64(t, type);
		text_char(t, '(');
		text_u64(t, code);
		text_char(t, ')');
		return;
	}
	text_str(t, row->name);
	if (!row->n_codes && !code)
		return;
	text_char(t, '(');
	if (code < row->n_codes) {
		text_str(t, row->codes[code]);
	} else {
		text_str(t, "Code: ");
		text_u64(t, code);
	}
	text_char(t, ')');
}

static void icmp_error_summary(struct text *t, const struct flow *f)
{
	icmp_text(t, f->ip_version == 6, f->icmp_type, f->icmp_code);
	if (f->icmp_info) {
		text_str(t, " mtu ");
		text_u64(t, f->icmp_info);
	}
	text_str(t, " from ");
	text_addr(t, &f->icmp_from);
}

static void tcp_summary(struct text *t, uint16_t flags)
{
	char buf[64];

	if (!flags) {
		text_str(t, "TCP");
		return;
	}
	text_str(t, "TCP Flags: ");
	text_str(t, tcp_flags_text(flags, buf, sizeof(buf)));
}

static void foreign_summary(struct text *t, const struct flow *f)
{
	const char *auth = flow_auth_name(f);

	hubble_summary(t, f->hubble);
	if (!auth)
		return;
	text_str(t, "; Auth: ");
	text_str(t, auth);
}

void flow_summary(struct text *t, const struct flow *f)
{
	if (flow_foreign(f))
		foreign_summary(t, f);
	else if (f->event == FLOW_L7)
		l7_summary(t, f->l7);
	else if (f->event == FLOW_ICMP_ERROR)
		icmp_error_summary(t, f);
	else if (f->ip_version && f->protocol == PROTO_TCP)
		tcp_summary(t, f->tcp_flags);
	else if (f->ip_version && (f->protocol == PROTO_ICMP || f->protocol == PROTO_ICMPV6))
		icmp_text(t, f->protocol == PROTO_ICMPV6, f->icmp_type, f->icmp_code);
	else
		flow_protocol_text(t, f);
}

static void ethernet_text(struct text *t, uint16_t ethertype)
{
	if (ethertype == 0x0806) {
		text_str(t, "ARP");
		return;
	}
	text_str(t, "Ethernet");
	if (!ethertype)
		return;
	text_str(t, " 0x");
	text_hex(t, ethertype, 4);
}

void flow_protocol_text(struct text *t, const struct flow *f)
{
	const char *name = protocol_name(f->protocol);

	if (!f->ip_version) {
		ethernet_text(t, f->ethertype);
		return;
	}
	if (name)
		text_str(t, name);
	else if (f->protocol || !flow_foreign(f))
		text_u64(t, f->protocol);
	else
		text_char(t, '-');
}

const char *trace_type_name(unsigned int point)
{
	static const char *const names[] = {
		[TO_PROXY] = "to-proxy",	   [TO_HOST] = "to-host",
		[TO_STACK] = "to-stack",	   [TO_OVERLAY] = "to-overlay",
		[FROM_ENDPOINT] = "from-endpoint", [FROM_PROXY] = "from-proxy",
		[FROM_HOST] = "from-host",	   [FROM_STACK] = "from-stack",
		[FROM_OVERLAY] = "from-overlay",   [FROM_NETWORK] = "from-network",
		[TO_NETWORK] = "to-network",	   [FROM_CRYPTO] = "from-crypto",
		[TO_CRYPTO] = "to-crypto",
	};

	if (point == TO_ENDPOINT)
		return "to-endpoint";
	return point < COUNT(names) && names[point] ? names[point] : "UNKNOWN";
}

const char *flow_type_name(const struct flow *f)
{
	if (f->event == FLOW_LISTEN_DROP)
		return f->listen.synflood ? "SYN_FLOOD" : "LISTEN_OVERFLOW";
	if (f->event == FLOW_DROP)
		return f->drop.reason_name;
	if (f->event == FLOW_L7)
		return l7_type_name(f->l7);
	if (flow_foreign(f) && f->hubble->event_type == EVENT_TYPE_POLICY_VERDICT)
		return "policy-verdict";
	return trace_type_name(f->trace_point);
}

bool flow_failed(const struct flow *f)
{
	return f->event == FLOW_L7 && !flow_foreign(f) && l7_failed(f->l7);
}

/* A trace's sub_type is its observation point, TO_ENDPOINT being 0; a drop's Cilium's reason. */
void flow_event_type(const struct flow *f, uint32_t *ret_type, uint32_t *ret_sub_type)
{
	*ret_sub_type = 0;
	if (flow_is_drop(f)) {
		*ret_type = EVENT_TYPE_DROP;
		*ret_sub_type = flow_cilium_reason(f);
	} else if (f->event == FLOW_L7) {
		*ret_type = EVENT_TYPE_L7;
	} else {
		*ret_type = EVENT_TYPE_TRACE;
		*ret_sub_type = f->trace_point == TO_ENDPOINT ? 0 : f->trace_point;
	}
}

bool flow_is_drop(const struct flow *f)
{
	return f->event == FLOW_DROP || f->event == FLOW_LISTEN_DROP;
}

int flow_reply(const struct flow *f)
{
	return !flow_foreign(f) && flow_is_drop(f) ? REPLY_UNKNOWN : f->is_reply;
}

bool flow_is_swapped(const struct flow *f)
{
	return flow_reply(f) == REPLY_YES;
}

static bool addr_is_any(const struct ip_addr *a)
{
	static const struct ip_addr any6, any4 = {.b = {[10] = 0xff, [11] = 0xff}};

	return !memcmp(a, &any6, sizeof(any6)) || !memcmp(a, &any4, sizeof(any4));
}

static bool is_anyone(const struct flow *f, const struct flow_end *e)
{
	return f->event == FLOW_LISTEN_DROP && addr_is_any(&e->addr);
}

bool flow_has_addr(const struct flow *f, const struct flow_end *e)
{
	static const struct ip_addr none;

	return f->ip_version == 6 || (f->ip_version && memcmp(&e->addr, &none, sizeof(none)));
}

static void foreign_host_text(struct text *t, const struct flow *f, const struct flow_end *e,
			      bool numeric)
{
	if (!f->ip_version)
		text_escape(t, e == &f->src ? f->hubble->source_mac : f->hubble->destination_mac,
			    MAC_MAX);
	else if ((numeric || !hubble_end_name_text(t, e)) && flow_has_addr(f, e))
		text_addr(t, &e->addr);
}

void flow_host_text(struct text *t, const struct flow *f, const struct flow_end *e, bool numeric)
{
	if (flow_foreign(f)) {
		foreign_host_text(t, f, e, numeric);
		return;
	}
	if (!numeric && f->ip_version && flow_end_name_text(t, e))
		return;
	if (is_anyone(f, e))
		text_char(t, '*');
	else if (f->ip_version)
		text_addr(t, &e->addr);
	else
		text_char(t, '-');
}

uint16_t flow_port(const struct flow *f, const struct flow_end *e)
{
	if (f->protocol == PROTO_ICMP || f->protocol == PROTO_ICMPV6)
		return 0;
	return f->ip_version || !flow_foreign(f) ? e->port : 0;
}

/* Brackets go around what has a colon of its own, a name as well as an address. */
void flow_host_port_text(struct text *t, const struct flow *f, const struct flow_end *e,
			 bool numeric)
{
	size_t from = t->len, n;

	flow_host_text(t, f, e, numeric);
	n = t->len - from;
	if (!n || !flow_port(f, e) || t->err || !memchr(t->data + from, ':', n))
		return;
	if (!text_reserve(t, 2))
		return;
	memmove(t->data + from + 1, t->data + from, n);
	t->data[from] = '[';
	t->data[from + n + 1] = ']';
	t->len += 2;
}

void flow_end_text(struct text *t, const struct flow *f, const struct flow_end *e, bool numeric)
{
	uint16_t port = flow_port(f, e);

	flow_host_port_text(t, f, e, numeric);
	if (!port)
		return;
	text_char(t, ':');
	text_u64(t, port);
}

void process_text(struct text *t, const struct process *p)
{
	if (!p)
		return;
	text_escape(t, p->comm, COMM_MAX);
	text_char(t, '/');
	text_u64(t, p->pid);
}

bool flow_processes_text(struct text *t, const struct flow *f, bool swapped)
{
	const struct process *left = swapped ? f->dst.process : f->src.process;
	const struct process *right = swapped ? f->src.process : f->dst.process;

	if (!left && !right)
		return false;
	if (left)
		process_text(t, left);
	else
		text_char(t, '*');
	text_str(t, " -> ");
	if (right)
		process_text(t, right);
	else
		text_char(t, '*');
	return true;
}

uint64_t flow_rtt_us(const struct flow *f)
{
	return (uint64_t)f->forward.srtt_us + f->reply.srtt_us;
}

/* A RST after both sides' FIN is how some close; it broke nothing. */
const char *flow_end_reason(const struct flow *f)
{
	bool fins = f->forward.tcp_flags & f->reply.tcp_flags & TCPF_FIN;

	if (!f->closed)
		return "not closed";
	if (fins || (!f->forward.resets && !f->reply.resets))
		return "closed";
	return f->forward.resets ? "reset by initiator" : "reset by responder";
}
