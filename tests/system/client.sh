#!/bin/bash
# SPDX-License-Identifier: MIT
# The client against a relay made of python3-grpcio: observe, status, list, watch; TLS,
# passwords, kubectl, a server that breaks off, and none at all.
# timeout: 120
# shellcheck source-path=SCRIPTDIR
. "${0%/*}/lib.sh"

python=/usr/bin/python3 # Debian's, which has grpcio
$python -c 'import grpc, google.protobuf' 2>/dev/null || skip_all 'no python3-grpcio'
command -v protoc >/dev/null || skip_all 'no protoc'
data=$ROOT/tests/data/hubble
mkdir "$TMP/pb2"
(cd "$ROOT" && protoc -I . --python_out="$TMP/pb2" export/proto/*.proto)
export HOME=$TMP XDG_CONFIG_HOME=$TMP/xdg

# relay NAME OPTIONS...: listens on $TMP/NAME.sock, or where --at says; pid in $RELAY
relay() {
	local name=$1 at=unix:$TMP/$1.sock
	shift
	[ "${1:-}" != --at ] || { at=$2 && shift 2; }
	rm -f "$TMP/$name.log" "$TMP/$name.sock"
	$python "$ROOT/tests/system/tools/mock_relay.py" "$TMP/pb2" "$at" "$data/sample.jsonl" \
		--requests "$TMP/$name.requests" "$@" >"$TMP/$name.log" 2>&1 </dev/null &
	RELAY=$!
	BG_PIDS+=("$RELAY")
	wait_for 20 grep -qs ready "$TMP/$name.log"
	server=unix://$TMP/$name.sock
}

# pitot WANTED-EXIT DESC ARGS...: output in $TMP/out, what is said in $TMP/said
pitot() {
	timeout 20 "$PITOT" "${@:3}" >"$TMP/out" 2>"$TMP/said" </dev/null
	is $? "$1" "$2"
}
said() { cat "$TMP/said"; }
request() { tail -1 "$TMP/relay.requests" | jq -c "$1"; }

relay relay
# -------------------------------------------------------------------- observe

for format in compact dict table json; do
	pitot 0 "observe -o $format" observe --server "$server" -o $format --no-tail
	check "$format is Hubble's to the letter" cmp "$TMP/out" "$data/sample.$format.out"
	check 'and what the relay says of its nodes' cmp "$TMP/said" "$data/sample.$format.err"
done
is "$(request 'del(.metadata)')" '{"number":"20"}' 'it asks for the last 20, and for every field'
pitot 0 'a selection' observe --server "$server" -f --last 3 --for 300ms
is "$(request 'del(.metadata)')" '{"number":"3","follow":true}' '--last 3 -f'
is "$(grep -vc LOST "$TMP/out")" 3 'shows three'
check 'and sums up when it is stopped' grep -qx 'pitot: 3 flows shown, 136 events lost' "$TMP/said"
pitot 0 '--first' observe --server "$server" -s --first 2
is "$(request 'del(.metadata)')" '{"number":"2","first":true}' '--first 2'
pitot 0 '--all' observe --server "$server" -s --all
is "$(request 'del(.metadata)')" '{"number":"18446744073709551615"}' '--all is 2^64-1'
pitot 0 'a span' observe --server "$server" -s --since 2026-01-15T10:20:32Z --until 2026-01-15T10:20:33.1Z
is "$(request 'del(.metadata)')" '{"since":"2026-01-15T10:20:32Z","until":"2026-01-15T10:20:33.100Z"}' \
	'--since and --until'
is "$(grep -vc LOST "$TMP/out")" 3 'are kept to'
pitot 0 'filters' observe --server "$server" -s -n shop --verdict DROPPED --not --port 80
is "$(request '.whitelist, .blacklist' | paste -sd' ')" \
	'[{"source_pod":["shop/"],"verdict":["DROPPED"]},{"destination_pod":["shop/"],"verdict":["DROPPED"]}] [{"source_port":["80"]},{"destination_port":["80"]}]' \
	'as FlowFilters'
is "$(grep -vc LOST "$TMP/out")" 2 'a server that does not filter is filtered here'
pitot 0 'an expression' observe --server "$server" -s --where 'verdict == TRANSLATED'
is "$(request '.extensions.where')" '"verdict == TRANSLATED"' 'goes to the server'
is "$(grep -vc LOST "$TMP/out")" 1 'and holds here'
pitot 0 'a field mask' observe --server "$server" -s -o json --field-mask time,source.pod_name --first 1
is "$(request .field_mask)" '"time,source.podName"' 'is sent'
is "$(jq -c '.flow | keys' "$TMP/out" | head -1)" '["source","time"]' 'and nothing else comes'
is "$(request '.metadata."pitot-extensions"')" '"v1"' 'compact extensions are announced'
pitot 1 'agent-events of a relay' observe agent-events --server "$server"
check 'are not there' grep -q 'Unimplemented: GetAgentEvents not implemented' "$TMP/said"
check 'one line says so' [ "$(wc -l <"$TMP/said")" = 1 ]
PITOT_SERVER=$server pitot 0 'the environment names the server' observe -s --first 1
"$PITOT" config set server "$server"
pitot 0 'the configuration file does' observe -s --first 1 -D
check '-D tells who said so' grep -q 'debug: server .*from the configuration file' "$TMP/said"
"$PITOT" config reset

# ------------------------------------------------------- status, list, watch

pitot 0 'status' status --server "$server"
is "$(cat "$TMP/out")" "Healthcheck (via $server): Ok
Current/Max Flows: 4,095/4,095 (100.00%)
Flows/s: 12.34
Connected Nodes: 3/4
Unavailable Nodes: 1
  - node-x" 'status is Hubble'\''s'
pitot 0 'status -o json' status --server "$server" -o json
is "$(cat "$TMP/out")" '{"num_flows":"4095","max_flows":"4095","seen_flows":"1234567","uptime_ns":"3600000000000","num_connected_nodes":3,"num_unavailable_nodes":1,"unavailable_nodes":["node-x"],"version":"mock 0.1","flows_rate":12.34}' \
	'in the order of the fields'
pitot 0 'status -o dict' status --server "$server" -o dict
is "$(sed -n 5p "$TMP/out")" '             UPTIME: 1h0m0s' 'durations are Go'\''s'
pitot 0 'status -o table' status --server "$server" -o table
is "$(head -1 "$TMP/out")" 'NUM FLOWS   MAX FLOWS   SEEN FLOWS   FLOWS PER SECOND   UPTIME   NUM CONNECTED NODES   NUM UNAVAILABLE NODES   VERSION' 'the table'
pitot 1 'status --agent of a relay' status --agent --server "$server"
pitot 0 'list nodes' list nodes --server "$server" -o wide
is "$(cat "$TMP/out")" 'NAME     STATUS        AGE      FLOWS/S   CURRENT/MAX-FLOWS     VERSION    ADDRESS           TLS
node-1   Connected     1h0m0s   342.94    4095/4095 (100.00%)   mock 0.1   127.0.0.1:14244   Disabled
node-x   Unavailable   N/A      N/A       N/A                   N/A        127.0.0.1:1       N/A' \
	'list nodes -o wide is Hubble'\''s'
pitot 0 'list node' list node --server "$server" -o json
is "$(jq -r '.[].name' "$TMP/out" | paste -sd' ')" 'node-1 node-x' 'list nodes -o json'
pitot 0 'list namespaces' list namespaces --server "$server"
is "$(paste -sd' ' "$TMP/out")" 'NAMESPACE kube-system shop' 'list namespaces'
pitot 0 'as CSV' list namespaces --server "$server" -o csv
is "$(paste -sd' ' "$TMP/out")" 'NAMESPACE,CLUSTER kube-system,default shop,default' 'list -o csv'
pitot 1 'list endpoints of a relay' list endpoints --server "$server"
is "$(cat "$TMP/said")" "pitot: $server is no agent of pitot's: only those tell this" 'one line says why'
pitot 2 'list of nothing' list
pitot 2 'list of what is not there' list pods
pitot 0 'watch peers' watch peers --server "$server"
is "$(cat "$TMP/out")" 'PEER_ADDED   127.0.0.1:14244 node-1
PEER_ADDED   127.0.0.2:4244 node-2 (TLS.ServerName: node-2.default.hubble-grpc.cilium.io)
PEER_DELETED 127.0.0.1:14244 node-1' 'watch peers is Hubble'\''s'

relay ill --not-serving --plain-agent
pitot 1 'a server that is not well' status --server "$server"
is "$(said)" 'pitot: not healthy' 'is told as Hubble does'
pitot 1 'list nodes of an agent' list nodes --server "$server"
check 'is not implemented' grep -q Unimplemented "$TMP/said"
relay wrong --error 'invalid source port filter'
pitot 1 'a server that refuses' observe --server "$server"
is "$(said)" 'pitot: invalid source port filter' 'its own words stand alone'

# ----------------------------------------------------------- not reached at all

pitot 1 'no socket' observe --server unix:///nope.sock
is "$(said)" 'pitot: cannot reach unix:///nope.sock: no such file: is the agent running?' 'is said'
pitot 1 'a closed port' status --server 127.0.0.1:1
is "$(said)" 'pitot: cannot reach 127.0.0.1:1: connection refused: does a server listen there?' 'is said'
pitot 2 'no address' observe --server 'host:port'
is "$(wc -l <"$TMP/said")" 1 'is said in a line'
# takes the connection and is silent; or speaks something else
socat -u "UNIX-LISTEN:$TMP/silent.sock,fork" OPEN:/dev/null &
BG_PIDS+=($!)
socat "UNIX-LISTEN:$TMP/web.sock,fork" SYSTEM:'printf "HTTP/1.1 400 Bad Request\r\n\r\nhello, hello, hello\n"' 2>/dev/null &
BG_PIDS+=($!)
wait_for 5 test -S "$TMP/silent.sock" -a -S "$TMP/web.sock"
pitot 1 'a server that is silent' status --server "unix://$TMP/silent.sock" --request-timeout 300ms
check 'is given up' grep -q 'no answer in time' "$TMP/said"
pitot 1 'a server that speaks something else' status --server "unix://$TMP/web.sock"
check 'is told' grep -q 'does it speak gRPC' "$TMP/said"
if [ "$(id -u)" = 0 ]; then
	chmod 700 "$TMP/silent.sock"
	cp "$PITOT" "$TMP/pitot" && chmod 755 "$TMP" "$TMP/pitot"
	timeout 20 env -u XDG_CONFIG_HOME HOME=/nowhere setpriv --reuid 65534 --clear-groups "$TMP/pitot" status --server "unix://$TMP/silent.sock" \
		>"$TMP/out" 2>"$TMP/said"
	check 'no right to the socket is told' grep -q 'permission denied: be root' "$TMP/said"
fi

# ----------------------------------------------------------- a server that breaks off

relay broken --break-after 4 --follow
pitot 1 'a stream that breaks off' observe --server "$server" -s --follow --last 20
check 'says why' grep -qF 'going away: 100 %' "$TMP/said"
is "$(wc -l <"$TMP/out")" 4 'what came is shown'
stop_bg "$RELAY"
relay broken --break-after 4 --follow
pitot 0 '--reconnect' observe --server "$server" -s --follow --reconnect --last 20 --for 4s --no-tail
check 'goes on where it was, and shows no flow twice' \
	cmp <(grep -v LOST "$TMP/out") <(grep -v LOST "$data/sample.compact.out")
is "$(tail -1 "$TMP/broken.requests" | jq -r '[.since, .number, .follow] | @csv')" \
	'"2026-01-15T10:20:30.000000002Z",,true' 'it asks from a second before the last flow'
check 'tells' grep -q 'trying again' "$TMP/said"
pitot 1 'a first connection that fails is no break' observe --server unix:///nope.sock -f --reconnect

# ------------------------------------------------------------------- completion

export PITOT_SERVER=unix://$TMP/relay.sock
is "$("$PITOT" __complete namespaces s)" shop 'namespaces for a shell'
is "$("$PITOT" __complete nodes | paste -sd' ')" 'node-1 node-x' 'nodes for a shell'
is "$("$PITOT" __complete pods 2>&1)" '' 'a server that does not know: nothing is offered, nothing said'
# shellcheck disable=SC2016
is "$(bash -c 'source <("$0" completion bash); COMP_WORDS=("$0" observe --from-namespace k); COMP_CWORD=3
	_pitot; echo "${COMPREPLY[@]}"' "$PITOT")" kube-system 'bash asks for them'
PITOT_SERVER=unix://$TMP/silent.sock
begin=$(date +%s%N)
is "$("$PITOT" __complete namespaces 2>&1)" '' 'a server that is silent'
ms=$((($(date +%s%N) - begin) / 1000000))
check "is waited for 300 ms ($ms ms)" [ $ms -lt 1500 ]
unset PITOT_SERVER

# -------------------------------------------------------------------------- TLS

cert() { # NAME SUBJECT-ALT-NAME [CA]
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" \
		-addext "subjectAltName=$2" -keyout "$TMP/$1.key" -out "$TMP/$1.csr" 2>/dev/null
	openssl x509 -req -in "$TMP/$1.csr" -CA "$TMP/ca.pem" -CAkey "$TMP/ca.key" -days 2 \
		-copy_extensions copy -out "$TMP/$1.pem" 2>/dev/null
}
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=ca -days 2 \
	-keyout "$TMP/ca.key" -out "$TMP/ca.pem" 2>/dev/null
cert server DNS:relay.example
cert client DNS:client
relay tls --at 127.0.0.1:0 --tls "$TMP/server.pem" "$TMP/server.key" "$TMP/ca.pem"
port=$(awk '/ready/ { print $2 }' "$TMP/tls.log")
tls=(--server "tls://127.0.0.1:$port" --tls-ca-cert-files "$TMP/ca.pem" --tls-server-name relay.example)
mine=(--tls-client-cert-file "$TMP/client.pem" --tls-client-key-file "$TMP/client.key")
pitot 0 'TLS with certificates on both sides' status "${tls[@]}" "${mine[@]}"
pitot 0 'a password' observe -s --first 1 "${tls[@]}" "${mine[@]}" --basic-auth-username u --basic-auth-password p:w
is "$(tail -1 "$TMP/tls.requests" | jq -r .metadata.authorization)" "Basic $(printf u:p:w | base64)" 'is sent'
pitot 1 'no certificate of ours' status "${tls[@]}"
is "$(wc -l <"$TMP/said")" 1 'is refused in a line'
pitot 1 'another name' status "${tls[@]}" "${mine[@]}" --tls-server-name other.example
check 'is told' grep -qi 'name\|certificate\|host' "$TMP/said"
pitot 1 'an authority that is not known' status --server "tls://127.0.0.1:$port" "${mine[@]}"
check 'is told' grep -qi 'certificate\|verif\|trust' "$TMP/said"
pitot 0 '--tls-allow-insecure' status --server "127.0.0.1:$port" --tls --tls-allow-insecure "${mine[@]}"
pitot 1 'no TLS to a server that wants it' status --server "127.0.0.1:$port"
check 'the cure is named' grep -q -- '--tls' "$TMP/said"
pitot 2 'a password without TLS' status --server "127.0.0.1:$port" --basic-auth-username u --basic-auth-password p
check 'is not sent' grep -q 'over TLS only' "$TMP/said"
pitot 2 'a certificate without its key' status "${tls[@]}" --tls-client-cert-file "$TMP/client.pem"

# ----------------------------------------------------------------- port-forward

relay cluster --at 127.0.0.1:0
port=$(awk '/ready/ { print $2 }' "$TMP/cluster.log")
mkdir "$TMP/bin"
cat >"$TMP/bin/kubectl" <<-END
	#!/bin/bash
	printf '%s\n' "\$*" >"$TMP/kubectl.args"
	case \$* in *broken*) echo 'error: services "hubble-relay" not found' >&2; exit 1 ;; esac
	case \$* in *hang*) exec sleep 60 ;; esac
	echo "Forwarding from 127.0.0.1:$port -> 4245"
	echo \$\$ >"$TMP/kubectl.pid"
	exec sleep 60
END
chmod 755 "$TMP/bin/kubectl"
PATH=$TMP/bin:$PATH pitot 0 '--port-forward' observe -s -P --port-forward-port 0 --kube-context k1 --kubeconfig f --first 1
is "$(cat "$TMP/kubectl.args")" '--kubeconfig f --context k1 --namespace kube-system port-forward --address=127.0.0.1 service/hubble-relay :80' \
	'kubectl is asked so'
is "$(wc -l <"$TMP/out")" 1 'and the flows come through it'
check 'kubectl ends with us' bash -c "! kill -0 $(cat "$TMP/kubectl.pid") 2>/dev/null"
PATH=$TMP/bin:$PATH pitot 1 'a cluster without a relay' status -P --kube-namespace broken
is "$(said)" 'pitot: --port-forward: kubectl failed: error: services "hubble-relay" not found' 'kubectl'\''s word is told'
env PATH=/nowhere "$PITOT" status -P >"$TMP/out" 2>"$TMP/said"
is $? 1 'no kubectl'
check 'is told, with the cure' grep -q 'needs kubectl.*--server' "$TMP/said"
is "$(wc -l <"$TMP/said")" 1 'in one line'
