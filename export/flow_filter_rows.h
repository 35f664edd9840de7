/* SPDX-License-Identifier: MIT */
/* Which field of flow.FlowFilter is which of a filter's; for export/flow_filter*.c only. */
#ifndef PITOT_EXPORT_FLOW_FILTER_ROWS_H
#define PITOT_EXPORT_FLOW_FILTER_ROWS_H

#include "flows/filter.h"

#define FIELD_EXPERIMENTAL 999
#define FIELD_PITOT 200000

/* How a value is written. Those before KIND_TEXT are numbers. */
enum wire_kind {
	KIND_NUMBER,
	KIND_BOOL,
	KIND_VERDICT,
	KIND_DIRECTION,
	KIND_IP_VERSION,
	KIND_REASON, /* Cilium's; the kernel's are pitot's */
	KIND_TEXT,
	KIND_KERNEL_REASON,
	KIND_GLOB, /* of an interface: Hubble's are compared whole */
	KIND_TYPE, /* from here on messages */
	KIND_FLAGS,
	KIND_WORKLOAD,
	KIND_HEADER,
	KIND_INTERFACE,
};

struct wire_row {
	uint32_t number; /* in the message */
	enum filter_field field;
	bool destination;
	enum wire_kind kind;
	const char *name; /* in errors */
};

/* Ended by number 0: of flow.FlowFilter in its order, and of pitot.v1.FlowFilter. */
extern const struct wire_row filter_wire_rows[], filter_own_rows[];

/* By field number of flow.TCPFlags; the first has none. */
#define FILTER_WIRE_FLAGS 10
struct wire_flag {
	const char *name;
	uint16_t bit;
};
extern const struct wire_flag filter_wire_flags[FILTER_WIRE_FLAGS];

#endif
