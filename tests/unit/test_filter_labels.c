// SPDX-License-Identifier: MIT
/* Label selectors: the grammar, what it selects, what is none. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "flows/filter_labels.h"

static bool selects(const char *selector)
{
	static const char *const labels[] = {
		"container:name=x:1/y", "k8s:app=cart", "k8s:empty=",	"k8s:tier=web",
		"k8s:version=12",	"plain=1",	"reserved:host"};
	struct label_selector *s;
	const char *why;
	bool yes;

	if (label_selector_new(selector, &s, &why))
		fail_msg("\"%s\" was refused: %s", selector, why);
	yes = label_selector_matches(s, labels, sizeof(labels) / sizeof(labels[0]));
	label_selector_free(s);
	return yes;
}

static void test_selectors(void **state)
{
	static const char *const yes[] = {
		"app",
		"app=cart",
		"app==cart",
		" app = cart ",
		"app in (cart)",
		"app in (a, cart)",
		"app in(a,b,cart)",
		"app notin (a,b)",
		"other notin (a)",
		"other!=x",
		"app!=x",
		"!other",
		"! other",
		"version>11",
		"version > 11",
		"version<13",
		"version<13,app",
		"app=cart,tier=web",
		"app = cart , tier in (web , db)",
		"empty=",
		"empty",
		"empty= , app",
		"host",
		"reserved:host",
		"plain=1",
		"any:plain",
		"any:app in (cart)",
		"container:name=x:1/y",
		"k8s:tier!=db",
		"empty in ()",
	};
	static const char *const no[] = {
		"other",     "app=car",	  "app=cartx",	"app in (a,b)",	 "app notin (cart)",
		"app!=cart", "!app",	  "version>12", "version<12",	 "app>1",
		"other>1",   "app,other", "k8s:host",	"container:app", "app=",
		"k8s:plain", "in in (x)",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		if (!selects(yes[i]))
			fail_msg("\"%s\" does not match", yes[i]);
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (selects(no[i]))
			fail_msg("\"%s\" matches", no[i]);
}

static void test_bad_selectors(void **state)
{
	static const char *const bad[] = {
		"",
		" ",
		",",
		"app,",
		"app=a,",
		",app",
		"app in",
		"app in a",
		"app in (a",
		"app in a)",
		"app in (a b)",
		"app x",
		"app=a b",
		"=a",
		"!",
		"!=a",
		"app>x",
		"app>",
		"app>1x",
		"k8s:=a",
		"a(b",
		"(a)",
		"!app=x",
		"app in (a)b",
		"app==a=b",
		"version>99999999999999999999",
	};
	struct label_selector *s;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *why = NULL;

		if (label_selector_new(bad[i], &s, &why) != -EINVAL || !why)
			fail_msg("\"%s\" was taken", bad[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_selectors),
		cmocka_unit_test(test_bad_selectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
