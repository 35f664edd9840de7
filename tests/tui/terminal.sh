#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 60
# The terminal: given back as it was after every end, lent to the shell while the program is
# stopped; terminals with few colours or characters, or none at all.
. "${0%/*}/lib.sh"

screen_start --input-file "$SHOP"
screen_wait '375 flows'

# ------------------------------------------------------------------ a good end

modes() { grep -v '^speed' "$1"; }
given_back() { # DESC: the modes, the other screen, mouse and paste as they were
	is "$(modes "$TMP/modes.after")" "$(modes "$TMP/modes.before")" "$1: the terminal's modes are as before"
	is "$(tm display-message -p '#{alternate_on} #{mouse_any_flag} #{cursor_flag} #{keypad_cursor_flag}')" \
		'0 0 1 0' "$1: the screen, the mouse, the cursor and the keypad are given back"
}

screen_keys q
wait_for 5 screen_ended
is "$(cat "$TMP/screen.status")" 0 'q leaves with status 0'
given_back 'after q'
is "$(cat "$TMP/screen.err")" '' 'and says nothing'

for number in TERM INT HUP; do
	screen_start --input-file "$SHOP"
	kill -"$number" "$(screen_pid)"
	wait_for 5 screen_ended
	is "$(cat "$TMP/screen.status")" 0 "SIG$number ends it well"
	given_back "after SIG$number"
done

# ------------------------------------------------------------------ a bad end

for number in SEGV:139 ABRT:134 KILL:137; do
	screen_start --input-file "$SHOP"
	kill -"${number%:*}" "$(screen_pid)"
	wait_for 5 screen_ended
	is "$(cat "$TMP/screen.status")" "${number#*:}" "SIG${number%:*} is seen from outside"
	screen_shows 'type: reset' "after SIG${number%:*} there is a hint" # the child has done its work
	stty_of() { stty -a -F "$(tm display-message -p '#{pane_tty}')"; }
	stty_of >"$TMP/modes.after"
	given_back "after SIG${number%:*}"
done

# ------------------------------------------------------------------ suspended

screen_run 80 24 "env TERM=tmux-256color LC_ALL=C.UTF-8 PS1='shell> ' bash --norc --noprofile -i"
screen_wait 'shell>'
screen_type "'$PITOT' ui --input-file '$SHOP'"
screen_keys Enter
screen_wait '375 flows'
screen_keys C-z
screen_shows 'Stopped' '^Z stops it, and the shell has the terminal'
is "$(tm display-message -p '#{alternate_on} #{mouse_any_flag}')" '0 0' 'while it is stopped the terminal is as before'
screen_keys 'fg' Enter
screen_shows '375 flows' 'fg goes on'
is "$(tm display-message -p '#{alternate_on} #{mouse_any_flag}')" '1 1' 'with the screen and the mouse'
screen_keys 4
screen_shows 'NETFILTER_DROP' 'and takes keys'
screen_keys q

# ------------------------------------------------------------------ other terminals

screen_start -e NO_COLOR=1 --input-file "$SHOP"
screen_wait '375 flows'
check 'NO_COLOR: no colour is sent' eval '! screen -e | grep -qE "\[[0-9;]*(3|4)[0-8]m|38[;:]|48[;:]"'
screen_start -e TERM=xterm -e COLORTERM= --input-file "$SHOP"
screen_wait '375 flows'
check '8 colours: none of 256' eval 'screen -e | grep -qE "\[[0-9;]*44m" && ! screen -e | grep -qE "[34]8[;:][25]"'
screen_start --input-file "$SHOP"
screen_wait '375 flows'
check '256 colours' eval 'screen -e | grep -qE "48[;:]5[;:]24"'
cat >"$TMP/direct.ti" <<'TERMINFO'
pitot-direct|a terminal with direct colour, as ncurses has xterm-direct,
	RGB, colors#0x1000000, pairs#0x7FFF,
	setaf=\E[%?%p1%{8}%<%t3%p1%d%e38\:2\:\:%p1%{65536}%/%d\:%p1%{256}%/%{255}%&%d\:%p1%{255}%&%d%;m,
	setab=\E[%?%p1%{8}%<%t4%p1%d%e48\:2\:\:%p1%{65536}%/%d\:%p1%{256}%/%{255}%&%d\:%p1%{255}%&%d%;m,
	use=xterm-256color,
TERMINFO
tic -x -o "$TMP/terminfo" "$TMP/direct.ti" 2>/dev/null
screen_start -e TERM=pitot-direct -e TERMINFO="$TMP/terminfo" --input-file "$SHOP"
screen_wait '375 flows'
check 'true colour, where terminfo has it' eval 'screen -e | grep -qE "48[;:]2[;:]+0[;:]95[;:]135"'
for terminal in tmux-256color:C vt100:C.UTF-8; do
	screen_start -e TERM="${terminal%:*}" -e LC_ALL="${terminal#*:}" --input-file "$SHOP"
	for n in 1 2 3 4 5 6 7; do
		screen_keys $n
		sleep 0.1
		screen >>"$TMP/ascii"
	done
	check "${terminal%:*}, ${terminal#*:}: nothing but ASCII" eval '[ "$(wc -l <"$TMP/ascii")" -gt 100 ] && ! LC_ALL=C grep -q "[^ -~]" "$TMP/ascii"'
done

# ssh hands on a locale that only the other side has
screen_start -e LC_ALL=xx_YY.UTF-8 --input-file "$SHOP"
screen_keys 2
screen_shows "│" 'a locale that is not installed, but of UTF-8: lines are drawn'

one_line() { # DESC TEXT ENV...
	local out desc=$1 text=$2
	shift 2
	out=$(env "$@" script -qec "'$PITOT' ui --input-file '$SHOP'" /dev/null </dev/null 2>&1)
	is "$(grep -c . <<<"$out")" 1 "$1: one line"
	check "$desc" grep -q -- "$text" <<<"$out"
}
one_line 'TERM=dumb: a line that leads on' 'pitot observe' TERM=dumb
one_line 'a TERM that is not known: a line that leads on' 'xterm-256color' TERM=no-such-terminal
out=$("$PITOT" ui --input-file "$SHOP" </dev/null 2>&1)
is "$?" 1 'without a terminal: it fails'
check 'with a line that leads on' grep -q 'pitot observe' <<<"$out"
