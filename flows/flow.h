/* SPDX-License-Identifier: MIT */
/*
 * struct flow: the one value that travels through user space, from a source
 * (flows/source.h) through the filter to the sinks (flows/sink.h).
 *
 * A flow is one event of a connection, seen from a packet: source and
 * destination are that packet's. Totals of the whole connection travel with it.
 */
#ifndef PITOT_FLOWS_FLOW_H
#define PITOT_FLOWS_FLOW_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flows/endpoint.h"
#include "flows/hubble.h"
#include "flows/l7.h"
#include "flows/process.h"

/* IPv4 is kept mapped (::ffff:a.b.c.d). Network order. */
struct ip_addr {
	uint8_t b[16];
};

/* Why there is a flow event. Names: flow_event_name(). */
enum flow_event {
	FLOW_NEW,	/* first packet of a direction */
	FLOW_FLAGS,	/* TCP flags not seen before in that direction */
	FLOW_REPORT,	/* interval report, the connection goes on */
	FLOW_END,	/* closed or idle: final counters */
	FLOW_DROP,	/* the kernel dropped packets of it */
	FLOW_ICMP_ERROR, /* an ICMP error about it */
	FLOW_LISTEN_DROP, /* a listener lost connection requests; destination is the listener */
	FLOW_L7,	/* a message of an application: struct flow's l7 */
	FLOW_EVENTS_MAX,
};

/* Values are Hubble's (flow.proto). */
enum verdict {
	VERDICT_UNKNOWN, VERDICT_FORWARDED, VERDICT_DROPPED, VERDICT_ERROR, VERDICT_AUDIT,
	VERDICT_REDIRECTED, VERDICT_TRACED, VERDICT_TRANSLATED, VERDICT_MAX,
};
enum traffic_direction { DIRECTION_UNKNOWN, DIRECTION_INGRESS, DIRECTION_EGRESS };
enum trace_point {
	POINT_UNKNOWN = 0, TO_PROXY = 1, TO_HOST = 2, TO_STACK = 3, TO_OVERLAY = 4,
	FROM_ENDPOINT = 5, FROM_PROXY = 6, FROM_HOST = 7, FROM_STACK = 8, FROM_OVERLAY = 9,
	FROM_NETWORK = 10, TO_NETWORK = 11, FROM_CRYPTO = 12, TO_CRYPTO = 13, TO_ENDPOINT = 101,
};
/* Reserved identities (Hubble's numbers). */
enum identity {
	IDENTITY_UNKNOWN = 0, IDENTITY_HOST = 1, IDENTITY_WORLD = 2, IDENTITY_UNMANAGED = 3,
	IDENTITY_HEALTH = 4, IDENTITY_INIT = 5, IDENTITY_REMOTE_NODE = 6,
	IDENTITY_KUBE_APISERVER = 7, IDENTITY_INGRESS = 8,
	IDENTITY_RESERVED_MAX = 256, /* from here on: identity_of_labels() */
};
enum reply { REPLY_UNKNOWN = -1, REPLY_NO = 0, REPLY_YES = 1 };
/* How it is known who began the connection; values as conn_initiator_by in bpf/record.h. */
enum initiator_by {
	INITIATOR_UNKNOWN, INITIATOR_SYN, INITIATOR_CONNTRACK, INITIATOR_PORT, INITIATOR_FIRST,
};

/*
 * One end, as the packet has it. The pointers are counted references, NULL: not
 * known. A source fills in the process, flows/names/ the rest.
 */
struct flow_end {
	struct ip_addr addr;
	uint16_t port;		/* host order; 0: none. ICMP echo: 0 */
	uint16_t pad;
	uint32_t identity;	/* enum identity or identity_of_labels() */
	struct process *process; /* NULL too where it is not local */
	struct endpoint *endpoint;
	struct service *service; /* whose address or backend it is */
	struct name_list *dns;	/* what the other end had asked for in DNS */
	struct name_list *reverse; /* reverse look-up */
	struct place *place;	/* of world addresses */
};

/* Totals of one direction since the connection began, and since its last event. */
struct flow_counters {
	uint64_t packets, bytes;
	uint64_t delta_packets, delta_bytes;
	uint64_t first_ns, last_ns; /* wall clock; 0: no packet yet */
	uint32_t retransmits, zero_windows, resets;
	uint32_t srtt_us;	/* observation point -> this direction's sender -> point; 0: not known */
	uint16_t tcp_flags;	/* seen so far */
	uint8_t pad[6];
};

/* An address pair; ports in host order. */
struct flow_tuple {
	struct ip_addr src, dst;
	uint16_t sport, dport;
};

#define FLOW_IFACES 4
#define FLOW_STACK 16

struct flow_tunnel {
	uint8_t type;		/* enum tunnel_type (bpf/record.h); 0: none */
	uint32_t vni;
	struct flow_tuple outer;
};

/* FLOW_DROP. Strings belong to the source and live as long as it does. */
struct flow_drop {
	uint32_t reason;	/* the running kernel's number */
	bool normal;		/* part of normal life, not a loss */
	const char *reason_name; /* "NETFILTER_DROP"; never NULL in a FLOW_DROP */
	const char *text;	/* the same in words, "netfilter rule (nftables or iptables)" */
	const char *function;	/* "nft_do_chain", or "" when not known */
	uint32_t offset;	/* in that function */
	uint32_t netns;		/* inode number; 0: not known */
	uint64_t packets, bytes; /* totals of this flow, reason and function */
	uint64_t delta_packets, delta_bytes; /* since its last event */
	uint8_t stack_depth;
	const char *stack[FLOW_STACK]; /* functions, innermost first */
};

/* FLOW_LISTEN_DROP */
struct flow_listen {
	uint32_t drops, delta_drops; /* requests that a full queue lost, since it is watched */
	uint32_t backlog, backlog_max, requests;
	bool synflood;
};

struct flow {
	uint64_t time_ns;	/* wall clock, since the epoch */
	uint64_t connection_id;	/* stable and unique on this machine for the connection's life; 0: none */
	uint8_t event;		/* enum flow_event */
	uint8_t verdict;	/* enum verdict */
	uint8_t ip_version;	/* 4, 6; 0: no IP packet */
	uint8_t protocol;	/* IP protocol number */
	uint16_t tcp_flags;	/* of this packet; FLOW_REPORT and FLOW_END: seen in its direction */
	uint8_t icmp_type, icmp_code; /* protocol 1 and 58, and FLOW_ICMP_ERROR */
	int8_t is_reply;	/* enum reply */
	uint8_t initiator_by;	/* enum initiator_by */
	uint8_t direction;	/* enum traffic_direction */
	uint8_t trace_point;	/* enum trace_point */
	uint8_t icmp_echo;	/* 1: protocol is ICMP and icmp_id holds */
	bool closed;		/* FLOW_END: by FIN or RST, else idle */
	uint16_t icmp_id;
	uint16_t vlan[2];	/* outer, inner; 0: none */
	uint16_t ethertype;	/* ip_version 0 only, host order */
	uint32_t ifindex;	/* observation point */
	char ifname[16];	/* "" when not known */
	struct flow_end src, dst;
	struct flow_counters forward, reply; /* initiator -> responder and back */
	uint32_t handshake_us;	/* SYN to ACK; 0: not seen */
	uint32_t handshake_client_us, handshake_server_us; /* its parts on either side of the point */
	uint32_t icmp_errors;
	struct l7 *l7;		/* FLOW_L7: never NULL there, NULL elsewhere. Counted reference */
	struct hubble *hubble; /* a flow that came from elsewhere; NULL: captured here. Counted reference */
	char ifaces[FLOW_IFACES][16]; /* other interfaces that saw it, "" ends */
	/*
	 * NAT: the connection's tuples in the initiator's direction before and after
	 * translation; has_nat false: not translated, or not known.
	 */
	bool has_nat;
	struct flow_tuple nat_orig, nat_xlated;
	struct flow_tunnel tunnel;
	struct flow_drop drop;
	struct flow_listen listen;
	struct ip_addr icmp_from; /* FLOW_ICMP_ERROR: who sent it */
	uint32_t icmp_info;	/* FLOW_ICMP_ERROR: next-hop MTU; 0: none */
};

/* Losses and totals of a source, for the line at the end, status and metrics. */
struct capture_stats {
	uint64_t events, connections;
	uint64_t drops, normal_drops; /* packets; those of normal life are in the second alone */
	uint64_t active;	/* connections in the kernel's maps now */
	uint64_t lost_ring, lost_ring_drop, lost_ring_socket; /* records, ring buffer full */
	uint64_t conn_full, conn_busy;	/* packets not counted */
	uint64_t drop_full;	/* drops counted without their tuple */
	uint64_t frag_orphans;	/* fragments counted without ports */
	uint64_t not_ip, truncated, filtered;
	uint64_t table_full;	/* user-space tables full: names or deltas missing */
};

/* Zeroes *f. A flow holds references to processes and names: pair with flow_release(). */
void flow_init(struct flow *f);

/* *to becomes a copy with references of its own. */
void flow_copy(struct flow *to, const struct flow *from);

/* The same for one end. */
void flow_end_copy(struct flow_end *to, const struct flow_end *from);
void flow_end_release(struct flow_end *e);

/* Drops the references. Takes NULL and a zeroed flow. */
void flow_release(struct flow *f);

/* Names; never NULL ("UNKNOWN" where out of range). Verdicts and directions as Hubble spells them. */
const char *flow_event_name(unsigned int event);
const char *verdict_name(unsigned int verdict);
const char *traffic_direction_name(unsigned int direction);
const char *trace_point_name(unsigned int point); /* "TO_ENDPOINT" */
const char *initiator_by_name(unsigned int by);	/* "syn", "conntrack", "port", "first", "unknown" */
const char *protocol_name(unsigned int protocol); /* "TCP"; NULL where it has none */

/* Text of an address: "10.0.0.1", "fd00::a". buf of at least 46 bytes; returns buf. */
char *ip_addr_text(const struct ip_addr *a, char *buf);
bool ip_addr_is_v4(const struct ip_addr *a);
bool ip_addr_is_loopback(const struct ip_addr *a); /* 127.0.0.0/8, ::1 */

/* "SYN, ACK" in Hubble's order (SYN ACK RST FIN PSH URG ECE CWR NS); returns buf. */
char *tcp_flags_text(uint16_t flags, char *buf, size_t size);

#endif
