#!/bin/bash
# SPDX-License-Identifier: MIT
# What is not plain TCP or UDP over Ethernet: tunnels, tags, fragments, extension headers,
# echo, and ICMP errors, which belong to the flow that they are about.
# timeout: 90
# shellcheck disable=SC2016 # jq's variables
. "${0%/*}/lib.sh"
# shellcheck source=tools/topology.sh
. "${0%/*}/tools/topology.sh"

CLIENT=10.8.1.1 ROUTER=10.8.1.254 SERVER=10.8.2.2

# frame LAYER...: from the client to the router, crafted
frame() { craft c c0 eth dst=$MAC_C1 src=$MAC_C0 / "$@"; }

# last_of PROTOCOL PORT EXPR: EXPR on the final events of connections to that port
last_of() {
	flows "select(.extensions.value.event == \"end\" and (.l4.$1 // {} |
		.source_port == $2 or .destination_port == $2)) | .extensions.value as \$v | $3"
}

# ----------------------------------------------------------------- tunnels

vxlan_devices() {
	in_ns c ip link add vx0 type vxlan id 42 local $CLIENT remote $SERVER dstport 4789 dev c0
	in_ns s ip link add vx0 type vxlan id 42 local $SERVER remote $CLIENT dstport 4789 dev s0
	in_ns c ip link set vx0 address 02:00:00:00:07:01
	in_ns s ip link set vx0 address 02:00:00:00:07:02
	if_up c vx0 192.168.7.1/24,fd77::1/64
	if_up s vx0 192.168.7.2/24,fd77::2/64
	# no ARP, which is no flow and would count as the tunnel's own
	in_ns c ip neigh replace 192.168.7.2 lladdr 02:00:00:00:07:02 dev vx0
	in_ns s ip neigh replace 192.168.7.1 lladdr 02:00:00:00:07:01 dev vx0
	web s 192.168.7.2:8080 '[fd77::2]:8080'
}

segments() {
	echo $(($(counter c TcpOutSegs) + $(counter c TcpRetransSegs)))
}

vxlan() {
	local client server before

	vxlan_devices
	before="$(counter s TcpOutSegs) $(counter s TcpRetransSegs)"
	observe r
	client=$(segments)
	in_ns c curl -s -o /dev/null --max-time 10 http://192.168.7.2:8080/1000000
	sleep 0.3
	client=$(($(segments) - client))
	server=$(($(counter s TcpOutSegs) + $(counter s TcpRetransSegs) - ${before/ / - }))
	in_ns c curl -sg -o /dev/null --max-time 10 'http://[fd77::2]:8080/100'
	observed
	is "$(last_of TCP 8080 '[.IP.source, .IP.destination] | sort | .[]' | sort -u | xargs)" \
		"192.168.7.1 192.168.7.2 fd77::1 fd77::2" "VXLAN: the inner flows, IPv4 and IPv6"
	is "$(last_of TCP 8080 '$v.tunnel | [.protocol, .vni, .destination]' | sort -u)" \
		"[\"vxlan\",42,\"$SERVER:4789\"]" "VXLAN: the tunnel, as the initiator's packets have it"
	is "$(last_of TCP 8080 '$v.tunnel.source' | sed 's/:.*//' | sort -u)" $CLIENT "VXLAN: its source"
	is "$(last_of TCP 8080 '[.tunnel.protocol, .tunnel.vni]' | sort -u)" '["VXLAN",42]' \
		"VXLAN: Hubble's own field"
	is "$(last_of TCP 8080 'select(.IP.ipVersion == "IPv4") |
		[$v.forward.packets, $v.reply.packets]')" "[$client,$server]" \
		"VXLAN: inner packets are the segments that TCP counts"
	is "$(last_of TCP 8080 '[$v.source_process.comm, $v.destination_process.comm] |
		sort | join(" ")' | sort -u)" "curl nginx" "VXLAN: the programs inside"
	is "$(last_of UDP 4789 .IP.source)" "" "VXLAN: its outside is no connection of its own"
}

# tunnelled PORT WANTED NAME: what the tunnel and the counters of the flow to that port are
tunnelled() {
	is "$(last_of UDP "$1" '[.IP.source, $v.forward.packets, $v.forward.bytes, $v.tunnel.protocol,
		$v.tunnel.vni, $v.tunnel.source, $v.tunnel.destination]')" "$2" "$3"
}

crafted_tunnels() {
	local outer=(ip src="$CLIENT" dst="$ROUTER" /) inner=(ip src=1.1.1.1 dst=2.2.2.2 / udp sport=9)

	observe r
	frame "${outer[@]}" udp sport=7000 dport=6081 / geneve vni=77 / eth / \
		"${inner[@]}" dport=6101 / data size=10
	frame "${outer[@]}" "${inner[@]}" dport=6102 / data size=10
	frame "${outer[@]}" gre key=5 / "${inner[@]}" dport=6103 / data size=10
	frame "${outer[@]}" gre / ip6 src=fd01::1 dst=fd01::2 / udp sport=9 dport=6104 / data size=10
	frame ip6 src=fd08:1::1 dst=fd08:1::fe / udp sport=7000 dport=4789 / vxlan vni=16777215 / \
		eth / vlan id=7 / "${inner[@]}" dport=6105 / data size=10
	frame "${outer[@]}" ip6 src=fd01::1 dst=fd01::2 / udp sport=9 dport=6106 / data size=10
	observed
	tunnelled 6101 '["1.1.1.1",1,38,"geneve",77,"10.8.1.1:7000","10.8.1.254:6081"]' Geneve
	tunnelled 6102 '["1.1.1.1",1,38,"ipip",null,"10.8.1.1","10.8.1.254"]' IPIP
	tunnelled 6103 '["1.1.1.1",1,38,"gre",5,"10.8.1.1","10.8.1.254"]' "GRE with a key"
	tunnelled 6104 '["fd01::1",1,58,"gre",null,"10.8.1.1","10.8.1.254"]' "IPv6 in GRE"
	tunnelled 6105 '["1.1.1.1",1,38,"vxlan",16777215,"[fd08:1::1]:7000","[fd08:1::fe]:4789"]' \
		"VXLAN over IPv6, a tag inside"
	tunnelled 6106 '["fd01::1",1,58,"ipip",null,"10.8.1.1","10.8.1.254"]' "IPv6 in IPv4"
}

# ------------------------------------------------------- tags and extensions

tags() {
	local rest=(ip src="$CLIENT" dst="$ROUTER" / udp sport=9)

	observe r
	frame vlan id=10 / "${rest[@]}" dport=6201 / data size=10
	frame vlan id=10 tpid=0x88a8 / vlan id=20 / "${rest[@]}" dport=6202 / data size=10
	frame "${rest[@]}" dport=6203 / data size=10
	frame ip6 src=fd08:1::1 dst=fd08:1::fe / hopopts / dstopts / udp sport=9 dport=6204 / \
		data size=10
	frame ip src=$CLIENT dst=$ROUTER / sctp sport=9 dport=6205 / data size=8
	observed
	is "$(last_of UDP 6201 '[$v.vlan, $v.forward.packets, $v.forward.bytes]')" '[[10],1,38]' "VLAN"
	is "$(last_of UDP 6202 '[$v.vlan, $v.forward.packets, $v.forward.bytes]')" '[[10,20],1,38]' QinQ
	is "$(last_of UDP 6203 '[$v.vlan, $v.forward.packets, $v.forward.bytes]')" '[null,1,38]' "no tag"
	is "$(last_of UDP 6204 '[.IP.source, $v.forward.packets, $v.forward.bytes]')" \
		'["fd08:1::1",1,74]' "IPv6 extension headers"
	is "$(last_of SCTP 6205 '[.IP.source, $v.forward.packets, $v.forward.bytes]')" \
		"[\"$CLIENT\",1,40]" SCTP
}

# ------------------------------------------------------------------- echo

# echoes FIELD: of final events with an ICMP identifier
echoes() {
	flows "select(.extensions.value.event == \"end\" and .extensions.value.icmp_id) |
		.extensions.value as \$v | $1"
}

echo_flows() {
	observe r
	net c ping $SERVER 3 id=77 >/dev/null
	net c ping $SERVER 2 id=78 >/dev/null
	net c ping fd08:2::2 4 id=79 >/dev/null
	observed
	is "$(echoes '[$v.icmp_id, $v.forward.packets, $v.forward.bytes, $v.reply.packets,
		$v.reply.bytes]' | sort | xargs)" "[77,3,252,3,252] [78,2,168,2,168] [79,4,416,4,416]" \
		"echo: a flow an identifier, both ways in it"
	is "$(echoes 'select($v.icmp_id == 77) | [.IP.source, .IP.destination, .is_reply] |
		if .[2] then [.[1], .[0]] else [.[0], .[1]] end')" "[\"$CLIENT\",\"$SERVER\"]" \
		"echo: who asked"
}

# ---------------------------------------------------------------- ICMP errors

# An error's event: who sent it, type, code, MTU; and the same connection's counter at its end.
icmp_error() {
	local got

	got=$(flows "select(.extensions.value.event == \"icmp_error\" and
		.l4.UDP.destination_port == $1) | .extensions.value.icmp_error |
		[.from, .type, .code // 0, .mtu]")
	is "$got" "$2" "$3"
	is "$(last_of UDP "$1" '$v.icmp_errors')" 1 "$3: counted with its connection"
	is "$(flows "select(.l4.UDP // {} | .source_port == $1 or .destination_port == $1) |
		.extensions.value | select(.event != \"drop\") | .connection_id" | sort -u | wc -l)" 1 \
		"$3: of that connection"
}

icmp_errors() {
	in_ns r ip link set s1 mtu 1300
	observe r
	net c udp-send $SERVER 6301 1
	net c udp-send $SERVER 6302 1 ttl=1
	net c udp-send $SERVER 6303 1 size=1400 df=1
	net c udp-send fd08:2::2 6304 1
	sleep 0.3
	observed
	in_ns r ip link set s1 mtu 1500
	icmp_error 6301 "[\"$SERVER\",3,3,null]" "port unreachable"
	icmp_error 6302 "[\"$ROUTER\",11,0,null]" "time exceeded"
	icmp_error 6303 "[\"$ROUTER\",3,4,1300]" "too big"
	icmp_error 6304 '["fd08:2::2",1,4,null]' "port unreachable, IPv6"
	check "an error has words" test -n "$(flows '.extensions.value.icmp_error.text // empty' | head -n 1)"
}

# ---------------------------------------------------------------- fragments

fragments() {
	bg_net s udp-echo 0.0.0.0 6401
	bg_net s udp-echo :: 6402
	observe r
	net c udp-ask $SERVER 6401 2 size=3000
	net c udp-ask fd08:2::2 6402 2 size=3000
	net c ping $SERVER 2 id=80 size=4000 >/dev/null
	observed
	is "$(last_of UDP 6401 '[$v.forward, $v.reply | .packets, .bytes]')" \
		"[6,6136,6,6136]" "fragments of UDP, counted to their flow"
	is "$(last_of UDP 6402 '[$v.forward, $v.reply | .packets, .bytes]')" \
		"[6,6304,6,6304]" "fragments of UDP over IPv6"
	is "$(echoes 'select($v.icmp_id == 80) | [$v.forward, $v.reply | .packets, .bytes]')" \
		"[6,8136,6,8136]" "fragments of echo"
	check "fragments: none without a flow" grep -q 'no losses' "$TMP/flows.err"
}

# Later fragments alone: counted to the addresses, and told.
orphans() {
	observe r
	frame ip src=$CLIENT dst=$ROUTER id=900 off=1480 / data size=100
	observed
	check "fragments without their first one are told" \
		grep -q '1 fragments counted without ports' "$TMP/flows.err"
}

three_namespaces
in_ns r sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.c1.rp_filter=0
vxlan
crafted_tunnels
tags
echo_flows
fragments
orphans
icmp_errors # the last: a path's MTU is remembered
