// SPDX-License-Identifier: MIT
#include "flows/names/runtime_files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *const folders[] = {
	"/var/lib/containers/storage/overlay-containers/containers.json",
	"/var/lib/containers/storage/overlay-containers/volatile-containers.json",
	"/var/lib/containers/storage/vfs-containers/containers.json",
	"/var/lib/containers/storage/vfs-containers/volatile-containers.json",
	"/var/lib/containers/storage/btrfs-containers/containers.json",
	"/var/lib/containers/storage/zfs-containers/containers.json",
	"/run/containers/storage/overlay-containers/volatile-containers.json",
	"/run/containers/storage/vfs-containers/volatile-containers.json",
};

struct runtime_files {
	struct runtime_store *store;
	void (*notice)(void *arg, const char *line);
	void *arg;
	char *root;
	struct {
		bool there, told;
		ino_t ino;
		off_t size;
		struct timespec mtime;
	} storage[COUNT(folders)];
	bool docker_told;
};

int runtime_files_new(const char *root, struct runtime_store *store,
		      void (*notice)(void *arg, const char *line), void *arg,
		      struct runtime_files **ret)
{
	struct runtime_files *f = calloc(1, sizeof(*f));

	if (!f)
		return -ENOMEM;
	f->root = strdup(root);
	if (!f->root) {
		free(f);
		return -ENOMEM;
	}
	f->store = store;
	f->notice = notice;
	f->arg = arg;
	*ret = f;
	return 0;
}

void runtime_files_free(struct runtime_files *f)
{
	if (!f)
		return;
	free(f->root);
	free(f);
}

unsigned int runtime_files_found(const struct runtime_files *f)
{
	unsigned int n = 0;

	for (size_t i = 0; i < COUNT(folders); i++)
		n += f->storage[i].there;
	return n;
}

static void tell(struct runtime_files *f, bool *told, const char *path, int err)
{
	char line[PATH_MAX + 128];

	if (*told)
		return;
	*told = true;
	snprintf(line, sizeof(line), "no names of containers from \"%s\": %s", path,
		 err == -EFBIG	   ? "it is too large"
		 : err == -EBADMSG ? "it is not what a container runtime writes"
				   : strerror(-err));
	f->notice(f->arg, line);
}

/* A regular file alone: a pipe there would block. 0 or -errno. */
static int open_file(const char *path, struct stat *st)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, st))
		err = -errno;
	else if (!S_ISREG(st->st_mode))
		err = -EBADMSG;
	else if (st->st_size > RUNTIME_FILE_MAX)
		err = -EFBIG;
	if (!err)
		return fd;
	close(fd);
	return err;
}

static int read_file(const char *path, struct runtime_reader *r)
{
	char buf[16384];
	size_t left = RUNTIME_FILE_MAX;
	ssize_t n = 0;
	struct stat st;
	int fd = open_file(path, &st), err = 0;

	if (fd < 0)
		return fd;
	while (!err && left && (n = read(fd, buf, sizeof(buf) < left ? sizeof(buf) : left)) > 0) {
		left -= n;
		err = runtime_reader_feed(r, buf, n);
	}
	if (!err && n < 0)
		err = -errno;
	if (!err && r->depth)
		err = -EBADMSG; /* it ends within an object */
	close(fd);
	return err;
}

struct reading {
	struct runtime_files *files;
	const char *runtime;
	unsigned int from;
};

static void on_container(void *arg, enum runtime_change change, const struct runtime_container *c)
{
	const struct reading *r = arg;

	(void)change;
	runtime_store_put(r->files->store, r->from, r->runtime, c);
}

static int read_containers(struct runtime_files *f, const char *path, enum runtime_shape shape)
{
	bool docker = shape == RUNTIME_CONFIG;
	struct reading reading = {f, docker ? "docker" : "podman",
				  docker ? RUNTIME_FROM_CONFIG : RUNTIME_FROM_STORAGE};
	struct runtime_reader r = {.shape = shape, .arg = &reading, .container = on_container};
	int err = read_file(path, &r);

	if (!err && r.skipped)
		err = -EBADMSG;
	runtime_reader_free(&r);
	return err;
}

/* True when it is another one than at the last time, or gone. */
static bool changed(struct runtime_files *f, size_t i, const char *path)
{
	struct stat st;
	bool there = !stat(path, &st);

	if (!there) {
		there = f->storage[i].there;
		f->storage[i].there = false;
		return there;
	}
	if (f->storage[i].there && st.st_ino == f->storage[i].ino &&
	    st.st_size == f->storage[i].size && st.st_mtim.tv_sec == f->storage[i].mtime.tv_sec &&
	    st.st_mtim.tv_nsec == f->storage[i].mtime.tv_nsec)
		return false;
	f->storage[i].there = true;
	f->storage[i].ino = st.st_ino;
	f->storage[i].size = st.st_size;
	f->storage[i].mtime = st.st_mtim;
	return true;
}

static bool storage_path(const struct runtime_files *f, size_t i, char *buf, size_t size)
{
	return snprintf(buf, size, "%s%s", f->root, folders[i]) < (int)size;
}

void runtime_files_poll(struct runtime_files *f, uint64_t now_ns)
{
	char path[PATH_MAX];
	bool any = false, whole = true;

	for (size_t i = 0; i < COUNT(folders); i++)
		any |= storage_path(f, i, path, sizeof(path)) && changed(f, i, path);
	if (!any)
		return;
	/* all of them: a container may have moved from one to the other */
	runtime_store_relist_begin(f->store, RUNTIME_FROM_STORAGE);
	for (size_t i = 0; i < COUNT(folders); i++) {
		int err = f->storage[i].there && storage_path(f, i, path, sizeof(path))
				  ? read_containers(f, path, RUNTIME_STORAGE)
				  : 0;

		if (err && err != -ENOENT)
			tell(f, &f->storage[i].told, path, err);
		else
			f->storage[i].told = false;
		whole &= !err;
	}
	if (whole)
		runtime_store_relist_end(f->store, RUNTIME_FROM_STORAGE, now_ns);
}

void runtime_files_ask(struct runtime_files *f, const char *id)
{
	char path[PATH_MAX];
	int err;

	if (snprintf(path, sizeof(path), "%s/var/lib/docker/containers/%s/config.v2.json", f->root,
		     id) >= (int)sizeof(path))
		return;
	err = read_containers(f, path, RUNTIME_CONFIG);
	if (err && err != -ENOENT && err != -ENOTDIR)
		tell(f, &f->docker_told, path, err);
}
