#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 60
# The Processes view in a terminal: by executable, container and unit; the page of whom one talks
# to; its flows are those that `pitot observe --where` has.
. "${0%/*}/lib.sh"

type_command() { screen_keys : && screen_type "$1" && screen_keys Enter; }
filter_line() { screen | sed -n 's/^ filter //p'; }

screen_start -s 140x30 --view processes --input-file "$SHOP"
screen_shows '/usr/bin/socat' 'executables'
screen_shows 'flows: process not known' 'how many flows have no process'
type_command 'window all'
screen_shows 'all the time' 'all the time'
screen_is processes 'executables with their PIDs, users, peers, drops'

# as many different PIDs as the recording has
pids=$("$PITOT" observe --input-file "$SHOP" -o csv --columns src.exe,src.pid,dst.exe,dst.pid |
	awk -F, '$1 == "/usr/bin/python3" { p[$2] } $3 == "/usr/bin/python3" { p[$4] } END { print length(p) }')
row() { screen | grep '^/usr/bin/python3'; }
is "$(row | sed -nE 's/.*python3 +[0-9]+ \+([0-9]+).*/\1/p')" "$((pids - 1))" 'every PID is counted once'

# ------------------------------------------------------------- whom it talks to
screen_keys g Enter
screen_shows 'It calls' 'Enter: a page'
screen_is processes-page 'whom it calls, who calls it, with ports, bytes, drops'
screen_keys Escape
screen_shows 'EXECUTABLE' 'Escape closes it'
screen_keys v
screen_shows 'filter any.exe == "/usr/bin/socat"' 'v: its flows'
want=$("$PITOT" observe --input-file "$SHOP" --where "$(filter_line)" -o json | wc -l)
screen_shows "$want flows of 375" 'as many as observe has'
screen_keys Escape
screen_shows 'EXECUTABLE' 'and back'

# ------------------------------------------------------------- containers, units
screen_keys b
screen_shows 'CONTAINER ' 'b: containers'
screen_shows 'shop/orders-58d7c6b9f4-q9xt2' 'what is in one'
screen_keys b
screen_shows 'of none' 'units: there are none in this recording, and the header says so'
type_command 'by processes'
screen_shows 'EXECUTABLE' ':by processes'
type_command "export $TMP/processes.json"
check 'export' wait_for 5 jq -e '.[0].name == "/usr/bin/socat"' "$TMP/processes.json"
screen_end
is "$SCREEN_STATUS" 0 'exit status'

# ------------------------------------------------------------- live: our own process
ns_new a
veth host "tup$$" 10.97.36.1/24 a eth0 10.97.36.2/24
bg_in a python3 -m http.server 8036
wait_for 10 listening a tcp 8036
screen_start -s 120x30 --no-agent --no-resolve --ip 10.97.36.0/24 --view processes
screen_shows 'LIVE' 'live'
seen() { curl -so "$TMP/got" --max-time 3 http://10.97.36.2:8036/ && screen_has 'curl'; }
check 'a process that talks now is seen' wait_for 10 seen
screen_shows 'root' 'whose it is'
screen_keys g Enter
screen_shows 'TCP 8036' 'its page: the port that it calls or is called at'
screen_keys Escape q
check 'q leaves' wait_for 5 screen_ended
