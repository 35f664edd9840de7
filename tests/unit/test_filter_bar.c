// SPDX-License-Identifier: MIT
/* The filter bar of the screen: keys, marks, undo, the file of earlier lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/filter_line.h"

/* ------------------------------------------------------------------------ the bar */

struct applied {
	unsigned int times;
	char text[256];
};

static void on_apply(void *arg, struct ui_filter *f)
{
	struct applied *a = arg;

	a->times++;
	snprintf(a->text, sizeof(a->text), "%s", f ? f->text : "");
	ui_filter_free(f);
}

static unsigned int parses;

static int host_parse(void *arg, const char *text, struct ui_filter **ret,
		      struct ui_filter_error *e)
{
	(void)arg;
	parses++;
	return ui_filter_parse(NULL, text, ret, e);
}

static void host_complete(void *arg, const char *text, size_t at,
			  const struct ui_words *(*known)(void *known_arg, enum ui_known kind),
			  void *known_arg, size_t *ret_start, struct ui_words *ret)
{
	(void)arg;
	ui_filter_complete(NULL, text, at, known, known_arg, ret_start, ret);
}

static const struct ui_host host = {.filter_parse = host_parse, .filter_complete = host_complete};

static struct filter_bar *bar(struct applied *a, struct known *k, const char *history)
{
	const struct filter_bar_options opt = {
		.host = &host, .known = k, .history_path = history, .apply = on_apply, .arg = a};
	struct filter_bar *b;

	assert_int_equal(filter_bar_new(&opt, &b), 0);
	return b;
}

static void looks(struct filter_bar *b, int width, const char *want)
{
	struct canvas c = {0};
	struct text t = {0};
	int x, y;

	assert_int_equal(canvas_resize(&c, width, 10), 0);
	filter_bar_draw(b, &c, (struct canvas_area){0, 0, width, 1},
			(struct canvas_area){0, 1, width, 9}, &x, &y);
	canvas_print(&c, false, &t);
	text_char(&t, '\0');
	if (strncmp(t.data, want, strlen(want)))
		fail_msg("looks so:\n%s", t.data);
	assert_int_equal(y, 0);
	assert_in_range(x, 0, width - 1);
	text_free(&t);
	canvas_free(&c);
}

static void pasted_is_looked_at_when_it_is_seen(void **state)
{
	struct applied a = {0};
	struct filter_bar *b = bar(&a, NULL, NULL);

	(void)state;
	filter_bar_open(b);
	parses = 0;
	for (int i = 0; i < 100; i++)
		for (const char *s = "dst.port != 1 && "; *s; s++)
			filter_bar_key(b, *s);
	for (const char *s = "dst.prt == 2"; *s; s++)
		filter_bar_key(b, *s);
	assert_int_equal(parses, 0);
	filter_bar_key(b, KEY_LEFT_);
	looks(b, 40, "");
	looks(b, 40, "");
	assert_int_equal(parses, 1);
	filter_bar_key(b, KEY_RETURN);
	assert_true(filter_bar_is_open(b));
	filter_bar_free(b);
}

static void typed_completed_applied(void **state)
{
	struct applied a = {0};
	struct known *k = shop();
	struct filter_bar *b = bar(&a, k, NULL);

	(void)state;
	filter_bar_open(b);
	type(b, "src.namespace == \"s\t");
	looks(b, 60, "/ src.namespace == \"shop\"\n");
	type(b, "&& verdict == DROPPED");
	assert_int_equal(a.times, 0);
	filter_bar_key(b, KEY_RETURN);
	assert_false(filter_bar_is_open(b));
	assert_int_equal(a.times, 1);
	assert_string_equal(a.text, "src.namespace == \"shop\" && verdict == DROPPED");
	filter_bar_free(b);
	known_free(k);
}

static void what_is_wrong_is_never_applied(void **state)
{
	struct applied a = {0};
	struct filter_bar *b = bar(&a, NULL, NULL);

	(void)state;
	assert_int_equal(filter_bar_set(b, "--pod x", NULL), 0);
	filter_bar_open(b);
	type(b, "rt");
	/* while it is typed it may become right */
	looks(b, 60, "/ --pod x rt\n  \"rt\" is no field");
	filter_bar_key(b, KEY_RETURN);
	assert_true(filter_bar_is_open(b));
	looks(b, 60, "/ --pod x rt\n          ^^ \"rt\" is no field");
	type(b, " > 5");
	looks(b, 60, "/ --pod x rt > 5\n          ^^ \"rt\" is no field");
	filter_bar_key(b, KEY_ESCAPE);
	assert_false(filter_bar_is_open(b));
	assert_int_equal(a.times, 1);
	assert_string_equal(filter_bar_text(b), "--pod x");
	filter_bar_free(b);
}

static void what_is_meant_is_applied(void **state)
{
	struct applied a = {0};
	struct filter_bar *b = bar(&a, NULL, NULL);

	(void)state;
	filter_bar_open(b);
	type(b, "10.231.0.13");
	looks(b, 60, "/ 10.231.0.13\n  Enter: --ip 10.231.0.13\n");
	filter_bar_key(b, KEY_RETURN);
	assert_false(filter_bar_is_open(b));
	assert_string_equal(filter_bar_text(b), "--ip 10.231.0.13");
	assert_string_equal(a.text, "--ip 10.231.0.13");
	filter_bar_open(b);
	type(b, "rtt > 1ms --port 53");
	looks(b, 60,
	      "/ --ip 10.231.0.13 rtt > 1ms --port 53\n"
	      "  Enter: --ip 10.231.0.13 --port 53 rtt > 1ms\n");
	filter_bar_key(b, KEY_RETURN);
	assert_string_equal(a.text, "--ip 10.231.0.13 --port 53 rtt > 1ms");
	assert_true(filter_bar_undo(b));
	assert_string_equal(a.text, "--ip 10.231.0.13");
	/* only who types is helped */
	assert_int_equal(filter_bar_set(b, "10.0.0.1", NULL), -EINVAL);
	filter_bar_free(b);
}

static void undone_and_redone(void **state)
{
	struct applied a = {0};
	struct filter_bar *b = bar(&a, NULL, NULL);
	char *instead;

	(void)state;
	assert_false(filter_bar_undo(b));
	assert_int_equal(filter_bar_add(b, "dst.port == 80", false, &instead, NULL), 0);
	assert_int_equal(filter_bar_add(b, "reply", true, &instead, NULL), 0);
	assert_string_equal(a.text, "dst.port == 80 && !(reply)");
	assert_int_equal(filter_bar_add(b, "nothing", true, &instead, NULL), -EINVAL);
	assert_true(filter_bar_undo(b));
	assert_string_equal(a.text, "dst.port == 80");
	assert_true(filter_bar_undo(b));
	assert_string_equal(a.text, "");
	assert_false(filter_bar_undo(b));
	assert_true(filter_bar_redo(b));
	assert_true(filter_bar_redo(b));
	assert_false(filter_bar_redo(b));
	assert_string_equal(filter_bar_text(b), "dst.port == 80 && !(reply)");
	assert_true(filter_bar_undo(b));
	assert_int_equal(filter_bar_set(b, "reply", NULL), 0);
	assert_false(filter_bar_redo(b));
	filter_bar_free(b);
}

static void recalled_from_the_file(void **state)
{
	char dir[] = "/tmp/pitot-test-filters.XXXXXX", path[128];
	struct applied a = {0};
	struct filter_bar *b;
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/state/pitot/filters", dir);
	b = bar(&a, NULL, path);
	for (int i = 0; i < 3; i++) {
		static const char *const texts[] = {"reply", "--pod x", "reply"};

		filter_bar_open(b);
		filter_bar_key(b, CONTROL('u'));
		type(b, texts[i]);
		filter_bar_key(b, KEY_RETURN);
	}
	filter_bar_free(b);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	b = bar(&a, NULL, path);
	filter_bar_open(b);
	filter_bar_key(b, KEY_UP_);
	looks(b, 40, "/ reply\n");
	filter_bar_key(b, KEY_UP_);
	looks(b, 40, "/ --pod x\n");
	filter_bar_key(b, KEY_UP_);
	looks(b, 40, "/ --pod x\n");
	filter_bar_key(b, KEY_DOWN_);
	looks(b, 40, "/ reply\n");
	filter_bar_key(b, CONTROL('u'));
	type(b, "--p");
	filter_bar_key(b, KEY_UP_);
	looks(b, 40, "/ --pod x\n");
	filter_bar_free(b);
	unlink(path);
	for (int i = 0; i < 3; i++) {
		rmdir(path);
		*strrchr(path, '/') = '\0';
	}
	rmdir(path);
}

static void clicked(void **state)
{
	struct applied a = {0};
	struct known *k = shop();
	struct filter_bar *b = bar(&a, k, NULL);

	(void)state;
	filter_bar_open(b);
	type(b, "--namespace ");
	looks(b, 60,
	      "/ --namespace\n  \"--namespace\" needs a value\n"
	      "              kube-system\n              shop\n");
	assert_false(filter_bar_click(b, 1, 3));
	assert_false(filter_bar_click(b, 16, 5));
	assert_true(filter_bar_click(b, 0, 0));
	assert_true(filter_bar_click(b, 16, 3));
	looks(b, 60, "/ --namespace shop\n");
	/* it is in force: the first of before is another one */
	filter_bar_key(b, KEY_RETURN);
	assert_int_equal(filter_bar_set(b, "reply", NULL), 0);
	filter_bar_remember(b);
	filter_bar_open(b);
	filter_bar_key(b, KEY_UP_);
	looks(b, 60, "/ --namespace shop\n");
	filter_bar_free(b);
	known_free(k);
}

static void long_lines_are_scrolled(void **state)
{
	struct applied a = {0};
	struct filter_bar *b = bar(&a, NULL, NULL);

	(void)state;
	filter_bar_open(b);
	for (int i = 0; i < 40; i++)
		type(b, "reply || ");
	type(b, "wrong");
	looks(b, 30, "/  || reply || reply || wrong\n");
	filter_bar_key(b, KEY_HOME_);
	looks(b, 30, "/ reply || reply || reply || ");
	filter_bar_key(b, KEY_RETURN);
	assert_true(filter_bar_is_open(b));
	/* the cursor goes to what is wrong */
	looks(b, 60,
	      "/ ply || reply || reply || reply || reply || reply || wrong\n"
	      "      \"wrong\" is no field: pitot-filter(7) lists them ^^^^^\n");
	/* no room beside it */
	looks(b, 40,
	      "/ y || reply || reply || reply || wrong\n"
	      "                                  ^^^^^\n"
	      "\"wrong\" is no field: pitot-filter(7) l");
	for (int width = 2; width < 30; width++)
		looks(b, width, "/");
	filter_bar_free(b);
}

/* -------------------------------------------------------------------- known values */

static void known_is_bounded_and_new(void **state)
{
	struct known *k = known_new();
	const struct ui_words *w;

	(void)state;
	for (unsigned int i = 0; i < 3 * KNOWN_MAX; i++) {
		struct flow f = {.ip_version = 4, .is_reply = REPLY_UNKNOWN};
		char name[32];
		struct service *s;

		snprintf(name, sizeof(name), "s%06u", i);
		s = service_new("shop", name);
		f.dst.service = s;
		f.dst.port = i;
		f.time_ns = (uint64_t)i << 24; /* 64 a second */
		known_flow(k, &f);
		service_put(s);
	}
	w = known_words(k, KNOWN_SERVICE);
	assert_int_equal(w->n, KNOWN_MAX);
	assert_string_equal(w->v[0], "shop/s008192");
	assert_string_equal(w->v[KNOWN_MAX - 1], "shop/s012287");
	assert_int_equal(known_words(k, KNOWN_NAMESPACE)->n, 1);
	assert_int_equal(known_words(k, KNOWN_DNS)->n, 0);
	assert_int_equal(known_words(NULL, KNOWN_DNS)->n, 0);
	known_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clicked),
		cmocka_unit_test(pasted_is_looked_at_when_it_is_seen),
		cmocka_unit_test(typed_completed_applied),
		cmocka_unit_test(what_is_wrong_is_never_applied),
		cmocka_unit_test(what_is_meant_is_applied),
		cmocka_unit_test(undone_and_redone),
		cmocka_unit_test(recalled_from_the_file),
		cmocka_unit_test(long_lines_are_scrolled),
		cmocka_unit_test(known_is_bounded_and_new),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
