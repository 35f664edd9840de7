// SPDX-License-Identifier: MIT
#include <ctype.h>
#include <string.h>

#include "flows/text.h"

void text_shell_word(struct text *t, const char *s, size_t n)
{
	bool plain = n > 0;

	for (size_t i = 0; i < n; i++)
		plain = plain && (isalnum((unsigned char)s[i]) || strchr("._:@%+-/=,", s[i]));
	if (plain) {
		text_mem(t, s, n);
		return;
	}
	text_char(t, '\'');
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\'')
			text_str(t, "'\\'");
		text_char(t, s[i]);
	}
	text_char(t, '\'');
}
