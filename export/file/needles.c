// SPDX-License-Identifier: MIT
#include "export/file/needles.h"

#include <stdlib.h>

int file_needles_init(struct file_needles *x, const struct filter *f)
{
	(void)f;
	*x = (struct file_needles){0};
	return 0;
}

void file_needles_clear(struct file_needles *x)
{
	for (size_t i = 0; i < x->n; i++)
		free(x->v[i].text);
	x->n = 0;
}

bool file_needles_in_line(const struct file_needles *x, const char *s, size_t n)
{
	(void)x;
	(void)s;
	(void)n;
	return true;
}

bool file_needles_in_message(const struct file_needles *x, const char *s, size_t n)
{
	(void)x;
	(void)s;
	(void)n;
	return true;
}
