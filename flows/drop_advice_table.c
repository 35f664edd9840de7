// SPDX-License-Identifier: MIT
/*
 * Wireless reasons: net/mac80211/drop.h. Cilium's: flow.proto's DropReason and the datapath
 * functions that return them. Functions: where the kernel frees what it will not pass on.
 */
#include "flows/drop_advice_table.h"

#define WHO_SENDS "tcpdump -eni DEVICE src SOURCE: who sends it"
#define POLICY "kubectl get networkpolicies -A; kubectl get ciliumnetworkpolicies -A"
#define AGENT "cilium status; cilium-dbg monitor --type drop: on the node"

const struct drop_family drop_families[] = {
	/* Listeners: counted by the kernel, dropped without a reason of its own */
	{"LISTEN_OVERFLOW", NULL,
	 "a listening socket threw connection requests away: its queue was full",
	 "ss -ltn: Recv-Q against Send-Q; nstat -az TcpExtListenOverflows; "
	 "sysctl net.core.somaxconn; what the server waits for"},
	{"SYN_FLOOD", NULL,
	 "more connection requests than the listener can hold, and the kernel takes them for a flood",
	 "ss -ltn: Recv-Q against Send-Q; ss -tn state syn-recv: who asks; "
	 "sysctl net.ipv4.tcp_max_syn_backlog net.ipv4.tcp_syncookies"},

	/* Wireless */
	{"RX_DROP_MONITOR", NULL, "a frame that only a monitor interface would show", "nothing"},
	{"RX_DROP_M_*", NULL, "a management frame that this station must not take",
	 "iw event -f; iw dev DEVICE link"},
	{"RX_DROP_U_DUP", NULL,
	 "a frame that came twice over the air, because its acknowledgement was lost",
	 "iw dev DEVICE station dump: retries and signal"},
	{"RX_DROP_U_*MIC*", NULL,
	 "the integrity check of a wireless frame failed: a wrong key, or somebody who forges frames",
	 "iw event -f; journalctl -u wpa_supplicant; iw dev DEVICE station dump"},
	{"RX_DROP_U_REPLAY", NULL,
	 "a wireless frame with an old packet number: a replay, or reordering",
	 "iw event -f; iw dev DEVICE station dump; dmesg"},
	{"RX_DROP_U_*FAIL", NULL, "a wireless frame could not be decrypted",
	 "iw event -f; journalctl -u wpa_supplicant: rekeying"},
	{"RX_DROP_U_UNPROT_*", NULL, "a wireless frame in the clear where a protected one is due",
	 "iw event -f; iw dev DEVICE link: the access point, is it yours?"},
	{"RX_DROP_U_OOM", NULL, "no memory for a wireless frame", "free -m; dmesg"},
	{"RX_DROP_*", NULL, "the wireless stack could not use the frame",
	 "iw dev DEVICE link; iw dev DEVICE station dump; dmesg"},

	/* Open vSwitch's newer ones */
	{"OVS_*", NULL, "Open vSwitch dropped it",
	 "ovs-appctl ofproto/trace; ovs-ofctl dump-flows BRIDGE"},

	/* Cilium's */
	{"POLICY_DENIED", NULL, "no network policy allows it, and one of them selects the pod",
	 "hubble observe --verdict DROPPED; " POLICY "; pod labels: do they fit the policy?"},
	{"POLICY_DENY", NULL, "a network policy denies it explicitly",
	 POLICY "; pitot observe --print-policy-names --verdict DROPPED: which one"},
	{"AUTH_REQUIRED", NULL, "a policy asks for mutual authentication, and there is none yet",
	 AGENT "; SPIRE: is it running?"},
	{"STALE_OR_UNROUTABLE_IP", NULL, "the address belongs to a pod that is gone",
	 "kubectl get pods -A -o wide; kubectl get endpointslices -A; clients that cache addresses"},
	{"SERVICE_BACKEND_NOT_FOUND", NULL, "the Service has no backend that is ready",
	 "kubectl get endpointslices -A; kubectl get pods -A: readiness"},
	{"UNENCRYPTED_TRAFFIC", NULL, "traffic in the clear where encryption is strict",
	 "cilium encrypt status; " AGENT},
	{"CT_MAP_INSERTION_FAILED", NULL, "Cilium's connection table is full",
	 "cilium-dbg bpf ct list global: on the node; bpf-ct-global-tcp-max of Cilium"},
	{"NO_MAPPING_FOR_NAT_MASQUERADE", NULL, "no port is left for masquerading",
	 "cilium-dbg bpf nat list: on the node; " AGENT},
	{"FIB_LOOKUP_FAILED", NULL, "no route, or no neighbour entry for the next hop",
	 "ip route get ADDRESS; ip neigh: on the node"},
	{"TTL_EXCEEDED", NULL, "the TTL ran out here", "tracepath ADDRESS: a routing loop"},
	{"UNSUPPORTED_*", NULL, "a protocol that Cilium does not carry",
	 "tcpdump -eni DEVICE: what it is; " AGENT},
	{"CT_*", NULL, "Cilium's connection tracking could not place it", AGENT},
	{"INVALID_*", NULL, "Cilium takes the packet for malformed or spoofed",
	 WHO_SENDS "; " AGENT},

	/* No reason, or an unknown one: by function */
	{NULL, "nft_*", "nftables dropped it", "nft list ruleset; nft monitor trace"},
	{NULL, "ipt_*", "an iptables rule dropped it", "iptables-save -c"},
	{NULL, "nf_*", "netfilter dropped it: a rule, conntrack or NAT",
	 "nft list ruleset; iptables-save -c; conntrack -S"},
	{NULL, "br_*", "a bridge dropped it", "bridge -d link; bridge vlan; bridge fdb"},
	{NULL, "ovs_*", "Open vSwitch dropped it",
	 "ovs-appctl ofproto/trace; ovs-ofctl dump-flows BRIDGE"},
	{NULL, "vxlan_*", "a VXLAN device dropped it",
	 "ip -d link show type vxlan; bridge fdb show dev DEVICE"},
	{NULL, "geneve_*", "a Geneve device dropped it", "ip -d link show type geneve"},
	{NULL, "wg_*", "WireGuard dropped it: no peer has the address, or no handshake",
	 "wg show: allowed ips, latest handshake"},
	{NULL, "xfrm*", "IPsec dropped it", "ip xfrm policy; ip xfrm state; nstat -az 'Xfrm*'"},
	{NULL, "esp*", "IPsec dropped it", "ip xfrm state; nstat -az 'Xfrm*'"},
	{NULL, "neigh_*", "the next hop does not answer", "ip neigh"},
	{NULL, "arp_*", "ARP dropped it", "ip neigh; sysctl net.ipv4.conf.DEVICE.arp_ignore"},
	{NULL, "ndisc_*", "IPv6 neighbour discovery dropped it", "ip -6 neigh"},
	{NULL, "ieee80211_*", "the wireless stack dropped it",
	 "iw dev DEVICE link; iw dev DEVICE station dump"},
	{NULL, "tcf_*", "a tc filter or action dropped it",
	 "tc -s filter show dev DEVICE ingress; tc -s filter show dev DEVICE egress"},
	{NULL, "qdisc_*", "the queue of a device dropped it", "tc -s qdisc show dev DEVICE"},
	{NULL, "sch_*", "the queue of a device dropped it", "tc -s qdisc show dev DEVICE"},
	{NULL, "bpf_*", "an eBPF program dropped it", "bpftool net; bpftool prog"},
	{NULL, "tun_*", "a tun or tap device dropped it", "ip -s link; ip -d link"},
	{NULL, "veth_*", "a veth dropped it: its other end is gone, or an XDP program",
	 "ip -d -s link show DEVICE"},
	{NULL, "bond_*", "a bond dropped it", "cat /proc/net/bonding/DEVICE"},
	{NULL, "vlan_*", "a VLAN device dropped it", "ip -d link; bridge vlan"},
	{NULL, "tcp_*", "TCP refused the segment", "ss -tmi; nstat -az 'Tcp*'"},
	{NULL, "udp*", "UDP refused the datagram", "ss -uam; nstat -az 'Udp*'"},
	{NULL, "__udp*", "UDP refused the datagram", "ss -uam; nstat -az 'Udp*'"},
	{NULL, "icmp*", "ICMP refused the message", "nstat -az 'Icmp*'"},
	{NULL, "ip6_*", "IPv6 dropped it", "ip -6 route get ADDRESS; nstat -az 'Ip6*'"},
	{NULL, "ip_*", "IPv4 dropped it", "ip route get ADDRESS; nstat -az 'Ip*'"},
	{NULL, "igmp_*", "IGMP dropped it", "ip maddr"},
	{NULL, "sk_*", "a socket threw it away", "ss -am"},
	{NULL, "sock_*", "a socket threw it away", "ss -am"},
	{NULL, "packet_*", "a copy for a capture program", "ss -0 -p: who captures"},
	{NULL, "unix_*", "a unix socket threw it away", "ss -x"},
	{NULL, "napi_*", "the driver threw it away on its way in", "ethtool -S DEVICE; dmesg"},
	{NULL, "dev_*", "the device layer threw it away", "ip -s link; ethtool -S DEVICE"},
	{NULL, "__dev_*", "the device layer threw it away", "ip -s link; ethtool -S DEVICE"},
	{NULL, NULL, NULL, NULL},
};

const struct drop_usual drop_usuals[] = {
	{"NETFILTER_DROP", "nf_hook_slow",
	 "If conntrack -S counts drops or insert_failed, raise net.netfilter.nf_conntrack_max; "
	 "else a firewall rule or a network policy of the CNI does it."},
	{"NETFILTER_DROP", NULL,
	 "A firewall rule does it, or a network policy that the CNI made into rules. Find the rule "
	 "whose counter grows, and let the traffic pass before it."},
	{"NO_SOCKET", "tcp_*",
	 "The sender got a reset: \"connection refused\". The server is down, listens on another port, "
	 "on 127.0.0.1 only, or in another network namespace."},
	{"NO_SOCKET", "__udp*",
	 "The sender got an ICMP port unreachable. The server is down, listens on another port, or has "
	 "closed its socket before the answer came."},
	{"NO_SOCKET", NULL,
	 "The server is down, listens on another port, on 127.0.0.1 only, or in another namespace."},
	{"IP_RPFILTER", NULL,
	 "Routes there and back differ. Give the way back the same interface, or set rp_filter to 2 (loose) "
	 "on the interface; the larger of \"all\" and the interface's own counts."},
	{"PKT_TOO_BIG", NULL,
	 "Small packets pass and large ones vanish. Set the MTU of pods and tunnels to what the way carries, "
	 "let ICMP \"fragmentation needed\" pass, or clamp the TCP MSS."},
	{"NEIGH_FAILED", NULL,
	 "The host is off, has another address, or is not on this link: a wrong netmask or gateway, "
	 "a VLAN, a cloud's own filter."},
	{"NOT_SPECIFIED", "neigh_invalidate",
	 "The host is off, has another address, or is not on this link: a wrong netmask or gateway, "
	 "a VLAN, a cloud's own filter."},
	{"IP_INNOROUTES", NULL,
	 "The routing table lacks the network that the packet goes to (a CNI that has not set its routes), "
	 "or net.ipv4.ip_forward is 0."},
	{"IP_OUTNOROUTES", NULL,
	 "The routing table lacks the network, or its interface is down: often a VPN or CNI that is not up."},
	{"NOT_SPECIFIED", "ip_error",
	 "CNIs put blackhole routes for blocks of addresses whose pods are elsewhere: the route to the "
	 "other node is missing (BGP session, tunnel)."},
	{"SOCKET_RCVBUFF", NULL,
	 "The program does not keep up: give it CPU, more readers, or a larger SO_RCVBUF (net.core.rmem_max)."},
	{"SOCKET_BACKLOG", NULL,
	 "The program does not keep up: give it CPU, or larger buffers (net.ipv4.tcp_rmem)."},
	/* the counter of a socket (sk_drops) grows with every SYN that comes again, too */
	{"LISTEN_OVERFLOW", NULL,
	 "The server accepts too slowly, or its backlog is small: raise listen()'s backlog and "
	 "net.core.somaxconn."},
	{"TCP_LISTEN_OVERFLOW", NULL,
	 "Clients see slow connects and timeouts now and then. The server accepts too slowly (one thread, a "
	 "pause, no CPU), or its backlog is small: raise listen()'s backlog and net.core.somaxconn."},
	{"SYN_FLOOD", NULL,
	 "A real flood, a load test, or clients that all come back after a restart. SYN cookies let the real "
	 "ones in; raise the backlog where this is everyday load."},
	{"QDISC_*", NULL,
	 "The link or its shaper is slower than what is sent: look for a bandwidth annotation of the pod, "
	 "tc tbf or htb, or a full uplink."},
	{"CPU_BACKLOG", NULL,
	 "One CPU takes in too much: spread the interrupts (RSS, RPS), raise net.core.netdev_max_backlog."},
	{"TCP_RFC7323_PAWS", NULL,
	 "Some clients behind a NAT cannot connect while others can: timestamps of several machines are mixed."},
	{"TCP_ZEROWINDOW", NULL,
	 "The receiving program has stopped reading: it hangs, waits for a disk or a lock, or lacks CPU."},
	{"TCP_INVALID_SEQUENCE", NULL,
	 "A NAT or firewall forgot the connection and made another of it: idle timeouts shorter than the "
	 "keepalive, or asymmetric routes."},
	{"NEIGH_CREATEFAIL", NULL,
	 "More neighbours than net.ipv4.neigh.default.gc_thresh3: raise it on large flat networks."},
	{"VXLAN_VNI_NOT_FOUND", NULL,
	 "The two ends do not agree on the VNI or port, or the device was removed: compare both nodes."},
	{"FRAG_REASM_TIMEOUT", NULL,
	 "Fragments are lost on the way, as firewalls and clouds like to: lower the MTU, or send less at once "
	 "(EDNS buffer size of DNS, for example)."},
	{"BPF_CGROUP_EGRESS", NULL,
	 "A unit's IPAddressDeny= or RestrictNetworkInterfaces= (systemd), or a CNI's program."},
	{"TC_INGRESS", NULL,
	 "The CNI's program does it: a network policy, or an address it does not know."},
	{"TC_EGRESS", NULL,
	 "The CNI's program does it: a network policy, or an address it does not know."},
	{"XDP", NULL,
	 "A load balancer's or DDoS filter's program: look whose it is and at its own counters."},
	{"IP_INHDR", NULL,
	 "Two routers that send the packet to each other, or somebody's traceroute."},
	{"TCP_CSUM", NULL,
	 "Broken checksum offload of a virtual or tunnel device is the usual cause: ethtool -K DEVICE tx off "
	 "proves it."},
	{"UDP_CSUM", NULL,
	 "Broken checksum offload of a virtual or tunnel device is the usual cause: ethtool -K DEVICE tx off "
	 "proves it."},
	{NULL, NULL, NULL},
};
