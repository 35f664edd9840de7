#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 60
# The Map view in a terminal: recordings of shops of 10 and 300 workloads (shops.py), three
# zooms, sizes, selection, focus, folding, search, mouse, the flows of what is selected,
# the list, exports.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"

shops=$ROOT/tests/tui/shops.py
"$shops" --workloads 10 >"$TMP/shop10.jsonl"
"$shops" --workloads 300 --seconds 8 >"$TMP/shop300.jsonl"

# Where a text is on the screen: COLUMN LINE, from 1, of its first character.
place_of() {
	local LC_ALL=C.UTF-8 line n=0
	while IFS= read -r line; do
		n=$((n + 1))
		[[ $line == *"$1"* ]] || continue
		line=${line%%"$1"*}
		echo $((${#line} + 1)) $n
		return
	done < <(screen)
}

# 1,204
thousands() { printf '%s' "$1" | sed -E ':a; s/^([0-9]+)([0-9]{3})/\1,\2/; ta'; }

# Flows that an expression selects, by observe.
passing() { "$PITOT" observe --input-file "$1" --where "$2" --all-drops -o json 2>/dev/null | wc -l; }

map_start() { # SIZE FILE ARGS...
	local size=$1 file=$2
	shift 2
	screen_start -s "$size" --view map --input-file "$file" "$@"
}

# ------------------------------------------------------------------ first screens
map_start 80x24 "$TMP/shop10.jsonl"
screen_is map-80x24 'the first screen at 80x24'
screen_keys + && screen_is map-80x24-rates 'rates at 80x24'
screen_keys + && screen_is map-80x24-full 'all figures at 80x24'
screen_keys + && screen_shows 'this is all there is' 'there is no more zoom'
screen_end
is "$SCREEN_STATUS" 0 'left with 0'

map_start 250x70 "$TMP/shop10.jsonl"
screen_shows 'mailer' 'the first screen at 250x70'
screen_keys : && screen_type 'zoom names' && screen_keys Enter
screen_is map-250x70-names 'names at 250x70'
screen_keys : && screen_type 'zoom rates' && screen_keys Enter
screen_is map-250x70-rates 'rates at 250x70'
screen_keys : && screen_type 'zoom full' && screen_keys Enter
screen_is map-250x70-full 'all figures at 250x70'
screen_end

# ------------------------------------------------------------------ what is selected
map_start 120x35 "$TMP/shop10.jsonl"
screen_shows '11 nodes, 19 links, 2 bad' 'how much there is'
screen_shows '24 of 24 (100 %) dropped NETFILTER_DROP' 'the worst is told without a key'
screen_keys p
screen_shows 'TCP 25 SMTP' 'p: the link where packets die'
screen_shows 'NETFILTER_DROP in nft_do_chain' 'and why'
screen_keys p
screen_shows 'requests failed' 'p again: the one whose requests fail'
screen_keys p Enter
screen_shows 'An nftables (or iptables-nft) rule dropped it' 'its page says what that means'
screen_shows 'nft list ruleset' 'and what to look at'
screen_shows 'checkout-58f726a4-ddx7k' 'and which pod it is'
screen_keys Escape
screen_lacks 'nft list ruleset' 'Escape closes the page'

# ------------------------------------------------------------------ its flows, exactly
want=$(passing "$TMP/shop10.jsonl" 'src.workload == "checkout" && dst.workload == "mailer" && dst.port == 25')
screen_keys v
screen_shows "$want flows of" 'v: the flows of the link, all and no others'
screen_keys Escape
screen_shows 'TCP 25 SMTP' 'Escape: the map with the link as it was'
screen_keys Escape \\ && screen_type cart && screen_keys Enter
screen_shows 'shop/cart  Deployment' 'a search selects'
want=$(passing "$TMP/shop10.jsonl" 'any.workload == "cart"')
screen_keys v
screen_shows "$(thousands "$want") flows of" 'v: the flows of a node'
screen_keys Escape
screen_shows 'shop/cart  Deployment' 'and back'

# ------------------------------------------------------------------ focus, groups
screen_keys o
screen_shows 'focus +1' 'o: the node and its neighbours'
screen_lacks 'payment' 'and nobody else'
screen_keys o
screen_shows 'focus +2' 'o again: one step more'
screen_keys Escape Escape Escape
screen_shows '11 nodes, 19 links' 'Escape: all of it'
screen_keys b
screen_shows 'shop → shop' 'b: namespaces'
screen_keys b
screen_shows 'mailer-58f76482-ffx7k' 'b: endpoints'
screen_keys b
screen_shows '11 nodes, 19 links' 'b: workloads'
screen_keys w
screen_shows 'Example ISP' 'w: the world by network'
screen_keys w
screen_shows 'Germany' 'w: by country'
screen_keys w
screen_shows '10 nodes' 'w: as one'
screen_keys w i
screen_shows 'rates of 1 s' 'i: of the last second'

# ------------------------------------------------------------------ mouse
read -r column line <<<"$(place_of catalog)"
screen_move "$column" "$line"
screen_shows 'shop/catalog  Deployment' 'what the mouse points at is told'
screen_move 2 4
screen_lacks 'shop/catalog  Deployment' 'until it points elsewhere'
screen_click "$column" "$line"
screen_shows 'shop/catalog  Deployment' 'a click selects'
screen_double "$column" "$line"
screen_shows 'It is called by' 'a double click opens the page'
screen_keys Escape
screen_keys + +
screen_shows 'all figures' 'zoomed in'
before=$(screen)
moved() { [ "$before" != "$(screen)" ]; }
screen_wheel_up 60 15 && screen_wheel_up 60 15
check 'the wheel moves the map' wait_for 5 moved

# ------------------------------------------------------------------ list and files
screen_keys E
screen_shows 'CALLS/S' 'E: the links as a list'
screen_keys E
screen_keys : && screen_type "export $TMP/map.svg" && screen_keys Enter
screen_wait 'map.svg'
wait_for 5 test -s "$TMP/map.svg"
check 'the map as SVG is a picture' rsvg-convert -o "$TMP/map.png" "$TMP/map.svg"
screen_keys : && screen_type "export $TMP/map.dot" && screen_keys Enter
wait_for 5 test -s "$TMP/map.dot"
is "$(head -c 7 "$TMP/map.dot")" digraph 'and as DOT'
screen_end

# ------------------------------------------------------------------ 300 workloads
map_start 120x40 "$TMP/shop300.jsonl"
screen_shows 'many, namespaces folded' '300 workloads: namespaces are folded, and it says so'
screen_shows '▾' 'arrows tell where there is more'
screen_keys \\ && screen_type shop17/cart && screen_keys Enter
screen_shows 'shop17/cart  Deployment' 'a search unfolds what it finds'
screen_shows '╌ shop17 ╌' 'and only that'
screen_lacks '╌ shop18 ╌' 'no other one'
screen_keys x
screen_shows 'shop17  namespace' 'x folds it'
want=$(passing "$TMP/shop300.jsonl" 'any.namespace == "shop17"')
screen_keys v
screen_shows "$(thousands "$want") flows of" 'v: the flows of a folded namespace'
screen_keys Escape
screen_shows 'shop17  namespace' 'and back'
screen_keys o
screen_shows 'focus +1' 'o: it and its neighbours'
screen_end
is "$SCREEN_STATUS" 0 'left with 0'

# ------------------------------------------------------------------ the whole world
"$shops" --workloads 10 --outside 60 >"$TMP/world.jsonl"
map_start 120x40 "$TMP/world.jsonl"
screen_shows 'outside are one' 'of the world the busiest are shown, the rest is one'
screen_keys \\ && screen_type site-17 && screen_keys Enter
screen_shows 'www.site-17.example  world' 'a search finds what is in the rest'
screen_keys x
screen_shows 'outside are one' 'x: one node again'
screen_end

# ------------------------------------------------------------------ ASCII, nothing
map_start 80x24 "$TMP/shop10.jsonl" --ascii
screen_shows 'checkout' 'without line characters'
is "$(screen | LC_ALL=C grep -c '[^ -~]')" 0 'it is all ASCII'
screen_end
map_start 80x24 "$TMP/shop10.jsonl" --namespace nowhere
screen_shows 'passes the filter' 'nothing passes the filter: it says so'
screen_end

exit $((FAILED > 0))
