/* SPDX-License-Identifier: MIT */
#include "flows/capture/capture.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bpf/record.h"
#include "flows/capture/capture_parts.h"
#include "flows/capture/netns.h"

#define DRAIN_MS 10 /* while records come */
#define IDLE_DRAINS 4 /* empty drains in a row until it sleeps and is woken */
#define DRAIN_RECORDS 65536 /* at a time, so that signals and the sweep have their turn */
#define SWEEP_MS 1000
#define WALK_AGAIN_NS 10000000000ull
#define WALK_SHARE 20 /* walking UDP sockets takes at most a twentieth of the time */

static struct capture *capture_of(struct source *s)
{
	return (struct capture *)s;
}

static uint64_t mono_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static void __attribute__((format(printf, 2, 3))) notice(struct capture *c, const char *format, ...)
{
	char line[256];
	va_list args;

	if (!c->ev.notice)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	c->ev.notice(c->ev.arg, line);
}

/* ------------------------------------------------------------ interfaces */

static bool any_match(const char *const *globs, const char *name)
{
	for (; globs && *globs; globs++)
		if (!fnmatch(*globs, name, 0))
			return true;
	return false;
}

const char *capture_left_out(const struct capture *c, const struct link *l)
{
	if (l->member)
		return "its bond or team is watched";
	if (any_match(c->opt.not_interfaces, l->name))
		return "left out (--not-interface)";
	if (c->opt.interfaces && !any_match(c->opt.interfaces, l->name))
		return "not asked for (--interface)";
	return NULL;
}

static bool wanted(const struct capture *c, const struct link *l)
{
	return !capture_left_out(c, l);
}

static void watch_link(struct capture *c, const struct link *l)
{
	int err = 0;

	if (l->layer3) {
		err = objects_load_l3(c->objects, &c->opt);
		attach_set_progs(c->attach, &c->objects->progs);
	}
	if (!err)
		err = attach_interface(c->attach, l->ifindex, l->layer3);
	if (err && err != -ENODEV)
		notice(c, "interface %s is not watched: %s", l->name, strerror(-err));
}

static void on_link_added(void *arg, const struct link *l)
{
	struct capture *c = arg;

	if (wanted(c, l))
		watch_link(c, l);
}

static void on_link_removed(void *arg, const struct link *l)
{
	struct capture *c = arg;

	attach_forget(c->attach, l->ifindex);
}

static void on_link_renamed(void *arg, const struct link *l, const char *old_name)
{
	struct capture *c = arg;

	(void)old_name;
	if (wanted(c, l))
		watch_link(c, l);
	else
		attach_forget(c->attach, l->ifindex);
}

static void on_links_readable(uv_poll_t *poll, int status, int events)
{
	struct capture *c = poll->data;

	(void)events;
	if (!status)
		links_process(c->links);
}

/* --------------------------------------------------------------- sockets */

/*
 * DNS that no interface here sees: a resolver on the loopback of another network
 * namespace (Docker's at 127.0.0.11), or somebody who asks one there. To hear it
 * costs every packet that reaches a socket, so nobody pays before. Any UDP there
 * counts: what port 53 is redirected to may have any port.
 */
static bool speaks_dns_elsewhere(const struct capture *c, const struct rec_socket *rec)
{
	static const struct ip_addr nobody;
	struct ip_addr local, remote;

	if (rec->protocol != IPPROTO_UDP || !rec->netns || rec->netns == c->own_netns)
		return false;
	memcpy(local.b, rec->local, sizeof(local.b));
	memcpy(remote.b, rec->remote, sizeof(remote.b));
	return ip_addr_is_loopback(&remote) ||
	       (ip_addr_is_loopback(&local) && !memcmp(&remote, &nobody, sizeof(nobody)));
}

static void on_socket(struct capture *c, const struct rec_socket *rec)
{
	int err;

	if (c->hears_dns || !speaks_dns_elsewhere(c, rec))
		return;
	c->hears_dns = true;
	err = objects_attach_dns(c->objects);
	if (err)
		notice(c, "DNS inside of containers gives no names: %s", strerror(-err));
}

static void on_record(struct capture *c, const void *rec, size_t size)
{
	const struct rec_head *head = rec;

	if (size >= sizeof(struct rec_socket) && head->kind == REC_SOCKET)
		on_socket(c, rec);
	collector_record(c->collector, rec, size);
}

static void on_walked(void *arg, const void *rec, size_t size)
{
	on_record(arg, rec, size);
}

/* UDP sockets got a port or a peer: look which. Bounded to a share of the time. */
static void walk_udp(struct capture *c)
{
	uint32_t zero = 0;
	uint64_t changes, now;

	if (!c->objects->walk_udp ||
	    bpf_map_lookup_elem(c->objects->udp_changes_fd, &zero, &changes) ||
	    changes == c->udp_changes)
		return;
	now = mono_ns();
	if (now < c->walk_ready_ns)
		return;
	c->udp_changes = changes;
	objects_walk(c->objects->walk_udp, on_walked, c);
	c->walk_ready_ns = now + (mono_ns() - now) * WALK_SHARE;
}

/* ----------------------------------------------------------------- drain */

static int on_ring_record(void *arg, void *rec, size_t size)
{
	struct capture *c = arg;

	on_record(c, rec, size);
	return ++c->drained < DRAIN_RECORDS ? 0 : -EAGAIN;
}

/* How many records there were, DRAIN_RECORDS at most. */
static int drain(struct capture *c)
{
	walk_udp(c);
	c->drained = 0;
	ring_buffer__consume(c->ring);
	collector_batch_end(c->collector);
	return c->drained;
}

/* No timer any more: the next record wakes us. Looks once more, for one that came meanwhile. */
static void fall_asleep(struct capture *c)
{
	uint32_t zero = 0, sleeps = 1;

	if (bpf_map_update_elem(c->objects->reader_fd, &zero, &sleeps, 0))
		return;
	if (drain(c) > 0)
		c->empty_drains = 0;
	else
		uv_timer_stop(&c->drain_timer);
}

static void on_drain(uv_timer_t *timer)
{
	struct capture *c = timer->data;

	c->empty_drains = drain(c) > 0 ? 0 : c->empty_drains + 1;
	if (c->empty_drains > IDLE_DRAINS)
		fall_asleep(c);
}

static void on_ring_readable(uv_poll_t *poll, int status, int events)
{
	struct capture *c = poll->data;

	(void)events;
	if (status)
		return;
	drain(c);
	c->empty_drains = 0;
	uv_timer_again(&c->drain_timer);
}

/* ----------------------------------------------------------------- sweep */

/* The kernel's jiffies, low 32 bits: a program returns them. */
static uint32_t jiffies_now(struct capture *c)
{
	DECLARE_LIBBPF_OPTS(bpf_test_run_opts, opts);

	if (bpf_prog_test_run_opts(c->objects->clock_fd, &opts))
		return 0;
	return opts.retval;
}

/* Socket records were lost: what is open is looked up anew, at most every ten seconds. */
static void walk_again(struct capture *c, uint64_t lost_sockets)
{
	uint64_t now = mono_ns();

	if (lost_sockets == c->walked_lost || now < c->walked_ns + WALK_AGAIN_NS)
		return;
	c->walked_lost = lost_sockets;
	c->walked_ns = now;
	collector_walk_begin(c->collector);
	if (!objects_walk(c->objects->walk_files, on_walked, c))
		collector_walk_end(c->collector, now);
}

static void tell_lost(struct capture *c, const uint64_t sum[CNT_MAX])
{
	struct lost_events told = {.source = "PERF_EVENT_RING_BUFFER", .cpu = -1};
	struct timespec t;
	uint64_t lost;

	walk_again(c, sum[CNT_RING_FULL_SOCKET]);
	lost = sum[CNT_RING_FULL] + sum[CNT_RING_FULL_DROP] + sum[CNT_RING_FULL_SOCKET];
	if (lost <= c->told_lost || !c->ev.lost)
		return;
	clock_gettime(CLOCK_REALTIME, &t);
	told.time_ns = t.tv_sec * 1000000000ull + t.tv_nsec;
	told.count = lost - c->told_lost;
	c->ev.lost(c->ev.arg, &told);
	c->told_lost = lost;
}

static void sweep(struct capture *c, bool everything)
{
	uint32_t jiffies = jiffies_now(c);
	uint64_t sum[CNT_MAX];

	objects_counters(c->objects, sum);
	tell_lost(c, sum);
	collector_clock(c->collector, jiffies);
	objects_walk(c->objects->walk_listeners, on_walked, c);
	collector_listeners_end(c->collector);
	sweep_run(c->sweep, jiffies, sum[CNT_NEW], everything);
	collector_age(c->collector, mono_ns());
	if (c->ev.batch_end)
		c->ev.batch_end(c->ev.arg);
}

static void on_sweep(uv_timer_t *timer)
{
	drain(timer->data); /* the sweep's counters are newer than what waits in the ring */
	sweep(timer->data, false);
}

static unsigned int read_stack(void *arg, int32_t id, uint64_t *ret, unsigned int max)
{
	struct capture *c = arg;

	return objects_stack(c->objects, id, ret, max);
}

/* ------------------------------------------------------- start and stop */

static int make_parts(struct capture *c)
{
	struct link_events link_ev = {.arg = c,
				      .added = on_link_added,
				      .removed = on_link_removed,
				      .renamed = on_link_renamed};
	struct objects *o = c->objects;
	struct collector_options copt = {.own_netns = c->own_netns,
					 .hz = kernel_hz(),
					 .max_connections = o->max4 + o->max6,
					 .names = c->names,
					 .stack = read_stack,
					 .stack_arg = c};
	struct sweep_options sopt = {
		.conn4_fd = o->conn4_fd,
		.conn6_fd = o->conn6_fd,
		.drops_fd = o->drops_fd,
		.hz = copt.hz,
		.max4 = o->max4,
		.max6 = o->max6,
		.idle_ms = c->opt.idle_timeout_ms ? c->opt.idle_timeout_ms : 30000,
		.tcp_idle_ms = c->opt.tcp_idle_timeout_ms ? c->opt.tcp_idle_timeout_ms : 600000,
	};
	bool no_tcx = c->opt.without && strstr(c->opt.without, "tcx");
	int err;

	c->ring = ring_buffer__new(o->events_fd, on_ring_record, c, NULL);
	if (!c->ring)
		return -errno;
	err = attach_new(&o->progs, no_tcx, &c->attach);
	if (!err)
		err = links_new(&link_ev, &c->links);
	copt.links = c->links;
	if (!err)
		err = collector_new(&copt, &c->ev, &c->collector);
	sopt.collector = c->collector;
	return err ? err : sweep_new(&sopt, &c->sweep);
}

static void poll_fd(uv_loop_t *loop, uv_poll_t *poll, int fd, void *data, uv_poll_cb cb)
{
	uv_poll_init(loop, poll, fd);
	poll->data = data;
	uv_poll_start(poll, UV_READABLE, cb);
}

static void repeat(uv_loop_t *loop, uv_timer_t *timer, void *data, uint64_t ms, uv_timer_cb cb)
{
	uv_timer_init(loop, timer);
	timer->data = data;
	uv_timer_start(timer, cb, ms, ms);
}

static int capture_start(struct source *s, uv_loop_t *loop, const struct source_events *ev)
{
	struct capture *c = capture_of(s);
	int err;

	c->ev = *ev;
	c->own_netns = netns_own();
	objects_attach(c->objects);
	err = make_parts(c);
	if (err)
		return err;
	collector_clock(c->collector, jiffies_now(c));
	for (unsigned int i = 0; i < c->objects->n_notices; i++)
		notice(c, "%s", c->objects->notices[i]);
	objects_walk(c->objects->walk_files, on_walked, c);
	repeat(loop, &c->drain_timer, c, DRAIN_MS, on_drain);
	repeat(loop, &c->sweep_timer, c, SWEEP_MS, on_sweep);
	poll_fd(loop, &c->ring_poll, ring_buffer__epoll_fd(c->ring), c, on_ring_readable);
	poll_fd(loop, &c->links_poll, links_fd(c->links), c, on_links_readable);
	c->started = true;
	notice(c, "watching %u interface%s%s", attach_count(c->attach),
	       attach_count(c->attach) == 1 ? "" : "s",
	       c->opt.how_it_ends ? c->opt.how_it_ends : "");
	return 0;
}

static void capture_stop(struct source *s)
{
	struct capture *c = capture_of(s);

	if (!c->started || c->stopped)
		return;
	c->stopped = true;
	uv_close((uv_handle_t *)&c->drain_timer, NULL);
	uv_close((uv_handle_t *)&c->sweep_timer, NULL);
	uv_close((uv_handle_t *)&c->ring_poll, NULL);
	uv_close((uv_handle_t *)&c->links_poll, NULL);
	attach_free(c->attach); /* no packet after this, so that the last counters are the last */
	c->attach = NULL;
	while (drain(c) == DRAIN_RECORDS)
		;
	sweep(c, true);
}

static void capture_free(struct source *s)
{
	struct capture *c = capture_of(s);

	sweep_free(c->sweep);
	collector_free(c->collector);
	attach_free(c->attach);
	links_free(c->links);
	ring_buffer__free(c->ring);
	kernel_names_free(c->names);
	objects_free(c->objects);
	free(c);
}

static void capture_stats(struct source *s, struct capture_stats *ret)
{
	struct capture *c = capture_of(s);
	uint64_t sum[CNT_MAX];

	memset(ret, 0, sizeof(*ret));
	objects_counters(c->objects, sum);
	ret->connections = sum[CNT_NEW];
	ret->lost_ring = sum[CNT_RING_FULL];
	ret->lost_ring_drop = sum[CNT_RING_FULL_DROP];
	ret->lost_ring_socket = sum[CNT_RING_FULL_SOCKET];
	ret->conn_full = sum[CNT_CONN_FULL];
	ret->conn_busy = sum[CNT_CONN_BUSY];
	ret->drop_full = sum[CNT_DROP_FULL];
	ret->frag_orphans = sum[CNT_FRAG_ORPHAN];
	ret->not_ip = sum[CNT_NOT_IP];
	ret->truncated = sum[CNT_TRUNCATED];
	ret->filtered = sum[CNT_FILTERED];
	if (c->sweep)
		ret->active = sweep_active(c->sweep);
	if (c->collector)
		collector_stats(c->collector, ret);
}

int capture_new(const struct capture_options *opt, struct source **ret_source, char **ret_error)
{
	struct capture *c = calloc(1, sizeof(*c));
	int err;

	*ret_error = NULL;
	if (!c)
		return -ENOMEM;
	c->opt = *opt;
	c->source = (struct source){.start = capture_start,
				    .stop = capture_stop,
				    .stats = capture_stats,
				    .free = capture_free};
	err = kernel_names_new(&c->names);
	if (!err)
		err = objects_load(opt, c->names, &c->objects, ret_error);
	if (err) {
		kernel_names_free(c->names);
		free(c);
		return err;
	}
	*ret_source = &c->source;
	return 0;
}
