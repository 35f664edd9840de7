// SPDX-License-Identifier: MIT
/* What Docker and Podman tell of containers: texts as those programs write them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/runtime_texts.h"

#define C "4f38457a3afb05bfc9b92f684be3d06b33736ff48cfc292b0ca8150212002f94"
#define LIST                                                                                    \
	"[{\"Id\":\"" B "\",\"Names\":[\"/web/db\",\"/cart\"],\"Image\":\"localhost/shop:1\","  \
	"\"Labels\":{\"app\":\"cart\",\"com.docker.compose.project\":\"boutique\","             \
	"\"com.docker.compose.service\":\"cart-service\"},\"State\":\"running\","               \
	"\"NetworkSettings\":{\"Networks\":{\"podman\":{\"IPAddress\":\"10.88.0.4\","           \
	"\"GlobalIPv6Address\":\"fd00::4\"}}}},"                                                \
	"{\"Id\":\"" C "\",\"Names\":[\"/c2a3a64ca979-infra\"],\"Image\":\"\",\"Labels\":null," \
	"\"State\":\"running\",\"NetworkSettings\":{\"Networks\":{\"podman\":"                  \
	"{\"IPAddress\":\"10.88.0.4\"}}}},"                                                     \
	"{\"Id\":\"not an id\",\"Names\":[\"/x{]}\\\"\"]},"                                     \
	"{\"Id\":\"" A "\",\"Names\":[\"/web\"],\"Image\":\"i\",\"State\":\"exited\","          \
	"\"NetworkSettings\":{\"Networks\":{\"podman\":{\"IPAddress\":\"\"}}}}]\n"

/* ---------------------------------------------------------------------- reading */

static char told[4096];

static void on_container(void *arg, enum runtime_change change, const struct runtime_container *c)
{
	size_t n = strlen(told);

	(void)arg;
	n += snprintf(told + n, sizeof(told) - n, "%d %.2s %s %s %d%d%zu;", change, c->id, c->name,
		      c->image, c->running, c->has_addresses, c->n_addresses);
	for (size_t i = 0; i < c->n_labels && n < sizeof(told); i++)
		n += snprintf(told + n, sizeof(told) - n, "%s=%s;", c->labels[i].key,
			      c->labels[i].value);
}

static int read_text(enum runtime_shape shape, const char *text, size_t step, uint64_t *ret_skipped)
{
	struct runtime_reader r = {.shape = shape, .container = on_container};
	size_t n = strlen(text);
	int err = 0;

	told[0] = 0;
	for (size_t i = 0; i < n && !err; i += step)
		err = runtime_reader_feed(&r, text + i, n - i < step ? n - i : step);
	*ret_skipped = r.skipped;
	runtime_reader_free(&r);
	return err;
}

static void lists(void **state)
{
	uint64_t skipped;

	(void)state;
	for (size_t step = 1; step < 5000; step += 97) {
		assert_int_equal(read_text(RUNTIME_LIST, LIST, step, &skipped), 0);
		assert_string_equal(told, "0 2b cart localhost/shop:1 112;app=cart;"
					  "com.docker.compose.project=boutique;"
					  "com.docker.compose.service=cart-service;"
					  "0 4f c2a3a64ca979-infra  111;0 e0 web i 010;");
		assert_int_equal(skipped, 1);
	}
	assert_int_equal(read_text(RUNTIME_LIST, "[]\n", 3, &skipped), 0);
	assert_int_equal(read_text(RUNTIME_LIST, "null\n", 3, &skipped), 0);
	assert_int_equal(read_text(RUNTIME_LIST, "<html>", 3, &skipped), -EBADMSG);
	assert_int_equal(read_text(RUNTIME_LIST, "[{\"Id\":}]", 3, &skipped), 0);
	assert_int_equal(skipped, 1);
}

#define EVENT(type, action, id, attributes)                                        \
	"{\"Type\":\"" type "\",\"Action\":\"" action "\",\"Actor\":{\"ID\":\"" id \
	"\",\"Attributes\":{" attributes "}},\"time\":1795322520}\n"

static void events(void **state)
{
	uint64_t skipped;

	(void)state;
	assert_int_equal(
		read_text(RUNTIME_EVENTS,
			  EVENT("container", "create", A,
				"\"image\":\"i\",\"name\":\"web\",\"podId\":\"\",\"app\":\"x\"")
				  EVENT("container", "exec_start: sh", A, "\"name\":\"web\"") EVENT(
					  "container", "rename", A,
					  "\"name\":\"/shop\",\"oldName\":\"/web\"")
					  EVENT("container", "die", A,
						"\"name\":\"shop\",\"exitCode\":\"0\"")
						  EVENT("image", "pull", A, "\"name\":\"i\"") EVENT(
							  "network", "connect", "n1",
							  "\"container\":\"" B
							  "\"") EVENT("network", "destroy", A, "")
							  EVENT("container", "destroy", A, ""),
			  7, &skipped),
		0);
	assert_string_equal(told, "1 e0 web i 100;app=x;1 e0 shop  100;2 e0 shop  100;2 2b   100;"
				  "container=" B ";3 e0   100;");
	assert_int_equal(skipped, 0);
}

/* No more of an object is kept than the bound, and the one after it is read. */
static void long_object(void **state)
{
	struct runtime_reader r = {.shape = RUNTIME_LIST, .container = on_container};
	static char filler[1 << 16];

	(void)state;
	told[0] = 0;
	memset(filler, 'x', sizeof(filler));
	assert_int_equal(runtime_reader_feed(&r, "[{\"Id\":\"", 8), 0);
	for (int i = 0; i < 64; i++) {
		assert_int_equal(runtime_reader_feed(&r, filler, sizeof(filler)), 0);
		assert_true(r.size <= RUNTIME_OBJECT_MAX);
	}
	assert_int_equal(runtime_reader_feed(&r, "\"},", 3), 0);
	assert_int_equal(r.skipped, 1);
	assert_int_equal(runtime_reader_feed(&r, LIST + 1, strlen(LIST) - 1), 0);
	assert_non_null(strstr(told, "cart"));
	runtime_reader_free(&r);
}

static void versions(void **state)
{
	const char podman[] =
		"{\"Components\":[{\"Name\":\"Podman Engine\"},{\"Name\":\"Conmon\"}]}";

	(void)state;
	assert_string_equal(runtime_of_version(podman, strlen(podman)), "podman");
	assert_string_equal(runtime_of_version("{\"Components\":[{\"Name\":\"Engine\"}]}", 34),
			    "docker");
	assert_string_equal(runtime_of_version(NULL, 0), "docker");
}

/* ------------------------------------------------------------------------ store */

struct into {
	struct runtime_store *store;
	unsigned int from;
};

static void on_put(void *arg, enum runtime_change change, const struct runtime_container *c)
{
	const struct into *into = arg;

	(void)change;
	runtime_store_put(into->store, into->from, "podman", c);
}

static void put_list(struct runtime_store *s, unsigned int from, const char *text)
{
	struct into into = {s, from};
	struct runtime_reader r = {.shape = RUNTIME_LIST, .arg = &into, .container = on_put};

	assert_int_equal(runtime_reader_feed(&r, text, strlen(text)), 0);
	runtime_reader_free(&r);
}

static void put(struct runtime_store *s, unsigned int from, const char *id, const char *name)
{
	struct runtime_container c = {.id = id, .name = name, .image = "", .running = true};

	runtime_store_put(s, from, "podman", &c);
}

static void endpoints(void **state)
{
	struct runtime_store *s = store_new();
	struct ip_addr four = v4(10, 88, 0, 4);
	struct endpoint *e;
	uint32_t generation;

	(void)state;
	put_list(s, RUNTIME_FROM_API, LIST);
	assert_int_equal(runtime_store_count(s), 3);
	e = runtime_store_find(s, B);
	assert_int_equal(e->kind, ENDPOINT_CONTAINER);
	assert_string_equal(e->namespace_name, "boutique");
	assert_string_equal(e->name, "cart");
	assert_string_equal(e->container, "cart");
	assert_string_equal(e->workload, "cart-service");
	assert_string_equal(e->workload_kind, "ComposeService");
	assert_string_equal(e->node, "node-1");
	assert_string_equal(e->container_id, B);
	assert_int_equal(e->n_labels, 4);
	assert_string_equal(e->labels[0], "container:app=cart");
	assert_string_equal(e->labels[3], "container:name=cart");
	e = runtime_store_find(s, A);
	assert_string_equal(e->namespace_name, "podman");
	assert_string_equal(e->workload, "web");
	assert_string_equal(e->workload_kind, "Container");
	assert_null(runtime_store_find(s, "unknown"));
	/* the container in the pod, not the pod's infra container */
	assert_string_equal(runtime_store_address(s, &four)->name, "cart");
	/* the same told again is nothing new */
	generation = runtime_store_generation(s);
	put_list(s, RUNTIME_FROM_API, LIST);
	assert_int_equal(runtime_store_generation(s), generation);
	runtime_store_free(s);
	runtime_store_free(NULL);
}

/* Replicas of a service are one identity, other services are others. */
static void identities(void **state)
{
	const struct runtime_label labels[] = {{"com.docker.compose.project", "shop"},
					       {"com.docker.compose.service", "web"},
					       {"com.docker.compose.container-number", "1"}},
				   other[] = {{"com.docker.compose.project", "shop"},
					      {"com.docker.compose.service", "db"}};
	struct runtime_container
		a = {.id = A, .name = "shop-web-1", .image = "", .labels = labels, .n_labels = 3},
		b = {.id = B, .name = "shop-web-2", .image = "", .labels = labels, .n_labels = 2},
		c = {.id = C, .name = "shop-db-1", .image = "", .labels = other, .n_labels = 2};
	struct runtime_store *s = store_new();
	uint32_t web;

	(void)state;
	runtime_store_put(s, RUNTIME_FROM_API, "docker", &a);
	runtime_store_put(s, RUNTIME_FROM_API, "docker", &b);
	runtime_store_put(s, RUNTIME_FROM_API, "docker", &c);
	web = runtime_store_find(s, A)->identity;
	assert_true(web >= IDENTITY_RESERVED_MAX);
	assert_int_equal(runtime_store_find(s, B)->identity, web);
	assert_int_not_equal(runtime_store_find(s, C)->identity, web);
	runtime_store_free(s);
}

static void sources(void **state)
{
	struct runtime_store *s = store_new();

	(void)state;
	put(s, RUNTIME_FROM_STORAGE, A, "from-files");
	put(s, RUNTIME_FROM_API, A, "from-api");
	put(s, RUNTIME_FROM_STORAGE, A, "from-files");
	assert_string_equal(runtime_store_find(s, A)->name, "from-api");
	assert_true(runtime_store_is_whole(s, A));
	put(s, RUNTIME_FROM_STORAGE, B, "b");
	assert_false(runtime_store_is_whole(s, B));
	/* a list of the one source does not make the other's gone */
	runtime_store_relist_begin(s, RUNTIME_FROM_API);
	runtime_store_relist_begin(s, RUNTIME_FROM_STORAGE);
	put(s, RUNTIME_FROM_API, A, "from-api");
	runtime_store_relist_end(s, RUNTIME_FROM_API, SECOND);
	put(s, RUNTIME_FROM_STORAGE, B, "b");
	runtime_store_relist_end(s, RUNTIME_FROM_STORAGE, SECOND);
	runtime_store_age(s, 100 * SECOND);
	assert_int_equal(runtime_store_count(s), 2);
	runtime_store_relist_begin(s, RUNTIME_FROM_API);
	runtime_store_relist_end(s, RUNTIME_FROM_API, 100 * SECOND);
	/* gone, and still known for a minute */
	runtime_store_age(s, 159 * SECOND);
	assert_non_null(runtime_store_find(s, A));
	runtime_store_age(s, 161 * SECOND);
	assert_null(runtime_store_find(s, A));
	assert_non_null(runtime_store_find(s, B));
	runtime_store_free(s);
}

static void addresses(void **state)
{
	struct runtime_container c = {.image = "",
				      .running = true,
				      .has_addresses = true,
				      .addresses = {v4(172, 17, 0, 2)},
				      .n_addresses = 1};
	struct runtime_store *s = store_new();
	struct ip_addr a = v4(172, 17, 0, 2);

	(void)state;
	c.id = A;
	c.name = "first";
	runtime_store_put(s, RUNTIME_FROM_API, "docker", &c);
	assert_string_equal(runtime_store_address(s, &a)->name, "first");
	/* stopped: its last packets are still its own */
	c.running = false;
	c.n_addresses = 0;
	runtime_store_put(s, RUNTIME_FROM_API, "docker", &c);
	assert_string_equal(runtime_store_address(s, &a)->name, "first");
	/* until another has the address */
	c = (struct runtime_container){.id = B,
				       .name = "second",
				       .image = "",
				       .running = true,
				       .has_addresses = true,
				       .addresses = {a},
				       .n_addresses = 1};
	runtime_store_put(s, RUNTIME_FROM_API, "docker", &c);
	assert_string_equal(runtime_store_address(s, &a)->name, "second");
	/* an event has no addresses: they stay */
	put(s, RUNTIME_FROM_API, B, "renamed");
	assert_string_equal(runtime_store_address(s, &a)->name, "renamed");
	runtime_store_gone(s, B, SECOND);
	runtime_store_gone(s, A, SECOND);
	assert_null(runtime_store_address(s, &a));
	runtime_store_free(s);
}

static void store_bound(void **state)
{
	struct runtime_store *s = store_new();
	char id[65];

	(void)state;
	for (unsigned int i = 0; i < RUNTIME_STORE_MAX + 5; i++) {
		snprintf(id, sizeof(id), "%064x", i);
		put(s, RUNTIME_FROM_API, id, "x");
	}
	assert_int_equal(runtime_store_count(s), RUNTIME_STORE_MAX);
	assert_int_equal(runtime_store_refused(s), 5);
	runtime_store_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists),       cmocka_unit_test(events),
		cmocka_unit_test(long_object), cmocka_unit_test(versions),
		cmocka_unit_test(endpoints),   cmocka_unit_test(identities),
		cmocka_unit_test(sources),     cmocka_unit_test(addresses),
		cmocka_unit_test(store_bound),
	};

	return cmocka_run_group_tests_name("runtime", tests, NULL, NULL);
}
