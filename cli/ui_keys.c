// SPDX-License-Identifier: MIT
/* `pitot ui --list-keys`: the rows of tui/keys.h as lines. */
#include <stdio.h>
#include <string.h>

#include "cli/ui.h"
#include "cli/ui_options.h"
#include "flows/text.h"
#include "tui/keys.h"

#define KEYS_WIDTH 22

static void put_keys(struct text *t, const struct key_row *k)
{
	char name[16];

	for (int i = 0; i < 3 && k->keys[i]; i++) {
		if (i)
			text_str(t, ", ");
		text_str(t, key_text(k->keys[i], name));
	}
}

/* " (map, top)" where it does not work everywhere. */
static void put_views(struct text *t, uint32_t views)
{
	const char *before = " (";

	if ((views & IN_ALL) == IN_ALL)
		return;
	for (int v = 0; v < VIEWS; v++) {
		if (!(views & IN(v)))
			continue;
		text_str(t, before);
		text_str(t, ui_views[v]);
		before = ", ";
	}
	if (views & IN_ALL)
		text_char(t, ')');
}

static void put_row(struct text *t, const struct key_row *k)
{
	size_t from;

	text_str(t, "  ");
	from = t->len;
	put_keys(t, k);
	text_spaces(t, text_width(t, from) < KEYS_WIDTH ? KEYS_WIDTH - text_width(t, from) : 1);
	text_str(t, k->help);
	put_views(t, k->views);
	text_char(t, '\n');
}

static bool shown_before(const struct key_row *k)
{
	for (const struct key_row *r = key_rows; r < k; r++)
		if (!strcmp(r->group, k->group))
			return true;
	return false;
}

void ui_keys_print(void)
{
	struct text t = {0};

	for (const struct key_row *k = key_rows; k->action; k++) {
		if (shown_before(k))
			continue;
		text_str(&t, t.len ? "\n" : "");
		text_str(&t, k->group);
		text_char(&t, '\n');
		for (const struct key_row *r = k; r->action; r++)
			if (!strcmp(r->group, k->group))
				put_row(&t, r);
	}
	fwrite(t.data, 1, t.len, stdout);
	text_free(&t);
}
