#!/bin/bash
# SPDX-License-Identifier: MIT
# The agent's metrics of real traffic: read by curl, checked by promtool, scraped by a
# real Prometheus, whose answers are compared with what was sent.
# timeout: 120
# shellcheck source-path=SCRIPTDIR
. "${0%/*}/lib.sh"

[ "$(id -u)" = 0 ] || skip_all 'needs root'
command -v prometheus promtool >/dev/null || skip_all 'no Prometheus'

ns_new m
ns_new n
veth m vm 10.88.0.1/24,fd88::1/64 n vn 10.88.0.2/24,fd88::2/64 || exit 1
bg_in n socat TCP-LISTEN:7000,fork,reuseaddr SYSTEM:'head -c 5000 /dev/zero'
wait_for 5 listening n tcp 7000 || not_ok 'the server listens'

cat >"$TMP/dynamic.yaml" <<-'END'
	metrics:
	- name: policy
	- name: flows-to-world
	  contextOptions:
	  - {name: port, values: ["true"]}
	  includeFilters:
	  - verdict: [DROPPED]
END

url=http://127.0.0.1:9965/metrics
bg_in m "$PITOT" agent --socket "$TMP/agent.sock" --interface vm --no-kubernetes --no-resolve \
	--history-memory 1M --report-interval 1s --metrics-listen 127.0.0.1:9965 \
	--metrics 'flow drop tcp icmp port-distribution:destinationContext=ip traffic connections rtt kernel-drops' \
	--metrics-config "$TMP/dynamic.yaml" --export-file "$TMP/flows.json"
agent=$BG_PID log=$BG_LOG
check 'the agent is ready' wait_for 20 grep -q '^pitot: ready: ' "$log"

# Prometheus, in the namespace: nothing of the machine's own is asked or taken.
mkdir "$TMP/prometheus"
cat >"$TMP/prometheus.yml" <<-'END'
	global: {scrape_interval: 1s, scrape_timeout: 1s}
	scrape_configs:
	- job_name: pitot
	  static_configs: [{targets: ["127.0.0.1:9965"]}]
END
bg_in m prometheus --config.file="$TMP/prometheus.yml" --storage.tsdb.path="$TMP/prometheus" \
	--web.listen-address=127.0.0.1:9090 --log.level=warn
prometheus=$BG_PID prometheus_log=$BG_LOG

# ------------------------------------------------------------------- traffic

for ((i = 0; i < 20; i++)); do in_ns m socat -u TCP:10.88.0.2:7000 /dev/null; done
in_ns m ping -qc 5 -i 0.1 10.88.0.2 >/dev/null
in_ns m ping -6 -qc 3 -i 0.1 fd88::2 >/dev/null
in_ns m nft -f - <<-'END'
	table inet t {
		chain in { type filter hook input priority 0; ip saddr 10.88.0.2 udp dport 5999 drop; }
	}
END
for ((i = 0; i < 7; i++)); do in_ns n bash -c 'echo x >/dev/udp/10.88.0.1/5999'; done

page() { in_ns m curl -sf --max-time 5 "$@" "$url" >"$TMP/page"; }

# The sum of the samples whose line begins with the word and holds each further word.
value() {
	local name=$1 word lines
	shift
	lines=$(grep -E "^${name}[{ ]" "$TMP/page")
	for word; do lines=$(grep -F -- "$word" <<<"$lines"); done
	awk '{ n += $NF } END { print n + 0 }' <<<"$lines"
}

has() { # VALUE NAME WORD...
	page && [ "$(value "${@:2}")" = "$1" ]
}

see() { # DESC VALUE NAME WORD...
	if wait_for 10 has "${@:2}"; then
		ok "$1"
	else
		not_ok "$1" "$(grep "^$3" "$TMP/page" | head -20)"
	fi
}

see '20 connections were opened' 20 pitot_connections_opened_total 'protocol="TCP"'
see '20 connections were closed' 20 pitot_connections_closed_total 'how="closed"'
see 'their SYNs' 20 hubble_tcp_flags_total 'flag="SYN"' 'family="IPv4"'
see 'and the answers' 20 hubble_tcp_flags_total 'flag="SYN-ACK"'
see '20 handshakes were timed' 20 pitot_tcp_handshake_seconds_count
see '7 dropped packets, their reason and place' 7 pitot_dropped_packets_total \
	'reason="NETFILTER_DROP"' 'function="nft_do_chain"' 'kind="loss"'
see 'the same under Hubble'\''s name' 7 hubble_drop_total 'reason="NETFILTER_DROP"' 'protocol="UDP"'

bytes=$(value pitot_bytes_total 'protocol="TCP"' 'sender="responder"')
check "the answers' bytes ($bytes)" [ "$bytes" -gt 100000 ]
check 'ports by address' [ "$(value hubble_port_distribution_total 'port="7000"' 'destination="10.88.0.2"')" -ge 20 ]
check 'ICMP by family and type' [ "$(value hubble_icmp_total 'family="IPv6"' 'type="EchoRequest"')" -ge 1 ]
check 'the metrics of the file' grep -q '^# TYPE hubble_flows_processed_total counter' "$TMP/page"

# ------------------------------------------------------------------- formats

# Hubble calls a gauge _total; its name is as it is.
promtool check metrics <"$TMP/page" 2>&1 | grep -v '^hubble_dynamic_exporter_exporters_total ' >"$TMP/lint"
is "$(cat "$TMP/lint")" '' 'promtool finds nothing wrong'
page -H 'Accept: application/openmetrics-text;version=1.0.0' -D "$TMP/head"
check 'OpenMetrics where it is asked for' grep -qi '^content-type: application/openmetrics-text; version=1.0.0' "$TMP/head"
is "$(tail -n 1 "$TMP/page")" '# EOF' 'its end'
check 'a counter is called without _total there' grep -q '^# TYPE pitot_bytes counter' "$TMP/page"
is "$(in_ns m curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:9965/nothing)" 404 'elsewhere there is nothing'
is "$(in_ns m curl -s -o /dev/null -w '%{http_code}' -X POST "$url")" 405 'nothing is posted'
is "$(in_ns m curl -s -o /dev/null -w '%{http_code} %{size_download}' -I "$url")" '200 0' 'HEAD has no body'

# ---------------------------------------------------------------- Prometheus

query() {
	in_ns m curl -sf --max-time 5 --data-urlencode "query=$1" http://127.0.0.1:9090/api/v1/query |
		jq -r '[.data.result[].value[1] | tonumber] | add // empty'
}
asked() { [ "$(query "$1")" = "$2" ]; }
ask() { # DESC QUERY VALUE
	if wait_for 20 asked "$2" "$3"; then ok "$1"; else not_ok "$1" "got $(query "$2")"; fi
}

ask 'Prometheus reaches it' 'up{job="pitot"}' 1
ask 'and has the connections' 'sum(pitot_connections_opened_total{protocol="TCP"})' 20
ask 'the flags' 'hubble_tcp_flags_total{flag="SYN",family="IPv4"}' 20
ask 'the drops' 'sum(pitot_dropped_packets_total{function="nft_do_chain"})' 7
ask 'a quantile of the handshakes' 'histogram_quantile(0.9, pitot_tcp_handshake_seconds_bucket) < bool 1' 1
ask 'the exporter of the agent' 'pitot_exporter_up' 1
check 'its metadata tell a counter' eval "in_ns m curl -sf 'http://127.0.0.1:9090/api/v1/metadata?metric=pitot_bytes' | jq -e '.data.pitot_bytes[0].type == \"counter\"'"
is "$(grep -c 'level=\(warn\|error\)' "$prometheus_log")" 0 'it complains of nothing'
[ ! -s "$prometheus_log" ] || sed 's/^/# prometheus: /' "$prometheus_log" | tail -5

check 'it is not reached from elsewhere' eval '! in_ns n curl -s --max-time 2 http://10.88.0.1:9965/metrics'

# ------------------------------------------------- the file is read again, and the end

sed -i '/name: policy/d' "$TMP/dynamic.yaml"
check 'the metrics of the file are read again' wait_for 15 grep -q 'dynamic.yaml.* is read again' "$log"
echo 'metrics: [{name: nonsense}]' >"$TMP/dynamic.yaml"
check 'a wrong one is told' wait_for 15 grep -q 'dynamic.yaml.*"nonsense" is no metric' "$log"
page
check 'and changes nothing' grep -q '^hubble_flows_processed_total' "$TMP/page"
stop_bg "$prometheus"
kill -TERM "$agent"
check 'the agent ends' wait_for 20 eval "! kill -0 $agent"
