#!/bin/bash
# SPDX-License-Identifier: MIT
# The walk-throughs of pitot-troubleshooting(7), done as they are written there: what each
# section says is broken is broken here, its commands are typed where it says, what they
# print has every line that it shows, and after the last one the symptom is gone.
# timeout: 120
# shellcheck source-path=SCRIPTDIR
. "${0%/*}/lib.sh"
# shellcheck source=tools/topology.sh
. "${0%/*}/tools/topology.sh"

[ "$(id -u)" = 0 ] || skip_all 'needs root'
PAGE=$ROOT/man/pitot-troubleshooting.7
ELSEWHERE=/run/pitot-elsewhere.sock

three_namespaces
ns_new d
veth d d0 10.8.3.1/24 r d1 10.8.3.254/24
in_ns d ip route add default via 10.8.3.254

# What the page calls them, and files of their own in /etc.
declare -A PLACES=([cart]=c [node]=r [db]=s [far]=d)
for ns in c r s d; do mkdir -p "$TMP/$ns/nginx"; done
echo 'nameserver 10.8.2.2' >"$TMP/c/resolv.conf"
mkdir "$TMP/bin" "$TMP/home"
ln -s "$PITOT" "$TMP/bin/pitot"
chmod 711 "$TMP" # for who is not root

# place_of PROMPT COMMAND-LINE: into $AT what runs it there; a prompt with $ is not root's
place_of() {
	local ns=${PLACES[${1%[#$]}]} as=()

	[[ $1 != *\$ ]] || as=(setpriv --reuid=65534 --clear-groups)
	# shellcheck disable=SC2016
	AT=(nsenter --net="/run/netns/$(ns_name "$ns")" env HOME="$TMP/home" PATH="$TMP/bin:$PATH"
		unshare -m bash -c '
			[ ! -e "$0/resolv.conf" ] || mount --bind "$0/resolv.conf" /etc/resolv.conf
			mount --bind "$0/nginx" /etc/nginx
			exec "${@:2}" bash -c "$1"' "$TMP/$ns" "$2" "${as[@]}")
}

at() {
	place_of "$@"
	"${AT[@]}" </dev/null
}

# ------------------------------------------------------------------- the page

# steps SECTION: "CMD<tab>PLACE<tab>COMMAND" and "OUT<tab>LINE", mdoc's quotes undone
steps() {
	awk -v section="$1" '
		/^\.S[sh] / { on = ($0 == ".Ss " section) }
		!on { next }
		/^\.Dl / {
			sub(/^\.Dl /, "")
			place = $1
			line = substr($0, length($1) + 2)
			print "CMD\t" place "\t" line
		}
		/^\.Bd / { shown = 1; next }
		/^\.Ed/ { shown = 0 }
		shown { print "OUT\t" $0 }
	' "$PAGE" | sed "s/\\\\(aq/'/g; s/\\\\(dq/\"/g; s/\\\\e/\\\\/g; s/\\\\&//g"
}

# "..." is anything, blanks are blanks
pattern() {
	sed -E 's/^ +//; s/\.\.\./\x01/g; s/[][\\.*^$+?(){}|]/\\&/g; s/\x01/.*/g; s/ +/ +/g' <<<"$1"
}

# Every line that the page shows is in what was printed.
all_shown() {
	local line

	[ -s "$TMP/out" ] || return 1
	for line in "${SHOWN[@]}"; do
		grep -Eq -- "$(pattern "$line")" "$TMP/out" || return 1
	done
}

missing() {
	local line

	for line in "${SHOWN[@]}"; do
		grep -Eq -- "$(pattern "$line")" "$TMP/out" || echo "not printed: $line"
	done
}

# ------------------------------------------------------------------ a command

# What the person who complains does, while pitot watches.
try_again() { # PID of pitot
	place_of "$SYMPTOM_PLACE" "$SYMPTOM"
	while kill -0 "$1"; do
		"${AT[@]}" </dev/null || sleep 0.1
		sleep 0.1
	done >/dev/null 2>&1
}

watched() { grep -Eq '^pitot: watching ' "$TMP/out" || ! kill -0 "$1"; }

run_pitot() { # PLACE COMMAND
	local pid trying

	place_of "$1" "exec $2"
	: >"$TMP/out"
	"${AT[@]}" </dev/null >>"$TMP/out" 2>&1 & # no function in between: $! is pitot itself
	pid=$!
	BG_PIDS+=("$pid")
	wait_for 20 watched $pid
	try_again $pid &
	trying=$!
	case $2 in
	*' --for '*) wait_for 15 eval "! kill -0 $pid" ;;
	*) wait_for 12 all_shown ;;
	esac
	kill -INT $pid 2>/dev/null
	wait_for 10 eval "! kill -0 $pid" || kill -KILL $pid
	end_processes $trying
	wait $pid $trying 2>/dev/null
}

run_step() { # SECTION PLACE COMMAND; what the page shows of it is in $SHOWN
	local name="$1: $2 $3" status

	if [[ $3 == pitot\ * ]]; then
		run_pitot "$2" "$3"
		status=0
	else
		at "$2" "$3" >"$TMP/out" 2>&1
		status=$?
	fi
	if [ ${#SHOWN[@]} != 0 ] && ! all_shown; then
		not_ok "$name" "$(missing)" "$(head -n 30 "$TMP/out")"
	elif [ ${#SHOWN[@]} = 0 ] && [ $status != 0 ]; then
		not_ok "$name" "status $status" "$(head -n 30 "$TMP/out")"
	else
		ok "$name"
	fi
}

# walk SECTION: its first command is the symptom, unless that is pitot's own
walk() {
	local kind place command pending_place='' pending='' n=0

	SYMPTOM='curl -sS -m 2 http://10.8.2.2:8080/' SYMPTOM_PLACE='cart#' SHOWN=() SYMPTOM_SHOWN=()
	while IFS=$'\t' read -r kind place command; do
		if [ "$kind" = OUT ]; then
			SHOWN+=("$place")
			continue
		fi
		[ -z "$pending" ] || run_step "$1" "$pending_place" "$pending"
		[ $n != 1 ] || SYMPTOM_SHOWN=("${SHOWN[@]}")
		n=$((n + 1))
		pending=$command pending_place=$place SHOWN=()
		[ $n != 1 ] || [[ $command == pitot\ * ]] || SYMPTOM=$command SYMPTOM_PLACE=$place
	done < <(steps "$1")
	[ -z "$pending" ] || run_step "$1" "$pending_place" "$pending"
	[ $n -gt 2 ] || not_ok "$1 has commands"
}

# The symptom's command ends well, soon, and shows nothing of what it showed.
is_cured() {
	local begin status

	begin=$(date +%s%N)
	at "$SYMPTOM_PLACE" "$SYMPTOM" >"$TMP/out" 2>&1
	status=$?
	[ $status = 0 ] && [ $((($(date +%s%N) - begin) / 1000000)) -lt 1900 ] || return 1
	SHOWN=("${SYMPTOM_SHOWN[@]}")
	[ "$1" = 'DNS slow' ] || ! all_shown
}

cured() { # SECTION
	if wait_for 5 is_cured "$1"; then
		ok "$1: cured"
	else
		not_ok "$1: cured" "$(head -n 20 "$TMP/out")"
	fi
}

# ------------------------------------------------------------ what is broken

nginx_conf() { # NS LISTEN [HTTP...]
	cat >"$TMP/$1/nginx/nginx.conf" <<-CONF
		user root; worker_processes 1; pid $TMP/$1/nginx.pid; error_log /dev/null;
		events {}
		http {
		access_log off;
		client_body_temp_path $TMP/$1/body; proxy_temp_path $TMP/$1/proxy;
		fastcgi_temp_path $TMP/$1/f; uwsgi_temp_path $TMP/$1/u; scgi_temp_path $TMP/$1/s;
		${3-}
		server { listen $2; listen 8081; location / { ${4-return 200 fine;} } ${5-} }
		}
	CONF
}

break_timeouts() {
	nginx_conf s 8080
	at 'db#' nginx
	wait_for 5 listening s tcp 8080
	in_ns r nft -f - <<-RULES
		table inet fw {
			chain forward {
				type filter hook forward priority 0
				tcp dport 8080 counter drop
			}
		}
	RULES
}

break_refused() {
	in_ns r nft flush ruleset
	nginx_conf s 127.0.0.1:8080
	at 'db#' 'nginx -s stop && sleep 0.3 && nginx'
	wait_for 5 eval "in_ns s ss -Hlnt | grep -q 127.0.0.1:8080"
}

break_one_node() {
	ns_new e
	veth s s9 10.8.9.1/24 e e0 10.8.9.2/24
	in_ns s sysctl -qw net.ipv4.conf.s0.rp_filter=1
	in_ns s ip route add 10.8.3.0/24 dev s9
}

break_dns() {
	in_ns s ip addr add 10.8.2.66/24 dev s0
	bg_in s socat -u UDP-RECV:53,bind=10.8.2.66 /dev/null
	bg_in s dnsmasq -k -u root --no-resolv --no-hosts --bind-interfaces --listen-address=10.8.2.2 \
		--pid-file="$TMP/dnsmasq.pid" --address=/db.shop.example/10.8.2.2 --conf-file=/dev/null
	wait_for 5 eval "in_ns s ss -Hlnu | grep -q 10.8.2.2:53"
	printf 'nameserver 10.8.2.66\nnameserver 10.8.2.2\n' >"$TMP/c/resolv.conf"
}

break_proxy() {
	bg_in s "$PYTHON" -c '
import socket, struct
s = socket.create_server(("10.8.2.2", 8082))
while True:
    c, _ = s.accept()
    c.recv(4096)
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    c.close()'
	wait_for 5 listening s tcp 8082
	nginx_conf d 80 "upstream app {
		server 10.8.2.2:8081 max_fails=0;
		server 10.8.2.2:8082 max_fails=0;
		}" 'proxy_pass http://app; proxy_next_upstream off; error_page 502 504 =503 /busy;' \
		'location /busy { return 503; }'
	at 'far#' nginx
	wait_for 5 listening d tcp 80
}

break_list() {
	at_exit rm -f $ELSEWHERE
	in_ns r env HOME="$TMP/home" "$TMP/bin/pitot" agent --config /dev/null --socket $ELSEWHERE --no-kubernetes \
		--no-containers --no-resolve </dev/null >"$TMP/agent.log" 2>&1 &
	BG_PIDS+=($!)
	wait_for 20 grep -qs '^pitot: ready' "$TMP/agent.log"
}

break_timeouts
walk 'Timeouts between two pods'
cured 'Timeouts between two pods'
break_refused
walk 'Connection refused'
cured 'Connection refused'
break_one_node
walk 'Works from one node only'
cured 'Works from one node only'
break_dns
walk 'DNS slow'
cured 'DNS slow'
break_proxy
walk '503 now and then'
cured '503 now and then'
break_list
walk 'Nothing in the list'

# No walk-through of the page is left out here.
is "$(sed -n '/^\.Sh WALK/,/^\.Sh SEE/s/^\.Ss //p' "$PAGE" | sort | tr '\n' '|')" \
	"$(sed -n "s/^walk '\(.*\)'\$/\1/p" "$0" | sort | tr '\n' '|')" 'every walk-through is walked'
