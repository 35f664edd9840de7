// SPDX-License-Identifier: MIT
#include "cli/agent_log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "flows/text.h"

#define BURST 100
#define PER_SECOND 5
#define LINE_BYTES 2048

static enum log_level threshold = LOG_INFO_LEVEL;

void agent_log_level(enum log_level level)
{
	threshold = level;
}

/* A bucket of lines that fills by PER_SECOND. */
static bool allowed(uint64_t *ret_left_out)
{
	static uint64_t tokens = BURST, last_s, left_out;
	struct timespec t;
	uint64_t now;

	clock_gettime(CLOCK_MONOTONIC, &t);
	now = t.tv_sec;
	if (now > last_s) {
		tokens += (now - last_s) * PER_SECOND;
		tokens = tokens > BURST ? BURST : tokens;
		last_s = now;
	}
	if (!tokens) {
		left_out++;
		return false;
	}
	tokens--;
	*ret_left_out = left_out;
	left_out = 0;
	return true;
}

static void write_line(enum log_level level, const char *line)
{
	static const char *const priority[] = {"<3>", "<4>", "<6>", "<7>"};
	struct text t = {0};

	if (getenv("JOURNAL_STREAM"))
		text_str(&t, priority[level]);
	text_str(&t, "pitot: ");
	text_escape(&t, line, LINE_BYTES);
	text_char(&t, '\n');
	text_write(&t, STDERR_FILENO);
	text_free(&t);
}

void agent_log(enum log_level level, const char *format, ...)
{
	char line[LINE_BYTES], note[80];
	uint64_t left_out;
	va_list args;

	if (level > threshold || !allowed(&left_out))
		return;
	if (left_out) {
		snprintf(note, sizeof(note), "%" PRIu64 " lines were left out", left_out);
		write_line(LOG_WARNING_LEVEL, note);
	}
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	write_line(level, line);
}

/* ---------------------------------------------------------- the service manager */

void agent_notify(const char *format, ...)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	char state[512];
	va_list args;
	int fd;

	if (!path || (*path != '/' && *path != '@') || strlen(path) >= sizeof(to.sun_path))
		return;
	va_start(args, format);
	vsnprintf(state, sizeof(state), format, args);
	va_end(args);
	memcpy(to.sun_path, path, strlen(path));
	if (*path == '@')
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	/* nobody listens: that is the manager's affair */
	(void)!sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&to,
		      offsetof(struct sockaddr_un, sun_path) + strlen(path));
	close(fd);
}

uint64_t agent_watchdog_ms(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");

	if (!usec || (pid && strtol(pid, NULL, 10) != getpid()))
		return 0;
	return strtoull(usec, NULL, 10) / 2000;
}
