// SPDX-License-Identifier: MIT
#include "tui/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "flows/time_arg.h"
#include "tui/ui.h"

#define DAY_NS (86400 * NS_PER_SEC)
#define NS_PER_SEC 1000000000ull
#define SPEED_MIN 0.125
#define SPEED_MAX 4096

const char *const clock_commands[] = {"jump", "play", "speed", "pause", "live", NULL};

/* ------------------------------------------------------------------- words */

static bool broken_down(uint64_t time_ns, bool local, struct tm *ret)
{
	time_t s = time_ns / NS_PER_SEC;

	return local ? localtime_r(&s, ret) : gmtime_r(&s, ret);
}

void clock_text(struct text *t, uint64_t time_ns, bool local, bool date, unsigned int digits)
{
	uint64_t fraction = time_ns % NS_PER_SEC;
	struct tm tm;

	if (!time_ns || !broken_down(time_ns, local, &tm)) {
		text_char(t, '-');
		return;
	}
	if (date) {
		text_padded(t, tm.tm_year + 1900, 4);
		text_char(t, '-');
		text_padded(t, tm.tm_mon + 1, 2);
		text_char(t, '-');
		text_padded(t, tm.tm_mday, 2);
		text_char(t, ' ');
	}
	text_padded(t, tm.tm_hour, 2);
	text_char(t, ':');
	text_padded(t, tm.tm_min, 2);
	text_char(t, ':');
	text_padded(t, tm.tm_sec, 2);
	if (!digits)
		return;
	for (unsigned int i = digits; i < 9; i++)
		fraction /= 10;
	text_char(t, '.');
	text_padded(t, fraction, digits);
}

uint64_t clock_monotonic_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NS_PER_SEC + t.tv_nsec;
}

void clock_count(struct text *t, uint64_t n)
{
	if (n < 1000) {
		text_u64(t, n);
		return;
	}
	clock_count(t, n / 1000);
	text_char(t, ',');
	text_padded(t, n % 1000, 3);
}

/* The newest time there is: a duration alone counts back from it. */
static uint64_t end_ns(const struct store *s)
{
	struct store_stats stats;
	struct timespec now;

	if (store_is_recording(s)) {
		store_stats(s, &stats);
		return stats.history.newest_ns;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * NS_PER_SEC + now.tv_nsec;
}

/* The last day that can be shown: the date of another one has to be told. */
static bool is_last_day(const struct store *s, uint64_t time_ns, bool local)
{
	uint64_t last_ns = end_ns(s);
	struct tm a, b;

	return broken_down(time_ns, local, &a) && broken_down(last_ns, local, &b) &&
	       a.tm_year == b.tm_year && a.tm_yday == b.tm_yday;
}

static void put_speed(struct text *t, double speed)
{
	char s[32];

	snprintf(s, sizeof(s), "x%g ", speed);
	text_str(t, s);
}

/* Nothing is live where no flow can come. */
static void not_live(const struct ui *ui, struct text *t, enum style *ret_style)
{
	enum ui_source source = ui_source(ui);

	*ret_style = source == SOURCE_ENDED ? STYLE_WARN : STYLE_BAD;
	text_str(t, source == SOURCE_NONE   ? "NO SOURCE"
		    : source == SOURCE_AWAY ? "NOT CONNECTED"
					    : "ENDED");
}

void clock_caption(struct ui *ui, struct text *t, enum style *ret_style)
{
	const struct store *s = ui_store(ui);
	enum store_time time = store_time(s);
	bool local = ui_config(ui)->local_time;
	uint64_t now = store_now_ns(s), later = store_end(s) - store_shown_end(s);

	if (time == STORE_LIVE && ui_source(ui) != SOURCE_THERE) {
		not_live(ui, t, ret_style);
		return;
	}
	*ret_style = time == STORE_LIVE ? STYLE_GOOD : STYLE_WARN;
	if (time == STORE_LIVE) {
		text_str(t, "LIVE ");
	} else if (time == STORE_PLAYING) {
		put_speed(t, store_speed(s));
	} else if (store_is_recording(s) && !later) {
		*ret_style = STYLE_INFO;
		text_str(t, now ? "END " : "EMPTY ");
	} else {
		text_str(t, "PAUSED ");
	}
	if (now)
		clock_text(t, now, local, !is_last_day(s, now, local), time == STORE_LIVE ? 0 : 3);
	if (later) {
		text_str(t, " +");
		clock_count(t, later);
	}
}

/* ------------------------------------------------------------- a time typed */

/* "12:03", "12:03:04", "12:03:04.5" as ns of the day. */
static bool of_day(const char *s, uint64_t *ret_ns)
{
	unsigned int hour, minute;
	double second = 0;
	int n = 0, more = 0;

	if (sscanf(s, "%2u:%2u%n", &hour, &minute, &n) != 2 || hour > 23 || minute > 59)
		return false;
	if (s[n] == ':' &&
	    (s[n + 1] < '0' || s[n + 1] > '9' || sscanf(s + n + 1, "%10lf%n", &second, &more) != 1))
		return false;
	if (s[n] == ':')
		n += 1 + more;
	if (s[n] || !(second >= 0 && second < 60))
		return false;
	*ret_ns = (hour * 3600ull + minute * 60) * NS_PER_SEC + (uint64_t)(second * 1e9 + 0.5);
	return true;
}

static int on_day_of(uint64_t day_ns, uint64_t of_day_ns, bool local, uint64_t *ret_ns)
{
	uint64_t s = of_day_ns / NS_PER_SEC;
	struct tm tm;
	time_t at;

	if (!broken_down(day_ns, local, &tm))
		return -EINVAL;
	tm.tm_hour = s / 3600;
	tm.tm_min = s / 60 % 60;
	tm.tm_sec = s % 60;
	tm.tm_isdst = -1;
	at = local ? mktime(&tm) : timegm(&tm);
	if (at < 0)
		return -EINVAL;
	*ret_ns = at * NS_PER_SEC + of_day_ns % NS_PER_SEC;
	return 0;
}

int clock_parse(const char *text, uint64_t shown_ns, uint64_t now_ns, bool local, uint64_t *ret_ns)
{
	bool forward = *text == '+';
	uint64_t ns;

	if (forward || *text == '-') {
		if (duration_parse(text + 1, &ns))
			return -EINVAL;
		if (forward)
			*ret_ns = ns > UINT64_MAX - shown_ns ? UINT64_MAX : shown_ns + ns;
		else
			*ret_ns = ns < shown_ns ? shown_ns - ns : 0;
		return 0;
	}
	if (of_day(text, &ns))
		return on_day_of(shown_ns, ns, local, ret_ns);
	return time_arg_parse(text, now_ns, ret_ns);
}

/* -------------------------------------------------------------- what it does */

/* "15:00:00 is not held: 14:26:34 is the oldest" */
static void say_not_held(struct ui *ui, uint64_t ns)
{
	bool local = ui_config(ui)->local_time;
	struct store_stats s;
	struct text t = {0};
	uint64_t last, at;
	bool date;

	store_stats(ui_store(ui), &s);
	/* live, nothing that has passed since the last flow is missing */
	last = end_ns(ui_store(ui));
	if (!s.history.flows || (ns >= s.history.oldest_ns && ns <= last))
		return;
	at = ns < s.history.oldest_ns ? s.history.oldest_ns : last;
	if (ns / NS_PER_SEC == at / NS_PER_SEC)
		return;
	date = ns / DAY_NS != at / DAY_NS;
	clock_text(&t, ns, local, date, 0);
	text_str(&t, " is not held: ");
	clock_text(&t, at, local, date, 0);
	text_str(&t, ns < at ? " is the oldest" : " is the newest");
	if (!t.err)
		ui_say(ui, STYLE_INFO, "%.*s", (int)t.len, t.data);
	text_free(&t);
}

/* NULL, or one line of what is wrong; free() it. */
static char *jump(struct ui *ui, const char *text)
{
	struct store *s = ui_store(ui);
	struct text quoted = {0};
	uint64_t ns;
	char *line;

	if (!clock_parse(text, store_now_ns(s), end_ns(s), ui_config(ui)->local_time, &ns)) {
		store_jump(s, ns);
		say_not_held(ui, ns);
		ui_changed(ui);
		return NULL;
	}
	text_escape(&quoted, text, 64);
	if (asprintf(&line,
		     "\"%.*s\" is not a time: give 14:03, 14:03:05.2, -5m, +10s (from the time "
		     "shown), 90s (back from the end) or 2006-01-02T15:04:05Z",
		     (int)quoted.len, quoted.len ? quoted.data : "") < 0)
		line = NULL;
	text_free(&quoted);
	return line;
}

static void on_jump(void *arg, const char *line)
{
	struct ui *ui = arg;
	char *wrong;

	if (!line || !*line)
		return;
	wrong = jump(ui, line);
	if (wrong)
		ui_say(ui, STYLE_BAD, "%s", wrong);
	free(wrong);
}

static bool nothing_held(const struct store *s)
{
	return store_first(s) == store_end(s);
}

static void play(struct ui *ui, double speed)
{
	struct store *s = ui_store(ui);

	if (nothing_held(s)) {
		ui_say(ui, STYLE_WARN, "nothing to play: no flow has come yet");
	} else if (store_time(s) == STORE_LIVE) {
		ui_say(ui, STYLE_INFO,
		       "this is live: go back first ([ a flow, t a time), then > plays");
	} else {
		if (store_is_recording(s) && store_shown_end(s) == store_end(s))
			store_jump(s, 0); /* as a player does at its end */
		store_play(s, speed);
	}
}

/* Space: pause, and on: live, or a recording from where it stands. */
static void toggle(struct ui *ui)
{
	struct store *s = ui_store(ui);

	if (store_time(s) != STORE_PAUSED)
		store_pause(s);
	else if (store_is_recording(s))
		play(ui, store_speed(s));
	else
		store_live(s);
}

/* The first > plays as fast as it was; a further one doubles. */
static void faster(struct ui *ui, int by)
{
	const struct store *s = ui_store(ui);
	double speed = store_speed(s);

	if (by < 0)
		speed /= 2;
	else if (store_time(s) == STORE_PLAYING)
		speed *= 2;
	if (speed < SPEED_MIN)
		speed = SPEED_MIN;
	if (speed > SPEED_MAX)
		speed = SPEED_MAX;
	play(ui, speed);
}

static void step(struct ui *ui, int n)
{
	struct store *s = ui_store(ui);
	uint64_t before = store_shown_end(s);

	store_step(s, n);
	if (store_shown_end(s) == before && n > 0)
		ui_say(ui, STYLE_DIM, "%s",
		       before == store_end(s) ? "this is the newest flow"
		       : store_steps(s)	      ? "looking for the next flow"
					      : "no later flow passes the filter");
}

bool clock_act(struct ui *ui, enum action a, int count)
{
	count = count > 0 ? count : 1;
	switch (a) {
	case ACT_PAUSE:
		toggle(ui);
		break;
	case ACT_STEP_BACK:
		step(ui, -count);
		break;
	case ACT_STEP_FORWARD:
		step(ui, count);
		break;
	case ACT_JUMP:
		ui_ask(ui, "Jump to (14:03, -5m, +10s, 90s, 2006-01-02T15:04Z): ", NULL, on_jump,
		       ui);
		break;
	case ACT_SLOWER:
		faster(ui, -1);
		break;
	case ACT_FASTER:
		faster(ui, 1);
		break;
	case ACT_LIVE:
		store_live(ui_store(ui));
		break;
	default:
		return false;
	}
	ui_changed(ui);
	return true;
}

/* "4", "x4", "0.5" */
static char *speed_command(struct ui *ui, const char *rest)
{
	double speed;
	char *end, *line;

	if (!*rest) {
		play(ui, store_speed(ui_store(ui)));
		return NULL;
	}
	speed = strtod(rest + (*rest == 'x'), &end);
	if (!*end && end != rest && speed >= SPEED_MIN && speed <= SPEED_MAX) {
		play(ui, speed);
		return NULL;
	}
	if (asprintf(&line, "a speed is from %g to %d: 0.5, 1, 8", SPEED_MIN, SPEED_MAX) < 0)
		line = NULL;
	return line;
}

bool clock_command(struct ui *ui, const char *word, const char *rest, char **ret_error)
{
	*ret_error = NULL;
	if (!strcmp(word, "jump")) {
		if (*rest)
			*ret_error = jump(ui, rest);
		else
			clock_act(ui, ACT_JUMP, 1);
	} else if (!strcmp(word, "play") || !strcmp(word, "speed")) {
		*ret_error = speed_command(ui, rest);
	} else if (!strcmp(word, "pause")) {
		store_pause(ui_store(ui));
	} else if (!strcmp(word, "live")) {
		store_live(ui_store(ui));
	} else {
		return false;
	}
	ui_changed(ui);
	return true;
}
