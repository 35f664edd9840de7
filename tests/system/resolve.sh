#!/bin/bash
# SPDX-License-Identifier: MIT
# Reverse look-ups of world addresses, which a namespace swallows here: asked of a real
# dnsmasq, of a server that never answers, of none.
# timeout: 120
. "${0%/*}/lib.sh"
# shellcheck source=tools/topology.sh
. "${0%/*}/tools/topology.sh"

[ "$(id -u)" = 0 ] || skip_all 'needs root'

# c -- w: pitot and the clients in c; w is the world, answers DNS and nothing else
ns_new c
ns_new w
veth c c0 10.8.9.1/24,fd08:9::1/64 w w0 10.8.9.2/24,fd08:9::2/64
in_ns c ip route add default via 10.8.9.2
in_ns c ip -6 route add default via fd08:9::2
in_ns w ip route add blackhole 93.184.216.0/24
in_ns w ip route add blackhole 8.8.0.0/16
in_ns w ip -6 route add blackhole 2a00:1450::/32

PTR=('--ptr-record=34.216.184.93.in-addr.arpa,Edge.Example.NET'
	'--ptr-record=35.216.184.93.in-addr.arpa,one.example.net'
	'--ptr-record=35.216.184.93.in-addr.arpa,two.example.net'
	'--ptr-record=1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.5.4.1.0.0.a.2.ip6.arpa,six.example.net')
bg_in w dnsmasq --keep-in-foreground --listen-address=10.8.9.2 --bind-interfaces --no-resolv \
	--no-hosts --conf-file=/dev/null --pid-file= --log-facility=- --user=root --log-queries \
	--local=/in-addr.arpa/ --local=/ip6.arpa/ "${PTR[@]}"
DNSMASQ_LOG=$BG_LOG
wait_for 5 listening w udp 53 || skip_all 'dnsmasq does not start'
bg_net w udp-server 10.8.9.2 5300 # never answers

PORT=7000

# A datagram to each, each a connection of its own
send_to() {
	local a

	for a in "$@"; do net c udp-send "$a" $PORT 1; done
	PORT=$((PORT + 1))
}

queries() { grep -c "query\[PTR\] $1" "$DNSMASQ_LOG"; }

# names_of ADDRESS: of the flows that went there, sorted
names_of() {
	flows "select(.IP.destination == \"$1\" and .l4.UDP.destination_port >= 7000) |
		.extensions.value.destination.reverse_names // empty | .[]" | sort -u | paste -sd' '
}

world=(93.184.216.34 93.184.216.35 93.184.216.99 2a00:1450::1)

# ------------------------------------------------------------------ dnsmasq

observe c --no-kubernetes --no-containers --dns-server 10.8.9.2
send_to "${world[@]}" 10.8.9.2 fd08:9::2
wait_for 5 grep -q 'NXDOMAIN\|93.184.216.99 is' "$DNSMASQ_LOG"
sleep 0.5
send_to "${world[@]}"
net c udp-send 8.8.4.4 53 1 # somebody's DNS server
sleep 0.5
observed
is "$(names_of 93.184.216.34)" edge.example.net 'a name, in lower case'
is "$(names_of 93.184.216.35)" 'one.example.net two.example.net' 'both names of an address'
is "$(names_of 2a00:1450::1)" six.example.net 'the name of an IPv6 address'
is "$(names_of 93.184.216.99)" '' 'no name where there is none'
is "$(queries 34.216) $(queries 35.216) $(queries 99.216)" '1 1 1' 'each is asked for once'
is "$(queries '[0-9.]*\.10\.in-addr') $(queries '[0-9a-f.]*d\.f\.ip6')" '0 0' \
	'private addresses are not asked for'
is "$(queries 4.4.8.8)" 0 'a DNS server is not asked for'

# --------------------------------------------------------------- no answers

observe c --no-kubernetes --no-containers --dns-server 10.8.9.2:5300
for i in {1..150}; do echo "8.8.1.$i"; done >"$TMP/many"
begin=$(date +%s%N)
in_ns c bash -c 'while read -r a; do echo x >"/dev/udp/$a/7100"; done' <"$TMP/many"
wait_for 5 eval '[ "$(flow_count ".verdict == \"FORWARDED\" and .l4.UDP.destination_port == 7100")" -ge 150 ]'
end=$(date +%s%N)
is "$(flow_count '.verdict == "FORWARDED" and .l4.UDP.destination_port == 7100')" 150 'a silent server keeps no flow back'
check "nor delays any: $(((end - begin) / 1000000)) ms for all" [ $(((end - begin) / 1000000)) -lt 2500 ]
is "$(flows 'select(.l4.UDP.destination_port == 5300) | .l4.UDP.source_port' | sort -u | wc -l)" 1 \
	'its questions are seen as any traffic is'
begin=$(date +%s%N)
observed
end=$(date +%s%N)
check 'questions on their way do not keep it from ending' [ $(((end - begin) / 1000000)) -lt 3000 ]

# ------------------------------------------------------------- nobody asked

bg_in w tcpdump -nl -i w0 udp port 53
TCPDUMP=$BG_PID TCPDUMP_LOG=$BG_LOG
wait_for 5 grep -q listening "$TCPDUMP_LOG"
observe c --no-kubernetes --no-containers --no-resolve --dns-server 10.8.9.2
send_to "${world[@]}"
sleep 0.7
observed
stop_bg "$TCPDUMP"
is "$(grep -c ' IP ' "$TCPDUMP_LOG")" 0 '--no-resolve asks nobody'
is "$(names_of 93.184.216.34)" '' 'and names nothing'
