/* SPDX-License-Identifier: MIT */
/*
 * What a flow says about itself in words, once for every printer, for JSON and
 * for the screen: the TYPE column, the Summary, the ends. All append to *t.
 */
#ifndef PITOT_FLOWS_SUMMARY_H
#define PITOT_FLOWS_SUMMARY_H

#include "flows/flow.h"
#include "flows/text.h"

/*
 * Hubble's Summary, with what its command line puts around it ("; Auth: SPIRE") where
 * the flow is one of its own: "TCP Flags: SYN, ACK", "UDP", "ICMPv4 EchoRequest", "DNS Query
 * example.com. A". A FLOW_ICMP_ERROR is the error: "ICMPv4
 * DestinationUnreachable(FragmentationNeeded) mtu 1400 from 10.0.0.1". Escaped.
 */
void flow_summary(struct text *t, const struct flow *f);

/* True where the summary is bad news that the verdict does not tell: a DNS timeout, NXDOMAIN, ... */
bool flow_failed(const struct flow *f);

/* "ICMPv6 RouterSolicitation", "ICMPv4 TimeExceeded(TTLExceeded)"; v6 tells the protocol. */
void icmp_text(struct text *t, bool v6, uint8_t type, uint8_t code);

/* Hubble's TYPE column ("to-endpoint", "dns-request wire"); the kernel's reason for a drop ("NETFILTER_DROP"). */
const char *flow_type_name(const struct flow *f);

/* Hubble's name of an observation point: "to-endpoint"; "UNKNOWN". */
const char *trace_type_name(unsigned int point);

/* ------------------------------------------------- flows of Hubble's (flows/hubble.h) */

/* f's own words of Hubble's; NULL: struct flow says it all. */
const struct hubble *flow_foreign(const struct flow *f);

/*
 * The TYPE column of any flow, escaped: flow_type_name(), or what Hubble's command line
 * makes of its event: "Policy denied", "policy-verdict:none EGRESS", "http-response".
 */
void flow_type_text(struct text *t, const struct flow *f);

/* The VERDICT column: verdict_name(), "ALLOWED", "DENIED" or "AUDITED" of a policy verdict. */
const char *flow_verdict_name(const struct flow *f);

/* Which policies gave the verdict; NULL: it is not theirs. */
const struct hubble_policies *flow_policies(const struct flow *f);

/* " BY deny-world (CiliumNetworkPolicy), ..."; nothing where there are none. Escaped. */
void policies_text(struct text *t, const struct hubble_policies *p);

/* "SPIRE"; NULL: no authentication. */
const char *flow_auth_name(const struct flow *f);

/* "IP Trace ID: 7; TCP Flags: SYN", what comes before the authentication. Escaped. */
void hubble_summary(struct text *t, const struct hubble *h);

/* As flow_end_name_text(), by Hubble's rules. */
bool hubble_end_name_text(struct text *t, const struct flow_end *e);

/* Cilium's drop reason: "POLICY_DENIED", "Policy denied"; "DROP_REASON_UNKNOWN" and "" where it has none. */
const char *cilium_drop_name(uint32_t reason);
const char *cilium_drop_text(uint32_t reason);

/*
 * The reason of Cilium's that says most nearly what a drop of the kernel's was: Hubble's
 * command line shows its text. CILIUM_REASON_NONE: none does; shown as "255, 0".
 */
#define CILIUM_REASON_NONE 255
uint32_t flow_cilium_reason(const struct flow *f);

/* Hubble's event_type. */
#define EVENT_TYPE_DROP 1
#define EVENT_TYPE_TRACE 4
#define EVENT_TYPE_POLICY_VERDICT 5
#define EVENT_TYPE_L7 129
void flow_event_type(const struct flow *f, uint32_t *ret_type, uint32_t *ret_sub_type);

const char *l7_type_name(const struct l7 *l);

/* "DNS Query example.com. A", "DNS Answer "1.2.3.4" TTL: 30 (Query example.com. A)", "DNS Timeout ..." */
void l7_summary(struct text *t, const struct l7 *l);

/* A timeout, or an answer that is an error. */
bool l7_failed(const struct l7 *l);

/* FLOW_DROP and FLOW_LISTEN_DROP. */
bool flow_is_drop(const struct flow *f);

/* As Hubble gives it: is_reply, REPLY_UNKNOWN on drops. */
int flow_reply(const struct flow *f);

/* True where the packet ran from responder to initiator: ends are shown swapped. */
bool flow_is_swapped(const struct flow *f);

/*
 * An end without its port. The best name there is: "shop/cart" (a pod, else a
 * Service), DNS names by comma, the reverse name, a node's name; else the address,
 * "*" for anyone (FLOW_LISTEN_DROP), "-" without IP. numeric: no names.
 */
void flow_host_text(struct text *t, const struct flow *f, const struct flow_end *e, bool numeric);

/* The same, in brackets where a port is to follow what has colons in it. */
void flow_host_port_text(struct text *t, const struct flow *f, const struct flow_end *e,
			 bool numeric);

/* flow_host_text() with its port: "shop/cart:80", "10.0.0.1:80", "[fd00::a]:80". */
void flow_end_text(struct text *t, const struct flow *f, const struct flow_end *e, bool numeric);

/*
 * Is there an address? A flow of Hubble's may leave one out, or have a text there that is
 * none: all zeros, which is an address of IPv6's only.
 */
bool flow_has_addr(const struct flow *f, const struct flow_end *e);

/* Port to show with an end, 0: none. */
uint16_t flow_port(const struct flow *f, const struct flow_end *e);

/* "host", "world", "unmanaged", "unknown"; NULL: an identity with a number only. */
const char *identity_name(uint32_t identity);

/* "reserved:world"; NULL for 0 and for identities with a number only. */
const char *identity_label(uint32_t identity);

/* True for what Hubble's namespace and pod_name hold: a pod, a container, a unit, a process. Takes NULL. */
bool endpoint_is_pod(const struct endpoint *e);

/* The name of an ENDPOINT_NODE, "" for others and for NULL. */
const char *endpoint_node_name(const struct endpoint *e);

/* DNS names, else the reverse name: what is shown and what --fqdn looks at. NULL: neither. */
const struct name_list *flow_end_names(const struct flow_end *e);

/* The name that flow_host_text() shows; false, nothing, where there is none. */
bool flow_end_name_text(struct text *t, const struct flow_end *e);

/* "example.com,www.example.com" */
void name_list_text(struct text *t, const struct name_list *l);

/* As text_escape(), of the whole of s; marks (ASCII) get a backslash, a space becomes "\x20". */
void escape_marks(struct text *t, const char *s, const char *marks);

/* "DE AS3320 Deutsche Telekom AG", or what of it is known. */
void place_text(struct text *t, const struct place *p);

/* "TCP", "ICMPv4", "99" where the number has no name, "ARP" or "Ethernet 0x88cc" without IP. */
void flow_protocol_text(struct text *t, const struct flow *f);

/* "curl/1234", escaped; nothing for NULL. */
void process_text(struct text *t, const struct process *p);

/* "curl/1234 -> nginx/77", "* -> nginx/77": from shown left to right; false, nothing, when neither is known. */
bool flow_processes_text(struct text *t, const struct flow *f, bool swapped);

/* Smoothed round trip time, the parts on both sides of the observation point; 0: not known. */
uint64_t flow_rtt_us(const struct flow *f);

/* How a FLOW_END ended: "closed", "reset by initiator", "reset by responder", "not closed". */
const char *flow_end_reason(const struct flow *f);

#endif
