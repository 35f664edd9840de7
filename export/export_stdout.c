// SPDX-License-Identifier: MIT
/* The target "stdout". */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "export/export_file.h"

struct export_stdout {
	struct export_target target;
	size_t written; /* of the messages that are offered again */
};

static int stdout_write(struct export_target *t, const uint8_t *bytes, size_t n, uint64_t messages)
{
	struct export_stdout *s = (struct export_stdout *)t;
	struct pollfd fd = {.fd = STDOUT_FILENO, .events = POLLOUT};

	(void)messages;
	while (s->written < n) {
		ssize_t w = write(STDOUT_FILENO, bytes + s->written, n - s->written);

		if (w < 0 && errno == EAGAIN)
			poll(&fd, 1, 1000);
		else if (w < 0 && errno != EINTR)
			return -errno;
		else if (w > 0)
			s->written += w;
	}
	s->written = 0;
	return 0;
}

static void stdout_free(struct export_target *t)
{
	free(t);
}

int export_stdout_open(const struct exporter_config *c, const char *rest,
		       struct export_target **ret, char **ret_error)
{
	struct export_stdout *s = calloc(1, sizeof(*s));

	(void)c;
	(void)rest;
	(void)ret_error;
	if (!s)
		return -ENOMEM;
	s->target.write = stdout_write;
	s->target.free = stdout_free;
	*ret = &s->target;
	return 0;
}
