// SPDX-License-Identifier: MIT
/* What the source tells beside its flows: notices, what could not be read, that it is away, its end. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "flows/text.h"
#include "tui/clock.h"
#include "tui/ui_internal.h"

#define NS_PER_SEC 1000000000ull
#define NODES_TOLD 4 /* by name */

static uint64_t wall_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * NS_PER_SEC + now.tv_nsec;
}

/*
 * The first one that nobody has seen stays: what is wrong comes before what is odd. How many
 * came since is told beside it; Status has them all.
 */
void ui_notice(struct ui *ui, const char *line)
{
	struct notices *n = &ui->notices;

	notices_add(n, wall_ns(), line);
	ui_say(ui, STYLE_WARN, "%s", n->first.line);
	if (n->unseen > 1)
		snprintf(ui->message_more, sizeof(ui->message_more), "and %llu more: %d Status",
			 (unsigned long long)n->unseen - 1, VIEW_STATUS + 1);
}

static void put_nodes(struct text *t, const struct node_status *s)
{
	for (size_t i = 0; i < s->n_nodes && i < NODES_TOLD; i++) {
		text_str(t, i ? ", " : ": ");
		text_escape(t, s->nodes[i], 64);
	}
	if (s->n_nodes <= NODES_TOLD)
		return;
	text_str(t, " and ");
	clock_count(t, s->n_nodes - NODES_TOLD);
	text_str(t, " more");
}

/* A relay says so again and again: once is enough. */
void ui_node_status(struct ui *ui, const struct node_status *s)
{
	struct text t = {0};

	if (s->state != NODE_UNAVAILABLE && s->state != NODE_ERROR)
		return;
	/* what a recording tells was not now */
	if (ui->config->from == UI_FROM_FILE && s->time_ns) {
		clock_text(&t, s->time_ns, ui->config->local_time, false, 0);
		text_str(&t, ": ");
	}
	clock_count(&t, s->n_nodes);
	text_str(&t, s->n_nodes == 1 ? " node" : " nodes");
	if (s->state == NODE_UNAVAILABLE)
		text_str(&t, s->n_nodes == 1 ? " is unavailable" : " are unavailable");
	else
		text_str(&t, s->n_nodes == 1 ? " has an error" : " have an error");
	put_nodes(&t, s);
	if (s->message && *s->message) {
		text_str(&t, ": ");
		text_escape(&t, s->message, 256);
	}
	text_char(&t, '\0');
	if (!t.err && strcmp(t.data, notices_last(&ui->notices)))
		ui_notice(ui, t.data);
	text_free(&t);
}

const struct notices *ui_notices(const struct ui *ui)
{
	return &ui->notices;
}

void ui_unread(struct ui *ui, uint64_t n, const char *what)
{
	ui->unread = n;
	snprintf(ui->unread_what, sizeof(ui->unread_what), "%s", what);
	ui->changed = true;
}

/* What was told of the connection before does not hold any more. */
void ui_away(struct ui *ui, const struct source_away *away)
{
	bool was = ui->away.since_ns;

	ui->changed = true;
	if (was != (away != NULL))
		notices_seen(&ui->notices);
	if (!away) {
		ui->away.since_ns = 0;
		return;
	}
	if (!was) {
		ui->away.since_ns = wall_ns();
		ui->away.was_there = away->was_there;
	}
	ui->away.next_ns = uv_hrtime() + away->next_ms * 1000000;
	snprintf(ui->away.why, sizeof(ui->away.why), "%s", away->why);
}

void ui_ended(struct ui *ui, int err)
{
	ui->ended = true;
	ui->end_err = err;
	ui->away.since_ns = 0;
	store_source_ended(ui->store);
	ui->changed = true;
}

const char *ui_end_reason(const struct ui *ui)
{
	const char *last = notices_last(&ui->notices);

	if (!ui->ended || !ui->end_err)
		return NULL;
	return *last ? last : strerror(-ui->end_err);
}

enum ui_source ui_source(const struct ui *ui)
{
	if (!ui->config->source || ui_end_reason(ui))
		return SOURCE_NONE;
	if (ui->away.since_ns)
		return SOURCE_AWAY;
	return ui->ended ? SOURCE_ENDED : SOURCE_THERE;
}

void ui_put_next_attempt(const struct ui *ui, struct text *t)
{
	text_str(t, "trying ");
	ui_put_again(ui, t);
}

void ui_put_again(const struct ui *ui, struct text *t)
{
	uint64_t now = uv_hrtime(), next = ui->away.next_ns;

	text_str(t, "again ");
	if (next > now) {
		text_str(t, "in ");
		text_u64(t, (next - now + NS_PER_SEC - 1) / NS_PER_SEC);
		text_str(t, " s");
	} else {
		text_str(t, "now");
	}
}

void ui_put_away_since(const struct ui *ui, struct text *t)
{
	text_str(t, "since ");
	clock_text(t, ui->away.since_ns, ui->config->local_time, false, 0);
}
