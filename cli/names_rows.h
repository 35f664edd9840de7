/* SPDX-License-Identifier: MIT */
/* The options of the names stage: rows of every command that names (cli/options.h). */
#ifndef PITOT_CLI_NAMES_ROWS_H
#define PITOT_CLI_NAMES_ROWS_H

#include "cli/observe_options.h"

extern const char *const names_kube_scopes[];

/* OPT_CALL's; options is a struct observe_options, or begins with one. */
int names_set_geoip_db(void *options, const struct opt *o, bool negated, const char *value,
		       char *err, size_t err_size);
int names_set_dns_port(void *options, const struct opt *o, bool negated, const char *value,
		       char *err, size_t err_size);

#define NAMES_AT(field) offsetof(struct observe_options, field)

/* Rows as in every option table. */
/* clang-format off */
#define NAMES_ROWS \
	{"no-kubernetes", 0, OPT_FLAG, NULL, NAMES_AT(names.no_kubernetes), .group = GROUP_NAMES, \
	 .help = "do not ask a Kubernetes API server"}, \
	{"no-containers", 0, OPT_FLAG, NULL, NAMES_AT(names.no_containers), .group = GROUP_NAMES, \
	 .help = "do not look for containers and units"}, \
	{"no-dns", 0, OPT_FLAG, NULL, NAMES_AT(names.no_dns), .group = GROUP_NAMES, \
	 .help = "do not read DNS messages"}, \
	{"no-resolve", 0, OPT_FLAG, NULL, NAMES_AT(names.no_resolve), .group = GROUP_NAMES, \
	 .help = "no reverse look-ups"}, \
	{"kubeconfig", 0, OPT_TEXT, "FILE", NAMES_AT(names.kubeconfig), .group = GROUP_NAMES, \
	 .help = "how to reach the API server"}, \
	{"kube-context", 0, OPT_TEXT, "NAME", NAMES_AT(names.kube_context), .group = GROUP_NAMES, \
	 .help = "the context of that file"}, \
	{"kube-scope", 0, OPT_CHOICE, "SCOPE", NAMES_AT(kube_scope), .choices = names_kube_scopes, \
	 .group = GROUP_NAMES, .fallback = "cluster", \
	 .help = "cluster: all pods; node: this node's only"}, \
	{"cluster-name", 0, OPT_TEXT, "NAME", NAMES_AT(names.cluster_name), .group = GROUP_NAMES, \
	 .fallback = "default", .help = "what this cluster is called"}, \
	{"container-socket", 0, OPT_TEXT, "PATH", NAMES_AT(names.container_socket), .group = GROUP_NAMES, \
	 .help = "Docker's or Podman's socket"}, \
	{"geoip-db", 0, OPT_CALL, "FILE", .set = names_set_geoip_db, .group = GROUP_NAMES, \
	 .help = "a database of countries or networks (mmdb); may be repeated"}, \
	{"dns-port", 0, OPT_CALL, "PORT", .set = names_set_dns_port, .group = GROUP_NAMES, \
	 .help = "a further port that DNS is spoken on; may be repeated"}, \
	{"names-root", 0, OPT_TEXT, "PATH", NAMES_AT(names.root), .group = GROUP_HIDDEN, \
	 .help = "where /proc, /sys, /var and /run are"}, \
	{"dns-server", 0, OPT_TEXT, "ADDRESS", NAMES_AT(names.dns_server), .group = GROUP_HIDDEN, \
	 .help = "who is asked for reverse names"}
/* clang-format on */

#endif
