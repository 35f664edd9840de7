/* SPDX-License-Identifier: MIT */
/*
 * Who takes the most: sums and rates of flows by connection, endpoint, pair, namespace,
 * executable, container and unit, all at once. Bounded: what has no room is put together in
 * "others", which is counted and shown. Drops of normal life are no drops here.
 */
#ifndef PITOT_FLOWS_TOP_H
#define PITOT_FLOWS_TOP_H

#include "flows/flow.h"
#include "flows/text.h"

enum top_dimension {
	TOP_CONNECTIONS,
	TOP_ENDPOINTS, /* by the name that is shown; of several DNS names the first */
	TOP_PAIRS, /* two endpoints, whoever of them began */
	TOP_NAMESPACES, /* without one: "world", "host", .. */
	TOP_EXECUTABLES, /* of ends whose process is known */
	TOP_CONTAINERS, /* and pods whose container is not known */
	TOP_UNITS,
	TOP_DIMENSIONS,
};

/* What rows are ordered by. */
enum top_metric {
	TOP_BYTES, /* of flows without counters: events */
	TOP_PACKETS, /* likewise */
	TOP_BEGUN, /* connections begun, or seen for the first time */
	TOP_DROPS,
	TOP_RETRANSMITS,
	TOP_RTT, /* 99th percentile */
	TOP_LATENCY, /* of applications' answers, 99th percentile */
	TOP_METRICS,
};

struct top_options {
	size_t max_rows[TOP_DIMENSIONS]; /* 0: top.c's own */
	uint64_t report_interval_ns; /* of the source; 0: 5 s */
};

/* Amounts: of a window a second's mean, else all there was. */
struct top_amounts {
	double bytes_out, bytes_in; /* of the row's own end; of two ends: from the first and back */
	double packets, events, begun, drops, retransmits;
};

/*
 * Nanoseconds, 0: none known. Of a window: of the last one to two minutes. A connection
 * has its last value in both.
 */
struct top_times {
	uint64_t p50_ns, p99_ns;
};

#define TOP_PORTS 3
#define TOP_PIDS 4

/* Texts are escaped and the snapshot's own, "" where there is none. */
struct top_row {
	uint64_t key; /* tells the row from others of its dimension, in one process; never 0 */
	bool others; /* what had no room; its name is "others" */
	bool ended; /* a connection that is over */
	bool both; /* a pair of which either end began connections */
	const char *name; /* "shop/cart", "/usr/bin/curl" */
	const char *peer; /* connections and pairs: the responder; else "" */
	const char *process, *peer_process; /* connections: names of executables */
	const char *unqualified; /* executables: process name; containers: image; else "" */
	uint8_t protocol; /* connections: IP protocol; 0: none */
	/* Pairs: the responder's ports, most used first, 0 ends. Connections: client's, server's. */
	uint16_t ports[TOP_PORTS];
	uint8_t port_protocols[TOP_PORTS];
	bool more_ports;
	bool is_name; /* a namespace that is one; executables: a path */
	uint32_t uid; /* processes: the lowest */
	bool has_uid, more_uids;
	uint32_t pids[TOP_PIDS]; /* processes: the lowest; 0 ends */
	uint32_t n_pids; /* different ones */
	bool more_pids; /* and more that were not counted */
	uint32_t peers; /* executables, containers, units: of the connections held */
	bool more_peers; /* others were there: their connections are no more held */
	uint64_t flows; /* events */
	struct top_amounts total, window; /* window: see struct top_query */
	struct top_times rtt, latency;
	uint64_t first_ns, last_ns;
	double value; /* of the query's metric in its window */
};

struct top_query {
	enum top_dimension dimension;
	enum top_metric metric;
	unsigned int seconds; /* 1 to 60: before now_ns; 0: everything, window is then the total */
	uint64_t now_ns;
	bool peers; /* count them: it costs a walk over the connections */
};

struct top_snapshot {
	struct top_row *rows; /* the largest value first, then by bytes and name; "others" last */
	size_t n;
	struct top_row all; /* every flow once */
	uint64_t flows, uncounted; /* uncounted: flows without counters (Hubble's) */
	uint64_t without; /* flows that no row of this dimension has: no process known, .. */
	uint64_t put_together; /* rows that went into others */
	unsigned int
		behind_s; /* rates of bytes and packets are so old: reports come no more often */
	struct text texts; /* its own */
};

struct top;

/* opt NULL: all defaults. 0 or -ENOMEM. */
int top_new(const struct top_options *opt, struct top **ret);
void top_free(struct top *t); /* takes NULL */
void top_reset(struct top *t);
void top_add(struct top *t, const struct flow *f);

/* Bytes held, for whoever shows memory. */
size_t top_bytes(const struct top *t);

/* 0 or -ENOMEM. ret: zeroed, or of a snapshot before, whose memory is used again. */
int top_snapshot(struct top *t, const struct top_query *q, struct top_snapshot *ret);
void top_snapshot_free(struct top_snapshot *s); /* takes a zeroed one */

/*
 * The last n (at most 60) full seconds of a row, oldest first: bytes, packets, begun, drops or
 * retransmits (events where there are no counters); of times bytes. key 0: of all flows.
 * False: the row is no more, ret is zeroed.
 */
bool top_series(const struct top *t, const struct top_query *q, uint64_t key, unsigned int n,
		float *ret);

/*
 * An expression (flows/where.h) that exactly the flows of a row pass. False: the row is in
 * "others" now, nothing is appended.
 */
bool top_expression(const struct top *t, enum top_dimension d, uint64_t key, struct text *ret);

/* Of one end of a connection or pair (0: the first, the client): all flows of that endpoint. */
bool top_end_expression(const struct top *t, enum top_dimension d, uint64_t key, int side,
			struct text *ret);

/* Whom an executable, a container or a unit talks to, from the connections held. */
struct top_talk {
	const char *peer; /* name of the other end */
	const char *peer_process; /* name of its executable; "" not known */
	uint16_t port; /* the responder's */
	uint8_t protocol;
	bool calls; /* it began; else it was called */
	uint64_t connections, open;
	struct top_amounts total;
	uint64_t rtt_ns; /* the largest of the connections' last ones */
	uint64_t last_ns;
};

struct top_talks {
	struct top_talk *v; /* the most bytes first, then events and name */
	size_t n;
	uint64_t gone; /* connections that are no more held */
	struct text texts;
};

/* 0, -ENOENT: no such row, or -ENOMEM. ret: zeroed. */
int top_talks(const struct top *t, enum top_dimension d, uint64_t key, struct top_talks *ret);
void top_talks_free(struct top_talks *k);

const char *top_dimension_name(enum top_dimension d); /* "connections", "processes" */
const char *top_metric_name(enum top_metric m); /* "bytes", "latency" */

#endif
