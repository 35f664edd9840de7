// SPDX-License-Identifier: MIT
/* What a program is called. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "flows/process.h"

static void assert_name(const char *comm, const char *exe, const char *command, const char *name)
{
	struct process p = {.exe = (char *)exe, .command = (char *)command};
	char buf[32];

	memcpy(p.comm, comm, strnlen(comm, sizeof(p.comm)));
	process_name(&p, buf, sizeof(buf));
	assert_string_equal(buf, name);
}

static void test_names(void **state)
{
	(void)state;
	assert_name("nginx", "/usr/sbin/nginx", "nginx: worker process", "nginx");
	assert_name("http-nio-8080-e", "/opt/jdk/bin/java", "java -jar shop.jar", "java");
	/* one file with several names */
	assert_name("redis-server", "/usr/bin/redis-check-rdb", "redis-server *:6379",
		    "redis-server");
	assert_name("wget", "/bin/busybox", "/usr/bin/wget -q http://cart/", "wget");
	assert_name("sh", "/usr/bin/dash", "-sh", "sh");
	assert_name("a-program-of-a-", "/bin/busybox", "a-program-of-a-long-name x",
		    "a-program-of-a-long-name");
	/* a title that only the program itself claims */
	assert_name("evil", "/usr/bin/evil", "systemd", "evil");
	assert_name("worker/3", "/usr/bin/thing", "", "thing");
	assert_name("curl", "/usr/bin/curl (deleted)", "", "curl");
	assert_name("memfd", "/proc/self/fd/3", NULL, "memfd");
	assert_name("3", "/3", "3", "3");
	assert_name("", NULL, NULL, "unknown");
	assert_name("sixteen-bytes-no", "", "", "sixteen-bytes-no");
	assert_name("x", "/opt/a-name-that-does-not-fit-into-what-there-is", "",
		    "a-name-that-does-not-fit-into-w");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_names)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
