/* SPDX-License-Identifier: MIT */
/* For flows/service_map*.c only: what the service map is made of. */
#ifndef PITOT_FLOWS_SERVICE_MAP_PARTS_H
#define PITOT_FLOWS_SERVICE_MAP_PARTS_H

#include "flows/aggregate_quantile.h"
#include "flows/service_map.h"
#include "flows/table.h"

#define MAP_LINE 64 /* bytes that a processor fetches together */
#define MAP_TEXT_MAX 255 /* of a name; what is longer is cut */
#define MAP_REASONS 4 /* kinds of drops told apart on an edge */
#define MAP_PORTS_MAX 16 /* ports told apart between two nodes; the others are one edge, port 0 */

/*
 * How good a name is: a connection is called by the best one that any of its events has, and an
 * address by the best one that any connection had for it.
 */
enum map_rank {
	RANK_ADDRESS = 1, /* nobody named it */
	RANK_HOST, /* this machine, no process known; a reverse name */
	RANK_SERVICE, /* a Service, its backend not known */
	RANK_DNS, /* what was asked for */
	RANK_FULL, /* there is no better one */
};

/* What an end is called. Texts are the flow's or buf. */
struct map_name {
	uint8_t kind, called, rank;
	const char *namespace_name, *name, *workload_kind;
	uint64_t also; /* hash of the address, Service or pod that may get a better name; 0: none */
	char buf[MAP_TEXT_MAX + 1];
};

struct map_vertex {
	struct table_node table, by_key;
	uint64_t key, also;
	uint32_t number; /* in the order they came */
	uint8_t kind, called, rank;
	bool gone; /* on its way into "others" */
	const char *namespace_name, *name, *workload_kind; /* behind the structure */
	size_t bytes;
	uint64_t flows, members;
	uint64_t listen_drops, first_ns, last_ns;
	uint32_t at; /* of a snapshot on its way: index */
};

struct map_reason {
	const char *reason, *function; /* copies behind the table of texts; "" */
	uint64_t packets;
};

/*
 * events_sent: packets that are in no counter: Hubble's events, drops on the way out. What nearly
 * every flow has comes first: a cache line.
 */
struct map_sums {
	uint64_t flows, packets, bytes, reply_packets, reply_bytes;
	uint64_t retransmits, first_ns, last_ns;
	uint64_t connections, requests, responses, drops, events_sent, errors;
};

enum map_rate_of {
	RATE_BYTES,
	RATE_REPLY_BYTES,
	RATE_PACKETS,
	RATE_CONNECTIONS,
	RATE_REQUESTS,
	RATE_RESPONSES,
	MAP_RATES = 8 /* a power of two: they are added at once */
};

/* Amounts, by enum map_rate_of. */
typedef float map_amounts __attribute__((vector_size(MAP_RATES * sizeof(float))));

#define MAP_SECONDS 64 /* a power of two; 60 of them are looked at */

/* As struct rate, for all of them: what a flow adds lies together. */
struct map_rates {
	uint64_t newest; /* second since the epoch of the newest one; 0: nothing was added */
	unsigned int too_old; /* additions in a row that were */
	map_amounts v[MAP_SECONDS]; /* of second s at v[s % MAP_SECONDS] */
};

enum map_time_of {
	TIME_RTT,
	TIME_HANDSHAKE,
	TIME_LATENCY, /* of L7 */
	TIME_ANSWER, /* from a connection's first request to what came back first */
	MAP_TIMES
};

#define MAP_WAITING 31

/* Durations that are put into their arc's quantiles together: those are in no cache. */
struct map_waiting {
	uint16_t n;
	uint16_t times[MAP_WAITING]; /* map_time() */
};

/* Each flow changes one, mostly another one than the flow before: few cache lines of it. */
struct map_arc {
	struct table_node table;
	struct map_vertex *from, *to;
	struct map_arc *moved; /* on its way out: where its sums went */
	uint16_t port;
	uint8_t protocol, app; /* enum l7_protocol that was seen; 0: none */
	struct map_rates rates;
	struct map_sums sums __attribute__((aligned(MAP_LINE)));
	struct map_waiting waiting __attribute__((aligned(MAP_LINE)));
	struct quantiles times[MAP_TIMES];
	struct map_reason reasons[MAP_REASONS];
	const char *policy; /* that denied last; "" none */
};

/*
 * What a flow adds to its arc. It waits until a few more flows have come: by then the processor
 * has fetched the arc.
 */
struct map_addition {
	struct map_arc *arc;
	uint64_t since_ns, now_ns; /* when the bytes came */
	struct map_sums sums;
	uint16_t times[MAP_TIMES]; /* map_time() */
	uint16_t n_times;
};

#define MAP_ADDITIONS 8 /* a power of two */

#define MAP_WAYS_KNOWN 16384 /* a power of two */

/* An arc by its ends: found without a look at other arcs. */
struct map_way {
	const struct map_vertex *from, *to;
	struct map_arc *arc; /* NULL: free */
	uint16_t port;
	uint8_t protocol;
};

/* How many ports between two nodes have an arc of their own. */
struct map_pair {
	struct table_node table;
	uint32_t from, to;
	uint8_t protocol;
	uint32_t ports;
};

/* A better name of an address, a Service or a pod. */
struct map_also {
	struct table_node table;
	struct map_vertex *vertex; /* NULL: several */
	uint8_t rank;
};

/* A text that is kept once. */
struct map_text {
	struct table_node table;
	char s[];
};

/* A connection, by its tuple after translation, whoever tells of it. */
struct map_connection {
	uint64_t id; /* connection_id; 0: none */
	struct map_arc *arc;
	uint64_t names; /* what its names were made of, as a hash */
	uint64_t last_ns; /* of its flows; 0: none yet */
	uint64_t
		request_ns; /* when data was first sent; answered: how long it took, 0: not known */
	uint32_t node; /* who tells its counters, as a hash */
	uint32_t retransmits; /* told so far */
	uint8_t rank_from, rank_to;
	uint8_t reason; /* of the arc's reasons the one of its last drops */
	uint8_t certain; /* of who is the initiator: 0 guessed, 1 the capture's guess, 2 known */
	bool low_begins : 1; /* the lower of its ends is the initiator */
	bool failed : 1, handshake : 1, ended : 1, answered : 1;
	bool counted : 1; /* as one of the arc's connections */
	bool told : 1; /* its counters were: `retransmits` is their base */
	bool gave : 1; /* service_map.given has what it gave to its arc */
} __attribute__((aligned(MAP_LINE)));

#define MAP_WAYS 4

/* What the map calls an end. */
struct map_end {
	uint64_t mark; /* the end's, as a hash; 0: free */
	struct map_vertex *vertex;
	uint64_t asked; /* number of the flow that asked for it last */
	uint8_t rank;
	bool shared; /* several have its address */
};

/* What a mark is made of, held: so the pointers will not be anything else's. */
struct map_end_names {
	struct endpoint *endpoint;
	struct service *service;
	struct name_list *dns, *reverse;
	struct place *place;
};

/*
 * From when to when flows are. One with a wrong clock does not make it years: what is more than a day
 * from the others is left out, unless many such come one after the other.
 */
struct map_period {
	uint64_t first_ns, last_ns, n; /* without strays; how many flows */
	uint64_t all_first_ns, all_last_ns, strays;
	uint64_t next_first_ns, next_last_ns, next; /* strays in a row that are of one day */
};

struct service_map {
	struct service_map_options opt;
	struct table vertices; /* by what they are called */
	struct table keys; /* the same by their key */
	struct table arcs, pairs, also, texts;
	struct map_vertex *others;
	struct map_connection *connections; /* sets of MAP_WAYS */
	uint64_t *tuples; /* of each: hash of its tuple; 0: it is free */
	struct map_way *ways;
	struct map_addition *additions; /* MAP_ADDITIONS */
	uint64_t n_added, n_done; /* additions: that came, that are in their arcs */
	struct map_sums *given; /* of each that may go to another arc: what it gave to this one */
	uint64_t *servers; /* hashes of address, port, protocol that are known to serve */
	struct map_end *ends;
	struct map_end_names *end_names; /* of each of ends */
	uint64_t flows, ignored;
	struct map_period period; /* of its flows */
	uint32_t numbers;
	size_t bytes;
};

/*
 * Fixed hashes, the same in every run, for what is seen outside; whoever chooses names can make two
 * of them equal. What only has to be found again has table_hash().
 */
uint64_t map_hash(uint64_t h, const void *data, size_t n);
uint64_t map_hash_text(uint64_t h, const char *s); /* at most MAP_TEXT_MAX bytes */
uint64_t map_node_key(unsigned int kind, const char *namespace_name, const char *name);
uint64_t map_edge_key(uint64_t from, uint64_t to, unsigned int port, unsigned int protocol);

/* service_map_names.c */

/* Talk between neighbours on a link that keeps the network going: no service's. */
bool map_is_housekeeping(const struct flow *f);
/* e: an end of f; client: it is the initiator. */
void map_name_of(const struct service_map_options *opt, const struct flow *f,
		 const struct flow_end *e, bool client, struct map_name *ret);
uint64_t map_also_of_address(const struct ip_addr *a);
/* What listens at a port of an address that several may share; `address`: of map_also_of_address(). */
uint64_t map_also_of_port(uint64_t address, unsigned int port, unsigned int protocol);
uint64_t map_also_of_service(const struct service *s);
uint64_t map_also_of_pod(const struct endpoint *e);

/* service_map_store.c: nodes, edges and what they are found by. */

/* Large tables, zeroed: at a cache line's begin, and none of it is there before it is used. NULL: none left. */
void *map_pages_new(size_t bytes);
void map_pages_free(void *p, size_t bytes); /* takes NULL */
struct map_vertex *map_vertex_get(struct service_map *m, const struct map_name *name);
struct map_arc *map_arc_get(struct service_map *m, struct map_vertex *from, struct map_vertex *to,
			    uint16_t port, uint8_t protocol);
/* All between two nodes, whatever the port; NULL without memory. */
struct map_arc *map_arc_joined(struct service_map *m, struct map_vertex *from,
			       struct map_vertex *to);
/* Texts as map_text_keep() has them. Which of a's reasons it is. */
unsigned int map_reason_add(struct map_arc *a, const struct map_reason *r);
/* Both settled. Bytes taken. */
size_t map_arc_merge(struct map_arc *to, const struct map_arc *from);
void map_also_learn(struct service_map *m, uint64_t also, struct map_vertex *v, unsigned int rank);
struct map_vertex *map_also_find(const struct service_map *m, uint64_t also);
const char *map_text_keep(struct service_map *m, const char *s); /* "" where it has no room */
void map_store_clear(struct service_map *m);
/* No longer in the table; likewise below. */
void map_arc_free(struct service_map *m, struct map_arc *a);
int map_ways_new(struct service_map *m); /* 0 or -ENOMEM */
void map_ways_free(struct service_map *m);
void map_ways_forget(struct service_map *m); /* arcs go */
void map_vertex_free(struct service_map *m, struct map_vertex *v);
void map_vertex_remove(struct service_map *m, struct map_vertex *v); /* and frees it */
void map_pairs_clear(struct service_map *m);

/* service_map_period.c */

void map_period_add(struct map_period *p, uint64_t time_ns); /* 0: not known */
/* What is to be taken for it. How many flows are outside. */
uint64_t map_period_read(const struct map_period *p, uint64_t *ret_first_ns, uint64_t *ret_last_ns);

/* service_map_figures.c */

void map_sums_add(struct map_sums *to, const struct map_sums *from);
void map_sums_take(struct map_sums *from, const struct map_sums *what);
/* A clock that went back: nothing but what is too old comes, and is what time is from now on. */
void map_rates_follow(struct map_rates *r, uint64_t now_ns);
/* Spread evenly from from_ns (0, or not below to_ns: all of it at to_ns) to to_ns. */
void map_rates_add(struct map_rates *r, uint64_t from_ns, uint64_t to_ns,
		   const map_amounts *amounts);
void map_rates_merge(struct map_rates *to, const struct map_rates *from);
/* What of a minute's rates a connection gave, about; flipped: its initiator is now the other one. */
void map_rates_move(struct map_rates *from, struct map_rates *to, const struct map_sums *given,
		    bool flipped);
/* A second's mean of each over the `seconds` (1 to 60) full ones before now_ns. */
void map_rates_read(const struct map_rates *r, uint64_t now_ns, unsigned int seconds,
		    map_amounts *ret);
uint16_t map_time(enum map_time_of of, uint64_t ns); /* as one number */
void map_time_add(struct service_map *m, struct map_arc *a, uint16_t time);
void map_times_settle(struct service_map *m, struct map_arc *a); /* none waits any longer */

/* The addition that is to be filled in, zeroed, and its arc fetched. */
struct map_addition *map_addition_new(struct service_map *m, struct map_arc *a, uint64_t now_ns);
/* Room for one more; all: no one waits any longer, for whoever looks at arcs or moves them. */
void map_additions_settle(struct service_map *m, bool all);
void map_times_free(struct map_arc *a);

/* service_map_ends.c */

int map_ends_new(struct service_map *m); /* 0 or -ENOMEM */
void map_ends_forget(struct service_map *m); /* vertices go, or what is learned of addresses */
void map_ends_free(struct service_map *m);
size_t map_ends_bytes(void);
/* Makes the processor fetch what map_end_vertex() will look at. */
void map_ends_fetch(const struct service_map *m, const struct flow *f, bool swapped);
/* The vertex of an end. What it is called is learned for its address and its Service. */
struct map_vertex *map_end_vertex(struct service_map *m, const struct flow *f,
				  const struct flow_end *e, bool client, unsigned int *ret_rank);

/* service_map_pack.c: what snapshots have in common. */

/* Sorts nodes and edges as struct map_snapshot has them; edges' indices follow. 0 or -ENOMEM. */
int map_snapshot_sort(struct map_snapshot *s);
/* Makes the span from *first to *last wide enough for a to b; 0: not known. */
void map_span(uint64_t *first, uint64_t *last, uint64_t a, uint64_t b);
/* Adds an edge's figures to another one's. Percentiles are about: what made them is not there. */
void map_edge_join(struct map_edge *to, const struct map_edge *e);
/* Fills in what nodes have from their edges. */
void map_snapshot_sums(struct map_snapshot *s);
/* Texts, which lie elsewhere, become the snapshot's own. 0, or -ENOMEM: nothing is left of it. */
int map_snapshot_own(struct map_snapshot *s);
void map_snapshot_free_arrays(struct map_snapshot *s);
/* What the map calls what has no name of its own when namespaces are shown. */
void map_namespace_of(unsigned int kind, const char *namespace_name, const char *name,
		      uint8_t *ret_kind, const char **ret_name);

/* service_map_room.c */
void map_room_for_arcs(struct service_map *m);
void map_room_for_vertices(struct service_map *m); /* for two, where there is none */

/* service_map_connections.c */

struct map_tuple {
	uint64_t hash; /* has a secret: two that are not the same have not the same by intent, either */
	uint64_t place; /* has none: what has to go where there is no room is the same in every run */
	bool src_is_low; /* the flow's source is the lower end */
};

/* And makes the processor fetch what map_connection_get() looks at: it is in no cache. */
void map_tuple_of(const struct service_map *m, const struct flow *f, struct map_tuple *ret);

/*
 * The connection of a flow, found or made; its arc is that of the flow's names or a better one.
 * *ret_swapped: the flow's destination is the initiator. *ret_teller: whoever tells of it is
 * the one whose counters count.
 */
struct map_connection *map_connection_get(struct service_map *m, const struct flow *f,
					  const struct map_tuple *t, bool *ret_swapped,
					  bool *ret_teller);
/* s was added to its arc. */
void map_connection_gave(struct service_map *m, struct map_connection *c, const struct map_sums *s);
int map_connections_new(struct service_map *m);
void map_connections_clear(struct service_map *m);
void map_connections_redirect(struct service_map *m); /* arcs that have moved */
size_t map_connections_bytes(void);

/* The application that a port is known for; "" where it is not. */
const char *map_port_app(unsigned int protocol, unsigned int port);

#endif
