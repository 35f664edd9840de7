// SPDX-License-Identifier: GPL-2.0
/*
 * Who owns a socket, in any network namespace. The owner is stored with the
 * socket when it is made; records go to user space when its tuple is known:
 *
 *   TCP, opened      sockops, just before the SYN (the process is current)
 *   TCP, accepted    the change to ESTABLISHED; the owner is the listener's
 *   TCP, used        a read by another process than the owner: a forked worker
 *   UDP              walked over when something changed, since the port that
 *                    the kernel chooses is set after the last hook
 *   closed           cgroup/sock_release
 *   already there    iter/task_file, once at the start
 *
 * Beside them, each left out unless it is asked for: DNS messages that reach a
 * socket in another network namespace, and control groups that are made.
 */
#include <linux/bpf.h>

#include "bpf/owner.bpf.h"
#include "bpf/arrived.bpf.h"
#include "bpf/listener.bpf.h"
#include "bpf/packet.bpf.h"

#include <bpf/bpf_tracing.h>

#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define TCP_SYN_SENT 2
#define TCP_SYN_RECV 3
#define TCP_CLOSE 7
#define TCP_LISTEN 10

static __always_inline void udp_changed(void)
{
	__u32 zero = 0;
	__u64 *n = bpf_map_lookup_elem(&udp_changes, &zero);

	if (n)
		__sync_fetch_and_add(n, 1);
}

/* ------------------------------------------------------ sockets are made */

SEC("cgroup/sock_create")
int sock_made(struct bpf_sock *ctx)
{
	struct sock_owner *o;

	if (ctx->family != AF_INET && ctx->family != AF_INET6)
		return 1;
	if (ctx->type == SOCK_STREAM)
		o = bpf_sk_storage_get(&sock_owners, ctx, 0, BPF_SK_STORAGE_GET_F_CREATE);
	else if (ctx->type == SOCK_DGRAM)
		o = bpf_sk_storage_get(&udp_owners, ctx, 0, BPF_SK_STORAGE_GET_F_CREATE);
	else
		return 1;
	if (o)
		owner_of_current(o);
	if (ctx->type == SOCK_DGRAM)
		udp_changed();
	return 1;
}

/* ------------------------------------------------------------------ TCP */

/* A connect() in process context, tuple complete, SYN not yet sent. */
SEC("sockops")
int sock_ops(struct bpf_sock_ops *ctx)
{
	struct sock_owner *o;
	struct rec_socket *r;
	struct bpf_sock *sk;

	if (ctx->op != BPF_SOCK_OPS_TCP_CONNECT_CB)
		return 1;
	sk = ctx->sk;
	if (!sk)
		return 1;
	o = bpf_sk_storage_get(&sock_owners, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (!o)
		return 1;
	owner_of_current(o);
	o->sock = (__u64)sk;
	r = record_reserve(sizeof(*r), CNT_RING_FULL_SOCKET);
	if (!r)
		return 1;
	rec_start(r, PROTO_TCP, SOCK_CONNECT);
	rec_from_sock(r, (const struct sock *)o->sock);
	r->state = TCP_SYN_SENT;
	rec_from_owner(r, o);
	record_submit(r, cfg_wake_bytes);
	return 1;
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(sock_state, struct sock *sk, int old, int state)
{
	struct listen_watch *w;
	struct sock_owner *o;

	if (sk->sk_protocol != PROTO_TCP)
		return 0;
	if (state == TCP_LISTEN) {
		o = bpf_sk_storage_get(&sock_owners, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
		w = bpf_sk_storage_get(&listeners, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
		if (w)
			w->drops = sk->sk_drops.counter;
		if (!o)
			return 0;
		owner_of_current(o);
		announce(sk, o, PROTO_TCP, SOCK_LISTEN);
		return 0;
	}
	o = bpf_sk_storage_get(&sock_owners, sk, 0, 0);
	if (!o)
		return 0;
	if (state == TCP_ESTABLISHED && old == TCP_SYN_RECV)
		announce(sk, o, PROTO_TCP, SOCK_ACCEPTED);
	else if (state == TCP_CLOSE)
		announce(sk, o, PROTO_TCP, SOCK_CLOSE);
	return 0;
}

/* The reader is who works with the connection: the worker that a server forked. */
SEC("tp_btf/tcp_rcv_space_adjust")
int BPF_PROG(sock_read, struct sock *sk)
{
	struct sock_owner *o = bpf_sk_storage_get(&sock_owners, sk, 0, 0);

	if (!o || owner_is_current(o))
		return 0;
	owner_of_current(o);
	announce(sk, o, PROTO_TCP, SOCK_USED);
	return 0;
}

/* ------------------------------------------------------------------ UDP */

static __always_inline int udp_used(struct bpf_sock_addr *ctx)
{
	struct sock_owner *o, now = {};
	struct bpf_sock *sk = ctx->sk;

	if (!sk || sk->protocol != PROTO_UDP)
		return 1;
	o = bpf_sk_storage_get(&udp_owners, sk, &now, BPF_SK_STORAGE_GET_F_CREATE);
	if (!o || (o->announced && owner_is_current(o)))
		return 1;
	owner_of_current(o);
	o->announced = 0;
	udp_changed();
	return 1;
}

SEC("cgroup/sendmsg4")
int udp_send4(struct bpf_sock_addr *ctx)
{
	return udp_used(ctx);
}

SEC("cgroup/sendmsg6")
int udp_send6(struct bpf_sock_addr *ctx)
{
	return udp_used(ctx);
}

static __always_inline int udp_connected(struct bpf_sock_addr *ctx)
{
	struct bpf_sock *sk = ctx->sk;
	struct sock_owner *o;

	if (!sk || sk->protocol != PROTO_UDP)
		return 1;
	o = bpf_sk_storage_get(&udp_owners, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (!o)
		return 1;
	owner_of_current(o);
	o->announced = 0;
	udp_changed();
	return 1;
}

SEC("cgroup/connect4")
int udp_connect4(struct bpf_sock_addr *ctx)
{
	return udp_connected(ctx);
}

SEC("cgroup/connect6")
int udp_connect6(struct bpf_sock_addr *ctx)
{
	return udp_connected(ctx);
}

static __always_inline int udp_bound(struct bpf_sock *ctx)
{
	struct sock_owner *o;

	if (ctx->protocol != PROTO_UDP)
		return 1;
	o = bpf_sk_storage_get(&udp_owners, ctx, 0, 0);
	if (o)
		o->announced = 0;
	udp_changed();
	return 1;
}

SEC("cgroup/post_bind4")
int udp_bind4(struct bpf_sock *ctx)
{
	return udp_bound(ctx);
}

SEC("cgroup/post_bind6")
int udp_bind6(struct bpf_sock *ctx)
{
	return udp_bound(ctx);
}

/* Closed before the walk came by: its tuple is complete now. */
SEC("cgroup/sock_release")
int sock_closed(struct bpf_sock *ctx)
{
	struct sock_owner *o;
	struct rec_socket *r;

	if (ctx->protocol != PROTO_UDP)
		return 1;
	o = bpf_sk_storage_get(&udp_owners, ctx, 0, 0);
	if (!o)
		return 1;
	r = record_reserve(sizeof(*r), CNT_RING_FULL_SOCKET);
	if (!r)
		return 1;
	rec_start(r, PROTO_UDP, SOCK_CLOSE);
	rec_from_sock(r, (const struct sock *)ctx); /* that is what it is at run time */
	rec_from_owner(r, o);
	record_submit(r, cfg_wake_bytes);
	return 1;
}

/* ---------------------------------------------------------------- walks
 *
 * What they find is read from the iterator's file, so that the ring cannot
 * overflow with it.
 */

static __always_inline int walk_tell(struct seq_file *seq, const struct sock *sk,
				     const struct sock_owner *o, __u8 protocol,
				     enum sock_event event)
{
	struct rec_socket r;

	rec_start(&r, protocol, event);
	rec_from_sock(&r, sk);
	rec_from_owner(&r, o);
	return bpf_seq_write(seq, &r, sizeof(r));
}

/* UDP sockets whose tuple has not been told yet. */
SEC("iter/bpf_sk_storage_map")
int walk_udp(struct bpf_iter__bpf_sk_storage_map *ctx)
{
	struct sock_owner *o = ctx->value;
	struct sock *sk = ctx->sk;

	if (!o || !sk || o->announced || !BPF_CORE_READ(sk, __sk_common.skc_num))
		return 0;
	if (!walk_tell(ctx->meta->seq, sk, o, PROTO_UDP, SOCK_OPEN))
		o->announced = 1;
	return 0;
}

/* Listeners that dropped packets since the last walk. */
SEC("iter/bpf_sk_storage_map")
int walk_listeners(struct bpf_iter__bpf_sk_storage_map *ctx)
{
	struct listen_watch *w = ctx->value;
	struct inet_connection_sock *icsk;
	struct sock *sk = ctx->sk;
	struct rec_socket r;
	__u32 drops;
	__u8 synflood;

	if (!w || !sk || BPF_CORE_READ(sk, __sk_common.skc_state) != TCP_LISTEN)
		return 0;
	icsk = (struct inet_connection_sock *)sk;
	drops = BPF_CORE_READ(sk, sk_drops.counter);
	synflood = BPF_CORE_READ(icsk, icsk_accept_queue.synflood_warned);
	if (drops == w->drops && !!synflood == w->synflood)
		return 0;
	rec_start(&r, PROTO_TCP, SOCK_LISTEN_DROPS);
	rec_from_sock(&r, sk);
	r.drops = drops;
	r.new_drops = drops - w->drops;
	r.backlog = BPF_CORE_READ(sk, sk_ack_backlog);
	r.backlog_max = BPF_CORE_READ(sk, sk_max_ack_backlog);
	r.requests = BPF_CORE_READ(icsk, icsk_accept_queue.qlen.counter);
	r.synflood = !!synflood;
	r.full = listener_full(sk, r.requests);
	if (bpf_seq_write(ctx->meta->seq, &r, sizeof(r)))
		return 0;
	w->drops = drops;
	w->synflood = !!synflood;
	return 0;
}

/* Every socket of every process: those that were open before the start. */
SEC("iter/task_file")
int walk_files(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct listen_watch *w;
	struct sock_owner *o;
	struct socket *socket;
	struct sock *sk;
	__u16 family, protocol;

	if (!task || !file || task->pid != task->tgid)
		return 0;
	socket = bpf_sock_from_file(file);
	if (!socket)
		return 0;
	sk = socket->sk;
	if (!sk)
		return 0;
	family = sk->__sk_common.skc_family;
	protocol = sk->sk_protocol;
	if (family != AF_INET && family != AF_INET6)
		return 0;
	if (protocol == PROTO_TCP)
		o = bpf_sk_storage_get(&sock_owners, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	else if (protocol == PROTO_UDP)
		o = bpf_sk_storage_get(&udp_owners, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	else
		return 0;
	if (!o)
		return 0;
	owner_of_task(o, task);
	if (protocol == PROTO_TCP && sk->__sk_common.skc_state == TCP_LISTEN) {
		w = bpf_sk_storage_get(&listeners, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
		if (w)
			w->drops = sk->sk_drops.counter;
	}
	if (!walk_tell(ctx->meta->seq, sk, o, protocol, SOCK_EXISTING))
		o->announced = 1;
	return 0;
}

/* ----------------------------------------------------------------- exec */

SEC("tp_btf/sched_process_exec")
int BPF_PROG(exec_seen, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	struct rec_exec *r, *out;
	unsigned long arg, length;
	struct sock_owner o = {};
	__u32 zero = 0;
	long n;

	r = bpf_map_lookup_elem(&exec_scratch, &zero);
	if (!r)
		return 0;
	__builtin_memset(r, 0, sizeof(*r));
	owner_of_task(&o, task);
	r->head.kind = REC_EXEC;
	r->head.size = sizeof(*r);
	r->head.time_ns = bpf_ktime_get_ns();
	r->pid = o.pid;
	r->ppid = o.ppid;
	r->uid = o.uid;
	r->start_ns = o.start_ns;
	r->cgroup_id = o.cgroup_id;
	__builtin_memcpy(r->comm, o.comm, sizeof(r->comm));
	n = bpf_probe_read_kernel_str(r->file, sizeof(r->file), BPF_CORE_READ(bprm, filename));
	r->file_len = n > 0 ? n - 1 : 0;
	arg = BPF_CORE_READ(task, mm, arg_start);
	length = BPF_CORE_READ(task, mm, arg_end) - arg;
	if (length > sizeof(r->args) - 1)
		length = sizeof(r->args) - 1;
	length &= sizeof(r->args) - 1;
	if (!bpf_probe_read_user(r->args, length, (void *)arg))
		r->args_len = length;
	out = record_reserve(sizeof(*out), CNT_RING_FULL_SOCKET);
	if (!out)
		return 0;
	__builtin_memcpy(out, r, sizeof(*out));
	record_submit(out, cfg_wake_bytes);
	return 0;
}

/* ------------------------------------------------------------------ DNS */

/* Whose socket it is. Returns 0 where it lives in the namespace whose interfaces are watched. */
static __always_inline int dns_reader(struct bpf_sock *sk, __u8 protocol, struct rec_dns *r)
{
	struct sock_owner *o;

	const struct sock *number;

	/* by way of memory it is a number, whose fields can be read: see struct sock_owner */
	*(volatile __u64 *)&r->start_ns = (__u64)sk;
	number = (const struct sock *)*(volatile __u64 *)&r->start_ns;
	r->netns = BPF_CORE_READ(number, __sk_common.skc_net.net, ns.inum);
	if (!r->netns || r->netns == cfg_own_netns)
		return 0;
	r->cgroup_id = r->start_ns = 0;
	r->pid = r->ppid = r->uid = 0;
	__builtin_memset(r->comm, 0, sizeof(r->comm));
	if (protocol == PROTO_UDP)
		o = bpf_sk_storage_get(&udp_owners, sk, 0, 0);
	else
		o = bpf_sk_storage_get(&sock_owners, sk, 0, 0);
	if (!o)
		return 1;
	r->cgroup_id = o->cgroup_id;
	r->start_ns = o->start_ns;
	r->pid = o->pid;
	r->ppid = o->ppid;
	r->uid = o->uid;
	__builtin_memcpy(r->comm, o->comm, sizeof(r->comm));
	return 1;
}

/*
 * A packet reaches a socket, in any network namespace. What passes an interface of
 * the watched one as well is left out in user space, which knows it, and which
 * attaches this when it learns of a resolver that no interface sees.
 */
SEC("cgroup_skb/ingress")
int sock_dns(struct __sk_buff *skb)
{
	__u32 zero = 0, payload;
	struct arrived a = {};
	struct wire_tcp tcp;
	struct bpf_sock *sk;
	struct rec_dns *r;

	if (!dns_arrived(skb, &a))
		return 1;
	sk = skb->sk;
	r = bpf_map_lookup_elem(&dns_scratch, &zero);
	if (!sk || !r)
		return 1;
	sk = bpf_sk_fullsock(sk);
	if (!sk || !dns_reader(sk, a.protocol, r))
		return 1;
	payload = a.l4 + sizeof(struct wire_udp);
	r->tcp_seq = r->tcp_flags = 0;
	if (a.protocol == PROTO_TCP) {
		if (bpf_skb_load_bytes(skb, a.l4, &tcp, sizeof(tcp)))
			return 1;
		r->tcp_flags = tcp.flags;
		r->tcp_seq = packet_ntohl(tcp.seq) + !!(tcp.flags & TCPF_SYN);
		payload = a.l4 + (tcp.offset_ns >> 4) * 4;
	}
	if (a.length > skb->len || (!a.v4 && a.length == sizeof(struct wire_ipv6)))
		a.length = skb->len;
	if (a.length <= payload)
		return 1;
	arrived_key(&a, r);
	r->head.ifindex = 0;
	r->egress = 0;
	r->flags = DNS_AT_SOCKET;
	r->initiator = r->initiator_by = 0;
	dns_send(skb, r, payload, a.length - payload);
	return 1;
}

/* ------------------------------------------------------------ control groups */

SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(cgroup_made, struct cgroup *cgrp, const char *path)
{
	struct rec_cgroup *r;
	long n;

	if (cgrp->root->hierarchy_id) /* 0: the default hierarchy, cgroup v2 */
		return 0;
	r = record_reserve(sizeof(*r), CNT_RING_FULL_SOCKET);
	if (!r)
		return 0;
	n = bpf_probe_read_kernel_str(r->path, sizeof(r->path), path);
	if (n <= 0 || n == sizeof(r->path)) { /* cut: another group's name */
		bpf_ringbuf_discard(r, BPF_RB_NO_WAKEUP);
		return 0;
	}
	r->head.kind = REC_CGROUP;
	r->head.why = 0;
	r->head.size = sizeof(*r);
	r->head.ifindex = 0;
	r->head.time_ns = bpf_ktime_get_ns();
	r->id = cgrp->kn->id;
	record_submit(r, cfg_wake_bytes);
	return 0;
}

char _license[] SEC("license") = "GPL";
