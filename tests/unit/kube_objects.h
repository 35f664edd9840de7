/* SPDX-License-Identifier: MIT */
/* Kubernetes' objects made by hand, and the questions that a store answers, for tests and benchmarks. */
#ifndef PITOT_TESTS_KUBE_OBJECTS_H
#define PITOT_TESTS_KUBE_OBJECTS_H

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "flows/names/kube_store.h"

#define MAX_IPS 4

static inline struct ip_addr ip(const char *text)
{
	struct ip_addr a = {0};

	if (strchr(text, ':')) {
		inet_pton(AF_INET6, text, a.b);
	} else {
		a.b[10] = a.b[11] = 0xff;
		inet_pton(AF_INET, text, a.b + 12);
	}
	return a;
}

static inline struct ip_addr ip_of(uint32_t n)
{
	struct ip_addr a = {0};

	n = htonl(n);
	a.b[10] = a.b[11] = 0xff;
	memcpy(a.b + 12, &n, sizeof(n));
	return a;
}

/* An object and what it points to: valid as long as it stays where it is. */
struct made {
	struct kube_object o;
	struct ip_addr ips[MAX_IPS];
	struct kube_container containers[2];
	struct kube_port ports[2];
	struct kube_backend backends[2];
	struct kube_label labels[8];
	char id[96];
};

static inline void made_meta(struct made *m, enum kube_kind kind, const char *name, const char *uid)
{
	*m = (struct made){.o = {.kind = kind}};
	m->o.meta = (struct kube_meta){.name = name,
				       .namespace_name = kind == KUBE_NODE ? "" : "shop",
				       .uid = uid,
				       .resource_version = "1",
				       .owner_kind = "",
				       .owner_name = "",
				       .owner_uid = "",
				       .labels = m->labels};
}

/* address NULL: none yet */
static inline struct made *made_pod(struct made *m, const char *name, const char *phase,
				    const char *address)
{
	made_meta(m, KUBE_POD, name, name);
	m->o.pod = (struct kube_pod){
		.node = "node-a", .phase = phase, .ips = m->ips, .containers = m->containers};
	if (address)
		m->ips[m->o.pod.n_ips++] = ip(address);
	return m;
}

static inline void made_owner(struct made *m, const char *kind, const char *name, const char *uid)
{
	m->o.meta.owner_kind = kind;
	m->o.meta.owner_name = name;
	m->o.meta.owner_uid = uid;
}

static inline void made_label(struct made *m, const char *key, const char *value)
{
	m->labels[m->o.meta.n_labels++] = (struct kube_label){key, value};
}

/* digit: 64 of it are the id */
static inline void made_container(struct made *m, const char *name, char digit)
{
	memcpy(m->id, "containerd://", 13);
	memset(m->id + 13, digit, 64);
	m->containers[m->o.pod.n_containers++] = (struct kube_container){name, "image:1", m->id};
}

static inline struct made *made_service(struct made *m, const char *name, const char *address)
{
	made_meta(m, KUBE_SERVICE, name, name);
	m->o.service = (struct kube_service){
		.type = "ClusterIP", .headless = !address, .ips = m->ips, .ports = m->ports};
	if (address)
		m->ips[m->o.service.n_ips++] = ip(address);
	return m;
}

static inline void made_port(struct made *m, uint8_t protocol, uint16_t port, uint16_t node_port)
{
	size_t *n = m->o.kind == KUBE_SERVICE ? &m->o.service.n_ports : &m->o.slice.n_ports;

	m->ports[(*n)++] = (struct kube_port){"p", protocol, port, node_port};
}

static inline struct made *made_slice(struct made *m, const char *name, const char *service,
				      const char *address)
{
	made_meta(m, KUBE_ENDPOINTSLICE, name, name);
	m->o.slice = (struct kube_slice){
		.service = service, .backends = m->backends, .n_backends = 1, .ports = m->ports};
	m->ips[0] = ip(address);
	m->backends[0] = (struct kube_backend){m->ips, 1, true};
	return m;
}

static inline struct made *made_node(struct made *m, const char *name, const char *address)
{
	made_meta(m, KUBE_NODE, name, name);
	m->ips[0] = ip(address);
	m->o.node = (struct kube_node){m->ips, 1};
	return m;
}

#endif
