// SPDX-License-Identifier: MIT
/* Filters as the YAML that a configuration file may hold. */
#include <string.h>

#include "export/flow_filter.h"
#include "export/proto/flow.pb-c.h"
#include "export/protojson.h"

/* What YAML 1.2 lets stand in quotes (5.1), but for characters beyond the 16-bit plane. */
static bool printable(uint32_t c)
{
	return (c >= ' ' && c <= '~') || (c >= 0xa0 && c <= 0xd7ff) ||
	       (c >= 0xe000 && c <= 0xfffd && c != 0xfeff);
}

static bool all_printable(const struct text *s)
{
	uint32_t c = 0;

	for (size_t i = 0, n; i < s->len; i += n) {
		n = utf8_next(s->data + i, s->len - i, &c);
		if (!n || !printable(c))
			return false;
	}
	return true;
}

static void single_quoted(struct text *t, const struct text *s)
{
	text_char(t, '\'');
	for (size_t i = 0; i < s->len; i++) {
		if (s->data[i] == '\'')
			text_char(t, '\'');
		text_char(t, s->data[i]);
	}
	text_char(t, '\'');
}

static void escaped(struct text *t, uint32_t c)
{
	static const char digits[] = "0123456789ABCDEF";
	unsigned int n = c <= 0xff ? 2 : c <= 0xffff ? 4 : 8;

	text_char(t, '\\');
	text_char(t, n == 2 ? 'x' : n == 4 ? 'u' : 'U');
	while (n)
		text_char(t, digits[c >> 4 * --n & 0xf]);
}

static void double_quoted(struct text *t, const struct text *s)
{
	uint32_t c = 0;

	text_char(t, '"');
	for (size_t i = 0, n; i < s->len; i += n) {
		n = utf8_next(s->data + i, s->len - i, &c);
		if (!n)
			break;
		if (!printable(c)) {
			escaped(t, c);
			continue;
		}
		if (c == '"' || c == '\\')
			text_char(t, '\\');
		text_mem(t, s->data + i, n);
	}
	text_char(t, '"');
}

static void print_one(struct text *t, const struct text *wire)
{
	struct text json = {0};
	int err = protojson_write(&json, &flow__flow_filter__descriptor,
				  (const uint8_t *)wire->data, wire->len);

	if (err || json.err)
		t->err = json.err ? json.err : err;
	text_str(t, "    - ");
	if (all_printable(&json))
		single_quoted(t, &json);
	else
		double_quoted(t, &json);
	text_char(t, '\n');
	text_free(&json);
}

static void print_list(struct text *t, const struct filter *f, bool deny)
{
	struct text wire = {0};

	if (filter_count(f, deny))
		text_str(t, deny ? "denylist:\n" : "allowlist:\n");
	for (size_t i = 0; i < filter_count(f, deny); i++) {
		wire.len = 0;
		flow_filter_write(&wire, f, deny, i);
		print_one(t, &wire);
	}
	if (wire.err)
		t->err = wire.err;
	text_free(&wire);
}

void flow_filter_print_raw(struct text *t, const struct filter *f)
{
	if (!filter_count(f, false) && !filter_count(f, true))
		text_str(t, "{}\n");
	print_list(t, f, false);
	print_list(t, f, true);
}
