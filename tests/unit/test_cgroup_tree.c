// SPDX-License-Identifier: MIT
/* Against the machine's own cgroup2, where it may be written to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "flows/capture/cgroup.h"
#include "flows/names/cgroup_tree.h"

#define SECOND 1000000000ull

static char mount[256], group[512], below[64];

static uint64_t id_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_ino;
}

static int make_group(void **state)
{
	(void)state;
	if (!cgroup2_mount(mount, sizeof(mount)))
		return 0;
	snprintf(below, sizeof(below), "/pitot-unit-%d", getpid());
	snprintf(group, sizeof(group), "%s%s", mount, below);
	if (mkdir(group, 0755))
		mount[0] = 0;
	return 0;
}

static int remove_group(void **state)
{
	(void)state;
	if (mount[0])
		rmdir(group);
	return 0;
}

static struct cgroup_tree *tree_new(const char *at)
{
	struct cgroup_tree *t;

	assert_int_equal(cgroup_tree_new(at, &t), 0);
	return t;
}

static void told_ones(void **state)
{
	struct cgroup_tree *t = tree_new(NULL);

	(void)state;
	assert_null(cgroup_tree_path(t, 7, SECOND));
	cgroup_tree_add(t, 7, "/a");
	cgroup_tree_add(t, 7, "/a");
	cgroup_tree_add(t, 8, "");
	assert_string_equal(cgroup_tree_path(t, 7, SECOND), "/a");
	assert_null(cgroup_tree_path(t, 8, SECOND));
	assert_null(cgroup_tree_path(t, 0, SECOND));
	assert_int_equal(cgroup_tree_count(t), 1);
	cgroup_tree_free(t);
	cgroup_tree_free(NULL);
}

/* No more than so many, and no more than so many bytes: the oldest go. */
static void bounds(void **state)
{
	struct cgroup_tree *t = tree_new(NULL);
	static char path[8192];

	(void)state;
	for (uint64_t id = 1; id <= CGROUP_TREE_MAX + 10; id++)
		cgroup_tree_add(t, id, "/x");
	assert_int_equal(cgroup_tree_count(t), CGROUP_TREE_MAX);
	assert_int_equal(cgroup_tree_evicted(t), 10);
	assert_null(cgroup_tree_path(t, 10, SECOND));
	assert_string_equal(cgroup_tree_path(t, 11, SECOND), "/x");
	memset(path, '/', sizeof(path) - 1);
	for (uint64_t id = 1; id <= 3000; id++)
		cgroup_tree_add(t, id << 32, path);
	assert_in_range(cgroup_tree_count(t), 2000, CGROUP_TREE_BYTES / 4096);
	assert_int_equal(strlen(cgroup_tree_path(t, 3000ull << 32, SECOND)), 4095);
	cgroup_tree_free(t);
}

static void by_handle(void **state)
{
	struct cgroup_tree *t;
	uint64_t id;

	(void)state;
	if (!mount[0])
		skip();
	t = tree_new(mount);
	id = id_of(group);
	assert_string_equal(cgroup_tree_path(t, id_of(mount), SECOND), "/");
	assert_string_equal(cgroup_tree_path(t, id, SECOND), below);
	assert_int_equal(cgroup_tree_walks(t), 0);
	/* known from now on, also when it is gone */
	rmdir(group);
	assert_string_equal(cgroup_tree_path(t, id, SECOND), below);
	mkdir(group, 0755);
	assert_int_not_equal(id_of(group), id);
	cgroup_tree_free(t);
}

static void unknown_id(void **state)
{
	struct cgroup_tree *t;

	(void)state;
	if (!mount[0])
		skip();
	t = tree_new(mount);
	assert_null(cgroup_tree_path(t, 0x7fffffff12345678, SECOND));
	assert_int_equal(cgroup_tree_count(t), 1);
	assert_null(cgroup_tree_path(t, 0x7fffffff12345678, 2 * SECOND));
	assert_int_equal(cgroup_tree_count(t), 1);
	cgroup_tree_add(t, 0x7fffffff12345678, "/late");
	assert_string_equal(cgroup_tree_path(t, 0x7fffffff12345678, 2 * SECOND), "/late");
	cgroup_tree_free(t);
}

/* Where handles are not permitted: one walk answers, not one for each question. */
static void by_walk(void **state)
{
	struct cgroup_tree *t;
	char sub[600], want[100];
	uint64_t id, sub_id;

	(void)state;
	if (!mount[0])
		skip();
	t = tree_new(mount);
	cgroup_tree_no_handles(t);
	snprintf(sub, sizeof(sub), "%s/sub", group);
	snprintf(want, sizeof(want), "%s/sub", below);
	assert_int_equal(mkdir(sub, 0755), 0);
	id = id_of(group);
	sub_id = id_of(sub);
	assert_string_equal(cgroup_tree_path(t, sub_id, SECOND), want);
	assert_string_equal(cgroup_tree_path(t, id, SECOND), below);
	for (uint64_t i = 0; i < 100; i++)
		assert_null(cgroup_tree_path(t, 0x7fffffff00000000 + i, SECOND + i));
	assert_int_equal(cgroup_tree_walks(t), 1);
	assert_null(cgroup_tree_path(t, 0x7fffffff00000000, 60 * SECOND));
	assert_int_equal(cgroup_tree_walks(t), 2);
	rmdir(sub);
	cgroup_tree_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(told_ones), cmocka_unit_test(bounds),
		cmocka_unit_test(by_handle), cmocka_unit_test(unknown_id),
		cmocka_unit_test(by_walk),
	};

	return cmocka_run_group_tests_name("cgroup_tree", tests, make_group, remove_group);
}
