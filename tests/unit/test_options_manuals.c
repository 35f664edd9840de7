// SPDX-License-Identifier: MIT
/* The tables of options against one another, and against the manuals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cli/command.h"
#include "cli/observe_options.h"
#include "export/flow_filter.h"
#include "flows/capture/reasons.h"

/* ------------------------------------------------------------- the tables */

static void check_row(const struct opt *table, const struct opt *o)
{
	bool valueless = o->type == OPT_FLAG || o->type == OPT_SWITCH || o->type == OPT_NOT ||
			 o->type == OPT_HELP;

	if (!o->help || !*o->help)
		fail_msg("--%s has no help", o->name);
	if (o->type != OPT_CALL && valueless != !o->arg)
		fail_msg("--%s and its value do not agree", o->name);
	if (o->type == OPT_CALL && !o->set)
		fail_msg("--%s does nothing", o->name);
	for (const struct opt *other = table; other < o; other++)
		if (!strcmp(other->name, o->name) || (o->letter && other->letter == o->letter))
			fail_msg("--%s and --%s are written alike", o->name, other->name);
}

static void test_tables(void **state)
{
	(void)state;
	for (const struct command *c = commands; c->name; c++) {
		assert_non_null(c->summary);
		assert_non_null(c->run);
		for (const struct opt *o = c->options; o->name; o++)
			check_row(c->options, o);
	}
}

static const struct opt *find(const char *name)
{
	for (const struct opt *o = observe_option_table; o->name; o++)
		if (!strcmp(o->name, name))
			return o;
	fail_msg("--%s is not in the table", name);
	return NULL;
}

static void test_choices_are_the_printers(void **state)
{
	const char *const *outputs = find("output")->choices;
	const char *const *times = find("time-format")->choices;
	size_t i;

	(void)state;
	for (i = 0; print_formats[i].name; i++)
		assert_string_equal(outputs[i], print_formats[i].name);
	assert_null(outputs[i]);
	for (i = 0; i < TIME_FORMATS_MAX; i++)
		assert_string_equal(times[i], time_format_name(i));
	assert_null(times[i]);
}

/* ---------------------------------------------------------------- manuals */

/* The page as one string; to be freed. */
static char *manual(const char *command)
{
	char path[64], *text = calloc(1, 1 << 20);
	FILE *in;
	size_t n;

	snprintf(path, sizeof(path), "man/pitot-%s.1", command);
	if (access(path, F_OK))
		snprintf(path, sizeof(path), "man/pitot-%s.8", command);
	in = fopen(path, "r");
	if (!in || !text)
		fail_msg("cannot read %s", path);
	n = fread(text, 1, (1 << 20) - 1, in);
	fclose(in);
	assert_true(n > 0 && n < (1 << 20) - 1);
	return text;
}

/* True when an .It line of the page has the flag, written as mdoc has it. */
static bool documented(const char *page, const char *flag)
{
	char wanted[64];
	size_t len = snprintf(wanted, sizeof(wanted), "%s", flag);

	for (const char *line = strstr(page, "\n.It "); line; line = strstr(line + 1, "\n.It ")) {
		const char *end = line + 1 + strcspn(line + 1, "\n");

		for (const char *at = strstr(line, wanted); at && at < end;
		     at = strstr(at + 1, wanted))
			if (strchr(" ,\n", at[len]))
				return true;
	}
	return false;
}

static void test_every_option_is_in_its_manual(void **state)
{
	char flag[64];

	(void)state;
	for (const struct command *c = commands; c->name; c++) {
		char *page;

		if (!c->options_new)
			continue; /* pitot(1) has it, and --help is its only option */
		page = manual(c->name);
		for (const struct opt *o = c->options; o->name; o++) {
			bool hidden = o->group == GROUP_HIDDEN;

			snprintf(flag, sizeof(flag), " -%s", o->name);
			if (documented(page, flag) == hidden)
				fail_msg("--%s: the manual and the table do not agree", o->name);
			snprintf(flag, sizeof(flag), "Fl %c", o->letter);
			if (o->letter && !documented(page, flag))
				fail_msg("-%c is not in the manual", o->letter);
		}
		free(page);
	}
}

/* Each "Fl -name" and "--name" of the page is an option that there is. */
static void test_every_option_of_the_manual_exists(void **state)
{
	static const char *const marks[] = {"Fl -", " --"};
	char *page = manual("observe"), name[64];
	size_t seen = 0;

	(void)state;
	for (int i = 0; i < 2; i++)
		for (const char *at = strstr(page, marks[i]); at; at = strstr(at + 1, marks[i])) {
			const char *begin = at + strlen(marks[i]);
			size_t len = strspn(begin, "abcdefghijklmnopqrstuvwxyz0123456789-");

			snprintf(name, sizeof(name), "%.*s", (int)len, begin);
			assert_int_not_equal(find(name)->group, GROUP_HIDDEN);
			seen++;
		}
	assert_true(seen > 120);
	free(page);
}

static void test_normal_reasons_are_in_the_manual(void **state)
{
	char *page = manual("observe"), row[128];
	size_t n, normal = 0;
	const struct drop_reason *r = drop_reason_table(&n);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		if (!r[i].normal)
			continue;
		snprintf(row, sizeof(row), "\n.It Li %s%s%s\n", r[i].name,
			 r[i].function ? " No in Li " : "", r[i].function ? r[i].function : "");
		if (!strstr(page, row))
			fail_msg("the manual lacks \"%s\"", row + 1);
		normal++;
	}
	assert_true(normal > 0);
	/* The page's other lists have no names in capitals. */
	for (const char *at = strstr(page, "\n.It Li "); at; at = strstr(at + 1, "\n.It Li "))
		normal -= strspn(at + 8, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") > 1;
	assert_int_equal(normal, 0); /* and no row of another */
	free(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_choices_are_the_printers),
		cmocka_unit_test(test_every_option_is_in_its_manual),
		cmocka_unit_test(test_every_option_of_the_manual_exists),
		cmocka_unit_test(test_normal_reasons_are_in_the_manual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
