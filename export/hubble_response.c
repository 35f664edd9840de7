// SPDX-License-Identifier: MIT
/* observer.GetFlowsResponse: a flow, or what else a stream of them tells. */
#include "export/flow_facts.h"
#include "export/hubble.h"
#include "export/wire.h"

enum {
	RESPONSE_FLOW = 1,
	RESPONSE_NODE_STATUS = 2,
	RESPONSE_LOST = 3,
	RESPONSE_NODE_NAME = 1000,
	RESPONSE_TIME = 1001,
};

/* flow.LostEventSource */
static const char *const lost_sources[] = {
	NULL,
	"PERF_EVENT_RING_BUFFER",
	"OBSERVER_EVENTS_QUEUE",
	"HUBBLE_RING_BUFFER",
};

static void put_origin(struct text *t, const char *node_name, uint64_t time_ns)
{
	wire_untrusted(t, RESPONSE_NODE_NAME, node_name, NODE_NAME_MAX);
	wire_time(t, RESPONSE_TIME, time_ns);
}

void hubble_write_response(struct text *wire, const struct flow *f,
			   const struct hubble_options *opt)
{
	const struct hubble *h = f->hubble;
	size_t mark = wire_open(wire, RESPONSE_FLOW);

	hubble_write_flow(wire, f, opt);
	wire_close(wire, mark);
	if (h && !h->own && h->response_node)
		put_origin(wire, h->response_node, h->response_time_ns);
	else
		put_origin(wire, flow_node_name(f, opt->node_name), f->time_ns);
}

static void put_cpu(struct text *t, int cpu)
{
	size_t mark;

	if (cpu < 0)
		return;
	mark = wire_open(t, 3);
	wire_u64(t, 1, cpu);
	wire_close(t, mark);
}

void hubble_write_lost(struct text *wire, const struct lost_events *l, const char *node_name)
{
	size_t mark = wire_open(wire, RESPONSE_LOST);

	for (unsigned int i = 1; i < sizeof(lost_sources) / sizeof(lost_sources[0]); i++)
		if (!strcmp(l->source, lost_sources[i]))
			wire_u64(wire, 1, i);
	wire_u64(wire, 2, l->count);
	put_cpu(wire, l->cpu);
	wire_time(wire, 4, l->first_ns);
	wire_time(wire, 5, l->last_ns);
	wire_close(wire, mark);
	put_origin(wire, l->node_name ? l->node_name : node_name, l->time_ns);
}

void hubble_write_node_status(struct text *wire, const struct node_status *s)
{
	size_t mark = wire_open(wire, RESPONSE_NODE_STATUS);

	wire_u64(wire, 1, s->state);
	for (size_t i = 0; i < s->n_nodes; i++)
		wire_untrusted_always(wire, 2, s->nodes[i], NODE_NAME_MAX);
	wire_untrusted(wire, 3, s->message, SYMBOL_MAX * 16);
	wire_close(wire, mark);
	put_origin(wire, s->node_name, s->time_ns);
}
