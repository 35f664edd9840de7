/* SPDX-License-Identifier: MIT */
/* observer.Observer/GetAgentEvents: the agent's start, local endpoints that come and go. */
#ifndef PITOT_EXPORT_API_AGENT_EVENTS_H
#define PITOT_EXPORT_API_AGENT_EVENTS_H

#include "export/api/parts.h"

#define AGENT_EVENTS_MAX 1024 /* held; the oldest goes first */

int agent_events_new(struct api *a); /* 0 or -ENOMEM */
void agent_events_free(struct api *a);

void agent_events_started(struct api *a);
void agent_events_endpoint(struct api *a, const struct endpoint *e, bool created);
void agent_events_drain(struct api *a);

#endif
