#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 60
# `pitot map`: of files, of an agent, of its own capture; every format, parts, differences, refusals.
# shellcheck source-path=SCRIPTDIR
. "${0%/*}/lib.sh"

SHOP=$ROOT/tests/data/ui/shop.jsonl
map() { "$PITOT" map --input-file "$SHOP" "$@" </dev/null 2>"$TMP/map.err"; }
edges() { # of the JSON on stdin: "FROM -> TO PROTOCOL PORT", a line each
	jq -r '.edges[] | "\(.from_name) -> \(.to_name) \(.protocol) \(.port // "-")"' | LC_ALL=C sort
}

# ------------------------------------------------------------------------ a file

is "$(map -o json | edges)" "monitoring/probe -> kube-system/coredns UDP 53
monitoring/probe -> mail.example TCP 25
monitoring/probe -> shop/cart ICMPv4 -
monitoring/probe -> shop/orders TCP 9090
pay.example -> kube-system/coredns UDP 53
pay.example -> shop/front TCP 80
shop/cart -> 198.51.100.53 UDP 53
shop/cart -> data/redis TCP 6379
shop/cart -> kube-system/coredns UDP 53
shop/front -> kube-system/coredns UDP 53
shop/front -> shop/cart TCP 8080
shop/front -> shop/orders TCP 8080
shop/orders -> data/ledger TCP 5432
shop/orders -> kube-system/coredns UDP 53
shop/orders -> monitoring/probe UDP 8125
shop/orders -> pay.example TCP 443" 'the edges of the recorded shop'
is "$(map -o json | jq -c '.edges[] | select(.to_name == "data/ledger") |
	[.connections, .drops > 0, .retransmits > 0, .drop_reason, .rtt_p50 > 0]')" \
	'[5,true,true,"NETFILTER_DROP",true]' 'an edge has its figures'
is "$(map -o json | jq '[.edges[].flows] | add')" "$(wc -l <"$SHOP")" 'each flow is on one edge'
is "$(map -o json --to-workload ledger --verdict DROPPED | edges)" 'shop/orders -> data/ledger TCP 5432' \
	'filters are those of observe'
is "$(map -o json --where 'drop.function == "tcp_v4_rcv"' | edges)" 'monitoring/probe -> shop/orders TCP 9090' \
	'so are expressions'
is "$("$PITOT" map -o json <"$SHOP" --input-file - | cksum)" "$(map -o json | cksum)" 'standard input is a file'

for format in text dot mermaid svg json; do
	map -o $format >"$TMP/a.$format"
	is $? 0 "$format: status 0"
	map -o $format | cmp -s - "$TMP/a.$format"
	is $? 0 "$format: the same flows give the same bytes"
	is "$(wc -c <"$TMP/map.err")" 0 "$format: nothing to say"
	is "$(tr -d '\n\t' <"$TMP/a.$format" | grep -c '[[:cntrl:]]')" 0 "$format: no control bytes"
done
for name in front cart orders redis ledger coredns probe pay.example mail.example; do
	grep -lw "$name" "$TMP"/a.{text,dot,mermaid,svg} | wc -l
done >"$TMP/count"
is "$(sort -u "$TMP/count")" 4 'every node is in every format'
is "$(map --width 80 | sed -n '/^WHO/,/^$/p' | awk 'length > 80' | wc -l)" 0 'the table fits'
is "$(map --width 80 | grep -c '^shop/front -> shop/orders .* 178 ms, 178 ms$')" 1 'with what matters most'
is "$(map --ascii | LC_ALL=C grep -c '[^ -~]')" 0 'ASCII where it is asked for'
is "$(map --color always | grep -c $'\e\[[0-9;]*m')" "$(map --color always | grep -c $'\e')" 'colours are colours only'
check 'what is wrong stands below the drawing' grep -q \
	'^shop/orders -> data/ledger  TCP 5432 PostgreSQL: [0-9]* of [0-9]* dropped: NETFILTER_DROP in nft_do_chain' \
	"$TMP/a.text"
if command -v rsvg-convert >/dev/null; then
	check 'the picture is one' rsvg-convert -o "$TMP/map.png" "$TMP/a.svg"
	is "$(head -c4 "$TMP/map.png" | tail -c3)" PNG 'and has become another one'
else
	skip 'the picture is one' 'no rsvg-convert here'
fi

# Too large a drawing is no reason to tell nothing of it.
awk 'BEGIN { for (i = 0; i < 2000; i++) { a = i * 7919 % 500; b = (i * 104729 + 13) % 499
	printf "{\"flow\":{\"time\":\"2026-01-15T10:20:30Z\",\"verdict\":\"FORWARDED\",\"IP\":{\"source\":\"10.1.%d.%d\",\"destination\":\"10.2.%d.%d\",\"ipVersion\":\"IPv4\"},\"l4\":{\"TCP\":{\"source_port\":%d,\"destination_port\":80}},\"source\":{\"namespace\":\"n%d\",\"pod_name\":\"w%d\"},\"destination\":{\"namespace\":\"n%d\",\"pod_name\":\"w%d\"},\"Type\":\"L3_L4\",\"is_reply\":false}}\n",
		a / 256, a % 256, b / 256, b % 256, 1024 + i, a, a, b, b } }' >"$TMP/large.jsonl"
"$PITOT" map --input-file "$TMP/large.jsonl" >"$TMP/large" 2>"$TMP/large.err" </dev/null
is $? 0 'a map that is too large to draw: status 0'
check 'it says so' grep -q 'too large to draw, so here are its links' "$TMP/large.err"
is "$(head -1 "$TMP/large" | cut -c1-3)$(grep -c '^n[0-9]*/w[0-9]* -> n[0-9]*/w' "$TMP/large")" \
	"WHO$("$PITOT" map --input-file "$TMP/large.jsonl" -o json --outside 0 | jq '.edges | length')" 'and its table has all links'

# ------------------------------------------------------------------------- parts

is "$(map -o json --group namespace --protocol tcp | edges)" "monitoring -> mail.example TCP 25
monitoring -> shop TCP 9090
pay.example -> shop TCP 80
shop -> data TCP 5432
shop -> data TCP 6379
shop -> pay.example TCP 443
shop -> shop TCP 8080" 'namespaces'
is "$(map -o json --group endpoint --to-port 6379 | edges)" \
	"$(jq -r 'select(.flow.destination.pod_name == "redis-0") | .flow | "\(.source.namespace)/\(.source.pod_name) -> data/redis-0 TCP 6379"' \
		"$SHOP" | sort -u)" 'endpoints'
is "$(map -o json --collapse shop --port 8080 --port 6379 | edges)" "shop -> data/redis TCP 6379
shop -> shop TCP 8080" 'a namespace as one node'
is "$(map -o json --focus redis | edges)" 'shop/cart -> data/redis TCP 6379' 'a node and its neighbours'
is "$(map -o json --focus data/redis --hops 2 --protocol tcp | edges)" "shop/cart -> data/redis TCP 6379
shop/front -> shop/cart TCP 8080" 'and theirs'
is "$(map -o json --search LEDG | edges)" 'shop/orders -> data/ledger TCP 5432' 'what has a text in its name'
is "$(map -o json --limit 3 | jq -c '[.nodes | length, ([.[] | select(.kind == "others")][0].members)]')" '[4,7]' \
	'the busiest, and how many others'
is "$(map -o json --numeric --focus 10.42.0.20 | edges)" '10.42.0.11 -> 10.42.0.20 TCP 6379' 'addresses'

# ------------------------------------------------------------------- differences

grep -v '"redis-0"' "$SHOP" >"$TMP/without.json"
"$PITOT" map --diff "$TMP/without.json" "$SHOP" -o json >"$TMP/diff.json"
is "$(jq -r '.edges[] | select(.mark) | .mark + " " + .to_name' "$TMP/diff.json")" 'new data/redis' 'what is new'
is "$(jq -r '.nodes[] | select(.mark) | .mark + " " + .name' "$TMP/diff.json")" 'new redis' 'a new node, too'
is "$("$PITOT" map --diff "$SHOP" "$TMP/without.json" | grep '^[-+] ')" '- shop/cart -> data/redis  TCP 6379 Redis' \
	'what is gone, in words'
is "$("$PITOT" map --diff "$SHOP" "$SHOP" -o json | jq '[.nodes[], .edges[] | select(.mark)] | length')" 0 \
	'no difference'

# ---------------------------------------------------------------------- refusals

refused() { # STATUS WORDS ARGS...
	local status=$1 words=$2
	shift 2
	"$PITOT" map "$@" >"$TMP/out" 2>"$TMP/err" </dev/null
	is $? "$status" "$*: status $status"
	is "$(wc -l <"$TMP/err")$(grep -c -- "$words" "$TMP/err")$(wc -c <"$TMP/out")" 110 "$*: says why, in a line"
}
refused 2 '"x" is one argument too many' x
refused 2 '(try: --port 53)' port 53
refused 2 'two files' --diff "$SHOP"
refused 2 'cannot set both' --input-file "$SHOP" --for 5s
refused 2 '"png" is not' -o png
refused 2 'goes with --focus' --hops 2
refused 2 'a file is read whole' --input-file "$SHOP" --last 5
refused 1 'has that in no name' --input-file "$SHOP" --search nobody
refused 1 'no node of that name' --input-file "$SHOP" --focus nobody
refused 1 'no namespace of that name' --input-file "$SHOP" --collapse shop --collapse nothing
refused 1 'no/such' --input-file /no/such/file
refused 0 'no flows' --input-file "$SHOP" --to-port 9 -o text

# ----------------------------------------------------------------- Hubble's flows

"$PITOT" map --input-file "$ROOT/tests/data/hubble/sample.jsonl" -o json 2>/dev/null |
	jq -c '.edges[] | [.from_name, .to_name, .flows, .drops, .sent, .drop_reason]' >"$TMP/hubble"
is "$(grep -c . "$TMP/hubble")" 3 'edges of flows of Hubble'
is "$(grep example.com "$TMP/hubble" | jq -c '.[3:]')" '[1,1,"POLICY_DENIED"]' 'denied by policy'

# ------------------------------------------------------------------ live, an agent

if [ "$(id -u)" != 0 ]; then
	skip 'an agent' 'needs root'
	exit
fi
ns_new a
ns_new b
veth a eth0 10.47.0.1/24 b eth0 10.47.0.2/24
bg_in b nc -lk 10.47.0.2 7001
wait_for 5 listening b tcp 7001
bg_in a bash -c 'while sleep 0.1; do echo x | nc -N -w 1 10.47.0.2 7001; done'
in_ns a "$PITOT" map --no-agent --no-names --for 1s --ip 10.47.0.2 -o json >"$TMP/live.json" 2>"$TMP/err"
is $? 0 'a capture of its own'
is "$(edges <"$TMP/live.json")" 'host -> 10.47.0.2 TCP 7001' 'a capture: who talks to whom'
is "$(jq '.edges[0] | .connections > 3 and .connections_per_second > 2 and .connections_per_second < 15' "$TMP/live.json")" \
	true 'a capture: how often'
bg_in a "$PITOT" agent --config /dev/null --socket "$TMP/agent.sock" --no-kubernetes --no-containers --no-resolve
wait_for 20 grep -qs '^pitot: ready' "$BG_LOG"
AGENT=$BG_PID
export PITOT_SERVER=unix://$TMP/agent.sock
held() { "$PITOT" map --ip 10.47.0.2 --group endpoint -o json "$@" 2>/dev/null | edges | grep -q 'TCP 7001$'; }
check 'what an agent holds' wait_for 10 held
check 'what it has seen in the last minute' held --since 1m
check 'what comes from now on' held --for 2s
is "$("$PITOT" map --since 1h --until 30m -o json 2>/dev/null | jq '.edges | length')" 0 'what it does not hold'

"$PITOT" map --all --follow --ip 10.47.0.2 --group endpoint -o json >"$TMP/cut.json" 2>"$TMP/cut.err" </dev/null &
MAP=$!
sleep 1
stop_bg "$AGENT"
wait "$MAP"
is $? 1 'an agent that goes away: status 1'
check 'an agent that goes away: the map of what was seen is there' grep -q '"port":7001' "$TMP/cut.json"
