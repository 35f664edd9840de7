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

/* What is asked about an end (the first three), or about the flow. */
enum filter_field {
	FILTER_IP, /* address or CIDR */
	FILTER_PORT, /* 1 to 65535; TCP, UDP and SCTP only */
	FILTER_PROCESS, /* pid, name, executable's path or its last part; `*` globs */
	FILTER_END_FIELDS,
	FILTER_PROTOCOL = FILTER_END_FIELDS, /* name or number; icmp is both ICMPs */
	FILTER_IP_VERSION, /* none, v4, v6 */
	FILTER_VERDICT,
	FILTER_TCP_FLAGS, /* names by comma: all of them must be set */
	FILTER_DIRECTION, /* ingress, egress */
	FILTER_INTERFACE, /* glob; the interface where the flow is counted */
	FILTER_DROP_REASON, /* glob, whatever the case */
	FILTER_EVENT, /* names by comma: any of them */
};

enum filter_side { FILTER_SOURCE, FILTER_DESTINATION, FILTER_EITHER };

struct filter_texts {
	char **v;
	size_t n;
};

/* Empty lists and zero bit sets ask nothing. */
struct filter_end {
	struct prefix *prefixes;
	size_t n_prefixes;
	uint16_t *ports; /* host order */
	size_t n_ports;
	struct filter_texts processes;
};

struct flow_filter {
	struct filter_end end[2]; /* FILTER_SOURCE, FILTER_DESTINATION */
	uint64_t protocols[4]; /* bit n: protocol n */
	uint32_t ip_versions, verdicts, directions, events; /* bit n: value n */
	uint16_t *tcp_flags;
	size_t n_tcp_flags;
	struct filter_texts interfaces, drop_reasons;
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

bool filter_pass(const struct filter *f, const struct flow *flow);

/*
 * The part of the allow list that the kernel can apply: *ret passes at least
 * every packet of the flows that pass the filter by the addresses and ports of
 * their own headers. A list that does not fit is left empty.
 */
void filter_prefilter(const struct filter *f, struct prefilter *ret);

/* Frees what it holds, not f itself. */
void filter_clear(struct filter *f);

#endif
