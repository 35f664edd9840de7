// SPDX-License-Identifier: MIT
#include <string.h>

#include "flows/text.h"
#include "flows/where.h"

/* Bytes that do not stand for themselves, on a screen or in the language, as \xNN. */
void where_quote_mem(struct text *t, const char *s, size_t n)
{
	uint32_t c;

	text_char(t, '"');
	for (size_t i = 0, len; i < n; i += len) {
		len = utf8_next(s + i, n - i, &c);
		if (len && !utf8_is_control(c)) {
			if (c == '"' || c == '\\')
				text_char(t, '\\');
			text_mem(t, s + i, len);
			continue;
		}
		len = len ? len : 1;
		for (size_t j = i; j < i + len; j++) {
			text_str(t, "\\x");
			text_hex(t, (unsigned char)s[j], 2);
		}
	}
	text_char(t, '"');
}

void where_quote(struct text *t, const char *s)
{
	where_quote_mem(t, s, strlen(s));
}
