# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# What every test in tests/system/ begins with:
#
#   . "${0%/*}/lib.sh"
#
# Results are lines that tests/run counts:
#   ok DESC                    not_ok DESC [DETAIL...]         skip DESC REASON
#   is GOT WANT DESC           check DESC CMD...               skip_all REASON (ends the script)
# Network (names are private to this run; all of it goes away with the script):
#   ns_new NAME                a namespace, lo up, IPv6 without DAD and router noise
#   veth NS1 IF1 ADDRS1 NS2 IF2 ADDRS2     a pair, up; ADDRS: "10.0.0.1/24,fd00::1/64" or -
#   in_ns NAME CMD...          runs CMD there ("host": where the script runs)
#   bg_in NAME CMD...          the same in the background; pid in $BG_PID, output in $BG_LOG
#   stop_bg [PID]              ends it (TERM) and waits
#   listening NAME tcp|udp PORT            is a socket bound there?
#   at_exit CMD...             runs CMD when the script ends, last given first
# pitot:
#   pitot_start [--ns NAME] [--name WORD] ARGS...   observe -o json, until it watches
#   pitot_stop [WORD]          INT, waits; its exit status 0 is a test
#   flows JQ-EXPR              JQ-EXPR on each flow ($TMP/flows.json, "flow" object)
#   flow_count JQ-CONDITION    how many flows meet it
#   wait_for SECONDS CMD...    until CMD succeeds; fails when the time is over
#   have_grpc_js               npm's gRPC client, NODE_PATH leads to it; else the reason is in $no_node
# A start with --name WORD writes $TMP/WORD.json and .err in place of flows.json, flows.err.

set -u
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BUILD=${BUILD:-build}
PITOT=${PITOT:-$ROOT/$BUILD/pitot}
TMP=$(mktemp -d "${TMPDIR:-/tmp}/pitot-test.XXXXXX")
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL=C NO_COLOR=1
FAILED=0
BG_PIDS=() NAMESPACES=() AT_EXIT=()
declare -A PITOT_PIDS=()
BG_PID='' BG_LOG=''

# ------------------------------------------------------------------ results

ok() { echo "ok - $1"; }

not_ok() {
	FAILED=$((FAILED + 1))
	echo "not ok - $1"
	shift
	[ $# = 0 ] || printf '%s\n' "$@" | sed 's/^/#   /'
}

skip() { echo "ok - $1 # SKIP $2"; }

skip_all() {
	skip "$(basename "$0" .sh)" "$1"
	exit 0
}

is() {
	if [ "$1" = "$2" ]; then ok "$3"; else not_ok "$3" "got    $1" "wanted $2"; fi
}

check() {
	local desc=$1 out
	shift
	if out=$("$@" 2>&1); then ok "$desc"; else not_ok "$desc" "failed: $*" "$out"; fi
}

# Fetched once for a build; the version is one that the tests have been written with.
have_grpc_js() {
	local npm=$ROOT/build/npm

	no_node=''
	export NODE_PATH=$npm/node_modules
	if ! command -v npm >/dev/null; then
		no_node='no npm here'
	elif [ ! -d "$NODE_PATH/@grpc/grpc-js" ] &&
		! timeout 40 npm install --no-audit --no-fund --silent --fetch-retries 1 --fetch-timeout 15000 \
			--prefix "$npm" @grpc/grpc-js@1.14.7 >"$TMP/npm.log" 2>&1; then
		no_node="npm install did not work: $(grep -v '^npm warn' "$TMP/npm.log" | head -n1)"
	fi
	[ -z "$no_node" ]
}

# ------------------------------------------------------------------ cleaning

at_exit() {
	local cmd
	printf -v cmd '%q ' "$@"
	AT_EXIT+=("$cmd")
}

# TERM, and KILL for what is still there two seconds later.
end_processes() {
	local i
	[ $# != 0 ] || return 0
	kill "$@" 2>/dev/null
	for ((i = 0; i < 40; i++)); do
		kill -0 "$@" 2>/dev/null || return 0
		sleep 0.05
	done
	kill -KILL "$@" 2>/dev/null
}

clean_up() {
	local status=$? i ns
	trap - EXIT INT TERM HUP
	for ((i = ${#AT_EXIT[@]} - 1; i >= 0; i--)); do eval "${AT_EXIT[i]}" >/dev/null 2>&1; done
	end_processes "${PITOT_PIDS[@]}" "${BG_PIDS[@]}"
	for ns in "${NAMESPACES[@]}"; do
		# what a test left running there, a server's forked worker say
		# shellcheck disable=SC2046
		end_processes $(ip netns pids "$ns" 2>/dev/null)
		ip netns del "$ns" 2>/dev/null
	done
	if [ "$status" != 0 ] || [ "$FAILED" != 0 ]; then
		for i in "$TMP"/*.err; do [ ! -s "$i" ] || sed "s|^|# ${i##*/}: |" "$i" | tail -40; done
	fi
	rm -rf "$TMP"
	[ "$FAILED" = 0 ] || status=1
	exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# ------------------------------------------------------------------- network

ns_name() { echo "pitot-$$-$1"; }

ns_new() {
	local ns conf
	ns=$(ns_name "$1")
	ip netns add "$ns" || return
	NAMESPACES+=("$ns")
	for conf in all default; do
		in_ns "$1" sysctl -qw "net.ipv6.conf.$conf.accept_dad=0" \
			"net.ipv6.conf.$conf.accept_ra=0" \
			"net.ipv6.conf.$conf.router_solicitations=0" 2>/dev/null
	done
	in_ns "$1" ip link set lo up
}

in_ns() {
	local ns=$1
	shift
	if [ "$ns" = host ]; then "$@"; else nsenter --net="/run/netns/$(ns_name "$ns")" "$@"; fi
}

# Gives the interface its addresses and takes it up.
if_up() {
	local ns=$1 dev=$2 addr
	for addr in ${3//,/ }; do
		[ "$addr" = - ] && continue
		case $addr in
		*:*) in_ns "$ns" ip addr add "$addr" dev "$dev" nodad ;;
		*) in_ns "$ns" ip addr add "$addr" dev "$dev" ;;
		esac || return
	done
	in_ns "$ns" ip link set "$dev" up
}

# Packets pass as soon as this is so: the kernel has taken note of the peer.
carrier() {
	in_ns "$1" ip -o link show dev "$2" up | grep -q 'state UP' &&
		! in_ns "$1" ip -6 -o addr show dev "$2" tentative | grep -q .
}

veth() {
	in_ns "$1" ip link add "$2" type veth peer name "$5" netns "$(ns_name "$4")" || return
	if_up "$1" "$2" "$3" && if_up "$4" "$5" "$6" || return
	wait_for 5 carrier "$1" "$2" && wait_for 5 carrier "$4" "$5"
}

bg_in() {
	local ns=$1
	shift
	BG_LOG=$TMP/bg.${#BG_PIDS[@]}.log
	# no function and no subshell in between: $! has to be the command itself
	if [ "$ns" = host ]; then
		"$@" </dev/null >"$BG_LOG" 2>&1 &
	else
		nsenter --net="/run/netns/$(ns_name "$ns")" "$@" </dev/null >"$BG_LOG" 2>&1 &
	fi
	BG_PID=$!
	BG_PIDS+=("$BG_PID")
}

stop_bg() {
	local pid=${1:-$BG_PID}
	end_processes "$pid"
	wait "$pid" 2>/dev/null
	return 0
}

listening() {
	in_ns "$1" ss -Hln "--$2" "sport = :$3" | grep -q .
}

wait_for() {
	local end=$(($(date +%s%N) + $1 * 1000000000))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s%N)" -lt "$end" ] || return 1
		sleep 0.05
	done
}

# --------------------------------------------------------------------- pitot

pitot_watches() {
	grep -q '^pitot: watching ' "$1" || ! kill -0 "$2"
}

pitot_start() {
	local ns=host word=flows pid
	while :; do
		case ${1-} in
		--ns) ns=$2 ;;
		--name) word=$2 ;;
		*) break ;;
		esac
		shift 2
	done
	: >"$TMP/$word.err" # of a run before
	if [ "$ns" = host ]; then
		"$PITOT" observe -o json "$@" </dev/null >"$TMP/$word.json" 2>"$TMP/$word.err" &
	else
		nsenter --net="/run/netns/$(ns_name "$ns")" "$PITOT" observe -o json "$@" \
			</dev/null >"$TMP/$word.json" 2>"$TMP/$word.err" &
	fi
	pid=$!
	PITOT_PIDS[$word]=$pid
	wait_for 30 pitot_watches "$TMP/$word.err" "$pid"
	grep -q '^pitot: watching ' "$TMP/$word.err" && return 0
	not_ok "pitot observe $* starts"
	return 1
}

pitot_stop() {
	local word=${1:-flows} pid status
	pid=${PITOT_PIDS[$word]}
	unset "PITOT_PIDS[$word]"
	kill -INT "$pid" 2>/dev/null
	wait_for 20 eval "! kill -0 $pid" || kill -KILL "$pid"
	wait "$pid"
	status=$?
	is "$status" 0 "pitot ends with status 0"
}

flows() {
	jq -cr ".flow // empty | $1" "$TMP/flows.json"
}

flow_count() {
	jq -c ".flow // empty | select($1) | 1" "$TMP/flows.json" | wc -l
}
