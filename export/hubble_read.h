/* SPDX-License-Identifier: MIT */
/* How export/hubble_read*.c take a flow.Flow apart; for those files only. */
#ifndef PITOT_EXPORT_HUBBLE_READ_H
#define PITOT_EXPORT_HUBBLE_READ_H

#include "export/hubble.h"
#include "export/hubble_intern.h"
#include "export/wire.h"

/* Bytes of the message that is read. */
struct span {
	const uint8_t *p;
	size_t n;
};

#define SPANS_MAX 256

struct spans {
	size_t n;
	struct span v[SPANS_MAX];
};

/*
 * An object that is used again for the next flow when nobody else has kept a reference
 * to this one. It begins with its reference count, as struct hubble and struct l7 do.
 */
struct scratch {
	uint32_t *object;
	size_t size;
};

/* Where and when, as the response around a flow says it. */
struct origin {
	struct span node_name;
	uint64_t time_ns;
};

struct hubble_reader {
	struct hubble_reader_options opt;
	const struct origin *origin; /* of the flow at hand; NULL: it came without a response */
	struct intern *intern;
	struct scratch hubble, l7;
	struct text key; /* of what has no bytes of its own in one place */
	struct text own; /* what of an End is about its endpoint */
	struct text extension; /* made of a Struct */
	struct text texts; /* strings with a NUL behind them, while something is built of them */
};

/* The object, with refs 1 and room for size bytes; *ret_size: the room there is. NULL without memory. */
void *scratch_take(struct scratch *s, size_t size, size_t *ret_size);
void scratch_free(struct scratch *s);

/* Room that was measured before: strings one after the other. */
struct room {
	char *at, *end;
};

/* s with a NUL behind it, cut at max bytes; "" where it is empty or there is no room. */
const char *room_str(struct room *room, struct span s, size_t max);

/* Room for n bytes, aligned for pointers; NULL where there is none. */
void *room_array(struct room *room, size_t n);

/* r->texts as a room for strings that took n bytes on the wire, NULs and all. false: no memory. */
bool reader_room(struct hubble_reader *r, size_t n, struct room *ret_room);

static inline struct span span_of(const struct wire_field *f)
{
	return f->type == WIRE_BYTES ? (struct span){f->data, f->n} : (struct span){NULL, 0};
}

static inline void spans_add(struct spans *to, const struct wire_field *f)
{
	if (f->type == WIRE_BYTES && to->n < SPANS_MAX)
		to->v[to->n++] = span_of(f);
}

static inline bool span_is(struct span s, const char *text)
{
	return s.n == strlen(text) && !memcmp(s.p, text, s.n);
}

#define POLICIES_MAX 64

/* What is built after the pass. Lists come last: they are not cleared. */
struct parts {
	struct hubble h; /* numbers */
	struct span source, destination, source_service, destination_service, l7, extension;
	struct span uuid, node_name, summary, source_mac, destination_mac, source_xlated, trace_id;
	struct span emitter;
	uint32_t ip_version;
	bool has_l7;
	const char *l4_name;
	struct span policies[4][POLICIES_MAX]; /* of 21001, 21002, 21004, 21005 */
	size_t n_policies[4];
	struct spans source_names, destination_names, node_labels;
};

/* One pass over a flow.Flow: what struct flow holds goes to *to (initialised), the rest to *p. false: it is none. */
bool read_parts(const uint8_t *wire, size_t n, struct flow *to, struct parts *p);

/* An address as text; false: it is none, *ret_addr is zeroed. */
bool span_addr(struct span s, struct ip_addr *ret_addr);

/*
 * What an end is called. Both set *e's references; -ENOMEM, -EBADMSG. own: the End that
 * goes with the Endpoint, what of it is about the endpoint; NULL in flows of Hubble's.
 */
int read_endpoint(struct hubble_reader *r, struct span endpoint, const struct span *own,
		  struct flow_end *e);
int read_service(struct hubble_reader *r, struct span service, struct service **ret_service);
int read_names(struct hubble_reader *r, const struct spans *names, struct name_list **ret_names);
int read_process(struct hubble_reader *r, struct span process, struct process **ret_process);
int read_place(struct hubble_reader *r, struct span place, struct place **ret_place);

/* pitot.v1.DnsExtra */
struct dns_extra {
	bool timeout, truncated, multicast;
};

/* flow.Layer7; *ret_l7 is a reference. */
int read_l7(struct hubble_reader *r, struct span l7, const struct dns_extra *extra,
	    struct l7 **ret_l7);

/* pitot.v1.FlowExtension: what it says about *f, and what the reading of the rest needs. */
struct extension {
	bool is_pitot; /* there was one */
	struct dns_extra dns;
	struct span source, destination; /* pitot.v1.End */
};

/* Of a flow whose emitter is pitot a Struct will do, too. */
int read_extension(struct hubble_reader *r, const struct parts *p, struct flow *f,
		   struct extension *ret_extension);

/* Appends the pitot.v1.FlowExtension that says what a google.protobuf.Struct says. 0 or -ENOMEM. */
int struct_to_extension(struct text *t, struct span object);

/* An end of pitot's: its Endpoint and its pitot.v1.End. */
int read_end(struct hubble_reader *r, struct span end, struct span endpoint, struct flow_end *e);

#endif
