// SPDX-License-Identifier: MIT
#include "tui/export_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PARTIALS 100

char *export_path(const char *typed)
{
	const char *home = getenv("HOME");
	char *path;

	if (strncmp(typed, "~/", 2) || !home)
		return strdup(typed);
	return asprintf(&path, "%s/%s", home, typed + 2) < 0 ? NULL : path;
}

bool export_file_exists(const char *path)
{
	struct stat st;

	return !lstat(path, &st);
}

static int refuse(const char *path, int err, char **ret_why)
{
	struct text t = {0};

	text_str(&t, "cannot write \"");
	text_escape(&t, path, strlen(path) + 1);
	text_str(&t, "\": ");
	text_str(&t, err == -EEXIST ? "it is there already" : strerror(-err));
	text_char(&t, '\0');
	if (t.err)
		text_free(&t);
	*ret_why = t.data;
	return err;
}

/* What an end without warning has left is not written over. NULL without memory. */
static char *partial_of(const char *path)
{
	char *name;

	for (int i = 1; i <= PARTIALS; i++) {
		int n = i == 1 ? asprintf(&name, "%s.partial", path)
			       : asprintf(&name, "%s.partial%d", path, i);

		if (n < 0)
			return NULL;
		if (i == PARTIALS || !export_file_exists(name))
			return name;
		free(name);
	}
	return NULL;
}

/* Is path a place where a file may be made? */
static int check_place(const char *path, bool overwrite)
{
	struct stat st;

	if (!*path)
		return -ENOENT;
	if (lstat(path, &st))
		return 0;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	/* a pipe or a device would be gone */
	if (!S_ISREG(st.st_mode))
		return -ENOTSUP;
	return overwrite ? 0 : -EEXIST;
}

static int begin(struct export_file *f, const char *path, bool overwrite)
{
	int err = check_place(path, overwrite);

	if (err)
		return err;
	f->path = strdup(path);
	f->partial = partial_of(path);
	f->overwrite = overwrite;
	return f->path && f->partial ? 0 : -ENOMEM;
}

int export_to_file_open(struct export_file *f, const struct ui_host *host, bool record,
			const char *format, const char *path, bool overwrite, char **ret_why)
{
	bool beside = record && host->record_open;
	char *why = NULL;
	int err;

	*f = (struct export_file){0};
	*ret_why = NULL;
	err = begin(f, path, overwrite);
	if (!err)
		err = (beside ? host->record_open : host->sink_open)(host->arg, format, f->partial,
								     &f->sink, &why);
	if (!err) {
		f->host = beside ? host : NULL;
		return 0;
	}
	/* said of the name that was typed */
	refuse(path, err, ret_why);
	free(why);
	f->sink = NULL;
	free(f->path);
	free(f->partial);
	*f = (struct export_file){0};
	return err;
}

int export_file_flow(struct export_file *f, const struct flow *flow)
{
	int err = f->sink->flow(f->sink, flow);

	f->flows += !err;
	return err;
}

int export_file_flush(struct export_file *f)
{
	uint64_t bytes;
	int err = f->sink && f->sink->flush ? f->sink->flush(f->sink) : 0;

	if (f->sink && f->host)
		f->host->record_state(f->host->arg, f->sink, &bytes, &f->lost);
	return err;
}

uint64_t export_file_bytes(const struct export_file *f)
{
	uint64_t bytes, lost;
	struct stat st;

	if (f->sink && f->host) {
		f->host->record_state(f->host->arg, f->sink, &bytes, &lost);
		return bytes;
	}
	return f->partial && !stat(f->partial, &st) ? st.st_size : 0;
}

/* The name must not be taken from what came there meanwhile. */
static int give_name(const struct export_file *f)
{
	if (f->overwrite)
		return rename(f->partial, f->path) ? -errno : 0;
	if (!renameat2(AT_FDCWD, f->partial, AT_FDCWD, f->path, RENAME_NOREPLACE))
		return 0;
	/* file systems that cannot do that */
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	if (export_file_exists(f->path))
		return -EEXIST;
	return rename(f->partial, f->path) ? -errno : 0;
}

int export_file_finish(struct export_file *f)
{
	struct sink *s = f->sink;
	int err = s ? s->close(s) : 0;

	f->sink = NULL;
	return err ? err : give_name(f);
}

void export_file_clear(struct export_file *f, bool keep)
{
	if (f->sink)
		f->sink->close(f->sink);
	if (f->partial && !keep)
		unlink(f->partial);
	free(f->path);
	free(f->partial);
	*f = (struct export_file){0};
}

static int write_text(const struct text *t, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666), err = 0;

	if (fd < 0)
		return -errno;
	for (size_t done = 0; !err && done < t->len;) {
		ssize_t n = write(fd, t->data + done, t->len - done);

		if (n >= 0)
			done += n;
		else if (errno != EINTR)
			err = -errno;
	}
	if (close(fd) && !err)
		err = -errno;
	return err;
}

int export_text(const struct text *t, const char *path, bool overwrite, char **ret_why)
{
	struct export_file f = {0};
	int err = begin(&f, path, overwrite);

	*ret_why = NULL;
	if (!err)
		err = write_text(t, f.partial);
	if (!err)
		err = give_name(&f);
	if (err)
		refuse(path, err, ret_why);
	export_file_clear(&f, !err);
	return err;
}
