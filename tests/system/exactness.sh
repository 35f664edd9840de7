#!/bin/bash
# SPDX-License-Identifier: MIT
# Packets and bytes of every connection, in each direction: what a packet capture of the
# same traffic counts, or where segments travel in bundles, what the kernel's counters imply.
# timeout: 180
. "${0%/*}/lib.sh"
# shellcheck source=tools/topology.sh
. "${0%/*}/tools/topology.sh"

CLASSES="TCPv4 TCPv6 UDPv4 UDPv6"

# capture NS IFACE: tcpdump into $TMP/IFACE.pcap, running when it returns
capture() {
	bg_in "$1" tcpdump -i "$2" --immediate-mode -B 32768 -s 160 -U -w "$TMP/$2.pcap"
	CAPTURE_PID=$BG_PID CAPTURE_LOG=$BG_LOG
	wait_for 10 grep -q 'listening on' "$BG_LOG"
}

# The capture is whole: tcpdump has written all that came, and lost nothing.
capture_end() {
	sleep 0.5
	stop_bg "$CAPTURE_PID"
	is "$(awk '/dropped by kernel/ { print $1 }' "$CAPTURE_LOG")" 0 "$1: the capture lost nothing"
}

# compared PCAP PREFIX CLASS...: each class of connections is as captured
compared() {
	local prefix=$2 class row n different missing extra ids

	$PYTHON "$TOOLS/compare.py" "$1" "$TMP/flows.json" >"$TMP/compared" 2>"$TMP/differences"
	TOTAL=0
	for class in "${@:3}"; do
		row=$(grep "^$class " "$TMP/compared" || echo "$class 0 0 0 0 0")
		read -r _ n different missing extra ids <<<"$row"
		TOTAL=$((TOTAL + n))
		check "$prefix: $class connections were made ($n)" test "$n" -gt 0
		if [ "$n" -gt 0 ] && [ "$different $missing $extra" = "0 0 0" ]; then
			ok "$prefix: $class packets and bytes both ways as captured"
		else
			not_ok "$prefix: $class packets and bytes both ways as captured" \
				"of $n: $different different, $missing missing, $extra not captured" \
				"$(grep "^${class%v?}" "$TMP/differences")"
		fi
		is "$ids" 0 "$prefix: $class one id a connection"
	done
}

# deltas PREFIX: what the events of a connection tell, added up, is its final total
deltas() {
	is "$(jq -s '[ .[] | .flow // empty | .extensions.value | select(.connection_id) ] |
		group_by(.connection_id) | map(select(any(.event == "end"))) |
		map({ sum: (map((.forward.delta_packets // 0) + (.reply.delta_packets // 0)) | add),
		      total: (map(select(.event == "end")) | last |
			      (.forward.packets // 0) + (.reply.packets // 0)) }) |
		map(select(.sum != .total)) | length' "$TMP/flows.json")" 0 \
		"$1: the parts told by the events make the totals"
}

# fetch NS ADDRESS SIZE...: one connection each
fetch() {
	local size

	for size in "${@:3}"; do
		in_ns "$1" curl -sg -o /dev/null --max-time 20 "http://$2:8080/$size"
	done
}

fetch_many() {
	local i

	for i in {1..9}; do fetch "$1" "$2" 0 100 10000 1000000 10000 100 0; done
}

# ask NS SERVER FIRST LAST: a question each
ask() {
	local i

	for ((i = $3; i <= $4; i++)); do
		in_ns "$1" dig +tries=1 +time=3 "@$2" "$i.pitot.test" >/dev/null
	done
}

# mix NS SERVER4 SERVER6: more than 200 connections of real programs
mix() {
	fetch_many "$1" "$2" &
	fetch_many "$1" "[$3]"
	wait $!
	ask "$1" "$2" 1 50 &
	ask "$1" "$3" 1 50
	wait $!
	in_ns "$1" dig +tcp "@$2" 1.pitot.test >/dev/null
	in_ns "$1" iperf3 -c "$2" -n 4M >/dev/null
	in_ns "$1" iperf3 -c "$3" -n 4M -R >/dev/null
	in_ns "$1" iperf3 -c "$2" -u -b 8M -t 1 -l 1000 >/dev/null
	in_ns "$1" iperf3 -c "$3" -u -b 8M -t 1 -l 1000 >/dev/null
}

servers() {
	web s 8080 '[::]:8080'
	names s
	bg_in s iperf3 -s
	wait_for 5 listening s tcp 5201
}

# Watched at the server's own interface.
at_the_server() {
	no_offloads c c0
	no_offloads s s0
	observe s
	capture s s0
	mix c 10.8.1.2 fd08:1::2
	capture_end "one veth"
	observed
	# shellcheck disable=SC2086
	compared "$TMP/s0.pcap" "one veth" $CLASSES
	check "one veth: at least 200 connections ($TOTAL)" test "$TOTAL" -ge 200
	deltas "one veth"
}

# Connections by the thousand, many of them open at a time.
many_at_once() {
	local parallel=(curl -s -Z --parallel-max 100 -H 'Connection: close')

	observe s --ring-size 16M
	capture s s0
	in_ns c "${parallel[@]}" 'http://10.8.1.2:8080/100?[1-1000]' >/dev/null 2>&1 &
	in_ns c "${parallel[@]}" 'http://\[fd08:1::2\]:8080/10000?[1-500]' >/dev/null 2>&1
	wait $!
	capture_end "many at once"
	observed
	compared "$TMP/s0.pcap" "many at once" TCPv4 TCPv6
	check "many at once: 1500 connections ($TOTAL)" test "$TOTAL" -ge 1500
	deltas "many at once"
	is "$(flows 'select(.extensions.value.event == "end" and .l4.TCP) | .extensions.value |
		[.source_process.comm, .destination_process.comm, .initiator, .closed]' | sort -u)" \
		'["curl","nginx","syn",true]' "many at once: each with its programs, closed"
}

# segments NS: TCP segments that it has sent, retransmissions too; a bundle counts as its parts
segments() {
	echo $(($(counter "$1" TcpOutSegs) + $(counter "$1" TcpRetransSegs)))
}

# ends FIELD: that counter, [forward, reply], added over the TCP connections to port 8080
ends() {
	flows "select(.extensions.value.event == \"end\" and (.l4.TCP // {} |
		.source_port == 8080 or .destination_port == 8080)) |
		[.extensions.value.forward.$1, .extensions.value.reply.$1]" |
		jq -cs 'transpose | map(add)'
}

# sent NS IFACE: frames that the interface has sent, a bundle being one
sent() {
	in_ns "$1" ip -s -j link show "$2" | jq '.[].stats64.tx.packets'
}

# Without SACK each segment has 12 bytes of TCP options, the SYN 20: the bytes follow from the
# segments and from what the programs sent.
# bundles NAME URL HEADER: HEADER is that of IP and TCP with these options
bundles() {
	local client server frames request head body

	observe s
	client=$(segments c) server=$(segments s) frames=$(sent s s0)
	read -r request head body < <(in_ns c curl -sg -o /dev/null --max-time 20 \
		-w '%{size_request} %{size_header} %{size_download}' "$2")
	sleep 0.5
	client=$(($(segments c) - client)) server=$(($(segments s) - server))
	frames=$(($(sent s s0) - frames))
	observed
	is "$body" 20000000 "$1: all was sent"
	check "$1: there were bundles ($server segments in $frames)" test "$server" -gt $((2 * frames))
	is "$(ends packets)" "[$client,$server]" "$1: packets are the segments that TCP counts"
	is "$(ends bytes)" "[$((client * $3 + 8 + request)),$((server * $3 + 8 + head + body))]" \
		"$1: bytes are those of the segments with their headers"
}

with_offloads() {
	in_ns c ethtool -K c0 tso on gso on gro on >/dev/null 2>&1
	in_ns s ethtool -K s0 tso on gso on gro on >/dev/null 2>&1
	in_ns c sysctl -qw net.ipv4.tcp_sack=0
	bundles "bundles" http://10.8.1.2:8080/20000000 52
	bundles "bundles, IPv6" 'http://[fd08:1::2]:8080/20000000' 72
	# beyond 64 KiB the kernel marks them with an extension header that no wire sees
	in_ns c ip link set c0 gso_max_size 180000 gro_max_size 180000
	in_ns s ip link set s0 gso_max_size 180000 gro_max_size 180000
	bundles "big bundles, IPv6" 'http://[fd08:1::2]:8080/20000000' 72
	in_ns c sysctl -qw net.ipv4.tcp_sack=1
	udp_bundles
}

# Forty datagrams of 60,000 bytes that the kernel is told to cut in parts of 1,000.
udp_bundles() {
	observe s
	net c udp-send 10.8.1.2 5555 40 size=60000 gso=1000 sport=5554
	sleep 0.3
	observed
	is "$(flows 'select(.extensions.value.event == "end" and .l4.UDP.destination_port == 5555 and
		.is_reply != true) | [.extensions.value.forward.packets, .extensions.value.forward.bytes]')" \
		"[2400,$((2400 * 1028))]" "bundles: UDP counts as its datagrams"
}

# Client, bridge, server: the bridge's namespace sees each packet on two interfaces or three.
at_the_bridge() {
	ns_new bridge
	veth c c2 10.8.3.1/24,fd08:3::1/64 bridge port1 -
	veth s s2 10.8.3.2/24,fd08:3::2/64 bridge port2 -
	in_ns bridge ip link add br0 type bridge
	in_ns bridge ip link set port1 master br0
	in_ns bridge ip link set port2 master br0
	if_up bridge br0 10.8.3.254/24,fd08:3::fe/64
	no_offloads bridge port1 port2 br0
	no_offloads c c2
	no_offloads s s2
	web bridge 8080
	wait_for 10 in_ns c ping -qc 1 -W 1 10.8.3.2
	observe bridge
	capture bridge port1
	fetch_many c 10.8.3.2 &
	fetch_many c "[fd08:3::2]"
	wait $!
	ask c 10.8.3.2 1 20
	ask c fd08:3::2 1 20
	fetch c 10.8.3.254 10000 100
	capture_end "bridge"
	observed
	# shellcheck disable=SC2086
	compared "$TMP/port1.pcap" "bridge" $CLASSES
	is "$(flows 'select(.extensions.value.event == "end" and .l4.TCP) |
		select(.IP.source != "10.8.3.254" and .IP.destination != "10.8.3.254") |
		[.interface.name] + .extensions.value.interfaces | unique' | sort -u)" \
		'["port1","port2"]' "bridge: both ports are listed with each connection"
	is "$(flows 'select(.extensions.value.event == "end" and .l4.TCP) |
		select(.IP.source == "10.8.3.254" or .IP.destination == "10.8.3.254") |
		[.interface.name] + .extensions.value.interfaces | unique' | sort -u)" \
		'["br0","port1"]' "bridge: its own traffic passes its port and itself"
}

at_loopback() {
	no_offloads s lo
	observe s
	capture s lo
	fetch s 127.0.0.1 0 10000 1000000
	fetch s '[::1]' 0 10000 1000000
	ask s 127.0.0.1 1 5
	ask s ::1 1 5
	capture_end "loopback"
	observed
	# shellcheck disable=SC2086
	compared "$TMP/lo.pcap" "loopback" $CLASSES
}

ns_new c
ns_new s
veth c c0 10.8.1.1/24,fd08:1::1/64 s s0 10.8.1.2/24,fd08:1::2/64
servers
at_the_server
many_at_once
with_offloads
at_the_bridge
at_loopback
