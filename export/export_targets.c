// SPDX-License-Identifier: MIT
#include <string.h>

#include "export/export_file.h"

const struct export_target_kind export_targets[] = {
	{"file", export_file_open},
	{"stdout", export_stdout_open},
	{NULL, NULL},
};

/* "/path" and "name" are files. */
const struct export_target_kind *export_target_find(const char *target, const char **ret_rest)
{
	for (const struct export_target_kind *k = export_targets; k->scheme; k++) {
		size_t n = strlen(k->scheme);

		if (strncmp(target, k->scheme, n) || (target[n] && target[n] != ':'))
			continue;
		*ret_rest = target + n + !!target[n];
		return k;
	}
	*ret_rest = target;
	return &export_targets[0];
}
