/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <unistd.h>

#include "cli/command.h"

/*
 * Started with a standard stream closed, the next file opened would take its
 * number, and be written to. Read-only: who writes is told.
 */
static void fill_standard_streams(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) < 0)
			_exit(EXIT_FAILED);
}

int main(int argc, char **argv)
{
	fill_standard_streams();
	return command_run(argc, argv);
}
