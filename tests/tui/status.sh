#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 60
# The Status view: of a file, of a file with lines that cannot be read, of a capture of its own with
# names, costs and programs, of an agent, of an agent that goes away, and without any source.
. "${0%/*}/lib.sh"

screen_start -s 100x24 --view status --input-file "$SHOP"
screen_shows 'a file: shop.jsonl' 'where the flows come from'
screen_shows '375 of 375 are shown' 'all of it'
MASK='s/[0-9.]* MiB resident/X MiB resident/; s/CPU .*/CPU/; s/[0-9.]* MiB for what/X MiB for what/'
screen_is status-file 'of a file'
screen_end
is "$SCREEN_STATUS" 0 'it ends well'

{ head -n 3 "$SHOP"; echo 'not a flow'; } >"$TMP/torn.jsonl"
screen_start -s 100x24 --view status --input-file "$TMP/torn.jsonl"
screen_shows '1, the first is number 4' 'what cannot be read is told'
screen_shows 'a torn file, or none of flows?' 'and what it may be'
screen_end

{ head -n 3 "$SHOP"; echo '{"node_status":{"state_change":"NODE_UNAVAILABLE","node_names":["node-b"]},"node_name":"relay","time":"2026-11-22T10:58:10Z"}'; } >"$TMP/relay.jsonl"
screen_start -s 100x24 --input-file "$TMP/relay.jsonl"
screen_shows '10:58:10: 1 node is unavailable: node-b' 'a node that was not there is told'
screen_keys 7
screen_shows '10:58:10: 1 node is unavailable: node-b' 'and Status has it'
screen_end

[ "$(id -u)" = 0 ] || { skip 'live' 'needs root'; exit 0; }

# ---------------------------------------------------------------------- kernel
ns_new a
screen_start -s 120x60 --no-agent --view status --no-kubernetes --no-containers --interface lo
screen_shows 'a capture of its own' 'of a capture'
screen_shows ' watching ' 'what is watched is told'
screen_lacks 'Ctrl-C' 'without a key that is not the one of the screen'
screen_wait ' watched by ' 15
screen_shows 'interfaces ' 'interfaces'
screen_shows 'lost              nothing' 'no losses'
screen_shows 'of normal life' 'drops'
# drops are those of the whole machine: at least these, and neither kind taken off the other
in_ns a nft -f - <<'NFT'
table ip t {
	chain o {
		type filter hook output priority 0
		udp dport 9 drop
	}
}
NFT
in_ns a python3 - <<'PYTHON'
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(40):
    try:
        s.sendto(b"x", ("127.0.0.1", 9))
    except PermissionError:
        pass
# what nobody has read when the socket closes is part of normal life
r = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
r.bind(("127.0.0.1", 10))
for _ in range(20):
    s.sendto(b"x", ("127.0.0.1", 10))
r.close()
PYTHON
drops_counted() {
	local lost normal
	read -r lost normal < <(screen | sed -n 's/^ *drops *\([0-9,]*\), and \([0-9,]*\) of normal life$/\1 \2/p' | tr -d ,)
	[ "${lost:-0}" -ge 40 ] && [ "${normal:-0}" -ge 20 ]
}
if wait_for 10 drops_counted; then ok 'drops, and those of normal life beside them'; else
	not_ok 'drops, and those of normal life beside them' "$(screen | grep drops)"
fi
screen_shows 'resident' 'memory'
screen_shows 'of a core, in the last second or two' 'its own cost, now'
screen_shows 'of maps' 'memory in the kernel'
screen_shows 'runs/s' 'each eBPF program, now'
screen_end
is "$SCREEN_STATUS" 0 'it ends well'

# ----------------------------------------------------------------------- agent
bg_in a "$PITOT" agent --config /dev/null --socket "$TMP/agent.sock" --no-kubernetes --no-containers \
	--no-resolve
agent=$BG_PID
wait_for 20 grep -qs '^pitot: ready' "$BG_LOG"
screen_start -s 120x60 --view status --server "unix://$TMP/agent.sock"
screen_shows 'a server: unix://' 'of an agent'
screen_shows ' held, ' 'its flows'
screen_shows 'Cost of the agent' 'its cost'
screen_shows 'of a core, in the last second or two' 'now'
screen_shows 'connections now' 'its traffic'
kill -9 "$agent"
screen_shows 'is the agent running?' 'it goes away: that is told, with the cure'
screen_end
is "$SCREEN_STATUS" 0 'it ends well'

# --------------------------------------------------------------------- nothing
screen_start --view status --server "unix://$TMP/nowhere.sock"
screen_shows 'state' 'an address where nobody is'
screen_end
