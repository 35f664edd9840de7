// SPDX-License-Identifier: MIT
#include "cli/columns.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define NAME_MAX_TYPED 64

static int refuse(const char *name, char *err, size_t size)
{
	const char *near = field_near(name);

	if (near)
		snprintf(err, size, "\"%s\" is no field of a flow (did you mean \"%s\"?)", name,
			 near);
	else
		snprintf(err, size, "\"%s\" is no field of a flow: pitot-filter(7) lists them",
			 name);
	return -EINVAL;
}

int columns_parse(const char *text, bool sorted, struct columns *ret, char *err, size_t err_size)
{
	*ret = (struct columns){0};
	while (true) {
		size_t n = strcspn(text, ",");
		bool descending = sorted && *text == '-';
		char name[NAME_MAX_TYPED];

		if (ret->n == COLUMNS_MAX) {
			snprintf(err, err_size, "more than %d fields are more than anyone reads",
				 COLUMNS_MAX);
			return -EINVAL;
		}
		snprintf(name, sizeof(name), "%.*s", (int)(n - descending), text + descending);
		ret->field[ret->n] = field_find(name);
		ret->descending[ret->n] = descending;
		if (!ret->field[ret->n])
			return refuse(name, err, err_size);
		ret->n++;
		if (!text[n])
			return 0;
		text += n + 1;
	}
}
