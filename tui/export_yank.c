// SPDX-License-Identifier: MIT
/* `y`: the command lines that show the same. */
#include <stdlib.h>
#include <string.h>

#include "tui/export.h"
#include "tui/page.h"
#include "tui/screen.h"
#include "tui/sums_text.h"

#define LOOK 4096 /* flows to either side of where the time shown ends */
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

/* What --until shows that the screen does not, and the other way round. */
struct difference {
	uint64_t more, fewer;
	uint64_t first; /* --first with that number makes up for it; 0: nothing does */
};

/*
 * --until takes all of an instant, steps ([ and ]) stand within it; nor need flows come in the
 * order of their times. Those that differ are near to where the time shown ends.
 */
static void compare(struct store *s, uint64_t until_ns, struct difference *ret)
{
	uint64_t end = store_end(s), shown = store_shown_end(s), first = store_first(s);
	struct store_stats stats;
	const struct flow *f;

	*ret = (struct difference){0};
	if (end - shown > LOOK)
		end = shown + LOOK;
	if (shown - first > LOOK)
		first = shown - LOOK;
	for (uint64_t i = first; i < end; i++) {
		f = store_get(s, i);
		if (!f || (f->time_ns <= until_ns) == (i < shown) || !store_pass(s, f))
			continue;
		if (i < shown)
			ret->fewer++;
		else
			ret->more++;
	}
	store_stats(s, &stats);
	/* of a file that is held as a whole the first ones are those on the screen */
	if (store_is_recording(s) && !stats.history.evicted && !stats.behind && !ret->fewer &&
	    ret->more)
		ret->first = stats.passed;
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

/* "--until takes all of an instant: 3 flows more than on the screen" */
static void add_difference(struct ui_page *p, const struct difference *d)
{
	struct text t = {0};

	text_str(&t, "Not quite what is on the screen: --until goes by the time alone, that is ");
	if (d->more) {
		put_some(&t, d->more, "flow", "flows");
		text_str(&t, " more");
	}
	if (d->fewer) {
		text_str(&t, d->more ? " and " : "");
		put_some(&t, d->fewer, "flow", "flows");
		text_str(&t, " fewer");
	}
	text_char(&t, '.');
	text_char(&t, '\0');
	if (!t.err)
		ui_page_text(p, STYLE_WARN, t.data);
	text_free(&t);
}

/* t: without --first, which `pitot map` does not have. */
static void fill(struct ui *ui, struct ui_page *p, const struct text *t, const struct text *exact,
		 const struct difference *d, bool copied)
{
	const struct ui_config *config = ui_config(ui);

	ui_page_heading(p, "The flows that are shown, as a command");
	add_line(p, exact, "");
	if (!d->first && (d->more || d->fewer))
		add_difference(p, d);
	ui_page_heading(p, "The same for other programs");
	add_line(p, exact, " -o json | jq -c .flow");
	add_line(p, exact, " -o csv > flows.csv");
	add_map(p, t, config->from == UI_FROM_SERVER && store_time(ui_store(ui)) == STORE_LIVE);
	if (d->first)
		add_difference(p, d);
	ui_page_line(p, STYLE_NORMAL, "");
	if (config->from == UI_FROM_KERNEL)
		ui_page_text(p, STYLE_DIM,
			     "A capture begins when it is started: what was before is held by this "
			     "screen alone. \"e\" writes it to a file, and an agent (\"pitot "
			     "agent\") keeps it for all who ask.");
	if (copied)
		ui_page_text(p, STYLE_DIM, "The first one is in the terminal's clipboard.");
	else if (config->terminal.clipboard)
		ui_page_text(p, STYLE_WARN,
			     "The first one is too long for the terminal's clipboard.");
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
	struct text t = {0}, exact = {0};
	struct difference d = {0};
	uint64_t until_ns = until(s);

	if (until_ns && config->from != UI_FROM_KERNEL) /* which has no --until */
		compare(s, until_ns, &d);
	config->host->command_line(config->host->arg, store_filter(s), until_ns, &t);
	text_mem(&exact, t.data, t.len);
	if (d.first) {
		text_str(&exact, " --first ");
		text_u64(&exact, d.first);
	}
	if (!t.err && !exact.err && p) {
		bool copied = config->terminal.clipboard && terminal_copy(exact.data, exact.len);

		fill(ui, p, &t, &exact, &d, copied);
		ui_page_show(ui, p);
	} else {
		ui_say(ui, STYLE_BAD, "out of memory");
		ui_page_free(p);
	}
	text_free(&exact);
	text_free(&t);
}
