/* SPDX-License-Identifier: MIT */
/* Walks the kernel's maps in batches: ends what went idle, tells drops that go on. */
#ifndef PITOT_FLOWS_SWEEP_H
#define PITOT_FLOWS_SWEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "flows/capture/collector.h"

struct sweep;

struct sweep_options {
	int conn4_fd, conn6_fd;
	int drops_fd;		/* -1: none */
	uint32_t hz;
	uint32_t max4, max6;	/* entries at most */
	uint32_t idle_ms;	/* not TCP, TCP without an answer or half closed */
	uint32_t tcp_idle_ms;	/* established TCP */
	struct collector *collector; /* borrowed */
};

int sweep_new(const struct sweep_options *opt, struct sweep **ret); /* 0 or -ENOMEM */
void sweep_free(struct sweep *s);				    /* takes NULL */

/*
 * One walk. jiffies: the kernel's now. made: connections that the kernel has made so
 * far, read before: as long as there are none and none is made, nothing is walked.
 * everything: all connections end (the capture does), whatever their state. 0 or -errno.
 */
int sweep_run(struct sweep *s, uint32_t jiffies, uint64_t made, bool everything);

/* Entries in the connection maps at the last walk, NAT twins left out. */
uint64_t sweep_active(const struct sweep *s);

#endif
