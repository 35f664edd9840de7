// SPDX-License-Identifier: MIT
#include "cli/text_put.h"

#include <stdarg.h>
#include <stdio.h>

void text_put(struct text *t, const char *format, ...)
{
	char buf[256];
	va_list ap;

	va_start(ap, format);
	vsnprintf(buf, sizeof(buf), format, ap);
	va_end(ap);
	text_str(t, buf);
}
