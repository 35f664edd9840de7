// SPDX-License-Identifier: MIT
/* What --where refuses, with the place, and its bounds. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "flows/fields.h"
#include "flows/where.h"
#include "tests/unit/where_flows.h"

struct error_case {
	const char *expression;
	size_t column, length;
	const char *message;
};

static const struct error_case errors[] = {
	{"", 0, 0, "the expression is empty"},
	{"   ", 3, 0, "the expression is empty"},
	{"src.namspace == \"x\"", 0, 12, "did you mean \"src.namespace\""},
	{"bytes > 1 && source.nmespace == 'x'", 13, 15, "did you mean \"src.namespace\""},
	{"zzzzzzzzz == 1", 0, 9, "pitot-filter(7)"},
	{"any.bytes > 1", 0, 9, "behind \"any.\""},
	{"any.nope == 1", 0, 8, "behind \"any.\""},
	{"src.namespace == shop", 17, 4, "put it in quotes"},
	{"src.namespace = \"shop\"", 14, 1, "write \"==\""},
	{"reply & closed", 6, 1, "write \"&&\""},
	{"reply | closed", 6, 1, "write \"||\""},
	{"src.pod ~ 'x'", 8, 1, "=~"},
	{"src.pod == \"x", 11, 2, "no \" at its end"},
	{"src.pod == 'x", 11, 2, "no ' at its end"},
	{"src.pod == \"a\\x00b\"", 11, 8, "zero byte"},
	{"bytes", 0, 5, "no yes or no"},
	{"bytes && reply", 0, 5, "has(bytes)"},
	{"bytes >", 7, 0, "a value for bytes is missing"},
	{"bytes > )", 8, 1, "a value for bytes is missing"},
	{"bytes > -1", 8, 2, "\"-1\" is not a number of bytes"},
	{"bytes > 10ms", 8, 4, "a number of bytes"},
	{"bytes > 1.5", 8, 3, "a number of bytes"},
	{"bytes > 1e40", 8, 4, "a number of bytes"},
	{"bytes > 18446744073709551616", 8, 20, "a number of bytes"},
	{"bytes > 1XB", 8, 3, "a number of bytes"},
	{"bytes > 0x", 8, 2, "a number of bytes"},
	{"packets > 1KB", 10, 3, "a whole number"},
	{"rtt > 50", 6, 2, "has a unit"},
	{"rtt > 50 ms", 6, 2, "has a unit"},
	{"rtt > 50xs", 6, 4, "a duration"},
	{"time > yesterday", 7, 9, "a time such as"},
	{"time > 2026-13-01", 7, 10, "a time such as"},
	{"src.ip == 10.0.0", 10, 8 - 2, "an address or CIDR"},
	{"src.ip == 10.0.0.0/33", 10, 11, "an address or CIDR"},
	{"src.ip in fd00::/129", 10, 10, "an address or CIDR"},
	{"src.ip == 1.2.3.4/", 10, 8, "an address or CIDR"},
	{"src.ip > 10.0.0.1", 7, 1, "is not for src.ip (address)"},
	{"src.ip contains '10'", 7, 8, "it takes ==, != and in"},
	{"src.pod < 'x'", 8, 1, "is not for src.pod (text)"},
	{"bytes =~ '1'", 6, 2, "it takes ==, !=, <"},
	{"verdict == DROPED", 11, 6, "did you mean \"DROPPED\""},
	{"verdict == whatever", 11, 8, "it is one of"},
	{"verdict > DROPPED", 8, 1, "is not for verdict (name)"},
	{"protocol == dns", 12, 3, "no value of protocol"},
	{"tcp.flags == SIN", 13, 3, "did you mean \"SYN\""},
	{"tcp.flags == 'SIN'", 13, 5, "no value of tcp.flags"},
	{"reply == maybe", 9, 5, "true or false"},
	{"reply == 1", 9, 1, "true or false"},
	{"src.pod =~ '('", 11, 3, "is not a regular expression"},
	{"src.pod =~ '(\x01\n'", 11, 5, "is not a regular expression"},
	{"src.pod =~ frontend", 11, 8, "a text in quotes"},
	{"src.pod contains", 16, 0, "a text in quotes"},
	{"src.pod not == 'x'", 12, 2, "behind \"not\""},
	{"src.pod in ()", 12, 1, "a value for src.pod is missing"},
	{"src.pod in ('a' 'b')", 16, 3, "a \",\" or the list's \")\""},
	{"src.pod in ['a')", 15, 1, "the list's \"]\""},
	{"src.pod in ('a',)", 16, 1, "a value for src.pod is missing"},
	{"src.pod in ('a'", 15, 0, "the list's \")\""},
	{"src.port in (80, http)", 17, 4, "a whole number"},
	{"(bytes > 1", 0, 1, "never closed"},
	{"bytes > 1)", 9, 1, "never opened"},
	{"bytes > 1 rtt > 1ms", 10, 3, "an operator (&&, ||) is missing"},
	{"(bytes > 1 rtt > 1ms)", 11, 3, "an operator (&&, ||) or \")\""},
	{"bytes > 1 &&", 12, 0, "something is missing at the end"},
	{"bytes > 1 || || reply", 13, 2, "a field belongs here"},
	{"&& reply", 0, 2, "a field belongs here"},
	{"!", 1, 0, "something is missing at the end"},
	{"()", 1, 1, "a field belongs here"},
	{"5", 0, 1, "a field belongs here"},
	{"5 < ", 4, 0, "a field is missing"},
	{"5 < 6", 4, 1, "no field"},
	{"'x' contains src.pod", 0, 3, "a field belongs here"},
	{"\"shop\" == nope.nope", 10, 9, "no field"},
	{"'x' < src.port", 0, 3, "a whole number"},
	{"has()", 4, 1, "a field is missing"},
	{"has(nope.nope)", 4, 9, "no field"},
	{"has(bytes", 9, 0, "a \")\" is missing"},
	{"src.labels[app] == 'x'", 11, 3, "a label's key in quotes"},
	{"src.labels['app' == 'x'", 17, 2, "a \"]\" is missing"},
	{"src.pod['app'] == 'x'", 7, 1, "are no labels"},
	{"src.pod == src.port", 11, 8, "cannot be compared"},
	{"bytes > rtt", 8, 3, "cannot be compared"},
	{"verdict == event", 11, 5, "no value of verdict"},
	{"src.labels == src.pod", 14, 7, "cannot be compared"},
	{"src.ip == src.name", 10, 8, "cannot be compared"},
	{"bytes > 1 # x", 10, 1, "\"#\" has no meaning"},
	{"bytes > 1 \x01", 10, 1, "control character"},
	{"src.city == '\u00fc' && nope.nope", 19, 9, "no field"},
	{"\u00fc == 1", 0, 1, "no field"},
	{"has \"x\"", 4, 3, "a field is missing"},
};

static void test_errors(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(errors); i++) {
		const struct error_case *c = &errors[i];
		struct where_error e;
		struct where *w = (struct where *)-1;

		if (where_parse(c->expression, &w, &e) != -EINVAL)
			fail_msg("%s: is not refused", c->expression);
		assert_ptr_equal(w, (struct where *)-1);
		if (e.column != c->column || e.length != c->length ||
		    !strstr(e.message, c->message))
			fail_msg("%s: %zu+%zu \"%s\", not %zu+%zu \"%s\"", c->expression, e.column,
				 e.length, e.message, c->column, c->length, c->message);
	}
}

static const char *error_text(const char *expression)
{
	static char printed[1024];
	struct where_error e;
	struct text t = {0};
	struct where *w;

	assert_int_equal(where_parse(expression, &w, &e), -EINVAL);
	where_error_text(&t, expression, &e);
	assert_true(t.len < sizeof(printed));
	memcpy(printed, t.data, t.len);
	printed[t.len] = '\0';
	text_free(&t);
	return printed;
}

static void test_error_text(void **state)
{
	char lengthy[400], *at = lengthy;

	(void)state;
	assert_string_equal(error_text("bytes > 1 && src.namspace == 'x'"),
			    "\"src.namspace\" is no field (did you mean \"src.namespace\"?)\n"
			    "  bytes > 1 && src.namspace == 'x'\n"
			    "               ^^^^^^^^^^^^\n");
	assert_string_equal(error_text("bytes >"), "a value for bytes is missing here\n"
						   "  bytes >\n"
						   "         ^\n");
	/* control bytes take a place and reach nobody */
	assert_string_equal(error_text("dst.city == '\u00fc\033\n'&&x.y"),
			    "\"x.y\" is no field: pitot-filter(7) lists them\n"
			    "  dst.city == '\u00fc? '&&x.y\n"
			    "                     ^^^\n");
	for (int i = 0; i < 30; i++)
		at += sprintf(at, "bytes>1 && ");
	strcpy(at, "x.y && true");
	assert_string_equal(error_text(lengthy),
			    "\"x.y\" is no field: pitot-filter(7) lists them\n"
			    "  ..&& bytes>1 && bytes>1 && bytes>1 && x.y && true\n"
			    "                                        ^^^\n");
	assert_null(strchr(error_text("\033[31m == 1"), '\033'));
}

static void test_bounds(void **state)
{
	static char big[WHERE_MAX + 2];
	struct flow f = report();
	struct where_error e;
	struct where *w;
	size_t n = 0;

	(void)state;
	memset(big, ' ', WHERE_MAX + 1);
	assert_int_equal(where_parse(big, &w, &e), -EINVAL);
	assert_non_null(strstr(e.message, "longer than 65536"));

	memset(big, '(', 1000);
	big[1000] = '\0';
	assert_int_equal(where_parse(big, &w, &e), -EINVAL);
	assert_non_null(strstr(e.message, "nested"));

	memset(big, '!', 60000);
	strcpy(big + 60000, "true");
	assert_int_equal(where_parse(big, &w, &e), 0);
	assert_true(where_pass(w, &f));
	where_free(w);

	/* a long chain is flat, and all of it is looked at */
	while (n + 20 < WHERE_MAX)
		n += sprintf(big + n, "vlan==1||");
	strcpy(big + n, "vlan==42");
	assert_int_equal(where_parse(big, &w, &e), 0);
	assert_true(where_pass(w, &f));
	f.vlan[0] = 43;
	assert_false(where_pass(w, &f));
	where_free(w);

	n = 0;
	for (int i = 0; i < 257; i++)
		n += sprintf(big + n, "%ssrc.pod=~'x'", i ? "||" : "");
	assert_int_equal(where_parse(big, &w, &e), -EINVAL);
	assert_non_null(strstr(e.message, "more than 256"));
	where_free(NULL);
}

/* A list of many is looked up, not walked. */
static void test_long_list(void **state)
{
	static char big[WHERE_MAX];
	struct flow f = report();
	struct where_error e;
	struct where *w;
	size_t n = sprintf(big, "src.port in (");

	(void)state;
	for (int i = 9999; i > 0; i--)
		n += sprintf(big + n, "%d,", i);
	strcpy(big + n, "0)");
	assert_int_equal(where_parse(big, &w, &e), 0);
	assert_false(where_pass(w, &f));
	f.src.port = 5000;
	assert_true(where_pass(w, &f));
	f.src.port = 9999;
	assert_true(where_pass(w, &f));
	where_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_error_text),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_long_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
