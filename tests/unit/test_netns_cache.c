// SPDX-License-Identifier: MIT
/* Addresses of a namespace, by processes that come and go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "flows/capture/netns.h"

static const struct ip_addr loopback = {{[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1}};

static uint32_t ended_process(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	return pid;
}

static void test_short_ones(void **state)
{
	struct netns_cache *c;

	(void)state;
	assert_int_equal(netns_cache_new(&c), 0);
	netns_cache_pid(c, netns_own(), getpid());
	netns_cache_pid(c, netns_own(), ended_process());
	assert_true(netns_cache_has(c, netns_own(), &loopback));
	netns_cache_free(c);
	/* and the other way round */
	assert_int_equal(netns_cache_new(&c), 0);
	netns_cache_pid(c, netns_own(), ended_process());
	netns_cache_pid(c, netns_own(), getpid());
	assert_true(netns_cache_has(c, netns_own(), &loopback));
	netns_cache_free(c);
}

static void test_all_ended(void **state)
{
	struct netns_cache *c;

	(void)state;
	assert_int_equal(netns_cache_new(&c), 0);
	netns_cache_pid(c, netns_own(), ended_process());
	assert_false(netns_cache_has(c, netns_own(), &loopback));
	netns_cache_pid(c, netns_own(), getpid());
	usleep(1100000); /* it is read once a second at most */
	assert_true(netns_cache_has(c, netns_own(), &loopback));
	netns_cache_free(c);
}

/* Its number is given out again, or it has moved. */
static void test_of_another_namespace(void **state)
{
	struct netns_cache *c;

	(void)state;
	assert_int_equal(netns_cache_new(&c), 0);
	netns_cache_pid(c, netns_own() + 1, getpid());
	assert_false(netns_cache_has(c, netns_own() + 1, &loopback));
	netns_cache_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_short_ones),
		cmocka_unit_test(test_all_ended),
		cmocka_unit_test(test_of_another_namespace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
