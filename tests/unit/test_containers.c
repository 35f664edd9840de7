// SPDX-License-Identifier: MIT
/* From a process's control group to the endpoint at its end of a flow. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "flows/names/cgroup_names.h"
#include "flows/names/cgroup_proc.h"
#include "flows/names/containers.h"

#define A "e0ec32ba21d11a38211aa97dcf69d3608f6e63fb2c4eb0a1441da6db4bc44c9a"
#define B "2bfc58504b7f6da474ffec761b170b50e86d2d20bf8fca73bb5582b35ca7e291"
#define POD "6f1f8c8e-0a1b-4c2d-9e3f-001122334455"
#define POD2 "7a1f8c8e-0a1b-4c2d-9e3f-001122334455"
#define BIG (1ull << 40) /* ids that no real group has */
#define SECOND 1000000000ull

static char root[64];
static struct namer *namer;
static struct kube_store *kube;

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

static int begin(void **state)
{
	struct names_options opt = {.root = root, .node_name = "node-1"};
	const struct kube_store_options store = {.node_name = "node-1", .cluster_name = "default"};

	(void)state;
	snprintf(root, sizeof(root), "/tmp/pitot-containers.XXXXXX");
	if (!mkdtemp(root) || kube_store_new(&store, &kube))
		return -1;
	write_file("/etc/passwd",
		   "root:x:0:0::/root:/bin/sh\nbad line\nalice:x:1000:1000::/:/bin/sh\n");
	return containers_new(&opt, kube, &namer);
}

static int end(void **state)
{
	char command[100];

	(void)state;
	namer->free(namer);
	kube_store_free(kube);
	snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command);
}

static struct process *process_new(uint32_t pid, uint64_t cgroup_id, const char *comm,
				   const char *exe)
{
	struct process *p = calloc(1, sizeof(*p));

	p->refs = 1;
	p->pid = pid;
	p->start_ns = pid * SECOND;
	p->cgroup_id = cgroup_id;
	snprintf(p->comm, sizeof(p->comm), "%s", comm);
	p->exe = strdup(exe);
	p->command = strdup("");
	return p;
}

/* The endpoint of an end that this process is at. The caller's reference. */
static struct endpoint *name(struct process *p, uint32_t *identity)
{
	struct flow_end e = {.identity = *identity, .process = p}, other = {0};
	struct flow f;

	flow_init(&f);
	namer->end(namer, &f, &e, &other);
	*identity = e.identity;
	return e.endpoint;
}

/* "kind namespace/name workload_kind label,label" of a process that is new. */
static const char *named(uint64_t cgroup_id, const char *comm, const char *exe)
{
	static uint32_t pid = 1000;
	static char text[1024];
	struct process *p = process_new(++pid, cgroup_id, comm, exe);
	uint32_t identity = IDENTITY_HOST;
	struct endpoint *e = name(p, &identity);
	size_t n;

	assert_non_null(e);
	n = snprintf(text, sizeof(text), "%s %s/%s %s", endpoint_kind_name(e->kind),
		     e->namespace_name, e->name, e->workload_kind);
	for (size_t i = 0; i < e->n_labels; i++)
		n += snprintf(text + n, sizeof(text) - n, " %s", e->labels[i]);
	endpoint_put(e);
	process_put(p);
	return text;
}

static void units_and_programs(void **state)
{
	(void)state;
	containers_cgroup(namer, BIG + 1, "/system.slice/nginx.service");
	containers_cgroup(namer, BIG + 2, "/user.slice/user-1000.slice/session-3.scope");
	containers_cgroup(namer, BIG + 3,
			  "/user.slice/user-7.slice/user@7.service/app.slice/foo.service");
	assert_string_equal(named(BIG + 1, "nginx", "/usr/sbin/nginx"),
			    "unit host/nginx.service Unit reserved:host");
	assert_string_equal(named(BIG + 2, "bash", "/bin/bash"),
			    "process host/bash Process reserved:host systemd:session=3 "
			    "systemd:user=alice");
	assert_string_equal(named(BIG + 3, "foo", "/bin/foo"),
			    "unit host/foo.service Unit reserved:host systemd:user=7");
	/* the program, not the thread; what was deleted; without a name of its own */
	assert_string_equal(named(0, "isc-net-0001", "/usr/bin/dig"),
			    "process host/dig Process reserved:host");
	assert_string_equal(named(0, "x", "/opt/app (deleted)"),
			    "process host/app Process reserved:host");
	assert_string_equal(named(0, "runc", "/proc/self/fd/7"),
			    "process host/runc Process reserved:host");
	assert_string_equal(named(0, "kworker/0:1", ""),
			    "process host/kworker/0:1 Process reserved:host");
}

static void other_namespaces(void **state)
{
	struct process *p = process_new(77, BIG + 4, "nginx", "/usr/sbin/nginx");
	uint32_t own = IDENTITY_HOST, other = IDENTITY_UNMANAGED;
	struct endpoint *e;

	(void)state;
	containers_cgroup(namer, BIG + 4, "/system.slice/nginx.service");
	e = name(p, &own);
	assert_int_equal(own, IDENTITY_HOST);
	assert_string_equal(e->labels[0], "reserved:host");
	endpoint_put(e);
	e = name(p, &other);
	assert_int_equal(other, IDENTITY_UNMANAGED);
	assert_string_equal(e->labels[0], "reserved:unmanaged");
	assert_string_equal(e->name, "nginx.service");
	endpoint_put(e);
	process_put(p);
}

/* The same process is answered from what is kept; another one at its place is not. */
static void kept_answers(void **state)
{
	struct process *p = process_new(78, BIG + 5, "a", "/bin/a");
	uint32_t identity = IDENTITY_HOST;
	struct endpoint *first, *second;

	(void)state;
	containers_cgroup(namer, BIG + 5, "/");
	first = name(p, &identity);
	second = name(p, &identity);
	assert_ptr_equal(first, second);
	assert_string_equal(first->name, "a");
	endpoint_put(first);
	endpoint_put(second);
	/* kept by the namer: the address cannot be used again */
	assert_int_equal(p->refs, 2);
	process_put(p);
	assert_string_equal(named(BIG + 5, "b", "/bin/b"), "process host/b Process reserved:host");
}

static void put_pod(const char *name_, const char *uid, const char *id)
{
	const struct kube_container container = {.name = "main", .image = "shop:1", .id = id};
	const struct kube_object o = {.kind = KUBE_POD,
				      .meta = {.name = name_,
					       .namespace_name = "shop",
					       .uid = uid,
					       .resource_version = "1",
					       .owner_kind = "",
					       .owner_name = "",
					       .owner_uid = ""},
				      .pod = {.node = "node-1",
					      .phase = "Running",
					      .containers = &container,
					      .n_containers = 1}};

	kube_store_put(kube, &o);
}

static void pods(void **state)
{
	const char *kubelet =
		"/kubepods.slice/kubepods-pod" POD ".slice/cri-containerd-" A ".scope";

	(void)state;
	containers_cgroup(namer, BIG + 6, kubelet);
	containers_cgroup(namer, BIG + 7, "/kubepods/pod" POD2 "/" B);
	/* nobody knows it yet, but for its uid */
	assert_string_equal(named(BIG + 6, "x", "/x"),
			    "pod /" POD " Pod k8s:io.kubernetes.pod.name=" POD);
	/* the kubelet's folders */
	write_file("/var/log/containers/cart-x1_shop_main-" B ".log", "");
	usleep(1100000);
	namer->tick(namer, uv_hrtime());
	assert_string_equal(named(BIG + 7, "x", "/x"),
			    "pod shop/cart-x1 Pod k8s:io.kubernetes.pod.name=cart-x1 "
			    "k8s:io.kubernetes.pod.namespace=shop");
	/* the API, later: it is better, at once */
	put_pod("pay-x2", POD, "containerd://" A);
	assert_true(strstr(named(BIG + 6, "x", "/x"), "pod shop/pay-x2 ") != NULL);
	put_pod("cart-by-api", POD2, "containerd://" B);
	assert_true(strstr(named(BIG + 7, "x", "/x"), "pod shop/cart-by-api ") != NULL);
}

#define VFS "/var/lib/containers/storage/vfs-containers/containers.json"

static void containers(void **state)
{
	struct process *p = process_new(80, BIG + 8, "x", "/x");
	uint32_t identity = IDENTITY_UNMANAGED;
	struct endpoint *e;

	(void)state;
	containers_cgroup(namer, BIG + 8, "/machine.slice/libpod-" A ".scope/container");
	containers_cgroup(namer, BIG + 9, "/lxc.payload.box/init.scope");
	e = name(p, &identity);
	assert_string_equal(e->name, "e0ec32ba21d1");
	assert_string_equal(e->namespace_name, "podman");
	assert_string_equal(e->container_id, A);
	endpoint_put(e);
	assert_string_equal(named(BIG + 9, "x", "/x"),
			    "container lxc/box Container container:name=box");
	/* its name comes later: the same process is named anew */
	write_file(VFS, "[{\"id\":\"" A "\",\"names\":[\"web\"]}]");
	usleep(1100000);
	namer->tick(namer, uv_hrtime());
	e = name(p, &identity);
	assert_string_equal(e->name, "web");
	assert_string_equal(e->cgroup, "/machine.slice/libpod-" A ".scope/container");
	assert_true(identity >= IDENTITY_RESERVED_MAX && identity == e->identity);
	endpoint_put(e);
	process_put(p);
	/* it is known when its group is told of, before any flow */
	write_file(VFS, "[{\"id\":\"" B "\",\"names\":[\"blink\"]}]");
	usleep(60000);
	containers_cgroup(namer, BIG + 10, "/libpod_parent/libpod-" B);
	write_file(VFS, "[]");
	assert_string_equal(named(BIG + 10, "x", "/x"),
			    "container podman/blink Container container:name=blink");
}

/* A pod in a node of kind, which nobody here knows: the node's container. */
static void nested(void **state)
{
	(void)state;
	write_file(VFS, "[{\"id\":\"" A "\",\"names\":[\"kind-worker\"]}]");
	usleep(60000);
	containers_cgroup(namer, BIG + 11,
			  "/machine.slice/libpod-" A ".scope/container/kubelet/kubepods/pod" POD
			  "/" B);
	assert_string_equal(named(BIG + 11, "x", "/x"),
			    "container podman/kind-worker Container container:name=kind-worker");
	put_pod("inner", POD, "containerd://" B);
	assert_true(strstr(named(BIG + 11, "x", "/x"), "pod shop/inner ") != NULL);
}

/* An end without a process: a container's address, or nobody's. */
static void no_process(void **state)
{
	struct flow_end e = {.identity = IDENTITY_WORLD}, other = {0};
	struct flow f;

	(void)state;
	flow_init(&f);
	namer->end(namer, &f, &e, &other);
	assert_null(e.endpoint);
	assert_int_equal(e.identity, IDENTITY_WORLD);
}

/* ------------------------------------------------------------------- /proc/PID/cgroup */

static void hybrid(void **state)
{
	char path[256], user[64];

	(void)state;
	write_file("/proc/4242/cgroup", "9:name=systemd:/system.slice/docker.service\n"
					"4:memory:/docker/" A "\n"
					"0::/system.slice/docker.service\n");
	write_file("/proc/4242/stat", "4242 (a b) c) S 1 1 1 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 "
				      "12345 0 0\n");
	assert_int_equal(cgroup_of_process(root, 4242, 123456000000, path, sizeof(path)), 0);
	assert_string_equal(path, "/docker/" A);
	/* another process has the number now */
	assert_int_equal(cgroup_of_process(root, 4242, 523456000000, path, sizeof(path)), -ESRCH);
	assert_int_equal(cgroup_of_process(root, 4242, 0, path, sizeof(path)), 0);
	assert_int_equal(cgroup_of_process(root, 4242, 0, path, 20), -ENAMETOOLONG);
	assert_int_equal(cgroup_of_process(root, 4243, 0, path, sizeof(path)), -ESRCH);
	write_file("/proc/4244/cgroup", "garbage\n\n:::\n");
	assert_int_equal(cgroup_of_process(root, 4244, 0, path, sizeof(path)), -ESRCH);
	cgroup_user_name(root, 1000, user, sizeof(user));
	assert_string_equal(user, "alice");
	cgroup_user_name(root, 100, user, sizeof(user));
	assert_string_equal(user, "100");
	cgroup_user_name("/nowhere", 1000, user, sizeof(user));
	assert_string_equal(user, "1000");
}

static void own_process(void **state)
{
	char path[4096];

	(void)state;
	assert_int_equal(cgroup_of_process("", getpid(), 0, path, sizeof(path)), 0);
	assert_int_equal(path[0], '/');
}

static void rows(void *arg, const struct names_row *row)
{
	uint64_t *most = arg;

	assert_non_null(row->what);
	if (row->max && row->entries > row->max)
		fail_msg("%s: %llu of %llu", row->what, (unsigned long long)row->entries,
			 (unsigned long long)row->max);
	*most += row->evicted;
}

/* More groups, programs and processes than there is room for. */
static void bounds(void **state)
{
	uint64_t evicted = 0;
	const struct names_rows out = {&evicted, rows};
	char text[64];

	(void)state;
	for (unsigned int i = 0; i < 10000; i++) {
		snprintf(text, sizeof(text), "/system.slice/u%u.service", i);
		containers_cgroup(namer, 2 * BIG + i, text);
		named(2 * BIG + i, "x", "/x");
		snprintf(text, sizeof(text), "/bin/p%u", i);
		named(0, "x", text);
	}
	namer->status(namer, &out);
	assert_true(evicted > 3000);
	/* the oldest are found again */
	assert_string_equal(named(2 * BIG, "x", "/x"), "unit host/u0.service Unit reserved:host");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(units_and_programs, begin, end),
		cmocka_unit_test_setup_teardown(other_namespaces, begin, end),
		cmocka_unit_test_setup_teardown(kept_answers, begin, end),
		cmocka_unit_test_setup_teardown(pods, begin, end),
		cmocka_unit_test_setup_teardown(containers, begin, end),
		cmocka_unit_test_setup_teardown(nested, begin, end),
		cmocka_unit_test_setup_teardown(no_process, begin, end),
		cmocka_unit_test_setup_teardown(hybrid, begin, end),
		cmocka_unit_test_setup_teardown(own_process, begin, end),
		cmocka_unit_test_setup_teardown(bounds, begin, end),
	};

	return cmocka_run_group_tests_name("containers", tests, NULL, NULL);
}
