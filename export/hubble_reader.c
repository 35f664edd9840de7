// SPDX-License-Identifier: MIT
/* The reader itself: what it keeps from one flow to the next, and responses. */
#include <errno.h>
#include <stdlib.h>

#include "export/flow_facts.h"
#include "export/hubble_read.h"

#define NODES_MAX 1024
#define MESSAGE_MAX 4096

static void put_endpoint(void *object)
{
	endpoint_put(object);
}

static void put_service(void *object)
{
	service_put(object);
}

static void put_names(void *object)
{
	name_list_put(object);
}

static void put_process(void *object)
{
	process_put(object);
}

static void put_place(void *object)
{
	place_put(object);
}

int hubble_reader_new(const struct hubble_reader_options *opt, struct hubble_reader **ret_reader)
{
	static void (*const put[INTERN_KINDS])(void *object) = {
		[INTERN_ENDPOINT] = put_endpoint, [INTERN_OWN_ENDPOINT] = put_endpoint,
		[INTERN_SERVICE] = put_service,	  [INTERN_NAMES] = put_names,
		[INTERN_PROCESS] = put_process,	  [INTERN_PLACE] = put_place,
	};
	struct hubble_reader *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	if (opt)
		r->opt = *opt;
	r->intern = intern_new(put);
	if (!r->intern) {
		free(r);
		return -ENOMEM;
	}
	*ret_reader = r;
	return 0;
}

void hubble_reader_free(struct hubble_reader *r)
{
	if (!r)
		return;
	scratch_free(&r->hubble);
	scratch_free(&r->l7);
	intern_free(r->intern);
	text_free(&r->key);
	text_free(&r->own);
	text_free(&r->extension);
	text_free(&r->texts);
	free(r);
}

void scratch_free(struct scratch *s)
{
	if (s->object && !--*s->object)
		free(s->object);
	s->object = NULL;
}

void *scratch_take(struct scratch *s, size_t size, size_t *ret_size)
{
	if (!s->object || *s->object != 1 || s->size < size) {
		scratch_free(s);
		s->object = malloc(size);
		s->size = size;
	}
	*ret_size = s->size;
	return s->object;
}

const char *room_str(struct room *room, struct span s, size_t max)
{
	size_t n = s.n < max ? s.n : max;
	char *at = room->at;

	if (!n || (size_t)(room->end - room->at) <= n)
		return "";
	memcpy(at, s.p, n);
	at[n] = '\0';
	room->at += n + 1;
	return at;
}

void *room_array(struct room *room, size_t n)
{
	size_t pad = -(uintptr_t)room->at & (sizeof(void *) - 1);
	char *at = room->at + pad;

	if (!n || (size_t)(room->end - room->at) < n + pad)
		return NULL;
	room->at = at + n;
	return at;
}

bool reader_room(struct hubble_reader *r, size_t n, struct room *ret_room)
{
	char *p;

	r->texts.len = 0;
	p = text_reserve(&r->texts, n + 1);
	if (!p) {
		r->texts.err = 0;
		return false;
	}
	*ret_room = (struct room){p, p + n + 1};
	return true;
}

/* ------------------------------------------------------------------- responses */

static const char *lost_source(uint64_t v)
{
	static const char *const names[] = {"UNKNOWN_LOST_EVENT_SOURCE", "PERF_EVENT_RING_BUFFER",
					    "OBSERVER_EVENTS_QUEUE", "HUBBLE_RING_BUFFER"};

	return names[v < sizeof(names) / sizeof(names[0]) ? v : 0];
}

static int read_cpu(const struct wire_field *f)
{
	struct span s = span_of(f);
	struct wire_reader r = wire_reader(s.p, s.n);
	struct wire_field value;
	int cpu = 0;

	while (wire_next(&r, &value))
		if (value.number == 1)
			cpu = (int32_t)wire_as_u64(&value);
	return cpu;
}

static bool read_lost(struct span s, struct lost_events *l)
{
	struct wire_reader r = wire_reader(s.p, s.n);
	struct wire_field f;

	*l = (struct lost_events){.source = lost_source(0), .cpu = -1};
	while (wire_next(&r, &f)) {
		if (f.number == 1)
			l->source = lost_source(wire_as_u64(&f));
		else if (f.number == 2)
			l->count = wire_as_u64(&f);
		else if (f.number == 3)
			l->cpu = read_cpu(&f);
		else if (f.number == 4)
			l->first_ns = wire_read_time(&f);
		else if (f.number == 5)
			l->last_ns = wire_read_time(&f);
	}
	return !r.bad;
}

/* The nodes' names are counted first: the list of them comes before the names in the room. */
static bool read_node_status(struct room *room, struct span s, struct node_status *status)
{
	struct wire_reader r = wire_reader(s.p, s.n), again = r;
	size_t n = 0;
	struct wire_field f;
	const char **nodes;

	*status = (struct node_status){.message = ""};
	while (wire_next(&r, &f))
		n += f.number == 2 && f.type == WIRE_BYTES && n < NODES_MAX;
	nodes = room_array(room, n * sizeof(*nodes));
	while (wire_next(&again, &f)) {
		if (f.number == 1)
			status->state = wire_as_u64(&f) <= NODE_ERROR ? wire_as_u64(&f) : 0;
		else if (f.number == 2 && nodes && status->n_nodes < n)
			nodes[status->n_nodes++] = room_str(room, span_of(&f), NODE_NAME_MAX);
		else if (f.number == 3)
			status->message = room_str(room, span_of(&f), MESSAGE_MAX);
	}
	status->nodes = nodes;
	return !r.bad;
}

struct response_parts {
	struct span flow, node_status, lost, agent_event;
	struct origin origin;
};

static bool read_response_parts(struct span s, struct response_parts *p)
{
	struct wire_reader r = wire_reader(s.p, s.n);
	struct wire_field f;

	while (wire_next(&r, &f)) {
		struct span *const parts[] = {[1] = &p->flow,
					      [2] = &p->node_status,
					      [3] = &p->lost,
					      [4] = &p->agent_event};

		if (f.number <= 4)
			*parts[f.number] = span_of(&f);
		else if (f.number == 1000)
			p->origin.node_name = span_of(&f);
		else if (f.number == 1001)
			p->origin.time_ns = wire_read_time(&f);
	}
	return !r.bad;
}

static int read_what(const struct response_parts *p, struct room *room, struct hubble_response *ret)
{
	ret->node_name = room_str(room, p->origin.node_name, NODE_NAME_MAX);
	if (ret->kind == HUBBLE_FLOW)
		return 0; /* a response is one thing, whatever else is in it */
	if (p->lost.p) {
		ret->kind = HUBBLE_LOST;
		if (!read_lost(p->lost, &ret->lost))
			return -EBADMSG;
		ret->lost.time_ns = ret->time_ns;
		ret->lost.node_name = ret->node_name;
	} else if (p->node_status.p) {
		ret->kind = HUBBLE_NODE_STATUS;
		if (!read_node_status(room, p->node_status, &ret->node_status))
			return -EBADMSG;
		ret->node_status.time_ns = ret->time_ns;
		ret->node_status.node_name = ret->node_name;
	} else if (p->agent_event.p) {
		ret->kind = HUBBLE_AGENT_EVENT;
		ret->agent_event = p->agent_event.p;
		ret->n_agent_event = p->agent_event.n;
	}
	return 0;
}

int hubble_read_response(struct hubble_reader *r, const uint8_t *wire, size_t n,
			 struct hubble_response *ret)
{
	struct response_parts p = {0};
	struct room room;
	int err;

	*ret = (struct hubble_response){.node_name = ""};
	if (!read_response_parts((struct span){wire, n}, &p))
		return -EBADMSG;
	ret->time_ns = p.origin.time_ns;
	if (p.flow.p) {
		r->origin = &p.origin;
		err = hubble_read_flow(r, p.flow.p, p.flow.n, &ret->flow);
		r->origin = NULL;
		if (err)
			return err;
		ret->kind = HUBBLE_FLOW;
	}
	/* a node_status has a list of its names beside them */
	if (!reader_room(r, n + 16 + NODES_MAX * (sizeof(char *) + 1), &room)) {
		flow_release(&ret->flow);
		return -ENOMEM;
	}
	return read_what(&p, &room, ret);
}
