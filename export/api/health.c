// SPDX-License-Identifier: MIT
/* grpc.health.v1.Health (grpc/doc/health-checking.md). */
#include <stdlib.h>

#include "export/api/parts.h"

enum { SERVING = 1, NOT_SERVING = 2, SERVICE_UNKNOWN = 3 };

/* The stock client of Hubble asks for the first, and never for the service's own name. */
static const char *const services[] = {"hubble.server.Observer", "observer.Observer", ""};

struct health_call {
	struct call_node node;
	struct grpc_call *call;
	bool unknown; /* no such service */
};

#define CALL_OF(n) ((struct health_call *)((char *)(n)-offsetof(struct health_call, node)))

/* HealthCheckRequest: service = 1 */
static bool known(const uint8_t *bytes, size_t n)
{
	struct wire_reader r = wire_reader(bytes, n);
	struct wire_field f, service = {.data = bytes};

	while (wire_next(&r, &f))
		if (f.number == 1 && f.type == WIRE_BYTES)
			service = f;
	for (size_t i = 0; !r.bad && i < sizeof(services) / sizeof(services[0]); i++)
		if (service.n == strlen(services[i]) &&
		    !memcmp(services[i], service.n ? (const char *)service.data : "", service.n))
			return true;
	return false;
}

static unsigned int status_of(const struct api *a, bool unknown)
{
	return unknown ? SERVICE_UNKNOWN : a->draining ? NOT_SERVING : SERVING;
}

static void on_check(void *arg, struct grpc_call *c, const uint8_t *bytes, size_t n)
{
	struct api *a = arg;

	if (!known(bytes, n)) {
		grpc_finish(c, GRPC_NOT_FOUND, "unknown service");
		return;
	}
	wire_u64(&a->out, 1, status_of(a, false));
	api_reply(a, c);
}

/* Twice at most, so there is always room. */
static void tell(struct api *a, const struct health_call *hc)
{
	wire_u64(&a->out, 1, status_of(a, hc->unknown));
	grpc_send(hc->call, (const uint8_t *)a->out.data, a->out.len);
	a->out.len = 0;
	a->out.err = 0;
}

static void on_watch(void *arg, struct grpc_call *c, const uint8_t *bytes, size_t n)
{
	struct api *a = arg;
	struct health_call *hc;

	if (!api_stream_begin(a, c))
		return;
	hc = calloc(1, sizeof(*hc));
	if (!hc) {
		api_stream_end(a);
		grpc_finish(c, GRPC_RESOURCE_EXHAUSTED, "out of memory");
		return;
	}
	hc->call = c;
	hc->unknown = !known(bytes, n);
	grpc_call_set(c, hc);
	calls_add(&a->health_watchers, &hc->node);
	tell(a, hc);
}

static void on_gone(void *arg, struct grpc_call *c)
{
	struct health_call *hc = grpc_call_get(c);

	if (!hc)
		return;
	calls_remove(&hc->node);
	api_stream_end(arg);
	free(hc);
}

void health_drain(struct api *a)
{
	struct call_node *head = &a->health_watchers;

	for (struct call_node *n = head->next, *next; n != head; n = next) {
		next = n->next;
		if (!CALL_OF(n)->unknown)
			tell(a, CALL_OF(n));
	}
}

size_t health_methods(struct api *a, struct grpc_method *m)
{
	(void)a;
	m[0] = (struct grpc_method){.path = "/grpc.health.v1.Health/Check", .message = on_check};
	m[1] = (struct grpc_method){
		.path = "/grpc.health.v1.Health/Watch",
		.message = on_watch,
		.gone = on_gone,
	};
	return 2;
}
