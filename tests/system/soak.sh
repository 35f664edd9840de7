#!/bin/bash
# SPDX-License-Identifier: MIT
# A day of traffic in short: ten million events through the agent's history and API, with
# followers that keep up, that are slow, and that never read. Memory stays as it is, and
# every event is either delivered or told as lost.
# timeout: 120
. "${0%/*}/lib.sh"

EVENTS=10000000
SOCKET=$TMP/feed.sock
rss_kib() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status"; }
said() { grep -q "^$1\$" "$TMP/feed.out"; }
following() { # N
	[ "$("$PITOT" status --server "unix://$SOCKET" --agent -o json 2>/dev/null | jq -r '.followers // 0')" = "$1" ]
}
# "1234 passed", "5 lost" of --stats
stat() { sed -n "s/.* \([0-9]*\) $1.*/\1/p" "$2" | head -n 1; }

feed() { # RATE COUNT HISTORY_BYTES: waits on descriptor 9
	mkfifo "$TMP/go"
	"$ROOT/$BUILD/tests/system/feed_tool" "$SOCKET" "$@" <"$TMP/go" >"$TMP/feed.out" 2>&1 &
	feed_pid=$!
	BG_PIDS+=("$feed_pid")
	exec 9>"$TMP/go"
	wait_for 10 said ready
}

feed 0 $EVENTS $((16 << 20))

"$PITOT" observe --server "unix://$SOCKET" -f --stats -o pb >"$TMP/quick" 2>"$TMP/quick.err" 9>&- &
quick=$!
# never reads: its standard output is a pipe that nobody empties
mkfifo "$TMP/pipe"
sleep 1000 <"$TMP/pipe" 9>&- &
BG_PIDS+=("$!")
"$PITOT" observe --server "unix://$SOCKET" -f -o json >"$TMP/pipe" 2>/dev/null 9>&- &
stuck=$!
BG_PIDS+=("$quick" "$stuck")
wait_for 10 following 2
is $? 0 'two follow'

echo go >&9
wait_for 60 said 'fed 1000000'
early=$(rss_kib "$feed_pid")
wait_for 60 said "fed $EVENTS"
is $? 0 "$EVENTS events"
late=$(rss_kib "$feed_pid")
if [ "$late" -le $((early + early / 10)) ]; then
	ok "memory: $early KiB after a tenth of them, $late KiB at the end"
else
	not_ok 'memory is flat' "after a tenth: $early KiB, at the end: $late KiB"
fi

is "$("$PITOT" observe --server "unix://$SOCKET" --last 3 -o json | jq -r .flow.emitter.name | sort -u)" pitot \
	'it answers as before'
check 'and says that it is well' "$PITOT" status --server "unix://$SOCKET"

"$PITOT" observe --server "unix://$SOCKET" --last 1 -o json >/dev/null # what was on its way has had its turn
sleep 1
kill -INT "$quick"
wait "$quick"
got=$(stat passed "$TMP/quick.err") lost=$(stat lost "$TMP/quick.err")
is $((got + lost)) $EVENTS "one that reads: $got delivered, $lost told as lost"
kill "$stuck"
exec 9>&-
wait "$feed_pid"
is $? 0 'it ends well'
