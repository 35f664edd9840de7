#!/bin/bash
# SPDX-License-Identifier: MIT
# --where, -o csv, --sort, --limit and --aggregate: over a file of Hubble's flows, and over
# what is captured of a transfer whose size is known.
# shellcheck source-path=SCRIPTDIR
. "${0%/*}/lib.sh"

SAMPLE=$ROOT/tests/data/hubble/sample.jsonl

observe() { # ARGS: flows of the file
	"$PITOT" observe -s --input-file "$SAMPLE" "$@" 2>"$TMP/errors"
}

shown() { # EXPRESSION: how many flows of the file it is true of
	observe --where "$1" -o json | jq -s 'map(select(.flow)) | length'
}

refused() { # ARGS: the status and the message
	"$PITOT" observe "$@" >"$TMP/out" 2>&1 </dev/null
	echo "$? $(cat "$TMP/out")"
}

# ------------------------------------------------------------------ expressions

by_jq() { jq -s "map(select(.flow)) | map(.flow) | map(select($1)) | length" "$SAMPLE"; }

is "$(shown 'true')" "$(by_jq true)" 'every flow'
is "$(shown 'verdict == DROPPED')" "$(by_jq '.verdict == "DROPPED"')" 'the dropped ones'
is "$(shown 'src.namespace == "shop" && dst.port == 443')" \
	"$(by_jq '.source.namespace == "shop" and .l4.TCP.destination_port == 443')" 'two terms'
is "$(shown 'any.pod like "cart-*" or dst.dns == "example.com"')" \
	"$(by_jq '([.source.pod_name, .destination.pod_name] | any(. != null and startswith("cart-")))
		or ((.destination_names // []) | any(. == "example.com"))')" 'or, either end, a list'
is "$(shown 'src.labels["app"] == "frontend"')" \
	"$(by_jq '(.source.labels // []) | any(. == "k8s:app=frontend")')" 'a label'
is "$(shown 'http.status == 200 && latency > 1ms')" "$(by_jq '.l7.http.code == 200')" 'a message'
is "$(shown 'node == "node-2" && !(src.ip in 10.0.0.0/8)')" \
	"$(by_jq '.node_name == "node-2" and ((.IP.source // "") | startswith("10.") | not)')" 'not'
is "$(shown 'bytes > 0')" 0 'Hubble has no bytes'

is "$(refused --where 'verdict == DROPPED && src.namspace == "x"')" \
	'2 pitot: --where: "src.namspace" is no field (did you mean "src.namespace"?)
  verdict == DROPPED && src.namspace == "x"
                        ^^^^^^^^^^^^' 'an error has its caret, and is wrong usage'

# -------------------------------------------------------------------- CSV, order

cat >"$TMP/compare.py" <<'EOF'
import csv, json, sys

rows = list(csv.DictReader(open(sys.argv[1], newline=""), strict=True))
flows = [f["flow"] for f in map(json.loads, open(sys.argv[2])) if "flow" in f]
assert len(rows) == len(flows), (len(rows), len(flows))
for row, flow in zip(rows, flows):
    assert row["src.ip"] == flow.get("IP", {}).get("source", ""), (row, flow)
    assert row["src.pod"] == flow.get("source", {}).get("pod_name", ""), (row, flow)
    assert row["dst.dns"] == ",".join(flow.get("destination_names", [])), (row, flow)
    assert row["verdict"] == flow["verdict"], (row, flow)
    seconds, _, fraction = flow["time"].rstrip("Z").partition(".")
    fraction = fraction.rstrip("0")
    assert row["time"] == seconds + (fraction and "." + fraction) + "Z", (row, flow)
EOF
observe -o csv --columns time,verdict,src.ip,src.pod,dst.dns >"$TMP/flows.csv"
observe -o json >"$TMP/flows.jsonl"
check 'CSV says what JSON says' python3 "$TMP/compare.py" "$TMP/flows.csv" "$TMP/flows.jsonl"

is "$(observe -o csv --columns src.port --sort -src.port --limit 2 | paste -sd ' ')" \
	"src.port $(jq -r '.flow.l4 | .TCP // .UDP | .source_port // empty' "$SAMPLE" |
		sort -rn | head -2 | paste -sd ' ')" 'the two highest ports, highest first'

# ------------------------------------------------------------------------ groups

is "$(observe --aggregate namespace -o json | jq -s 'map(.flows) | add')" "$(by_jq true)" \
	'groups leave no flow out'
is "$(observe --aggregate namespace --sort -drops,source -o json | jq -s '.[0].drops')" \
	"$(by_jq '.verdict == "DROPPED" and .event_type.type != 5 and .source.namespace == "shop"')" \
	'drops, a denied packet once'
is "$(observe --aggregate pair | head -1 | tr -s ' ' | cut -d ' ' -f 1-5)" \
	'SOURCE DESTINATION PORT PROTO CONNS' 'a table has its header'
is "$(observe --aggregate service | sha256sum)" "$(observe --aggregate service | sha256sum)" \
	'the same flows, the same table'

is "$(refused --limit 3)" '2 pitot: --limit goes with --sort or --aggregate; the first flows are --first, the last ones --last' '--limit alone'
is "$(refused --columns time)" '2 pitot: --columns goes with "-o csv"' '--columns without CSV'
is "$(refused -o csv --columns time,src.prot)" \
	'2 pitot: --columns: "src.prot" is no field of a flow (did you mean "src.port"?)' 'a wrong column'
is "$(refused -f --sort time)" '2 pitot: --sort prints at the end only, it cannot --follow: leave that out, or take --aggregate' '--sort that follows'
is "$(refused --aggregate pair --sort drop)" \
	'2 pitot: --sort: "drop" is no column of --aggregate (did you mean "drops"?)' 'a wrong column of a table'
is "$(refused --aggregate pair -o dict)" \
	'2 pitot: --aggregate prints a table, "-o json" or "-o csv", not "-o dict"' 'no table of blocks'
is "$(refused --interval 5s)" '2 pitot: --interval goes with --aggregate' '--interval alone'

# ---------------------------------------------------------------------- captured

if [ "$(id -u)" != 0 ]; then
	skip 'the sums of a capture' 'needs root'
	exit $((FAILED > 0))
fi

ns_new expr
bg_in expr socat -u TCP-LISTEN:7301,reuseaddr,fork OPEN:/dev/null
wait_for 5 listening expr tcp 7301
pitot_start --ns expr --name groups --no-agent --no-names --to-port 7301 \
	--aggregate pair -f --interval 200ms
for _ in 1 2 3; do
	in_ns expr timeout 5 bash -c 'head -c 1000000 /dev/zero >/dev/tcp/127.0.0.1/7301'
done
# what a connection's packets come to is told when it ends, at the latest
# shellcheck disable=SC2317 # wait_for calls it
ended() { [ "$(jq -s 'map(.sent_bytes) | add // 0' "$TMP/groups.json")" -gt 3000000 ]; }
check 'the tables come while it runs' wait_for 10 ended
pitot_stop groups
total() { jq -s "map(.$1) | add" "$TMP/groups.json"; }
check 'bytes are those sent, and headers' [ "$(total sent_bytes)" -lt 3300000 ]
is "$(jq -s 'map([.source, .destination, .port, .protocol]) | unique | length' "$TMP/groups.json")" \
	1 'one pair'
is "$(jq -rs '.[0] | "\(.destination) \(.port) \(.protocol)"' "$TMP/groups.json")" \
	'127.0.0.1 7301 TCP' 'the initiator is the source'

exit $((FAILED > 0))
