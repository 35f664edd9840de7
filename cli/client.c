// SPDX-License-Identifier: MIT
#include "cli/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"

int client_open(struct client *c, struct server_options *options)
{
	char err[512], *why = NULL;
	int ret;

	*c = (struct client){0};
	if (server_options_finish(options, err, sizeof(err)))
		return say(EXIT_USAGE, "%s", err);
	ret = server_open(options, &c->server, &why);
	if (ret) {
		ret = say(server_exit(ret), "%s", why ? why : strerror(-ret));
		free(why);
		return ret;
	}
	uv_loop_init(&c->loop);
	ret = grpc_client_new(&c->loop, &c->server.client, &c->grpc);
	if (!ret)
		return EXIT_FINE;
	client_close(c);
	return say(EXIT_FAILED, "%s", strerror(-ret));
}

void client_close(struct client *c)
{
	grpc_client_free(c->grpc);
	while (uv_run(&c->loop, UV_RUN_DEFAULT))
		;
	uv_loop_close(&c->loop);
	server_release(&c->server);
}

int client_ask(struct client *c, const char *path, const struct text *request, uint8_t **ret_reply,
	       size_t *ret_n, enum grpc_status *ret_status)
{
	enum grpc_status status = GRPC_INTERNAL;
	char message[1024];
	int err;

	*ret_reply = NULL;
	err = grpc_call_wait(&c->loop, c->grpc, path,
			     request ? (const uint8_t *)request->data : NULL,
			     request ? request->len : 0, NULL, c->server.request_ms, ret_reply,
			     ret_n, &status, message, sizeof(message));
	if (err)
		return say(EXIT_FAILED, "%s", strerror(-err));
	if (ret_status)
		*ret_status = status;
	if (status == GRPC_OK)
		return EXIT_FINE;
	free(*ret_reply);
	*ret_reply = NULL;
	if (ret_status)
		return EXIT_FAILED;
	if (status == GRPC_UNIMPLEMENTED && !strncmp(path, "/pitot.", 7))
		return say(EXIT_FAILED, "%s is no agent of pitot's: only those tell this",
			   c->server.client.server.text);
	if (status == GRPC_UNAVAILABLE)
		return say(EXIT_FAILED, "%s", message);
	return say(EXIT_FAILED, "%s: %s: %s", c->server.client.server.text,
		   grpc_status_name(status), message);
}
