/* SPDX-License-Identifier: MIT */
/*
 * An exporter's configuration from keys and values: the rows of a configuration
 * file, the options of `pitot export`, Hubble's dynamic flow logs.
 */
#ifndef PITOT_EXPORT_EXPORTER_CONFIG_H
#define PITOT_EXPORT_EXPORTER_CONFIG_H

#include "export/exporter.h"

#define EXPORTERS_MAX 64 /* of a configuration */

/*
 * Sets one key. Capitals, `-` and `_` make no difference (file-path, filePath), and
 * Hubble's names are known as well as ours. A list's value is added to it; paths may be
 * given several at a time, with commas between. 0, -ENOMEM, or -EINVAL with one line in
 * err: the value in quotes, and what is wanted.
 */
int exporter_config_set(struct exporter_config *c, const char *key, const char *value, char *err,
			size_t err_size);

/* A key's name, in the order of the manual; NULL at the end. */
const char *exporter_config_key(size_t i);

/*
 * YAML: the list below the top-level key `exporters` or `flowLogs` (Hubble's); other keys
 * of the document are passed over. Filters are FlowFilters, as YAML or as a string of
 * JSON. No list: *ret_n is 0. 0, -ENOMEM, or -EINVAL with one line in *ret_error, which
 * names the line of the document. exporter_configs_free() them.
 */
int exporter_configs_read(const char *text, size_t n, struct exporter_config **ret, size_t *ret_n,
			  char **ret_error);
void exporter_configs_free(struct exporter_config *configs, size_t n); /* takes NULL */

/* True where both ask for the same. */
bool exporter_config_same(const struct exporter_config *a, const struct exporter_config *b);

#endif
