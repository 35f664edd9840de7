// SPDX-License-Identifier: MIT
#include "flows/capture/clsact.h"

#include <errno.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "flows/capture/netlink.h"
#include "flows/capture/quiet.h"

/*
 * Our filters: programs named flow_* under one of 32 handles: a number, and
 * whether the qdisc was made by pitot, since that has to be known after a kill.
 * They go before the filters of others, of which the first that decides ends the
 * row (ours never decide). A priority belongs to one classifier and protocol: where the
 * first is taken by another, the next is used.
 */
#define PRIORITIES 4	/* from 1 */
#define HANDLE 0x9170
#define NUMBERS 16
#define MADE NUMBERS	/* added to the number */
#define ALL_MADE 0xffff0000u
#define PROGRAM_PREFIX "flow_"
#define QDISC_TRIES 20
#define QDISC_WAIT_US 5000

struct clsact {
	int netlink;
	int number_fd;		/* holds the number: an abstract socket, which ends with the process */
	unsigned int number;
	uint32_t seq;
};

/* What is on one hook. */
struct hook_state {
	uint32_t ours[PRIORITIES]; /* a bit for each handle, from HANDLE */
	uint32_t any_ours;
	unsigned int others;
};

/* ---------------------------------------------------------------- look-up */

static int tc_dump(struct clsact *c, uint16_t type, uint32_t ifindex, uint32_t parent,
		   void (*each)(void *arg, const struct nl_message *m), void *arg)
{
	struct {
		struct nlmsghdr head;
		struct tcmsg body;
	} request = {
		.head = {.nlmsg_len = sizeof(request), .nlmsg_type = type,
			 .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP, .nlmsg_seq = ++c->seq},
		.body = {.tcm_ifindex = ifindex, .tcm_parent = parent},
	};

	return nl_dump(c->netlink, &request, sizeof(request), each, arg);
}

/* Splits a tc message; kind has 16 bytes. */
static bool tc_read(const struct nl_message *m, struct tcmsg *ret, char *kind,
		    struct nl_span *ret_options)
{
	struct nl_span s = m->body;
	struct nl_attr a;

	kind[0] = 0;
	*ret_options = (struct nl_span){NULL, NULL};
	if (!nl_copy(s, ret, sizeof(*ret)))
		return false;
	s.at += sizeof(*ret);
	while (nl_next_attr(&s, &a)) {
		if (a.type == TCA_KIND)
			nl_string(a.value, kind, 16);
		else if (a.type == TCA_OPTIONS)
			*ret_options = a.value;
	}
	return true;
}

static bool is_flow_program(struct nl_span options)
{
	char name[sizeof(PROGRAM_PREFIX)];
	struct nl_attr a;

	while (nl_next_attr(&options, &a)) {
		if (a.type != TCA_BPF_NAME)
			continue;
		nl_string(a.value, name, sizeof(name));
		return !strcmp(name, PROGRAM_PREFIX);
	}
	return false;
}

static void see_filter(void *arg, const struct nl_message *m)
{
	struct hook_state *state = arg;
	struct nl_span options;
	uint32_t priority, bit;
	struct tcmsg tc;
	char kind[16];

	/* handle 0 is the head of a priority's list, no filter */
	if (m->head.nlmsg_type != RTM_NEWTFILTER || !tc_read(m, &tc, kind, &options) ||
	    !tc.tcm_handle)
		return;
	priority = TC_H_MAJ(tc.tcm_info) >> 16;
	bit = tc.tcm_handle - HANDLE;
	if (strcmp(kind, "bpf") || priority - 1 >= PRIORITIES || bit >= 2 * NUMBERS ||
	    !is_flow_program(options)) {
		state->others++;
		return;
	}
	state->ours[priority - 1] |= 1u << bit;
	state->any_ours |= 1u << bit;
}

static const struct {
	enum bpf_tc_attach_point point;
	uint32_t parent;
} hooks[2] = {
	{BPF_TC_INGRESS, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)},
	{BPF_TC_EGRESS, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS)},
};

static int look(struct clsact *c, uint32_t ifindex, struct hook_state state[2])
{
	int err = 0;

	memset(state, 0, 2 * sizeof(*state));
	for (int i = 0; i < 2 && !err; i++)
		err = tc_dump(c, RTM_GETTFILTER, ifindex, hooks[i].parent, see_filter, &state[i]);
	return err;
}

/* Interfaces with a clsact qdisc; all of them, or the one asked for. */
struct clsact_list {
	uint32_t wanted;	/* ifindex; 0: any */
	uint32_t *ifindexes;
	size_t n;
	int err;
};

static void see_qdisc(void *arg, const struct nl_message *m)
{
	struct clsact_list *list = arg;
	struct nl_span options;
	uint32_t *more;
	struct tcmsg tc;
	char kind[16];

	if (m->head.nlmsg_type != RTM_NEWQDISC || !tc_read(m, &tc, kind, &options) ||
	    tc.tcm_parent != TC_H_CLSACT || strcmp(kind, "clsact"))
		return;
	if (list->wanted && list->wanted != (uint32_t)tc.tcm_ifindex)
		return;
	more = reallocarray(list->ifindexes, list->n + 1, sizeof(*more));
	if (!more) {
		list->err = -ENOMEM;
		return;
	}
	list->ifindexes = more;
	more[list->n++] = tc.tcm_ifindex;
}

static int list_clsacts(struct clsact *c, uint32_t wanted, struct clsact_list *list)
{
	int err;

	*list = (struct clsact_list){.wanted = wanted};
	err = tc_dump(c, RTM_GETQDISC, wanted, 0, see_qdisc, list);
	return err ? err : list->err;
}

/* An ingress qdisc sits in the same place, but runs its filters for ingress only. */
static int has_clsact(struct clsact *c, uint32_t ifindex)
{
	struct clsact_list list;
	int err = list_clsacts(c, ifindex, &list);

	free(list.ifindexes);
	if (err)
		return err;
	return list.n ? 0 : -EBUSY;
}

/* --------------------------------------------------------------- changes */

static void filter_remove(uint32_t ifindex, int hook, uint32_t handle, uint32_t priority)
{
	DECLARE_LIBBPF_OPTS(bpf_tc_hook, h, .ifindex = ifindex, .attach_point = hooks[hook].point);
	DECLARE_LIBBPF_OPTS(bpf_tc_opts, o, .handle = handle, .priority = priority);
	libbpf_print_fn_t loud = quiet_begin();

	bpf_tc_detach(&h, &o);
	quiet_end(loud);
}

static int filter_add(uint32_t ifindex, int hook, uint32_t handle, int prog_fd)
{
	DECLARE_LIBBPF_OPTS(bpf_tc_hook, h, .ifindex = ifindex, .attach_point = hooks[hook].point);
	libbpf_print_fn_t loud = quiet_begin();
	int err = -EINVAL;

	for (uint32_t i = 1; i <= PRIORITIES && err == -EINVAL; i++) {
		DECLARE_LIBBPF_OPTS(bpf_tc_opts, o, .handle = handle, .priority = i,
				    .prog_fd = prog_fd);

		err = bpf_tc_attach(&h, &o);
	}
	quiet_end(loud);
	return err;
}

/* Of our filters on both hooks those under the handles in mask. */
static void filters_remove(struct clsact *c, uint32_t ifindex, uint32_t mask)
{
	struct hook_state state[2];

	if (look(c, ifindex, state))
		return;
	for (int hook = 0; hook < 2; hook++)
		for (uint32_t i = 0; i < PRIORITIES; i++)
			for (uint32_t bit = 0; bit < 2 * NUMBERS; bit++)
				if (state[hook].ours[i] & mask & 1u << bit)
					filter_remove(ifindex, hook, HANDLE + bit, i + 1);
}

static int qdisc_make(uint32_t ifindex)
{
	DECLARE_LIBBPF_OPTS(bpf_tc_hook, h, .ifindex = ifindex,
			    .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	libbpf_print_fn_t loud = quiet_begin();
	int err = bpf_tc_hook_create(&h);

	/* the one that was there a moment ago is still being taken down */
	for (int tries = 0; err == -EBUSY && tries < QDISC_TRIES; tries++) {
		usleep(QDISC_WAIT_US);
		err = bpf_tc_hook_create(&h);
	}
	quiet_end(loud);
	return err;
}

/* In doubt it stays. */
static void qdisc_remove_unused(struct clsact *c, uint32_t ifindex)
{
	DECLARE_LIBBPF_OPTS(bpf_tc_hook, h, .ifindex = ifindex,
			    .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	struct hook_state state[2];
	libbpf_print_fn_t loud;

	if (look(c, ifindex, state))
		return;
	if (state[0].any_ours || state[0].others || state[1].any_ours || state[1].others)
		return;
	loud = quiet_begin();
	bpf_tc_hook_destroy(&h);
	quiet_end(loud);
}

static uint32_t handle_bit(const struct clsact *c, bool made)
{
	return c->number + (made ? MADE : 0);
}

int clsact_attach(struct clsact *c, uint32_t ifindex, int ingress_fd, int egress_fd, bool *ret_made)
{
	int fds[2] = {ingress_fd, egress_fd};
	struct hook_state state[2];
	bool made;
	int err;

	err = qdisc_make(ifindex);
	made = !err;
	if (err == -EEXIST) {
		err = has_clsact(c, ifindex);
		if (!err)
			err = look(c, ifindex, state);
		/* another pitot made it: the last one that leaves removes it */
		if (!err)
			made = (state[0].any_ours | state[1].any_ours) & ALL_MADE;
	}
	if (err)
		return err;
	for (int i = 0; i < 2 && !err; i++)
		if (fds[i] >= 0)
			err = filter_add(ifindex, i, HANDLE + handle_bit(c, made), fds[i]);
	if (err)
		clsact_detach(c, ifindex, made);
	else
		*ret_made = made;
	return err;
}

void clsact_detach(struct clsact *c, uint32_t ifindex, bool made)
{
	filters_remove(c, ifindex, 1u << handle_bit(c, made));
	if (made)
		qdisc_remove_unused(c, ifindex);
}

/* --------------------------------------------------------------- numbers */

/* The socket that holds a number; -EADDRINUSE: another process does. */
static int hold_number(unsigned int number)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd, n, err;

	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	n = snprintf(addr.sun_path + 1, sizeof(addr.sun_path) - 1, "pitot-clsact-%u", number);
	if (!bind(fd, (struct sockaddr *)&addr, offsetof(struct sockaddr_un, sun_path) + 1 + n))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static void sweep_interface(struct clsact *c, uint32_t ifindex, uint32_t dead)
{
	struct hook_state state[2];

	if (look(c, ifindex, state))
		return;
	filters_remove(c, ifindex, dead);
	if ((state[0].any_ours | state[1].any_ours) & dead & ALL_MADE)
		qdisc_remove_unused(c, ifindex);
}

static int sweep(struct clsact *c, uint32_t dead)
{
	struct clsact_list list;
	int err = list_clsacts(c, 0, &list);

	for (size_t i = 0; i < list.n && !err; i++)
		sweep_interface(c, list.ifindexes[i], dead);
	free(list.ifindexes);
	return err;
}

/* Numbers that can be held are nobody's; the first is kept, all are swept. */
static int take_number(struct clsact *c)
{
	uint32_t dead = 0;
	int fds[NUMBERS], err;

	for (unsigned int i = 0; i < NUMBERS; i++) {
		fds[i] = hold_number(i);
		if (fds[i] < 0)
			continue;
		dead |= 1u << i | 1u << (i + MADE);
		if (c->number_fd < 0) {
			c->number_fd = fds[i];
			c->number = i;
		}
	}
	err = c->number_fd < 0 ? -EBUSY : sweep(c, dead);
	for (unsigned int i = 0; i < NUMBERS; i++)
		if (fds[i] >= 0 && fds[i] != c->number_fd)
			close(fds[i]);
	return err;
}

int clsact_new(struct clsact **ret)
{
	struct clsact *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return -ENOMEM;
	c->number_fd = -1;
	c->netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	err = c->netlink < 0 ? -errno : take_number(c);
	if (err) {
		clsact_free(c);
		return err;
	}
	*ret = c;
	return 0;
}

void clsact_free(struct clsact *c)
{
	if (!c)
		return;
	if (c->netlink >= 0)
		close(c->netlink);
	if (c->number_fd >= 0)
		close(c->number_fd);
	free(c);
}

int clsact_try(uint32_t ifindex)
{
	struct clsact c = {.number_fd = -1};
	int err;

	c.netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (c.netlink < 0)
		return -errno;
	err = qdisc_make(ifindex);
	if (!err)
		qdisc_remove_unused(&c, ifindex);
	else if (err == -EEXIST)
		err = has_clsact(&c, ifindex);
	close(c.netlink);
	return err;
}
