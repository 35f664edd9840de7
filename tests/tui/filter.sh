#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 60
# The filter bar, the command line, y, exports and recordings in a terminal, with a recorded
# file; what y shows is run, what is exported and recorded is read again by pitot.

. "${0%/*}/lib.sh"

# What y shows first, in its lines.
command_shown() {
	screen | sed -n '/as a command/,/other programs/p' | sed '1d;$d;s/^ //'
}
# That, in a shell.
run_shown() {
	PATH=${PITOT%/*}:$PATH bash -c "$(command_shown)"
}
# How many flows pass, by observe.
passing() { "$PITOT" observe --input-file "$SHOP" "$@" -o json | wc -l; }

# ------------------------------------------------------------------ the bar
screen_start -s 110x30 --input-file "$SHOP"
screen_shows '375 flows' 'the screen is there'
screen_keys /
screen_type 'src.namespace == "sh'
screen_shows ' "shop"' 'values seen are offered'
screen_keys Tab
screen_shows '/ src.namespace == "shop"' 'Tab puts one in'
screen_keys Enter
in_shop=$(passing --where 'src.namespace == "shop"')
screen_shows "$in_shop flows" 'as many flows pass as of observe'
screen_shows 'filter src.namespace == "shop"' 'the filter is on the screen'

screen_keys /
screen_type '&& vrdict == DROPPED'
screen_shows '                            ^^^^^^ "vrdict" is no field (did you mean "verdict"?)' \
	'what is wrong is told below its place'
screen_keys Enter
screen_shows '/ src.namespace == "shop" && vrdict' 'what is wrong is not applied'
screen_keys Escape
screen_shows "$in_shop flows" 'Escape leaves the filter as it was'

# ------------------------------------------------------------------ undo, history
screen_keys u
screen_shows ' 375 flows' 'u: the filter of before'
screen_keys U
screen_shows "$in_shop flows" 'U: the one that was undone'
screen_keys :
screen_type 'filter --verdict DROPPED --not --protocol udp'
screen_keys Enter
drops=$(passing --verdict DROPPED --not --protocol udp)
screen_shows "$drops flows" ':filter takes flags'
is "$(stat -c %a "$XDG_STATE_HOME/pitot/filters")" 600 'the filters of before are for their owner only'
screen_keys / C-u Up Up
screen_shows '/ src.namespace == "shop"' 'Up brings back what was typed before'
screen_keys C-u
screen_type "--from-namespace shop --process '*' bytes > 1e3 || dst.name contains \"it's\" || src.name == \"no such name  anywhere\""
screen_keys Enter
screen_shows "filter --from-namespace shop --process '*' bytes" 'flags and an expression, quoted'

# ------------------------------------------------------------------ what is no filter
screen_keys / C-u
screen_type 'port 53'
screen_shows '  Enter: --port 53' 'what Enter makes of it is told'
screen_keys Enter
screen_shows "$(passing --port 53) flows of" 'and applied'
screen_shows 'filter --port 53' 'as what it is'
screen_keys /
screen_type '10.42.0.11'
screen_shows 'Enter: --port 53 --ip 10.42.0.11' 'behind what was there'
screen_keys Enter
screen_shows "$(passing --port 53 --ip 10.42.0.11) flows of" 'an address'
screen_keys / C-u
screen_type 'redis'
screen_keys Enter
redis=$(passing --where 'any.name contains "redis" || any.dns contains "redis" || any.process contains "redis" || dns.query contains "redis"')
screen_shows "$redis flows of" 'a bare word'
screen_keys / C-u
screen_type 'rtt > 1us --port 6379'
screen_keys Enter
screen_shows 'filter --port 6379 rtt > 1us' 'flags come to the front'
screen_keys u u u u
screen_shows "filter --from-namespace shop --process '*' bytes" 'undone one by one'
screen_keys :
screen_type 'window 7'
screen_keys Enter
screen_shows '"window" is not in Flows: Map, Top, Drops, DNS, Processes have it' 'where a command is'
screen_keys Escape

# ------------------------------------------------------------------ y
screen_keys y
screen_shows 'pitot observe --input-file' 'y: the command line'
want=$(passing --from-namespace shop --process '*' --where "bytes > 1e3 || dst.name contains \"it's\"")
is "$(run_shown | wc -l)" "$want" 'run in a shell it gives the same flows'
screen | sed -n '/as a picture/,/^$/p' | sed '1d;s/^ //' >"$TMP/map.sh"
(cd "$TMP" && PATH=${PITOT%/*}:$PATH bash map.sh)
check 'the map of them is a picture' rsvg-convert "$TMP/map.svg" -o "$TMP/map.png"
rm -f "$TMP/map.svg"
screen_keys Escape
screen_shows "$want flows" 'which are those on the screen'

# ------------------------------------------------------------------ export
screen_keys :
screen_type "export $TMP/some.pb"
screen_keys Enter
screen_shows "exported $want flows" ':export says what it wrote'
is "$("$PITOT" observe --input-file "$TMP/some.pb" --all-drops -o json | wc -l)" "$want" 'and it can be read again'
screen_keys e
screen_shows 'Flows that pass the filter, as JSON lines' 'e: asks what'
screen_keys Down Enter
screen_shows 'Export to pitot-flows-' 'and where to'
screen_keys C-u
screen_type "$TMP/some.pb"
screen_keys Enter
screen_shows 'It is there already' 'what is there is asked for'
screen_keys n Enter
screen_shows 'nothing was written' 'and stays'
is "$(find "$TMP" -name '*.partial*')" '' 'no part of a file stays'
for file in map.svg map.dot top.csv top.json drops.json; do
	screen_keys :
	screen_type "view ${file%.*}"
	screen_keys Enter :
	screen_type "export $TMP/$file"
	screen_keys Enter
	screen_shows "$TMP/$file" "$file is written"
done
check 'the SVG is a picture' rsvg-convert "$TMP/map.svg" -o "$TMP/map.png"
is "$(head -c 7 "$TMP/map.dot")" digraph 'the DOT is a graph'
check 'the table has rows' test "$(wc -l <"$TMP/top.csv")" -gt 3
is "$(jq -r type "$TMP/top.json" "$TMP/drops.json" | sort -u)" array 'tables as JSON are arrays'
screen_keys :
screen_type "export /dev/full/x.csv"
screen_keys Enter
screen_shows 'cannot write' 'a place where nothing can be written is told'
screen_keys Escape
screen_end
is $SCREEN_STATUS 0 'left'

# ------------------------------------------------------------------ the time shown
echo 'set -s set-clipboard on' >>"$TMP/tmux.conf"
screen_start -s 100x24 --input-file "$SHOP" --namespace shop --clipboard
screen_shows 'filter --namespace shop' 'the command line has the first filter'
at=$(jq -r .time "$SHOP" | sort | sed -n 150p)
screen_keys :
screen_type "jump $at"
screen_keys Enter
screen_keys y
screen_shows '--until' 'y with the time shown'
shown=$(run_shown | wc -l)
is "$(bash -c "PATH=${PITOT%/*}:\$PATH; $(tm show-buffer)" | wc -l)" "$shown" 'the clipboard has it on one line'
screen_keys Escape :
screen_type "export $TMP/until.jsonl"
screen_keys Enter
screen_shows 'exported' 'exported up to the time shown'
is "$shown" "$(wc -l <"$TMP/until.jsonl")" 'y and e agree'
[ "$(wc -l <"$TMP/until.jsonl")" -lt "$(passing --namespace shop)" ] && ok 'and are a part' || not_ok 'and are a part'
# the last flows are of one instant, which --until does not divide
all=$(passing --namespace shop)
screen_keys . '[' '[' '['
screen_shows "$((all - 3)) flows" 'three steps back within an instant'
screen_keys y
screen_shows "--first $((all - 3))" 'y counts them'
run_shown >"$TMP/steps.txt"
is "$(wc -l <"$TMP/steps.txt")" $((all - 3)) 'and shows as many'
screen_shows '3 flows more' 'pitot map has no such option: that is told'
screen_keys Escape
screen_keys r
screen_shows 'from a file already' 'a file is not recorded'
screen_end
is $SCREEN_STATUS 0 'left again'

# ------------------------------------------------------------------ live
[ "$(id -u)" = 0 ] || skip_all 'a capture needs root'
mkdir "$TMP/small"
mount -t tmpfs -o size=64k tmpfs "$TMP/small" && at_exit umount "$TMP/small"
# an address of its own, so that no other test's flows are counted
talk() { for _ in $(seq "$1"); do (: <>/dev/tcp/127.77.5.1/9) 2>/dev/null; done; }

screen_start -s 100x24 --no-agent --no-names --ip 127.77.5.1
screen_shows 'LIVE' 'a capture'
screen_keys r
screen_shows 'only the flows that pass' 'r: asks which flows'
screen_keys Down Enter
screen_shows 'Record to pitot-recording-' 'and where to'
screen_keys C-u
screen_type "$TMP/rec.pb"
screen_keys Enter
screen_shows 'REC ' 'the sign that it records'
screen_shows "rec.pb.partial, rec.pb when stopped (r)" 'and what it is called meanwhile'
talk 3
wait_for 5 test -s "$TMP/rec.pb.partial"
[ -e "$TMP/rec.pb" ] && not_ok 'no file under its name' || ok 'no file under its name as yet'
screen_keys r
screen_shows 'recorded ' 'r: no longer'
"$PITOT" observe --input-file "$TMP/rec.pb" -o json >"$TMP/rec.json"
is "$(jq -c 'select([.flow.IP.destination, .flow.IP.source] | index("127.77.5.1") | not)' "$TMP/rec.json")" '' \
	'only what passes is in it'
screen_keys :
screen_type "record $TMP/small/all.json"
screen_keys Enter
screen_shows 'REC ' 'recording again'
talk 100
screen_shows 'REC: disk full' 'a full disk is told'
is "$(ls "$TMP/small")" all.json.partial 'what there was room for is there, under another name'
screen_keys :
screen_type "record $TMP/last.pb"
screen_keys Enter
talk 2
screen_shows 'REC ' 'the third'
screen_end
is $SCREEN_STATUS 0 'left while it records'
check 'the recording has its name' test -s "$TMP/last.pb"
screen_start -s 100x24 --no-agent --no-names --ip 127.77.5.1 --record "$TMP/taken.pb"
screen_shows 'REC ' 'recording from the start'
echo mine >"$TMP/taken.pb"
screen_end
is $SCREEN_STATUS 1 'left while somebody has taken the name'
check 'what it is called then is told' grep -q 'taken.pb.partial' "$TMP/screen.err"
is "$(cat "$TMP/taken.pb")" mine 'what came there is not written over'

# a recording that cannot be, and one that ends by itself
refused() { # FILE WHY DESC
	screen_shell "env TERM=xterm-256color '$PITOT' ui --no-agent --record '$1' 2>'$TMP/screen.err'; echo \$? >'$TMP/screen.status'"
	wait_for 5 screen_ended
	is "$(cat "$TMP/screen.status")" 1 "$3: no screen without it"
	is "$(cat "$TMP/screen.err")" "pitot: cannot write \"$1\": $2" "$3: one line"
}
refused "$TMP/taken.pb" 'it is there already' 'taken'
refused "$TMP/nowhere/x.pb" 'No such file or directory' 'no such folder'
is "$(cat "$TMP/taken.pb")" mine 'and it is as it was'
screen_start -s 100x60 --no-agent --no-names --ip 127.77.5.1 --record "$TMP/small/full.pb"
screen_shows 'REC ' 'recording where there is no room'
talk 5
screen_shows 'REC: disk full' 'it stops'
screen_keys 7
screen_shows 'recording stopped: ' 'Status keeps why'
screen_end
is $SCREEN_STATUS 1 'left after a recording that has stopped'
check 'and the reason is said once more' grep -q 'recording stopped: .*full.pb' "$TMP/screen.err"

# ------------------------------------------------------------------ an agent's
agent_ready() { grep -q 'ready:' "$BG_LOG"; }
bg_in host "$PITOT" agent --config /dev/null --no-names --socket "unix://$TMP/agent.sock"
check 'an agent of its own' wait_for 10 agent_ready
talk 5
screen_start -s 120x24 --server "unix://$TMP/agent.sock" --ip 127.77.5.1
screen_shows ' 127.77.5.1:9 ' 'what the agent holds is there'
screen_keys Space
screen_shows 'PAUSED' 'paused'
screen_keys y
screen_shows '--until' 'y of a server, with the time shown'
talk 2
run_shown >"$TMP/server.txt"
screen_keys Escape :
screen_type "export $TMP/server.jsonl"
screen_keys Enter
screen_shows 'exported' 'exported'
is "$(wc -l <"$TMP/server.txt")" "$(wc -l <"$TMP/server.jsonl")" 'y and e agree, whatever came meanwhile'
check 'and are not empty' test -s "$TMP/server.jsonl"
screen_end
