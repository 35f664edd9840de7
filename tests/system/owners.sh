#!/bin/bash
# SPDX-License-Identifier: MIT
# The process at each end of a connection, also where both ends live in other network
# namespaces than pitot, which watches the router between them.
# timeout: 90
# shellcheck disable=SC2016 # jq's variables
. "${0%/*}/lib.sh"
# shellcheck source=tools/topology.sh
. "${0%/*}/tools/topology.sh"

SERVER=10.8.2.2

# owners PROTOCOL PORT EXPR: EXPR on each final event of connections to that port, where
# $client and $server are the processes of the two ends
owners() {
	flows "select(.extensions.value.event == \"end\" and (.l4.$1 // {} |
		.source_port == $2 or .destination_port == $2)) | .extensions.value as \$v |
		(if .l4.$1.destination_port == $2
		 then [\$v.source_process, \$v.destination_process]
		 else [\$v.destination_process, \$v.source_process] end) as [\$client, \$server] | $3"
}

# as UID NS CMD...: runs CMD there as that user
as() {
	in_ns "$2" setpriv --reuid "$1" --regid "$1" --clear-groups "${@:3}"
}

tcp_both_ends() {
	local workers

	bg_in c curl -s -o /dev/null --limit-rate 2M http://$SERVER:8080/1000000
	workers=$(pgrep -P "$NGINX_PID" | sort | paste -sd' ')
	wait "$BG_PID"
	observed
	is "$(owners TCP 8080 '[$client.comm, $client.pid]')" "[\"curl\",$BG_PID]" \
		"the client and its pid"
	is "$(owners TCP 8080 '[$server.comm, $server.uid]')" '["nginx",0]' "the server and its uid"
	check "the server is the worker, not the master" \
		grep -qw "$(owners TCP 8080 '$server.pid')" <<<"$workers"
	is "$(owners TCP 8080 '$server.ppid')" "$NGINX_PID" "the worker's parent is the master"
	is "$(owners TCP 8080 '[$client.netns, $server.netns]')" "[$(netns_of c),$(netns_of s)]" \
		"each in its network namespace"
	is "$(owners TCP 8080 '$client.executable')" "$(readlink -f "$(command -v curl)")" \
		"the client's executable"
	check "the client's command" \
		grep -q "curl.*--limit-rate 2M http://$SERVER:8080/1000000" \
		<<<"$(owners TCP 8080 '$client.command')"
}

other_user() {
	observe r
	as 65533 c curl -s -o /dev/null http://$SERVER:8080/100
	observed
	is "$(owners TCP 8080 '[$client.comm, $client.uid, $server.uid]')" '["curl",65533,0]' \
		"each end has its own uid"
}

udp_both_ends() {
	observe r
	as 65533 c dig +tries=1 @$SERVER 7.pitot.test >/dev/null
	observed
	is "$(owners UDP 53 '[$server.comm, $server.pid]')" "[\"dnsmasq\",$DNSMASQ_PID]" \
		"UDP: the server"
	# dig's threads have names of their own
	is "$(owners UDP 53 '[$client.executable, $client.uid]')" \
		"[\"$(readlink -f "$(command -v dig)")\",65533]" "UDP: the client"
}

# Sockets from before pitot's start: both ends of a connection, an idle server, a UDP server.
older_sockets() {
	local server client echo port

	bg_net s echo-server $SERVER 7001
	server=$BG_PID
	bg_net s udp-echo $SERVER 7002
	echo=$BG_PID
	mkfifo "$TMP/words"
	bg_net c idle $SERVER 7001 "$TMP/words"
	client=$BG_PID
	port=$(awk '{ print $2 }' "$BG_LOG")
	observe r
	echo hello >"$TMP/words"
	net c udp-ask $SERVER 7002 2
	net c tcp-connect $SERVER 7001
	sleep 0.3
	observed
	is "$(owners TCP 7001 "select(.l4.TCP | .source_port == $port or
		.destination_port == $port) | [\$client.pid, \$server.pid]")" \
		"[$client,$server]" "both ends of a connection older than pitot"
	is "$(owners TCP 7001 "select(.l4.TCP | .source_port != $port and
		.destination_port != $port) | \$server.pid")" \
		"$server" "a new connection to a server older than pitot"
	is "$(owners UDP 7002 '$server.pid')" "$echo" "a UDP server older than pitot"
}

# Who accepts is not who works: a worker forked for each connection has it.
forking_servers() {
	local i told

	bg_net s fork-server $SERVER 7003
	bg_in s socat TCP-LISTEN:7004,fork,reuseaddr EXEC:cat,nofork
	wait_for 5 listening s tcp 7004
	observe r
	for i in 1 2 3; do
		echo | in_ns c nc -N -w 2 $SERVER 7003 >>"$TMP/told.$i"
	done
	told=$(cat "$TMP"/told.*)
	echo | in_ns c nc -w 1 $SERVER 7004
	observed
	is "$(owners TCP 7003 '$server.pid' | sort)" "$(sort <<<"$told")" \
		"a forking server: each connection's worker"
	is "$(owners TCP 7004 '$server.comm')" cat "the program that the worker became"
}

# Gone before anybody could look it up.
short_lived() {
	local got

	observe r
	for _ in {1..10}; do
		in_ns c bash -c 'printf x >/dev/udp/'$SERVER'/7009; exec 3<>/dev/tcp/'$SERVER'/8080'
	done
	observed
	got=$(owners TCP 8080 '$client.comm' | sort | uniq -c | xargs)
	is "$got" "10 bash" "TCP of a process that is gone at once"
	got=$(owners UDP 7009 '$client.comm' | sort | uniq -c | xargs)
	is "$got" "10 bash" "UDP of a process that is gone at once"
}

local_ends() {
	observe s
	in_ns s curl -s -o /dev/null http://127.0.0.1:8080/100
	observed
	is "$(owners TCP 8080 '[$client.comm, $server.comm]')" '["curl","nginx"]' "loopback: both ends"
}

# Two namespaces in which everything has the same addresses and ports.
same_tuple() {
	local client server port

	bg_net r echo-server 127.0.0.1 7005
	mkfifo "$TMP/s.words"
	bg_net r tcp-hold 127.0.0.1 7005
	port=$(awk '{ print $2 }' "$BG_LOG")
	in_ns s sysctl -qw net.ipv4.ip_local_port_range="$port $((port + 1))"
	observe s
	bg_net s echo-server 127.0.0.1 7005
	server=$BG_PID
	bg_net s idle 127.0.0.1 7005 "$TMP/s.words"
	client=$BG_PID
	echo hello >"$TMP/s.words"
	sleep 0.3
	observed
	in_ns s sysctl -qw net.ipv4.ip_local_port_range="32768 60999"
	is "$(owners TCP 7005 '[.l4.TCP.source_port, .l4.TCP.destination_port | select(. != 7005)] +
		[$client.pid, $server.pid]')" "[$port,$client,$server]" \
		"the same tuple in another namespace: whose interface it is"
}

# The shell that enters so has a /sys of its own, which lacks the cgroups.
no_cgroups() {
	ip netns exec "$(ns_name r)" timeout 2 "$PITOT" observe --no-agent --no-names >/dev/null 2>"$TMP/hidden.err"
	if grep -q 'no cgroup2' "$TMP/hidden.err"; then
		check "ip netns exec: what to do instead" grep -q 'nsenter --net=/run/netns/NAME pitot' "$TMP/hidden.err"
	else
		skip "ip netns exec: what to do instead" "it leaves the cgroups in sight here"
	fi
}

three_namespaces
no_cgroups
web s 8080
names s
observe r
tcp_both_ends
other_user
udp_both_ends
older_sockets
forking_servers
short_lived
local_ends
same_tuple
