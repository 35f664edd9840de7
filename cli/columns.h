/* SPDX-License-Identifier: MIT */
/* `--columns a,b,c` and `--sort -a,b`: fields (flows/fields.h) by comma. */
#ifndef PITOT_CLI_COLUMNS_H
#define PITOT_CLI_COLUMNS_H

#include <stdbool.h>

#include "flows/fields.h"

#define COLUMNS_MAX 128

struct columns {
	unsigned int n;
	const struct field *field[COLUMNS_MAX];
	bool descending[COLUMNS_MAX]; /* "-" stood before it; where that is allowed */
};

/*
 * 0, or -EINVAL with one line in err that quotes what is no field. sorted: a "-" may
 * stand before a field.
 */
int columns_parse(const char *text, bool sorted, struct columns *ret, char *err, size_t err_size);

#endif
