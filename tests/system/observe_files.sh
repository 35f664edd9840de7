#!/bin/bash
# SPDX-License-Identifier: MIT
# `pitot observe --input-file`: Hubble's outputs byte for byte, selection, exit status.
. "${0%/*}/lib.sh"

data=$ROOT/tests/data/hubble
sample=$data/sample.jsonl

# observe WANTED-EXIT DESC ARGS...: output in $TMP/out, what is said in $TMP/said
observe() {
	timeout 20 "$PITOT" observe "${@:3}" >"$TMP/out" 2>"$TMP/said" </dev/null
	is $? "$1" "$2"
}

same() { # DESC NAME
	check "$1" cmp "$TMP/out" "$data/sample.$2.out"
}

# ------------------------------------------------------- Hubble's own outputs

for format in compact dict table json; do
	observe 0 "-o $format" --input-file "$sample" -o $format --no-tail
	same "$format is Hubble's to the letter" $format
	check "and so is what a relay says of its nodes" cmp "$TMP/said" "$data/sample.$format.err"
done
observe 0 '-o tab' --input-file "$sample" -o tab
same 'tab is table' table
observe 0 '-o jsonpb' --input-file "$sample" -o jsonpb
same 'jsonpb is json' json
observe 0 'colours' --input-file "$sample" --color always --no-tail
same 'colours are Hubble'\''s' compact-color
observe 0 'addresses' --input-file "$sample" --ip-translation=false --time-format RFC3339Nano --no-tail
same '--ip-translation=false --time-format RFC3339Nano' compact-noxlate-rfc3339nano
observe 0 'numeric' --input-file "$sample" --numeric --print-node-name --no-tail
same '--numeric --print-node-name' compact-numeric-node
observe 0 'silent' --input-file "$sample" -s
is "$(wc -c <"$TMP/said")" 0 '-s: no word about nodes'
"$PITOT" observe --input-file - --no-tail <"$sample" >"$TMP/out" 2>/dev/null
same 'from standard input' compact
cat "$sample" | "$PITOT" observe --input-file - -o json 2>/dev/null >"$TMP/out"
same 'from a pipe' json
gzip -c "$sample" >"$TMP/s.gz"
observe 0 'gzip' --input-file "$TMP/s.gz" --no-tail
same 'compressed' compact
HUBBLE_COMPAT=legacy-json-output "$PITOT" observe --input-file "$sample" -o json --first 1 >"$TMP/out"
is "$(jq -r 'has("flow"), .verdict' "$TMP/out" | paste -sd' ')" 'false FORWARDED' 'the legacy JSON is the bare flow'

# ------------------------------------------------------------------ selection

count() { "$PITOT" observe --input-file "$sample" "$@" 2>/dev/null | grep -vc 'EVENTS LOST'; }
is "$(count)" 9 'all flows'
is "$(count --last 3)" 3 '--last'
is "$(count --last 100)" 9 '--last of more than there are'
is "$(count --first 2)" 2 '--first'
is "$(count --follow)" 9 '--follow of a file ends with it'
is "$(count --since 2026-01-15T10:20:32Z)" 5 '--since'
is "$(count --until 2026-01-15T10:20:31.5Z)" 4 '--until, in the past'
is "$(count --namespace kube-system)" 1 'a filter'
is "$(count --where 'verdict == DROPPED')" 3 'an expression'
is "$("$PITOT" observe --input-file "$sample" --last 1 --no-tail 2>/dev/null)" \
	"$(grep -v LOST "$data/sample.compact.out" | tail -1)" '--last is the last'
observe 2 'first and last' --input-file "$sample" --first 1 --last 1
is "$(cat "$TMP/said")" 'pitot: cannot set both --first and --last' 'in Hubble'\''s words'
observe 2 'too many' --input-file "$sample" --last 1000001
observe 2 'a server, too' --input-file "$sample" --server a:1
observe 2 'a stray word' --input-file "$sample" stray
observe 2 'a wrong expression' --input-file "$sample" --where 'bytes >'
check 'a caret shows where' grep -q '\^' "$TMP/said"
observe 2 'a field mask with compact' --input-file "$sample" --field-mask time
observe 2 'a field mask of nothing' --input-file "$sample" -o json --field-mask nope

# --------------------------------------------------------------- the rest of it

observe 0 '--stats' --input-file "$sample" --stats -s
check 'says what was scanned' grep -Eq '^pitot: 9 flows scanned, 9 passed, .*flows/s.* 0 bad' "$TMP/said"
"$PITOT" observe --input-file "$sample" -o pb >"$TMP/s.pb" 2>/dev/null
observe 0 'protobuf' --input-file "$TMP/s.pb" --no-tail
check 'is the same flows' cmp "$TMP/out" <(grep -v LOST "$data/sample.compact.out")
observe 0 'CSV' --input-file "$sample" -o csv
is "$(grep -vc LOST "$TMP/out")" 10 'has a title and a line a flow'
observe 1 'a file that is not there' --input-file "$TMP/none"
is "$(wc -l <"$TMP/said")" 1 'one line tells'
check 'with its name' grep -qF "$TMP/none" "$TMP/said"
observe 1 'a folder' --input-file "$TMP"

{ head -2 "$sample" && echo '{"flow":{' && echo garbage && echo && tail -n +3 "$sample"; } >"$TMP/bad.jsonl"
observe 3 'a file with bad lines ends with 3' --input-file "$TMP/bad.jsonl" --no-tail
same 'all others are shown' compact
check 'the last line says how many' \
	grep -Eq '^pitot: [23] of 1[67] .* could not be read, the first is number 3$' <(tail -1 "$TMP/said")
printf '{"flow":{"verdict":"DROPPED","node_name":"a\\u001b[31mb","Summary":"x\\u001b]0;y"}}\n' >"$TMP/esc.jsonl"
observe 0 'control bytes' --input-file "$TMP/esc.jsonl" --print-node-name
is "$(grep -c $'\e' "$TMP/out")" 0 'never reach the terminal'
{ printf '{"flow":{"verdict":"FORWARDED","Summary":"'; head -c 300000 /dev/zero | tr '\0' x; echo '"}}'; } >"$TMP/long.jsonl"
observe 0 'a line of 300 KB' --input-file "$TMP/long.jsonl" -o json
is "$(jq -r '.flow.Summary | length' "$TMP/out")" 300000 'is read whole'
"$PITOT" observe --input-file "$sample" -o pb 2>/dev/null | head -c 1200 >"$TMP/torn.pb"
observe 3 'a torn file of messages' --input-file "$TMP/torn.pb"
is "$(tail -1 "$TMP/said")" \
	'pitot: 1 of 5 lines or messages could not be read, the first is number 5' 'counts itself'
{ head -c 70000000 /dev/zero | tr '\0' x; echo; cat "$sample"; } >"$TMP/huge.jsonl"
observe 3 'a line that is too long' --input-file "$TMP/huge.jsonl" --no-tail
same 'ends nothing' compact
is "$(head -1 "$TMP/said")" "pitot: $TMP/huge.jsonl:1: the line is too long (past byte 67108864)" 'and is told'
check 'and counted' grep -q '^pitot: 1 of 15 lines' "$TMP/said"
rm -f "$TMP/huge.jsonl"
"$PITOT" observe --input-file <(cat "$sample"; sleep 5) --first 3 >"$TMP/out" 2>/dev/null
is "$(wc -l <"$TMP/out")" 3 'a pipe that stays open ends with --first'
(for _ in $(seq 2000); do cat "$sample"; done) | timeout 20 "$PITOT" observe --input-file - 2>/dev/null | head -1 >/dev/null
is "${PIPESTATUS[1]}" 0 'a reader that goes away is no failure'
for format in compact dict json table csv wide connection 'compact --aggregate pair' 'compact --sort time'; do
	# shellcheck disable=SC2086
	"$PITOT" observe --input-file "$sample" -o $format >/dev/full 2>"$TMP/said"
	is $? 1 "-o $format on a full disk: status 1"
	is "$(grep -c '^pitot: cannot write flows: ' "$TMP/said")" 1 'and one line'
done
