// SPDX-License-Identifier: MIT
/* The help: the rows of the keys' table that work in the view that is shown. */
#include <string.h>

#include "tui/command.h"
#include "tui/page.h"
#include "tui/ui_internal.h"

#define KEYS_WIDTH 20

static void row(struct ui_page *p, const struct key_row *r)
{
	char name[16], pad[KEYS_WIDTH + 1];
	size_t width = 2;

	ui_page_span(p, STYLE_NORMAL, "  ", 2);
	for (int i = 0; i < 3 && r->keys[i]; i++) {
		key_text(r->keys[i], name);
		if (i)
			ui_page_span(p, STYLE_DIM, ", ", 2);
		ui_page_span(p, STYLE_KEY, name, strlen(name));
		width += strlen(name) + (i ? 2 : 0);
	}
	memset(pad, ' ', sizeof(pad));
	ui_page_span(p, STYLE_NORMAL, pad, width < KEYS_WIDTH ? KEYS_WIDTH - width : 1);
	ui_page_line(p, STYLE_NORMAL, r->help);
}

static bool group_is_first(const struct key_row *r)
{
	for (const struct key_row *before = key_rows; before < r; before++)
		if (!strcmp(before->group, r->group))
			return false;
	return true;
}

static void group(struct ui_page *p, const struct key_row *first, enum view_id view)
{
	bool heading = false;

	for (const struct key_row *r = first; r->action != ACT_NONE; r++) {
		if (strcmp(r->group, first->group) || !(r->views & IN(view)))
			continue;
		if (!heading)
			ui_page_heading(p, first->group);
		heading = true;
		row(p, r);
	}
}

/* Not what nearly every view has. */
static bool is_of_few(const struct key_row *first, enum view_id view)
{
	for (const struct key_row *r = first; r->action != ACT_NONE; r++)
		if (!strcmp(r->group, first->group) && r->views & IN(view))
			return (r->views | IN(VIEW_STATUS)) != IN_ALL;
	return false;
}

void ui_help(struct ui *ui)
{
	struct ui_page *p = ui_page_new("Keys");

	/* what is this view's own is what one asks for first */
	for (int few = 1; few >= 0; few--)
		for (const struct key_row *r = key_rows; p && r->action != ACT_NONE; r++)
			if (group_is_first(r) && is_of_few(r, ui->view) == few)
				group(p, r, ui->view);
	command_help(ui, p);
	ui->help = p;
	ui_page_show(ui, p);
}
