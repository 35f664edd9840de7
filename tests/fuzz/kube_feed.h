/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as what an API server sends, in one encoding, into a store: a sequence
 * of steps, each an action, a kind and the bytes of a list or an event. What the
 * store answers has to be whole after each of them.
 */
#ifndef PITOT_TESTS_FUZZ_KUBE_FEED_H
#define PITOT_TESTS_FUZZ_KUBE_FEED_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "flows/names/kube_object.h"
#include "flows/names/kube_store.h"

#define FEED_MAX 6 /* objects of a kind: full is soon reached */

struct feed {
	struct kube_store *store;
	uint64_t now_ns;
};

static void feed_check(int holds)
{
	if (!holds)
		abort();
}

static void feed_text(const char *s)
{
	feed_check(s != NULL && strlen(s) < SIZE_MAX / 2);
}

static void feed_endpoint(const struct endpoint *e)
{
	if (!e)
		return;
	feed_check(e->refs > 0 && e->kind < ENDPOINT_KINDS && e->n_labels <= LABELS_MAX);
	feed_text(e->name);
	feed_text(e->workload);
	feed_text(e->container);
	for (size_t i = 0; i < e->n_labels; i++)
		feed_check(strlen(e->labels[i]) <= LABEL_MAX);
	for (size_t i = 1; i < e->n_labels; i++)
		feed_check(strcmp(e->labels[i - 1], e->labels[i]) <= 0);
}

static void feed_ips(struct feed *f, const struct ip_addr *ips, size_t n, uint16_t port,
		     uint8_t protocol)
{
	for (size_t i = 0; i < n; i++) {
		struct service *service = kube_store_service(f->store, &ips[i], port, protocol);

		feed_endpoint(kube_store_address(f->store, &ips[i]));
		if (service)
			feed_text(service->name);
	}
}

static void feed_look_up(struct feed *f, const struct kube_object *o)
{
	switch (o->kind) {
	case KUBE_POD:
		feed_endpoint(kube_store_pod(f->store, o->meta.uid));
		for (size_t i = 0; i < o->pod.n_containers; i++) {
			const char *id = strstr(o->pod.containers[i].id, "://");

			feed_endpoint(
				kube_store_container(f->store, id ? id + 3 : "", o->meta.uid));
		}
		feed_ips(f, o->pod.ips, o->pod.n_ips, 80, 6);
		break;
	case KUBE_SERVICE:
		for (size_t i = 0; i < o->service.n_ports; i++)
			feed_ips(f, o->service.ips, o->service.n_ips, o->service.ports[i].port,
				 o->service.ports[i].protocol);
		break;
	case KUBE_ENDPOINTSLICE:
		for (size_t i = 0; i < o->slice.n_backends; i++)
			feed_ips(f, o->slice.backends[i].ips, o->slice.backends[i].n_ips,
				 o->slice.n_ports ? o->slice.ports[0].port : 0, 6);
		break;
	case KUBE_NODE:
		feed_ips(f, o->node.ips, o->node.n_ips, 30080, 6);
		break;
	default:
		break;
	}
	feed_check(kube_store_count(f->store, o->kind) <= FEED_MAX);
}

static void feed_object(void *arg, const struct kube_object *o)
{
	struct feed *f = arg;

	feed_text(o->meta.name);
	feed_text(o->meta.resource_version);
	kube_store_put(f->store, o);
	feed_look_up(f, o);
}

static void feed_change(void *arg, enum kube_change change, const struct kube_object *o)
{
	struct feed *f = arg;

	if (change == KUBE_DELETED)
		kube_store_delete(f->store, o);
	else
		kube_store_put(f->store, o);
	feed_look_up(f, o);
}

static void feed_step(struct feed *f, enum kube_encoding enc, uint8_t action, const uint8_t *data,
		      size_t size)
{
	enum kube_kind kind = action % KUBE_KINDS;
	struct kube_list_meta list;
	struct kube_event event;
	char message[64];
	int code;

	switch (action / KUBE_KINDS % 6) {
	case 0:
		if (!kube_decode_list(kind, enc, data, size, feed_object, f, &list))
			free(list.next);
		break;
	case 1:
	case 2:
		if (!kube_decode_event(kind, enc, data, size, feed_change, f, &event))
			feed_check(event.change <= KUBE_ERROR);
		break;
	case 3:
		kube_store_relist_begin(f->store, kind);
		break;
	case 4:
		kube_store_relist_end(f->store, kind);
		break;
	default:
		f->now_ns += (uint64_t)action << 29;
		kube_store_age(f->store, f->now_ns);
		if (kube_decode_status(enc, data, size, &code, message, sizeof(message)))
			feed_text(message);
	}
}

static int feed(enum kube_encoding enc, const uint8_t *data, size_t size)
{
	const struct kube_store_options opt = {"node-a", "default", FEED_MAX};
	struct feed f = {0};

	if (kube_store_new(&opt, &f.store))
		return 0;
	/* a step: action, size in two bytes, bytes */
	while (size >= 3) {
		size_t n = (size_t)data[1] | (size_t)data[2] << 8;
		uint8_t action = data[0];

		data += 3;
		size -= 3;
		n = n < size ? n : size;
		feed_step(&f, enc, action, data, n);
		data += n;
		size -= n;
	}
	kube_store_free(f.store);
	return 0;
}

#endif
