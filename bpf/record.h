/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The ABI between the kernel programs and user space: map keys, map values and
 * the records of the ring buffer.
 *
 * Byte order: addresses and ports are as on the wire (network order); every
 * other number is in host order. Times ending in _ns are CLOCK_MONOTONIC
 * nanoseconds, _us microseconds, _jiffies the low 32 bits of the kernel's
 * jiffies64. Offsets are pinned by the asserts at the end; a change of any of
 * them needs a new PITOT_ABI_VERSION.
 */
#ifndef PITOT_BPF_RECORD_H
#define PITOT_BPF_RECORD_H

#include <linux/types.h>

#define PITOT_ABI_VERSION 2

/*
 * Connection keys. Both directions of a connection share one key: end 0 is the
 * one with the smaller (address, port), compared as stored. `kind` keeps apart
 * what shares a protocol number: 0 ordinary, 1 ICMP echo (both ports hold the
 * identifier), 2 other ICMP (both ports hold type << 8 | code).
 */
enum conn_kind { CONN_PORTS = 0, CONN_ECHO = 1, CONN_ICMP = 2 };

struct conn_key4 {
	__be32 addr[2];
	__be16 port[2];
	__u8 protocol;
	__u8 kind;
	__u8 pad[2];
};

struct conn_key6 {
	__u8 addr[2][16];
	__be16 port[2];
	__u8 protocol;
	__u8 kind;
	__u8 pad[2];
};

/* An observation point: interface and tc hook. 0 is "none yet". */
#define POINT(ifindex, egress) ((__u32)(ifindex) << 1 | !!(egress))
#define POINT_IFINDEX(point) ((point) >> 1)
#define POINT_EGRESS(point) ((point) & 1)
#define POINT_ALIAS 0xffffffffu /* a NAT twin: its packets are counted elsewhere */

/* TCP flags as in the header's 13th and 12th byte: FIN 1 ... CWR 0x80, NS 0x100. */
enum {
	TCPF_FIN = 0x01, TCPF_SYN = 0x02, TCPF_RST = 0x04, TCPF_PSH = 0x08, TCPF_ACK = 0x10,
	TCPF_URG = 0x20, TCPF_ECE = 0x40, TCPF_CWR = 0x80, TCPF_NS = 0x100,
};
/* In conn_dir.flags beside them. */
#define DIR_SEQ_VALID 0x8000 /* seq_end holds a value */
#define DIR_DNS 0x4000	/* what it carries is told: rec_dns. Set when the entry is made */

/*
 * One direction of a connection, a cache line of its own. dir[0] holds the
 * packets that end 0 sent. Everything below `point` is touched by the packets
 * that pass at `point` only.
 */
struct conn_dir {
	__u64 packets;		/* wire segments: a GSO packet counts as its parts */
	__u64 bytes;		/* IP bytes (IPFIX octetDeltaCount) */
	__u32 point;		/* where this direction is counted */
	__u32 last_jiffies;
	__u32 report_jiffies;	/* when the next interval report is due */
	__u32 rtt_due_jiffies;	/* when the next RTT sample may start */
	__u32 seq_end;		/* highest sequence number sent + 1 */
	__u32 retransmits;
	__u32 zero_windows;
	__u16 flags;		/* TCP flags seen | DIR_SEQ_VALID | DIR_DNS */
	__u16 resets;
	__u32 rtt_ack;		/* the acknowledgement (sent in this direction) waited for */
	__u32 rtt_start_us;	/* when the data it acknowledges passed; 0: not waiting */
	__u32 srtt_us;		/* smoothed: point -> the sender of this direction -> point */
	__u32 pad;
};

enum conn_initiator_by {
	BY_NOTHING = 0,	/* unknown */
	BY_SYN = 1,	/* the SYN or SYN-ACK was seen */
	BY_CONNTRACK = 2,
	BY_PORT = 3,	/* guessed: the service port is the responder's */
	BY_FIRST = 4,	/* not TCP: who sent the first packet seen */
};

/* Bits of conn.state. Both directions' packets write it: nothing may hang on a bit that two CPUs set. */
enum conn_state {
	CONN_ALIAS = 1,		/* a NAT twin of another entry, see rec_nat; set when it is made */
	CONN_TUNNEL_SEEN = 2,	/* rec_tunnel has been sent */
};

/* Closed by both ends or reset: each direction's flags are written by its own packets alone. */
#define CONN_CLOSED(c) \
	(((c)->dir[0].flags & (c)->dir[1].flags & TCPF_FIN) || \
	 (((c)->dir[0].flags | (c)->dir[1].flags) & TCPF_RST))

#define CONN_SEEN 3
struct conn {
	struct conn_dir dir[2];
	__u64 first_ns[2];	/* first packet of each direction; 0: none */
	__u64 synack_ns;
	__u32 handshake_server_us; /* SYN -> SYN-ACK, at the point */
	__u32 handshake_client_us; /* SYN-ACK -> ACK, at the point; 0: not seen, else at least 1 */
	__u32 seen[CONN_SEEN];	/* other interfaces that saw it (ifindex) */
	__u8 initiator;		/* 0 or 1: the end; meaningless with BY_NOTHING */
	__u8 initiator_by;	/* enum conn_initiator_by */
	__u8 state;		/* enum conn_state bits */
	__u8 pad;
	__u32 icmp_errors;
	__u16 vlan[2];		/* outer, inner VLAN id of the first packet; 0: none */
	__u32 icmp_point;	/* where ICMP errors about it are counted; 0: none yet */
};

/* -------------------------------------------------- ring buffer records */

enum rec_kind {
	REC_FLOW = 1,
	REC_NAT = 2,
	REC_TUNNEL = 3,
	REC_ICMP_ERROR = 4,
	REC_DROP = 5,
	REC_SOCKET = 6,
	REC_EXEC = 7,
	REC_DNS = 8,
	REC_CGROUP = 9,
};

enum flow_why {	/* bits: why a REC_FLOW was sent */
	WHY_FIRST = 1,	/* first packet of this direction */
	WHY_FLAGS = 2,	/* a TCP flag not seen before in this direction */
	WHY_REPORT = 4,	/* report interval */
	WHY_END = 8,	/* the entry is taken over by a new connection of the same tuple */
};

struct rec_head {
	__u8 kind;	/* enum rec_kind */
	__u8 why;	/* enum flow_why, REC_FLOW only */
	__u16 size;
	__u32 ifindex;	/* where it was seen; 0: not known */
	__u64 time_ns;
};

/* IPv4 addresses are mapped (::ffff:a.b.c.d), so that one record serves both. */
struct rec_flow {
	struct rec_head head;
	struct conn_key6 key;
	__u8 dir;	/* the direction of the packet that caused it */
	__u8 egress;	/* tc hook */
	__u16 tcp_flags; /* of that packet */
	__u32 packet_bytes; /* IP bytes of that packet, as counted */
	struct conn conn; /* totals, that packet included */
};

/* The connection `key` and the tuple `twin` are one, before and after NAT. */
struct rec_nat {
	struct rec_head head;
	struct conn_key6 key;	/* the entry that counts */
	struct conn_key6 orig;	/* conntrack's original tuple, canonical order */
	struct conn_key6 xlated; /* the inverse of its reply tuple, canonical order */
	__u8 orig_initiator;	/* which end of `orig` began it: 0 or 1 */
	__u8 xlated_initiator;
	__u8 pad[6];
};

enum tunnel_type { TUNNEL_NONE, TUNNEL_VXLAN, TUNNEL_GENEVE, TUNNEL_IPIP, TUNNEL_GRE };
struct rec_tunnel {
	struct rec_head head;
	struct conn_key6 key;
	__u8 dir;
	__u8 type;	/* enum tunnel_type */
	__u16 pad;
	__u32 vni;	/* VXLAN, Geneve: VNI; GRE: key; else 0 */
	__u32 pad2;
	__u8 outer_src[16], outer_dst[16];
	__be16 outer_sport, outer_dport;
	__u32 pad3;
};

/* An ICMP error about `key`, sent by `from`. */
struct rec_icmp_error {
	struct rec_head head;
	struct conn_key6 key;
	__u8 dir;	/* direction of the packet that it is about */
	__u8 egress;
	__u8 type, code;
	__u32 info;	/* next-hop MTU where the message has one, host order */
	__u32 pad;
	__u8 from[16];
};

/* Drops: key of the `drops` map; src and dst as in the packet. */
#define DROP_STACK_DEPTH 20 /* some are the tracing's own */
#define DROP_TUPLES 1024	/* of one reason and place, in DROP_WINDOW_NS: see drop_first() */
#define DROP_WINDOW_NS 10000000000ull
struct drop_key {
	__u8 src[16], dst[16];
	__be16 sport, dport;
	__u8 protocol;
	__u8 ip_version;	/* 4, 6, or 0: no IP packet (addresses are 0) */
	__be16 ethertype;
	__u32 reason;		/* the running kernel's enum skb_drop_reason; 0 on kernels without */
	__u32 ifindex;
	__u32 netns;		/* inode number; 0: not known */
	__u64 location;		/* return address in the kernel */
	__u32 pad2[2];
};

struct drop_value {
	__u64 packets, bytes;
	__u64 first_ns;
	__u32 last_jiffies;
	__s32 stack;		/* id in drop_stacks; < 0: none */
	__u16 tcp_flags;	/* of the first packet */
	__u8 icmp_type, icmp_code;
	__u32 tuples;		/* entry without a tuple: kinds begun since first_ns */
	char ifname[16];
};

/* Sent when a drop_key is seen for the first time; the counts that follow are in the map. */
struct rec_drop {
	struct rec_head head;
	struct drop_key key;
	struct drop_value value;
};

enum sock_event {
	SOCK_CONNECT = 1,	/* TCP: about to send the SYN */
	SOCK_ACCEPTED = 2,	/* TCP: passive open complete; owner is the listener's */
	SOCK_USED = 3,		/* read or written by another process than the owner so far */
	SOCK_LISTEN = 4,
	SOCK_OPEN = 5,		/* UDP: local port known */
	SOCK_CLOSE = 6,
	SOCK_EXISTING = 7,	/* open before pitot started */
	SOCK_LISTEN_DROPS = 8,	/* a listener dropped packets: flows/capture/overflows.h */
};

enum listen_full {	/* bits */
	LISTEN_FULL = 1,	/* the queue of connections that wait for accept() */
	LISTEN_NEARLY_FULL = 2,	/* no SYN cookies, and what is half-open leaves little room */
};

/* A socket and the process behind it. Tuple as seen by that socket. */
struct rec_socket {
	struct rec_head head;
	__u8 local[16], remote[16]; /* mapped IPv4; :: where not bound, not connected */
	__be16 lport, rport;
	__u8 protocol;
	__u8 event;		/* enum sock_event */
	__u8 family;		/* 4 or 6 */
	__u8 state;		/* TCP state, kernel numbering */
	__u32 netns;		/* inode number */
	__u32 pid;		/* tgid; 0: not known */
	__u32 ppid;
	__u32 uid;
	__u64 cgroup_id;
	__u64 start_ns;		/* process start, CLOCK_BOOTTIME: tells a reused pid */
	__u64 cookie;		/* the socket's identity (its address, hashed) */
	char comm[16];
	/* SOCK_LISTEN_DROPS only */
	__u32 drops;		/* since the socket was made: packets of any kind */
	__u32 backlog, backlog_max;
	__u32 requests;		/* half-open */
	__u8 synflood;		/* SYN cookies have been sent or SYNs dropped for it */
	__u8 full;		/* enum listen_full bits */
	__u8 pad[2];
	__u32 new_drops;	/* since the last record */
};

#define EXEC_FILE 128
#define EXEC_ARGS 128
struct rec_exec {
	struct rec_head head;
	__u32 pid, ppid, uid;
	__u16 file_len, args_len;
	__u64 start_ns;
	__u64 cgroup_id;
	char comm[16];
	char file[EXEC_FILE];
	char args[EXEC_ARGS];	/* NUL-separated, as in /proc/PID/cmdline, perhaps cut */
};

/*
 * A packet with bytes of an application on a DNS port, as long as DNS_BYTES allow:
 * `bytes` of `data` are in the record, which ends there (head.size is not padded).
 */
#define DNS_BYTES 2048
#define DNS_PORTS 4		/* further ones, cfg_dns_ports */
enum dns_flag {
	DNS_AT_SOCKET = 1,	/* on its way into a socket, in another network namespace */
	DNS_FRAGMENT = 2,	/* the first of several: there is more than `whole` */
};

struct rec_dns {
	struct rec_head head;
	struct conn_key6 key;
	__u8 dir;		/* direction of this packet */
	__u8 egress;
	__u8 flags;		/* enum dns_flag */
	__u8 initiator;		/* as in struct conn; not with DNS_AT_SOCKET */
	__u8 initiator_by;
	__u8 pad;
	__u16 tcp_flags;
	__u32 tcp_seq;		/* of the first byte; TCP only */
	__u32 whole;		/* application bytes of the packet */
	__u16 bytes;
	__u16 pad2[3];
	union {
		struct {	/* on an interface: from the connection's entry */
			__u64 first_ns;
			__u32 other_point; /* of the other direction */
			__u32 seen[CONN_SEEN];
			__u16 vlan[2];
		};
		struct {	/* DNS_AT_SOCKET: whose socket it is, as in rec_socket */
			__u64 cgroup_id;
			__u64 start_ns;
			__u32 pid, ppid, uid, netns;
			char comm[16];
		};
	};
	__u8 data[DNS_BYTES];
};

#define CGROUP_PATH 512
/* A control group of the default hierarchy (cgroup v2) was made. */
struct rec_cgroup {
	struct rec_head head;
	__u64 id;
	char path[CGROUP_PATH];	/* below the hierarchy's root, NUL-terminated, never cut */
};

/* ------------------------------------------------------------- counters */

/* Indexes of the per-CPU array `counters`. */
enum counter {
	CNT_NOT_IP,		/* packets without an IP header: ARP and the like */
	CNT_TRUNCATED,		/* IP, but cut or malformed */
	CNT_FILTERED,		/* left out by the kernel pre-filter */
	CNT_RING_FULL,		/* records lost: ring buffer full (flow records) */
	CNT_RING_FULL_DROP,	/* likewise, drop records (their counts are kept) */
	CNT_RING_FULL_SOCKET,	/* likewise, socket and exec records */
	CNT_CONN_FULL,		/* packets not counted: connection map full */
	CNT_CONN_BUSY,		/* packets not counted: map busy or any other error */
	CNT_FRAG_ORPHAN,	/* fragments whose first one was not seen */
	CNT_DROP_FULL,		/* drops counted without their tuple: map full */
	CNT_DROPS,		/* drops seen */
	CNT_EVENTS,		/* records written */
	CNT_NEW,		/* connections begun */
	CNT_MAX,
};

#define PITOT_ASSERT(e) _Static_assert(e, "pitot ABI: " #e)
#define PITOT_OFFSET(t, f, o) PITOT_ASSERT(__builtin_offsetof(struct t, f) == (o))
PITOT_ASSERT(sizeof(struct conn_key4) == 16);
PITOT_ASSERT(sizeof(struct conn_key6) == 40);
PITOT_ASSERT(sizeof(struct conn_dir) == 64);
PITOT_ASSERT(sizeof(struct conn) == 192);
PITOT_OFFSET(conn_dir, point, 16);
PITOT_OFFSET(conn_dir, seq_end, 32);
PITOT_OFFSET(conn_dir, flags, 44);
PITOT_OFFSET(conn_dir, rtt_ack, 48);
PITOT_OFFSET(conn, first_ns, 128);
PITOT_OFFSET(conn, handshake_server_us, 152);
PITOT_OFFSET(conn, seen, 160);
PITOT_OFFSET(conn, initiator, 172);
PITOT_OFFSET(conn, icmp_errors, 176);
PITOT_OFFSET(conn, vlan, 180);
PITOT_ASSERT(sizeof(struct rec_head) == 16);
PITOT_OFFSET(rec_flow, key, 16);
PITOT_OFFSET(rec_flow, dir, 56);
PITOT_OFFSET(rec_flow, conn, 64);
PITOT_ASSERT(sizeof(struct rec_flow) == 256);
PITOT_ASSERT(sizeof(struct rec_nat) == 144);
PITOT_OFFSET(rec_tunnel, outer_src, 68);
PITOT_ASSERT(sizeof(struct rec_tunnel) == 112);
PITOT_OFFSET(rec_icmp_error, from, 68);
PITOT_ASSERT(sizeof(struct drop_key) == 72);
PITOT_OFFSET(drop_key, location, 56);
PITOT_ASSERT(sizeof(struct drop_value) == 56);
PITOT_ASSERT(sizeof(struct rec_drop) == 144);
PITOT_OFFSET(rec_socket, cgroup_id, 72);
PITOT_OFFSET(rec_socket, comm, 96);
PITOT_ASSERT(sizeof(struct rec_socket) == 136);
PITOT_ASSERT(sizeof(struct rec_exec) == 320);
PITOT_OFFSET(rec_dns, tcp_seq, 64);
PITOT_OFFSET(rec_dns, first_ns, 80);
PITOT_OFFSET(rec_dns, data, 128);
PITOT_ASSERT(sizeof(struct rec_dns) == 2176);
PITOT_ASSERT(sizeof(struct rec_cgroup) == 536);

#endif
