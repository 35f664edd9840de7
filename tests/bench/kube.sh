#!/bin/bash
# SPDX-License-Identifier: MIT
# tests/bench/kube.sh: 10,000 pods from a server, page by page: what the whole client takes,
# HTTP, decoding and store, from its start until all kinds are known.
. "${0%/*}/../system/lib.sh"
PODS=10000

server_ready() { grep -q ready "$BG_LOG"; }

measure() { # ENCODING LIMIT
	local config=$TMP/config port control settled count cpu rss peak
	bg_in host python3 "$ROOT/tests/system/tools/kube_server.py" "$ROOT/tests/data/kubernetes" \
		pods=$PODS
	wait_for 120 server_ready || { echo "the server does not start" >&2; exit 1; }
	read -r _ port control <"$BG_LOG"
	curl -fsS "http://127.0.0.1:$control/set?encoding=$1" >/dev/null
	cat >"$config" <<-END
		current-context: c
		contexts: [{name: c, context: {cluster: k}}]
		clusters: [{name: k, cluster: {server: "http://127.0.0.1:$port"}}]
	END
	{
		read -r settled
		read -r count
		read -r cpu
		read -r rss
		read -r peak
	} < <(printf '%s\n' 'until 120 yes settled' 'get count pods' 'get cpu' 'get rss' 'get peak' |
		"$ROOT/$BUILD/tests/system/kube_tool" kubeconfig="$config")
	stop_bg
	[ "$settled $count" = "yes $PODS" ] || { echo "settled: $settled, pods: $count" >&2; exit 1; }
	printf '10,000 pods in %s, CPU\t%s ms\t-\t%s\t%s\n' "$1" "$cpu" "$cpu" "$2"
	printf '10,000 pods in %s, resident\t%s KiB\t%s KiB now\t%s\t%s\n' "$1" "$peak" "$rss" \
		"$((peak / 1024))" "< 40"
}

measure protobuf "< 1000"
measure json ""
