/* SPDX-License-Identifier: MIT */
/* Country, city and autonomous system of world addresses (libmaxminddb): a namer that fills in flow_end.place. */
#ifndef PITOT_FLOWS_NAMES_PLACES_H
#define PITOT_FLOWS_NAMES_PLACES_H

#include "flows/names/namer.h"
#include "flows/names/names.h"

int places_new(const struct names_options *opt, struct namer **ret); /* 0 or -ENOMEM */

#endif
