/* SPDX-License-Identifier: MIT */
/*
 * DNS as it passes: answers name the addresses that they gave, for those who had
 * asked; queries and answers become flows (FLOW_L7). A namer that fills in
 * flow_end.dns.
 */
#ifndef PITOT_FLOWS_NAMES_DNS_H
#define PITOT_FLOWS_NAMES_DNS_H

#include "flows/names/namer.h"
#include "flows/names/names.h"

int dns_new(const struct names_options *opt, struct namer **ret); /* 0 or -ENOMEM */

#endif
