// SPDX-License-Identifier: MIT
/* What may stand at the cursor of the filter bar. */
#include "cli/ui_filter.h"

void ui_filter_complete(const struct ui_filter_context *ctx, const char *text, size_t at,
			const struct ui_words *(*known)(void *known_arg, enum ui_known kind),
			void *known_arg, size_t *ret_start, struct ui_words *ret)
{
	(void)ctx, (void)text, (void)known, (void)known_arg;
	*ret_start = at;
	*ret = (struct ui_words){0};
}
