/* SPDX-License-Identifier: MIT */
/* `pitot export`: what it is asked. */
#ifndef PITOT_CLI_EXPORT_H
#define PITOT_CLI_EXPORT_H

#include "cli/observe_options.h"
#include "export/exporter.h"

struct export_options {
	struct observe_options o; /* first: the rows of sources, filters, names, capture */
	struct exporter_config config;
	bool format_given, quiet;
};

extern const struct opt export_option_table[];

void *export_options_new(void); /* NULL without memory */
void export_options_free(void *options);

int export_run(char **args, void *options);

#endif
