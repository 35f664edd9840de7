// SPDX-License-Identifier: MIT
/* The set of exporters: which there are, when they end, what is told of them. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "export/config_value.h"
#include "export/exporter_config.h"
#include "export/exporter_one.h"
#include "export/json.h"

#define TICK_MS 1000
#define TICK_MS_MIN 20
#define NS_PER_MS 1000000ull

static uint64_t now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

void exporters_notice(struct exporters *e, const char *format, ...)
{
	char *line = NULL;
	va_list ap;

	if (!e->opt.notice)
		return;
	va_start(ap, format);
	if (vasprintf(&line, format, ap) < 0)
		line = NULL;
	va_end(ap);
	if (line)
		e->opt.notice(e->opt.arg, line);
	free(line);
}

__attribute__((format(printf, 2, 3))) static int refuse(char **ret_error, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	if (vasprintf(ret_error, format, ap) < 0)
		*ret_error = NULL;
	va_end(ap);
	return -EINVAL;
}

/* ------------------------------------------------------------- which there are */

static bool same_target(const char *a, const char *b)
{
	const char *rest_a, *rest_b;

	return export_target_find(a, &rest_a) == export_target_find(b, &rest_b) &&
	       !strcmp(rest_a, rest_b);
}

static const char *given_name(const struct exporter_config *c)
{
	return c->name ? c->name : "";
}

static int check_pair(const struct exporter_config *a, const struct exporter_config *b,
		      char **ret_error)
{
	if (*given_name(a) && !strcmp(given_name(a), given_name(b)))
		return refuse(ret_error, "two exporters are called \"%s\": names must differ",
			      a->name);
	if (same_target(a->target, b->target))
		return refuse(ret_error, "two exporters write to \"%s\": targets must differ",
			      a->target);
	return 0;
}

/* Among themselves, and with those of the other origin. */
static int check_all(const struct exporters *e, bool watched, const struct exporter_config *c,
		     size_t n, char **ret_error)
{
	int err = 0;

	if (n > EXPORTERS_MAX)
		return refuse(ret_error, "more than %d exporters", EXPORTERS_MAX);
	for (size_t i = 0; i < n && !err; i++) {
		if (!c[i].target || !*c[i].target)
			return refuse(ret_error, "exporter \"%s\" has no file to write to",
				      given_name(&c[i]));
		for (size_t j = 0; j < i && !err; j++)
			err = check_pair(&c[i], &c[j], ret_error);
		for (const struct exporter *x = e->list; x && !err; x = x->next)
			if (x->watched != watched)
				err = check_pair(&c[i], &x->config, ret_error);
	}
	return err;
}

static bool keep(struct exporters *e, bool watched, const struct exporter_config *c)
{
	for (struct exporter *x = e->list; x; x = x->next)
		if (x->watched == watched && !x->kept && exporter_config_same(&x->config, c)) {
			x->kept = true;
			return true;
		}
	return false;
}

static bool name_taken(const struct exporter *x, const char *name)
{
	for (; x; x = x->next)
		if (!strcmp(x->name, name))
			return true;
	return false;
}

static int make(struct exporters *e, struct exporter *fresh, const struct exporter_config *c,
		struct exporter **ret, char **ret_error)
{
	char name[32];

	if (*given_name(c))
		return exporter_new(c, c->name, &e->opt, &e->encodings, ret, ret_error);
	for (unsigned int i = 1;; i++) {
		snprintf(name, sizeof(name), "exporter-%u", i);
		if (!name_taken(e->list, name) && !name_taken(fresh, name))
			return exporter_new(c, name, &e->opt, &e->encodings, ret, ret_error);
	}
}

/* The exporters that are not there yet, in order. In an error all configs are still the caller's. */
static int make_new(struct exporters *e, bool watched, struct exporter_config *c, size_t n,
		    struct exporter **ret, char **ret_error)
{
	struct exporter *fresh = NULL, **end = &fresh;
	int err = 0;

	for (size_t i = 0; i < n && !err; i++) {
		if (keep(e, watched, &c[i]))
			continue;
		err = make(e, fresh, &c[i], end, ret_error);
		if (!err) {
			(*end)->watched = watched;
			(*end)->kept = true;
			end = &(*end)->next;
		}
	}
	while (err && fresh) {
		struct exporter *x = fresh;

		fresh = x->next;
		memset(&x->config, 0, sizeof(x->config));
		exporter_free(x, &e->encodings);
	}
	*ret = fresh;
	return err;
}

/* Those of this origin that nobody asks for any more. */
static void sweep(struct exporters *e, bool watched)
{
	struct exporter **at = &e->list;

	for (struct exporter *x = e->list; x; x = x->next)
		if (x->watched == watched && !x->kept)
			exporter_end(x);
	while (*at) {
		struct exporter *x = *at;

		if (x->watched != watched || x->kept) {
			x->kept = false;
			at = &x->next;
			continue;
		}
		*at = x->next;
		exporter_free(x, &e->encodings);
	}
}

static void start_all(struct exporters *e, struct exporter *fresh)
{
	struct exporter **end = &e->list;

	while (*end)
		end = &(*end)->next;
	*end = fresh;
	for (struct exporter *x = fresh; x; x = x->next) {
		int err = exporter_start(x, e->opt.wait, e->opt.finish, now_ns(CLOCK_MONOTONIC));

		x->kept = false;
		if (err) {
			x->last.err = err;
			exporters_notice(e, "exporter \"%s\": no thread: %s", x->name,
					 strerror(-err));
		}
	}
}

/* Empties the configs whose contents an exporter has taken over, and those of the kept. */
static void take_over(struct exporter_config *c, size_t n, const struct exporter *fresh)
{
	for (size_t i = 0; i < n; i++) {
		bool taken = false;

		for (const struct exporter *x = fresh; x && !taken; x = x->next)
			taken = x->config.target == c[i].target;
		if (taken)
			memset(&c[i], 0, sizeof(c[i]));
		else
			exporter_config_clear(&c[i]);
	}
}

int exporters_apply(struct exporters *e, bool watched, struct exporter_config *c, size_t n,
		    char **ret_error)
{
	struct exporter *fresh = NULL;
	int err = check_all(e, watched, c, n, ret_error);

	if (!err)
		err = make_new(e, watched, c, n, &fresh, ret_error);
	if (err) {
		for (struct exporter *x = e->list; x; x = x->next)
			x->kept = false;
		return err;
	}
	take_over(c, n, fresh);
	sweep(e, watched);
	start_all(e, fresh);
	exporters_set_timer(e);
	return 0;
}

int exporters_set(struct exporters *e, struct exporter_config *configs, size_t n, char **ret_error)
{
	*ret_error = NULL;
	return exporters_apply(e, false, configs, n, ret_error);
}

/* -------------------------------------------------------------------- what is told */

static const char *error_text(int err)
{
	switch (err) {
	case -ELOOP:
		return "it is a symbolic link, which is not followed";
	case -EPERM:
		return "it is no regular file, or another user's";
	case -EBUSY:
		return "another exporter, or another process, writes it";
	case -ETIMEDOUT:
		return "it did not take the last flows in time";
	default:
		return strerror(-err);
	}
}

static void tell(struct exporters *e, struct exporter *x)
{
	struct export_queue_state s;

	exporter_state(x, &s);
	if (s.err && s.err != x->said_err) {
		snprintf(x->error, sizeof(x->error), "cannot write \"%.200s\": %s",
			 x->config.target, error_text(s.err));
		exporters_notice(e, "exporter \"%s\": %s; %s", x->name, x->error,
				 x->queue ? "flows wait, and are lost when too many do"
					  : "what was left is lost");
	} else if (!s.err && x->said_err) {
		x->error[0] = '\0';
		exporters_notice(
			e, "exporter \"%s\": writes \"%s\" again, %" PRIu64 " flows were lost",
			x->name, x->config.target, s.lost - x->said_lost);
		x->said_lost = s.lost;
	} else if (!s.err && s.lost != x->said_lost) {
		if (!x->said_lost)
			exporters_notice(
				e,
				"exporter \"%s\": \"%s\" takes flows too slowly, what is lost is "
				"counted",
				x->name, x->config.target);
		x->said_lost = s.lost;
	}
	x->said_err = s.err;
}

static void end_if_due(struct exporters *e, struct exporter *x, uint64_t wall)
{
	if (!x->queue || !x->config.end_ns || wall < x->config.end_ns)
		return;
	exporter_stop(x);
	x->ended = true;
	exporters_notice(e, "exporter \"%s\": its end has come", x->name);
}

static void on_timer(uv_timer_t *timer)
{
	struct exporters *e = timer->data;
	uint64_t now = now_ns(CLOCK_MONOTONIC), wall = now_ns(CLOCK_REALTIME);

	for (struct exporter *x = e->list; x; x = x->next) {
		end_if_due(e, x, wall);
		if (x->aggregation && x->queue && now >= x->flush_ns)
			exporter_flush(x, now);
		tell(e, x);
	}
	if (e->watch && now >= e->watch_at) {
		e->watch_at = now + CONFIG_POLL_MS * NS_PER_MS;
		exporters_watch_again(e);
	}
}

/* As often as the shortest interval needs it; not at all where there is nothing to do. */
void exporters_set_timer(struct exporters *e)
{
	uint64_t ms = TICK_MS;

	for (struct exporter *x = e->list; x; x = x->next)
		if (x->aggregation && x->config.aggregation_interval_ns / NS_PER_MS < ms)
			ms = x->config.aggregation_interval_ns / NS_PER_MS;
	if (ms < TICK_MS_MIN)
		ms = TICK_MS_MIN;
	if (e->list || e->watch)
		uv_timer_start(&e->timer, on_timer, ms, ms);
	else
		uv_timer_stop(&e->timer);
}

size_t exporters_status(struct exporters *e, struct exporter_status *rows, size_t max)
{
	size_t n = 0;

	for (struct exporter *x = e->list; x && n < max; x = x->next) {
		struct export_queue_state s;

		tell(e, x);
		exporter_state(x, &s);
		rows[n++] = (struct exporter_status){
			.name = x->name,
			.target = x->config.target,
			.error = x->ended ? "its end has come" : x->error,
			.up = x->queue && !s.err,
			.flows = s.messages,
			.bytes = s.bytes,
			.lost = s.lost,
			.filtered = x->filtered,
		};
	}
	return n;
}

void exporters_drain(struct exporters *e)
{
	for (struct exporter *x = e->list; x; x = x->next)
		exporter_end(x);
	for (struct exporter *x = e->list; x; x = x->next) {
		exporter_stop(x);
		tell(e, x);
	}
}

/* ------------------------------------------------------------------------- flows */

void exporters_flow(struct exporters *e, const struct flow *f)
{
	const char *node = f->hubble && *f->hubble->node_name ? f->hubble->node_name : e->node_name;

	for (struct export_encoding *c = e->encodings; c; c = c->next)
		c->ready = false;
	for (struct exporter *x = e->list; x; x = x->next)
		exporter_flow(x, f, node);
}

void exporters_lost(struct exporters *e, const struct lost_events *l)
{
	if (!e->list)
		return;
	e->line.len = 0;
	json_lost(&e->line, l->source, l->count, l->cpu, l->first_ns, l->last_ns,
		  l->node_name ? l->node_name : e->node_name, l->time_ns);
	text_char(&e->line, '\n');
	if (e->line.err)
		text_free(&e->line);
	else
		for (struct exporter *x = e->list; x; x = x->next)
			exporter_lost(x, &e->line);
}

int exporters_new(uv_loop_t *loop, const struct exporters_options *opt, struct exporters **ret)
{
	struct exporters *e = calloc(1, sizeof(*e));

	if (!e)
		return -ENOMEM;
	e->opt = *opt;
	e->node_name = strdup(opt->node_name ? opt->node_name : "");
	e->cluster_name = strdup(opt->cluster_name ? opt->cluster_name : "");
	if (!e->node_name || !e->cluster_name) {
		free(e->node_name);
		free(e->cluster_name);
		free(e);
		return -ENOMEM;
	}
	e->opt.node_name = e->node_name;
	e->opt.cluster_name = e->cluster_name;
	uv_timer_init(loop, &e->timer);
	uv_unref((uv_handle_t *)&e->timer);
	e->timer.data = e;
	*ret = e;
	return 0;
}

static void on_closed(uv_handle_t *handle)
{
	struct exporters *e = handle->data;

	free(e->node_name);
	free(e->cluster_name);
	free(e->watch);
	text_free(&e->line);
	free(e);
}

void exporters_free(struct exporters *e)
{
	if (!e)
		return;
	for (struct exporter *x = e->list; x; x = x->next)
		exporter_end(x);
	while (e->list) {
		struct exporter *x = e->list;

		e->list = x->next;
		exporter_stop(x);
		tell(e, x);
		exporter_free(x, &e->encodings);
	}
	uv_close((uv_handle_t *)&e->timer, on_closed);
}
