#!/bin/bash
# SPDX-License-Identifier: MIT
# DNS messages and control groups as the capture hands them over: on an interface, in a
# container's own loopback, from ports that were asked for, in parts, behind a pre-filter.
# timeout: 60
# shellcheck disable=SC2016 # jq's variables
. "${0%/*}/lib.sh"
# shellcheck source=tools/topology.sh
. "${0%/*}/tools/topology.sh"

SERVER=10.8.2.2
TOOL=$ROOT/$BUILD/tests/system/messages_tool
OUT=$TMP/out NAME=pitot
CGROUP2=$(findmnt -nt cgroup2 -o TARGET | head -1)

# capture ARGS...: in r, into $OUT; captured ends it
capture() {
	: >"$OUT"
	nsenter --net="/run/netns/$(ns_name r)" "$TOOL" "$@" >>"$OUT" 2>"$TMP/tool.err" &
	TOOL_PID=$!
	BG_PIDS+=("$TOOL_PID")
	wait_for 20 grep -q ready "$TMP/tool.err"
}

captured() {
	kill "$TOOL_PID"
	wait_for 10 eval "! kill -0 $TOOL_PID"
}

# messages EXPR: EXPR on each message that has the name $NAME somewhere
messages() {
	jq -r --arg name "$(printf %s "$NAME" | od -An -tx1 | tr -d ' \n')" \
		"select(.message and (.hex | contains(\$name))) | $1" "$OUT"
}

got() { [ "$(messages 1 | wc -l)" -ge "$1" ]; }

ask() { # NS DIG-ARGS...
	bg_in "$1" dig +tries=1 +timeout=2 "${@:2}"
	DIG=$BG_PID
	wait "$DIG"
}

on_the_wire() {
	local cgroup

	ask c @$SERVER 7.pitot.test
	wait_for 5 got 2
	is "$(messages '[.message, .to] | map(sub(":[0-9]{5}$"; ":x")) | join(" ")' | paste -sd,)" \
		"10.8.1.1:x $SERVER:53,$SERVER:53 10.8.1.1:x" "UDP: query and answer, once each"
	is "$(messages '[.event, .reply, .direction, .interface, .packets, .at_read, .cut] | join(" ")' |
		paste -sd,)" \
		"l7 0 EGRESS c1 0 false false,l7 1 INGRESS s1 0 false false" "UDP: as flow events have them"
	is "$(messages '[.src_pid, .dst_pid] | join(" ")' | paste -sd,)" \
		"$DIG $DNSMASQ_PID,$DNSMASQ_PID $DIG" "UDP: the processes at both ends"
	cgroup=$(stat -c %i "$(cgroup_of $DNSMASQ_PID)")
	is "$(messages '[.src_cgroup, .dst_cgroup] | map(tostring) | join(" ")' | paste -sd,)" \
		"$cgroup $cgroup,$cgroup $cgroup" "UDP: their control group"
	is "$(messages .id | sort -u | wc -l)" 1 "UDP: one connection"
	is "$(jq -r 'select(.flow and .event == "new") | .id' "$OUT" | grep -cx "$(messages .id | head -1)")" \
		2 "UDP: the one that the flow events have"
}

# The path of a process' control group, cgroup v2.
cgroup_of() {
	echo "$CGROUP2$(sed -n 's|^0::/*$||p; s|^0::/|/|p' /proc/"$1"/cgroup)"
}

over_tcp() {
	: >"$OUT"
	ask c +tcp @$SERVER 8.pitot.test
	wait_for 5 got 2
	is "$(messages '[.protocol, .reply] | join(" ")' | paste -sd,)" "6 0,6 1" "TCP: query and answer"
	is "$(messages '.hex[0:4]' | head -1)" "$(printf %04x $(($(messages '.size' | head -1) - 2)))" \
		"TCP: with the length before it"
}

over_ipv6() {
	: >"$OUT"
	ask c @fd08:2::2 9.pitot.test
	wait_for 5 got 2
	is "$(messages '.to | sub(":[0-9]{5}$"; ":x")' | paste -sd,)" "fd08:2::2:53,fd08:1::1:x" \
		"IPv6: query and answer"
}

# Docker's resolver, and whoever else is asked without leaving the container
hears_at_sockets() { bpftool cgroup show "$CGROUP2" | grep -q sock_dns; }
own_loopback() {
	: >"$OUT"
	if ss -Hnua | awk '{ print $4, $5 }' | grep -q '^127\.\|^\[::1\]\| 127\.\| \[::1\]'; then
		skip "nobody asks on a loopback elsewhere: no packet pays for it" "this machine does"
	else
		check "nobody asks on a loopback elsewhere: no packet pays for it" eval '! hears_at_sockets'
	fi
	bg_in c dnsmasq -k -u root --no-resolv --no-hosts --pid-file="$TMP/dnsmasq-c.pid" \
		--addn-hosts="$TMP/hosts-s" --conf-file=/dev/null --listen-address=127.0.0.1 \
		--bind-interfaces
	own=$BG_PID
	wait_for 5 listening c udp 53
	check "a resolver there: it is heard before it is asked" wait_for 2 hears_at_sockets
	ask c @127.0.0.1 11.pitot.test
	wait_for 5 got 2
	is "$(messages '[.at_read, .reply, .direction, .point] | join(" ")' | paste -sd,)" \
		"true 0 INGRESS TO_ENDPOINT,true 1 EGRESS TO_ENDPOINT" "another's loopback: seen at the sockets"
	is "$(messages .dst_pid | paste -sd,)" "$own,$DIG" "another's loopback: whose socket it reached"
	: >"$OUT"
	ask c +tcp @127.0.0.1 12.pitot.test
	wait_for 5 got 2
	is "$(messages '[.at_read, .protocol, .dst_pid] | join(" ")' | paste -sd,)" \
		"true 6 $own,true 6 $DIG" "another's loopback: TCP"
	stop_bg "$own"
}

further_port() {
	bg_in s dnsmasq -k -u root --no-resolv --no-hosts --pid-file="$TMP/dnsmasq-p.pid" -p 5300 \
		--addn-hosts="$TMP/hosts-s" --conf-file=/dev/null
	wait_for 5 listening s udp 5300
	: >"$OUT"
	ask c -p 5300 @$SERVER 13.pitot.test
	sleep 0.3
	is "$(messages 1 | wc -l)" 0 "another port: nothing, not asked for"
	captured
	capture -p 5301 -p 5300
	ask c -p 5300 @$SERVER 14.pitot.test
	wait_for 5 got 2
	is "$(messages .size | wc -l)" 2 "another port: query and answer, asked for"
}

long_message() {
	: >"$OUT"
	net c udp-send $SERVER 53 1 size=1400
	net c udp-send $SERVER 53 1 size=5000
	sleep 0.3
	is "$(jq -c 'select(.message and (.hex | startswith("7878"))) | [.size, .cut]' "$OUT" | paste -sd' ')" \
		'[1400,false] [1472,true]' "a message in fragments: its first part"
}

control_groups() {
	local dir id

	dir=$(cgroup_of $$)/pitot-test.$$
	at_exit rmdir "$dir/inner" "$dir"
	mkdir "$dir" "$dir/inner"
	id=$(stat -c %i "$dir/inner")
	wait_for 5 grep -q "\"cgroup\":$id" "$OUT"
	is "$(jq -r "select(.cgroup == $id) | .path" "$OUT")" \
		"${dir#"$CGROUP2"}/inner" "a control group: its id and path"
}

# group NAME: a control group of this run; its id
group() {
	local dir=$CGROUP2/pitot-test.$$-$1

	[ -d "$dir" ] || mkdir "$dir" && stat -c %i "$dir"
}

# grouped NAME NS CMD...: CMD there in the background, in that group
grouped() {
	group "$1" >/dev/null
	bg_in "$2" bash -c 'echo $$ >"$0/cgroup.procs"; exec "$@"' "$CGROUP2/pitot-test.$$-$1" "${@:3}"
	GROUPED+=("$BG_PID")
}

# ready_grouped NAME NS COMMAND...: one of net.py's servers
ready_grouped() {
	grouped "$1" "$2" $PYTHON "$TOOLS/net.py" "${@:3}"
	wait_for 5 grep -q ready "$BG_LOG"
}

# groups PORT: "initiator responder" of each final event of connections to that port
groups() {
	jq -r "select(.flow and .event == \"end\" and .reply == 0 and (.to | endswith(\":$1\"))) |
		[.src_cgroup, .dst_cgroup] | join(\" \")" "$OUT"
}

remove_groups() {
	rmdir "$CGROUP2"/pitot-test.$$-*
}

# Who is at the ends, in which control group, whenever and however the sockets were made.
groups_of_ends() {
	local name

	declare -A ids
	GROUPED=()
	at_exit remove_groups
	for name in a b c d e f g; do ids[$name]=$(group $name); done
	ready_grouped a s echo-server $SERVER 7001
	ready_grouped b s udp-echo $SERVER 7002
	mkfifo "$TMP/words"
	ready_grouped c c idle $SERVER 7001 "$TMP/words"
	capture
	ready_grouped e s fork-server $SERVER 7003
	echo hello >"$TMP/words"
	grouped d c $PYTHON "$TOOLS/net.py" udp-ask $SERVER 7002 2
	wait "$BG_PID"
	grouped f c $PYTHON "$TOOLS/net.py" tcp-once $SERVER 7003
	wait "$BG_PID"
	# a process that was known in another group before
	in_ns c bash -c 'exec 3<>/dev/tcp/$1/7001; exec 3>&-; echo $$ >"$0/cgroup.procs"
		exec 3<>/dev/tcp/$1/7003; exec 3>&-' "$CGROUP2/pitot-test.$$-g" $SERVER
	sleep 0.3
	captured
	end_processes "${GROUPED[@]}"
	wait_for 2 remove_groups
	is "$(groups 7001 | grep "${ids[c]}")" "${ids[c]} ${ids[a]}" "control groups: TCP, older than the capture"
	is "$(groups 7002)" "${ids[d]} ${ids[b]}" "control groups: UDP"
	is "$(groups 7003 | sort)" "$(printf '%s\n' "${ids[f]} ${ids[e]}" "${ids[g]} ${ids[e]}" | sort)" \
		"control groups: a forked worker; a process that was moved"
}

behind_prefilter() {
	captured
	capture -o
	: >"$OUT"
	ask c @$SERVER 15.pitot.test
	wait_for 5 got 2
	is "$(messages 1 | wc -l)" 2 "a pre-filter for another port lets DNS pass"
	captured
}

three_namespaces
names s
capture
on_the_wire
over_tcp
over_ipv6
own_loopback
further_port
long_message
control_groups
behind_prefilter
groups_of_ends
