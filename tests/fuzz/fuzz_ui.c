// SPDX-License-Identifier: MIT
/*
 * Somebody leans on the keyboard: bytes as a terminal sends them (keys, mouse, paste), sizes
 * and flows with hostile names, into the whole screen without a terminal. It never crashes,
 * and no control character is ever on the canvas.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/ui_filter.h"
#include "flows/text.h"
#include "tests/unit/sample_flows.h"
#include "tui/command.h"
#include "tui/export.h"
#include "tui/filter_bar.h"
#include "tui/terminal_input.h"
#include "tui/ui_internal.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define WORK_NS (1000 * 1000 * 1000ull)
#define NAME_MAX_BYTES 24
#define INPUT_MAX 2048
/* Bytes that no UTF-8 has: what is done in place of a key. */
enum { DO_SIZE = 0xff, DO_FLOW = 0xfe, DO_SECOND = 0xfd, DO_LATE = 0xfc, DO_LOST = 0xfb };

static int here, scratch; /* exports land in a folder of their own */
static char scratch_name[] = "/tmp/pitot-fuzz-ui.XXXXXX";

static void check(int holds)
{
	if (!holds)
		abort();
}

/* --------------------------------------------------------------- what is lent */

static int parse(void *arg, const char *text, struct ui_filter **ret, struct ui_filter_error *e)
{
	(void)arg;
	return ui_filter_parse(NULL, text, ret, e);
}

static void complete(void *arg, const char *text, size_t at,
		     const struct ui_words *(*known)(void *known_arg, enum ui_known kind),
		     void *known_arg, size_t *ret_start, struct ui_words *ret)
{
	(void)arg;
	ui_filter_complete(NULL, text, at, known, known_arg, ret_start, ret);
}

static void command_line(void *arg, const struct ui_filter *f, uint64_t until_ns, struct text *ret)
{
	(void)arg;
	ui_filter_command_line(NULL, f, until_ns, ret);
}

static int sink_open(void *arg, const char *format, const char *path, struct sink **ret, char **why)
{
	(void)arg, (void)format, (void)path, (void)ret;
	*why = strdup("no files here");
	return -EROFS;
}

static int status(void *arg,
		  void (*done)(void *done_arg, const struct ui_status_row *rows, size_t n),
		  void *done_arg)
{
	static const struct ui_status_row rows[] = {
		{"Source", "", STYLE_NORMAL, NULL},
		{"name", "\033[2Jx\r\n\xc2\x9b", STYLE_BAD, "\033]0;x\007"},
	};

	(void)arg;
	done(done_arg, rows, 2);
	return 0;
}

static const struct ui_host host = {
	.filter_parse = parse,
	.filter_complete = complete,
	.command_line = command_line,
	.sink_open = sink_open,
	.status = status,
};

/* --------------------------------------------------------------------- input */

struct input {
	const uint8_t *data;
	size_t size;
	char names[NAME_MAX_BYTES + 1];
};

static unsigned int byte(struct input *in)
{
	if (!in->size)
		return 0;
	in->size--;
	return *in->data++;
}

/* A text of the input, NUL-terminated; valid until the next one. */
static const char *text(struct input *in)
{
	size_t n = byte(in) % (NAME_MAX_BYTES + 1);

	n = n < in->size ? n : in->size;
	memcpy(in->names, in->data, n);
	in->names[n] = '\0';
	in->data += n;
	in->size -= n;
	return in->names;
}

static struct endpoint *endpoint(struct input *in)
{
	char name[NAME_MAX_BYTES + 1];
	const char *label = name;
	struct endpoint e = {.kind = byte(in) % 4, .cluster = "c", .workload_kind = "Deployment"};

	memcpy(name, text(in), sizeof(name));
	e.namespace_name = byte(in) % 2 ? "shop" : name;
	e.name = e.workload = e.node = name;
	e.container = e.image = e.container_id = e.cgroup = name;
	e.labels = &label;
	e.n_labels = 1;
	return endpoint_new(&e);
}

static struct l7 *message(struct input *in, unsigned int kind)
{
	static const char *const types[] = {"A"};
	struct l7 l = {.type = kind & 16 ? L7_RESPONSE : L7_REQUEST,
		       .protocol = L7_DNS,
		       .latency_ns = kind * 1000000ull,
		       .dns = {.query = text(in),
			       .qtypes = types,
			       .n_qtypes = kind & 32 ? 1 : 0,
			       .rcode = byte(in) % 7,
			       .timeout = kind & 64,
			       .multicast = kind & 128}};

	return l7_new(&l);
}

static void add_flow(struct ui *ui, struct input *in)
{
	static uint64_t connection;
	struct flow f = sample(byte(in) % 2 ? 6 : 17, "10.0.0.1", (uint16_t)byte(in), "10.0.0.2",
			       (uint16_t)(byte(in) * 257));
	unsigned int kind = byte(in);
	const char *names[1];

	f.src.addr.b[15] = (uint8_t)byte(in);
	f.dst.addr.b[14] = (uint8_t)byte(in);
	f.time_ns += (uint64_t)byte(in) * 50 * 1000 * 1000;
	f.event = kind % 8;
	f.drop = (struct flow_drop){.reason = kind,
				    .reason_name = kind & 32 ? "NETFILTER_DROP" : "NOT_SPECIFIED",
				    .text = "netfilter",
				    .function = kind & 1 ? "nft_do_chain" : "",
				    .packets = kind,
				    .delta_packets = kind};
	f.is_reply = kind % 3;
	f.verdict = kind & 16 ? VERDICT_DROPPED : VERDICT_FORWARDED;
	f.connection_id = kind & 64 ? ++connection : 1 + kind % 4;
	f.tcp_flags = (uint16_t)(kind * 3);
	f.forward.packets = f.forward.delta_packets = kind;
	f.forward.bytes = f.forward.delta_bytes = (uint64_t)kind << (kind % 56);
	f.forward.first_ns = SAMPLE_NS;
	f.forward.last_ns = f.time_ns;
	if (kind & 1)
		f.src.endpoint = endpoint(in);
	if (kind & 2)
		f.dst.endpoint = endpoint(in);
	if (f.event == FLOW_L7)
		f.l7 = message(in, kind);
	if (kind & 4)
		f.src.process = sample_process(text(in), kind);
	if (kind & 8) {
		names[0] = text(in);
		f.dst.dns = name_list_new(names, 1);
	}
	ui_flow(ui, &f);
	flow_release(&f);
}

/* -------------------------------------------------------------------- screen */

static void draw(struct ui *ui, struct canvas *c)
{
	int x, y;
	size_t n = (size_t)c->width * (size_t)c->height;

	for (bool changed, more = true; more;)
		more = store_work(ui_store(ui), WORK_NS, &changed);
	ui_export_work(ui_export(ui), WORK_NS);
	ui_frame(ui, c, &x, &y);
	check(x < c->width && y < c->height);
	for (size_t i = 0; i < n; i++) {
		check(!c->cells[i].c ||
		      (!utf8_is_control(c->cells[i].c) && c->cells[i].c < 0x110000));
		check(c->cells[i].style < STYLES);
	}
}

static void keys(struct ui *ui, struct terminal_input *t, bool late, uint64_t *now_ms)
{
	struct ui_mouse m;
	int key;

	while ((key = terminal_input_next(t, late, *now_ms, &m)) && !ui_is_over(ui)) {
		*now_ms += 150;
		/* files of this folder, and no other */
		if ((key & ~KEY_PASTED) == '/' && !filter_bar_is_open(ui_filter_bar(ui)) &&
		    (command_line_is_open(ui_command_line(ui)) || ui->n_overlays))
			continue;
		if (key == KEY_MOUSE_)
			ui_mouse(ui, &m);
		else
			ui_key(ui, key);
	}
}

static void run(struct ui *ui, struct input *in, struct canvas *c)
{
	struct terminal_input t = {.n = 0};
	uint64_t now_ms = 1000;

	while (in->size && !ui_is_over(ui) && ui->come < 200) {
		uint8_t b = (uint8_t)byte(in);

		if (b == DO_SIZE) {
			int width = (int)byte(in) % 140, height = (int)byte(in) % 50;

			check(!canvas_resize(c, width, height));
			c->ascii = byte(in) % 4 == 0;
			draw(ui, c);
		} else if (b == DO_FLOW) {
			add_flow(ui, in);
		} else if (b == DO_SECOND) {
			ui_second(ui);
			draw(ui, c);
		} else if (b == DO_LATE) {
			keys(ui, &t, true, &now_ms);
			draw(ui, c);
		} else if (b == DO_LOST) {
			store_lost(ui_store(ui),
				   &(struct lost_events){.source = "x", .count = byte(in)});
		} else {
			terminal_input_add(&t, &b, 1);
			keys(ui, &t, false, &now_ms);
		}
	}
	keys(ui, &t, true, &now_ms);
	draw(ui, c);
}

/* What was exported goes, what is there otherwise stays. */
static void sweep(void)
{
	DIR *d = fdopendir(dup(scratch));
	struct dirent *e;

	check(d != NULL);
	rewinddir(d);
	while ((e = readdir(d)))
		unlinkat(scratch, e->d_name, 0);
	closedir(d);
}

static void remove_scratch(void)
{
	sweep();
	rmdir(scratch_name);
}

/* Where a crash is written is told from this folder, not from the one that a run is in. */
static void keep_artifacts_here(int *argc, char ***argv)
{
	static const char flag[] = "-artifact_prefix=";
	char *cwd = getcwd(NULL, 0), **v = calloc((size_t)*argc + 2, sizeof(*v));
	const char *prefix = "";
	int n = 0;

	check(cwd && v);
	for (int i = 0; i < *argc; i++) {
		if (!strncmp((*argv)[i], flag, strlen(flag)))
			prefix = (*argv)[i] + strlen(flag);
		else
			v[n++] = (*argv)[i];
	}
	check(asprintf(&v[n++], "%s%s%s%s", flag, *prefix == '/' ? "" : cwd,
		       *prefix == '/' ? "" : "/", prefix) > 0);
	free(cwd);
	*argv = v;
	*argc = n;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	keep_artifacts_here(argc, argv);
	check(mkdtemp(scratch_name) != NULL);
	here = open(".", O_RDONLY | O_DIRECTORY);
	scratch = open(scratch_name, O_RDONLY | O_DIRECTORY);
	check(here >= 0 && scratch >= 0);
	setenv("XDG_STATE_HOME", scratch_name, 1);
	atexit(remove_scratch);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size < INPUT_MAX ? size : INPUT_MAX, ""};
	unsigned int first = byte(&in);
	struct ui_config config = {
		.from = first % 4,
		.from_name = "a\033[2Jfile",
		.why = "no \033source",
		.why_err = first & 4 ? -EPERM : -ECONNREFUSED,
		.host = &host,
		.history_bytes = first & 8 ? 65536 : 1 << 20,
		.report_interval_ns = 5000000000ull,
		.view = first / 16 % VIEWS,
	};
	struct canvas c = {0};
	struct ui *ui;

	check(!fchdir(scratch));
	check(!canvas_resize(&c, 80, 24));
	check(!ui_new(&config, &ui));
	draw(ui, &c);
	run(ui, &in, &c);
	ui_free(ui);
	canvas_free(&c);
	check(!fchdir(here));
	return 0;
}
