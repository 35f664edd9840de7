// SPDX-License-Identifier: MIT
#include "tui/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <ncurses.h>
#include <term.h>

#include "tui/clock.h"
#include "tui/terminal_guard.h"
#include "tui/terminal_input.h"
#include "tui/terminal_screen.h"

#define ESCAPE_MS 25
#define WRITE_MS 1000
#define RESTORE_MAX 512

static struct {
	bool open, mouse, ascii, hover;
	int fd; /* where keys are read */
	int colors;
	SCREEN *screen;
	struct termios modes; /* as they were */
	struct terminal_input input;
} term = {0};

/* ------------------------------------------------------------ small things */

/*
 * Whoever shares the terminal may have made it non-blocking: what is left out would leave the
 * mouse on. One that takes nothing for WRITE_MS has gone.
 */
static void put_bytes(const char *s)
{
	struct pollfd room = {.fd = STDOUT_FILENO, .events = POLLOUT};
	size_t n = strlen(s);

	while (n) {
		ssize_t w = write(STDOUT_FILENO, s, n);

		if (w > 0) {
			s += w;
			n -= (size_t)w;
		} else if (w < 0 && errno == EAGAIN) {
			if (poll(&room, 1, WRITE_MS) == 0)
				return;
		} else if (w < 0 && errno != EINTR) {
			return;
		}
	}
}

static const char *capability(const char *name)
{
	const char *s = tigetstr(name);

	return s && s != (char *)-1 ? s : NULL;
}

static bool like_xterm(void)
{
	return capability("kmous") != NULL;
}

static void mouse_on(void)
{
	if (term.mouse)
		put_bytes(term.hover ? "\033[?1000h\033[?1002h\033[?1003h\033[?1006h"
				     : "\033[?1000h\033[?1002h\033[?1006h");
}

static void extras_on(void)
{
	mouse_on();
	if (like_xterm())
		put_bytes("\033[?2004h");
}

static const char extras_off[] = "\033[?1003l\033[?1002l\033[?1000l\033[?1006l\033[?2004l";

/* What gives the terminal back without ncurses. Padding ("$<5>") is left out. */
static void guard_set(void)
{
	static const char *const names[] = {"rmkx", "sgr0", "cnorm", "rmcup"};
	char bytes[RESTORE_MAX];
	size_t n = 0;

	if (like_xterm()) {
		memcpy(bytes, extras_off, sizeof(extras_off) - 1);
		n = sizeof(extras_off) - 1;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *s = capability(names[i]);

		for (; s && *s && n < sizeof(bytes); s++) {
			if (s[0] == '$' && s[1] == '<' && strchr(s, '>'))
				s = strchr(s, '>');
			else
				bytes[n++] = *s;
		}
	}
	terminal_guard_set(STDOUT_FILENO, bytes, n, &term.modes);
}

static void learn_keys(void)
{
	static const struct {
		const char *name;
		int key;
	} keys[] = {
		{"kcuu1", KEY_UP_},    {"kcud1", KEY_DOWN_},   {"kcub1", KEY_LEFT_},
		{"kcuf1", KEY_RIGHT_}, {"khome", KEY_HOME_},   {"kend", KEY_END_},
		{"kpp", KEY_PAGE_UP},  {"knp", KEY_PAGE_DOWN}, {"kdch1", KEY_DELETE},
		{"kich1", KEY_INSERT}, {"kcbt", KEY_BACK_TAB}, {"kf1", KEY_F1},
		{"kf2", KEY_F1 + 1},   {"kf3", KEY_F1 + 2},    {"kf4", KEY_F1 + 3},
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		const char *s = capability(keys[i].name);

		if (s)
			terminal_input_learn(&term.input, s, keys[i].key);
	}
}

/* ------------------------------------------------------------------- open */

static int __attribute__((format(printf, 3, 4)))
fail(char **ret_error, int err, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	if (vasprintf(ret_error, format, ap) < 0)
		*ret_error = NULL;
	va_end(ap);
	return err;
}

#define OBSERVE_INSTEAD "\"pitot observe\" prints lines and needs none"

static int check(char **ret_error)
{
	const char *name = getenv("TERM");
	int err = 0;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return fail(
			ret_error, -ENOTTY,
			"the screen needs a terminal on standard input and output: " OBSERVE_INSTEAD);
	if (!name || !*name || !strcmp(name, "dumb"))
		return fail(ret_error, -ENOTTY,
			    "TERM is \"%s\": no terminal for a screen; " OBSERVE_INSTEAD,
			    name ? name : "");
	if (setupterm(name, STDOUT_FILENO, &err) != OK)
		return fail(ret_error, -ENOTTY,
			    "TERM is \"%s\", which this machine's terminfo does not know: try "
			    "TERM=xterm-256color; " OBSERVE_INSTEAD,
			    name);
	if (!capability("cup"))
		return fail(ret_error, -ENOTTY,
			    "TERM is \"%s\", whose cursor cannot be moved; " OBSERVE_INSTEAD, name);
	return 0;
}

static bool needs_ascii(const struct terminal_options *opt, bool utf8)
{
	const char *name = getenv("TERM");

	return opt->ascii || !utf8 || !strncmp(name, "vt", 2);
}

static int pick_colors(enum terminal_color wanted)
{
	const char *no = getenv("NO_COLOR"), *direct = getenv("COLORTERM");
	bool rgb = direct && (!strcmp(direct, "truecolor") || !strcmp(direct, "24bit"));

	switch (wanted) {
	case TERMINAL_COLOR_NEVER:
		return 0;
	case TERMINAL_COLOR_8:
		return has_colors() ? 8 : 0;
	case TERMINAL_COLOR_256:
		return has_colors() && COLORS >= 256 ? 256 : has_colors() ? 8 : 0;
	case TERMINAL_COLOR_TRUE:
	case TERMINAL_COLOR_AUTO:
		break;
	}
	if ((no && *no && wanted == TERMINAL_COLOR_AUTO) || !has_colors() || COLORS < 8)
		return 0;
	if (COLORS > 256 || ((rgb || wanted == TERMINAL_COLOR_TRUE) && COLORS == 256))
		return 1 << 24;
	return COLORS >= 256 ? 256 : 8;
}

static void set_modes(void)
{
	raw();
	noecho();
	nonl();
	leaveok(stdscr, FALSE);
	typeahead(-1); /* keys are read elsewhere: a frame is sent whole */
	curs_set(0);
}

/* Opened anew: what is set on it (an event loop's O_NONBLOCK) is not set for the shell, too. */
static void open_keys(void)
{
	term.fd = open("/proc/self/fd/0", O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (term.fd < 0) /* another user's terminal (su) */
		term.fd = STDIN_FILENO;
}

static void close_keys(void)
{
	if (term.fd != STDIN_FILENO)
		close(term.fd);
	else
		fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) & ~O_NONBLOCK);
	term.fd = -1;
}

/* What was asked of terminfo before; the screen has its own. */
static void forget_asked(TERMINAL *asked)
{
	if (asked)
		del_curterm(asked);
}

int terminal_open(const struct terminal_options *opt, char **ret_error)
{
	bool utf8 = canvas_locale();
	TERMINAL *before = cur_term, *asked;
	int err;

	*ret_error = NULL;
	err = check(ret_error);
	asked = cur_term != before ? cur_term : NULL;
	if (err) {
		forget_asked(asked);
		return err;
	}
	memset(&term.input, 0, sizeof(term.input));
	tcgetattr(STDIN_FILENO, &term.modes);
	open_keys();
	term.ascii = needs_ascii(opt, utf8);
	guard_set();
	terminal_guard_watch();
	terminal_guard_signals();
	term.screen = newterm(NULL, stdout, stdin);
	forget_asked(asked);
	if (!term.screen) {
		terminal_guard_clear();
		close_keys();
		return fail(ret_error, -EIO, "the terminal \"%s\" cannot be set up",
			    getenv("TERM"));
	}
	term.open = true;
	set_modes();
	keypad(stdscr, TRUE); /* smkx: the cursor keys as terminfo has them */
	term.mouse = opt->mouse && like_xterm();
	term.hover = false;
	start_color();
	use_default_colors();
	term.colors = pick_colors(opt->color);
	terminal_screen_init(term.colors, opt->light);
	learn_keys();
	extras_on();
	return 0;
}

void terminal_close(void)
{
	if (!term.open)
		return;
	term.open = false;
	if (like_xterm())
		put_bytes(extras_off);
	endwin();
	tcsetattr(STDIN_FILENO, TCSADRAIN, &term.modes);
	terminal_guard_clear();
	close_keys();
	terminal_screen_free();
	delscreen(term.screen);
	term.screen = NULL;
}

void terminal_suspend(void)
{
	if (!term.open)
		return;
	if (like_xterm())
		put_bytes(extras_off);
	endwin();
	tcsetattr(STDIN_FILENO, TCSADRAIN, &term.modes);
	terminal_guard_lend(true);
}

void terminal_resume(void)
{
	if (!term.open)
		return;
	tcgetattr(STDIN_FILENO, &term.modes);
	terminal_guard_lend(false);
	terminal_redraw();
	refresh();
	extras_on();
}

bool terminal_is_ascii(void)
{
	return term.ascii;
}

int terminal_colors(void)
{
	return term.colors;
}

void terminal_size(int *ret_width, int *ret_height)
{
	struct winsize size = {0};

	*ret_width = COLS;
	*ret_height = LINES;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_col || !size.ws_row)
		return;
	*ret_width = size.ws_col;
	*ret_height = size.ws_row;
	if (term.open && (size.ws_col != COLS || size.ws_row != LINES))
		resizeterm(size.ws_row, size.ws_col);
}

void terminal_hover(bool on)
{
	if (!term.open || !term.mouse || term.hover == on)
		return;
	term.hover = on;
	if (!on)
		put_bytes("\033[?1003l");
	mouse_on();
}

/* ------------------------------------------------------------------- keys */

static uint64_t now_ms(void)
{
	return clock_monotonic_ns() / 1000000;
}

int terminal_key(bool late, struct ui_mouse *ret_mouse)
{
	struct pollfd ready = {.fd = term.fd, .events = POLLIN};
	char buf[256];
	size_t room = INPUT_BYTES - term.input.n;
	ssize_t n;
	int key = terminal_input_next(&term.input, late, now_ms(), ret_mouse);

	if (key || poll(&ready, 1, 0) <= 0)
		return key;
	n = read(term.fd, buf, room < sizeof(buf) ? room : sizeof(buf));
	if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
		return -EIO;
	if (n > 0)
		terminal_input_add(&term.input, buf, (size_t)n);
	return terminal_input_next(&term.input, false, now_ms(), ret_mouse);
}

int terminal_fd(void)
{
	return term.fd;
}

int terminal_wait_ms(void)
{
	return term.input.n ? ESCAPE_MS : 0;
}
