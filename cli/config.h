/* SPDX-License-Identifier: MIT */
/* What `pitot config` is asked. */
#ifndef PITOT_CLI_CONFIG_H
#define PITOT_CLI_CONFIG_H

#include "cli/server_options.h"

struct config_options {
	struct server_options server;
};

extern const struct opt config_option_table[];

void *config_options_new(void);
void config_options_free(void *options);
int config_run(char **args, void *options);

#endif
