// SPDX-License-Identifier: MIT
#include "export/config_value.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "export/yaml_doc.h"

#define NS_PER_S 1000000000ull

int config_number(const char *s, uint64_t max, uint64_t *ret)
{
	unsigned long long v;
	char *end;

	if (!isdigit((unsigned char)*s))
		return -EINVAL;
	errno = 0;
	v = strtoull(s, &end, 10);
	if (errno || *end || v > max)
		return -EINVAL;
	*ret = v;
	return 0;
}

/* The unit at s in nanoseconds; *ret_len is its length. 0: none. */
static uint64_t unit(const char *s, size_t *ret_len)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = {{"ns", 1},
		     {"us", 1000},
		     {"ms", 1000000},
		     {"s", NS_PER_S},
		     {"m", 60 * NS_PER_S},
		     {"h", 3600 * NS_PER_S},
		     {"d", 86400 * NS_PER_S}};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		*ret_len = strlen(units[i].name);
		if (!strncmp(s, units[i].name, *ret_len) && !isalpha((unsigned char)s[*ret_len]))
			return units[i].ns;
	}
	return 0;
}

int config_duration(const char *s, uint64_t *ret_ns)
{
	double sum = 0;
	size_t len;

	if (!strcmp(s, "0")) {
		*ret_ns = 0;
		return 0;
	}
	if (!*s)
		return -EINVAL;
	while (*s) {
		uint64_t ns;
		double v;
		char *end;

		if (!isdigit((unsigned char)*s) || strspn(s, "0123456789.") > 18)
			return -EINVAL;
		v = strtod(s, &end);
		if (end != s + strspn(s, "0123456789."))
			return -EINVAL;
		ns = unit(end, &len);
		if (!ns)
			return -EINVAL;
		sum += v * ns;
		s = end + len;
	}
	if (sum > 1e18)
		return -EINVAL;
	*ret_ns = sum + 0.5;
	return 0;
}

int config_size(const char *s, uint64_t *ret_bytes)
{
	static const char letters[] = "KMGT";
	unsigned long long v;
	unsigned int shift = 0;
	const char *letter;
	char *end;

	if (!isdigit((unsigned char)*s))
		return -EINVAL;
	errno = 0;
	v = strtoull(s, &end, 10);
	while (*end == ' ')
		end++;
	letter = *end ? strchr(letters, toupper((unsigned char)*end)) : NULL;
	if (letter) {
		shift = 10 * (letter - letters + 1);
		end++;
		if (*end == 'i')
			end++;
	}
	if (toupper((unsigned char)*end) == 'B')
		end++;
	if (errno || *end || v > (UINT64_MAX >> 1) >> shift)
		return -EINVAL;
	*ret_bytes = v << shift;
	return 0;
}

int config_bool(const char *s, bool *ret)
{
	static const char *const words[] = {"true", "yes", "on", "1", "false", "no", "off", "0"};

	for (size_t i = 0; i < 8; i++)
		if (!strcasecmp(s, words[i])) {
			*ret = i < 4;
			return 0;
		}
	return -EINVAL;
}

/* ".999" at s into nanoseconds; returns the place behind, NULL: malformed. */
static const char *fraction(const char *s, uint64_t *ns)
{
	uint64_t scale = NS_PER_S;

	if (*s != '.')
		return s;
	if (!isdigit((unsigned char)*++s))
		return NULL;
	for (; isdigit((unsigned char)*s); s++) {
		scale /= 10;
		*ns += (*s - '0') * scale;
	}
	return s;
}

/* "Z" or "+02:00" at s, the end of the text, in seconds east. */
static int zone(const char *s, long *ret_s)
{
	unsigned int hours, minutes;
	int used = 0;

	*ret_s = 0;
	if (!*s || ((*s == 'Z' || *s == 'z') && !s[1]))
		return 0;
	if ((*s != '+' && *s != '-') || !isdigit((unsigned char)s[1]) ||
	    sscanf(s + 1, "%2u:%2u%n", &hours, &minutes, &used) != 2 || used != 5 || s[6] ||
	    hours > 23 || minutes > 59)
		return -EINVAL;
	*ret_s = (hours * 60L + minutes) * 60;
	if (*s == '-')
		*ret_s = -*ret_s;
	return 0;
}

int config_time(const char *s, uint64_t *ret_ns)
{
	struct tm tm = {0};
	uint64_t ns = 0;
	const char *end;
	long east;
	time_t t;

	end = strptime(s, "%Y-%m-%d", &tm);
	if (end && (*end == 'T' || *end == 't' || *end == ' ')) {
		end = strptime(end + 1, "%H:%M:%S", &tm);
		end = end ? fraction(end, &ns) : NULL;
		if (end && !*end)
			return -EINVAL;
	} else if (end && *end) {
		return -EINVAL;
	}
	if (!end || zone(end, &east) || tm.tm_year < 70 || tm.tm_year > 600)
		return -EINVAL;
	t = timegm(&tm) - east;
	if (t < 0)
		return -EINVAL;
	*ret_ns = t * NS_PER_S + ns;
	return 0;
}

bool config_same_key(const char *a, const char *b)
{
	for (;;) {
		while (*a == '-' || *a == '_')
			a++;
		while (*b == '-' || *b == '_')
			b++;
		if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
			return false;
		if (!*a)
			return true;
		a++, b++;
	}
}

/* ------------------------------------------------------------------- files */

static uint64_t hash_of(const char *text, size_t n)
{
	uint64_t h = 0xcbf29ce484222325ull;

	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)text[i]) * 0x100000001b3ull;
	return h;
}

static int read_all(int fd, char **ret_text, size_t *ret_n)
{
	size_t n = 0, size = YAML_DOC_MAX + 2;
	char *text = malloc(size);
	ssize_t got;

	if (!text)
		return -ENOMEM;
	while (n < size - 1 && (got = read(fd, text + n, size - 1 - n)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			int err = -errno;

			free(text);
			return err;
		}
		n += got;
	}
	text[n] = '\0';
	*ret_text = text;
	*ret_n = n;
	return 0;
}

int config_file_changed(struct config_file *f, char **ret_text, size_t *ret_n)
{
	int fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), err = 0;
	uint64_t ns, hash;
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		return -EINVAL;
	}
	ns = st.st_mtim.tv_sec * NS_PER_S + st.st_mtim.tv_nsec;
	/* A file that has just been written may be written again within the clock's grain. */
	if (f->known && ns == f->seen_ns && (uint64_t)st.st_size == f->seen_size &&
	    st.st_ino == f->seen_inode && (uint64_t)time(NULL) * NS_PER_S > ns + 10 * NS_PER_S) {
		close(fd);
		return 0;
	}
	err = read_all(fd, ret_text, ret_n);
	close(fd);
	if (err)
		return err;
	hash = hash_of(*ret_text, *ret_n);
	err = !f->known || hash != f->hash;
	*f = (struct config_file){.path = f->path,
				  .seen_ns = ns,
				  .seen_size = st.st_size,
				  .seen_inode = st.st_ino,
				  .hash = hash,
				  .known = true};
	if (!err)
		free(*ret_text);
	return err;
}
