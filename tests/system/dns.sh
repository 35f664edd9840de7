#!/bin/bash
# SPDX-License-Identifier: MIT
# DNS as it passes: what is asked and answered, and what addresses are called after that.
# pitot watches the router between clients and servers.
# timeout: 150
. "${0%/*}/lib.sh"
# shellcheck source=tools/topology.sh
. "${0%/*}/tools/topology.sh"

SERVER=10.8.2.2 SHARED=10.8.2.66 WEB=8080

# dns NAME EXPR: EXPR on each DNS flow about that name (with its dot)
dns() { flows "select(.l7.dns.query == \"$1\") | $2"; }

# called PORT EXPR: the names of the responder of the final events on that port
called() {
	flows "select(.extensions.value.event == \"end\" and ($2) and
		(.l4.TCP // {} | .source_port == $1 or .destination_port == $1)) |
		if .l4.TCP.destination_port == $1 then .destination_names else .source_names end"
}

# latency NAME CONDITION: does the answer's, in seconds, meet it?
latency() { dns "$1" "select(.l7.type == \"RESPONSE\") | .l7.latency_ns | tonumber / 1e9 | $2"; }

# seconds_between NAME CONDITION: the same for the time from the first flow to the second
seconds_between() {
	dns "$1" .time | jq -Rsc "split(\"\n\") | [.[:2][] | (.[:19] + \"Z\" | fromdate) +
		(\"0\" + .[19:29] | tonumber)] | .[1] - .[0] | $2"
}

# ask NS ARGS...: one try, no word
ask() { in_ns "$1" dig +tries=1 +time=1 "${@:2}" >/dev/null 2>&1; }

# resolving CMD...: as a client whose resolver is the server
resolving() {
	in_ns c unshare -m sh -c 'mount --bind "$0" /etc/resolv.conf && exec "$@"' \
		"$TMP/resolv.conf" "$@"
}

# in_group NAME CMD...: in a control group of its own, at the first client's address
in_group() {
	local group=$GROUPS_AT/pitot-$$-$1

	[ -d "$group" ] || { mkdir "$group" && at_exit rmdir "$group"; } || return
	in_ns c bash -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$group" "${@:2}" >/dev/null 2>&1
}

# A Service's address, as kube-proxy makes one.
service_address() {
	in_ns r nft -f - <<-EOF
		table ip svc {
			chain pre {
				type nat hook prerouting priority -100
				ip daddr 10.96.0.10 udp dport 53 dnat to $SERVER
				ip daddr 10.96.0.80 tcp dport 80 dnat to $SERVER:$WEB
			}
		}
	EOF
}

servers() {
	GROUPS_AT=$(findmnt -nft cgroup2 -o TARGET)
	echo "nameserver $SERVER" >"$TMP/resolv.conf"
	in_ns s ip addr add $SHARED/24 dev s0
	in_ns s ip addr add 10.8.2.65/24 dev s0
	in_ns c ip addr add 10.8.1.2/24 dev c0
	service_address
	web s $WEB "[::]:$WEB"
	bg_in s dnsmasq -k -C /dev/null -u root --pid-file= --no-resolv --no-hosts --local=/test/ \
		--bind-interfaces --listen-address=$SERVER,fd08:2::2,127.0.0.1 \
		--cname=www.shop.test,cdn.shop.test --cname=cdn.shop.test,edge.shop.test \
		--host-record=edge.shop.test,$SERVER,fd08:2::2,300 \
		--host-record=a.test,$SHARED,300 --host-record=b.test,$SHARED,300 \
		--host-record=one.test,10.8.2.65,300 --host-record=two.test,10.8.2.65,300 \
		--host-record=svc.test,10.96.0.80,300 --host-record=inside.test,$SHARED,300
	wait_for 5 listening s udp 53
	bg_in s dnsmasq -k -C /dev/null -u root --pid-file= --no-resolv --no-hosts --local=/test/ \
		--port=5300 --bind-interfaces --listen-address=$SERVER \
		--host-record=port.test,10.8.2.77,300
	wait_for 5 listening s udp 5300
	bg_in s $PYTHON "$TOOLS/dns_server.py" serve $SERVER 5301 1
	wait_for 5 grep -q ready "$BG_LOG"
	bg_net s echo-server $SHARED 7001
}

# Before the others: a connection that is still there when its name has expired.
long_connection() {
	ask c @$SERVER -p 5301 held.test
	mkfifo "$TMP/words"
	bg_net c idle $SHARED 7001 "$TMP/words"
	exec 9>"$TMP/words"
	SECONDS=0
}

traffic() {
	# UDP, IPv4 and IPv6, by way of aliases
	resolving curl -s -o /dev/null -4 "http://www.shop.test:$WEB/100"
	resolving curl -s -o /dev/null -6 "http://WWW.shop.test:$WEB/100"
	resolving getent ahostsv4 edge.shop.test >/dev/null
	ask c @fd08:2::2 cdn.shop.test AAAA
	# one address, two askers
	ask c -b 10.8.1.1 @$SERVER a.test
	ask c -b 10.8.1.2 @$SERVER b.test
	in_ns c curl -s -o /dev/null --interface 10.8.1.1 http://$SHARED:$WEB/100
	in_ns c curl -s -o /dev/null --interface 10.8.1.2 http://$SHARED:$WEB/10000
	# one address, two askers that share theirs
	in_group one dig +tries=1 @$SERVER one.test
	in_group two dig +tries=1 @$SERVER two.test
	in_group one curl -s -o /dev/null http://10.8.2.65:$WEB/100
	in_group two curl -s -o /dev/null http://10.8.2.65:$WEB/10000
	# by way of translated addresses
	ask c @10.96.0.10 svc.test
	in_ns c curl -s -o /dev/null http://10.96.0.80/100
	# what goes wrong
	ask c @$SERVER nothere.test
	ask c @$SERVER elsewhere.example
	ask c @$SERVER -p 5301 fail.test
	ask c @$SERVER -p 5301 dead.test
	ask c @$SERVER -p 5301 slow.test
	ask c @$SERVER -p 5301 forged.test
	# shellcheck disable=SC1003
	ask c @$SERVER -p 5301 'es\027[2Jc\.ape.test'
	# two questions in one TCP connection
	in_ns c dig +tcp +keepopen +time=1 @$SERVER www.shop.test A www.shop.test AAAA >/dev/null
	ask c @$SERVER -p 5300 port.test
	# a namespace's own loopback, of which no interface is watched
	ask s @127.0.0.1 inside.test
	# multicast, and an answer to no question
	in_ns c ip route add 224.0.0.0/4 dev c0
	in_ns c $PYTHON "$TOOLS/dns_server.py" mdns 10.8.1.2 Printer.local
	in_ns s ping -c 1 -W 1 10.8.1.2 >/dev/null
	in_ns s $PYTHON "$TOOLS/dns_server.py" forge $SHARED 5301 10.8.1.1 4444 forged.bank.test
	ask c @$SERVER -p 5301 late.test
}

messages() {
	is "$(dns www.shop.test. 'select(.l7.type == "REQUEST" and .l4.UDP) |
		[.l7.dns.qtypes[0], .is_reply, .verdict, .Type, .event_type.type]' | head -1)" \
		'["A",false,"FORWARDED","L7",129]' "a query"
	is "$(dns www.shop.test. 'select(.l7.type == "RESPONSE" and .l4.UDP) | [.l7.dns.ips[0],
		.l7.dns.cnames, .l7.dns.rrtypes, .is_reply, .l4.UDP.source_port]' | head -1)" \
		"[\"$SERVER\",[\"cdn.shop.test.\",\"edge.shop.test.\"],[\"CNAME\",\"CNAME\",\"A\"],true,53]" \
		"its answer"
	is "$(dns www.shop.test. 'select(.l4.TCP) | [.l7.type, .l7.dns.qtypes[0]]' | paste -sd' ')" \
		'["REQUEST","A"] ["RESPONSE","A"] ["REQUEST","AAAA"] ["RESPONSE","AAAA"]' \
		"two questions over one TCP connection"
	is "$(dns WWW.shop.test. 'select(.l7.type == "RESPONSE" and
		.l7.dns.qtypes == ["AAAA"]) | .l7.dns.ips')" '["fd08:2::2"]' "an answer with an IPv6 address"
	is "$(dns cdn.shop.test. '[.IP.ipVersion, .l7.type]' | paste -sd' ')" \
		'["IPv6","REQUEST"] ["IPv6","RESPONSE"]' "DNS over IPv6"
	is "$(dns edge.shop.test. '.l7.type' | sort | uniq -c | xargs)" "1 REQUEST 1 RESPONSE" \
		"getent: each message once"
	is "$(dns svc.test. '[.l7.type, .l7.dns.ips[0]?, .l7.latency_ns != null]' | paste -sd' ')" \
		'["REQUEST",null,false] ["RESPONSE","10.96.0.80",true]' \
		"a server behind a translated address: each message once"
	is "$(dns port.test. '[.l7.type, .l7.dns.ips[0]?]' | paste -sd' ')" \
		'["REQUEST",null] ["RESPONSE","10.8.2.77"]' "another port (--dns-port)"
	is "$(flows 'select(.l7.dns) | .l7.dns.query' | grep -c 'c\\\.ape')" 2 \
		"control bytes and dots in a label are escaped"
	check "no control byte in the output" eval "! LC_ALL=C grep -q \$'\\x1b' $TMP/flows.json"
}

failures() {
	is "$(dns nothere.test. '[.l7.type, .l7.dns.rcode, .extensions.value.dns.rcode]' |
		paste -sd' ')" '["REQUEST",null,null] ["RESPONSE",3,"NXDOMAIN"]' "NXDOMAIN"
	is "$(dns elsewhere.example. 'select(.l7.type == "RESPONSE") | .l7.dns.rcode')" 5 "REFUSED"
	is "$(dns fail.test. 'select(.l7.type == "RESPONSE") | [.l7.dns.rcode,
		.extensions.value.dns.rcode]')" '[2,"SERVFAIL"]' "SERVFAIL"
	is "$(dns dead.test. '[.l7.type, .verdict, .extensions.value.dns.timeout,
		.l4.UDP.destination_port, .source.pod_name]' | paste -sd' ')" \
		'["REQUEST","FORWARDED",null,5301,"dig"] ["REQUEST","ERROR",true,5301,"dig"]' \
		"no answer in 5 s: told once more, as an error"
	is "$(seconds_between dead.test. '. >= 4.9 and . < 7.5')" true \
		"the time of that is 5 s after the query"
	is "$(dns late.test. '[.l7.type, .verdict]' | paste -sd' ')" \
		'["REQUEST","FORWARDED"] ["REQUEST","ERROR"] ["RESPONSE","FORWARDED"]' \
		"an answer that comes after the timeout"
	is "$(latency late.test. '. >= 6 and . < 8')" true "its latency"
	is "$(latency slow.test. '. >= 0.19 and . < 0.5')" true "the latency of one that takes 0.2 s"
}

address_names() {
	is "$(called $WEB '.IP.ipVersion == "IPv4" and (.IP.source == "10.8.2.2" or
		.IP.destination == "10.8.2.2")' | sort -u)" '["www.shop.test"]' \
		"the name that was asked for, not its aliases"
	is "$(called $WEB '.IP.ipVersion == "IPv6"' | sort -u)" '["www.shop.test"]' \
		"the same over IPv6, in lower case"
	is "$(called $WEB '(.IP.source == "10.8.1.1" or .IP.destination == "10.8.1.1") and
		(.IP.source == "10.8.2.66" or .IP.destination == "10.8.2.66")' | jq -c '.[0]' |
		sort -u)" '"a.test"' "one address: what the first client asked for"
	is "$(called $WEB '.IP.source == "10.8.1.2" or .IP.destination == "10.8.1.2"' |
		jq -c '.[0]' | sort -u)" '"b.test"' "and what the second did"
	is "$(called $WEB '.IP.source == "10.8.2.65" or .IP.destination == "10.8.2.65"' |
		sort | paste -sd' ')" '["one.test"] ["two.test"]' \
		"two control groups behind one address: each what it asked for"
	is "$(flows 'select(.IP.destination == "10.96.0.80" and .l4.TCP) |
		.destination_names' | sort -u)" '["svc.test"]' "a Service's address"
	is "$(flows '.source_names, .destination_names | select(.) | .[]' | grep -c bank)" 0 \
		"an answer to no question names nothing"
	is "$(dns forged.bank.test. '.l7.type')" RESPONSE "but is shown"
	is "$(dns forged.test. '[.l7.type, .l7.dns.ips[0]?]' | paste -sd' ')" \
		'["REQUEST",null] ["RESPONSE","10.8.2.67"] ["RESPONSE","10.8.2.66"]' \
		"two answers, one with another id"
	is "$(flows 'select(.IP.destination == "10.8.2.67") | .destination_names // empty')" "" \
		"the forged one names nothing"
}

# The socket's side: another namespace's loopback.
at_sockets() {
	local told

	told=$(dns inside.test. '[.l7.type, .IP.source, .IP.destination]' | sort -u | paste -sd' ')
	if [ -z "$told" ] && grep -q 'DNS messages that pass no interface' "$TMP/flows.err"; then
		skip "DNS over another namespace's loopback" "this kernel cannot"
		return
	fi
	is "$told" '["REQUEST","127.0.0.1","127.0.0.1"] ["RESPONSE","127.0.0.1","127.0.0.1"]' \
		"DNS over another namespace's loopback"
	is "$(dns inside.test. '.extensions.value.destination_process.executable' | xargs)" \
		"$(command -v dnsmasq) $(command -v dig)" "and who reads it"
}

multicast_names() {
	is "$(dns Printer.local. '[.l7.type, .IP.destination, .l7.dns.ips[0]]')" \
		'["RESPONSE","224.0.0.251","10.8.1.2"]' "a multicast answer"
	is "$(flows 'select(.IP.destination == "10.8.1.2" and .l4.ICMPv4) |
		.destination_names | index("printer.local") != null' | sort -u)" true \
		"names its address for everybody"
}

# 30 s is the least that a name lives.
connection_outlives() {
	is "$(called 7001 'true' | tail -1)" '["held.test"]' \
		"a connection keeps its name when that has expired"
	is "$(flows 'select(.extensions.value.event == "new" and .l4.TCP.destination_port == 7002) |
		.destination_names // [] | index("held.test")')" null "a new one does not get it"
}

three_namespaces
servers
observe r --dns-port 5300 --dns-port 5301 --no-kubernetes --no-resolve
pitot_start --ns r --name fqdn --fqdn '*.shop.test' --no-kubernetes --no-resolve || exit 1
long_connection
traffic
while [ $SECONDS -lt 35 ]; do sleep 0.5; done
echo still here >&9
in_ns c bash -c "exec 3<>/dev/tcp/$SHARED/7002" 2>/dev/null
exec 9>&-
sleep 1
pitot_stop fqdn
observed
messages
failures
address_names
at_sockets
multicast_names
connection_outlives
is "$(jq -cr '.flow // empty | select([.source_names, .destination_names | select(.) | .[]] |
	any(endswith(".shop.test")) | not) | .Summary' "$TMP/fqdn.json" | wc -l)" 0 \
	"--fqdn lets nothing else pass"
check "and shows the connection" grep -q '"destination_port":8080' "$TMP/fqdn.json"
