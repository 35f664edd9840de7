// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "flows/names/cgroup_path.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define A "e0ec32ba21d11a38211aa97dcf69d3608f6e63fb2c4eb0a1441da6db4bc44c9a"
#define B "2bfc58504b7f6da474ffec761b170b50e86d2d20bf8fca73bb5582b35ca7e291"
#define U "6f1f8c8e-0a1b-4c2d-9e3f-001122334455"
#define U_ "6f1f8c8e_0a1b_4c2d_9e3f_001122334455"
#define STATIC "9a8b7c6d5e4f30211234567890abcdef"

/* "KIND runtime id/uid/name", the outer one after it, the user at the end. */
static const struct {
	const char *path, *want;
} paths[] = {
	/* kubelet without systemd */
	{"/kubepods/besteffort/pod" U "/" A, "pod  " A " " U " "},
	{"/kubepods/pod" U "/" A, "pod  " A " " U " "},
	{"/kubepods/burstable/pod" U, "pod   " U " "},
	{"/kubepods/burstable/pod" STATIC "/" A, "pod  " A " " STATIC " "},
	{"/kubepods/besteffort/pod" U "/crio-" A, "pod crio " A " " U " "},
	{"/kubepods/besteffort/pod" U "/" A "/init.scope", "pod  " A " " U " "},
	/* kubelet with systemd */
	{"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" U_
	 ".slice/cri-containerd-" A ".scope",
	 "pod containerd " A " " U " "},
	{"/kubepods.slice/kubepods-pod" U_ ".slice/crio-" A ".scope", "pod crio " A " " U " "},
	{"/kubepods.slice/kubepods-pod" U_ ".slice/crio-" A ".scope/container",
	 "pod crio " A " " U " "},
	{"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" U_ ".slice/docker-" A
	 ".scope",
	 "pod docker " A " " U " "},
	{"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" STATIC ".slice/crio-" A
	 ".scope",
	 "pod crio " A " " STATIC " "},
	{"/kubepods.slice/kubepods-pod" U_ ".slice", "pod   " U " "},
	{"/kubepods.slice/kubepods-pod" U_ ".slice/crio-conmon-" A ".scope", "pod   " U " "},
	{"/system.slice/crio-conmon-" A ".scope", "other    "},
	{"/system.slice/containerd.service/kubepods-besteffort-pod" U_ ".slice:cri-containerd:" A,
	 "pod containerd " A " " U " "},
	{"/system.slice/containerd.service/kubepods-burstable-pod" U_ ".slice:cri-containerd:" A
	 "/child",
	 "pod containerd " A " " U " "},
	/* nodes of kind, whose kubelet is in a container itself */
	{"/docker/" B "/kubelet/kubepods/besteffort/pod" U "/" A,
	 "pod  " A " " U "  < container docker " B "  "},
	{"/system.slice/docker-" B ".scope/kubelet.slice/kubelet-kubepods.slice/"
	 "kubelet-kubepods-besteffort.slice/kubelet-kubepods-besteffort-pod" U_
	 ".slice/cri-containerd-" A ".scope",
	 "pod containerd " A " " U "  < container docker " B "  "},
	{"/machine.slice/libpod-" B ".scope/container/kubelet.slice/kubelet-kubepods.slice/"
	 "kubelet-kubepods-pod" U_ ".slice/crio-" A ".scope",
	 "pod crio " A " " U "  < container podman " B "  "},
	/* Docker in a pod */
	{"/kubepods/besteffort/pod" U "/" A "/docker/" B,
	 "container docker " B "   < pod  " A " " U " "},
	/* Docker */
	{"/docker/" A, "container docker " A "  "},
	{"/docker/" A "/system.slice/nginx.service", "container docker " A "  "},
	{"/system.slice/docker-" A ".scope", "container docker " A "  "},
	{"/system.slice/docker-" A ".scope/init.scope", "container docker " A "  "},
	{"/user.slice/user-1000.slice/user@1000.service/user.slice/docker-" A ".scope",
	 "container docker " A "   uid 1000"},
	{"/actions_job/" A, "container  " A "  "},
	{"/../../docker/" A, "container docker " A "  "},
	{"/docker/" A " (deleted)", "container docker " A "  "},
	/* Podman */
	{"/machine.slice/libpod-" A ".scope", "container podman " A "  "},
	{"/machine.slice/libpod-" A ".scope/container", "container podman " A "  "},
	{"/machine.slice/libpod-" A ".scope/container/system.slice/nginx.service",
	 "container podman " A "  "},
	{"/machine.slice/machine-libpod_pod_" B ".slice/libpod-" A ".scope",
	 "container podman " A "  "},
	{"/libpod_parent/libpod-" A, "container podman " A "  "},
	{"/libpod_parent/" B "/libpod-" A, "container podman " A "  "},
	{"/libpod_parent/" B, "other    "},
	{"/libpod_parent/libpod-conmon-" A, "other    "},
	{"/machine.slice/libpod-conmon-" A ".scope", "other    "},
	{"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" A ".scope/container",
	 "container podman " A "   uid 1000"},
	{"/system.slice/web.service/libpod-payload-" A, "container podman " A "  "},
	{"/system.slice/web.service/runtime", "unit   web.service"},
	/* others */
	{"/system.slice/nerdctl-" A ".scope", "container containerd " A "  "},
	{"/default/" A, "container  " A "  "},
	{"/ecs/" STATIC "/" STATIC "-2330160204", "container ecs " STATIC "-2330160204  "},
	{"/ecs/" STATIC "/" A, "container  " A "  "},
	{"/lxc.payload.web", "container lxc   web"},
	{"/lxc.payload.web/system.slice/nginx.service", "container lxc   web"},
	{"/lxc.payload/web/init.scope", "container lxc   web"},
	{"/lxc/web", "container lxc   web"},
	{"/lxc.monitor.web", "other    "},
	{"/lxc.payload.web/docker/" A, "container docker " A "   < container lxc   web"},
	{"/machine.slice/machine-my\\x2dbox.scope/payload/init.scope", "container nspawn   my-box"},
	{"/machine.slice/systemd-nspawn@my\\x2dbox.service/payload", "container nspawn   my-box"},
	{"/machine.slice/machine-qemu\\x2d12\\x2ddb.scope/libvirt/emulator",
	 "container libvirt   db"},
	{"/machine.slice/machine-qemu\\x2dx.scope", "container nspawn   qemu-x"},
	/* units */
	{"/system.slice/nginx.service", "unit   nginx.service"},
	{"/system.slice/system-getty.slice/getty@tty1.service", "unit   getty@tty1.service"},
	{"/system.slice/systemd-fsck@dev-disk\\x2dby.service",
	 "unit   systemd-fsck@dev-disk\\x2dby.service"},
	{"/system.slice/cups.socket", "unit   cups.socket"},
	{"/system.slice/foo.service/supervisor/worker", "unit   foo.service"},
	{"/system.slice/_cpu.service", "unit   cpu.service"},
	{"/system.slice", "unit   system.slice"},
	{"/init.scope", "unit   init.scope"},
	{"/user.slice/user-1000.slice/user@1000.service/app.slice/foo.service",
	 "unit   foo.service uid 1000"},
	{"/user.slice/user-1000.slice/user@1000.service/app.slice/app-org.gnome.Maps-77.scope",
	 "unit   app-org.gnome.Maps-77.scope uid 1000"},
	{"/user.slice/user-1000.slice/user@1000.service/init.scope",
	 "unit   user@1000.service uid 1000"},
	{"/user.slice/user-0.slice/session-3.scope", "session   3 uid 0"},
	{"/user.slice/user-1000.slice/session-c2.scope", "session   c2 uid 1000"},
	{"/user.slice/user-99999999999.slice", "unit   user-99999999999.slice"},
	/* nobody's */
	{"/", "other    "},
	{"", "other    "},
	{"/process_api/" STATIC, "other    "},
	{"/.service", "other    "},
	{"/a\x1b[31m.service", "other    "},
	{"/podium", "other    "},
	{"/kubepods/burstable/pod../" STATIC, "other    "},
	{"/docker-" STATIC ".scope", "unit   docker-" STATIC ".scope"},
	{"/docker/E0EC32ba21d11a38211aa97dcf69d3608f6e63fb2c4eb0a1441da6db4bc44c9a", "other    "},
};

static const char *const kinds[] = {
	[CGROUP_OTHER] = "other",	  [CGROUP_SESSION] = "session", [CGROUP_UNIT] = "unit",
	[CGROUP_CONTAINER] = "container", [CGROUP_POD] = "pod",
};

static int place_text(char *buf, size_t size, const struct cgroup_place *p)
{
	return snprintf(buf, size, "%s %s %s %s %s", kinds[p->kind], p->runtime, p->id, p->pod_uid,
			p->name);
}

/* Blanks count once: what is missing shows by its place only where it matters. */
static void squeeze(char *s)
{
	char *to = s;

	for (; *s; s++)
		if (*s != ' ' || (to[-1] != ' ' && s[1]))
			*to++ = *s;
	while (to[-1] == ' ')
		to--;
	*to = 0;
}

static void known_layouts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(paths); i++) {
		struct cgroup_path got;
		char text[2048], want[1024];
		size_t n;

		cgroup_path_parse(paths[i].path, &got);
		n = place_text(text, sizeof(text), &got.inner);
		if (got.outer.kind != CGROUP_OTHER) {
			n += snprintf(text + n, sizeof(text) - n, " < ");
			n += place_text(text + n, sizeof(text) - n, &got.outer);
		}
		if (got.uid != CGROUP_NO_USER)
			snprintf(text + n, sizeof(text) - n, " uid %u", got.uid);
		snprintf(want, sizeof(want), "%s", paths[i].want);
		squeeze(text);
		squeeze(want);
		if (strcmp(text, want))
			fail_msg("%s:\n got    %s\n wanted %s", paths[i].path, text, want);
	}
}

/* Names and ids longer than anything that a kernel lets pass. */
static void long_names(void **state)
{
	static char path[8192], name[1000];
	struct cgroup_path got;

	(void)state;
	memset(name, 'a', sizeof(name) - 1);
	snprintf(path, sizeof(path), "/lxc.payload.%s", name);
	cgroup_path_parse(path, &got);
	assert_int_equal(strlen(got.inner.name), CGROUP_NAME_MAX - 1);
	snprintf(path, sizeof(path), "/system.slice/%s.service", name);
	cgroup_path_parse(path, &got);
	assert_string_equal(got.inner.name, "system.slice");
	snprintf(path, sizeof(path), "/ecs/" STATIC "/" STATIC "-%.*s", 200,
		 "11111111111111111111111111111111111111111111111111111111111111111111111111");
	cgroup_path_parse(path, &got);
	assert_int_equal(got.inner.kind, CGROUP_OTHER);
	for (size_t i = 0; i < sizeof(path) - 1; i += 2)
		memcpy(path + i, "/x", 2);
	path[sizeof(path) - 1] = 0;
	memcpy(path + 5000, "/init.scope", 11);
	cgroup_path_parse(path, &got);
	assert_int_equal(got.inner.kind, CGROUP_OTHER);
}

static void lines_of_proc(void **state)
{
	static const struct {
		const char *line, *path; /* NULL: refused */
	} lines[] = {
		{"0::/\n", "/"},
		{"0::/system.slice/a:b.service\n", "/system.slice/a:b.service"},
		{"12:cpu,cpuacct:/docker/x", "/docker/x"},
		{"9:name=systemd:/a\n", "/a"},
		{"", NULL},
		{"0::\n", NULL},
		{"0:/\n", NULL},
		{"x:y:/z\n", NULL},
		{":y:/z\n", NULL},
		{"1:y:/longer than the buffer is\n", NULL},
	};
	char buf[26];

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		assert_int_equal(cgroup_path_of_line(lines[i].line, buf, sizeof(buf)),
				 lines[i].path != NULL);
		if (lines[i].path)
			assert_string_equal(buf, lines[i].path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_layouts),
		cmocka_unit_test(long_names),
		cmocka_unit_test(lines_of_proc),
	};

	return cmocka_run_group_tests_name("cgroup_path", tests, NULL, NULL);
}
