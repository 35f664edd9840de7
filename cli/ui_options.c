// SPDX-License-Identifier: MIT
#include "cli/ui_options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/ui_filter.h"

#define HISTORY_BYTES (256u << 20)
#define HISTORY_BYTES_MIN (1u << 20)
#define REPORT_INTERVAL_NS 1000000000ull

static struct ui_options *options_new(void)
{
	struct ui_options *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->observe.format = &print_formats[0];
	o->observe.ip_translation = true;
	o->observe.report_interval_ns = REPORT_INTERVAL_NS;
	o->history_bytes = HISTORY_BYTES;
	return o;
}

void ui_options_free(struct ui_options *o)
{
	if (!o)
		return;
	text_free(&o->filter);
	free(o->source);
	observe_options_free(o); /* its first member, and the whole */
}

/* ------------------------------------------------------ the words as typed */

static const struct opt *row_of(const struct opt *table, const char *word)
{
	size_t n;

	if (word[1] != '-') {
		for (; table->name && table->letter != word[1]; table++)
			;
		return table->name ? table : NULL;
	}
	word += 2;
	n = strcspn(word, "=");
	for (; table->name; table++)
		if (strlen(table->name) == n && !memcmp(table->name, word, n))
			return table;
	return NULL;
}

/* Does the value stand in the next word? */
static bool takes_next(const struct opt *row, const char *word)
{
	return row->arg && (word[1] == '-' ? !strchr(word, '=') : !word[2]);
}

static void add_filter_word(struct text *t, const char *word)
{
	if (t->len)
		text_char(t, ' ');
	ui_shell_word(t, word);
}

/*
 * The bar wants the text of the filter and not what was parsed of it. The words are right: they
 * were parsed before.
 */
static int sort_words(struct ui_options *o, char **argv)
{
	size_t n = 0, words = 0;

	while (argv[words])
		words++;
	o->source = calloc(words + 1, sizeof(*o->source));
	if (!o->source)
		return -ENOMEM;
	for (; *argv && strcmp(*argv, "--"); argv++) {
		bool filters = ui_option_row(*argv);
		const struct opt *row =
			filters ? ui_option_row(*argv) : row_of(ui_option_table, *argv);
		bool of_source = !filters && row && row_of(observe_option_table, *argv) &&
				 row->group != GROUP_OUTPUT;
		bool next = filters ? ui_option_wants_value(*argv) : row && takes_next(row, *argv);

		for (int i = 0; i <= (next && argv[1]); i++) {
			argv += i;
			if (filters)
				add_filter_word(&o->filter, *argv);
			else if (of_source)
				o->source[n++] = *argv;
		}
	}
	return 0;
}

/* The configuration file's own filters hold for every command. */
static void add_lists(struct ui_options *o)
{
	static const enum server_key keys[] = {KEY_ALLOWLIST, KEY_DENYLIST};
	static const char *const words[] = {"--allowlist", "--denylist"};
	char *json;

	for (int i = 0; i < 2; i++) {
		const char *list = server_text(&o->observe.server, keys[i]);

		for (size_t n; *list; list += n + (list[n] != '\0')) {
			n = strcspn(list, "\n");
			json = strndup(list, n);
			add_filter_word(&o->filter, words[i]);
			add_filter_word(&o->filter, json ? json : "{}");
			free(json);
		}
	}
}

/* ------------------------------------------------------------------ finish */

/* The bar filters, and its filter changes: the source gives everything. */
static void source_gives_all(struct observe_options *o)
{
	free((void *)o->capture.interfaces);
	free((void *)o->capture.not_interfaces);
	o->capture.interfaces = o->capture.not_interfaces = NULL;
	memset(&o->capture.prefilter, 0, sizeof(o->capture.prefilter));
	filter_clear(&o->filter);
	memset(&o->filter, 0, sizeof(o->filter));
	o->filter.normal_drops = true;
	o->follow = !o->input_file;
	o->all = !o->since_ns;
	o->reconnect = true;
	o->on_screen = true;
}

static int finish(struct ui_options *o, char **argv, char *err, size_t err_size)
{
	int ret = observe_options_finish(&o->observe, err, err_size);

	if (!ret && o->history_bytes < HISTORY_BYTES_MIN) {
		snprintf(err, err_size, "--history-memory: at least 1M");
		ret = -EINVAL;
	}
	if (ret)
		return ret;
	ret = sort_words(o, argv);
	add_lists(o);
	text_char(&o->filter, '\0');
	if (ret || o->filter.err) {
		snprintf(err, err_size, "out of memory");
		return -ENOMEM;
	}
	source_gives_all(&o->observe);
	return 0;
}

int ui_options_load(char **argv, struct ui_options **ret, char *err, size_t err_size)
{
	size_t n = 0;
	char **args;
	int code;

	*ret = options_new();
	while (argv[n])
		n++;
	args = calloc(n + 1, sizeof(*args));
	if (!*ret || !args) {
		snprintf(err, err_size, "out of memory");
		free(args);
		return -ENOMEM;
	}
	code = options_parse(ui_option_table, *ret, argv, args, err, err_size);
	if (!code && *args) {
		struct text cure = {0};

		if (!options_put_file(&cure, "ui", *args))
			ui_filter_put_try(&cure, args);
		text_char(&cure, '\0');
		snprintf(err, err_size,
			 "\"%s\" is one argument too many: \"pitot ui\" takes options only%s", *args,
			 cure.err ? "" : cure.data);
		text_free(&cure);
		code = -EINVAL;
	}
	free(args);
	return code ? code : finish(*ret, argv, err, err_size);
}
