/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every map, declared once. An object takes the ones that it asks for with a
 * WANT_ define; `events`, `counters` and `reader` are in all of them and are made
 * one by the loader (bpf_map__reuse_fd).
 */
#ifndef PITOT_BPF_MAPS_H
#define PITOT_BPF_MAPS_H

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "bpf/record.h"

/* Written by every program; drained by flows/capture/collector.c. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} events SEC(".maps");

/* enum counter -> count, a CPU each. Read by the collector. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, CNT_MAX);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

/*
 * [0]: not 0 while the reader sleeps with the ring empty, and wants to be woken
 * by the next record. Set by the collector, taken back by who wakes it.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} reader SEC(".maps");

#if defined(WANT_CONNECTIONS) || defined(WANT_SOCKETS)
/* Where a rec_dns is put together. Both programs that do run with bottom halves off. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rec_dns);
} dns_scratch SEC(".maps");
#endif

#ifdef WANT_CONNECTIONS
#include "bpf/packet.bpf.h"

/* Written by flow.bpf.c; swept by flows/capture/sweep.c. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, struct conn_key4);
	__type(value, struct conn);
} conn4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct conn_key6);
	__type(value, struct conn);
} conn6 SEC(".maps");

/*
 * Room that the stack has not. tc programs run with bottom halves off and do not
 * nest on a CPU.
 */
struct flow_scratch {
	struct conn conn;
	struct rec_nat nat;
	struct packet inner;
	__u8 outer_src[16], outer_dst[16]; /* of the tunnel packet that was entered */
	__be16 outer_sport, outer_dport;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct flow_scratch);
} scratch SEC(".maps");

/* First fragments' ports, for the fragments that follow. Ages out by itself. */
struct frag_key {
	__u8 src[16], dst[16];
	__u32 id;
	__u8 protocol;
	__u8 pad[3];
};

struct frag_ports {
	__be16 sport, dport;
	__u8 kind;
	__u8 icmp_type; /* echo: request or reply */
	__u8 pad[2];
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct frag_key);
	__type(value, struct frag_ports);
} fragments SEC(".maps");
#endif

#ifdef WANT_DROPS
/* Written by drop.bpf.c; swept by flows/capture/sweep.c. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct drop_key);
	__type(value, struct drop_value);
} drops SEC(".maps");

/* Size 1 unless stacks are asked for. */
struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, DROP_STACK_DEPTH * sizeof(__u64));
} drop_stacks SEC(".maps");
#endif

#ifdef WANT_SOCKETS
/*
 * Who owns a socket, kept with the socket. BPF_F_CLONE: an accepted socket has
 * its listener's. Written by socket.bpf.c only. UDP has a map of its own, since
 * it is walked (iter/bpf_sk_storage_map) to find ports that the kernel chose;
 * so have listeners, whose queues are looked at once a second.
 */
struct sock_owner {
	__u32 pid, ppid, uid;
	__u8 announced;		/* a record with the whole tuple has been sent */
	__u8 pad[3];
	__u64 cgroup_id;
	__u64 start_ns;
	__u64 sock;	/* its address: the verifier lets a socket's fields be read this way only */
	char comm[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
	__type(key, int);
	__type(value, struct sock_owner);
} sock_owners SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct sock_owner);
} udp_owners SEC(".maps");

struct listen_watch {
	__u32 drops;		/* last seen */
	__u8 synflood;
	__u8 pad[3];
};

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct listen_watch);
} listeners SEC(".maps");

/* [0]: UDP sockets changed; the collector walks udp_owners when it moves. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, __u64);
} udp_changes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rec_exec);
} exec_scratch SEC(".maps");
#endif

static __always_inline void count(enum counter which, __u64 n)
{
	__u32 key = which;
	__u64 *value = bpf_map_lookup_elem(&counters, &key);

	if (value)
		*value += n;
}

/* Room for a record, counted under `lost` when there is none. */
static __always_inline void *record_reserve(__u64 size, enum counter lost)
{
	void *rec = bpf_ringbuf_reserve(&events, size, 0);

	if (!rec)
		count(lost, 1);
	return rec;
}

/*
 * A busy reader drains by timer; only a ring that fills up wakes it, once, when
 * it passes the mark: a wake-up for each record above it costs a microsecond and
 * more. A crossing that two CPUs miss together is left to the timer. An idle
 * reader sleeps and is woken by the first record. `used` is with this record,
 * window at least its size.
 */
#define WAKE_WINDOW 1024
static __always_inline __u64 record_wake(__u64 used, __u32 wake_bytes, __u32 window)
{
	__u32 zero = 0, *sleeps = bpf_map_lookup_elem(&reader, &zero);
	int wake = used - wake_bytes < window;

	count(CNT_EVENTS, 1);
	if (sleeps && *sleeps) {
		*sleeps = 0;
		wake = 1;
	}
	return wake ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
}

static __always_inline void record_submit(void *rec, __u32 wake_bytes)
{
	__u64 used = bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA);

	bpf_ringbuf_submit(rec, record_wake(used, wake_bytes, WAKE_WINDOW));
}

#endif
