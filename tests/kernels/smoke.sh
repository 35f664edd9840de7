#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs inside another kernel (run-in-kernel): pitot loads, attaches, sees a TCP
# connection and a drop, ends, leaves nothing behind. Result lines as in system/lib.sh.
set -u
failed=0
watching='^pitot: watching '

result() { # STATUS DESC
	if [ "$1" = 0 ]; then
		echo "ok - $2"
	else
		echo "not ok - $2"
		failed=1
	fi
}

wait_for() { # SECONDS CMD...
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.1
	done
}

seen() { # PATTERN... : a flow line that has them all
	local lines
	lines=$(cat flows)
	for p in "$@"; do lines=$(grep -e "$p" <<<"$lines") || return 1; done
}

there() { nsenter --net=/run/netns/there "$@"; }

ip netns add there
ip link add here0 type veth peer name there0 netns there
ip addr add 10.7.0.1/24 dev here0
ip link set here0 up
there ip addr add 10.7.0.2/24 dev there0
there ip link set there0 up
there nc -l -p 8080 >/dev/null 2>&1 &

{ prog_run flow || prog_run flow_compat; } >packets 2>&1
result $? 'a flow object loads and counts packets made by hand'
{ dns_run flow || dns_run flow_compat; } >dns 2>&1
result $? 'and hands over what DNS packets carry'
pitot features >features
result $? 'pitot features'
pitot observe -o json >flows 2>messages &
pid=$!
wait_for 60 grep -q "$watching" messages
result $? 'observe loads and attaches'

exec 3<>/dev/tcp/10.7.0.2/8080 && echo hello >&3
result $? 'a TCP connection is made'
exec 3>&-
echo hello >/dev/udp/127.0.0.1/9
wait_for 15 seen '"destination_port":8080' '"SYN":true'
result $? 'the connection is seen'
wait_for 15 seen '"event":"drop"' '"destination_port":9[,}]' '__udp4_lib_rcv'
result $? 'the datagram to a closed port is seen dropped, with the function'

kill -INT $pid
wait $pid
result $? 'pitot ends with status 0'
seen '"event":"end"' '"destination_port":8080'
result $? 'the connection has its final counters'
! tc qdisc show | grep -q clsact
result $? 'no clsact qdisc is left'
! tc filter show dev here0 ingress 2>/dev/null | grep -q .
result $? 'no filter is left'

messages_tool >messages.json 2>messages.err &
pid=$!
wait_for 60 grep -q '^ready watching' messages.err
result $? 'DNS messages and control groups are captured'
there nc -l -p 53 >/dev/null 2>&1 &
there ip link set lo up
wait_for 15 there grep -q :0035 /proc/self/net/tcp
# somebody asks on the loopback there: from then on it is heard
nsenter --net=/run/netns/there bash -c 'echo first >/dev/udp/127.0.0.1/53'
sleep 3
nsenter --net=/run/netns/there bash -c 'echo own-question >/dev/tcp/127.0.0.1/53'
echo question >/dev/udp/10.7.0.2/53
mkdir -p /sys/fs/cgroup/smoke/inner
wait_for 15 grep -q "at_read\":false.*$(printf question | od -An -tx1 | tr -d ' ')" messages.json
result $? 'a DNS message on an interface'
wait_for 15 grep -q "at_read\":true.*$(printf own-question | od -An -tx1 | tr -d ' ')" messages.json
result $? "a DNS message in another namespace's loopback"
wait_for 15 grep -q '"path":"/smoke/inner"' messages.json
result $? 'a control group that is made'
kill $pid

[ $failed = 0 ] || { echo "# features"; cat features; echo '# messages'; cat messages
	echo '# flows'; tail -n 5 flows; echo '# packets'; grep -v ' RUN \|  OK ' packets | tail -n 20
	echo '# dns'; grep -v ' RUN \|  OK ' dns | tail -n 20; echo '# messages_tool'; cat messages.err; tail -n 5 messages.json; }
exit $failed
