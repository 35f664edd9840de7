/* SPDX-License-Identifier: MIT */
/* Where flows come from: the live kernel, a server, a file. */
#ifndef PITOT_FLOWS_SOURCE_H
#define PITOT_FLOWS_SOURCE_H

#include <uv.h>

#include "flows/flow.h"

struct source;

/* Events that were lost on the way: Hubble's LostEvent. */
struct lost_events {
	uint64_t time_ns; /* wall clock */
	const char *
		source; /* Hubble's LostEventSource, "PERF_EVENT_RING_BUFFER", "HUBBLE_RING_BUFFER" */
	uint64_t count;
	int cpu; /* < 0: not known */
	uint64_t first_ns, last_ns; /* wall clock; 0: not known */
	const char *node_name; /* who lost them; NULL: this node */
};

/* Hubble's relay.NodeState. Names: node_state_name(). */
enum node_state { NODE_UNKNOWN, NODE_CONNECTED, NODE_UNAVAILABLE, NODE_GONE, NODE_ERROR };

/* What a relay says of the nodes behind it. Texts are untrusted. */
struct node_status {
	uint64_t time_ns; /* 0: not known */
	enum node_state state;
	const char *const *nodes;
	size_t n_nodes;
	const char *message; /* "": none */
	const char *node_name; /* who says it: the relay */
};

/* Bytes of an application's message, as the capture has them. */
struct l7_payload {
	const uint8_t *data;	/* valid during the call */
	size_t size;
	bool cut;		/* the packet had more */
	bool at_read;		/* seen when a process read it, not on an interface */
	uint32_t tcp_seq;	/* of the first byte; TCP only */
};

/* A source's other end that is not there, and is tried again. */
struct source_away {
	const char *why; /* untrusted; "": it went in good order. Valid during the call */
	uint64_t next_ms; /* until the next attempt */
	bool was_there; /* before */
};

/* What a source hands over; all are called on the loop's thread. */
struct source_events {
	void *arg;
	/* The flow is the source's: whoever is called may add names to it, and copies what has to last. */
	void (*flow)(void *arg, struct flow *f);
	/*
	 * A packet with a DNS message. *f is the flow event that it could become: all
	 * but `l7` is filled in, event is FLOW_L7. May be NULL: nobody asked.
	 */
	void (*message)(void *arg, struct flow *f, const struct l7_payload *payload);
	/* A control group was made: its id and its path below the hierarchy's root. May be NULL. */
	void (*cgroup)(void *arg, uint64_t id, const char *path);
	void (*batch_end)(void *arg);		/* after a run of flows; may be NULL */
	void (*lost)(void *arg, const struct lost_events *l); /* at most once a second and cause; may be NULL */
	void (*node_status)(void *arg, const struct node_status *s); /* may be NULL */
	void (*notice)(void *arg, const char *line); /* one line for a person, e.g. a feature that is missing */
	/* After each attempt that failed; NULL: it is there (again). May be NULL. */
	void (*away)(void *arg, const struct source_away *away);
	/* Of a file: so many could not be read so far; what: "line", "message". Before the notice(). May be NULL. */
	void (*unread)(void *arg, uint64_t n, const char *what);
	void (*end)(void *arg, int err);	/* no more flows: 0, or -errno */
};

struct source {
	/* Begins to deliver on loop. 0 or -errno. */
	int (*start)(struct source *s, uv_loop_t *loop, const struct source_events *ev);
	/*
	 * Delivers what is still there (final counters of every connection) and closes
	 * every handle on the loop. No delivery after it returns.
	 */
	void (*stop)(struct source *s);
	void (*stats)(struct source *s, struct capture_stats *ret_stats);
	void (*free)(struct source *s); /* after stop(); takes the loop's handles being closed for granted */
};

#endif
