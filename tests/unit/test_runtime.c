// SPDX-License-Identifier: MIT
/* What Docker, Podman and the kubelet tell of containers: texts as those programs write them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "flows/names/runtime_files.h"
#include "flows/names/runtime_json.h"
#include "flows/names/runtime_logs.h"
#include "flows/names/runtime_store.h"

#define A "e0ec32ba21d11a38211aa97dcf69d3608f6e63fb2c4eb0a1441da6db4bc44c9a"
#define B "2bfc58504b7f6da474ffec761b170b50e86d2d20bf8fca73bb5582b35ca7e291"
#define C "4f38457a3afb05bfc9b92f684be3d06b33736ff48cfc292b0ca8150212002f94"
#define UID "6f1f8c8e-0a1b-4c2d-9e3f-001122334455"
#define SECOND 1000000000ull

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

static struct ip_addr v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	return (struct ip_addr){{[10] = 0xff, 0xff, a, b, c, d}};
}

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

static struct runtime_store *store_new(void)
{
	struct runtime_store *s;

	assert_int_equal(runtime_store_new("node-1", "default", &s), 0);
	return s;
}

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

/* ------------------------------------------------------------------ the kubelet's names */

static void kubelet_names(void **state)
{
	struct runtime_pod p;

	(void)state;
	assert_true(runtime_pod_of_link("cart-58f6c-x1_shop_main-" A ".log", &p));
	assert_string_equal(p.pod, "cart-58f6c-x1");
	assert_string_equal(p.namespace_name, "shop");
	assert_string_equal(p.container, "main");
	assert_string_equal(p.id, A);
	assert_true(runtime_pod_of_folder("kube-system_etcd-node_9a8b7c6d5e4f30211234567890abcdef",
					  &p));
	assert_string_equal(p.pod, "etcd-node");
	assert_string_equal(p.uid, "9a8b7c6d5e4f30211234567890abcdef");
	assert_true(runtime_pod_of_k8s_name("k8s_main_cart-x1_shop_" UID "_0", &p));
	assert_string_equal(p.container, "main");
	assert_string_equal(p.namespace_name, "shop");
	assert_string_equal(p.uid, UID);
	assert_true(runtime_pod_of_k8s_name("k8s_POD_cart-x1_shop_" UID "_0", &p));
	assert_string_equal(p.container, "");
	assert_false(runtime_pod_of_link("cart_shop_main-" A ".txt", &p));
	assert_false(runtime_pod_of_link("cart_shop_a_b-" A ".log", &p));
	assert_false(runtime_pod_of_link("__-" A ".log", &p));
	assert_false(runtime_pod_of_link("-" A ".log", &p));
	assert_false(runtime_pod_of_folder("shop_cart_not-a-uid", &p));
	assert_false(runtime_pod_of_folder("shop_cart", &p));
	assert_false(runtime_pod_of_k8s_name("k8s_main_cart_shop", &p));
	assert_false(runtime_pod_of_k8s_name("web", &p));
}

/* ------------------------------------------------------------------------- files */

static char root[64];

static int make_root(void **state)
{
	(void)state;
	snprintf(root, sizeof(root), "/tmp/pitot-runtime.XXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
	char command[100];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command);
}

/* Makes the folders above it too. */
static void write_file(const char *path, const char *text)
{
	char full[512];
	FILE *f;

	snprintf(full, sizeof(full), "%s%s", root, path);
	for (char *p = full + strlen(root) + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = 0;
		mkdir(full, 0755);
		*p = '/';
	}
	unlink(full);
	f = fopen(full, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void kubelet_folders(void **state)
{
	struct runtime_logs *l;
	struct runtime_pod p;

	(void)state;
	assert_int_equal(runtime_logs_new(root, &l), 0);
	assert_false(runtime_logs_find(l, A, UID, SECOND, &p));
	write_file("/var/log/containers/cart-x1_shop_main-" A ".log", "");
	write_file("/var/log/containers/other.log", "");
	write_file("/var/log/pods/shop_pay-x2_" UID "/main/0.log", "");
	/* not read again within a second */
	assert_false(runtime_logs_find(l, A, NULL, SECOND + 1, &p));
	assert_true(runtime_logs_find(l, A, NULL, 2 * SECOND, &p));
	assert_string_equal(p.pod, "cart-x1");
	assert_int_equal(runtime_logs_count(l), 2);
	assert_true(runtime_logs_find(l, B, UID, 2 * SECOND, &p));
	assert_string_equal(p.pod, "pay-x2");
	assert_string_equal(p.container, "");
	runtime_logs_free(l);
	runtime_logs_free(NULL);
}

static unsigned int notices;
static char last_notice[512];

static void on_notice(void *arg, const char *line)
{
	(void)arg;
	notices++;
	snprintf(last_notice, sizeof(last_notice), "%s", line);
}

/* Somebody has filled the folder with what is not the kubelet's: read so far, and no further. */
static void full_folder(void **state)
{
	char path[128];
	struct runtime_logs *l;
	struct runtime_pod p;

	(void)state;
	for (unsigned int i = 0; i < 4 * RUNTIME_LOGS_MAX; i++) {
		snprintf(path, sizeof(path), "/var/log/containers/x%u", i);
		write_file(path, "");
	}
	assert_int_equal(runtime_logs_new(root, &l), 0);
	assert_false(runtime_logs_find(l, A, UID, SECOND, &p));
	assert_int_equal(runtime_logs_count(l), 0);
	assert_int_equal(runtime_logs_left_out(l), 1);
	runtime_logs_free(l);
}

#define VFS "/var/lib/containers/storage/vfs-containers/containers.json"
#define STORED(id, name)                                                  \
	"{\"id\":\"" id "\",\"names\":[\"" name "\"],\"image\":\"59fe\"," \
	"\"metadata\":\"{\\\"image-name\\\":\\\"shop:1\\\",\\\"name\\\":\\\"old\\\"}\"}"

static void podman_files(void **state)
{
	struct runtime_store *s = store_new();
	struct runtime_files *f;

	(void)state;
	notices = 0;
	assert_int_equal(runtime_files_new(root, s, on_notice, NULL, &f), 0);
	runtime_files_poll(f, SECOND);
	assert_int_equal(runtime_files_found(f), 0);
	write_file(VFS, "[" STORED(A, "web") "," STORED(B, "k8s_main_cart-x1_shop_" UID "_0") "]");
	runtime_files_poll(f, SECOND);
	assert_string_equal(runtime_store_find(s, A)->name, "web");
	assert_string_equal(runtime_store_find(s, A)->image, "shop:1");
	/* CRI-O keeps its containers in the same place */
	assert_int_equal(runtime_store_find(s, B)->kind, ENDPOINT_POD);
	assert_string_equal(runtime_store_find(s, B)->namespace_name, "shop");
	assert_string_equal(runtime_store_find(s, B)->container, "main");
	write_file(VFS, "[" STORED(A, "renamed") "]");
	runtime_files_poll(f, 2 * SECOND);
	assert_string_equal(runtime_store_find(s, A)->name, "renamed");
	runtime_store_age(s, 100 * SECOND);
	assert_null(runtime_store_find(s, B));
	/* broken: told once, what was known stays */
	write_file(VFS, "[{\"id\":\"");
	runtime_files_poll(f, 100 * SECOND);
	write_file(VFS, "no JSON at all");
	runtime_files_poll(f, 101 * SECOND);
	assert_int_equal(notices, 1);
	runtime_store_age(s, 300 * SECOND);
	assert_non_null(runtime_store_find(s, A));
	runtime_files_free(f);
	runtime_files_free(NULL);
	runtime_store_free(s);
}

static void docker_files(void **state)
{
	struct runtime_store *s = store_new();
	struct ip_addr a = v4(172, 17, 0, 9);
	struct runtime_files *f;
	char path[512];

	(void)state;
	notices = 0;
	assert_int_equal(runtime_files_new(root, s, on_notice, NULL, &f), 0);
	runtime_files_ask(f, A);
	write_file(
		"/var/lib/docker/containers/" A "/config.v2.json",
		"{\"ID\":\"" A "\",\"Name\":\"/db\",\"State\":{\"Running\":true},"
		"\"Config\":{\"Image\":\"postgres\",\"Labels\":{\"tier\":\"data\"}},"
		"\"NetworkSettings\":{\"Networks\":{\"bridge\":{\"IPAddress\":\"172.17.0.9\"}}}}");
	runtime_files_ask(f, A);
	assert_string_equal(runtime_store_find(s, A)->name, "db");
	assert_string_equal(runtime_store_find(s, A)->namespace_name, "docker");
	assert_string_equal(runtime_store_find(s, A)->labels[1], "container:tier=data");
	assert_string_equal(runtime_store_address(s, &a)->name, "db");
	assert_int_equal(notices, 0);
	/* a pipe would block, a file of a gigabyte is not read */
	write_file("/var/lib/docker/containers/" B "/x", "");
	snprintf(path, sizeof(path), "%s/var/lib/docker/containers/" B "/config.v2.json", root);
	assert_int_equal(mkfifo(path, 0600), 0);
	runtime_files_ask(f, B);
	assert_int_equal(notices, 1);
	runtime_files_free(f);
	assert_int_equal(runtime_files_new(root, s, on_notice, NULL, &f), 0);
	unlink(path);
	write_file("/var/lib/docker/containers/" B "/config.v2.json", "{");
	assert_int_equal(truncate(path, 1 << 30), 0);
	runtime_files_ask(f, B);
	assert_int_equal(notices, 2);
	assert_non_null(strstr(last_notice, "too large"));
	assert_null(runtime_store_find(s, B));
	runtime_files_free(f);
	runtime_store_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists),
		cmocka_unit_test(events),
		cmocka_unit_test(long_object),
		cmocka_unit_test(versions),
		cmocka_unit_test(endpoints),
		cmocka_unit_test(identities),
		cmocka_unit_test(sources),
		cmocka_unit_test(addresses),
		cmocka_unit_test(store_bound),
		cmocka_unit_test(kubelet_names),
		cmocka_unit_test_setup_teardown(kubelet_folders, make_root, remove_root),
		cmocka_unit_test_setup_teardown(full_folder, make_root, remove_root),
		cmocka_unit_test_setup_teardown(podman_files, make_root, remove_root),
		cmocka_unit_test_setup_teardown(docker_files, make_root, remove_root),
	};

	return cmocka_run_group_tests_name("runtime", tests, NULL, NULL);
}
