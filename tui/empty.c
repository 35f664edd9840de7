// SPDX-License-Identifier: MIT
/* Why there is nothing to see, and what to do about it. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tui/filter_bar.h"
#include "tui/ui_internal.h"

struct reason {
	char lines[5][512];
	int n;
};

static void __attribute__((format(printf, 2, 3))) add(struct reason *r, const char *format, ...)
{
	va_list ap;

	if (r->n == 5)
		return;
	va_start(ap, format);
	vsnprintf(r->lines[r->n++], sizeof(r->lines[0]), format, ap);
	va_end(ap);
}

static void none_of(struct reason *r, uint64_t flows, const char *which)
{
	struct text t = {0};

	ui_put_count(&t, flows);
	if (!t.err)
		add(r, "None of %.*s flows%s passes the filter", (int)t.len, t.data, which);
	text_free(&t);
}

static void no_source(const struct ui *ui, struct reason *r)
{
	const struct ui_config *config = ui->config;
	const char *why = config->source ? ui_end_reason(ui) : config->why;

	add(r, "Nothing is watched");
	add(r, "%s", why ? why : "There is no source of flows");
	switch (config->source ? ui->end_err : config->why_err) {
	case -EPERM:
	case -EACCES:
		add(r, "Watching this machine needs rights: sudo pitot");
		add(r, "or an agent that has them: sudo pitot agent (then pitot finds its socket)");
		break;
	case -ECONNREFUSED:
	case -ECONNRESET:
	case -ENOENT:
	case -ETIMEDOUT:
	case -EHOSTUNREACH:
	case -ENETUNREACH:
		add(r, "Is it running there? pitot status --server ... tells more");
		add(r, "Without a server: sudo pitot watches this machine itself");
		break;
	default:
		add(r, "7 (Status) tells more; q leaves");
	}
}

static void is_away(const struct ui *ui, struct reason *r)
{
	struct text t = {0};

	text_str(&t, "Down ");
	ui_put_away_since(ui, &t);
	text_str(&t, ", ");
	ui_put_next_attempt(ui, &t);
	text_char(&t, '\0');
	add(r, ui->away.was_there ? "Not connected to %s" : "Not reachable: %s",
	    ui->config->from_name);
	add(r, "%s", ui->away.why);
	if (!t.err)
		add(r, "%s: it goes on by itself", t.data);
	add(r, "pitot status --server ... tells more; q leaves");
	add(r, "Without a server: sudo pitot watches this machine itself");
	text_free(&t);
}

static void nothing_yet(const struct ui *ui, const char *what, struct reason *r)
{
	switch (ui->config->from) {
	case UI_FROM_FILE:
		add(r, ui->ended ? "There are no %s in this file" : "Reading: no %s yet", what);
		if (notices_kept(&ui->notices)) /* what could not be read */
			add(r, "%s", notices_at(&ui->notices, 0)->line);
		break;
	case UI_FROM_SERVER:
		add(r, "No %s yet from this server", what);
		add(r, "They appear as soon as its node has traffic; 7 (Status) shows its state");
		break;
	case UI_FROM_KERNEL:
	case UI_FROM_NOTHING:
		add(r, "No %s yet on this machine", what);
		add(r, "They appear as soon as packets pass; try one: curl -s example.com");
		add(r, "7 (Status) shows what is watched");
		break;
	}
}

static void find_reason(struct ui *ui, const char *what, struct reason *r)
{
	struct store_stats s;
	const char *filter = filter_bar_text(ui->filter_bar);

	store_stats(ui->store, &s);
	if (s.behind) {
		add(r, "Reading ...");
	} else if (!s.history.flows && ui_source(ui) == SOURCE_NONE) {
		no_source(ui, r);
	} else if (!s.history.flows && ui_source(ui) == SOURCE_AWAY) {
		is_away(ui, r);
	} else if (!s.history.flows) {
		nothing_yet(ui, what, r);
	} else if (*filter && !s.passed && s.later) {
		none_of(r, s.history.flows - s.later, " up to the time shown");
		add(r, "]: the next one that does   .: now   u: the filter before");
	} else if (*filter && !s.passed) {
		none_of(r, s.history.flows, "");
		add(r, "u: the filter before   /: change it");
	} else if (s.later && s.history.evicted &&
		   store_shown_end(ui->store) == store_first(ui->store)) {
		add(r, "What was shown has made room for what came since");
		add(r, ".: now   ]: the oldest flow that is held");
		add(r, "--history-memory holds more; r records all of it");
	} else if (store_time(ui->store) != STORE_LIVE && s.later && !s.passed) {
		add(r, "No %s before the time shown", what);
		add(r, ".: now   ]: the next flow   t: another time");
	} else {
		add(r,
		    *filter ? "No %s among the flows that pass the filter"
			    : "No %s among the flows so far",
		    what);
		if (*filter)
			add(r, "u: the filter before   /: change it");
	}
}

/* Bytes of s that fit into width columns, up to a blank where there is one. */
static size_t fitting(const char *s, int width)
{
	size_t n = strlen(s), blank = 0;

	if (canvas_width_of(s, n) <= width)
		return n;
	for (size_t i = 0; i < n && canvas_width_of(s, i) <= width; i++)
		if (s[i] == ' ')
			blank = i;
	return blank ? blank : n;
}

/* A line in the middle of the area, wrapped; c NULL: counts only. Returns its rows. */
static int draw_wrapped(struct canvas *c, struct canvas_area area, int y, uint8_t style,
			const char *s)
{
	int widest = area.width > 8 ? area.width - 4 : area.width, rows = 0;

	while (*s) {
		size_t n = fitting(s, widest);
		int width = canvas_width_of(s, n);
		int x = width < area.width ? area.x + (area.width - width) / 2 : area.x;

		if (c && y + rows < area.y + area.height)
			canvas_text(c, x, y + rows, area.x + area.width - x, style, s, n);
		rows++;
		s += n;
		s += strspn(s, " ");
	}
	return rows;
}

void ui_draw_empty(struct ui *ui, struct canvas *c, struct canvas_area area, const char *what)
{
	struct reason r = {.n = 0};
	int rows = 0, y;

	find_reason(ui, what, &r);
	for (int i = 0; i < r.n; i++)
		rows += draw_wrapped(NULL, area, 0, STYLE_NORMAL, r.lines[i]);
	y = area.height > rows ? area.y + (area.height - rows) / 2 : area.y;
	for (int i = 0; i < r.n; i++)
		y += draw_wrapped(c, area, y, i ? STYLE_DIM : STYLE_STRONG, r.lines[i]);
}
