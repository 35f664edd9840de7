#!/bin/bash
# SPDX-License-Identifier: MIT
# tests/bench/live.sh: what a running pitot takes, and how soon it shows something.
#
# Environment: BENCH_WAIT (seconds to wait for a quiet machine, default 120).
. "${0%/*}/../system/lib.sh"
. "${0%/*}/quiet.sh"
cd "$ROOT" || exit 1
CONNECTIONS=10000
STARTS=5

ready() { grep -q ready "$1"; }
shown() { [ "$(wc -l <"$TMP/live.json")" -ge "$1" ]; }

# Bytes of the kernel maps that a process has open, each once.
map_bytes() {
	cat "/proc/$1/fdinfo/"* 2>/dev/null | awk '
		/^map_type:/ { map = 1 }
		/^pos:/ { map = 0 }
		/^memlock:/ { bytes = $2 }
		/^map_id:/ && map { if (!($2 in seen)) { seen[$2]; sum += bytes } }
		END { print sum + 0 }'
}

status_kib() { awk -v key="$2:" '$1 == key { print $2 }' "/proc/$1/status"; }

mib() { awk -v n="$1" -v unit="$2" 'BEGIN { printf "%.1f", n * unit / 1048576 }'; }

memory() {
	local pid rss peak maps
	pitot_start --ns one --name live || exit 1
	pid=${PITOT_PIDS[live]}
	maps=$(mib "$(map_bytes "$pid")" 1)
	nsenter --net="/run/netns/$(ns_name one)" "$BUILD/tests/bench/udp_flows" $CONNECTIONS \
		>"$TMP/udp_flows" 2>&1 &
	BG_PIDS+=("$!")
	wait_for 30 ready "$TMP/udp_flows" || { cat "$TMP/udp_flows" >&2; exit 1; }
	wait_for 10 shown $CONNECTIONS || { echo "only $(wc -l <"$TMP/live.json") flows came" >&2; exit 1; }
	rss=$(mib "$(status_kib "$pid" VmRSS)" 1024)
	peak=$(mib "$(status_kib "$pid" VmHWM)" 1024)
	printf 'kernel maps, 65,536 connections\t%s MiB\t-\t%s\t<= 24\n' "$maps" "$maps"
	printf 'resident, 10,000 connections\t%s MiB\t%s MiB now\t%s\t< 24\n' "$peak" "$rss" "$peak"
	kill -INT "$pid"
	wait "$pid"
	unset 'PITOT_PIDS[live]'
	stop_bg "$BG_PID"
}

# Milliseconds from the start of pitot to its first line, while pings run.
first_line_ms() {
	local begin end fd
	begin=${EPOCHREALTIME/./}
	exec {fd}< <(exec nsenter --net="/run/netns/$(ns_name two)" "$PITOT" observe -o compact 2>/dev/null)
	read -r -u "$fd" _ || return 1
	end=${EPOCHREALTIME/./}
	kill -INT $!
	exec {fd}<&-
	wait $!
	echo $(((end - begin) / 1000))
}

first_flow() {
	local i times=() median
	bg_in two ping -q -i 0.01 -s 16 127.0.0.1
	for ((i = 0; i < STARTS; i++)); do
		wait_quiet
		times+=("$(first_line_ms)") || return 1
	done
	stop_bg "$BG_PID"
	median=$(printf '%s\n' "${times[@]}" | sort -n | sed -n "$(((STARTS + 1) / 2))p")
	printf 'start to the first flow shown\t%s ms\t%s ms best\t%s\t< 400\n' "$median" \
		"$(printf '%s\n' "${times[@]}" | sort -n | head -n 1)" "$median"
}

ns_new one && ns_new two || exit 1
memory
first_flow
