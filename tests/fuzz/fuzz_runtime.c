// SPDX-License-Identifier: MIT
/*
 * What Docker, Podman and the kubelet may tell of containers, against any bytes. The
 * first byte chooses the shape, the second where the text is cut in two.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "flows/names/runtime_json.h"
#include "flows/names/runtime_logs.h"
#include "flows/names/runtime_store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int holds)
{
	if (!holds)
		abort();
}

struct told {
	struct runtime_store *store;
	uint64_t n;
};

static void on_container(void *arg, enum runtime_change change, const struct runtime_container *c)
{
	struct told *t = arg;
	struct endpoint *e;
	size_t len = 0;

	t->n++;
	check(strlen(c->id) == 64 && strspn(c->id, "0123456789abcdef") == 64);
	check(c->name && c->image && c->n_labels <= LABELS_MAX);
	check(c->n_addresses <= RUNTIME_ADDRESSES);
	for (size_t i = 0; i < c->n_labels; i++)
		len += strlen(c->labels[i].key) + strlen(c->labels[i].value);
	check(len <= RUNTIME_OBJECT_MAX);
	if (change == RUNTIME_GONE) {
		runtime_store_gone(t->store, c->id, t->n);
		return;
	}
	if (change == RUNTIME_ASK)
		return;
	runtime_store_put(t->store, RUNTIME_FROM_API, "docker", c);
	e = runtime_store_find(t->store, c->id);
	check(e && (e->kind == ENDPOINT_CONTAINER || e->kind == ENDPOINT_POD));
	check(e->identity >= IDENTITY_RESERVED_MAX && !strcmp(e->container_id, c->id));
	for (size_t i = 0; c->running && i < c->n_addresses; i++)
		check(runtime_store_address(t->store, &c->addresses[i]) != NULL);
}

static void check_pod(const struct runtime_pod *p)
{
	check(p->pod[0] && strlen(p->pod) < sizeof(p->pod));
	check(p->namespace_name[0] && strlen(p->namespace_name) < sizeof(p->namespace_name));
	check(strlen(p->container) < sizeof(p->container));
	check(!p->id[0] || strlen(p->id) == 64);
	check(!p->uid[0] || strlen(p->uid) == 36 || strlen(p->uid) == 32);
}

static void check_names(const uint8_t *data, size_t size)
{
	char *name = calloc(1, size + 1);
	struct runtime_pod p;

	check(name != NULL);
	memcpy(name, data, size);
	if (runtime_pod_of_link(name, &p))
		check_pod(&p);
	if (runtime_pod_of_folder(name, &p))
		check_pod(&p);
	if (runtime_pod_of_k8s_name(name, &p))
		check_pod(&p);
	free(name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct told t = {0};
	struct runtime_reader r = {.arg = &t, .container = on_container};
	size_t cut;

	if (size < 2)
		return 0;
	r.shape = data[0] % 4;
	cut = data[1] % size;
	data += 2;
	size -= 2;
	check_names(data, size);
	check(runtime_of_version((const char *)data, size) != NULL);
	check(!runtime_store_new("node", "default", &t.store));
	if (cut > size)
		cut = size;
	if (!runtime_reader_feed(&r, data, cut))
		runtime_reader_feed(&r, data + cut, size - cut);
	check(r.len <= RUNTIME_OBJECT_MAX);
	runtime_reader_free(&r);
	check(runtime_store_count(t.store) <= t.n);
	runtime_store_age(t.store, UINT64_MAX);
	runtime_store_free(t.store);
	return 0;
}
