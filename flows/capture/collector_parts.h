/* SPDX-License-Identifier: MIT */
/* The collector's inside, shared by its files: one each for what flows come of. */
#ifndef PITOT_FLOWS_COLLECTOR_PARTS_H
#define PITOT_FLOWS_COLLECTOR_PARTS_H

#include "flows/capture/collector.h"
#include "flows/capture/connections.h"
#include "flows/capture/drops.h"
#include "flows/capture/flow_build.h"
#include "flows/capture/overflows.h"
#include "flows/capture/owners.h"

struct collector {
	struct source_events ev;
	const struct links *links;
	uint32_t own_netns;
	struct kernel_clock clock;
	struct connections connections;
	struct drops drops;
	struct owners *owners;
	struct overflows *overflows;
	struct capture_stats stats;
	uint64_t bad_records;
	size_t batch_used;
	char *batch; /* flow, ICMP error and drop records that wait for the batch's end */
};

/* Hands the flow over, and releases it. */
void collector_deliver(struct collector *c, struct flow *f);

bool collector_is_local(const struct collector *c, const struct ip_addr *a);

/* Brings the processes at the ends of a connection up to date; initiator: which end began it. */
void collector_look_up(struct collector *c, struct connection *conn, unsigned int initiator);

/* One record of that kind, its size checked. */
void collector_drop(struct collector *c, const struct drop_key *key, const struct drop_value *value,
		    uint64_t time_ns);
bool collector_overflows(void *arg, uint32_t netns, uint64_t *ret); /* arg: the collector */
void collector_dns(struct collector *c, const struct rec_dns *rec);
void collector_cgroup(struct collector *c, const struct rec_cgroup *rec);

#endif
