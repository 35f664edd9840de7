// SPDX-License-Identifier: MIT
/* How the source is, what was lost, how fresh names are, what pitot costs: `pitot status`, live. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tui/clock.h"
#include "tui/notices.h"
#include "tui/page.h"
#include "tui/screen.h"
#include "tui/views.h"

#define ASK_MS 1000
#define FIRST_MS 300 /* a file is read by then, a capture has begun */
#define NS_PER_S 1000000000ull

struct status_view {
	struct ui *ui;
	struct ui_page *page; /* what was answered last */
	uv_timer_t *
		timer; /* asks while it is shown; NULL: there is no loop. Freed when it is closed */
	bool asked; /* an answer is on its way */
	bool closed; /* it comes too late */
	int err; /* of the last question */
};

/* ----------------------------------------------------------------- our own part */

static void field(struct ui_page *p, const char *name, enum style style, struct text *t)
{
	text_char(t, '\0');
	if (!t->err)
		ui_page_field(p, name, style, t->data);
	t->len = 0;
}

static void held(struct ui_page *p, const struct history_stats *h, struct text *t)
{
	clock_count(t, h->flows);
	text_str(t, " flows in ");
	text_bytes(t, h->bytes);
	text_str(t, " of ");
	text_bytes(t, h->max_bytes);
	if (h->flows && h->newest_ns > h->oldest_ns) {
		text_str(t, ", the last ");
		text_us(t, (h->newest_ns - h->oldest_ns) / 1000);
	}
	field(p, "held", STYLE_NORMAL, t);
	if (!h->evicted)
		return;
	clock_count(t, h->evicted);
	text_str(t, " of ");
	clock_count(t, h->seen);
	field(p, "gone for room", STYLE_DIM, t);
	ui_page_field(p, "", STYLE_DIM, "--history-memory gives more");
}

static void losses(struct ui_page *p, const struct store_stats *s, struct text *t)
{
	if (s->lost) {
		clock_count(t, s->lost);
		text_str(t, " events, as the source tells");
		field(p, "lost", STYLE_WARN, t);
		ui_page_field(p, "", STYLE_DIM,
			      "a narrower filter, or a larger --ring-size where it is captured");
	}
	if (s->unread) {
		clock_count(t, s->unread);
		text_str(t, " flows went before they were counted");
		field(p, "not counted", STYLE_WARN, t);
		ui_page_field(p, "", STYLE_DIM, "--history-memory gives more room");
	}
	if (!s->lost && !s->unread)
		ui_page_field(p, "lost", STYLE_GOOD, "nothing");
}

/* What the source has told, the newest last: below the view only the first one is seen. */
static void told(struct ui_page *p, const struct notices *n, bool local, struct text *t)
{
	if (notices_kept(n))
		ui_page_heading(p, "Notices");
	if (n->come > notices_kept(n)) {
		clock_count(t, n->come - notices_kept(n));
		text_str(t, " older ones are not kept");
		field(p, "", STYLE_DIM, t);
	}
	for (size_t i = 0; i < notices_kept(n); i++) {
		const struct notice *notice = notices_at(n, i);

		clock_text(t, notice->time_ns, local, false, 0);
		text_char(t, '\0');
		if (!t->err)
			ui_page_field(p, t->data, STYLE_NORMAL, notice->line);
		t->len = 0;
	}
}

static void our_own(struct status_view *v, struct ui_page *p)
{
	struct store_stats s;
	struct text t = {0};

	told(p, ui_notices(v->ui), ui_config(v->ui)->local_time, &t);
	store_stats(ui_store(v->ui), &s);
	ui_page_heading(p, "This screen");
	held(p, &s.history, &t);
	text_bytes(&t, s.models_bytes);
	text_str(&t, " for what they sum up");
	field(p, "views", STYLE_NORMAL, &t);
	clock_count(&t, s.passed);
	text_str(&t, " of ");
	clock_count(&t, s.read);
	text_str(&t, store_filter(ui_store(v->ui)) ? " pass the filter" : " are shown");
	field(p, "flows", STYLE_NORMAL, &t);
	if (s.behind) {
		clock_count(&t, s.behind);
		text_str(&t, " flows are still to be looked at");
		field(p, "behind", STYLE_DIM, &t);
	}
	losses(p, &s, &t);
	text_free(&t);
}

/* ------------------------------------------------------------------- the answer */

static void keep(struct status_view *v, struct ui_page *p, const struct ui_status_row *rows,
		 size_t n)
{
	ui_page_clear(p);
	for (size_t i = 0; i < n; i++) {
		if (*rows[i].name)
			ui_page_field(p, rows[i].name, rows[i].style, rows[i].value);
		else
			ui_page_heading(p, rows[i].value);
		if (rows[i].hint)
			ui_page_field(p, "", STYLE_DIM, rows[i].hint);
	}
	our_own(v, p);
}

static void on_answer(void *arg, const struct ui_status_row *rows, size_t n)
{
	struct status_view *v = arg;

	v->asked = false;
	if (v->closed) {
		free(v);
		return;
	}
	keep(v, v->page, rows, n);
	ui_changed(v->ui);
}

static void ask(struct status_view *v)
{
	const struct ui_host *host = ui_config(v->ui)->host;

	if (v->asked)
		return;
	if (!host || !host->status) {
		on_answer(v, NULL, 0);
		return;
	}
	v->asked = true;
	v->err = host->status(host->arg, on_answer, v);
	if (!v->err)
		return;
	v->asked = false;
	keep(v, v->page,
	     &(struct ui_status_row){"state", strerror(-v->err), STYLE_BAD, "it is asked again"},
	     1);
	ui_changed(v->ui);
}

static void on_time(uv_timer_t *timer)
{
	ask(timer->data);
}

/* ------------------------------------------------------------------------ view */

static int status_open(struct ui *ui, void **ret)
{
	struct status_view *v = calloc(1, sizeof(*v));

	if (!v)
		return -ENOMEM;
	v->ui = ui;
	v->page = ui_page_new("");
	if (!v->page) {
		free(v);
		return -ENOMEM;
	}
	*ret = v;
	return 0;
}

static void on_closed(uv_handle_t *handle)
{
	free(handle);
}

/* An answer may still be under way: it then finds that nobody is there. */
static void status_close(void *arg)
{
	struct status_view *v = arg;

	if (v->timer)
		uv_close((uv_handle_t *)v->timer, on_closed);
	ui_page_free(v->page);
	v->closed = true;
	if (!v->asked)
		free(v);
}

static void shown(void *arg, bool is_shown)
{
	struct status_view *v = arg;
	uv_loop_t *loop = ui_config(v->ui)->loop;

	if (!v->timer && loop) {
		v->timer = calloc(1, sizeof(*v->timer));
		if (v->timer && !uv_timer_init(loop, v->timer))
			v->timer->data = v;
	}
	if (v->timer && is_shown)
		uv_timer_start(v->timer, on_time, FIRST_MS, ASK_MS);
	else if (v->timer)
		uv_timer_stop(v->timer);
	if (is_shown)
		ask(v);
}

static void draw(void *arg, struct canvas *c, struct canvas_area a)
{
	struct status_view *v = arg;

	ui_page_draw(v->page, c, a);
}

static bool act(void *arg, enum action a, int count)
{
	struct status_view *v = arg;

	if (!ui_page_act(v->page, a, count))
		return false;
	ui_changed(v->ui);
	return true;
}

static bool mouse(void *arg, const struct ui_mouse *m)
{
	if (m->event != MOUSE_WHEEL_UP && m->event != MOUSE_WHEEL_DOWN)
		return false;
	return act(arg, m->event == MOUSE_WHEEL_UP ? ACT_UP : ACT_DOWN, 3);
}

static int status_export(void *arg, const char *format, struct text *t)
{
	struct status_view *v = arg;

	(void)format;
	ui_page_print(v->page, t);
	return t->err;
}

static const char *const formats[] = {"text", NULL};

const struct view view_status = {
	.name = "Status",
	.open = status_open,
	.close = status_close,
	.draw = draw,
	.act = act,
	.mouse = mouse,
	.shown = shown,
	.formats = formats,
	.export = status_export,
};
