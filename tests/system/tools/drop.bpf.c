// SPDX-License-Identifier: GPL-2.0
/*
 * Programs that drop UDP packets to one port and pass the rest: what the drop
 * tests attach by means of tc, XDP and a cgroup. No CO-RE, no maps.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/udp.h>

#define SEC(name) __attribute__((section(name), used))
#define TO_BE16(x) __builtin_bswap16(x)
#define DROP_TC_PORT 4501
#define DROP_XDP_PORT 4502
#define DROP_CGROUP_PORT 4503

static int (*const skb_load_bytes)(void *skb, __u32 off, void *to, __u32 len) =
	(void *)BPF_FUNC_skb_load_bytes;

static __always_inline int udp_to(void *data, void *data_end, __u16 port)
{
	struct ethhdr *eth = data;
	struct iphdr *ip = data + sizeof(*eth);
	struct udphdr *udp = (void *)(ip + 1);

	if ((void *)(udp + 1) > data_end)
		return 0;
	return eth->h_proto == TO_BE16(ETH_P_IP) && ip->protocol == 17 &&
	       udp->dest == TO_BE16(port);
}

SEC("tc")
int drop_tc(struct __sk_buff *skb)
{
	return udp_to((void *)(long)skb->data, (void *)(long)skb->data_end, DROP_TC_PORT)
		       ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}

SEC("xdp")
int drop_xdp(struct xdp_md *ctx)
{
	return udp_to((void *)(long)ctx->data, (void *)(long)ctx->data_end, DROP_XDP_PORT)
		       ? XDP_DROP : XDP_PASS;
}

SEC("cgroup_skb/egress")
int drop_egress(struct __sk_buff *skb)
{
	struct iphdr ip;
	struct udphdr udp;

	if (skb_load_bytes(skb, 0, &ip, sizeof(ip)) || ip.version != 4 || ip.protocol != 17)
		return 1;
	if (skb_load_bytes(skb, sizeof(ip), &udp, sizeof(udp)))
		return 1;
	return udp.dest != TO_BE16(DROP_CGROUP_PORT);
}

char _license[] SEC("license") = "GPL";
