/* SPDX-License-Identifier: MIT */
/*
 * Pod, namespace and container of a container id or a pod's uid, from what the
 * kubelet writes on a node; no API is asked:
 *
 *	/var/log/containers/<pod>_<namespace>_<container>-<id>.log
 *	/var/log/pods/<namespace>_<pod>_<uid>/
 *	k8s_<container>_<pod>_<namespace>_<uid>_<attempt>	(CRI-O's and cri-dockerd's names of containers)
 *
 * Sources: kubelet's kuberuntime/legacy.go and helpers.go, CRI-O's container names.
 */
#ifndef PITOT_FLOWS_NAMES_RUNTIME_LOGS_H
#define PITOT_FLOWS_NAMES_RUNTIME_LOGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* container "": the pod's sandbox, or not told. id and uid: "" where the name has none. */
struct runtime_pod {
	char pod[256], namespace_name[256], container[256];
	char id[72], uid[40];
};

/* Pure. False: it is no such name. */
bool runtime_pod_of_link(const char *name, struct runtime_pod *ret);
bool runtime_pod_of_folder(const char *name, struct runtime_pod *ret);
bool runtime_pod_of_k8s_name(const char *name, struct runtime_pod *ret);

struct runtime_logs;

#define RUNTIME_LOGS_MAX 8192 /* links and folders kept */

/* root: what /var is below, "" usually. 0 or -ENOMEM. */
int runtime_logs_new(const char *root, struct runtime_logs **ret);
void runtime_logs_free(struct runtime_logs *l); /* takes NULL */

/*
 * By the container's id, else by the pod's uid; "" or NULL: not known. The folders
 * are read again when both are new, at most once a second. CLOCK_MONOTONIC.
 */
bool runtime_logs_find(struct runtime_logs *l, const char *id, const char *uid, uint64_t now_ns,
		       struct runtime_pod *ret);

size_t runtime_logs_count(const struct runtime_logs *l);
uint64_t
runtime_logs_left_out(const struct runtime_logs *l); /* in the last reading, for want of room */

#endif
