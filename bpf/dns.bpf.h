/* SPDX-License-Identifier: GPL-2.0 */
/* Which packets carry DNS, and how their bytes go to user space, where alone they are parsed. */
#ifndef PITOT_BPF_DNS_H
#define PITOT_BPF_DNS_H

#include <linux/bpf.h>

#include "bpf/config.bpf.h"
#include "bpf/maps.bpf.h"
#include "bpf/packet.bpf.h"

#define PORT_DNS 53
#define PORT_MDNS 5353

static __always_inline int dns_port(__be16 port, __u8 protocol)
{
	int i;

	if (port == packet_htons(PORT_DNS))
		return 1;
	if (port == packet_htons(PORT_MDNS))
		return protocol == PROTO_UDP;
	if (!port || !cfg_dns_ports[0])
		return 0;
#pragma GCC unroll 4
	for (i = 0; i < DNS_PORTS; i++)
		if (cfg_dns_ports[i] == port)
			return 1;
	return 0;
}

/*
 * Sends r with the `length` (not 0) bytes of the packet that begin at `offset`. Leaves a
 * quarter of the ring to others: a flood of messages displaces nothing but itself.
 */
static __always_inline void dns_send(struct __sk_buff *skb, struct rec_dns *r, __u32 offset,
				     __u32 length)
{
	__u64 used = bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA);
	__u32 n = (length < DNS_BYTES ? length : DNS_BYTES) - 1, size;

	packet_opaque(n);
	n = (n & (DNS_BYTES - 1)) + 1; /* bounds that verifiers of old follow */
	if (bpf_skb_load_bytes(skb, offset, r->data, n))
		return;
	size = __builtin_offsetof(struct rec_dns, data) + n;
	r->head.kind = REC_DNS;
	r->head.why = 0;
	r->head.size = size;
	r->head.time_ns = bpf_ktime_get_ns();
	r->whole = length;
	r->bytes = n;
	if (used > cfg_wake_bytes + cfg_wake_bytes / 2 ||
	    bpf_ringbuf_output(&events, r, size,
			       record_wake(used + size, cfg_wake_bytes, WAKE_WINDOW + size)))
		count(CNT_RING_FULL, 1);
}

#endif
