// SPDX-License-Identifier: MIT
#include "flows/names/cgroup_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flows/table.h"

#define FILEID_KERNFS 0xfe /* enum fid_type, include/linux/exportfs.h */
#define RETRY_NS 10000000000ull
#define WALK_EVERY_NS 2000000000ull
#define WALK_DEPTH 32

struct entry {
	struct table_node node;
	struct entry *newer; /* in the order of coming */
	uint64_t id;
	uint64_t retry_ns; /* of a path that is not known */
	size_t size;
	char path[]; /* "" not known */
};

struct cgroup_tree {
	struct table table;
	struct entry *oldest, *newest;
	size_t bytes;
	char *mount;
	int mount_fd; /* -1: none */
	uint64_t root_id, evicted, walks, walk_ns;
	bool no_handles;
};

int cgroup_tree_new(const char *mount, struct cgroup_tree **ret)
{
	struct cgroup_tree *t = calloc(1, sizeof(*t));
	struct stat st;

	if (!t)
		return -ENOMEM;
	t->mount_fd = -1;
	if (mount) {
		t->mount = strdup(mount);
		if (!t->mount) {
			free(t);
			return -ENOMEM;
		}
		t->mount_fd = open(mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (t->mount_fd >= 0 && !fstat(t->mount_fd, &st))
		t->root_id = st.st_ino;
	*ret = t;
	return 0;
}

void cgroup_tree_free(struct cgroup_tree *t)
{
	struct entry *e, *newer;

	if (!t)
		return;
	for (e = t->oldest; e; e = newer) {
		newer = e->newer;
		free(e);
	}
	table_free(&t->table);
	if (t->mount_fd >= 0)
		close(t->mount_fd);
	free(t->mount);
	free(t);
}

size_t cgroup_tree_count(const struct cgroup_tree *t)
{
	return t->table.n;
}

uint64_t cgroup_tree_evicted(const struct cgroup_tree *t)
{
	return t->evicted;
}

uint64_t cgroup_tree_walks(const struct cgroup_tree *t)
{
	return t->walks;
}

void cgroup_tree_no_handles(struct cgroup_tree *t)
{
	t->no_handles = true;
}

/* ------------------------------------------------------------------- entries */

/* The one with a path, where there are two. */
static struct entry *find(const struct cgroup_tree *t, uint64_t id)
{
	struct table_node *node = table_find(&t->table, table_hash(&id, sizeof(id)));
	struct entry *unknown = NULL;

	for (; node; node = table_next(node)) {
		struct entry *e = table_entry(node, struct entry, node);

		if (e->id == id && e->path[0])
			return e;
		if (e->id == id)
			unknown = e;
	}
	return unknown;
}

static void forget_oldest(struct cgroup_tree *t)
{
	struct entry *e = t->oldest;

	t->oldest = e->newer;
	if (!t->oldest)
		t->newest = NULL;
	t->bytes -= e->size;
	table_remove(&t->table, &e->node);
	free(e);
}

static struct entry *add(struct cgroup_tree *t, uint64_t id, const char *path)
{
	size_t size = strnlen(path, PATH_MAX - 1) + 1;
	struct entry *e = calloc(1, sizeof(*e) + size);

	if (!e)
		return NULL;
	while (t->oldest &&
	       (t->table.n >= CGROUP_TREE_MAX || t->bytes + size > CGROUP_TREE_BYTES)) {
		forget_oldest(t);
		t->evicted++;
	}
	e->id = id;
	e->size = size;
	memcpy(e->path, path, size - 1);
	if (table_insert(&t->table, &e->node, table_hash(&id, sizeof(id)))) {
		free(e);
		return NULL;
	}
	t->bytes += size;
	if (t->newest)
		t->newest->newer = e;
	else
		t->oldest = e;
	t->newest = e;
	return e;
}

/* An entry without a path stays, hidden by the new one, until it is the oldest. */
void cgroup_tree_add(struct cgroup_tree *t, uint64_t id, const char *path)
{
	struct entry *e = find(t, id);

	if (path[0] && (!e || !e->path[0]))
		add(t, id, path);
}

/* ------------------------------------------------------------------- look-ups */

/* The path of an open group below the mount. */
static bool path_of_fd(const struct cgroup_tree *t, int fd, char *buf, size_t size)
{
	size_t mount = strlen(t->mount);
	char link[40];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, buf, size - 1);
	if (n <= 0)
		return false;
	buf[n] = 0;
	if (strncmp(buf, t->mount, mount) || buf[mount] != '/')
		return false;
	memmove(buf, buf + mount, n - mount + 1);
	return true;
}

/* 0, -ENOENT: there is no such group, -EPERM: handles are not for us. */
static int open_group(struct cgroup_tree *t, uint64_t id, char *buf, size_t size)
{
	union {
		struct file_handle head;
		char room[sizeof(struct file_handle) + sizeof(id)];
	} handle = {.head = {.handle_bytes = sizeof(id), .handle_type = FILEID_KERNFS}};
	bool found;
	int fd;

	memcpy(handle.room + sizeof(struct file_handle), &id, sizeof(id));
	fd = open_by_handle_at(t->mount_fd, &handle.head, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno == EPERM || errno == EOPNOTSUPP || errno == EINVAL ? -EPERM : -ENOENT;
	found = path_of_fd(t, fd, buf, size);
	close(fd);
	return found ? 0 : -ENOENT;
}

struct walk {
	struct cgroup_tree *tree;
	unsigned int left; /* groups that may still be looked at */
	char path[PATH_MAX];
};

static void walk(struct walk *w, int dir_fd, const char *name, size_t len, unsigned int depth)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *d;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while (w->left && (d = readdir(dir))) {
		size_t n = strlen(d->d_name);

		if (d->d_type != DT_DIR || d->d_name[0] == '.' || len + n + 2 > sizeof(w->path))
			continue;
		w->left--;
		w->path[len] = '/';
		memcpy(w->path + len + 1, d->d_name, n + 1);
		cgroup_tree_add(w->tree, d->d_ino, w->path);
		if (depth < WALK_DEPTH)
			walk(w, fd, d->d_name, len + 1 + n, depth + 1);
	}
	closedir(dir);
}

static void walk_all(struct cgroup_tree *t, uint64_t now_ns)
{
	struct walk w = {.tree = t, .left = CGROUP_WALK_MAX};

	if (t->walk_ns && now_ns < t->walk_ns + WALK_EVERY_NS)
		return;
	t->walk_ns = now_ns;
	t->walks++;
	walk(&w, t->mount_fd, ".", 0, 0);
}

static const char *look_up(struct cgroup_tree *t, uint64_t id, struct entry *e, uint64_t now_ns)
{
	char buf[PATH_MAX + 256];
	int err = t->no_handles ? -EPERM : open_group(t, id, buf, sizeof(buf));

	if (err == -EPERM) {
		t->no_handles = true;
		walk_all(t, now_ns);
		e = find(t, id);
	} else if (!err) {
		e = add(t, id, buf);
	}
	if (!e)
		e = add(t, id, "");
	if (!e)
		return NULL;
	e->retry_ns = now_ns + RETRY_NS;
	return e->path[0] ? e->path : NULL;
}

const char *cgroup_tree_path(struct cgroup_tree *t, uint64_t id, uint64_t now_ns)
{
	struct entry *e;

	if (!id)
		return NULL;
	if (id == t->root_id)
		return "/";
	e = find(t, id);
	if (e && e->path[0])
		return e->path;
	if (t->mount_fd < 0 || (e && now_ns < e->retry_ns))
		return NULL;
	return look_up(t, id, e, now_ns);
}
