// SPDX-License-Identifier: MIT
/* Addresses that pass on, lists read anew, and bounds of the store. */
#include <setjmp.h>
#include <stdarg.h>

#include "flows/names/kube_store_parts.h"
#include "tests/unit/kube_store_cluster.h"

/* --------------------------------------------------------------- addresses */

static void the_later_pod_has_the_address(void **state)
{
	struct kube_store *s = *state;
	struct made a, b;

	put(s, made_pod(&a, "a", "Running", "10.0.0.1"));
	put(s, made_pod(&b, "b", "Pending", NULL));
	assert_string_equal(pod_at(s, "10.0.0.1"), "a");
	put(s, made_pod(&b, "b", "Running", "10.0.0.1"));
	assert_string_equal(pod_at(s, "10.0.0.1"), "b");
	/* news about the older one take nothing from the later */
	made_label(&a, "x", "y");
	put(s, &a);
	assert_string_equal(pod_at(s, "10.0.0.1"), "b");
	gone(s, &b);
	assert_string_equal(pod_at(s, "10.0.0.1"), "a");
	assert_true(has_label(at(s, "10.0.0.1"), "k8s:x=y"));
	gone(s, &a);
	assert_string_equal(pod_at(s, "10.0.0.1"), "a");
	/* taken from the dead for good */
	put(s, &b);
	assert_string_equal(pod_at(s, "10.0.0.1"), "b");
	made_pod(&b, "b", "Succeeded", "10.0.0.1");
	put(s, &b);
	assert_string_equal(pod_at(s, "10.0.0.1"), "none");
	assert_string_equal(kube_store_pod(s, "a")->name, "a");
}

static void the_deleted_stay_a_minute(void **state)
{
	struct kube_store *s = *state;
	char id[65] = {0};
	struct made m;

	memset(id, '7', 64);
	made_pod(&m, "a", "Running", "10.0.0.1");
	made_container(&m, "web", '7');
	put(s, &m);
	kube_store_age(s, 100 * SECOND);
	gone(s, &m);
	assert_int_equal(kube_store_count(s, KUBE_POD), 0);
	kube_store_age(s, 101 * SECOND);
	kube_store_age(s, 160 * SECOND);
	assert_string_equal(pod_at(s, "10.0.0.1"), "a");
	assert_string_equal(kube_store_container(s, id, NULL)->container, "web");
	kube_store_age(s, 162 * SECOND);
	assert_string_equal(pod_at(s, "10.0.0.1"), "none");
	assert_null(kube_store_container(s, id, "a"));
	assert_int_equal(s->spots.n, 0);
	assert_int_equal(s->containers.n, 0);
	assert_int_equal(s->entries[KUBE_POD].n, 0);

	/* one that comes back lives */
	put(s, &m);
	gone(s, &m);
	kube_store_age(s, 200 * SECOND);
	put(s, &m);
	kube_store_age(s, 300 * SECOND);
	assert_string_equal(pod_at(s, "10.0.0.1"), "a");
	assert_int_equal(kube_store_count(s, KUBE_POD), 1);
}

static void containers(void **state)
{
	struct kube_store *s = *state;
	char id[65] = {0};
	struct made m;

	made_pod(&m, "a", "Running", NULL);
	put(s, &m);
	memset(id, 'a', 64);
	/* not in its status yet: the pod */
	assert_string_equal(kube_store_container(s, id, "a")->name, "a");
	assert_null(kube_store_container(s, id, NULL));
	made_container(&m, "web", 'a');
	put(s, &m);
	assert_string_equal(kube_store_container(s, id, NULL)->container, "web");
	assert_string_equal(kube_store_container(s, id, NULL)->container_id, id);
	assert_string_equal(kube_store_container(s, id, "a")->image, "image:1");
	/* the endpoint follows its pod */
	made_label(&m, "k", "v");
	put(s, &m);
	assert_true(has_label(kube_store_container(s, id, NULL), "k8s:k=v"));
	m.o.pod.n_containers = 0;
	made_container(&m, "web", 'b');
	put(s, &m);
	assert_null(kube_store_container(s, id, NULL));
	memset(id, 'b', 64);
	assert_string_equal(kube_store_container(s, id, NULL)->container, "web");
	assert_null(kube_store_container(s, "bb", NULL));
	assert_null(kube_store_container(s, "", NULL));
	assert_null(kube_store_container(s, NULL, NULL));
}

/* ------------------------------------------------------ changes and relists */

static void what_changes_no_name_moves_nothing(void **state)
{
	struct kube_store *s = *state;
	const struct endpoint *before;
	uint32_t generation;
	struct made m;

	read_cluster(s);
	put(s, made_pod(&m, "p", "Running", "10.0.0.1"));
	before = at(s, "10.0.0.1");
	generation = kube_store_generation(s);
	m.o.meta.resource_version = "2";
	put(s, &m);
	read_cluster(s);
	assert_int_not_equal(kube_store_generation(s), generation); /* p was not in the list */
	generation = kube_store_generation(s);
	read_cluster(s);
	assert_int_equal(kube_store_generation(s), generation);
	put(s, &m);
	assert_int_not_equal(kube_store_generation(s), generation);
	generation = kube_store_generation(s);
	before = at(s, "10.0.0.1");
	m.o.meta.resource_version = "3";
	put(s, &m);
	assert_ptr_equal(at(s, "10.0.0.1"), before);
	assert_int_equal(kube_store_generation(s), generation);
	made_label(&m, "a", "b");
	put(s, &m);
	assert_int_not_equal(kube_store_generation(s), generation);
}

static void relists(void **state)
{
	struct kube_store *s = *state;
	struct made a, b;

	put(s, made_pod(&a, "a", "Running", "10.0.0.1"));
	put(s, made_pod(&b, "b", "Running", "10.0.0.2"));
	kube_store_relist_begin(s, KUBE_POD);
	put(s, &a);
	/* breaks off, begins anew */
	kube_store_relist_begin(s, KUBE_POD);
	put(s, &b);
	assert_int_equal(kube_store_count(s, KUBE_POD), 2);
	kube_store_relist_end(s, KUBE_POD);
	assert_int_equal(kube_store_count(s, KUBE_POD), 1);
	assert_string_equal(pod_at(s, "10.0.0.1"), "a"); /* for a minute */
	kube_store_relist_end(s, KUBE_POD);
	assert_int_equal(kube_store_count(s, KUBE_POD), 1);
	kube_store_relist_begin(s, KUBE_POD);
	kube_store_relist_end(s, KUBE_POD);
	assert_int_equal(kube_store_count(s, KUBE_POD), 0);
}

/* ------------------------------------------------------------------ bounds */

static void full_is_counted(void **state)
{
	const struct kube_store_options opt = {.max_objects = 3};
	struct kube_store *s;
	struct made m;
	char name[8];

	(void)state;
	assert_int_equal(kube_store_new(&opt, &s), 0);
	for (int i = 0; i < 5; i++) {
		snprintf(name, sizeof(name), "p%d", i);
		put(s, made_pod(&m, name, "Running", "10.0.0.1"));
	}
	assert_int_equal(kube_store_count(s, KUBE_POD), 3);
	assert_int_equal(kube_store_refused(s), 2);
	/* the dead make room */
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "p%d", i);
		gone(s, made_pod(&m, name, "Running", "10.0.0.1"));
		snprintf(name, sizeof(name), "p%d", i + 3);
		put(s, made_pod(&m, name, "Running", "10.0.0.1"));
		assert_true(s->entries[KUBE_POD].n <= 4);
	}
	assert_int_equal(kube_store_refused(s), 2);
	put(s, made_pod(&m, "", "Running", NULL));
	assert_int_equal(kube_store_refused(s), 3);
	kube_store_free(s);
}

/* Few objects, but each as large as it may be. */
static void memory_is_bounded(void **state)
{
	const struct kube_store_options opt = {.max_objects = 100};
	struct kube_label labels[LABELS_MAX];
	struct kube_store *s;
	struct made m;
	char value[512], name[8];

	(void)state;
	memset(value, 'v', sizeof(value) - 1);
	value[sizeof(value) - 1] = 0;
	for (size_t i = 0; i < LABELS_MAX; i++)
		labels[i] = (struct kube_label){"key", value};
	assert_int_equal(kube_store_new(&opt, &s), 0);
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "p%d", i);
		made_pod(&m, name, "Running", "10.0.0.1");
		m.o.meta.labels = labels;
		m.o.meta.n_labels = LABELS_MAX;
		put(s, &m);
	}
	assert_in_range(kube_store_count(s, KUBE_POD), 5, 7); /* 64 KiB each */
	assert_int_equal(kube_store_refused(s), 100 - kube_store_count(s, KUBE_POD));
	kube_store_relist_begin(s, KUBE_POD);
	kube_store_relist_end(s, KUBE_POD);
	put(s, made_pod(&m, "small", "Running", "10.0.0.2"));
	assert_string_equal(pod_at(s, "10.0.0.2"), "small");
	kube_store_age(s, SECOND);
	kube_store_age(s, 100 * SECOND);
	gone(s, &m);
	while (s->n_dead)
		kube_pod_bury(s);
	assert_int_equal(s->bytes, 0);
	kube_store_free(s);
}

static void one_spot_is_bounded(void **state)
{
	struct kube_store *s = *state;
	struct made m;
	char name[8];

	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "p%d", i);
		put(s, made_pod(&m, name, "Running", "10.0.0.1"));
	}
	assert_int_equal(kube_store_count(s, KUBE_POD), 1000);
	assert_int_equal(kube_store_refused(s), 1000 - KUBE_SPOT_MAX);
}

static void long_and_odd_texts(void **state)
{
	struct kube_label labels[300];
	struct kube_store *s = *state;
	char *key = malloc(1 << 20);
	const struct endpoint *e;
	struct made m;

	memset(key, 'k', (1 << 20) - 1);
	key[(1 << 20) - 1] = 0;
	made_pod(&m, "p", "Running", "10.0.0.1");
	for (size_t i = 0; i < 300; i++)
		labels[i] = (struct kube_label){i ? "\x1b[31m\xff" : key, key};
	m.o.meta.labels = labels;
	m.o.meta.n_labels = 300;
	m.o.meta.namespace_name = key;
	m.o.meta.owner_kind = "ReplicaSet";
	m.o.meta.owner_name = key;
	m.o.meta.owner_uid = "u";
	put(s, &m);
	e = at(s, "10.0.0.1");
	assert_int_equal(e->n_labels, LABELS_MAX);
	for (size_t i = 0; i < e->n_labels; i++)
		assert_true(strlen(e->labels[i]) <= LABEL_MAX);
	/* keys that long are no object's */
	m.o.meta.uid = key;
	put(s, &m);
	assert_int_equal(kube_store_refused(s), 1);
	free(key);
}

/* Ten thousand pods come and go ten times: nothing is left of them. */
static void churn(void **state)
{
	struct kube_store *s = *state;
	uint64_t now = SECOND;

	for (unsigned int round = 0; round < 10; round++) {
		for (unsigned int i = 0; i < 10000; i++) {
			struct made m;
			char name[32], set[32];

			snprintf(name, sizeof(name), "pod-%u-%u", round, i);
			snprintf(set, sizeof(set), "set-%u", i / 10);
			made_pod(&m, name, "Running", NULL);
			m.ips[0] = ip_of(0x0a000000 + i);
			m.o.pod.n_ips = 1;
			made_owner(&m, "ReplicaSet", set, set);
			put(s, &m);
			gone(s, &m);
			if (i % 1000 == 0)
				kube_store_age(s, now += 7 * SECOND);
			assert_true(s->n_dead <= 11000);
		}
		assert_int_equal(kube_store_count(s, KUBE_POD), 0);
	}
	kube_store_age(s, now + SECOND);
	kube_store_age(s, now + 100 * SECOND);
	assert_int_equal(s->n_dead, 0);
	assert_int_equal(s->spots.n, 0);
	assert_int_equal(s->containers.n, 0);
	assert_int_equal(s->bytes, 0);
	for (unsigned int kind = 0; kind < KUBE_KINDS; kind++)
		assert_int_equal(s->entries[kind].n, 0);
	assert_int_equal(kube_store_refused(s), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_later_pod_has_the_address),
		TEST(the_deleted_stay_a_minute),
		TEST(containers),
		TEST(what_changes_no_name_moves_nothing),
		TEST(relists),
		TEST(full_is_counted),
		TEST(memory_is_bounded),
		TEST(one_spot_is_bounded),
		TEST(long_and_odd_texts),
		TEST(churn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
