// SPDX-License-Identifier: MIT
#include "cli/ui_status.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/ui_status_rows.h"

#define SERVER_STATUS "/observer.Observer/ServerStatus"
#define AGENT_STATUS "/pitot.v1.Agent/Status"
#define COUNT_RUNS_MS 15000 /* after the last question */
#define PROGRAMS_MAX 64

/* A question to the server that is under way, or its answer. */
struct call {
	struct ui_status *status;
	struct grpc_stream *stream; /* NULL: none is under way */
	struct text reply; /* the last message */
	bool answered;
	enum grpc_status result;
	char message[256];
};

enum { CALL_SERVER, CALL_AGENT, CALLS };

struct ui_status {
	struct ui_status_config config;
	struct status_rows rows;
	struct status_cost own, other; /* of this process, of the agent */
	struct grpc_client *grpc;
	struct call calls[CALLS];
	void (*done)(void *done_arg, const struct ui_status_row *rows, size_t n);
	void *done_arg; /* done NULL: nobody waits */
	struct capture_stats before; /* of the question before */
	uint64_t before_ns;
	int count_runs_fd;
	uv_timer_t *
		timer; /* ends the counting; its own memory: it outlives us by a round of the loop */
};

int ui_status_new(const struct ui_status_config *config, struct ui_status **ret)
{
	struct ui_status *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->config = *config;
	s->count_runs_fd = -1;
	for (int i = 0; i < CALLS; i++)
		s->calls[i].status = s;
	*ret = s;
	return 0;
}

/* --------------------------------------------------------------- runs counted */

static void stop_counting(struct ui_status *s)
{
	if (s->count_runs_fd >= 0)
		close(s->count_runs_fd);
	s->count_runs_fd = -1;
}

static void on_time(uv_timer_t *timer)
{
	stop_counting(timer->data);
}

static void on_closed(uv_handle_t *handle)
{
	free(handle);
}

/* The kernel counts runs as long as somebody looks: that costs every program on the machine. */
static void count_runs(struct ui_status *s)
{
	if (!s->timer) {
		s->timer = calloc(1, sizeof(*s->timer));
		if (!s->timer)
			return;
		uv_timer_init(s->config.loop, s->timer);
		s->timer->data = s;
	}
	if (s->count_runs_fd < 0)
		s->count_runs_fd = capture_count_runs();
	uv_timer_start(s->timer, on_time, COUNT_RUNS_MS, 0);
}

/* --------------------------------------------------------------------- kernel */

struct interfaces {
	size_t watched, not_watched;
	char name[64], how[128], why[160]; /* of the first ones */
};

static void on_interface(void *arg, const struct capture_interface *i)
{
	struct interfaces *all = arg;

	if (i->watched && !all->watched++)
		snprintf(all->how, sizeof(all->how), "%s", i->how ? i->how : "");
	if (!i->watched && !all->not_watched++) {
		snprintf(all->name, sizeof(all->name), "%s", i->name);
		snprintf(all->why, sizeof(all->why), "%s", i->how ? i->how : "");
	}
}

static void row_interfaces(struct status_rows *r, struct source *capture)
{
	struct interfaces all = {0};

	capture_interfaces(capture, &all, on_interface);
	row_begin(r, "interfaces");
	put_grouped(&r->t, all.watched);
	text_str(&r->t, " watched");
	if (*all.how) {
		text_str(&r->t, " by ");
		text_str(&r->t, all.how);
	}
	if (all.not_watched) {
		text_str(&r->t, ", ");
		put_grouped(&r->t, all.not_watched);
		text_str(&r->t, " not: ");
		text_str(&r->t, all.name);
		if (*all.why) {
			text_str(&r->t, " (");
			text_str(&r->t, all.why);
			text_char(&r->t, ')');
		}
	}
	row_end(r, all.watched ? STYLE_GOOD : STYLE_BAD, NULL);
}

static void row_counted(struct status_rows *r, const char *name, uint64_t now, uint64_t before,
			double seconds)
{
	row_begin(r, name);
	put_grouped(&r->t, now);
	if (seconds > 0 && now >= before) {
		text_str(&r->t, ", ");
		put_grouped(&r->t, (uint64_t)((now - before) / seconds + 0.5));
		text_str(&r->t, " a second");
	}
	row_end(r, STYLE_NORMAL, NULL);
}

static void rows_traffic(struct ui_status *s, const struct capture_stats *now)
{
	struct status_rows *r = &s->rows;
	uint64_t ns = uv_hrtime();
	double seconds = s->before_ns ? (ns - s->before_ns) / 1e9 : 0;

	row_counted(r, "events", now->events, s->before.events, seconds);
	row_begin(r, "connections");
	put_grouped(&r->t, now->active);
	text_str(&r->t, " now, ");
	put_grouped(&r->t, now->connections);
	text_str(&r->t, " since the start");
	row_end(r, STYLE_NORMAL, NULL);
	row_begin(r, "drops");
	put_grouped(&r->t, now->drops);
	text_str(&r->t, ", and ");
	put_grouped(&r->t, now->normal_drops);
	text_str(&r->t, " of normal life");
	row_end(r, STYLE_NORMAL, NULL);
	s->before = *now;
	s->before_ns = ns;
}

static void on_name(void *arg, const struct names_row *row)
{
	rows_name(arg, row);
}

static void rows_own_programs(struct ui_status *s)
{
	struct capture_program programs[PROGRAMS_MAX];
	struct answer_program rows[PROGRAMS_MAX];
	size_t n = capture_programs(s->config.capture, programs, PROGRAMS_MAX);
	uint64_t now = uv_hrtime();

	for (size_t i = 0; i < n; i++)
		rows[i] = (struct answer_program){programs[i].name, programs[i].id,
						  programs[i].runs, programs[i].run_ns};
	rows_programs(&s->rows, rows, n, &s->other, now);
	s->other.at_ns = now;
}

static void rows_kernel(struct ui_status *s)
{
	const struct names_rows names = {.arg = &s->rows, .row = on_name};
	struct status_rows *r = &s->rows;
	struct capture_stats stats = {0};

	count_runs(s);
	s->config.source->stats(s->config.source, &stats);
	if (s->config.capture)
		row_interfaces(r, s->config.capture);
	rows_traffic(s, &stats);
	rows_losses(r, &stats);
	rows_names_begin(r);
	if (s->config.names)
		names_status(s->config.names, &names);
	else
		row_text(r, "names", STYLE_DIM, "none: --no-names", NULL);
	row_heading(r, "Cost of pitot");
	rows_own_cost(r, &s->own, false);
	if (!s->config.capture)
		return;
	row_begin(r, "in the kernel");
	text_bytes(&r->t, capture_map_bytes(s->config.capture));
	text_str(&r->t, " of maps");
	row_end(r, STYLE_NORMAL, NULL);
	rows_own_programs(s);
}

/* ----------------------------------------------------------------------- file */

static void rows_file(struct ui_status *s)
{
	struct status_rows *r = &s->rows;
	struct file_source_stats f = {0};

	if (s->config.file)
		file_source_stats(s->config.file, &f);
	row_begin(r, "read");
	text_bytes(&r->t, f.bytes);
	text_str(&r->t, ", ");
	put_grouped(&r->t, f.lines);
	text_str(&r->t, " lines or messages");
	row_end(r, STYLE_NORMAL, NULL);
	row_begin(r, "flows");
	put_grouped(&r->t, f.flows);
	row_end(r, STYLE_NORMAL, NULL);
	row_begin(r, "not readable");
	put_grouped(&r->t, f.bad);
	if (f.bad) {
		text_str(&r->t, ", the first is number ");
		put_grouped(&r->t, f.first_bad);
		text_str(&r->t, "; a torn file, or none of flows? JSON lines or pb are read");
	}
	row_end(r, f.bad ? STYLE_BAD : STYLE_GOOD, f.first_why);
	if (f.err)
		row_text(r, "not read on", STYLE_BAD, strerror(-f.err), NULL);
	if (f.unknown) {
		row_begin(r, "not known");
		put_grouped(&r->t, f.unknown);
		text_str(&r->t, " fields or values");
		row_end(r, STYLE_DIM, "a newer Hubble wrote it; the rest of the flow is shown");
	}
	rows_own_cost(r, &s->own, true);
}

/* --------------------------------------------------------------------- server */

static void row_failed(struct status_rows *r, const struct call *c)
{
	row_begin(r, "state");
	text_str(&r->t, grpc_status_name(c->result));
	if (*c->message) {
		text_str(&r->t, ": ");
		text_mem(&r->t, c->message, strnlen(c->message, sizeof(c->message)));
	}
	row_end(r, STYLE_BAD,
		c->result == GRPC_UNAVAILABLE
			? "is the agent running? systemctl status pitot; pitot status --server ADDRESS"
			: "pitot status tells more");
}

static void tell_server(struct ui_status *s)
{
	struct call *server = &s->calls[CALL_SERVER], *agent = &s->calls[CALL_AGENT];
	struct status_rows *r = &s->rows;
	struct answer_server_status status;
	struct answer_agent_status about;
	struct answer a = {0}, b = {0};

	if (server->result != GRPC_OK)
		row_failed(r, server);
	else if (answer_read(&a, ANSWER_SERVER_STATUS, server->reply.data, server->reply.len,
			     &status))
		row_text(r, "state", STYLE_BAD, "its answer could not be read", NULL);
	else
		rows_server(r, &status);
	if (agent->result == GRPC_OK && agent->reply.len &&
	    !answer_read(&b, ANSWER_AGENT_STATUS, agent->reply.data, agent->reply.len, &about))
		rows_agent(r, &about, &s->other);
	answer_free(&a);
	answer_free(&b);
	rows_own_cost(r, &s->own, true);
}

static void finish(struct ui_status *s)
{
	void (*done)(void *done_arg, const struct ui_status_row *rows, size_t n) = s->done;
	size_t n = status_rows_finish(&s->rows);

	s->done = NULL;
	done(s->done_arg, s->rows.v, n);
}

static void on_message(void *arg, const uint8_t *bytes, size_t n)
{
	struct call *c = arg;

	c->reply.len = 0;
	text_mem(&c->reply, (const char *)bytes, n);
}

static void on_done(void *arg, enum grpc_status status, const char *message)
{
	struct call *c = arg;
	struct ui_status *s = c->status;

	c->stream = NULL;
	c->answered = true;
	c->result = c->reply.err ? GRPC_RESOURCE_EXHAUSTED : status;
	snprintf(c->message, sizeof(c->message), "%s", message ? message : "");
	for (int i = 0; i < CALLS; i++)
		if (!s->calls[i].answered)
			return;
	tell_server(s);
	finish(s);
}

static int call(struct ui_status *s, int which, const char *path)
{
	struct call *c = &s->calls[which];
	const struct grpc_stream_events events = {.arg = c, .message = on_message, .done = on_done};
	int err;

	c->reply.len = c->reply.err = 0;
	c->answered = false;
	err = grpc_call(s->grpc, path, NULL, 0, NULL, s->config.server->request_ms, &events,
			&c->stream);
	if (err)
		c->stream = NULL;
	return err;
}

/* Both at once; whichever is last tells. */
static int ask_server(struct ui_status *s)
{
	int err =
		s->grpc ? 0 : grpc_client_new(s->config.loop, &s->config.server->client, &s->grpc);

	if (err)
		return err;
	err = call(s, CALL_SERVER, SERVER_STATUS);
	if (err)
		return err;
	err = call(s, CALL_AGENT, AGENT_STATUS);
	if (err)
		grpc_cancel(s->calls[CALL_SERVER].stream);
	if (s->config.server->client.server.is_unix)
		count_runs(s);
	return err;
}

/* ------------------------------------------------------------------------ ask */

static void row_source(struct ui_status *s)
{
	static const char *const kinds[] = {
		[UI_FROM_NOTHING] = "nothing",
		[UI_FROM_KERNEL] = "a capture of its own",
		[UI_FROM_SERVER] = "a server",
		[UI_FROM_FILE] = "a file",
	};

	row_heading(&s->rows, "Source");
	row_begin(&s->rows, "flows from");
	text_str(&s->rows.t, kinds[s->config.from]);
	if (s->config.from_name && *s->config.from_name) {
		text_str(&s->rows.t, ": ");
		text_mem(&s->rows.t, s->config.from_name, strnlen(s->config.from_name, 256));
	}
	row_end(&s->rows, s->config.from == UI_FROM_NOTHING ? STYLE_BAD : STYLE_NORMAL,
		s->config.why);
}

int ui_status_ask(struct ui_status *s,
		  void (*done)(void *done_arg, const struct ui_status_row *rows, size_t n),
		  void *done_arg)
{
	int err = 0;

	if (s->done)
		return -EBUSY;
	status_rows_clear(&s->rows);
	row_source(s);
	s->done = done;
	s->done_arg = done_arg;
	if (s->config.from == UI_FROM_SERVER && s->config.server) {
		err = ask_server(s);
		if (err)
			s->done = NULL;
		return err;
	}
	if (s->config.from == UI_FROM_KERNEL && s->config.source)
		rows_kernel(s);
	else if (s->config.from == UI_FROM_FILE && s->config.file)
		rows_file(s);
	else
		rows_own_cost(&s->rows, &s->own, true);
	finish(s);
	return 0;
}

void ui_status_free(struct ui_status *s)
{
	if (!s)
		return;
	stop_counting(s);
	if (s->timer)
		uv_close((uv_handle_t *)s->timer, on_closed);
	grpc_client_free(s->grpc);
	if (s->done)
		s->done(s->done_arg, NULL, 0);
	for (int i = 0; i < CALLS; i++)
		text_free(&s->calls[i].reply);
	status_rows_free(&s->rows);
	free(s);
}
