/* SPDX-License-Identifier: MIT */
/* What ends a run: a signal, a time, a reader of stdout that has gone. */
#ifndef PITOT_CLI_ENDING_H
#define PITOT_CLI_ENDING_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct ending {
	uv_signal_t signals[3];
	uv_timer_t timer, reader_timer;
	bool reader_gone;
};

/*
 * From here on SIGINT, SIGTERM and SIGHUP, the end of after_ms (0: never) and a
 * reader that has gone stop the loop.
 */
void ending_start(struct ending *e, uv_loop_t *loop, uint64_t after_ms);

/*
 * Closes the handles. The run may still take its time to finish: a further
 * signal, unless it comes on the heels of the first, ends the process at once.
 */
void ending_stop(struct ending *e);

#endif
