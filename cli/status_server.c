// SPDX-License-Identifier: MIT
/* `pitot status`: a server's health and counts, as Hubble prints them. */
#include "cli/status_server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/client.h"
#include "cli/command.h"
#include "cli/text_put.h"
#include "flows/capture/capture.h"

#define HEALTH "/grpc.health.v1.Health/Check"
#define SERVICE "hubble.server.Observer"
#define SERVER_STATUS "/observer.Observer/ServerStatus"
#define AGENT_STATUS "/pitot.v1.Agent/Status"
#define SERVING 1
#define COUNT_MS 1000
#define TEXT_MAX 1024
#define CELLS 8
#define PADDING 3

/* ---------------------------------------------------------- Hubble's texts */

/* "4,095" */
static char *grouped(uint64_t v, char *buf, size_t size)
{
	char digits[24];
	size_t n = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)v), at = 0;

	for (size_t i = 0; i < n && at + 2 < size; i++) {
		if (i && (n - i) % 3 == 0)
			buf[at++] = ',';
		buf[at++] = digits[i];
	}
	buf[at] = '\0';
	return buf;
}

/* A duration as Go prints it: "1h0m0s", "1.5s", "20ms". */
static void go_duration(uint64_t ns, char *buf, size_t size)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} small[] = {{"ms", 1000000}, {"\u00b5s", 1000}, {"ns", 1}};
	double seconds = (ns % 60000000000ull) / 1e9;
	uint64_t minutes = ns / 60000000000ull;
	size_t i = 0, n = 0;

	if (ns && ns < 1000000000) {
		while (ns < small[i].ns)
			i++;
		snprintf(buf, size, "%.9g%s", (double)ns / small[i].ns, small[i].name);
		return;
	}
	if (minutes >= 60)
		n = snprintf(buf, size, "%lluh", (unsigned long long)(minutes / 60));
	if (minutes)
		n += snprintf(buf + n, size - n, "%llum", (unsigned long long)(minutes % 60));
	snprintf(buf + n, size - n, "%.11gs", seconds);
}

static void optional(const struct answer_optional *o, char *buf, size_t size)
{
	if (o->is_set)
		snprintf(buf, size, "%u", (uint32_t)o->value);
	else
		snprintf(buf, size, "N/A");
}

struct cells {
	char v[CELLS - 1][64];
	const char *version; /* the last */
};

static void fill(struct cells *c, const struct answer_server_status *s)
{
	grouped(s->num_flows, c->v[0], sizeof(c->v[0]));
	grouped(s->max_flows, c->v[1], sizeof(c->v[1]));
	grouped(s->seen_flows, c->v[2], sizeof(c->v[2]));
	if (s->flows_rate > 0)
		snprintf(c->v[3], sizeof(c->v[3]), "%.2f", s->flows_rate);
	else
		snprintf(c->v[3], sizeof(c->v[3]), "N/A");
	go_duration(s->uptime_ns, c->v[4], sizeof(c->v[4]));
	optional(&s->connected, c->v[5], sizeof(c->v[5]));
	optional(&s->unavailable, c->v[6], sizeof(c->v[6]));
	c->version = s->version;
}

static void cell(struct text *t, const struct cells *c, size_t i)
{
	if (i < CELLS - 1)
		text_str(t, c->v[i]);
	else
		text_escape(t, c->version, TEXT_MAX);
}

static void put_dict(struct text *t, const struct cells *c)
{
	static const char *const titles[CELLS] = {
		"          NUM FLOWS: ", "          MAX FLOWS: ", "         SEEN FLOWS: ",
		"   FLOWS PER SECOND: ", "             UPTIME: ", "NUM CONNECTED NODES: ",
		" NUM UNAVAIL. NODES: ", "            VERSION: ",
	};

	for (size_t i = 0; i < CELLS; i++) {
		text_str(t, titles[i]);
		cell(t, c, i);
		text_char(t, '\n');
	}
}

static void put_table(struct text *t, const struct cells *c)
{
	static const char *const titles[CELLS] = {
		"NUM FLOWS",
		"MAX FLOWS",
		"SEEN FLOWS",
		"FLOWS PER SECOND",
		"UPTIME",
		"NUM CONNECTED NODES",
		"NUM UNAVAILABLE NODES",
		"VERSION",
	};
	struct text row = {0};

	for (size_t i = 0; i < CELLS; i++) {
		size_t from = row.len, title = strlen(titles[i]), width;

		cell(&row, c, i);
		width = text_width(&row, from);
		text_str(t, titles[i]);
		if (i == CELLS - 1)
			break;
		if (width < title) {
			text_spaces(&row, title - width + PADDING);
			text_spaces(t, PADDING);
		} else {
			text_spaces(&row, PADDING);
			text_spaces(t, width - title + PADDING);
		}
	}
	text_char(t, '\n');
	text_mem(t, row.data, row.len);
	text_char(t, '\n');
	text_free(&row);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void put_nodes(struct text *t, const struct answer_server_status *s)
{
	uint32_t connected = s->connected.value, gone = s->unavailable.value;
	const struct answer_texts *names = &s->unavailable_nodes;

	if (s->connected.is_set && s->unavailable.is_set)
		text_put(t, "Connected Nodes: %u/%u\n", connected, connected + gone);
	else if (s->connected.is_set)
		text_put(t, "Connected Nodes: %u\n", connected);
	if (!s->unavailable.is_set || !gone)
		return;
	text_put(t, "Unavailable Nodes: %u\n", gone);
	if (names->n)
		qsort(names->v, names->n, sizeof(*names->v), by_text);
	for (size_t i = 0; i < names->n; i++) {
		text_str(t, "  - ");
		text_escape(t, names->v[i], TEXT_MAX);
		text_char(t, '\n');
	}
	if (names->n && gone > names->n)
		text_put(t, "  - and %zu more...\n", gone - names->n);
}

static void put_compact(struct text *t, const struct answer_server_status *s, const struct cells *c)
{
	double seconds = s->uptime_ns / 1e9;

	text_put(t, "Current/Max Flows: %s/%s", c->v[0], c->v[1]);
	if (s->max_flows)
		text_put(t, " (%.2f%%)", (double)s->num_flows / s->max_flows * 100);
	if (s->flows_rate > 0 || seconds <= 0)
		text_put(t, "\nFlows/s: %s\n", c->v[3]);
	else
		text_put(t, "\nFlows/s: %.2f\n", s->seen_flows / seconds);
	put_nodes(t, s);
}

void status_server_text(struct text *t, const struct answer_server_status *s, int format)
{
	struct cells c;

	fill(&c, s);
	if (format == STATUS_DICT)
		put_dict(t, &c);
	else if (format == STATUS_TABLE || format == STATUS_TAB)
		put_table(t, &c);
	else
		put_compact(t, s, &c);
}

/* --------------------------------------------------------------------- run */

static bool is_json(const struct status_options *opt)
{
	return opt->output == STATUS_JSON || opt->output == STATUS_JSONPB;
}

/* Not reached, or not serving. */
static int check_health(struct client *c, const struct status_options *opt)
{
	struct answer_health health = {0};
	struct text request = {0};
	struct answer a = {0};
	uint8_t *reply;
	size_t n;
	int ret;

	request_health(&request, SERVICE);
	ret = client_ask(c, HEALTH, &request, &reply, &n, NULL);
	text_free(&request);
	if (ret)
		return ret;
	if (answer_read(&a, ANSWER_HEALTH, reply, n, &health))
		health.status = 0;
	answer_free(&a);
	free(reply);
	if (opt->output == STATUS_COMPACT) {
		printf("Healthcheck (via %s): %s\n", c->server.client.server.text,
		       health.status == SERVING ? "Ok" : "Unavailable");
		fflush(stdout);
	}
	return health.status == SERVING ? EXIT_FINE : say(EXIT_FAILED, "not healthy");
}

static int write_out(struct text *t, int err)
{
	int write_err = text_write(t, STDOUT_FILENO);

	text_free(t);
	if (err)
		return say(EXIT_FAILED, "the server's answer could not be read");
	if (write_err && write_err != -EPIPE)
		return say(EXIT_FAILED, "cannot write: %s", strerror(-write_err));
	return EXIT_FINE;
}

static int show_server(struct client *c, const struct status_options *opt)
{
	struct answer_server_status s;
	struct answer a = {0};
	struct text t = {0};
	uint8_t *reply;
	size_t n;
	int ret = client_ask(c, SERVER_STATUS, NULL, &reply, &n, NULL), err;

	if (ret)
		return ret;
	if (is_json(opt)) {
		err = answer_json(&t, ANSWER_SERVER_STATUS, reply, n);
		text_char(&t, '\n');
	} else {
		err = answer_read(&a, ANSWER_SERVER_STATUS, reply, n, &s);
		if (!err)
			status_server_text(&t, &s, opt->output);
		answer_free(&a);
	}
	free(reply);
	return write_out(&t, err);
}

/* Runs and times of a program that was there before become those since then. */
static void since(struct answer_agent_status *s, const struct answer_agent_status *before)
{
	struct answer_program *now = s->programs.v;
	const struct answer_program *then = before->programs.v;

	for (size_t i = 0; i < s->programs.n; i++)
		for (size_t j = 0; j < before->programs.n; j++)
			if (now[i].id == then[j].id && now[i].runs >= then[j].runs &&
			    now[i].run_ns >= then[j].run_ns) {
				now[i].runs -= then[j].runs;
				now[i].run_ns -= then[j].run_ns;
				break;
			}
}

struct agent_reply {
	uint8_t *bytes;
	size_t n;
	struct answer answer;
	struct answer_agent_status status;
	uint64_t at_ns;
};

static int ask_agent(struct client *c, struct agent_reply *r, enum grpc_status *ret_status)
{
	int ret = client_ask(c, AGENT_STATUS, NULL, &r->bytes, &r->n, ret_status);

	r->at_ns = uv_hrtime();
	if (!ret && answer_read(&r->answer, ANSWER_AGENT_STATUS, r->bytes, r->n, &r->status))
		ret = say(EXIT_FAILED, "the agent's answer could not be read");
	return ret;
}

static void reply_free(struct agent_reply *r)
{
	answer_free(&r->answer);
	free(r->bytes);
}

/*
 * The agent has given up the right to have runs counted, root has it still: what the
 * programs cost is what they cost in the next second.
 */
static uint64_t count_runs(struct client *c, struct agent_reply *r)
{
	enum grpc_status status;
	struct agent_reply later = {0};
	int fd = c->server.client.server.is_unix ? capture_count_runs() : -1;
	uint64_t ns = 0;

	if (fd < 0)
		return 0;
	/* What ran before it was counted has runs, and no times. */
	if (!ask_agent(c, &later, &status)) {
		reply_free(r);
		*r = later;
		later = (struct agent_reply){0};
		usleep(COUNT_MS * 1000);
		if (!ask_agent(c, &later, &status)) {
			since(&later.status, &r->status);
			ns = later.at_ns - r->at_ns;
			reply_free(r);
			*r = later;
			later = (struct agent_reply){0};
		}
	}
	reply_free(&later);
	close(fd);
	return ns;
}

/* A server that is no agent of ours has no more to say. */
static int show_agent(struct client *c, const struct status_options *opt)
{
	enum grpc_status status = GRPC_OK;
	struct agent_reply r = {0};
	struct text t = {0};
	int ret = ask_agent(c, &r, &status);

	if (ret && status != GRPC_OK)
		ret = opt->agent ? say(EXIT_FAILED, "%s is no agent of pitot's: %s",
				       c->server.client.server.text, grpc_status_name(status))
				 : EXIT_FINE;
	else if (!ret && is_json(opt)) {
		ret = answer_json(&t, ANSWER_AGENT_STATUS, r.bytes, r.n);
		text_char(&t, '\n');
		ret = write_out(&t, ret);
	} else if (!ret) {
		uint64_t counted_ns = count_runs(c, &r);

		status_agent_text(&t, &r.status, counted_ns,
				  color_wanted(opt->o.color, STDOUT_FILENO));
		ret = write_out(&t, 0);
	}
	reply_free(&r);
	return ret;
}

int status_server_run(struct status_options *opt)
{
	bool looked_for = !server_is_given(&opt->o.server);
	struct client c;
	int ret = client_open(&c, &opt->o.server);

	if (ret)
		return ret;
	ret = check_health(&c, opt);
	if (!ret && !opt->agent)
		ret = show_server(&c, opt);
	if (!ret && (opt->agent || opt->output == STATUS_COMPACT))
		ret = show_agent(&c, opt);
	if (ret && looked_for && !server_is_given(&opt->o.server) && !server_agent_is_there())
		say(0, "\"pitot status --names\" shows what names are made of, without an agent");
	client_close(&c);
	return ret;
}
