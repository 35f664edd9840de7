/* SPDX-License-Identifier: MIT */
/*
 * pitot.conf(5): a YAML mapping whose keys are the options of `pitot agent`. Values are
 * scalars, for an option that may be repeated also lists of them. `exporters` is a list
 * of mappings and is read by export/exporter_config.h.
 */
#ifndef PITOT_CLI_AGENT_CONFIG_H
#define PITOT_CLI_AGENT_CONFIG_H

#include <stddef.h>

#include "cli/options.h"

#define AGENT_CONFIG_BYTES_MAX (1u << 20)
#define AGENT_CONFIG_ENTRIES_MAX 8192

/* A row of `table`; value "" for a flag that is true. A flag that is false is not told. */
typedef int agent_config_entry(void *arg, const struct opt *o, const char *value, char *err,
			       size_t err_size);

/*
 * Calls entry() for each value. 0, or -errno with one line in err: "3:1: unknown key
 * "lisen" (did you mean "listen"?)". What entry() returns other than 0 ends it, its line
 * gets the place in front.
 */
int agent_config_read(const char *text, size_t n, const struct opt *table,
		      agent_config_entry *entry, void *arg, char *err, size_t err_size);

#endif
