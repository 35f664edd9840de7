#!/bin/bash
# SPDX-License-Identifier: MIT
# The gRPC server and the transport below it: two other implementations as clients, plain
# and by TLS, hostile clients, unix sockets that are stale or in use, draining.
# timeout: 120
. "${0%/*}/lib.sh"
. "${0%/*}/tools/certificates.sh"

tool=$ROOT/$BUILD/tests/system/grpc_tool tools=$ROOT/tests/system/tools
PKI=$TMP/pki
mkdir "$PKI"
python=python3
python3 -c 'import grpc' 2>/dev/null || python=/usr/bin/python3

# serve ARGS... ADDRESS: pid in $BG_PID, log in $BG_LOG, port in $PORT
serve() {
	bg_in host "$tool" "$@"
	wait_for 10 grep -q '^listening' "$BG_LOG" || not_ok "grpc_tool $* listens" "$(cat "$BG_LOG")"
	PORT=$(awk '/^listening/ { print $2 }' "$BG_LOG")
}

# each "got<TAB>wanted<TAB>description" of the command is a test
compare() {
	local prefix=$1 got wanted what n=0
	shift
	while IFS=$'\t' read -r got wanted what; do
		is "$got" "$wanted" "$prefix: $what"
		n=$((n + 1))
	done < <(timeout 100 "$@" 2>&1)
	[ "$n" -gt 2 ] || not_ok "$prefix: ran to its end"
}

# the server's own counter, asked by signal
counter() {
	local before
	before=$(grep -c '^connections=' "$BG_LOG")
	kill -USR1 "$BG_PID"
	wait_for 5 eval "[ \$(grep -c '^connections=' $BG_LOG) -gt $before ]"
	tail -n1 "$BG_LOG" | tr ' ' '\n' | sed -n "s/^$1=//p"
}

# ------------------------------------------------------ two implementations

"$python" -c 'import grpc' 2>/dev/null && have_grpc=1 || have_grpc=
have_grpc_js

serve "$TMP/s.sock"
if [ -n "$have_grpc" ]; then
	compare python "$python" "$tools/grpc_calls.py" "unix:$TMP/s.sock"
else
	skip 'python3-grpcio as a client' 'no python3-grpcio here'
fi
if [ -z "$no_node" ]; then
	compare node node "$tools/grpc_calls.js" "unix:$TMP/s.sock"
else
	skip '@grpc/grpc-js as a client' "$no_node"
fi
wait_for 5 eval '[ "$(counter connections)" = 0 ]'
is "$(counter connections) $(counter streams) $(counter errors)" '0 0 0' 'nothing stays behind, no error was seen'

# ------------------------------------------------------------ hostile clients

case $BUILD in
*address*) export HOSTILE_MEMORY=any ;;
esac
compare hostile python3 "$tools/hostile_http2.py" "$TMP/s.sock" "$BG_PID" slow
wait_for 5 eval '[ "$(counter connections)" = 0 ]'
is "$(counter connections) $(counter streams)" '0 0' 'hostile: nothing stays behind'
check 'hostile: errors of the protocol are counted' [ "$(counter errors)" -ge 20 ]
check 'hostile: no descriptor is lost' [ "$(find "/proc/$BG_PID/fd" -mindepth 1 | wc -l)" -lt 20 ]

# --------------------------------------------------------------- unix sockets

is "$(stat -c %a "$TMP/s.sock")" 660 'a unix socket has its mode'
if out=$(timeout 10 "$tool" "$TMP/s.sock" 2>&1); then
	not_ok 'a socket that is served is left alone'
else
	is "$out" "grpc_tool: listener: cannot listen on '$TMP/s.sock': another process serves this socket; stop it or choose another path" \
		'a socket that is served is left alone, in one line'
fi
check 'and still is served' python3 -c "import socket; s = socket.socket(socket.AF_UNIX); s.connect('$TMP/s.sock')"
kill -KILL "$BG_PID"
wait "$BG_PID" 2>/dev/null
check 'a server that was killed leaves its socket' [ -S "$TMP/s.sock" ]
serve "$TMP/s.sock"
check 'which the next one replaces' [ "$(counter connections)" = 0 ]
rm "$TMP/s.sock"
python3 -c "import socket; s = socket.socket(socket.AF_UNIX); s.bind('$TMP/s.sock')"
stop_bg
check "another's socket of that name is not removed at the end" [ -S "$TMP/s.sock" ]
echo text >"$TMP/file"
is "$(timeout 10 "$tool" "$TMP/file" 2>&1)" "grpc_tool: listener: cannot listen on '$TMP/file': a file that is no socket is there; remove it or choose another path" \
	'a file that is no socket stays'
is "$(cat "$TMP/file")" text 'as it was'
is "$(timeout 10 "$tool" "$TMP/none/s.sock" 2>&1)" "grpc_tool: listener: cannot listen on '$TMP/none/s.sock': directory '$TMP/none': No such file or directory" \
	'a directory that is not there'
is "$(find "$TMP" -maxdepth 1 -name '.pitot-*')" '' 'no half made socket is left'
for i in 1 2 3 4 5 6; do timeout 3 "$tool" "$TMP/race.sock" >"$TMP/race.$i" 2>&1 & done
wait_for 3 eval "[ \$(grep -l 'another process serves' $TMP/race.[1-6] | wc -l) = 5 ]"
is "$(grep -l '^listening' "$TMP"/race.[1-6] | wc -l) $(grep -l 'another process serves' "$TMP"/race.[1-6] | wc -l)" \
	'1 5' 'of six that start at once one has it'

# ------------------------------------------------------------------------ TCP

serve 127.0.0.1:0
is "$(timeout 10 "$tool" "127.0.0.1:$PORT" 2>&1)" "grpc_tool: listener: cannot listen on '127.0.0.1:$PORT': another process listens there; stop it or choose another port" \
	'a port that is taken'
stop_bg
serve -m 3 127.0.0.1:0
python3 - "$PORT" <<'END'
import socket, sys
all_ = [socket.create_connection(("127.0.0.1", int(sys.argv[1]))) for _ in range(10)]
for s in all_[3:]:
    s.settimeout(5)
    try:
        assert s.recv(1000) == b"", "served"
    except ConnectionResetError:
        pass
END
is "$? $(counter refused)" '0 7' 'beyond the bound of connections they are closed, and counted'
stop_bg
serve -i 300 -k 100000 127.0.0.1:0
python3 - "$PORT" <<'END'
import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.settimeout(5)
s.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0")
got = b""
while True:
    data = s.recv(1000)
    if not data:
        break
    got += data
assert b"\7\0\0\0\0\0" in got, got
END
is "$? $(counter idle)" '0 1' 'an idle connection gets GOAWAY and is closed'
stop_bg

# descriptors run out: those who are there are served, the others later
bg_in host bash -c "ulimit -n 30; exec '$tool' 127.0.0.1:0"
wait_for 10 grep -q '^listening' "$BG_LOG"
PORT=$(awk '/^listening/ { print $2 }' "$BG_LOG")
python3 - "$PORT" "$BG_PID" <<'END'
import os, socket, sys, time

def cpu():
    with open("/proc/%s/stat" % sys.argv[2]) as f:
        return sum(map(int, f.read().split()[13:15]))

def served(s):
    s.settimeout(5)
    s.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0")
    return len(s.recv(100)) > 0

all_ = [socket.create_connection(("127.0.0.1", int(sys.argv[1]))) for _ in range(60)]
assert served(all_[0])
before = cpu()
time.sleep(0.5)
assert cpu() - before < 10, "it goes round in circles"
for s in all_[:50]:
    s.close()
assert served(all_[-1])
END
is $? 0 'without descriptors it waits, and goes on when there are some'
stop_bg

# ------------------------------------------------------------------------ TLS

pki_ca good && pki_ca other &&
	pki_leaf server good '-1 day' '+1 day' DNS:localhost,IP:127.0.0.1 &&
	pki_leaf client good '-1 day' '+1 day' DNS:client &&
	pki_leaf stranger other '-1 day' '+1 day' DNS:client &&
	pki_leaf expired good '-2 days' '-1 day' DNS:client &&
	pki_leaf future good '+1 day' '+2 days' DNS:client &&
	pki_leaf brief good '-1 day' '+3 seconds' DNS:localhost || not_ok 'certificates are made'

serve -c "$PKI/server.crt" -K "$PKI/server.key" -a "$PKI/good.crt" 127.0.0.1:0
[ -z "$have_grpc" ] || compare 'python, TLS' "$python" "$tools/grpc_calls.py" "127.0.0.1:$PORT" "$PKI"
[ -n "$no_node" ] || compare 'node, TLS' node "$tools/grpc_calls.js" "127.0.0.1:$PORT" "$PKI"
tls_client() {
	timeout 10 openssl s_client -connect "127.0.0.1:$PORT" -CAfile "$PKI/good.crt" \
		-cert "$PKI/client.crt" -key "$PKI/client.key" "$@" </dev/null 2>&1
}
check 'TLS 1.2 is refused' grep -q 'alert protocol version' <(tls_client -tls1_2 -alpn h2)
check 'what is not h2 is refused' grep -q 'alert no application protocol' <(tls_client -alpn http/1.1)
check 'TLS 1.3 it is' grep -q 'TLSv1.3' <(tls_client -alpn h2)
refused=$(counter refused)
check 'handshakes that failed are counted' [ "$refused" -ge 8 ]
is "$(counter connections)" 0 'TLS: nothing stays behind'
# the same port, other files: connections to come get them
cp "$PKI/brief.crt" "$PKI/server.crt"
kill -HUP "$BG_PID"
wait_for 5 grep -q '^not reloaded' "$BG_LOG"
is "$(grep '^not reloaded' "$BG_LOG")" "not reloaded: key file '$PKI/server.key': it does not belong to the certificate" \
	'a reload with a wrong key is refused in one line'
check 'and the old certificate stays' grep -q 'CN *= *server' <(tls_client -alpn h2)
cp "$PKI/brief.key" "$PKI/server.key"
kill -HUP "$BG_PID"
wait_for 5 grep -q '^reloaded' "$BG_LOG"
check 'a reload is seen by the next connection' grep -q 'CN *= *brief' <(tls_client -alpn h2)
wait_for 6 grep -q 'certificate has expired' <(tls_client -alpn h2 -verify_return_error)
check 'and its end of life, too' grep -q 'certificate has expired' <(tls_client -alpn h2 -verify_return_error)
stop_bg
out=$(timeout 10 "$tool" -c "$PKI/expired.crt" -K "$PKI/expired.key" 127.0.0.1:0 2>&1)
check 'a server does not start with an expired certificate' \
	grep -q "^grpc_tool: TLS: certificate file '$PKI/expired.crt': it has expired on 20.* UTC; renew it$" <<<"$out"
out=$(timeout 10 "$tool" -c "$PKI/none.crt" -K "$PKI/none.key" 127.0.0.1:0 2>&1)
is "$out" "grpc_tool: TLS: certificate file '$PKI/none.crt': No such file or directory" 'nor without one'
out=$(timeout 10 "$tool" -c "$TMP/file" -K "$PKI/client.key" 127.0.0.1:0 2>&1)
is "$out" "grpc_tool: TLS: certificate file '$TMP/file': nothing of that kind in PEM in it" 'nor with something else'

# ---------------------------------------------------------------------- drain

if [ -n "$have_grpc" ]; then
	serve -g 500 "$TMP/d.sock"
	timeout 20 "$python" - "unix:$TMP/d.sock" >"$TMP/drained" <<-'END' &
		import os, sys
		os.environ["GRPC_VERBOSITY"] = "NONE"
		import grpc
		raw = lambda b: b
		ch = grpc.insecure_channel(sys.argv[1])
		call = ch.unary_stream("/test.Test/Stream", raw, raw)(b"1 10", timeout=15)
		print(len(list(call)), flush=True)
		try:
		    ch.unary_unary("/test.Test/Silent", raw, raw)(b"", timeout=15)
		except grpc.RpcError as e:
		    print(e.code().name, e.details())
	END
	client=$!
	wait_for 10 grep -q 1 "$TMP/drained"
	wait_for 10 eval '[ "$(counter streams)" = 1 ]'
	kill -TERM "$BG_PID"
	wait "$client"
	is "$(tail -n1 "$TMP/drained")" 'UNAVAILABLE the server is shutting down' 'a call that lasts is ended after the grace'
	wait "$BG_PID"
	is "$?" 0 'the server has let go of everything'
	check 'its socket is gone' [ ! -e "$TMP/d.sock" ]
fi
