// SPDX-License-Identifier: MIT
#include "export/api/flows_request.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "export/flow_filter.h"
#include "export/wire.h"

#define PATHS_MAX 256
#define PATH_BYTES_MAX 256
#define FILTERS_MAX 4096 /* of both lists */
#define OPTIONS_TYPE "pitot.v1.GetFlowsOptions"

/* GetFlowsRequest's field numbers. */
enum {
	NUMBER = 1,
	FOLLOW = 3,
	BLACKLIST = 5,
	WHITELIST = 6,
	SINCE = 7,
	UNTIL = 8,
	FIRST = 9,
	FIELD_MASK = 10,
	EXPERIMENTAL = 999,
	EXTENSIONS = 150000,
};

struct reading {
	struct flows_request *to;
	char *paths[PATHS_MAX + 1];
	size_t n_paths, n_filters;
	char *err;
	size_t err_size;
};

static enum grpc_status __attribute__((format(printf, 3, 4)))
refuse(struct reading *r, enum grpc_status status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(r->err, r->err_size, format, args);
	va_end(args);
	return status;
}

static enum grpc_status malformed(struct reading *r)
{
	return refuse(r, GRPC_INVALID_ARGUMENT, "the request is no observer.GetFlowsRequest");
}

static enum grpc_status no_memory(struct reading *r)
{
	return refuse(r, GRPC_RESOURCE_EXHAUSTED, "out of memory");
}

/* Bytes of the wire as a string; NULL without memory. A NUL among them ends it. */
static char *text_of(const struct wire_field *f)
{
	return strndup(f->n ? (const char *)f->data : "", f->n);
}

/* google.protobuf.FieldMask: paths = 1 */
static enum grpc_status read_mask(struct reading *r, const struct wire_field *mask)
{
	struct wire_reader w = wire_reader(mask->data, mask->n);
	struct wire_field f;

	while (wire_next(&w, &f)) {
		if (f.number != 1 || f.type != WIRE_BYTES)
			continue;
		if (r->n_paths == PATHS_MAX || f.n > PATH_BYTES_MAX)
			return refuse(r, GRPC_INVALID_ARGUMENT,
				      "field mask: at most %d paths of %d bytes", PATHS_MAX,
				      PATH_BYTES_MAX);
		r->paths[r->n_paths] = text_of(&f);
		if (!r->paths[r->n_paths++])
			return no_memory(r);
	}
	return w.bad ? malformed(r) : GRPC_OK;
}

/* GetFlowsRequest.Experimental: field_mask = 1, the mask's place in older clients */
static enum grpc_status read_experimental(struct reading *r, const struct wire_field *e)
{
	struct wire_reader w = wire_reader(e->data, e->n);
	enum grpc_status status = GRPC_OK;
	struct wire_field f;

	while (status == GRPC_OK && wire_next(&w, &f))
		if (f.number == 1 && f.type == WIRE_BYTES)
			status = read_mask(r, &f);
	return w.bad ? malformed(r) : status;
}

/* Hubble's server has no code for it, and its client prints the bare text. */
static enum grpc_status read_filter(struct reading *r, bool deny, const struct wire_field *f)
{
	int err;

	if (r->n_filters++ == FILTERS_MAX)
		return refuse(r, GRPC_INVALID_ARGUMENT, "at most %d filters", FILTERS_MAX);
	err = flow_filter_read(&r->to->filter, deny, f->data, f->n, r->err, r->err_size);
	if (err == -ENOMEM)
		return no_memory(r);
	return err ? GRPC_UNKNOWN : GRPC_OK;
}

static enum grpc_status read_where(struct reading *r, const struct wire_field *f)
{
	char *expression = text_of(f);
	struct where_error why;
	int err;

	if (!expression)
		return no_memory(r);
	where_free(r->to->where);
	r->to->where = NULL;
	err = where_parse(expression, &r->to->where, &why);
	free(expression);
	if (err == -ENOMEM)
		return no_memory(r);
	if (err)
		return refuse(r, GRPC_INVALID_ARGUMENT, "where: column %zu: %s", why.column + 1,
			      why.message);
	return GRPC_OK;
}

/* pitot.v1.GetFlowsOptions: normal_drops = 1, where = 2, blacklist = 3 */
static enum grpc_status read_options(struct reading *r, const uint8_t *wire, size_t n)
{
	struct wire_reader w = wire_reader(wire, n);
	enum grpc_status status = GRPC_OK;
	struct wire_field f;

	while (status == GRPC_OK && wire_next(&w, &f)) {
		if (f.number == 1)
			r->to->filter.normal_drops = wire_as_u64(&f);
		else if (f.number == 2 && f.type == WIRE_BYTES)
			status = read_where(r, &f);
		else if (f.number == 3 && f.type == WIRE_BYTES)
			status = read_filter(r, true, &f);
	}
	return w.bad ? malformed(r) : status;
}

/* google.protobuf.Any: type_url = 1, value = 2. What is not ours is not looked at. */
static enum grpc_status read_extensions(struct reading *r, const struct wire_field *any)
{
	struct wire_reader w = wire_reader(any->data, any->n);
	const size_t want = strlen(OPTIONS_TYPE);
	struct wire_field f, value = {0};
	bool ours = false;

	while (wire_next(&w, &f)) {
		if (f.number == 1 && f.type == WIRE_BYTES)
			ours = f.n > want && f.data[f.n - want - 1] == '/' &&
			       !memcmp(f.data + f.n - want, OPTIONS_TYPE, want);
		else if (f.number == 2 && f.type == WIRE_BYTES)
			value = f;
	}
	if (w.bad)
		return malformed(r);
	return ours ? read_options(r, value.data, value.n) : GRPC_OK;
}

static enum grpc_status read_message(struct reading *r, const struct wire_field *f)
{
	if (f->type != WIRE_BYTES)
		return GRPC_OK;
	switch (f->number) {
	case BLACKLIST:
	case WHITELIST:
		return read_filter(r, f->number == BLACKLIST, f);
	case SINCE:
		r->to->since_ns = wire_read_time(f);
		return GRPC_OK;
	case UNTIL:
		r->to->until_ns = wire_read_time(f);
		return GRPC_OK;
	case FIELD_MASK:
		return read_mask(r, f);
	case EXPERIMENTAL:
		return read_experimental(r, f);
	case EXTENSIONS:
		return read_extensions(r, f);
	default:
		return GRPC_OK;
	}
}

static enum grpc_status read_field(struct reading *r, const struct wire_field *f)
{
	struct flows_request *to = r->to;

	if (f->number == NUMBER)
		to->number = wire_as_u64(f);
	else if (f->number == FOLLOW)
		to->follow = wire_as_u64(f);
	else if (f->number == FIRST)
		to->first = wire_as_u64(f);
	else
		return read_message(r, f);
	return GRPC_OK;
}

static enum grpc_status finish(struct reading *r, const char *cluster, const char *node)
{
	struct flows_request *to = r->to;
	int err;

	if (to->first && to->follow)
		return refuse(r, GRPC_INVALID_ARGUMENT, "first cannot be specified with follow");
	err = field_mask_new((const char *const *)r->paths, r->n_paths, &to->mask, r->err,
			     r->err_size);
	if (err == -ENOMEM)
		return no_memory(r);
	if (err)
		return GRPC_UNKNOWN;
	filter_set_node(&to->filter, cluster, node);
	return GRPC_OK;
}

/* What is wrong is quoted, and it is a stranger's. */
static void escape(char *err, size_t size)
{
	struct text t = {0};

	text_escape(&t, err, size);
	snprintf(err, size, "%.*s", (int)t.len, t.len ? t.data : "");
	text_free(&t);
}

enum grpc_status flows_request_read(struct flows_request *ret, const uint8_t *wire, size_t n,
				    const char *cluster, const char *node, char *err,
				    size_t err_size)
{
	struct reading r = {.to = ret, .err = err, .err_size = err_size};
	struct wire_reader w = wire_reader(wire, n);
	enum grpc_status status = GRPC_OK;
	struct wire_field f;

	*ret = (struct flows_request){0};
	*err = '\0';
	while (status == GRPC_OK && wire_next(&w, &f))
		status = read_field(&r, &f);
	if (status == GRPC_OK && w.bad)
		status = malformed(&r);
	if (status == GRPC_OK)
		status = finish(&r, cluster, node);
	escape(err, err_size);
	while (r.n_paths)
		free(r.paths[--r.n_paths]);
	return status;
}

bool flows_request_pass(const struct flows_request *r, const struct flow *f)
{
	return filter_pass(&r->filter, f) && (!r->where || where_pass(r->where, f));
}

void flows_request_clear(struct flows_request *r)
{
	filter_clear(&r->filter);
	where_free(r->where);
	field_mask_free(r->mask);
	*r = (struct flows_request){0};
}
