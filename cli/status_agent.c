// SPDX-License-Identifier: MIT
/* What pitot's agent tells of itself: history, losses, names, costs, exporters. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/list.h"
#include "cli/status_server.h"
#include "cli/text_put.h"

#define TEXT_MAX 1024
#define ROWS_SHOWN 256
#define RED "\033[31m"
#define PLAIN "\033[0m"

static void put_red(struct text *t, bool color, const char *s)
{
	text_str(t, color ? RED : "");
	text_escape(t, s, TEXT_MAX);
	text_str(t, color ? PLAIN : "");
}

static void put_agent(struct text *t, const struct answer_agent_status *s)
{
	text_str(t, "\nAgent: ");
	text_escape(t, s->node_name, TEXT_MAX);
	text_str(t, " (cluster ");
	text_escape(t, s->cluster_name, TEXT_MAX);
	text_str(t, "), pitot ");
	text_escape(t, s->version, TEXT_MAX);
	text_str(t, ", up ");
	list_duration(t, s->uptime_ns);
	text_put(t, "\nClients: %llu %s, %llu following\n", (unsigned long long)s->clients,
		 s->clients == 1 ? "connection" : "connections", (unsigned long long)s->followers);
}

/* How far back --since can look is what people want to know. */
static void put_history(struct text *t, const struct answer_history *h)
{
	char oldest[40] = "";
	time_t at = h->oldest_ns / 1000000000;
	struct tm tm;

	text_put(t, "History: %llu flows in ", (unsigned long long)h->flows);
	text_bytes(t, h->bytes);
	text_str(t, " of ");
	text_bytes(t, h->max_bytes);
	if (h->flows && h->newest_ns >= h->oldest_ns) {
		strftime(oldest, sizeof(oldest), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&at, &tm));
		text_put(t, ", since %s (", oldest);
		list_duration(t, h->newest_ns - h->oldest_ns);
		text_char(t, ')');
	}
	text_put(t, "; %llu seen, %llu gone to make room\n", (unsigned long long)h->seen,
		 (unsigned long long)h->evicted);
}

static void put_losses(struct text *t, const struct answer_rows *losses, bool color)
{
	const struct answer_loss *l = losses->v;
	bool any = false;

	text_str(t, "Losses:");
	for (size_t i = 0; i < losses->n; i++) {
		if (!l[i].count)
			continue;
		any = true;
		text_put(t, "\n  %llu ", (unsigned long long)l[i].count);
		put_red(t, color, l[i].name);
	}
	text_str(t, any ? "\n" : " none\n");
}

static double percent(uint64_t part_ns, uint64_t of_ns)
{
	return of_ns ? (double)part_ns / of_ns * 100 : 0;
}

static void put_costs(struct text *t, const struct answer_agent_status *s)
{
	text_str(t, "Memory: ");
	text_bytes(t, s->resident_bytes);
	text_str(t, " resident, ");
	text_bytes(t, s->kernel_map_bytes);
	text_put(t, " in the kernel's maps\nCPU: %.2f%% of a core since the start\n",
		 percent(s->cpu_ns, s->uptime_ns));
	text_put(t, "Traffic: %llu events, %llu drops, %llu connections now\n",
		 (unsigned long long)s->events, (unsigned long long)s->drops,
		 (unsigned long long)s->active_connections);
}

static void put_programs(struct text *t, const struct answer_agent_status *s, uint64_t counted_ns)
{
	const struct answer_program *p = s->programs.v;
	bool timed = false;

	if (!s->programs.n)
		return;
	text_put(t, "\n%-18s %6s %14s %8s %8s\n", "PROGRAM", "ID", "RUNS", "NS/RUN", "CPU");
	for (size_t i = 0; i < s->programs.n; i++, p++) {
		size_t from = t->len;

		text_escape(t, p->name, TEXT_MAX);
		if (text_width(t, from) < 18)
			text_spaces(t, 18 - text_width(t, from));
		text_put(t, " %6llu %14llu", (unsigned long long)p->id,
			 (unsigned long long)p->runs);
		if (p->run_ns && p->runs)
			text_put(t, " %8.0f %7.3f%%\n", (double)p->run_ns / p->runs,
				 percent(p->run_ns, counted_ns ? counted_ns : s->uptime_ns));
		else
			text_put(t, " %8s %8s\n", "-", "-");
		timed = timed || p->run_ns;
	}
	if (counted_ns)
		text_put(t, "(counted for %.1f s)\n", counted_ns / 1e9);
	else if (!timed)
		text_str(
			t,
			"(runs are counted for root, or with: sysctl kernel.bpf_stats_enabled=1)\n");
}

static void put_names(struct text *t, const struct answer_rows *names, bool color)
{
	const struct answer_names_row *r = names->v;
	struct names_row rows[ROWS_SHOWN];
	size_t n = names->n < ROWS_SHOWN ? names->n : ROWS_SHOWN;

	if (!n)
		return;
	for (size_t i = 0; i < n; i++)
		rows[i] = (struct names_row){
			.what = r[i].name,
			.state = *r[i].detail ? r[i].detail : r[i].state,
			.entries = r[i].entries,
			.max = r[i].bound,
			.evicted = r[i].evicted,
			.age_ns = r[i].age_ns,
			.failed = !r[i].healthy && strcmp(r[i].state, "none") != 0,
			.none = !strcmp(r[i].state, "none"),
		};
	text_char(t, '\n');
	status_table(t, rows, n, color);
}

static void put_exporters(struct text *t, const struct answer_rows *exporters, bool color)
{
	const struct answer_exporter *e = exporters->v;

	if (exporters->n)
		text_str(t, "\nExporters:\n");
	for (size_t i = 0; i < exporters->n; i++, e++) {
		text_str(t, "  ");
		text_escape(t, e->name, TEXT_MAX);
		text_str(t, " -> ");
		text_escape(t, e->target, TEXT_MAX);
		text_put(t, ": %s, %llu flows, ", e->up ? "up" : "down",
			 (unsigned long long)e->flows);
		text_bytes(t, e->bytes);
		text_put(t, ", %llu lost", (unsigned long long)e->lost);
		if (*e->error) {
			text_str(t, ": ");
			put_red(t, color, e->error);
		}
		text_char(t, '\n');
	}
}

void status_agent_text(struct text *t, const struct answer_agent_status *s, uint64_t counted_ns,
		       bool color)
{
	put_agent(t, s);
	put_history(t, &s->history);
	put_losses(t, &s->losses, color);
	put_costs(t, s);
	for (size_t i = 0; i < s->notices.n; i++) {
		text_str(t, "Notice: ");
		text_escape(t, s->notices.v[i], TEXT_MAX);
		text_char(t, '\n');
	}
	put_exporters(t, &s->exporters, color);
	put_names(t, &s->names, color);
	put_programs(t, s, counted_ns);
}
