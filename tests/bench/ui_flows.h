/* SPDX-License-Identifier: MIT */
/*
 * A made cluster's flows for ui_bench: 300 workloads of 20 namespaces, their processes, 20,000
 * connections at a time; of 100 events 3 are drops, 6 DNS, 25 begin and 20 end a connection.
 */
#ifndef PITOT_TESTS_UI_FLOWS_H
#define PITOT_TESTS_UI_FLOWS_H

#include "flows/flow.h"

void ui_flows_make(void);

/* The n-th event at this wall clock; changed by the next call. Names are shared. */
struct flow *ui_flows_next(uint64_t n, uint64_t wall_ns);

#endif
