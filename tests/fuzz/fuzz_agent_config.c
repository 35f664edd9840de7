// SPDX-License-Identifier: MIT
/* Any bytes as pitot.conf: rows of the table alone come out, an error is one line with its place. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/agent_config.h"
#include "cli/agent_options.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int entry(void *arg, const struct opt *o, const char *value, char *err, size_t err_size)
{
	struct agent_options *options = arg;
	char word[1024], *argv[] = {word, NULL};
	size_t n = snprintf(word, sizeof(word), "--%s=%s", o->name, value);

	if (o->type == OPT_HELP || !strcmp(o->name, "config") || !strcmp(o->name, "check-config"))
		abort();
	if (n >= sizeof(word) || (!o->arg && *value))
		return 0;
	if (!o->arg && o->type != OPT_SWITCH)
		snprintf(word, sizeof(word), "--%s", o->name);
	return options_parse(agent_option_table, options, argv, argv, err, err_size) < 0 ? -22 : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct agent_options *options = agent_options_new();
	size_t line, column;
	char err[512];

	if (!options)
		abort();
	if (agent_config_read((const char *)data, size, agent_option_table, entry, options, err,
			      sizeof(err)) &&
	    sscanf(err, "%zu:%zu: ", &line, &column) != 2)
		abort();
	/* texts point into what is gone by now: only what is ours is freed */
	agent_options_free(options);
	return 0;
}
