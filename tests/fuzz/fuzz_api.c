// SPDX-License-Identifier: MIT
/* Any bytes as a GetFlowsRequest, and as a FileDescriptorSet. */
#include <stdlib.h>
#include <string.h>

#include "export/api/descriptors.h"
#include "export/api/flows_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void one_line(const char *err)
{
	for (; *err; err++)
		if ((unsigned char)*err < ' ' || *err == 0x7f)
			abort();
}

static void request(const uint8_t *data, size_t size)
{
	struct flows_request r;
	struct flow f;
	char err[512];

	flow_init(&f);
	if (flows_request_read(&r, data, size, "default", "node", err, sizeof(err)) == GRPC_OK)
		flows_request_pass(&r, &f);
	else if (!*err)
		abort();
	one_line(err);
	flows_request_clear(&r);
}

static void on_service(void *arg, const char *name, size_t n)
{
	const struct descriptors *d = arg;

	descriptors_find_symbol(d, name, n);
}

static void descriptors(const uint8_t *data, size_t size)
{
	struct descriptors d;

	if (descriptors_read(data, size, &d))
		return;
	descriptors_services(&d, &d, on_service);
	descriptors_find_file(&d, "a.proto", 7);
	descriptors_find_symbol(&d, "a.b.c.d", 7);
	for (size_t i = 0; i < d.n; i++)
		descriptors_needed(&d, i);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	request(data, size);
	descriptors(data, size);
	return 0;
}
