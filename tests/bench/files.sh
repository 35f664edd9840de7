#!/bin/bash
# SPDX-License-Identifier: MIT
# tests/bench/files.sh: flows from files, by `pitot observe --input-file` as it ships.
# BENCH_FLOWS (default 1000000) of them, 1.7 GB of JSON in ${TMPDIR:-/var/tmp}; read
# once before, so that they are in the page cache; the best of BENCH_ROUNDS (default 7) / 2.
# Rows for tests/bench/run on stdout.
set -u
cd "$(dirname "$0")/../.." || exit 1
PITOT=${BUILD:-build}/pitot FLOWS=${BENCH_FLOWS:-1000000} ROUNDS=$(((${BENCH_ROUNDS:-7} + 1) / 2))
TMP=$(mktemp -d "${TMPDIR:-/var/tmp}/pitot-bench.XXXXXX") || exit 1
trap 'rm -rf "$TMP"' EXIT
trap 'exit 130' INT TERM

# best COMMAND...: seconds and KiB at most resident, of the fastest run
best() {
	python3 - "$ROUNDS" "$@" <<-'END'
		import subprocess, sys, time

		def resident(pid):
		    with open("/proc/%d/status" % pid) as f:
		        return max([int(line.split()[1]) for line in f if line.startswith("VmHWM")] + [0])

		rows = []
		for i in range(int(sys.argv[1])):
		    begin, most = time.monotonic(), 0
		    p = subprocess.Popen(sys.argv[2:], stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
		    while p.poll() is None:
		        most = max(most, resident(p.pid))
		        try:
		            p.wait(0.01)
		        except subprocess.TimeoutExpired:
		            pass
		    if p.returncode:
		        sys.exit(1)
		    rows.append((time.monotonic() - begin, most))
		print(*min(rows))
	END
}

# row NAME FILE WANTED-FLOWS/S WANTED-KIB ARGS...
row() {
	local seconds kib floor rate
	read -r seconds kib < <(best "$PITOT" observe --input-file "$2" -o compact "${@:5}") || return 1
	read -r floor _ < <(best cat "$2") || return 1
	rate=$(awk "BEGIN { printf \"%d\", $FLOWS / $seconds }")
	printf '%s\t%d/s\t%d/s cat\t%d\t%s\n' "$1" "$rate" \
		"$(awk "BEGIN { printf \"%d\", $FLOWS / $floor }")" "$rate" "$3"
	[ -z "$4" ] || printf '%s, resident\t%s MiB\t\t%d\t%s\n' "$1" \
		"$(awk "BEGIN { printf \"%.1f\", $kib / 1024 }")" "$kib" "$4"
}

"${BUILD:-build}/tests/bench/flow_lines" "$FLOWS" >"$TMP/flows.json" &&
	"$PITOT" observe --input-file "$TMP/flows.json" -o pb >"$TMP/flows.pb" || exit 1
row 'JSON flows, --namespace' "$TMP/flows.json" '>= 150000' '<= 32768' --namespace team-07 &&
	row 'JSON flows, all' "$TMP/flows.json" '' '' &&
	row '.pb flows, --namespace' "$TMP/flows.pb" '>= 1500000' '<= 32768' --namespace team-07 &&
	row '.pb flows, all' "$TMP/flows.pb" '' ''
