// SPDX-License-Identifier: MIT
#include "tui/export.h"

#include <stdlib.h>
#include <string.h>

struct ui_export {
	struct ui *ui;
};

struct ui_export *ui_export_new(struct ui *ui)
{
	struct ui_export *e = calloc(1, sizeof(*e));

	if (e)
		e->ui = ui;
	return e;
}

void ui_export_free(struct ui_export *e)
{
	free(e);
}

void ui_export_ask(struct ui_export *e)
{
	ui_say(e->ui, STYLE_BAD, "not there yet");
}

void ui_export_ask_record(struct ui_export *e)
{
	ui_say(e->ui, STYLE_BAD, "not there yet");
}

bool ui_export_command(struct ui_export *e, const char *word, const char *rest, char **ret_error)
{
	(void)e, (void)word, (void)rest, (void)ret_error;
	return false;
}

void ui_export_flow(struct ui_export *e, const struct flow *f)
{
	(void)e, (void)f;
}

bool ui_export_work(struct ui_export *e, uint64_t budget_ns)
{
	(void)e, (void)budget_ns;
	return false;
}

void ui_export_second(struct ui_export *e)
{
	(void)e;
}

void ui_export_sign(const struct ui_export *e, struct text *t, enum style *ret_style)
{
	(void)e, (void)t, (void)ret_style;
}

void ui_yank(struct ui *ui)
{
	ui_say(ui, STYLE_BAD, "not there yet");
}
