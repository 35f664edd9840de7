// SPDX-License-Identifier: MIT
/* All rows of a table as a text for other programs. */
#include <errno.h>
#include <string.h>

#include "tui/table_internal.h"

/* Characters that JSON has to have escaped, and what is not UTF-8. */
static void json_string(struct text *out, const char *s, size_t n)
{
	text_char(out, '"');
	while (n) {
		uint32_t c = 0;
		size_t len = utf8_next(s, n, &c);

		if (!len) {
			text_str(out, "\\ufffd");
			len = 1;
		} else if (c == '"' || c == '\\') {
			text_char(out, '\\');
			text_char(out, *s);
		} else if (utf8_is_control(c)) {
			text_str(out, "\\u");
			text_hex(out, c, 4);
		} else {
			text_mem(out, s, len);
		}
		s += len;
		n -= len;
	}
	text_char(out, '"');
}

/* RFC 4180; what a spreadsheet would take for a formula gets an apostrophe. */
static void csv_string(struct text *out, const char *s, size_t n, bool number)
{
	struct text t = {0};
	bool quote;

	if (n && strchr("=+-@", *s) && !number)
		text_char(&t, '\'');
	while (n) {
		uint32_t c = 0;
		size_t len = utf8_next(s, n, &c);

		if (c == '"')
			text_char(&t, '"');
		if (!len || utf8_is_control(c))
			text_char(&t, '?');
		else
			text_mem(&t, s, len);
		len = len ? len : 1;
		s += len;
		n -= len;
	}
	quote = t.len && (memchr(t.data, ',', t.len) || memchr(t.data, '"', t.len));
	if (quote)
		text_char(out, '"');
	if (t.len)
		text_mem(out, t.data, t.len);
	if (quote)
		text_char(out, '"');
	if (t.err)
		out->err = t.err;
	text_free(&t);
}

static void export_json(struct ui_table *t, size_t count, struct text *out)
{
	text_char(out, '[');
	for (size_t row = 0; row < count && !out->err; row++) {
		text_str(out, row ? ",\n{" : "\n{");
		for (size_t i = 0; i < t->n_shown; i++) {
			const struct ui_column *c = t->columns + t->shown[i];

			table_cell(t, row, t->shown[i]);
			if (i)
				text_char(out, ',');
			json_string(out, c->name, strlen(c->name));
			text_char(out, ':');
			json_string(out, t->text.data, t->text.len);
		}
		text_char(out, '}');
	}
	text_str(out, "\n]\n");
}

static void export_csv(struct ui_table *t, size_t count, struct text *out)
{
	for (size_t i = 0; i < t->n_shown; i++) {
		const struct ui_column *c = t->columns + t->shown[i];

		if (i)
			text_char(out, ',');
		csv_string(out, c->name, strlen(c->name), false);
	}
	text_str(out, "\r\n");
	for (size_t row = 0; row < count && !out->err; row++) {
		for (size_t i = 0; i < t->n_shown; i++) {
			table_cell(t, row, t->shown[i]);
			if (i)
				text_char(out, ',');
			csv_string(out, t->text.data, t->text.len, t->columns[t->shown[i]].right);
		}
		text_str(out, "\r\n");
	}
}

int ui_table_export(struct ui_table *t, const char *format, struct text *out)
{
	size_t count = table_sync(t);

	if (!strcmp(format, "json"))
		export_json(t, count, out);
	else if (!strcmp(format, "csv"))
		export_csv(t, count, out);
	else
		return -EINVAL;
	return out->err;
}
