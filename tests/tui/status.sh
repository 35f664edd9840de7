#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 60
# The Status view: of a file, of a file with lines that cannot be read, of a capture of its own with
# names, costs and programs, of an agent, of an agent that goes away, and without any source.
. "${0%/*}/lib.sh"

screen_start -s 100x24 --view status --input-file "$SHOP"
screen_shows 'a file: shop.jsonl' 'where the flows come from'
screen_shows '375 of 375 are shown' 'all of it'
MASK='s/[0-9.]* MiB resident/X MiB resident/; s/CPU .*/CPU/'
screen_is status-file 'of a file'
screen_end
is "$SCREEN_STATUS" 0 'it ends well'

{ head -n 3 "$SHOP"; echo 'not a flow'; } >"$TMP/torn.jsonl"
screen_start -s 100x24 --view status --input-file "$TMP/torn.jsonl"
screen_shows '1, the first is number 4' 'what cannot be read is told'
screen_shows 'a torn file, or none of flows' 'and what it may be'
screen_end

[ "$(id -u)" = 0 ] || { skip 'live' 'needs root'; exit 0; }

# ---------------------------------------------------------------------- kernel
ns_new a
screen_start -s 120x60 --no-agent --view status --no-kubernetes --no-containers --interface lo
screen_shows 'a capture of its own' 'of a capture'
screen_wait ' watched by ' 15
screen_shows 'interfaces ' 'interfaces'
screen_shows 'lost              nothing' 'no losses'
screen_shows 'of normal life' 'drops'
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
