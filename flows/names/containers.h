/* SPDX-License-Identifier: MIT */
/*
 * Control group -> pod, container, unit or process: a namer by the socket's owner,
 * and by the addresses that Docker and Podman gave their containers.
 */
#ifndef PITOT_FLOWS_NAMES_CONTAINERS_H
#define PITOT_FLOWS_NAMES_CONTAINERS_H

#include "flows/names/kube_store.h"
#include "flows/names/names.h"
#include "flows/names/namer.h"

/* 0 or -ENOMEM. The store is borrowed; NULL: no Kubernetes. */
int containers_new(const struct names_options *opt, struct kube_store *store, struct namer **ret);

/* A control group was made: known from now on, even if it is gone when it is asked for. */
void containers_cgroup(struct namer *n, uint64_t id, const char *path);

bool containers_settled(const struct namer *n);

#endif
