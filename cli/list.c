// SPDX-License-Identifier: MIT
/* `pitot list nodes|namespaces|endpoints|interfaces`. */
#include "cli/list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/client.h"
#include "cli/command.h"
#include "cli/csv.h"
#include "cli/list_rows.h"
#include "export/json.h"
#include "flows/text.h"

#define AT(field) offsetof(struct list_options, field)
#define PADDING 3
#define TITLE_WIDTH 17
#define TEXT_MAX 1024

static const char *const outputs[] = {"table", "wide", "json", "dict", "csv", NULL};

const struct opt list_option_table[] = {
	{"output", 'o', OPT_CHOICE, "FORMAT", AT(output), .choices = outputs, .group = GROUP_OUTPUT,
	 .fallback = "table", .help = "table, wide (further columns), json, dict or csv"},
	SERVER_ROWS(AT(server)),
	SERVER_KUBE_ROWS(AT(server)),
	HELP_ROW,
	{.name = NULL},
};

void *list_options_new(void)
{
	return calloc(1, sizeof(struct list_options));
}

void list_options_free(void *options)
{
	struct list_options *o = options;

	if (o)
		server_options_clear(&o->server);
	free(o);
}

/* ----------------------------------------------------------------- formats */

static const void *row_at(const struct list_kind *k, const struct answer_rows *rows, size_t i)
{
	return (const char *)rows->v + i * k->size;
}

static bool shown(const struct list_column *c, enum list_output output)
{
	return !c->wide || output != LIST_TABLE;
}

/* Each column as wide as its widest cell; the last is not padded. */
static void put_table(struct text *t, const struct list_kind *k, const struct answer_rows *rows,
		      enum list_output output)
{
	size_t width[16] = {0}, last = 0, c;
	struct text cell = {0};

	for (c = 0; k->columns[c].title; c++) {
		if (!shown(&k->columns[c], output))
			continue;
		last = c;
		width[c] = strlen(k->columns[c].title);
		for (size_t i = 0; i < rows->n; i++) {
			cell.len = 0;
			k->columns[c].cell(&cell, row_at(k, rows, i));
			if (text_width(&cell, 0) > width[c])
				width[c] = text_width(&cell, 0);
		}
	}
	text_free(&cell);
	for (size_t i = 0; i <= rows->n; i++) {
		for (c = 0; c <= last; c++) {
			size_t from = t->len;

			if (!shown(&k->columns[c], output))
				continue;
			if (i)
				k->columns[c].cell(t, row_at(k, rows, i - 1));
			else
				text_str(t, k->columns[c].title);
			if (c < last)
				text_spaces(t, width[c] + PADDING - text_width(t, from));
		}
		text_char(t, '\n');
	}
}

static void put_dict(struct text *t, const struct list_kind *k, const struct answer_rows *rows)
{
	for (size_t i = 0; i < rows->n; i++) {
		text_str(t, i ? "------------\n" : "");
		for (const struct list_column *c = k->columns; c->title; c++) {
			text_spaces(t, TITLE_WIDTH - strlen(c->title));
			text_str(t, c->title);
			text_str(t, ": ");
			c->cell(t, row_at(k, rows, i));
			text_char(t, '\n');
		}
	}
}

static void put_csv(struct text *t, const struct list_kind *k, const struct answer_rows *rows)
{
	struct text cell = {0};

	for (const struct list_column *c = k->columns; c->title; c++) {
		text_str(t, c == k->columns ? "" : ",");
		text_str(t, c->title);
	}
	text_char(t, '\n');
	for (size_t i = 0; i < rows->n; i++) {
		for (const struct list_column *c = k->columns; c->title; c++) {
			cell.len = 0;
			c->cell(&cell, row_at(k, rows, i));
			text_str(t, c == k->columns ? "" : ",");
			if (cell.len == 1 && *cell.data == '-')
				cell.len = 0; /* nothing, for a reader of tables */
			csv_cell(t, cell.data, cell.len, false);
		}
		text_char(t, '\n');
	}
	text_free(&cell);
}

static void put_texts(struct text *t, const struct answer_texts *texts)
{
	text_char(t, '[');
	for (size_t i = 0; i < texts->n; i++) {
		text_str(t, i ? ", " : "");
		json_quote(t, texts->v[i], TEXT_MAX);
	}
	text_char(t, ']');
}

static bool member_empty(const struct list_member *m, const char *row)
{
	const void *at = row + m->at;

	switch (m->kind) {
	case JSON_TEXT:
		return !**(const char *const *)at;
	case JSON_NUMBER:
	case JSON_KIND:
		return !*(const uint64_t *)at;
	case JSON_TEXTS:
		return !((const struct answer_texts *)at)->n;
	default:
		return !*(const bool *)at; /* TLS: is_set comes first */
	}
}

static void put_member(struct text *t, const struct list_member *m, const char *row)
{
	const void *at = row + m->at;
	const struct answer_tls *tls = at;

	switch (m->kind) {
	case JSON_TEXT:
		json_quote(t, *(const char *const *)at, TEXT_MAX);
		break;
	case JSON_NUMBER:
		text_u64(t, *(const uint64_t *)at);
		break;
	case JSON_TEXTS:
		put_texts(t, at);
		break;
	case JSON_KIND:
		json_quote(t, list_endpoint_kind(*(const uint64_t *)at), TEXT_MAX);
		break;
	case JSON_BOOL:
		text_str(t, "true");
		break;
	default:
		text_char(t, '{');
		if (tls->enabled)
			text_str(t,
				 *tls->server_name ? "\"enabled\": true, " : "\"enabled\": true");
		if (*tls->server_name) {
			text_str(t, "\"server_name\": ");
			json_quote(t, tls->server_name, TEXT_MAX);
		}
		text_char(t, '}');
	}
}

static void put_json(struct text *t, const struct list_kind *k, const struct answer_rows *rows)
{
	text_str(t, rows->n ? "[\n" : "[]\n");
	for (size_t i = 0; i < rows->n; i++) {
		const char *row = row_at(k, rows, i), *before = "\n    \"";

		text_str(t, "  {");
		for (const struct list_member *m = k->members; m->name; m++) {
			if (member_empty(m, row))
				continue;
			text_str(t, before);
			text_str(t, m->name);
			text_str(t, "\": ");
			put_member(t, m, row);
			before = ",\n    \"";
		}
		text_str(t, i + 1 < rows->n ? "\n  },\n" : "\n  }\n]\n");
	}
}

/* --------------------------------------------------------------------- run */

static int by_first_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int print(const struct list_kind *k, enum list_output output, const uint8_t *reply, size_t n)
{
	struct answer answer = {0};
	struct answer_list list;
	struct text t = {0};
	int err = answer_read(&answer, k->type, reply, n, &list);

	if (!err) {
		if (k->by_name && list.rows.n)
			qsort(list.rows.v, list.rows.n, k->size, by_first_text);
		if (output == LIST_JSON)
			put_json(&t, k, &list.rows);
		else if (output == LIST_DICT)
			put_dict(&t, k, &list.rows);
		else if (output == LIST_CSV)
			put_csv(&t, k, &list.rows);
		else
			put_table(&t, k, &list.rows, output);
		err = text_write(&t, STDOUT_FILENO);
		if (list.rows.left_out)
			say(0, "%llu more rows are left out",
			    (unsigned long long)list.rows.left_out);
	}
	text_free(&t);
	answer_free(&answer);
	if (err == -EBADMSG)
		return say(EXIT_FAILED, "the server's answer could not be read");
	if (err && err != -EPIPE)
		return say(EXIT_FAILED, "cannot write: %s", strerror(-err));
	return EXIT_FINE;
}

int list_run(char **args, void *options)
{
	struct list_options *o = options;
	const struct list_kind *k = list_kinds;
	struct client c;
	uint8_t *reply;
	size_t n;
	int ret;

	while (k->name && args[0] && strcmp(k->name, args[0]) && strcmp(k->alias, args[0]))
		k++;
	if (!args[0] || !k->name)
		return say(EXIT_USAGE,
			   "list what? %s%s%s\"pitot list\" takes one of nodes, "
			   "namespaces, endpoints, interfaces",
			   args[0] ? "not \"" : "", args[0] ? args[0] : "", args[0] ? "\": " : "");
	if (args[1])
		return say(EXIT_USAGE, "\"%s\" is one argument too many", args[1]);
	ret = client_open(&c, &o->server);
	if (ret)
		return ret;
	ret = client_ask(&c, k->path, NULL, &reply, &n, NULL);
	if (!ret)
		ret = print(k, o->output, reply, n);
	free(reply);
	client_close(&c);
	return ret;
}
