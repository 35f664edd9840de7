// SPDX-License-Identifier: MIT
/* `y`: the command lines that show the same. */
#include <stdlib.h>
#include <string.h>

#include "tui/export.h"
#include "tui/page.h"
#include "tui/screen.h"

#define COMMAND_WIDTH 72 /* of a line; where there is no blank it gets longer */

/* Until when: what comes after the time shown is not shown. 0: no end. */
static uint64_t until(const struct store *s)
{
	if (store_time(s) == STORE_LIVE)
		return 0;
	/* all of a file needs no end */
	if (store_is_recording(s) && store_shown_end(s) == store_end(s))
		return 0;
	return store_now_ns(s);
}

/*
 * Where a line of the command may end, from `at` on, at most `width` bytes behind it: at a
 * blank. *quoted: is `at`, and then that blank, between single quotes? 0: nowhere.
 */
static size_t line_end(const struct text *t, size_t at, size_t width, bool *quoted)
{
	bool in = *quoted, before_option = false;
	size_t end = 0;

	if (t->len - at <= width)
		return 0;
	for (size_t i = at; i < t->len && (i < at + width || !end); i++) {
		bool option = i + 1 < t->len && !in && strchr("-|", t->data[i + 1]);

		if (!in && t->data[i] == '\\')
			i++;
		else if (t->data[i] == '\'')
			in = !in;
		/* an option and its value stay together where they can */
		if (i >= t->len || t->data[i] != ' ' || i == at || (before_option && !option))
			continue;
		before_option = option;
		end = i;
		*quoted = in;
	}
	return end;
}

/*
 * A command in lines that a shell takes for one when they are copied: a backslash at their
 * ends, quotes closed before and opened behind it.
 */
static void add_command(struct ui_page *p, const struct text *t)
{
	bool quoted = false;
	size_t at = 0, end;

	while ((end = line_end(t, at, COMMAND_WIDTH, &quoted))) {
		ui_page_span(p, STYLE_NORMAL, t->data + at, end - at + quoted);
		ui_page_span(p, STYLE_NORMAL, quoted ? "'\\" : " \\", 2);
		ui_page_end(p);
		at = end + 1;
		if (quoted)
			ui_page_span(p, STYLE_NORMAL, "'", 1);
	}
	ui_page_span(p, STYLE_NORMAL, t->data + at, t->len - at);
	ui_page_end(p);
}

static void add_line(struct ui_page *p, const struct text *t, const char *more)
{
	struct text line = {0};

	text_mem(&line, t->data, t->len);
	text_str(&line, more);
	if (!line.err)
		add_command(p, &line);
	text_free(&line);
}

/* `pitot map` takes the same words, and does not follow. */
static void add_map(struct ui_page *p, const struct text *t, bool follows)
{
	static const char observe[] = "pitot observe", follow[] = " --follow";
	const char *end = t->data + t->len;
	const char *at = memmem(t->data, t->len, observe, sizeof(observe) - 1), *behind;
	const char *skip = NULL;
	struct text line = {0};

	if (!at)
		return;
	behind = at + sizeof(observe) - 1;
	/* the source's words come before the filter's, which may say anything */
	if (follows)
		skip = memmem(behind, end - behind, follow, sizeof(follow) - 1);
	text_mem(&line, t->data, at - t->data);
	text_str(&line, "pitot map");
	if (skip) {
		text_mem(&line, behind, skip - behind);
		behind = skip + sizeof(follow) - 1;
	}
	text_mem(&line, behind, end - behind);
	ui_page_heading(p, "The map of them, as a picture");
	if (!line.err)
		add_line(p, &line, " -o svg > map.svg");
	text_free(&line);
}

static void fill(struct ui *ui, struct ui_page *p, const struct text *t)
{
	const struct ui_config *config = ui_config(ui);

	ui_page_heading(p, "The flows that are shown, as a command");
	add_line(p, t, "");
	ui_page_heading(p, "The same for other programs");
	add_line(p, t, " -o json | jq -c .flow");
	add_line(p, t, " -o csv > flows.csv");
	add_map(p, t, config->from == UI_FROM_SERVER && store_time(ui_store(ui)) == STORE_LIVE);
	ui_page_line(p, STYLE_NORMAL, "");
	if (config->from == UI_FROM_KERNEL)
		ui_page_text(p, STYLE_DIM,
			     "A capture begins when it is started: what was before is held by this "
			     "screen alone. \"e\" writes it to a file, and an agent (\"pitot "
			     "agent\") keeps it for all who ask.");
	if (config->terminal.clipboard)
		ui_page_text(p, STYLE_DIM, "The first one is in the terminal's clipboard.");
	else
		ui_page_text(
			p, STYLE_DIM,
			"\"pitot ui --clipboard\" puts it into the terminal's clipboard, too.");
}

void ui_yank(struct ui *ui)
{
	const struct ui_config *config = ui_config(ui);
	struct store *s = ui_store(ui);
	struct ui_page *p = ui_page_new("Command line");
	struct text t = {0};

	config->host->command_line(config->host->arg, store_filter(s), until(s), &t);
	if (t.err || !p) {
		ui_say(ui, STYLE_BAD, "out of memory");
		ui_page_free(p);
		text_free(&t);
		return;
	}
	fill(ui, p, &t);
	if (config->terminal.clipboard)
		terminal_copy(t.data, t.len);
	text_free(&t);
	ui_page_show(ui, p);
}
