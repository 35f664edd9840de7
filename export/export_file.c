// SPDX-License-Identifier: MIT
/*
 * The target "file". Messages are never torn: what could not be written whole is taken
 * back. The file may be renamed or removed by others at any time (logrotate): it is
 * looked for by name before each write.
 */
#include "export/export_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "export/export_backups.h"
#include "export/export_torn.h"

#define MAX_BYTES (10ull << 20) /* Hubble's defaults */
#define MAX_BACKUPS 5
#define NS_PER_S 1000000000ull

struct export_file {
	struct export_target target;
	enum export_format format;
	enum export_fsync fsync;
	uint64_t fsync_ns, max_bytes, max_age_ns;
	char *path;
	struct export_backups backups;
	int fd; /* -1: not open */
	bool plain; /* a regular file: it is rotated, cut, looked for */
	bool dirty; /* written since the last fsync */
	uint64_t size, born_ns, synced_ns;
	ino_t inode;
	dev_t dev;
	size_t written; /* of the messages that are offered again */
};

static uint64_t now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

/* ---------------------------------------------------------------- open, close */

static void close_file(struct export_file *f)
{
	if (f->fd < 0)
		return;
	if (f->dirty && f->fsync != FSYNC_NEVER)
		fdatasync(f->fd);
	close(f->fd);
	f->fd = -1;
	f->dirty = false;
}

/* The agent may be root and the folder anyone's: no link is followed, no file of others' filled. */
static int open_checked(const char *path, struct stat *st)
{
	int fd = open(path,
		      O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
		      0640);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, st))
		err = -errno;
	else if (!S_ISREG(st->st_mode) && !S_ISCHR(st->st_mode))
		err = -EPERM;
	else if (S_ISREG(st->st_mode) && st->st_uid != geteuid() && st->st_uid != 0)
		err = -EPERM;
	/* two that rotate and cut one file would throw away each other's flows */
	else if (S_ISREG(st->st_mode) && flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK)
		err = -EBUSY;
	if (!err)
		return fd;
	close(fd);
	return err;
}

int export_file_try(const char *path)
{
	struct stat before, st;
	bool there = !lstat(path, &before);
	int fd = open_checked(path, &st);

	if (fd < 0)
		return fd;
	close(fd);
	if (!there)
		unlink(path);
	return 0;
}

/* When the file was made; its last change where the file system does not say. */
static uint64_t birth_ns(int fd, const struct stat *st)
{
	struct statx x;

	if (!statx(fd, "", AT_EMPTY_PATH, STATX_BTIME, &x) && x.stx_mask & STATX_BTIME)
		return x.stx_btime.tv_sec * NS_PER_S + x.stx_btime.tv_nsec;
	return st->st_mtim.tv_sec * NS_PER_S + st->st_mtim.tv_nsec;
}

static int rotate(struct export_file *f);

/* What a crash, or another program, left at the end. */
static int mend(struct export_file *f)
{
	enum torn how;
	uint64_t end;
	int err = export_torn(f->format, f->fd, f->size, &how, &end);

	if (err || how == TORN_NOT)
		return err;
	if (how == TORN_OTHER)
		return rotate(f);
	if (how == TORN_NEWLINE) {
		if (write(f->fd, "\n", 1) != 1)
			return -errno;
		f->size++;
		return 0;
	}
	if (ftruncate(f->fd, end))
		return -errno;
	f->size = end;
	return 0;
}

static int open_file(struct export_file *f)
{
	struct stat st;
	int fd = open_checked(f->path, &st), err;

	if (fd < 0)
		return fd;
	f->fd = fd;
	f->plain = S_ISREG(st.st_mode);
	f->size = f->plain ? st.st_size : 0;
	f->inode = st.st_ino;
	f->dev = st.st_dev;
	f->born_ns = f->size ? birth_ns(fd, &st) : now_ns(CLOCK_REALTIME);
	f->synced_ns = now_ns(CLOCK_MONOTONIC);
	err = f->plain ? mend(f) : 0;
	if (err)
		close_file(f);
	return err;
}

/* The file that has the name now is open, and its size is known. */
static int ready(struct export_file *f)
{
	struct stat st;

	if (f->fd >= 0 && f->plain) {
		if (stat(f->path, &st) ? errno == ENOENT || errno == ENOTDIR
				       : st.st_ino != f->inode || st.st_dev != f->dev)
			close_file(f);
		else if (!fstat(f->fd, &st))
			f->size = st.st_size;
	}
	return f->fd >= 0 ? 0 : open_file(f);
}

/* The directory's entry, too: else the new name may be lost with the power. */
static void sync_folder(const struct export_file *f)
{
	int fd = open(f->backups.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

static int rotate(struct export_file *f)
{
	int err;

	if (f->fsync != FSYNC_NEVER && fdatasync(f->fd))
		return -errno;
	err = export_backups_take(&f->backups, f->path, now_ns(CLOCK_REALTIME));
	if (err)
		return err;
	f->dirty = false;
	close_file(f);
	if (f->fsync != FSYNC_NEVER)
		sync_folder(f);
	return open_file(f);
}

static bool too_old(const struct export_file *f)
{
	uint64_t now = now_ns(CLOCK_REALTIME);

	return f->plain && f->max_age_ns && f->size && now > f->born_ns &&
	       now - f->born_ns >= f->max_age_ns;
}

/* -------------------------------------------------------------------- writing */

static int put(struct export_file *f, const uint8_t *p, size_t n)
{
	size_t done = 0;
	ssize_t w = 0;
	int err;

	while (done < n) {
		w = write(f->fd, p + done, n - done);
		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			break;
		done += w;
	}
	if (done == n) {
		f->size += n;
		f->dirty = true;
		return 0;
	}
	err = w < 0 ? -errno : -EIO;
	/* Where it cannot be taken back, the next open finds and cuts it. */
	if (f->plain && done && ftruncate(f->fd, f->size))
		close_file(f);
	return err;
}

/* Whole messages, as many as the file has room for. */
static int put_some(struct export_file *f, const uint8_t *p, size_t n, size_t *ret_n)
{
	uint64_t room = f->max_bytes > f->size ? f->max_bytes - f->size : 0;
	int err = 0;

	if (!f->plain)
		room = UINT64_MAX;
	*ret_n = export_messages_fit(f->format, p, n, room);
	if ((*ret_n > room && f->size) || too_old(f)) {
		err = rotate(f);
		room = f->max_bytes;
		*ret_n = export_messages_fit(f->format, p, n, room);
	}
	return err ? err : put(f, p, *ret_n);
}

static int file_write(struct export_target *t, const uint8_t *bytes, size_t n, uint64_t messages)
{
	struct export_file *f = (struct export_file *)t;
	int err = ready(f);

	(void)messages;
	while (!err && f->written < n) {
		size_t some = 0;

		err = put_some(f, bytes + f->written, n - f->written, &some);
		if (!err)
			f->written += some;
	}
	if (!err)
		f->written = 0;
	return err;
}

static int file_tick(struct export_target *t)
{
	struct export_file *f = (struct export_file *)t;
	uint64_t now = now_ns(CLOCK_MONOTONIC);
	int err = ready(f);

	if (!err && too_old(f))
		err = rotate(f);
	if (!err && f->fsync == FSYNC_INTERVAL && f->dirty && now - f->synced_ns >= f->fsync_ns) {
		f->synced_ns = now;
		f->dirty = false;
		err = fdatasync(f->fd) ? -errno : 0;
	}
	return err;
}

static bool file_work(struct export_target *t)
{
	struct export_file *f = (struct export_file *)t;

	return export_backups_work(&f->backups);
}

static void file_free(struct export_target *t)
{
	struct export_file *f = (struct export_file *)t;

	close_file(f);
	while (t->finish && export_backups_work(&f->backups))
		;
	export_backups_clear(&f->backups);
	free(f->path);
	free(f);
}

int export_file_open(const struct exporter_config *c, const char *path, struct export_target **ret,
		     char **ret_error)
{
	const char *slash = strrchr(path, '/');
	struct export_file *f;

	if (!*path || (slash && !slash[1])) {
		if (asprintf(ret_error, "\"%s\" names no file", path) < 0)
			*ret_error = NULL;
		return -EINVAL;
	}
	f = calloc(1, sizeof(*f));
	if (!f)
		return -ENOMEM;
	f->target = (struct export_target){
		.write = file_write, .tick = file_tick, .work = file_work, .free = file_free};
	f->fd = -1;
	f->format = c->format;
	f->fsync = c->fsync;
	f->fsync_ns = c->fsync_interval_ns;
	f->max_bytes = c->max_bytes ? c->max_bytes : MAX_BYTES;
	f->max_age_ns = c->max_age_ns;
	f->path = strdup(path);
	if (!f->path ||
	    export_backups_init(&f->backups, path, c->max_backups ? c->max_backups : MAX_BACKUPS,
				c->compression)) {
		free(f->path);
		free(f);
		return -ENOMEM;
	}
	*ret = &f->target;
	return 0;
}
