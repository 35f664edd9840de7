/* SPDX-License-Identifier: MIT */
/*
 * What a flow of Hubble's carries that struct flow has no place for: a flow from a
 * relay, a Cilium agent or a file. Reference counted and immutable once shared, as
 * endpoints are. Texts are untrusted and never NULL but for response_node,
 * "" where not there.
 *
 * A flow that this process captured has none. One that came from a pitot agent has
 * one with `own` set: there struct flow says it all, and only the node, the uuid and
 * the wire form are looked at here.
 */
#ifndef PITOT_FLOWS_HUBBLE_H
#define PITOT_FLOWS_HUBBLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flows/endpoint.h"

/* flow.Policy; labels and revision are in the wire form only. */
struct hubble_policy {
	const char *name, *namespace_name, *kind;
};

struct hubble_policies {
	const struct hubble_policy *v;
	size_t n;
};

/* Numbers are flow.proto's. */
struct hubble {
	uint32_t refs, bytes; /* bytes: of the allocation, set by hubble_new() */
	bool own;
	bool encrypted;
	bool has_event_type;
	uint8_t flow_type; /* FlowType */
	int32_t event_type, sub_type;
	uint32_t policy_match_type, drop_reason, drop_reason_desc;
	uint32_t auth_type, trace_reason, debug_capture_point, sock_xlate_point;
	uint64_t ip_trace_id;
	uint32_t ip_option_type;
	const char *node_name, *uuid, *summary;
	const char *source_mac, *destination_mac;
	const char *source_xlated; /* IP.source_xlated */
	const char *trace_id; /* trace_context.parent */
	const char *l4_name; /* "VRRP"; "" where struct flow's protocol says it */
	const char *const *node_labels; /* "key=value" */
	size_t n_node_labels;
	/* Of the GetFlowsResponse around it, which a field mask does not touch; NULL: it had none. */
	const char *response_node;
	uint64_t response_time_ns;
	struct hubble_policies egress_allowed_by, ingress_allowed_by, egress_denied_by,
		ingress_denied_by;
	/* The flow.Flow itself, for sinks that write it on; n_wire 0: was not asked for. */
	const uint8_t *wire;
	size_t n_wire;
};

/* A copy of *from and all it points to, in one allocation; refs is 1. NULL without memory. */
struct hubble *hubble_new(const struct hubble *from);
struct hubble *hubble_get(struct hubble *h); /* takes and returns NULL */
void hubble_put(struct hubble *h); /* takes NULL */

#endif
