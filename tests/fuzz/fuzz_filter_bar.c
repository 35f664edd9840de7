// SPDX-License-Identifier: MIT
/*
 * The filter bar under any keys: typed, completed, recalled, undone. What is in force always
 * parses again and comes out the same; the cursor and the list stay on the screen.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/ui_filter.h"
#include "tui/filter_bar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int holds)
{
	if (!holds)
		abort();
}

static int parse(void *arg, const char *text, struct ui_filter **ret, struct ui_filter_error *e)
{
	const struct ui_filter_context ctx = {.node_name = "n1"};
	int err = ui_filter_parse(&ctx, text, ret, e);

	(void)arg;
	if (err == -EINVAL)
		check(*e->message && e->column + e->length <= strlen(text));
	return err;
}

static void complete(void *arg, const char *text, size_t at,
		     const struct ui_words *(*known)(void *known_arg, enum ui_known kind),
		     void *known_arg, size_t *ret_start, struct ui_words *ret)
{
	(void)arg;
	ui_filter_complete(NULL, text, at, known, known_arg, ret_start, ret);
	check(*ret_start <= at);
	for (size_t i = 0; i < ret->n; i++)
		check(*ret->v[i] && *ret->v[i] != '\t');
}

static void apply(void *arg, struct ui_filter *f)
{
	(void)arg;
	if (f) {
		const char *term =
			*f->text & 2 ? "verdict == DROPPED" : "dst.port == 80 || rtt > 1ms";
		char *more = ui_filter_and(f, term, *f->text & 1, NULL);
		struct ui_filter_error e;
		struct ui_filter *both;

		/* one term more is a filter again, unless it is too long or nested too deep */
		check(more != NULL);
		if (!parse(NULL, more, &both, &e))
			ui_filter_free(both);
		else
			check(strstr(e.message, "nested") || strstr(e.message, "longer") ||
			      strstr(e.message, "too many"));
		free(more);
	}
	ui_filter_free(f);
}

/* What is in force reads as the command line that stands for it. */
static void check_in_force(const struct filter_bar *b)
{
	struct ui_filter_error e;
	struct text t = {0};
	struct ui_filter *f, *again = NULL;

	check(!parse(NULL, filter_bar_text(b), &f, &e));
	check(!strcmp(f->text, filter_bar_text(b)));
	ui_filter_command_line(NULL, f, 0, &t);
	text_char(&t, '\0');
	check(!t.err && !parse(NULL, t.data, &again, &e));
	check(again->filter.normal_drops == f->filter.normal_drops);
	check(filter_count(&again->filter, false) == filter_count(&f->filter, false));
	check(filter_count(&again->filter, true) == filter_count(&f->filter, true));
	check(!again->where == !f->where);
	text_free(&t);
	ui_filter_free(again);
	ui_filter_free(f);
}

static struct known *some_known(const char *text)
{
	const char *const labels[] = {"k8s:app=cart", text};
	const struct endpoint e = {.kind = ENDPOINT_POD,
				   .namespace_name = "shop",
				   .name = text,
				   .workload = text,
				   .workload_kind = "Deployment",
				   .node = text,
				   .labels = labels,
				   .n_labels = 2};
	struct flow f = {.ip_version = 4, .event = FLOW_DROP, .is_reply = REPLY_NO};
	struct known *k = known_new();

	check(k != NULL);
	f.drop.reason_name = "NO_SOCKET";
	f.dst.port = 443;
	f.src.endpoint = endpoint_new(&e);
	f.src.addr = (struct ip_addr){.b = {[10] = 0xff, 0xff, 10, 0, 0, 1}};
	known_flow(k, &f);
	endpoint_put(f.src.endpoint);
	return k;
}

static int key_of(uint8_t byte)
{
	static const int keys[] = {KEY_UP_,	    KEY_DOWN_,	 KEY_LEFT_,	 KEY_RIGHT_,
				   KEY_HOME_,	    KEY_END_,	 KEY_BACKSPACE_, KEY_DELETE,
				   KEY_BACK_TAB,    KEY_ESCAPE,	 KEY_RETURN,	 KEY_SHIFT_LEFT,
				   KEY_SHIFT_RIGHT, KEY_PAGE_UP, 0x4e2d,	 0x301,
				   0x202e,	    0x1f600,	 '\t',		 '\t'};

	if (byte >= 0x80 && byte - 0x80u < sizeof(keys) / sizeof(keys[0]))
		return keys[byte - 0x80];
	return byte;
}

static void draw(struct filter_bar *b, struct canvas *c, uint8_t shape)
{
	bool upward = shape & 1;
	int y = upward ? c->height - 1 : 0, cursor_x = -1, cursor_y = -1;
	struct canvas_area line = {0, y, c->width, 1};
	struct canvas_area popup = {0, !upward, c->width, c->height - 1};

	filter_bar_draw(b, c, line, popup, &cursor_x, &cursor_y);
	check(cursor_y == y && cursor_x >= 0 && cursor_x < c->width);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct ui_host host = {.filter_parse = parse, .filter_complete = complete};
	struct filter_bar_options opt = {.host = &host, .apply = apply};
	struct canvas c = {0};
	struct filter_bar *b;
	char *text;

	if (size < 2 || size > 400)
		return 0;
	text = strndup((const char *)data + 1, size - 1);
	opt.known = some_known(text);
	check(!filter_bar_new(&opt, &b) && !canvas_resize(&c, 1 + data[0] % 100, 1 + data[0] % 12));
	/* the whole as a text, too */
	if (!filter_bar_set(b, text, NULL))
		check_in_force(b);
	for (size_t i = 1; i < size; i++) {
		if (!filter_bar_is_open(b)) {
			check_in_force(b);
			if (data[i] == 'u')
				filter_bar_undo(b);
			else if (data[i] == 'U')
				filter_bar_redo(b);
			filter_bar_open(b);
		}
		filter_bar_key(b, key_of(data[i]));
		if (filter_bar_is_open(b) && i % 8 == 0)
			draw(b, &c, data[0]);
		if (data[i] == 0xfe)
			filter_bar_click(b, data[0] % 50, i % 12);
	}
	check_in_force(b);
	filter_bar_free(b);
	known_free(opt.known);
	canvas_free(&c);
	free(text);
	return 0;
}
