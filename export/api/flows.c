// SPDX-License-Identifier: MIT
/*
 * observer.Observer/GetFlows. Each call is a cursor in the history that is pulled as its
 * client takes what it is sent, a slice at a time: a call holds no flow, and none holds
 * up the loop. A call is ready, waiting (it follows, and is at the newest flow), or
 * blocked (its client is slower), then in no list but api's `flows`.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "export/api/flows_request.h"
#include "export/api/parts.h"
#include "export/hubble.h"
#include "flows/regex.h"

#define SLICE_NS 1000000ull /* of one call */
#define TURN_NS 4000000ull /* of all, then the loop's other work */
#define LOOK_AT_CLOCK 32 /* flows */
#define REGEXES_BYTES (32u << 20) /* of all calls; a short request may make a large one */
#define DRAIN_NS 500000000ull /* at the end, for all that follow */
#define METADATA_EXTENSIONS "pitot-extensions"

/* What a client did not get. Told at most once a second: first and last are those of all. */
struct loss {
	const char *source;
	uint64_t count, first_ns, last_ns;
	uint64_t told_ns; /* CLOCK_MONOTONIC */
};

enum { LOST_HERE, LOST_AT_CAPTURE, LOSSES };

struct flows_call {
	struct call_node all, state; /* state: in ready or waiting */
	struct api *api;
	struct grpc_call *call;
	struct flows_request request;
	struct hubble_options options;
	struct history_cursor cursor;
	struct history_cursor seek; /* going backwards, while it looks for where to begin */
	bool seeking, finished; /* finished: gone() is still to come */
	uint64_t seek_left; /* matches to be found */
	uint64_t left; /* flows to be sent */
	uint64_t end; /* number of the first flow that is not looked at any more */
	uint64_t last_read_ns; /* wall clock, of the flow before */
	struct loss losses[LOSSES];
};

enum step {
	STEP_AGAIN, /* there is more */
	STEP_BLOCKED,
	STEP_WAIT, /* at the newest flow, and it follows */
	STEP_DONE,
	STEP_GONE, /* the call is no more */
};

static struct flows_call *of_node(struct call_node *n, size_t offset)
{
	return (struct flows_call *)((char *)n - offset);
}

#define CALL_OF_STATE(n) of_node(n, offsetof(struct flows_call, state))
#define CALL_OF_ALL(n) of_node(n, offsetof(struct flows_call, all))

/* ------------------------------------------------------------------- sending */

/* Sends what is in the API's text. */
static enum step send_out(struct flows_call *fc)
{
	struct text *out = &fc->api->out;
	int ret = out->err;

	if (!ret)
		ret = grpc_send(fc->call, (const uint8_t *)out->data, out->len);
	out->len = 0;
	out->err = 0;
	return ret < 0 ? STEP_GONE : ret ? STEP_BLOCKED : STEP_AGAIN;
}

static enum step tell_loss(struct flows_call *fc, struct loss *l, uint64_t now_ns)
{
	const struct lost_events lost = {
		.time_ns = api_wall_ns(),
		.source = l->source,
		.count = l->count,
		.cpu = -1,
		.first_ns = l->first_ns,
		.last_ns = l->last_ns,
	};

	hubble_write_lost(&fc->api->out, &lost, fc->options.node_name);
	*l = (struct loss){.source = l->source, .told_ns = now_ns};
	return send_out(fc);
}

/* force: the stream ends, nothing may be left untold. */
static enum step tell_losses(struct flows_call *fc, bool force)
{
	enum step step = STEP_AGAIN;

	for (int i = 0; i < LOSSES && step != STEP_GONE; i++) {
		struct loss *l = &fc->losses[i];
		uint64_t now_ns;

		if (!l->count)
			continue;
		now_ns = api_mono_ns();
		if (force || !l->told_ns || now_ns - l->told_ns >= NS_PER_S)
			step = tell_loss(fc, l, now_ns);
	}
	return step;
}

static void note_loss(struct loss *l, uint64_t count, uint64_t first_ns, uint64_t last_ns)
{
	if (!l->count)
		l->first_ns = first_ns;
	l->count += count;
	l->last_ns = last_ns;
}

/* ------------------------------------------------------------------ reading */

static bool in_time(const struct flows_request *r, const struct flow *f)
{
	return f->time_ns >= r->since_ns && (!r->until_ns || f->time_ns <= r->until_ns);
}

/* One flow back. Found, or at the oldest: the reading begins there. */
static void seek_step(struct flows_call *fc)
{
	const struct flow *f = history_previous(fc->api->opt.history, &fc->seek);

	if (f && in_time(&fc->request, f) && flows_request_pass(&fc->request, f)) {
		fc->cursor = fc->seek;
		fc->seek_left--;
	}
	fc->seeking = f && fc->seek_left;
}

/* Of those who follow, a flow after `until` ends it; else it may be one that came late. */
static bool over(const struct flows_call *fc, const struct flow *f)
{
	const struct flows_request *r = &fc->request;

	return r->follow && r->until_ns && f->time_ns > r->until_ns;
}

/* The flow at the cursor; NULL at the end. What has gone meanwhile is told before it. */
static const struct flow *next_flow(struct flows_call *fc, enum step *ret_step)
{
	const struct flow *f;
	uint64_t lost;

	*ret_step = STEP_AGAIN;
	f = history_next(fc->api->opt.history, &fc->cursor, &lost);
	if (f && fc->cursor.next > fc->end) { /* evicted beyond what was asked for */
		lost -= fc->cursor.next - 1 - fc->end;
		f = NULL;
	}
	if (lost) {
		note_loss(&fc->losses[LOST_HERE], lost, fc->last_read_ns, f ? f->time_ns : 0);
		*ret_step = tell_losses(fc, false);
	}
	if (f)
		fc->last_read_ns = f->time_ns;
	return f;
}

static enum step read_step(struct flows_call *fc)
{
	const struct flow *f;
	enum step step;

	if (!fc->left || fc->cursor.next >= fc->end)
		return STEP_DONE;
	f = next_flow(fc, &step);
	if (step == STEP_GONE)
		return step;
	if (!f)
		return fc->request.follow ? STEP_WAIT : STEP_DONE;
	if (over(fc, f))
		return STEP_DONE;
	if (!in_time(&fc->request, f) || !flows_request_pass(&fc->request, f))
		return step;
	hubble_write_response(&fc->api->out, f, &fc->options);
	if (!fc->request.follow)
		fc->left--;
	return send_out(fc);
}

/* The kernel's tick: it costs next to nothing, and is some ms wide. */
static uint64_t tick_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

/*
 * Goes on until it cannot, or its time is over: STEP_AGAIN. A filter may work on one flow
 * for as long as on many thousands of others: the tick is looked at after each.
 */
static enum step slice(struct flows_call *fc)
{
	uint64_t until_ns = api_mono_ns() + SLICE_NS, tick = tick_ns();
	enum step step = tell_losses(fc, false);

	for (unsigned int i = 1; step == STEP_AGAIN; i++) {
		if (fc->seeking)
			seek_step(fc);
		else
			step = read_step(fc);
		if (tick_ns() != tick || (i % LOOK_AT_CLOCK == 0 && api_mono_ns() >= until_ns))
			break;
	}
	return step;
}

/* ------------------------------------------------------------- whose turn it is */

static void on_idle(uv_idle_t *idle);

static void make_ready(struct flows_call *fc)
{
	struct api *a = fc->api;

	calls_add(&a->ready, &fc->state);
	uv_idle_start(&a->idle, on_idle);
}

static void finish(struct flows_call *fc, enum grpc_status status, const char *message)
{
	if (fc->finished)
		return;
	fc->finished = true;
	if (tell_losses(fc, true) != STEP_GONE)
		grpc_finish(fc->call, status, message);
}

static void run(struct flows_call *fc)
{
	struct api *a = fc->api;
	enum step step;

	calls_remove(&fc->state);
	step = slice(fc);
	if (step == STEP_AGAIN)
		make_ready(fc);
	else if (step == STEP_WAIT)
		calls_add(&a->waiting, &fc->state);
	else if (step == STEP_DONE)
		finish(fc, GRPC_OK, "");
}

static void on_idle(uv_idle_t *idle)
{
	struct api *a = idle->data;
	uint64_t until_ns = api_mono_ns() + TURN_NS;

	while (a->ready.next != &a->ready && api_mono_ns() < until_ns)
		run(CALL_OF_STATE(a->ready.next));
	if (a->ready.next == &a->ready)
		uv_idle_stop(idle);
}

void flows_wake(struct api *a)
{
	while (a->waiting.next != &a->waiting)
		make_ready(CALL_OF_STATE(a->waiting.next));
}

void flows_lost(struct api *a, const struct lost_events *l)
{
	for (struct call_node *n = a->flows.next; n != &a->flows; n = n->next) {
		struct flows_call *fc = CALL_OF_ALL(n);

		if (!fc->request.follow)
			continue;
		note_loss(&fc->losses[LOST_AT_CAPTURE], l->count, l->first_ns, l->last_ns);
	}
	flows_wake(a);
}

/* A loss that was held back because another had just been told. */
void flows_tick(struct api *a)
{
	for (struct call_node *n = a->waiting.next, *next; n != &a->waiting; n = next) {
		struct flows_call *fc = CALL_OF_STATE(n);

		next = n->next;
		if (fc->losses[LOST_HERE].count || fc->losses[LOST_AT_CAPTURE].count)
			make_ready(fc);
	}
}

/* What the client has no room for, or no time is left for, is told as lost. */
static void note_unread(struct flows_call *fc)
{
	struct history_cursor newest;

	history_seek_end(fc->api->opt.history, &newest);
	if (!fc->seeking && fc->cursor.next < newest.next)
		note_loss(&fc->losses[LOST_HERE], newest.next - fc->cursor.next, fc->last_read_ns,
			  0);
}

/* What is there already is for the client, as far as it has room for it. */
void flows_drain(struct api *a)
{
	uint64_t until_ns = api_mono_ns() + DRAIN_NS;

	for (struct call_node *n = a->flows.next, *next; n != &a->flows; n = next) {
		struct flows_call *fc = CALL_OF_ALL(n);

		enum step step = fc->state.prev ? STEP_AGAIN : STEP_BLOCKED;

		next = n->next;
		if (!fc->request.follow || fc->finished)
			continue;
		calls_remove(&fc->state);
		while (step == STEP_AGAIN && api_mono_ns() < until_ns)
			step = slice(fc);
		if (step == STEP_AGAIN || step == STEP_BLOCKED)
			note_unread(fc);
		if (step != STEP_GONE)
			finish(fc, GRPC_UNAVAILABLE, API_STOPPING);
	}
}

/* ------------------------------------------------------------------- the call */

/* Hubble's rules; see man/pitot-api.7. */
static void place_cursor(struct flows_call *fc)
{
	const struct flows_request *r = &fc->request;
	struct history *h = fc->api->opt.history;
	struct history_cursor newest;

	history_seek_end(h, &newest);
	fc->end = r->follow ? UINT64_MAX : newest.next;
	fc->left = r->number && !r->follow ? r->number : UINT64_MAX;
	fc->cursor = fc->seek = newest;
	if (r->follow && !r->number && !r->since_ns)
		return;
	fc->seek_left = r->number;
	fc->seeking = r->number && r->number != UINT64_MAX && !r->first && !r->since_ns;
	if (!fc->seeking)
		history_seek_oldest(h, &fc->cursor);
}

static struct flows_call *call_new(struct api *a, struct grpc_call *c)
{
	struct flows_call *fc = calloc(1, sizeof(*fc));
	const char *extensions = grpc_call_metadata(c, METADATA_EXTENSIONS);

	if (!fc)
		return NULL;
	fc->api = a;
	fc->call = c;
	fc->options.extensions =
		extensions && !strcmp(extensions, "v1") ? EXTENSIONS_PITOT : EXTENSIONS_STRUCT;
	fc->options.node_name = a->node_key;
	fc->losses[LOST_HERE].source = "HUBBLE_RING_BUFFER";
	fc->losses[LOST_AT_CAPTURE].source = "PERF_EVENT_RING_BUFFER";
	fc->last_read_ns = api_wall_ns();
	return fc;
}

static void call_free(struct flows_call *fc)
{
	flows_request_clear(&fc->request);
	free(fc);
}

static void on_get_flows(void *arg, struct grpc_call *c, const uint8_t *bytes, size_t n)
{
	struct api *a = arg;
	struct flows_call *fc;
	enum grpc_status status;
	char err[512];

	if (n > REQUEST_MAX) {
		grpc_finish(c, GRPC_RESOURCE_EXHAUSTED, "the request is larger than 256 KiB");
		return;
	}
	if (!api_stream_begin(a, c))
		return;
	fc = call_new(a, c);
	if (!fc) {
		api_stream_end(a);
		grpc_finish(c, GRPC_RESOURCE_EXHAUSTED, "out of memory");
		return;
	}
	status = flows_request_read(&fc->request, bytes, n, a->opt.cluster_name, a->opt.node_name,
				    err, sizeof(err));
	if (status == GRPC_OK && regex_bytes() > REGEXES_BYTES) {
		status = GRPC_RESOURCE_EXHAUSTED;
		snprintf(err, sizeof(err), "the regular expressions of all who ask take too much");
	}
	if (status != GRPC_OK) {
		call_free(fc);
		api_stream_end(a);
		grpc_finish(c, status, err);
		return;
	}
	fc->options.mask = fc->request.mask;
	a->followers += fc->request.follow;
	grpc_call_set(c, fc);
	calls_add(&a->flows, &fc->all);
	place_cursor(fc);
	make_ready(fc);
}

static void on_writable(void *arg, struct grpc_call *c)
{
	struct flows_call *fc = grpc_call_get(c);

	(void)arg;
	if (fc && !fc->finished)
		make_ready(fc);
}

static void on_gone(void *arg, struct grpc_call *c)
{
	struct flows_call *fc = grpc_call_get(c);
	struct api *a = arg;

	if (!fc)
		return;
	calls_remove(&fc->all);
	calls_remove(&fc->state);
	a->followers -= fc->request.follow;
	api_stream_end(a);
	call_free(fc);
}

size_t flows_methods(struct api *a, struct grpc_method *m)
{
	(void)a;
	m[0] = (struct grpc_method){
		.path = "/observer.Observer/GetFlows",
		.message = on_get_flows,
		.writable = on_writable,
		.gone = on_gone,
	};
	return 1;
}
