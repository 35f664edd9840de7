#!/bin/bash
# SPDX-License-Identifier: MIT
# Every cause of a dropped packet that can be made on any machine: named by its
# reason, its function, its addresses and its interface, and counted.
# timeout: 120
. "${0%/*}/lib.sh"
# shellcheck source=tools/topology.sh
. "${0%/*}/tools/topology.sh"

CLIENT=10.8.1.1 ROUTER=10.8.1.254 SERVER=10.8.2.2
FRAME="eth dst=$MAC_C1 src=$MAC_C0 /" # from the client to the router

# frame [-n COUNT] LAYER...: a crafted frame from the client to the router
frame() {
	local n=1

	[ "$1" != -n ] || { n=$2; shift 2; }
	# shellcheck disable=SC2086
	craft c -n "$n" c0 $FRAME "$@"
}

# udp NS DST PORT [COUNT [KEY=VALUE...]]
udp() { net "$1" udp-send "$2" "$3" "${4:-3}" "${@:5}"; }

# ---------------------------------------------------------------- the causes

cause_netfilter() {
	in_ns r nft -f - <<-RULES
		table inet t {
			chain at_input { type filter hook input priority 0; udp dport 4001 drop; }
			chain at_forward { type filter hook forward priority 0; udp dport 4002 drop; }
			chain at_output { type filter hook output priority 0; udp dport 4003 drop; }
		}
	RULES
	udp c $ROUTER 4001 5
	udp c $SERVER 4002 5
	udp r $SERVER 4003 5
}

cause_closed_ports() {
	net c tcp-connect $ROUTER 4004
	net c tcp-connect fd08:1::fe 4004
	udp c $ROUTER 4005 5
	udp c fd08:1::fe 4005 5
	# loopback and own addresses: of two namespaces, one of them the observer's
	net c tcp-connect 127.0.0.1 4006
	net c tcp-connect ::1 4006
	net r tcp-connect 127.0.0.1 4027
}

cause_addresses() {
	in_ns r sysctl -qw net.ipv4.conf.c1.rp_filter=1
	frame -n 3 ip src=10.8.2.77 dst=$ROUTER / udp sport=100 dport=4007
	in_ns r sysctl -qw net.ipv4.conf.c1.rp_filter=0
	frame -n 3 ip src=127.0.0.5 dst=$ROUTER / udp sport=100 dport=4008
	frame -n 3 ip src=$ROUTER dst=$ROUTER / udp sport=100 dport=4009
}

cause_routes() {
	in_ns r ip route add blackhole 10.98.0.0/16
	in_ns r ip route add prohibit 10.97.0.0/16
	udp c 10.99.0.1 4011
	udp c 10.98.0.1 4012
	udp c 10.97.0.1 4013
	udp c fd99::1 4011
	udp c $SERVER 4014 3 ttl=1
	in_ns r ip link set s1 mtu 1300
	udp c $SERVER 4015 1 size=1400 df=1
	in_ns r ip link set s1 mtu 1500
}

cause_sockets() {
	bg_net s udp-server $SERVER 4016 rcvbuf=2304 read=0
	udp c $SERVER 4016 200 size=500
	bg_net s udp-server $SERVER 4017 filter=1
	udp c $SERVER 4017
}

cause_checksums() {
	frame -n 3 ip src=$CLIENT dst=$ROUTER / tcp sport=100 dport=4018 csum=bad
	frame -n 3 ip src=$CLIENT dst=$ROUTER / udp sport=100 dport=4019 csum=bad / data size=20
	frame -n 3 ip src=$CLIENT dst=$ROUTER csum=bad / udp sport=100 dport=4020 / data size=20
}

cause_neighbours() {
	in_ns r sysctl -qw net.ipv4.neigh.s1.retrans_time_ms=100 net.ipv4.neigh.s1.mcast_solicit=2 \
		net.ipv6.neigh.s1.retrans_time_ms=100 net.ipv6.neigh.s1.mcast_solicit=2
	udp c 10.8.2.99 4021
	udp c fd08:2::99 4021
}

cause_bpf() {
	local object=$ROOT/build/tests/system/tools/drop.bpf.o

	in_ns r tc qdisc add dev c1 clsact
	in_ns r tc qdisc add dev s1 clsact
	in_ns r tc filter add dev c1 ingress bpf da obj "$object" sec tc
	in_ns r tc filter add dev s1 egress bpf da obj "$object" sec tc
	udp c $ROUTER 4501
	udp r $SERVER 4501
	in_ns r ip link set dev c1 xdpgeneric obj "$object" sec xdp
	in_ns r ip link set dev s1 xdpdrv obj "$object" sec xdp
	udp c $ROUTER 4502
	udp s 10.8.2.254 4502
	in_ns r ip link set dev c1 xdpgeneric off
	in_ns r ip link set dev s1 xdpdrv off
	cause_cgroup "$object"
}

cause_cgroup() {
	local root group

	root=$(findmnt -fno TARGET -t cgroup2)
	group=$root/pitot-test-$$
	CGROUP=$group
	[ -n "$root" ] && mkdir "$group" || return
	at_exit rmdir "$group"
	bpftool prog loadall "$1" "/sys/fs/bpf/pitot-test-$$" || return
	at_exit rm -rf "/sys/fs/bpf/pitot-test-$$"
	bpftool cgroup attach "$group" egress pinned "/sys/fs/bpf/pitot-test-$$/drop_egress"
	# shellcheck disable=SC2016
	bash -c 'echo $$ >"$0/cgroup.procs"; exec "$@"' "$group" \
		nsenter --net="/run/netns/$(ns_name r)" $PYTHON "$TOOLS/net.py" udp-send $SERVER 4503 3
}

cause_qdisc() {
	in_ns r sysctl -qw net.ipv6.conf.s1.disable_ipv6=1 # the datagrams have the queue alone
	sleep 0.2
	in_ns r tc qdisc add dev s1 root tbf rate 8kbit burst 1600 limit 1600
	udp c $SERVER 4022 50 size=200
	QDISC_DROPS=$(in_ns r tc -s -j qdisc show dev s1 | jq '.[] | select(.kind == "tbf") | .drops')
	in_ns r tc qdisc del dev s1 root
}

no_carrier() { in_ns "$1" ip -o link show dev "$2" | grep -q 'state LOWERLAYERDOWN'; }

cause_device_down() {
	in_ns r ip neigh replace $SERVER lladdr $MAC_S0 nud permanent dev s1
	in_ns s ip link set s0 down
	wait_for 5 no_carrier r s1
	udp r $SERVER 4023 3
	in_ns s ip link set s0 up
	in_ns s ip route add default via 10.8.2.254
}

# One of the two sequence numbers, half the space apart, is old and the other is not yet valid.
cause_tcp_window() {
	bg_net r echo-server $ROUTER 4024
	bg_net c tcp-hold $ROUTER 4024
	WINDOW_PORT=$(awk '{ print $2 }' "$BG_LOG")
	frame ip src=$CLIENT dst=$ROUTER / tcp sport="$WINDOW_PORT" dport=4024 flags=ACK seq=1000 / \
		data size=10
	frame ip src=$CLIENT dst=$ROUTER / tcp sport="$WINDOW_PORT" dport=4024 flags=ACK \
		seq=2147484648 / data size=10
}

cause_fragments() {
	in_ns r sysctl -qw net.ipv4.ipfrag_time=1
	frame ip src=$CLIENT dst=$ROUTER id=77 mf=1 / udp sport=100 dport=4025 / data size=100
}

cause_vxlan() {
	in_ns r ip link add vx0 type vxlan id 5 dstport 4789 local $ROUTER
	in_ns r ip link set vx0 up
	frame -n 3 ip src=$CLIENT dst=$ROUTER / udp sport=100 dport=4789 / vxlan vni=6 / \
		eth / ip src=1.1.1.1 dst=2.2.2.2 / udp sport=1 dport=2
}

cause_bridge() {
	ns_new b
	veth c c2 10.8.3.1/24 b b1 -
	veth s s2 10.8.3.2/24 b b2 -
	in_ns b ip link add br0 type bridge
	in_ns b ip link set br0 up
	in_ns b ip link set b1 master br0
	in_ns b ip link set b2 master br0
	in_ns c ip neigh add 10.8.3.2 lladdr 02:00:00:00:00:99 dev c2
	in_ns b bridge link set dev b1 isolated on
	in_ns b bridge link set dev b2 isolated on
	in_ns b bridge fdb add 02:00:00:00:00:99 dev b2 master static
	udp c 10.8.3.2 4026 3
}

# ------------------------------------------------------------ the assertions

# One object a drop: the largest of its totals. Every value is a string. Drops of namespaces
# that are not this test's are left out.
tabulate() {
	jq -s --arg mine "$(for ns in c r s b; do netns_of $ns; done)" '[ .[] | .flow // empty | select(.extensions.value.event == "drop") |
		.extensions.value.drop as $d |
		select($d.netns == null or any($mine | split("\n")[]; . == ($d.netns | tostring))) |
		(.l4 // {} | to_entries | .[0].value // {}) as $l4 |
		{ verdict, reason: $d.reason, function: $d.function, text: $d.text,
		  normal: ($d.normal // false), src: .IP.source, dst: .IP.destination,
		  protocol: (.l4 // {} | keys[0]), sport: $l4.source_port, dport: $l4.destination_port,
		  src_identity: .source.identity, dst_identity: .destination.identity,
		  src_process: ((.extensions.value.source_process.comm // "") | sub("[0-9.]+$"; "3")),
		  interface: .interface.name, netns: $d.netns, packets: $d.packets, bytes: $d.bytes } ] |
		group_by(del(.packets, .bytes)) | map(max_by(.packets) | map_values(tostring))' \
		"$TMP/flows.json" >"$TMP/drops"
}

# dropped NAME KEY=VALUE...: there is such a drop
dropped() {
	local name=$1 args=() word

	shift
	for word in verdict=DROPPED "$@"; do args+=(--arg "${word%%=*}" "${word#*=}"); done
	if jq -e "${args[@]}" 'any(.[]; . as $d | $ARGS.named | to_entries |
		all(.value == $d[.key]))' "$TMP/drops" >/dev/null; then
		ok "$name"
		return
	fi
	not_ok "$name" "wanted: $*" "$(jq -r "${args[@]}" '.[] |
		select(.dport == $ARGS.named.dport or .reason == $ARGS.named.reason) |
		"saw: " + (to_entries | map(.key + "=" + .value) | join(" "))' "$TMP/drops" | head -8)"
}

assert_netfilter() {
	local rule="reason=NETFILTER_DROP function=nft_do_chain packets=5 protocol=UDP"

	# shellcheck disable=SC2086
	{
		dropped "nft rule in input" $rule src=$CLIENT dst=$ROUTER dport=4001 interface=c1 netns="$1"
		dropped "nft rule in forward" $rule src=$CLIENT dst=$SERVER dport=4002 interface=c1
		dropped "nft rule in output" $rule src=10.8.2.254 dst=$SERVER dport=4003
	}
}

assert_closed_ports() {
	local at

	dropped "closed TCP port" reason=NO_SOCKET function=tcp_v4_rcv src=$CLIENT dst=$ROUTER \
		dport=4004 protocol=TCP interface=c1 packets=1
	dropped "closed TCP port, IPv6" reason=NO_SOCKET function=tcp_v6_rcv src=fd08:1::1 \
		dst=fd08:1::fe dport=4004 protocol=TCP interface=c1 packets=1
	dropped "closed UDP port" reason=NO_SOCKET function=__udp4_lib_rcv src=$CLIENT dst=$ROUTER \
		dport=4005 interface=c1 packets=5
	for at in 127.0.0.1 ::1; do
		dropped "another namespace's $at is not this host" dst=$at dport=4006 \
			src_identity=3 dst_identity=3 src_process=python3 netns="$(netns_of c)"
	done
	dropped "the own 127.0.0.1 is" dst=127.0.0.1 dport=4027 src_identity=1 dst_identity=1 \
		netns="$(netns_of r)"
	dropped "closed UDP port, IPv6" reason=NO_SOCKET function=__udp6_lib_rcv src=fd08:1::1 \
		dst=fd08:1::fe dport=4005 interface=c1 packets=5
}

assert_addresses() {
	dropped "strict rp_filter" reason=IP_RPFILTER function=ip_rcv_finish_core src=10.8.2.77 \
		dst=$ROUTER sport=100 dport=4007 interface=c1 packets=3
	dropped "martian source, loopback" reason=IP_LOCALNET function=ip_rcv_finish_core \
		src=127.0.0.5 dst=$ROUTER dport=4008 interface=c1 packets=3
	dropped "martian source, own address" reason=IP_LOCAL_SOURCE function=ip_rcv_finish_core \
		src=$ROUTER dst=$ROUTER dport=4009 interface=c1 packets=3
}

assert_routes() {
	dropped "no route" reason=IP_INNOROUTES function=ip_error src=$CLIENT dst=10.99.0.1 \
		dport=4011 interface=c1 packets=3
	dropped "no route, IPv6" reason=IP_INNOROUTES function=ip6_pkt_discard dst=fd99::1 dport=4011 \
		interface=c1 packets=3
	dropped "blackhole route" reason=NOT_SPECIFIED function=ip_error dst=10.98.0.1 dport=4012 \
		interface=c1 packets=3
	dropped "prohibit route" reason=NOT_SPECIFIED function=ip_error dst=10.97.0.1 dport=4013 \
		interface=c1 packets=3
	is "$(jq -r '.[] | select(.reason == "NOT_SPECIFIED" and .text == "null") | .function' \
		"$TMP/drops" | sort -u)" "" "where the reason is silent, words stand for the function"
	dropped "TTL exceeded" reason=IP_INHDR function=ip_forward dst=$SERVER dport=4014 \
		interface=c1 packets=3
	dropped "too big, DF set" reason=PKT_TOO_BIG function=ip_forward dst=$SERVER dport=4015 \
		interface=c1 packets=1 bytes=1428
}

assert_sockets() {
	dropped "UDP receive buffer full" reason=SOCKET_RCVBUFF function=udp_queue_rcv_one_skb \
		src=$CLIENT dst=$SERVER dport=4016 packets="$2" netns="$1"
	dropped "socket filter" reason=SOCKET_FILTER function=udp_queue_rcv_one_skb dst=$SERVER \
		dport=4017 packets=3
}

assert_checksums() {
	dropped "bad TCP checksum" reason=TCP_CSUM function=tcp_v4_rcv src=$CLIENT dst=$ROUTER \
		sport=100 dport=4018 protocol=TCP interface=c1 packets=3
	dropped "bad UDP checksum" reason=UDP_CSUM function=__udp4_lib_rcv src=$CLIENT dst=$ROUTER \
		sport=100 dport=4019 interface=c1 packets=3 bytes=144
	dropped "bad IP checksum" reason=IP_CSUM function=ip_rcv_core src=$CLIENT dst=$ROUTER \
		sport=100 dport=4020 interface=c1 packets=3
}

assert_neighbours() {
	dropped "silent neighbour" reason=NEIGH_FAILED function=neigh_invalidate src=$CLIENT \
		dst=10.8.2.99 dport=4021 interface=s1 packets=3
	dropped "silent neighbour, IPv6" reason=NOT_SPECIFIED function=neigh_invalidate \
		dst=fd08:2::99 dport=4021 interface=s1 packets=3
}

assert_bpf() {
	dropped "tc filter, ingress" reason=TC_INGRESS function=__netif_receive_skb_core \
		src=$CLIENT dst=$ROUTER dport=4501 interface=c1 packets=3
	dropped "tc filter, egress" reason=TC_EGRESS function=__dev_queue_xmit dst=$SERVER \
		dport=4501 interface=s1 packets=3
	dropped "XDP, generic" reason=NOT_SPECIFIED function=do_xdp_generic dst=$ROUTER dport=4502 \
		interface=c1 packets=3
	dropped "XDP, native" reason=NOT_SPECIFIED function=veth_xdp_rcv_skb src=$SERVER \
		dst=10.8.2.254 dport=4502 interface=s1 packets=3
	if [ -d "$CGROUP" ]; then
		dropped "eBPF of a cgroup" reason=BPF_CGROUP_EGRESS function=ip_finish_output \
			dst=$SERVER dport=4503 packets=3
	else
		skip "eBPF of a cgroup" "no cgroup2 to make a group in"
	fi
}

assert_links() {
	dropped "qdisc full" reason=QDISC_DROP function=__dev_queue_xmit src=$CLIENT dst=$SERVER \
		dport=4022 interface=s1 packets="$QDISC_DROPS"
	dropped "device down" reason=QDISC_DROP function=__dev_queue_xmit dport=4023 dst=$SERVER \
		interface=s1 packets=3
	dropped "wrong VNI" reason=VXLAN_VNI_NOT_FOUND function=vxlan_rcv src=$CLIENT dst=$ROUTER \
		sport=100 dport=4789 interface=c1 packets=3
	dropped "isolated ports of a bridge" reason=NOT_SPECIFIED function=br_handle_frame_finish \
		src=10.8.3.1 dst=10.8.3.2 dport=4026 interface=b1 packets=3
}

assert_transport() {
	dropped "segment before the window" reason=TCP_OLD_SEQUENCE function=tcp_validate_incoming \
		sport="$WINDOW_PORT" dport=4024 protocol=TCP interface=c1 packets=1
	dropped "segment after the window" reason=TCP_INVALID_SEQUENCE \
		function=tcp_validate_incoming sport="$WINDOW_PORT" dport=4024 protocol=TCP packets=1
	dropped "lost fragments" reason=FRAG_REASM_TIMEOUT function=ip_expire src=$CLIENT \
		dst=$ROUTER sport=100 dport=4025 packets=1
}

drop_table() {
	observe r
	cause_netfilter
	cause_closed_ports
	cause_addresses
	cause_routes
	cause_sockets
	cause_checksums
	cause_fragments
	cause_neighbours
	cause_bpf
	cause_qdisc
	cause_tcp_window
	cause_vxlan
	cause_bridge
	cause_device_down
	sleep 1.5 # the fragments' time runs out, the neighbours are given up
	observed
	tabulate
	assert_netfilter "$(netns_of r)"
	assert_closed_ports
	assert_addresses
	assert_routes
	assert_sockets "$(netns_of s)" "$(counter s UdpRcvbufErrors)"
	assert_checksums
	assert_neighbours
	assert_bpf
	assert_links
	assert_transport
	is "$(flows '.extensions.value.drop.stack // empty' | wc -l)" 0 "no stack where none is asked for"
}

# The way that a packet had come, innermost first.
stacks() {
	local stack

	observe r --drop-stack
	udp c $ROUTER 4040 3
	observed
	stack=$(flows 'select(.extensions.value.event == "drop" and .l4.UDP.destination_port == 4040) |
		.extensions.value.drop.stack | map(split("+")[0]) | join(" ")' | head -n 1)
	check "--drop-stack: from the dropping function outwards ($stack)" \
		grep -qE '__udp4_lib_rcv.* ip_local_deliver.* __netif_receive_skb' <<<"$stack"
}

# ------------------------------------------------------- what has no event

# listener PORT EXPR: of each listen_drop event about that port of the server's
listener() {
	flows "select(.extensions.value.event == \"listen_drop\" and
		.extensions.value.destination_process.netns == $(netns_of s) and
		.l4.TCP.destination_port == $1) | $2"
}

# Of the packets that a listener dropped: ss -m counts them all.
socket_drops() {
	in_ns s ss -Hltnm "sport = :$1" | sed -nE 's/.*,d([0-9]+)\).*/\1/p'
}

# A full accept queue, a full queue of half-open connections, and one that has little room
# left: the kernel sends no event. A SYN that comes again, its answer lost, is none of them.
listen_drops() {
	local queue flood total

	in_ns s sysctl -qw net.ipv4.tcp_syncookies=0 net.ipv4.tcp_max_syn_backlog=16
	bg_net s listen $SERVER 4032 8
	bg_net s listen $SERVER 4033 64
	bg_net s listen $SERVER 4030 1
	queue=$BG_PID
	bg_net s listen $SERVER 4031 4
	flood=$BG_PID
	observe r
	bg_net c tcp-hold $SERVER 4030 10
	sleep 1.5 # the SYNs are sent again
	stop_bg "$BG_PID"
	frame -n 5 ip src=10.8.1.100 dst=$SERVER / tcp sport=1000 dport=4032
	frame -n 100 ip src=10.8.1.100+ dst=$SERVER / tcp sport=1000 dport=4031
	frame -n 40 ip src=10.8.1.100+ dst=$SERVER / tcp sport=1000 dport=4033
	sleep 1
	total=$(counter s TcpExtListenDrops)
	observed
	is "$(listener 4030 .IP.destination | sort -u)" $SERVER "full accept queue: the listener"
	is "$(listener 4030 .extensions.value.destination_process.pid | sort -u)" "$queue" \
		"full accept queue: its process"
	is "$(listener 4030 .extensions.value.listen.backlog_max | sort -u)" 1 \
		"full accept queue: its size"
	is "$(listener 4031 .IP.destination | sort -u)" $SERVER "SYN flood: the listener"
	is "$(listener 4031 .extensions.value.destination_process.pid | sort -u)" "$flood" \
		"SYN flood: its process"
	is "$(listener 4031 .extensions.value.listen.synflood | tail -n 1)" true "SYN flood: said so"
	check "nearly full without SYN cookies: told" \
		test "$(listener 4033 .extensions.value.listen.delta_drops | jq -s add)" -gt 20
	is "$(socket_drops 4032)" 4 "the same SYN again: dropped"
	is "$(listener 4032 .)" "" "the same SYN again: no queue was full"
	is "$(listener '(4030, 4031, 4033)' '[.l4.TCP.destination_port, .extensions.value.listen.drops]' |
		jq -s 'group_by(.[0]) | map(map(.[1]) | max) | add')" "$total" \
		"requests lost, as the kernel counts them"
	is "$(listener '(4030, 4031, 4033)' .extensions.value.listen.delta_drops | jq -s add)" "$total" \
		"the parts of the events make the whole"
}

# Two namespaces just made, with all that IPv6 says by itself, and no more.
quiet() {
	local mine

	ns_new q1
	ns_new q2
	for mine in q1 q2; do
		in_ns $mine sysctl -qw net.ipv6.conf.default.accept_dad=1 \
			net.ipv6.conf.default.router_solicitations=3
	done
	observe q1
	pitot_start --ns q1 --name all --all-drops
	veth q1 quiet1 10.8.9.1/24 q2 quiet2 10.8.9.2/24
	sleep 10
	observed
	pitot_stop all
	mine=".extensions.value | select(.event == \"drop\") | .drop |
		select(.netns == $(netns_of q1) or .netns == $(netns_of q2)) | .function + \" \" + .reason"
	is "$(flows "$mine" | sort | uniq -c)" "" "a quiet namespace shows no drop"
	check "what passes there is seen" test "$(flow_count .interface.name==\"quiet1\")" -gt 0
	check "--all-drops shows what is normal, as such" test "$(jq -r ".flow // empty |
		select(.extensions.value.drop.normal) | $mine" "$TMP/all.json" | wc -l)" -gt 0
}

three_namespaces
drop_table
stacks
listen_drops
quiet
