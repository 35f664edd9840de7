/* SPDX-License-Identifier: MIT */
/* The cluster's API server: lists and watches into a kube_store. A namer by address and Service. */
#ifndef PITOT_FLOWS_NAMES_KUBE_H
#define PITOT_FLOWS_NAMES_KUBE_H

#include "flows/names/kube_store.h"
#include "flows/names/names.h"
#include "flows/names/namer.h"

/* 0 or -ENOMEM. The store is borrowed. No access to any API is not an error: status() tells it. */
int kube_new(const struct names_options *opt, struct kube_store *store, struct namer **ret);

/* True when each kind's first list has come or failed, or there is no API to ask. */
bool kube_settled(const struct namer *n);

#endif
