#!/bin/bash
# SPDX-License-Identifier: MIT
# The command line from outside: what is refused, in how many lines, with which
# status; help and completion; missing rights; a reader that leaves.
# shellcheck source-path=SCRIPTDIR
. "${0%/*}/lib.sh"

# Wrong usage: status 2, nothing on stdout, one line on stderr that has the words.
refused() { # WORDS ARGS...
	local words=$1 status
	shift
	"$PITOT" "$@" >"$TMP/out" 2>"$TMP/line.err"
	status=$?
	if [ $status = 2 ] && [ ! -s "$TMP/out" ] && [ "$(wc -l <"$TMP/line.err")" = 1 ] &&
		grep -q '^pitot: ' "$TMP/line.err" && grep -qF -- "$words" "$TMP/line.err"; then
		ok "refused: pitot $*"
	else
		not_ok "refused: pitot $*" "status $status" "$(cat "$TMP/out" "$TMP/line.err")"
	fi
	rm -f "$TMP/line.err"
}

# Help: status 0, on stdout, nothing on stderr.
helps() { # WORDS ARGS...
	local words=$1 status
	shift
	"$PITOT" "$@" >"$TMP/out" 2>"$TMP/errors"
	status=$?
	if [ $status = 0 ] && [ ! -s "$TMP/errors" ] && grep -qF -- "$words" "$TMP/out"; then
		ok "answers: pitot $*"
	else
		not_ok "answers: pitot $*" "status $status" "$(cat "$TMP/out" "$TMP/errors")"
	fi
}

refused '"obsrve" (did you mean "observe"?)' obsrve
refused '"--follow"' --follow
refused '"--bogus"' observe --bogus
refused 'did you mean "--verdict"' observe --verdct DROPPED
refused '"x"' observe x
refused '(try: --ip 10.231.0.13)' observe 10.231.0.13
refused '"99999" is not a port' observe --port 99999
refused '"10.0.0.0/33"' observe --from-ip 10.0.0.0/33
refused '"foo" is not tcp' observe --protocol foo
refused '"dropd"' observe --verdict dropd
refused '"yesterday" is not a time' observe --since yesterday
refused '"5" is not a duration' observe --for 5
refused '"xml"' observe -o xml
refused 'cannot set both --first and --last' observe --first 1 --last 1
refused 'cannot set both --first and --follow' observe --first 1 -f
refused '"-o table"' observe -o table --follow
refused '"--not" at the end' observe --not
refused '"--not" does not go with "--last"' observe --not --last 3
refused '--from-ip and --ip cannot be combined' observe --ip 10.0.0.1 --from-ip 10.0.0.2
refused '--from-pod and --namespace cannot be combined' observe -n shop --from-pod shop/cart
refused '"app in x" is not a label selector' observe --label 'app in x'
refused '"somewhere" is not an identity' observe --identity somewhere
refused '"0" is not a port' observe --dns-port 0
refused '"no" is not true or false' observe --ip-translation=no
refused '"red"' features --color red
refused '"tcsh"' completion tcsh
refused 'which shell' completion
refused '"nothing"' help nothing

helps 'Commands:'
helps 'Commands:' --help
helps 'Commands:' help
helps '--drop-reason-desc REASON' observe --help
helps '--drop-reason-desc REASON' help observe
helps '--output FORMAT' features -h
helps 'pitot 0.' version
helps 'pitot 0.' --version

# That shell has read what $TMP/out holds.
parses() { # SHELL
	if command -v "$1" >/dev/null; then
		check "the $1 completion is $1" "$1" -n "$TMP/out"
	else
		skip "the $1 completion is $1" "no $1 here"
	fi
}
helps 'complete -F _pitot pitot' completion bash
parses bash
helps '#compdef pitot' completion zsh
parses zsh
helps 'complete -c pitot' completion fish
parses fish

# What bash would offer for the last of the words.
offers() {
	# shellcheck disable=SC2016
	bash -c 'source <("$0" completion bash); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _pitot
		echo "${COMPREPLY[@]}"' "$PITOT" "$@"
}
is "$(offers pitot obs)" observe 'completes a command'
is "$(offers pitot observe --from-p)" '--from-pod --from-port --from-process' 'completes an option'
is "$(offers pitot observe --to-identity kube)" kube-apiserver 'completes an identity'
is "$(offers pitot observe -o js)" 'json jsonpb' 'completes a value'
is "$(offers pitot observe --verdict DR)" DROPPED 'completes a verdict'
is "$(offers pitot observe --verdict = DR)" DROPPED 'completes a value behind ='
is "$(offers pitot observe --interface l)" lo 'completes an interface'
is "$(offers pitot observe --port '')" '' 'offers nothing where nothing can be known'
is "$(offers pitot completion z)" zsh 'completes a shell'
is "$(offers pitot observe --witho)" '' 'hides what is for tests'

# A device's name is no command.
if [ "$(id -u)" = 0 ]; then
	ns_new words
	in_ns words ip link add "\$(echo>bad)" type veth peer name words1
	is "$(cd "$TMP" && ip netns exec "$(ns_name words)" bash -c 'source <("$0" completion bash)
		COMP_WORDS=(pitot observe --interface "") COMP_CWORD=3; _pitot; echo "${COMPREPLY[@]}"' "$PITOT")" \
		'lo words1' 'offers interfaces'
	check 'runs none of them' test ! -e "$TMP/bad"
fi

# ------------------------------------------------------------------ rights

powerless() {
	HOME=/nowhere timeout 20 setpriv --reuid 65534 --clear-groups --inh-caps=-all --bounding-set=-all "$@"
}

if [ "$(id -u)" = 0 ]; then
	cp "$PITOT" "$TMP/pitot" && chmod 755 "$TMP" "$TMP/pitot"
	for command in observe features; do
		powerless "$TMP/pitot" $command >"$TMP/out" 2>"$TMP/errors" </dev/null
		is $? 1 "$command without rights ends with status 1"
		is "$(wc -l <"$TMP/errors")" 1 "$command without rights says one line"
		check "$command names the capabilities" \
			grep -q 'CAP_BPF.*CAP_NET_ADMIN.*CAP_PERFMON' "$TMP/errors"
		is "$(wc -c <"$TMP/out")" 0 "$command without rights prints nothing else"
	done
	cd / || exit 1
	rm -f "$TMP/pitot"
else
	skip_all 'the rest needs root'
fi

# ------------------------------------------------------------- how it ends

ns_new cli
in_ns cli nc -lk 127.0.0.1 7001 >/dev/null 2>&1 &
BG_PIDS+=($!)
wait_for 5 listening cli tcp 7001

# Connects until the file holds as many lines, or 10 s.
traffic_until() { # LINES FILE
	local i
	for ((i = 0; i < 50; i++)); do
		in_ns cli nc -z 127.0.0.1 7001
		[ "$(wc -l <"$2")" -lt "$1" ] || return 0
		sleep 0.2
	done
	return 1
}

totals_ok() { # FILE
	[ "$(grep -c 'events\?, .*flows\? shown, .*connections\?, .*drops\?, ' "$1")" = 1 ]
}

run_in_ns() { # NAME ARGS...
	local name=$1
	shift
	bg_in cli "$PITOT" observe "$@"
	RUN_PID=$BG_PID RUN_OUT=$BG_LOG
	wait_for 20 grep -q '^pitot: watching ' "$RUN_OUT" || not_ok "$name: pitot starts" "$(cat "$RUN_OUT")"
}

ends_well() { # NAME
	wait_for 10 eval "! kill -0 $RUN_PID" || kill -KILL "$RUN_PID"
	wait "$RUN_PID"
	is $? 0 "$1: status 0"
}

for signal in INT TERM HUP; do
	run_in_ns "$signal" --port 7001
	check "$signal: flows are shown as they come" traffic_until 4 "$RUN_OUT"
	kill -$signal "$RUN_PID"
	ends_well "$signal"
	check "$signal: one line of totals" totals_ok "$RUN_OUT"
	check "$signal: the totals come last" totals_ok <(tail -n 1 "$RUN_OUT")
done

run_in_ns first --port 7001 --first 3
traffic_until 6 "$RUN_OUT" &
ends_well first
is "$(grep -cv '^pitot: ' "$RUN_OUT")" 3 'first: so many flows'
wait $!

run_in_ns last --port 7001 --last 2 -o json
for _ in 1 2 3 4; do in_ns cli nc -z 127.0.0.1 7001; done
is "$(grep -cv '^pitot: ' "$RUN_OUT")" 0 'last: nothing before the end'
kill -INT "$RUN_PID"
ends_well last
is "$(grep -cv '^pitot: ' "$RUN_OUT")" 2 'last: so many flows at the end'

run_in_ns for --for 700ms
ends_well for
check 'for: one line of totals' totals_ok "$RUN_OUT"

in_ns cli "$PITOT" observe --until 5s >"$TMP/out" 2>"$TMP/errors"
is $? 0 'until in the past: status 0'
is "$(wc -l <"$TMP/errors")" 1 'until in the past: one line'

# ------------------------------------------------------------------ colours

# Runs pitot for a moment of traffic, on a terminal or not; prints how many lines have colours.
coloured() { # terminal|pipe OPTIONS...
	local where=$1 command
	shift
	printf -v command '%q ' "$PITOT" observe --port 7001 --first 2 "$@"
	[ "$where" = pipe ] || printf -v command 'script -qec %q /dev/null' "$command"
	in_ns cli bash -c "$command" </dev/null >"$TMP/out" 2>"$TMP/errors" &
	wait_for 20 grep -q '^pitot: watching ' "$TMP/out" "$TMP/errors"
	traffic_until 2 "$TMP/out"
	wait $!
	grep -c $'\033\\[32mFORWARDED' "$TMP/out"
}
is "$(coloured pipe)" 0 'no colours in a pipe'
is "$(coloured pipe --color always)" 2 'colours in a pipe when asked for'
is "$(coloured terminal)" 0 'NO_COLOR: none on a terminal'
unset NO_COLOR
is "$(coloured terminal)" 2 'colours on a terminal'
is "$(coloured terminal --color never)" 0 'none on a terminal when not wanted'
is "$(coloured pipe)" 0 'no colours in a pipe, whatever the environment'
export NO_COLOR=1

# A reader that stands still holds up the end; a second Ctrl-C leaves all the same.
mkfifo "$TMP/fifo"
exec 9<>"$TMP/fifo"
nsenter --net="/run/netns/$(ns_name cli)" "$PITOT" observe --port 7001 --last 5000 -o json \
	>"$TMP/fifo" 2>"$TMP/errors" &
SECOND_PID=$!
wait_for 20 grep -q '^pitot: watching ' "$TMP/errors"
for ((i = 0; i < 40; i++)); do in_ns cli nc -z 127.0.0.1 7001; done
sleep 0.5
kill -INT $SECOND_PID
sleep 1
check 'the end is held up' kill -0 $SECOND_PID
kill -INT $SECOND_PID
wait_for 5 eval "! kill -0 $SECOND_PID" || kill -KILL $SECOND_PID
wait $SECOND_PID
is $? 130 'a second Ctrl-C leaves at once'
exec 9>&-

# A pipe whose reader leaves: a quiet network shows no flow that could fail.
started=$(date +%s)
in_ns cli "$PITOT" observe --port 9 2>"$TMP/errors" | true
is "${PIPESTATUS[0]}" 0 'the reader leaves: status 0'
check 'the reader leaves: it is noticed' [ $(($(date +%s) - started)) -lt 15 ]
check 'the reader leaves: no totals' eval "! totals_ok $TMP/errors"

# Standard output that cannot be written, full or not there at all.
for out in '>/dev/full' '>&-'; do
	in_ns cli bash -c "\"\$0\" observe --port 7001 --first 1 $out" "$PITOT" 2>"$TMP/errors" &
	FULL_PID=$!
	wait_for 20 grep -q '^pitot: watching ' "$TMP/errors"
	for _ in 1 2 3; do in_ns cli nc -z 127.0.0.1 7001; done
	wait $FULL_PID
	is $? 1 "observe $out: status 1"
	check "observe $out: one line says so" grep -q '^pitot: cannot write flows: ' "$TMP/errors"
	bash -c "\"\$0\" help $out" "$PITOT" 2>"$TMP/errors"
	is $? 1 "help $out: status 1"
	is "$(grep -c '^pitot: cannot write: ' "$TMP/errors")" 1 "help $out: one line says so"
done
