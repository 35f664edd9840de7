/* SPDX-License-Identifier: MIT */
/*
 * The service map: who talks to whom, from flows alone. Nodes are workloads, Services,
 * containers, units, processes and what lies outside; an edge is one initiator's use of
 * one port of a responder. Bounded: what is beyond max_nodes or max_edges goes into a node
 * "others", which is counted and shown. The same flows give the same map.
 */
#ifndef PITOT_FLOWS_SERVICE_MAP_H
#define PITOT_FLOWS_SERVICE_MAP_H

#include "flows/flow.h"
#include "flows/text.h"

enum map_group { MAP_WORKLOAD, MAP_NAMESPACE, MAP_ENDPOINT };
/* How addresses outside are put together: by DNS (else reverse) name, by ASN, by country, as one. */
enum map_world { MAP_WORLD_NAME, MAP_WORLD_ASN, MAP_WORLD_COUNTRY, MAP_WORLD_ONE };
enum map_node_kind {
	MAP_NODE_WORKLOAD, /* of pods; group endpoint: a pod */
	MAP_NODE_SERVICE, /* an address of a Service whose backend is not known */
	MAP_NODE_CONTAINER,
	MAP_NODE_UNIT,
	MAP_NODE_PROCESS,
	MAP_NODE_HOST, /* this machine or another node of the cluster */
	MAP_NODE_WORLD,
	MAP_NODE_ADDRESS, /* a private address that nobody named */
	MAP_NODE_NAMESPACE, /* a collapsed namespace, or all of them with MAP_NAMESPACE */
	MAP_NODE_OTHERS,
	MAP_NODE_KINDS,
};
/* What the name of a node outside is: of the DNS, an address, an identity, a network or country. */
enum map_called { MAP_BY_NAME, MAP_BY_ADDRESS, MAP_BY_IDENTITY, MAP_BY_PLACE };
enum map_mark { MAP_SAME, MAP_NEW, MAP_GONE }; /* of service_map_diff() */

struct service_map_options {
	enum map_group group;
	enum map_world world;
	size_t max_nodes, max_edges; /* 0: 4096, 16384 */
	uint64_t report_interval_ns; /* over which an event's deltas are spread; 0: 5 s */
	bool numeric; /* no names: addresses */
	bool normal_drops; /* drops of normal life count, too */
	bool housekeeping; /* neighbour discovery, link-local multicast, DHCP, .. are shown, too */
};

/* Texts are untrusted; "" where there is none. */
struct map_node {
	uint64_t key; /* the same for the same kind, namespace and name in every run */
	uint8_t kind; /* enum map_node_kind */
	uint8_t called; /* enum map_called */
	uint8_t mark; /* enum map_mark */
	const char *namespace_name, *name;
	const char *workload_kind; /* "Deployment" */
	uint32_t edges_in, edges_out; /* filled in by the snapshot, likewise below */
	uint64_t members; /* nodes put together in it; 1 but for namespaces and others */
	double bytes_in, bytes_out; /* a second, over the snapshot's window */
	bool counted; /* bytes of its edges were: Hubble's flows have none */
	uint64_t drops, errors; /* of its edges, and listen_drops */
	uint64_t listen_drops; /* connection requests lost by its listeners: whose is not known */
	uint64_t first_ns, last_ns;
};

struct map_edge {
	uint64_t key;
	uint32_t from, to; /* indices into the snapshot's nodes: initiator, responder */
	uint16_t port; /* the responder's; 0: several, or none */
	uint8_t protocol; /* IP protocol; 0: several */
	uint8_t mark;
	const char *app; /* "DNS", "HTTP", "PostgreSQL": seen, or by the port; "" not known */
	uint64_t flows, connections, requests; /* requests: L7 */
	uint64_t packets, bytes, reply_packets, reply_bytes;
	uint64_t drops, sent; /* dropped packets, of so many sent (with those) */
	uint64_t errors; /* refused, reset, never answered; failed DNS, HTTP 5xx, ICMP errors */
	uint64_t retransmits;
	uint64_t rtt_p50_ns, rtt_p99_ns; /* 0: not known */
	uint64_t handshake_p50_ns, handshake_p99_ns; /* SYN to ACK */
	/* Of L7 answers; of TCP without: from a connection's first request to what came back first. */
	uint64_t latency_p50_ns, latency_p99_ns;
	double bytes_rate, packets_rate, connections_rate,
		requests_rate; /* a second, both directions */
	double reply_bytes_rate; /* of bytes_rate: the responder's */
	const char *drop_reason, *drop_function; /* of most of the drops; "" none */
	const char *drop_policy; /* "deny-world (CiliumNetworkPolicy)": who denied; "" not known */
	uint64_t first_ns, last_ns;
};

/*
 * All that the map is at one moment. Nodes by namespace, kind, name; edges by from, to, port,
 * protocol. Arrays and texts are the snapshot's own.
 */
struct map_snapshot {
	struct map_node *nodes;
	size_t n_nodes;
	struct map_edge *edges;
	size_t n_edges;
	uint64_t now_ns, first_ns, last_ns; /* flows' times */
	uint64_t strays; /* flows that are more than a day outside of those two: wrong clocks */
	uint64_t flows, left_out; /* flows seen; of them in "others" */
	uint64_t ignored; /* flows that no service's are: housekeeping */
	void *texts; /* where the texts live; for service_map_snapshot_free() */
};

struct service_map;

/* 0 or -ENOMEM. */
int service_map_new(const struct service_map_options *opt, struct service_map **ret);
void service_map_free(struct service_map *m); /* takes NULL */
void service_map_reset(struct service_map *m); /* forgets all flows */
void service_map_add(struct service_map *m, const struct flow *f);

/* Bytes held, for whoever shows memory. */
size_t service_map_bytes(const struct service_map *m);

/*
 * Rates are over the `seconds` (1 to 60) before now_ns; seconds 0: over the whole time from the
 * first flow to the last (at least a second). 0 or -ENOMEM.
 */
int service_map_snapshot(const struct service_map *m, uint64_t now_ns, unsigned int seconds,
			 struct map_snapshot *ret);
void service_map_snapshot_free(struct map_snapshot *s); /* takes a zeroed one */

/* What of a snapshot is looked at; zeroed: all of it. */
struct map_selection {
	const char *const
		*collapsed; /* namespaces that are one node; NULL-terminated; NULL: none */
	uint64_t focus; /* a node's key: it and what is at most `hops` edges away; 0: all */
	unsigned int hops;
	const char *search; /* part of a name, any case; NULL: all. Neighbours stay */
	/*
	 * Of nodes outside (MAP_NODE_WORLD, and likewise MAP_NODE_ADDRESS) the busiest so many, the rest
	 * as one of that kind, "rest of the world" or "other addresses", with members; 0: all
	 */
	size_t max_outside;
	/* What was shown before, or NULL: of those outside, one that was shown stays until another is half as busy again. */
	const struct map_snapshot *before;
	size_t max_nodes; /* the busiest so many, the rest as "others"; 0: all */
	uint64_t since_ns; /* edges with flows since then; 0: all */
};

/* A snapshot of its own. A collapsed namespace's key is that of its MAP_NODE_NAMESPACE. 0 or -ENOMEM. */
int map_select(const struct map_snapshot *from, const struct map_selection *what,
	       struct map_snapshot *ret);

/* Is there something that would be put together as that namespace? */
bool map_has_namespace(const struct map_snapshot *s, const char *name);

/* Nodes and edges of both, marked: MAP_NEW is in b alone, MAP_GONE in a alone; figures are b's where it has them. */
int map_diff(const struct map_snapshot *a, const struct map_snapshot *b, struct map_snapshot *ret);

/* "TCP 5432 PostgreSQL", "UDP 53 DNS", "TCP": an edge's protocol and port. */
void map_edge_text(struct text *t, const struct map_edge *e);

/* "shop/cart"; "world" nodes and those without a namespace by their name alone. Escaped. */
void map_node_text(struct text *t, const struct map_node *n);
const char *map_node_kind_name(unsigned int kind);

/* Nothing of it has got through: all that was sent was dropped. */
bool map_edge_is_cut(const struct map_edge *e);

/* Is it something that a person has to see: drops, errors? */
bool map_edge_is_bad(const struct map_edge *e);

#endif
