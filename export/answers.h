/* SPDX-License-Identifier: MIT */
/*
 * What the services of the API answer to status, list and watch, as structures. Texts
 * are untrusted, never NULL and belong to the struct answer; so do the rows.
 */
#ifndef PITOT_EXPORT_ANSWERS_H
#define PITOT_EXPORT_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flows/text.h"

struct answer_texts {
	const char **v;
	size_t n;
};

/* v: an array of the message's structure. At most ANSWER_ROWS_MAX, the rest is counted. */
#define ANSWER_ROWS_MAX 65536
struct answer_rows {
	void *v;
	size_t n;
	uint64_t left_out;
};

enum answer_type {
	ANSWER_HEALTH, /* struct answer_health */
	ANSWER_SERVER_STATUS, /* struct answer_server_status */
	ANSWER_NODES, /* struct answer_list of struct answer_node */
	ANSWER_NAMESPACES, /* .. of struct answer_namespace */
	ANSWER_PEER, /* struct answer_peer */
	ANSWER_AGENT_STATUS, /* struct answer_agent_status */
	ANSWER_ENDPOINTS, /* struct answer_list of struct answer_endpoint */
	ANSWER_INTERFACES, /* .. of struct answer_interface */
	ANSWER_AGENT_EVENT, /* struct answer_agent_event: GetAgentEvents' */
	ANSWER_TYPES,
};

struct answer_health {
	uint64_t status; /* 1: SERVING */
};

/* A wrapper: not there, or a number. */
struct answer_optional {
	bool is_set;
	uint64_t value;
};

struct answer_server_status {
	uint64_t num_flows, max_flows, seen_flows, uptime_ns;
	struct answer_optional connected, unavailable;
	struct answer_texts unavailable_nodes;
	const char *version;
	double flows_rate;
};

struct answer_list {
	struct answer_rows rows;
};

struct answer_tls {
	bool is_set, enabled;
	const char *server_name;
};

struct answer_node {
	const char *name, *version, *address;
	uint64_t state; /* enum node_state (flows/source.h) */
	struct answer_tls tls;
	uint64_t uptime_ns, num_flows, max_flows, seen_flows;
};

struct answer_namespace {
	const char *cluster, *name;
};

struct answer_peer {
	const char *name, *address;
	uint64_t type; /* 1 added, 2 deleted, 3 updated */
	struct answer_tls tls; /* server_name only */
};

struct answer_history {
	uint64_t flows, bytes, max_bytes, seen, evicted, oldest_ns, newest_ns;
};

struct answer_loss {
	const char *name;
	uint64_t count;
};

struct answer_names_row {
	const char *name, *state, *detail;
	uint64_t entries, bound, evicted, age_ns;
	bool healthy;
};

struct answer_program {
	const char *name;
	uint64_t id, runs, run_ns;
};

struct answer_exporter {
	const char *name, *target, *error;
	bool up;
	uint64_t flows, bytes, lost;
};

struct answer_agent_status {
	const char *version, *node_name, *cluster_name;
	uint64_t uptime_ns;
	struct answer_history history;
	struct answer_rows losses, names, programs, exporters;
	uint64_t resident_bytes, cpu_ns, kernel_map_bytes, active_connections, clients, followers;
	struct answer_texts notices;
	uint64_t events, drops;
};

struct answer_endpoint {
	uint64_t kind; /* pitot.v1.EndpointKind */
	uint64_t id, identity;
	const char *cluster, *namespace_name, *name, *workload, *workload_kind, *node, *container,
		*image;
	struct answer_texts labels;
	uint64_t last_seen_ns, flows;
};

struct answer_interface {
	uint64_t index;
	const char *name, *kind, *how;
	bool watched;
};

/* flow.AgentEvent; what a type does not have is 0 or "". */
struct answer_agent_event {
	uint64_t time_ns;
	const char *node_name;
	struct {
		uint64_t type; /* AgentEventType */
		struct {
			uint64_t time_ns;
		} start;
		struct {
			struct answer_texts labels;
			uint64_t revision, rule_count;
		} policy;
		struct answer_agent_endpoint {
			uint64_t id;
			struct answer_texts labels;
			const char *error, *pod_name, *namespace_name;
		} regeneration, endpoint;
		struct {
			const char *cidr, *namespace_name, *pod_name;
			uint64_t identity;
		} ipcache;
	} event;
};

/* "ENDPOINT_CREATED"; NULL: no such type. */
const char *answer_agent_event_name(uint64_t type);

/* What keeps the texts and rows. Zeroed is empty. */
struct answer {
	void *blocks;
};

/* Fills in *ret, the structure of that type. 0, -EBADMSG or -ENOMEM. */
int answer_read(struct answer *a, enum answer_type type, const void *wire, size_t n, void *ret);
void answer_free(struct answer *a);

/* The answer as JSON, an object without a line end. 0, -EBADMSG or -ENOMEM. */
int answer_json(struct text *t, enum answer_type type, const void *wire, size_t n);

/* Requests that are not empty: append a Get{Agent,Debug}EventsRequest, a HealthCheckRequest. */
void request_events(struct text *wire, uint64_t number, bool first, bool follow, uint64_t since_ns,
		    uint64_t until_ns);
void request_health(struct text *wire, const char *service);

#endif
