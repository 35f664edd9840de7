// SPDX-License-Identifier: MIT
#include "export/answers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "export/proto/flow.pb-c.h"
#include "export/proto/health.pb-c.h"
#include "export/proto/observer.pb-c.h"
#include "export/proto/peer.pb-c.h"
#include "export/proto/pitot.pb-c.h"
#include "export/protojson.h"
#include "export/wire.h"

enum kind { TEXT, TEXTS, NUMBER, BOOL, DOUBLE, OPTIONAL, TIME, MESSAGE, ROWS };

/* One field of a message and its place in the structure. */
struct member {
	uint32_t number; /* 0 ends the table */
	uint8_t kind; /* enum kind */
	size_t at;
	const struct member *of; /* MESSAGE, ROWS */
	size_t size; /* ROWS: of one */
};

#define M(type, number, kind, field)                                \
	{                                                           \
		number, kind, offsetof(struct type, field), NULL, 0 \
	}
#define ROWS_OF(type, number, field, one, members)                                      \
	{                                                                               \
		number, ROWS, offsetof(struct type, field), members, sizeof(struct one) \
	}

static const struct member health[] = {M(answer_health, 1, NUMBER, status), {0}};

static const struct member server_status[] = {
	M(answer_server_status, 1, NUMBER, num_flows),
	M(answer_server_status, 2, NUMBER, max_flows),
	M(answer_server_status, 3, NUMBER, seen_flows),
	M(answer_server_status, 4, NUMBER, uptime_ns),
	M(answer_server_status, 5, OPTIONAL, connected),
	M(answer_server_status, 6, OPTIONAL, unavailable),
	M(answer_server_status, 7, TEXTS, unavailable_nodes),
	M(answer_server_status, 8, TEXT, version),
	M(answer_server_status, 9, DOUBLE, flows_rate),
	{0},
};

static const struct member node[] = {
	M(answer_node, 1, TEXT, name),
	M(answer_node, 2, TEXT, version),
	M(answer_node, 3, TEXT, address),
	M(answer_node, 4, NUMBER, state),
	M(answer_node, 6, NUMBER, uptime_ns),
	M(answer_node, 7, NUMBER, num_flows),
	M(answer_node, 8, NUMBER, max_flows),
	M(answer_node, 9, NUMBER, seen_flows),
	{5, MESSAGE, offsetof(struct answer_node, tls),
	 (const struct member[]){
		 M(answer_tls, 1, BOOL, enabled), M(answer_tls, 2, TEXT, server_name), {0}},
	 offsetof(struct answer_tls, is_set) + 1},
	{0},
};

static const struct member nodes[] = {ROWS_OF(answer_list, 1, rows, answer_node, node), {0}};

static const struct member namespace_row[] = {
	M(answer_namespace, 1, TEXT, cluster),
	M(answer_namespace, 2, TEXT, name),
	{0},
};

static const struct member namespaces[] = {
	ROWS_OF(answer_list, 1, rows, answer_namespace, namespace_row), {0}};

static const struct member peer[] = {
	M(answer_peer, 1, TEXT, name),
	M(answer_peer, 2, TEXT, address),
	M(answer_peer, 3, NUMBER, type),
	{4, MESSAGE, offsetof(struct answer_peer, tls),
	 (const struct member[]){M(answer_tls, 1, TEXT, server_name), {0}},
	 offsetof(struct answer_tls, is_set) + 1},
	{0},
};

static const struct member history[] = {
	M(answer_history, 1, NUMBER, flows),	 M(answer_history, 2, NUMBER, bytes),
	M(answer_history, 3, NUMBER, max_bytes), M(answer_history, 4, NUMBER, seen),
	M(answer_history, 5, NUMBER, evicted),	 M(answer_history, 6, TIME, oldest_ns),
	M(answer_history, 7, TIME, newest_ns),	 {0},
};

static const struct member loss[] = {
	M(answer_loss, 1, TEXT, name), M(answer_loss, 2, NUMBER, count), {0}};

static const struct member names_row[] = {
	M(answer_names_row, 1, TEXT, name),
	M(answer_names_row, 2, TEXT, state),
	M(answer_names_row, 3, TEXT, detail),
	M(answer_names_row, 4, NUMBER, entries),
	M(answer_names_row, 5, NUMBER, bound),
	M(answer_names_row, 6, NUMBER, evicted),
	M(answer_names_row, 7, NUMBER, age_ns),
	M(answer_names_row, 8, BOOL, healthy),
	{0},
};

static const struct member program[] = {
	M(answer_program, 1, TEXT, name),
	M(answer_program, 2, NUMBER, id),
	M(answer_program, 3, NUMBER, runs),
	M(answer_program, 4, NUMBER, run_ns),
	{0},
};

static const struct member exporter[] = {
	M(answer_exporter, 1, TEXT, name),    M(answer_exporter, 2, TEXT, target),
	M(answer_exporter, 3, BOOL, up),      M(answer_exporter, 4, NUMBER, flows),
	M(answer_exporter, 5, NUMBER, bytes), M(answer_exporter, 6, NUMBER, lost),
	M(answer_exporter, 7, TEXT, error),   {0},
};

static const struct member agent_status[] = {
	M(answer_agent_status, 1, TEXT, version),
	M(answer_agent_status, 2, TEXT, node_name),
	M(answer_agent_status, 3, TEXT, cluster_name),
	M(answer_agent_status, 4, NUMBER, uptime_ns),
	{5, MESSAGE, offsetof(struct answer_agent_status, history), history, 0},
	ROWS_OF(answer_agent_status, 6, losses, answer_loss, loss),
	ROWS_OF(answer_agent_status, 7, names, answer_names_row, names_row),
	ROWS_OF(answer_agent_status, 8, programs, answer_program, program),
	M(answer_agent_status, 9, NUMBER, resident_bytes),
	M(answer_agent_status, 10, NUMBER, cpu_ns),
	M(answer_agent_status, 11, NUMBER, kernel_map_bytes),
	M(answer_agent_status, 12, NUMBER, active_connections),
	M(answer_agent_status, 13, NUMBER, clients),
	M(answer_agent_status, 14, NUMBER, followers),
	ROWS_OF(answer_agent_status, 15, exporters, answer_exporter, exporter),
	M(answer_agent_status, 16, TEXTS, notices),
	M(answer_agent_status, 18, NUMBER, events),
	M(answer_agent_status, 19, NUMBER, drops),
	{0},
};

static const struct member endpoint[] = {
	M(answer_endpoint, 1, NUMBER, kind),
	M(answer_endpoint, 2, NUMBER, id),
	M(answer_endpoint, 3, NUMBER, identity),
	M(answer_endpoint, 4, TEXT, cluster),
	M(answer_endpoint, 5, TEXT, namespace_name),
	M(answer_endpoint, 6, TEXT, name),
	M(answer_endpoint, 7, TEXT, workload),
	M(answer_endpoint, 8, TEXT, workload_kind),
	M(answer_endpoint, 9, TEXT, node),
	M(answer_endpoint, 10, TEXT, container),
	M(answer_endpoint, 11, TEXT, image),
	M(answer_endpoint, 12, TEXTS, labels),
	M(answer_endpoint, 13, TIME, last_seen_ns),
	M(answer_endpoint, 14, NUMBER, flows),
	{0},
};

static const struct member endpoints[] = {ROWS_OF(answer_list, 1, rows, answer_endpoint, endpoint),
					  {0}};

static const struct member interface[] = {
	M(answer_interface, 1, NUMBER, index), M(answer_interface, 2, TEXT, name),
	M(answer_interface, 3, TEXT, kind),    M(answer_interface, 4, BOOL, watched),
	M(answer_interface, 5, TEXT, how),     {0},
};

static const struct member interfaces[] = {
	ROWS_OF(answer_list, 1, rows, answer_interface, interface), {0}};

typedef __typeof__(((struct answer_agent_event *)0)->event) agent_event_body;
typedef __typeof__(((agent_event_body *)0)->policy) policy_body;
typedef __typeof__(((agent_event_body *)0)->endpoint) endpoint_body;
typedef __typeof__(((agent_event_body *)0)->ipcache) ipcache_body;
#define IN(type, number, kind, field)                        \
	{                                                    \
		number, kind, offsetof(type, field), NULL, 0 \
	}
#define PART(number, field, members)                                           \
	{                                                                      \
		number, MESSAGE, offsetof(agent_event_body, field), members, 0 \
	}

static const struct member start_part[] = {{1, TIME, 0, NULL, 0}, {0}};

static const struct member policy_part[] = {
	IN(policy_body, 1, TEXTS, labels),
	IN(policy_body, 2, NUMBER, revision),
	IN(policy_body, 3, NUMBER, rule_count),
	{0},
};

static const struct member endpoint_part[] = {
	IN(endpoint_body, 1, NUMBER, id),	    IN(endpoint_body, 2, TEXTS, labels),
	IN(endpoint_body, 3, TEXT, error),	    IN(endpoint_body, 4, TEXT, pod_name),
	IN(endpoint_body, 5, TEXT, namespace_name), {0},
};

static const struct member ipcache_part[] = {
	IN(ipcache_body, 1, TEXT, cidr),
	IN(ipcache_body, 2, NUMBER, identity),
	IN(ipcache_body, 7, TEXT, namespace_name),
	IN(ipcache_body, 8, TEXT, pod_name),
	{0},
};

static const struct member event_part[] = {
	IN(agent_event_body, 1, NUMBER, type),
	PART(101, start, start_part),
	PART(102, policy, policy_part),
	PART(103, regeneration, endpoint_part),
	PART(104, endpoint, endpoint_part),
	PART(105, ipcache, ipcache_part),
	{0},
};

static const struct member agent_event[] = {
	{1, MESSAGE, offsetof(struct answer_agent_event, event), event_part, 0},
	M(answer_agent_event, 1000, TEXT, node_name),
	M(answer_agent_event, 1001, TIME, time_ns),
	{0},
};

const char *answer_agent_event_name(uint64_t type)
{
	const ProtobufCEnumValue *v = type > 255
					      ? NULL
					      : protobuf_c_enum_descriptor_get_value(
							&flow__agent_event_type__descriptor, type);

	return v ? v->name : NULL;
}

static const struct {
	const struct member *members;
	size_t size;
	const ProtobufCMessageDescriptor *descriptor;
} types[ANSWER_TYPES] = {
	[ANSWER_HEALTH] = {health, sizeof(struct answer_health),
			   &grpc__health__v1__health_check_response__descriptor},
	[ANSWER_SERVER_STATUS] = {server_status, sizeof(struct answer_server_status),
				  &observer__server_status_response__descriptor},
	[ANSWER_NODES] = {nodes, sizeof(struct answer_list),
			  &observer__get_nodes_response__descriptor},
	[ANSWER_NAMESPACES] = {namespaces, sizeof(struct answer_list),
			       &observer__get_namespaces_response__descriptor},
	[ANSWER_PEER] = {peer, sizeof(struct answer_peer), &peer__change_notification__descriptor},
	[ANSWER_AGENT_STATUS] = {agent_status, sizeof(struct answer_agent_status),
				 &pitot__v1__status_response__descriptor},
	[ANSWER_ENDPOINTS] = {endpoints, sizeof(struct answer_list),
			      &pitot__v1__list_endpoints_response__descriptor},
	[ANSWER_INTERFACES] = {interfaces, sizeof(struct answer_list),
			       &pitot__v1__list_interfaces_response__descriptor},
	[ANSWER_AGENT_EVENT] = {agent_event, sizeof(struct answer_agent_event),
				&observer__get_agent_events_response__descriptor},
};

/* ----------------------------------------------------------------- memory */

struct block {
	struct block *next;
	max_align_t data[];
};

static void *take(struct answer *a, size_t n)
{
	struct block *b = calloc(1, sizeof(*b) + n);

	if (!b)
		return NULL;
	b->next = a->blocks;
	a->blocks = b;
	return b->data;
}

void answer_free(struct answer *a)
{
	for (struct block *b = a->blocks, *next; b; b = next) {
		next = b->next;
		free(b);
	}
	a->blocks = NULL;
}

/* ---------------------------------------------------------------- reading */

static int read_message(struct answer *a, const struct member *members, const void *wire, size_t n,
			char *ret);

static const char *text_of(struct answer *a, const struct wire_field *f)
{
	char *text = take(a, f->n + 1);

	if (text && f->n)
		memcpy(text, f->data, f->n);
	return text;
}

/* Room for one more of `size` bytes, doubled now and then. */
static void *grow(struct answer *a, void *v, size_t n, size_t size)
{
	void *more;

	if (n & (n - 1))
		return v;
	more = take(a, (n ? 2 * n : 1) * size);
	if (more && n)
		memcpy(more, v, n * size);
	return more;
}

static int add_text(struct answer *a, struct answer_texts *t, const struct wire_field *f)
{
	if (t->n == ANSWER_ROWS_MAX)
		return 0;
	t->v = grow(a, t->v, t->n, sizeof(*t->v));
	if (!t->v)
		return -ENOMEM;
	t->v[t->n] = text_of(a, f);
	return t->v[t->n++] ? 0 : -ENOMEM;
}

static void fill_texts(const struct member *m, char *to)
{
	for (; m->number; m++) {
		if (m->kind == TEXT)
			*(const char **)(to + m->at) = "";
		else if (m->kind == MESSAGE)
			fill_texts(m->of, to + m->at);
	}
}

static int add_row(struct answer *a, const struct member *m, struct answer_rows *rows,
		   const struct wire_field *f)
{
	char *row;

	if (rows->n == ANSWER_ROWS_MAX) {
		rows->left_out++;
		return 0;
	}
	rows->v = grow(a, rows->v, rows->n, m->size);
	if (!rows->v)
		return -ENOMEM;
	row = (char *)rows->v + rows->n++ * m->size;
	memset(row, 0, m->size);
	fill_texts(m->of, row);
	return read_message(a, m->of, f->data, f->n, row);
}

static int read_optional(const struct wire_field *f, struct answer_optional *ret)
{
	struct wire_reader r = wire_reader(f->data, f->n);
	struct wire_field value;

	ret->is_set = true;
	while (wire_next(&r, &value))
		if (value.number == 1)
			ret->value = wire_as_u64(&value);
	return r.bad ? -EBADMSG : 0;
}

static int read_text(struct answer *a, const struct wire_field *f, const char **ret)
{
	const char *text = text_of(a, f);

	if (!text)
		return -ENOMEM;
	*ret = text;
	return 0;
}

static int read_member(struct answer *a, const struct member *m, const struct wire_field *f,
		       char *to)
{
	bool bytes = m->kind != NUMBER && m->kind != BOOL && m->kind != DOUBLE;

	if (bytes != (f->type == WIRE_BYTES))
		return 0; /* another type: another field, of a later version */
	switch (m->kind) {
	case TEXT:
		return read_text(a, f, (const char **)to);
	case TEXTS:
		return add_text(a, (struct answer_texts *)to, f);
	case NUMBER:
		*(uint64_t *)to = f->v;
		return 0;
	case BOOL:
		*(bool *)to = f->v != 0;
		return 0;
	case DOUBLE:
		memcpy(to, &f->v, sizeof(double));
		return 0;
	case OPTIONAL:
		return read_optional(f, (struct answer_optional *)to);
	case TIME:
		*(uint64_t *)to = wire_read_time(f);
		return 0;
	case MESSAGE:
		if (m->size) /* its first member is is_set */
			*(bool *)to = true;
		return read_message(a, m->of, f->data, f->n, to);
	default:
		return add_row(a, m, (struct answer_rows *)to, f);
	}
}

static int read_message(struct answer *a, const struct member *members, const void *wire, size_t n,
			char *ret)
{
	struct wire_reader r = wire_reader(wire, n);
	struct wire_field f;

	while (wire_next(&r, &f)) {
		const struct member *m = members;
		int err;

		while (m->number && m->number != f.number)
			m++;
		err = m->number ? read_member(a, m, &f, ret + m->at) : 0;
		if (err)
			return err;
	}
	return r.bad ? -EBADMSG : 0;
}

int answer_read(struct answer *a, enum answer_type type, const void *wire, size_t n, void *ret)
{
	memset(ret, 0, types[type].size);
	fill_texts(types[type].members, ret);
	return read_message(a, types[type].members, wire, n, ret);
}

int answer_json(struct text *t, enum answer_type type, const void *wire, size_t n)
{
	return protojson_write(t, types[type].descriptor, wire, n);
}

void request_events(struct text *wire, uint64_t number, bool first, bool follow, uint64_t since_ns,
		    uint64_t until_ns)
{
	wire_u64(wire, 1, number);
	wire_u64(wire, 2, follow);
	wire_time(wire, 7, since_ns);
	wire_time(wire, 8, until_ns);
	wire_u64(wire, 9, first);
}

void request_health(struct text *wire, const char *service)
{
	wire_str(wire, 1, service);
}
