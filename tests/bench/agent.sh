#!/bin/bash
# SPDX-License-Identifier: MIT
# tests/bench/agent.sh: what the agent takes: with nothing to do, and with 10,000 flow
# events a second, names, history and a follower; how fast it hands out what it holds, to
# one and to four.
#
# The floor of the second is `pitot observe` under the same load: capture, names and
# a line each, without history and API. Shares of a core are the least of five windows: a
# build next door is a thousand new processes, of which each is an event.
#
# Environment: BENCH_WAIT (seconds to wait for a quiet machine, default 120).
. "${0%/*}/../system/lib.sh"
. "${0%/*}/quiet.sh"
cd "$ROOT" || exit 1
EVENTS=10000
WINDOWS=5
FED=1000000

cpu_ns() { awk '{ print $1 }' "/proc/$1/schedstat"; }
rss_kib() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status"; }
ready() { grep -q "$1" "$2"; }

# share PID SECONDS: per cent of a core, the least of the windows
share() {
	local i begin end best=
	for ((i = 0; i < WINDOWS; i++)); do
		begin=$(cpu_ns "$1")
		sleep "$2"
		end=$(cpu_ns "$1")
		echo "$begin $end $2"
	done | awk '{ p = ($2 - $1) / $3 / 1e7; if (best == "" || p < best) best = p } END { printf "%.3f\n", best }'
}

start_agent() {
	bg_in one "$PITOT" agent --socket "$TMP/agent.sock" --no-kubernetes --report-interval 1s
	agent=$BG_PID
	wait_for 30 ready '^pitot: ready' "$BG_LOG" || { cat "$BG_LOG" >&2; exit 1; }
}

load() { # SECONDS
	bg_in one "$BUILD/tests/bench/udp_rate" $EVENTS "$1"
	wait_for 20 ready ready "$BG_LOG" || { cat "$BG_LOG" >&2; exit 1; }
}

seen() {
	"$PITOT" status --server "unix://$TMP/agent.sock" -o json 2>/dev/null | jq -r '.seen_flows // empty' | head -n 1
}

idle() {
	local value
	start_agent
	sleep 3
	wait_quiet
	value=$(share "$agent" 4)
	printf 'agent, 0 flows/s\t%s %% of a core\t-\t%s\t< 0.2\n' "$value" "$value"
}

busy() {
	local value floor begin rate rss held
	load 60
	"$PITOT" observe --server "unix://$TMP/agent.sock" -f -o compact >/dev/null 2>&1 &
	BG_PIDS+=("$!")
	local follower=$!
	sleep 3
	begin=$(seen)
	value=$(share "$agent" 2)
	rate=$((($(seen) - begin) / (2 * WINDOWS)))
	stop_bg "$follower"
	bg_in one "$PITOT" observe -o compact --no-kubernetes --report-interval 1s
	sleep 3
	floor=$(share "$BG_PID" 2)
	stop_bg "$BG_PID"
	value=$(awk -v v="$value" -v r="$rate" -v n=$EVENTS 'BEGIN { printf "%.2f", v * n / (r ? r : n) }')
	printf 'agent, 10,000 events/s, a follower\t%s %% (%d/s)\t%s %% observe\t%s\t< 5\n' \
		"$value" "$rate" "$floor" "$value"
	held=$("$PITOT" status --server "unix://$TMP/agent.sock" --agent -o json 2>/dev/null |
		jq -r '.history.bytes // empty' | head -n 1)
	rss=$(awk -v r="$(rss_kib "$agent")" -v h="${held:-67108864}" 'BEGIN { printf "%.1f", r / 1024 - h / 1048576 }')
	printf 'agent, resident beside its history\t%s MiB\t-\t%s\t< 48\n' "$rss" "$rss"
}

# feed RATE HISTORY_BYTES: the API alone, a million made events when descriptor 9 is told
feed() {
	rm -f "$TMP/go"
	mkfifo "$TMP/go"
	"$BUILD/tests/system/feed_tool" "$TMP/feed.sock" "$1" $FED "$2" <"$TMP/go" >"$TMP/feed.out" &
	feeder=$!
	BG_PIDS+=("$feeder")
	exec 9>"$TMP/go"
	wait_for 10 ready '^ready' "$TMP/feed.out"
}

# A million flows to one client, from its start to its end, printed as lines; the floor
# counts the CPU of the API alone.
throughput() {
	local i begin cpu best=0 cpu_best=0 rate
	feed 0 $((1 << 30))
	echo go >&9
	wait_for 60 ready "^fed $FED\$" "$TMP/feed.out"
	for ((i = 0; i < 5; i++)); do
		wait_quiet
		cpu=$(cpu_ns "$feeder")
		begin=$(date +%s%N)
		"$PITOT" observe --server "unix://$TMP/feed.sock" --all -o compact >/dev/null 2>&1 9>&-
		rate=$((FED * 1000000000 / ($(date +%s%N) - begin)))
		[ $rate -le $best ] || best=$rate
		rate=$((FED * 1000000000 / ($(cpu_ns "$feeder") - cpu)))
		[ $rate -le $cpu_best ] || cpu_best=$rate
	done
	exec 9>&-
	wait "$feeder"
	printf 'GetFlows to one client, as lines\t%d/s\t%d/s of its CPU\t%d\t>= 400000\n' "$best" "$cpu_best" "$best"
}

# Four followers of 100,000 events a second each, for ten seconds, without a loss; the
# floor is the share of a core that the API takes of them (history, encoding, sending).
followers() {
	local i begin lost=0 got=0 pids=()
	feed 100000 $((64 << 20))
	for i in 1 2 3 4; do
		"$PITOT" observe --server "unix://$TMP/feed.sock" -f --stats >/dev/null 2>"$TMP/follower.$i" 9>&- &
		pids+=("$!")
	done
	BG_PIDS+=("${pids[@]}")
	sleep 2
	wait_quiet
	begin=$(cpu_ns "$feeder")
	echo go >&9
	wait_for 60 ready "^fed $FED\$" "$TMP/feed.out"
	begin=$(($(cpu_ns "$feeder") - begin))
	sleep 1
	kill -INT "${pids[@]}"
	wait "${pids[@]}"
	exec 9>&-
	for i in 1 2 3 4; do
		got=$((got + $(sed -n 's/.* \([0-9]*\) passed.*/\1/p' "$TMP/follower.$i")))
		lost=$((lost + $(sed -n 's/.* \([0-9]*\) lost$/\1/p' "$TMP/follower.$i")))
	done
	printf 'four followers, 100,000 events/s each\t%d of %d, %d lost\t%d %% of a core\t%d\t<= 0\n' \
		$got $((4 * FED)) $lost $((begin / 100000000)) $lost
}

ns_new one || exit 1
idle
busy
throughput
followers
