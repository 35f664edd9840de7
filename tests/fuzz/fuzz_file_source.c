/* SPDX-License-Identifier: MIT */
/*
 * Files of flows: whatever is in them, reading ends, and a filter of the source's own
 * lets pass what the filter alone does. The first byte: how long a message may be.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "export/file_source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
	struct source *source;
	const struct filter *filter;
	uint64_t passed;
	bool ended;
} got;

static void on_flow(void *arg, struct flow *f)
{
	(void)arg;
	got.passed += filter_pass(got.filter, f);
}

static void on_notice(void *arg, const char *line)
{
	(void)arg;
	for (; *line; line++)
		if ((unsigned char)*line < 0x20)
			abort();
}

static void on_end(void *arg, int err)
{
	(void)arg;
	if (err || got.ended)
		abort();
	got.ended = true;
	got.source->stop(got.source);
}

static uint64_t passing(int fd, size_t message_max, bool early)
{
	static const struct source_events events = {
		.flow = on_flow, .notice = on_notice, .end = on_end};
	struct file_source_options opt = {.message_max = message_max,
					  .filter = early ? got.filter : NULL};
	struct file_source *f;
	char path[40], *error;
	uv_loop_t loop;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	opt.path = path;
	got.passed = 0;
	got.ended = false;
	if (uv_loop_init(&loop) || file_source_new(&opt, &f, &error))
		abort();
	got.source = file_source_source(f);
	if (got.source->start(got.source, &loop, &events))
		abort();
	uv_run(&loop, UV_RUN_DEFAULT);
	if (!got.ended)
		abort();
	got.source->free(got.source);
	if (uv_loop_close(&loop))
		abort();
	return got.passed;
}

static const struct filter *the_filter(void)
{
	static struct filter filter;
	char err[200];

	if (!got.filter &&
	    filter_add(&filter, false, FILTER_NAMESPACE, FILTER_EITHER, "shop", err, sizeof(err)))
		abort();
	return &filter;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t message_max = 1 << 20;
	int fd;

	if (!size)
		return 0;
	got.filter = the_filter();
	if (*data & 1)
		message_max = 16 + *data;
	fd = memfd_create("flows", MFD_CLOEXEC);
	if (fd < 0 || write(fd, data + 1, size - 1) != (ssize_t)size - 1)
		abort();
	if (passing(fd, message_max, false) != passing(fd, message_max, true))
		abort();
	close(fd);
	return 0;
}
