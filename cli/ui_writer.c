// SPDX-License-Identifier: MIT
#include "cli/ui_writer.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

#include "flows/text.h"

struct ui_writer {
	uv_mutex_t lock; /* of all below, but for `out` while it is written */
	uv_cond_t more, less;
	int fd;
	size_t max_bytes;
	struct text in, out; /* they change places: nothing is allocated in the long run */
	size_t writing; /* bytes of `out` */
	struct ui_writer_state state;
	bool ending; /* no more comes */
	bool over; /* the file is closed */
	bool left_alone; /* whoever ended it has gone */
};

static void writer_free(struct ui_writer *w)
{
	text_free(&w->in);
	text_free(&w->out);
	uv_cond_destroy(&w->more);
	uv_cond_destroy(&w->less);
	uv_mutex_destroy(&w->lock);
	free(w);
}

/* Locked; writes without the lock. */
static void write_some(struct ui_writer *w)
{
	struct text t = w->in;
	int err;

	w->in = w->out;
	w->out = t;
	w->writing = t.len;
	uv_mutex_unlock(&w->lock);
	err = text_write(&w->out, w->fd);
	uv_mutex_lock(&w->lock);
	if (err)
		w->state.err = err;
	else
		w->state.bytes += w->writing;
	w->writing = 0;
}

static void run(void *arg)
{
	struct ui_writer *w = arg;
	bool left_alone;
	sigset_t all;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	uv_mutex_lock(&w->lock);
	while (!w->ending || (w->in.len && !w->state.err)) {
		if (w->in.len && !w->state.err)
			write_some(w);
		else
			uv_cond_wait(&w->more, &w->lock);
	}
	uv_mutex_unlock(&w->lock);
	/* some file systems tell only here that there was no room */
	err = close(w->fd) ? -errno : 0;
	uv_mutex_lock(&w->lock);
	if (!w->state.err)
		w->state.err = err;
	w->over = true;
	left_alone = w->left_alone;
	uv_cond_signal(&w->less);
	uv_mutex_unlock(&w->lock);
	if (left_alone)
		writer_free(w);
}

int ui_writer_new(int fd, size_t max_bytes, struct ui_writer **ret)
{
	struct ui_writer *w = calloc(1, sizeof(*w));
	uv_thread_t thread;
	int err;

	if (!w)
		return -ENOMEM;
	w->fd = fd;
	w->max_bytes = max_bytes;
	uv_mutex_init(&w->lock);
	uv_cond_init(&w->more);
	uv_cond_init(&w->less);
	err = uv_thread_create(&thread, run, w);
	if (err) {
		writer_free(w);
		return err;
	}
	/* its end is told by `over` */
	pthread_detach(thread);
	*ret = w;
	return 0;
}

int ui_writer_put(struct ui_writer *w, const void *bytes, size_t n)
{
	int err;

	uv_mutex_lock(&w->lock);
	err = w->state.err;
	if (!err && w->in.len + w->writing + n > w->max_bytes)
		err = -ENOBUFS;
	if (!err) {
		text_mem(&w->in, bytes, n);
		err = w->in.err;
		uv_cond_signal(&w->more);
	}
	uv_mutex_unlock(&w->lock);
	return err;
}

void ui_writer_state(struct ui_writer *w, struct ui_writer_state *ret)
{
	uv_mutex_lock(&w->lock);
	*ret = w->state;
	uv_mutex_unlock(&w->lock);
}

int ui_writer_close(struct ui_writer *w, unsigned int wait_ms)
{
	uint64_t until = uv_hrtime() + wait_ms * 1000000ull, now;
	bool over;
	int err;

	uv_mutex_lock(&w->lock);
	w->ending = true;
	uv_cond_signal(&w->more);
	while (!w->over && (now = uv_hrtime()) < until)
		uv_cond_timedwait(&w->less, &w->lock, until - now);
	over = w->over;
	w->left_alone = !over;
	err = over ? w->state.err : -ETIMEDOUT;
	uv_mutex_unlock(&w->lock);
	if (over)
		writer_free(w);
	return err;
}
