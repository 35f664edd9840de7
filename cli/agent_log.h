/* SPDX-License-Identifier: MIT */
/*
 * What a daemon says: one line each on stderr, with a priority in front where stderr is
 * the journal's (sd-daemon(3)), and a bound on how many: who causes them may be a stranger.
 */
#ifndef PITOT_CLI_AGENT_LOG_H
#define PITOT_CLI_AGENT_LOG_H

#include "cli/agent_options.h"

void agent_log_level(enum log_level level);
void agent_log(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Tells the service manager ("READY=1", "STATUS=..."), where there is one: sd_notify(3)
 * without its library. Nothing happens where $NOTIFY_SOCKET is not set.
 */
void agent_notify(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* How often the service manager wants WATCHDOG=1, in ms; 0: not at all. */
uint64_t agent_watchdog_ms(void);

#endif
