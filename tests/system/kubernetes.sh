#!/bin/bash
# SPDX-License-Identifier: MIT
# The Kubernetes API: recorded answers in both encodings, a rollout, and everything that a
# server does wrong. The namer runs alone (kube_tool), in more of a hurry than usually.
# timeout: 400
. "${0%/*}/lib.sh"

DATA=$ROOT/tests/data/kubernetes
TOOL=$ROOT/$BUILD/tests/system/kube_tool
FAST="backoff_ms=40 backoff_max_ms=200 off_ms=700 steady_ms=100 list_idle_ms=700 list_ms=4000
	watch_idle_ms=60000 config_ms=500"
NS=host SERVER='' PORT='' CONTROL='' CLIENT='' IN='' OUT='' ANSWER=''
SANITIZED=1 # a sanitizer keeps what is freed
[[ $BUILD != *address* ]] || SANITIZED=10
unset KUBECONFIG KUBERNETES_SERVICE_HOST NODE_NAME
export HOME=$TMP/home
[ -x "$TOOL" ] || skip_all "kube_tool is not built (make tests-build)"

# ------------------------------------------------------------------- its parts

server_ready() { grep -q ready "$BG_LOG" || ! kill -0 "$BG_PID"; }

server_start() { # NAME=VALUE...
	bg_in host python3 "$ROOT/tests/system/tools/kube_server.py" "$DATA" "$@"
	SERVER=$BG_PID
	wait_for 10 server_ready
	read -r _ PORT CONTROL <"$BG_LOG"
}

order() { # ORDER [CURL'S...]
	in_ns "$NS" curl -fsS --max-time 20 "http://127.0.0.1:$CONTROL/$1" "${@:2}" >"$TMP/order" ||
		cat "$TMP/order"
}

event() { # KIND JSON
	order "event?kind=$1" --data-binary "$2"
}

requests() { curl -fsS "http://127.0.0.1:$CONTROL/log${1:+?clear=1}"; }

# kubeconfig FILE SERVER [CLUSTER-YAML [USER-YAML]]
kubeconfig() {
	cat >"$1" <<-END
		apiVersion: v1
		kind: Config
		current-context: c
		contexts: [{name: c, context: {cluster: k, user: u}}]
		clusters: [{name: k, cluster: {server: "$2"${3:+, $3}}}]
		users: [{name: u, user: {${4-}}}]
	END
}

client_start() { # NAME=VALUE...
	# shellcheck disable=SC2086
	coproc CO { exec $TOOL $FAST "$@" 2>"$TMP/notices"; }
	CLIENT=$CO_PID
	BG_PIDS+=("$CLIENT")
	exec {OUT}<&"${CO[0]}" {IN}>&"${CO[1]}"
	eval "exec ${CO[0]}<&- ${CO[1]}>&-"
}

# Its exit status tells whether all its handles were closed.
client_stop() {
	local status
	exec {IN}>&- {OUT}<&-
	wait_for 5 eval "! kill -0 $CLIENT" || kill -KILL "$CLIENT"
	wait "$CLIENT" 2>/dev/null
	status=$?
	[ $status = 0 ] || not_ok "the client ends clean" "status $status" "$(tail -n 30 "$TMP/notices")"
}

ask() { # QUERY...; the answer is in $ANSWER
	ANSWER='no answer'
	echo "$*" >&"$IN" && read -r -t 30 ANSWER <&"$OUT"
}

# will ANSWER DESC QUERY...: within 5 seconds. A _ stands for a blank.
will() {
	ask "until 5 $1 ${*:3}"
	is "$ANSWER" "${1//_/ }" "$2"
}

now() { # ANSWER DESC QUERY...
	ask "get ${*:3}"
	is "$ANSWER" "$1" "$2"
}

notices() { grep -c . "$TMP/notices"; }

begin() { # SERVER'S NAME=VALUE...
	server_start "$@"
	kubeconfig "$TMP/config" "http://127.0.0.1:$PORT"
}

finish() {
	client_stop
	stop_bg "$SERVER"
}

CART="shop/cart-5d9f6c7b8-aaaaa Deployment/cart node-a"

# ------------------------------------------------------------- what it knows

both_encodings() { # protobuf|json
	local word=protobuf ip=10.96.179.130
	begin
	[ "$1" = protobuf ] || word=JSON
	[ "$1" = protobuf ] || order "set?encoding=json"
	client_start kubeconfig="$TMP/config"
	will yes "$1: the first lists" settled
	now "$CART" "$1: a pod with its Deployment, not its ReplicaSet" address 10.244.0.5
	now "$CART" "$1: its IPv6 address" address fd00:244::5
	now "shop/reuser Pod/reuser node-a" "$1: an address that a finished pod had" address 10.244.0.9
	now "shop/cart" "$1: a backend's Service" service 10.244.1.6 8080
	now "watching ($word)" "$1: the state of a kind" state pods
	now no "$1: nothing is missing" failed API
	if [ "$1" = json ]; then
		now "shop/cart" "$1: a Service's address" service $ip 80
		now "shop/cart" "$1: its IPv6 address" service fd00:96::b1c0 80
		now "shop/cart-np" "$1: a NodePort" service 192.168.50.1 30080
		now "shop/cart-5d9f6c7b8-aaaaa -> shop/cart-5d9f6c7b8-bbbbb - shop/cart" \
			"$1: destination_service for a backend behind NAT" \
			flow 10.244.0.5 4000 10.244.1.6 8080 nat $ip 80
		now "shop/cart-5d9f6c7b8-bbbbb -> shop/cart-5d9f6c7b8-aaaaa shop/cart -" \
			"$1: and in the answer's direction" \
			flow 10.244.1.6 8080 10.244.0.5 4000 nat $ip 80 reply
		event pods '{"type":"MODIFIED","object":'"$(jq -c '.items[] | select(.metadata.name ==
			"cart-5d9f6c7b8-aaaaa") | .apiVersion = "v1" | .kind = "Pod" | .metadata.resourceVersion = "300" |
			.status.podIP = "10.244.9.9" | .status.podIPs = [{ip: "10.244.9.9"}]' \
			"$DATA/list-pods.json")"'}'
	else
		order "frames?kind=pods&file=watch-pods.protobuf"
	fi
	will "${CART// /_}" "$1: a change of the address" address 10.244.9.9
	now - "$1: and the old one is nobody's" address 10.244.0.5
	is "$(notices)" 0 "$1: nothing to say"
	finish
}

# An event's pod, and its address where it runs with one of its own.
pod_of() {
	jq -r '[(.object.metadata | .namespace + "/" + .name),
		if .type != "DELETED" and .object.status.phase == "Running" and
			(.object.spec.hostNetwork | not)
		then .object.status.podIP else "" end] | @tsv'
}

# Each event as it was recorded; whoever runs with an address then is who has it.
rollout() {
	local line name ip
	begin
	order "set?encoding=json"
	client_start kubeconfig="$TMP/config"
	will yes "rollout: the first lists" settled
	while read -r line; do
		IFS=$'\t' read -r name ip < <(pod_of <<<"$line")
		event pods "$line"
		# a pod that waits for its address says so by its version alone
		[ -n "$ip" ] || continue
		will "${name}_->_-_-_-" "rollout: $ip is $name at its event" \
			flow "$ip" 40000 192.0.2.1 80
	done <"$DATA/real-watch-rollout.jsonl"
	finish
}

node_scope() {
	begin
	client_start kubeconfig="$TMP/config" scope=node node=node-b
	will yes "scope node: the first lists" settled
	now 2 "scope node: this node's pods alone" count pods
	now 6 "scope node: all services" count services
	check "scope node: the server was asked for them" \
		grep -qi 'pods list .*fieldSelector=spec.nodeName%3Dnode-b' <<<"$(requests)"
	client_stop
	printf '#!/bin/sh\nhostname Node-B && exec "%s" "$@"\n' "$TOOL" >"$TMP/renamed"
	chmod +x "$TMP/renamed"
	TOOL="unshare -u $TMP/renamed" client_start kubeconfig="$TMP/config" scope=node
	will 2 "scope node: a host's name is its node's in lower case" count pods
	finish
}

pages() {
	begin
	order "set?page=2&expire=pods"
	client_start kubeconfig="$TMP/config"
	will yes "pages: the first lists" settled
	will 6 "pages: all of them, also after an expired continue" count pods
	check "pages: the list was begun again" [ "$(requests | grep -c '^pods list limit=500 ')" = 2 ]
	is "$(notices)" 0 "pages: nothing to say"
	finish
}

# ------------------------------------------------------------------ going away

gone() { # ENCODING gone|gone-event
	begin
	[ "$1" = protobuf ] || order "set?encoding=json"
	client_start kubeconfig="$TMP/config"
	will yes "410, $1, $2: the first lists" settled
	order "set?$2=pods&status=500&of=list"
	order "drop?kind=pods"
	will yes "410, $1, $2: the list is asked for, and fails" failed pods
	now "$CART" "410, $1, $2: the names stay meanwhile" address 10.244.0.5
	order "set?status="
	will no "410, $1, $2: the list comes" failed pods
	now "$CART" "410, $1, $2: the names are there" address 10.244.0.5
	now 6 "410, $1, $2: and no more than before" count pods
	check "410, $1, $2: pods alone were listed again" \
		[ "$(requests | grep -c '^services list')" = 1 ]
	finish
}

resume() {
	begin
	client_start kubeconfig="$TMP/config"
	will yes "resume: the first lists" settled
	order "bookmark?kind=pods&rv=999"
	will 0 "resume: a bookmark makes it fresh" age pods
	sleep 0.2 # steady_ms
	requests clear >"$TMP/order"
	order "drop?kind=pods"
	wait_for 5 eval 'requests | grep -q "^pods watch"'
	check "resume: from the bookmark's version" \
		grep -q '^pods watch .*resourceVersion=999 ' <<<"$(requests)"
	check "resume: without a list" eval '! requests | grep -q list'
	order "drop?kind=pods&mid=1"
	wait_for 5 eval '[ "$(requests | grep -c "^pods watch")" = 2 ]'
	check "closed in the middle of an event: watched again, no list" eval \
		'[ "$(requests | grep -c "^pods watch.*=999 ")" = 2 ] && ! requests | grep -q list'
	order "frames?kind=pods&file=watch-pods.protobuf"
	will "${CART// /_}" "closed in the middle of an event: the next events count" \
		address 10.244.9.9
	is "$(notices)" 1 "closed in the middle of an event: said once"
	order "drop?kind=pods&mid=1"
	wait_for 5 eval '[ "$(requests | grep -c "^pods watch")" = 3 ]'
	is "$(notices)" 1 "closed in the middle of an event: not said again" # closed, or reset
	finish
}

restart() {
	local port
	begin
	port=$PORT
	client_start kubeconfig="$TMP/config"
	will yes "restart: the first lists" settled
	stop_bg "$SERVER"
	will yes "restart: the server is away" failed API
	now "$CART" "restart: the last names stay" address 10.244.0.5
	sleep 1 # many tries, few words
	check "restart: said, but not with each try" [ "$(notices)" -ge 1 -a "$(notices)" -le 2 ]
	server_start port="$port"
	will no "restart: it is back" failed API
	will "watching_(protobuf)" "restart: pods are watched" state pods
	check "restart: from where it was" \
		grep -q '^pods watch .*resourceVersion=244 ' <<<"$(requests)"
	check "restart: that it is back is said once" \
		[ "$(grep -c 'answers again' "$TMP/notices")" = 1 ]
	finish
}

hang() {
	begin
	order "set?hang=pods"
	client_start kubeconfig="$TMP/config"
	will yes "a list that hangs: settled all the same" settled
	now yes "a list that hangs: it failed" failed pods
	now no "a list that hangs: the others are there" failed services
	is "$(notices)" 1 "a list that hangs: said once"
	order "set?hang="
	will no "a list that hangs: it comes later" failed pods
	client_stop
	client_start kubeconfig="$TMP/config" watch_idle_ms=800
	will yes "a watch that hangs: the first lists" settled
	requests clear >"$TMP/order"
	wait_for 5 eval 'requests | grep -q "^pods watch"'
	check "a watch that hangs: begun again" grep -q '^pods watch' <<<"$(requests)"
	now "$CART" "a watch that hangs: the names stay" address 10.244.0.5
	finish
}

# ---------------------------------------------------------------- no, not you

rights() {
	begin
	order "set?forbid=endpointslices"
	client_start kubeconfig="$TMP/config"
	will yes "403: settled" settled
	now "$CART" "403: the other kinds are there" address 10.244.0.5
	ask "get state endpointslices"
	check "403: the state says what is missing" grep -q "^off: HTTP 403: .*forbidden" <<<"$ANSWER"
	is "$(notices)" 1 "403: said once"
	sleep 1
	is "$(notices)" 1 "403: not with each try"
	now no "403: the connection is fine" failed API
	order "set?forbid="
	will no "403: found out when rights are given" failed endpointslices
	now shop/cart "403: and then known" service 10.244.1.6 8080
	order "set?forbid-watch=pods"
	order "drop?kind=pods"
	will yes "403: list without watch" failed pods
	order "frames?kind=pods&file=watch-pods.protobuf"
	will 5 "403: list without watch: listed now and then" count pods
	client_stop
	# an API server that has just begun does not know yet who may what
	order "set?forbid-watch="
	client_start kubeconfig="$TMP/config" off_ms=60000
	will yes "403 after a restart: the first lists" settled
	will "watching_(protobuf)" "403 after a restart: watched" state pods
	order "set?forbid=pods"
	order "drop?kind=pods"
	will yes "403 after a restart: it failed" failed pods
	order "set?forbid="
	will no "403 after a restart: not off for long" failed pods
	finish
}

rotated() {
	printf 'first\n' >"$TMP/token"
	begin token=first
	kubeconfig "$TMP/config" "http://127.0.0.1:$PORT" "" "tokenFile: token"
	client_start kubeconfig="$TMP/config"
	will yes "401: the first lists" settled
	now no "401: the token's file, beside the kubeconfig" failed API
	order "set?token=second"
	order drop
	will yes "401: refused" failed pods
	now "$CART" "401: the last names stay" address 10.244.0.5
	printf second >"$TMP/token"
	will no "401: the new token is read" failed pods
	will no "401: for all kinds" failed API
	check "401: said once" [ "$(grep -cE 'HTTP (status )?401' "$TMP/notices")" -le 1 ] # a port may be 34017
	finish
}

busy() {
	begin
	order "set?status=429&after=1&of=list"
	kubeconfig "$TMP/config" "http://127.0.0.1:$PORT" "" "username: me, password: 'a:b'"
	client_start kubeconfig="$TMP/config"
	will yes "429: settled" settled
	is "$(notices)" 1 "429: said once"
	check "a name and a password: Basic" grep -q " Basic:$(printf me:a:b | base64) " <<<"$(requests)"
	check "429: Retry-After is heeded" [ "$(requests | grep -c '^pods list')" = 1 ]
	order "set?status="
	will no "429: and then it comes" failed pods
	finish
}

# --------------------------------------------------------------- too much of it

too_much() {
	local label
	begin
	order "set?big=pods"
	client_start kubeconfig="$TMP/config"
	ask "until 20 yes settled"
	is "$ANSWER" yes "1 GB: settled"
	now yes "1 GB: it failed" failed pods
	now no "1 GB: the others are there" failed services
	ask "get peak"
	check "1 GB: bounded ($ANSWER KiB at most)" [ "$ANSWER" -lt $((100000 * SANITIZED)) ]
	order "set?big="
	ask "until 10 no failed pods"
	is "$ANSWER" no "1 GB: asked again, it comes"
	is "$(grep -c 'too long' "$TMP/notices")" 1 "1 GB: said once"
	ask "until 5 watching_(protobuf) state pods"
	order "drop?kind=pods&big=1"
	will no "1 GB in one event: it goes on" failed pods
	now "$CART" "1 GB in one event: the names stay" address 10.244.0.5
	ask "get rss"
	check "1 GB: given back ($ANSWER KiB)" [ "$ANSWER" -lt $((40000 * SANITIZED)) ]
	finish
	begin
	order "set?encoding=json"
	client_start kubeconfig="$TMP/config"
	will yes "a label of 1 MB: the first lists" settled
	label=$(head -c 1000000 /dev/zero | tr '\0' x)
	jq -c --rawfile long <(printf %s "$label") '.items[2] | .kind = "Pod" | .apiVersion = "v1" |
		.metadata.labels.app = $long | .metadata.name = "long" | .metadata.uid = "u-1" |
		.metadata.resourceVersion = "400" | .status.podIP = "10.1.2.3" |
		.status.podIPs = [{ip: "10.1.2.3"}] | {type: "ADDED", object: .}' \
		"$DATA/list-pods.json" >"$TMP/event"
	order "event?kind=pods" --data-binary "@$TMP/event"
	will "shop/long_Deployment/cart_node-a" "a label of 1 MB: the pod has its name" address 10.1.2.3
	is "$(notices)" 0 "a label of 1 MB: nothing to say"
	finish
	begin
	order "set?endless=9000000"
	client_start kubeconfig="$TMP/config"
	will yes "a continue of 9 MB: settled" settled
	check "a continue of 9 MB: the answer is to blame" grep -q "pods: .*answer is broken" "$TMP/notices"
	order "set?endless="
	will no "a continue of 9 MB: the list begins anew" failed pods
	finish
}

broken() {
	begin
	order "set?cut=pods&html=nodes"
	client_start kubeconfig="$TMP/config"
	will yes "broken answers: settled" settled
	now yes "a list that is cut short" failed pods
	now yes "a page of HTML" failed nodes
	now no "broken answers: the others are there" failed services
	order "set?cut=&html="
	will no "cut short: it comes" failed pods
	will no "HTML: it comes" failed nodes
	ask "until 5 watching_(protobuf) state services"
	requests clear >"$TMP/order"
	printf '\0\0\0\5\377\377\377\377\377' >"$TMP/event"
	order "raw?kind=services" --data-binary "@$TMP/event"
	wait_for 5 eval 'requests | grep -q "^services list"'
	will no "an event of nonsense: listed anew" failed services
	is "$(grep -c 'services: .*broken' "$TMP/notices")" 1 "an event of nonsense: said once"
	finish
}

only_json() {
	begin
	order "set?encoding=only-json"
	client_start kubeconfig="$TMP/config"
	will yes "JSON only: the first lists" settled
	now "$CART" "JSON only: 406 for protobuf, JSON is taken" address 10.244.0.5
	is "$(notices)" 0 "JSON only: nothing to say"
	finish
}

# ------------------------------------------------------------ who and where

certificate() { # NAME CN SAN CA
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$TMP/$1.key" \
		-subj "/CN=$2" -out "$TMP/$1.csr" &&
		openssl x509 -req -in "$TMP/$1.csr" -CA "$TMP/$4.crt" -CAkey "$TMP/$4.key" \
			-CAcreateserial -days 2 -extfile <(echo "subjectAltName=$3") -out "$TMP/$1.crt"
}

authority() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
		-keyout "$TMP/$1.key" -subj "/CN=$1" -out "$TMP/$1.crt"
}

base64_of() { base64 -w0 <"$TMP/$1"; }

tls() {
	{ authority ca && authority other && certificate server kube-apiserver \
		"DNS:api.example,IP:127.0.0.1" ca && certificate client agent DNS:agent ca &&
		certificate named kube-apiserver DNS:api.example ca; } 2>"$TMP/openssl.log" ||
		not_ok "certificates" "$(tail -n 3 "$TMP/openssl.log")"
	server_start tls="$TMP/server.crt,$TMP/server.key,$TMP/ca.crt"
	kubeconfig "$TMP/config" "https://127.0.0.1:$PORT" "certificate-authority: ca.crt" \
		"client-certificate: client.crt, client-key: client.key"
	client_start kubeconfig="$TMP/config"
	will yes "TLS, files: the first lists" settled
	now no "TLS, files: no complaint" failed API
	check "TLS, files: the server knows who it is" grep -q '^pods list .* agent - 200' <<<"$(requests)"
	client_stop
	kubeconfig "$TMP/config" "https://127.0.0.1:$PORT" \
		"certificate-authority-data: $(base64_of ca.crt)" \
		"client-certificate-data: $(base64_of client.crt), client-key-data: $(base64_of client.key)"
	client_start kubeconfig="$TMP/config"
	will yes "TLS, data: the first lists" settled
	now "$CART" "TLS, data: names" address 10.244.0.5
	client_stop
	printf '#!/bin/sh\nexec cat "%s"\n' "$TMP/given" >"$TMP/giver"
	chmod +x "$TMP/giver"
	jq -n --rawfile c "$TMP/client.crt" --rawfile k "$TMP/client.key" '{kind: "ExecCredential",
		status: {clientCertificateData: $c, clientKeyData: $k}}' >"$TMP/given"
	kubeconfig "$TMP/config" "https://127.0.0.1:$PORT" "certificate-authority: ca.crt" \
		"exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: ./giver}"
	client_start kubeconfig="$TMP/config"
	will yes "TLS, a plugin's certificate: the first lists" settled
	now "$CART" "TLS, a plugin's certificate: names" address 10.244.0.5
	client_stop
	kubeconfig "$TMP/config" "https://127.0.0.1:$PORT" "certificate-authority: other.crt" \
		"client-certificate: client.crt, client-key: client.key"
	client_start kubeconfig="$TMP/config"
	will yes "TLS, another CA: settled" settled
	now yes "TLS, another CA: not trusted" failed API
	now 0 "TLS, another CA: no names" count pods
	is "$(notices)" 1 "TLS, another CA: said once"
	cp "$TMP/ca.crt" "$TMP/other.crt"
	will no "TLS, another CA: mended without a restart" failed API
	finish
	server_start tls="$TMP/named.crt,$TMP/named.key"
	kubeconfig "$TMP/config" "https://127.0.0.1:$PORT" \
		"certificate-authority: ca.crt, tls-server-name: api.example"
	client_start kubeconfig="$TMP/config"
	will yes "tls-server-name: the first lists" settled
	now no "tls-server-name: the certificate's name" failed API
	client_stop
	kubeconfig "$TMP/config" "https://127.0.0.1:$PORT" "insecure-skip-tls-verify: true"
	client_start kubeconfig="$TMP/config"
	will yes "insecure: the first lists" settled
	now no "insecure: no check" failed API
	finish
}

in_pod() {
	local dir=$TMP/pod/var/run/secrets/kubernetes.io/serviceaccount
	mkdir -p "$dir"
	cp "$TMP/ca.crt" "$dir/ca.crt"
	printf 'inside\n' >"$dir/token"
	server_start tls="$TMP/server.crt,$TMP/server.key" token=inside
	export KUBERNETES_SERVICE_HOST=127.0.0.1 KUBERNETES_SERVICE_PORT=$PORT
	client_start root="$TMP/pod"
	will yes "in a pod: the first lists" settled
	now "$CART" "in a pod: the service account" address 10.244.0.5
	now "https://127.0.0.1:$PORT, the pod's service account" "in a pod: the state" state API
	printf 'turned\n' >"$dir/token.new"
	order "set?token=turned"
	mv "$dir/token.new" "$dir/token"
	order drop
	will no "in a pod: the token has been replaced" failed pods
	is "$(notices)" 0 "in a pod: nothing to say"
	finish
	unset KUBERNETES_SERVICE_HOST KUBERNETES_SERVICE_PORT
}

plugin() {
	cat >"$TMP/plugin" <<-'END'
		#!/bin/sh
		# the n-th call gives the n-th token
		echo x >>"${0%/*}/calls"
		case $KUBERNETES_EXEC_INFO in *'"interactive":false'*) ;; *) echo "no info" >&2; exit 3 ;; esac
		[ "$WORD" = yes ] || { echo "not today" >&2; exit 4; }
		n=$(grep -c . "${0%/*}/calls")
		echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1",
			"status":{"token":"'"$1$n"'", "expirationTimestamp":"'"$(date -u +%FT%TZ)"'"}}'
	END
	chmod +x "$TMP/plugin"
	begin token=t1
	kubeconfig "$TMP/config" "http://127.0.0.1:$PORT" "" "exec: {apiVersion: \
		client.authentication.k8s.io/v1, command: ./plugin, args: [t], env: [{name: WORD, value: 'yes'}]}"
	client_start kubeconfig="$TMP/config"
	will yes "plugin: the first lists" settled
	now "$CART" "plugin: its token is taken" address 10.244.0.5
	is "$(grep -c . "$TMP/calls")" 1 "plugin: asked once for all kinds"
	sleep 5.1 # it is not asked more often
	order "set?token=t2"
	order drop
	wait_for 5 eval '[ "$(grep -c . "$TMP/calls")" = 2 ]'
	will no "plugin: its token has ended" failed API
	will "watching_(protobuf)" "plugin: another one is taken" state pods
	check "plugin: and no request was made with the old one" eval '! requests | grep -q " 401$\|unauth"'
	order "set?token=t3"
	order drop
	ask "until 15 no failed API"
	wait_for 15 eval '[ "$(grep -c . "$TMP/calls")" = 3 ]'
	ask "until 15 watching_(protobuf) state pods"
	is "$ANSWER" "watching (protobuf)" "plugin: asked again after 401"
	client_stop
	kubeconfig "$TMP/config" "http://127.0.0.1:$PORT" "" "exec: {apiVersion: \
		client.authentication.k8s.io/v1, command: ./plugin}"
	client_start kubeconfig="$TMP/config"
	will yes "a plugin that fails: settled" settled
	check "a plugin that fails: its last words" \
		grep -q 'plugin".*it ended with status 4: not today' "$TMP/notices"
	is "$(notices)" 1 "a plugin that fails: said once"
	client_stop
	order "set?token=other"
	rm "$TMP/calls"
	kubeconfig "$TMP/config" "http://127.0.0.1:$PORT" "" "exec: {apiVersion: \
		client.authentication.k8s.io/v1, command: ./plugin, args: [t], env: [{name: WORD, value: 'yes'}]}"
	client_start kubeconfig="$TMP/config"
	will yes "a plugin's token is refused: settled" settled
	sleep 4
	check "a plugin's token is refused: tried again" [ "$(requests | grep -c ' 401$\|unauth')" -gt 10 ]
	is "$(grep -c . "$TMP/calls")" 1 "a plugin's token is refused: the plugin is left alone meanwhile"
	finish
}

config_errors() {
	client_start kubeconfig="$TMP/nowhere"
	now yes "no such kubeconfig: settled" settled
	check "no such kubeconfig: said" grep -q -- "--kubeconfig $TMP/nowhere" "$TMP/notices"
	client_stop
	printf 'a: [b\n' >"$TMP/bad"
	client_start kubeconfig="$TMP/bad"
	now yes "no YAML: failed" failed API
	check "no YAML: which file and line" grep -q "kubeconfig $TMP/bad: no YAML: .* line 2" "$TMP/notices"
	# mended while it runs
	begin
	cp "$TMP/config" "$TMP/bad"
	ask "until 5 6 count pods"
	is "$ANSWER" 6 "no YAML: read again, mended"
	client_stop
	client_start kubeconfig="$TMP/config" context=other
	now yes "no such context: settled" settled
	check "no such context: said" grep -q 'there is no context "other"' "$TMP/notices"
	client_stop
	KUBECONFIG=$TMP/nowhere:$TMP/config client_start
	will 6 "\$KUBECONFIG: a list of files" count pods
	client_stop
	mkdir -p "$TMP/home/.kube"
	cp "$TMP/config" "$TMP/home/.kube/config"
	client_start
	will 6 "the home folder's .kube/config" count pods
	client_stop
	rm "$TMP/home/.kube/config"
	client_start root="$TMP/empty"
	now yes "no API: settled" settled
	now "no cluster configured (see --kubeconfig)" "no API: the state" state API
	now "- -> - - -" "no API: flows pass" flow 10.0.0.1 1 10.0.0.2 2
	is "$(notices)" 0 "no API: quiet"
	finish
}

# A machine without the library: hidden from this one process.
no_libcurl() {
	local libs
	begin
	libs=$(ldconfig -p | awk '/libcurl(-gnutls)?\.so\.4 / { print $NF }' | xargs -r readlink -f | sort -u)
	printf '#!/bin/sh\nfor f in %s; do mount --bind /dev/null "$f" || exit 9; done; exec "%s" "$@"\n' \
		"$(tr '\n' ' ' <<<"$libs")" "$TOOL" >"$TMP/without"
	chmod +x "$TMP/without"
	TOOL="unshare -m $TMP/without" client_start kubeconfig="$TMP/config"
	now yes "without libcurl: settled" settled
	now "libcurl.so.4 cannot be loaded: install libcurl4" "without libcurl: the state says so" state API
	now "- -> - - -" "without libcurl: flows pass" flow 10.0.0.1 1 10.0.0.2 2
	is "$(notices)" 1 "without libcurl: said once"
	finish
}

# ------------------------------------------------------------------ real traffic

# One packet at least from 10.244.0.3 to ADDR:8080, from a port of its own.
talk() { in_ns a curl -s --max-time 3 -o /dev/null --local-port "$2" "http://$1:${3:-8080}/"; }

# events PORT: "SOURCE DESTINATION" of the events of that client port
events() {
	flows "select(.l4.TCP.source_port == $1) | [.source, .destination] |
		map(if .pod_name then .namespace + \"/\" + .pod_name else \"-\" end) | join(\" \")"
}

seen() { events "$1" | tail -n 1; }
past() { events "$1" | head -n 1; }

named() { [ "$(seen "$1")" = "$2" ]; }

service_of() {
	flows "select(.l4.TCP.source_port == $1) | .destination_service |
		.namespace + \"/\" + .name" | sort -u | tail -n 1
}

# pitot itself, in a namespace whose addresses are those of the recorded pods.
traffic() {
	local port=40000 line name ip client=default/client web
	ns_new a
	ns_new b
	veth a a0 10.244.0.3/16,fd00:244::3/64 b b0 10.244.0.2/16,fd00:244::5/64
	for ip in 10.244.0.4 10.244.0.5 10.244.0.6 10.244.1.6; do
		in_ns b ip addr add $ip/16 dev b0
	done
	in_ns a ip route add default dev a0
	bg_in b python3 -m http.server -b :: -d "$TMP/pod" 8080
	wait_for 5 listening b tcp 8080
	bg_in a python3 "$ROOT/tests/system/tools/kube_server.py" "$DATA"
	SERVER=$BG_PID
	wait_for 10 server_ready
	read -r _ PORT CONTROL <"$BG_LOG"
	NS=a
	order "set?encoding=json"
	kubeconfig "$TMP/config" "http://127.0.0.1:$PORT"
	pitot_start --ns a --kubeconfig "$TMP/config" --no-containers --no-resolve || return
	wait_for 5 eval '[ "$(order "watchers?kind=pods"; cat "$TMP/order")" = 1 ]'
	talk 10.244.0.5 39999
	wait_for 5 named 39999 "- shop/cart-5d9f6c7b8-aaaaa"
	is "$(seen 39999)" "- shop/cart-5d9f6c7b8-aaaaa" "traffic: a pod by its address"
	is "$(service_of 39999)" shop/cart "traffic: the Service of a backend"
	talk '[fd00:244::5]' 39998
	wait_for 5 named 39998 "- shop/cart-5d9f6c7b8-aaaaa"
	is "$(seen 39998)" "- shop/cart-5d9f6c7b8-aaaaa" "traffic: a pod by its IPv6 address"
	in_ns a nft -f - <<<'table ip nat {
		chain out {
			type nat hook output priority -100;
			ip daddr 10.96.179.130 tcp dport 80 dnat to 10.244.1.6:8080
		}
	}'
	talk 10.96.179.130 39997 80
	wait_for 5 named 39997 "- shop/cart-5d9f6c7b8-bbbbb"
	is "$(seen 39997)" "- shop/cart-5d9f6c7b8-bbbbb" "traffic: behind a Service's address, its backend"
	is "$(service_of 39997)" shop/cart "traffic: and the Service that was asked for"
	while read -r line; do
		IFS=$'\t' read -r name ip < <(pod_of <<<"$line")
		event pods "$line"
		[ -n "$ip" ] || continue
		[ "$ip" != 10.244.0.3 ] || { [ "$name" = $client ] && continue; }
		port=$((port + 1))
		talk "$ip" $port
		wait_for 5 named $port "$client $name"
		is "$(seen $port)" "$client $name" "traffic: $ip is $name at that moment"
	done <"$DATA/real-watch-rollout.jsonl"
	is "$(past 39999)" "- shop/cart-5d9f6c7b8-aaaaa" \
		"traffic: an address taken by another pod does not rename the past"
	pitot_stop
	stop_bg "$SERVER"
	NS=host
}

for f in "both_encodings protobuf" "both_encodings json" rollout node_scope pages \
	"gone protobuf gone" "gone json gone" "gone protobuf gone-event" "gone json gone-event" \
	resume restart hang rights rotated busy too_much broken only_json tls in_pod plugin config_errors no_libcurl traffic; do
	[ -n "${ONLY-}" ] && [[ $f != $ONLY* ]] && continue
	$f
done
