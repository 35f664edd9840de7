// SPDX-License-Identifier: MIT
#include "export/flow_filter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "export/flow_filter_rows.h"
#include "export/proto/flow.pb-c.h"
#include "export/protojson.h"
#include "export/wire.h"

#define JSON_SHOWN 80 /* in an error */

struct reading {
	struct flow_filter *to;
	const struct wire_row *row;
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

/* What a field holds; nothing where it is a number. */
static struct wire_reader inside(const struct wire_field *f)
{
	return f->type == WIRE_BYTES ? wire_reader(f->data, f->n) : wire_reader(NULL, 0);
}

/* One number, or many in a row ("packed"). */
static int add_numbers(const struct reading *r, const struct wire_field *f)
{
	struct wire_reader w = inside(f);
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
	struct wire_reader w = inside(f);
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
	struct wire_reader w = inside(f);
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
	struct wire_reader w = inside(f);
	struct wire_field field;
	bool set[FILTER_WIRE_FLAGS] = {0};
	char text[64] = "";
	size_t n = 0;

	while (wire_next(&w, &field))
		if (field.number < FILTER_WIRE_FLAGS)
			set[field.number] = wire_as_u64(&field);
	if (w.bad || f->type != WIRE_BYTES)
		return refuse(r, "malformed");
	for (size_t i = 1; i < FILTER_WIRE_FLAGS; i++)
		if (set[i])
			n += snprintf(text + n, sizeof(text) - n, "%s%s", n ? "," : "",
				      filter_wire_flags[i].name);
	return add_text(r, text);
}

static int add_field(const struct reading *r, const struct wire_field *f)
{
	switch (r->row->kind) {
	case KIND_TEXT:
	case KIND_KERNEL_REASON:
	case KIND_GLOB:
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

static int read_rows(struct reading *r, const struct wire_row *table, const uint8_t *wire, size_t n)
{
	struct wire_reader w = wire_reader(wire, n);
	struct wire_field f;
	int ret = 0;

	while (!ret && wire_next(&w, &f)) {
		for (r->row = table; r->row->number && r->row->number != f.number; r->row++)
			;
		if (r->row->number)
			ret = add_field(r, &f);
		else if (table == filter_wire_rows && f.number == FIELD_PITOT &&
			 f.type == WIRE_BYTES)
			ret = read_rows(r, filter_own_rows, f.data, f.n);
		else if (table == filter_wire_rows && f.number == FIELD_EXPERIMENTAL &&
			 f.type == WIRE_BYTES && f.n)
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
	int ret = read_rows(&r, filter_wire_rows, wire, n);

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
