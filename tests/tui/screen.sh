#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 60
# The screen: every view at two sizes, help, resizing, keys, the mouse, paste, empty states.
. "${0%/*}/lib.sh"

# What a run measures of itself.
MASK='s/^\(   \(memory\|CPU\|views\)  *\).*/\1.../'

# ------------------------------------------------------------------ every view

screen_start --input-file "$SHOP"
screen_wait '375 flows'
n=0
for view in flows map top drops dns processes status; do
	n=$((n + 1))
	screen_keys $n
	screen_is "screen-$view-80x24" "view $n, $view, at 80x24"
done
screen_resize 120 35
n=0
for view in flows map top drops dns processes status; do
	n=$((n + 1))
	screen_keys $n
	screen_is "screen-$view-120x35" "view $n, $view, at 120x35"
done

# ------------------------------------------------------------------ resizing

for size in '250 70' '40 10' '20 5' '8 3' '1 1' '80 24'; do
	# shellcheck disable=SC2086
	screen_resize $size
	for n in 1 2 3 4 5 6 7; do screen_keys $n; done
done
screen_keys 4
screen_is screen-drops-80x24 'after many sizes the screen is what it was at first'
screen_resize 80 2
screen_lacks '? ' 'in two lines there are no keys over the header'
screen_resize 80 24

# ------------------------------------------------------------------ keys

screen_keys Tab
screen_shows 'NAME' 'Tab: the next view'
screen_keys BTab BTab
screen_shows 'connections/s' 'Shift-Tab: the view before'
screen_keys 1 '?'
screen_is screen-help 'the help shows the keys of the view'
screen_keys NPage End
screen_shows 'Commands' 'the help scrolls'
screen_keys q
screen_lacks 'Esc: close' 'q closes the help and does not leave'
screen_keys 1 Enter
screen_shows 'Esc: close' 'Enter opens the details'
screen_keys Escape
screen_lacks 'Esc: close' 'Escape closes them, at once'

# ------------------------------------------------------------------ mouse

screen_click 13 1
screen_shows 'nodes, ' 'a click on a tab shows its view'
screen_click 2 1
screen_shows 'SOURCE' 'and on the first one'
screen_click 3 24
screen_shows 'Esc: close' 'a click on a key of the footer is that key'
screen_wheel_down 10 10
screen_wheel_down 10 10
screen_lacks ' 1-' 'the wheel scrolls'
screen_keys Escape 4
screen_click 30 3
screen_shows 'FUNCTION▴' 'a click on a column sorts by it'
screen_click 30 3
screen_shows 'FUNCTION▾' 'and once more the other way round'
screen_click 30 3
screen_click 5 5
screen_shows ' NO_SOCKET in' 'a click on a row selects it'
screen_double 5 5
screen_shows 'reason' 'a double click opens it'
screen_keys Escape Escape Escape

# ------------------------------------------------------------------ what is typed

screen_keys 1
screen_type $'\e[200~q7\e[201~'
screen_shows 'DESTINATION' 'what is pasted is no command'
screen_keys c
screen_shows '[x]' 'the columns can be chosen'
screen_keys Escape

screen_keys q

# ------------------------------------------------------------------ empty states

: >"$TMP/empty.jsonl"
screen_start --input-file "$TMP/empty.jsonl"
screen_shows 'no flows in this file' 'an empty file says so'
printf '%s\n' '{"flow":' 'x' >"$TMP/wrong.jsonl"
screen_start --input-file "$TMP/wrong.jsonl"
screen_keys j
screen_shows 'no flows in this file' 'a file of something else'
screen_shows 'wrong.jsonl:' 'what could not be read stays to be seen'
screen_start --server unix:///nowhere/pitot.sock
screen_shows 'Not reachable: unix:///nowhere/pitot.sock' 'a server that is not there: the screen opens and says why'
screen_shows '/nowhere/pitot.sock: no such file' 'with the reason as a whole'
if [ "$(id -u)" = 0 ]; then
	chmod 755 "$TMP"
	install -m 755 "$PITOT" "$TMP/pitot"
	screen_shell "env TERM=tmux-256color LC_ALL=C.UTF-8 setpriv --reuid=65534 --regid=65534 --clear-groups '$TMP/pitot' ui --no-agent"
	screen_shows 'no right to load eBPF' 'no rights: the screen says so'
	screen_shows 'sudo pitot' 'and what to do'
else
	skip 'no rights: the screen says so' 'needs root'
fi
screen_start --input-file "$SHOP" --namespace nowhere
screen_shows 'passes the filter' 'a filter that nothing passes says so'
screen_end
is "$SCREEN_STATUS" 0 'and ends well'
