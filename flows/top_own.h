/* SPDX-License-Identifier: MIT */
/* For flows/top*.c only: what the sums are made of. */
#ifndef PITOT_FLOWS_TOP_OWN_H
#define PITOT_FLOWS_TOP_OWN_H

#include "flows/aggregate_quantile.h"
#include "flows/table.h"
#include "flows/top.h"

#define NS_PER_SEC 1000000000ull
#define NS_PER_US 1000ull
#define LANE_SECONDS 80 /* a minute is looked at, and reports come late */

/* Four quantities in buckets of a second. */
typedef float lane_values __attribute__((vector_size(16)));
enum main_lane { LANE_OUT, LANE_IN, LANE_PACKETS, LANE_EVENTS };
enum rare_lane { LANE_BEGUN, LANE_DROPS, LANE_RETRANSMITS };

struct lanes {
	uint64_t newest; /* second of the newest bucket; 0: none */
	lane_values v[LANE_SECONDS];
};

/* Those of somebody who was there for a few seconds only: most connections. */
#define FEW_SECONDS 4
struct few_lanes {
	unsigned int n;
	uint64_t second[FEW_SECONDS];
	lane_values v[FEW_SECONDS];
};

/* Quantities that take the room that they need. */
struct course {
	struct lanes *lanes; /* NULL: the few do */
	struct few_lanes few;
};

struct window;

/* How an amount is spread over the seconds in which it came: shares of the first, the last, one between. */
struct spread {
	uint64_t first, last;
	float at_first, between, at_last;
};

void spread_make(struct spread *s, uint64_t from_ns, uint64_t to_ns);
/* at_last: what came in the last of the seconds. Both return the bytes taken; without memory it is left out. */
size_t course_add(struct course *c, const struct spread *s, lane_values amount,
		  lane_values at_last);
size_t course_merge(struct course *to, const struct course *from);
/* False: the seconds do not fit, nothing was added. */
bool window_add(struct window *w, const struct spread *s, lane_values amount, lane_values at_last);
/* swapped: what was out is in. */
size_t course_add_window(struct course *c, const struct window *w, bool swapped);
/* Sum of the `seconds` full seconds before second `now`. */
lane_values course_sum(const struct course *c, uint64_t now, unsigned int seconds);
lane_values course_at(const struct course *c, uint64_t second);
void course_swap(struct course *c); /* what was out is in */
/* What came later has not come, the clock went back. */
void course_forget_after(struct course *c, uint64_t second);
size_t course_bytes(const struct course *c);
void course_free(struct course *c);

/* Durations: of the minute that is, of the one before, of those before that. */
struct times {
	struct quantiles older, recent[2];
	uint64_t minute;
};

/* Each returns the bytes that it took more. */
size_t times_add(struct times *t, uint64_t time_ns, const uint16_t *cells, size_t n, bool grow);
size_t times_merge(struct times *to, const struct times *from, bool grow);
size_t times_bytes(const struct times *t);
void times_free(struct times *t);
void times_forget_after(struct times *t, uint64_t now_ns);
/* now_ns 0: of all. */
void times_read(const struct times *t, uint64_t now_ns, struct top_times *ret);

/* What kind of thing a group's name is: each has an expression of its own. */
enum group_kind {
	KIND_PLAIN, /* endpoints, pairs, connections with a number */
	KIND_TUPLE, /* connections without */
	KIND_NAMESPACE,
	KIND_IDENTITY,
	KIND_NO_IDENTITY,
	KIND_EXE,
	KIND_COMM,
	KIND_CONTAINER_ID,
	KIND_POD, /* namespace NUL pod NUL container */
	KIND_UNIT, /* namespace NUL unit */
};

enum group_flags {
	GROUP_LIST = 1, /* endpoints: it was the first of several names */
	GROUP_SERVICE = 2, /* namespaces: an end without one has a Service there */
};

/* A group that may have gone: it has while serial is not its own any more. */
struct group_ref {
	struct group *group;
	uint64_t serial;
};

struct tuple_end {
	struct ip_addr addr;
	uint16_t port;
	bool has_addr;
};

/* The rest of a connection's group. */
struct connection_part {
	uint64_t id; /* 0: none, the tuple is the key */
	struct tuple_end end[2]; /* client, server */
	struct group_ref endpoint[2], owner[2][2]; /* owner: executable, container or unit */
	uint8_t protocol, ip_version;
	uint16_t ethertype;
	bool ended;
	uint64_t rtt_ns, latency_ns; /* the last ones */
	struct seen *seen; /* whose row this is; NULL: nobody's */
};

#define PORTS_KEPT 8
struct pair_part {
	struct group_ref endpoint[2]; /* first, second */
	uint64_t first_hash; /* of the first one's name */
	uint64_t since_ns; /* of the flow that told who is first */
	bool sure; /* who is first is known from a connection's direction */
	bool from[2]; /* the first one began connections; the second */
	bool more_ports;
	uint16_t ports[PORTS_KEPT];
	uint8_t protocols[PORTS_KEPT];
	uint32_t uses[PORTS_KEPT];
};

#define PIDS_KEPT 24
struct process_part {
	uint32_t uid; /* the lowest */
	uint32_t n_pids, pids[PIDS_KEPT]; /* in order */
	bool has_uid, more_uids, more_pids;
	uint64_t connections_gone; /* those that have no row */
	char about[160]; /* comm; what a container is called */
};

#define KEY_INSIDE 72
struct group {
	struct table_node node; /* hash of the key */
	uint64_t serial; /* 0: free */
	uint64_t busy; /* number of the flow that it is looked up for */
	uint8_t dimension, kind, flags;
	char *key; /* inside or of its own; with a NUL behind it */
	size_t n_key;
	char inside[KEY_INSIDE];
	uint64_t flows;
	double out, in; /* bytes */
	uint64_t packets, begun, drops, retransmits;
	uint64_t first_ns, last_ns;
	struct course course;
	struct course *rare; /* NULL: none as yet */
	struct times *rtt, *latency; /* likewise; connections have their last values instead */
	union {
		struct connection_part connection;
		struct pair_part pair;
		struct process_part process;
	};
};

/* The groups that an end belongs to; .group NULL: to none. */
struct end_groups {
	struct group_ref endpoint, space, exe, place;
};

/* What an end's names were when it was looked up last; holds references. */
struct known_end {
	uint64_t number; /* of this look-up: unique, and new where one of the groups is */
	uint64_t checked; /* top.gone when all groups were seen to be there */
	uint64_t asked; /* number of the flow that asked for it last */
	struct end_groups groups;
	struct endpoint *endpoint;
	struct service *service;
	struct name_list *dns, *reverse;
	struct process *process;
	struct ip_addr addr;
	uint32_t identity;
	bool used, numbered; /* numbered: the address is its name */
};

/* A connection that was seen, so that it is counted once. Two fill a cache line. */
struct seen {
	uint64_t hash; /* 0: free */
	uint64_t last_ns;
	union {
		struct group *row; /* of TOP_CONNECTIONS: spares looking for it */
		float waits; /* worth of its events that have no row */
	};
	uint32_t retransmits;
	uint16_t counted; /* bits: dimension * 2 + side */
	bool has_row;
	bool told; /* its processes know that it has none */
};

/* Eight seconds in a row; the first five are before the first amount: reports are of seconds that were. */
#define WINDOW_SECONDS 8
#define WINDOW_BACK 5
struct window {
	uint64_t first; /* second */
	uint8_t used; /* bits: of the seconds behind it */
	lane_values v[WINDOW_SECONDS];
};

/* What a flow adds to each of its groups. */
struct amounts {
	struct spread spread, now;
	double forward, reply; /* bytes */
	uint64_t packets, drops, retransmits;
	uint64_t rtt_ns, latency_ns, time_ns;
	struct seen *seen; /* NULL: not to be counted as a connection */
};

/* The same of several flows of the same two ends. */
#define SUMS_RTTS 48
#define SUMS_LATENCIES 16
struct sums {
	uint64_t flows, packets, begun, drops, retransmits, first_ns, last_ns;
	double forward, reply;
	struct window main, rare;
	uint16_t n_rtt, n_latency;
	uint16_t rtt[SUMS_RTTS], latency[SUMS_LATENCIES]; /* quantiles_cell() */
	uint32_t begun_bits; /* of one: as struct seen's counted; else all or none */
	const struct amounts *one; /* one flow, whose seconds are in there and not in the windows */
};

/*
 * Sums of two ends that wait: what is added to a dozen groups costs much, and flows of the
 * same two come often. Flushed before rows are made, and before groups go for room. What is
 * touched by every flow comes first.
 */
#define PENDING_PORTS 3
struct pending {
	uint64_t client_number, server_number; /* of their struct known_end; 0: free */
	bool sure; /* it is known who began */
	bool listed; /* in pendings.waiting */
	uint16_t ports[PENDING_PORTS]; /* the server's; 0: none */
	uint8_t protocols[PENDING_PORTS];
	uint32_t uses[PENDING_PORTS];
	struct sums sums;
	struct end_groups client, server; /* there while its numbers are met: see known_end */
	struct group_ref pair;
};

#define PENDING_SETS 768
#define PENDING_WAYS 16
struct pending_set {
	uint32_t tags[PENDING_WAYS]; /* part of the hash of the numbers; 0: free */
};

struct waiting {
	uint64_t number; /* of the client or the server: what it is sorted by */
	uint32_t at; /* in pendings.v */
};

struct pendings {
	struct pending *v; /* PENDING_WAYS for each set */
	struct pending_set *sets;
	uint8_t *turn; /* of each set: which goes next for room */
	struct waiting *waiting; /* those that may have flows */
	size_t n_waiting;
	bool flushing;
};

#define SEEN_WAYS 4
#define KNOWN_ENDS 4096
#define KNOWN_WAYS 4
#define GAPS 16

struct dimension {
	struct table groups;
	size_t max;
	struct group others;
	struct group *free; /* recycled, by node.next */
	uint64_t put_together, without;
	/* What the last ones that went for room were worth at most, and when that was (top.now_ns). */
	double floor;
	uint64_t floor_ns;
};

struct top {
	struct dimension dimensions[TOP_DIMENSIONS];
	struct group all;
	struct known_end *ends;
	uint32_t *end_tags; /* of each: part of the hash of its names */
	struct seen *seen;
	void *seen_room; /* seen is in there, from the start of a set on */
	struct pendings pending;
	bool ready; /* all of it was made */
	uint64_t ends_number;
	uint64_t gone; /* groups that ends belonged to and that went for room */
	const struct end_groups *held; /* stay while the other end is looked up; or NULL */
	uint64_t serial, flows, uncounted;
	uint64_t now_ns,
		newest_ns; /* of the flow that was added last; the latest since the clock went back */
	unsigned int too_old; /* flows in a row that are older than what lanes have */
	uint64_t report_interval_ns;
	uint32_t gaps[GAPS]; /* reports that came n seconds after the event before */
	size_t bytes;
	struct text key;
};

/* top_groups.c: the group of t->key in d, made where there is none. Never NULL. */
struct group *top_group(struct top *t, enum top_dimension d, uint8_t kind, bool *ret_new);
struct group *top_find(const struct top *t, enum top_dimension d, uint64_t hash);
void top_groups_reset(struct top *t);
/* The clock went back to now_ns: seconds and minutes after it are forgotten, sums stay. */
void top_forget_after(struct top *t, uint64_t now_ns);
bool top_room(struct top *t, void **at, size_t size);
/* NULL: it went into the others meanwhile, or there was none. */
struct group *ref_group(struct group_ref r);
struct group_ref ref_to(struct group *g);

/* top_sums.c */
struct top_event {
	const struct flow *f;
	const struct flow_end *client, *server;
	struct end_groups c, s;
	uint64_t c_number, s_number; /* as top_end_groups() gave them */
	struct amounts a;
};
void top_sums_add(struct top *t, const struct top_event *e);
/* What waited, to the groups of the client, to the pair and to what there is once; then the server's. */
void top_add_client(struct top *t, struct pending *p);
void top_add_server(struct top *t, const struct pending *p);
/* An event to all groups of its ends, at once. */
void top_add_directly(struct top *t, const struct top_event *e, bool sure, uint32_t begun_bits);
void top_note_processes(struct top *t, const struct top_event *e);

/* top_pending.c: false: no memory. */
bool top_pending_new(struct pendings *p);
void top_pending_free(struct pendings *p); /* takes a zeroed one */
void top_pending_reset(struct pendings *p);
size_t top_pending_bytes(void);
/* One event's ends and port, without its sums. */
void top_pending_one(struct pending *p, const struct top_event *e);
/* begun: a connection, for all of its groups. */
void top_wait(struct top *t, const struct top_event *e, bool sure, bool begun);
void top_flush(struct top *t);

/* A group alone, whose side is the client's. */
void top_add_one(struct top *t, struct group *g, const struct amounts *a, bool begun);
#define LOSS_BYTES 65536 /* a drop or retransmit makes a row as worth keeping as so many bytes */

/* Groups went for room lately: what is worth less than they were gets none. */
bool top_is_crowded(const struct top *t, enum top_dimension d, double worth);
bool top_is_others(const struct top *t, const struct group *g, enum top_dimension d);

/* top_peers.c: fills in `peers`; the rows are in the order of their keys then. 0 or -ENOMEM. */
int top_count_peers(const struct top *t, enum top_dimension d, struct top_row *rows, size_t n);

/* top_names.c */
/* The number of what is known of it, 0: that is not kept. */
uint64_t top_end_groups(struct top *t, const struct flow *f, const struct flow_end *e,
			struct end_groups *ret);
void top_names_reset(struct top *t);
void top_connection_part(struct connection_part *c, const struct flow *f,
			 const struct flow_end *client, const struct flow_end *server);
/* To t->key. */
void top_connection_key(struct top *t, const struct flow *f, const struct flow_end *client,
			const struct flow_end *server);

#endif
