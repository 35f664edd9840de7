// SPDX-License-Identifier: MIT
#include "flows/text.h"
#include "flows/where.h"

void where_quote(struct text *t, const char *s)
{
	text_char(t, '"');
	for (; *s; s++) {
		unsigned char c = *s;

		if (c < 0x20 || c == 0x7f) {
			text_str(t, "\\x");
			text_hex(t, c, 2);
			continue;
		}
		if (c == '"' || c == '\\')
			text_char(t, '\\');
		text_char(t, c);
	}
	text_char(t, '"');
}
