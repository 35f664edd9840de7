#!/bin/bash
# SPDX-License-Identifier: MIT
# `pitot config`: view, get, set, reset; precedence; the file as it is written; bad files.
. "${0%/*}/lib.sh"

export XDG_CONFIG_HOME=$TMP/xdg HOME=$TMP/home
file=$XDG_CONFIG_HOME/pitot/config.yaml
unset PITOT_SERVER PITOT_TLS PITOT_TIMEOUT PITOT_CONFIG

# config WANTED-EXIT DESC ARGS...: output in $TMP/out, what is said in $TMP/said
config() {
	timeout 10 "$PITOT" config "${@:3}" >"$TMP/out" 2>"$TMP/said" </dev/null
	is $? "$1" "$2"
}

config 0 'view without a file' view
is "$(wc -l <"$TMP/out")" 18 'every key is there'
check 'sorted by name' sort -c -t: -k1,1 "$TMP/out"
check 'with its default' grep -qx 'server: unix:///run/pitot/pitot.sock' "$TMP/out"
check 'and where the file would be' grep -qxF "config: $file" "$TMP/out"
is "$(ls -A "$TMP/xdg" 2>/dev/null)" '' 'nothing is written by looking'

config 0 'set' set server tls://relay:4245
is "$(cat "$file")" 'server: tls://relay:4245' 'the file has it, and only that'
is "$(stat -c %a "$file")" 600 'nobody else may read it'
config 0 'set a list' set tls-ca-cert-files a.pem,b.pem
config 0 'set a truth' set tls true
config 0 'get' get server
is "$(cat "$TMP/out")" tls://relay:4245 'gets what was set'
config 0 'get of a list' get tls-ca-cert-files
is "$(paste -sd, "$TMP/out")" a.pem,b.pem 'gets each of it'
config 0 'get of everything' get
is "$(sed -n '/tls-ca-cert-files/,/^tls-client/p' "$TMP/out" | paste -sd'|')" \
	'tls-ca-cert-files:|    - a.pem|    - b.pem|tls-client-cert-file: ""' 'a list in YAML'

is "$(PITOT_SERVER=other:1 "$PITOT" config get server)" other:1 'the environment goes before the file'
is "$(PITOT_TLS=false "$PITOT" config get tls)" false 'also to say no'
is "$("$PITOT" config get timeout)" 5s 'else the default'
is "$(timeout 5 "$PITOT" status --server "unix://$TMP/flag.sock" --tls=false 2>&1)" \
	"pitot: cannot reach unix://$TMP/flag.sock: no such file: is the agent running?" \
	'a flag goes before both'

config 1 'a key that is not known' get nope
is "$(cat "$TMP/said")" 'pitot: unknown key: nope' 'is told as Hubble does'
config 1 'nor to be set' set nope 1
config 1 'a value of the wrong kind' set timeout soon
check 'is quoted' grep -q '"soon" is not a duration' "$TMP/said"
config 1 'nor a truth' set tls maybe
config 2 'no action' get a b
config 2 'none at all'
config 2 'an unknown action' frobnicate

config 0 'reset of one' reset server
is "$("$PITOT" config get server)" unix:///run/pitot/pitot.sock 'the default is back'
is "$("$PITOT" config get tls)" true 'the others stay'
config 0 'set without a value' set tls
is "$("$PITOT" config get tls)" false 'is a reset'
config 0 'reset of all' reset
is "$(wc -c <"$file")" 0 'empties the file'

# ------------------------------------------------------------------ other files

for bad in 'server: [a' 'server: {a: b}' '- server' 'tls: perhaps' $'server: "a\x01b"' 'timeout: 5'; do
	printf '%s\n' "$bad" >"$file"
	config 1 "a bad file: $(printf %q "$bad")" view
	is "$(wc -l <"$TMP/said")" 1 'one line tells'
	check 'which names the file' grep -qF "$file" "$TMP/said"
done
head -c 2000000 /dev/zero | tr '\0' '#' >"$file"
config 1 'a file that is too long' view
check 'is told' grep -q '1 MiB' "$TMP/said"
config 0 'reset mends it' reset
printf 'server: a:1\nwhat: ever\n' >"$file"
config 0 'an unknown key in the file is passed over' get server
is "$(wc -l <"$TMP/said")" 1 'with one line'
check 'that has its name' grep -q 'unknown key "what"' "$TMP/said"
config 1 'but not lost' set tls true
check 'it is named' grep -q '"what"' "$TMP/said"
rm -f "$file"
mkdir -p "$HOME/.pitot"
echo 'server: old:1' >"$HOME/.pitot/config.yaml"
config 0 'the old place' get server
is "$(cat "$TMP/out")" old:1 'is read where the new one is empty'
printf 'server: given:1\n' >"$TMP/given.yaml"
config 0 '--config' get server --config "$TMP/given.yaml"
is "$(cat "$TMP/out")" given:1 'names the file'
config 1 '--config of a file that is not there' get server --config "$TMP/none.yaml"
is "$(PITOT_CONFIG=$TMP/given.yaml "$PITOT" config get server)" given:1 'and so does PITOT_CONFIG'

# The file is replaced as a whole: a full disk or a reader sees the old one or the new one.
echo 'server: keep:1' >"$TMP/given.yaml"
if [ "$(id -u)" = 0 ]; then
	mkdir "$TMP/full" && mount -t tmpfs -o size=4k,nr_inodes=3 tmpfs "$TMP/full" && {
		at_exit umount "$TMP/full"
		echo 'server: keep:1' >"$TMP/full/c.yaml"
		config 1 'a disk that is full' set tls true --config "$TMP/full/c.yaml"
		is "$(cat "$TMP/full/c.yaml")" 'server: keep:1' 'the old file is there still'
		is "$(ls "$TMP/full")" c.yaml 'and nothing beside it'
	}
fi
is "$(find "$TMP" -name '*.new')" '' 'no temporary file is left'
