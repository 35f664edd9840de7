/* SPDX-License-Identifier: MIT */
/* What `pitot features` is asked. */
#ifndef PITOT_CLI_FEATURES_H
#define PITOT_CLI_FEATURES_H

#include "cli/options.h"

extern const struct opt features_option_table[];

/* NULL without memory; free() takes it back. */
void *features_options_new(void);

#endif
