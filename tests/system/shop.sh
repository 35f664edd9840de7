#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 90
# A shop of 12 real services and an outside world: `pitot map` finds exactly who talks to whom,
# live, with the edge that loses packets and the services that are slow.
# shellcheck source-path=SCRIPTDIR
. "${0%/*}/lib.sh"

for tool in nginx redis-server dnsmasq socat jq curl nft; do
	command -v "$tool" >/dev/null || skip_all "no $tool here"
done
PG=$(find /usr/lib/postgresql/*/bin -name initdb 2>/dev/null | head -n1)
PG=${PG%/*}
[ -n "$PG" ] || skip_all "no PostgreSQL here"
getent passwd postgres >/dev/null || skip_all "no user postgres here"
export NODE_NAME=node-a

# ------------------------------------------------------------------- the town

# name, namespace, workload, its kind, address, port
cat >"$TMP/pods" <<END
front-7c9d8f5b6-x2lqp shop front Deployment 10.46.0.10 80
catalog-6b4f9d7c5d-mm8kv shop catalog Deployment 10.46.0.11 8080
search-5f7d9b8c4d-9hxwz shop search Deployment 10.46.0.12 8080
cart-58d7c6b9f4-q9xt2 shop cart Deployment 10.46.0.13 8080
checkout-84c5b7f6d-4wz7n shop checkout Deployment 10.46.0.14 8080
shipping-66d9c8b7f5-lk2vd shop shipping Deployment 10.46.0.15 8080
pay-7f6b5d4c8-zzq4k payments pay Deployment 10.46.0.16 8080
ledger-0 data ledger StatefulSet 10.46.0.20 5432
sessions-0 data sessions StatefulSet 10.46.0.21 6379
queue-0 data queue StatefulSet 10.46.0.22 6379
metrics-6c8f7d5b9-p7w2r monitoring metrics Deployment 10.46.0.30 8125
coredns-5d78c9869d-tt6hr kube-system coredns Deployment 10.46.0.53 53
END

ns_new router
in_ns router ip link add br0 type bridge
if_up router br0 10.46.0.1/24
in_ns router sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.disable_ipv6=1
while read -r _ _ name _ address _; do
	ns_new "$name"
	veth router "lxc-$name" - "$name" eth0 "$address/24"
	in_ns router ip link set "lxc-$name" master br0
	in_ns "$name" ip route add default via 10.46.0.1
done <"$TMP/pods"
ns_new world
veth router uplink 93.184.216.1/24 world eth0 93.184.216.77/24,93.184.216.10/24
in_ns world ip route add 10.46.0.0/24 via 93.184.216.1

# ------------------------------------------------------------------- services

chmod 755 "$TMP"
mkdir "$TMP/www" "$TMP/pg" "$TMP/kube"
chmod 777 "$TMP/www"
chown postgres "$TMP/pg"
as_postgres() { setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; }
cd / || exit 1 # PostgreSQL wants a folder that it may look into
as_postgres "$PG/initdb" -D "$TMP/pg/data" -A trust -U postgres --no-sync -E UTF8 --locale=C \
	>"$TMP/initdb.log" 2>&1 || { not_ok "PostgreSQL is set up" "$(tail -3 "$TMP/initdb.log")"; exit 1; }
echo "host all all 10.46.0.0/24 trust" >>"$TMP/pg/data/pg_hba.conf"
bg_in ledger setpriv --reuid=postgres --regid=postgres --clear-groups "$PG/postgres" -D "$TMP/pg/data" \
	-k '' -h 0.0.0.0 -F
cat >"$TMP/nginx.conf" <<END
pid $TMP/nginx.pid;
error_log $TMP/nginx.log;
events {}
http {
	access_log off;
	client_body_temp_path $TMP/www; proxy_temp_path $TMP/www; fastcgi_temp_path $TMP/www;
	uwsgi_temp_path $TMP/www; scgi_temp_path $TMP/www;
	server {
		listen 80;
		location /catalog { proxy_pass http://10.46.0.11:8080; }
		location /search { proxy_pass http://10.46.0.12:8080; }
		location /cart { proxy_pass http://10.46.0.13:8080; }
		location /checkout { proxy_pass http://10.46.0.14:8080; }
	}
}
END
bg_in front nginx -c "$TMP/nginx.conf" -g 'daemon off;'
service() { # NAME ASK...
	local name=$1
	shift
	bg_in "$name" python3 "$ROOT/tests/system/tools/shop_service.py" 8080 "$@"
}
service catalog postgres:10.46.0.20:5432
service search http:10.46.0.11:8080 delay=0.25 # the one that thinks long
service cart redis:10.46.0.21:6379
service checkout http:10.46.0.15:8080 http:10.46.0.16:8080 redis:10.46.0.22:6379 statsd:10.46.0.30:8125
service shipping size=1200
service pay tls:bank.example:443@10.46.0.53
for name in sessions queue; do
	bg_in "$name" redis-server --port 6379 --bind 0.0.0.0 --protected-mode no --save '' --dir "$TMP"
done
bg_in metrics socat -u UDP-LISTEN:8125,fork,reuseaddr OPEN:/dev/null
bg_in world socat TCP-LISTEN:443,fork,reuseaddr SYSTEM:'head -c 2000 /dev/zero'
bg_in coredns dnsmasq --no-daemon --no-resolv --no-hosts --port=53 --address=/bank.example/93.184.216.10 \
	--pid-file="$TMP/dnsmasq.pid"

# Who they are: an API server that answers with this cluster's lists.
cp -r "$ROOT/tests/data/kubernetes/pb" "$TMP/kube"
python3 "$ROOT/tests/data/ui/cluster.py" "$TMP/kube" "$TMP/pods"
bg_in router python3 "$ROOT/tests/system/tools/kube_server.py" "$TMP/kube"
API_LOG=$BG_LOG
wait_for 10 grep -q ready "$API_LOG"
read -r _ port control <"$API_LOG"
in_ns router curl -fsS "http://127.0.0.1:$control/set?encoding=json" >/dev/null
cat >"$TMP/config" <<END
apiVersion: v1
kind: Config
current-context: c
contexts: [{name: c, context: {cluster: k, user: u}}]
clusters: [{name: k, cluster: {server: "http://127.0.0.1:$port"}}]
users: [{name: u, user: {}}]
END
while read -r _ _ name _ _ port; do
	case $name in coredns | metrics) proto=udp ;; *) proto=tcp ;; esac
	wait_for 15 listening "$name" $proto "$port" || not_ok "$name listens"
done <"$TMP/pods"
wait_for 10 listening world tcp 443 || not_ok "the bank listens"

# The queue loses a packet now and then.
in_ns queue nft -f - <<END
table ip t {
	chain in {
		type filter hook input priority 0;
		tcp dport 6379 numgen inc mod 5 == 3 drop
	}
}
END
# Shipping's line is thin: what it says waits for what it said before.
slow=true
in_ns shipping tc qdisc add dev eth0 root handle 1: htb default 1 2>"$TMP/tc.log" &&
	in_ns shipping tc class add dev eth0 parent 1: classid 1:1 htb rate 128kbit burst 200 cburst 200 2>>"$TMP/tc.log" ||
	slow=false

# ----------------------------------------------------------------- live traffic

get() { in_ns world curl -s -o /dev/null --max-time 9 "http://10.46.0.10/$1"; }
bg_in router "$PITOT" map --no-agent --follow -o json --report-interval 1s --kubeconfig "$TMP/config" \
	--no-resolve --no-containers --ip 10.46.0.0/24
MAP_PID=$BG_PID MAP_LOG=$BG_LOG
wait_for 20 grep -q '^pitot: watching ' "$MAP_LOG" || not_ok "pitot map watches"
sleep 0.5 # the cluster's lists
in_ns world ip route add 10.46.0.10/32 via 93.184.216.1 src 93.184.216.77
for i in 1 2 3; do
	visitors=()
	for page in catalog search cart checkout checkout checkout; do
		get $page &
		visitors+=($!)
	done
	wait "${visitors[@]}"
done
sleep 1.2 # a report of each
kill -INT "$MAP_PID"
wait_for 10 eval "! kill -0 $MAP_PID"
grep '^{' "$MAP_LOG" >"$TMP/map.json"
grep -v '^{' "$MAP_LOG" >"$TMP/map.err"

edges() {
	jq -r ".edges[] | select($1) | [.from_name, .to_name, .protocol, .port // \"-\", .app // \"-\"] | join(\" \")" \
		"$TMP/map.json" | LC_ALL=C sort
}
is "$(edges true)" "payments/pay bank.example TCP 443 HTTPS
payments/pay kube-system/coredns UDP 53 DNS
shop/cart data/sessions TCP 6379 Redis
shop/catalog data/ledger TCP 5432 PostgreSQL
shop/checkout data/queue TCP 6379 Redis
shop/checkout monitoring/metrics UDP 8125 StatsD
shop/checkout payments/pay TCP 8080 HTTP
shop/checkout shop/shipping TCP 8080 HTTP
shop/front shop/cart TCP 8080 HTTP
shop/front shop/catalog TCP 8080 HTTP
shop/front shop/checkout TCP 8080 HTTP
shop/front shop/search TCP 8080 HTTP
shop/search shop/catalog TCP 8080 HTTP
world shop/front TCP 80 HTTP" "the map is the shop, no more and no less"
is "$(jq -r '.nodes | length' "$TMP/map.json")" 14 "12 services, the world and the bank are the nodes"
# A packet that comes too late, for a connection that is over, is dropped as well: NO_SOCKET.
is "$(edges '.drop_reason == "NETFILTER_DROP"')" "shop/checkout data/queue TCP 6379 Redis" \
	"the one edge that loses packets is seen"
is "$(jq -r '.edges[] | select(.to_name == "data/queue") | "\(.drops > 2) \(.sent > .drops) \(.drop_function)"' \
	"$TMP/map.json")" "true true nft_do_chain" "with how many of how many, and where"
is "$(jq -r '[.edges[] | select(.errors > 0 and (.to_name | IN("shop/shipping", "data/queue") | not)) | .to_name] | join(" ")' "$TMP/map.json")" \
	"" "nothing else is wrong"
is "$(jq -r '[.edges[] | select(.to_name | test("^shop/(search|catalog|cart)$")) | select(.latency_p50 > 0.2) |
	.from_name + " " + .to_name] | join(" ")' "$TMP/map.json")" "shop/front shop/search" "the one service that thinks long is seen"
if $slow; then
	# but for where packets, of the handshake too, are lost
	is "$(jq -r '[.edges[] | select(.to_name != "data/queue")] | max_by(.handshake_p99 // 0) | "\(.from_name) \(.to_name) \(.handshake_p99 > 0.02)"' \
		"$TMP/map.json")" "shop/checkout shop/shipping true" "the one service whose line is slow is seen"
else
	skip "the one service whose line is slow is seen" "no htb here: $(head -n1 "$TMP/tc.log")"
fi
