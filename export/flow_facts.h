/* SPDX-License-Identifier: MIT */
/*
 * What Hubble's form of a flow says that struct flow does not spell out, once for
 * JSON and for the wire; for export/json*.c and export/hubble*.c only.
 */
#ifndef PITOT_EXPORT_FLOW_FACTS_H
#define PITOT_EXPORT_FLOW_FACTS_H

#include "flows/flow_facts.h"

/* As flows/endpoint.c, flows/l7.c and the capture keep them; longer ones are cut. */
#define NAME_MAX_KEPT 1100
#define PATH_MAX_KEPT 4096
#define PROCESS_TEXT_MAX 4096 /* the kernel's PATH_MAX */
#define SYMBOL_MAX 256
#define NODE_NAME_MAX 256

#define PROTO_ICMP 1
#define PROTO_IGMP 2
#define PROTO_TCP 6
#define PROTO_UDP 17
#define PROTO_ICMPV6 58
#define PROTO_VRRP 112
#define PROTO_SCTP 132

/* flow.TraceReason: 0 unknown, 1 NEW, 2 ESTABLISHED, 3 REPLY, 4 RELATED. */
unsigned int flow_trace_reason(const struct flow *f);

/* Flow.drop_reason of the kernel's drops; 0: none, or none of Cilium's is like it. */
uint32_t flow_drop_reason(const struct flow *f);

/* The node of a flow: where it was captured; "" where not known. node_name: this process's own. */
const char *flow_node_name(const struct flow *f, const char *node_name);

#endif
