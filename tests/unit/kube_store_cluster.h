/* SPDX-License-Identifier: MIT */
/* A store of Kubernetes objects, fed from records and by hand. For cmocka tests: include cmocka.h before. */
#ifndef PITOT_TESTS_KUBE_STORE_CLUSTER_H
#define PITOT_TESTS_KUBE_STORE_CLUSTER_H

#include "tests/unit/kube_data.h"
#include "tests/unit/kube_objects.h"

#define SECOND 1000000000ULL

static inline int begin(void **state)
{
	const struct kube_store_options opt = {.node_name = "node-a", .cluster_name = "c1"};
	struct kube_store *s;

	assert_int_equal(kube_store_new(&opt, &s), 0);
	*state = s;
	return 0;
}

static inline int end(void **state)
{
	kube_store_free(*state);
	return 0;
}

static inline const char *pod_at(struct kube_store *s, const char *address)
{
	struct ip_addr a = ip(address);
	struct endpoint *e = kube_store_address(s, &a);

	return e ? e->name : "none";
}

static inline const struct endpoint *at(struct kube_store *s, const char *address)
{
	struct ip_addr a = ip(address);
	struct endpoint *e = kube_store_address(s, &a);

	assert_non_null(e);
	return e;
}

static inline bool has_label(const struct endpoint *e, const char *label)
{
	for (size_t i = 0; i < e->n_labels; i++)
		if (!strcmp(e->labels[i], label))
			return true;
	return false;
}

static inline void put(struct kube_store *s, const struct made *m)
{
	kube_store_put(s, &m->o);
}

static inline void gone(struct kube_store *s, const struct made *m)
{
	kube_store_delete(s, &m->o);
}

static inline void put_any(void *arg, const struct kube_object *o)
{
	kube_store_put(arg, o);
}

static inline void read_list(struct kube_store *s, enum kube_kind kind, const char *name)
{
	struct kube_list_meta meta;
	size_t size;
	char *data = kube_read(name, &size);

	kube_store_relist_begin(s, kind);
	assert_int_equal(kube_decode_list(kind, strstr(name, ".json") ? KUBE_JSON : KUBE_PROTOBUF,
					  data, size, put_any, s, &meta),
			 0);
	kube_store_relist_end(s, kind);
	free(meta.next);
	free(data);
}

static inline void read_cluster(struct kube_store *s)
{
	char name[64];

	for (unsigned int kind = 0; kind < KUBE_KINDS; kind++) {
		snprintf(name, sizeof(name), "list-%s.json", kube_plural[kind]);
		read_list(s, kind, name);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

#endif
