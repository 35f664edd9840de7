/* SPDX-License-Identifier: MIT */
/* What `pitot list` and `pitot watch` are asked. */
#ifndef PITOT_CLI_LIST_H
#define PITOT_CLI_LIST_H

#include "cli/server_options.h"

enum list_output { LIST_TABLE, LIST_WIDE, LIST_JSON, LIST_DICT, LIST_CSV };

struct list_options {
	struct server_options server;
	int output; /* enum list_output */
	int watch_output; /* 0: lines, 1: JSON */
};

extern const struct opt list_option_table[], watch_option_table[];

void *list_options_new(void);
void list_options_free(void *options);
int list_run(char **args, void *options);
int watch_run(char **args, void *options);

/* "1h2m3s" as Go writes it, of whole seconds. */
struct text;
void list_duration(struct text *t, uint64_t ns);

#endif
