/* SPDX-License-Identifier: MIT */
/*
 * Control group -> pod, container, unit or process: a namer by the socket's owner,
 * and by the addresses that Docker and Podman gave their containers.
 *
 * What an end becomes, the first that is known:
 *
 *	kind       namespace            name             workload (kind)             identity
 *	pod        its namespace        pod              as Kubernetes has it        of its labels
 *	  without the API                                pod (Pod)                   of namespace and name
 *	container  Compose project,     container        Compose service             of namespace
 *	           else the runtime                     (ComposeService), else      and workload
 *	                                                 container (Container)
 *	unit       host                 unit             unit (Unit)                 the flow's own
 *	process    host                 program          program (Process)           the flow's own
 *
 * Runtimes: docker, podman, containerd, crio, lxc, nspawn, libvirt, ecs, or "container"
 * where the path does not tell. A container of which only the id is known is called by its
 * first 12 digits, a pod by its uid, without a namespace.
 *
 * Labels: "container:KEY=VALUE" of the runtime's, "container:name=NAME"; of pods without the
 * API "k8s:io.kubernetes.pod.name=" and "...namespace="; of units and processes
 * "reserved:host" (in another network namespace than pitot's "reserved:unmanaged"), in a
 * user's session or manager "systemd:user=NAME" and "systemd:session=ID".
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
