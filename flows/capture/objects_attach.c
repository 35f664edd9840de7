/* SPDX-License-Identifier: MIT */
/* The programs that were loaded take up their work, and what they tell is read. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf/record.h"
#include "bpf/socket.skel.h"
#include "flows/capture/cgroup.h"
#include "flows/capture/objects.h"

static bool keep_link(struct objects *o, struct bpf_link *link)
{
	if (!link || o->n_links == sizeof(o->links) / sizeof(o->links[0])) {
		bpf_link__destroy(link);
		return false;
	}
	o->links[o->n_links++] = link;
	return true;
}

static struct bpf_link *attach_walk(struct bpf_program *prog, int map_fd)
{
	union bpf_iter_link_info info = {.map.map_fd = map_fd};
	DECLARE_LIBBPF_OPTS(bpf_iter_attach_opts, opts, .link_info = &info,
			    .link_info_len = sizeof(info));

	if (bpf_program__fd(prog) < 0)
		return NULL;
	return bpf_program__attach_iter(prog, map_fd >= 0 ? &opts : NULL);
}

static bool is_cgroup_program(const struct bpf_program *prog)
{
	switch (bpf_program__type(prog)) {
	case BPF_PROG_TYPE_CGROUP_SKB:
	case BPF_PROG_TYPE_CGROUP_SOCK:
	case BPF_PROG_TYPE_CGROUP_SOCK_ADDR:
	case BPF_PROG_TYPE_SOCK_OPS:
		return true;
	default:
		return false;
	}
}

/* < 0: no mount is visible here. */
static int open_cgroup_root(void)
{
	char path[4096];

	return cgroup2_mount(path, sizeof(path)) ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
						 : -1;
}

/* Iterators are run, and what hears DNS at sockets costs every packet: objects_attach_dns(). */
static bool is_attached_later(const struct objects *o, const struct bpf_program *prog)
{
	return !strncmp(bpf_program__name(prog), "walk_", 5) || prog == o->socket->progs.sock_dns;
}

static void attach_sockets(struct objects *o)
{
	struct bpf_program *prog;
	unsigned int failed = 0;
	int cgroup = open_cgroup_root();

	bpf_object__for_each_program (prog, o->socket->obj) {
		if (bpf_program__fd(prog) < 0 || is_attached_later(o, prog))
			continue;
		if (!is_cgroup_program(prog))
			failed += !keep_link(o, bpf_program__attach(prog));
		else
			failed += cgroup < 0 ||
				  !keep_link(o, bpf_program__attach_cgroup(prog, cgroup));
	}
	if (cgroup >= 0)
		close(cgroup);
	if (failed)
		objects_notice(o, "%u of the programs that name processes could not be attached%s",
			       failed,
			       cgroup < 0 ? ": no cgroup2 mount is visible here (`ip netns exec` "
					    "hides it: `nsenter --net=/run/netns/NAME pitot` does "
					    "not)"
					  : "; see `pitot features`");
	o->walk_udp =
		attach_walk(o->socket->progs.walk_udp, bpf_map__fd(o->socket->maps.udp_owners));
	o->walk_listeners = attach_walk(o->socket->progs.walk_listeners,
					bpf_map__fd(o->socket->maps.listeners));
	o->walk_files = attach_walk(o->socket->progs.walk_files, -1);
}

void objects_attach(struct objects *o)
{
	if (o->drop && !keep_link(o, bpf_program__attach(o->drop_program)))
		objects_notice(o, "drops are not seen: the program could not be attached: %s",
			       strerror(errno));
	if (o->socket)
		attach_sockets(o);
}

int objects_attach_dns(struct objects *o)
{
	int cgroup, err;

	if (!o->socket || bpf_program__fd(o->socket->progs.sock_dns) < 0)
		return 0;
	cgroup = open_cgroup_root();
	if (cgroup < 0)
		return -ENOENT;
	err = keep_link(o, bpf_program__attach_cgroup(o->socket->progs.sock_dns, cgroup)) ? 0
											  : -errno;
	close(cgroup);
	return err;
}

int objects_walk(struct bpf_link *walk, void (*f)(void *arg, const void *rec, size_t size),
		 void *arg)
{
	struct rec_socket recs[128];
	size_t have = 0, i;
	ssize_t n;
	int fd;

	if (!walk)
		return -ENOENT;
	fd = bpf_iter_create(bpf_link__fd(walk));
	if (fd < 0)
		return -errno;
	for (;;) {
		n = read(fd, (char *)recs + have, sizeof(recs) - have);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n <= 0)
			break;
		have += n;
		for (i = 0; (i + 1) * sizeof(recs[0]) <= have; i++)
			f(arg, &recs[i], sizeof(recs[i]));
		have -= i * sizeof(recs[0]);
		memmove(recs, &recs[i], have);
	}
	n = n < 0 ? -errno : 0;
	close(fd);
	return n;
}

void objects_counters(const struct objects *o, uint64_t sum[CNT_MAX])
{
	int cpus = libbpf_num_possible_cpus();
	uint64_t *values = calloc(cpus > 0 ? cpus : 1, sizeof(*values));

	memset(sum, 0, CNT_MAX * sizeof(*sum));
	for (uint32_t i = 0; values && i < CNT_MAX; i++) {
		if (bpf_map_lookup_elem(o->counters_fd, &i, values))
			continue;
		for (int cpu = 0; cpu < cpus; cpu++)
			sum[i] += values[cpu];
	}
	free(values);
}

unsigned int objects_stack(const struct objects *o, int32_t id, uint64_t *ret, unsigned int max)
{
	uint64_t stack[DROP_STACK_DEPTH] = {0};
	unsigned int n = 0;

	if (bpf_map_lookup_elem(o->stacks_fd, &id, stack))
		return 0;
	while (n < max && n < DROP_STACK_DEPTH && stack[n]) {
		ret[n] = stack[n];
		n++;
	}
	return n;
}
