// SPDX-License-Identifier: MIT
/* ":" commands of the Map view. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/table.h"
#include "tui/view_map_own.h"

const char *const map_view_commands[] = {
	"group workload", "group namespace", "group endpoint",
	"world name",	  "world asn",	     "world country",
	"world one",	  "zoom names",	     "zoom rates",
	"zoom full",	  "zoom fit",	     "window 1",
	"window 10",	  "window 60",	     "window all",
	"find ",	  "fold all",	     "fold none",
	"fold ",	  "unfold ",	     NULL,
};

static void fit_again(struct map_view *v)
{
	v->zoom_chosen = v->placed = v->centered = false;
	v->width = 0;
	ui_changed(v->ui);
}

void map_view_set_group(struct map_view *v, enum map_group group)
{
	v->opt.group = group;
	v->focus = 0;
	map_view_again(v);
	fit_again(v);
}

void map_view_set_world(struct map_view *v, enum map_world world)
{
	v->opt.world = world;
	map_view_again(v);
}

void map_view_set_window(struct map_view *v, unsigned int seconds)
{
	v->window = seconds;
	v->stale = true;
	if (seconds)
		ui_say(v->ui, STYLE_DIM, "rates of the last %u s", seconds);
	else
		ui_say(v->ui, STYLE_DIM, "rates over all the time that is held");
	ui_changed(v->ui);
}

/* Index of rest in the words; -1 with *ret_error, which says what there is. */
static int pick(const char *const *words, const char *what, const char *rest, char **ret_error)
{
	struct text t = {0};

	for (int i = 0; words[i]; i++)
		if (!strcmp(words[i], rest))
			return i;
	text_str(&t, what);
	text_str(&t, " \"");
	text_escape(&t, rest, 64);
	text_str(&t, "\" is none of");
	for (int i = 0; words[i]; i++) {
		text_str(&t, i ? ", " : " ");
		text_str(&t, words[i]);
	}
	text_char(&t, '\0');
	*ret_error = t.err ? NULL : strdup(t.data);
	text_free(&t);
	return -1;
}

static void group(struct map_view *v, const char *rest, char **ret_error)
{
	static const char *const words[] = {"workload", "namespace", "endpoint", NULL};
	int i = pick(words, "group", rest, ret_error);

	if (i >= 0)
		map_view_set_group(v, i);
}

static void world(struct map_view *v, const char *rest, char **ret_error)
{
	static const char *const words[] = {"name", "asn", "country", "one", NULL};
	int i = pick(words, "world", rest, ret_error);

	if (i >= 0)
		map_view_set_world(v, i);
}

static void zoom(struct map_view *v, const char *rest, char **ret_error)
{
	static const char *const words[] = {"names", "rates", "full", "fit", NULL};
	int i = pick(words, "zoom", rest, ret_error);

	if (i == 3)
		fit_again(v);
	else if (i >= 0)
		map_view_zoom(v, i - (int)v->zoom);
}

static void window(struct map_view *v, const char *rest, char **ret_error)
{
	static const char *const words[] = {"1", "10", "60", "all", NULL};
	static const unsigned int seconds[] = {1, 10, 60, WHOLE_TIME};
	int i = pick(words, "window", rest, ret_error);

	if (i >= 0)
		map_view_set_window(v, seconds[i]);
}

static void find(struct map_view *v, const char *rest, char **ret_error)
{
	(void)ret_error;
	free(v->search);
	v->search = *rest ? strdup(rest) : NULL;
	map_view_find(v, false);
}

static void fold_or_not(struct map_view *v, const char *rest, bool fold, char **ret_error)
{
	if (!strcmp(rest, "all") || !strcmp(rest, "none")) {
		map_view_fold_all(v, fold == !strcmp(rest, "all"));
		fit_again(v);
		return;
	}
	for (size_t i = 0; i < v->all.n_nodes; i++)
		if (*rest && !strcmp(v->all.nodes[i].namespace_name, rest)) {
			map_view_fold(v, rest, fold);
			ui_changed(v->ui);
			return;
		}
	*ret_error = strdup("no namespace on the map is called that");
}

static void fold(struct map_view *v, const char *rest, char **ret_error)
{
	fold_or_not(v, rest, true, ret_error);
}

static void unfold(struct map_view *v, const char *rest, char **ret_error)
{
	fold_or_not(v, rest, false, ret_error);
}

bool map_view_command(void *arg, const char *word, const char *rest, char **ret_error)
{
	static const struct {
		const char *word;
		void (*run)(struct map_view *v, const char *rest, char **ret_error);
	} rows[] = {
		{"group", group}, {"world", world}, {"zoom", zoom},	{"window", window},
		{"find", find},	  {"fold", fold},   {"unfold", unfold},
	};

	struct map_view *v = arg;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (!strcmp(rows[i].word, word)) {
			rows[i].run(v, rest, ret_error);
			return true;
		}
	if (v->list)
		return ui_table_command(v->table, word, rest, ret_error);
	return false;
}
