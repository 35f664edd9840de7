# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# wait_quiet: until under a fifth of the machine is busy; BENCH_WAIT (seconds,
# default 120) is all that a script waits.

waits=$((${BENCH_WAIT:-120} * 2)) # half seconds left

wait_quiet() {
	local u n s i w q busy all u2 n2 s2 i2 w2 q2
	while ((waits-- > 0)); do
		read -r _ u n s i w _ q _ </proc/stat
		sleep 0.5
		read -r _ u2 n2 s2 i2 w2 _ q2 _ </proc/stat
		busy=$((u2 + n2 + s2 + q2 - u - n - s - q)) all=$((busy + i2 + w2 - i - w))
		[ $((busy * 5)) -gt "$all" ] || return 0
	done
}
