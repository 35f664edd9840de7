/* SPDX-License-Identifier: MIT */
/*
 * The stage that names: a source around another source. What comes out are the
 * same flows, with endpoint, service, DNS names and place at each end, and the
 * DNS messages as flows of their own (FLOW_L7).
 *
 * Order, best first: the socket owner's control group (pod, container, unit,
 * process), the address of a pod, a node or a Service, what the other end had
 * asked for in DNS, reverse look-up. A flow is named at the time of its event.
 */
#ifndef PITOT_FLOWS_NAMES_H
#define PITOT_FLOWS_NAMES_H

#include "flows/names/namer.h"
#include "flows/source.h"

/* Zero is the default in every field. Strings stay the caller's. */
struct names_options {
	bool no_kubernetes, no_containers, no_dns;
	bool no_resolve; /* no reverse look-ups */
	/* NULL: in a pod its service account, else the usual file */
	const char *kubeconfig, *kube_context;
	bool kube_scope_node; /* this node's pods only */
	const char *node_name; /* NULL: $NODE_NAME, else the host's name */
	const char *cluster_name; /* NULL: "default" */
	const char *container_socket; /* of Docker or Podman; NULL: the usual places */
	const char *const *geoip_dbs; /* NULL-terminated; NULL: the usual places */
	const uint16_t *dns_ports; /* further ones, 0 ends; NULL: none */
	const char *dns_server; /* ADDRESS[:PORT], for tests; NULL: the system's */
	const char *root; /* where /proc, /sys, /var and /run are, for tests; NULL: "" */
};

struct names;

/*
 * names_source() delivers the named flows of `inner`: its stop() and free() do both.
 * 0 or -errno, one line in *ret_error (free() it); then inner is still the caller's.
 */
int names_new(const struct names_options *opt, struct source *inner, struct names **ret_names,
	      char **ret_error);
struct source *names_source(struct names *n);

/*
 * The node's name as Kubernetes knows it: what is given, else $NODE_NAME (the manifest's
 * downward API), else the host's, in lower case as the kubelet registers it.
 */
void names_node(const char *given, char *buf, size_t size);

/* A row for each cache and each thing that is watched. */
void names_status(struct names *n, const struct names_rows *rows);

/*
 * The cluster's nodes as Kubernetes knows them: name and first address each; none
 * without Kubernetes. The generation moves when they may be others.
 */
void names_nodes(struct names *n, void *arg,
		 void (*fn)(void *arg, const char *name, const struct ip_addr *ip));
uint32_t names_nodes_generation(const struct names *n);

/* True when what was asked at the start has answered or failed (Kubernetes' lists, containers). */
bool names_settled(struct names *n);

#endif
