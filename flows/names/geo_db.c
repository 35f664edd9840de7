// SPDX-License-Identifier: MIT
#include "flows/names/geo_db.h"

#include <errno.h>
#include <fcntl.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flows/names/mmdb_value.h"

#define METADATA_MARK "\xab\xcd\xefMaxMind.com"
#define METADATA_MAX (128u << 10) /* it is in the last 128 KiB */
#define PATH_DEPTH 4

struct geo_db {
	MMDB_s mmdb;
	struct geo_info info;
};

static int refuse(int err, char *why, size_t size, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static int refuse(int err, char *why, size_t size, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(why, size, format, ap);
	va_end(ap);
	return err;
}

/* ------------------------------------------------------------------- files */

static void file_of_stat(const struct stat *st, struct geo_file *ret)
{
	*ret = (struct geo_file){
		.dev = st->st_dev,
		.ino = st->st_ino,
		.size = st->st_size,
		.mtime_ns = st->st_mtim.tv_sec * 1000000000ll + st->st_mtim.tv_nsec,
	};
}

bool geo_file_of(const char *path, struct geo_file *ret)
{
	struct stat st;

	*ret = (struct geo_file){0};
	if (stat(path, &st))
		return false;
	file_of_stat(&st, ret);
	return true;
}

bool geo_file_same(const struct geo_file *a, const struct geo_file *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	       a->mtime_ns == b->mtime_ns;
}

/* A database of that size may be in that file. */
static int check_file(const struct stat *st, char *why, size_t why_size)
{
	if (!S_ISREG(st->st_mode))
		return refuse(-EINVAL, why, why_size, "it is no file");
	if (st->st_size > GEO_DB_BYTES_MAX)
		return refuse(-EFBIG, why, why_size, "it is larger than %u MiB",
			      GEO_DB_BYTES_MAX >> 20);
	return 0;
}

/* The file's bytes in memory that nobody changes: a mapped file that is cut kills its reader. */
static int copy_file(int fd, off_t size, char *why, size_t why_size)
{
	int copy = memfd_create("pitot-places", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	off_t left = size;
	ssize_t n = 1;

	if (copy < 0)
		return refuse(-errno, why, why_size, "no memory for it: %s", strerror(errno));
	while (left && n > 0) {
		n = sendfile(copy, fd, NULL, left);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0)
			left -= n;
	}
	if (!left && !fcntl(copy, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE))
		return copy;
	n = n < 0 ? -errno : -EAGAIN;
	close(copy);
	return refuse(n, why, why_size, "cannot read it: %s",
		      left ? n == -EAGAIN ? "it became shorter meanwhile" : strerror(-n)
			   : "its copy cannot be sealed");
}

/* ------------------------------------------------------------------ opening */

/* The metadata are where libmaxminddb looks for them: behind the last mark near the end. */
static bool metadata_ok(const uint8_t *data, size_t size)
{
	const size_t mark = sizeof(METADATA_MARK) - 1;
	const uint8_t *at = data + (size > METADATA_MAX ? size - METADATA_MAX : 0), *found = NULL;

	while ((at = memmem(at, data + size - at, METADATA_MARK, mark))) {
		at += mark;
		found = at;
	}
	return found && mmdb_value_ok(found, data + size - found, 0);
}

static int check_content(int copy, size_t size, char *why, size_t why_size)
{
	uint8_t *data = size ? mmap(NULL, size, PROT_READ, MAP_PRIVATE, copy, 0) : MAP_FAILED;
	bool ok;

	if (data == MAP_FAILED)
		return refuse(size ? -errno : -EBADMSG, why, why_size, "%s",
			      size ? strerror(errno) : "it is empty");
	ok = metadata_ok(data, size);
	munmap(data, size);
	return ok ? 0
		  : refuse(-EBADMSG, why, why_size, "it is no MaxMind database, or was cut short");
}

static void fill_info(struct geo_db *db)
{
	const MMDB_metadata_s *m = &db->mmdb.metadata;

	snprintf(db->info.type, sizeof(db->info.type), "%s", m->database_type);
	db->info.built_s = m->build_epoch;
	db->info.nodes = m->node_count;
	db->info.bytes = db->mmdb.file_size;
}

static int open_copy(struct geo_db *db, int copy, char *why, size_t why_size)
{
	char path[40];
	int err;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", copy);
	err = MMDB_open(path, MMDB_MODE_MMAP, &db->mmdb);
	if (err)
		return refuse(-EBADMSG, why, why_size, "it is broken: %s", MMDB_strerror(err));
	if ((db->mmdb.metadata.ip_version == 4 || db->mmdb.metadata.ip_version == 6) &&
	    db->mmdb.metadata.database_type) {
		fill_info(db);
		return 0;
	}
	MMDB_close(&db->mmdb);
	return refuse(-EBADMSG, why, why_size, "it is broken: neither for IPv4 nor for IPv6");
}

static int load_fd(int fd, struct geo_db *db, struct geo_file *file, char *why, size_t why_size)
{
	struct stat st;
	int err, copy;

	if (fstat(fd, &st))
		return refuse(-errno, why, why_size, "%s", strerror(errno));
	file_of_stat(&st, file);
	err = check_file(&st, why, why_size);
	if (err)
		return err;
	copy = copy_file(fd, st.st_size, why, why_size);
	if (copy < 0)
		return copy;
	err = check_content(copy, st.st_size, why, why_size);
	if (!err)
		err = open_copy(db, copy, why, why_size);
	close(copy);
	return err;
}

int geo_db_load(const char *path, struct geo_db **ret, struct geo_file *ret_file, char *why,
		size_t why_size)
{
	struct geo_db *db = calloc(1, sizeof(*db));
	struct geo_file file = {0};
	int fd, err;

	if (!db)
		return refuse(-ENOMEM, why, why_size, "out of memory");
	/* O_NONBLOCK: what is a pipe is refused, not waited for. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		err = refuse(-errno, why, why_size, "%s", strerror(errno));
	} else {
		err = load_fd(fd, db, &file, why, why_size);
		close(fd);
	}
	if (ret_file)
		*ret_file = file;
	if (err)
		free(db);
	else
		*ret = db;
	return err;
}

void geo_db_free(struct geo_db *db)
{
	if (!db)
		return;
	MMDB_close(&db->mmdb);
	free(db);
}

const struct geo_info *geo_db_info(const struct geo_db *db)
{
	return &db->info;
}

/* ----------------------------------------------------------------- look-ups */

/* Up to the first NUL; false: no text, or none there. */
static bool text_at(MMDB_entry_s *entry, const char *const *path, char *to, size_t size)
{
	MMDB_entry_data_s d;
	size_t n;

	if (MMDB_aget_value(entry, &d, path) || !d.has_data || d.type != MMDB_DATA_TYPE_UTF8_STRING)
		return false;
	n = d.data_size < size - 1 ? d.data_size : size - 1;
	/* no half character at the end */
	while (n < d.data_size && n && ((unsigned char)d.utf8_string[n] & 0xc0) == 0x80)
		n--;
	memcpy(to, d.utf8_string, n);
	to[n] = 0;
	return *to;
}

struct text_field {
	size_t at, size; /* in struct geo_place */
	const char *path[PATH_DEPTH]; /* NULL ends */
};

#define FIELD(name) offsetof(struct geo_place, name), sizeof(((struct geo_place *)0)->name)

/* Better ones first. Nested: MaxMind and DB-IP. Flat: the ip-location-db and IPinfo ones. */
static const struct text_field text_fields[] = {
	{FIELD(country_name), {"country", "names", "en"}},
	{FIELD(country_name), {"country_name"}},
	{FIELD(city), {"city", "names", "en"}},
	{FIELD(city), {"city"}},
	{FIELD(as_name), {"autonomous_system_organization"}},
	{FIELD(as_name), {"as_name"}},
};

static void find_texts(MMDB_entry_s *entry, struct geo_place *p)
{
	for (size_t i = 0; i < sizeof(text_fields) / sizeof(text_fields[0]); i++) {
		const struct text_field *f = &text_fields[i];
		char *to = (char *)p + f->at;

		if (!*to)
			text_at(entry, f->path, to, f->size);
	}
}

/* Two letters, or it is no country code. */
static void find_country(MMDB_entry_s *entry, struct geo_place *p)
{
	static const char *const paths[][PATH_DEPTH] = {{"country", "iso_code"}, {"country_code"}};
	char code[4];

	for (size_t i = 0; i < 2 && !*p->country; i++) {
		if (!text_at(entry, paths[i], code, sizeof(code)) || strlen(code) != 2)
			continue;
		code[0] &= ~0x20;
		code[1] &= ~0x20;
		if (code[0] >= 'A' && code[0] <= 'Z' && code[1] >= 'A' && code[1] <= 'Z')
			memcpy(p->country, code, 3);
	}
}

static void find_asn(MMDB_entry_s *entry, struct geo_place *p)
{
	static const char *const number[] = {"autonomous_system_number", NULL};
	static const char *const text[] = {"asn", NULL}; /* "AS64496" */
	MMDB_entry_data_s d;
	char as[16], *end;
	unsigned long long n;

	if (p->asn)
		return;
	if (!MMDB_aget_value(entry, &d, number) && d.has_data) {
		if (d.type == MMDB_DATA_TYPE_UINT32)
			p->asn = d.uint32;
		else if (d.type == MMDB_DATA_TYPE_UINT16)
			p->asn = d.uint16;
		return;
	}
	if (!text_at(entry, text, as, sizeof(as)) || strncmp(as, "AS", 2) || as[2] < '0' ||
	    as[2] > '9')
		return;
	n = strtoull(as + 2, &end, 10);
	if (!*end && n <= UINT32_MAX)
		p->asn = n;
}

static MMDB_lookup_result_s look_up(const struct geo_db *db, const struct ip_addr *a)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	MMDB_lookup_result_s r;
	int err = 0;

	if (ip_addr_is_v4(a)) {
		memcpy(&v4.sin_addr, a->b + 12, 4);
		r = MMDB_lookup_sockaddr(&db->mmdb, (struct sockaddr *)&v4, &err);
	} else {
		memcpy(&v6.sin6_addr, a->b, 16);
		r = MMDB_lookup_sockaddr(&db->mmdb, (struct sockaddr *)&v6, &err);
	}
	if (err)
		r.found_entry = false;
	return r;
}

void geo_db_find(const struct geo_db *db, const struct ip_addr *a, struct geo_place *p)
{
	MMDB_lookup_result_s r = look_up(db, a);

	if (!r.found_entry ||
	    !mmdb_value_ok(db->mmdb.data_section, db->mmdb.data_section_size, r.entry.offset))
		return;
	find_country(&r.entry, p);
	find_texts(&r.entry, p);
	find_asn(&r.entry, p);
}
