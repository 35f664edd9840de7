// SPDX-License-Identifier: MIT
/* Exports, recordings and commands on a screen without a terminal; the files are real. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/ui.h"
#include "cli/ui_filter.h"
#include "tui/command.h"
#include "tui/export.h"
#include "tui/export_file.h"
#include "tui/filter_bar.h"
#include "tui/screen.h"

static char dir[] = "/tmp/pitot-test-export.XXXXXX";

/* The disk has no room any more; or a pipe that nobody reads is in its place: it does not answer. */
static bool full;
static const char *silent;

static int host_parse(void *arg, const char *text, struct ui_filter **ret,
		      struct ui_filter_error *e)
{
	(void)arg;
	return ui_filter_parse(NULL, text, ret, e);
}

static void host_complete(void *arg, const char *text, size_t at,
			  const struct ui_words *(*known)(void *known_arg, enum ui_known kind),
			  void *known_arg, size_t *ret_start, struct ui_words *ret)
{
	(void)arg;
	ui_filter_complete(NULL, text, at, known, known_arg, ret_start, ret);
}

static void host_line(void *arg, const struct ui_filter *f, uint64_t until_ns, struct text *ret)
{
	(void)arg;
	ui_filter_command_line(NULL, f, until_ns, ret);
}

static int host_sink(void *arg, const char *format, const char *path, struct sink **ret, char **why)
{
	(void)arg;
	return ui_sink_open(format, full ? "/dev/full" : path, "n1", ret, why);
}

static int host_record(void *arg, const char *format, const char *path, struct sink **ret,
		       char **why)
{
	(void)arg;
	return ui_record_open(format, silent ? silent : full ? "/dev/full" : path, "n1", ret, why);
}

static void host_record_state(void *arg, const struct sink *s, uint64_t *ret_bytes,
			      uint64_t *ret_lost)
{
	(void)arg;
	ui_record_state(s, ret_bytes, ret_lost);
}

static int host_status(void *arg,
		       void (*done)(void *done_arg, const struct ui_status_row *rows, size_t n),
		       void *done_arg)
{
	(void)arg, (void)done, (void)done_arg;
	return 0;
}

static const struct ui_host host = {.filter_parse = host_parse,
				    .filter_complete = host_complete,
				    .command_line = host_line,
				    .sink_open = host_sink,
				    .record_open = host_record,
				    .record_state = host_record_state,
				    .status = host_status};

/* Flows to port 80 and 81 in turn, a tenth of a second apart. */
static void feed(struct ui *ui, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		struct flow f = {.time_ns = 1700000000000000000ull + i * 100000000ull,
				 .ip_version = 4,
				 .protocol = 6,
				 .verdict = VERDICT_FORWARDED,
				 .connection_id = i + 1};

		f.src.addr = (struct ip_addr){.b = {[10] = 0xff, 0xff, 10, 0, 0, 1}};
		f.dst.addr = (struct ip_addr){.b = {[10] = 0xff, 0xff, 10, 0, 0, 2}};
		f.src.port = 40000 + i;
		f.dst.port = 80 + i % 2;
		ui_flow(ui, &f);
	}
}

static struct ui *screen(struct ui_config *config, enum ui_from from)
{
	struct ui *ui;

	*config = (struct ui_config){
		.from = from, .from_name = "test", .host = &host, .history_bytes = 16 << 20};
	assert_int_equal(ui_new(config, &ui), 0);
	return ui;
}

static void work(struct ui *ui)
{
	bool changed;

	while (store_work(ui_store(ui), 1000000, &changed))
		;
	while (ui_export_work(ui_export(ui), 1000))
		;
}

static const char *in_dir(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static bool is_there(const char *name)
{
	return !access(in_dir(name), F_OK);
}

static size_t lines(const char *name)
{
	FILE *f = fopen(in_dir(name), "r");
	size_t n = 0;
	int c;

	assert_non_null(f);
	while ((c = getc(f)) != EOF)
		n += c == '\n';
	fclose(f);
	return n;
}

/* The command with the folder in place of %s; NULL: it went well. */
static char *command(struct ui *ui, const char *line)
{
	char whole[256];
	const char *at = strstr(line, "%s");

	if (at)
		snprintf(whole, sizeof(whole), "%.*s%s%s", (int)(at - line), line, dir, at + 2);
	else
		snprintf(whole, sizeof(whole), "%s", line);
	return command_run_line(ui, whole);
}

static void runs(struct ui *ui, const char *line)
{
	char *wrong = command(ui, line);

	if (wrong)
		fail_msg("%s: %s", line, wrong);
	work(ui);
}

static void refused(struct ui *ui, const char *line, const char *why)
{
	char *wrong = command(ui, line);

	if (!wrong || !strstr(wrong, why))
		fail_msg("%s: %s", line, wrong ? wrong : "taken");
	free(wrong);
}

static void what_is_shown_is_exported(void **state)
{
	struct ui_config config;
	struct ui *ui = screen(&config, UI_FROM_KERNEL);

	(void)state;
	feed(ui, 1000);
	work(ui);
	runs(ui, "export %s/all.jsonl");
	assert_int_equal(lines("all.jsonl"), 1000);
	runs(ui, "filter --port 80 src.port < 40100");
	assert_string_equal(filter_bar_text(ui_filter_bar(ui)), "--port 80 src.port < 40100");
	runs(ui, "export csv %s/some.txt");
	assert_int_equal(lines("some.txt"), 51);
	runs(ui, "undo");
	store_jump(ui_store(ui), 1700000000000000000ull + 9 * 100000000ull);
	work(ui);
	runs(ui, "export flows json %s/until.x");
	assert_int_equal(lines("until.x"), 10);
	assert_false(is_there("until.x.partial"));
	ui_free(ui);
}

static void nothing_is_written_over(void **state)
{
	struct ui_config config;
	struct ui *ui = screen(&config, UI_FROM_KERNEL);

	(void)state;
	feed(ui, 10);
	work(ui);
	runs(ui, "export %s/twice.jsonl");
	feed(ui, 10);
	work(ui);
	refused(ui, "export %s/twice.jsonl", "it is there already (\"export!\" writes over it)");
	assert_int_equal(lines("twice.jsonl"), 10);
	runs(ui, "export! %s/twice.jsonl");
	assert_int_equal(lines("twice.jsonl"), 20);
	refused(ui, "export json %s", "Is a directory");
	refused(ui, "export %s/no/such.csv", "No such file");
	refused(ui, "export! %s/../../../dev/null", "no format");
	refused(ui, "export! json /dev/null", "not supported");
	ui_free(ui);
}

/* Until it is done the file is called otherwise; given up, there is none. */
static void a_file_is_whole_or_not_there(void **state)
{
	struct ui_config config;
	struct ui *ui = screen(&config, UI_FROM_KERNEL);
	char *wrong;

	(void)state;
	feed(ui, 2000);
	work(ui);
	wrong = command(ui, "export %s/half.jsonl");
	assert_null(wrong);
	assert_true(ui_export_work(ui_export(ui), 0));
	assert_false(is_there("half.jsonl"));
	assert_true(is_there("half.jsonl.partial"));
	refused(ui, "export %s/other.jsonl", "under way");
	ui_free(ui);
	assert_false(is_there("half.jsonl"));
	assert_false(is_there("half.jsonl.partial"));
}

static void recorded_as_it_comes(void **state)
{
	struct ui_config config;
	struct ui *ui = screen(&config, UI_FROM_KERNEL);
	enum style style;
	struct text t = {0};

	(void)state;
	feed(ui, 10);
	runs(ui, "filter --port 80");
	runs(ui, "record %s/all.json");
	refused(ui, "record %s/b.json", "runs already");
	feed(ui, 20);
	ui_export_second(ui_export(ui));
	ui_export_sign(ui_export(ui), &t, &style);
	assert_memory_equal(t.data, "REC ", 4);
	assert_false(is_there("all.json"));
	runs(ui, "record stop");
	/* what came before is no part of it, what the filter hides is */
	assert_int_equal(lines("all.json"), 20);
	refused(ui, "record shown", "a file is missing");
	refused(ui, "record %s/x.txt", "ends with .pb, .json, .jsonl or .csv");
	refused(ui, "record %s/x.pb.gz", "no such format");
	runs(ui, "record shown %s/some.json");
	feed(ui, 20);
	ui_free(ui);
	assert_int_equal(lines("some.json"), 10);
	assert_false(is_there("some.json.partial"));
	text_free(&t);
}

static void a_full_disk_is_told(void **state)
{
	struct ui_config config;
	struct ui *ui = screen(&config, UI_FROM_KERNEL);
	enum style style = STYLE_NORMAL;
	struct text t = {0};

	(void)state;
	feed(ui, 100);
	work(ui);
	full = true;
	runs(ui, "export %s/full.jsonl");
	assert_false(is_there("full.jsonl"));
	runs(ui, "record %s/full.json");
	feed(ui, 100);
	for (int i = 0; i < 500 && !(t.len && strstr(t.data, "full")); i++) {
		text_free(&t);
		usleep(10000); /* a thread finds out */
		ui_export_second(ui_export(ui));
		ui_export_sign(ui_export(ui), &t, &style);
		text_char(&t, '\0');
	}
	full = false;
	assert_string_equal(t.data, "REC: disk full");
	assert_int_equal(style, STYLE_BAD);
	assert_false(is_there("full.json"));
	refused(ui, "record stop", "nothing is recorded");
	text_free(&t);
	ui_free(ui);
}

/* Is it on the screen? */
static bool shows(struct ui *ui, const char *words)
{
	struct canvas c = {0};
	struct text t = {0};
	bool there;
	int x, y;

	assert_int_equal(canvas_resize(&c, 120, 30), 0);
	ui_frame(ui, &c, &x, &y);
	canvas_print(&c, false, &t);
	text_char(&t, '\0');
	there = strstr(t.data, words);
	text_free(&t);
	canvas_free(&c);
	return there;
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* Nobody waits for it, what is lost is counted, and its end is not waited for in vain. */
static void a_disk_that_does_not_answer(void **state)
{
	struct ui_config config;
	struct ui *ui = screen(&config, UI_FROM_KERNEL);
	enum style style = STYLE_NORMAL;
	struct text t = {0};
	char pipe_path[128];
	double began;
	int fd;

	(void)state;
	snprintf(pipe_path, sizeof(pipe_path), "%s", in_dir("pipe"));
	assert_int_equal(mkfifo(pipe_path, 0600), 0);
	fd = open(pipe_path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_true(fd >= 0);
	silent = pipe_path;
	runs(ui, "record %s/silent.json");
	silent = NULL;
	began = now_s();
	for (int i = 0; i < 6; i++) {
		feed(ui, 20000);
		ui_export_second(ui_export(ui));
	}
	assert_true(now_s() - began < 20); /* it would be for ever */
	ui_export_sign(ui_export(ui), &t, &style);
	text_char(&t, '\0');
	assert_non_null(strstr(t.data, ", lost "));
	text_free(&t);
	began = now_s();
	runs(ui, "record stop");
	assert_true(now_s() - began < 10);
	ui_export_sign(ui_export(ui), &t, &style);
	text_char(&t, '\0');
	assert_string_equal(t.data, "REC stopped");
	assert_true(shows(ui, "the disk does not answer"));
	text_free(&t);
	close(fd); /* the thread's write ends now, with EPIPE */
	unlink(pipe_path);
	ui_free(ui);
}

static void a_file_is_not_recorded(void **state)
{
	struct ui_config config;
	struct ui *ui = screen(&config, UI_FROM_FILE);

	(void)state;
	refused(ui, "record %s/x.pb", "from a file already");
	assert_false(is_there("x.pb"));
	ui_free(ui);
}

static void commands(void **state)
{
	struct ui_config config;
	struct ui *ui = screen(&config, UI_FROM_KERNEL);

	(void)state;
	runs(ui, "");
	runs(ui, "  : ");
	runs(ui, "view map");
	assert_int_equal(ui_view(ui), VIEW_MAP);
	runs(ui, ":drops");
	assert_int_equal(ui_view(ui), VIEW_DROPS);
	refused(ui, "view nowhere", "is no view");
	refused(ui, "filtre x", "did you mean \"filter\"?");
	refused(ui, "\033[2J", "is no command");
	refused(ui, "stop", "\"stop\" is no command (did you mean \"record stop\"?)");
	runs(ui, "view flows");
	refused(ui, "window 7", "\"window\" is not in Flows: Map, Top, Drops, DNS, Processes have it");
	refused(ui, "zoom full", "\"zoom\" is not in Flows: Map has it");
	refused(ui, "windw", "is no command (Tab lists them)");
	runs(ui, "filter 10.0.0.1");
	assert_string_equal(filter_bar_text(ui_filter_bar(ui)), "--ip 10.0.0.1");
	runs(ui, "filter");
	refused(ui, "filter rtt", "rtt is no yes or no");
	refused(ui, "export svg", "a file is missing");
	refused(ui, "export x.tar", "no format");
	refused(ui, "jump nonsense", "nonsense");
	assert_false(ui_is_over(ui));
	runs(ui, "pau");
	assert_int_equal(store_time(ui_store(ui)), STORE_PAUSED);
	runs(ui, "li");
	assert_int_equal(store_time(ui_store(ui)), STORE_LIVE);
	refused(ui, "re", "is no command");
	runs(ui, "fil reply");
	assert_string_equal(filter_bar_text(ui_filter_bar(ui)), "reply");
	runs(ui, "q");
	assert_true(ui_is_over(ui));
	ui_free(ui);
}

static void every_key_in_the_line(void **state)
{
	struct ui_config config;
	struct ui *ui = screen(&config, UI_FROM_KERNEL);
	struct canvas c = {0};
	int x, y;

	(void)state;
	assert_int_equal(canvas_resize(&c, 60, 20), 0);
	ui_key(ui, ':');
	for (const char *s = "vi\tma\t"; *s; s++) {
		ui_key(ui, *s);
		ui_frame(ui, &c, &x, &y);
	}
	assert_int_equal(y, 19);
	ui_key(ui, KEY_RETURN);
	assert_int_equal(ui_view(ui), VIEW_MAP);
	ui_key(ui, ':');
	for (const char *s = "filter --verdict dr\t"; *s; s++)
		ui_key(ui, *s);
	ui_key(ui, KEY_RETURN);
	assert_string_equal(filter_bar_text(ui_filter_bar(ui)), "--verdict DROPPED");
	ui_key(ui, ':');
	ui_key(ui, KEY_UP_);
	ui_key(ui, KEY_UP_);
	ui_key(ui, KEY_RETURN);
	assert_int_equal(ui_view(ui), VIEW_MAP);
	ui_key(ui, 'u');
	assert_string_equal(filter_bar_text(ui_filter_bar(ui)), "");
	canvas_free(&c);
	ui_free(ui);
}

static int set_up(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state)
{
	char line[128];

	(void)state;
	snprintf(line, sizeof(line), "rm -rf '%s'", dir);
	return system(line);
}

/* Ten flows of one instant, and one of before that came late. */
static void a_command_that_shows_more_says_so(void **state)
{
	struct ui_config config;
	struct ui *ui = screen(&config, UI_FROM_SERVER);
	struct flow f = {.time_ns = 1700000000000000000ull, .verdict = VERDICT_FORWARDED};

	(void)state;
	for (int i = 0; i < 10; i++)
		ui_flow(ui, &f);
	f.time_ns -= 1;
	ui_flow(ui, &f);
	work(ui);
	store_step(ui_store(ui), -4);
	work(ui);
	ui_yank(ui);
	assert_true(shows(ui, "that is 4 flows more."));
	ui_act(ui, ACT_BACK, 1);
	store_step(ui_store(ui), 4);
	work(ui);
	ui_yank(ui);
	assert_true(shows(ui, "that is 10 flows fewer."));
	ui_act(ui, ACT_BACK, 1);
	store_live(ui_store(ui));
	ui_yank(ui);
	assert_false(shows(ui, "Not quite"));
	ui_free(ui);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_shown_is_exported),
		cmocka_unit_test(nothing_is_written_over),
		cmocka_unit_test(a_file_is_whole_or_not_there),
		cmocka_unit_test(recorded_as_it_comes),
		cmocka_unit_test(a_full_disk_is_told),
		cmocka_unit_test(a_disk_that_does_not_answer),
		cmocka_unit_test(a_file_is_not_recorded),
		cmocka_unit_test(a_command_that_shows_more_says_so),
		cmocka_unit_test(commands),
		cmocka_unit_test(every_key_in_the_line),
	};

	setenv("XDG_STATE_HOME", "/dev/null", 1);
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
