/* SPDX-License-Identifier: GPL-2.0 */
/* Whose socket it is, and the record that tells it. */
#ifndef PITOT_BPF_OWNER_H
#define PITOT_BPF_OWNER_H

#include <linux/bpf.h>

#define WANT_SOCKETS
#include "bpf/config.bpf.h"
#include "bpf/kernel.h"
#include "bpf/maps.bpf.h"

#include <bpf/bpf_core_read.h>

#define AF_INET 2
#define AF_INET6 10
#define TCP_ESTABLISHED 1

static __always_inline void map_v4(__u8 *to, __be32 addr)
{
	if (!addr)
		return; /* not bound: stays :: */
	to[10] = to[11] = 0xff;
	__builtin_memcpy(to + 12, &addr, 4);
}

static __always_inline void owner_of_task(struct sock_owner *o, struct task_struct *task)
{
	struct task_struct *leader;

	o->pid = BPF_CORE_READ(task, tgid);
	o->ppid = BPF_CORE_READ(task, real_parent, tgid);
	o->uid = BPF_CORE_READ(task, cred, uid.val);
	o->start_ns = BPF_CORE_READ(task, group_leader, start_boottime);
	o->cgroup_id = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
	leader = BPF_CORE_READ(task, group_leader);
	bpf_probe_read_kernel_str(o->comm, sizeof(o->comm),
				  __builtin_preserve_access_index(&leader->comm));
}

static __always_inline void owner_of_current(struct sock_owner *o)
{
	owner_of_task(o, (struct task_struct *)bpf_get_current_task());
}

/* The process that runs, under the user that it runs as now: a daemon binds before it gives up root. */
static __always_inline int owner_is_current(const struct sock_owner *o)
{
	return o->pid == bpf_get_current_pid_tgid() >> 32 &&
	       o->uid == (__u32)bpf_get_current_uid_gid();
}

static __always_inline void rec_from_owner(struct rec_socket *r, const struct sock_owner *o)
{
	r->pid = o->pid;
	r->ppid = o->ppid;
	r->uid = o->uid;
	r->cgroup_id = o->cgroup_id;
	r->start_ns = o->start_ns;
	__builtin_memcpy(r->comm, o->comm, sizeof(r->comm));
}

/* The tuple as the socket has it. */
static __always_inline void rec_from_sock(struct rec_socket *r, const struct sock *sk)
{
	__u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);
	const struct inet_sock *inet = (const struct inet_sock *)sk;

	if (family == AF_INET) {
		map_v4(r->local, BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr));
		map_v4(r->remote, BPF_CORE_READ(sk, __sk_common.skc_daddr));
	} else {
		BPF_CORE_READ_INTO(&r->local, sk, __sk_common.skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO(&r->remote, sk, __sk_common.skc_v6_daddr);
	}
	r->family = family == AF_INET ? 4 : 6;
	r->lport = BPF_CORE_READ(inet, inet_sport);
	r->rport = BPF_CORE_READ(sk, __sk_common.skc_dport);
	r->state = BPF_CORE_READ(sk, __sk_common.skc_state);
	r->netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	r->cookie = (__u64)sk;
}

static __always_inline void rec_start(struct rec_socket *r, __u8 protocol, enum sock_event event)
{
	__builtin_memset(r, 0, sizeof(*r));
	r->head.kind = REC_SOCKET;
	r->head.size = sizeof(*r);
	r->head.time_ns = bpf_ktime_get_ns();
	r->protocol = protocol;
	r->event = event;
}

/* sk must be a pointer that BPF_CORE_READ can follow. */
static __always_inline int announce(const struct sock *sk, const struct sock_owner *o,
				    __u8 protocol, enum sock_event event)
{
	struct rec_socket *r = record_reserve(sizeof(*r), CNT_RING_FULL_SOCKET);

	if (!r)
		return -1;
	rec_start(r, protocol, event);
	rec_from_sock(r, sk);
	rec_from_owner(r, o);
	if (event == SOCK_ACCEPTED)
		r->state = TCP_ESTABLISHED;
	record_submit(r, cfg_wake_bytes);
	return 0;
}

#endif
