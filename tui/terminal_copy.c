// SPDX-License-Identifier: MIT
/* OSC 52: text into the clipboard of the terminal, also one at the other end of an ssh. */
#include <unistd.h>

#include "flows/text.h"
#include "tui/terminal.h"

#define COPY_MAX 74994 /* bytes; what terminals take at most in base64 */

static void put_base64(struct text *t, const unsigned char *s, size_t n)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < n; i += 3) {
		uint32_t three =
			s[i] << 16 | (i + 1 < n ? s[i + 1] << 8 : 0) | (i + 2 < n ? s[i + 2] : 0);

		text_char(t, digits[three >> 18]);
		text_char(t, digits[three >> 12 & 63]);
		text_char(t, i + 1 < n ? digits[three >> 6 & 63] : '=');
		text_char(t, i + 2 < n ? digits[three & 63] : '=');
	}
}

bool terminal_copy(const char *s, size_t n)
{
	struct text t = {0};
	int err;

	if (n > COPY_MAX) /* half a command is another one */
		return false;
	text_str(&t, "\033]52;c;");
	put_base64(&t, (const unsigned char *)s, n);
	text_str(&t, "\a");
	err = text_write(&t, STDOUT_FILENO);
	text_free(&t);
	return !err;
}
