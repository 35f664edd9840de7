/* SPDX-License-Identifier: MIT */
/* What a printer writes, as a string. For cmocka tests: include cmocka.h before. */
#ifndef PITOT_TESTS_PRINTED_H
#define PITOT_TESTS_PRINTED_H

#include <sys/mman.h>
#include <unistd.h>

#include "cli/print.h"

/*
 * What `format` prints of n flows, and of an EVENTS LOST after them.
 * Valid until the next call.
 */
static inline const char *print(const char *format, struct print_options opt,
				const struct flow *flows, size_t n, const struct lost_events *lost)
{
	static char printed[65536];
	const struct print_format *f = print_format_find(format);
	struct sink *s;
	ssize_t len;

	opt.fd = memfd_create("printed", 0);
	assert_non_null(f);
	assert_int_equal(f->create(&opt, &s), 0);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(s->flow(s, &flows[i]), 0);
	if (lost)
		assert_int_equal(print_lost(s, lost), 0);
	assert_int_equal(s->flush(s), 0);
	s->close(s);
	len = pread(opt.fd, printed, sizeof(printed) - 1, 0);
	assert_true(len >= 0);
	printed[len] = '\0';
	close(opt.fd);
	return printed;
}

#define PRINT1(format, flow, ...) \
	print(format, (struct print_options){__VA_ARGS__}, &(flow), 1, NULL)

#endif
