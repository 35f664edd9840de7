#!/bin/bash
# SPDX-License-Identifier: MIT
# The agent's API, asked by an independent implementation of gRPC: every service, every
# rule of GetFlows, one that does not read, many that vanish.
# timeout: 120
. "${0%/*}/lib.sh"

protos=$TMP/protos
mkdir "$protos"
(cd "$ROOT" && protoc --python_out="$protos" export/proto/*.proto) || skip_all 'no protoc'
/usr/bin/python3 -c 'import grpc' 2>/dev/null || skip_all 'no grpcio'

ns_new api
ns_new far
veth api va 10.222.71.1/24 far vb 10.222.71.2/24
bg_in far socat -u UDP-RECV:7000,reuseaddr /dev/null

socket=$TMP/agent.sock
export NODE=test-node ADDRESS=unix://$socket
NODE_NAME=$NODE bg_in api "$PITOT" agent --config "$TMP/none.conf" --socket "$socket" \
	--history-memory 1M --interface va --no-kubernetes --no-resolve --peer far/node-2=10.9.9.9:4244
is "$?" 0 'a configuration that is not there'
wait_for 5 eval "! kill -0 $BG_PID"
check 'that was asked for ends it' grep -q 'none.conf' "$BG_LOG"

NODE_NAME=$NODE bg_in api "$PITOT" agent --socket "$socket" --history-memory 1M --interface va \
	--no-kubernetes --no-resolve --peer far/node-2=10.9.9.9:4244
agent=$BG_PID log=$BG_LOG
check 'the agent is ready' wait_for 20 grep -q '^pitot: ready: ' "$log"
is "$(stat -c '%a %F' "$socket")" '660 socket' 'its socket is not for everybody'

ask() {
	in_ns api timeout 60 /usr/bin/python3 "$ROOT/tests/system/tools/api_client.py" "$protos" \
		"unix://$socket" "$@" >"$TMP/asked" 2>&1
	FAILED=$((FAILED + ($? != 0)))
	cat "$TMP/asked"
}

ask wait_flow
ask rules
ask follow
ask services
memory() { awk '/^VmRSS/ { print $2 }' "/proc/$agent/status"; }
ask heavy
ask slow
ask crowd
before=$(memory)
ask slow
ask crowd
ask crowd
check 'the agent lives' kill -0 "$agent"
ask services
grown=$(($(memory) - before))
if grep -q __asan_init "$PITOT"; then
	skip 'its memory stays' 'the sanitizer keeps what is freed'
else
	check "its memory stays ($grown KiB more)" [ $grown -lt 3072 ]
fi

# A unit of systemd's, as far as its control group goes, comes and goes.
group=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)/pitot-$$.service
if mkdir "$group" 2>/dev/null; then
	at_exit rmdir "$group"
	in_ns api bash -c "echo \$\$ >'$group/cgroup.procs' && for i in 1 2 3; do echo x >/dev/udp/10.222.71.2/7000; sleep 0.2; done"
	ask agent_event ENDPOINT_CREATED "${group##*/}"
	rmdir "$group"
	ask agent_event ENDPOINT_DELETED "${group##*/}"
else
	skip 'endpoints that come and go' 'no control group can be made here'
fi

if have_grpc_js; then
	n=0
	while IFS=$'\t' read -r got wanted what; do
		is "$got" "$wanted" "grpc-js: $what"
		n=$((n + 1))
	done < <(in_ns api timeout 60 node "$ROOT/tests/system/tools/api_calls.js" "unix:$socket" 2>&1)
	[ $n -gt 10 ] || not_ok 'grpc-js ran to its end'
else
	skip 'grpc-js' "$no_node"
fi

bg_in api timeout 60 /usr/bin/python3 "$ROOT/tests/system/tools/api_client.py" "$protos" \
	"unix://$socket" heavy_followers
check 'some follow whose filters work hard' wait_for 40 grep -q 'ok - they follow' "$BG_LOG"
kill -TERM "$agent"
check 'they do not hold up its end' wait_for 5 eval "! kill -0 $agent"
stop_bg "$agent"
check 'its socket goes with it' [ ! -e "$socket" ]
sed 's/^/# agent: /' "$log" | tail -5
