// SPDX-License-Identifier: MIT
/*
 * The screen under load: a child runs the terminal UI on a pseudo terminal and is fed 50,000
 * events a second; its CPU time is read view by view. The floor is a child with the same
 * source that only keeps the flows. Then keys are typed under that load: the time until
 * what was typed comes out of the terminal.
 *
 * Usage: ui_bench [EVENTS_PER_SECOND [SECONDS_PER_VIEW]]
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include "cli/ui_filter.h"
#include "flows/history.h"
#include "tests/bench/bench.h"
#include "tests/bench/ui_flows.h"
#include "tui/ui.h"

#define TICK_MS 5
#define HISTORY_BYTES (64u << 20)
#define KEYS 60
#define WIDTH 200
#define HEIGHT 50

/* ------------------------------------------------------------------------ the source */

struct feed {
	struct source source; /* first */
	const struct source_events *to;
	struct source_events events;
	uv_timer_t timer;
	uint64_t rate, began_ns, given;
	bool closed;
};

static void on_tick(uv_timer_t *timer)
{
	struct feed *f = timer->data;
	uint64_t now = bench_now_ns(), due = (now - f->began_ns) * f->rate / 1000000000;
	struct timespec ts;
	uint64_t wall;

	clock_gettime(CLOCK_REALTIME, &ts);
	wall = (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
	/* what a loop that was late has missed is made up for, but not for ever */
	if (due > f->given + f->rate / 2)
		f->given = due - f->rate / 2;
	for (; f->given < due; f->given++)
		f->events.flow(f->events.arg, ui_flows_next(f->given, wall));
}

static int feed_start(struct source *s, uv_loop_t *loop, const struct source_events *ev)
{
	struct feed *f = (struct feed *)s;

	f->events = *ev;
	f->began_ns = bench_now_ns();
	f->timer.data = f;
	uv_timer_init(loop, &f->timer);
	return uv_timer_start(&f->timer, on_tick, TICK_MS, TICK_MS);
}

static void on_closed(uv_handle_t *handle)
{
	struct feed *f = handle->data;

	f->closed = true;
}

static void feed_stop(struct source *s)
{
	struct feed *f = (struct feed *)s;

	uv_close((uv_handle_t *)&f->timer, on_closed);
	while (!f->closed)
		uv_run(f->timer.loop, UV_RUN_ONCE);
}

static void feed_free(struct source *s)
{
	(void)s;
}

static struct feed feed = {.source = {.start = feed_start, .stop = feed_stop, .free = feed_free}};

/* ---------------------------------------------------------------------- the children */

static int host_parse(void *arg, const char *text, struct ui_filter **ret,
		      struct ui_filter_error *ret_error)
{
	return ui_filter_parse(arg, text, ret, ret_error);
}

static void host_complete(void *arg, const char *text, size_t at,
			  const struct ui_words *(*known)(void *known_arg, enum ui_known kind),
			  void *known_arg, size_t *ret_start, struct ui_words *ret)
{
	ui_filter_complete(arg, text, at, known, known_arg, ret_start, ret);
}

static void run_ui(void)
{
	uv_loop_t *loop = uv_default_loop();
	const struct ui_host host = {.filter_parse = host_parse, .filter_complete = host_complete};
	const struct ui_config config = {
		.loop = loop,
		.from = UI_FROM_KERNEL,
		.from_name = "bench",
		.source = &feed.source,
		.host = &host,
		.history_bytes = HISTORY_BYTES,
		.report_interval_ns = 5000000000,
		.view = VIEW_FLOWS,
	};
	char *error = NULL;

	setenv("TERM", "xterm-256color", 1);
	setenv("LC_ALL", "C.UTF-8", 1);
	setenv("HOME", "/nonexistent", 1);
	if (ui_run(&config, &error))
		fprintf(stderr, "ui_bench: %s\n", error ? error : "no screen");
	_exit(0);
}

static void keep(void *arg, struct flow *f)
{
	history_append(arg, f);
}

static void run_floor(void)
{
	uv_loop_t *loop = uv_default_loop();
	struct source_events events = {.flow = keep};
	struct history *h;

	if (history_new(HISTORY_BYTES, &h))
		_exit(1);
	events.arg = h;
	feed_start(&feed.source, loop, &events);
	uv_run(loop, UV_RUN_DEFAULT);
	_exit(0);
}

/* A child on a terminal of its own; its pid, its end of the terminal. */
static pid_t begin_child(void (*run)(void), int *ret_fd)
{
	struct winsize size = {.ws_row = HEIGHT, .ws_col = WIDTH};
	pid_t pid = forkpty(ret_fd, NULL, NULL, &size);

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		bench_pin(0);
		run();
	}
	if (pid < 0) {
		perror("ui_bench: forkpty");
		exit(1);
	}
	return pid;
}

static void end_child(pid_t pid, int fd)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(fd);
}

/* CPU time of a process so far, nanoseconds: the scheduler's own count. */
static uint64_t cpu_ns(pid_t pid)
{
	char path[64];
	uint64_t ns = 0;
	FILE *in;

	snprintf(path, sizeof(path), "/proc/%d/schedstat", (int)pid);
	in = fopen(path, "re");
	if (!in || fscanf(in, "%" SCNu64, &ns) != 1) {
		fprintf(stderr, "ui_bench: the screen has ended\n");
		exit(1);
	}
	fclose(in);
	return ns;
}

/* Reads what comes for so long, or until `wanted` is in it. Bytes read; *ret_found. */
static size_t drain(int fd, double seconds, char wanted, bool *ret_found)
{
	uint64_t until = bench_now_ns() + (uint64_t)(seconds * 1e9);
	size_t sum = 0;
	char buf[65536];

	*ret_found = false;
	for (;;) {
		uint64_t now = bench_now_ns();
		struct pollfd p = {.fd = fd, .events = POLLIN};
		ssize_t n;

		if (now >= until || poll(&p, 1, (int)((until - now) / 1000000) + 1) < 0)
			return sum;
		n = p.revents ? read(fd, buf, sizeof(buf)) : 0;
		if (n < 0 && errno == EIO)
			return sum;
		sum += n > 0 ? (size_t)n : 0;
		if (n > 0 && wanted && memchr(buf, wanted, (size_t)n)) {
			*ret_found = true;
			return sum;
		}
	}
}

static void type(int fd, const char *keys)
{
	if (write(fd, keys, strlen(keys)) < 0)
		perror("ui_bench: write");
}

/* ---------------------------------------------------------------------------- figures */

static double share_of(pid_t pid, int fd, double seconds, size_t *ret_bytes)
{
	uint64_t cpu = cpu_ns(pid), began = bench_now_ns();
	bool found;

	*ret_bytes = drain(fd, seconds, 0, &found);
	return (double)(cpu_ns(pid) - cpu) * 100 / (double)(bench_now_ns() - began);
}

static void bench_views(unsigned long rate, double seconds)
{
	static const char *const names[] = {"Flows", "Map",	  "Top",   "Drops",
					    "DNS",   "Processes", "Status"};
	struct samples shares = {0};
	double floor, worst = 0;
	char measured[128], floor_text[64];
	const char *worst_name = "";
	size_t bytes;
	bool found;
	int fd;
	pid_t pid = begin_child(run_floor, &fd);

	drain(fd, 1, 0, &found);
	floor = share_of(pid, fd, seconds, &bytes);
	end_child(pid, fd);
	snprintf(floor_text, sizeof(floor_text), "%.1f %% source, history", floor);
	pid = begin_child(run_ui, &fd);
	drain(fd, 3, 0, &found); /* the history fills, names are met for the first time */
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char key[2] = {(char)('1' + i), 0}, name[64];
		double share;

		type(fd, key);
		drain(fd, 0.5, 0, &found);
		share = share_of(pid, fd, seconds, &bytes);
		samples_add(&shares, share);
		if (share > worst) {
			worst = share;
			worst_name = names[i];
		}
		snprintf(name, sizeof(name), "screen: %s, of a core", names[i]);
		snprintf(measured, sizeof(measured), "%.1f %%, %.0f KB/s out", share,
			 (double)bytes / seconds / 1000);
		bench_row(name, measured, floor_text, share, "");
	}
	end_child(pid, fd);
	snprintf(measured, sizeof(measured), "%.1f %% (%s), %lu events/s", worst, worst_name, rate);
	bench_row("screen: the dearest view", measured, floor_text, worst, "< 25");
}

/* The filter bar shows what is typed; no flow has this letter. */
static void bench_keys(void)
{
	struct samples ms = {0};
	char measured[128];
	double max = 0;
	bool found;
	int fd;
	pid_t pid = begin_child(run_ui, &fd);

	drain(fd, 3, 0, &found);
	type(fd, "/");
	drain(fd, 0.5, 0, &found);
	srand(1);
	for (int i = 0; i < KEYS; i++) {
		uint64_t began;

		drain(fd, 0.05 + (rand() % 1000) * 0.0001, 0, &found);
		began = bench_now_ns();
		type(fd, "Z");
		drain(fd, 2, 'Z', &found);
		if (!found) {
			fprintf(stderr, "ui_bench: a key was not shown within 2 s\n");
			exit(1);
		}
		samples_add(&ms, (double)(bench_now_ns() - began) / 1e6);
		if (ms.v[ms.n - 1] > max)
			max = ms.v[ms.n - 1];
		type(fd, "\x7f");
	}
	end_child(pid, fd);
	snprintf(measured, sizeof(measured), "median %.1f ms, longest %.1f ms", samples_median(&ms),
		 max);
	bench_row("screen: key to frame", measured, "", max, "< 50");
}

int main(int argc, char **argv)
{
	unsigned long rate = argc > 1 ? strtoul(argv[1], NULL, 10) : 50000;
	double seconds = argc > 2 ? strtod(argv[2], NULL) : 4;

	if (!rate || rate > 10000000 || !(seconds > 0 && seconds < 600)) {
		fprintf(stderr, "usage: ui_bench [EVENTS_PER_SECOND [SECONDS_PER_VIEW]]\n");
		return 2;
	}
	ui_flows_make();
	feed.rate = rate;
	bench_pin(1); /* the terminal's side is not on the screen's CPU */
	bench_wait_quiet();
	bench_views(rate, seconds);
	bench_keys();
	return 0;
}
