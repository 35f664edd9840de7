/* SPDX-License-Identifier: MIT */
/* The targets "file" and "stdout" of exporters; for export/ and `pitot export`. */
#ifndef PITOT_EXPORT_EXPORT_FILE_H
#define PITOT_EXPORT_EXPORT_FILE_H

#include "export/exporter.h"

/*
 * Could the file be written now? Nothing is left behind. 0, -ELOOP: it is a symbolic
 * link; -EPERM: no regular file, or another user's; -errno.
 */
int export_file_try(const char *path);

/* path: what follows the scheme of the configuration's target. As export_target_kind's open(). */
int export_file_open(const struct exporter_config *c, const char *path, struct export_target **ret,
		     char **ret_error);
int export_stdout_open(const struct exporter_config *c, const char *rest,
		       struct export_target **ret, char **ret_error);

#endif
