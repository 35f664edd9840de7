// SPDX-License-Identifier: MIT
/* `pitot observe agent-events`: what happened to the agent, as a server tells it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/observe.h"
#include "cli/printer.h"
#include "export/answers.h"

#define DEFAULT_LAST 20
#define TEXT_MAX 1024

struct events {
	const struct observe_options *opt;
	struct printer *printer;
	struct server server;
	uv_loop_t loop;
	struct ending ending;
	bool over;
	int code; /* enum exit_code */
};

/* ------------------------------------------------------------------- lines */

static void put_labels(struct text *t, const struct answer_texts *labels)
{
	text_str(t, "labels: [");
	for (size_t i = 0; i < labels->n; i++) {
		text_str(t, i ? " " : "");
		text_escape(t, labels->v[i], TEXT_MAX);
	}
	text_char(t, ']');
}

static void put_member(struct text *t, const char *name, const char *value)
{
	if (!*value)
		return;
	text_str(t, name);
	text_escape(t, value, TEXT_MAX);
}

static void put_endpoint(struct text *t, const struct answer_agent_endpoint *e, bool labels)
{
	text_str(t, "id: ");
	text_u64(t, e->id);
	if (labels) {
		text_str(t, ", ");
		put_labels(t, &e->labels);
	}
	put_member(t, ", error: ", e->error);
	put_member(t, ", namespace: ", e->namespace_name);
	put_member(t, ", pod name: ", e->pod_name);
}

static void put_policy(struct text *t, const struct answer_agent_event *e)
{
	put_labels(t, &e->event.policy.labels);
	text_str(t, ", revision: ");
	text_u64(t, e->event.policy.revision);
	text_str(t, ", count: ");
	text_u64(t, e->event.policy.rule_count);
}

static void put_ipcache(struct text *t, const struct answer_agent_event *e)
{
	put_member(t, "cidr: ", e->event.ipcache.cidr);
	text_str(t, ", identity: ");
	text_u64(t, e->event.ipcache.identity);
	put_member(t, ", namespace: ", e->event.ipcache.namespace_name);
	put_member(t, ", pod name: ", e->event.ipcache.pod_name);
}

/* Types: AgentEventType of flow.proto. */
static void put_details(struct printer *p, const struct answer_agent_event *e)
{
	struct text *t = &p->out;

	switch (e->event.type) {
	case 2:
		text_str(t, "start time: ");
		printer_time(p, t, e->event.start.time_ns);
		break;
	case 3:
	case 4:
		put_policy(t, e);
		break;
	case 5:
	case 6:
		put_endpoint(t, &e->event.regeneration, true);
		break;
	case 7:
	case 8:
		put_endpoint(t, &e->event.endpoint, false);
		break;
	case 9:
	case 10:
		put_ipcache(t, e);
		break;
	default:
		text_str(t, "UNKNOWN");
	}
}

static void put_line(struct printer *p, const struct answer_agent_event *e)
{
	const char *name = answer_agent_event_name(e->event.type);
	struct text *t = &p->out;

	printer_time(p, t, e->time_ns);
	if (p->opt.print_node_name) {
		text_str(t, " [");
		text_escape(t, e->node_name, TEXT_MAX);
		text_char(t, ']');
	}
	text_str(t, ": ");
	text_str(t, name ? name : "UNKNOWN");
	text_str(t, " (");
	put_details(p, e);
	text_str(t, ")\n");
}

static void put_event(struct events *ev, const uint8_t *bytes, size_t n)
{
	const char *format = ev->opt->format->name;
	struct printer *p = ev->printer;
	struct answer_agent_event e;
	struct answer a = {0};
	int err;

	if (!strncmp(format, "json", 4)) {
		err = answer_json(&p->out, ANSWER_AGENT_EVENT, bytes, n);
		text_char(&p->out, '\n');
	} else {
		err = answer_read(&a, ANSWER_AGENT_EVENT, bytes, n, &e);
		if (!err)
			put_line(p, &e);
		answer_free(&a);
	}
	if (err)
		say(0, "an event could not be read, and is left out");
	if (text_write(&p->out, p->opt.fd)) {
		ev->over = true;
		uv_stop(&ev->loop);
	}
}

/* --------------------------------------------------------------------- run */

static void on_message(void *arg, const uint8_t *bytes, size_t n)
{
	struct events *ev = arg;

	if (!ev->over)
		put_event(ev, bytes, n);
}

static void on_done(void *arg, enum grpc_status status, const char *message)
{
	struct events *ev = arg;

	if (status != GRPC_OK)
		ev->code = status == GRPC_UNAVAILABLE
				   ? say(EXIT_FAILED, "%s", message)
				   : say(EXIT_FAILED, "%s: %s: %s", ev->server.client.server.text,
					 grpc_status_name(status), message);
	ev->over = true;
	uv_stop(&ev->loop);
}

static void put_request(struct text *t, const struct observe_options *opt)
{
	bool any = opt->first || opt->last || opt->all || opt->follow || opt->since_ns ||
		   opt->until_ns;
	uint64_t number = opt->first ? opt->first : opt->last;

	if (opt->all)
		number = UINT64_MAX;
	else if (!any)
		number = DEFAULT_LAST;
	request_events(t, number, opt->first > 0, opt->follow, opt->since_ns, opt->until_ns);
}

static int ask(struct events *ev, const char *path)
{
	const struct grpc_stream_events events = {
		.arg = ev, .message = on_message, .done = on_done};
	struct text request = {0};
	struct grpc_client *client;
	struct grpc_stream *stream;
	int err = grpc_client_new(&ev->loop, &ev->server.client, &client);

	if (err)
		return err;
	put_request(&request, ev->opt);
	ending_start(&ev->ending, &ev->loop, ev->opt->for_ns / 1000000);
	err = grpc_call(client, path, (const uint8_t *)request.data, request.len, NULL, 0, &events,
			&stream);
	if (!err)
		uv_run(&ev->loop, UV_RUN_DEFAULT);
	ev->over = true;
	ending_stop(&ev->ending);
	grpc_client_free(client);
	text_free(&request);
	return err;
}

int observe_events_run(const struct observe_options *opt, bool debug_events)
{
	struct events ev = {.opt = opt};
	char *why;
	int err;

	if (opt->format != &print_formats[0] && strncmp(opt->format->name, "json", 4))
		return say(EXIT_USAGE, "events are printed by \"-o compact\" and \"-o json\"");
	err = server_open(&opt->server, &ev.server, &why);

	if (err) {
		err = say(server_exit(err), "%s", why ? why : strerror(-err));
		free(why);
		return err;
	}
	uv_loop_init(&ev.loop);
	ev.printer = printer_new(sizeof(struct printer), &opt->print, NULL, NULL);
	err = !ev.printer ? -ENOMEM
			  : ask(&ev, debug_events ? "/observer.Observer/GetDebugEvents"
						  : "/observer.Observer/GetAgentEvents");
	while (uv_run(&ev.loop, UV_RUN_DEFAULT))
		;
	uv_loop_close(&ev.loop);
	server_release(&ev.server);
	if (ev.printer)
		ev.printer->sink.close(&ev.printer->sink);
	return err ? say(EXIT_FAILED, "%s", strerror(-err)) : ev.code;
}
