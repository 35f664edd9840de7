// SPDX-License-Identifier: MIT
#include "flows/capture/attach.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "flows/capture/clsact.h"
#include "flows/capture/quiet.h"

/* linux/bpf.h of 6.6, younger than the library */
enum { TCX_INGRESS = 46, TCX_EGRESS = 47 };
#define TCX_BEFORE (1u << 3)

struct attached {
	uint32_t ifindex;
	bool made_qdisc;
	int links[2];		/* tcx; -1: none */
};

struct attach {
	struct attach_progs progs;
	bool tcx;		/* not yet seen to be missing */
	bool tcx_seen;		/* an attachment has worked: errors are the interface's own */
	struct clsact *clsact;	/* made when it is first needed */
	struct attached *list;
	unsigned int n, room;
};

void attach_set_progs(struct attach *a, const struct attach_progs *progs)
{
	a->progs = *progs;
}

int attach_new(const struct attach_progs *progs, bool no_tcx, struct attach **ret)
{
	struct attach *a = calloc(1, sizeof(*a));

	if (!a)
		return -ENOMEM;
	a->progs = *progs;
	a->tcx = !no_tcx;
	*ret = a;
	return 0;
}

static void close_links(struct attached *at)
{
	for (int i = 0; i < 2; i++)
		if (at->links[i] >= 0)
			close(at->links[i]);
}

static void detach(struct attach *a, struct attached *at)
{
	close_links(at);
	if (!a->tcx)
		clsact_detach(a->clsact, at->ifindex, at->made_qdisc);
}

void attach_free(struct attach *a)
{
	if (!a)
		return;
	for (unsigned int i = 0; i < a->n; i++)
		detach(a, &a->list[i]);
	clsact_free(a->clsact);
	free(a->list);
	free(a);
}

/* First of all: a program of others that lets a packet pass ends the row, ours do not. */
static int tcx_link(int prog_fd, uint32_t ifindex, int type)
{
	DECLARE_LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = TCX_BEFORE);
	libbpf_print_fn_t loud;
	int fd;

	if (prog_fd < 0)
		return -1;
	loud = quiet_begin();
	fd = bpf_link_create(prog_fd, ifindex, (enum bpf_attach_type)type, &opts);
	quiet_end(loud);
	return fd;
}

static int attach_tcx(struct attached *at, int ingress_fd, int egress_fd)
{
	at->links[0] = tcx_link(ingress_fd, at->ifindex, TCX_INGRESS);
	if (ingress_fd >= 0 && at->links[0] < 0)
		return at->links[0];
	at->links[1] = tcx_link(egress_fd, at->ifindex, TCX_EGRESS);
	if (egress_fd >= 0 && at->links[1] < 0) {
		if (at->links[0] >= 0)
			close(at->links[0]);
		return at->links[1];
	}
	return 0;
}

static int attach_clsact(struct attach *a, struct attached *at, int ingress_fd, int egress_fd)
{
	int err = 0;

	at->links[0] = at->links[1] = -1;
	if (!a->clsact)
		err = clsact_new(&a->clsact);
	if (!err)
		err = clsact_attach(a->clsact, at->ifindex, ingress_fd, egress_fd, &at->made_qdisc);
	return err;
}

static int attach_either(struct attach *a, struct attached *at, int ingress_fd, int egress_fd)
{
	int err;

	if (a->tcx) {
		err = attach_tcx(at, ingress_fd, egress_fd);
		if (!err)
			a->tcx_seen = true;
		if (a->tcx_seen || (err != -EINVAL && err != -EOPNOTSUPP && err != -ENOTSUP))
			return err;
		a->tcx = false;
	}
	return attach_clsact(a, at, ingress_fd, egress_fd);
}

static struct attached *find(const struct attach *a, uint32_t ifindex)
{
	for (unsigned int i = 0; i < a->n; i++)
		if (a->list[i].ifindex == ifindex)
			return &a->list[i];
	return NULL;
}

static int make_room(struct attach *a)
{
	unsigned int room = a->room ? a->room * 2 : 16;
	struct attached *list;

	if (a->n < a->room)
		return 0;
	list = reallocarray(a->list, room, sizeof(*list));
	if (!list)
		return -ENOMEM;
	a->list = list;
	a->room = room;
	return 0;
}

int attach_interface(struct attach *a, uint32_t ifindex, bool layer3)
{
	int ingress_fd = layer3 ? a->progs.ingress_l3 : a->progs.ingress;
	int egress_fd = layer3 ? a->progs.egress_l3 : a->progs.egress;
	struct attached at = {.ifindex = ifindex};
	int err;

	if ((ingress_fd < 0 && egress_fd < 0) || find(a, ifindex))
		return 0;
	err = make_room(a);
	if (!err)
		err = attach_either(a, &at, ingress_fd, egress_fd);
	if (!err)
		a->list[a->n++] = at;
	return err;
}

void attach_forget(struct attach *a, uint32_t ifindex)
{
	struct attached *at = find(a, ifindex);

	if (!at)
		return;
	detach(a, at);
	*at = a->list[--a->n];
}

bool attach_has(const struct attach *a, uint32_t ifindex)
{
	return find(a, ifindex);
}

bool attach_uses_tcx(const struct attach *a)
{
	return a->tcx;
}

unsigned int attach_count(const struct attach *a)
{
	return a->n;
}
