/* SPDX-License-Identifier: MIT */
/* Names of drop reasons and functions: of made-up text, and of the kernel that runs this. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "flows/capture/kallsyms.h"
#include "flows/capture/kernel_names.h"

static struct kernel_names *names;

static int setup(void **state)
{
	(void)state;
	return kernel_names_new(&names);
}

static int teardown(void **state)
{
	(void)state;
	kernel_names_free(names);
	return 0;
}

/* ------------------------------------------------------- text of kallsyms */

static void assert_line(const char *line, uint64_t address, const char *name, bool module)
{
	struct kallsyms_function f = {};

	assert_true(kallsyms_line(line, strlen(line), &f));
	assert_int_equal(f.address, address);
	assert_int_equal(f.name_len, strlen(name));
	assert_memory_equal(f.name, name, f.name_len);
	assert_int_equal(f.module, module);
}

static void test_line(void **state)
{
	(void)state;
	assert_line("ffffffff81a0b2c0 T tcp_v4_rcv", 0xffffffff81a0b2c0, "tcp_v4_rcv", false);
	assert_line("ffffffffc0001000 t vxlan_rcv\t[vxlan]", 0xffffffffc0001000, "vxlan_rcv", true);
	assert_line("ffff800010080000 W arch_weak", 0xffff800010080000, "arch_weak", false);
	assert_line("c0008000 w weak", 0xc0008000, "weak", false);
	assert_line("1 t tcp_drop.isra.0", 1, "tcp_drop", false);
	assert_line("1 t f.part.0.constprop.0\t[m]", 1, "f", true);
	assert_line("1 t ip_rcv.cold", 1, "ip_rcv", false);
	assert_line("1 t f.llvm.1234567", 1, "f", false);
	assert_line("1 t .hidden", 1, ".hidden", false);
}

static void test_line_is_no_function(void **state)
{
	static const char *const lines[] = {
		"",
		"f",
		"ffffffff81a0b2c0",
		"ffffffff81a0b2c0 ",
		"ffffffff81a0b2c0 T",
		"ffffffff81a0b2c0 T ",
		"ffffffff81a0b2c0 T \t[module]",
		"ffffffff81a0b2c0 D init_net",
		"ffffffff81a0b2c0 r rodata",
		"ffffffff81a0b2c0 t __pfx_ip_rcv",
		"ffffffff81a0b2c0 t __cfi_ip_rcv",
		"0000000000000000 T tcp_v4_rcv",
		"ffffffff81a0b2c01 T seventeen_digits",
		"0xffffffff81a0b2 T prefix",
		" ffffffff81a0b2c0 T space",
	};
	struct kallsyms_function f;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_false(kallsyms_line(lines[i], strlen(lines[i]), &f));
}

static const char *found(const struct kallsyms *t, uint64_t address, uint32_t want_offset)
{
	uint32_t offset = 0;
	const char *name = kallsyms_find(t, address, &offset);

	assert_int_equal(offset, want_offset);
	return name;
}

/* Not in order, with an alias, a line that is cut off, and nothing after it. */
static void test_table(void **state)
{
	static const char text[] = "0000000000003000 t third\n"
				   "0000000000001000 T first\n"
				   "0000000000001000 t alias\n"
				   "0000000000001800 D data\n"
				   "0000000000002000 t second.cold\n"
				   "0000000000004000 t fou";
	struct kallsyms t = {};
	uint32_t offset;
	size_t used;

	(void)state;
	assert_int_equal(kallsyms_add(&t, text, sizeof(text) - 1, &used), 0);
	assert_string_equal(text + used, "0000000000004000 t fou");
	kallsyms_sort(&t);
	assert_int_equal(t.n, 3);
	assert_null(kallsyms_find(&t, 0, &offset));
	assert_null(kallsyms_find(&t, 0xfff, &offset));
	assert_string_equal(found(&t, 0x1000, 0), "first");
	assert_string_equal(found(&t, 0x1fff, 0xfff), "first");
	assert_string_equal(found(&t, 0x2001, 1), "second");
	assert_string_equal(
		found(&t, 0x3000 + KALLSYMS_FUNCTION_MAX - 1, KALLSYMS_FUNCTION_MAX - 1), "third");
	assert_null(kallsyms_find(&t, 0x3000 + KALLSYMS_FUNCTION_MAX, &offset));
	assert_null(kallsyms_find(&t, UINT64_MAX, &offset));
	assert_int_equal(t.core_from, 0x1000);
	assert_int_equal(t.core_to, 0x3000);
	kallsyms_free(&t);
	assert_null(kallsyms_find(&t, 0x1000, &offset));
}

static int read_made_up(struct kallsyms *t, const char *line, int lines)
{
	char path[] = "/tmp/kallsyms-XXXXXX";
	int fd = mkstemp(path), err;
	FILE *f = fdopen(fd, "w");

	assert_non_null(f);
	while (lines--)
		fputs(line, f);
	fclose(f);
	err = kallsyms_read(t, path);
	unlink(path);
	return err;
}

static void test_read(void **state)
{
	struct kallsyms t = {};

	(void)state;
	assert_int_equal(read_made_up(&t, "0000000000001000 t f\n", 5000), 0);
	assert_int_equal(t.n, 1);
	kallsyms_free(&t);
	/* kernel.kptr_restrict=1 */
	assert_int_equal(read_made_up(&t, "0000000000000000 t f\n", 5000), 0);
	assert_int_equal(t.n, 0);
	kallsyms_free(&t);
	assert_int_equal(read_made_up(&t, "no line ever ends here ", 5000), -EBADMSG);
	assert_int_equal(t.n, 0);
	assert_int_equal(kallsyms_read(&t, "/nonexistent"), -ENOENT);
}

/* -------------------------------------------------------- the real kernel */

/* An address of a function as the kernel prints it, 0 where it does not tell. */
static uint64_t address_of(const char *function)
{
	FILE *f = fopen("/proc/kallsyms", "r");
	unsigned long long address, got = 0;
	char line[1024], name[512];

	while (f && !got && fgets(line, sizeof(line), f))
		if (sscanf(line, "%llx %*c %511s", &address, name) == 2 && !strcmp(name, function))
			got = address;
	if (f)
		fclose(f);
	return got;
}

static void test_symbols(void **state)
{
	static const char *const functions[] = {"tcp_v4_rcv", "ip_rcv", "neigh_invalidate",
						"kfree_skb_list_reason", "__dev_queue_xmit"};
	uint64_t address;
	uint32_t offset;
	size_t i, seen = 0;

	(void)state;
	for (i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		address = address_of(functions[i]);
		if (!address)
			continue;
		seen++;
		offset = 77;
		assert_string_equal(kernel_names_symbol(names, address + 4, &offset), functions[i]);
		assert_int_equal(offset, 4);
		assert_ptr_equal(kernel_names_symbol(names, address + 4, NULL),
				 kernel_names_symbol(names, address + 5, NULL));
	}
	if (!seen)
		skip();
}

static void test_symbol_of_nothing(void **state)
{
	static const uint64_t nowhere[] = {0, 1, 0x7fffffff0000, UINT64_MAX};
	uint32_t offset;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(nowhere) / sizeof(nowhere[0]); i++) {
		offset = 77;
		assert_string_equal(kernel_names_symbol(names, nowhere[i], &offset), "");
		assert_int_equal(offset, 0);
	}
}

static void test_reasons(void **state)
{
	static const char *const reasons[] = {"NOT_SPECIFIED", "NO_SOCKET", "NETFILTER_DROP",
					      "TCP_CSUM"};
	int number, last = 0;
	size_t i;

	(void)state;
	if (kernel_names_reason_number(names, "NO_SOCKET") < 0)
		skip(); /* before 5.17, or a kernel without BTF */
	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		number = kernel_names_reason_number(names, reasons[i]);
		assert_true(number > 0 && number != last);
		assert_string_equal(kernel_names_reason(names, number), reasons[i]);
		last = number;
	}
	assert_string_equal(kernel_names_reason(names, 0), "NOT_DROPPED_YET");
	assert_int_equal(kernel_names_reason_number(names, "MAX"), -ENOENT);
	assert_int_equal(kernel_names_reason_number(names, "SUBSYS_MASK"), -ENOENT);
}

static void test_unknown_reasons(void **state)
{
	char want[32];
	uint32_t i;

	(void)state;
	assert_int_equal(kernel_names_reason_number(names, "NO_SUCH_REASON"), -ENOENT);
	assert_string_equal(kernel_names_reason(names, 60000), "REASON_60000");
	assert_string_equal(kernel_names_reason(names, UINT32_MAX), "REASON_4294967295");
	assert_ptr_equal(kernel_names_reason(names, 60000), kernel_names_reason(names, 60000));
	/* However many there are, what is kept is bounded and the old ones stay. */
	for (i = 10000; i < 15000; i++)
		assert_non_null(kernel_names_reason(names, i));
	snprintf(want, sizeof(want), "REASON_%u", 10000);
	assert_string_equal(kernel_names_reason(names, 10000), want);
	assert_string_equal(kernel_names_reason(names, 14999), "REASON_UNKNOWN");
}

static void test_nothing_asked(void **state)
{
	struct kernel_names *k;

	(void)state;
	kernel_names_free(NULL);
	assert_int_equal(kernel_names_new(&k), 0);
	kernel_names_free(k);
}

#define LIVE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_line_is_no_function),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_read),
		LIVE(test_symbols),
		LIVE(test_symbol_of_nothing),
		LIVE(test_reasons),
		LIVE(test_unknown_reasons),
		cmocka_unit_test(test_nothing_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
