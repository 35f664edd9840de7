// SPDX-License-Identifier: MIT
/* --port-forward: the relay of a Kubernetes cluster through `kubectl port-forward`. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/server_options.h"

#define FORWARD_MS 10000
#define OUTPUT_MAX 4096
#define ARGS_MAX 16

struct forward {
	pid_t pid;
	int fd; /* what kubectl says, on both of its outputs */
	char said[OUTPUT_MAX];
	size_t n;
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ll + t.tv_nsec / 1000000;
}

static void add(const char **args, size_t *n, const char *flag, const char *value)
{
	if (!*value)
		return;
	args[(*n)++] = flag;
	args[(*n)++] = value;
}

/* The child ends with us, however we end. */
static void run_kubectl(const struct server_options *s, int out, int status)
{
	const char *args[ARGS_MAX] = {"kubectl"};
	char ports[32];
	size_t n = 1;
	int null = open("/dev/null", O_RDONLY);

	add(args, &n, "--kubeconfig", server_text(s, KEY_KUBECONFIG));
	add(args, &n, "--context", server_text(s, KEY_KUBE_CONTEXT));
	add(args, &n, "--namespace", server_text(s, KEY_KUBE_NAMESPACE));
	snprintf(ports, sizeof(ports), "%s:%s",
		 strcmp(server_text(s, KEY_PORT_FORWARD_PORT), "0")
			 ? server_text(s, KEY_PORT_FORWARD_PORT)
			 : "",
		 server_bool(s, KEY_TLS) ? "443" : "80");
	args[n++] = "port-forward";
	args[n++] = "--address=127.0.0.1";
	args[n++] = "service/hubble-relay";
	args[n++] = ports;
	args[n] = NULL;
	/* Ctrl-C in the terminal is ours to act on, once the flows have been printed. */
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	dup2(null, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	execvp("kubectl", (char *const *)args);
	n = errno;
	(void)!write(status, &n, sizeof(n));
	_exit(127);
}

/* errno of the exec that failed; 0: it runs. */
static int exec_result(int fd)
{
	size_t err = 0;
	ssize_t n;

	do
		n = read(fd, &err, sizeof(err));
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(err) ? (int)err : 0;
}

static int begin(const struct server_options *s, struct forward *f, char **why)
{
	int out[2], status[2], err;

	if (pipe2(out, O_CLOEXEC))
		return -errno;
	if (pipe2(status, O_CLOEXEC)) {
		err = -errno;
		close(out[0]);
		close(out[1]);
		return err;
	}
	f->pid = fork();
	if (!f->pid)
		run_kubectl(s, out[1], status[1]);
	err = f->pid < 0 ? errno : 0;
	close(out[1]);
	close(status[1]);
	if (!err)
		err = exec_result(status[0]);
	close(status[0]);
	f->fd = out[0];
	if (!err)
		return 0;
	close(f->fd);
	if (f->pid > 0)
		waitpid(f->pid, NULL, 0);
	if (asprintf(why,
		     err == ENOENT ? "--port-forward needs kubectl, which is not there (%s): "
				     "install it, or give \"--server\""
				   : "--port-forward: cannot run kubectl: %s",
		     strerror(err)) < 0)
		*why = NULL;
	return -err;
}

/* "Forwarding from 127.0.0.1:4245 -> 4245" */
static uint16_t forwarded_port(const struct forward *f)
{
	const char *at = strstr(f->said, "Forwarding from 127.0.0.1:");
	unsigned long port;
	char *end;

	if (!at)
		return 0;
	port = strtoul(at + strlen("Forwarding from 127.0.0.1:"), &end, 10);
	return *end == ' ' && port <= UINT16_MAX ? port : 0;
}

/* 0, -ETIMEDOUT, or -EPIPE: it has ended. */
static int listen_to(struct forward *f, uint16_t *ret_port)
{
	int64_t until = now_ms() + FORWARD_MS;

	while (!(*ret_port = forwarded_port(f))) {
		struct pollfd p = {.fd = f->fd, .events = POLLIN};
		int64_t left = until - now_ms();
		ssize_t n;

		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(&p, 1, left) <= 0)
			continue;
		if (f->n == sizeof(f->said) - 1)
			return -ETIMEDOUT;
		n = read(f->fd, f->said + f->n, sizeof(f->said) - 1 - f->n);
		if (n == 0)
			return -EPIPE;
		if (n > 0)
			f->n += n;
		f->said[f->n] = '\0';
	}
	return 0;
}

/* The last line that kubectl said is the one about the end. */
static const char *last_line(struct forward *f)
{
	char *line;

	while (f->n && f->said[f->n - 1] == '\n')
		f->said[--f->n] = '\0';
	line = strrchr(f->said, '\n');
	return line ? line + 1 : f->said;
}

int server_forward(const struct server_options *s, int *ret_pid, uint16_t *ret_port, char **why)
{
	struct forward f = {0};
	int err = begin(s, &f, why);

	if (err)
		return err;
	err = listen_to(&f, ret_port);
	if (!err) {
		/* f.fd stays open for the further words of kubectl: a line for each connection. */
		*ret_pid = f.pid;
		return 0;
	}
	kill(f.pid, SIGKILL);
	waitpid(f.pid, NULL, 0);
	close(f.fd);
	if (asprintf(why, "--port-forward: kubectl %s%s%s",
		     err == -EPIPE ? "failed" : "does not forward after 10 s", f.n ? ": " : "",
		     last_line(&f)) < 0)
		*why = NULL;
	return err;
}
