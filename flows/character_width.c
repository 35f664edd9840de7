// SPDX-License-Identifier: MIT
/*
 * Columns of a character on a terminal, by the C library's table. It asks the locale, and
 * knows ASCII alone in "C"; a drawing has to come out the same wherever it is made, so the
 * table is that of C.UTF-8, which glibc has built in.
 */
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "flows/canvas.h"

#define FIRST_JOINING 0x300

int character_width(uint32_t c)
{
	static locale_t utf8;
	locale_t before;
	int width;

	if (c < FIRST_JOINING)
		return 1;
	if (!utf8)
		utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL);
	if (!utf8)
		return 1;
	before = uselocale(utf8);
	width = wcwidth((wchar_t)c);
	uselocale(before);
	return width > 0 ? width : 0; /* what has no width is not shown as it is */
}

/* What the environment asks for, in the order in which setlocale() looks. */
static const char *locale_name(void)
{
	static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};

	for (size_t i = 0; i < 3; i++) {
		const char *s = getenv(names[i]);

		if (s && *s)
			return s;
	}
	return "";
}

bool canvas_locale(void)
{
	const char *name = locale_name();

	if (!setlocale(LC_CTYPE, "") && (strcasestr(name, "UTF-8") || strcasestr(name, "UTF8")))
		setlocale(LC_CTYPE, "C.UTF-8");
	return !strcmp(nl_langinfo(CODESET), "UTF-8");
}
