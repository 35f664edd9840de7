#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 60
# The time that is shown: steps, jumps, playing a recording at a speed, the words of the header;
# every view shows what was so far at that time.
. "${0%/*}/lib.sh"

type_command() { screen_keys : && screen_type "$1" && screen_keys Enter; }
jump() { screen_keys t && screen_type "$1" && screen_keys Enter; }
# How many flows observe has up to a time.
flows_until() { "$PITOT" observe --input-file "$SHOP" --until "$1" -o json | wc -l; }
caption() { screen | sed -n 2p | grep -Eo '[0-9,]+ flows?' | tail -n 1 | tr -dc 0-9; }
shown() { [ "$(caption)" = "$1" ]; }
# Seconds of the day that the header shows.
header_seconds() { screen | sed -n 1p | grep -Eo '[0-9:]+\.[0-9]+' | awk -F: '{print $1 * 3600 + $2 * 60 + $3}'; }

screen_start -s 100x30 --input-file "$SHOP"
screen_shows 'END 10:58:14.583' 'a recording stands at its end'
check 'with all its flows' wait_for 5 shown 375

# ------------------------------------------------------------------ jumps
for at in 10:58:08 10:58:10.5 10:58:13.1; do
	jump "$at"
	screen_shows "PAUSED $at" "t $at: the header"
	check "t $at: as many flows as observe has until then" wait_for 5 shown "$(flows_until "2026-11-22T$(date -u -d "$at" +%T.%N)Z")"
done
jump +1s
screen_shows 'PAUSED 10:58:14.100' '+1s: from the time shown'
jump -3s
screen_shows 'PAUSED 10:58:11.100' '-3s: back from it'
jump 2s
screen_shows 'PAUSED 10:58:12.583' '2s: back from the end'
jump 2026-11-22T10:58:09Z
screen_shows 'PAUSED 10:58:09.000' 'a date'
screen_shows "+$((375 - $(flows_until 2026-11-22T10:58:09Z)))" 'what comes later is counted'
jump 10:00
screen_shows 'PAUSED 10:58:06.941' 'before the begin is the begin'
screen_shows '10:00:00 is not held: 10:58:06 is the oldest' 'and that it is, is told'
check 'one flow' wait_for 5 shown 1
jump 23:00
screen_shows '23:00:00 is not held: 10:58:14 is the newest' 'behind the end, too'
jump 10:58:09
screen_lacks 'is not held' 'nothing of what is held'
jump soon
screen_shows '"soon" is not a time' 'what is no time is told'
type_command 'jump 25:00'
screen_shows '"25:00" is not a time' ':jump, too'
screen_keys Escape

# ------------------------------------------------------------------ steps
screen_keys .
screen_shows 'END 10:58:14.583' '.: the end'
jump 10:58:08.1
before=$(flows_until 2026-11-22T10:58:08.1Z)
check 'before the steps' wait_for 5 shown "$before"
screen_keys '['
check '[: one flow less' wait_for 5 shown $((before - 1))
screen_keys '[' '[' '['
check 'and three' wait_for 5 shown $((before - 4))
screen_keys ']'
check ']: one more' wait_for 5 shown $((before - 3))
screen_keys / && screen_type '--verdict DROPPED' && screen_keys Enter
check 'with a filter: its flows until then' wait_for 5 shown 1
screen_keys ']'
check ']: on to the next one that passes' wait_for 5 shown 2
screen_shows 'PAUSED 10:58:08.207' 'at its time'
screen_keys ']'
screen_shows 'PAUSED 10:58:09.210' 'and the next'
screen_keys / C-u Enter
third=$("$PITOT" observe --input-file "$SHOP" --verdict DROPPED -o csv --columns time | sed -n 4p)
check 'without the filter: all until then' wait_for 5 shown "$(flows_until "$third")"


# what is later is not said to be none
jump 10:58:07
screen_keys / C-u && screen_type 'dst.port == 9090' && screen_keys Enter
screen_shows 'flows up to the time shown passes the filter' 'a filter that only later flows pass'
screen_keys ']'
screen_shows '1 flow of' ']: the first of them'
screen_keys / C-u && screen_type 'bytes > 1TB' && screen_keys Enter ']'
screen_shows 'no later flow passes the filter' ']: where none does'
screen_keys / C-u Enter

# ------------------------------------------------------------------ other views
jump 10:58:08.0
screen_keys 4
screen_shows '198.51.100.53' 'Drops: what was dropped by then'
screen_lacks 'mail.example' 'and not what was later'
screen_keys .
screen_shows 'NO_SOCKET' 'at the end: all of it'
screen_keys 1

# ------------------------------------------------------------------ playing
jump 10:58:07
begin=$(date +%s%N)
screen_keys '>'
screen_shows 'x1 10:58:0' '>: it plays'
plays() { awk -v a="$(header_seconds)" 'BEGIN {exit !(a >= 39489)}'; }
check 'a second takes a second' wait_for 6 plays
took=$((($(date +%s%N) - begin) / 1000000))
check "two seconds took $took ms" test $took -ge 1500 -a $took -le 4000
screen_keys Space
screen_shows 'PAUSED 10:58:' 'Space stops it'
type_command 'speed 0.5'
screen_shows 'x0.5 10:58:' ':speed'
screen_keys '>' '>' '>' '>'
screen_shows 'x8 10:58:' '> doubles'
screen_shows 'END 10:58:14.583' 'it ends at the end'
check 'with all flows' wait_for 5 shown 375
screen_keys Space
screen_shows '10:58:07' 'Space at the end: from the begin'
screen_keys '<'
screen_shows 'x4 10:58:' '< halves'
type_command 'speed 0.125'
screen_shows 'x0.125 10:58:' 'as slow as it gets'
type_command 'speed 0'
screen_shows 'a speed is from' 'a speed that is none is told'
screen_keys Escape
type_command 'pause'
screen_shows 'PAUSED' ':pause'
screen_end
is "$SCREEN_STATUS" 0 'it ends with status 0'

# ------------------------------------------------------------------ gaps, wrong times
# 100 flows, one of next year among them, and the others 52 minutes later
{
	head -n 50 "$SHOP"
	sed -n 51p "$SHOP" | sed 's/2026-11-22T/2027-11-22T/g'
	sed -n 52,100p "$SHOP"
	sed -n '101,$s/T10:58:/T11:50:/gp' "$SHOP"
} >"$TMP/gap.jsonl"
screen_start -s 100x30 --input-file "$TMP/gap.jsonl"
check 'a recording with a gap' wait_for 5 shown 375
screen_keys '>'
screen_shows 'x1 2026-11-22 10:58:0' 'it is played from its begin'
screen_shows 'gap of 52 min skipped' 'nobody waits for the end of a gap'
screen_shows 'x1 2026-11-22 11:50:' 'it goes on behind it'
screen_keys '>' '>' '>'
check 'with all flows' wait_for 5 shown 375
screen_end

# ------------------------------------------------------------------ zones
screen_start -s 100x30 -e TZ=Asia/Kolkata --input-file "$SHOP"
screen_shows 'END 10:58:14.583' 'UTC, wherever one is'
screen_end
screen_start -s 100x30 -e TZ=Asia/Kolkata --input-file "$SHOP" --local-time
screen_shows 'END 16:28:14.583' '--local-time'
screen_shows '16:28:14.583 pay' 'in the rows, too'
jump 16:28:10
screen_shows 'PAUSED 16:28:10' 'and in what is typed'
screen_end
