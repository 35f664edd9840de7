/* SPDX-License-Identifier: GPL-2.0 */
/* How full a listener's queues are. */
#ifndef PITOT_BPF_LISTENER_H
#define PITOT_BPF_LISTENER_H

#include <linux/bpf.h>

#include "bpf/kernel.h"
#include "bpf/record.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

/* enum listen_full, as tcp_conn_request() looks at them (net/ipv4/tcp_input.c). */
static __always_inline __u8 listener_full(const struct sock *sk, __u32 requests)
{
	struct net *net = BPF_CORE_READ(sk, __sk_common.skc_net.net);
	int room = BPF_CORE_READ(net, ipv4.sysctl_max_syn_backlog);
	__u8 full = 0;

	if (BPF_CORE_READ(sk, sk_ack_backlog) > BPF_CORE_READ(sk, sk_max_ack_backlog))
		full = LISTEN_FULL;
	/* then nobody is let in who is not known from before, which no counter tells apart */
	if (!BPF_CORE_READ_BITFIELD_PROBED(net, ipv4.sysctl_tcp_syncookies) &&
	    room - (int)requests < room >> 2)
		full |= LISTEN_NEARLY_FULL;
	return full;
}

#endif
