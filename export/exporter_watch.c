// SPDX-License-Identifier: MIT
/* The file of exporters that is read again when it changes. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "export/exporter_config.h"
#include "export/exporter_one.h"

/* 0: as it was or applied, -errno, -EINVAL with a line in *ret_error. */
static int read_watched(struct exporters *e, char **ret_error)
{
	struct exporter_config *configs = NULL;
	char *text = NULL;
	size_t n = 0;
	int ret = config_file_changed(&e->file, &text, &n);

	if (ret <= 0)
		return ret;
	ret = exporter_configs_read(text, n, &configs, &n, ret_error);
	free(text);
	if (ret)
		return ret;
	ret = exporters_apply(e, true, configs, n, ret_error);
	if (ret)
		exporter_configs_free(configs, n);
	else
		free(configs);
	return ret;
}

void exporters_watch_again(struct exporters *e)
{
	char *error = NULL;
	bool known = e->file.known;
	uint64_t hash = e->file.hash;
	int err = read_watched(e, &error);

	if (error || (err && err != e->watch_err))
		exporters_notice(e, "exporters: \"%s\": %s; nothing is changed", e->watch,
				 error ? error : strerror(-err));
	else if (!err && (!known || hash != e->file.hash))
		exporters_notice(e, "exporters: \"%s\" is read again", e->watch);
	e->watch_err = err;
	free(error);
}

int exporters_watch(struct exporters *e, const char *path, char **ret_error)
{
	char *why = NULL;
	int err;

	*ret_error = NULL;
	free(e->watch);
	e->watch = strdup(path);
	if (!e->watch)
		return -ENOMEM;
	e->file = (struct config_file){.path = e->watch};
	err = read_watched(e, &why);
	if (err) {
		if (asprintf(ret_error, "\"%s\": %s", path, why ? why : strerror(-err)) < 0)
			*ret_error = NULL;
		free(why);
		free(e->watch);
		e->watch = NULL;
		return err;
	}
	e->watch_at = uv_hrtime() + CONFIG_POLL_MS * 1000000ull;
	exporters_set_timer(e);
	return 0;
}
