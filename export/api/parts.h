/* SPDX-License-Identifier: MIT */
/* The API's inside, shared by its files: one for each service, or what several of them read. */
#ifndef PITOT_EXPORT_API_PARTS_H
#define PITOT_EXPORT_API_PARTS_H

#include "export/api/api.h"
#include "export/wire.h"

#define NS_PER_S 1000000000ull
#define METHODS_MAX 32
#define REQUEST_MAX (256u << 10) /* bytes; filters are the largest that is asked */
#define API_STOPPING "the agent is stopping"
#define STREAMS_MAX 4096 /* streams that stay open, of all clients together */

/* Events a second, over the last minute. */
#define RATE_SECONDS 60
struct flow_rate {
	uint64_t count[RATE_SECONDS + 1]; /* the second that runs is one more */
	uint64_t second, first_second;
};
void flow_rate_add(struct flow_rate *r, uint64_t now_ms, uint64_t n);
double flow_rate_per_second(struct flow_rate *r, uint64_t now_ms);

/* Calls that stay open, first come, first served: a ring, of which the list's head is a node. */
struct call_node {
	struct call_node *prev, *next; /* prev NULL: in no list */
};

static inline void calls_init(struct call_node *head)
{
	head->prev = head->next = head;
}

static inline void calls_remove(struct call_node *n)
{
	if (!n->prev)
		return;
	n->prev->next = n->next;
	n->next->prev = n->prev;
	n->prev = n->next = NULL;
}

/* At the end; from whatever list it is in. */
static inline void calls_add(struct call_node *head, struct call_node *n)
{
	calls_remove(n);
	n->prev = head->prev;
	n->next = head;
	head->prev->next = n;
	head->prev = n;
}

struct endpoints; /* endpoints.h */
struct agent_events;
struct peers;

struct api {
	struct api_options opt;
	struct grpc_method methods[METHODS_MAX];
	char node_key[512]; /* "node", or "cluster/node" outside the cluster "default" */
	uint64_t start_ns; /* CLOCK_MONOTONIC */
	struct text out; /* a message under construction */
	struct flow_rate rate; /* flows */
	struct call_node flows; /* GetFlows: all of them */
	struct call_node ready; /* those that have something to send and room for it */
	struct call_node waiting; /* those that follow and are at the newest flow */
	uv_idle_t idle; /* active while somebody is ready */
	uv_timer_t timer; /* losses that wait to be told, endpoints to be looked at */
	uint32_t streams, followers;
	bool draining;
	struct endpoints *endpoints;
	struct agent_events *events;
	struct peers *peers;
	struct call_node health_watchers;
};

/* Methods of each file; the array has room. They return how many they wrote. */
size_t flows_methods(struct api *a, struct grpc_method *m);
size_t nodes_methods(struct api *a, struct grpc_method *m);
size_t agent_events_methods(struct api *a, struct grpc_method *m);
size_t peers_methods(struct api *a, struct grpc_method *m);
size_t health_methods(struct api *a, struct grpc_method *m);
size_t reflection_methods(struct api *a, struct grpc_method *m);
size_t agent_methods(struct api *a, struct grpc_method *m);

/* GetFlows: new flows are there; a loss of the capture's; the agent goes. */
void flows_wake(struct api *a);
void flows_lost(struct api *a, const struct lost_events *l);
void flows_drain(struct api *a);
void flows_tick(struct api *a);

void health_drain(struct api *a);

/* A unary call's answer: what is in a->out, or without memory an error. Empties it. */
void api_reply(struct api *a, struct grpc_call *c);

/*
 * One more stream that stays open. False: there are too many, or the agent is going;
 * the call is finished.
 */
bool api_stream_begin(struct api *a, struct grpc_call *c);
void api_stream_end(struct api *a);

uint64_t api_mono_ns(void);
uint64_t api_wall_ns(void);

#endif
