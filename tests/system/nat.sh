#!/bin/bash
# SPDX-License-Identifier: MIT
# Translated connections, seen on both sides of the router that translates them: one
# connection each, with both tuples and the right counts.
# timeout: 90
# shellcheck disable=SC2016 # jq's variables
. "${0%/*}/lib.sh"
# shellcheck source=tools/topology.sh
. "${0%/*}/tools/topology.sh"

CLIENT=10.8.1.1 SERVER=10.8.2.2 OUTSIDE=10.8.2.254
SERVICE=10.96.0.10 NAME_SERVICE=10.96.0.53 SERVICE6=fd96::10

# rules CHAINS: the router's translation, from an empty conntrack table
rules() {
	in_ns r nft -f - <<<"flush ruleset
		table inet nat {
			$1
		}"
	in_ns r conntrack -F >/dev/null 2>&1
}

DNAT="chain pre { type nat hook prerouting priority -100;
	ip daddr $SERVICE tcp dport 80 dnat ip to $SERVER:8080;
	ip daddr $NAME_SERVICE udp dport 53 dnat ip to $SERVER:53;
	ip6 daddr $SERVICE6 tcp dport 80 dnat ip6 to [fd08:2::2]:8080; }"
MASQUERADE="chain post { type nat hook postrouting priority 100; oifname s1 masquerade; }"

# last_of PROTOCOL EXPR: EXPR on each final event of that protocol
last_of() {
	flows "select(.extensions.value.event == \"end\" and .l4.$1) | .extensions.value as \$v | $2"
}

segments() {
	echo $(($(counter c TcpOutSegs) + $(counter c TcpRetransSegs))) "$(counter c TcpInSegs)"
}

# fetched URL: with curl; $PORT is its port, $OUT and $IN the segments it took
fetched() {
	local out in status

	read -r out in < <(segments)
	read -r status PORT < <(in_ns c curl -sg -o /dev/null --max-time 10 \
		-w '%{http_code} %{local_port}' "$1")
	sleep 0.3
	read -r OUT IN < <(segments)
	OUT=$((OUT - out)) IN=$((IN - in))
	is "$status" 200 "$2: the connection works"
}

# one_connection NAME SOURCE DESTINATION XSOURCE XDESTINATION: of both sides of the
# translation; @ stands for the client's port, * for any port
one_connection() {
	local got

	is "$(last_of TCP '$v.connection_id' | sort -u | wc -l)" 1 "$1: one connection"
	is "$(last_of TCP '[$v.forward.packets, $v.reply.packets]')" "[$OUT,$IN]" \
		"$1: packets as its client counts them"
	got=$(last_of TCP '$v.nat | [.original, .translated | .source, .destination] | join(" ")')
	# shellcheck disable=SC2053
	if [[ $got == ${2//@/$PORT}\ ${3}\ ${4//@/$PORT}\ ${5} ]]; then
		ok "$1: both tuples"
	else
		not_ok "$1: both tuples" "got    $got" "wanted ${*:2}, port $PORT"
	fi
	is "$(last_of TCP '[.IP.source, .IP.destination] | sort | join(" ")')" \
		"$(printf '%s\n' $CLIENT "${3%:*}" | sort | xargs)" "$1: shown as its client sees it"
	is "$(last_of TCP '$v | [.source_process, .destination_process | .comm] | sort | join(" ")')" \
		"curl nginx" "$1: the programs on both sides"
}

service() {
	rules "$DNAT"
	observe r
	fetched http://$SERVICE/1000000 service
	observed
	one_connection service $CLIENT:@ $SERVICE:80 $CLIENT:@ $SERVER:8080
}

masquerade() {
	rules "$MASQUERADE"
	observe r
	fetched http://$SERVER:8080/10000 masquerade
	observed
	one_connection masquerade $CLIENT:@ $SERVER:8080 "$OUTSIDE:*" $SERVER:8080
}

both() {
	rules "$DNAT"$'\n'"$MASQUERADE"
	observe r
	fetched http://$SERVICE/1000000 both
	observed
	one_connection both $CLIENT:@ $SERVICE:80 "$OUTSIDE:*" $SERVER:8080
}

# The masqueraded port is another one: two clients ask from the same.
other_port() {
	rules "$MASQUERADE"
	in_ns c ip addr add 10.8.1.3/24 dev c0
	bg_net s udp-echo $SERVER 7000
	observe r
	net c udp-ask $SERVER 7000 3 sport=5000 src=10.8.1.1
	net c udp-ask $SERVER 7000 3 sport=5000 src=10.8.1.3
	observed
	is "$(last_of UDP '$v.connection_id' | sort -u | wc -l)" 2 "two clients, one port: two connections"
	is "$(last_of UDP '[$v.forward.packets, $v.reply.packets]' | sort -u)" "[3,3]" \
		"two clients, one port: counts"
	is "$(last_of UDP '$v.nat.translated.source' | sort -u | wc -l)" 2 \
		"two clients, one port: translated to two"
}

# The worker has the connection as it is after the translation, its listener is another process.
worker_behind() {
	local told

	rules "$DNAT"$'\n'"$MASQUERADE"
	bg_net s fork-server $SERVER 7003
	observe r
	told=$(for _ in 1 2 3; do echo | in_ns c nc -N -w 2 $SERVER 7003; done)
	sleep 0.2
	observed
	is "$(last_of TCP '$v | .source_process, .destination_process | select(.comm != "nc") | .pid' |
		sort)" "$(sort <<<"$told")" "each connection's worker behind the translation"
}

names_behind_a_service() {
	rules "$DNAT"$'\n'"$MASQUERADE"
	observe r
	in_ns c dig +tries=1 @$NAME_SERVICE 5.pitot.test >/dev/null
	observed
	is "$(last_of UDP '$v.connection_id' | sort -u | wc -l)" 1 "UDP: one connection"
	is "$(last_of UDP '[$v.forward.packets, $v.reply.packets]')" "[1,1]" "UDP: counts"
	is "$(last_of UDP '$v.nat.original.destination + " " + $v.nat.translated.destination')" \
		"$NAME_SERVICE:53 $SERVER:53" "UDP: both tuples"
}

service6() {
	rules "$DNAT"
	observe r
	fetched "http://[$SERVICE6]/10000" IPv6
	observed
	is "$(last_of TCP '[$v.forward.packets, $v.reply.packets]')" "[$OUT,$IN]" "IPv6: one connection"
	is "$(last_of TCP '$v.nat.original.destination + " " + $v.nat.translated.destination')" \
		"[$SERVICE6]:80 [fd08:2::2]:8080" "IPv6: both tuples"
}

# A router that tracks connections and translates none of them.
untranslated() {
	rules "chain fwd_only { type filter hook forward priority 0; ct state new accept; }"
	observe r
	fetched http://$SERVER:8080/10000 tracked
	observed
	is "$(last_of TCP '$v.nat')" null "tracked only: nothing is called translated"
	is "$(last_of TCP '[$v.forward.packets, $v.reply.packets]')" "[$OUT,$IN]" "tracked only: counts"
}

# Open before the start: the first packets seen come in on both sides, where conntrack is silent.
older_than_the_start() {
	rules "chain pre_old { type nat hook prerouting priority -90; ip daddr 10.96.0.99 tcp dport 80 dnat to $SERVER:8090; }"
	bg_net s echo-server 0.0.0.0 8090
	bg_net c talk 10.96.0.99 80 20 5
	sleep 0.5
	observe r
	sleep 2
	observed
	is "$(flows 'select(.extensions.value.event == "end" and .extensions.value.nat) |
		.extensions.value.nat.original.destination' | sort | uniq -c | xargs)" "20 10.96.0.99:80" \
		"older than the start: both tuples"
	is "$(flows 'select(.extensions.value.event == "end" and .l4.TCP) | .extensions.value.connection_id' |
		sort -u | wc -l)" 20 "older than the start: each is one connection"
}

three_namespaces
no_offloads c c0
no_offloads r c1 s1
no_offloads s s0
web s 8080 '[::]:8080'
names s
service
masquerade
both
other_port
worker_behind
names_behind_a_service
service6
untranslated
older_than_the_start
