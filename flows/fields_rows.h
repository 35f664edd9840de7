/* SPDX-License-Identifier: MIT */
/* The rows of fields[], as lists of macros; for flows/fields*.c only. */
#ifndef PITOT_FLOWS_FIELDS_ROWS_H
#define PITOT_FLOWS_FIELDS_ROWS_H

#include "flows/fields.h"
#include "flows/summary.h"

typedef void field_get(const struct flow *f, struct field_value *ret, struct text *scratch);

#define NO_NAMES NULL, 0

/*
 * An end's: X(getter, name, type, value_name, n_names, help). Each is there for src,
 * dst, client and server.
 */
/* clang-format off */
#define END_FIELDS(X) \
	X(ip, "ip", ADDR, NO_NAMES, "address") \
	X(port, "port", NUMBER, NO_NAMES, "port; not known of ICMP") \
	X(name, "name", TEXT, NO_NAMES, "name as it is shown: pod, else Service, DNS name, node or address") \
	X(kind, "kind", ENUM, endpoint_kind_name, ENDPOINT_KINDS, "what it is") \
	X(namespace, "namespace", TEXT, NO_NAMES, "namespace of the pod, container, unit or process") \
	X(pod, "pod", TEXT, NO_NAMES, "pod; outside Kubernetes the container, unit or process") \
	X(labels, "labels", TEXTS, NO_NAMES, "labels, \"k8s:app=cart\"; also without their source, \"app=cart\"") \
	X(identity, "identity", ENUM, identity_name, 11, "security identity, a number or a reserved name") \
	X(workload, "workload", TEXT, NO_NAMES, "workload that the pod belongs to") \
	X(workload_kind, "workload.kind", TEXT, NO_NAMES, "the workload's kind, \"Deployment\"") \
	X(service, "service", TEXT, NO_NAMES, "Service whose address or backend it is") \
	X(service_namespace, "service.namespace", TEXT, NO_NAMES, "that Service's namespace") \
	X(dns, "dns", TEXTS, NO_NAMES, "DNS names: asked for before, else of a reverse look-up") \
	X(reverse, "reverse", TEXTS, NO_NAMES, "names of the reverse look-up") \
	X(process, "process", TEXT, NO_NAMES, "process name") \
	X(pid, "pid", NUMBER, NO_NAMES, "process number") \
	X(ppid, "ppid", NUMBER, NO_NAMES, "parent process's number") \
	X(uid, "uid", NUMBER, NO_NAMES, "user number of the process") \
	X(exe, "exe", TEXT, NO_NAMES, "path of the process's executable") \
	X(command, "command", TEXT, NO_NAMES, "command line of the process") \
	X(netns, "netns", NUMBER, NO_NAMES, "inode number of the process's network namespace") \
	X(container, "container", TEXT, NO_NAMES, "container") \
	X(container_id, "container.id", TEXT, NO_NAMES, "container's number, 64 hex digits") \
	X(image, "image", TEXT, NO_NAMES, "container's image") \
	X(cgroup, "cgroup", TEXT, NO_NAMES, "control group") \
	X(node, "node", TEXT, NO_NAMES, "node where it runs") \
	X(cluster, "cluster", TEXT, NO_NAMES, "cluster") \
	X(country, "country", TEXT, NO_NAMES, "country of the address, \"DE\"") \
	X(country_name, "country.name", TEXT, NO_NAMES, "the country's name") \
	X(city, "city", TEXT, NO_NAMES, "city of the address") \
	X(asn, "asn", NUMBER, NO_NAMES, "number of the network (AS) of the address") \
	X(as, "as", TEXT, NO_NAMES, "name of that network") \
	X(mac, "mac", TEXT, NO_NAMES, "hardware address; of flows from Hubble") \
	X(sent_bytes, "sent.bytes", BYTES, NO_NAMES, "bytes that it sent in this connection") \
	X(sent_packets, "sent.packets", NUMBER, NO_NAMES, "packets that it sent in this connection")

/* A direction's, forward (initiator to responder) and reply. */
#define COUNTER_FIELDS(X) \
	X(bytes, "bytes", BYTES, NO_NAMES, "bytes") \
	X(packets, "packets", NUMBER, NO_NAMES, "packets") \
	X(delta_bytes, "delta.bytes", BYTES, NO_NAMES, "bytes since the connection's last event") \
	X(delta_packets, "delta.packets", NUMBER, NO_NAMES, "packets since the connection's last event") \
	X(retransmits, "retransmits", NUMBER, NO_NAMES, "TCP segments sent again") \
	X(zero_windows, "zero_windows", NUMBER, NO_NAMES, "times that the sender's receive window was full") \
	X(resets, "resets", NUMBER, NO_NAMES, "TCP resets") \
	X(rtt, "rtt", DURATION, NO_NAMES, "round trip between the point where it is seen and the sender") \
	X(flags, "flags", TEXTS, tcp_flag_name, 9, "TCP flags seen so far") \
	X(first, "first", TIME, NO_NAMES, "first packet") \
	X(last, "last", TIME, NO_NAMES, "last packet")

/* The flow's own. */
#define FLOW_FIELDS_HEAD(X) \
	X(time, "time", TIME, NO_NAMES, "when it was seen") \
	X(node, "node", TEXT, NO_NAMES, "node where it was seen") \
	X(node_labels, "node.labels", TEXTS, NO_NAMES, "labels of that node; of flows from Hubble") \
	X(verdict, "verdict", ENUM, verdict_name, VERDICT_MAX, "what became of it") \
	X(type, "type", ENUM, event_type_name, 131, "Hubble's event type") \
	X(subtype, "subtype", TEXT, NO_NAMES, "the TYPE column: \"to-endpoint\", a drop's reason, \"dns-request wire\"") \
	X(event, "event", ENUM, flow_event_name, FLOW_EVENTS_MAX, "why there is an event; of flows from pitot") \
	X(point, "point", ENUM, trace_point_name, 102, "observation point") \
	X(direction, "direction", ENUM, traffic_direction_name, 3, "into or out of the end that is here") \
	X(reply, "reply", BOOL, NO_NAMES, "from the responder to the initiator") \
	X(initiator, "initiator", ENUM, initiator_by_name, 5, "how it is known who began the connection") \
	X(protocol, "protocol", ENUM, protocol_name, 137, "IP protocol; icmp is both ICMPs") \
	X(ip_version, "ip.version", NUMBER, NO_NAMES, "4 or 6") \
	X(ethertype, "ethertype", NUMBER, NO_NAMES, "of what is no IP") \
	X(summary, "summary", TEXT, NO_NAMES, "the flow in words, \"TCP Flags: SYN\"") \
	X(connection, "connection", TEXT, NO_NAMES, "number of the connection on its node, hexadecimal") \
	X(uuid, "uuid", TEXT, NO_NAMES, "the event's UUID; of flows from a server or file") \
	X(trace_id, "trace_id", TEXT, NO_NAMES, "OpenTelemetry trace; of flows from Hubble") \
	X(ip_trace_id, "ip_trace_id", NUMBER, NO_NAMES, "IP trace; of flows from Hubble") \
	X(closed, "closed", BOOL, NO_NAMES, "ended by FIN or RST, not by being idle; of the event end") \
	X(ending, "ending", TEXT, NO_NAMES, "how it ended: \"closed\", \"reset by initiator\", \"reset by responder\", \"not closed\"") \
	X(encrypted, "encrypted", BOOL, NO_NAMES, "encrypted between nodes; of flows from Hubble") \
	X(auth, "auth", ENUM, auth_name, 3, "mutual authentication; of flows from Hubble") \
	X(policy_match, "policy.match", ENUM, policy_match_name, 7, "how a network policy matched; of flows from Hubble") \
	X(policy_allowed, "policy.allowed", TEXTS, NO_NAMES, "policies that allowed it; of flows from Hubble") \
	X(policy_denied, "policy.denied", TEXTS, NO_NAMES, "policies that denied it; of flows from Hubble")

#define FLOW_FIELDS_TRAFFIC(X) \
	X(bytes, "bytes", BYTES, NO_NAMES, "bytes of the connection so far, both directions") \
	X(packets, "packets", NUMBER, NO_NAMES, "packets of the connection so far, both directions") \
	X(delta_bytes, "delta.bytes", BYTES, NO_NAMES, "bytes since the connection's last event, both directions") \
	X(delta_packets, "delta.packets", NUMBER, NO_NAMES, "packets since the connection's last event, both directions") \
	X(rtt, "rtt", DURATION, NO_NAMES, "round trip time, smoothed") \
	X(handshake, "handshake", DURATION, NO_NAMES, "from the SYN to the ACK of its answer") \
	X(handshake_client, "handshake.client", DURATION, NO_NAMES, "the client's part of it") \
	X(handshake_server, "handshake.server", DURATION, NO_NAMES, "the server's part of it") \
	X(latency, "latency", DURATION, NO_NAMES, "from an application's question to its answer") \
	X(duration, "duration", DURATION, NO_NAMES, "from the connection's first packet to its last") \
	X(retransmits, "retransmits", NUMBER, NO_NAMES, "TCP segments sent again, both directions") \
	X(resets, "resets", NUMBER, NO_NAMES, "TCP resets, both directions") \
	X(zero_windows, "zero_windows", NUMBER, NO_NAMES, "times that a receive window was full, both directions") \
	X(icmp_errors, "icmp.errors", NUMBER, NO_NAMES, "ICMP errors about the connection") \
	X(tcp_flags, "tcp.flags", TEXTS, tcp_flag_name, 9, "TCP flags of the packet; of the events report and end: of its direction") \
	X(icmp, "icmp", TEXT, NO_NAMES, "ICMP message in words, \"ICMPv4 EchoRequest\"") \
	X(icmp_type, "icmp.type", NUMBER, NO_NAMES, "ICMP type") \
	X(icmp_code, "icmp.code", NUMBER, NO_NAMES, "ICMP code") \
	X(icmp_from, "icmp.from", ADDR, NO_NAMES, "who sent an ICMP error") \
	X(icmp_mtu, "icmp.mtu", NUMBER, NO_NAMES, "the MTU that an ICMP error tells") \
	X(interface, "interface", TEXT, NO_NAMES, "interface where it is counted") \
	X(interfaces, "interfaces", TEXTS, NO_NAMES, "all interfaces that saw it") \
	X(interface_index, "interface.index", NUMBER, NO_NAMES, "number of the interface") \
	X(vlan, "vlan", NUMBER, NO_NAMES, "VLAN, the outer one") \
	X(vlan_inner, "vlan.inner", NUMBER, NO_NAMES, "VLAN inside a VLAN") \
	X(tunnel, "tunnel", ENUM, tunnel_name, 5, "tunnel that carries it") \
	X(vni, "vni", NUMBER, NO_NAMES, "the tunnel's VNI or key") \
	X(tunnel_src, "tunnel.src", ADDR, NO_NAMES, "source of the tunnel's packets") \
	X(tunnel_dst, "tunnel.dst", ADDR, NO_NAMES, "destination of the tunnel's packets") \
	X(nat, "nat", BOOL, NO_NAMES, "its addresses or ports are translated") \
	X(nat_before_src, "nat.before.src", ADDR, NO_NAMES, "initiator's address before translation") \
	X(nat_before_src_port, "nat.before.src.port", NUMBER, NO_NAMES, "initiator's port before translation") \
	X(nat_before_dst, "nat.before.dst", ADDR, NO_NAMES, "responder's address before translation: a Service's") \
	X(nat_before_dst_port, "nat.before.dst.port", NUMBER, NO_NAMES, "responder's port before translation") \
	X(nat_after_src, "nat.after.src", ADDR, NO_NAMES, "initiator's address after translation") \
	X(nat_after_src_port, "nat.after.src.port", NUMBER, NO_NAMES, "initiator's port after translation") \
	X(nat_after_dst, "nat.after.dst", ADDR, NO_NAMES, "responder's address after translation: a backend's") \
	X(nat_after_dst_port, "nat.after.dst.port", NUMBER, NO_NAMES, "responder's port after translation")

#define FLOW_FIELDS_TAIL(X) \
	X(drop_reason, "drop.reason", TEXT, NO_NAMES, "why it was dropped, \"NETFILTER_DROP\"") \
	X(drop_text, "drop.text", TEXT, NO_NAMES, "the same in words") \
	X(drop_function, "drop.function", TEXT, NO_NAMES, "function of the kernel that dropped it") \
	X(drop_packets, "drop.packets", NUMBER, NO_NAMES, "packets dropped so far; of a listener: requests") \
	X(drop_bytes, "drop.bytes", BYTES, NO_NAMES, "bytes dropped so far") \
	X(drop_normal, "drop.normal", BOOL, NO_NAMES, "a drop of normal life, no loss") \
	X(drop_netns, "drop.netns", NUMBER, NO_NAMES, "inode number of the network namespace where") \
	X(drop_stack, "drop.stack", TEXTS, NO_NAMES, "functions that led there, innermost first") \
	X(listen_backlog, "listen.backlog", NUMBER, NO_NAMES, "requests in the listener's queue") \
	X(listen_backlog_max, "listen.backlog.max", NUMBER, NO_NAMES, "room in the listener's queue") \
	X(listen_synflood, "listen.synflood", BOOL, NO_NAMES, "the kernel took the requests for a flood") \
	X(l7_protocol, "l7.protocol", ENUM, l7_protocol_name, 4, "application's protocol") \
	X(l7_type, "l7.type", ENUM, l7_message_name, 4, "kind of message") \
	X(dns_query, "dns.query", TEXT, NO_NAMES, "name that was asked for, without the dot at its end") \
	X(dns_rcode, "dns.rcode", ENUM, dns_rcode_mnemonic, 24, "the answer's code") \
	X(dns_ips, "dns.ips", ADDRS, NO_NAMES, "addresses of the answer") \
	X(dns_cnames, "dns.cnames", TEXTS, NO_NAMES, "aliases of the answer") \
	X(dns_qtypes, "dns.qtypes", TEXTS, NO_NAMES, "types that were asked for, \"AAAA\"") \
	X(dns_rrtypes, "dns.rrtypes", TEXTS, NO_NAMES, "types of the answer's records") \
	X(dns_ttl, "dns.ttl", DURATION, NO_NAMES, "the answer's shortest life") \
	X(dns_timeout, "dns.timeout", BOOL, NO_NAMES, "no answer came in time") \
	X(dns_truncated, "dns.truncated", BOOL, NO_NAMES, "the message is cut") \
	X(dns_multicast, "dns.multicast", BOOL, NO_NAMES, "mDNS") \
	X(http_method, "http.method", TEXT, NO_NAMES, "\"GET\"") \
	X(http_url, "http.url", TEXT, NO_NAMES, "URL as the message has it") \
	X(http_host, "http.host", TEXT, NO_NAMES, "host of the URL") \
	X(http_path, "http.path", TEXT, NO_NAMES, "path of the URL") \
	X(http_status, "http.status", NUMBER, NO_NAMES, "status of an answer") \
	X(http_protocol, "http.protocol", TEXT, NO_NAMES, "\"HTTP/1.1\"") \
	X(http_headers, "http.headers", TEXTS, NO_NAMES, "headers, \"key: value\"")
/* clang-format on */

#define END_DECLARE(id, ...) \
	field_get field_src_##id, field_dst_##id, field_client_##id, field_server_##id;
#define COUNTER_DECLARE(id, ...) field_get field_forward_##id, field_reply_##id;
#define FLOW_DECLARE(id, ...) field_get field_flow_##id;

END_FIELDS(END_DECLARE)
COUNTER_FIELDS(COUNTER_DECLARE)
FLOW_FIELDS_HEAD(FLOW_DECLARE)
FLOW_FIELDS_TRAFFIC(FLOW_DECLARE)
FLOW_FIELDS_TAIL(FLOW_DECLARE)

/* Names of values, where no other part has them. */
const char *tcp_flag_name(unsigned int bit);
const char *event_type_name(unsigned int type);
const char *auth_name(unsigned int auth);
const char *policy_match_name(unsigned int match);
const char *tunnel_name(unsigned int tunnel);
const char *l7_protocol_name(unsigned int protocol);
const char *l7_message_name(unsigned int type);

/* The node of flows that were captured here; "" when not known. */
extern const char *fields_own_node;

/* ------------------------------------------------------------ for the getters */

static inline void value_number(struct field_value *v, bool known, uint64_t number)
{
	v->known = known;
	v->number = number;
}

/* "" and NULL are not known. */
static inline void value_text(struct field_value *v, const char *text)
{
	v->known = text && *text;
	v->text = text;
}

static inline void value_texts(struct field_value *v, const char *const *texts, size_t n)
{
	v->known = n > 0;
	v->texts.v = texts;
	v->texts.n = n;
}

static inline void value_addr(struct field_value *v, bool known, const struct ip_addr *a)
{
	v->known = known;
	v->addr = *a;
}

/* What was written to an empty scratch. */
static inline void value_made(struct field_value *v, struct text *scratch)
{
	text_char(scratch, '\0');
	value_text(v, scratch->err ? NULL : scratch->data);
}

/* Room for n pointers at the begin of an empty scratch; NULL without memory. */
static inline const char **value_room(struct text *scratch, size_t n)
{
	char *p = text_reserve(scratch, n * sizeof(char *));

	if (p)
		scratch->len += n * sizeof(char *);
	return (const char **)p;
}

/* The names of the bits that are set. */
void value_flags(struct field_value *v, uint16_t flags, struct text *scratch);

/* True for a flow that no pitot captured: it has no counters, no kernel's reason. */
static inline bool flow_is_foreign(const struct flow *f)
{
	return flow_foreign(f);
}

static inline bool flow_is_counted(const struct flow *f)
{
	return f->forward.packets || f->reply.packets;
}

#endif
