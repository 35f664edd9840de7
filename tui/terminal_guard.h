/* SPDX-License-Identifier: MIT */
/*
 * Gives the terminal back where the program cannot: after a fatal signal, and, by a child
 * that only waits for the program's end, after SIGKILL.
 */
#ifndef PITOT_TUI_TERMINAL_GUARD_H
#define PITOT_TUI_TERMINAL_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

/* fd: the terminal; bytes (copied, at most 512) and modes give it back. */
void terminal_guard_set(int fd, const void *bytes, size_t n, const struct termios *modes);
void terminal_guard_signals(void); /* for SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGQUIT */

/* Starts the child; 0 or -errno. It holds nothing but the terminal and a pipe. */
int terminal_guard_watch(void);

/* While the program is suspended the terminal is the shell's. */
void terminal_guard_lend(bool lent);

/* The terminal is as it was: nothing is to be given back. Ends the child and waits for it. */
void terminal_guard_clear(void);

/* Writes the bytes and sets the modes; may be called from a handler of a signal. */
void terminal_guard_restore(void);

#endif
