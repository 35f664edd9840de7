// SPDX-License-Identifier: MIT
/* What the API asks the agent about itself. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/agent.h"
#include "cli/totals.h"

#define COUNT_RUNS_MS 15000 /* since somebody asked last */

static uint64_t resident_bytes(void)
{
	unsigned long long size, resident = 0;
	FILE *in = fopen("/proc/self/statm", "re");

	if (in && fscanf(in, "%llu %llu", &size, &resident) != 2)
		resident = 0;
	if (in)
		fclose(in);
	return resident * sysconf(_SC_PAGESIZE);
}

static uint64_t cpu_ns(void)
{
	struct rusage r;

	getrusage(RUSAGE_SELF, &r);
	return (r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1000000000ull +
	       (r.ru_utime.tv_usec + r.ru_stime.tv_usec) * 1000ull;
}

/* ------------------------------------------------------------------- the parts */

static void free_names(struct agent_answer *answer)
{
	while (answer->n_names) {
		answer->n_names--;
		free((char *)answer->names[answer->n_names].what);
		free((char *)answer->names[answer->n_names].state);
	}
}

static void on_names_row(void *arg, const struct names_row *row)
{
	struct agent_answer *answer = arg;
	struct names_row *to = &answer->names[answer->n_names];

	if (answer->n_names == AGENT_NAMES_ROWS_MAX)
		return;
	*to = *row;
	to->what = strdup(row->what);
	to->state = strdup(row->state ? row->state : "");
	if (to->what && to->state) {
		answer->n_names++;
		return;
	}
	free((char *)to->what);
	free((char *)to->state);
}

static void answer_names(struct agent *a, struct api_status *ret)
{
	const struct names_rows rows = {.arg = &a->answer, .row = on_names_row};

	free_names(&a->answer);
	if (a->names)
		names_status(a->names, &rows);
	ret->names = a->answer.names;
	ret->n_names = a->answer.n_names;
}

static void answer_losses(struct agent *a, struct api_status *ret)
{
	struct agent_answer *answer = &a->answer;
	size_t n = 0;

	while (n < AGENT_LOSSES_MAX) {
		answer->losses[n].name = totals_loss(&ret->capture, n, &answer->losses[n].count);
		if (!answer->losses[n].name)
			break;
		n++;
	}
	ret->losses = answer->losses;
	ret->n_losses = n;
}

/* The kernel counts runs from the first question on, for as long as questions come. */
static void answer_programs(struct agent *a, struct api_status *ret)
{
	struct agent_answer *answer = &a->answer;
	size_t n = capture_programs(a->capture, answer->programs, AGENT_PROGRAMS_MAX);

	for (size_t i = 0; i < n; i++) {
		const struct capture_program *p = &answer->programs[i];

		answer->api_programs[i] = (struct api_program){p->name, p->id, p->runs, p->run_ns};
	}
	ret->programs = answer->api_programs;
	ret->n_programs = n;
	if (a->count_runs_fd < 0)
		a->count_runs_fd = capture_count_runs();
	a->count_runs_until = uv_now(&a->loop) + COUNT_RUNS_MS;
}

static void on_status(void *arg, struct api_status *ret)
{
	struct agent *a = arg;
	struct grpc_server_stats server;

	ret->resident_bytes = resident_bytes();
	ret->cpu_ns = cpu_ns();
	ret->kernel_map_bytes = capture_map_bytes(a->capture);
	grpc_server_stats(a->server, &server);
	ret->clients = server.connections;
	a->source->stats(a->source, &ret->capture);
	answer_losses(a, ret);
	answer_names(a, ret);
	answer_programs(a, ret);
	ret->exporters = a->answer.exporters;
	ret->n_exporters = exporters_status(a->exporters, a->answer.exporters, AGENT_EXPORTERS_MAX);
	ret->notices = (const char *const *)a->notices;
	ret->n_notices = a->n_notices;
}

/* ------------------------------------------------------------------ interfaces */

struct row_to {
	void *to;
	void (*row)(void *to, const struct api_interface *i);
};

static void on_interface(void *arg, const struct capture_interface *i)
{
	const struct row_to *r = arg;

	r->row(r->to, &(struct api_interface){i->index, i->name, i->kind, i->watched, i->how});
}

static void on_interfaces(void *arg, void *to, void (*row)(void *to, const struct api_interface *i))
{
	struct agent *a = arg;
	struct row_to r = {to, row};

	capture_interfaces(a->capture, &r, on_interface);
}

/* ------------------------------------------------------------------- endpoints */

static bool is_there(const char *root, const char *mount, const char *path)
{
	char full[4096];
	struct stat st;

	if (snprintf(full, sizeof(full), "%s%s%s", root, mount, path) >= (int)sizeof(full))
		return true;
	return !stat(full, &st);
}

/* A local endpoint lives as long as its control group, in whichever hierarchy that is. */
static bool on_alive(void *arg, const struct endpoint *e)
{
	static const char *const mounts[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified",
					     "/sys/fs/cgroup/systemd", "/sys/fs/cgroup/pids",
					     "/sys/fs/cgroup/memory"};
	const struct agent *a = arg;
	const char *root = a->opt->o.names.root ? a->opt->o.names.root : "";

	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++)
		if (is_there(root, mounts[i], e->cgroup))
			return true;
	return false;
}

static void on_gone(void *arg, const struct endpoint *e)
{
	struct agent *a = arg;

	if (a->metrics)
		metrics_pod_gone(a->metrics, e->namespace_name, e->name);
}

struct api_agent agent_callbacks(struct agent *a)
{
	return (struct api_agent){
		.arg = a,
		.status = on_status,
		.interfaces = on_interfaces,
		.alive = on_alive,
		.gone = on_gone,
	};
}

void agent_status_tick(struct agent *a)
{
	if (a->count_runs_fd < 0 || uv_now(&a->loop) < a->count_runs_until)
		return;
	close(a->count_runs_fd);
	a->count_runs_fd = -1;
}

void agent_status_free(struct agent *a)
{
	free_names(&a->answer);
	if (a->count_runs_fd >= 0)
		close(a->count_runs_fd);
	a->count_runs_fd = -1;
}

/* --------------------------------------------------------------------- metrics */

static void metric(struct text *t, const char *name, const char *type, const char *help,
		   uint64_t value)
{
	text_str(t, "# HELP pitot_");
	text_str(t, name);
	text_char(t, ' ');
	text_str(t, help);
	text_str(t, "\n# TYPE pitot_");
	text_str(t, name);
	text_char(t, ' ');
	text_str(t, type);
	text_str(t, "\npitot_");
	text_str(t, name);
	text_char(t, ' ');
	text_u64(t, value);
	text_char(t, '\n');
}

static void write_cpu(struct text *t, uint64_t ns)
{
	text_str(t, "# HELP pitot_cpu_seconds_total CPU time of the agent\n"
		    "# TYPE pitot_cpu_seconds_total counter\npitot_cpu_seconds_total ");
	text_u64(t, ns / 1000000000);
	text_char(t, '.');
	text_padded(t, ns % 1000000000, 9);
	text_char(t, '\n');
}

static void write_losses(struct text *t, const struct capture_stats *s)
{
	const char *name;
	uint64_t count;

	text_str(t, "# HELP pitot_lost_total Events that were lost, by cause\n"
		    "# TYPE pitot_lost_total counter\n");
	for (size_t i = 0; (name = totals_loss(s, i, &count)); i++) {
		text_str(t, "pitot_lost_total{what=\"");
		text_str(t, name);
		text_str(t, "\"} ");
		text_u64(t, count);
		text_char(t, '\n');
	}
}

void agent_write_metrics(void *arg, struct text *t)
{
	struct agent *a = arg;
	struct grpc_server_stats server;
	struct capture_stats capture;
	struct history_stats history;

	a->source->stats(a->source, &capture);
	history_stats(a->history, &history);
	grpc_server_stats(a->server, &server);
	write_losses(t, &capture);
	metric(t, "active_connections", "gauge", "Connections in the kernel's maps",
	       capture.active);
	metric(t, "history_flows", "gauge", "Flows held", history.flows);
	metric(t, "history_bytes", "gauge", "Bytes of the flows held", history.bytes);
	metric(t, "history_evicted_total", "counter", "Flows that made room for others",
	       history.evicted);
	metric(t, "resident_memory_bytes", "gauge", "Resident memory of the agent",
	       resident_bytes());
	write_cpu(t, cpu_ns());
	exporters_write_metrics(a->exporters, t);
	metric(t, "api_connections", "gauge", "Connections to the API", server.connections);
	metric(t, "api_followers", "gauge", "Clients that follow the flows", api_followers(a->api));
	metric(t, "api_messages_sent_total", "counter", "Messages sent to clients",
	       server.messages_sent);
	metric(t, "api_protocol_errors_total", "counter", "Connections ended for malformed frames",
	       server.protocol_errors);
}
