/* SPDX-License-Identifier: MIT */
/* A flow in few words, for a line of the screen. */
#ifndef PITOT_TUI_FLOW_WORDS_H
#define PITOT_TUI_FLOW_WORDS_H

#include "flows/canvas.h"
#include "flows/flow.h"
#include "flows/text.h"

/* "cart-6b4f9d7c5d-mm8kv" is, "redis-0" is not: that name is the pod's own. */
bool flow_pod_is_made_up(const struct endpoint *e);

/*
 * An end as the view names it: "shop/cart:8080" (the workload where its pods have made-up
 * names), the first of several DNS names, else as flow_end_text().
 */
void flow_short_end(struct text *t, const struct flow *f, const struct flow_end *e, bool numeric);

/* What happened, in few words: "SYN", "NETFILTER_DROP: a rule dropped it", "end: closed". Escaped. */
void flow_short_summary(struct text *t, const struct flow *f, enum style *style);

/* "->", "<-", "<>" */
const char *flow_arrow(const struct flow *f);

/* STYLE_GOOD, _BAD, _WARN: how a verdict is coloured. */
enum style flow_verdict_style(const struct flow *f);

/* "TCP", "ICMPv4", "DNS" */
void flow_short_protocol(struct text *t, const struct flow *f);

#endif
