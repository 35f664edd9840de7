// SPDX-License-Identifier: MIT
#include "export/api/parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "export/api/agent_events.h"
#include "export/api/endpoints.h"
#include "export/api/peers.h"

#define TICK_MS 1000
#define OUT_KEEP (256u << 10) /* a larger answer's buffer is not kept */

static uint64_t clock_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

uint64_t api_mono_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

uint64_t api_wall_ns(void)
{
	return clock_ns(CLOCK_REALTIME);
}

/* ------------------------------------------------------------------- parts */

/* Forgets what is older than a minute. */
static void rate_move(struct flow_rate *r, uint64_t second)
{
	if (!r->first_second)
		r->first_second = r->second = second;
	if (second > r->second + RATE_SECONDS)
		r->second = second - RATE_SECONDS - 1;
	while (r->second < second)
		r->count[++r->second % (RATE_SECONDS + 1)] = 0;
}

void flow_rate_add(struct flow_rate *r, uint64_t now_ms, uint64_t n)
{
	rate_move(r, now_ms / 1000 + 1);
	r->count[r->second % (RATE_SECONDS + 1)] += n;
}

double flow_rate_per_second(struct flow_rate *r, uint64_t now_ms)
{
	double seconds;
	uint64_t sum = 0;

	rate_move(r, now_ms / 1000 + 1);
	for (int i = 0; i <= RATE_SECONDS; i++)
		sum += r->count[i];
	seconds = r->second - r->first_second + now_ms % 1000 / 1000.0;
	if (seconds > RATE_SECONDS)
		seconds = RATE_SECONDS;
	return seconds < 1 ? sum : sum / seconds;
}

static void name_node(struct api *a)
{
	const char *cluster = a->opt.cluster_name;
	bool shown = *cluster && strcmp(cluster, "default");

	snprintf(a->node_key, sizeof(a->node_key), "%s%s%s", shown ? cluster : "", shown ? "/" : "",
		 a->opt.node_name);
}

void api_reply(struct api *a, struct grpc_call *c)
{
	int err = a->out.err;

	if (!err)
		err = grpc_send(c, (const uint8_t *)a->out.data, a->out.len);
	grpc_finish(c, err < 0 ? GRPC_RESOURCE_EXHAUSTED : GRPC_OK, err < 0 ? "out of memory" : "");
	a->out.len = 0;
	a->out.err = 0;
	if (a->out.size > OUT_KEEP)
		text_free(&a->out);
}

bool api_stream_begin(struct api *a, struct grpc_call *c)
{
	if (a->draining) {
		grpc_finish(c, GRPC_UNAVAILABLE, API_STOPPING);
		return false;
	}
	if (a->streams >= STREAMS_MAX) {
		grpc_finish(c, GRPC_RESOURCE_EXHAUSTED, "too many streams are open");
		return false;
	}
	a->streams++;
	return true;
}

void api_stream_end(struct api *a)
{
	a->streams--;
}

/* ------------------------------------------------------------------ the whole */

static void on_tick(uv_timer_t *timer)
{
	struct api *a = timer->data;

	flows_tick(a);
	endpoints_tick(a);
}

void api_flow(struct api *a, const struct flow *f)
{
	history_append(a->opt.history, f);
	flow_rate_add(&a->rate, uv_now(a->opt.loop), 1);
	endpoints_flow(a, f);
}

void api_batch_end(struct api *a)
{
	flows_wake(a);
}

void api_lost(struct api *a, const struct lost_events *l)
{
	flows_lost(a, l);
}

void api_drain(struct api *a)
{
	if (a->draining)
		return;
	a->draining = true;
	health_drain(a);
	flows_drain(a);
	agent_events_drain(a);
	peers_drain(a);
}

uint32_t api_followers(const struct api *a)
{
	return a->followers;
}

static void list_methods(struct api *a)
{
	static size_t (*const files[])(struct api * a, struct grpc_method * m) = {
		flows_methods,	nodes_methods,	    agent_events_methods, peers_methods,
		health_methods, reflection_methods, agent_methods,
	};
	size_t n = 0;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		n += files[i](a, a->methods + n);
	for (size_t i = 0; i < n; i++)
		a->methods[i].arg = a;
}

const struct grpc_method *api_methods(struct api *a)
{
	return a->methods;
}

int api_new(const struct api_options *opt, struct api **ret_api)
{
	struct api *a = calloc(1, sizeof(*a));
	int err = a ? 0 : -ENOMEM;

	if (err)
		return err;
	a->opt = *opt;
	name_node(a);
	a->start_ns = api_mono_ns();
	calls_init(&a->flows);
	calls_init(&a->ready);
	calls_init(&a->waiting);
	calls_init(&a->health_watchers);
	flow_rate_add(&a->rate, uv_now(opt->loop), 0);
	err = endpoints_new(a);
	if (!err)
		err = agent_events_new(a);
	if (!err)
		err = peers_new(a);
	if (err) {
		peers_free(a);
		agent_events_free(a);
		endpoints_free(a);
		free(a);
		return err;
	}
	uv_idle_init(opt->loop, &a->idle);
	a->idle.data = a;
	uv_timer_init(opt->loop, &a->timer);
	a->timer.data = a;
	uv_timer_start(&a->timer, on_tick, TICK_MS, TICK_MS);
	list_methods(a);
	agent_events_started(a);
	*ret_api = a;
	return 0;
}

/* Both handles are inside: the memory goes when the second is closed. */
static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void on_idle_closed(uv_handle_t *handle)
{
	struct api *a = handle->data;

	uv_close((uv_handle_t *)&a->timer, on_closed);
}

void api_free(struct api *a)
{
	if (!a)
		return;
	peers_free(a);
	agent_events_free(a);
	endpoints_free(a);
	text_free(&a->out);
	uv_timer_stop(&a->timer);
	uv_close((uv_handle_t *)&a->idle, on_idle_closed);
}
