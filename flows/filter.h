/* SPDX-License-Identifier: MIT */
/*
 * Does this flow pass? Two lists, as Hubble's: a flow passes when some filter of
 * the allow list matches (or that list is empty) and none of the deny list does.
 * Inside one filter every field that is set must match, inside a field any value.
 */
#ifndef PITOT_FLOWS_FILTER_H
#define PITOT_FLOWS_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flows/capture/capture.h"
#include "flows/flow.h"

struct label_selector;

/* What is asked about an end (up to FILTER_END_FIELDS), or about the flow. */
enum filter_field {
	FILTER_IP, /* address or CIDR */
	FILTER_PORT, /* 1 to 65535; TCP, UDP and SCTP only */
	FILTER_PROCESS, /* pid, name, executable's path or its last part; `*` globs */
	FILTER_NAMES,
	FILTER_POD = FILTER_NAMES, /* [namespace/]prefix; "shop/" all of it, "/x" in any */
	FILTER_NAMESPACE,
	FILTER_ALL_NAMESPACES, /* whatever has one; the value is not looked at */
	FILTER_LABEL, /* selector, flows/filter_labels.h */
	FILTER_FQDN, /* DNS name, else reverse name; `*` globs */
	FILTER_SERVICE, /* as FILTER_POD */
	FILTER_WORKLOAD, /* [Kind/]name */
	FILTER_IDENTITY, /* number or reserved name */
	FILTER_CLUSTER,
	FILTER_END_FIELDS,
	FILTER_PROTOCOL =
		FILTER_END_FIELDS, /* name or number; icmp is both ICMPs; dns: its messages */
	FILTER_IP_VERSION, /* none, v4, v6 */
	FILTER_VERDICT,
	FILTER_TCP_FLAGS, /* names by comma: all of them must be set */
	FILTER_DIRECTION, /* ingress, egress */
	FILTER_INTERFACE, /* glob; the interface where the flow is counted */
	FILTER_DROP_REASON, /* glob, whatever the case */
	FILTER_EVENT, /* names by comma: any of them */
	FILTER_TYPE, /* Hubble's: trace, drop, l7, ... or a number, with a sub-type after a colon */
	FILTER_NODE_NAME, /* [cluster/]node, `*` globs; "" is any */
};

enum filter_side { FILTER_SOURCE, FILTER_DESTINATION, FILTER_EITHER };

struct filter_texts {
	char **v;
	size_t n;
};

/* "shop/cart": dir "shop", name "cart"; dir is NULL where there is no slash. */
struct filter_path {
	char *dir, *name;
};

/* What is asked about the names of an end; empty lists ask nothing. */
struct filter_names {
	bool used; /* something is */
	struct filter_path *pods, *services, *workloads;
	size_t n_pods, n_services, n_workloads;
	struct filter_texts namespaces; /* "": any */
	struct filter_texts fqdns, clusters;
	struct label_selector **labels;
	size_t n_labels;
	uint32_t *identities;
	size_t n_identities;
};

/* Empty lists and zero bit sets ask nothing. */
struct filter_end {
	struct prefix *prefixes;
	size_t n_prefixes;
	uint16_t *ports; /* host order */
	size_t n_ports;
	struct filter_texts processes;
	struct filter_names names;
};

/* Hubble's event_type; type 0 is any, sub_type -1 is any. */
struct filter_type {
	uint32_t type;
	int64_t sub_type;
};

struct flow_filter {
	struct filter_end end[2]; /* FILTER_SOURCE, FILTER_DESTINATION */
	uint64_t protocols[4]; /* bit n: protocol n */
	bool dns; /* --protocol dns: with the others, or alone */
	uint32_t ip_versions, verdicts, directions, events; /* bit n: value n */
	uint16_t *tcp_flags;
	size_t n_tcp_flags;
	struct filter_type *types;
	size_t n_types;
	struct filter_texts interfaces, drop_reasons;
	struct filter_path *nodes;
	size_t n_nodes;
	bool other_node; /* none of nodes is this one: see filter_set_node() */
};

/*
 * What was asked, held twice: as the source's and as the destination's. The
 * second counts only when something was asked of either side, the rest of it is
 * the same in both.
 */
struct filter_list {
	struct flow_filter as[2];
	bool used; /* something was asked */
	bool either; /* as[1] counts */
	uint8_t sides[FILTER_END_FIELDS]; /* bit n: enum filter_side n was used */
};

struct filter {
	struct filter_list allow, deny;
	bool normal_drops; /* drops of normal life pass; else only those asked for by reason */
};

/*
 * Adds a value, given as text, to the allow or the deny list. 0, -ENOMEM, or
 * -EINVAL with one line in err that quotes the value and says what is wanted.
 * A zeroed struct filter is empty and lets everything pass but normal drops.
 */
int filter_add(struct filter *f, bool deny, enum filter_field field, enum filter_side side,
	       const char *value, char *err, size_t err_size);

/*
 * Says where the flows come from, after the last filter_add(): FILTER_NODE_NAME is
 * about that. Without it such a filter lets nothing pass.
 */
void filter_set_node(struct filter *f, const char *cluster, const char *node);

bool filter_pass(const struct filter *f, const struct flow *flow);

/*
 * The part of the allow list that the kernel can apply: *ret passes at least
 * every packet of the flows that pass the filter by the addresses and ports of
 * their own headers. A list that does not fit is left empty.
 */
void filter_prefilter(const struct filter *f, struct prefilter *ret);

/*
 * Globs of interfaces: a flow that passes was seen on one of these (deny: on none of
 * these). NULL: nothing of the kind can be said.
 */
const struct filter_texts *filter_interfaces(const struct filter *f, bool deny);

/* Frees what it holds, not f itself. */
void filter_clear(struct filter *f);

#endif
