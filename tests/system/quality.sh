#!/bin/bash
# SPDX-License-Identifier: MIT
# How well a connection goes: handshake and round-trip times over a wire of known length,
# retransmissions, resets and closed windows as the kernel at its ends counts them; and one
# connection after another between the same ports.
# timeout: 90
# shellcheck disable=SC2016 # jq's variables
. "${0%/*}/lib.sh"
# shellcheck source=tools/topology.sh
. "${0%/*}/tools/topology.sh"

CLIENT=10.8.1.1 SERVER=10.8.1.2
DELAY_MS=20 # one way

# of EVENT PORT EXPR: EXPR on each such event of connections to that TCP port
of() {
	flows "select(.extensions.value.event == \"$1\" and (.l4.TCP // {} |
		.source_port == $2 or .destination_port == $2)) | .extensions.value as \$v | $3"
}

# between NUMBER LOW HIGH NAME
between() {
	check "$4 ($1 in $2..$3)" test "${1:-0}" -ge "$2" -a "${1:-0}" -le "$3"
}

# Client and server on a wire, which is a program in a third namespace.
long_wire() {
	ns_new c
	ns_new s
	ns_new w
	veth c c0 $CLIENT/24 w w1 -
	veth s s0 $SERVER/24 w w2 -
	no_offloads c c0
	no_offloads s s0
	in_ns c ethtool -K c0 tx off >/dev/null 2>&1 # checksums are made before the wire
	in_ns s ethtool -K s0 tx off >/dev/null 2>&1
	bg_in w $PYTHON "$TOOLS/delay.py" w1 w2 $DELAY_MS
	wait_for 5 grep -q ready "$BG_LOG"
	wait_for 5 in_ns c ping -qc 1 -W 1 $SERVER
}

# A name for each place: what is near takes no time, what is beyond the wire takes it all.
times() {
	local round=$((2 * DELAY_MS * 1000)) high=$((2 * DELAY_MS * 1000 + 25000))

	pitot_start --ns c --name client
	observe s
	in_ns c curl -s -o /dev/null --limit-rate 200K http://$SERVER:8080/100000
	pitot_stop client
	observed
	between "$(of end 8080 '$v.handshake_client_us')" $round $high "handshake at the server: the client's part"
	between "$(of end 8080 '$v.handshake_server_us // 0')" 0 10000 "handshake at the server: its own part"
	between "$(of end 8080 '$v.forward.srtt_us')" $round $high "round trip at the server, to the client"
	mv "$TMP/client.json" "$TMP/flows.json"
	between "$(of end 8080 '$v.handshake_server_us')" $round $high "handshake at the client: the server's part"
	between "$(of end 8080 '$v.handshake_client_us // 0')" 0 10000 "handshake at the client: its own part"
	between "$(of end 8080 '$v.reply.srtt_us')" $round $high "round trip at the client, to the server"
	between "$(of end 8080 '$v.handshake_us')" $round $high "handshake as a whole"
	is "$(of end 8080 '$v.initiator')" syn "who began is known by the SYN"
}

# Every fortieth segment is lost behind the sender.
retransmissions() {
	local before

	in_ns c nft -f - <<-'RULES'
		table inet t {
			chain at_input {
				type filter hook input priority 0;
				tcp sport 8080 numgen inc mod 40 == 39 drop
			}
		}
	RULES
	before=$(counter s TcpRetransSegs)
	observe s
	in_ns c curl -s -o /dev/null --max-time 20 http://$SERVER:8080/1000000
	sleep 0.3
	before=$(($(counter s TcpRetransSegs) - before))
	observed
	in_ns c nft flush ruleset
	check "segments were lost ($before)" test "$before" -gt 0
	is "$(of end 8080 '$v.reply.retransmits')" "$before" "retransmissions, as the sender counts them"
	is "$(of end 8080 '$v.forward.retransmits')" null "the other direction has none"
}

resets() {
	bg_net s echo-server $SERVER 7001
	observe s
	net c tcp-connect $SERVER 7009
	net c tcp-once $SERVER 7001 reset=1
	sleep 0.2 # the wire's length
	observed
	is "$(of end 7009 '[$v.forward.resets, $v.reply.resets, $v.closed]')" "[null,1,true]" \
		"a refused connection: reset by the server"
	is "$(of end 7001 '[$v.forward.resets, $v.reply.resets, $v.closed]')" "[1,null,true]" \
		"an aborted connection: reset by the client"
}

closed_windows() {
	bg_net s listen $SERVER 7002 5
	observe s
	net c tcp-push $SERVER 7002 1.5
	observed
	check "a receiver that does not read: its closed window" \
		test "$(of end 7002 '$v.reply.zero_windows // 0')" -gt 0
	is "$(of end 7002 '$v.forward.zero_windows')" null "the sender's window is open"
}

# The same ports again, at once: a new connection. A late packet of the old one: none.
ports_again() {
	local client server

	client=$(counter c TcpOutSegs) server=$(counter s TcpOutSegs)
	observe s
	for _ in 1 2 3; do net c tcp-once $SERVER 7001 sport=4001 reset=1; done
	sleep 0.2
	client=$(($(counter c TcpOutSegs) - client)) server=$(($(counter s TcpOutSegs) - server))
	observed
	is "$(of end 7001 '$v.connection_id' | sort -u | wc -l)" 3 "the same ports three times: connections"
	is "$(of end 7001 '[$v.forward.packets, $v.reply.packets]' | jq -cs 'transpose | map(add)')" \
		"[$client,$server]" "the same ports three times: no packet is lost between them"
	is "$(of end 7001 '[$v.forward.resets, $v.closed]' | sort | uniq -c | xargs)" "3 [1,true]" \
		"the same ports three times: each has its own end"
	is "$(of new 7001 'select(.is_reply | not) | [.IP.source, $v.initiator]' | sort -u)" \
		"[\"$CLIENT\",\"syn\"]" "the same ports three times: begun by the client"
}

late_packets() {
	bg_net s echo-server $SERVER 7003
	observe s
	net c tcp-once $SERVER 7003 sport=4002
	sleep 0.2
	craft c c0 eth dst="$(in_ns s ip -j link show s0 | jq -r '.[0].address')" / \
		ip src=$CLIENT dst=$SERVER / tcp sport=4002 dport=7003 flags=ACK seq=5
	sleep 0.2
	observed
	is "$(of end 7003 '$v.connection_id' | sort -u | wc -l)" 1 \
		"a late packet makes no connection"
	is "$(of end 7003 '[.IP.source, .is_reply // false] |
		if .[1] then "reply" else .[0] end' | sed 's/^reply$/'$CLIENT/ | sort -u)" $CLIENT \
		"a late packet turns nothing round"
}

# Joined in the middle, a connection's beginner is a guess, and called so.
joined_late() {
	bg_net s echo-server $SERVER 7004
	mkfifo "$TMP/words"
	bg_net c idle $SERVER 7004 "$TMP/words"
	observe s
	echo hello >"$TMP/words"
	sleep 0.3
	observed
	is "$(of end 7004 '[$v.initiator, $v.handshake_us]')" '["port",null]' "joined late: how it is known"
	is "$(of new 7004 'select(.is_reply | not) | .IP.source')" $CLIENT "joined late: who began"
	is "$(of end 7004 '$v.closed')" null "joined late: not closed at the end"
}

reports() {
	observe s --report-interval 300ms
	in_ns c curl -s -o /dev/null --limit-rate 400K http://$SERVER:8080/1000000
	observed
	between "$(of report 8080 .time | wc -l)" 3 20 "a report each interval"
	is "$(of end 8080 '$v.reply.packets')" \
		"$(flows 'select(.l4.TCP) | .extensions.value.reply.delta_packets // 0' | jq -s add)" \
		"the reports' parts make the whole"
}

long_wire
web s 8080
times
retransmissions
resets
ports_again
late_packets
joined_late
reports
closed_windows
