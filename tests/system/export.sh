#!/bin/bash
# SPDX-License-Identifier: MIT
# Exporters with real traffic and real disks: one that fills up, one that is read-only, a
# folder that goes, kill -9 in the middle; what was written is read back by zcat, zstd
# and pitot itself.
# timeout: 120
# shellcheck source-path=SCRIPTDIR
. "${0%/*}/lib.sh"

[ "$(id -u)" = 0 ] || skip_all 'needs root'

ns_new x
ns_new y
veth x vx 10.89.0.1/24 y vy 10.89.0.2/24 || exit 1
bg_in y socat -u UDP-RECV:7000,reuseaddr /dev/null
wait_for 5 listening y udp 7000 || not_ok 'the server listens'

# Flows without end: a new source port for each packet.
# shellcheck disable=SC2016
QUIET=$TMP/quiet in_ns x bash -c 'while :; do
	[ -e "$QUIET" ] || for i in {1..50}; do echo x >/dev/udp/10.89.0.2/7000; done
	sleep 0.3
done' 2>/dev/null &
BG_PIDS+=($!)
flood=$!

disk=$TMP/disk
mkdir "$disk"
mount -t tmpfs -o size=600k pitot-test "$disk" || skip_all 'no tmpfs'
at_exit umount -l "$disk"

lines() { wc -l <"$1" 2>/dev/null || echo 0; }
grows() { # FILE: has more lines than a moment ago
	local before
	before=$(lines "$1")
	wait_for 10 eval "[ \$(wc -l <'$1') -gt $before ]"
}
# Whole lines of JSON, all of them; not while it is written.
whole() { jq -ces 'all(.[]; has("flow") or has("lost_events"))' "$1" >/dev/null; }

# --------------------------------------------------- the agent's, as the file changes

conf=$TMP/exporters.yaml
config() {
	cat >"$conf" <<-END
		exporters:
		- {name: all, file: $TMP/all.json}
		- {name: small, file: $disk/d/small.json, max-size: 100M}
		- {name: pb, file: $TMP/drops.pb, format: pb, allowlist: [{destination_port: ["7000"]}]}
		- name: sums
		  file: $TMP/sums.json
		  aggregate-fields: [source.pod_name, IP.destination, l4.UDP.destination_port]
		  interval: 1s
		$1
	END
}
mkdir "$disk/d"
config ''
start() {
	bg_in x "$PITOT" agent --socket "$TMP/agent.sock" --interface vx --no-kubernetes --no-resolve \
		--history-memory 1M --export-config "$conf"
	agent=$BG_PID log=$BG_LOG
	check "$1" wait_for 20 grep -q '^pitot: ready: ' "$log"
}
start 'the agent is ready'
check 'flows are in the file' wait_for 10 grows "$TMP/all.json"
is "$(stat -c %a "$TMP/all.json")" 640 'its mode'

# ------------------------------------------------------------------- a disk fills up

check 'the full disk is told' wait_for 30 grep -q 'exporter "small": cannot write.*No space left' "$log"
is "$(grep -c 'exporter "small"' "$log")" 1 'once'
check 'the others go on' grows "$TMP/all.json"
check 'no line is torn' whole "$disk/d/small.json"
# What waits has room then; what comes besides would fill the disk in the same moment.
touch "$TMP/quiet"
rm "$disk/d/small.json"
check 'room again: it goes on' wait_for 10 grep -q 'exporter "small": writes .* again' "$log"
check 'in a new file' wait_for 10 [ -s "$disk/d/small.json" ]
rm "$TMP/quiet"

# --------------------------------------------------- a folder goes and comes, read-only

rm -r "$disk/d"
check 'the folder that is gone is told' wait_for 20 grep -q 'exporter "small": .*No such file' "$log"
mkdir "$disk/d"
check 'it goes on when the folder is back' wait_for 20 [ -s "$disk/d/small.json" ]
mkdir "$TMP/ro"
mount --bind "$TMP/ro" "$TMP/ro" && mount -o remount,bind,ro "$TMP/ro" || not_ok 'a read-only mount'
at_exit umount -l "$TMP/ro"
rm -r "$disk/d"
ln -s "$TMP/ro" "$disk/d"
check 'the read-only disk is told' wait_for 20 grep -q 'exporter "small": .*Read-only file system' "$log"
rm "$disk/d"
mkdir "$disk/d"
check 'it goes on when that is over' wait_for 20 [ -s "$disk/d/small.json" ]

# ------------------------------------------------------------------- other exporters

config "- {name: late, file: $TMP/late.json}"
sed -i '/name: small/d' "$conf"
before=$(lines "$TMP/all.json")
check 'the configuration is read again' wait_for 15 grep -q 'is read again' "$log"
check 'what is new writes' wait_for 10 grows "$TMP/late.json"
check 'what was there goes on' [ "$(lines "$TMP/all.json")" -ge "$before" ]
echo '- {name: x}' >>"$conf"
check 'a wrong one is told' wait_for 15 grep -q 'exporters: .*nothing is changed' "$log"
check 'and changes nothing' grows "$TMP/late.json"

# ------------------------------------------------------------------------- kill -9

kill -KILL "$agent"
wait "$agent" 2>/dev/null
# As a crash of the machine leaves it.
truncate -s -7 "$TMP/all.json"
truncate -s -7 "$TMP/drops.pb"
config ''
sed -i '/name: small/d' "$conf"
start 'it starts again'
check 'and writes on' wait_for 10 grows "$TMP/all.json"
sleep 1
kill -TERM "$agent"
check 'the agent ends' wait_for 20 eval "! kill -0 $agent"
check 'every line is whole' whole "$TMP/all.json"
check 'and of the sums' whole "$TMP/sums.json"
# shellcheck disable=SC2016
check 'a sum has all packets of its second' jq -ces 'map(.flow | select(.l4.UDP.destination_port == 7000) | .extensions.value.aggregate.packets // 0) | add > 100' "$TMP/sums.json"
"$PITOT" observe --input-file "$TMP/drops.pb" -o json >"$TMP/read.json" 2>"$TMP/read.err"
is "$?" 0 'every protobuf message is, too'
check 'all of them passed the filter' jq -ces 'length > 100 and all(.[]; .flow.l4.UDP.destination_port == 7000)' "$TMP/read.json"

# --------------------------------------------------------- pitot export, from these

kill "$flood"
export_() { "$PITOT" export --input-file "$@" 2>"$TMP/export.err"; }
n=$(lines "$TMP/all.json")
export_ "$TMP/all.json" --file "$TMP/copy.pb" --max-size 1G
is "$?" 0 'JSON becomes protobuf'
export_ "$TMP/copy.pb" --file "$TMP/copy.json" --max-size 1G
is "$(jq -cS . "$TMP/copy.json" | md5sum)" "$(jq -cS 'select(.flow)' "$TMP/all.json" | md5sum)" 'and back again, the same'
for how in gzip zstd; do
	mkdir "$TMP/$how"
	export_ "$TMP/all.json" --file "$TMP/$how/f.json" --max-size 200K --max-backups 10000 --compress $how
	cat="zcat"
	[ $how = gzip ] || cat='zstd -dcq'
	# shellcheck disable=SC2046
	$cat $(ls "$TMP/$how"/f-*) | cat - "$TMP/$how/f.json" >"$TMP/$how.all"
	check "$how: several files" [ "$(find "$TMP/$how" -name 'f-*' | wc -l)" -gt 1 ]
	is "$(wc -l <"$TMP/$how.all")" "$(wc -l <"$TMP/copy.json")" "$how: no flow is missing"
	check "$how: in the order" cmp "$TMP/$how.all" "$TMP/copy.json"
	one=$(find "$TMP/$how" -name 'f-*' | head -n 1)
	check "$how: pitot reads it as it is" eval "'$PITOT' observe --input-file '$one' --first 3 | grep -q 'UDP'"
done
is "$(export_ "$TMP/copy.json" --first 5 --field-mask time,IP.source | jq -c '.flow | keys' | sort -u)" '["IP","time"]' 'a field mask'
export_ "$TMP/copy.json" --file /dev/full
is "$?" 1 'a disk that is full from the start'
is "$(grep -c 'No space left' "$TMP/export.err")" 1 'is told'
ln -s "$TMP/copy.json" "$TMP/link.json"
export_ "$TMP/copy.json" --file "$TMP/link.json"
is "$?" 1 'a symbolic link is not followed'
printf 'not a flow\n' | "$PITOT" export --input-file - --file "$TMP/none.json" 2>"$TMP/export.err"
is "$?" 3 'unreadable input'
