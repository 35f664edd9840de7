/* SPDX-License-Identifier: MIT */
/* The table of drop reasons: whole, without contradiction, and the row that is chosen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "flows/capture/kernel_names.h"
#include "flows/capture/reasons.h"

/* SKB_DROP_REASON_MAX of the newest kernel whose reasons the table knows (6.18). */
#define KNOWN_MAX 128

static const struct drop_reason *row(const char *name, const char *function)
{
	const struct drop_reason *r = drop_reason_find(name, function);

	if (!r)
		fail_msg("no row for %s", name);
	return r;
}

/* Newer kernels may have reasons that the table cannot know; those of 6.18 it must. */
static void test_every_reason_of_this_kernel(void **state)
{
	struct kernel_names *k;
	uint32_t i, seen = 0;
	const char *name;

	(void)state;
	assert_int_equal(kernel_names_new(&k), 0);
	for (i = 0; i < KNOWN_MAX; i++) {
		name = kernel_names_reason(k, i);
		if (!strncmp(name, "REASON_", 7))
			continue;
		seen++;
		if (!drop_reason_find(name, NULL))
			fail_msg("no row for %s (%u)", name, i);
	}
	kernel_names_free(k);
	assert_true(seen > 0);
}

static bool same_key(const struct drop_reason *a, const struct drop_reason *b)
{
	if (strcmp(a->name, b->name) || !a->function != !b->function)
		return false;
	return !a->function || !strcmp(a->function, b->function);
}

static void test_no_row_twice(void **state)
{
	const struct drop_reason *t;
	size_t n, i, j;

	(void)state;
	t = drop_reason_table(&n);
	assert_true(n > KNOWN_MAX);
	for (i = 0; i < n; i++)
		for (j = i + 1; j < n; j++)
			if (same_key(&t[i], &t[j]))
				fail_msg("%s %s twice", t[i].name, t[i].function ?: "");
}

static bool one_line(const char *s)
{
	return s && *s && !strpbrk(s, "\n\t") && s[strlen(s) - 1] != '.' && strlen(s) < 100;
}

static void test_rows_are_whole(void **state)
{
	const struct drop_reason *t;
	size_t n, i;

	(void)state;
	t = drop_reason_table(&n);
	for (i = 0; i < n; i++) {
		if (!one_line(t[i].text) || !one_line(t[i].check))
			fail_msg("%s: text or check", t[i].name);
		assert_null(strstr(t[i].name, "DROP_REASON"));
		if (!drop_reason_find(t[i].name, NULL))
			fail_msg("%s has rows for functions only", t[i].name);
		assert_ptr_equal(drop_reason_find(t[i].name, t[i].function), &t[i]);
	}
}

static void test_function_goes_first(void **state)
{
	const struct drop_reason *any = row("NOT_SPECIFIED", NULL);

	(void)state;
	assert_null(any->function);
	assert_ptr_equal(row("NOT_SPECIFIED", "some_driver_xmit"), any);
	assert_ptr_equal(row("NOT_SPECIFIED", ""), any);
	assert_string_equal(row("NOT_SPECIFIED", "ip_error")->function, "ip_error");
	assert_non_null(strstr(row("NOT_SPECIFIED", "ip_error")->text, "blackhole"));
	assert_non_null(strstr(row("NETFILTER_DROP", "nf_hook_slow")->text, "conntrack"));
	assert_null(row("NETFILTER_DROP", "br_nf_forward")->function);
	assert_null(row("TC_INGRESS", "ip_error")->function);
	assert_null(drop_reason_find("NO_SUCH_REASON", "ip_error"));
	assert_null(drop_reason_find("", NULL));
}

/* Where there are no reasons at all, one function drops for several of them. */
static void test_kernels_without_reasons(void **state)
{
	(void)state;
	assert_null(row("NO_REASON", NULL)->function);
	assert_ptr_equal(row("NO_REASON", "some_driver_xmit"), row("NO_REASON", NULL));
	assert_ptr_equal(row("NO_REASON", "ip_error"), row("NOT_SPECIFIED", "ip_error"));
	assert_true(row("NO_REASON", "ip6_mc_input")->normal);
	assert_false(row("NO_REASON", "tcp_v4_rcv")->normal);
	assert_false(row("NO_REASON", "__udp4_lib_rcv")->normal);
	assert_true(row("NOT_SPECIFIED", "tcp_v4_rcv")->normal);
	assert_true(row("NOT_SPECIFIED", "__udp4_lib_rcv")->normal);
}

static void test_normal_life(void **state)
{
	static const char *const normal[][2] = {
		{"CONSUMED", NULL},	   {"QUEUE_PURGE", NULL},
		{"TCP_CLOSE", NULL},	   {"TCP_OLD_ACK", NULL},
		{"TCP_OFOMERGE", NULL},	   {"OTHERHOST", NULL},
		{"UNHANDLED_PROTO", NULL}, {"NOT_SPECIFIED", "ip6_mc_input"},
		{"NO_SOCKET", "ping_rcv"},
	};
	static const char *const loss[][2] = {
		{"NO_SOCKET", "tcp_v4_rcv"},
		{"NO_SOCKET", NULL},
		{"NETFILTER_DROP", NULL},
		{"NOT_SPECIFIED", NULL},
		{"NOT_SPECIFIED", "ip_error"},
		{"TCP_OLD_SEQUENCE", NULL},
		{"TCP_INVALID_SEQUENCE", NULL},
		{"TCP_OVERWINDOW", NULL},
		{"SOCKET_FILTER", "udp_queue_rcv_one_skb"},
		{"SOCKET_RCVBUFF", NULL},
		{"NOT_SPECIFIED", "neigh_invalidate"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(normal) / sizeof(normal[0]); i++)
		if (!row(normal[i][0], normal[i][1])->normal)
			fail_msg("%s is normal life", normal[i][0]);
	for (i = 0; i < sizeof(loss) / sizeof(loss[0]); i++)
		if (row(loss[i][0], loss[i][1])->normal)
			fail_msg("%s is a loss", loss[i][0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_reason_of_this_kernel),
		cmocka_unit_test(test_no_row_twice),
		cmocka_unit_test(test_rows_are_whole),
		cmocka_unit_test(test_function_goes_first),
		cmocka_unit_test(test_kernels_without_reasons),
		cmocka_unit_test(test_normal_life),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
