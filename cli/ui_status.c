// SPDX-License-Identifier: MIT
#include "cli/ui_status.h"

#include <errno.h>
#include <stdlib.h>

struct ui_status {
	struct ui_status_config config;
};

int ui_status_new(const struct ui_status_config *config, struct ui_status **ret)
{
	struct ui_status *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->config = *config;
	*ret = s;
	return 0;
}

int ui_status_ask(struct ui_status *s,
		  void (*done)(void *done_arg, const struct ui_status_row *rows, size_t n),
		  void *done_arg)
{
	const struct ui_status_row row = {"", "Source", STYLE_STRONG, NULL};

	(void)s;
	done(done_arg, &row, 1);
	return 0;
}

void ui_status_free(struct ui_status *s)
{
	free(s);
}
