// SPDX-License-Identifier: MIT
#include "export/api/agent_events.h"

#include <errno.h>
#include <stdlib.h>

/* flow.AgentEventType and the oneof's numbers */
enum { AGENT_STARTED = 2, ENDPOINT_CREATED = 7, ENDPOINT_DELETED = 8 };
enum { AGENT_START = 101, ENDPOINT_UPDATE = 104 };

#define NAME_MAX_BYTES 512

struct event {
	uint64_t time_ns;
	struct text response; /* observer.GetAgentEventsResponse */
};

struct agent_events {
	struct event ring[AGENT_EVENTS_MAX];
	uint64_t next; /* number of the event to come */
	struct call_node calls;
};

struct events_call {
	struct call_node node;
	struct api *api;
	struct grpc_call *call;
	uint64_t number, since_ns, until_ns;
	bool first, follow;
	uint64_t at, end, left;
	bool blocked, finished;
};

#define CALL_OF(n) ((struct events_call *)((char *)(n)-offsetof(struct events_call, node)))

/* ---------------------------------------------------------------- the events */

static uint64_t oldest(const struct agent_events *t)
{
	return t->next > AGENT_EVENTS_MAX ? t->next - AGENT_EVENTS_MAX : 0;
}

static bool in_time(const struct events_call *ec, const struct event *e)
{
	return e->time_ns >= ec->since_ns && (!ec->until_ns || e->time_ns <= ec->until_ns);
}

static void finish(struct events_call *ec, enum grpc_status status, const char *message)
{
	if (ec->finished)
		return;
	ec->finished = true;
	calls_remove(&ec->node);
	grpc_finish(ec->call, status, message);
}

/* 0, 1: no room, -EPIPE: the call is gone */
static int send_event(struct events_call *ec, const struct event *e)
{
	return grpc_send(ec->call, (const uint8_t *)e->response.data, e->response.len);
}

static void pump(struct events_call *ec)
{
	struct agent_events *t = ec->api->events;
	int ret = 0;

	if (ec->at < oldest(t))
		ec->at = oldest(t);
	while (!ret && ec->left && ec->at < t->next && ec->at < ec->end) {
		const struct event *e = &t->ring[ec->at++ % AGENT_EVENTS_MAX];

		if (!in_time(ec, e))
			continue;
		ec->left--;
		ret = send_event(ec, e);
	}
	ec->blocked = ret > 0;
	if (!ret && (!ec->left || ec->at >= ec->end))
		finish(ec, GRPC_OK, "");
}

static void pump_all(struct api *a)
{
	struct call_node *head = &a->events->calls;

	for (struct call_node *n = head->next, *next; n != head; n = next) {
		next = n->next;
		if (!CALL_OF(n)->blocked)
			pump(CALL_OF(n));
	}
}

/* A response begins; agent_event is its field 1. *ret_mark: for end_event(). */
static struct text *begin_event(struct api *a, size_t *ret_mark)
{
	struct event *e = &a->events->ring[a->events->next % AGENT_EVENTS_MAX];

	e->time_ns = api_wall_ns();
	e->response.len = 0;
	e->response.err = 0;
	*ret_mark = wire_open(&e->response, 1);
	return &e->response;
}

static void end_event(struct api *a, struct text *t, size_t mark)
{
	wire_close(t, mark);
	wire_str(t, 1000, a->node_key);
	wire_time(t, 1001, a->events->ring[a->events->next % AGENT_EVENTS_MAX].time_ns);
	if (t->err)
		return;
	a->events->next++;
	pump_all(a);
}

void agent_events_started(struct api *a)
{
	size_t event, start;
	struct text *t = begin_event(a, &event);

	wire_u64(t, 1, AGENT_STARTED);
	start = wire_open(t, AGENT_START);
	wire_time(t, 1, api_wall_ns());
	wire_close(t, start);
	end_event(a, t, event);
}

void agent_events_endpoint(struct api *a, const struct endpoint *e, bool created)
{
	size_t event, update;
	struct text *t = begin_event(a, &event);

	wire_u64(t, 1, created ? ENDPOINT_CREATED : ENDPOINT_DELETED);
	update = wire_open(t, ENDPOINT_UPDATE);
	wire_u64(t, 1, e->id);
	for (size_t i = 0; i < e->n_labels; i++)
		wire_untrusted_always(t, 2, e->labels[i], LABEL_MAX);
	wire_untrusted(t, 4, e->name, NAME_MAX_BYTES);
	wire_untrusted(t, 5, e->namespace_name, NAME_MAX_BYTES);
	wire_close(t, update);
	end_event(a, t, event);
}

/* ------------------------------------------------------------------- the call */

/* GetAgentEventsRequest: number 1, follow 2, since 7, until 8, first 9. 0 or -EBADMSG. */
static int read_request(struct events_call *ec, const uint8_t *bytes, size_t n)
{
	struct wire_reader r = wire_reader(bytes, n);
	struct wire_field f;

	while (wire_next(&r, &f)) {
		if (f.number == 1)
			ec->number = wire_as_u64(&f);
		else if (f.number == 2)
			ec->follow = wire_as_u64(&f);
		else if (f.number == 7 && f.type == WIRE_BYTES)
			ec->since_ns = wire_read_time(&f);
		else if (f.number == 8 && f.type == WIRE_BYTES)
			ec->until_ns = wire_read_time(&f);
		else if (f.number == 9)
			ec->first = wire_as_u64(&f);
	}
	return r.bad ? -EBADMSG : 0;
}

/* As GetFlows places its cursor. */
static void place(struct events_call *ec)
{
	const struct agent_events *t = ec->api->events;
	uint64_t want = ec->number, at = t->next;

	ec->end = ec->follow ? UINT64_MAX : t->next;
	ec->left = ec->number && !ec->follow ? ec->number : UINT64_MAX;
	ec->at = t->next;
	if (ec->follow && !ec->number && !ec->since_ns)
		return;
	ec->at = oldest(t);
	if (ec->first || !want || ec->since_ns)
		return;
	while (want && at > oldest(t))
		want -= in_time(ec, &t->ring[--at % AGENT_EVENTS_MAX]);
	ec->at = at;
}

static void on_get_agent_events(void *arg, struct grpc_call *c, const uint8_t *bytes, size_t n)
{
	struct api *a = arg;
	struct events_call *ec;

	if (!api_stream_begin(a, c))
		return;
	ec = calloc(1, sizeof(*ec));
	if (!ec || read_request(ec, bytes, n) || (ec->first && ec->follow)) {
		api_stream_end(a);
		grpc_finish(c, ec ? GRPC_INVALID_ARGUMENT : GRPC_RESOURCE_EXHAUSTED,
			    !ec		? "out of memory"
			    : ec->first ? "first cannot be specified with follow"
					: "the request is no observer.GetAgentEventsRequest");
		free(ec);
		return;
	}
	ec->api = a;
	ec->call = c;
	grpc_call_set(c, ec);
	calls_add(&a->events->calls, &ec->node);
	place(ec);
	pump(ec);
}

static void on_writable(void *arg, struct grpc_call *c)
{
	struct events_call *ec = grpc_call_get(c);

	(void)arg;
	if (ec && !ec->finished)
		pump(ec);
}

static void on_gone(void *arg, struct grpc_call *c)
{
	struct events_call *ec = grpc_call_get(c);

	if (!ec)
		return;
	calls_remove(&ec->node);
	api_stream_end(arg);
	free(ec);
}

static void on_get_debug_events(void *arg, struct grpc_call *c, const uint8_t *bytes, size_t n)
{
	(void)arg, (void)bytes, (void)n;
	grpc_finish(c, GRPC_UNIMPLEMENTED, "there are no debug events");
}

void agent_events_drain(struct api *a)
{
	struct call_node *head = &a->events->calls;

	for (struct call_node *n = head->next, *next; n != head; n = next) {
		next = n->next;
		finish(CALL_OF(n), GRPC_UNAVAILABLE, API_STOPPING);
	}
}

size_t agent_events_methods(struct api *a, struct grpc_method *m)
{
	(void)a;
	m[0] = (struct grpc_method){
		.path = "/observer.Observer/GetAgentEvents",
		.message = on_get_agent_events,
		.writable = on_writable,
		.gone = on_gone,
	};
	m[1] = (struct grpc_method){
		.path = "/observer.Observer/GetDebugEvents",
		.message = on_get_debug_events,
	};
	return 2;
}

int agent_events_new(struct api *a)
{
	a->events = calloc(1, sizeof(*a->events));
	if (!a->events)
		return -ENOMEM;
	calls_init(&a->events->calls);
	return 0;
}

void agent_events_free(struct api *a)
{
	for (size_t i = 0; a->events && i < AGENT_EVENTS_MAX; i++)
		text_free(&a->events->ring[i].response);
	free(a->events);
	a->events = NULL;
}
