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
 * Hubble's Summary: "TCP Flags: SYN, ACK", "UDP", "ICMPv4 EchoRequest". A
 * FLOW_ICMP_ERROR is the error: "ICMPv4 DestinationUnreachable(FragmentationNeeded)
 * mtu 1400 from 10.0.0.1".
 */
void flow_summary(struct text *t, const struct flow *f);

/* "ICMPv6 RouterSolicitation", "ICMPv4 TimeExceeded(TTLExceeded)"; v6 tells the protocol. */
void icmp_text(struct text *t, bool v6, uint8_t type, uint8_t code);

/* Hubble's TYPE column ("to-endpoint"); the kernel's reason for a drop ("NETFILTER_DROP"). */
const char *flow_type_name(const struct flow *f);

/* FLOW_DROP and FLOW_LISTEN_DROP. */
bool flow_is_drop(const struct flow *f);

/* As Hubble gives it: is_reply, REPLY_UNKNOWN on drops. */
int flow_reply(const struct flow *f);

/* True where the packet ran from responder to initiator: ends are shown swapped. */
bool flow_is_swapped(const struct flow *f);

/* An end without its port: an address, "*" for anyone (FLOW_LISTEN_DROP), "-" without IP. */
void flow_host_text(struct text *t, const struct flow *f, const struct flow_end *e);

/* The same, in brackets where a port is to follow an IPv6 address. */
void flow_host_port_text(struct text *t, const struct flow *f, const struct flow_end *e);

/* flow_host_text() with its port: "10.0.0.1:80", "[fd00::a]:80". */
void flow_end_text(struct text *t, const struct flow *f, const struct flow_end *e);

/* Port to show with an end, 0: none. */
uint16_t flow_port(const struct flow *f, const struct flow_end *e);

/* "host", "world", "unmanaged", "unknown"; NULL: an identity with a number only. */
const char *identity_name(uint32_t identity);

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
