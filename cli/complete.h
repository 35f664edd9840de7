/* SPDX-License-Identifier: MIT */
/* What a shell may offer beyond the tables: names that the agent knows at this moment. */
#ifndef PITOT_CLI_COMPLETE_H
#define PITOT_CLI_COMPLETE_H

#include "cli/options.h"

/* The word for `pitot __complete`, "pods" for --from-pod; NULL: nothing live is known for it. */
const char *complete_kind(const struct opt *o);

/*
 * `pitot __complete KIND PREFIX`: the names, one a line, within 300 ms; nothing when
 * that is not to be had. Names with other characters than names have are left out.
 */
int complete_run(char **args);

#endif
