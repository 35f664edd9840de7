// SPDX-License-Identifier: MIT
#include "export/file_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "export/file/state.h"

#define MESSAGE_MAX (64u << 20)
#define BAD_TOLD_MAX 10
#define SLICE_NS 5000000 /* that the loop is kept waiting */
/* A buffer that was needed once is given back. */
#define KEEP_MAX (1u << 20)

/* ------------------------------------------------------------------ what is told */

static void notice(struct file_source *f, struct text *t)
{
	if (!t->err && f->ev.notice)
		f->ev.notice(f->ev.arg, t->data);
	text_free(t);
}

void file_bad(struct file_source *f, const char *what, const char *why, const char *unit,
	      uint64_t at)
{
	struct text t = {0};

	if (!f->stats.first_bad)
		f->stats.first_bad = f->records;
	f->stats.bad++;
	if (f->ev.unread)
		f->ev.unread(f->ev.arg, f->stats.bad, f->format == FORMAT_PB ? "message" : "line");
	if (f->stats.bad > BAD_TOLD_MAX)
		return;
	text_str(&t, f->name);
	text_char(&t, ':');
	text_u64(&t, f->records);
	text_str(&t, ": ");
	text_str(&t, what);
	if (why) {
		text_str(&t, ": ");
		text_str(&t, why);
	}
	if (unit) {
		text_str(&t, " (");
		text_str(&t, unit);
		text_char(&t, ' ');
		text_u64(&t, at);
		text_char(&t, ')');
	}
	text_char(&t, '\0');
	if (!f->first_why && !t.err)
		f->stats.first_why = f->first_why = strdup(t.data);
	notice(f, &t);
}

static void tell_number(struct file_source *f, uint64_t n, const char *what)
{
	struct text t = {0};

	text_str(&t, f->name);
	text_str(&t, ": ");
	text_u64(&t, n);
	text_str(&t, what);
	text_char(&t, '\0');
	notice(f, &t);
}

static void tell_rest(struct file_source *f)
{
	if (f->stats.bad > BAD_TOLD_MAX)
		tell_number(f, f->stats.bad - BAD_TOLD_MAX, " more could not be read");
	if (f->stats.unknown)
		tell_number(f, f->stats.unknown, " fields or values are not known here: left out");
}

static void tell_error(struct file_source *f, int err)
{
	struct text t = {0};

	text_str(&t, f->name);
	text_str(&t, ": cannot be read on: ");
	text_str(&t, strerror(-err));
	text_char(&t, '\0');
	notice(f, &t);
}

void file_flow(struct file_source *f, struct flow *flow)
{
	f->stats.flows++;
	f->ev.flow(f->ev.arg, flow);
	flow_release(flow);
}

/* ------------------------------------------------------------------------- steps */

static void deliver(struct file_source *f)
{
	struct file_buffer *b = &f->buffer;

	if (b->begin == b->end)
		return;
	if (f->format == FORMAT_UNKNOWN)
		f->format = file_sniff(b->data + b->begin, b->end - b->begin, f->at_end,
				       f->message_max);
	if (f->format == FORMAT_JSON)
		file_lines(f);
	else if (f->format == FORMAT_PB)
		file_messages(f);
	if (b->begin != b->end)
		return;
	b->begin = b->end = 0;
	if (b->size > KEEP_MAX) {
		free(b->data);
		*b = (struct file_buffer){0};
	}
	if (f->wire.size > KEEP_MAX)
		text_free(&f->wire);
}

static void finish(struct file_source *f, int err)
{
	if (f->polled)
		uv_poll_stop(&f->poll);
	uv_idle_stop(&f->idle);
	f->over = true;
	f->stats.err = err;
	if (f->ev.batch_end)
		f->ev.batch_end(f->ev.arg);
	if (f->stopped)
		return;
	tell_rest(f);
	if (err < 0)
		tell_error(f, err);
	if (!f->stopped)
		f->ev.end(f->ev.arg, err);
}

/* One read and what it gave. INPUT_MORE, INPUT_END, or -errno. */
static int step(struct file_source *f)
{
	struct file_buffer *b = &f->buffer;
	size_t before = b->end - b->begin;
	const char *why = NULL;
	int ret = file_input_read(f->input, b, &why);

	if (ret == -EAGAIN)
		return ret;
	f->buffered += b->end - b->begin - before;
	f->at_end = ret != INPUT_MORE;
	deliver(f);
	if (ret == -EBADMSG && !f->stopped) {
		f->records++;
		f->stats.lines++;
		file_bad(f, why, NULL, NULL, 0);
		return INPUT_END;
	}
	return f->over ? INPUT_END : ret;
}

static void run(struct file_source *f);

static void on_idle(uv_idle_t *idle)
{
	run(idle->data);
}

/* A slice: until nothing is there for now, the file ends, or others have waited long enough. */
static void run(struct file_source *f)
{
	uint64_t begin = uv_hrtime();
	int ret;

	do
		ret = step(f);
	while (ret == INPUT_MORE && !f->stopped && uv_hrtime() - begin < SLICE_NS);
	if (f->stopped)
		return;
	if (ret == INPUT_END || (ret < 0 && ret != -EAGAIN)) {
		finish(f, ret);
		return;
	}
	if (ret == -EAGAIN && f->polled)
		uv_idle_stop(&f->idle);
	else
		uv_idle_start(&f->idle, on_idle);
	if (f->ev.batch_end)
		f->ev.batch_end(f->ev.arg);
}

/* An error here shows in the read, too. */
static void on_readable(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	run(poll->data);
}

/* ------------------------------------------------------------------------ source */

/* What cannot be polled (a regular file, /dev/null) is always ready. */
static int file_start(struct source *s, uv_loop_t *loop, const struct source_events *ev)
{
	struct file_source *f = (struct file_source *)s;
	int fd = file_input_fd(f->input);

	f->ev = *ev;
	f->fd_flags = fcntl(fd, F_GETFL);
	uv_idle_init(loop, &f->idle);
	f->idle.data = f;
	f->started = true;
	if (!file_input_is_regular(f->input) && !uv_poll_init(loop, &f->poll, fd)) {
		f->poll.data = f;
		f->polled = true;
		return uv_poll_start(&f->poll, UV_READABLE | UV_DISCONNECT, on_readable);
	}
	return uv_idle_start(&f->idle, on_idle);
}

static void file_stop(struct source *s)
{
	struct file_source *f = (struct file_source *)s;

	if (!f->started || f->stopped)
		return;
	f->stopped = true;
	if (f->polled) {
		uv_poll_stop(&f->poll);
		uv_close((uv_handle_t *)&f->poll, NULL);
		/* others may share the descriptor: a shell, a terminal */
		if (f->fd_flags >= 0)
			fcntl(file_input_fd(f->input), F_SETFL, f->fd_flags);
	}
	uv_close((uv_handle_t *)&f->idle, NULL);
}

static void file_free(struct source *s)
{
	struct file_source *f = (struct file_source *)s;

	hubble_reader_free(f->reader);
	file_needles_clear(&f->needles);
	file_input_free(f->input);
	free(f->buffer.data);
	text_free(&f->wire);
	free(f->name);
	free(f->first_why);
	free(f);
}

static void file_capture_stats(struct source *s, struct capture_stats *ret_stats)
{
	const struct file_source *f = (const struct file_source *)s;

	*ret_stats = (struct capture_stats){.events = f->stats.flows};
}

static char *shown_name(const char *path)
{
	struct text t = {0};

	text_escape(&t, strcmp(path, "-") ? path : "standard input", 4096);
	text_char(&t, '\0');
	return t.err ? NULL : t.data;
}

int file_source_new(const struct file_source_options *opt, struct file_source **ret_file,
		    char **ret_error)
{
	struct hubble_reader_options reader = {.keep_wire = opt->keep_wire};
	struct file_source *f = calloc(1, sizeof(*f));
	int err = -ENOMEM;

	*ret_error = NULL;
	if (!f)
		return -ENOMEM;
	f->source = (struct source){file_start, file_stop, file_capture_stats, file_free};
	f->message_max = opt->message_max ? opt->message_max : MESSAGE_MAX;
	f->name = shown_name(opt->path);
	if (f->name)
		err = file_input_open(opt->path, &f->input, ret_error);
	if (!err)
		err = hubble_reader_new(&reader, &f->reader);
	if (!err)
		err = file_needles_init(&f->needles, opt->filter);
	if (err) {
		file_free(&f->source);
		return err;
	}
	*ret_file = f;
	return 0;
}

struct source *file_source_source(struct file_source *f)
{
	return &f->source;
}

void file_source_stats(const struct file_source *f, struct file_source_stats *ret)
{
	*ret = f->stats;
	ret->bytes = file_input_bytes(f->input);
}
