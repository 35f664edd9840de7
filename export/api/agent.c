// SPDX-License-Identifier: MIT
/* pitot.v1.Agent: how the agent is, what it sees. */
#include "export/api/endpoints.h"
#include "export/api/parts.h"

#define TEXT_MAX_BYTES 1024
#define ANSWER_MAX (GRPC_MESSAGE_MAX - (256u << 10))

/* ------------------------------------------------------------------- Status */

static void write_history(struct text *t, const struct history_stats *s)
{
	size_t history = wire_open(t, 5);

	wire_u64(t, 1, s->flows);
	wire_u64(t, 2, s->bytes);
	wire_u64(t, 3, s->max_bytes);
	wire_u64(t, 4, s->seen);
	wire_u64(t, 5, s->evicted);
	wire_time(t, 6, s->oldest_ns);
	wire_time(t, 7, s->newest_ns);
	wire_close(t, history);
}

static void write_loss(struct text *t, const struct api_loss *l)
{
	size_t loss = wire_open(t, 6);

	wire_untrusted(t, 1, l->name, TEXT_MAX_BYTES);
	wire_u64(t, 2, l->count);
	wire_close(t, loss);
}

static void write_names_row(struct text *t, const struct names_row *r)
{
	size_t row = wire_open(t, 7);

	wire_untrusted(t, 1, r->what, TEXT_MAX_BYTES);
	wire_str(t, 2, r->failed ? "failed" : r->none ? "none" : "ok");
	wire_untrusted(t, 3, r->state, TEXT_MAX_BYTES);
	wire_u64(t, 4, r->entries);
	wire_u64(t, 5, r->max);
	wire_u64(t, 6, r->evicted);
	wire_u64(t, 7, r->age_ns);
	wire_u64(t, 8, !r->failed);
	wire_close(t, row);
}

static void write_program(struct text *t, const struct api_program *p)
{
	size_t program = wire_open(t, 8);

	wire_untrusted(t, 1, p->name, TEXT_MAX_BYTES);
	wire_u64(t, 2, p->id);
	wire_u64(t, 3, p->runs);
	wire_u64(t, 4, p->run_ns);
	wire_close(t, program);
}

static void write_exporter(struct text *t, const struct exporter_status *e)
{
	size_t exporter = wire_open(t, 15);

	wire_untrusted(t, 1, e->name, TEXT_MAX_BYTES);
	wire_untrusted(t, 2, e->target, TEXT_MAX_BYTES);
	wire_u64(t, 3, e->up);
	wire_u64(t, 4, e->flows);
	wire_u64(t, 5, e->bytes);
	wire_u64(t, 6, e->lost);
	wire_untrusted(t, 7, e->error, TEXT_MAX_BYTES);
	wire_close(t, exporter);
}

static void write_lists(struct text *t, const struct api_status *s)
{
	for (size_t i = 0; i < s->n_losses; i++)
		write_loss(t, &s->losses[i]);
	for (size_t i = 0; i < s->n_names; i++)
		write_names_row(t, &s->names[i]);
	for (size_t i = 0; i < s->n_programs; i++)
		write_program(t, &s->programs[i]);
	for (size_t i = 0; i < s->n_exporters; i++)
		write_exporter(t, &s->exporters[i]);
	for (size_t i = 0; i < s->n_notices; i++)
		wire_untrusted_always(t, 16, s->notices[i], TEXT_MAX_BYTES);
}

static void on_status(void *arg, struct grpc_call *c, const uint8_t *bytes, size_t n)
{
	struct api *a = arg;
	struct text *t = &a->out;
	struct api_status s = {0};
	struct history_stats history;

	(void)bytes, (void)n;
	if (a->opt.agent.status)
		a->opt.agent.status(a->opt.agent.arg, &s);
	history_stats(a->opt.history, &history);
	wire_str(t, 1, a->opt.version);
	wire_untrusted(t, 2, a->opt.node_name, TEXT_MAX_BYTES);
	wire_untrusted(t, 3, a->opt.cluster_name, TEXT_MAX_BYTES);
	wire_u64(t, 4, api_mono_ns() - a->start_ns);
	write_history(t, &history);
	wire_u64(t, 9, s.resident_bytes);
	wire_u64(t, 10, s.cpu_ns);
	wire_u64(t, 11, s.kernel_map_bytes);
	wire_u64(t, 12, s.capture.active);
	wire_u64(t, 13, s.clients);
	wire_u64(t, 14, a->followers);
	write_lists(t, &s);
	wire_u64(t, 18, s.capture.events);
	wire_u64(t, 19, s.capture.drops);
	api_reply(a, c);
}

/* -------------------------------------------------------------------- lists */

static void write_endpoint(void *arg, const struct endpoint_seen *seen)
{
	const struct endpoint *e = seen->endpoint;
	struct text *t = arg;
	size_t row;

	if (t->len > ANSWER_MAX) /* clients take 4 MiB; what is left out was seen longest ago */
		return;
	row = wire_open(t, 1);
	wire_u64(t, 1, e->kind);
	wire_u64(t, 2, e->id);
	wire_u64(t, 3, e->identity);
	wire_untrusted(t, 4, e->cluster, TEXT_MAX_BYTES);
	wire_untrusted(t, 5, e->namespace_name, TEXT_MAX_BYTES);
	wire_untrusted(t, 6, e->kind == ENDPOINT_NODE && !*e->name ? e->node : e->name,
		       TEXT_MAX_BYTES);
	wire_untrusted(t, 7, e->workload, TEXT_MAX_BYTES);
	wire_untrusted(t, 8, e->workload_kind, TEXT_MAX_BYTES);
	wire_untrusted(t, 9, e->node, TEXT_MAX_BYTES);
	wire_untrusted(t, 10, e->container, TEXT_MAX_BYTES);
	wire_untrusted(t, 11, e->image, TEXT_MAX_BYTES);
	for (size_t i = 0; i < e->n_labels; i++)
		wire_untrusted_always(t, 12, e->labels[i], LABEL_MAX);
	wire_time(t, 13, seen->last_ns);
	wire_u64(t, 14, seen->flows);
	wire_close(t, row);
}

static void on_endpoints(void *arg, struct grpc_call *c, const uint8_t *bytes, size_t n)
{
	struct api *a = arg;

	(void)bytes, (void)n;
	endpoints_each(a, &a->out, write_endpoint);
	api_reply(a, c);
}

static void write_interface(void *to, const struct api_interface *i)
{
	struct text *t = to;
	size_t row = wire_open(t, 1);

	wire_u64(t, 1, i->index);
	wire_untrusted(t, 2, i->name, TEXT_MAX_BYTES);
	wire_untrusted(t, 3, i->kind, TEXT_MAX_BYTES);
	wire_u64(t, 4, i->watched);
	wire_untrusted(t, 5, i->how, TEXT_MAX_BYTES);
	wire_close(t, row);
}

static void on_interfaces(void *arg, struct grpc_call *c, const uint8_t *bytes, size_t n)
{
	struct api *a = arg;

	(void)bytes, (void)n;
	if (a->opt.agent.interfaces)
		a->opt.agent.interfaces(a->opt.agent.arg, &a->out, write_interface);
	api_reply(a, c);
}

size_t agent_methods(struct api *a, struct grpc_method *m)
{
	(void)a;
	m[0] = (struct grpc_method){.path = "/pitot.v1.Agent/Status", .message = on_status};
	m[1] = (struct grpc_method){.path = "/pitot.v1.Agent/ListEndpoints",
				    .message = on_endpoints};
	m[2] = (struct grpc_method){.path = "/pitot.v1.Agent/ListInterfaces",
				    .message = on_interfaces};
	return 3;
}
