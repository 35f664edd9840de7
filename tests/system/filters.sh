#!/bin/bash
# SPDX-License-Identifier: MIT
# Filters with real traffic: beside each other run one pitot without a filter and one for
# each filter. What a filter shows has to be what jq selects from the whole, to the line;
# the kernel's pre-filter must not take away more, nor anything from the counters.
# shellcheck source-path=SCRIPTDIR
. "${0%/*}/lib.sh"

[ "$(id -u)" = 0 ] || skip_all 'needs root'

ns_new a
ns_new b
veth a va 10.9.0.1/24,fd09::1/64 b vb 10.9.0.2/24,fd09::2/64 || exit 1
for address in 10.9.0.2 fd09::2; do
	bg_in b python3 -m http.server --bind $address 8080
	bg_in b socat -u "UDP-RECVFROM:5300,bind=[$address],fork,reuseaddr" /dev/null
done
bg_in b socat -u UDP4-RECVFROM:5300,bind=10.9.0.2,fork,reuseaddr /dev/null
wait_for 10 eval "in_ns b ss -Hltn sport = :8080 | grep -c . | grep -qx 2" ||
	not_ok 'the servers listen'

# A name for b's address, and one that is not there.
bg_in b dnsmasq --keep-in-foreground --no-resolv --no-hosts --bind-interfaces --port=53 \
	--listen-address=10.9.0.2 --host-record=web.pitot.test,10.9.0.2 --local=/pitot.test/ \
	--pid-file="$TMP/dnsmasq.pid"
wait_for 10 listening b udp 53

# A service's address, which no packet on the wire bears.
nat=
if in_ns a nft -f - <<-END 2>"$TMP/nft.log"
	table ip test {
		chain out { type nat hook output priority -100; ip daddr 10.9.0.99 tcp dport 80 dnat to 10.9.0.2:8080; }
	}
END
then nat=1; fi

# NAME, the options by commas, what jq selects. Flows are .flow, extensions $x.
filters=(
	"ip4|--ip=10.9.0.2|.IP.source == \"10.9.0.2\" or .IP.destination == \"10.9.0.2\""
	"cidr6|--ip=fd09::/16|[.IP.source, .IP.destination] | any(startswith(\"fd09:\"))"
	"fromip|--from-ip=10.9.0.1|.IP.source == \"10.9.0.1\""
	"toip|--to-ip=10.9.0.1,--to-ip=fd09::1|.IP.destination | . == \"10.9.0.1\" or . == \"fd09::1\""
	"port|--port=8080|.l4.TCP | .source_port == 8080 or .destination_port == 8080"
	"toport|--to-port=8080,--to-port=5300|(.l4.TCP // .l4.UDP).destination_port | . == 8080 or . == 5300"
	"ipport|--ip=10.9.0.2,--port=8080|(.IP.source == \"10.9.0.2\" and .l4.TCP.source_port == 8080) or (.IP.destination == \"10.9.0.2\" and .l4.TCP.destination_port == 8080)"
	"udp|--protocol=udp|.l4.UDP"
	"icmp|--protocol=icmp|.l4.ICMPv4 or .l4.ICMPv6"
	"number|--protocol=6|.l4.TCP"
	"six|-6|.IP.ipVersion == \"IPv6\""
	"flags|--tcp-flags=SYN,ACK|.l4.TCP.flags | .SYN and .ACK"
	"dropped|--verdict=DROPPED|.verdict == \"DROPPED\""
	"reason|--drop-reason-desc=no_sock*|\$x.drop.reason == \"NO_SOCKET\""
	"ends|--event=end|\$x.event == \"end\""
	"not|--not,--port=8080|.l4.TCP | (.source_port == 8080 or .destination_port == 8080) | not"
	"notdrop|--not,--verdict=DROPPED,--protocol=tcp|.l4.TCP and .verdict != \"DROPPED\""
	"nothing|--port=9|false"
	"nat|--ip=10.9.0.99|\$x.nat | tostring | contains(\"10.9.0.99:80\")"
	"natport|--port=80|\$x.nat.original.destination // \"\" | endswith(\":80\")"
	"curl|--event=end,--process=curl|\$x.event == \"end\" and ([\$x.source_process.comm, \$x.destination_process.comm] | any(. == \"curl\"))"
	"protodns|--protocol=dns|.l7.dns"
	"typel7|--type=l7|.event_type.type == 129"
	"trace|--type=trace,--event=new|\$x.event == \"new\""
	"fqdn|--fqdn=*.Pitot.test.|[.source_names[]?, .destination_names[]?] | any(endswith(\".pitot.test\"))"
	"notfqdn|--not,--to-fqdn=web.*|[.destination_names[]?] | any(startswith(\"web.\")) | not"
	"ns|--event=end,-n=host|\$x.event == \"end\" and ([.source.namespace, .destination.namespace] | any(. == \"host\"))"
	"pod|--event=end,--from-pod=host/cur|\$x.event == \"end\" and .source.namespace == \"host\" and (.source.pod_name | startswith(\"cur\"))"
	"nspod|--event=end,--pod=curl,--namespace=host|\$x.event == \"end\" and ([.source.pod_name, .destination.pod_name] | any(. == \"curl\"))"
	"workload|--event=end,--workload=Process/curl|\$x.event == \"end\" and ([.source.workloads[0]?.name, .destination.workloads[0]?.name] | any(. == \"curl\"))"
	"identity|--event=new,--from-identity=host|\$x.event == \"new\" and .source.identity == 1"
	"label|--event=new,--to-label=reserved:world|\$x.event == \"new\" and ([.destination.labels[]?] | any(. == \"reserved:world\"))"
	"python|--event=end,--to-process=*/python3*|\$x.event == \"end\" and (\$x.destination_process.executable // \"\" | test(\"/python3\"))"
)

# What makes a flow the same one to two observers: no times, no ids, no deltas. Left out
# is what has its own time (reports, a drop that goes on), what is not of this test (drops
# are those of the whole machine), ICMP errors that are nobody's, since the filter left out
# whom they are about, and counters of a connection that goes on: two observers see the
# directions run into each other.
# shellcheck disable=SC2016
jq_lines='def ours: [.IP.source, .IP.destination] | all(. != null and test("^(10.9.0|fd09:)"));
	.flow // empty | .extensions.value as $x |
	select(ours and $x.event != "report" and ($x.drop.packets == $x.drop.delta_packets) and
		(.l4.ICMPv4.type == 3 and $x.event != "icmp_error" | not)) |
	select((CONDITION) and (NORMAL or ($x.drop.normal | not))) |
	[$x.event, .verdict, .IP, .l4, .l7.type, .l7.dns, .Summary, $x.icmp_id, $x.drop.reason, $x.drop.function,
		if $x.event == "end" then $x.forward.packets, $x.reply.packets else 0 end] | tostring'

lines() { # FILE CONDITION [NORMAL]
	local program=${jq_lines/CONDITION/$2}
	jq -r "${program/NORMAL/${3:-false}}" "$1" | sort
}

one_mix() {
	in_ns a dig +tries=1 @10.9.0.2 web.pitot.test A +short >/dev/null
	in_ns a dig +tries=1 @10.9.0.2 nothing.pitot.test A +short >/dev/null
	in_ns a curl -s -o /dev/null http://10.9.0.2:8080/
	in_ns a curl -s -o /dev/null 'http://[fd09::2]:8080/'
	in_ns a curl -s -o /dev/null http://10.9.0.2:8081/
	in_ns a bash -c 'echo x >/dev/udp/10.9.0.2/5300; echo x >/dev/udp/10.9.0.2/5301'
	[ -z "$nat" ] || in_ns a curl -s -o /dev/null http://10.9.0.99/
	in_ns a ping -qc 2 -i 0.2 10.9.0.2 >/dev/null
	in_ns a ping -qc 1 fd09::2 >/dev/null
}

if [ -z "$nat" ]; then
	skip 'filters by addresses before NAT' "nft: $(head -n 1 "$TMP/nft.log")"
	for i in "${!filters[@]}"; do [[ ${filters[i]} != nat* ]] || unset "filters[i]"; done
fi

names=(all)
pitot_start --ns a --name all --all-drops
for row in "${filters[@]}"; do
	IFS='|' read -r name options _ <<<"$row"
	IFS=',' read -ra words <<<"$options"
	[ "$name" != flags ] || words=("$options") # its comma is its own
	names+=("$name")
	pitot_start --ns a --name "$name" "${words[@]}"
done
one_mix
one_mix
sleep 1
for name in "${names[@]}"; do pitot_stop "$name"; done

check 'there is enough to tell apart' [ "$(lines "$TMP/all.json" true | sort -u | wc -l)" -gt 40 ]
for row in "${filters[@]}"; do
	IFS='|' read -r name options condition <<<"$row"
	normal=false
	[ "$name" != reason ] || normal=true # naming a reason finds normal life, too
	lines "$TMP/all.json" "$condition" $normal >"$TMP/want"
	lines "$TMP/$name.json" true true >"$TMP/got"
	if cmp -s "$TMP/want" "$TMP/got" && { [ -s "$TMP/want" ] || [ "$name" = nothing ]; }; then
		ok "${options//,/ }: $(wc -l <"$TMP/got") flows"
	else
		not_ok "${options//,/ }" "$(wc -l <"$TMP/want") wanted, $(wc -l <"$TMP/got") shown" \
			"$(diff "$TMP/want" "$TMP/got" | head -6)"
	fi
done
check 'no losses' eval "! grep -h ' shown, ' $TMP/*.err | grep -qv 'no losses'"
