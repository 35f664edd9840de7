/* SPDX-License-Identifier: MIT */
/* For flows/drop_sums*.c and dns_sums*.c: what both need to tell things apart. */
#ifndef PITOT_FLOWS_SUMS_H
#define PITOT_FLOWS_SUMS_H

#include <string.h>

#include "flows/flow.h"
#include "flows/summary.h"
#include "flows/table.h"
#include "flows/text.h"

/* How many different hashes there were, up to a bound. Zeroed is none. */
#define DIFFERENT_MAX 64
struct different {
	uint64_t v[DIFFERENT_MAX];
	uint32_t n;
};

static inline void different_add(struct different *d, uint64_t hash)
{
	for (uint32_t i = 0; i < d->n; i++)
		if (d->v[i] == hash)
			return;
	if (d->n < DIFFERENT_MAX)
		d->v[d->n++] = hash;
}

static inline uint64_t sums_text_hash(const char *s)
{
	return s && *s ? table_hash(s, strlen(s)) : 0;
}

/* An end by its address, the port that the caller finds telling, and who is there: names that come later make it another. */
static inline uint64_t sums_end_hash(const struct flow_end *e, uint16_t port)
{
	struct {
		struct ip_addr addr;
		uint64_t name, namespace_name, service, service_namespace, port;
	} end = {.addr = e->addr, .port = port};

	if (e->endpoint) {
		end.name = sums_text_hash(e->endpoint->name);
		end.namespace_name = sums_text_hash(e->endpoint->namespace_name);
	}
	if (e->service) {
		end.service = sums_text_hash(e->service->name);
		end.service_namespace = sums_text_hash(e->service->namespace_name);
	}
	return table_hash(&end, sizeof(end));
}

/* The same for a workload, whichever of its pods and addresses it is. */
static inline uint64_t sums_work_hash(const struct flow_end *e, uint16_t port)
{
	const struct endpoint *ep = e->endpoint;
	uint64_t work[3];

	if (!endpoint_is_pod(ep) || !*ep->workload)
		return sums_end_hash(e, port);
	work[0] = sums_text_hash(ep->workload);
	work[1] = sums_text_hash(ep->namespace_name);
	work[2] = port;
	return table_hash(work, sizeof(work));
}

/* Appends, with its NUL, an end as rows call it: "shop/cart", a pod's workload, else its name. Returns where. */
size_t sums_put_work(struct text *t, const struct flow *f, const struct flow_end *e);
/* Likewise the workload that is in it, "" where there is none: for sums_end_terms(). */
size_t sums_put_workload(struct text *t, const struct flow_end *e);

/*
 * Appends the terms of an expression that ask for an end: end is "src.", "client." and so
 * on; work is "namespace/workload" where workload is not ""; port 0: any.
 */
void sums_end_terms(struct text *t, const char *end, const char *name, const char *work,
		    const char *workload, uint16_t port);

#endif
