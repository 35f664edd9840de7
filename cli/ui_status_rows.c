// SPDX-License-Identifier: MIT
/* What each part of the Status view tells. Figures that `pitot status` prints are the same here. */
#include "cli/ui_status_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "cli/list.h"
#include "cli/text_put.h"
#include "cli/totals.h"

#define NS_PER_S 1000000000ull
#define TEXT_MAX 512
#define NO_HINT SIZE_MAX

/* ----------------------------------------------------------------------- rows */

void status_rows_clear(struct status_rows *r)
{
	r->t.len = r->t.err = 0;
	r->n = 0;
}

void status_rows_free(struct status_rows *r)
{
	text_free(&r->t);
}

size_t status_rows_finish(struct status_rows *r)
{
	if (r->t.err)
		return 0;
	for (size_t i = 0; i < r->n; i++) {
		const char *t = r->t.data;

		r->v[i] = (struct ui_status_row){
			.name = t + r->at[i].name,
			.value = t + r->at[i].value,
			.style = r->at[i].style,
			.hint = r->at[i].hint == NO_HINT ? NULL : t + r->at[i].hint,
		};
	}
	return r->n;
}

static size_t put(struct text *t, const char *s)
{
	size_t at = t->len;

	text_mem(t, s, strnlen(s, TEXT_MAX));
	text_char(t, '\0');
	return at;
}

void row_begin(struct status_rows *r, const char *name)
{
	if (r->n == STATUS_ROWS_MAX) /* the last one is written over: more than there are */
		r->n--;
	r->at[r->n].name = put(&r->t, name);
	r->at[r->n].value = r->t.len;
}

void row_end(struct status_rows *r, enum style style, const char *hint)
{
	text_char(&r->t, '\0');
	r->at[r->n].style = style;
	r->at[r->n].hint = hint ? put(&r->t, hint) : NO_HINT;
	r->n++;
}

void row_text(struct status_rows *r, const char *name, enum style style, const char *value,
	      const char *hint)
{
	row_begin(r, name);
	text_mem(&r->t, value, strnlen(value, TEXT_MAX));
	row_end(r, style, hint);
}

void row_heading(struct status_rows *r, const char *name)
{
	row_text(r, "", STYLE_STRONG, name, NULL);
}

void put_grouped(struct text *t, uint64_t v)
{
	char digits[24];
	size_t n = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)v);

	for (size_t i = 0; i < n; i++) {
		if (i && (n - i) % 3 == 0)
			text_char(t, ',');
		text_char(t, digits[i]);
	}
}

void put_percent(struct text *t, double part)
{
	text_put(t, "%.*f %%", part < 0.1 ? 2 : 1, part * 100);
}

static void put_age(struct text *t, uint64_t ns)
{
	if (ns < 120 * NS_PER_S)
		text_put(t, "%llu s", (unsigned long long)(ns / NS_PER_S));
	else
		list_duration(t, ns / NS_PER_S * NS_PER_S);
}

/* --------------------------------------------------------------------- losses */

void rows_losses(struct status_rows *r, const struct capture_stats *stats)
{
	bool any = false;
	const char *name;
	uint64_t count;

	row_heading(r, "Losses");
	for (size_t i = 0; (name = totals_loss(stats, i, &count)); i++) {
		if (!count)
			continue;
		any = true;
		row_begin(r, "lost");
		put_grouped(&r->t, count);
		text_put(&r->t, " %s", name);
		row_end(r, STYLE_WARN, totals_loss_cure(i));
	}
	if (!any)
		row_text(r, "lost", STYLE_GOOD, "nothing", NULL);
}

/* The agent tells names of losses, not their cures; they are the same. */
static const char *cure_of(const char *loss)
{
	const struct capture_stats none = {0};
	const char *name;
	uint64_t count;

	for (size_t i = 0; (name = totals_loss(&none, i, &count)); i++)
		if (!strcmp(name, loss))
			return totals_loss_cure(i);
	return NULL;
}

static void rows_agent_losses(struct status_rows *r, const struct answer_rows *losses)
{
	const struct answer_loss *l = losses->v;
	bool any = false;

	row_heading(r, "Losses");
	for (size_t i = 0; i < losses->n; i++) {
		if (!l[i].count)
			continue;
		any = true;
		row_begin(r, "lost");
		put_grouped(&r->t, l[i].count);
		text_char(&r->t, ' ');
		text_mem(&r->t, l[i].name, strnlen(l[i].name, TEXT_MAX));
		row_end(r, STYLE_WARN, cure_of(l[i].name));
	}
	if (!any)
		row_text(r, "lost", STYLE_GOOD, "nothing", NULL);
}

/* ---------------------------------------------------------------------- names */

void rows_names_begin(struct status_rows *r)
{
	row_heading(r, "Names");
}

void rows_name(struct status_rows *r, const struct names_row *row)
{
	bool counts = row->entries || row->max;
	const char *hint = NULL;

	row_begin(r, row->what);
	text_str(&r->t, row->failed ? "failed" : row->none ? "none" : "ok");
	if (counts) {
		text_str(&r->t, ", ");
		put_grouped(&r->t, row->entries);
	}
	if (row->max) {
		text_str(&r->t, " of ");
		put_grouped(&r->t, row->max);
	}
	if (row->evicted) {
		text_str(&r->t, ", ");
		put_grouped(&r->t, row->evicted);
		text_str(&r->t, " gone to make room");
	}
	if (row->age_ns) {
		text_str(&r->t, ", ");
		put_age(&r->t, row->age_ns);
		text_str(&r->t, " old");
	}
	if (row->state && !strcmp(row->state, "ok")) {
		/* said already */
	} else if (row->state && *row->state && !row->failed && !row->none) {
		text_str(&r->t, ": ");
		text_mem(&r->t, row->state, strnlen(row->state, TEXT_MAX));
	} else if (row->state && *row->state) {
		hint = row->state;
	}
	row_end(r, row->failed ? STYLE_BAD : row->none ? STYLE_DIM : STYLE_GOOD, hint);
}

static void rows_agent_names(struct status_rows *r, const struct answer_rows *names)
{
	const struct answer_names_row *a = names->v;

	if (names->n)
		rows_names_begin(r);
	for (size_t i = 0; i < names->n && i < STATUS_ROWS_MAX / 2; i++)
		rows_name(r, &(struct names_row){
				     .what = a[i].name,
				     .state = *a[i].detail ? a[i].detail : a[i].state,
				     .entries = a[i].entries,
				     .max = a[i].bound,
				     .evicted = a[i].evicted,
				     .age_ns = a[i].age_ns,
				     .failed = !a[i].healthy && strcmp(a[i].state, "none") != 0,
				     .none = !strcmp(a[i].state, "none"),
			     });
}

/* ----------------------------------------------------------------------- cost */

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
	return (r.ru_utime.tv_sec + r.ru_stime.tv_sec) * NS_PER_S +
	       (r.ru_utime.tv_usec + r.ru_stime.tv_usec) * 1000ull;
}

static void row_cpu(struct status_rows *r, uint64_t cpu, uint64_t ns, const char *since)
{
	double part = ns ? (double)cpu / ns : 0;

	row_begin(r, "CPU");
	put_percent(&r->t, part);
	text_str(&r->t, " of a core, ");
	text_str(&r->t, since);
	row_end(r, part > 0.5 ? STYLE_WARN : STYLE_NORMAL,
		part > 0.5 ? "a filter or a longer --report-interval makes less work" : NULL);
}

/* alone: the heading, too. */
void rows_own_cost(struct status_rows *r, struct status_cost *cost, bool alone)
{
	uint64_t now = uv_hrtime(), cpu = cpu_ns();

	if (alone)
		row_heading(r, "This program");
	row_begin(r, "memory");
	text_bytes(&r->t, resident_bytes());
	text_str(&r->t, " resident");
	row_end(r, STYLE_NORMAL, NULL);
	if (cost->at_ns && now > cost->at_ns)
		row_cpu(r, cpu - cost->cpu_ns, now - cost->at_ns, "in the last second or two");
	cost->at_ns = now;
	cost->cpu_ns = cpu;
}

static const struct answer_program *program_before(const struct status_cost *cost, uint64_t id)
{
	for (size_t i = 0; i < cost->n; i++)
		if (cost->before[i].id == id)
			return &cost->before[i];
	return NULL;
}

/* A program's runs and time since the question before. */
static void row_program(struct status_rows *r, const struct answer_program *p,
			const struct answer_program *before, uint64_t ns)
{
	uint64_t runs = before && p->runs >= before->runs ? p->runs - before->runs : 0;
	uint64_t run_ns = before && p->run_ns >= before->run_ns ? p->run_ns - before->run_ns : 0;

	row_begin(r, p->name);
	if (before && ns && p->run_ns) {
		put_grouped(&r->t, runs * NS_PER_S / ns);
		text_str(&r->t, " runs/s");
		if (runs && run_ns) {
			text_put(&r->t, ", %llu ns each, ", (unsigned long long)(run_ns / runs));
			text_put(&r->t, "%.3f %% of a core", (double)run_ns / ns * 100);
		}
	} else {
		put_grouped(&r->t, p->runs);
		text_str(&r->t, " runs");
	}
	row_end(r, STYLE_NORMAL, NULL);
}

void rows_programs(struct status_rows *r, const struct answer_program *p, size_t n,
		   struct status_cost *cost, uint64_t now_ns)
{
	uint64_t ns = cost->at_ns && now_ns > cost->at_ns ? now_ns - cost->at_ns : 0;
	bool timed = false;

	if (!n)
		return;
	row_heading(r, "eBPF programs");
	for (size_t i = 0; i < n; i++) {
		row_program(r, &p[i], program_before(cost, p[i].id), ns);
		timed = timed || p[i].run_ns;
	}
	if (!timed)
		row_text(r, "times", STYLE_DIM, "the kernel does not count them",
			 "runs are counted for root, or with: sysctl kernel.bpf_stats_enabled=1");
	cost->n = n < sizeof(cost->before) / sizeof(cost->before[0])
			  ? n
			  : sizeof(cost->before) / sizeof(cost->before[0]);
	for (size_t i = 0; i < cost->n; i++)
		cost->before[i] = (struct answer_program){
			.id = p[i].id, .runs = p[i].runs, .run_ns = p[i].run_ns};
}

/* --------------------------------------------------------------------- server */

static void rows_nodes(struct status_rows *r, const struct answer_server_status *s)
{
	const struct answer_texts *gone = &s->unavailable_nodes;
	bool some = s->unavailable.is_set && s->unavailable.value;

	if (!s->connected.is_set && !some)
		return;
	row_begin(r, "nodes");
	put_grouped(&r->t, s->connected.value);
	text_str(&r->t, " connected");
	if (some) {
		text_str(&r->t, ", ");
		put_grouped(&r->t, s->unavailable.value);
		text_str(&r->t, " not reached:");
	}
	for (size_t i = 0; some && i < gone->n && i < 10; i++) {
		text_char(&r->t, ' ');
		text_mem(&r->t, gone->v[i], strnlen(gone->v[i], TEXT_MAX));
	}
	row_end(r, some ? STYLE_BAD : STYLE_GOOD,
		some ? "pitot list nodes: what they are; is the agent up there?" : NULL);
}

void rows_server(struct status_rows *r, const struct answer_server_status *s)
{
	double seconds = s->uptime_ns / 1e9;

	row_text(r, "version", STYLE_NORMAL, s->version, NULL);
	row_begin(r, "up");
	list_duration(&r->t, s->uptime_ns);
	row_end(r, STYLE_NORMAL, NULL);
	row_begin(r, "flows");
	put_grouped(&r->t, s->num_flows);
	text_str(&r->t, " of ");
	put_grouped(&r->t, s->max_flows);
	text_str(&r->t, " held, ");
	put_grouped(&r->t, s->seen_flows);
	text_put(&r->t, " seen, %.1f a second",
		 s->flows_rate > 0 ? s->flows_rate
		 : seconds > 0	   ? s->seen_flows / seconds
				   : 0);
	row_end(r, STYLE_NORMAL, NULL);
	rows_nodes(r, s);
}

static void row_history(struct status_rows *r, const struct answer_history *h)
{
	row_begin(r, "history");
	put_grouped(&r->t, h->flows);
	text_str(&r->t, " flows in ");
	text_bytes(&r->t, h->bytes);
	text_str(&r->t, " of ");
	text_bytes(&r->t, h->max_bytes);
	if (h->flows && h->newest_ns >= h->oldest_ns) {
		text_str(&r->t, ", the last ");
		list_duration(&r->t, h->newest_ns - h->oldest_ns);
	}
	row_end(r, STYLE_NORMAL, NULL);
}

static void rows_exporters(struct status_rows *r, const struct answer_rows *exporters)
{
	const struct answer_exporter *e = exporters->v;

	if (exporters->n)
		row_heading(r, "Exporters");
	for (size_t i = 0; i < exporters->n && i < 32; i++, e++) {
		row_begin(r, e->name);
		text_str(&r->t, e->up ? "up, " : "down, ");
		put_grouped(&r->t, e->flows);
		text_str(&r->t, " flows, ");
		text_bytes(&r->t, e->bytes);
		text_str(&r->t, " to ");
		text_mem(&r->t, e->target, strnlen(e->target, TEXT_MAX));
		if (e->lost) {
			text_str(&r->t, ", ");
			put_grouped(&r->t, e->lost);
			text_str(&r->t, " lost");
		}
		row_end(r,
			!e->up	  ? STYLE_BAD
			: e->lost ? STYLE_WARN
				  : STYLE_GOOD,
			*e->error ? e->error : NULL);
	}
}

static void rows_agent_cost(struct status_rows *r, const struct answer_agent_status *s,
			    struct status_cost *cost, uint64_t now)
{
	row_heading(r, "Cost of the agent");
	row_begin(r, "memory");
	text_bytes(&r->t, s->resident_bytes);
	text_str(&r->t, " resident, ");
	text_bytes(&r->t, s->kernel_map_bytes);
	text_str(&r->t, " in the kernel's maps");
	row_end(r, STYLE_NORMAL, NULL);
	if (cost->at_ns && now > cost->at_ns && s->cpu_ns >= cost->cpu_ns)
		row_cpu(r, s->cpu_ns - cost->cpu_ns, now - cost->at_ns,
			"in the last second or two");
	else
		row_cpu(r, s->cpu_ns, s->uptime_ns, "since its start");
}

void rows_agent(struct status_rows *r, const struct answer_agent_status *s,
		struct status_cost *cost)
{
	uint64_t now = uv_hrtime();

	row_heading(r, "Agent");
	row_begin(r, "node");
	text_mem(&r->t, s->node_name, strnlen(s->node_name, TEXT_MAX));
	text_str(&r->t, ", cluster ");
	text_mem(&r->t, s->cluster_name, strnlen(s->cluster_name, TEXT_MAX));
	row_end(r, STYLE_NORMAL, NULL);
	row_begin(r, "clients");
	put_grouped(&r->t, s->clients);
	text_str(&r->t, ", of them following ");
	put_grouped(&r->t, s->followers);
	row_end(r, STYLE_NORMAL, NULL);
	row_history(r, &s->history);
	row_begin(r, "traffic");
	put_grouped(&r->t, s->events);
	text_str(&r->t, " events, ");
	put_grouped(&r->t, s->drops);
	text_str(&r->t, " drops, ");
	put_grouped(&r->t, s->active_connections);
	text_str(&r->t, " connections now");
	row_end(r, STYLE_NORMAL, NULL);
	for (size_t i = 0; i < s->notices.n && i < 32; i++)
		row_text(r, "notice", STYLE_WARN, s->notices.v[i], NULL);
	rows_agent_losses(r, &s->losses);
	rows_agent_names(r, &s->names);
	rows_exporters(r, &s->exporters);
	rows_agent_cost(r, s, cost, now);
	rows_programs(r, s->programs.v, s->programs.n < 64 ? s->programs.n : 64, cost, now);
	cost->at_ns = now;
	cost->cpu_ns = s->cpu_ns;
}
