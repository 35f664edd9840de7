/* SPDX-License-Identifier: MIT */
/*
 * struct flow <-> flow.Flow on the wire. Written and read without a tree in between:
 * this is the path of every event to every client.
 */
#ifndef PITOT_EXPORT_HUBBLE_H
#define PITOT_EXPORT_HUBBLE_H

#include "flows/flow.h"
#include "flows/source.h"
#include "flows/text.h"

/* Flow.extensions, export/proto/pitot.proto. */
enum hubble_extensions {
	EXTENSIONS_STRUCT, /* google.protobuf.Struct, as the JSON output has it: for strangers */
	EXTENSIONS_PITOT, /* pitot.v1.FlowExtension: compact, for those who asked for it */
	EXTENSIONS_NONE,
};

struct field_mask; /* export/field_mask.h */

struct hubble_options {
	enum hubble_extensions extensions;
	const struct field_mask *mask; /* NULL: all fields */
	const char *node_name; /* of flows captured here; "" or NULL: none */
	const char *const *node_labels; /* sorted; NULL-terminated or NULL */
};

/* Appends a flow.Flow. Takes flows of other origins, too: their own fields are kept. */
void hubble_write_flow(struct text *wire, const struct flow *f, const struct hubble_options *opt);

/* Append an observer.GetFlowsResponse. */
void hubble_write_response(struct text *wire, const struct flow *f,
			   const struct hubble_options *opt);
void hubble_write_lost(struct text *wire, const struct lost_events *l, const char *node_name);
void hubble_write_node_status(struct text *wire, const struct node_status *s);

/*
 * Reads flows. Names that come again and again (endpoints, Services, ...) are kept
 * once, in a bounded memory, so a flow costs no allocation for each of its texts.
 */
struct hubble_reader;

struct hubble_reader_options {
	bool keep_wire; /* hubble.wire is filled in: for sinks that write a foreign flow on */
};

/* 0 or -ENOMEM. */
int hubble_reader_new(const struct hubble_reader_options *opt, struct hubble_reader **ret_reader);
void hubble_reader_free(struct hubble_reader *r); /* takes NULL. Flows' strings (struct flow_drop) die with it */

/*
 * Fills in *ret_f (initialised here; flow_release() it). It has a `hubble`, which is
 * `own` where the flow has pitot's extension, or the Struct that pitot's JSON has in its
 * place. 0, -ENOMEM, or -EBADMSG: no flow.Flow.
 */
int hubble_read_flow(struct hubble_reader *r, const uint8_t *wire, size_t n, struct flow *ret_f);

/* What an observer.GetFlowsResponse (or ExportEvent) was. Pointers: the wire's or the reader's, until the next call. */
enum hubble_kind { HUBBLE_NOTHING, HUBBLE_FLOW, HUBBLE_LOST, HUBBLE_NODE_STATUS, HUBBLE_AGENT_EVENT };

struct hubble_response {
	enum hubble_kind kind;
	struct flow flow; /* HUBBLE_FLOW: flow_release() it */
	struct lost_events lost;
	struct node_status node_status;
	const uint8_t *agent_event; /* flow.AgentEvent on the wire */
	size_t n_agent_event;
	const char *node_name; /* of the response */
	uint64_t time_ns; /* of the response; 0: none */
};

int hubble_read_response(struct hubble_reader *r, const uint8_t *wire, size_t n,
			 struct hubble_response *ret);

#endif
