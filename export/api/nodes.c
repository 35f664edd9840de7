// SPDX-License-Identifier: MIT
/* observer.Observer: ServerStatus, GetNodes, GetNamespaces. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

#include "export/api/endpoints.h"
#include "export/api/parts.h"
#include "export/api/peers.h"

#define FLOW_BYTES 1024 /* until flows tell how large they are */
#define NODE_CONNECTED_NUMBER 1 /* relay.NodeState */

/*
 * How many flows would fill the history: bytes are what bounds it. What flows share
 * (names, processes) grows slower than their number, so this errs low.
 */
static uint64_t max_flows(const struct history_stats *s)
{
	uint64_t max;

	if (s->evicted && s->flows)
		return s->flows;
	max = s->flows < 64 ? s->max_bytes / FLOW_BYTES
			    : (uint64_t)((double)s->flows * s->max_bytes / s->bytes);
	return max > s->flows ? max : s->flows;
}

static const char *version(const struct api *a, char *buf, size_t size)
{
	snprintf(buf, size, "pitot %s", a->opt.version);
	return buf;
}

static void wire_double(struct text *t, uint32_t number, double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof(bits));
	wire_fixed64(t, number, bits);
}

static void on_server_status(void *arg, struct grpc_call *c, const uint8_t *bytes, size_t n)
{
	struct api *a = arg;
	struct history_stats s;
	char buf[128];

	(void)bytes, (void)n;
	history_stats(a->opt.history, &s);
	wire_u64(&a->out, 1, s.flows);
	wire_u64(&a->out, 2, max_flows(&s));
	wire_u64(&a->out, 3, s.seen);
	wire_u64(&a->out, 4, api_mono_ns() - a->start_ns);
	wire_str(&a->out, 8, version(a, buf, sizeof(buf)));
	wire_double(&a->out, 9, flow_rate_per_second(&a->rate, uv_now(a->opt.loop)));
	api_reply(a, c);
}

static void write_tls(struct text *t, const char *server_name)
{
	size_t tls = wire_open(t, 5);

	wire_u64(t, 1, server_name != NULL);
	if (server_name)
		wire_untrusted(t, 2, server_name, 512);
	wire_close(t, tls);
}

static void write_own_node(struct api *a, const struct api_peer *self)
{
	struct text *t = &a->out;
	struct history_stats s;
	char buf[128];
	size_t node;

	history_stats(a->opt.history, &s);
	node = wire_open(t, 1);
	wire_untrusted(t, 1, a->node_key, sizeof(a->node_key));
	wire_str(t, 2, version(a, buf, sizeof(buf)));
	if (self)
		wire_untrusted(t, 3, self->address, 512);
	wire_u64(t, 4, NODE_CONNECTED_NUMBER);
	write_tls(t, self ? self->tls_server_name : NULL);
	wire_u64(t, 6, api_mono_ns() - a->start_ns);
	wire_u64(t, 7, s.flows);
	wire_u64(t, 8, max_flows(&s));
	wire_u64(t, 9, s.seen);
	wire_close(t, node);
}

/* Of the others only where they are is known: nobody has asked them. */
static void write_peer(struct text *t, const struct api_peer *p)
{
	size_t node = wire_open(t, 1);

	wire_untrusted(t, 1, p->name, 512);
	wire_untrusted(t, 3, p->address, 512);
	write_tls(t, p->tls_server_name);
	wire_close(t, node);
}

static void on_get_nodes(void *arg, struct grpc_call *c, const uint8_t *bytes, size_t n)
{
	const struct api_peer *peers, *self = NULL;
	struct api *a = arg;
	size_t n_peers = peers_list(a, &peers);

	(void)bytes, (void)n;
	for (size_t i = 0; i < n_peers; i++)
		if (!strcmp(peers[i].name, a->node_key))
			self = &peers[i];
	write_own_node(a, self);
	for (size_t i = 0; i < n_peers; i++)
		if (&peers[i] != self)
			write_peer(&a->out, &peers[i]);
	api_reply(a, c);
}

static void on_get_namespaces(void *arg, struct grpc_call *c, const uint8_t *bytes, size_t n)
{
	struct namespace_seen *rows = NULL;
	struct api *a = arg;
	ssize_t n_rows = endpoints_namespaces(a, &rows);

	(void)bytes, (void)n;
	if (n_rows < 0) {
		grpc_finish(c, GRPC_RESOURCE_EXHAUSTED, "out of memory");
		return;
	}
	for (ssize_t i = 0; i < n_rows; i++) {
		size_t row = wire_open(&a->out, 1);

		wire_untrusted(&a->out, 1, rows[i].cluster, sizeof(rows[i].cluster));
		wire_untrusted(&a->out, 2, rows[i].name, sizeof(rows[i].name));
		wire_close(&a->out, row);
	}
	free(rows);
	api_reply(a, c);
}

size_t nodes_methods(struct api *a, struct grpc_method *m)
{
	(void)a;
	m[0] = (struct grpc_method){.path = "/observer.Observer/ServerStatus",
				    .message = on_server_status};
	m[1] = (struct grpc_method){.path = "/observer.Observer/GetNodes", .message = on_get_nodes};
	m[2] = (struct grpc_method){.path = "/observer.Observer/GetNamespaces",
				    .message = on_get_namespaces};
	return 3;
}
