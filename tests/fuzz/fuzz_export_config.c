// SPDX-License-Identifier: MIT
/*
 * Exporters' YAML and its values: whatever is read can be set again to the same. And
 * the bytes as what a crash left of a file: a cut is within it, and finds nothing more
 * to cut.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "export/config_value.h"
#include "export/export_torn.h"
#include "export/exporter_config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_config(const char *s, size_t n)
{
	struct exporter_config *configs = NULL;
	char *error = NULL;
	size_t count = 0;

	if (exporter_configs_read(s, n, &configs, &count, &error)) {
		if (error && strchr(error, '\n'))
			abort();
		free(error);
		return;
	}
	if (count > EXPORTERS_MAX)
		abort();
	for (size_t i = 0; i < count; i++)
		if (!configs[i].target || !exporter_config_same(&configs[i], &configs[i]))
			abort();
	exporter_configs_free(configs, count);
}

static void check_values(const char *s)
{
	struct exporter_config c = {0};
	uint64_t v = 0;
	char err[256];
	bool b;

	config_duration(s, &v);
	config_size(s, &v);
	config_time(s, &v);
	config_bool(s, &b);
	for (size_t i = 0; exporter_config_key(i); i++)
		exporter_config_set(&c, exporter_config_key(i), s, err, sizeof(err));
	exporter_config_set(&c, s, "1", err, sizeof(err));
	exporter_config_clear(&c);
}

static void check_torn(enum export_format format, const uint8_t *data, size_t size)
{
	static int fd = -1;
	enum torn how;
	uint64_t end;

	if (fd < 0)
		fd = memfd_create("torn", 0);
	if (fd < 0 || ftruncate(fd, 0) || pwrite(fd, data, size, 0) != (ssize_t)size)
		abort();
	if (export_torn(format, fd, size, &how, &end) || end > size)
		abort();
	if (how != TORN_CUT)
		return;
	if (export_torn(format, fd, end, &how, &end) || how == TORN_CUT)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *s = malloc(size + 1);

	if (!s)
		abort();
	memcpy(s, data, size);
	s[size] = '\0';
	check_config(s, size);
	check_values(s);
	check_torn(EXPORT_JSON, data, size);
	check_torn(EXPORT_PB, data, size);
	if (size && export_messages_fit(EXPORT_PB, data, size, size / 2) > size)
		abort();
	free(s);
	return 0;
}
