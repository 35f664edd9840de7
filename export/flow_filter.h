/* SPDX-License-Identifier: MIT */
/* flow.FlowFilter, on the wire and as JSON <-> struct filter (flows/filter.h). */
#ifndef PITOT_EXPORT_FLOW_FILTER_H
#define PITOT_EXPORT_FLOW_FILTER_H

#include "flows/filter.h"
#include "flows/text.h"

/*
 * Adds a flow.FlowFilter to the allow or the deny list. 0, -ENOMEM, or -EINVAL with one
 * line in err, in Hubble's words where it has them.
 */
int flow_filter_read(struct filter *f, bool deny, const uint8_t *wire, size_t n, char *err,
		     size_t err_size);

/* The same from JSON; several objects may follow one another (--allowlist). */
int flow_filter_read_json(struct filter *f, bool deny, const char *json, char *err,
			  size_t err_size);

/* Appends filter i of the list as a flow.FlowFilter; i below filter_count(). */
void flow_filter_write(struct text *wire, const struct filter *f, bool deny, size_t i);

/*
 * True when it has a part that only pitot understands: Hubble's server would let more
 * pass by it, so in a deny list it is not for that one.
 */
bool flow_filter_is_ours(const struct filter *f, bool deny, size_t i);

/* --print-raw-filters: YAML with one JSON a line, byte for byte as Hubble prints it. */
void flow_filter_print_raw(struct text *t, const struct filter *f);

#endif
