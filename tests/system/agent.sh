#!/bin/bash
# SPDX-License-Identifier: MIT
# The daemon: its start, socket, signals, configuration, rights, what it leaves behind, the unit.
# timeout: 120
. "${0%/*}/lib.sh"

ns_new agent
ns_new far
veth agent va 10.222.72.1/24 far vb 10.222.72.2/24
socket=$TMP/run/agent.sock
common=(--socket "$socket" --interface va --no-kubernetes --no-resolve)

# start NAME ARGS...: an agent, until it is ready; its pid is $agent, what it says $log
start() {
	NODE_NAME=$1 bg_in agent "${wrap[@]}" "$PITOT" agent "${@:2}"
	agent=$BG_PID log=$BG_LOG
	wait_for 20 grep -q '^pitot: ready: ' "$log" && return
	not_ok "the agent $1 is ready" "$(cat "$log")"
	return 1
}
wrap=()

said() { wait_for 5 grep -q -- "$1" "$log"; }
gone() { wait_for 5 eval "! kill -0 $1"; }
ask() { in_ns agent timeout 20 "$PITOT" "$@"; }
flows_of() { ask observe --server "unix://$socket" --ip 10.222.72.2 "$@" 2>/dev/null; }
tc_filters() { in_ns agent tc qdisc show dev va; in_ns agent tc filter show dev va ingress; }

before=$(tc_filters)
start one "${common[@]}" || exit 1
is "$(stat -c '%a' "$socket")" 660 'mode of its socket'
getent group pitot >/dev/null || is "$(stat -c '%G' "$socket")" root 'no group pitot: the socket is root'"'"'s'
in_ns agent ping -qc 2 -i 0.2 10.222.72.2 >/dev/null
wait_for 5 eval "flows_of --last 20 -o json | grep -q EchoRequest"
check 'flows can be asked for' eval "flows_of --last 20 | grep -q EchoRequest"
in_ns agent nc -zw 1 10.222.72.2 9
wait_for 5 eval "ask list endpoints --server unix://$socket | grep -q ^process"
is "$(ask list endpoints --server "unix://$socket" -o json | jq -r '[.[].kind] | unique | join(" ")')" process \
	'an endpoint has the kind that it is'
is "$(ask list endpoints --server "unix://$socket" -o csv | grep -c "'-")" 0 'and nothing where nothing is'

# ------------------------------------------------------------ a second one, a stale one

status=0
in_ns agent timeout 20 "$PITOT" agent "${common[@]}" >"$TMP/second" 2>&1 || status=$?
is "$status" 1 'a second agent on the same socket fails'
is "$(wc -l <"$TMP/second")" 1 'with one line'
check 'that names it' grep -q "$socket" "$TMP/second"
check 'the first one goes on' eval "flows_of --last 1 >/dev/null"

kill -KILL "$agent"
wait "$agent" 2>/dev/null
check 'killed, it leaves its socket' test -S "$socket"
is "$(tc_filters)" "$before" 'and nothing on its interface'
start two "${common[@]}"
check 'which the next one replaces' eval "flows_of --last 1 >/dev/null"

# -------------------------------------------------- restart under a follower, and SIGTERM

in_ns agent "$PITOT" observe --server "unix://$socket" --follow --reconnect --ip 10.222.72.2 -o json \
	>"$TMP/followed" 2>"$TMP/followed.err" &
follower=$!
BG_PIDS+=("$follower")
echoes() { in_ns agent ping -qc 1 10.222.72.2 >/dev/null; [ "$(grep -c EchoReply "$TMP/followed")" -ge "$1" ]; }
check 'a follower gets flows' wait_for 10 echoes 1
kill -TERM "$agent"
check 'SIGTERM ends it in time' gone "$agent"
wait "$agent"
is "$?" 0 'with status 0'
check 'its socket is gone' [ ! -e "$socket" ]
check 'its folder was there before, and stays' rmdir "${socket%/*}"
is "$(tc_filters)" "$before" 'the interface is as before'
check 'the follower waits' kill -0 "$follower"
start three "${common[@]}"
held=$(grep -c EchoReply "$TMP/followed")
check 'and goes on with the next agent' wait_for 20 echoes $((held + 1))
kill -INT "$follower"
stop_bg "$agent"
check 'a folder that it made for its socket goes with it' [ ! -e "${socket%/*}" ]

# ----------------------------------------------------------------- the configuration

conf=$TMP/pitot.conf
sed -n 's/^#\([^ ]\|  \)/\1/p' "$ROOT/deploy/pitot.conf" | grep -v '^tls-\|^listen' >"$conf"
check 'the example, all of it' "$PITOT" agent --check-config --config "$conf"
check 'the example as it is' "$PITOT" agent --check-config --config "$ROOT/deploy/pitot.conf"
refused() { # TEXT WANTED DESC
	local status=0
	printf '%b' "$1" >"$conf"
	timeout 10 "$PITOT" agent --check-config --config "$conf" >"$TMP/out" 2>&1 || status=$?
	is "$status $(wc -l <"$TMP/out")" '2 1' "$3: status 2, one line"
	check "$3: $2" grep -qF -- "$2" "$TMP/out"
}
refused 'history-memory: 32M\nlisten: a:1\nhistory-memory: 1M\n' ':3:1: "history-memory" is there twice' 'a key that is there twice'
refused 'socket: /a\n  lisen: x\n' "$conf:2:" 'no YAML'
refused 'histroy-memory: 32M\n' ':1:1: unknown key "histroy-memory" (did you mean "history-memory"?)' 'a slip'
refused 'a: 1\n' ':1:1: unknown key "a"' 'an unknown key'
refused '\nreport-interval: soon\n' ':2:18: --report-interval: "soon"' 'a value'
refused 'no-dns: perhaps\n' ':1:9: no-dns: "perhaps" is not true or false' 'a flag'
refused 'listen: 0.0.0.0:1\n' '--allow-plaintext' 'plaintext beyond this machine'
refused 'tls-cert-file: /a\n' '--tls-key-file go together' 'half of TLS'
refused 'exporters:\n  - {file: /a, nonsense: 1}\n' 'nonsense' "an exporter's key"
refused '- a\n' ':1:1: "key: value" is wanted' 'a list'

# Flags above the environment above the file: told by the history's size.
cat >"$conf" <<-END
	socket: $socket
	history-memory: 2M
	interface: va
	no-kubernetes: true
	no-resolve: yes
	log-level: debug
END
start conf --config "$conf"
check 'the file is read' grep -q 'history 2 MiB' "$log"
check 'rights that are kept' grep -q 'capabilities that are kept: .*net_admin' "$log"
is "$(awk '/^NoNewPrivs/ { print $2 }' "/proc/$agent/status")" 1 'no new privileges'
is $((0x$(awk '/^CapEff/ { print $2 }' "/proc/$agent/status") & ~0xc000281004)) 0 'and no other capabilities'
is "$(awk '/^CapBnd/ { print $2 }' "/proc/$agent/status")" \
	"$(awk '/^CapPrm/ { print $2 }' "/proc/$agent/status")" 'nor can what it runs have any'

# SIGHUP: what can be read again is, of the rest it is said
cat >"$conf" <<-END
	socket: $socket
	history-memory: 4M
	interface: va
	no-kubernetes: true
	no-resolve: true
	peer: other=10.0.0.9:4244
	exporters:
	  - {name: x, file: "$TMP/export.json"}
END
kill -HUP "$agent"
check 'SIGHUP reads it again' said 'read again$'
check 'and says what takes a restart' said '"history-memory" is changed by a restart only'
in_ns agent ping -qc 1 10.222.72.2 >/dev/null
check 'a new exporter writes' wait_for 10 grep -q EchoRequest "$TMP/export.json"
check 'a new peer is told' eval "ask watch peers --server 'unix://$socket' --timeout 1s 2>/dev/null | grep -q '10.0.0.9:4244 other' ||
	timeout 2 \"\$PITOT\" watch peers --server 'unix://$socket' | grep -q '10.0.0.9:4244 other'"
echo 'nonsense: 1' >"$conf"
kill -HUP "$agent"
check 'a wrong one changes nothing' said 'nothing is changed'
check 'and ends nothing' eval "flows_of --last 1 >/dev/null"
ended() { grep -c '"event":"end"' "$TMP/export.json"; }
open_ends=$(ended)
stop_bg "$agent"
check 'the final counters of connections are exported at its end' [ "$(ended)" -gt "$open_ends" ]

export PITOT_HISTORY_MEMORY=3M
printf 'history-memory: 2M\n' >"$conf"
start env "${common[@]}" --config "$conf"
check 'the environment goes before the file' grep -q 'history 3 MiB' "$log"
stop_bg "$agent"
start flag "${common[@]}" --config "$conf" --history-memory 5M
check 'a flag before both' grep -q 'history 5 MiB' "$log"
stop_bg "$agent"
unset PITOT_HISTORY_MEMORY

# ------------------------------------------------------------------------------- TLS

certificate() { # NAME SUBJECT-ALT-NAME SIGNER
	openssl req -newkey rsa:2048 -nodes -keyout "$TMP/$1.key" -out "$TMP/$1.csr" -subj "/CN=$1" 2>/dev/null &&
		openssl x509 -req -in "$TMP/$1.csr" -CA "$TMP/$3.crt" -CAkey "$TMP/$3.key" -CAcreateserial -days 1 \
			-extfile <(echo "subjectAltName=$2") -out "$TMP/$1.crt" 2>/dev/null
}
for ca in ca stranger; do
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$TMP/$ca.key" -out "$TMP/$ca.crt" -days 1 -subj "/CN=$ca" 2>/dev/null
done
certificate server DNS:test.hubble-grpc.cilium.io,IP:127.0.0.1 ca
certificate client DNS:client ca
certificate other DNS:client stranger

start tls "${common[@]}" --listen 127.0.0.1:0 --tls-cert-file "$TMP/server.crt" --tls-key-file "$TMP/server.key" \
	--tls-client-ca-file "$TMP/ca.crt"
port=$(sed -n 's/^pitot: ready: 127.0.0.1:\([0-9]*\),.*/\1/p' "$log")
by_tls() { # CLIENT ARGS...
	ask observe --server "tls://127.0.0.1:$port" --tls-ca-cert-files "$TMP/ca.crt" \
		--tls-client-cert-file "$TMP/$1.crt" --tls-client-key-file "$TMP/$1.key" --last 1 "${@:2}"
}
check 'by TLS, with a certificate' by_tls client
check 'not with that of a stranger' eval '! by_tls other'
check 'not without one' eval "! ask observe --server 'tls://127.0.0.1:$port' --tls-ca-cert-files '$TMP/ca.crt' --last 1"
check 'not in plain text' eval "! ask observe --server '127.0.0.1:$port' --last 1"
check 'by the socket without' eval "flows_of --last 1 >/dev/null"
peers() { timeout 2 "$PITOT" watch peers --server "unix://$socket"; }
check 'a relay is told the name to expect' eval "peers | grep -q '127.0.0.1:$port tls (TLS.ServerName: tls.default.hubble-grpc.cilium.io)'"
certificate server IP:127.0.0.2 ca
kill -HUP "$agent"
said 'read again$'
check 'SIGHUP: the new certificate, for another address, is refused' eval '! by_tls client'
check 'and fits its own name' by_tls client --tls-server-name 127.0.0.2
rm "$TMP/server.crt"
kill -HUP "$agent"
check 'one that is gone is said' said 'the certificates stay as they were'
check 'and changes nothing' by_tls client --tls-server-name 127.0.0.2
stop_bg "$agent"

# ------------------------------------------------------- the service manager, and the unit

cat >"$TMP/manager.py" <<-'END'
	import socket, sys
	s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
	s.bind(sys.argv[1])
	while True:
	    print(s.recv(4096).decode().replace("\n", " "), flush=True)
END
bg_in host /usr/bin/python3 "$TMP/manager.py" "$TMP/notify"
told=$BG_LOG
wait_for 5 test -S "$TMP/notify"
export NOTIFY_SOCKET=$TMP/notify WATCHDOG_USEC=400000
# as the unit has it: these capabilities and no others
wrap=(setpriv --no-new-privs --bounding-set '-all,+cap_39,+cap_38,+net_admin,+sys_ptrace,+dac_read_search,+syslog,+sys_resource,+chown,+setpcap' --inh-caps -all)
start unit "${common[@]}"
in_ns agent ping -qc 1 10.222.72.2 >/dev/null
check 'with the capabilities of the unit' wait_for 5 eval "flows_of --last 9 | grep -q EchoRequest"
check 'it is ready, and says so' wait_for 5 grep -q 'READY=1' "$told"
check 'it lives, and says so' wait_for 5 grep -q 'WATCHDOG=1' "$told"
kill -HUP "$agent"
check 'it reads again, and says so' wait_for 5 grep -q 'RELOADING=1 MONOTONIC_USEC=[0-9]' "$told"
kill -TERM "$agent"
check 'it stops, and says so' wait_for 5 grep -q 'STOPPING=1' "$told"
gone "$agent"
unset NOTIFY_SOCKET WATCHDOG_USEC
wrap=()

if command -v systemd-analyze >/dev/null; then
	sed "s|/usr/local/bin/pitot|$PITOT|; /^Documentation=/d" "$ROOT/deploy/systemd/pitot.service" >"$TMP/pitot.service"
	is "$(systemd-analyze verify "$TMP/pitot.service" 2>&1)" '' 'systemd-analyze finds nothing wrong with the unit'
	exposure=$(systemd-analyze security --offline=yes "$TMP/pitot.service" | awk '/Overall exposure/ { print $(NF - 2) }')
	check "its exposure is small ($exposure)" awk -v e="$exposure" 'BEGIN { exit !(e > 0 && e < 4.5) }'
else
	skip 'the unit' 'no systemd-analyze'
fi
