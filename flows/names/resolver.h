/* SPDX-License-Identifier: MIT */
/*
 * Reverse look-ups (c-ares) of world addresses that have no better name: a namer
 * that fills in flow_end.reverse once the answer is there, never waits for it.
 */
#ifndef PITOT_FLOWS_NAMES_RESOLVER_H
#define PITOT_FLOWS_NAMES_RESOLVER_H

#include "flows/names/namer.h"
#include "flows/names/names.h"

int resolver_new(const struct names_options *opt, struct namer **ret); /* 0 or -ENOMEM */

#endif
