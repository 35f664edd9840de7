#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 60
# Where `pitot ui` has its flows from: an agent with what it holds, gone and back again; no
# rights, no server: the screen opens and says so; what is refused; `pitot` alone.
. "${0%/*}/lib.sh"

# ------------------------------------------------------------------ what is refused, before a screen
refused() { # STATUS WORDS ARGS...
	local status=$1 words=$2 got
	shift 2
	"$PITOT" ui "$@" </dev/null >"$TMP/out" 2>"$TMP/err"
	got=$?
	if [ $got = "$status" ] && [ "$(wc -l <"$TMP/err")" = 1 ] && grep -qF -- "$words" "$TMP/err"; then
		ok "refused: $words"
	else
		not_ok "refused: $words" "status $got" "$(cat "$TMP/err")"
	fi
}
refused 1 'needs a terminal'
refused 2 '"x" is one argument too many' x
refused 2 '(try: --ip 10.0.0.1)' 10.0.0.1
cp "$SHOP" "$TMP/live of today.pb"
refused 2 "(try: pitot ui --input-file '$TMP/live of today.pb')" "$TMP/live of today.pb"
is "$("$PITOT" "$SHOP" 2>&1)" "pitot: unknown command \"$SHOP\" (try: pitot ui --input-file $SHOP)" \
	'a file in place of a command'
for command in map observe; do
	check "pitot $command FILE" eval '"$PITOT" $command "$SHOP" 2>&1 | grep -qF "(try: pitot $command --input-file $SHOP)"'
done
refused 2 '"dropd"' --verdict dropd
refused 2 '"nspace" is no field' --where 'nspace == "x"'
refused 2 '--history-memory: at least 1M' --history-memory 4K
refused 2 '"maps" is not' --view maps
refused 2 'where the keys come from' --input-file -
"$PITOT" ui --list-keys >"$TMP/keys" && ok '--list-keys needs no terminal' || not_ok '--list-keys needs no terminal'
check 'a key and what it does' grep -Eq '^  /  +type a filter' "$TMP/keys"
check 'pitot alone, without a terminal: its help' eval '"$PITOT" </dev/null | grep -q "^usage: pitot"'

# ------------------------------------------------------------------ no rights, no server, no file
cp "$PITOT" "$TMP/pitot" && chmod 755 "$TMP" "$TMP/pitot" && mkdir -p "$XDG_STATE_HOME" && chmod 777 "$XDG_STATE_HOME"
screen_shell "TERM=tmux-256color setpriv --reuid 65534 --regid 65534 --clear-groups $TMP/pitot ui --no-agent"
screen_shows 'needs rights: sudo pitot' 'no rights: the screen opens, and says what to do'
screen_shows 'NO SOURCE' 'and not that this is live'
screen_lacks 'no agent answers' 'not that an agent, which nobody asked for, is silent'
screen_keys 7
screen_shows 'Source' 'and its views are there'
screen_keys q
screen_start -s 100x24 --server 127.0.0.1:9
screen_shows 'connection refused' 'no server there: it says so'
screen_shows 'NOT CONNECTED' 'and not that this is live'
screen_end
is "$SCREEN_STATUS" 0 'and is left as usual'
screen_shell "TERM=tmux-256color '$PITOT' ui --input-file $TMP/none; echo status \$?; sleep 60"
screen_shows 'No such file' 'a file that is not there: no screen'
screen_shows 'status 1' 'but status 1'

# ------------------------------------------------------------------ a torn recording
{
	head -n 3 "$SHOP"
	echo 'not a flow'
	sed -n 5,40p "$SHOP"
	sed -n 41p "$SHOP" | sed 's/"FORWARDED"/"SOMEHOW"/'
	sed -n 42p "$SHOP" | cut -c1-90
} >"$TMP/torn.jsonl"
"$PITOT" observe --input-file "$TMP/torn.jsonl" >/dev/null 2>"$TMP/observe.err"
status=$?
screen_start -s 100x30 --input-file "$TMP/torn.jsonl"
screen_shows '2 lines not read' 'torn lines: the header tells how many'
screen_shows 'torn.jsonl:4: not a flow' 'the first one is told'
screen_shows 'and 2 more: 7 Status' 'what came after it does not hide it'
screen_keys j
screen_lacks 'and 2 more' 'and the line is gone'
screen_shows '2 lines not read' 'but not from the header'
screen_keys 7
screen_shows "torn.jsonl:4: not a flow: an object is due, not" 'Status: where the first one is, and why'
screen_shows 'torn.jsonl:42: not a flow' 'and all that was told'
screen_shows 'fields or values are not known here' 'also the less bad'
screen_end
is "$SCREEN_STATUS" "$status" 'it ends with the status of observe'
is "$(cat "$TMP/screen.err")" "$(tail -n 1 "$TMP/observe.err")" 'and its last words'
"$PITOT" export --input-file "$SHOP" --first 20 -q -o "$TMP/whole.pb"
head -c -7 "$TMP/whole.pb" >"$TMP/torn.pb"
screen_start -s 100x30 --input-file "$TMP/torn.pb"
screen_shows '1 message not read' 'of protobuf it is a message'
screen_end
is "$SCREEN_STATUS" 3 'which the status tells, too'

# ------------------------------------------------------------------ an agent
ns_new agent
agent() {
	bg_in agent "$PITOT" agent --config /dev/null --socket "$TMP/agent.sock" --no-kubernetes --no-containers \
		--no-resolve --report-interval 300ms
	AGENT=$BG_PID
	wait_for 20 grep -qs '^pitot: ready' "$BG_LOG" || not_ok 'the agent starts' "$(cat "$BG_LOG")"
}
knock() { in_ns agent nc -zw1 127.0.0.1 "$1"; }
screen_start -s 100x24 --server "unix://$TMP/agent.sock"
screen_shows 'Not reachable: unix://' 'an agent that is not there as yet'
for s in 'no such file: is the agent running?' 'not reachable, trying again in ' ' since '; do
	screen_shows "$s" "it says: $s"
done
attempts() { screen | sed -n 2p | grep -o 'again in [0-9]* s' >>"$TMP/waits"; [ "$(sort -u "$TMP/waits" | wc -l)" -ge 2 ]; }
check 'the seconds pass, the waits get longer' wait_for 5 attempts
agent
check 'it comes: the screen that waits is live, before there is a flow' screen_wait 'LIVE ' 15
knock 7100
screen_shows '127.0.0.1:7100' 'and goes on by itself'
screen_lacks 'reachable' 'and the header knows it'
screen_shows 'connected to unix://' 'so it says'
screen_lacks 'agent.sock again' 'for the first time'
screen_end
knock 7101
knock 7102
screen_start -s 120x24 --server "unix://$TMP/agent.sock" --where 'server.port > 7000'
screen_shows '127.0.0.1:7101' 'what the agent held'
screen_shows '127.0.0.1:7102' 'all of it'
knock 7103
screen_shows '127.0.0.1:7103' 'and what comes'
screen_shows "agent.sock" 'where from'
stop_bg "$AGENT"
screen_shows 'trying again' 'the agent is gone: it says so'
screen_shows 'NOT CONNECTED' 'this is not live any more'
screen_keys j
screen_lacks 'next in' 'a key, and the message is gone'
screen_shows 'not connected, trying again' 'but not that there is no agent'
screen_keys G
agent
knock 7104
check 'it is back: its flows come' screen_wait '127.0.0.1:7104' 12
screen_lacks 'not connected' 'and the header knows it'
screen_shows '127.0.0.1:7101' 'what was there before stays'
screen_end
stop_bg "$AGENT"

# ------------------------------------------------------------------ pitot alone, in a terminal
screen_shell "TERM=tmux-256color $PITOT; echo status \$?; sleep 60"
screen_shows '1 Flows' 'pitot alone opens the screen'
screen_keys q
screen_shows 'status 0' 'q leaves it'
screen_shell "TERM=dumb $PITOT; sleep 60"
screen_shows 'usage: pitot COMMAND' 'a terminal that can show no screen: the help'
