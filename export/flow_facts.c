// SPDX-License-Identifier: MIT
#include "export/flow_facts.h"

#include "flows/summary.h"

unsigned int flow_trace_reason(const struct flow *f)
{
	if (f->event == FLOW_L7 || flow_is_drop(f))
		return 0;
	if (f->event == FLOW_ICMP_ERROR)
		return 4;
	if (f->is_reply == REPLY_YES)
		return 3;
	if (f->is_reply == REPLY_UNKNOWN)
		return 0;
	return f->event == FLOW_NEW ? 1 : 2;
}

const char *flow_node_name(const struct flow *f, const char *node_name)
{
	if (f->hubble)
		return f->hubble->node_name;
	return node_name ? node_name : "";
}

uint32_t flow_drop_reason(const struct flow *f)
{
	uint32_t reason = flow_is_drop(f) ? flow_cilium_reason(f) : CILIUM_REASON_NONE;

	return reason == CILIUM_REASON_NONE ? 0 : reason;
}
