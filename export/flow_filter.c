// SPDX-License-Identifier: MIT
#include "export/flow_filter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/record.h"
#include "export/proto/flow.pb-c.h"
#include "export/protojson.h"
#include "export/wire.h"

#define FIELD_EXPERIMENTAL 999
#define FIELD_PITOT 200000
#define JSON_SHOWN 80 /* in an error */
#define SOURCE false
#define DESTINATION true

/* How a value is written. Those below KIND_MESSAGE are numbers. */
enum kind {
	KIND_NUMBER,
	KIND_BOOL,
	KIND_VERDICT,
	KIND_DIRECTION,
	KIND_IP_VERSION,
	KIND_REASON, /* Cilium's; the kernel's are pitot's */
	KIND_TEXT,
	KIND_KERNEL_REASON,
	KIND_MESSAGE,
	KIND_TYPE = KIND_MESSAGE,
	KIND_FLAGS,
	KIND_WORKLOAD,
	KIND_HEADER,
	KIND_INTERFACE,
};

struct row {
	uint32_t number; /* in the message */
	enum filter_field field;
	bool destination;
	enum kind kind;
	const char *name; /* in errors */
};

/* In the order of flow.proto. */
static const struct row rows[] = {
	{29, FILTER_UUID, SOURCE, KIND_TEXT, "uuid"},
	{1, FILTER_IP, SOURCE, KIND_TEXT, "source IP"},
	{34, FILTER_SNAT_IP, SOURCE, KIND_TEXT, "source IP translated"},
	{2, FILTER_POD, SOURCE, KIND_TEXT, "source pod"},
	{7, FILTER_FQDN, SOURCE, KIND_TEXT, "source FQDN"},
	{10, FILTER_LABEL, SOURCE, KIND_TEXT, "source label"},
	{16, FILTER_SERVICE, SOURCE, KIND_TEXT, "source service"},
	{26, FILTER_WORKLOAD, SOURCE, KIND_WORKLOAD, "source workload"},
	{37, FILTER_CLUSTER, SOURCE, KIND_TEXT, "source cluster name"},
	{3, FILTER_IP, DESTINATION, KIND_TEXT, "destination IP"},
	{4, FILTER_POD, DESTINATION, KIND_TEXT, "destination pod"},
	{8, FILTER_FQDN, DESTINATION, KIND_TEXT, "destination FQDN"},
	{11, FILTER_LABEL, DESTINATION, KIND_TEXT, "destination label"},
	{17, FILTER_SERVICE, DESTINATION, KIND_TEXT, "destination service"},
	{27, FILTER_WORKLOAD, DESTINATION, KIND_WORKLOAD, "destination workload"},
	{38, FILTER_CLUSTER, DESTINATION, KIND_TEXT, "destination cluster name"},
	{30, FILTER_DIRECTION, SOURCE, KIND_DIRECTION, "traffic direction"},
	{5, FILTER_VERDICT, SOURCE, KIND_VERDICT, "verdict"},
	{33, FILTER_DROP_REASON, SOURCE, KIND_REASON, "drop reason"},
	{35, FILTER_INTERFACE, SOURCE, KIND_INTERFACE, "interface"},
	{6, FILTER_TYPE, SOURCE, KIND_TYPE, "event type"},
	{9, FILTER_HTTP_STATUS, SOURCE, KIND_TEXT, "http status code"},
	{12, FILTER_PROTOCOL, SOURCE, KIND_TEXT, "protocol"},
	{13, FILTER_PORT, SOURCE, KIND_TEXT, "source port"},
	{14, FILTER_PORT, DESTINATION, KIND_TEXT, "destination port"},
	{15, FILTER_REPLY, SOURCE, KIND_BOOL, "reply"},
	{18, FILTER_DNS_QUERY, SOURCE, KIND_TEXT, "DNS query"},
	{19, FILTER_IDENTITY, SOURCE, KIND_NUMBER, "source identity"},
	{20, FILTER_IDENTITY, DESTINATION, KIND_NUMBER, "destination identity"},
	{21, FILTER_HTTP_METHOD, SOURCE, KIND_TEXT, "http method"},
	{22, FILTER_HTTP_PATH, SOURCE, KIND_TEXT, "http path"},
	{31, FILTER_HTTP_URL, SOURCE, KIND_TEXT, "http url"},
	{32, FILTER_HTTP_HEADER, SOURCE, KIND_HEADER, "http header"},
	{23, FILTER_TCP_FLAGS, SOURCE, KIND_FLAGS, "tcp flags"},
	{24, FILTER_NODE_NAME, SOURCE, KIND_TEXT, "node name"},
	{36, FILTER_NODE_LABEL, SOURCE, KIND_TEXT, "node label"},
	{25, FILTER_IP_VERSION, SOURCE, KIND_IP_VERSION, "ip version"},
	{28, FILTER_TRACE_ID, SOURCE, KIND_TEXT, "trace id"},
	{39, FILTER_IP_TRACE_ID, SOURCE, KIND_NUMBER, "ip trace id"},
	{40, FILTER_ENCRYPTED, SOURCE, KIND_BOOL, "encrypted"},
	{0},
};
/* pitot.v1.FlowFilter */
static const struct row own_rows[] = {
	{1, FILTER_PROCESS, SOURCE, KIND_TEXT, "source process"},
	{2, FILTER_PROCESS, DESTINATION, KIND_TEXT, "destination process"},
	{3, FILTER_EVENT, SOURCE, KIND_TEXT, "event"},
	{4, FILTER_DROP_REASON, SOURCE, KIND_KERNEL_REASON, "drop reason"},
	{0},
};

/* By field number of flow.TCPFlags. */
static const struct {
	const char *name;
	uint16_t bit;
} flags[] = {
	{NULL, 0},	   {"FIN", TCPF_FIN}, {"SYN", TCPF_SYN}, {"RST", TCPF_RST},
	{"PSH", TCPF_PSH}, {"ACK", TCPF_ACK}, {"URG", TCPF_URG}, {"ECE", TCPF_ECE},
	{"CWR", TCPF_CWR}, {"NS", TCPF_NS},
};
#define FLAGS_COUNT (sizeof(flags) / sizeof(flags[0]))

/* -------------------------------------------------------------------- reading */

struct reading {
	struct flow_filter *to;
	const struct row *row;
	char *err;
	size_t err_size;
};

static int refuse(const struct reading *r, const char *why)
{
	snprintf(r->err, r->err_size, "invalid %s filter: %s", r->row->name, why);
	return -EINVAL;
}

/* What was refused, with the field's name before it. */
static int named(const struct reading *r, int ret, const char *why)
{
	return ret == -EINVAL ? refuse(r, why) : ret;
}

static int add_text(const struct reading *r, const char *text)
{
	char why[320];

	return named(
		r,
		flow_filter_add(r->to, r->row->field, r->row->destination, text, why, sizeof(why)),
		why);
}

static int add_pair(const struct reading *r, const char *dir, const char *name)
{
	char why[160];

	return named(r,
		     flow_filter_add_pair(r->to, r->row->field, r->row->destination, dir, name, why,
					  sizeof(why)),
		     why);
}

static int add_number(const struct reading *r, uint64_t v)
{
	static const char *const directions[] = {"unknown", "ingress", "egress"};
	static const char *const versions[] = {"none", "v4", "v6"};
	char digits[24];

	snprintf(digits, sizeof(digits), "%llu", (unsigned long long)v);
	switch (r->row->kind) {
	case KIND_BOOL:
		return add_text(r, v ? "true" : "false");
	case KIND_VERDICT:
		return add_text(r, v < VERDICT_MAX ? verdict_name(v) : digits);
	case KIND_DIRECTION:
		return add_text(r, v < 3 ? directions[v] : digits);
	case KIND_IP_VERSION:
		return add_text(r, v < 3 ? versions[v] : digits);
	case KIND_REASON:
		return v <= UINT16_MAX ? add_text(r, digits) : refuse(r, "no such reason");
	default:
		return add_text(r, digits);
	}
}

/* One number, or many in a row ("packed"). */
static int add_numbers(const struct reading *r, const struct wire_field *f)
{
	struct wire_reader w = wire_reader(f->data, f->n);
	uint64_t v;
	int ret = 0;

	if (f->type != WIRE_BYTES)
		return add_number(r, f->v);
	while (!ret && w.p < w.end)
		ret = wire_varint(&w, &v) ? add_number(r, v) : refuse(r, "malformed");
	return ret;
}

/* A copy of a string field; NULL without memory, or where it holds a NUL. */
static char *text_of(const struct wire_field *f)
{
	if (f->type != WIRE_BYTES || memchr(f->n ? (const char *)f->data : "x", '\0', f->n))
		return NULL;
	return strndup(f->n ? (const char *)f->data : "", f->n);
}

static int add_string(const struct reading *r, const struct wire_field *f)
{
	char *text = text_of(f);
	int ret = text ? add_text(r, text) : refuse(r, "no text");

	free(text);
	return ret;
}

/* A message of two fields: a number or text, and text. */
struct two {
	uint64_t number;
	char *first, *second;
};

static int read_two(const struct reading *r, const struct wire_field *f, struct two *ret)
{
	struct wire_reader w = wire_reader(f->data, f->type == WIRE_BYTES ? f->n : 0);
	struct wire_field field;
	bool bad = f->type != WIRE_BYTES;

	*ret = (struct two){0};
	while (!bad && wire_next(&w, &field)) {
		char **text = field.number == 1 ? &ret->first : &ret->second;

		if (field.number > 2)
			continue;
		if (field.type != WIRE_BYTES) {
			ret->number = field.number == 1 ? field.v : ret->number;
			continue;
		}
		free(*text);
		*text = text_of(&field);
		bad = !*text;
	}
	return bad || w.bad ? refuse(r, "malformed") : 0;
}

static const char *or_nothing(const char *s)
{
	return s ? s : "";
}

static int add_two(const struct reading *r, const struct wire_field *f)
{
	struct two two;
	char index[16];
	int ret = read_two(r, f, &two);

	snprintf(index, sizeof(index), "%u", (unsigned int)two.number);
	if (!ret && r->row->kind == KIND_WORKLOAD)
		ret = add_pair(r, two.second, or_nothing(two.first));
	else if (!ret && r->row->kind == KIND_HEADER)
		ret = add_pair(r, or_nothing(two.first), or_nothing(two.second));
	else if (!ret)
		ret = add_pair(r, two.number ? index : NULL, or_nothing(two.second));
	free(two.first);
	free(two.second);
	return ret;
}

static int add_type(const struct reading *r, const struct wire_field *f)
{
	struct wire_reader w = wire_reader(f->data, f->type == WIRE_BYTES ? f->n : 0);
	uint64_t type = 0, match = 0, sub_type = 0;
	struct wire_field field;
	char text[48];

	while (wire_next(&w, &field))
		if (field.number == 1)
			type = wire_as_u64(&field);
		else if (field.number == 2)
			match = wire_as_u64(&field);
		else if (field.number == 3)
			sub_type = wire_as_u64(&field);
	if (w.bad || f->type != WIRE_BYTES)
		return refuse(r, "malformed");
	snprintf(text, sizeof(text), match ? "%llu:%llu" : "%llu", (unsigned long long)type,
		 (unsigned long long)sub_type);
	return add_text(r, text);
}

static int add_flags(const struct reading *r, const struct wire_field *f)
{
	struct wire_reader w = wire_reader(f->data, f->type == WIRE_BYTES ? f->n : 0);
	struct wire_field field;
	bool set[FLAGS_COUNT] = {0};
	char text[64] = "";
	size_t n = 0;

	while (wire_next(&w, &field))
		if (field.number < FLAGS_COUNT)
			set[field.number] = wire_as_u64(&field);
	if (w.bad || f->type != WIRE_BYTES)
		return refuse(r, "malformed");
	for (size_t i = 1; i < FLAGS_COUNT; i++)
		if (set[i])
			n += snprintf(text + n, sizeof(text) - n, "%s%s", n ? "," : "",
				      flags[i].name);
	return add_text(r, text);
}

static int add_field(const struct reading *r, const struct wire_field *f)
{
	switch (r->row->kind) {
	case KIND_TEXT:
	case KIND_KERNEL_REASON:
		return add_string(r, f);
	case KIND_TYPE:
		return add_type(r, f);
	case KIND_FLAGS:
		return add_flags(r, f);
	case KIND_WORKLOAD:
	case KIND_HEADER:
	case KIND_INTERFACE:
		return add_two(r, f);
	default:
		return add_numbers(r, f);
	}
}

static int no_cel(char *err, size_t err_size)
{
	snprintf(err, err_size,
		 "CEL expressions are not known here: --where, pitot-filter(7), asks the same");
	return -EINVAL;
}

static int read_rows(struct reading *r, const struct row *table, const uint8_t *wire, size_t n)
{
	struct wire_reader w = wire_reader(wire, n);
	struct wire_field f;
	int ret = 0;

	while (!ret && wire_next(&w, &f)) {
		for (r->row = table; r->row->number && r->row->number != f.number; r->row++)
			;
		if (r->row->number)
			ret = add_field(r, &f);
		else if (table == rows && f.number == FIELD_PITOT && f.type == WIRE_BYTES)
			ret = read_rows(r, own_rows, f.data, f.n);
		else if (table == rows && f.number == FIELD_EXPERIMENTAL && f.type == WIRE_BYTES &&
			 f.n)
			ret = no_cel(r->err, r->err_size);
	}
	if (!ret && w.bad) {
		snprintf(r->err, r->err_size, "invalid filter: no flow.FlowFilter");
		ret = -EINVAL;
	}
	return ret;
}

int flow_filter_read(struct filter *f, bool deny, const uint8_t *wire, size_t n, char *err,
		     size_t err_size)
{
	struct flow_filter q = {0};
	struct reading r = {.to = &q, .err = err, .err_size = err_size};
	int ret = read_rows(&r, rows, wire, n);

	if (!ret)
		return filter_append(f, deny, &q, err, err_size);
	flow_filter_clear(&q);
	return ret;
}

int flow_filter_read_json(struct filter *f, bool deny, const char *json, char *err, size_t err_size)
{
	static const char spaces[] = " \t\r\n";
	struct protojson_error why = {0};
	struct text wire = {0};
	size_t used;
	int ret = 0;

	for (json += strspn(json, spaces); *json && !ret; json += strspn(json, spaces)) {
		wire.len = 0;
		ret = protojson_read(&wire, &flow__flow_filter__descriptor, json, strlen(json),
				     false, &used, NULL, &why);
		if (ret == -EBADMSG) {
			snprintf(err, err_size, "failed to decode '%.*s%s': %s, at byte %zu",
				 JSON_SHOWN, json, strlen(json) > JSON_SHOWN ? "..." : "",
				 why.message, why.at + 1);
			ret = -EINVAL;
		}
		if (!ret)
			ret = flow_filter_read(f, deny, (const uint8_t *)wire.data, wire.len, err,
					       err_size);
		json += ret ? 0 : used;
	}
	text_free(&wire);
	return ret;
}

/* -------------------------------------------------------------------- writing */

static void write_text(struct text *wire, uint32_t number, const char *s)
{
	wire_untrusted_always(wire, number, s, strlen(s));
}

static void write_some(struct text *wire, uint32_t number, const char *s)
{
	if (s && *s)
		write_text(wire, number, s);
}

static void write_flags(struct text *wire, const struct filter_value *v)
{
	for (size_t i = 1; i < FLAGS_COUNT; i++)
		wire_u64(wire, i, !!(v->number & flags[i].bit));
}

static void write_message(struct text *wire, const struct row *row, const struct filter_value *v)
{
	size_t mark = wire_open(wire, row->number);

	switch (row->kind) {
	case KIND_TYPE:
		wire_u64(wire, 1, v->number);
		wire_u64(wire, 2, v->sub_type >= 0);
		wire_u64(wire, 3, v->sub_type > 0 ? v->sub_type : 0);
		break;
	case KIND_FLAGS:
		write_flags(wire, v);
		break;
	case KIND_WORKLOAD:
		write_some(wire, 1, v->name);
		write_some(wire, 2, v->dir);
		break;
	case KIND_HEADER:
		write_some(wire, 1, v->dir);
		write_some(wire, 2, v->name);
		break;
	default:
		wire_u64(wire, 1, v->number);
		write_some(wire, 2, v->name);
		break;
	}
	wire_close(wire, mark);
}

static void write_value(struct text *wire, const struct row *row, const struct filter_value *v)
{
	switch (row->kind) {
	case KIND_TEXT:
		write_text(wire, row->number, v->text);
		break;
	case KIND_REASON:
		if (v->sub_type >= 0)
			wire_u64_always(wire, row->number, v->sub_type);
		break;
	case KIND_KERNEL_REASON:
		if (v->sub_type < 0)
			write_text(wire, row->number, v->text);
		break;
	case KIND_IP_VERSION:
		wire_u64_always(wire, row->number, v->number == 4 ? 1 : v->number == 6 ? 2 : 0);
		break;
	case KIND_NUMBER:
	case KIND_BOOL:
	case KIND_VERDICT:
	case KIND_DIRECTION:
		wire_u64_always(wire, row->number, v->number);
		break;
	default:
		write_message(wire, row, v);
	}
}

static void write_rows(struct text *wire, const struct row *row, const struct flow_filter *q)
{
	for (; row->number; row++) {
		const struct filter_term *t =
			&q->terms[filter_term_of(row->field, row->destination)];

		for (size_t i = 0; i < t->n; i++)
			write_value(wire, row, &t->v[i]);
	}
}

void flow_filter_write(struct text *wire, const struct filter *f, bool deny, size_t i)
{
	const struct flow_filter *q = filter_at(f, deny, i);
	size_t before, mark;

	write_rows(wire, rows, q);
	before = wire->len;
	mark = wire_open(wire, FIELD_PITOT);
	write_rows(wire, own_rows, q);
	wire_close_or_drop(wire, mark, before);
}
