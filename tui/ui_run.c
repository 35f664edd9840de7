// SPDX-License-Identifier: MIT
/* The screen on a terminal: the loop's handles, frames, signals, the source. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tui/export.h"
#include "tui/ui_internal.h"

#define FRAME_MS 33 /* 30 frames a second at most: what a person does is seen at once */
#define FLOWS_FRAME_MS 100 /* nobody reads faster than that what only flows change */
#define MUCH_FRAME_MS 250 /* and nobody can read what changes all at once */
#define WORK_NS (4 * 1000000ull) /* in one go, before the keyboard is asked again */
#define KEYS_AT_ONCE 512

static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP};
#define N_SIGNALS (sizeof(signals) / sizeof(*signals))

struct run {
	struct ui *ui;
	uv_loop_t *loop;
	struct canvas canvas;
	uv_poll_t keys;
	uv_timer_t frame, second, escape, play;
	uv_idle_t work;
	uv_prepare_t prepare;
	uv_signal_t signals[N_SIGNALS];
	int handles; /* not closed yet */
	bool source_runs;
	bool flows_changed; /* what is shown, and nothing else did */
	uint64_t frame_begin_ms, frame_end_ms, frame_due_ms;
};

/* ------------------------------------------------------------------- frames */

static void draw(struct run *r)
{
	int width, height, x, y;

	terminal_size(&width, &height);
	if ((width != r->canvas.width || height != r->canvas.height) &&
	    canvas_resize(&r->canvas, width, height))
		return;
	r->canvas.ascii = terminal_is_ascii();
	if (r->ui->redraw)
		terminal_redraw();
	r->ui->redraw = false;
	ui_frame(r->ui, &r->canvas, &x, &y);
	terminal_show(&r->canvas, x, y);
	terminal_hover(r->ui->view == VIEW_MAP);
}

static void on_frame(uv_timer_t *timer)
{
	struct run *r = timer->data;

	uv_update_time(r->loop);
	r->frame_begin_ms = uv_now(r->loop);
	r->flows_changed = false;
	draw(r);
	uv_update_time(r->loop);
	r->frame_end_ms = uv_now(r->loop);
}

/* At least `apart` after the one before began, and as long after its end as it took. */
static void arrange_frame(struct run *r, uint64_t apart_ms)
{
	uint64_t took = r->frame_end_ms - r->frame_begin_ms, now = uv_now(r->loop);
	uint64_t due = r->frame_begin_ms + apart_ms;

	if (due < r->frame_end_ms + took)
		due = r->frame_end_ms + took;
	if (uv_is_active((uv_handle_t *)&r->frame) && r->frame_due_ms <= due)
		return;
	r->frame_due_ms = due;
	uv_timer_start(&r->frame, on_frame, due > now ? due - now : 0, 0);
}

/* -------------------------------------------------------------------- work */

static void on_work(uv_idle_t *idle)
{
	struct run *r = idle->data;
	bool changed = false, was = r->ui->changed;
	bool more = store_work(r->ui->store, WORK_NS, &changed);

	if (changed || (r->ui->changed && !was)) {
		r->ui->changed = was;
		r->flows_changed = true;
	}
	if (ui_export_work(r->ui->export, WORK_NS / 2))
		more = true;
	if (!more)
		uv_idle_stop(idle);
}

static void want_work(struct run *r)
{
	if (!uv_is_active((uv_handle_t *)&r->work))
		uv_idle_start(&r->work, on_work);
}

static void on_play(uv_timer_t *timer)
{
	want_work(timer->data);
}

static void on_second(uv_timer_t *timer)
{
	struct run *r = timer->data;

	ui_second(r->ui);
	want_work(r);
}

/* ----------------------------------------------------------------- suspend */

static void on_signal(uv_signal_t *handle, int number);

/* as_key: typed, so that the whole job is meant, not only this process. */
static void suspend(struct run *r, bool as_key)
{
	uv_signal_t *stop = &r->signals[N_SIGNALS - 1];

	r->ui->suspend = false;
	terminal_suspend();
	uv_signal_stop(stop);
	signal(SIGTSTP, SIG_DFL);
	if (as_key)
		kill(0, SIGTSTP);
	else
		raise(SIGTSTP);
	/* going on from here */
	uv_signal_start(stop, on_signal, SIGTSTP);
	terminal_resume();
	uv_update_time(r->loop);
	r->ui->redraw = true;
	ui_changed(r->ui);
}

static void on_signal(uv_signal_t *handle, int number)
{
	struct run *r = handle->data;

	if (number == SIGWINCH)
		ui_changed(r->ui);
	else if (number == SIGTSTP)
		suspend(r, false);
	else
		ui_quit(r->ui);
}

/* ------------------------------------------------------------------- keys */

static void read_keys(struct run *r, bool late)
{
	struct ui_mouse mouse;

	for (int i = 0; i < KEYS_AT_ONCE && !r->ui->over; i++) {
		int key = terminal_key(late, &mouse);

		if (key == 0)
			break;
		if (key == -EIO) /* the terminal has gone */
			ui_quit(r->ui);
		else if (key == KEY_MOUSE_)
			ui_mouse(r->ui, &mouse);
		else
			ui_key(r->ui, key);
	}
	want_work(r);
}

static void on_escape(uv_timer_t *timer)
{
	read_keys(timer->data, true);
}

static void on_keys(uv_poll_t *poll, int status, int events)
{
	struct run *r = poll->data;

	(void)events;
	if (status < 0) {
		ui_quit(r->ui);
		return;
	}
	uv_timer_stop(&r->escape);
	read_keys(r, false);
	if (terminal_wait_ms())
		uv_timer_start(&r->escape, on_escape, (uint64_t)terminal_wait_ms(), 0);
}

/* Before each wait: what has to happen because of what happened. */
static void on_prepare(uv_prepare_t *prepare)
{
	struct run *r = prepare->data;
	bool plays = store_time(r->ui->store) == STORE_PLAYING;

	if (r->ui->suspend)
		suspend(r, true);
	if (r->ui->over) {
		uv_stop(r->loop);
		return;
	}
	if (plays && !uv_is_active((uv_handle_t *)&r->play))
		uv_timer_start(&r->play, on_play, FRAME_MS, FRAME_MS);
	else if (!plays)
		uv_timer_stop(&r->play);
	if (ui_is_changed(r->ui))
		arrange_frame(r, FRAME_MS);
	else if (r->flows_changed)
		arrange_frame(r, r->ui->per_second > MUCH ? MUCH_FRAME_MS : FLOWS_FRAME_MS);
}

/* ------------------------------------------------------------------ source */

static void on_flow(void *arg, struct flow *f)
{
	struct run *r = arg;

	ui_flow(r->ui, f);
	want_work(r);
}

static void on_lost(void *arg, const struct lost_events *l)
{
	struct run *r = arg;

	store_lost(r->ui->store, l);
	ui_changed(r->ui);
}

static void on_node_status(void *arg, const struct node_status *s)
{
	struct run *r = arg;

	ui_node_status(r->ui, s);
}

static void on_notice(void *arg, const char *line)
{
	struct run *r = arg;

	ui_notice(r->ui, line);
}

static void on_away(void *arg, const struct source_away *away)
{
	struct run *r = arg;

	ui_away(r->ui, away);
}

static void on_unread(void *arg, uint64_t n, const char *what)
{
	struct run *r = arg;

	ui_unread(r->ui, n, what);
}

static void on_end(void *arg, int err)
{
	struct run *r = arg;

	ui_ended(r->ui, err);
	want_work(r);
}

static void start_source(struct run *r)
{
	struct source *s = r->ui->config->source;
	struct source_events events = {.arg = r,
				       .flow = on_flow,
				       .lost = on_lost,
				       .node_status = on_node_status,
				       .notice = on_notice,
				       .away = on_away,
				       .unread = on_unread,
				       .end = on_end};
	int err = s ? s->start(s, r->loop, &events) : 0;

	if (err)
		on_end(r, err);
	else
		r->source_runs = s != NULL;
}

/* ------------------------------------------------------------ open and close */

static void on_closed(uv_handle_t *handle)
{
	struct run *r = handle->data;

	r->handles--;
}

static void *own(struct run *r, void *handle)
{
	((uv_handle_t *)handle)->data = r;
	r->handles++;
	return handle;
}

/* Before the terminal is opened: ncurses leaves signals alone that have a handler. */
static void open_handles(struct run *r)
{
	uv_timer_init(r->loop, own(r, &r->frame));
	uv_timer_init(r->loop, own(r, &r->second));
	uv_timer_init(r->loop, own(r, &r->escape));
	uv_timer_init(r->loop, own(r, &r->play));
	uv_idle_init(r->loop, own(r, &r->work));
	uv_prepare_init(r->loop, own(r, &r->prepare));
	for (size_t i = 0; i < N_SIGNALS; i++) {
		uv_signal_init(r->loop, own(r, &r->signals[i]));
		uv_signal_start(&r->signals[i], on_signal, signals[i]);
	}
	uv_timer_start(&r->second, on_second, 1000, 1000);
	uv_prepare_start(&r->prepare, on_prepare);
}

static int open_terminal(struct run *r, char **ret_error)
{
	int err = terminal_open(&r->ui->config->terminal, ret_error);

	if (err)
		return err;
	err = uv_poll_init(r->loop, &r->keys, terminal_fd());
	if (err)
		return err;
	own(r, &r->keys);
	return uv_poll_start(&r->keys, UV_READABLE, on_keys);
}

static void close_handles(struct run *r)
{
	uv_handle_t *handles[] = {(uv_handle_t *)&r->frame,  (uv_handle_t *)&r->second,
				  (uv_handle_t *)&r->escape, (uv_handle_t *)&r->play,
				  (uv_handle_t *)&r->work,   (uv_handle_t *)&r->prepare};

	for (size_t i = 0; i < sizeof(handles) / sizeof(*handles); i++)
		uv_close(handles[i], on_closed);
	for (size_t i = 0; i < N_SIGNALS; i++)
		uv_close((uv_handle_t *)&r->signals[i], on_closed);
	while (r->handles)
		uv_run(r->loop, UV_RUN_ONCE);
}

/* Before the terminal is opened: who asked for a recording that cannot be gets no screen without one. */
static int begin_recording(struct run *r, char **ret_error)
{
	const char *file = r->ui->config->record;

	return file ? ui_export_record(r->ui->export, file, ret_error) : 0;
}

int ui_run(const struct ui_config *config, char **ret_error)
{
	struct run r = {.loop = config->loop};
	int err = ui_new(config, &r.ui);

	*ret_error = NULL;
	if (err)
		return err;
	open_handles(&r);
	err = begin_recording(&r, ret_error);
	if (!err)
		err = open_terminal(&r, ret_error);
	if (!err) {
		start_source(&r);
		want_work(&r);
		uv_run(r.loop, UV_RUN_DEFAULT);
	}
	/* the person has the terminal back before the rest is tidied up */
	if (r.keys.data)
		uv_close((uv_handle_t *)&r.keys, on_closed);
	terminal_close();
	if (r.source_runs)
		config->source->stop(config->source);
	close_handles(&r);
	if (err)
		ui_export_give_up(r.ui->export);
	else
		err = ui_export_finish(r.ui->export, ret_error);
	ui_free(r.ui);
	canvas_free(&r.canvas);
	return err;
}
