# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# shellcheck disable=SC2034 # some variables are for the scripts that source this
# Client - router - server, the network of most tests. Sourced after lib.sh.
#
#   c  c0 10.8.1.1/24 fd08:1::1/64 -- c1 .254 ::fe   r   s1 .254 ::fe -- s0 10.8.2.2/24 fd08:2::2/64  s
#
# c and s have their default routes by way of r, which forwards. MAC addresses:

MAC_C0=02:00:00:00:00:c0 MAC_C1=02:00:00:00:00:c1
MAC_S1=02:00:00:00:00:51 MAC_S0=02:00:00:00:00:50
TOOLS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PYTHON=/usr/bin/python3
[ -x $PYTHON ] || PYTHON=python3

# net NS COMMAND...: tools/net.py there
net() { in_ns "$1" $PYTHON "$TOOLS/net.py" "${@:2}"; }

# craft NS [-n COUNT] IFACE LAYER...: tools/craft.py there
craft() { in_ns "$1" $PYTHON "$TOOLS/craft.py" "${@:2}"; }

# bg_net NS COMMAND...: one of its servers in the background, until it is ready
bg_net() {
	bg_in "$1" $PYTHON "$TOOLS/net.py" "${@:2}"
	wait_for 5 grep -q ready "$BG_LOG"
}

# no_offloads NS IFACE...: each packet on its own, as on the wire
no_offloads() {
	local dev

	for dev in "${@:2}"; do
		in_ns "$1" ethtool -K "$dev" tso off gso off gro off >/dev/null 2>&1
	done
}

# observe NS ARGS...: pitot there, into $TMP/flows.json; observed ends it
observe() {
	rm -f "$TMP/flows.err" # of a run before
	pitot_start --ns "$@" || exit 1
}
observed() { pitot_stop flows; }

# counter NS NAME: one of nstat's
counter() {
	in_ns "$1" nstat -asz "$2" | awk -v name="$2" '$1 == name { print $2 }'
}

# netns_of NS: its inode number
netns_of() {
	stat -L -c %i "/run/netns/$(ns_name "$1")"
}

# web NS [ADDRESS:]PORT...: nginx there, two workers, files of SIZE bytes as /SIZE; its
# master's pid in $NGINX_PID
web() {
	local size port root=$TMP/web

	mkdir -p "$root"
	for size in 0 100 10000 1000000 20000000; do
		[ -e "$root/$size" ] || head -c $size /dev/zero >"$root/$size"
	done
	{
		echo "user root; worker_processes 2; daemon off; pid $TMP/nginx-$1.pid; error_log /dev/null;"
		echo "events {} http { access_log off; client_body_temp_path $TMP/body; server {"
		for port in "${@:2}"; do echo "listen $port;"; done
		echo "root $root; } }"
	} >"$TMP/nginx-$1.conf"
	bg_in "$1" nginx -c "$TMP/nginx-$1.conf"
	NGINX_PID=$BG_PID
	wait_for 5 listening "$1" tcp "${2##*:}"
}

# names NS: dnsmasq there, which knows N.pitot.test for N up to 200; pid in $DNSMASQ_PID
names() {
	local i

	for i in {1..200}; do echo "10.9.9.$((i % 250)) $i.pitot.test"; done >"$TMP/hosts-$1"
	bg_in "$1" dnsmasq -k -u root --no-resolv --no-hosts --pid-file="$TMP/dnsmasq-$1.pid" \
		--addn-hosts="$TMP/hosts-$1" --conf-file=/dev/null
	DNSMASQ_PID=$BG_PID
	wait_for 5 listening "$1" udp 53
}

three_namespaces() {
	ns_new c
	ns_new r
	ns_new s
	veth c c0 10.8.1.1/24,fd08:1::1/64 r c1 10.8.1.254/24,fd08:1::fe/64
	veth s s0 10.8.2.2/24,fd08:2::2/64 r s1 10.8.2.254/24,fd08:2::fe/64
	in_ns c ip link set c0 address $MAC_C0
	in_ns r ip link set c1 address $MAC_C1
	in_ns r ip link set s1 address $MAC_S1
	in_ns s ip link set s0 address $MAC_S0
	in_ns c ip route add default via 10.8.1.254
	in_ns c ip -6 route add default via fd08:1::fe
	in_ns s ip route add default via 10.8.2.254
	in_ns s ip -6 route add default via fd08:2::fe
	in_ns r sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
}
