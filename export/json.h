/* SPDX-License-Identifier: MIT */
/*
 * struct flow as a line of JSON: Hubble's GetFlowsResponse as protojson writes it
 * (proto field names, declaration order, enums by name, 64-bit numbers as
 * strings, zero values left out), and what Hubble has no field for in
 * flow.extensions, a google.protobuf.Struct (64-bit numbers as numbers).
 */
#ifndef PITOT_EXPORT_JSON_H
#define PITOT_EXPORT_JSON_H

#include "flows/flow.h"
#include "flows/text.h"

/*
 * Appends {"flow":{..},"node_name":"..","time":".."}, no line end. What comes out
 * is UTF-8 without control bytes: `<`, `>`, `&` and control characters as \uNNNN,
 * what is not UTF-8 as U+FFFD. node_name may be "", never NULL.
 */
void json_flow(struct text *t, const struct flow *f, const char *node_name);

/* The flow alone, without what the response says about it. */
void json_bare_flow(struct text *t, const struct flow *f, const char *node_name);

/* Appends s as a JSON string with its quotes; reads up to max bytes or the NUL. */
void json_quote(struct text *t, const char *s, size_t max);

/* The same for n bytes, NULs among them. */
void json_quote_bytes(struct text *t, const char *s, size_t n);

/* "2026-01-15T10:20:30.124Z", with quotes: UTC, a fraction of 0, 3, 6 or 9 digits (protojson). */
void json_time(struct text *t, uint64_t time_ns);

/* The same for what Timestamp can say: years 1 to 9999, nanos below 1e9. */
void json_timestamp(struct text *t, int64_t seconds, uint32_t nanos);

/* json_time() with as many digits as it takes (RFC3339Nano). */
void json_time_nano(struct text *t, uint64_t time_ns);

/*
 * A flow of Hubble's (flow_foreign()) as its message says; bare: the flow alone. wire is
 * used on the way and kept by the caller from one to the next. 0 or -errno, then
 * nothing is appended.
 */
int json_foreign(struct text *t, struct text *wire, const struct flow *f, bool bare);

/* What a relay says of its nodes, likewise. */
struct node_status;
int json_node_status(struct text *t, struct text *wire, const struct node_status *s);

/* Hubble's lost_events line; cpu < 0 and times of 0 are left out. */
void json_lost(struct text *t, const char *source, uint64_t count, int cpu, uint64_t first_ns,
	       uint64_t last_ns, const char *node_name, uint64_t time_ns);

#endif
