#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 60
# The Drops view: sums by reason, place and end as the recording has them, what the selected row
# means with commands that have the flow's own values, drilling to the flows and back, filters
# from cells, exports, normal life apart; and live, as packets die.
. "${0%/*}/lib.sh"

type_command() { screen_keys : && screen_type "$1" && screen_keys Enter; }

screen_start --view drops --input-file "$SHOP"
screen_shows '8 lost; by reason' 'the caption counts'
screen_is drops-reason 'by reason: what it means, what is behind it, what to type, where, who, the stack'
screen_keys Down
screen_shows 'NO_SOCKET in tcp_v4_rcv: Nothing listens on this port' 'the pane follows the selection'
screen_shows '"connection refused"' 'the usual cause'
screen_shows 'ss -lntup' 'a command'
screen_keys b
screen_shows 'by function' 'b: by function'
type_command 'by pair'
screen_shows 'FROM -> TO' ':by pair'
screen_shows 'shop/orders -> data/' 'pairs by workload'
screen_is drops-pair 'by pair: the same sums'
type_command 'by nonsense'
screen_shows '"nonsense" is not one of reason, function' 'a wrong word is told'
screen_keys Escape

type_command 'window 60'
screen_shows 'by pair, /s of 60 s' ':window, what rates are of'
type_command 'metric nonsense'
screen_shows 'no metric here: packets, rate, bytes, last' 'a wrong metric is told, with the right ones'
screen_keys Escape
type_command 'window 10'

# Enter leads to the flows and Escape back.
type_command 'by reason'
screen_keys g Enter
screen_shows 'drop.reason == "NETFILTER_DROP" && drop.function == "nft_do_chain"' 'Enter: its flows, by a filter'
screen_shows '7 flows of 375' 'as many as were counted'
screen_keys Escape
screen_shows '8 lost; by reason' 'Escape: back, without the filter'
screen_keys g f
screen_shows '7 lost' 'f: only what the row has'
screen_keys u
screen_shows '8 lost' 'u: undone'
screen_end
is "$SCREEN_STATUS" 0 'it ends well'

# The same on a large screen, and on one that is too small for a pane.
screen_start -s 250x70 --view drops --input-file "$SHOP"
screen_shows 'MEANING' 'a wide screen has the meaning in the row'
screen_is drops-wide 'wide'
screen_resize 60 8
screen_shows 'NETFILTER_DROP' 'a small one has the rows'
screen_end

# Nothing dropped.
screen_start --view drops --input-file "$SHOP" --protocol dns --not --verdict DROPPED
screen_shows 'No drops among the flows that pass the filter' 'why it is empty'
screen_end

# ------------------------------------------------------------------------ live
[ "$(id -u)" = 0 ] || { skip 'live' 'needs root'; exit 0; }
ns_new a
ns_new b
veth a a0 10.61.8.1/24 b b0 10.61.8.2/24
screen_start --no-agent --no-names --view drops --ip 10.61.8.0/24
screen_wait 'LIVE' 20
screen_wait 'watching' 20
in_ns a bash -c 'for i in 1 2 3; do echo >/dev/tcp/10.61.8.2/7001; done' 2>/dev/null
screen_shows 'NO_SOCKET' 'a refused connection shows up'
screen_shows '10.61.8.1 -> 10.61.8.2:7001' 'and who it was'
screen_end
is "$SCREEN_STATUS" 0 'it ends well, live'
