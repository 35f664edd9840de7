/* SPDX-License-Identifier: MIT */
/* Bytes into a file by a thread of their own: a disk that does not answer keeps nobody waiting. */
#ifndef PITOT_CLI_UI_WRITER_H
#define PITOT_CLI_UI_WRITER_H

#include <stddef.h>
#include <stdint.h>

struct ui_writer;

struct ui_writer_state {
	uint64_t bytes; /* written */
	int err; /* of the write that failed: nothing is written after it */
};

/* Takes fd over on success. At most max_bytes wait. 0 or -errno. */
int ui_writer_new(int fd, size_t max_bytes, struct ui_writer **ret);

/* All of it or nothing, copied, at once: 0, -ENOBUFS (no room), -ENOMEM, or the state's err. */
int ui_writer_put(struct ui_writer *w, const void *bytes, size_t n);

void ui_writer_state(struct ui_writer *w, struct ui_writer_state *ret);

/*
 * Waits until all is written, for wait_ms at most; frees. 0 or -errno; -ETIMEDOUT: the thread is
 * left alone with what it has, and frees itself when the disk answers.
 */
int ui_writer_close(struct ui_writer *w, unsigned int wait_ms);

#endif
