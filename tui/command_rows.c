// SPDX-License-Identifier: MIT
/* The commands, and what a line of them does. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "flows/near.h"
#include "tui/clock.h"
#include "tui/command_internal.h"
#include "tui/export.h"
#include "tui/filter_bar.h"
#include "tui/page.h"
#include "tui/screen.h"
#include "tui/views.h"

#define WORDS_MAX 64
#define WORD_MAX 32

static char *text_done(struct text *t)
{
	text_char(t, '\0');
	if (t->err)
		text_free(t);
	return t->data;
}

/* One line; NULL without memory. */
static char *message(const char *before, const char *word, const char *behind)
{
	struct text t = {0};

	text_str(&t, before);
	text_escape(&t, word, 200);
	text_str(&t, behind);
	return text_done(&t);
}

/* ------------------------------------------------------------------- commands */

static char *run_action(struct ui *ui, const struct command_row *row, const char *rest)
{
	if (*rest)
		return message("\"", rest, "\": nothing stands behind this command");
	ui_act(ui, row->action, 1);
	return NULL;
}

static char *run_filter(struct ui *ui, const struct command_row *row, const char *rest)
{
	struct ui_filter_error e = {0};
	int err = filter_bar_set_meant(ui_filter_bar(ui), rest, &e);

	(void)row;
	if (err)
		return strdup(err == -EINVAL ? e.message : strerror(-err));
	filter_bar_remember(ui_filter_bar(ui));
	if (!*rest)
		ui_say(ui, STYLE_INFO, "no filter (u: undo)");
	return NULL;
}

/* A view by its name or the beginning of it. */
static bool show_view(struct ui *ui, const char *name)
{
	size_t n = strlen(name);

	for (int i = 0; n && i < VIEWS; i++)
		if (!strncasecmp(views[i]->name, name, n)) {
			ui_show_view(ui, i);
			return true;
		}
	return false;
}

static char *run_view(struct ui *ui, const struct command_row *row, const char *rest)
{
	(void)row;
	if (!show_view(ui, rest))
		return message("\"", rest,
			       "\" is no view: flows, map, top, drops, dns, processes, status");
	return NULL;
}

static char *run_export(struct ui *ui, const struct command_row *row, const char *rest)
{
	char *error = NULL;

	ui_export_command(ui_export(ui), row->name, rest, &error);
	return error;
}

const struct command_row command_rows[] = {
	{"filter", "TEXT  only what passes; nothing: no filter", run_filter, ACT_NONE},
	{"undo", "the filter before this one", run_action, ACT_UNDO},
	{"redo", "the filter that was undone", run_action, ACT_REDO},
	{"view", "NAME  another view", run_view, ACT_NONE},
	{"export", "[flows] [FORMAT] FILE  write what is shown", run_export, ACT_NONE},
	{"export!", "the same, over a file that is there", run_export, ACT_NONE},
	{"record", "[shown] FILE  write flows as they come, until \"record stop\"", run_export, ACT_NONE},
	{"record!", "the same, over a file that is there", run_export, ACT_NONE},
	{"yank", "the command line that shows the same", run_action, ACT_YANK},
	{"help", "the keys", run_action, ACT_HELP},
	{"quit", "leave", run_action, ACT_QUIT},
	{NULL, NULL, NULL, ACT_NONE},
};

const char *const command_arguments[] = {
	"view flows",	 "view map",	   "view top",	    "view drops",
	"view dns",	 "view processes", "view status",   "export pb ",
	"export json ",	 "export csv ",	   "export svg ",   "export dot ",
	"export flows ", "record stop",	   "record shown ", NULL,
};

/* Words that others have. */
static const struct {
	const char *word, *help;
} others[] = {
	{"jump", "TIME  to 14:03, -5m, +10s, 2006-01-02T15:04Z"},
	{"play", "[SPEED]  go on from the time shown"},
	{"speed", "N  times as fast"},
	{"pause", "stand at the time shown"},
	{"live", "what comes now; a recording: its end"},
	{"sort", "COLUMN [asc|desc]"},
	{"columns", "NAME,NAME,..  these, in this order"},
	{"by", "WHAT  what the rows are"},
	{"metric", "NAME  what they are sorted by and measured in"},
	{"window", "SECONDS  what rates are of"},
	{"group", "namespace, workload or endpoint  what a node is"},
	{"world", "name, asn, country or one  how the rest of the world is told apart"},
	{"zoom", "names, rates, full or fit"},
	{"find", "NAME  the next node that has it"},
	{"fold", "NAMESPACE or all  one node for it"},
	{"unfold", "NAMESPACE  its nodes again"},
};

const char *command_word_help(const char *word)
{
	size_t n = strcspn(word, " ");

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strlen(others[i].word) == n && !strncmp(others[i].word, word, n))
			return others[i].help;
	return NULL;
}

#define NAME_WIDTH 18

static void help_row(struct ui_page *p, const char *word, size_t n, const char *help)
{
	static const char blanks[NAME_WIDTH + 1] = "                  ";

	ui_page_span(p, STYLE_KEY, "  :", 3);
	ui_page_span(p, STYLE_KEY, word, n);
	ui_page_span(p, STYLE_NORMAL, blanks, n + 3 < NAME_WIDTH ? NAME_WIDTH - n - 3 : 1);
	ui_page_line(p, STYLE_NORMAL, help ? help : "");
}

/* First words of which several begin alike are one row. */
static void help_words(struct ui_page *p, const char *const *words)
{
	for (const char *const *w = words; w && *w; w++) {
		size_t n = strcspn(*w, " ");
		bool before = false;

		for (const char *const *b = words; b < w && !before; b++)
			before = strcspn(*b, " ") == n && !strncmp(*b, *w, n);
		if (!before)
			help_row(p, *w, n, command_word_help(*w));
	}
}

void command_help(struct ui *ui, struct ui_page *p)
{
	ui_page_heading(p, "Commands");
	for (const struct command_row *r = command_rows; r->name; r++)
		if (!strchr(r->name, '!'))
			help_row(p, r->name, strlen(r->name), r->help);
	help_words(p, clock_commands);
	help_words(p, views[ui_view(ui)]->commands);
}

/* ----------------------------------------------------------------- a line of them */

static const struct command_row *find(const char *word)
{
	for (const struct command_row *r = command_rows; r->name; r++)
		if (!strcmp(r->name, word))
			return r;
	return NULL;
}

/* Counts another name that begins as what is typed; the same one again is none. */
static void begins(const char *name, const char *typed, char *found, size_t *many)
{
	size_t n = strcspn(name, " ");

	if (strncmp(name, typed, strlen(typed)) || n >= WORD_MAX || strchr(name, '!') ||
	    (strlen(found) == n && !strncmp(found, name, n)))
		return;
	memcpy(found, name, n);
	found[n] = '\0';
	++*many;
}

/* The command that begins so, where it is the only one; buf of WORD_MAX bytes. NULL: not. */
static const char *whole_word(const struct view *v, const char *typed, char *buf)
{
	size_t many = 0;

	*buf = '\0';
	for (const struct command_row *r = command_rows; r->name; r++)
		begins(r->name, typed, buf, &many);
	for (const char *const *c = clock_commands; *c; c++)
		begins(*c, typed, buf, &many);
	for (const char *const *c = v->commands; c && *c; c++)
		begins(*c, typed, buf, &many);
	return many == 1 && strcmp(buf, typed) ? buf : NULL;
}

static bool has_word(const char *const *commands, const char *word)
{
	size_t n = strlen(word);

	for (; commands && *commands; commands++)
		if (!strncmp(*commands, word, n) && (!(*commands)[n] || (*commands)[n] == ' '))
			return true;
	return false;
}

/* "Top, Drops": the views that have it. Returns how many. */
static size_t put_views_with(struct text *t, const char *word)
{
	size_t n = 0;

	for (int i = 0; i < VIEWS; i++) {
		if (!has_word(views[i]->commands, word))
			continue;
		text_str(t, n++ ? ", " : "");
		text_str(t, views[i]->name);
	}
	return n;
}

/* A line whose second word it is: "record stop". NULL: none is. */
static const char *line_with(const char *word)
{
	size_t n = strlen(word);

	for (const char *const *l = command_arguments; *l; l++) {
		const char *second = strchr(*l, ' ') + 1;

		if (strcspn(second, " ") == n && !strncmp(second, word, n))
			return *l;
	}
	return NULL;
}

static const char *near_command(const struct view *v, const char *word)
{
	const char *names[WORDS_MAX], *line = line_with(word);
	size_t n = 0;

	if (line)
		return line;
	for (const struct command_row *r = command_rows; r->name && n < WORDS_MAX - 1; r++)
		names[n++] = r->name;
	for (const char *const *c = clock_commands; *c && n < WORDS_MAX - 1; c++)
		names[n++] = *c;
	for (const char *const *c = v->commands; c && *c && n < WORDS_MAX - 1; c++)
		names[n++] = *c;
	names[n] = NULL;
	return near_word(word, names);
}

static char *unknown(const struct view *v, const char *word)
{
	struct text t = {0}, have = {0};
	size_t n = put_views_with(&have, word);
	const char *near = n ? NULL : near_command(v, word);

	text_char(&t, '"');
	text_escape(&t, word, 64);
	if (n) {
		text_str(&t, "\" is not in ");
		text_str(&t, v->name);
		text_str(&t, ": ");
		text_mem(&t, have.data, have.len);
		text_str(&t, n > 1 ? " have it" : " has it");
	} else if (near) {
		text_str(&t, "\" is no command (did you mean \"");
		text_mem(&t, near, strlen(near) - (near[strlen(near) - 1] == ' '));
		text_str(&t, "\"?)");
	} else {
		text_str(&t, "\" is no command (Tab lists them)");
	}
	text_free(&have);
	return text_done(&t);
}

/* What the view, the clock and our rows make of it, in this order. False: it is none of theirs. */
static bool run_word(struct ui *ui, const char *word, const char *rest, char **ret_error)
{
	enum view_id id = ui_view(ui);
	const struct view *v = views[id];
	const struct command_row *row;

	*ret_error = NULL;
	if (v->command && v->command(ui_view_object(ui, id), word, rest, ret_error))
		return true;
	if (clock_command(ui, word, rest, ret_error))
		return true;
	row = find(word);
	if (row)
		*ret_error = row->run(ui, row, rest);
	return row;
}

/* As it is typed, else as the beginning of a word, else as a view's name. */
static char *run_typed(struct ui *ui, const char *word, const char *rest)
{
	const struct view *v = views[ui_view(ui)];
	char buf[WORD_MAX], *error;
	const char *whole;

	if (run_word(ui, word, rest, &error))
		return error;
	whole = whole_word(v, word, buf);
	if (whole && run_word(ui, whole, rest, &error))
		return error;
	if (!*rest && show_view(ui, word))
		return NULL;
	return unknown(v, word);
}

char *command_run_line(struct ui *ui, const char *line)
{
	const char *begin = line + strspn(line, " :");
	size_t n = strcspn(begin, " ");
	char *word, *rest, *error;

	if (!n)
		return NULL;
	word = strndup(begin, n);
	rest = strdup(begin + n + strspn(begin + n, " "));
	/* blanks at the end mean nothing to any of them */
	for (size_t i = rest ? strlen(rest) : 0; i && rest[i - 1] == ' '; i--)
		rest[i - 1] = '\0';
	error = word && rest ? run_typed(ui, word, rest) : strdup("out of memory");
	free(word);
	free(rest);
	ui_changed(ui);
	return error;
}
