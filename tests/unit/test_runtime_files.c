// SPDX-License-Identifier: MIT
/* What the files of kubelet, Podman and Docker tell of containers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "flows/names/runtime_files.h"
#include "tests/unit/runtime_texts.h"

#define UID "6f1f8c8e-0a1b-4c2d-9e3f-001122334455"

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
		cmocka_unit_test(kubelet_names),
		cmocka_unit_test_setup_teardown(kubelet_folders, make_root, remove_root),
		cmocka_unit_test_setup_teardown(full_folder, make_root, remove_root),
		cmocka_unit_test_setup_teardown(podman_files, make_root, remove_root),
		cmocka_unit_test_setup_teardown(docker_files, make_root, remove_root),
	};

	return cmocka_run_group_tests_name("runtime", tests, NULL, NULL);
}
