/* SPDX-License-Identifier: MIT */
/* Answers to reverse look-ups: any bytes. Names that come out are bounded and of a host's bytes alone. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "flows/names/reverse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct reverse_names n;

	reverse_names(data, size, "1.2.3.4.in-addr.arpa", &n);
	check(n.n <= NAMES_MAX);
	for (size_t i = 0; i < n.n; i++) {
		size_t len = strnlen(n.names[i], REVERSE_NAME_MAX);

		check(len && len < REVERSE_NAME_MAX && n.names[i][len - 1] != '.');
		check(strspn(n.names[i], "abcdefghijklmnopqrstuvwxyz0123456789-_.*") == len);
	}
	return 0;
}
