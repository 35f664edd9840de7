// SPDX-License-Identifier: MIT
#include "cli/config_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>

/* ---------------------------------------------------------------- reading */

struct reading {
	yaml_parser_t parser;
	yaml_event_t event;
	bool has_event;
	int (*entry)(void *arg, const char *key, const char *value);
	void *arg;
	unsigned int entries;
	char *err;
	size_t err_size;
};

static int fail(struct reading *r, const char *what, size_t line)
{
	snprintf(r->err, r->err_size, "line %zu: %s", line + 1, what);
	return -EINVAL;
}

static int next(struct reading *r)
{
	if (r->has_event)
		yaml_event_delete(&r->event);
	r->has_event = false;
	if (!yaml_parser_parse(&r->parser, &r->event))
		return fail(r, r->parser.problem ? r->parser.problem : "no YAML",
			    r->parser.problem_mark.line);
	r->has_event = true;
	return 0;
}

static int not_wanted(struct reading *r, const char *what)
{
	return fail(r, what, r->event.start_mark.line);
}

/* The scalar of the event at hand. NULL: it has a NUL in it. */
static const char *scalar(const struct reading *r)
{
	const char *text = (const char *)r->event.data.scalar.value;

	return strlen(text) == r->event.data.scalar.length ? text : NULL;
}

static int value(struct reading *r, const char *key)
{
	const char *text = scalar(r);
	bool plain = r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;

	if (!text)
		return not_wanted(r, "a text with a NUL in it");
	if (++r->entries > CONFIG_ENTRIES_MAX)
		return not_wanted(r, "too many entries");
	/* YAML's ways to say nothing */
	if (plain && (!*text || !strcmp(text, "~") || !strcasecmp(text, "null")))
		return 0;
	return r->entry(r->arg, key, text);
}

static int list(struct reading *r, const char *key)
{
	for (;;) {
		int ret = next(r);

		if (ret || r->event.type == YAML_SEQUENCE_END_EVENT)
			return ret;
		if (r->event.type != YAML_SCALAR_EVENT)
			return not_wanted(r, "a list has texts in it, nothing else");
		ret = value(r, key);
		if (ret)
			return ret;
	}
}

static int pair(struct reading *r)
{
	char key[128];
	int ret;

	if (r->event.type != YAML_SCALAR_EVENT || !scalar(r) || !*scalar(r) ||
	    strlen(scalar(r)) >= sizeof(key))
		return not_wanted(r, "a key of up to 127 characters is wanted");
	snprintf(key, sizeof(key), "%s", scalar(r));
	ret = next(r);
	if (ret)
		return ret;
	if (r->event.type == YAML_SEQUENCE_START_EVENT)
		return list(r, key);
	if (r->event.type != YAML_SCALAR_EVENT)
		return not_wanted(r, "a text or a list of texts is wanted");
	return value(r, key);
}

static int mapping(struct reading *r)
{
	for (;;) {
		int ret = next(r);

		if (ret || r->event.type == YAML_MAPPING_END_EVENT)
			return ret;
		ret = pair(r);
		if (ret)
			return ret;
	}
}

static int document(struct reading *r)
{
	for (;;) {
		int ret = next(r);

		if (ret)
			return ret;
		switch (r->event.type) {
		case YAML_STREAM_END_EVENT:
			return 0;
		case YAML_MAPPING_START_EVENT:
			ret = mapping(r);
			if (ret)
				return ret;
			break;
		case YAML_SCALAR_EVENT: /* an empty document */
			if (r->event.data.scalar.length)
				return not_wanted(r, "\"key: value\" is wanted");
			break;
		case YAML_SEQUENCE_START_EVENT:
		case YAML_ALIAS_EVENT:
			return not_wanted(r, "\"key: value\" is wanted");
		default:
			break;
		}
	}
}

int config_text_read(const char *text, size_t n,
		     int (*entry)(void *arg, const char *key, const char *value), void *arg,
		     char *err, size_t err_size)
{
	struct reading r = {.entry = entry, .arg = arg, .err = err, .err_size = err_size};
	int ret;

	if (!yaml_parser_initialize(&r.parser))
		return -ENOMEM;
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, n);
	ret = document(&r);
	if (r.has_event)
		yaml_event_delete(&r.event);
	yaml_parser_delete(&r.parser);
	return ret;
}

static int read_all(int fd, char **ret_text, size_t *ret_n)
{
	char *text = malloc(CONFIG_BYTES_MAX + 1);
	size_t n = 0;
	ssize_t got;

	if (!text)
		return -ENOMEM;
	while (n <= CONFIG_BYTES_MAX && (got = read(fd, text + n, CONFIG_BYTES_MAX + 1 - n)) != 0) {
		if (got > 0) {
			n += got;
		} else if (errno != EINTR) {
			free(text);
			return -errno;
		}
	}
	*ret_text = text;
	*ret_n = n;
	return n > CONFIG_BYTES_MAX ? -EFBIG : 0;
}

int config_file_read(const char *path, int (*entry)(void *arg, const char *key, const char *value),
		     void *arg, char *err, size_t err_size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), ret;
	char *text = NULL;
	size_t n = 0;

	if (fd < 0) {
		ret = -errno;
		snprintf(err, err_size, "%s", strerror(errno));
		return ret;
	}
	ret = read_all(fd, &text, &n);
	close(fd);
	if (ret == -EFBIG)
		snprintf(err, err_size, "it has more than 1 MiB");
	else if (ret)
		snprintf(err, err_size, "%s", strerror(-ret));
	else
		ret = config_text_read(text, n, entry, arg, err, err_size);
	free(text);
	return ret;
}

/* ---------------------------------------------------------------- writing */

static bool plain_ok(const char *s)
{
	static const char *const words[] = {"true", "false", "null", "yes", "no", "on", "off", "~"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcasecmp(words[i], s))
			return false;
	return *s && !strpbrk(s, "#&*!|>'\"%@`{}[],?\n\t \\") && *s != '-' && *s != '.' &&
	       *s != '=' && (!strchr(s, ':') || strstr(s, "://") || !strstr(s, ": ")) &&
	       s[strlen(s) - 1] != ':' && s[strspn(s, "0123456789.:+-eExX_")];
}

void config_scalar(struct text *t, const char *value)
{
	if (plain_ok(value)) {
		text_str(t, value);
		return;
	}
	/* JSON's strings are YAML's. */
	text_char(t, '"');
	for (; *value; value++) {
		unsigned char c = *value;

		if (c == '"' || c == '\\') {
			text_char(t, '\\');
			text_char(t, c);
		} else if (c < ' ' || c == 0x7f) {
			text_str(t, "\\x");
			text_hex(t, c, 2);
		} else {
			text_char(t, c);
		}
	}
	text_char(t, '"');
}

static int make_folders(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		int err;

		*slash = '\0';
		err = mkdir(path, 0700) && errno != EEXIST ? -errno : 0;
		*slash = '/';
		if (err)
			return err;
	}
	return 0;
}

static int write_whole(const char *temporary, const struct text *t)
{
	int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	size_t done = 0;
	int ret = 0;

	if (fd < 0)
		return -errno;
	while (!ret && done < t->len) {
		ssize_t n = write(fd, t->data + done, t->len - done);

		if (n >= 0)
			done += n;
		else if (errno != EINTR)
			ret = -errno;
	}
	if (!ret && fsync(fd))
		ret = -errno;
	if (close(fd) && !ret)
		ret = -errno;
	return ret;
}

int config_file_write(const char *path, const struct text *t)
{
	char *temporary, *copy = strdup(path);
	int ret;

	if (!copy)
		return -ENOMEM;
	ret = make_folders(copy);
	free(copy);
	if (ret)
		return ret;
	if (asprintf(&temporary, "%s.%d.new", path, (int)getpid()) < 0)
		return -ENOMEM;
	ret = write_whole(temporary, t);
	if (!ret && rename(temporary, path))
		ret = -errno;
	if (ret && ret != -EEXIST)
		unlink(temporary);
	free(temporary);
	return ret;
}
