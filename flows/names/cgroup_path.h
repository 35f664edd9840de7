/* SPDX-License-Identifier: MIT */
/*
 * What the path of a control group tells: pod, container, systemd unit, login
 * session. Pure: text in, structure out.
 *
 *	/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod<uid>.slice/cri-containerd-<id>.scope
 *	/system.slice/docker-<id>.scope/kubelet.slice/...	a node of kind: pod inside, container outside
 *	/machine.slice/libpod-<id>.scope/container/system.slice/nginx.service	the container
 *	/user.slice/user-1000.slice/user@1000.service/app.slice/foo.service	a unit of user 1000
 *
 * Sources: kubelet's cm/cgroup_manager_linux.go, containerd's and CRI-O's cgroup
 * code, Podman's libpod/container_internal_linux.go, lxc.container.conf(5),
 * systemd's src/basic/cgroup-util.c and systemd.unit(5).
 */
#ifndef PITOT_FLOWS_NAMES_CGROUP_PATH_H
#define PITOT_FLOWS_NAMES_CGROUP_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cgroup_kind {
	CGROUP_OTHER, /* the root, or nobody's that is known */
	CGROUP_SESSION, /* a login session */
	CGROUP_UNIT,
	CGROUP_CONTAINER,
	CGROUP_POD, /* of Kubernetes; id is "" in the pod's own group */
};

#define CGROUP_NAME_MAX 256
#define CGROUP_NO_USER UINT32_MAX

struct cgroup_place {
	enum cgroup_kind kind;
	const char *
		runtime; /* "docker", "podman", "containerd", "crio", "lxc", "nspawn", "libvirt", "ecs"; "" the path does not tell */
	char id[80]; /* container: 64 hex digits, but ECS's own; "" where a name is all there is */
	char pod_uid[40]; /* CGROUP_POD: with hyphens */
	char name
		[CGROUP_NAME_MAX]; /* unit (as systemd spells it), session, or the container's of LXC and machined */
};

struct cgroup_path {
	struct cgroup_place inner; /* the innermost container, or the unit */
	struct cgroup_place outer; /* the outermost container, where that is another one */
	uint32_t uid; /* whose session or unit; CGROUP_NO_USER: nobody's */
};

/* path: below the hierarchy's root, as in /proc/PID/cgroup. Reads no further than 4096 bytes. */
void cgroup_path_parse(const char *path, struct cgroup_path *ret);

/*
 * The path of a line of /proc/PID/cgroup ("9:name=systemd:/a", "0::/"), without its
 * line end, in buf. False: it is no such line, or does not fit.
 */
bool cgroup_path_of_line(const char *line, char *buf, size_t size);

#endif
