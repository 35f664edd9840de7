#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 60
# The Top view in a terminal: every dimension, metric and window; what a row leads to is exactly
# what `pitot observe --where` has; exports; flows of Hubble's, which have no counters.
. "${0%/*}/lib.sh"

type_command() { screen_keys : && screen_type "$1" && screen_keys Enter; }
observed() { "$PITOT" observe --input-file "$SHOP" --where "$1" -o json | wc -l; }
# the filter that the screen shows
filter_line() { screen | sed -n 's/^ filter //p'; }

# ------------------------------------------------------------- rows of a recording
screen_start -s 120x30 --view top --input-file "$SHOP"
screen_shows 'pay.example' 'pairs come first'
screen_shows 'by bytes, last 10 s' 'what the rows are ranked by'
screen_is top-pairs 'pairs: shares, the last minute, drops, retransmits'
type_command 'window all'
screen_shows 'by bytes, all the time' 'all the time'

# every dimension: the first row's flows are those that observe has for the same expression
screen_resize 250 30
for by in pairs endpoints connections namespaces processes; do
	type_command "by $by"
	screen_keys g
	wait_for 2 screen_settled
	screen_keys Enter
	screen_wait 'flows of 375' || not_ok "Enter leads to the flows of $by" "$(screen)"
	want=$(observed "$(filter_line)")
	[ "$want" -gt 0 ] && screen_has "$want flows of 375" ||
		not_ok "as many flows as observe has: $by" "observe: $want" "$(screen)"
	screen_keys Escape
	screen_wait 'by bytes, all the time' || not_ok "Escape comes back from $by" "$(screen)"
done
ok 'each dimension: Enter shows exactly the flows that observe --where has, Escape comes back'
screen_resize 120 30

type_command 'by endpoints'
screen_is top-endpoints 'endpoints, all the time'
type_command 'by namespaces'
screen_is top-namespaces 'namespaces'

# what two keys of one read ask for is about the rows that the first one brings
type_command 'by pairs'
screen_keys b Enter
screen_shows 'filter any.name == ' 'b and Enter at once: the first endpoint'
screen_keys Escape
screen_lacks 'filter any.name' 'Escape comes back'

# ------------------------------------------------------------- metrics
type_command 'by pairs'
type_command 'metric drops'
screen_shows 'by drops, all the time' ':metric'
drops=$("$PITOT" observe --input-file "$SHOP" --verdict DROPPED -o json |
	jq -s '[.[] | .flow.extensions.drop.delta_packets // 1 | tonumber] | add')
shown() { screen | sed -n 's/.*  \([0-9]*\) drops .*/\1/p'; }
is "$(shown)" "$drops" 'as many packets dropped as the recording has'
first() { screen | sed -n '6p'; }
drops_first() { first | grep -q 'data/ledger-0'; }
check 'the pair that loses most is the first' wait_for 5 drops_first
screen_keys /
screen_type '--port 25'
screen_keys Enter
screen_shows '  1 drop  ' 'one is no drops'
screen_keys u
screen_lacks 'filter --port' 'the filter is off again'
screen_keys m
screen_shows 'by retransmits' 'm: the next metric'
for _ in rtt latency bytes packets connections; do screen_keys m; done
screen_shows 'by connections' 'and round'
screen_keys w
screen_shows 'last second' 'w: the next window'
type_command 'metric nonsense'
screen_shows '"nonsense" is no metric here: bytes, packets' 'what is wrong and what is wanted'
screen_keys Escape
type_command 'by nonsense'
screen_shows '"nonsense" is no way to sum up here' 'the same of a dimension'
screen_keys Escape

# ------------------------------------------------------------- cells, filter, mouse
type_command 'metric bytes'
type_command 'window all'
screen_keys g f
screen_shows 'filter any.name == ' 'f on an end: all that it talks'
screen_keys u
screen_lacks 'filter any.name' 'u takes it back'
screen_keys 1
screen_wait ', 375 flows'
screen_keys 3
screen_click 14 3
screen_shows 'ENDPOINT ' 'a click on the switch'
screen_keys 4 3
screen_shows 'ENDPOINT ' 'stays when another view was looked at'

# ------------------------------------------------------------- export
type_command "export $TMP/top.csv"
screen_wait 'top.csv' 5
check 'export writes a file' wait_for 5 test -s "$TMP/top.csv"
is "$(head -c 5 "$TMP/top.csv")" 'name,' 'CSV with names of the columns'
type_command "export $TMP/top.json"
check 'JSON is JSON' wait_for 5 jq -e 'length > 5 and (.[0].name | length > 3)' "$TMP/top.json"
bytes=$("$PITOT" observe --input-file "$SHOP" -o json | jq -s '[.[] | .flow.extensions | (.forward.delta_bytes // 0 | tonumber) + (.reply.delta_bytes // 0 | tonumber)] | add')
[ "${bytes:-0}" -gt 0 ] && {
	sum=$(jq '[.[] | .total | tonumber] | max' "$TMP/top.json")
	[ "$sum" -gt 0 ] && [ "$sum" -le "$bytes" ] || not_ok 'no row has more bytes than the recording' "$sum of $bytes"
	ok 'no row has more bytes than the recording'
}

# ------------------------------------------------------------- nothing, narrow, ASCII
screen_keys / C-u
screen_type 'dst.port == 1'
screen_keys Enter
screen_shows 'None of 375 flows passes the filter' 'an empty table says why'
screen_end
is "$SCREEN_STATUS" 0 'exit status'

screen_start -e LC_ALL=C -e TERM=vt100 --view top --input-file "$SHOP"
screen_is top-80x24-ascii 'ASCII at 80x24: bars and lines of plain characters'
screen_end

# ------------------------------------------------------------- flows without counters
jq -c 'del(.flow.extensions)' "$SHOP" >"$TMP/hubble.json"
screen_start -s 120x30 --view top --input-file "$TMP/hubble.json"
screen_shows 'no bytes: these flows have no counters, events are counted' 'Hubble'"'"'s flows: events'
screen_shows 'EVENTS/s' 'the column says so'
screen_shows 'by events' 'and the caption'
screen_end
