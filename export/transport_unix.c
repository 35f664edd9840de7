// SPDX-License-Identifier: MIT
/*
 * A unix socket's name in the file system: bound under another name, given its
 * mode and group, and renamed once it listens, so that nobody meets it half made.
 */
#include "export/transport.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "export/transport_internal.h"

#define BACKLOG 511

/* 0: nobody answers there (any more), -EADDRINUSE: somebody does. */
static int answers(const char *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int r = 0;

	if (fd < 0)
		return -errno;
	memcpy(to.sun_path, path, strnlen(path, sizeof(to.sun_path) - 1));
	if (!connect(fd, (struct sockaddr *)&to, sizeof(to)) || errno == EAGAIN)
		r = -EADDRINUSE; /* EAGAIN: its queue is full */
	else if (errno != ECONNREFUSED && errno != ENOENT)
		r = -errno;
	close(fd);
	return r;
}

static int may_replace(const struct address *at, char **ret_error)
{
	struct stat st;
	int r;

	if (lstat(at->path, &st))
		return errno == ENOENT
			       ? 0
			       : transport_say(ret_error, -errno, "cannot listen on '%s': %s",
					       at->text, strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return transport_say(
			ret_error, -EEXIST,
			"cannot listen on '%s': a file that is no socket is there; remove it or choose another path",
			at->text);
	r = answers(at->path);
	if (r == -EADDRINUSE)
		return transport_say(
			ret_error, r,
			"cannot listen on '%s': another process serves this socket; stop it or choose another path",
			at->text);
	if (r)
		return transport_say(ret_error, r, "cannot ask who serves '%s': %s", at->text,
				     strerror(-r));
	return 0;
}

/* The group where there is one of that name; without the right to give it away: the file stays ours alone. */
static int set_group_and_mode(const char *path, const struct listener_options *opt)
{
	struct group g, *found = NULL;
	char buf[16384];

	if (opt->group && !getgrnam_r(opt->group, &g, buf, sizeof(buf), &found) && found &&
	    chown(path, -1, g.gr_gid) && errno != EPERM)
		return -errno;
	return chmod(path, opt->mode ? opt->mode : 0660) ? -errno : 0;
}

/* Bound with no rights at all, so that these only grow. */
static int bind_new(int fd, const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	mode_t before;
	int r;

	memcpy(at.sun_path, path, strlen(path));
	unlink(path);
	before = umask(0777);
	r = bind(fd, (struct sockaddr *)&at, sizeof(at)) ? -errno : 0;
	umask(before);
	return r;
}

static int make(int fd, int dir, const struct listener_options *opt, const char *base,
		struct unix_name *ret)
{
	/* through the directory's descriptor: the name may then be as long as the given one */
	char name[64], place[108];
	struct stat st;
	int r;

	snprintf(name, sizeof(name), ".pitot-%d.sock", (int)getpid());
	snprintf(place, sizeof(place), "/proc/self/fd/%d/%s", dir, name);
	r = bind_new(fd, place);
	if (r)
		return r;
	r = set_group_and_mode(place, opt);
	if (!r && (listen(fd, BACKLOG) || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) ||
		   renameat(dir, name, dir, base)))
		r = -errno;
	if (r) {
		unlinkat(dir, name, 0);
		return r;
	}
	ret->device = st.st_dev;
	ret->inode = st.st_ino;
	return 0;
}

/* dir is locked while it is looked whose the name is: two that start at once do not both win. */
static int claim(int fd, const struct listener_options *opt, const char *folder, const char *base,
		 struct unix_name *ret, char **ret_error)
{
	int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (dir < 0)
		return transport_say(ret_error, -errno, "cannot listen on '%s': directory '%s': %s",
				     opt->at.text, folder, strerror(errno));
	/* somebody else's lock on it (it may be /tmp) holds nobody up */
	for (int i = 0; i < 20 && flock(dir, LOCK_EX | LOCK_NB); i++)
		usleep(10000);
	r = may_replace(&opt->at, ret_error);
	if (!r) {
		r = make(fd, dir, opt, base, ret);
		if (r)
			transport_say(ret_error, r, "cannot listen on '%s': %s", opt->at.text,
				      strerror(-r));
	}
	close(dir);
	return r;
}

int unix_bind(const struct listener_options *opt, int *ret_fd, struct unix_name *ret_name,
	      char **ret_error)
{
	char folder[108], base[108];
	int fd, r;

	memcpy(folder, opt->at.path, sizeof(folder));
	memcpy(base, opt->at.path, sizeof(base));
	memcpy(ret_name->path, opt->at.path, sizeof(ret_name->path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return transport_say(ret_error, -errno, "cannot make a unix socket: %s",
				     strerror(errno));
	r = claim(fd, opt, dirname(folder), basename(base), ret_name, ret_error);
	if (r) {
		close(fd);
		return r;
	}
	*ret_fd = fd;
	return 0;
}

void unix_unlink(const struct unix_name *name)
{
	struct stat st;

	if (!lstat(name->path, &st) && st.st_dev == name->device && st.st_ino == name->inode)
		unlink(name->path);
}
