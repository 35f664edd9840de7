// SPDX-License-Identifier: MIT
#include "export/map_svg_text.h"

#include <string.h>

#include "flows/canvas.h"

const char svg_light[] =
	".back{fill:#ffffff}.node{fill:#ffffff;stroke:#57606a}.name,.title{fill:#1f2328}"
	".small{fill:#59636e}.line{stroke:#8c959f}.head{fill:#8c959f}.label{fill:#424a53}"
	".world{fill:#f6f8fa}.troubled{fill:#fff5f4;stroke:#cf222e}"
	".bad{stroke:#cf222e}.bad-head,.bad-text{fill:#cf222e}"
	".warn{stroke:#bc7a00}.warn-head,.warn-text{fill:#9a6700}"
	".new{stroke:#1a7f37}.new-head,.new-text{fill:#1a7f37}"
	".n0{fill:#0969da;stroke:#0969da}.n1{fill:#8250df;stroke:#8250df}"
	".n2{fill:#1b7c83;stroke:#1b7c83}.n3{fill:#1a7f37;stroke:#1a7f37}"
	".n4{fill:#9a6700;stroke:#9a6700}.n5{fill:#bf3989;stroke:#bf3989}";
const char svg_dark[] =
	".back{fill:#0d1117}.node{fill:#161b22;stroke:#6e7681}.name,.title{fill:#f0f6fc}"
	".small{fill:#9198a1}.line{stroke:#6e7681}.head{fill:#6e7681}.label{fill:#c9d1d9}"
	".world{fill:#0d1117}.troubled{fill:#2d1214;stroke:#f85149}"
	".bad{stroke:#f85149}.bad-head,.bad-text{fill:#ff7b72}"
	".warn{stroke:#d29922}.warn-head,.warn-text{fill:#e3b341}"
	".new{stroke:#3fb950}.new-head,.new-text{fill:#3fb950}"
	".n0{fill:#4493f8;stroke:#4493f8}.n1{fill:#ab7df8;stroke:#ab7df8}"
	".n2{fill:#39c5cf;stroke:#39c5cf}.n3{fill:#3fb950;stroke:#3fb950}"
	".n4{fill:#d29922;stroke:#d29922}.n5{fill:#f778ba;stroke:#f778ba}";

void svg_number(struct text *t, int64_t v)
{
	if (v < 0)
		text_char(t, '-');
	text_u64(t, (uint64_t)(v < 0 ? -v : v));
}

void svg_attribute(struct text *t, const char *name, int64_t v)
{
	text_char(t, ' ');
	text_str(t, name);
	text_str(t, "=\"");
	svg_number(t, v);
	text_char(t, '"');
}

void svg_text(struct text *t, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		switch (s[i]) {
		case '\xef': /* what is no character has no place in XML */
			if (n - i >= 3 && s[i + 1] == '\xbf' && (s[i + 2] & '\xfe') == '\xbe') {
				text_str(t, "\xef\xbf\xbd");
				i += 2;
			} else {
				text_char(t, s[i]);
			}
			break;
		case '&':
			text_str(t, "&amp;");
			break;
		case '<':
			text_str(t, "&lt;");
			break;
		case '>':
			text_str(t, "&gt;");
			break;
		case '"':
			text_str(t, "&quot;");
			break;
		default:
			text_char(t, s[i]);
		}
	}
}

void svg_untrusted(struct text *t, const char *s, size_t max)
{
	struct text clean = {0};

	text_escape(&clean, s, max);
	if (clean.err)
		t->err = clean.err;
	svg_text(t, clean.data ? clean.data : "", clean.len);
	text_free(&clean);
}

int svg_pixels(const char *s, size_t n, int size)
{
	static const char narrow[] = "iljtfrI.,:;|!'()[]/ -", wide[] = "mwMW@%";
	int sum = 0; /* hundredths of the size */

	while (n) {
		uint32_t c = (unsigned char)*s;
		size_t len = utf8_next(s, n, &c);

		len = len ? len : 1;
		if (c > 0x7f)
			sum += 62 * character_width(c);
		else if (strchr(narrow, (int)c))
			sum += 40;
		else if (strchr(wide, (int)c))
			sum += 92;
		else
			sum += c >= 'A' && c <= 'Z' ? 70 : 60;
		s += len;
		n -= len;
	}
	if (size >= SVG_NAME_SIZE) /* bold */
		sum += sum / 7;
	return (sum * size + 99) / 100;
}

void svg_fit(struct text *t, const char *s, size_t n, int size, int width)
{
	size_t all = n;

	while (n && svg_pixels(s, n, size) > width - (n < all ? size : 0)) {
		n--;
		while (n && ((unsigned char)s[n] & 0xc0) == 0x80)
			n--;
	}
	svg_text(t, s, n);
	if (n < all)
		text_str(t, "\xe2\x80\xa6");
}
