#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 90
# The Flows view in a terminal: rows as observe has them, a flow's page, sorting, columns,
# filters from cells; and live, with traffic between two namespaces: it follows, and a pause loses
# nothing.
. "${0%/*}/lib.sh"

filter_for() { screen_keys / C-u && screen_type "$1" && screen_keys Enter; }
type_command() { screen_keys : && screen_type "$1" && screen_keys Enter; }

# ------------------------------------------------------------- rows of a recording
screen_start -s 120x30 --input-file "$SHOP"
screen_shows 'END 10:58:14.583' 'a recording is shown to its end'
screen_shows '375 flows' 'all of it'
screen_keys g
screen_shows '10:58:06.941 shop/cart:46550' 'the first row'
screen_shows 'row 1, 375 flows' 'where it stands'
screen_is flows-begin 'rows: a question with its arrow, a drop with its reason, answers with their ends turned'

# Each row that is seen while one goes through all pages, against observe's lines.
type_command 'columns date,verdict'
screen_shows 'DATE AND TIME' ':columns'
screen_keys g
screen_shows '10:58:06.941892' 'the columns that were asked for'
turned() { [ "$(screen)" != "$page" ]; }
page=''
while wait_for 1 turned; do
	page=$(screen)
	echo "$page" | grep -Eo '^[0-9-]{10} [0-9:.]{15} +[A-Z]+'
	screen_keys NPage
done | tr -s ' ' | sort -u >"$TMP/rows"
"$PITOT" observe --input-file "$SHOP" -o csv --columns time,verdict |
	sed -En 's/Z,/000000Z,/; s/^(.*)T(.*\.[0-9]{6})[0-9]*Z,(.*)$/\1 \2 \3/p' | sort -u >"$TMP/lines"
check 'every row of observe is there, and no other' diff "$TMP/lines" "$TMP/rows"
type_command 'columns time,source,arrow,destination,protocol,summary,verdict,bytes,packets,rtt'

# ------------------------------------------------------------- the page of a drop
filter_for '--verdict DROPPED --port 25'
screen_shows '1 flow of 375' 'one drop is left'
screen_keys Enter
screen_is flows-page-drop 'its page: reason, function, stack, what it means, what to do, the events around it'
screen_keys G
screen_shows 'mail.example' 'who it was'
screen_keys Escape
screen_shows 'VERDICT' 'Escape closes the page'

# ------------------------------------------------------------- a cell is a filter
filter_for '--protocol dns --verdict ERROR'
screen_shows '… ERROR' 'a DNS timeout is an error'
filter_for ''
screen_shows '375 flows' 'no filter'
screen_keys g Right f
screen_shows 'src.workload == "cart") || (dst.namespace == "shop"' 'f on a workload: either end has it'
want=$("$PITOT" observe --input-file "$SHOP" --where \
	'(src.namespace == "shop" && src.workload == "cart") || (dst.namespace == "shop" && dst.workload == "cart")' \
	-o json | wc -l)
screen_shows "$want flows of 375" 'as many as observe has'
screen_keys u
screen_shows ', 375 flows' 'u takes it back'
screen_keys F
screen_shows "$((375 - want)) flows of 375" 'F: all the others'
screen_keys u

# What nothing could pass together makes room.
drops=$("$PITOT" observe --input-file "$SHOP" --verdict DROPPED -o json | wc -l)
filter_for 'verdict == DROPPED'
screen_shows "$drops flows of 375" 'the drops'
screen_keys g Right Right Right Right Right F
screen_shows 'instead of verdict == DROPPED (u: undo)' 'F where f was: it is told'
screen_shows "$((375 - drops)) flows of 375" 'and all the others are there'
screen_keys u u Left Left Left Left Left

# Each cell that can be a filter is one that its own flow passes: it stays selected.
screen_wait ', 375 flows'
screen_keys g
for column in 1 2 3 4 5 6 7 8; do
	screen_keys f
	wait_for 2 screen_has 'flows of 375' || wait_for 2 screen_has '1 flow of 375' ||
		not_ok "f on column $column" "$(screen)"
	screen_has 'row 1,' || not_ok "f on column $column keeps its own row" "$(screen)"
	screen_keys u
	wait_for 2 screen_has ', 375 flows' || not_ok "f on column $column is undone" "$(screen)"
	screen_keys Right
done
ok 'cells are filters that their own flow passes'
screen_keys Left Left Left Left Left Left Left Left Left

# ------------------------------------------------------------- order
type_command 'sort bytes'
screen_shows 'row 1, 375 flows, by bytes' 'the largest first'
"$PITOT" observe --input-file "$SHOP" --sort -bytes -o csv --columns bytes,time |
	awk -F, 'NR == 2 {most = $1} $1 == most' >"$TMP/largest"
check 'it is one that observe has on top' grep -q "T$(screen | sed -n 4p | cut -c1-12)" "$TMP/largest"
type_command 'sort source'
screen_shows 'by source' 'names have an order, too'
is "$(screen | sed -n 4p | cut -c14-26)" 198.51.100.10 'digits before letters'
screen_keys S
screen_shows 'shop/orders:60492' 'turned round'
type_command 'sort time'
screen_shows 'by time' 'by time again'

# ------------------------------------------------------------- names and numbers
screen_keys g N
screen_shows '10.42.0.11:46550' 'N: addresses'
screen_keys N
screen_shows 'shop/cart:46550' 'N: names again'
screen_end
is "$SCREEN_STATUS" 0 'it ends with status 0'

# ------------------------------------------------------------- live
ns_new a
veth host "tui$$" 10.97.31.1/24 a eth0 10.97.31.2/24
bg_in a python3 -m http.server 8031
wait_for 10 listening a tcp 8031
get() { curl -so "$TMP/got" --max-time 3 --local-port "$1" http://10.97.31.2:8031/; }
waiting() { screen | grep -Eq 'PAUSED [0-9:.]+ \+[0-9]+'; }

screen_start -s 120x30 --no-agent --no-resolve --ip 10.97.31.0/24
screen_shows 'LIVE' 'live'
port=41000
comes() {
	port=$((port + 1))
	get $port && screen_wait ":$port" 1
}
check 'a connection as it comes' wait_for 10 comes
screen_keys Space
screen_shows 'PAUSED' 'Space: paused'
check 'a request meanwhile' get 41902
check 'what comes is counted' wait_for 5 waiting
screen_lacks ':41902' 'and not shown'
screen_keys Space
screen_shows ':41902' 'Space: live again, with all of it'
get 41903
screen_shows ':41903' 'it follows'
screen_keys Up Up
screen_shows 'row ' 'a row is chosen'
row=$(screen | grep -Eo 'row [0-9,]+,' | head -n 1)
before=$(screen | grep -Eo ', [0-9,]+ flow')
more_came() { [ "$(screen | grep -Eo ', [0-9,]+ flow')" != "$before" ]; }
get 41904
check 'more comes' wait_for 5 more_came
screen_shows "$row" 'it stays chosen'
screen_keys G
screen_shows ':41904' 'the end: it follows again'
screen_keys q
check 'q leaves' wait_for 5 screen_ended
is "$(cat "$TMP/screen.status")" 0 'with status 0'
