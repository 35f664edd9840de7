// SPDX-License-Identifier: MIT
#include "flows/names/cgroup_path.h"

#include <stdlib.h>
#include <string.h>

#define PATH_READ 4096
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* One name of the path, or a part of one. */
struct part {
	const char *s;
	size_t n;
};

struct walk {
	struct cgroup_path *to;
	struct cgroup_place unit;
	struct part before; /* the name above; empty at the top */
	unsigned int depth;
	bool helper; /* a container's monitor: the host's process */
};

/* "docker-<id>.scope", "docker-<id>", "...:docker:<id>" */
static const struct {
	const char *prefix, *runtime;
} prefixes[] = {
	{"cri-containerd", "containerd"},
	{"containerd", "containerd"},
	{"crio", "crio"},
	{"docker", "docker"},
	{"libpod", "podman"},
	{"libpod-payload", "podman"},
	{"nerdctl", "containerd"},
};
static const char *const helpers[] = {"crio-conmon-", "libpod-conmon-", "lxc.monitor"};
static const char *const unit_ends[] = {".service", ".scope", ".socket", ".slice"};

static bool part_is(struct part p, const char *s)
{
	return p.n == strlen(s) && !memcmp(p.s, s, p.n);
}

static bool part_begins(struct part p, const char *s)
{
	size_t n = strlen(s);

	return p.n >= n && !memcmp(p.s, s, n);
}

static bool part_ends(struct part p, const char *s)
{
	size_t n = strlen(s);

	return p.n >= n && !memcmp(p.s + p.n - n, s, n);
}

static struct part skip(struct part p, size_t n)
{
	return (struct part){p.s + n, p.n - n};
}

/* Takes an ending off where it is there. */
static struct part without(struct part p, const char *end)
{
	if (part_ends(p, end))
		p.n -= strlen(end);
	return p;
}

static void keep(char *to, size_t size, struct part p)
{
	size_t n = p.n < size ? p.n : size - 1;

	memcpy(to, p.s, n);
	to[n] = 0;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static size_t hex_run(struct part p)
{
	size_t n = 0;

	while (n < p.n && hex(p.s[n]) >= 0)
		n++;
	return n;
}

static bool is_id(struct part p)
{
	return p.n == 64 && hex_run(p) == 64;
}

/* ------------------------------------------------------------------ containers */

/* The first stays as the outermost, the last is the innermost. */
static struct cgroup_place *push(struct walk *w, enum cgroup_kind kind, const char *runtime)
{
	struct cgroup_place *inner = &w->to->inner, *outer = &w->to->outer;

	if (inner->kind != CGROUP_OTHER && outer->kind == CGROUP_OTHER)
		*outer = *inner;
	memset(inner, 0, sizeof(*inner));
	inner->kind = kind;
	inner->runtime = runtime;
	return inner;
}

static void add_container(struct walk *w, const char *runtime, struct part id)
{
	struct cgroup_place *p = &w->to->inner;

	if (p->kind == CGROUP_POD && !p->id[0])
		p->runtime = runtime;
	else
		p = push(w, CGROUP_CONTAINER, runtime);
	keep(p->id, sizeof(p->id), id);
}

static void add_named(struct walk *w, const char *runtime, struct part name)
{
	struct cgroup_place *p = push(w, CGROUP_CONTAINER, runtime);

	keep(p->name, sizeof(p->name), name);
}

/* 36 characters with hyphens (underscores below systemd), or a static pod's 32 digits. */
static bool pod_uid(struct part p, char *to)
{
	if (p.n != 36 && p.n != 32)
		return false;
	for (size_t i = 0; i < p.n; i++) {
		bool hyphen = p.n == 36 && (i == 8 || i == 13 || i == 18 || i == 23);

		if (hyphen ? p.s[i] != '-' && p.s[i] != '_' : hex(p.s[i]) < 0)
			return false;
		to[i] = hyphen ? '-' : p.s[i];
	}
	to[p.n] = 0;
	return true;
}

/* "pod<uid>", "kubepods-burstable-pod<uid>.slice" */
static bool take_pod(struct walk *w, struct part p)
{
	char uid[40];
	struct part rest = p;

	if (part_ends(p, ".slice")) {
		rest = without(p, ".slice");
		while (rest.n && !part_begins(rest, "-pod"))
			rest = skip(rest, 1);
		rest = rest.n ? skip(rest, 4) : rest;
	} else if (part_begins(p, "pod")) {
		rest = skip(p, 3);
	} else {
		return false;
	}
	if (!pod_uid(rest, uid))
		return false;
	memcpy(push(w, CGROUP_POD, "")->pod_uid, uid, sizeof(uid));
	return true;
}

/* A runtime's prefix before separator and id. */
static bool take_prefixed(struct walk *w, struct part p, char separator)
{
	p = without(p, ".scope");
	if (p.n < 66 || p.s[p.n - 65] != separator || !is_id(skip(p, p.n - 64)))
		return false;
	for (size_t i = 0; i < COUNT(prefixes); i++) {
		if (part_is((struct part){p.s, p.n - 65}, prefixes[i].prefix)) {
			add_container(w, prefixes[i].runtime, skip(p, p.n - 64));
			return true;
		}
	}
	return false;
}

/* containerd told to use systemd's names without systemd: "slice:prefix:id" */
static bool take_colons(struct walk *w, struct part p)
{
	const char *colon = memchr(p.s, ':', p.n);
	struct part slice;

	if (!colon)
		return false;
	slice = (struct part){p.s, colon - p.s};
	p = skip(p, slice.n + 1);
	if (p.n < 66 || p.s[p.n - 65] != ':' || !is_id(skip(p, p.n - 64)))
		return false;
	take_pod(w, slice);
	return take_prefixed(w, p, ':');
}

/* "<32 digits>-<number>", below the task's "<32 digits>" or "ecs" itself */
static bool take_ecs(struct walk *w, struct part p)
{
	struct part number = p.n > 33 ? skip(p, 33) : p;

	if (p.n <= 33 || p.n >= 64 || hex_run(p) != 32 || p.s[32] != '-' ||
	    strspn(number.s, "0123456789") < number.n)
		return false;
	if (!part_is(w->before, "ecs") && (w->before.n != 32 || hex_run(w->before) != 32))
		return false;
	add_container(w, "ecs", p);
	return true;
}

/* The id alone: Docker without systemd, a kubelet without systemd, a parent of one's own. */
static bool take_bare(struct walk *w, struct part p)
{
	bool docker = part_is(w->before, "docker") || part_is(w->before, "moby");

	if (!is_id(p))
		return false;
	/* Podman's pod: the container comes below */
	if (!part_is(w->before, "libpod_parent"))
		add_container(w, docker ? "docker" : "", p);
	return true;
}

/* \xNN as systemd-escape(1) writes it; what would end the text stays escaped. */
static struct part unescape(struct part p, char *buf, size_t size)
{
	size_t n = 0;

	while (p.n && n + 1 < size) {
		int v = p.n >= 4 && p.s[0] == '\\' && p.s[1] == 'x' && hex(p.s[2]) >= 0 &&
					hex(p.s[3]) >= 0
				? hex(p.s[2]) << 4 | hex(p.s[3])
				: 0;

		buf[n++] = v ? (char)v : *p.s;
		p = skip(p, v ? 4 : 1);
	}
	return (struct part){buf, n};
}

/* "qemu-12-vm", "lxc-12-vm" are libvirt's */
static bool libvirt_name(struct part p, struct part *ret)
{
	size_t n = part_begins(p, "qemu-") ? 5 : part_begins(p, "lxc-") ? 4 : p.n, digits = n;

	while (n < p.n && p.s[n] >= '0' && p.s[n] <= '9')
		n++;
	if (n == digits || n + 1 >= p.n || p.s[n] != '-')
		return false;
	*ret = skip(p, n + 1);
	return true;
}

/* LXC, LXD, Incus; systemd-nspawn and others that register with machined. */
static bool take_machine(struct walk *w, struct part p)
{
	char buf[CGROUP_NAME_MAX];
	struct part name;

	if (part_begins(p, "lxc.payload.") && p.n > 12) {
		add_named(w, "lxc", skip(p, 12));
		return true;
	}
	if (part_is(w->before, "lxc.payload") || (part_is(w->before, "lxc") && w->depth == 1)) {
		add_named(w, "lxc", p);
		return true;
	}
	if (part_begins(p, "machine-") && part_ends(p, ".scope"))
		name = skip(without(p, ".scope"), 8);
	else if (part_begins(p, "systemd-nspawn@") && part_ends(p, ".service"))
		name = skip(without(p, ".service"), 15);
	else
		return false;
	name = unescape(name, buf, sizeof(buf));
	if (!name.n)
		return false;
	if (libvirt_name(name, &name))
		add_named(w, "libvirt", name);
	else
		add_named(w, "nspawn", name);
	return true;
}

/* ----------------------------------------------------------------------- units */

static bool unit_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c && strchr(":_.\\@-", c));
}

static bool is_unit(struct part p)
{
	bool ends = false;

	for (size_t i = 0; i < COUNT(unit_ends); i++)
		ends |= part_ends(p, unit_ends[i]) && p.n > strlen(unit_ends[i]);
	for (size_t i = 0; i < p.n && ends; i++)
		ends = unit_char(p.s[i]);
	return ends && p.n < CGROUP_NAME_MAX;
}

/* The number between two constant texts. */
static bool number_between(struct part p, const char *begin, const char *end, uint32_t *ret)
{
	uint64_t v = 0;

	if (!part_begins(p, begin) || !part_ends(p, end) || p.n <= strlen(begin) + strlen(end))
		return false;
	p = skip(without(p, end), strlen(begin));
	for (size_t i = 0; i < p.n; i++) {
		if (p.s[i] < '0' || p.s[i] > '9')
			return false;
		v = v * 10 + (p.s[i] - '0');
		if (v >= UINT32_MAX)
			return false;
	}
	*ret = v;
	return true;
}

static void take_unit(struct walk *w, struct part p)
{
	struct cgroup_place *u = &w->unit;
	bool slice = part_ends(p, ".slice");

	/* systemd puts one before names that would be the kernel's own files */
	if (part_begins(p, "_"))
		p = skip(p, 1);
	if (!is_unit(p))
		return;
	if (!number_between(p, "user-", ".slice", &w->to->uid))
		number_between(p, "user@", ".service", &w->to->uid);
	/* the manager's own group below its service; a slice is no better than what is in it */
	if (u->kind != CGROUP_OTHER &&
	    (part_is(p, "init.scope") ||
	     (slice && !part_ends((struct part){u->name, strlen(u->name)}, ".slice"))))
		return;
	u->runtime = "";
	u->kind = CGROUP_UNIT;
	if (part_begins(p, "session-") && part_ends(p, ".scope") && p.n > 14) {
		u->kind = CGROUP_SESSION;
		p = skip(without(p, ".scope"), 8);
	}
	keep(u->name, sizeof(u->name), p);
}

/* ------------------------------------------------------------------------ path */

static bool is_helper(struct part p)
{
	for (size_t i = 0; i < COUNT(helpers); i++)
		if (part_begins(p, helpers[i]))
			return true;
	return false;
}

static void take(struct walk *w, struct part p)
{
	if (is_helper(p)) {
		w->helper = true;
		return;
	}
	if (take_pod(w, p) || take_prefixed(w, p, '-') || take_colons(w, p) || take_bare(w, p) ||
	    take_ecs(w, p) || take_machine(w, p))
		return;
	/* what systemd runs inside a container is the container's */
	if (w->to->inner.kind == CGROUP_OTHER)
		take_unit(w, p);
}

void cgroup_path_parse(const char *path, struct cgroup_path *ret)
{
	struct part all = without((struct part){path, strnlen(path, PATH_READ)}, " (deleted)");
	struct walk w = {.to = ret, .unit.runtime = ""};

	memset(ret, 0, sizeof(*ret));
	ret->inner.runtime = ret->outer.runtime = "";
	ret->uid = CGROUP_NO_USER;
	while (all.n) {
		const char *slash = memchr(all.s, '/', all.n);
		struct part p = {all.s, slash ? (size_t)(slash - all.s) : all.n};

		all = skip(all, p.n + !!slash);
		/* ".." where the reader is in a control group namespace of its own */
		if (!p.n || part_is(p, ".."))
			continue;
		take(&w, p);
		w.before = p;
		w.depth++;
	}
	if (ret->inner.kind == CGROUP_OTHER && !w.helper)
		ret->inner = w.unit;
}

bool cgroup_path_of_line(const char *line, char *buf, size_t size)
{
	const char *p = line, *end;

	while (*p >= '0' && *p <= '9')
		p++;
	if (p == line || *p != ':')
		return false;
	p = strchr(p + 1, ':');
	if (!p || p[1] != '/')
		return false;
	p++;
	end = strchrnul(p, '\n');
	if ((size_t)(end - p) >= size)
		return false;
	memcpy(buf, p, end - p);
	buf[end - p] = 0;
	return true;
}
