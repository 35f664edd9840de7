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
#include "cli/ui_writer.h"

#define RECORD_QUEUE_BYTES (16u << 20) /* a second at 50,000 flows/s */
#define RECORD_END_MS 2000

struct file_sink {
	struct sink sink; /* first */
	struct sink *printer;
	int fd; /* the writer's, where there is one */
	struct ui_writer *writer; /* NULL: what is written waits */
	uint64_t pending; /* flows that the printer holds */
	uint64_t lost; /* flows that the writer had no room for */
};

static int file_flow(struct sink *s, const struct flow *f)
{
	struct file_sink *file = (struct file_sink *)s;

	file->pending++;
	return file->printer->flow(file->printer, f);
}

static int file_flush(struct sink *s)
{
	struct file_sink *file = (struct file_sink *)s;
	int err = file->printer->flush ? file->printer->flush(file->printer) : 0;
	struct ui_writer_state state = {0};

	if (file->writer)
		ui_writer_state(file->writer, &state);
	return err ? err : state.err;
}

static int file_close(struct sink *s)
{
	struct file_sink *file = (struct file_sink *)s;
	int err = file->printer->close(file->printer), end_err;

	if (file->writer)
		end_err = ui_writer_close(file->writer, RECORD_END_MS);
	else
		end_err = close(file->fd) ? -errno : 0;
	free(file);
	return err ? err : end_err;
}

/* From the printer: flows as a whole. */
static int put(void *arg, const void *bytes, size_t n)
{
	struct file_sink *file = arg;
	uint64_t flows = file->pending;
	int err = ui_writer_put(file->writer, bytes, n);

	file->pending = 0;
	if (err != -ENOBUFS)
		return err;
	file->lost += flows;
	return 0;
}

static int refuse(char **why, const char *what, const char *path, int err)
{
	if (asprintf(why, "%s \"%s\": %s", what, path, strerror(-err)) < 0)
		*why = NULL;
	return err;
}

static int open_printer(struct file_sink *file, const struct print_format *f, const char *node_name,
			bool beside)
{
	struct print_options opt = {.node_name = node_name, .fd = file->fd};
	int err = beside ? ui_writer_new(file->fd, RECORD_QUEUE_BYTES, &file->writer) : 0;

	if (err)
		return err;
	if (beside) {
		opt.put = put;
		opt.put_arg = file;
	}
	err = f->create(&opt, &file->printer);
	if (err && beside) {
		ui_writer_close(file->writer, RECORD_END_MS);
		file->fd = -1;
	}
	return err;
}

static int open_sink(const char *format, const char *path, const char *node_name, bool beside,
		     struct sink **ret, char **why)
{
	const struct print_format *f = print_format_find(format);
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
	err = open_printer(file, f, node_name, beside);
	if (err) {
		if (file->fd >= 0)
			close(file->fd);
		free(file);
		return err;
	}
	file->sink = (struct sink){file_flow, file_flush, file_close};
	*ret = &file->sink;
	return 0;
}

int ui_sink_open(const char *format, const char *path, const char *node_name, struct sink **ret,
		 char **why)
{
	return open_sink(format, path, node_name, false, ret, why);
}

int ui_record_open(const char *format, const char *path, const char *node_name, struct sink **ret,
		   char **why)
{
	return open_sink(format, path, node_name, true, ret, why);
}

void ui_record_state(const struct sink *s, uint64_t *ret_bytes, uint64_t *ret_lost)
{
	const struct file_sink *file = (const struct file_sink *)s;
	struct ui_writer_state state;

	ui_writer_state(file->writer, &state);
	*ret_bytes = state.bytes;
	*ret_lost = file->lost;
}
