// SPDX-License-Identifier: MIT
/* What a flow of Hubble's says in words, as its own command line prints it. */
#include "flows/summary.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define NAME_MAX_SHOWN 1100
#define SUMMARY_MAX_SHOWN 16384

/* Cilium's event types beside those in summary.h. */
#define EVENT_TYPE_CAPTURE 3
#define EVENT_TYPE_TRACE_SOCK 7

/*
 * Cilium's reasons: the name in flow.proto, and the text that is shown. Numbers below
 * 130 are no drops of the datapath's own, and have no name.
 */
/* clang-format off */
static const struct {
	const char *name, *text;
} reasons[] = {
	[0] = {"DROP_REASON_UNKNOWN", "Success"},
	[2] = {NULL, "Invalid packet"},
	[3] = {NULL, "Interface"},
	[4] = {NULL, "Interface Decrypted"},
	[5] = {NULL, "LB, sock cgroup: No backend slot entry found"},
	[6] = {NULL, "LB, sock cgroup: No backend entry found"},
	[7] = {NULL, "LB, sock cgroup: Reverse entry update failed"},
	[8] = {NULL, "LB, sock cgroup: Reverse entry stale"},
	[9] = {NULL, "Fragmented packet"},
	[10] = {NULL, "Fragmented packet entry update failed"},
	[11] = {NULL, "Missed tail call to custom program"},
	[130] = {"INVALID_SOURCE_MAC", "Invalid source mac"},
	[131] = {"INVALID_DESTINATION_MAC", "Invalid destination mac"},
	[132] = {"INVALID_SOURCE_IP", "Invalid source ip"},
	[133] = {"POLICY_DENIED", "Policy denied"},
	[134] = {"INVALID_PACKET_DROPPED", "Invalid packet"},
	[135] = {"CT_TRUNCATED_OR_INVALID_HEADER", "CT: Truncated or invalid header"},
	[136] = {"CT_MISSING_TCP_ACK_FLAG", "Fragmentation needed"},
	[137] = {"CT_UNKNOWN_L4_PROTOCOL", "CT: Unknown L4 protocol"},
	[138] = {"CT_CANNOT_CREATE_ENTRY_FROM_PACKET", "CT: Can't create entry from packet"},
	[139] = {"UNSUPPORTED_L3_PROTOCOL", "Unsupported L3 protocol"},
	[140] = {"MISSED_TAIL_CALL", "Missed tail call"},
	[141] = {"ERROR_WRITING_TO_PACKET", "Error writing to packet"},
	[142] = {"UNKNOWN_L4_PROTOCOL", "Unknown L4 protocol"},
	[143] = {"UNKNOWN_ICMPV4_CODE", "Unknown ICMPv4 code"},
	[144] = {"UNKNOWN_ICMPV4_TYPE", "Unknown ICMPv4 type"},
	[145] = {"UNKNOWN_ICMPV6_CODE", "Unknown ICMPv6 code"},
	[146] = {"UNKNOWN_ICMPV6_TYPE", "Unknown ICMPv6 type"},
	[147] = {"ERROR_RETRIEVING_TUNNEL_KEY", "Error retrieving tunnel key"},
	[148] = {"ERROR_RETRIEVING_TUNNEL_OPTIONS", "Error retrieving tunnel options"},
	[149] = {"INVALID_GENEVE_OPTION", "Invalid Geneve option"},
	[150] = {"UNKNOWN_L3_TARGET_ADDRESS", "Unknown L3 target address"},
	[151] = {"STALE_OR_UNROUTABLE_IP", "Stale or unroutable IP"},
	[152] = {"NO_MATCHING_LOCAL_CONTAINER_FOUND", "No matching local container found"},
	[153] = {"ERROR_WHILE_CORRECTING_L3_CHECKSUM", "Error while correcting L3 checksum"},
	[154] = {"ERROR_WHILE_CORRECTING_L4_CHECKSUM", "Error while correcting L4 checksum"},
	[155] = {"CT_MAP_INSERTION_FAILED", "CT: Map insertion failed"},
	[156] = {"INVALID_IPV6_EXTENSION_HEADER", "Invalid IPv6 extension header"},
	[157] = {"IP_FRAGMENTATION_NOT_SUPPORTED", "IP fragmentation not supported"},
	[158] = {"SERVICE_BACKEND_NOT_FOUND", "Service backend not found"},
	[160] = {"NO_TUNNEL_OR_ENCAPSULATION_ENDPOINT", "No tunnel/encapsulation endpoint (datapath BUG!)"},
	[161] = {"FAILED_TO_INSERT_INTO_PROXYMAP", "NAT 46/64 not enabled"},
	[162] = {"REACHED_EDT_RATE_LIMITING_DROP_HORIZON", "Reached EDT rate-limiting drop horizon"},
	[163] = {"UNKNOWN_CONNECTION_TRACKING_STATE", "Unknown connection tracking state"},
	[164] = {"LOCAL_HOST_IS_UNREACHABLE", "Local host is unreachable"},
	[165] = {"NO_CONFIGURATION_AVAILABLE_TO_PERFORM_POLICY_DECISION", "No configuration available to perform policy decision"},
	[166] = {"UNSUPPORTED_L2_PROTOCOL", "Unsupported L2 protocol"},
	[167] = {"NO_MAPPING_FOR_NAT_MASQUERADE", "No mapping for NAT masquerade"},
	[168] = {"UNSUPPORTED_PROTOCOL_FOR_NAT_MASQUERADE", "Unsupported protocol for NAT masquerade"},
	[169] = {"FIB_LOOKUP_FAILED", "FIB lookup failed"},
	[170] = {"ENCAPSULATION_TRAFFIC_IS_PROHIBITED", "Encapsulation traffic is prohibited"},
	[171] = {"INVALID_IDENTITY", "Invalid identity"},
	[172] = {"UNKNOWN_SENDER", "Unknown sender"},
	[173] = {"NAT_NOT_NEEDED", "NAT not needed"},
	[174] = {"IS_A_CLUSTERIP", "Is a ClusterIP"},
	[175] = {"FIRST_LOGICAL_DATAGRAM_FRAGMENT_NOT_FOUND", "First logical datagram fragment not found"},
	[176] = {"FORBIDDEN_ICMPV6_MESSAGE", "Forbidden ICMPv6 message"},
	[177] = {"DENIED_BY_LB_SRC_RANGE_CHECK", "Denied by LB src range check"},
	[178] = {"SOCKET_LOOKUP_FAILED", "Socket lookup failed"},
	[179] = {"SOCKET_ASSIGN_FAILED", "Socket assign failed"},
	[180] = {"PROXY_REDIRECTION_NOT_SUPPORTED_FOR_PROTOCOL", "Proxy redirection not supported for protocol"},
	[181] = {"POLICY_DENY", "Policy denied by denylist"},
	[182] = {"VLAN_FILTERED", "VLAN traffic disallowed by VLAN filter"},
	[183] = {"INVALID_VNI", "Incorrect VNI from VTEP"},
	[184] = {"INVALID_TC_BUFFER", "Failed to update or lookup TC buffer"},
	[185] = {"NO_SID", "No SID was found for the IP address"},
	[186] = {"MISSING_SRV6_STATE", "SRv6 state was removed during tail call"},
	[187] = {"NAT46", "L3 translation from IPv4 to IPv6 failed (NAT46)"},
	[188] = {"NAT64", "L3 translation from IPv6 to IPv4 failed (NAT64)"},
	[189] = {"AUTH_REQUIRED", "Authentication required"},
	[190] = {"CT_NO_MAP_FOUND", "No conntrack map found"},
	[191] = {"SNAT_NO_MAP_FOUND", "No nat map found"},
	[192] = {"INVALID_CLUSTER_ID", "Invalid ClusterID"},
	[193] = {"UNSUPPORTED_PROTOCOL_FOR_DSR_ENCAP", "Unsupported packet protocol for DSR encapsulation"},
	[194] = {"NO_EGRESS_GATEWAY", "No egress gateway found"},
	[195] = {"UNENCRYPTED_TRAFFIC", "Traffic is unencrypted"},
	[196] = {"TTL_EXCEEDED", "TTL exceeded"},
	[197] = {"NO_NODE_ID", "No node ID found"},
	[198] = {"DROP_RATE_LIMITED", "Rate limited"},
	[199] = {"IGMP_HANDLED", "IGMP handled"},
	[200] = {"IGMP_SUBSCRIBED", "IGMP subscribed"},
	[201] = {"MULTICAST_HANDLED", "Multicast handled"},
	[202] = {"DROP_HOST_NOT_READY", "Host datapath not ready"},
	[203] = {"DROP_EP_NOT_READY", "Endpoint policy program not available"},
	[204] = {"DROP_NO_EGRESS_IP", "No Egress IP configured"},
	[205] = {"DROP_PUNT_PROXY", "Punt to proxy"},
	[206] = {NULL, "No device"},
	[207] = {NULL, "First logical datagram fragment not found from world"},
};
/* clang-format on */

const char *cilium_drop_name(uint32_t reason)
{
	const char *name = reason < COUNT(reasons) ? reasons[reason].name : NULL;

	return name ? name : "DROP_REASON_UNKNOWN";
}

const char *cilium_drop_text(uint32_t reason)
{
	const char *text = reason < COUNT(reasons) ? reasons[reason].text : NULL;

	return text ? text : "";
}

/* The first row that fits; a function of NULL fits any. */
static const struct {
	const char *reason, *function;
	uint8_t cilium;
} kernel_reasons[] = {
	{"NETFILTER_DROP", NULL, 133},
	{"XFRM_POLICY", NULL, 133},
	{"SOCKET_FILTER", NULL, 133},
	{"BPF_CGROUP_EGRESS", NULL, 133},
	{"TC_INGRESS", NULL, 133},
	{"TC_EGRESS", NULL, 133},
	{"XDP", NULL, 133},
	{"NO_SOCKET", NULL, 178},
	{"IP_INNOROUTES", NULL, 169},
	{"IP_OUTNOROUTES", NULL, 169},
	{"IP_RPFILTER", NULL, 132},
	{"IP_LOCAL_SOURCE", NULL, 132},
	{"IP_LOCALNET", NULL, 132},
	{"IP_INVALID_SOURCE", NULL, 132},
	{"NEIGH_FAILED", NULL, 150},
	{"NEIGH_QUEUEFULL", NULL, 150},
	{"NEIGH_DEAD", NULL, 150},
	{"NEIGH_CREATEFAIL", NULL, 150},
	{"IP_INHDR", "ip_forward", 196},
	{"IP_INHDR", "ip6_forward", 196},
	{"PKT_TOO_BIG", NULL, 136},
	{"IP_CSUM", NULL, 153},
	{"TCP_CSUM", NULL, 154},
	{"UDP_CSUM", NULL, 154},
	{"ICMP_CSUM", NULL, 154},
	{"IP_INHDR", NULL, 134},
	{"PKT_TOO_SMALL", NULL, 134},
	{"HDR_TRUNC", NULL, 134},
	{"QDISC_DROP", NULL, 198},
	{"UNHANDLED_PROTO", NULL, 139},
	{"IP_NOPROTO", NULL, 142},
	{"FRAG_REASM_TIMEOUT", NULL, 175},
	{"VXLAN_VNI_NOT_FOUND", NULL, 183},
};

uint32_t flow_cilium_reason(const struct flow *f)
{
	const char *function = f->drop.function ? f->drop.function : "";

	if (f->event != FLOW_DROP)
		return CILIUM_REASON_NONE;
	for (size_t i = 0; i < COUNT(kernel_reasons); i++)
		if (!strcmp(kernel_reasons[i].reason, f->drop.reason_name) &&
		    (!kernel_reasons[i].function || !strcmp(kernel_reasons[i].function, function)))
			return kernel_reasons[i].cilium;
	return CILIUM_REASON_NONE;
}

const struct hubble *flow_foreign(const struct flow *f)
{
	return f->hubble && !f->hubble->own ? f->hubble : NULL;
}

static void drop_text(struct text *t, uint8_t reason)
{
	const char *text = cilium_drop_text(reason);

	text_str(t, text);
	if (*text)
		return;
	text_u64(t, reason);
	text_str(t, ", 0"); /* the extended error, which flows do not carry */
}

static void trace_text(struct text *t, uint8_t sub_type)
{
	const char *name = trace_type_name(sub_type ? sub_type : TO_ENDPOINT);

	if (sub_type <= TO_CRYPTO)
		text_str(t, name);
	else
		text_u64(t, sub_type);
}

static void policy_text(struct text *t, const struct flow *f)
{
	static const char *const matches[] = {"none", "L3-Only",  "L3-L4",     "L4-Only",
					      "all",  "L3-Proto", "Proto-Only"};
	uint32_t match = f->hubble->policy_match_type;

	text_str(t, "policy-verdict:");
	text_str(t, match < COUNT(matches) ? matches[match] : "unknown");
	text_char(t, ' ');
	text_str(t, traffic_direction_name(f->direction));
}

static void capture_text(struct text *t, uint32_t point)
{
	static const char *const points[] = {
		[0] = "DBG_CAPTURE_POINT_UNKNOWN", [4] = "DBG_CAPTURE_DELIVERY",
		[5] = "DBG_CAPTURE_FROM_LB",	   [6] = "DBG_CAPTURE_AFTER_V46",
		[7] = "DBG_CAPTURE_AFTER_V64",	   [8] = "DBG_CAPTURE_PROXY_PRE",
		[9] = "DBG_CAPTURE_PROXY_POST",	   [10] = "DBG_CAPTURE_SNAT_PRE",
		[11] = "DBG_CAPTURE_SNAT_POST",
	};

	if (point < COUNT(points) && points[point])
		text_str(t, points[point]);
	else
		text_u64(t, point);
}

static void sock_text(struct text *t, uint32_t point)
{
	static const char *const points[] = {"SOCK_XLATE_POINT_UNKNOWN", "pre-xlate-fwd",
					     "post-xlate-fwd", "pre-xlate-rev", "post-xlate-rev"};

	if (point < COUNT(points))
		text_str(t, points[point]);
	else
		text_u64(t, point);
}

static void l7_text(struct text *t, const struct l7 *l)
{
	static const char *const protocols[] = {
		[0] = "l7", [L7_DNS] = "dns", [L7_HTTP] = "http", [L7_KAFKA] = "kafka"};
	static const char *const types[] = {"-unknown_l7_type", "-request", "-response", "-sample"};

	text_str(t, protocols[l->protocol < COUNT(protocols) ? l->protocol : 0]);
	text_str(t, types[l->type < COUNT(types) ? l->type : 0]);
	if (l->protocol != L7_DNS)
		return;
	text_char(t, ' ');
	text_escape(t, l->dns.source ? l->dns.source : DNS_SOURCE, NAME_MAX_SHOWN);
}

void flow_type_text(struct text *t, const struct flow *f)
{
	const struct hubble *h = flow_foreign(f);
	int32_t type = h && h->has_event_type ? h->event_type : 0;

	if (!h)
		text_escape(t, flow_type_name(f), NAME_MAX_SHOWN);
	else if (f->l7)
		l7_text(t, f->l7);
	else if (type == EVENT_TYPE_TRACE)
		trace_text(t, h->sub_type);
	else if (type == EVENT_TYPE_DROP)
		drop_text(t, h->sub_type);
	else if (type == EVENT_TYPE_POLICY_VERDICT)
		policy_text(t, f);
	else if (type == EVENT_TYPE_CAPTURE)
		capture_text(t, h->debug_capture_point);
	else if (type == EVENT_TYPE_TRACE_SOCK)
		sock_text(t, h->sock_xlate_point);
	else
		text_str(t, "UNKNOWN");
}

const char *flow_verdict_name(const struct flow *f)
{
	const struct hubble *h = flow_foreign(f);

	if (!h || !h->has_event_type || h->event_type != EVENT_TYPE_POLICY_VERDICT)
		return verdict_name(f->verdict);
	switch (f->verdict) {
	case VERDICT_FORWARDED:
	case VERDICT_REDIRECTED:
		return "ALLOWED";
	case VERDICT_DROPPED:
	case VERDICT_ERROR:
		return "DENIED";
	case VERDICT_AUDIT:
		return "AUDITED";
	default:
		return verdict_name(f->verdict);
	}
}

const struct hubble_policies *flow_policies(const struct flow *f)
{
	const struct hubble *h = flow_foreign(f);
	bool allowed = f->verdict == VERDICT_FORWARDED || f->verdict == VERDICT_REDIRECTED;

	if (!h || !h->has_event_type || h->event_type != EVENT_TYPE_POLICY_VERDICT)
		return NULL;
	if (f->direction == DIRECTION_EGRESS)
		return allowed ? &h->egress_allowed_by : &h->egress_denied_by;
	if (f->direction == DIRECTION_INGRESS)
		return allowed ? &h->ingress_allowed_by : &h->ingress_denied_by;
	return NULL;
}

void policies_text(struct text *t, const struct hubble_policies *p)
{
	for (size_t i = 0; i < p->n; i++) {
		text_str(t, i ? ", " : " BY ");
		text_escape(t, p->v[i].name, NAME_MAX_SHOWN);
		if (!*p->v[i].kind)
			continue;
		text_mem(t, " (", 2);
		text_escape(t, p->v[i].kind, NAME_MAX_SHOWN);
		text_char(t, ')');
	}
}

const char *flow_auth_name(const struct flow *f)
{
	static const char *const names[] = {NULL, "SPIRE", "TEST_ALWAYS_FAIL"};
	const struct hubble *h = flow_foreign(f);

	if (!h || !h->auth_type)
		return NULL;
	return h->auth_type < COUNT(names) ? names[h->auth_type] : "UNKNOWN";
}

void hubble_summary(struct text *t, const struct hubble *h)
{
	if (h->ip_trace_id) {
		text_str(t, "IP Trace ID: ");
		text_u64(t, h->ip_trace_id);
		text_mem(t, "; ", 2);
	}
	text_escape(t, h->summary, SUMMARY_MAX_SHOWN);
}

/* The host as Hubble chooses it: a Service's namespace stands for the pod's, too. */
bool hubble_end_name_text(struct text *t, const struct flow_end *e)
{
	const char *namespace_name = e->endpoint ? e->endpoint->namespace_name : "";
	const char *name = e->endpoint ? e->endpoint->name : "";

	if (e->service) {
		namespace_name = e->service->namespace_name;
		name = *name ? name : e->service->name;
	}
	if (*name) {
		if (*namespace_name) {
			text_escape(t, namespace_name, NAME_MAX_SHOWN);
			text_char(t, '/');
		}
		text_escape(t, name, NAME_MAX_SHOWN);
		return true;
	}
	if (e->dns)
		name_list_text(t, e->dns);
	return e->dns;
}
