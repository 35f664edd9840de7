/* SPDX-License-Identifier: MIT */
/* What follows from a flow without being in it, for whoever writes it and whoever filters. */
#ifndef PITOT_FLOWS_FLOW_FACTS_H
#define PITOT_FLOWS_FLOW_FACTS_H

#include "flows/flow.h"

#define UUID_TEXT 36

/*
 * The uuid of an event, made of what the event is, so that one event has one uuid in
 * every sink and every run; a flow that came with one keeps it. Returns buf.
 */
char *flow_uuid(const struct flow *f, const char *node_name, char buf[UUID_TEXT + 1]);

/* True where the packet still has its source from before the translation: Hubble shows the one after, too. */
bool flow_is_before_snat(const struct flow *f);

#endif
