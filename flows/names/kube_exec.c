// SPDX-License-Identifier: MIT
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flows/names/kube_config.h"
#include "flows/names/kube_exec.h"

#define COMPLAINT_MAX 1024
#define LINGER_MS 1000

extern char **environ;

struct output {
	uv_pipe_t pipe;
	char *data;
	size_t len, max;
	bool tail; /* the last max bytes are kept; else more is an error */
	bool ended;
};

struct kube_run {
	uv_process_t process;
	uv_timer_t timer;
	struct output out, complaint;
	kube_run_done done;
	void *arg;
	int handles; /* open; it is freed with the last */
	int err, status;
	bool exited, finished;
};

static void on_closed(uv_handle_t *handle)
{
	struct kube_run *r = handle->data;

	if (--r->handles)
		return;
	if (r->out.data)
		explicit_bzero(r->out.data, r->out.max);
	free(r->out.data);
	free(r->complaint.data);
	free(r);
}

static void close_process(struct kube_run *r)
{
	uv_close((uv_handle_t *)&r->process, on_closed);
	uv_close((uv_handle_t *)&r->timer, on_closed);
}

/* Not even SIGKILL ends it, in an uninterruptible wait: it is left to itself. */
static void on_immortal(uv_timer_t *timer)
{
	close_process(timer->data);
}

/*
 * Its children as well: they are in its process group. libuv reaps only those whose
 * handle is open, so that of one that was killed stays until it is gone.
 */
static void end(struct kube_run *r)
{
	if (r->finished)
		return;
	r->finished = true;
	uv_close((uv_handle_t *)&r->out.pipe, on_closed);
	uv_close((uv_handle_t *)&r->complaint.pipe, on_closed);
	if (r->process.pid > 0 && uv_is_active((uv_handle_t *)&r->process)) {
		kill(-r->process.pid, SIGKILL);
		uv_timer_start(&r->timer, on_immortal, LINGER_MS, 0);
	} else {
		close_process(r);
	}
}

static const char *last_line(struct output *o)
{
	char *line;

	while (o->len && strchr("\r\n \t", o->data[o->len - 1]))
		o->len--;
	o->data[o->len] = 0;
	line = memrchr(o->data, '\n', o->len);
	return line ? line + 1 : o->data;
}

static void finish(struct kube_run *r)
{
	int err = r->err ? r->err : r->status ? -EIO : 0;
	char *why = NULL;

	if (r->finished)
		return;
	end(r);
	if (err == -EIO)
		why = kube_line("it ended with status %d: %s", r->status, last_line(&r->complaint));
	else if (err)
		why = kube_line("%s", err == -EFBIG ? "it printed too much" : strerror(-err));
	r->out.data[r->out.len] = 0;
	r->done(r->arg, err, why ? why : "", r->out.data, r->out.len);
	free(why);
}

static void check(struct kube_run *r)
{
	if (r->err || (r->exited && r->out.ended && r->complaint.ended))
		finish(r);
}

static void on_time_out(uv_timer_t *timer)
{
	struct kube_run *r = timer->data;

	if (!r->exited)
		r->err = -ETIMEDOUT;
	finish(r);
}

static void on_exit_of(uv_process_t *process, int64_t status, int signal)
{
	struct kube_run *r = process->data;

	if (r->finished) {
		close_process(r);
		return;
	}
	r->exited = true;
	r->status = signal ? 128 + signal : (int)status;
	check(r);
	/* a child of its own that lives on holds the pipes: it is not waited for */
	if (!r->finished)
		uv_timer_start(&r->timer, on_time_out, LINGER_MS, 0);
}

static struct output *output_of(uv_handle_t *pipe)
{
	struct kube_run *r = pipe->data;

	return pipe == (uv_handle_t *)&r->out.pipe ? &r->out : &r->complaint;
}

static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
	struct output *o = output_of(handle);

	(void)size;
	if (o->tail && o->len == o->max) {
		memmove(o->data, o->data + o->max / 2, o->max - o->max / 2);
		o->len -= o->max / 2;
	}
	*buf = uv_buf_init(o->data + o->len, o->max - o->len);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct output *o = output_of((uv_handle_t *)stream);
	struct kube_run *r = stream->data;

	(void)buf;
	if (n > 0) {
		o->len += n;
		if (o->len == o->max && !o->tail)
			r->err = -EFBIG;
	} else if (n < 0) {
		o->ended = true;
		uv_read_stop(stream);
	}
	check(r);
}

static int count(char *const *list)
{
	int n = 0;

	while (list && list[n])
		n++;
	return n;
}

/* Is there a variable of that name in env[0..n)? */
static bool is_set(char **env, int n, const char *variable)
{
	size_t len = strcspn(variable, "=") + 1;

	for (int i = 0; i < n; i++)
		if (!strncmp(env[i], variable, len))
			return true;
	return false;
}

/* Theirs, and the rest of our own. */
static void fill_environment(const struct kube_run_options *opt, char **env)
{
	int n = 0, ours;

	if (opt->info)
		env[n++] = (char *)opt->info;
	for (int i = 0; i < count(opt->env); i++)
		env[n++] = opt->env[i];
	ours = n;
	for (int i = 0; i < count(environ); i++)
		if (!is_set(env, ours, environ[i]))
			env[n++] = environ[i];
}

static int spawn(struct kube_run *r, const struct kube_run_options *opt, char **args, char **env)
{
	uv_stdio_container_t stdio[3] = {
		{.flags = UV_IGNORE},
		{UV_CREATE_PIPE | UV_WRITABLE_PIPE, {.stream = (uv_stream_t *)&r->out.pipe}},
		{UV_CREATE_PIPE | UV_WRITABLE_PIPE, {.stream = (uv_stream_t *)&r->complaint.pipe}},
	};
	uv_process_options_t process = {
		.exit_cb = on_exit_of,
		.file = opt->command,
		.args = args,
		.env = env,
		.flags = UV_PROCESS_DETACHED, /* a process group of its own */
		.stdio_count = 3,
		.stdio = stdio,
	};
	int n = 0;

	args[n++] = (char *)opt->command;
	for (int i = 0; i < count(opt->args); i++)
		args[n++] = opt->args[i];
	fill_environment(opt, env);
	return uv_spawn(r->process.loop, &r->process, &process);
}

static void init(struct kube_run *r, uv_loop_t *loop)
{
	uv_timer_init(loop, &r->timer);
	uv_pipe_init(loop, &r->out.pipe, 0);
	uv_pipe_init(loop, &r->complaint.pipe, 0);
	r->process.loop = loop;
	r->process.data = r->timer.data = r->out.pipe.data = r->complaint.pipe.data = r;
	r->handles = 4;
}

int kube_run(uv_loop_t *loop, const struct kube_run_options *opt, kube_run_done done, void *arg,
	     struct kube_run **ret)
{
	struct kube_run *r = calloc(1, sizeof(*r));
	char **args = calloc(count(opt->args) + 2, sizeof(*args));
	char **env = calloc(count(opt->env) + count(environ) + 2, sizeof(*env));
	int err = -ENOMEM;

	if (!r || !args || !env)
		goto out;
	*r = (struct kube_run){.done = done, .arg = arg};
	r->out.max = opt->max_bytes;
	r->complaint.max = COMPLAINT_MAX;
	r->complaint.tail = true;
	r->out.data = calloc(1, r->out.max + 1);
	r->complaint.data = calloc(1, r->complaint.max + 1);
	if (!r->out.data || !r->complaint.data) {
		free(r->out.data);
		free(r->complaint.data);
		goto out;
	}
	init(r, loop);
	err = spawn(r, opt, args, env);
	if (err) {
		end(r);
		r = NULL; /* frees itself */
		goto out;
	}
	uv_read_start((uv_stream_t *)&r->out.pipe, on_alloc, on_read);
	uv_read_start((uv_stream_t *)&r->complaint.pipe, on_alloc, on_read);
	uv_timer_start(&r->timer, on_time_out, opt->timeout_ms, 0);
	*ret = r;
	r = NULL;
out:
	free(r);
	free(args);
	free(env);
	return err;
}

void kube_run_cancel(struct kube_run *r)
{
	if (r)
		end(r);
}
