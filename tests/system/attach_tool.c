// SPDX-License-Identifier: MIT
/*
 * attach_tool [-c] [-b BYTES]: puts the flow programs on the interfaces of this
 * network namespace as they come, until TERM. What happens is printed a line
 * each: "+ NAME", "- NAME", "~ NAME OLD", "! NAME ERRNO", "program ID", "ready HOW".
 *   -c  clsact even where there is tcx
 *   -b  the netlink queue's size: a small one overruns while this is stopped
 * At the end: "= NAME" for each interface attached to, "connections N", "counted N".
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bpf/flow.skel.h"
#include "bpf/record.h"
#include "flows/capture/attach.h"
#include "flows/capture/links.h"
#include "flows/capture/quiet.h"

#define IFINDEXES 65536

struct tool {
	struct attach *attach;
	struct links *links;
	bool there[IFINDEXES];	/* by the events */
};

static void added(void *arg, const struct link *l)
{
	struct tool *t = arg;
	int err = attach_interface(t->attach, l->ifindex, l->layer3);

	t->there[l->ifindex % IFINDEXES] = true;
	printf("+ %s\n", l->name);
	if (err)
		printf("! %s %s\n", l->name, strerrorname_np(-err));
}

static void removed(void *arg, const struct link *l)
{
	struct tool *t = arg;

	t->there[l->ifindex % IFINDEXES] = false;
	attach_forget(t->attach, l->ifindex);
	printf("- %s\n", l->name);
}

static void renamed(void *arg, const struct link *l, const char *old_name)
{
	(void)arg;
	printf("~ %s %s\n", l->name, old_name);
}

static int ending_fd(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static int follow(struct links *links)
{
	struct pollfd fds[2] = {{.fd = links_fd(links), .events = POLLIN},
				{.fd = ending_fd(), .events = POLLIN}};
	int err = 0;

	while (!err && poll(fds, 2, -1) >= 0) {
		if (fds[0].revents)
			err = links_process(links);
		if (fds[1].revents)
			break;
	}
	close(fds[1].fd);
	return err;
}

static unsigned int connections(const struct flow_bpf *s)
{
	int fd = bpf_map__fd(s->maps.conn4);
	struct conn_key4 key, next;
	unsigned int n = 0;

	for (void *at = NULL; !bpf_map_get_next_key(fd, at, &next); at = &key, n++)
		key = next;
	return n;
}

static void sum_up(const struct tool *t, const struct flow_bpf *s)
{
	unsigned int n = 0;

	for (uint32_t i = 1; i < IFINDEXES; i++) {
		if (!t->there[i])
			continue;
		printf("= %s\n", links_find(t->links, i)->name);
		n++;
	}
	printf("connections %u\ncounted %u %u\n", connections(s), n, attach_count(t->attach));
}

static void print_program(int fd)
{
	struct bpf_prog_info info = {.id = 0};
	uint32_t size = sizeof(info);

	if (!bpf_obj_get_info_by_fd(fd, &info, &size))
		printf("program %u\n", info.id);
}

static int run(struct flow_bpf *s, bool clsact, int queue)
{
	struct attach_progs progs = {
		.ingress = bpf_program__fd(s->progs.flow_ingress),
		.egress = bpf_program__fd(s->progs.flow_egress),
		.ingress_l3 = bpf_program__fd(s->progs.flow_ingress_l3),
		.egress_l3 = bpf_program__fd(s->progs.flow_egress_l3),
	};
	static struct tool t;
	struct link_events events = {&t, added, removed, renamed};
	int err;

	print_program(progs.ingress);
	print_program(progs.egress);
	err = attach_new(&progs, clsact, &t.attach);
	if (!err)
		err = links_new(&events, &t.links);
	if (!err && queue &&
	    setsockopt(links_fd(t.links), SOL_SOCKET, SO_RCVBUFFORCE, &queue, sizeof(queue)))
		err = -errno;
	if (!err) {
		printf("ready %s\n", attach_uses_tcx(t.attach) ? "tcx" : "clsact");
		err = follow(t.links);
		sum_up(&t, s);
	}
	attach_free(t.attach);
	links_free(t.links);
	return err;
}

int main(int argc, char **argv)
{
	bool clsact = false;
	struct flow_bpf *s;
	int c, err, queue = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	while ((c = getopt(argc, argv, "cb:")) >= 0) {
		if (c == 'c')
			clsact = true;
		else if (c == 'b')
			queue = strtol(optarg, NULL, 10);
		else
			return 2;
	}
	quiet_begin();
	s = flow_bpf__open_and_load();
	err = s ? run(s, clsact, queue) : -errno;
	flow_bpf__destroy(s);
	if (err)
		fprintf(stderr, "attach_tool: %s\n", strerror(-err));
	return err ? 1 : 0;
}
