#!/bin/bash
# SPDX-License-Identifier: MIT
# protobuf's JSON mapping beside that of protobuf's own library for Python: random
# messages of the API and Hubble's sample lines, both ways.
# timeout: 60
. "${0%/*}/lib.sh"

TOOL=$ROOT/$BUILD/tests/system/protojson_tool
cd "$ROOT" || exit 1
/usr/bin/python3 -c 'import google.protobuf' 2>/dev/null || skip_all 'no python3-protobuf'

check 'protoc makes the messages for Python' protoc --python_out="$TMP" export/proto/{flow,observer,relay,pitot}.proto
n=3000
out=$(timeout 50 /usr/bin/python3 tests/system/tools/protojson_check.py "$TOOL" $n "$TMP" \
	tests/data/hubble/sample.jsonl 2>"$TMP/check.log")
is "$(echo "$out" | tail -1)" "$((n + 14)) messages, 0 differences" 'messages are written and read as protobuf itself does'
echo "$out" | grep '^#' || true
