// SPDX-License-Identifier: MIT
/* Whom a relay is told of: this agent, those of --peer, one on each of Kubernetes' nodes. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/agent.h"

#define API_PORT 4244
#define NAME_BYTES 512

struct peer_list {
	const struct agent *agent;
	struct api_peer *v; /* texts are ours */
	size_t n, room;
	bool failed;
};

static const char *cluster_of(const struct agent *a)
{
	return a->opt->o.names.cluster_name ? a->opt->o.names.cluster_name : "default";
}

/* Hubble's convention: NODE.CLUSTER.hubble-grpc.cilium.io, with hyphens for the node's dots. */
static char *tls_name(const struct agent *a, const char *name)
{
	const char *slash = strchr(name, '/'), *node = slash ? slash + 1 : name;
	const char *cluster = slash ? name : cluster_of(a);
	int n_cluster = slash ? slash - name : (int)strlen(cluster);
	char *text;

	if (asprintf(&text, "%s.%.*s.hubble-grpc.cilium.io", node, n_cluster, cluster) < 0)
		return NULL;
	for (size_t i = 0; node[i]; i++)
		if (text[i] == '.')
			text[i] = '-';
	return text;
}

/* A unix socket is never encrypted. */
static void add(struct peer_list *l, const char *name, const char *address)
{
	bool tls = l->agent->tls && strncmp(address, "unix:", 5) && *address != '/';
	struct api_peer p = {.name = strdup(name), .address = strdup(address)};
	struct api_peer *v = l->v;

	if (tls)
		p.tls_server_name = tls_name(l->agent, name);
	if (l->n == l->room) {
		v = reallocarray(l->v, l->room ? 2 * l->room : 16, sizeof(*v));
		if (v) {
			l->v = v;
			l->room = l->room ? 2 * l->room : 16;
		}
	}
	if (v && p.name && p.address && (!tls || p.tls_server_name)) {
		l->v[l->n++] = p;
		return;
	}
	l->failed = true;
	free((char *)p.name);
	free((char *)p.address);
	free((char *)p.tls_server_name);
}

/* "node", "cluster/node" outside the cluster "default" */
static const char *key_of(const struct agent *a, const char *node, char *buf)
{
	const char *cluster = cluster_of(a);

	if (!strcmp(cluster, "default"))
		snprintf(buf, NAME_BYTES, "%s", node);
	else
		snprintf(buf, NAME_BYTES, "%s/%s", cluster, node);
	return buf;
}

static void add_node(void *arg, const char *name, const struct ip_addr *ip)
{
	struct peer_list *l = arg;
	char key[NAME_BYTES], address[64], text[46];
	uint16_t port = API_PORT;

	if (!strcmp(name, l->agent->opt->o.node_name))
		return; /* said already, by its own words */
	for (size_t i = 0; i < l->agent->n_listeners; i++)
		if (listener_port(l->agent->listeners[i]))
			port = listener_port(l->agent->listeners[i]);
	snprintf(address, sizeof(address), ip_addr_is_v4(ip) ? "%s:%u" : "[%s]:%u",
		 ip_addr_text(ip, text), port);
	add(l, key_of(l->agent, name, key), address);
}

/* -------------------------------------------------------------- its own address */

/* The address that packets to others carry. No packet is sent for it. */
static bool own_address(char *buf, size_t size)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)}, own;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t n = sizeof(own);
	bool found;

	inet_pton(AF_INET, "192.0.2.1", &to.sin_addr); /* RFC 5737: nobody's */
	found = fd >= 0 && !connect(fd, (struct sockaddr *)&to, sizeof(to)) &&
		!getsockname(fd, (struct sockaddr *)&own, &n) &&
		inet_ntop(AF_INET, &own.sin_addr, buf, size);
	if (fd >= 0)
		close(fd);
	return found;
}

static bool is_any(const struct address *at)
{
	return !*at->host || !strcmp(at->host, "0.0.0.0") || !strcmp(at->host, "::");
}

/* What was asked for, else the first --listen, else the socket. */
static void find_address(struct agent *a)
{
	char host[256], err[400];
	struct address at;
	uint16_t port = 0;

	if (a->opt->advertise) {
		snprintf(a->self_address, sizeof(a->self_address), "%s", a->opt->advertise);
		return;
	}
	if (!a->opt->listen[0] ||
	    address_parse(a->opt->listen[0], API_PORT, &at, err, sizeof(err))) {
		snprintf(a->self_address, sizeof(a->self_address), "unix://%s", a->opt->socket);
		return;
	}
	for (size_t i = 0; i < a->n_listeners && !port; i++)
		port = listener_port(a->listeners[i]);
	snprintf(host, sizeof(host), "%s", at.host);
	if (is_any(&at) && !own_address(host, sizeof(host)))
		snprintf(host, sizeof(host), "%s", a->opt->o.node_name);
	snprintf(a->self_address, sizeof(a->self_address), strchr(host, ':') ? "[%s]:%u" : "%s:%u",
		 host, port ? port : at.port);
}

void agent_tell_peers(struct agent *a)
{
	struct peer_list l = {.agent = a};
	char key[NAME_BYTES];

	find_address(a);
	add(&l, key_of(a, a->opt->o.node_name, key), a->self_address);
	for (size_t i = 0; i < a->opt->n_peers; i++)
		add(&l, a->opt->peers[i].name, a->opt->peers[i].address);
	if (a->names && a->opt->listen[0])
		names_nodes(a->names, &l, add_node);
	if (l.failed || api_set_peers(a->api, l.v, l.n))
		agent_log(LOG_ERROR_LEVEL, "out of memory: the peers stay as they were");
	while (l.n--) {
		free((char *)l.v[l.n].name);
		free((char *)l.v[l.n].address);
		free((char *)l.v[l.n].tls_server_name);
	}
	free(l.v);
}
