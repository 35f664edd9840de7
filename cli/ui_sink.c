// SPDX-License-Identifier: MIT
/* Flows of the screen into a file, by the printers that `pitot observe -o` has. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/print.h"
#include "cli/ui.h"

struct file_sink {
	struct sink sink; /* first */
	struct sink *printer;
	int fd;
};

static int file_flow(struct sink *s, const struct flow *f)
{
	struct file_sink *file = (struct file_sink *)s;

	return file->printer->flow(file->printer, f);
}

static int file_flush(struct sink *s)
{
	struct file_sink *file = (struct file_sink *)s;

	return file->printer->flush ? file->printer->flush(file->printer) : 0;
}

static int file_close(struct sink *s)
{
	struct file_sink *file = (struct file_sink *)s;
	int err = file->printer->close(file->printer);

	if (close(file->fd) && !err)
		err = -errno;
	free(file);
	return err;
}

static int refuse(char **why, const char *what, const char *path, int err)
{
	if (asprintf(why, "%s \"%s\": %s", what, path, strerror(-err)) < 0)
		*why = NULL;
	return err;
}

int ui_sink_open(const char *format, const char *path, const char *node_name, struct sink **ret,
		 char **why)
{
	const struct print_format *f = print_format_find(format);
	struct print_options opt = {.node_name = node_name};
	struct file_sink *file;
	int err;

	*why = NULL;
	if (!f || (strcmp(format, "json") && strcmp(format, "csv") && strcmp(format, "pb")))
		return refuse(why, "no format of a file:", format, -EINVAL);
	file = calloc(1, sizeof(*file));
	if (!file)
		return -ENOMEM;
	/* Who reads the screen as root must not be led by a link that somebody else made. */
	file->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
	if (file->fd < 0) {
		err = refuse(why, "cannot write", path, -errno);
		free(file);
		return err;
	}
	opt.fd = file->fd;
	err = f->create(&opt, &file->printer);
	if (err) {
		close(file->fd);
		free(file);
		return err;
	}
	file->sink = (struct sink){file_flow, file_flush, file_close};
	*ret = &file->sink;
	return 0;
}
