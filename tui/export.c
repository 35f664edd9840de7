// SPDX-License-Identifier: MIT
/* Exports and the recording: what is asked, and what is under way. */
#include "tui/export.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "tui/clock.h"
#include "tui/export_internal.h"
#include "tui/filter_bar.h"
#include "tui/screen.h"

#define CLOCK_STEP 64 /* flows between two looks at the clock */

struct ui_export *ui_export_new(struct ui *ui)
{
	struct ui_export *e = calloc(1, sizeof(*e));

	if (e)
		e->ui = ui;
	return e;
}

/* "recorded to "x.pb.partial", not to "x.pb": File exists" */
static char *unfinished(const char *what, const char *there, const char *path, const char *why)
{
	struct text t = {0};

	text_str(&t, what);
	if (there) {
		text_escape(&t, there, strlen(there) + 1);
		text_str(&t, "\", not to \"");
	}
	text_escape(&t, path, strlen(path) + 1);
	text_str(&t, "\": ");
	text_str(&t, why);
	text_char(&t, '\0');
	if (t.err)
		text_free(&t);
	return t.data;
}

static const char *reason(int err)
{
	return err == -ETIMEDOUT ? "the disk does not answer" : strerror(-err);
}

/* 0, or -errno where it has not got its name, or is not whole. */
static int record_finish(struct export_file *f, char **ret_why)
{
	uint64_t lost;
	int err;

	if (!f->path)
		return 0;
	export_file_flush(f);
	lost = f->lost;
	err = export_file_finish(f);
	if (err) {
		*ret_why = unfinished("recorded to \"", f->partial, f->path, reason(err));
	} else if (lost) {
		err = -ENOBUFS;
		*ret_why = unfinished("recorded, but not all: \"", NULL, f->path,
				      "the disk did not keep up");
	}
	return err;
}

int ui_export_finish(struct ui_export *e, char **ret_why)
{
	struct export_file *record = &e->record, *flows = &e->flows.file;
	int err;

	*ret_why = NULL;
	err = record_finish(record, ret_why);
	if (!err && flows->path) {
		err = -ECANCELED;
		*ret_why = unfinished("not exported: \"", NULL, flows->path,
				      "the screen was left before it was done");
	}
	/* what could not be given its name stays under the other */
	export_file_clear(record, true);
	export_file_clear(flows, false);
	if (!err && e->record_err) {
		err = e->record_err;
		*ret_why = e->record_why;
		e->record_why = NULL;
	}
	return err;
}

void ui_export_give_up(struct ui_export *e)
{
	export_file_clear(&e->record, false);
}

void ui_export_free(struct ui_export *e)
{
	char *why;

	if (!e)
		return;
	ui_export_finish(e, &why);
	free(why);
	ui_filter_free(e->flows.filter);
	ui_filter_free(e->record_filter);
	free(e->asked.path);
	free(e->record_why);
	free(e);
}

/* ------------------------------------------------------------------- messages */

/* "12,345 flows, 1.2 MiB: x.pb" */
static void put_done(struct text *t, uint64_t flows, uint64_t bytes, const char *path)
{
	text_u64(t, flows);
	text_str(t, flows == 1 ? " flow, " : " flows, ");
	text_bytes(t, bytes);
	text_str(t, ": ");
	text_escape(t, path, strlen(path) + 1);
}

static void say_text(struct ui_export *e, enum style style, struct text *t)
{
	if (!t->err)
		ui_say(e->ui, style, "%.*s", (int)t->len, t->data);
	text_free(t);
}

void export_say_why(struct ui_export *e, char *why)
{
	ui_say(e->ui, STYLE_BAD, "%s", why ? why : "out of memory");
	free(why);
}

/* --------------------------------------------------------- flows into a file */

static struct ui_filter *filter_copy(struct ui_export *e)
{
	const struct ui_host *host = ui_config(e->ui)->host;
	const char *text = filter_bar_text(ui_filter_bar(e->ui));
	struct ui_filter_error error;
	struct ui_filter *f;

	return host->filter_parse(host->arg, text, &f, &error) ? NULL : f;
}

int export_flows_begin(struct ui_export *e, const char *format, const char *path, bool overwrite,
		       char **ret_why)
{
	struct export_flows *x = &e->flows;
	struct store *s = ui_store(e->ui);
	int err;

	if (x->file.path) {
		*ret_why = strdup("an export is under way: wait until it is done");
		return -EBUSY;
	}
	err = export_to_file_open(&x->file, ui_config(e->ui)->host, false, format, path, overwrite,
				  ret_why);
	if (err)
		return err;
	/* what is shown now, whatever the filter becomes meanwhile */
	x->filter = filter_copy(e);
	x->first = x->next = store_first(s);
	x->end = store_shown_end(s);
	return 0;
}

static void flows_end(struct ui_export *e, int err)
{
	struct export_flows *x = &e->flows;
	uint64_t flows = x->file.flows, bytes;
	struct text t = {0};

	if (!err)
		err = export_file_flush(&x->file);
	bytes = export_file_bytes(&x->file);
	if (!err)
		err = export_file_finish(&x->file);
	if (err) {
		text_str(&t, "not exported, \"");
		text_escape(&t, x->file.path, strlen(x->file.path) + 1);
		text_str(&t, "\": ");
		text_str(&t, strerror(-err));
	} else {
		text_str(&t, "exported ");
		put_done(&t, flows, bytes, x->file.path);
		if (x->gone)
			text_str(&t, " (some had left the history before)");
	}
	say_text(e, err ? STYLE_BAD : STYLE_GOOD, &t);
	/* it has its name now, and none that could be removed */
	export_file_clear(&x->file, !err);
	ui_filter_free(x->filter);
	*x = (struct export_flows){0};
}

/* One flow of the history, if it passes. */
static int flows_step(struct ui_export *e)
{
	struct export_flows *x = &e->flows;
	struct store *s = ui_store(e->ui);
	uint64_t first = store_first(s);
	const struct flow *f;

	if (x->next < first) {
		x->gone += first - x->next;
		x->next = first;
		return 0;
	}
	f = store_get(s, x->next++);
	if (!f || !ui_filter_pass(x->filter, f))
		return 0;
	return export_file_flow(&x->file, f);
}

bool ui_export_work(struct ui_export *e, uint64_t budget_ns)
{
	struct export_flows *x = &e->flows;
	uint64_t until = clock_monotonic_ns() + budget_ns;
	int err = 0;

	if (!x->file.path)
		return false;
	for (unsigned int i = 1; !err && x->next < x->end; i++) {
		err = flows_step(e);
		if (i % CLOCK_STEP == 0 && clock_monotonic_ns() >= until)
			break;
	}
	if (!err && x->next < x->end)
		return true;
	flows_end(e, err);
	ui_changed(e->ui);
	return false;
}

/* ------------------------------------------------------------------ recording */

static void put_lost(struct text *t, uint64_t lost)
{
	if (!lost)
		return;
	text_str(t, ", lost ");
	clock_count(t, lost);
}

/* What was written is worth more than a whole file. */
static void record_failed(struct ui_export *e, int err)
{
	struct export_file *f = &e->record;
	struct text t = {0};

	/* where it is closed already a disk that does not answer is not asked once more */
	if (f->sink)
		e->record_bytes = export_file_bytes(f);
	text_str(&t, "recording stopped: ");
	text_str(&t, reason(err));
	text_str(&t, "; ");
	put_done(&t, f->flows - f->lost, e->record_bytes, f->partial);
	put_lost(&t, f->lost);
	text_char(&t, '\0');
	if (t.err)
		text_free(&t);
	/* Status keeps it, and what is said last is told when the screen is left */
	if (t.data) {
		ui_notice(e->ui, t.data);
		ui_say(e->ui, STYLE_BAD, "%s", t.data);
	}
	export_file_clear(f, true);
	ui_filter_free(e->record_filter);
	e->record_filter = NULL;
	e->record_err = err;
	free(e->record_why);
	e->record_why = t.data;
	ui_changed(e->ui);
}

/* "pb" where the name has no ending; NULL: it has one that a recording does not go by. */
static const char *record_format(const char *path)
{
	const char *format = export_format_of(path), *name = strrchr(path, '/');
	const char *dot = strrchr(name ? name + 1 : path, '.');

	if (!dot || dot == (name ? name + 1 : path))
		return "pb";
	return format && export_is_of_flows(format) ? format : NULL;
}

int export_record_begin(struct ui_export *e, const char *path, bool shown, bool overwrite,
			char **ret_why)
{
	const struct ui_config *config = ui_config(e->ui);
	const char *format = record_format(path);
	int err;

	if (config->from == UI_FROM_FILE) {
		*ret_why = strdup("the flows are from a file already: \"e\" exports what is shown");
		return -EINVAL;
	}
	if (!format) {
		*ret_why = strdup("no such format: a recording's name ends with .pb, .json, .jsonl "
				  "or .csv");
		return -EINVAL;
	}
	err = export_to_file_open(&e->record, config->host, true, format, path, overwrite, ret_why);
	if (err)
		return err;
	e->record_filter = shown ? filter_copy(e) : NULL;
	e->record_all = !shown;
	e->record_err = 0;
	e->record_bytes = 0;
	return 0;
}

void export_record_end(struct ui_export *e)
{
	struct export_file *f = &e->record;
	int err = export_file_flush(f);
	struct stat st = {0};
	struct text t = {0};

	if (!err)
		err = export_file_finish(f);
	if (err) {
		record_failed(e, err);
		return;
	}
	stat(f->path, &st);
	text_str(&t, "recorded ");
	put_done(&t, f->flows - f->lost, st.st_size, f->path);
	put_lost(&t, f->lost);
	say_text(e, STYLE_GOOD, &t);
	export_file_clear(f, true);
	ui_filter_free(e->record_filter);
	e->record_filter = NULL;
}

void ui_export_flow(struct ui_export *e, const struct flow *f)
{
	int err;

	if (!e->record.path || (!e->record_all && !ui_filter_pass(e->record_filter, f)))
		return;
	err = export_file_flow(&e->record, f);
	if (err)
		record_failed(e, err);
}

void ui_export_second(struct ui_export *e)
{
	int err;

	if (!e->record.path)
		return;
	err = export_file_flush(&e->record);
	if (err) {
		record_failed(e, err);
		return;
	}
	e->record_bytes = export_file_bytes(&e->record);
	ui_changed(e->ui);
}

void ui_export_sign(const struct ui_export *e, struct text *t, enum style *ret_style)
{
	const struct export_flows *x = &e->flows;

	if (e->record.path) {
		*ret_style = STYLE_BAD;
		text_str(t, "REC ");
		text_bytes(t, e->record_bytes);
		put_lost(t, e->record.lost);
	} else if (e->record_err) {
		*ret_style = STYLE_BAD;
		text_str(t, e->record_err == -ENOSPC ? "REC: disk full" : "REC stopped");
	}
	if (!x->file.path)
		return;
	if (t->len)
		text_str(t, "  ");
	else
		*ret_style = STYLE_INFO;
	text_str(t, "EXPORT ");
	text_u64(t, x->end > x->first ? (x->next - x->first) * 100 / (x->end - x->first) : 100);
	text_str(t, " %");
}
