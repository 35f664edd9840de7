/* SPDX-License-Identifier: MIT */
/*
 * Flows that are alike as one, as Hubble's exporter has it: the key is the flow with
 * nothing but the fields that were asked for; counted are events by direction, and
 * what Hubble does not count, packets, bytes and drops.
 */
#ifndef PITOT_EXPORT_EXPORTER_AGGREGATE_H
#define PITOT_EXPORT_EXPORTER_AGGREGATE_H

#include "export/exporter.h"

struct field_mask;
struct exporter_aggregation;

/* paths: NULL-terminated. 0, -ENOMEM, or -EINVAL with one line in err. */
int exporter_aggregation_new(const char *const *paths, char *err, size_t err_size,
			     struct exporter_aggregation **ret);
void exporter_aggregation_free(struct exporter_aggregation *a); /* takes NULL */

/* One group, as a flow.Flow on the wire. */
struct aggregated {
	const uint8_t *wire;
	size_t n;
	uint64_t time_ns; /* of the first flow */
	const char *node_name; /* of the first flow */
};

/* False: there is no room, exporter_aggregation_flush() and try again. */
bool exporter_aggregation_add(struct exporter_aggregation *a, const struct flow *f,
			      const char *node_name);

/* Hands out every group, in the order of their first flows, and forgets them. */
void exporter_aggregation_flush(struct exporter_aggregation *a, void *arg,
				void (*put)(void *arg, const struct aggregated *g));

#endif
