// SPDX-License-Identifier: MIT
/* pitot-filter(7) has every field, no other, and no expression that is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cli/aggregate_columns.h"
#include "flows/fields.h"
#include "flows/where.h"

#define PAGE "man/pitot-filter.7"

static char *page;

static int read_page(void **state)
{
	FILE *file = fopen(PAGE, "r");
	size_t size = 0;

	(void)state;
	if (!file || getdelim(&page, &size, '\0', file) < 0)
		return -1;
	fclose(file);
	return 0;
}

static int free_page(void **state)
{
	(void)state;
	free(page);
	return 0;
}

/* The ends' and the directions' fields are there once: as src. and forward. */
static bool is_listed(const char *name)
{
	return strncmp(name, "dst.", 4) && strncmp(name, "client.", 7) &&
	       strncmp(name, "server.", 7) && strncmp(name, "reply.", 6);
}

static void test_every_field_is_there(void **state)
{
	char row[128];

	(void)state;
	for (const struct field *f = fields; f->name; f++) {
		if (!is_listed(f->name))
			continue;
		snprintf(row, sizeof(row), "\n.It Ic %s Pq %s\n", f->name,
			 field_type_name(f->type));
		if (!strstr(page, row))
			fail_msg("%s (%s) is not in " PAGE, f->name, field_type_name(f->type));
	}
}

static void test_every_row_is_a_field(void **state)
{
	const char *at = strstr(page, "\n.Sh FIELDS");
	size_t n = 0, listed = 0;

	(void)state;
	assert_non_null(at);
	while ((at = strstr(at + 1, "\n.It Ic "))) {
		char name[64] = "";
		const struct field *f;

		sscanf(at, "\n.It Ic %63s", name);
		f = field_find(name);
		if (!f || strcmp(f->name, name))
			fail_msg(PAGE " has \"%s\", which is no field", name);
		n++;
	}
	for (const struct field *f = fields; f->name; f++)
		listed += is_listed(f->name);
	assert_int_equal(n, listed);
}

static void test_every_column_is_there(void **state)
{
	char row[128];

	(void)state;
	for (const struct aggregate_column *c = aggregate_columns; c->name; c++) {
		snprintf(row, sizeof(row), "\n.It Cm %s\n", c->name);
		if (!strstr(page, row))
			fail_msg("--aggregate's column %s is not in " PAGE, c->name);
	}
}

/* mdoc's quotes undone; ends at the line's end, or at a mark. */
static void expression(const char *from, const char *end, char *buf, size_t size)
{
	size_t n = 0;

	while (*from && *from != '\n' && n + 1 < size) {
		if (end && !strncmp(from, end, strlen(end)))
			break;
		if (!strncmp(from, "\\(dq", 4)) {
			buf[n++] = '"';
			from += 4;
		} else if (!strncmp(from, "\\e", 2)) {
			buf[n++] = '\\';
			from += 2;
		} else {
			buf[n++] = *from++;
		}
	}
	buf[n] = '\0';
}

static size_t parse_all(const char *mark, const char *end)
{
	size_t n = 0;

	for (const char *at = page; (at = strstr(at, mark)); n++) {
		struct where_error e;
		struct where *w;
		char text[512];

		at += strlen(mark);
		expression(at, end, text, sizeof(text));
		if (!strncmp(text, "pitot ", 6))
			continue;
		if (where_parse(text, &w, &e))
			fail_msg(PAGE ": %s: refused at %zu: %s", text, e.column, e.message);
		where_free(w);
	}
	return n;
}

static void test_expressions(void **state)
{
	(void)state;
	assert_true(parse_all("\n.Dl ", NULL) > 5);
	assert_true(parse_all(" Ta Ic ", NULL) > 9);
	assert_true(parse_all("--where \\(aq", "\\(aq") > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_field_is_there),
		cmocka_unit_test(test_every_row_is_a_field),
		cmocka_unit_test(test_every_column_is_there),
		cmocka_unit_test(test_expressions),
	};

	return cmocka_run_group_tests(tests, read_page, free_page);
}
