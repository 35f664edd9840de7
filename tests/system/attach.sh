#!/bin/bash
# SPDX-License-Identifier: MIT
# Attaching: tcx and clsact, interfaces that come and go, what a killed run leaves,
# what belongs to others.
# shellcheck disable=SC2317 # functions called by wait_for
. "${0%/*}/lib.sh"

TOOL=${ATTACH_TOOL:-$ROOT/$BUILD/tests/system/attach_tool}
[ -x "$TOOL" ] || skip_all "no $TOOL"
ns_new a
ns_new b
veth a v0 10.81.0.1/24 b v1 10.81.0.2/24

# tool_start ARGS...: in namespace a, until it is ready; output in $LOG, pid in $TOOL_PID
tool_start() {
	bg_in a "$TOOL" "$@"
	TOOL_PID=$BG_PID LOG=$BG_LOG
	wait_for 30 eval "grep -q ^ready $LOG || ! kill -0 $TOOL_PID"
	grep -q ^ready "$LOG" || not_ok "attach_tool $* starts" "$(cat "$LOG")"
}
tool_stop() { stop_bg "$TOOL_PID"; }
tool_kill() {
	kill -KILL "$TOOL_PID"
	wait "$TOOL_PID" 2>/dev/null
}
has() { grep -qxF -- "$1" "$LOG"; }
shows() { check "$2" wait_for 5 has "$1"; }
last_of() { grep "^$1 " "$LOG" | cut -d' ' -f2-; }
unloaded() { # none of the tool's programs is loaded, so none is attached
	local id
	for id in $(last_of program); do ! bpftool prog show id "$id" || return; done
}
enough_seen() { [ "$(grep -c '^+ ' "$LOG")" -ge 42 ]; }
qdiscs() { in_ns a tc qdisc show | grep -cE 'clsact|ingress'; }
filters() { # DEV ingress|egress [PATTERN]: handles there
	in_ns a tc filter show dev "$1" "$2" | grep "${3-}" | grep -o 'handle 0x[0-9a-f]*' | sort
}
foreign() { # DEV ingress|egress: a filter that lets every packet pass, and so ends the row
	in_ns a tc filter add dev "$1" "$2" bpf bytecode '1,6 0 0 4294967295'
}
traffic() { in_ns a ping -c1 -W2 -q 10.81.0.2; }

# ------------------------------------------------------------ both mechanisms

come_and_go() {
	local how=$1
	in_ns a ip link add x0 type veth peer name x1
	shows '+ x0' "$how: a new interface is followed"
	in_ns a ip link set x0 name renamed0
	shows '~ renamed0 x0' "$how: a rename is followed"
	in_ns a ip link del renamed0
	shows '- renamed0' "$how: an interface deleted while attached"
	is "$(grep -c '^!' "$LOG")" 0 "$how: no attachment failed"
	traffic >/dev/null
	in_ns a ip link add br9 type bridge
	shows '+ br9' "$how: and the next one"
	in_ns a ip link set v0 master br9
	in_ns a ip link set v0 nomaster
	in_ns a ip link del br9
	shows '- br9' "$how: a bridge comes and goes"
	is "$(grep -c '^- v0' "$LOG")" 0 "$how: a port that leaves its bridge is not gone"
	tool_stop
	is "$(last_of counted)" '2 2' "$how: both that are left are attached to"
	is "$(last_of connections)" 1 "$how: the packets were seen"
	is "$(qdiscs)" 0 "$how: no qdisc of ours afterwards"
	check "$how: no program of ours afterwards" wait_for 5 unloaded
}

tool_start
how=$(last_of ready)
come_and_go "$how"
tool_start -c
is "$(last_of ready)" clsact 'clsact when asked for'
is "$(qdiscs)" 2 'clsact on each interface'
come_and_go clsact

# ------------------------------------------------------------ other people's

in_ns a tc qdisc add dev v0 clsact
tool_start -c
is "$(filters v0 ingress flow_ | wc -l)" 1 'a filter on the clsact of others'
tool_stop
is "$(qdiscs)" 1 'an empty clsact that was there stays'

foreign v0 ingress
foreign v0 egress
theirs=$(in_ns a tc filter show dev v0 ingress; in_ns a tc filter show dev v0 egress)
for arg in '' -c; do
	# shellcheck disable=SC2086
	tool_start $arg
	traffic >/dev/null
	tool_stop
	is "$(last_of connections)" 1 "foreign filters that end the row hide nothing ${arg:-(default)}"
	is "$(in_ns a tc filter show dev v0 ingress; in_ns a tc filter show dev v0 egress)" \
		"$theirs" "foreign filters are as they were ${arg:-(default)}"
done
in_ns a tc qdisc del dev v0 clsact

# priority 1 in the hands of another classifier's protocol
in_ns a tc qdisc add dev v0 clsact
in_ns a tc filter add dev v0 ingress pref 1 protocol arp bpf bytecode '1,6 0 0 0'
tool_start -c
is "$(in_ns a tc filter show dev v0 ingress | grep -c 'pref 2 .*flow_ingress')" 1 \
	'the next priority where the first is taken'
tool_stop
is "$(filters v0 ingress | wc -l)" 1 'and that filter goes, the other stays'
in_ns a tc qdisc del dev v0 clsact

# somebody's filter put on our qdisc
tool_start -c
foreign v0 ingress
tool_stop
is "$(in_ns a tc qdisc show dev v0 | grep -c clsact)" 1 'our qdisc stays for a foreign filter on it'
is "$(filters v0 ingress | wc -l)" 1 'and that filter is all that is there'
in_ns a tc qdisc del dev v0 clsact

in_ns a tc qdisc add dev v0 ingress
tool_start -c
shows '! v0 EBUSY' "an ingress qdisc in clsact's place: told, not used"
tool_stop
is "$(in_ns a tc qdisc show dev v0 | grep -c 'qdisc ingress')" 1 'an ingress qdisc that was there stays'
in_ns a tc qdisc del dev v0 ingress

# ------------------------------------------------------------------- killed

if [ "$how" = tcx ]; then
	tool_start
	tool_kill
	check 'tcx: kill -9 leaves no program' wait_for 5 unloaded
	is "$(qdiscs)" 0 'tcx: kill -9 leaves no qdisc'
else
	skip 'tcx: kill -9 leaves nothing' 'no tcx here'
fi

in_ns a tc qdisc add dev lo clsact
tool_start -c
tool_kill
is "$(filters v0 ingress)" 'handle 0x9180' 'clsact: kill -9 leaves filters (under the handle of a qdisc of ours)'
is "$(filters lo ingress)" 'handle 0x9170' 'clsact: likewise (under that of a foreign qdisc)'
tool_start -c
is "$(filters v0 ingress; filters v0 egress)" $'handle 0x9180\nhandle 0x9180' 'the next run replaces them'
tool_kill
tool_start -c
tool_stop
is "$(filters v0 ingress; filters lo ingress)" '' 'and takes all of them away at its end'
is "$(in_ns a tc qdisc show | grep -E 'clsact|ingress' | cut -d' ' -f1-5)" \
	'qdisc clsact ffff: dev lo' 'the qdisc that was there stays, ours go'
in_ns a tc qdisc del dev lo clsact

# ------------------------------------------------------- two at the same time

tool_start -c
first=$TOOL_PID
tool_start -c
is "$(filters v0 ingress)" $'handle 0x9180\nhandle 0x9181' 'two at the same time have a filter each'
stop_bg "$first"
is "$(filters v0 ingress)" 'handle 0x9181' 'the first leaves the filter of the second alone'
tool_stop
is "$(qdiscs)" 0 'the last one removes the qdisc'

# ------------------------------------------------------------------ overrun

tool_start -c -b 4096
kill -STOP "$TOOL_PID"
for i in $(seq 40); do echo "link add o$i type veth peer name p$i"; done | in_ns a ip -batch -
for i in $(seq 20); do echo "link del o$i"; done | in_ns a ip -batch -
in_ns a ip link set o40 name last
kill -CONT "$TOOL_PID"
check 'an overrun queue: listed again' wait_for 10 enough_seen
tool_stop
is "$(grep '^= ' "$LOG" | cut -c3- | sort)" \
	"$(in_ns a ip -o link show | awk '{ sub(/[@:].*/, "", $2); print $2 }' | sort)" \
	'what it knows is what is there'
is "$(last_of counted)" '42 42' 'each of them is attached to'
is "$(grep '^!' "$LOG" | grep -vc ENODEV)" 0 'and no attachment failed but to what is gone'
