#!/bin/bash
# SPDX-License-Identifier: MIT
# The command line against pitot's own agent: what only that answers.
# shellcheck source-path=SCRIPTDIR
. "${0%/*}/lib.sh"

[ "$(id -u)" = 0 ] || skip_all 'needs root'
export HOME=$TMP XDG_CONFIG_HOME=$TMP/xdg

ns_new agentc
in_ns agentc nc -lk 127.0.0.1 7001 >/dev/null 2>&1 &
BG_PIDS+=($!)
wait_for 5 listening agentc tcp 7001
in_ns agentc "$PITOT" agent --config /dev/null --socket "$TMP/agent.sock" --no-kubernetes --no-containers \
	--no-resolve >"$TMP/agent.log" 2>&1 </dev/null &
BG_PIDS+=($!)
wait_for 20 grep -qs "^pitot: ready" "$TMP/agent.log" || { not_ok 'the agent starts' "$(cat "$TMP/agent.log")"; exit 1; }
export PITOT_SERVER=unix://$TMP/agent.sock

# pitot WANTED-EXIT DESC ARGS...: output in $TMP/out, what is said in $TMP/said
pitot() {
	timeout 20 "$PITOT" "${@:3}" >"$TMP/out" 2>"$TMP/said" </dev/null
	is $? "$1" "$2"
}
held() { "$PITOT" observe --all -o json "$@" 2>/dev/null | jq -r "select(.flow) | $JQ"; }

for _ in $(seq 15); do in_ns agentc nc -z 127.0.0.1 7001; done
in_ns agentc nc -z 127.0.0.1 7002
JQ=.flow.uuid
check 'the agent holds them' wait_for 10 bash -c "[ \$('$PITOT' observe --all --port 7001 -o json 2>/dev/null | wc -l) -ge 45 ]"

# -------------------------------------------------------------------- observe

pitot 0 'without a selection the last 20' observe
is "$(wc -l <"$TMP/out")" 20 'are shown'
is "$(wc -c <"$TMP/said")" 0 'and nothing is said'
pitot 0 'the first 3' observe --first 3 --port 7001
is "$(wc -l <"$TMP/out")" 3 'are three'
is "$(held --port 7001 | sort | uniq -d | wc -l)" 0 'each flow has a name of its own'
is "$(held --port 7001 | md5sum)" "$(held --port 7001 | md5sum)" 'which stays'
JQ=.flow.verdict
is "$(held --port 7002 --verdict DROPPED | uniq)" DROPPED 'a filter of Hubble'\''s'
is "$(held --from-process nc --to-port 7002 --event drop | wc -l)" 1 'filters that only pitot has'
is "$(held --from-process nobody | wc -l)" 0 'are kept to'
is "$(held --where 'dst.port == 7002 && drop.reason == "NO_SOCKET"' | wc -l)" 1 'an expression'
pitot 2 'a wrong one' observe --where 'dst.port =='
pitot 0 'summed up' observe --all --port 7001 --aggregate connection -o csv
check 'with what Hubble does not have' grep -q bytes "$TMP/out"
pitot 0 'a capture of its own, beside the agent' observe --no-agent --for 200ms --port 1
check 'says so' grep -q '^pitot: watching' "$TMP/said"
pitot 0 'what happened to the agent' observe agent-events --all
check 'its start' grep -Eq '^[A-Z][a-z]{2} .*: AGENT_STARTED \(start time: ' "$TMP/out"
pitot 0 'and as JSON' observe agent-events --all -o json
is "$(jq -r .agent_event.type "$TMP/out" | head -1)" AGENT_STARTED 'its start'
pitot 1 'debug-events' observe debug-events
check 'are not there' grep -q Unimplemented "$TMP/said"
pitot 2 'events have no table' observe agent-events -o table

timeout -s INT 3 "$PITOT" observe -f --port 7003 --no-tail >"$TMP/out" 2>"$TMP/said" &
follower=$!
(while sleep 0.2; do in_ns agentc nc -z 127.0.0.1 7003; done) 2>/dev/null &
BG_PIDS+=($!)
wait $follower
is $? 124 'a follower ends by Ctrl-C'
check 'it has seen flows' grep -q ':7003' "$TMP/out"
check 'and sums up' grep -Eq '^pitot: [0-9]+ flows? shown, 0 events lost$' "$TMP/said"

# --------------------------------------------------------------- status, list

pitot 0 'status' status
is "$(head -1 "$TMP/out")" "Healthcheck (via $PITOT_SERVER): Ok" 'is Hubble'\''s at first'
for what in 'Agent: ' 'History: [0-9]* flows in .* of 64.0 MiB, since 20' 'Losses: none' 'Memory: .* resident' \
	'WHAT .*STATUS' 'PROGRAM .*NS/RUN' 'flow_ingress'; do
	check "it tells: $what" grep -q "^$what" "$TMP/out"
done
check 'runs are counted meanwhile' grep -q '^(counted for 1' "$TMP/out"
check 'and flow_ingress ran' grep -Eq '^flow_ingress +[0-9]+ +[1-9][0-9]* +[0-9]+ ' "$TMP/out"
pitot 0 'status --agent -o json' status --agent -o json
is "$(jq -r '.history.seen | tonumber > 45' "$TMP/out")" true 'as JSON'
pitot 0 'list nodes' list nodes
is "$(sed -n 2p "$TMP/out" | awk '{ print $2 }')" Connected 'lists itself'
pitot 0 'list interfaces' list interfaces -o json
is "$(jq -c '.[] | [.name, .watched]' "$TMP/out")" '["lo",true]' 'those of its namespace'
pitot 0 'list endpoints' list endpoints -o wide
check 'with a title' grep -q '^KIND  *NAMESPACE  *NAME ' "$TMP/out"
timeout -s INT 1 "$PITOT" watch peers >"$TMP/out"
check 'watch peers tells of itself' grep -q '^PEER_ADDED' "$TMP/out"
is "$("$PITOT" __complete nodes)" "$(uname -n)" 'a shell is told the node'
