#!/bin/bash
# SPDX-License-Identifier: MIT
# What happens to pitot on a bad day: it dies, its tables are too small, interfaces come and
# go, floods. What it then tells is still true, and it leaves nothing behind.
# timeout: 150
# shellcheck disable=SC2016 # jq's variables
. "${0%/*}/lib.sh"
# shellcheck source=tools/topology.sh
. "${0%/*}/tools/topology.sh"

ROUTER=10.8.1.254

# flood COUNT DPORT SRC SPORT: datagrams from the client to the router, crafted
flood() {
	craft c -n "$1" c0 eth dst=$MAC_C1 src=$MAC_C0 / ip src="$3" dst=$ROUTER / \
		udp sport="$4" dport="$2" / data size=20
}

# ended PORT EXPR: EXPR on each final event of connections to that UDP port
ended() {
	flows "select(.extensions.value.event == \"end\" and (.l4.UDP // {} |
		.source_port == $1 or .destination_port == $1)) | .extensions.value as \$v | $2"
}

# told WORDS: the number before these words in pitot's last line
told() {
	grep -oE "[0-9]+ $1" "$TMP/flows.err" | tail -n 1 | grep -oE '^[0-9]+' || echo 0
}

# ------------------------------------------------------------- left behind

# ours TYPE: ids of programs, maps, links that pitot's process holds
ours() {
	awk -v name="$1_id:" '$1 == name { print $2 }' "/proc/${PITOT_PIDS[flows]}"/fdinfo/* 2>/dev/null |
		sort -u
}

# gone TYPE ID...: none of them is there
gone() {
	local ids

	ids=$(bpftool -j "$1" show | jq -r '.[].id' | sort)
	! comm -12 <(printf '%s\n' "${@:2}" | sort) <(echo "$ids") | grep -q .
}

# What is attached to the router's interfaces.
attached() {
	local dev

	for dev in lo c1 s1; do
		in_ns r tc qdisc show dev $dev
		in_ns r tc filter show dev $dev ingress
		in_ns r tc filter show dev $dev egress
	done 2>&1
	in_ns r bpftool net show
}

killed() {
	local kind before pid

	before=$(attached)
	observe r
	pid=${PITOT_PIDS[flows]}
	declare -A ids
	for kind in prog map link; do ids[$kind]=$(ours $kind); done
	check "pitot has programs, maps, links while it runs" \
		test -n "${ids[prog]}" -a -n "${ids[map]}" -a -n "${ids[link]}"
	kill -KILL "$pid"
	unset 'PITOT_PIDS[flows]'
	wait "$pid" 2>/dev/null
	for kind in prog map link; do
		# shellcheck disable=SC2086
		check "kill -9 leaves no $kind" wait_for 5 gone $kind ${ids[$kind]}
	done
	is "$(attached)" "$before" "kill -9 leaves no filter and no qdisc"
}

# The way of older kernels: filters, which outlive their maker. The next start removes them.
killed_without_tcx() {
	local before pid

	before=$(attached)
	observe r --without tcx
	check "without tcx there are filters" grep -q clsact <<<"$(attached)"
	pid=${PITOT_PIDS[flows]}
	kill -KILL "$pid"
	unset 'PITOT_PIDS[flows]'
	wait "$pid" 2>/dev/null
	observe r --without tcx
	net c udp-send $ROUTER 5001 7 sport=4000
	observed
	is "$(ended 5001 '$v.forward.packets')" 7 "without tcx: packets are counted once"
	is "$(attached)" "$before" "without tcx: the next run leaves nothing, of the killed one neither"
}

# somebody_else ARGS...: pitot with these beside a qdisc and filters that are not its own
somebody_else() {
	local object=$ROOT/build/tests/system/tools/drop.bpf.o before drops

	in_ns r tc qdisc add dev c1 clsact
	in_ns r tc filter add dev c1 ingress prio 7 bpf da obj "$object" sec tc
	in_ns r tc filter add dev c1 egress prio 9 bpf da obj "$object" sec tc
	before=$(attached)
	observe r "$@"
	net c udp-send $ROUTER 4501 5 sport=4000
	observed
	drops=$(flow_drops 4501 TC_INGRESS)
	is "$(attached)" "$before" "another's qdisc and filters are as before${1:+, $*}"
	is "$drops" 5 "another's filter goes on dropping${1:+, $*}"
	in_ns r tc qdisc del dev c1 clsact
}

# flow_drops PORT REASON: packets dropped, in total
flow_drops() {
	flows "select(.extensions.value.event == \"drop\" and .l4.UDP.destination_port == $1) |
		.extensions.value.drop | select(.reason == \"$2\") | .packets" | sort -n | tail -n 1
}

# ------------------------------------------------------------ small tables

small_ring() {
	bg_net r udp-server $ROUTER 5002
	observe r --ring-size 4K
	# stopped, so that the reader cannot be quick enough
	kill -STOP "${PITOT_PIDS[flows]}"
	for _ in 1 2 3; do flood 2000 5002 10.8.1.1 10000+; done
	kill -CONT "${PITOT_PIDS[flows]}"
	sleep 0.3
	observed
	is "$(ended 5002 '$v.forward.packets' | sort | uniq -c | xargs)" "2000 3" \
		"ring too small: 2000 connections of 3 packets"
	check "ring too small: losses are told ($(told 'events lost'))" test "$(told 'events lost')" -gt 0
	stop_bg "$BG_PID"
}

full_table() {
	local counted lost

	bg_net r udp-echo $ROUTER 5003
	bg_net r udp-server $ROUTER 5004
	observe r --max-connections 64
	net c udp-ask $ROUTER 5003 5 sport=4000
	flood 1000 5004 10.8.1.1 10000+
	net c udp-ask $ROUTER 5003 5 sport=4000
	sleep 0.3
	observed
	counted=$(ended 5004 '$v.forward.packets' | jq -s 'add // 0')
	lost=$(told 'packets not counted, connection table full')
	is "$(ended 5003 '[$v.forward.packets, $v.reply.packets]')" "[10,10]" \
		"full table: who is in it is counted on"
	check "full table: it holds what it can ($counted)" test "$counted" -ge 32
	is "$((counted + lost))" 1000 "full table: packets counted and told as not counted"
}

# ------------------------------------------------------------- interfaces

# begun SPORT: the interface that the first packet from that port is shown with
begun() {
	flows "select(.extensions.value.event == \"new\" and .l4.UDP.source_port == $1) |
		.interface.name"
}

interfaces() {
	observe r
	veth c c5 10.8.5.1/24 r r5 10.8.5.2/24
	sleep 0.3
	net c udp-send 10.8.5.2 5005 4 sport=4001
	sleep 0.3 # its event has been read
	in_ns r ip link set r5 down
	in_ns r ip link set r5 name renamed
	in_ns r ip link set renamed up
	sleep 0.5
	net c udp-send 10.8.5.2 5005 4 sport=4002
	bg_in c $PYTHON "$TOOLS/net.py" udp-send 10.8.5.2 5006 1000000 sport=4003
	sleep 0.3
	in_ns r ip link del renamed
	sleep 0.3
	stop_bg "$BG_PID"
	net c udp-send $ROUTER 5005 4 sport=4004
	observed
	is "$(begun 4001) $(ended 5005 'select(.l4.UDP.source_port == 4001) | $v.forward.packets')" \
		"r5 4" "an interface that comes while pitot runs"
	is "$(begun 4002) $(ended 5005 'select(.l4.UDP.source_port == 4002) | $v.forward.packets')" \
		"renamed 4" "an interface that gets another name"
	is "$(ended 5005 'select(.l4.UDP.source_port == 4002) | .interface.name')" renamed \
		"an interface that is gone: its name outlives it"
	check "an interface deleted under traffic: what passed is told" \
		test "$(ended 5006 '$v.forward.packets' | jq -s 'add // 0')" -gt 0
	is "$(ended 5005 'select(.l4.UDP.source_port == 4004) | [.interface.name, $v.forward.packets]')" \
		'["c1",4]' "an interface deleted under traffic: the others go on"
}

chosen() {
	observe r --interface 's*'
	net c udp-send 10.8.2.2 5007 3 sport=4000
	observed
	is "$(ended 5007 '[.interface.name, $v.interfaces]')" '["s1",null]' "--interface: only there"
	observe r --not --interface s1
	net c udp-send 10.8.2.2 5007 3 sport=4000
	observed
	is "$(ended 5007 '[.interface.name, $v.interfaces]')" '["c1",null]' "--not --interface: not there"
}

# ------------------------------------------------------------------ floods

hundred_thousand() {
	bg_net r udp-server $ROUTER 5008
	observe r --max-connections 131072 --event end -o compact
	flood 100000 5008 10.32.0.0+ 4000
	sleep 0.5
	observed
	stop_bg "$BG_PID"
	is "$(grep -cE '10\.3[23]\.[0-9.]+:4000 .*:5008 ' "$TMP/flows.json")" 100000 \
		"100,000 connections: each has its last line"
	check "100,000 connections: the total ($(told connections))" \
		test "$(told connections)" -ge 100000 -a "$(told connections)" -lt 100100
	is "$(told 'packets not counted')" 0 "100,000 connections: none uncounted"
}

drop_flood() {
	local before after events

	observe r
	before=$(counter r UdpNoPorts)
	net c udp-send $ROUTER 5009 1000000 sport=4000
	sleep 0.5
	after=$(counter r UdpNoPorts)
	observed
	check "1,000,000 packets to a closed port were sent ($((after - before)))" \
		test $((after - before)) -ge 900000
	is "$(flow_drops 5009 NO_SOCKET)" $((after - before)) "drop flood: the total is what the kernel counts"
	events=$(flow_count '.extensions.value.event == "drop" and .l4.UDP.destination_port == 5009')
	check "drop flood: few events ($events)" test "$events" -ge 1 -a "$events" -le 100
	is "$(flows 'select(.extensions.value.event == "drop" and .l4.UDP.destination_port == 5009) |
		.extensions.value.drop.delta_packets' | jq -s add)" $((after - before)) \
		"drop flood: the parts of the events make the whole"
}

three_namespaces
in_ns r sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.c1.rp_filter=0
killed
killed_without_tcx
somebody_else
somebody_else --without tcx
small_ring
full_table
interfaces
chosen
hundred_thousand
drop_flood
