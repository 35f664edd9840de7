// SPDX-License-Identifier: MIT
#include "tui/filter_history.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flows/text.h"
#include "tui/filter_bar.h"
#include "tui/line.h"

#define FILE_MAX (4u << 20)
#define BELOW_HOME "/.local/state/pitot/filters"

char *filter_history_path(void)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	char *path;
	int n;

	/* relative ones do not count, says the specification */
	if (state && *state == '/')
		n = asprintf(&path, "%s/pitot/filters", state);
	else if (home && *home == '/')
		n = asprintf(&path, "%s" BELOW_HOME, home);
	else
		return NULL;
	return n < 0 ? NULL : path;
}

static bool fit_to_keep(const char *s, size_t n)
{
	uint32_t c;

	if (!n || n > LINE_MAX_BYTES)
		return false;
	for (size_t i = 0, len; i < n; i += len) {
		len = utf8_next(s + i, n - i, &c);
		if (!len || utf8_is_control(c))
			return false;
	}
	return true;
}

static void forget(struct filter_history *h, size_t i)
{
	free(h->v[i]);
	memmove(h->v + i, h->v + i + 1, (h->n - i - 1) * sizeof(*h->v));
	h->n--;
}

/* In memory. */
static int keep(struct filter_history *h, const char *s, size_t n)
{
	char *copy, **v;

	if (!fit_to_keep(s, n))
		return 0;
	copy = strndup(s, n);
	v = copy ? reallocarray(h->v, h->n + 1, sizeof(*v)) : NULL;
	if (!v) {
		free(copy);
		return -ENOMEM;
	}
	h->v = v;
	for (size_t i = 0; i < h->n; i++)
		if (!strcmp(h->v[i], copy)) {
			forget(h, i);
			break;
		}
	h->v[h->n++] = copy;
	if (h->n > FILTER_HISTORY_MAX)
		forget(h, 0);
	return 0;
}

/* ------------------------------------------------------------------------- the file */

static int read_all(int fd, struct text *t)
{
	ssize_t n = 1;

	while (n > 0 && t->len < FILE_MAX) {
		char *p = text_reserve(t, 65536);

		if (!p)
			return -ENOMEM;
		n = read(fd, p, 65536);
		if (n < 0)
			return -errno;
		t->len += n;
	}
	return 0;
}

static int read_file(struct filter_history *h)
{
	int fd = open(h->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), err;
	struct text t = {0};

	if (fd < 0)
		return 0;
	err = read_all(fd, &t);
	close(fd);
	for (size_t at = 0; err != -ENOMEM && at < t.len;) {
		const char *end = memchr(t.data + at, '\n', t.len - at);
		size_t n = end ? (size_t)(end - t.data) - at : t.len - at;

		if (keep(h, t.data + at, n))
			err = -ENOMEM;
		at += n + 1;
	}
	text_free(&t);
	return err == -ENOMEM ? err : 0;
}

/*
 * The folders above the file, for the owner only where they are made. A home that is not there
 * (a system user's) is not made.
 */
static void make_folders(const char *path)
{
	char *copy = strdup(path), *from = copy;

	if (!copy)
		return;
	if (strlen(copy) > strlen(BELOW_HOME)) {
		from = copy + strlen(copy) - strlen(BELOW_HOME);
		from = strcmp(from, BELOW_HOME) ? copy : from;
	}
	for (char *slash = strchr(from + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(copy, 0700);
		*slash = '/';
	}
	free(copy);
}

static int write_lines(const struct filter_history *h, int fd)
{
	struct text t = {0};
	int err;

	for (size_t i = 0; i < h->n; i++) {
		text_str(&t, h->v[i]);
		text_char(&t, '\n');
	}
	err = text_write(&t, fd);
	text_free(&t);
	return err;
}

static int write_file(const struct filter_history *h)
{
	char *temporary;
	int fd, err = 0;

	if (asprintf(&temporary, "%s.XXXXXX", h->path) < 0)
		return -ENOMEM;
	make_folders(h->path);
	fd = mkostemp(temporary, O_CLOEXEC); /* 0600 */
	if (fd < 0) {
		err = -errno;
		free(temporary);
		return err;
	}
	err = write_lines(h, fd);
	if (close(fd) && !err)
		err = -errno;
	if (!err && rename(temporary, h->path))
		err = -errno;
	if (err)
		unlink(temporary);
	free(temporary);
	return err;
}

/* ---------------------------------------------------------------------- the whole */

int filter_history_load(struct filter_history *h, const char *path)
{
	*h = (struct filter_history){0};
	if (!path)
		return 0;
	h->path = strdup(path);
	return h->path ? read_file(h) : -ENOMEM;
}

void filter_history_free(struct filter_history *h)
{
	for (size_t i = 0; i < h->n; i++)
		free(h->v[i]);
	free(h->v);
	free(h->path);
	*h = (struct filter_history){0};
}

int filter_history_add(struct filter_history *h, const char *text)
{
	int err = 0;

	if (!fit_to_keep(text, strlen(text)))
		return 0;
	if (h->path)
		err = read_file(h);
	if (!err)
		err = keep(h, text, strlen(text));
	if (!err && h->path)
		err = write_file(h);
	return err;
}
