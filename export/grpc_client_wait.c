// SPDX-License-Identifier: MIT
/* A call from its beginning to its end, for commands. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "export/grpc_client.h"

struct waiter {
	bool done, answered;
	uint8_t *reply;
	size_t n;
	enum grpc_status status;
	char *message;
	size_t message_size;
};

static void on_reply(void *arg, const uint8_t *bytes, size_t n)
{
	struct waiter *w = arg;

	if (w->answered)
		return;
	w->reply = malloc(n ? n : 1);
	if (!w->reply)
		return;
	memcpy(w->reply, bytes, n);
	w->n = n;
	w->answered = true;
}

static void on_done(void *arg, enum grpc_status status, const char *message)
{
	struct waiter *w = arg;

	w->done = true;
	w->status = status;
	snprintf(w->message, w->message_size, "%s", message);
	if (status == GRPC_OK && !w->answered) {
		w->status = GRPC_INTERNAL;
		snprintf(w->message, w->message_size, "the server gave no answer");
	}
}

int grpc_call_wait(uv_loop_t *loop, struct grpc_client *c, const char *path, const uint8_t *request,
		   size_t n, const char *const *metadata, uint32_t timeout_ms, uint8_t **ret_reply,
		   size_t *ret_n, enum grpc_status *ret_status, char *message, size_t message_size)
{
	struct waiter w = {.message = message, .message_size = message_size};
	const struct grpc_stream_events ev = {.arg = &w, .message = on_reply, .done = on_done};
	struct grpc_stream *s;
	int err = grpc_call(c, path, request, n, metadata, timeout_ms, &ev, &s);

	if (err)
		return err;
	while (!w.done)
		uv_run(loop, UV_RUN_ONCE);
	*ret_reply = w.reply;
	*ret_n = w.n;
	*ret_status = w.status;
	return 0;
}
