/* SPDX-License-Identifier: MIT */
/* Where flows go: a screen, a file, a stream. */
#ifndef PITOT_FLOWS_SINK_H
#define PITOT_FLOWS_SINK_H

#include "flows/flow.h"

struct sink {
	/*
	 * One flow. It is the caller's: copy (flow_copy) what has to live longer.
	 * 0, or -errno: the caller stops (-EPIPE: the reader has gone).
	 */
	int (*flow)(struct sink *s, const struct flow *f);
	/* End of a batch: write out what is buffered. May be NULL. 0 or -errno. */
	int (*flush)(struct sink *s);
	/* Writes out and frees. 0 or -errno of what could not be written. */
	int (*close)(struct sink *s);
};

#endif
