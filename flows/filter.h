/* SPDX-License-Identifier: MIT */
/*
 * Does this flow pass? Two lists of filters, as Hubble's: a flow passes when some filter
 * of the allow list matches (or that list is empty) and none of the deny list does.
 * Inside one filter every field that is set must match, inside a field any value. A
 * filter is what flow.FlowFilter is, and can be written back as one
 * (export/flow_filter.h).
 *
 * Options that filter say what an either-side flag means: two filters, one about the
 * source and one about the destination, with all the rest in both.
 */
#ifndef PITOT_FLOWS_FILTER_H
#define PITOT_FLOWS_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flows/capture/capture.h"
#include "flows/flow.h"

struct label_selector;
struct regex;

/* What is asked about an end (up to FILTER_END_FIELDS), or about the flow. */
enum filter_field {
	FILTER_IP, /* address or CIDR */
	FILTER_PORT, /* TCP, UDP and SCTP only */
	FILTER_PROCESS, /* pid, name, executable's path or its last part; `*` globs */
	FILTER_IDENTITY, /* number or reserved name */
	FILTER_POD, /* [namespace/]prefix; "shop/" all of it, "/x" in any */
	FILTER_SERVICE, /* as FILTER_POD */
	FILTER_WORKLOAD, /* [Kind/]name */
	FILTER_CLUSTER,
	FILTER_FQDN, /* DNS name, else reverse name; `*` globs */
	FILTER_LABEL, /* selector, flows/filter_labels.h */
	FILTER_END_FIELDS,
	FILTER_EVENT = FILTER_END_FIELDS, /* names by comma: any of them */
	FILTER_VERDICT,
	FILTER_IP_VERSION, /* none, v4, v6 */
	FILTER_PROTOCOL, /* name or number; icmp is both; dns, http, kafka: their messages */
	FILTER_DIRECTION, /* ingress, egress */
	FILTER_TCP_FLAGS, /* names by comma: all of them must be set */
	FILTER_REPLY, /* true, false */
	FILTER_ENCRYPTED, /* true, false */
	FILTER_TYPE, /* Hubble's: trace, drop, l7, ... or a number, with a sub-type after a colon */
	FILTER_DROP_REASON, /* Cilium's by name, or the kernel's: a glob, whatever the case */
	FILTER_INTERFACE, /* glob; the interface where the flow is counted */
	FILTER_SNAT_IP, /* address or CIDR: the source after translation */
	FILTER_NODE_NAME, /* [cluster/]node, `*` globs; "" is any */
	FILTER_NODE_LABEL, /* selector */
	FILTER_UUID,
	FILTER_TRACE_ID,
	FILTER_IP_TRACE_ID, /* number */
	FILTER_DNS_QUERY, /* regular expressions, flows/regex.h */
	FILTER_HTTP_STATUS, /* 404, 40+, 5+ */
	FILTER_HTTP_METHOD,
	FILTER_HTTP_PATH, /* regular expression */
	FILTER_HTTP_URL, /* regular expression */
	FILTER_HTTP_HEADER, /* KEY:VALUE; an empty one is any */
	FILTER_FIELDS,
	/* Only asked for, by filter_add(): they become others. */
	FILTER_NAMESPACE = FILTER_FIELDS, /* goes before the pods' and Services' names */
	FILTER_ALL_NAMESPACES, /* the value is not looked at */
	FILTER_UNENCRYPTED,
	FILTER_FLAGS,
};

enum filter_side { FILTER_SOURCE, FILTER_DESTINATION, FILTER_EITHER };

/* One value: which members count depends on the field. Texts are never NULL where they count. */
struct filter_value {
	char *text; /* as it was asked */
	/* "shop/cart", "KEY:VALUE": dir is NULL without the mark. A uuid: the node's name, with its cluster and without */
	char *dir, *name;
	size_t name_len;
	uint64_t number;
	int64_t sub_type; /* < 0: any */
	struct prefix prefix;
	struct label_selector *labels;
	struct regex *regex;
};

/* A field of a filter; n 0 asks nothing. */
struct filter_term {
	struct filter_value *v;
	size_t n;
};

/* Terms of the flow first, then two for each field of an end: see filter_term_of(). */
#define FILTER_TERMS (FILTER_FIELDS + FILTER_END_FIELDS)

struct flow_filter {
	uint64_t asks; /* bit n: terms[n] does */
	struct filter_term terms[FILTER_TERMS];
	size_t n_values; /* as FILTER_VALUES_MAX counts them */
};

static inline unsigned int filter_term_of(enum filter_field field, bool destination)
{
	return field < FILTER_END_FIELDS
		       ? FILTER_FIELDS - FILTER_END_FIELDS + 2 * field + destination
		       : field - FILTER_END_FIELDS;
}

struct filter_texts {
	char **v;
	size_t n;
};

struct filter_list {
	/* By options: [0] is about the source where an option says "either", [1] about the destination. */
	struct flow_filter as[2];
	size_t n_as; /* how many of as[] count: 2 where they differ */
	struct flow_filter *more; /* whole filters, filter_append() */
	size_t n_more;
	size_t n_values; /* in more[] */
	/* What the options said, from which the pods and Services of as[] are made. */
	struct filter_texts namespaces[3]; /* by enum filter_side; "": any */
	struct filter_texts names[2][2][2]; /* of as[i], end, 0: pods 1: Services */
	uint8_t sides[FILTER_FLAGS]; /* bit n: enum filter_side n was used */
};

struct filter {
	struct filter_list allow, deny;
	bool normal_drops; /* drops of normal life pass; else only by a filter that asks for their reason */
	bool by_reason; /* some filter of the allow list does */
};

/*
 * Adds a value, given as text, to the allow or the deny list, as an option does. 0,
 * -ENOMEM, or -EINVAL with one line in err that quotes the value and says what is wanted.
 * A zeroed struct filter is empty and lets everything pass but normal drops.
 */
int filter_add(struct filter *f, bool deny, enum filter_field field, enum filter_side side,
	       const char *value, char *err, size_t err_size);

/* After the last filter_add(): -EINVAL with one line where the whole makes no sense. */
int filter_check(const struct filter *f, char *err, size_t err_size);

/* Filters of a list, those by options first; i below filter_count(). */
size_t filter_count(const struct filter *f, bool deny);
const struct flow_filter *filter_at(const struct filter *f, bool deny, size_t i);

#define FILTER_LIST_MAX 1024 /* in a list */
/* In a list; a regular expression counts as REGEX_VALUES, a label selector as its parts. */
#define FILTER_VALUES_MAX 16384
#define REGEX_VALUES 128

/*
 * For whoever reads whole filters: adds a value to one (zeroed is empty), and the filter to a list,
 * which takes over what it holds, also on errors. As filter_add(); flow_filter_add_pair()
 * is for workloads (kind, name), HTTP headers (key, value) and interfaces (NULL or its
 * index, name).
 */
int flow_filter_add(struct flow_filter *q, enum filter_field field, bool destination,
		    const char *value, char *err, size_t err_size);
int flow_filter_add_pair(struct flow_filter *q, enum filter_field field, bool destination,
			 const char *dir, const char *name, char *err, size_t err_size);
int filter_append(struct filter *f, bool deny, struct flow_filter *q, char *err, size_t err_size);
void flow_filter_clear(struct flow_filter *q);

/*
 * Says where the flows come from, after the last filter_add(): FILTER_NODE_NAME is
 * about that for flows that were captured here (others say it themselves or are from
 * nowhere), and FILTER_UUID needs it for them. Without it such a filter lets none of these pass.
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
 * Globs of interfaces, NULL-terminated: a flow that passes was seen on one of these (deny:
 * on none of these). *ret is NULL where nothing of the kind can be said. The caller frees
 * the array, the texts stay the filter's. 0 or -ENOMEM.
 */
int filter_interfaces(const struct filter *f, bool deny, const char *const **ret);

/* Frees what it holds, not f itself. */
void filter_clear(struct filter *f);

#endif
