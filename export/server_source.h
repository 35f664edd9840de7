/* SPDX-License-Identifier: MIT */
/* Flows from a server that speaks Hubble's Observer API: an agent of ours, Cilium's, a relay. */
#ifndef PITOT_EXPORT_SERVER_SOURCE_H
#define PITOT_EXPORT_SERVER_SOURCE_H

#include "export/grpc_client.h"
#include "flows/filter.h"
#include "flows/source.h"

struct server_source_options {
	struct grpc_client_options client;
	uint64_t number; /* 0: not asked; UINT64_MAX: all */
	bool first, follow;
	uint64_t since_ns, until_ns; /* wall clock; 0: not asked */
	const struct filter *filter; /* sent along; whoever gets the flows filters again */
	const char *where; /* NULL: none */
	bool normal_drops;
	const char *const *mask_paths; /* NULL-terminated or NULL */
	bool keep_wire;
	bool reconnect; /* follow only: when the connection breaks, again after 1 s .. 30 s, from where it was */
	bool patient; /* with reconnect: so it is where the first attempt finds nobody, too */
};

/* As source: end() with 0 when the server has ended the stream; failures are told by notice() before end(-errno). */
int server_source_new(const struct server_source_options *opt, struct source **ret_source);

#endif
