// SPDX-License-Identifier: MIT
/* What is to be exported or recorded, and where to: by questions, and by ":export" and ":record". */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "tui/export_internal.h"
#include "tui/filter_bar.h"
#include "tui/screen.h"

#define NAME_MAX_BYTES 64

/* The first ending of a format is the one that is proposed. */
static const struct {
	const char *ending, *format, *what;
} endings[] = {
	{".jsonl", "json", "JSON lines"},
	{".json", "json", "JSON"},
	{".csv", "csv", "CSV"},
	{".pb", "pb", "protobuf (pitot reads it again)"},
	{".svg", "svg", "SVG, a picture"},
	{".dot", "dot", "DOT, for Graphviz"},
	{".mmd", "mermaid", "Mermaid"},
	{".txt", "text", "text"},
};
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

const char *export_format_of(const char *path)
{
	const char *dot = strrchr(path, '.');

	for (size_t i = 0; dot && i < COUNT(endings); i++)
		if (!strcasecmp(endings[i].ending, dot))
			return endings[i].format;
	return NULL;
}

static const char *words_of(const char *format, bool flows)
{
	for (size_t i = flows ? 0 : 1; i < COUNT(endings); i++)
		if (!strcmp(endings[i].format, format))
			return endings[i].what;
	return format;
}

static const char *ending_of(const char *format, bool flows)
{
	for (size_t i = flows ? 0 : 1; i < COUNT(endings); i++)
		if (!strcmp(endings[i].format, format))
			return endings[i].ending;
	return "";
}

bool export_is_of_flows(const char *format)
{
	return !strcmp(format, "json") || !strcmp(format, "csv") || !strcmp(format, "pb");
}

static bool view_has(const struct view *v, const char *format)
{
	for (const char *const *f = v->formats; f && *f; f++)
		if (!strcmp(*f, format))
			return true;
	return false;
}

/* --------------------------------------------------------------------- writing */

static int export_view(struct ui_export *e, const char *format, const char *path, bool overwrite,
		       char **ret_why)
{
	enum view_id id = ui_view(e->ui);
	struct text t = {0};
	int err = views[id]->export(ui_view_object(e->ui, id), format, &t);

	*ret_why = NULL;
	if (!err)
		err = t.err;
	if (err)
		*ret_why = strdup(strerror(-err));
	else
		err = export_text(&t, path, overwrite, ret_why);
	if (!err) {
		struct text done = {0};

		text_str(&done, "exported ");
		text_bytes(&done, t.len);
		text_str(&done, ": ");
		text_escape(&done, path, strlen(path) + 1);
		if (!done.err)
			ui_say(e->ui, STYLE_GOOD, "%.*s", (int)done.len, done.data);
		text_free(&done);
	}
	text_free(&t);
	return err;
}

static int begin(struct ui_export *e, const struct export_asked *a, bool overwrite, char **ret_why)
{
	if (a->record)
		return export_record_begin(e, a->path, !a->flows, overwrite, ret_why);
	if (a->flows)
		return export_flows_begin(e, a->format, a->path, overwrite, ret_why);
	return export_view(e, a->format, a->path, overwrite, ret_why);
}

/* The file has another name until it is whole: who looks for it is told. */
static void say_recording(struct ui_export *e, bool all)
{
	const struct export_file *f = &e->record;
	struct text t = {0};

	text_str(&t, "writes ");
	text_escape(&t, f->partial, strlen(f->partial) + 1);
	text_str(&t, ", ");
	text_escape(&t, basename(f->path), strlen(f->path) + 1);
	text_str(&t, " when stopped (r): ");
	text_str(&t, all ? "every flow that comes, whatever the filter"
			 : "the flows that pass the filter");
	if (!t.err)
		ui_say(e->ui, STYLE_GOOD, "%.*s", (int)t.len, t.data);
	text_free(&t);
}

static void said(struct ui_export *e, const struct export_asked *a)
{
	if (a->record)
		say_recording(e, a->flows);
	ui_changed(e->ui);
}

/* ------------------------------------------------------------------- questions */

static void on_overwrite(void *arg, const char *line)
{
	struct ui_export *e = arg;
	char *why = NULL;

	if (!line || strcasecmp(line, "y")) {
		ui_say(e->ui, STYLE_DIM, "nothing was written");
		return;
	}
	if (begin(e, &e->asked, true, &why))
		export_say_why(e, why);
	else
		said(e, &e->asked);
}

static void on_path(void *arg, const char *line)
{
	struct ui_export *e = arg;
	char *why = NULL;
	int err;

	if (!line || !*line)
		return;
	free(e->asked.path);
	e->asked.path = export_path(line);
	if (!e->asked.path) {
		export_say_why(e, NULL);
		return;
	}
	err = begin(e, &e->asked, false, &why);
	if (err == -EEXIST) {
		free(why);
		ui_ask(e->ui, "It is there already. Write over it (y)?", NULL, on_overwrite, e);
	} else if (err) {
		export_say_why(e, why);
	} else {
		said(e, &e->asked);
	}
}

/* "pitot-map-20261122-110530.svg" */
static void put_name(struct text *t, const char *what, const char *ending)
{
	char stamp[32];
	time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "-%Y%m%d-%H%M%S", &tm);
	text_str(t, "pitot-");
	for (; *what; what++)
		text_char(t, *what >= 'A' && *what <= 'Z' ? *what | 0x20 : *what);
	text_str(t, stamp);
	text_str(t, ending);
	text_char(t, '\0');
}

static void ask_path(struct ui_export *e, const char *question, const char *what,
		     const char *ending)
{
	struct text name = {0};

	put_name(&name, what, ending);
	ui_ask(e->ui, question, name.err ? NULL : name.data, on_path, e);
	text_free(&name);
}

static void set_asked(struct ui_export *e, const struct export_asked *a)
{
	free(e->asked.path);
	e->asked = *a;
	e->asked.path = NULL;
}

static void on_choice(void *arg, size_t index)
{
	struct ui_export *e = arg;
	const struct export_asked *a;

	if (index >= EXPORT_CHOICES || (!e->choices[index].format && !e->choices[index].record))
		return;
	a = &e->choices[index];
	set_asked(e, a);
	if (a->record)
		ask_path(e, "Record to", "recording", ".pb");
	else
		ask_path(e, "Export to", a->flows ? "flows" : views[ui_view(e->ui)]->name,
			 ending_of(a->format, a->flows));
}

/* "Map as SVG, a picture" */
static void add_choice(struct ui_export *e, size_t *n, const struct export_asked *a,
		       const char *what, const char *as)
{
	struct text t = {0};

	if (*n >= EXPORT_CHOICES)
		return;
	text_str(&t, what);
	text_str(&t, as);
	if (a->format)
		text_str(&t, words_of(a->format, a->flows));
	text_char(&t, '\0');
	if (t.err)
		return;
	e->choices[*n] = *a;
	e->labels[*n] = t.data;
	e->words[*n] = t.data;
	e->words[++*n] = NULL;
}

static void choose(struct ui_export *e, const char *title, size_t n)
{
	if (n)
		ui_choose(e->ui, title, e->words, 0, NULL, on_choice, e);
	for (size_t i = 0; i < n; i++)
		free(e->labels[i]);
}

void ui_export_ask(struct ui_export *e)
{
	static const char *const formats[] = {"pb", "json", "csv"};
	enum view_id id = ui_view(e->ui);
	const struct view *v = views[id];
	size_t n = 0;

	memset(e->choices, 0, sizeof(e->choices));
	for (const char *const *f = v->formats; id != VIEW_FLOWS && v->export && f && *f; f++)
		add_choice(e, &n, &(struct export_asked){.format = *f}, v->name, " as ");
	for (size_t i = 0; i < COUNT(formats); i++)
		add_choice(e, &n, &(struct export_asked){.format = formats[i], .flows = true},
			   "Flows", " that pass the filter, as ");
	choose(e, "Export what is shown", n);
}

void ui_export_ask_record(struct ui_export *e)
{
	size_t n = 0;

	if (e->record.path) {
		export_record_end(e);
		return;
	}
	e->record_err = 0;
	if (ui_config(e->ui)->from == UI_FROM_FILE) {
		ui_say(e->ui, STYLE_WARN,
		       "the flows are from a file already: \"e\" exports what is shown");
		return;
	}
	memset(e->choices, 0, sizeof(e->choices));
	if (!*filter_bar_text(ui_filter_bar(e->ui))) {
		set_asked(e, &(struct export_asked){.record = true, .flows = true});
		ask_path(e, "Record to", "recording", ".pb");
		return;
	}
	add_choice(e, &n, &(struct export_asked){.record = true, .flows = true},
		   "every flow that comes, ", "also what the filter hides");
	add_choice(e, &n, &(struct export_asked){.record = true}, "only the flows that pass ",
		   "the filter of now");
	choose(e, "Record", n);
}

/* -------------------------------------------------------------------- commands */

static char *next_word(const char **rest)
{
	const char *begin = *rest + strspn(*rest, " ");
	size_t n = strcspn(begin, " ");
	char *word;

	if (!*begin)
		return NULL;
	word = strndup(begin, n);
	*rest = begin + n + strspn(begin + n, " ");
	return word;
}

/* NULL: no format is called that. */
static const char *format_called(const char *word)
{
	for (size_t i = 0; i < COUNT(endings); i++)
		if (!strcmp(endings[i].format, word))
			return endings[i].format;
	return NULL;
}

/* The words before the file; returns what is wrong, NULL: nothing. *rest: the file. */
static const char *read_words(const char **rest, struct export_asked *a)
{
	for (char *word; strchr(*rest, ' ') && (word = next_word(rest)); free(word)) {
		const char *format = format_called(word);

		if (!strcmp(word, "flows")) {
			a->flows = true;
		} else if (format && !a->format) {
			a->format = format;
		} else {
			free(word);
			return "no such format: json, csv, pb, svg, dot or text, then a FILE";
		}
	}
	return !**rest || !strcmp(*rest, "flows") || (!a->format && format_called(*rest))
		       ? "a file is missing: export [flows] [FORMAT] FILE"
		       : NULL;
}

/* ":export [flows] [FORMAT] FILE"; as read_words(). */
static const char *read_export(struct ui_export *e, const char *rest, struct export_asked *a)
{
	const struct view *v = views[ui_view(e->ui)];
	bool table = ui_view(e->ui) != VIEW_FLOWS;
	const char *wrong = read_words(&rest, a);

	if (wrong)
		return wrong;
	a->path = export_path(rest);
	if (!a->format && a->path)
		a->format = export_format_of(a->path);
	if (!a->format)
		return "no format: end the name with .json, .csv, .pb, .svg or .dot, or name it before";
	table = table && !a->flows && v->export && view_has(v, a->format);
	a->flows = !table;
	if (!table && !export_is_of_flows(a->format))
		return "this view has no such format (e: what it has)";
	return NULL;
}

static char *with_hint(char *why, int err, const char *word)
{
	struct text t = {0};

	if (err != -EEXIST || !why || strchr(word, '!'))
		return why;
	text_str(&t, why);
	text_str(&t, " (\"");
	text_str(&t, word);
	text_str(&t, "!\" writes over it)");
	text_char(&t, '\0');
	free(why);
	return t.err ? NULL : t.data;
}

static void run(struct ui_export *e, struct export_asked *a, const char *word, char **ret_error)
{
	char *why = NULL;
	int err = a->path ? begin(e, a, strchr(word, '!'), &why) : -ENOMEM;

	if (!err) {
		said(e, a);
		return;
	}
	why = with_hint(why, err, word);
	*ret_error = why ? why : strdup("out of memory");
}

static void export_command(struct ui_export *e, const char *word, const char *rest,
			   char **ret_error)
{
	struct export_asked a = {0};
	const char *wrong;

	if (!*rest) {
		ui_export_ask(e);
		return;
	}
	wrong = read_export(e, rest, &a);
	if (wrong)
		*ret_error = strdup(wrong);
	else
		run(e, &a, word, ret_error);
	free(a.path);
}

static void record_command(struct ui_export *e, const char *word, const char *rest,
			   char **ret_error)
{
	struct export_asked a = {.record = true, .flows = true};

	if (!*rest) {
		ui_export_ask_record(e);
		return;
	}
	if (!strcmp(rest, "stop")) {
		if (e->record.path)
			export_record_end(e);
		else
			*ret_error = strdup("nothing is recorded");
		return;
	}
	if (e->record.path) {
		*ret_error = strdup("a recording runs already: \"record stop\" ends it");
		return;
	}
	if (!strcmp(rest, "shown")) {
		*ret_error = strdup("a file is missing: record [shown] FILE");
		return;
	}
	if (!strncmp(rest, "shown ", 6)) {
		a.flows = false;
		rest += 6 + strspn(rest + 6, " ");
	}
	a.path = export_path(rest);
	run(e, &a, word, ret_error);
	free(a.path);
}

int ui_export_record(struct ui_export *e, const char *file, char **ret_why)
{
	struct export_asked a = {.record = true, .flows = true, .path = export_path(file)};
	int err;

	*ret_why = NULL;
	if (!a.path)
		return -ENOMEM;
	err = begin(e, &a, false, ret_why);
	if (!err)
		said(e, &a);
	free(a.path);
	return err;
}

bool ui_export_command(struct ui_export *e, const char *word, const char *rest, char **ret_error)
{
	size_t n = strcspn(word, "!");

	*ret_error = NULL;
	rest += strspn(rest, " ");
	if (word[n] && word[n + 1])
		return false;
	if (n == 6 && !strncmp(word, "export", n))
		export_command(e, word, rest, ret_error);
	else if (n == 6 && !strncmp(word, "record", n))
		record_command(e, word, rest, ret_error);
	else
		return false;
	return true;
}
