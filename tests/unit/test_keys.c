// SPDX-License-Identifier: MIT
/* The keys' table: no key means two things in a view, and the manual says what it says. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flows/text.h"
#include "tui/keys.h"
#include "tui/views.h"

#define PAGE "man/pitot-ui.1"
#define BEGIN ".\\\" keys: made from tui/keys.c; tests/unit/test_keys.c compares\n"
#define END ".\\\" keys: end\n"
#define PAGE_MAX (1 << 20)

static bool has_key(const struct key_row *r, int key)
{
	return key && (r->keys[0] == key || r->keys[1] == key || r->keys[2] == key);
}

static void test_one_meaning(void **state)
{
	(void)state;
	for (const struct key_row *a = key_rows; a->action != ACT_NONE; a++) {
		assert_non_null(a->help);
		assert_non_null(a->group);
		assert_true(a->views & IN_ALL);
		for (const struct key_row *b = a + 1; b->action != ACT_NONE; b++)
			for (int i = 0; i < 3; i++)
				if ((a->views & b->views & IN_ALL) && has_key(b, a->keys[i]))
					fail_msg("\"%s\" and \"%s\" have the same key", a->help,
						 b->help);
	}
}

static void test_find(void **state)
{
	(void)state;
	assert_int_equal(key_find(VIEW_FLOWS, 'q')->action, ACT_QUIT);
	assert_int_equal(key_find(VIEW_STATUS, CONTROL('c'))->action, ACT_QUIT);
	assert_int_equal(key_find(VIEW_MAP, '3')->count, 3);
	assert_null(key_find(VIEW_STATUS, KEY_RETURN));
	assert_null(key_find(VIEW_FLOWS, 0));
	assert_null(key_find(VIEW_FLOWS, 0x10ffff));
}

static void test_names(void **state)
{
	static const struct {
		int key;
		const char *name;
	} rows[] = {
		{'\t', "Tab"},		 {KEY_BACK_TAB, "Shift-Tab"},
		{CONTROL('f'), "^F"},	 {KEY_F1 + 11, "F12"},
		{KEY_PAGE_DOWN, "PgDn"}, {'/', "/"},
		{KEY_ESCAPE, "Esc"},	 {' ', "Space"},
		{0xe4, "U+00E4"},	 {KEY_SHIFT_UP, "Shift-Up"},
	};
	char buf[16];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_string_equal(key_text(rows[i].key, buf), rows[i].name);
}

/* -------------------------------------------------------------- the manual */

/* mdoc takes a single one of these for its own. */
static void put_key(struct text *t, int key)
{
	char buf[16];
	const char *name = key_text(key, buf);

	if (strchr("\\", *name))
		text_str(t, "\\e");
	else if (!name[1] && strchr(".,:;()[]?!|", *name)) {
		text_str(t, "\\&");
		text_str(t, name);
	} else if (!strcmp(name, "-")) {
		text_str(t, "\\-");
	} else {
		text_str(t, name);
	}
}

static void put_views(struct text *t, uint32_t in)
{
	const char *before = "\n(";

	if ((in & IN_ALL) == IN_ALL)
		return;
	for (int v = 0; v < VIEWS; v++) {
		if (!(in & IN(v)))
			continue;
		text_str(t, before);
		text_str(t, views[v]->name);
		before = ", ";
	}
	text_char(t, ')');
}

static void put_row(struct text *t, const struct key_row *r)
{
	text_str(t, ".It Ic ");
	for (int i = 0; i < 3 && r->keys[i]; i++) {
		if (i)
			text_str(t, " , ");
		put_key(t, r->keys[i]);
	}
	text_char(t, '\n');
	text_str(t, r->help);
	put_views(t, r->views);
	text_char(t, '\n');
}

static void put_group(struct text *t, const struct key_row *first)
{
	for (const struct key_row *r = key_rows; r < first; r++)
		if (!strcmp(r->group, first->group))
			return;
	text_str(t, ".Ss ");
	text_str(t, first->group);
	text_str(t, "\n.Bl -tag -width \"Shift-Right , H\" -compact\n");
	for (const struct key_row *r = first; r->action != ACT_NONE; r++)
		if (!strcmp(r->group, first->group))
			put_row(t, r);
	text_str(t, ".El\n");
}

static char *read_page(void)
{
	char *text = calloc(1, PAGE_MAX);
	FILE *in = fopen(PAGE, "r");

	assert_non_null(text);
	assert_non_null(in);
	assert_true(fread(text, 1, PAGE_MAX - 1, in) > 0);
	fclose(in);
	return text;
}

static void write_page(const char *page, const char *begin, const struct text *keys,
		       const char *end)
{
	FILE *out = fopen(PAGE, "w");

	assert_non_null(out);
	fwrite(page, 1, (size_t)(begin - page), out);
	fwrite(keys->data, 1, keys->len, out);
	fputs(end, out);
	assert_int_equal(fclose(out), 0);
}

/* UPDATE=1 writes the page's part anew. */
static void test_manual(void **state)
{
	char *page = read_page(), *begin = strstr(page, BEGIN), *end = strstr(page, END);
	struct text keys = {0};

	(void)state;
	assert_non_null(begin);
	assert_non_null(end);
	begin += strlen(BEGIN);
	for (const struct key_row *r = key_rows; r->action != ACT_NONE; r++)
		put_group(&keys, r);
	assert_int_equal(keys.err, 0);
	if (getenv("UPDATE"))
		write_page(page, begin, &keys, end);
	else if ((size_t)(end - begin) != keys.len || memcmp(begin, keys.data, keys.len))
		fail_msg("the keys of " PAGE
			 " are not those of tui/keys.c: UPDATE=1 build/tests/unit/test_keys");
	text_free(&keys);
	free(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_meaning),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_manual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
