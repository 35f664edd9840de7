/* SPDX-License-Identifier: MIT */
/* The client's configuration: a YAML mapping of texts and lists of texts. */
#ifndef PITOT_CLI_CONFIG_FILE_H
#define PITOT_CLI_CONFIG_FILE_H

#include <stddef.h>

#include "flows/text.h"

#define CONFIG_BYTES_MAX (1u << 20)
#define CONFIG_ENTRIES_MAX 4096

/*
 * Calls entry() for each key and value, for a list once for each of its values. 0,
 * what entry() returned first other than 0, or -errno with one line in err: -EINVAL
 * (no such YAML), -EFBIG, and what opening the file brings.
 */
int config_file_read(const char *path, int (*entry)(void *arg, const char *key, const char *value),
		     void *arg, char *err, size_t err_size);

/* The same from memory. */
int config_text_read(const char *text, size_t n,
		     int (*entry)(void *arg, const char *key, const char *value), void *arg,
		     char *err, size_t err_size);

/* Appends text as a YAML scalar, quoted where that is needed. */
void config_scalar(struct text *t, const char *value);

/* Replaces the file as a whole, mode 0600, and makes its folder. 0 or -errno. */
int config_file_write(const char *path, const struct text *t);

#endif
