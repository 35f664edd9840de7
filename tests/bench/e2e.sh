#!/bin/bash
# SPDX-License-Identifier: MIT
# tests/bench/e2e.sh: iperf3 between two namespaces with nothing, an empty program
# and pitot on every interface of the server's one, in turns. A value is compared
# with that of the same turn without anything; the median of these ratios counts.
#
# Environment: BENCH_ROUNDS (default 7), BENCH_SECONDS (of each transfer, default 3),
# BENCH_WAIT (seconds to wait for a quiet machine, default 120), BENCH_KEEP (file for
# the single values).
. "${0%/*}/../system/lib.sh"
. "${0%/*}/quiet.sh"
cd "$ROOT" || exit 1
rounds=${BENCH_ROUNDS:-7} seconds=${BENCH_SECONDS:-3}
keep=${BENCH_KEEP:-$TMP/values}

segmentation() { # on|off
	in_ns client ethtool -K c0 tso "$1" gso "$1" gro "$1" >/dev/null 2>&1 &&
		in_ns server ethtool -K s0 tso "$1" gso "$1" gro "$1" >/dev/null 2>&1
}

# Received Gbit/s of TCP, thousands of datagrams a second of UDP.
iperf() {
	nice -n -20 taskset -c 0 nsenter --net="/run/netns/$(ns_name client)" \
		timeout $((seconds + 10)) iperf3 -c 10.99.0.2 -t "$seconds" -J "$@" 2>/dev/null |
		jq '.end | if .sum_received.bits_per_second and (.sum.packets | not)
			then .sum_received.bits_per_second / 1e9
			else (.sum.packets - .sum.lost_packets) / .sum.seconds / 1e3 end'
}

watching() { grep -qs watching "$1" || ! kill -0 "$2"; }

begin() { # none|empty|pitot; 1: it cannot be had here
	watcher=''
	rm -f "$TMP/watch"
	case $1 in
	none) return ;;
	empty) nsenter --net="/run/netns/$(ns_name server)" "$BUILD/tests/bench/floor" >"$TMP/watch" 2>"$TMP/watch.err" & ;;
	pitot) nsenter --net="/run/netns/$(ns_name server)" "$PITOT" observe -o compact >/dev/null 2>"$TMP/watch" & ;;
	esac
	watcher=$!
	wait_for 20 watching "$TMP/watch" $watcher
	grep -qs watching "$TMP/watch" && return
	cat "$TMP/watch" >&2
	stop_bg "$watcher"
	watcher=''
	return 1
}

finish() {
	[ -n "$watcher" ] || return
	stop_bg "$watcher"
}

transfer() { # KIND
	case $1 in
	tcp) segmentation on && iperf -O 1 ;;
	tcp1500) segmentation off && iperf -O 1 ;;
	udp64) segmentation on && iperf -u -b 0 -l 64 ;;
	esac
}

# One value of each case, one soon after the other.
turn() { # ROUND KIND
	local case
	for case in $(shuf -e none empty pitot); do
		begin "$case" || continue
		wait_quiet
		echo "$1 $2 $case $(transfer "$2")" >>"$keep"
		finish
	done
}

# Median value of CASE, and the median of its ratios to none.
summary() { # KIND CASE
	awk -v kind="$1" -v want="$2" '
		$2 == kind && NF == 4 && $4 > 0 { v[$1, $3] = $4; seen[$1] }
		function median(a, n, i, j, t) {
			for (i = 2; i <= n; i++)
				for (j = i; j > 1 && a[j] < a[j - 1]; j--) { t = a[j]; a[j] = a[j - 1]; a[j - 1] = t }
			return n ? (a[int((n + 1) / 2)] + a[int(n / 2) + 1]) / 2 : 0
		}
		END {
			for (r in seen)
				if ((r, want) in v && (r, "none") in v) { x[++n] = v[r, want]; q[n] = x[n] / v[r, "none"] }
			if (n) printf "%.2f %.3f\n", median(x, n), median(q, n)
		}' "$keep"
}

row() { # KIND FIGURE UNIT REQUIRED
	local value ratio none floor
	read -r value ratio <<<"$(summary "$1" pitot)"
	read -r none _ <<<"$(summary "$1" none)"
	read -r _ floor <<<"$(summary "$1" empty)"
	[ -n "$ratio" ] || return 1
	printf '%s\t%s of %s %s\t%s\t%s\t%s\n' "$2" "$value" "$none" "$3" "${floor:--}" "$ratio" "$4"
}

ns_new client && ns_new server || exit 1
veth client c0 10.99.0.1/24 server s0 10.99.0.2/24 || exit 1
nice -n -20 taskset -c 1 nsenter --net="/run/netns/$(ns_name server)" iperf3 -s >"$TMP/iperf3" 2>&1 &
BG_PIDS+=("$!")
wait_for 5 listening server tcp 5201 || exit 1
: >"$keep"
for ((round = 1; round <= rounds; round++)); do
	for kind in tcp tcp1500 udp64; do turn "$round" $kind; done
done
row tcp 'TCP over a veth, offloads on' Gbit/s '>= 0.97' &&
	row tcp1500 'TCP over a veth, 1,500-byte packets' Gbit/s '>= 0.90' &&
	row udp64 'UDP over a veth, 64 bytes' kpackets/s '>= 0.88'
