// SPDX-License-Identifier: MIT
/* The lines above the sums: by what, all of it, and what is not in it. */
#include <string.h>

#include "tui/sparkline.h"
#include "tui/top_internal.h"

#define MINUTE 60

static int put(struct canvas *c, struct canvas_area a, int x, int y, enum style style,
	       const struct text *t)
{
	return x >= a.x + a.width ? 0
				  : canvas_text(c, x, y, a.x + a.width - x, style, t->data, t->len);
}

static const char *window_text(const struct top_table *t)
{
	static const char *const words[TOP_WINDOWS] = {"last second", "last 10 s", "last 60 s",
						       "all the time"};

	return words[t->window];
}

static void tabs(struct top_table *t, struct canvas *c, struct canvas_area a)
{
	int x = a.x + 1;

	x += canvas_str(c, x, a.y, a.width - 1, STYLE_DIM, "by ");
	for (size_t i = 0; i < t->kind->n; i++) {
		int room = a.x + a.width - x, width;

		if (room < 4)
			return;
		width = canvas_str(c, x + 1, a.y, room - 2,
				   i == t->at ? STYLE_STRONG : STYLE_NORMAL, t->kind->by[i].title);
		t->tabs[i].x = x - a.x;
		t->tabs[i].width = width + 2;
		if (i == t->at)
			canvas_flag(c, (struct canvas_area){x, a.y, width + 2, 1}, CELL_SELECTED);
		x += width + 2;
	}
}

/* What the metric is, and how old the figures are. */
void top_table_caption(struct top_table *t, struct text *out)
{
	text_str(out, "by ");
	text_str(out, top_only_events(t) && t->metric <= TOP_PACKETS ? "events"
								     : top_metric_name(t->metric));
	text_str(out, ", ");
	if (t->metric == TOP_RTT || t->metric == TOP_LATENCY)
		text_str(out, top_windows[t->window] ? "last minutes" : "all the time");
	else
		text_str(out, window_text(t));
	if (!top_windows[t->window] || !t->snapshot.behind_s || t->metric > TOP_PACKETS)
		return;
	text_str(out, ", ");
	text_u64(out, t->snapshot.behind_s);
	text_str(out, " s ago");
}

static const char *plural(double n, const char *one, const char *many)
{
	return n == 1 ? one : many;
}

static void totals(const struct top_table *t, struct text *out)
{
	const struct top_row *all = &t->snapshot.all;
	bool rate = top_windows[t->window];

	if (!top_only_events(t)) {
		figure_text(out, all->window.bytes_out + all->window.bytes_in, rate ? "B/s" : "B",
			    true);
		text_str(out, "  ");
		figure_text(out, all->window.packets,
			    rate ? "packets/s" : plural(all->window.packets, "packet", "packets"),
			    false);
		text_str(out, "  ");
	}
	figure_text(out, all->window.begun,
		    rate ? "connections/s" : plural(all->window.begun, "connection", "connections"),
		    false);
	text_str(out, "  ");
}

/* Is anything not in it that somebody would look for? brief: in half the room. */
static void notes(const struct top_table *t, bool brief, struct text *out)
{
	const struct top_snapshot *s = &t->snapshot;

	if (top_only_events(t)) {
		text_str(out, "no bytes: these flows have no counters, events are counted");
	} else if (s->uncounted) {
		figure_text(out, (double)s->uncounted, "", false);
		text_str(out, " of ");
		figure_text(out, (double)s->flows, "", false);
		text_str(out, " flows have no counters");
	} else if (s->without && t->kind->processes) {
		bool programs = t->kind->by[t->at].dimension == TOP_EXECUTABLES;

		figure_text(out, (double)s->without, "", false);
		if (brief) {
			text_str(out, programs ? " of unknown process" : " flows of none");
			return;
		}
		text_str(out, " of ");
		figure_text(out, (double)s->flows, "", false);
		text_str(out, programs ? " flows: process not known" : " flows are of none");
	}
}

static void sums(struct top_table *t, struct canvas *c, struct canvas_area a)
{
	struct top_query q = top_query_of(t);
	struct text out = {0}, note = {0};
	float v[MINUTE];
	int x = a.x + 1, room;

	x += canvas_str(c, x, a.y, a.width, STYLE_DIM, "all ");
	totals(t, &out);
	x += put(c, a, x, a.y, STYLE_NORMAL, &out);
	out.len = 0;
	if (t->snapshot.all.total.drops > 0) {
		figure_text(&out, t->snapshot.all.total.drops,
			    plural(t->snapshot.all.total.drops, "drop", "drops"), false);
		text_str(&out, "  ");
		x += put(c, a, x, a.y, STYLE_BAD, &out);
		out.len = 0;
	}
	room = a.x + a.width - x - (int)t->minute - 2;
	notes(t, false, &note);
	if (canvas_width_of(note.data, note.len) > room) {
		note.len = 0;
		notes(t, true, &note);
	}
	/* words before shapes, where there is no room for both */
	if (canvas_width_of(note.data, note.len) <= room || !note.len) {
		top_series(t->top, &q, 0, MINUTE, v);
		sparkline_text(&out, v, MINUTE, t->minute, t->ascii);
		text_str(&out, "  ");
		x += put(c, a, x, a.y, STYLE_INFO, &out);
	}
	put(c, a, x, a.y, STYLE_WARN, &note);
	text_free(&out);
	text_free(&note);
}

void top_header(struct top_table *t, struct canvas *c, struct canvas_area a)
{
	tabs(t, c, a);
	a.y++;
	sums(t, c, a);
}
