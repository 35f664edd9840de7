// SPDX-License-Identifier: MIT
/* Hubble's dynamic metrics: a YAML file that is read again when it changes. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "export/config_value.h"
#include "export/metrics_parts.h"

struct metrics_watch {
	uv_timer_t timer;
	struct metrics *m;
	struct config_file file;
	char *path;
	void *arg;
	void (*notice)(void *arg, const char *line);
	int err; /* told last */
};

/* 1: read again, 0: as it was, -errno, maybe with a line in *ret_error. */
static int read_file(struct metrics_watch *w, char **ret_error)
{
	struct metric *list = NULL;
	char err[256] = "", *text = NULL;
	size_t n = 0;
	int ret = config_file_changed(&w->file, &text, &n);

	if (ret <= 0)
		return ret;
	ret = metrics_parse_yaml(text, n, metrics_max_series(w->m), &list, ret_error);
	free(text);
	if (ret)
		return ret;
	ret = metrics_replace(w->m, true, list, err, sizeof(err));
	if (!ret)
		return 1;
	metrics_free_list(list);
	*ret_error = strdup(err);
	return ret;
}

static void tell(struct metrics_watch *w, const char *what)
{
	char *line;

	if (!w->notice || asprintf(&line, "metrics: \"%s\": %s", w->path, what) < 0)
		return;
	w->notice(w->arg, line);
	free(line);
}

static void on_timer(uv_timer_t *timer)
{
	struct metrics_watch *w = timer->data;
	char *error = NULL;
	int ret = read_file(w, &error);

	if (ret > 0)
		tell(w, "is read again");
	else if (ret < 0 && (error || ret != w->err))
		tell(w, error ? error : strerror(-ret));
	w->err = ret < 0 ? ret : 0;
	free(error);
}

static void on_closed(uv_handle_t *handle)
{
	struct metrics_watch *w = handle->data;

	free(w->path);
	free(w);
}

void metrics_watch_free(struct metrics_watch *w)
{
	if (w)
		uv_close((uv_handle_t *)&w->timer, on_closed);
}

int metrics_watch(struct metrics *m, uv_loop_t *loop, const char *path, void *arg,
		  void (*notice)(void *arg, const char *line), char **ret_error)
{
	struct metrics_watch *w = calloc(1, sizeof(*w));
	char *why = NULL;
	int ret;

	*ret_error = NULL;
	if (!w)
		return -ENOMEM;
	*w = (struct metrics_watch){.m = m, .path = strdup(path), .arg = arg, .notice = notice};
	w->file.path = w->path;
	ret = w->path ? read_file(w, &why) : -ENOMEM;
	if (ret < 0) {
		if (asprintf(ret_error, "\"%s\": %s", path, why ? why : strerror(-ret)) < 0)
			*ret_error = NULL;
		free(why);
		free(w->path);
		free(w);
		return ret;
	}
	uv_timer_init(loop, &w->timer);
	w->timer.data = w;
	uv_unref((uv_handle_t *)&w->timer);
	uv_timer_start(&w->timer, on_timer, CONFIG_POLL_MS, CONFIG_POLL_MS);
	metrics_watch_free(m->watch);
	m->watch = w;
	return 0;
}
