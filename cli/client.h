/* SPDX-License-Identifier: MIT */
/* A server that is asked one thing after another: status, list, watch, completion. */
#ifndef PITOT_CLI_CLIENT_H
#define PITOT_CLI_CLIENT_H

#include <uv.h>

#include "cli/server_options.h"
#include "export/answers.h"

struct client {
	uv_loop_t loop;
	struct server server;
	struct grpc_client *grpc;
};

/* The server that the options name, else the local agent. Says what is wrong; returns an enum exit_code. */
int client_open(struct client *c, struct server_options *options);
void client_close(struct client *c);

/*
 * One question. *ret_reply: free() it. Returns an enum exit_code, and says what is wrong;
 * with ret_status nothing is said, and EXIT_FAILED comes with the status there.
 */
int client_ask(struct client *c, const char *path, const struct text *request, uint8_t **ret_reply,
	       size_t *ret_n, enum grpc_status *ret_status);

#endif
