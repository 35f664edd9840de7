// SPDX-License-Identifier: MIT
#include "tui/terminal_guard.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define BYTES_MAX 512

/* What the child is told: the terminal is given back for good, for a while, taken again. */
enum { WELL = 'w', LENT = 'l', TAKEN = 't' };

static struct {
	int fd;
	char bytes[BYTES_MAX];
	size_t n;
	struct termios modes;
	volatile sig_atomic_t set;
	pid_t child;
	int pipe; /* our end: its closing tells the child of our end */
} guard = {.pipe = -1};

static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGQUIT};

void terminal_guard_restore(void)
{
	ssize_t ignored;

	if (!guard.set)
		return;
	guard.set = 0;
	ignored = write(guard.fd, guard.bytes, guard.n);
	(void)ignored;
	tcsetattr(guard.fd, TCSANOW, &guard.modes);
}

static void on_fatal(int number)
{
	terminal_guard_restore();
	/* the default action stands again (SA_RESETHAND): a core, a status that tells the signal */
	raise(number);
}

void terminal_guard_signals(void)
{
	struct sigaction action = {.sa_handler = on_fatal, .sa_flags = SA_RESETHAND | SA_NODEFER};
	struct sigaction old;

	for (size_t i = 0; i < sizeof(fatal) / sizeof(*fatal); i++)
		/* a sanitizer's own report comes first; the child restores then */
		if (!sigaction(fatal[i], NULL, &old) && old.sa_handler == SIG_DFL)
			sigaction(fatal[i], &action, NULL);
}

static void default_signals(void)
{
	struct sigaction old;

	for (size_t i = 0; i < sizeof(fatal) / sizeof(*fatal); i++)
		if (!sigaction(fatal[i], NULL, &old) && old.sa_handler == on_fatal)
			signal(fatal[i], SIG_DFL);
}

void terminal_guard_set(int fd, const void *bytes, size_t n, const struct termios *modes)
{
	guard.set = 0;
	guard.fd = fd;
	guard.n = n < BYTES_MAX ? n : BYTES_MAX;
	memcpy(guard.bytes, bytes, guard.n);
	guard.modes = *modes;
	guard.set = 1;
}

/* ------------------------------------------------------------- the child */

/* Runs after fork() of a program with threads: system calls only. */
static void wait_for_end(int in)
{
	static const char hint[] =
		"\r\npitot was killed. If the terminal looks wrong, type: reset\r\n";
	bool armed = true;
	char c = 0;
	ssize_t n;

	while ((n = read(in, &c, 1)) == 1 || (n < 0 && errno == EINTR)) {
		if (n == 1 && c == WELL)
			return;
		if (n == 1)
			armed = c == TAKEN;
	}
	if (!armed)
		return;
	terminal_guard_restore();
	n = write(guard.fd, hint, sizeof(hint) - 1);
	(void)n;
}

static void close_all_but(int a, int b)
{
	int low = a < b ? a : b, high = a < b ? b : a;

	if (low > 0)
		syscall(SYS_close_range, 0u, (unsigned int)low - 1, 0u);
	if (high - low > 1)
		syscall(SYS_close_range, (unsigned int)low + 1, (unsigned int)high - 1, 0u);
	if (syscall(SYS_close_range, (unsigned int)high + 1, ~0u, 0u))
		for (int fd = high + 1; fd < 65536; fd++) /* before Linux 5.9 */
			close(fd);
	for (int fd = 0; fd < high; fd++)
		if (fd != a && fd != b)
			close(fd);
}

static void child(int in)
{
	sigset_t all;

	/* of its own group: what is sent to the program's group does not reach it */
	setpgid(0, 0);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all,
		    NULL); /* SIGTTOU, too: it may set the modes from the background */
	prctl(PR_SET_NAME, "pitot-terminal");
	close_all_but(guard.fd, in);
	wait_for_end(in);
	syscall(SYS_exit_group, 0);
}

int terminal_guard_watch(void)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	guard.child = fork();
	if (guard.child == 0) {
		close(ends[1]);
		child(ends[0]);
	}
	close(ends[0]);
	if (guard.child < 0) {
		close(ends[1]);
		return -errno;
	}
	guard.pipe = ends[1];
	return 0;
}

static void tell(char c)
{
	ssize_t ignored = 0;

	if (guard.pipe >= 0)
		ignored = write(guard.pipe, &c, 1);
	(void)ignored;
}

void terminal_guard_lend(bool lent)
{
	guard.set = !lent;
	tell(lent ? LENT : TAKEN);
}

void terminal_guard_clear(void)
{
	guard.set = 0;
	default_signals();
	if (guard.pipe < 0)
		return;
	tell(WELL);
	close(guard.pipe);
	guard.pipe = -1;
	while (waitpid(guard.child, NULL, 0) < 0 && errno == EINTR)
		;
}
