// SPDX-License-Identifier: MIT
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "flows/regex.h"

static bool found(const char *pattern, const char *text)
{
	struct regex *r = NULL;
	char err[256] = "";
	bool is;

	if (regex_new(pattern, &r, err, sizeof(err)))
		fail_msg("\"%s\": %s", pattern, err);
	is = regex_matches(r, text, strlen(text));
	regex_free(r);
	return is;
}

static void refused(const char *pattern, const char *says)
{
	struct regex *r = NULL;
	char err[256] = "";

	assert_int_equal(regex_new(pattern, &r, err, sizeof(err)), -EINVAL);
	assert_null(r);
	if (!strstr(err, says) || strchr(err, '\n'))
		fail_msg("\"%s\" was refused with: %s", pattern, err);
}

static void test_search(void **state)
{
	(void)state;
	assert_true(found("b+", "abc"));
	assert_false(found("^b", "abc"));
	assert_true(found("", "abc"));
	assert_true(found("/page/\\d+", "/page/12?x"));
	assert_false(found("a$", "a\n"));
	assert_true(found("(?m)a$", "a\nb"));
	assert_false(found("a.b", "a\nb"));
	assert_true(found("(?s)a.b", "a\nb"));
	assert_true(found("a.b", "a\rb"));
	assert_true(found("(?i)GET", "get"));
	assert_true(found("(?P<x>a)(?<y>b)(?:c)(?i:D)(?-i)e", "abcde"));
	assert_true(found("[[:alpha:]]+[]x][^]]", "ab]c"));
	assert_true(found("\\Qa.b*\\E", "a.b*"));
	assert_true(found("\\x{e4}\\x41\\pL\\p{Greek}", "\xc3\xa4"
							"A\xc3\xa4\xce\xb1"));
	assert_true(found("a{2,3}?b", "aab"));
	assert_true(found("{,2}\\.\\-\\/", "{,2}.-/"));
	assert_true(found("\\bfoo\\b", "a foo b"));
}

static void test_not_utf8(void **state)
{
	(void)state;
	assert_true(found("b", "\xff"
			       "b"));
	assert_false(found("a.b", "a\xff"
				  "b"));
	refused("\xff", "not a regular expression");
}

/* What RE2 cannot do in linear time, and what it writes in another way. */
static void test_not_re2(void **state)
{
	static const char *const patterns[] = {
		"(a)\\1",    "(?=a)",	"(?!a)",     "(?<=a)",	"(?<!a)", "(?>a)", "a++",
		"a*+",	     "a?+",	"a**",	     "a{2}{3}", "(?R)",	  "(?1)",  "(?P=x)",
		"(?P>x)",    "(?#c)",	"(?|a)",     "(*UCP)a", "\\Ga",	  "a\\Kb", "\\R",
		"\\X",	     "\\h",	"\\Z",	     "\\k<x>",	"\\g1",	  "[\\h]", "a{1001}",
		"a{1,2000}", "(?x)a b", "(?(1)a|b)", "\\",	"(?J)a",  "\\N",   "\\e",
		"\\o{101}",  "\\cA",
	};
	(void)state;
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		refused(patterns[i], "is not a regular expression (RE2): ");
	refused("ab(c", "missing");
	refused("a[b", "at byte");
	refused("ab\\1", "back references are not known, at byte 3");
}

static void test_bounds(void **state)
{
	char big[REGEX_MAX + 2], slow[64];

	(void)state;
	memset(big, 'a', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	refused(big, "more than 4096 bytes");
	big[300] = '(';
	big[301] = '\0';
	refused(big, "...\" is not a regular expression (RE2): missing"); /* the reason is not cut */
	refused("((((a{1000}){1000}){1000}){1000})", "");
	refused("((a|b|c|d){1,30}){1,30}", "too large");
	assert_true(found("^[a-z]{1,1000}$", "abc"));
	assert_int_equal(regex_bytes(), 0);
	memset(slow, 'a', sizeof(slow) - 1);
	slow[sizeof(slow) - 1] = '\0';
	assert_false(found("^(a+)+$|^(a|aa)+b", slow) && found("(a+)+b", slow));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_search),
		cmocka_unit_test(test_not_utf8),
		cmocka_unit_test(test_not_re2),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
