/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "cli/command.h"

int version_run(char **args, void *options)
{
	(void)options;
	if (args[0])
		return say(EXIT_USAGE,
			   "\"%s\" is one argument too many: \"pitot version\" takes none",
			   args[0]);
	printf("pitot %s\n", PITOT_VERSION);
	return EXIT_FINE;
}
