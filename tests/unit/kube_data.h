/* SPDX-License-Identifier: MIT */
/* What a Kubernetes API server has sent (tests/data/kubernetes/), for the tests that read it. */
#ifndef PITOT_TESTS_KUBE_DATA_H
#define PITOT_TESTS_KUBE_DATA_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flows/names/kube_object.h"

#define KUBE_DATA "tests/data/kubernetes/"

static const char *const kube_plural[KUBE_KINDS] = {
	[KUBE_POD] = "pods",
	[KUBE_SERVICE] = "services",
	[KUBE_ENDPOINTSLICE] = "endpointslices",
	[KUBE_NODE] = "nodes",
	[KUBE_NAMESPACE] = "namespaces",
	[KUBE_REPLICASET] = "replicasets",
};

/* A whole file, free() it; ended by a NUL that *ret_size does not count. */
static char *kube_read(const char *name, size_t *ret_size)
{
	char path[256];
	char *data = calloc(1, 1 << 20);
	FILE *f;

	snprintf(path, sizeof(path), KUBE_DATA "%s", name);
	f = fopen(path, "rb");
	if (!f)
		fail_msg("cannot read %s", path);
	*ret_size = fread(data, 1, (1 << 20) - 1, f);
	fclose(f);
	return data;
}

typedef void kube_event_fn(void *arg, const void *data, size_t size);

/* Each line of a watch's JSON; the lines of HTTP and of its chunks are left out. */
static inline size_t kube_each_line(const char *name, kube_event_fn *f, void *arg)
{
	size_t size, n = 0;
	char *data = kube_read(name, &size), *save = NULL;

	for (char *l = strtok_r(data, "\r\n", &save); l; l = strtok_r(NULL, "\r\n", &save))
		if (!strncmp(l, "{\"type\"", 7)) {
			f(arg, l, strlen(l));
			n++;
		}
	free(data);
	return n;
}

/* Each frame of a watch's protobuf. */
static inline size_t kube_each_frame(const char *name, kube_event_fn *f, void *arg)
{
	size_t size, n = 0;
	char *data = kube_read(name, &size);

	for (size_t at = 0; at + 4 <= size; n++) {
		const unsigned char *h = (unsigned char *)data + at;
		size_t length = (size_t)h[0] << 24 | (size_t)h[1] << 16 | (size_t)h[2] << 8 | h[3];

		assert_true(length <= size - at - 4);
		f(arg, data + at + 4, length);
		at += 4 + length;
	}
	free(data);
	return n;
}

#endif
