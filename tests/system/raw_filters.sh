#!/bin/bash
# SPDX-License-Identifier: MIT
# --print-raw-filters prints what Hubble's client prints, and an independent reader of
# protobuf's JSON takes it for flow.FlowFilters; filters given as JSON come back.
. "${0%/*}/lib.sh"

RECORDED=$ROOT/tests/data/hubble/raw-filters.txt

raw() { # ARGS... -> $GOT, with the exit status as recorded
	GOT=$("$PITOT" observe --print-raw-filters "$@" 2>&1)
	GOT=$GOT$'\n'"[rc=$?]"
}

replay() {
	local line wanted='' args=()
	while IFS= read -r line; do
		case $line in
		'$ hubble observe --print-raw-filters '*)
			read -ra args <<<"${line#*--print-raw-filters }"
			wanted=''
			;;
		'[rc='*)
			raw "${args[@]}"
			is "$GOT" "$wanted$line" "${args[*]}"
			;;
		*) wanted+=$line$'\n' ;;
		esac
	done <"$RECORDED"
}
replay

is "$("$PITOT" observe --print-raw-filters)" '{}' "without filters it is an empty object"
filters=$("$PITOT" observe --print-raw-filters --pod shop/cart --port 80 --not -n kube-system)
list() { sed -n "/^$1:/,/^[a-z]*:\$/s/^    - '\\(.*\\)'/\\1/p" <<<"$filters"; }
is "$("$PITOT" observe --print-raw-filters --allowlist "$(list allowlist)" \
	--denylist "$(list denylist)")" "$filters" "what was printed may be given as lists"

"$PITOT" observe --print-raw-filters --port 99999 >"$TMP/out" 2>"$TMP/err"
is $? 2 "a bad value is wrong usage"
is "$(wc -l <"$TMP/err")" 1 "told in one line"
check "which quotes the value" grep -q '"99999"' "$TMP/err"

PYTHON=/usr/bin/python3
if ! command -v protoc >/dev/null || ! "$PYTHON" -c 'import google.protobuf' 2>/dev/null; then
	skip "protobuf's own JSON reader takes them" "no protoc, or no python3-protobuf"
	exit
fi
protoc -I"$ROOT" --python_out="$TMP" "$ROOT"/export/proto/{flow,relay,pitot}.proto
{
	for args in "--type trace:to-stack --tcp-flags syn,ack" "--workload Deployment/cart" \
		"--to-identity world --node-label a=b --node-name k8s*" "--http-header a:b" \
		"--http-status 5+ --http-method get --http-path ^/<x> --http-url &y" \
		"--interface eth0 --snat-ip 10.0.0.0/8 --encrypted" "--ip-trace-id 18446744073709551615" \
		"--drop-reason-desc POLICY_DENIED --drop-reason-desc NO_SOCKET" "-4 -6 --ip-version none" \
		"--process curl --event new,end" "--cluster a --uuid u --trace-id t" \
		"--service web --traffic-direction egress --verdict AUDIT --dns-query \\.com\\.\$"; do
		# shellcheck disable=SC2086 # words
		"$PITOT" observe --print-raw-filters $args
	done
} | sed -n "s/^    - '\\(.*\\)'/\\1/p" >"$TMP/filters.json"
cat >"$TMP/parse.py" <<'EOF'
import json, sys
sys.path.insert(0, sys.argv[1])
from export.proto import flow_pb2
from google.protobuf import json_format
n = 0
for line in open(sys.argv[2]):
    m = json_format.Parse(line, flow_pb2.FlowFilter())
    back = json.loads(json_format.MessageToJson(m, preserving_proto_field_name=True))
    assert back == json.loads(line), (line, back)
    n += 1
print(n)
EOF
is "$("$PYTHON" "$TMP/parse.py" "$TMP" "$TMP/filters.json" 2>&1)" "$(wc -l <"$TMP/filters.json")" \
	"protobuf's own JSON reader takes them, and would write them alike"
check "there were some" [ "$(wc -l <"$TMP/filters.json")" -ge 15 ]
