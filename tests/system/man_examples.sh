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

run_example() { # COMMAND-LINE
	cd "$TMP/cwd" && PATH=$TMP/bin:$PATH in_ns man bash -o pipefail -c "$1" \
		</dev/null >"$TMP/out" 2>"$TMP/errors"
}

for page in "$ROOT"/man/*.1 "$ROOT"/man/pitot-filter.7; do
	seen=0
	unset PITOT_SERVER
	asks_server "$page" && export PITOT_SERVER=unix://$TMP/agent.sock
	while IFS= read -r line; do
		seen=$((seen + 1))
		run_example "$line"
		status=$?
		rest=$(grep -Ev '^pitot: (watching |[0-9]+ events?, |[0-9]+ of [0-9]+ flows passed, )' "$TMP/errors")
		if [ $status = 0 ] && [ -z "$rest" ]; then
			ok "${page##*/}: $line"
		else
			not_ok "${page##*/}: $line" "status $status" "$rest"
		fi
	done < <(examples "$page")
	check "${page##*/} has examples" [ $seen -gt 1 ]
done
