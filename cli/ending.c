// SPDX-License-Identifier: MIT
#include "cli/ending.h"

#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define READER_CHECK_MS 500
#define HEELS_NS 300000000ull

static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};

static void on_signal(uv_signal_t *handle, int number)
{
	(void)number;
	uv_stop(handle->loop);
}

static void on_timer(uv_timer_t *timer)
{
	uv_stop(timer->loop);
}

/* A quiet machine writes nothing, so a reader that has gone shows in no write. */
static void on_reader_timer(uv_timer_t *timer)
{
	struct ending *e = timer->data;
	struct pollfd fd = {.fd = STDOUT_FILENO};

	if (poll(&fd, 1, 0) != 1 || !(fd.revents & (POLLERR | POLLHUP)))
		return;
	e->reader_gone = true;
	uv_stop(timer->loop);
}

void ending_start(struct ending *e, uv_loop_t *loop, uint64_t after_ms)
{
	struct stat st;

	signal(SIGPIPE, SIG_IGN);
	for (int i = 0; i < 3; i++) {
		uv_signal_init(loop, &e->signals[i]);
		uv_signal_start(&e->signals[i], on_signal, numbers[i]);
	}
	uv_timer_init(loop, &e->timer);
	if (after_ms)
		uv_timer_start(&e->timer, on_timer, after_ms, 0);
	uv_timer_init(loop, &e->reader_timer);
	e->reader_timer.data = e;
	if (!fstat(STDOUT_FILENO, &st) && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)))
		uv_timer_start(&e->reader_timer, on_reader_timer, READER_CHECK_MS, READER_CHECK_MS);
}

static void ending_signals(sigset_t *ret_set)
{
	sigemptyset(ret_set);
	for (int i = 0; i < 3; i++)
		sigaddset(ret_set, numbers[i]);
}

/*
 * timeout(1) signals the process and then its group, and a terminal's Ctrl-C can
 * come with a shell's TERM: those are one wish. After them, the default holds.
 */
static void second_signal(void *arg)
{
	uint64_t end = uv_hrtime() + HEELS_NS, now;
	sigset_t set;

	(void)arg;
	ending_signals(&set);
	while ((now = uv_hrtime()) < end) {
		struct timespec left = {.tv_nsec = end - now};

		sigtimedwait(&set, NULL, &left);
	}
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	for (;;)
		pause();
}

void ending_stop(struct ending *e)
{
	uv_loop_t *loop = e->timer.loop;
	uv_thread_t thread;
	sigset_t set;

	ending_signals(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	for (int i = 0; i < 3; i++)
		uv_close((uv_handle_t *)&e->signals[i], NULL);
	uv_close((uv_handle_t *)&e->timer, NULL);
	uv_close((uv_handle_t *)&e->reader_timer, NULL);
	uv_run(loop, UV_RUN_NOWAIT);
	if (uv_thread_create(&thread, second_signal, NULL))
		pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}
