// SPDX-License-Identifier: MIT
/* `pitot watch peers`: the nodes that a peer service tells of, and what changes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/client.h"
#include "cli/command.h"
#include "cli/ending.h"
#include "cli/list.h"

#define AT(field) offsetof(struct list_options, field)
#define TEXT_MAX 1024
#define TYPE_WIDTH 12

static const char *const outputs[] = {"compact", "json", NULL};

const struct opt watch_option_table[] = {
	{"output", 'o', OPT_CHOICE, "FORMAT", AT(watch_output), .choices = outputs,
	 .group = GROUP_OUTPUT, .fallback = "compact",
	 .help = "compact, or json: an object a line"},
	SERVER_ROWS(AT(server)),
	SERVER_KUBE_ROWS(AT(server)),
	HELP_ROW,
	{.name = NULL},
};

struct watch {
	struct client client;
	struct ending ending;
	bool json, over;
	int code; /* enum exit_code */
};

/* "PEER_ADDED   127.0.0.1:4244 node-1 (TLS.ServerName: x)" */
static void put_peer(struct text *t, const struct answer_peer *p)
{
	static const char *const types[] = {"UNKNOWN", "PEER_ADDED", "PEER_DELETED",
					    "PEER_UPDATED"};
	const char *type = types[p->type < 4 ? p->type : 0];

	text_str(t, type);
	text_spaces(t, TYPE_WIDTH - strlen(type) + 1);
	text_escape(t, p->address, TEXT_MAX);
	text_char(t, ' ');
	text_escape(t, p->name, TEXT_MAX);
	if (*p->tls.server_name) {
		text_str(t, " (TLS.ServerName: ");
		text_escape(t, p->tls.server_name, TEXT_MAX);
		text_char(t, ')');
	}
}

static void stop(struct watch *w)
{
	w->over = true;
	uv_stop(&w->client.loop);
}

static void on_message(void *arg, const uint8_t *bytes, size_t n)
{
	struct watch *w = arg;
	struct answer_peer peer;
	struct answer a = {0};
	struct text t = {0};
	int err;

	if (w->over)
		return;
	if (w->json) {
		err = answer_json(&t, ANSWER_PEER, bytes, n);
	} else {
		err = answer_read(&a, ANSWER_PEER, bytes, n, &peer);
		if (!err)
			put_peer(&t, &peer);
	}
	text_char(&t, '\n');
	if (err)
		say(0, "a change could not be read, and is left out");
	else if (text_write(&t, STDOUT_FILENO))
		stop(w);
	text_free(&t);
	answer_free(&a);
}

static void on_done(void *arg, enum grpc_status status, const char *message)
{
	struct watch *w = arg;

	if (status == GRPC_UNAVAILABLE)
		w->code = say(EXIT_FAILED, "%s", message);
	else if (status != GRPC_OK)
		w->code = say(EXIT_FAILED, "%s: %s: %s", w->client.server.client.server.text,
			      grpc_status_name(status), message);
	stop(w);
}

int watch_run(char **args, void *options)
{
	struct list_options *o = options;
	struct watch w = {.json = o->watch_output};
	const struct grpc_stream_events ev = {.arg = &w, .message = on_message, .done = on_done};
	struct grpc_stream *stream;
	int ret;

	if (!args[0] || (strcmp(args[0], "peers") && strcmp(args[0], "peer")) || args[1])
		return say(EXIT_USAGE, "watch what? \"pitot watch\" takes \"peers\"");
	ret = client_open(&w.client, &o->server);
	if (ret)
		return ret;
	ending_start(&w.ending, &w.client.loop, 0);
	ret = grpc_call(w.client.grpc, "/peer.Peer/Notify", NULL, 0, NULL, 0, &ev, &stream);
	if (!ret)
		uv_run(&w.client.loop, UV_RUN_DEFAULT);
	w.over = true;
	ending_stop(&w.ending);
	client_close(&w.client);
	return ret ? say(EXIT_FAILED, "%s", strerror(-ret)) : w.code;
}
