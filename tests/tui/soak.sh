#!/bin/bash
# SPDX-License-Identifier: MIT
# The screen under load: 20,000 events a second of a town of workloads in which names,
# addresses and connections are ever new. It keeps up, answers keys, and its memory has a
# bound; in the second half of a run that is long enough to fill all tables (SOAK_SECONDS=600)
# it grows no more.
# timeout: 1200
. "${0%/*}/lib.sh"

RATE=${SOAK_RATE:-20000} LONG=${SOAK_SECONDS:-12}
SOCKET=$TMP/town.sock
FEED=$ROOT/$BUILD/tests/system/feed_tool
[ -x "$FEED" ] || skip_all 'feed_tool is not built (make tests-build)'

rss_kib() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status"; }
ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }

mkfifo "$TMP/go"
"$FEED" "$SOCKET" "$RATE" 1000000000 $((4 << 20)) town <"$TMP/go" >"$TMP/feed.out" 2>&1 &
feed=$!
BG_PIDS+=("$feed")
exec {go}>"$TMP/go"
wait_for 10 grep -q ready "$TMP/feed.out"
screen_start -s 160x45 --server "unix://$SOCKET" --history-memory 16M
ui=$(screen_pid)
echo go >&"$go"
screen_shows 'flows/s' 'flows come'
screen_keys 2
sleep 4 # the history is full, and what a view needs once it has

# Each view in its turn: the longest time of a key until its view is there, and memory.
titles=(x TIME nodes by REASON NAME by Source)
early=$(rss_kib "$ui") half=0 largest=$early slowest=0 n=0
begin=$(date +%s%N) begin_ticks=$(ticks "$ui") start=$(date +%s)
# while so much comes Top and Map are fed only while they are shown: it is theirs that takes long
for view in 3 2; do
	[ "$LONG" -ge 600 ] || break
	screen_keys $view
	sleep 100
done
while [ $(($(date +%s) - start)) -lt "$LONG" ]; do
	view=$((n++ % 7 + 1))
	sent=$(date +%s%N)
	screen_keys $view
	wait_for 5 screen_has "${titles[view]}" || not_ok "view $view is shown" "$(screen)"
	took=$((($(date +%s%N) - sent) / 1000000))
	[ $took -le $slowest ] || slowest=$took
	sleep 1
	now=$(rss_kib "$ui")
	[ "$now" -le "$largest" ] || largest=$now
	[ $(($(date +%s) - start)) -ge $((LONG / 2)) ] || half=$largest
done
share=$((($(ticks "$ui") - begin_ticks) * 1000000000 / (($(date +%s%N) - begin) / 100) / $(getconf CLK_TCK) * 10))

echo "# $RATE events/s for $LONG s: ${share%?}.${share: -1} % of a core; memory $early KiB after 4 s, $half at half" \
	"time, $largest at most; a view within $slowest ms (with tmux)"
if [ "$LONG" -ge 600 ]; then
	check 'memory came to a rest' [ "$largest" -le $((half + half / 50)) ]
fi
check 'memory is within its bounds' [ "$largest" -lt $((160 << 10)) ]
screen_keys 7
screen_shows 'gone for room' 'what had no room any more is counted' || screen
screen_keys Space
screen_shows PAUSED 'it answers'
screen_end
is "$SCREEN_STATUS" 0 'it ends well'
stop_bg "$feed"
