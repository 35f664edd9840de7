// SPDX-License-Identifier: MIT
/* Filters as flow.FlowFilter. */
#include <string.h>

#include "export/flow_filter.h"
#include "export/flow_filter_rows.h"
#include "export/wire.h"

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
	for (size_t i = 1; i < FILTER_WIRE_FLAGS; i++)
		wire_u64(wire, i, !!(v->number & filter_wire_flags[i].bit));
}

static void write_message(struct text *wire, const struct wire_row *row,
			  const struct filter_value *v)
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

/* Is the value one that this row writes? Some fields have a row of Hubble's and one of ours. */
static bool is_rows(const struct wire_row *row, const struct filter_value *v, bool globs)
{
	bool glob = globs && !v->number;

	if (row->kind == KIND_REASON || row->kind == KIND_KERNEL_REASON)
		return (v->sub_type >= 0) == (row->kind == KIND_REASON);
	if (row->kind == KIND_INTERFACE || row->kind == KIND_GLOB)
		return glob == (row->kind == KIND_GLOB);
	return true;
}

/* All names of a list with a glob in it are ours: Hubble's server must not pick some. */
static bool has_globs(const struct wire_row *row, const struct filter_term *t)
{
	if (row->field != FILTER_INTERFACE)
		return false;
	for (size_t i = 0; i < t->n; i++)
		if (strpbrk(t->v[i].name, "*?["))
			return true;
	return false;
}

static void write_value(struct text *wire, const struct wire_row *row, const struct filter_value *v)
{
	switch (row->kind) {
	case KIND_TEXT:
	case KIND_KERNEL_REASON:
	case KIND_GLOB:
		write_text(wire, row->number, v->text);
		break;
	case KIND_REASON:
		wire_u64_always(wire, row->number, v->sub_type);
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

/* wire NULL: only looks. True when there was something to write. */
static bool write_rows(struct text *wire, const struct wire_row *row, const struct flow_filter *q)
{
	bool any = false;

	for (; row->number; row++) {
		const struct filter_term *t =
			&q->terms[filter_term_of(row->field, row->destination)];
		bool globs = has_globs(row, t);

		for (size_t i = 0; i < t->n; i++) {
			if (!is_rows(row, &t->v[i], globs))
				continue;
			any = true;
			if (wire)
				write_value(wire, row, &t->v[i]);
		}
	}
	return any;
}

void flow_filter_write(struct text *wire, const struct filter *f, bool deny, size_t i)
{
	const struct flow_filter *q = filter_at(f, deny, i);
	size_t mark;

	write_rows(wire, filter_wire_rows, q);
	if (!write_rows(NULL, filter_own_rows, q))
		return;
	mark = wire_open(wire, FIELD_PITOT);
	write_rows(wire, filter_own_rows, q);
	wire_close(wire, mark);
}

bool flow_filter_is_ours(const struct filter *f, bool deny, size_t i)
{
	return write_rows(NULL, filter_own_rows, filter_at(f, deny, i));
}
