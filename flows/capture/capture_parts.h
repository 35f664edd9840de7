/* SPDX-License-Identifier: MIT */
/* The capture's inside, shared by its files: what it does, and what it is made of. */
#ifndef PITOT_FLOWS_CAPTURE_PARTS_H
#define PITOT_FLOWS_CAPTURE_PARTS_H

#include "flows/capture/attach.h"
#include "flows/capture/capture.h"
#include "flows/capture/collector.h"
#include "flows/capture/links.h"
#include "flows/capture/objects.h"
#include "flows/capture/sweep.h"

struct capture {
	struct source source; /* first: a struct source * is one of these */
	struct capture_options opt;
	struct objects *objects;
	struct ring_buffer *ring;
	struct kernel_names *names;
	struct links *links;
	struct attach *attach;
	struct collector *collector;
	struct sweep *sweep;
	struct source_events ev;
	uv_timer_t drain_timer, sweep_timer;
	uv_poll_t ring_poll, links_poll;
	unsigned int empty_drains;
	int drained;
	uint64_t udp_changes, walk_ready_ns;
	uint64_t told_lost, walked_lost, walked_ns;
	uint32_t own_netns;
	bool hears_dns; /* at sockets; or tried to */
	bool started, stopped;
};

/* Why the interface is not watched; NULL: it is to be. */
const char *capture_left_out(const struct capture *c, const struct link *l);

#endif
