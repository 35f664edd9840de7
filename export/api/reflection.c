// SPDX-License-Identifier: MIT
/*
 * grpc.reflection.v1 and v1alpha (grpc/doc/server-reflection.md): the same messages
 * under two names. Answers come from the descriptors that the program carries.
 */
#include <stdlib.h>

#include "export/api/descriptors.h"
#include "export/api/parts.h"
#include "export/protoset.h"

/* ServerReflectionRequest's and ServerReflectionResponse's fields */
enum {
	HOST = 1,
	BY_FILENAME = 3,
	BY_SYMBOL = 4,
	BY_EXTENSION = 5,
	EXTENSION_NUMBERS = 6,
	LIST_SERVICES = 7
};
enum { VALID_HOST = 1, ORIGINAL = 2, FILES = 4, NUMBERS = 5, SERVICES = 6, ERROR = 7 };

#define REQUEST_BYTES_MAX 4096

static void write_error(struct text *t, enum grpc_status status, const char *message)
{
	size_t error = wire_open(t, ERROR);

	wire_u64(t, 1, status);
	wire_str(t, 2, message);
	wire_close(t, error);
}

/* The file that was asked for first, as clients take it, then what it needs. */
static void write_files(struct text *t, const struct descriptors *d, int file)
{
	uint64_t needed;
	size_t response;

	if (file < 0) {
		write_error(t, GRPC_NOT_FOUND, "not found");
		return;
	}
	response = wire_open(t, FILES);
	wire_bytes_always(t, 1, d->files[file].data, d->files[file].n);
	needed = descriptors_needed(d, file);
	for (size_t i = 0; i < d->n; i++)
		if ((int)i != file && needed >> i & 1)
			wire_bytes_always(t, 1, d->files[i].data, d->files[i].n);
	wire_close(t, response);
}

static void write_service(void *arg, const char *name, size_t n)
{
	struct text *t = arg;
	size_t service = wire_open(t, 1);

	wire_bytes_always(t, 1, name, n);
	wire_close(t, service);
}

static void write_services(struct text *t, const struct descriptors *d)
{
	size_t services = wire_open(t, SERVICES);

	descriptors_services(d, t, write_service);
	wire_close(t, services);
}

/* proto3 has no extensions: a message that is there has an empty list of them. */
static void write_numbers(struct text *t, const struct descriptors *d, const struct wire_field *f)
{
	size_t numbers;

	if (descriptors_find_symbol(d, (const char *)f->data, f->n) < 0) {
		write_error(t, GRPC_NOT_FOUND, "not found");
		return;
	}
	numbers = wire_open(t, NUMBERS);
	wire_bytes(t, 1, f->data, f->n);
	wire_close(t, numbers);
}

static void write_answer(struct text *t, const struct descriptors *d, const struct wire_field *f)
{
	const char *name = (const char *)f->data;

	if (f->number == BY_FILENAME)
		write_files(t, d, descriptors_find_file(d, name, f->n));
	else if (f->number == BY_SYMBOL)
		write_files(t, d, descriptors_find_symbol(d, name, f->n));
	else if (f->number == LIST_SERVICES)
		write_services(t, d);
	else if (f->number == EXTENSION_NUMBERS)
		write_numbers(t, d, f);
	else if (f->number == BY_EXTENSION)
		write_error(t, GRPC_NOT_FOUND, "there are no extensions");
	else
		write_error(t, GRPC_INVALID_ARGUMENT, "the request asks nothing");
}

static void on_request(void *arg, struct grpc_call *c, const uint8_t *bytes, size_t n)
{
	struct wire_reader r = wire_reader(bytes, n);
	struct wire_field f, asked = {0};
	struct api *a = arg;
	struct descriptors d;
	int ret;

	if (n > REQUEST_BYTES_MAX || descriptors_read(protoset_begin, protoset_size(), &d)) {
		grpc_finish(c, GRPC_INVALID_ARGUMENT, "the request is too long");
		return;
	}
	while (wire_next(&r, &f)) {
		if (f.type != WIRE_BYTES)
			continue;
		if (f.number == HOST)
			wire_bytes(&a->out, VALID_HOST, f.data, f.n);
		else
			asked = f;
	}
	wire_bytes_always(&a->out, ORIGINAL, bytes, n);
	write_answer(&a->out, &d, &asked);
	ret = a->out.err ? a->out.err : grpc_send(c, (const uint8_t *)a->out.data, a->out.len);
	a->out.len = 0;
	a->out.err = 0;
	/* who asks without reading the answers has asked enough */
	if (ret == 1 || r.bad)
		grpc_finish(c, r.bad ? GRPC_INVALID_ARGUMENT : GRPC_RESOURCE_EXHAUSTED,
			    r.bad ? "malformed request" : "the answers are not read");
}

size_t reflection_methods(struct api *a, struct grpc_method *m)
{
	static const char *const paths[] = {
		"/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
		"/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
	};

	(void)a;
	for (int i = 0; i < 2; i++)
		m[i] = (struct grpc_method){
			.path = paths[i],
			.message = on_request,
			.client_streams = true,
		};
	return 2;
}
