# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# What every test in tests/tui/ begins with:
#
#   . "${0%/*}/lib.sh"
#
# All of tests/system/lib.sh (ok, is, check, wait_for, ns_new, ...), and a screen: `pitot ui`
# in a tmux of its own that nobody is attached to.
#   screen_start [-s WIDTHxHEIGHT] [-e VAR=VALUE]... ARGS...    pitot ui ARGS, until it has drawn
#                              (80x24, TERM=tmux-256color, LC_ALL=C.UTF-8, TZ=UTC)
#   screen_shell COMMAND       the same for any command line, does not wait
#   screen_keys KEY...         tmux's names: Enter Escape Up PPage Tab BTab C-c F1 a /
#   screen_type TEXT           as it is, byte by byte
#   screen_click X Y           mouse: columns and rows count from 1; also screen_double,
#                              screen_wheel_up, screen_wheel_down, screen_move
#   screen_resize WIDTH HEIGHT
#   screen                     what is seen now, blanks at line ends cut; screen -e: with colours
#   screen_has TEXT            is it seen now? (a fixed string)
#   screen_wait TEXT [SECONDS] until it is seen; fails when the time (5 s) is over
#   screen_shows TEXT DESC     a test: it is seen within 5 s
#   screen_lacks TEXT DESC     a test: it goes within 5 s
#   screen_is NAME DESC        a test: the screen becomes expected/NAME.txt within 5 s. $MASK, if
#                              set, is a sed script for what differs from run to run.
#                              With UPDATE=1 the file is written: look at it before it is committed
#   screen_end                 q, until the program has ended; its exit status is in $SCREEN_STATUS
#   screen_pid                 of the pitot that runs

# shellcheck source=../system/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../system/lib.sh"

unset NO_COLOR
export TZ=UTC
SHOP=$ROOT/tests/data/ui/shop.jsonl
EXPECTED=$ROOT/tests/tui/expected
SCREEN_STATUS=''
SCREENS=0
# no filters of the person who runs the tests
export XDG_STATE_HOME=$TMP/state XDG_CONFIG_HOME=$TMP/config
[ -x "$PITOT" ] || { not_ok "there is a program: $PITOT"; exit 1; }
command -v tmux >/dev/null || skip_all 'no tmux here'

cat >"$TMP/tmux.conf" <<'CONF'
set -g status off
set -sg escape-time 0
set -g default-terminal tmux-256color
set -g history-limit 0
set -g remain-on-exit on
CONF

# LC_ALL: tmux itself has to take characters for what they are
tm() { LC_ALL=C.UTF-8 tmux -S "$TMP/tmux.$SCREENS" -f "$TMP/tmux.conf" "$@"; }
at_exit tm kill-server

screen_run() { # WIDTH HEIGHT COMMAND
	tm kill-server 2>/dev/null
	SCREENS=$((SCREENS + 1)) # a server that ends and one that begins get in each other's way
	rm -f "$TMP/screen.status"
	tm new-session -d -x "$1" -y "$2" "$3"
}

screen_shell() {
	screen_run 80 24 "$1"
}

screen_drawn() { screen | grep -q '1 F\| 1 ' || [ -e "$TMP/screen.status" ]; }

screen_start() {
	local size=80x24 env=(TERM=tmux-256color LC_ALL=C.UTF-8) cmd
	while :; do
		case ${1-} in
		-s) size=$2 ;;
		-e) env+=("$2") ;;
		*) break ;;
		esac
		shift 2
	done
	printf -v cmd '%q ' env "${env[@]}" "$PITOT" ui "$@"
	screen_run "${size%x*}" "${size#*x}" \
		"stty -a >'$TMP/modes.before'; $cmd 2>'$TMP/screen.err'; echo \$? >'$TMP/status.new'; stty -a >'$TMP/modes.after'; mv '$TMP/status.new' '$TMP/screen.status'; exec sleep 60"
	wait_for 10 screen_drawn || not_ok "pitot ui $* draws a screen" "$(screen)"
}

screen_keys() { tm send-keys "$@"; }
screen_type() { tm send-keys -l -- "$1"; }
screen_mouse() { tm send-keys -l -- $'\e'"[<$1;$2;$3$4"; }
screen_click() { screen_mouse 0 "$1" "$2" M && screen_mouse 0 "$1" "$2" m; }
screen_double() { screen_click "$1" "$2" && screen_click "$1" "$2"; }
screen_wheel_up() { screen_mouse 64 "$1" "$2" M; }
screen_wheel_down() { screen_mouse 65 "$1" "$2" M; }
screen_move() { screen_mouse 35 "$1" "$2" M; }
screen_resize() { tm resize-window -x "$1" -y "$2"; }
# shellcheck disable=SC2120
screen() { tm capture-pane -p "$@" | sed 's/ *$//'; }
screen_has() { screen | grep -qF -- "$1"; }
screen_wait() { wait_for "${2:-5}" screen_has "$1"; }

screen_shows() {
	if screen_wait "$1"; then ok "$2"; else not_ok "$2" "not seen: $1" "$(screen)"; fi
}

screen_lacks() {
	if wait_for 5 eval '! screen_has "$1"'; then ok "$2"; else not_ok "$2" "still seen: $1" "$(screen)"; fi
}

screen_equals() { # FILE; leaves what is seen in $TMP/seen
	screen | sed "${MASK-}" >"$TMP/seen"
	cmp -s "$TMP/seen" "$1"
}

screen_settled() {
	local before
	before=$(screen)
	sleep 0.2
	[ "$before" = "$(screen)" ]
}

screen_is() {
	local file=$EXPECTED/$1.txt
	if [ -n "${UPDATE-}" ]; then
		wait_for 5 screen_settled
		screen | sed "${MASK-}" >"$file"
		ok "$2 (written)"
	elif wait_for 5 screen_equals "$file"; then
		ok "$2"
	else
		not_ok "$2" "$(diff "$file" "$TMP/seen")"
	fi
}

screen_pid() { pgrep --parent "$(tm display-message -p "#{pane_pid}")" -f -- "^$PITOT ui"; }

screen_ended() { [ -e "$TMP/screen.status" ]; }

screen_end() {
	screen_keys C-c
	wait_for 3 screen_ended || screen_keys C-c
	if wait_for 10 screen_ended; then SCREEN_STATUS=$(cat "$TMP/screen.status"); else SCREEN_STATUS=none; fi
}
