#!/bin/bash
# SPDX-License-Identifier: MIT
# `pitot status --names`: rows, exit status, rights, and what does not answer.
. "${0%/*}/lib.sh"

bare=(--no-kubernetes --no-containers --no-resolve)

# status WANTED-EXIT DESC ARGS...: output in $TMP/out, what is said in $TMP/said
status() {
	timeout 20 "$PITOT" status "${@:3}" >"$TMP/out" 2>"$TMP/said" </dev/null
	is $? "$1" "$2"
}

status 1 'a server that is not there' --server "unix://$TMP/none.sock"
is "$(wc -l <"$TMP/said") $(wc -c <"$TMP/out")" '1 0' 'of which one line tells'
check 'and names the cure' grep -q 'is the agent running?$' "$TMP/said"

mkdir "$TMP/root"
status 0 'nothing is there, nothing was asked for' --names "${bare[@]}" --names-root "$TMP/root"
check 'a table with titles' grep -q '^WHAT .*STATUS .*ENTRIES .*MAX .*EVICTED .*AGE .*STATE$' "$TMP/out"
check 'no database is a row' grep -q '^places  *none .*usual places' "$TMP/out"
status 0 'JSON' --names "${bare[@]}" --names-root "$TMP/root" -o json
is "$(jq -r 'select(.status != "ok") | .what, .status' "$TMP/out" | paste -sd' ')" 'places none' \
	'JSON: what is not there'
is "$(jq -r 'select(.what == "dns names") | .entries, (.max > 0)' "$TMP/out" | paste -sd' ')" \
	'0 true' 'JSON: a cache with its bound'

status 1 'a database that was asked for and is not there' --names "${bare[@]}" --geoip-db "$TMP/none"
check 'is a row that tells why' grep -q '^places none  *failed .*No such file' "$TMP/out"
status 1 'a name with control bytes' --names "${bare[@]}" --geoip-db "$TMP/"$'\e[31mred'
check 'of which none is said' [ "$(grep -c $'\e' "$TMP/said" "$TMP/out" | paste -sd' ')" = "$TMP/said:0 $TMP/out:0" ]
check 'and the name is' grep -qF "$TMP/^[[31mred\"" "$TMP/said"
status 1 'a kubeconfig that is not there' --names --no-containers --no-resolve --kubeconfig "$TMP/none"
check 'is a row that tells why' grep -q "^kubernetes API  *failed .*$TMP/none" "$TMP/out"

# An API server that takes the connection and never answers
python3 -c 'import socket, time
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen()
print(s.getsockname()[1], flush=True); time.sleep(60)' >"$TMP/port" &
BG_PIDS+=($!)
wait_for 5 test -s "$TMP/port"
cat >"$TMP/kubeconfig" <<-END
	apiVersion: v1
	kind: Config
	current-context: a
	contexts: [{name: a, context: {cluster: a, user: a}}]
	clusters: [{name: a, cluster: {server: "http://127.0.0.1:$(cat "$TMP/port")"}}]
	users: [{name: a, user: {token: t}}]
END
begin=$(date +%s%N)
status 1 'a server that was asked for and is silent' --names --no-containers --no-resolve --timeout 700ms \
	--kubeconfig "$TMP/kubeconfig"
ms=$((($(date +%s%N) - begin) / 1000000))
check "--timeout is waited for ($ms ms)" [ $ms -ge 700 ]
check 'and ends the wait' [ $ms -lt 4000 ]
check 'and says so' grep -q -- '--timeout' "$TMP/said"

[ "$(id -u)" = 0 ] || exit 0
cp "$PITOT" "$TMP/pitot" && chmod 755 "$TMP" "$TMP/pitot"
timeout 20 setpriv --reuid 65534 --clear-groups --inh-caps=-all --bounding-set=-all \
	"$TMP/pitot" status --names --no-kubernetes --no-resolve >"$TMP/out" 2>"$TMP/said" </dev/null
is $? 0 'it needs no rights'
check 'and has its rows' grep -q '^place cache ' "$TMP/out"
