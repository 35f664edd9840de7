// SPDX-License-Identifier: MIT
/* The filter's keys, and drilling: into the flows of something, and back. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flows/text.h"
#include "tui/filter_bar.h"
#include "tui/ui_internal.h"

static void apply(void *arg, struct ui_filter *f)
{
	struct ui *ui = arg;

	store_set_filter(ui->store, f);
	ui->changed = true;
}

int ui_filtering_open(struct ui *ui)
{
	char *path = filter_history_path();
	struct filter_bar_options opt = {
		.host = ui->config->host,
		.known = ui->known,
		.history_path = path,
		.apply = apply,
		.arg = ui,
	};
	int err = filter_bar_new(&opt, &ui->filter_bar);

	free(path);
	return err;
}

int ui_filter_set(struct ui *ui, const char *text, struct ui_filter_error *ret_error)
{
	return filter_bar_set(ui->filter_bar, text, ret_error);
}

/* *ret_instead: free() it. */
static bool add(struct ui *ui, const char *expression, bool exclude, char **ret_instead)
{
	struct ui_filter_error error = {0};
	int err = filter_bar_add(ui->filter_bar, expression, exclude, ret_instead, &error);

	if (err == -EINVAL)
		ui_say(ui, STYLE_BAD, "no such filter: %s", error.message);
	else if (err)
		ui_say(ui, STYLE_BAD, "no filter: %s", strerror(-err));
	return !err;
}

void ui_filter_add(struct ui *ui, const char *expression, bool exclude)
{
	const char *text;
	char *instead;

	if (!add(ui, expression, exclude, &instead))
		return;
	text = filter_bar_text(ui->filter_bar);
	if (instead)
		ui_say(ui, STYLE_INFO, "instead of %s (u: undo); filter: %s", instead, text);
	else
		ui_say(ui, STYLE_INFO, "filter: %s (u: undo)", text);
	free(instead);
}

/* --------------------------------------------------------------- drilling */

void ui_drill(struct ui *ui, const char *expression)
{
	char *before = strdup(filter_bar_text(ui->filter_bar)), *instead = NULL;

	if (!before || !add(ui, expression, false, &instead)) {
		free(before);
		return;
	}
	free(instead);
	if (ui->n_drills == DRILLS) { /* the oldest way back is forgotten */
		free(ui->drills[0].filter);
		memmove(ui->drills, ui->drills + 1, sizeof(*ui->drills) * (DRILLS - 1));
		ui->n_drills--;
	}
	ui->drills[ui->n_drills].filter = before;
	ui->drills[ui->n_drills++].view = ui->view;
	ui_show_view(ui, VIEW_FLOWS);
	ui_say(ui, STYLE_INFO, "its flows (Esc: back)");
}

bool ui_drill_back(struct ui *ui)
{
	char *filter;

	if (!ui->n_drills)
		return false;
	filter = ui->drills[--ui->n_drills].filter;
	filter_bar_set(ui->filter_bar, filter, NULL);
	free(filter);
	ui_show_view(ui, ui->drills[ui->n_drills].view);
	return true;
}

void ui_drill_forget(struct ui *ui)
{
	while (ui->n_drills)
		free(ui->drills[--ui->n_drills].filter);
}

/* ------------------------------------------------------------------- keys */

static void filter_cell(struct ui *ui, bool exclude)
{
	const struct view *v = views[ui->view];
	struct text t = {0};

	if (!v->cell || !v->cell(ui->objects[ui->view], &t)) {
		ui_say(ui, STYLE_WARN, "there is nothing here to make a filter of");
	} else {
		text_char(&t, 0);
		if (!t.err)
			ui_filter_add(ui, t.data, exclude);
	}
	text_free(&t);
}

bool ui_filtering_act(struct ui *ui, enum action a)
{
	switch (a) {
	case ACT_FILTER:
		filter_bar_open(ui->filter_bar);
		return true;
	case ACT_FILTER_CELL:
	case ACT_EXCLUDE_CELL:
		filter_cell(ui, a == ACT_EXCLUDE_CELL);
		return true;
	case ACT_UNDO:
		if (!filter_bar_undo(ui->filter_bar))
			ui_say(ui, STYLE_DIM, "no filter before this one");
		return true;
	case ACT_REDO:
		if (!filter_bar_redo(ui->filter_bar))
			ui_say(ui, STYLE_DIM, "nothing was undone");
		return true;
	default:
		return false;
	}
}
