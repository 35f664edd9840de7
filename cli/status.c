// SPDX-License-Identifier: MIT
/*
 * `pitot status`: how a server is (cli/status_server.c); with --names what names are
 * made of here, and how fresh that is, without a server.
 */
#include "cli/status.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "cli/command.h"
#include "cli/names_rows.h"
#include "cli/status_server.h"
#include "export/json.h"
#include "flows/text.h"

#define GREEN "\033[32m"
#define RED "\033[31m"
#define PLAIN "\033[0m"
#define TEXT_MAX 1024
#define ROWS_MAX 64
#define LOOK_MS 20
#define TIMEOUT_NS 10000000000ull
#define NS_PER_S 1000000000ull

static const char *const outputs[] = {"compact", "dict", "table", "tab", "json", "jsonpb", NULL};

#define AT(field) offsetof(struct status_options, field)

const struct opt status_option_table[] = {
	{"names", 0, OPT_FLAG, NULL, AT(names), .group = GROUP_OUTPUT,
	 .help = "what names are made of: caches, databases, what is watched"},
	{"agent", 0, OPT_FLAG, NULL, AT(agent), .group = GROUP_OUTPUT,
	 .help = "only what pitot's agent says of itself"},
	{"output", 'o', OPT_CHOICE, "FORMAT", AT(output), .choices = outputs, .group = GROUP_OUTPUT,
	 .fallback = "compact", .help = "compact, dict, table, tab, json, jsonpb"},
	COLOR_ROW(AT(o.color)),
	SERVER_ROWS(AT(o.server)),
	NAMES_ROWS,
	HELP_ROW,
	{.name = NULL},
};

void *status_options_new(void)
{
	return calloc(1, sizeof(struct status_options));
}

bool status_asked_for(const struct status_options *opt, const struct names_row *row)
{
	const struct names_options *n = &opt->o.names;
	const struct {
		const char *prefix;
		bool asked;
	} kinds[] = {
		{"kubernetes", n->kubeconfig || n->kube_context},
		{"places", n->geoip_dbs != NULL},
		{"reverse", n->dns_server != NULL},
		{"docker", n->container_socket != NULL},
		{"podman", n->container_socket != NULL},
		{"container", n->container_socket != NULL},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strncmp(row->what, kinds[i].prefix, strlen(kinds[i].prefix)))
			return kinds[i].asked;
	return false;
}

/* ------------------------------------------------------------------ printing */

/* "12s", "5m", "7h", "30d" */
static void age(struct text *t, uint64_t ns)
{
	static const struct {
		uint64_t s, below;
		char unit;
	} units[] = {{1, 120, 's'}, {60, 7200, 'm'}, {3600, 172800, 'h'}, {86400, UINT64_MAX, 'd'}};
	uint64_t s = ns / NS_PER_S;
	size_t i = 0;

	while (s >= units[i].below)
		i++;
	text_u64(t, s / units[i].s);
	text_char(t, units[i].unit);
}

enum column { WHAT, STATUS, ENTRIES, MAX, EVICTED, AGE, STATE, COLUMNS };

static const char *const titles[COLUMNS] = {"WHAT",    "STATUS", "ENTRIES", "MAX",
					    "EVICTED", "AGE",	 "STATE"};

/* What nobody set up is no failure. */
static const char *status_word(const struct names_row *r)
{
	return r->failed ? "failed" : r->none ? "none" : "ok";
}

static void cell(struct text *t, const struct names_row *r, enum column c)
{
	bool counts = r->entries || r->max;

	if (c == WHAT || c == STATE)
		text_escape(t, c == WHAT ? r->what : r->state ? r->state : "", TEXT_MAX);
	else if (c == STATUS)
		text_str(t, status_word(r));
	else if (c == ENTRIES && counts)
		text_u64(t, r->entries);
	else if (c == MAX && r->max)
		text_u64(t, r->max);
	else if (c == EVICTED && (counts || r->evicted))
		text_u64(t, r->evicted);
	else if (c == AGE && r->age_ns)
		age(t, r->age_ns);
	else
		text_char(t, '-');
}

static void measure(const struct names_row *rows, size_t n, size_t *width)
{
	struct text t = {0};

	for (int c = 0; c < STATE; c++) {
		width[c] = strlen(titles[c]);
		for (size_t i = 0; i < n; i++) {
			t.len = 0;
			cell(&t, &rows[i], c);
			if (text_width(&t, 0) > width[c])
				width[c] = text_width(&t, 0);
		}
	}
	text_free(&t);
}

static void line(struct text *t, const struct names_row *r, const size_t *width, bool color)
{
	for (int c = 0; c < STATE; c++) {
		bool colored = color && c == STATUS && !r->none;
		size_t from, used;

		if (colored)
			text_str(t, r->failed ? RED : GREEN);
		from = t->len;
		cell(t, r, c);
		used = text_width(t, from);
		if (colored)
			text_str(t, PLAIN);
		if (c < AGE || (r->state && *r->state))
			text_spaces(t, width[c] - used + 2);
	}
	cell(t, r, STATE);
	text_char(t, '\n');
}

void status_table(struct text *t, const struct names_row *rows, size_t n, bool color)
{
	size_t width[COLUMNS];

	measure(rows, n, width);
	for (int c = 0; c < STATE; c++) {
		text_str(t, titles[c]);
		text_spaces(t, width[c] - strlen(titles[c]) + 2);
	}
	text_str(t, "STATE\n");
	for (size_t i = 0; i < n; i++)
		line(t, &rows[i], width, color);
}

static void member(struct text *t, const char *name, uint64_t v)
{
	text_str(t, ",\"");
	text_str(t, name);
	text_str(t, "\":");
	text_u64(t, v);
}

void status_json(struct text *t, const struct names_row *rows, size_t n)
{
	for (const struct names_row *r = rows; r < rows + n; r++) {
		text_str(t, "{\"what\":");
		json_quote(t, r->what, TEXT_MAX);
		text_str(t, ",\"status\":\"");
		text_str(t, status_word(r));
		text_char(t, '"');
		if (r->entries || r->max) {
			member(t, "entries", r->entries);
			if (r->max)
				member(t, "max", r->max);
		}
		if (r->entries || r->max || r->evicted)
			member(t, "evicted", r->evicted);
		if (r->age_ns)
			member(t, "age_seconds", r->age_ns / NS_PER_S);
		text_str(t, ",\"state\":");
		json_quote(t, r->state ? r->state : "", TEXT_MAX);
		text_str(t, "}\n");
	}
}

/* ------------------------------------------------------------------- the run */

struct status {
	const struct status_options *opt;
	uv_loop_t loop;
	uv_timer_t timer;
	uint64_t until_ns;
	struct names *names;
	struct names_row rows[ROWS_MAX]; /* strings are ours */
	size_t n;
	bool failed; /* what was asked for by name */
};

/* A source without flows: the names stage alone is looked at, which needs no eBPF. */
static int nothing_start(struct source *s, uv_loop_t *loop, const struct source_events *ev)
{
	(void)s, (void)loop, (void)ev;
	return 0;
}

static void nothing_stop(struct source *s)
{
	(void)s;
}

static void nothing_stats(struct source *s, struct capture_stats *ret_stats)
{
	(void)s;
	*ret_stats = (struct capture_stats){0};
}

static void on_flow(void *arg, struct flow *f)
{
	(void)arg, (void)f;
}

static void on_notice(void *arg, const char *line)
{
	(void)arg;
	say(0, "%s", line);
}

static void on_end(void *arg, int err)
{
	(void)arg, (void)err;
}

static void on_row(void *arg, const struct names_row *row)
{
	struct status *s = arg;
	struct names_row *to = &s->rows[s->n];

	if (s->n == ROWS_MAX)
		return;
	*to = *row;
	to->what = strdup(row->what);
	to->state = strdup(row->state ? row->state : "");
	s->failed = s->failed || ((row->failed || row->none) && status_asked_for(s->opt, row));
	if (to->what && to->state)
		s->n++;
}

static void on_look(uv_timer_t *timer)
{
	struct status *s = timer->data;

	if (names_settled(s->names) || uv_now(&s->loop) >= s->until_ns / 1000000)
		uv_stop(&s->loop);
}

/* --timeout is longer here than for a connection, unless it is given. */
static uint64_t names_timeout_ns(const struct status_options *opt)
{
	const struct server_options *server = &opt->o.server;

	return server->value[KEY_TIMEOUT] ? server_duration_ns(server, KEY_TIMEOUT) : TIMEOUT_NS;
}

static int look(struct status *s)
{
	const struct source_events events = {.flow = on_flow, .notice = on_notice, .end = on_end};
	const struct names_rows rows = {.arg = s, .row = on_row};
	const struct names_options *n = &s->opt->o.names;
	struct source *source = names_source(s->names);
	int err;

	uv_timer_init(&s->loop, &s->timer);
	s->timer.data = s;
	s->until_ns = uv_now(&s->loop) * 1000000 + names_timeout_ns(s->opt);
	uv_timer_start(&s->timer, on_look, LOOK_MS, LOOK_MS);
	err = source->start(source, &s->loop, &events);
	if (!err)
		uv_run(&s->loop, UV_RUN_DEFAULT);
	if (!names_settled(s->names)) {
		say(0, "not everything has answered in time (--timeout)");
		s->failed = n->kubeconfig || n->kube_context || n->container_socket;
	}
	names_status(s->names, &rows);
	source->stop(source);
	uv_close((uv_handle_t *)&s->timer, NULL);
	while (uv_run(&s->loop, UV_RUN_DEFAULT))
		;
	source->free(source);
	return err;
}

static int print(struct status *s)
{
	struct text t = {0};
	int err;

	if (s->opt->output == STATUS_JSON || s->opt->output == STATUS_JSONPB)
		status_json(&t, s->rows, s->n);
	else
		status_table(&t, s->rows, s->n, color_wanted(s->opt->o.color, STDOUT_FILENO));
	err = text_write(&t, STDOUT_FILENO);
	text_free(&t);
	if (err)
		return say(EXIT_FAILED, "cannot write the table: %s", strerror(-err));
	return s->failed ? EXIT_FAILED : EXIT_FINE;
}

int status_run(char **args, void *options)
{
	struct source nothing = {.start = nothing_start,
				 .stop = nothing_stop,
				 .stats = nothing_stats,
				 .free = nothing_stop};
	struct status_options *opt = options;
	struct status s = {.opt = opt};
	char *why = NULL;
	int err;

	(void)args;
	if (!opt->names)
		return status_server_run(opt);
	observe_options_finish_names(&opt->o);
	err = names_new(&opt->o.names, &nothing, &s.names, &why);
	if (err) {
		err = say(EXIT_FAILED, "%s", why ? why : strerror(-err));
		free(why);
		return err;
	}
	uv_loop_init(&s.loop);
	err = look(&s);
	uv_loop_close(&s.loop);
	err = err ? say(EXIT_FAILED, "cannot begin: %s", strerror(-err)) : print(&s);
	for (size_t i = 0; i < s.n; i++) {
		free((char *)s.rows[i].what);
		free((char *)s.rows[i].state);
	}
	return err;
}
