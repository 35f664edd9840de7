/* SPDX-License-Identifier: MIT */
/*
 * Docker's and Podman's API over their unix sockets: a list at the start and every
 * minute, the events in between, one container where an event or a look-up asks
 * for it. Several sockets at a time. What is told goes into a runtime_store.
 *
 * No socket is no error. One that refuses, hangs, sends too much or what is no
 * answer costs one notice and is tried again later, with growing pauses.
 */
#ifndef PITOT_FLOWS_NAMES_RUNTIME_API_H
#define PITOT_FLOWS_NAMES_RUNTIME_API_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "flows/names/namer.h"
#include "flows/names/runtime_store.h"

#define RUNTIME_SOCKETS (RUNTIME_SOURCES - RUNTIME_FROM_API)
#define RUNTIME_LIST_MAX (64u << 20) /* bytes of an answer */

struct runtime_api;

/*
 * socket: the one to use; NULL: $DOCKER_HOST and $CONTAINER_HOST (unix://), then
 * /run/docker.sock, /var/run/docker.sock and /run/podman/podman.sock below root. The
 * store is borrowed. 0 or -ENOMEM.
 */
int runtime_api_new(const char *root, const char *socket, struct runtime_store *store,
		    struct runtime_api **ret);

/* Where there is no HTTP, a notice says so once a socket is there. */
void runtime_api_start(struct runtime_api *a, uv_loop_t *loop, const struct namer_events *ev);
void runtime_api_tick(struct runtime_api *a, uint64_t now_ns);

/* A container of this id is not known: whoever has it may tell. */
void runtime_api_ask(struct runtime_api *a, const char *id);

/* True when each socket that is there has told of its containers, or failed. */
bool runtime_api_settled(const struct runtime_api *a);

/* A row for each socket that is there. */
void runtime_api_status(const struct runtime_api *a, const struct names_rows *rows);

/* Closes; run the loop, then free. Take NULL. */
void runtime_api_stop(struct runtime_api *a);
void runtime_api_free(struct runtime_api *a);

#endif
