/* SPDX-License-Identifier: MIT */
/*
 * The services of the agent's API: Hubble's Observer and Peer, gRPC's Health and
 * ServerReflection, and pitot.v1.Agent. Rows of methods for export/grpc_server.h.
 *
 *	api_new(&options, &api);
 *	grpc_server_new(loop, &(struct grpc_server_options){.methods = api_methods(api)}, &server);
 *	...	api_flow(api, &flow); ... api_batch_end(api);
 *	api_drain(api);			calls end, the client is told to come again
 *	grpc_server_free(server);	the calls first, then what they read
 *	api_free(api);
 */
#ifndef PITOT_EXPORT_API_H
#define PITOT_EXPORT_API_H

#include <uv.h>

#include "export/exporter.h"
#include "export/grpc_server.h"
#include "flows/history.h"
#include "flows/names/namer.h"
#include "flows/source.h"

struct api;

struct api_loss {
	const char *name;
	uint64_t count;
};

/* An eBPF program and what it cost; 0 runs too where the kernel's statistics are off. */
struct api_program {
	const char *name;
	uint32_t id;
	uint64_t runs, run_ns;
};

/* How the agent is, beside what the API knows itself. Pointers live until the next call. */
struct api_status {
	uint64_t resident_bytes, cpu_ns, kernel_map_bytes;
	uint32_t clients; /* connections to the API */
	struct capture_stats capture;
	const struct api_loss *losses;
	size_t n_losses;
	const struct names_row *names;
	size_t n_names;
	const struct api_program *programs;
	size_t n_programs;
	const struct exporter_status *exporters;
	size_t n_exporters;
	const char *const *notices;
	size_t n_notices;
};

struct api_interface {
	uint32_t index;
	const char *name, *kind; /* "veth"; "" of hardware */
	bool watched;
	const char *how; /* "tcx", or why it is not watched */
};

/* What the agent is asked; called on the loop's thread. Each may be NULL: nothing to tell. */
struct api_agent {
	void *arg;
	void (*status)(void *arg, struct api_status *ret);
	/* Calls row() for each interface. */
	void (*interfaces)(void *arg, void *to,
			   void (*row)(void *to, const struct api_interface *i));
	/* Is a local endpoint still there? Asked for a few at a time, every ten seconds. */
	bool (*alive)(void *arg, const struct endpoint *e);
	/* A local endpoint is no longer there: its metrics may go, say. */
	void (*gone)(void *arg, const struct endpoint *e);
};

/* A node whose agent can be asked. Hubble Relay's key is the name: "node", "cluster/node". */
struct api_peer {
	const char *name, *address;
	const char *tls_server_name; /* NULL: plaintext */
};

/* Strings stay the caller's, and outlive the API. */
struct api_options {
	uv_loop_t *loop;
	struct history *history;
	const char *node_name, *cluster_name; /* "default" is Hubble's name of no cluster */
	const char *version; /* "0.1.0" */
	struct api_agent agent;
};

int api_new(const struct api_options *opt, struct api **ret_api); /* 0 or -errno */
void api_free(struct api *a); /* after its server. Takes NULL */

const struct grpc_method *api_methods(struct api *a); /* ended by a NULL path */

/* Keeps the flow in the history; at batch_end() those who follow get what has come. */
void api_flow(struct api *a, const struct flow *f);
void api_batch_end(struct api *a);
void api_lost(struct api *a, const struct lost_events *l); /* told to everyone who follows */

/* Itself and the others, as they are from now on; those who watch are told what changed. -ENOMEM: nothing changed. */
int api_set_peers(struct api *a, const struct api_peer *peers, size_t n);

/*
 * The agent is going: Health says NOT_SERVING, followers get what is there and then
 * UNAVAILABLE, so that they come again; nobody new is served.
 */
void api_drain(struct api *a);

uint32_t api_followers(const struct api *a);

#endif
