#!/bin/bash
# SPDX-License-Identifier: MIT
# Every example of the manuals runs: a line ".Dl pitot ..." of an EXAMPLES section, for
# three seconds in a namespace with a little traffic, ends with status 0 and says nothing
# on stderr but that it watches and what it came to.
# timeout: 240
# shellcheck source-path=SCRIPTDIR
. "${0%/*}/lib.sh"

[ "$(id -u)" = 0 ] || skip_all 'needs root'

ns_new man
in_ns man nc -lk 127.0.0.1 7001 >/dev/null 2>&1 &
BG_PIDS+=($!)
wait_for 5 listening man tcp 7001
(while sleep 0.1; do
	in_ns man nc -z 127.0.0.1 7001
	in_ns man bash -c 'echo x >/dev/udp/127.0.0.1/53'
done) >/dev/null 2>&1 &
BG_PIDS+=($!)

# The examples call `pitot`: this one ends as by Ctrl-C after three seconds.
mkdir "$TMP/bin" "$TMP/cwd"
printf '#!/bin/sh\nexec timeout --preserve-status -s INT 3 %q "$@"\n' "$PITOT" >"$TMP/bin/pitot"
chmod 755 "$TMP/bin/pitot"

# The pages about a server have an agent to ask.
in_ns man "$PITOT" agent --config /dev/null --socket "$TMP/agent.sock" --no-kubernetes --no-containers \
	--no-resolve >"$TMP/agent.log" 2>&1 &
BG_PIDS+=($!)
wait_for 20 grep -qs "^pitot: ready" "$TMP/agent.log"
asks_server() { case ${1##*/} in pitot-status.1 | pitot-list.1 | pitot-watch.1 | pitot-config.1) ;; *) false ;; esac }
export HOME=$TMP XDG_CONFIG_HOME=$TMP/xdg

# .Dl lines of EXAMPLES, with mdoc's quotes undone.
examples() {
	awk '/^\.Sh/ { on = /EXAMPLES/ } on && /^\.Dl / { sub(/^\.Dl /, ""); print }' "$1" |
		sed "s/\\\\(aq/'/g; s/\\\\(dq/\"/g; s/\\\\e/\\\\/g; s/\\\\&//g"
}

run_example() { # PAGE NUMBER LINE; one file with what came of it
	local status rest files=$TMP/results/$1.$2
	(cd "$TMP/$1" && PATH=$TMP/bin:$PATH in_ns man bash -o pipefail -c "$3") \
		</dev/null >"$files.out" 2>"$files.errors"
	status=$?
	rest=$(grep -Ev '^pitot: (watching |[0-9]+ events?, |[0-9]+ of [0-9]+ flows passed, )' "$files.errors")
	if [ $status = 0 ] && [ -z "$rest" ]; then
		ok "$1: $3"
	else
		not_ok "$1: $3" "status $status" "$rest"
	fi >"$files.result"
}

# Most of the time is waiting: some at once, but those of a page whose examples read what others wrote.
page_examples() { # PAGE
	local page=${1##*/} n=100 line
	mkdir "$TMP/$page"
	unset PITOT_SERVER
	asks_server "$page" && export PITOT_SERVER=unix://$TMP/agent.sock
	while IFS= read -r line; do
		n=$((n + 1))
		while [ "$(jobs -rp | wc -l)" -ge 9 ]; do sleep 0.1; done # 3 of them the background above
		run_example "$page" $n "$line" &
		runs+=($!)
		[[ $line != *--file* ]] || wait $!
	done < <(examples "$1")
	[ $n -gt 101 ] || not_ok "$page has examples" >"$TMP/results/$page.000.result"
}

mkdir "$TMP/results"
for page in "$ROOT"/man/*.1 "$ROOT"/man/pitot-filter.7; do page_examples "$page"; done
wait "${runs[@]}"
cat "$TMP"/results/*.result
