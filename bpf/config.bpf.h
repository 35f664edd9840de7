/* SPDX-License-Identifier: GPL-2.0 */
/* Knobs set before load: the verifier removes what they switch off. */
#ifndef PITOT_BPF_CONFIG_H
#define PITOT_BPF_CONFIG_H

#include <linux/types.h>

#include "bpf/record.h"

#define CFG_PREFILTER_MAX 8

const volatile __u32 cfg_report_ticks = 1250;	/* report interval, in jiffies */
const volatile __u32 cfg_rtt_ticks = 25;	/* at least this long between two RTT samples */
const volatile __u32 cfg_takeover_ticks = 500;	/* an observation point silent this long is replaced */
const volatile __u32 cfg_wake_bytes = 1 << 19;	/* ring fill that wakes the reader */
const volatile __u8 cfg_nat = 0;		/* look at conntrack: needs bpf_cast_to_kern_ctx() */
const volatile __u8 cfg_drop_stack = 0;
const volatile __u8 cfg_dns = 0;		/* tell what DNS packets carry */
const volatile __u16 cfg_dns_ports[DNS_PORTS] = {};	/* network order, beside 53 and 5353; 0 ends */
const volatile __u32 cfg_own_netns = 0;		/* inode number of the one whose interfaces are watched */

/* Pre-filter: see struct prefilter in flows/capture/capture.h. */
const volatile __u32 cfg_n_prefixes = 0;
const volatile __u32 cfg_n_ports = 0;
const volatile __u32 cfg_n_protocols = 0;
const volatile __u32 cfg_prefix[CFG_PREFILTER_MAX][4] = {};	/* network order, mapped */
const volatile __u32 cfg_prefix_mask[CFG_PREFILTER_MAX][4] = {};
const volatile __u16 cfg_ports[CFG_PREFILTER_MAX] = {};		/* network order */
const volatile __u8 cfg_protocols[CFG_PREFILTER_MAX] = {};

static __always_inline int prefix_match(const __u32 *addr, int i)
{
	return !((addr[0] ^ cfg_prefix[i][0]) & cfg_prefix_mask[i][0]) &&
	       !((addr[1] ^ cfg_prefix[i][1]) & cfg_prefix_mask[i][1]) &&
	       !((addr[2] ^ cfg_prefix[i][2]) & cfg_prefix_mask[i][2]) &&
	       !((addr[3] ^ cfg_prefix[i][3]) & cfg_prefix_mask[i][3]);
}

static __always_inline int prefilter_on(void)
{
	return cfg_n_prefixes || cfg_n_ports || cfg_n_protocols;
}

/* Addresses mapped, ports in network order. Either end may match. */
static __always_inline int prefilter_pass(const __u32 *a, const __u32 *b, __be16 port_a,
					  __be16 port_b, __u8 protocol)
{
	int i, pass = !cfg_n_prefixes;

	for (i = 0; i < CFG_PREFILTER_MAX; i++)
		if (i < cfg_n_prefixes && (prefix_match(a, i) || prefix_match(b, i)))
			pass = 1;
	if (!pass)
		return 0;
	pass = !cfg_n_ports;
	for (i = 0; i < CFG_PREFILTER_MAX; i++)
		if (i < cfg_n_ports && (cfg_ports[i] == port_a || cfg_ports[i] == port_b))
			pass = 1;
	if (!pass)
		return 0;
	pass = !cfg_n_protocols;
	for (i = 0; i < CFG_PREFILTER_MAX; i++)
		if (i < cfg_n_protocols && cfg_protocols[i] == protocol)
			pass = 1;
	return pass;
}

#endif
