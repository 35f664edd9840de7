// SPDX-License-Identifier: MIT
/* Endpoints, Services, names, processes and places: built once, found again by their bytes. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>

#include "export/hubble_read.h"

#define NO_LIMIT SIZE_MAX

bool span_addr(struct span s, struct ip_addr *ret_addr)
{
	struct ip_addr a = {.b = {[10] = 0xff, [11] = 0xff}};
	unsigned int part = 0, digits = 0, v = 0;
	char buf[INET6_ADDRSTRLEN];

	memset(ret_addr, 0, sizeof(*ret_addr));
	for (size_t i = 0; i < s.n && s.n <= 15; i++) {
		uint8_t c = s.p[i];

		if (c >= '0' && c <= '9' && digits < 3) {
			v = v * 10 + (c - '0');
			digits++;
		} else if (c == '.' && digits && v < 256 && part < 3) {
			a.b[12 + part++] = v;
			v = digits = 0;
		} else {
			part = UINT32_MAX;
			break;
		}
	}
	if (part == 3 && digits && v < 256) {
		a.b[15] = v;
		*ret_addr = a;
		return true;
	}
	if (!s.n || s.n >= sizeof(buf))
		return false;
	memcpy(buf, s.p, s.n);
	buf[s.n] = '\0';
	return inet_pton(AF_INET6, buf, ret_addr->b) == 1;
}

/* ------------------------------------------------------------------ endpoints */

struct endpoint_parts {
	struct endpoint e; /* numbers; texts are below */
	struct span cluster, namespace_name, name, workload, workload_kind;
	struct span own_name, node, container, image, container_id, cgroup;
	struct spans labels;
};

static bool read_workload(struct span s, struct endpoint_parts *p)
{
	struct wire_reader r = wire_reader(s.p, s.n);
	struct wire_field f;

	while (wire_next(&r, &f)) {
		if (f.number == 1)
			p->workload = span_of(&f);
		else if (f.number == 2)
			p->workload_kind = span_of(&f);
	}
	return !r.bad;
}

static bool read_endpoint_parts(struct span s, struct endpoint_parts *p, uint32_t *ret_identity)
{
	struct wire_reader r = wire_reader(s.p, s.n);
	bool bad = false;
	struct wire_field f;

	while (wire_next(&r, &f)) {
		switch (f.number) {
		case 1:
			p->e.id = wire_as_u64(&f);
			break;
		case 2:
			*ret_identity = wire_as_u64(&f);
			break;
		case 3:
			p->namespace_name = span_of(&f);
			break;
		case 4:
			spans_add(&p->labels, &f);
			break;
		case 5:
			p->name = span_of(&f);
			break;
		case 6: /* Hubble's printers and filters look at all; one is what struct endpoint has */
			if (!p->workload.n)
				bad |= !read_workload(span_of(&f), p);
			break;
		case 7:
			p->cluster = span_of(&f);
			break;
		}
	}
	return !r.bad && !bad;
}

static bool read_own_parts(struct span s, struct endpoint_parts *p)
{
	struct wire_reader r = wire_reader(s.p, s.n);
	struct wire_field f;

	while (wire_next(&r, &f)) {
		struct span *const texts[] = {
			[4] = &p->own_name, [5] = &p->node,	    [6] = &p->container,
			[7] = &p->image,    [8] = &p->container_id, [9] = &p->cgroup,
		};

		if (f.number == 3)
			p->e.kind = wire_as_u64(&f);
		else if (f.number == 12)
			p->e.identity = wire_as_u64(&f);
		else if (f.number >= 4 && f.number <= 9)
			*texts[f.number] = span_of(&f);
	}
	return !r.bad;
}

static const char *const *fill_labels(struct room *room, const struct spans *labels)
{
	const char **v = room_array(room, labels->n * sizeof(*v));

	for (size_t i = 0; v && i < labels->n; i++)
		v[i] = room_str(room, labels->v[i], NO_LIMIT);
	return v;
}

/* n: bytes of all that the texts are in. */
static struct endpoint *build_endpoint(struct hubble_reader *r, struct endpoint_parts *p, size_t n)
{
	struct room room;

	if (!reader_room(r, n + p->labels.n * (sizeof(char *) + 1) + 32, &room))
		return NULL;
	p->e.labels = fill_labels(&room, &p->labels);
	p->e.n_labels = p->e.labels ? p->labels.n : 0;
	p->e.cluster = room_str(&room, p->cluster, NO_LIMIT);
	p->e.namespace_name = room_str(&room, p->namespace_name, NO_LIMIT);
	p->e.name = room_str(&room, p->name.n ? p->name : p->own_name, NO_LIMIT);
	p->e.workload = room_str(&room, p->workload, NO_LIMIT);
	p->e.workload_kind = room_str(&room, p->workload_kind, NO_LIMIT);
	p->e.node = room_str(&room, p->node, NO_LIMIT);
	p->e.container = room_str(&room, p->container, NO_LIMIT);
	p->e.image = room_str(&room, p->image, NO_LIMIT);
	p->e.container_id = room_str(&room, p->container_id, NO_LIMIT);
	p->e.cgroup = room_str(&room, p->cgroup, NO_LIMIT);
	return endpoint_new(&p->e);
}

/* A flow of Hubble's tells no kind; an end with nothing but an identity has no endpoint. */
static bool has_endpoint(struct endpoint_parts *p, const struct span *own, uint32_t identity)
{
	if (own) {
		if (p->e.kind >= ENDPOINT_KINDS)
			p->e.kind = ENDPOINT_UNKNOWN;
		return own->n;
	}
	p->e.identity = identity;
	if (p->name.n)
		p->e.kind = ENDPOINT_POD;
	else if (identity == IDENTITY_WORLD)
		p->e.kind = ENDPOINT_WORLD;
	return p->e.id || p->name.n || p->namespace_name.n || p->labels.n || p->cluster.n ||
	       p->workload.n;
}

static int new_endpoint(struct hubble_reader *r, struct span s, const struct span *own,
			struct flow_end *e)
{
	struct endpoint_parts p;

	memset(&p, 0, offsetof(struct endpoint_parts, labels) + offsetof(struct spans, v));
	if (!read_endpoint_parts(s, &p, &e->identity) || (own && !read_own_parts(*own, &p)))
		return -EBADMSG;
	if (!has_endpoint(&p, own, e->identity))
		return 0;
	e->endpoint = build_endpoint(r, &p, s.n + (own ? own->n : 0));
	return e->endpoint ? 0 : -ENOMEM;
}

int read_endpoint(struct hubble_reader *r, struct span endpoint, const struct span *own,
		  struct flow_end *e)
{
	enum intern_kind kind = own ? INTERN_OWN_ENDPOINT : INTERN_ENDPOINT;
	const struct intern_entry *known;
	struct span key = endpoint;
	uint64_t hash;
	int err;

	if (own) {
		r->key.len = 0;
		wire_bytes_always(&r->key, 1, endpoint.p, endpoint.n);
		wire_bytes_always(&r->key, 2, own->p, own->n);
		if (r->key.err)
			return r->key.err;
		key = (struct span){(const uint8_t *)r->key.data, r->key.len};
	}
	known = intern_find(r->intern, kind, key.p, key.n, &hash);
	if (known) {
		e->identity = known->value;
		e->endpoint = endpoint_get(known->object);
		return 0;
	}
	err = new_endpoint(r, endpoint, own, e);
	if (err)
		return err;
	if (intern_add(r->intern, kind, key.p, key.n, hash, e->endpoint, e->identity,
		       e->endpoint ? e->endpoint->bytes : 0))
		endpoint_get(e->endpoint);
	return 0;
}

/* ------------------------------------------------------------- Services, names */

static int new_service(struct hubble_reader *r, struct span s, struct service **ret_service)
{
	struct wire_reader reader = wire_reader(s.p, s.n);
	struct span name = {0}, namespace_name = {0};
	struct wire_field f;
	struct room room;

	while (wire_next(&reader, &f)) {
		if (f.number == 1)
			name = span_of(&f);
		else if (f.number == 2)
			namespace_name = span_of(&f);
	}
	if (reader.bad)
		return -EBADMSG;
	if (!reader_room(r, s.n + 2, &room))
		return -ENOMEM;
	*ret_service = service_new(room_str(&room, namespace_name, NO_LIMIT),
				   room_str(&room, name, NO_LIMIT));
	return *ret_service ? 0 : -ENOMEM;
}

int read_service(struct hubble_reader *r, struct span service, struct service **ret_service)
{
	const struct intern_entry *known;
	uint64_t hash;
	int err;

	known = intern_find(r->intern, INTERN_SERVICE, service.p, service.n, &hash);
	if (known) {
		*ret_service = service_get(known->object);
		return 0;
	}
	err = new_service(r, service, ret_service);
	if (!err && intern_add(r->intern, INTERN_SERVICE, service.p, service.n, hash, *ret_service,
			       0, (*ret_service)->bytes))
		service_get(*ret_service);
	return err;
}

static int new_names(struct hubble_reader *r, const struct spans *names, size_t bytes,
		     struct name_list **ret_names)
{
	size_t n = names->n < NAMES_MAX ? names->n : NAMES_MAX;
	const char *v[NAMES_MAX];
	struct room room;

	if (!reader_room(r, bytes + n, &room))
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		v[i] = room_str(&room, names->v[i], NO_LIMIT);
	*ret_names = name_list_new(v, n);
	return *ret_names ? 0 : -ENOMEM;
}

int read_names(struct hubble_reader *r, const struct spans *names, struct name_list **ret_names)
{
	const struct intern_entry *known;
	struct text *key = &r->key;
	uint64_t hash;
	int err;

	if (!names->n)
		return 0;
	key->len = 0;
	for (size_t i = 0; i < names->n && i < NAMES_MAX; i++)
		wire_bytes_always(key, 1, names->v[i].p, names->v[i].n);
	if (key->err)
		return key->err;
	known = intern_find(r->intern, INTERN_NAMES, (uint8_t *)key->data, key->len, &hash);
	if (known) {
		*ret_names = name_list_get(known->object);
		return 0;
	}
	err = new_names(r, names, key->len, ret_names);
	if (!err && intern_add(r->intern, INTERN_NAMES, (uint8_t *)key->data, key->len, hash,
			       *ret_names, 0, (*ret_names)->bytes))
		name_list_get(*ret_names);
	return err;
}

/* ------------------------------------------------------------ processes, places */

static char *copy(struct span s)
{
	return strndup(s.n ? (const char *)s.p : "", s.n);
}

static int new_process(struct span s, struct process **ret_process)
{
	struct wire_reader reader = wire_reader(s.p, s.n);
	struct span comm = {0}, exe = {0}, command = {0};
	struct process *p = calloc(1, sizeof(*p));
	struct wire_field f;

	if (!p)
		return -ENOMEM;
	p->refs = 1;
	while (wire_next(&reader, &f)) {
		uint32_t *const numbers[] = {
			[1] = &p->pid, [2] = &p->ppid, [3] = &p->uid, [4] = &p->netns};
		struct span *const texts[] = {[7] = &comm, [8] = &exe, [9] = &command};

		if (f.number <= 4)
			*numbers[f.number] = wire_as_u64(&f);
		else if (f.number == 5)
			p->cgroup_id = wire_as_u64(&f);
		else if (f.number == 6)
			p->start_ns = wire_as_u64(&f);
		else if (f.number <= 9)
			*texts[f.number] = span_of(&f);
	}
	if (comm.n)
		memcpy(p->comm, comm.p, comm.n < sizeof(p->comm) ? comm.n : sizeof(p->comm) - 1);
	p->exe = copy(exe);
	p->command = copy(command);
	if (!reader.bad && p->exe && p->command) {
		*ret_process = p;
		return 0;
	}
	process_put(p);
	return reader.bad ? -EBADMSG : -ENOMEM;
}

int read_process(struct hubble_reader *r, struct span process, struct process **ret_process)
{
	const struct intern_entry *known;
	uint64_t hash;
	int err;

	known = intern_find(r->intern, INTERN_PROCESS, process.p, process.n, &hash);
	if (known) {
		*ret_process = process_get(known->object);
		return 0;
	}
	err = new_process(process, ret_process);
	if (!err && intern_add(r->intern, INTERN_PROCESS, process.p, process.n, hash, *ret_process,
			       0, sizeof(**ret_process) + process.n))
		process_get(*ret_process);
	return err;
}

static int new_place(struct hubble_reader *r, struct span s, struct place **ret_place)
{
	struct wire_reader reader = wire_reader(s.p, s.n);
	struct span as_name = {0}, country = {0}, country_name = {0}, city = {0};
	struct place from = {0};
	struct wire_field f;
	struct room room;

	while (wire_next(&reader, &f)) {
		struct span *const texts[] = {
			[2] = &as_name, [3] = &country, [4] = &country_name, [5] = &city};

		if (f.number == 1)
			from.asn = wire_as_u64(&f);
		else if (f.number <= 5)
			*texts[f.number] = span_of(&f);
	}
	if (reader.bad)
		return -EBADMSG;
	if (!reader_room(r, s.n + 4, &room))
		return -ENOMEM;
	from.as_name = room_str(&room, as_name, NO_LIMIT);
	from.country_name = room_str(&room, country_name, NO_LIMIT);
	from.city = room_str(&room, city, NO_LIMIT);
	if (country.n)
		memcpy(from.country, country.p,
		       country.n < sizeof(from.country) ? country.n : sizeof(from.country) - 1);
	*ret_place = place_new(&from);
	return *ret_place ? 0 : -ENOMEM;
}

int read_place(struct hubble_reader *r, struct span place, struct place **ret_place)
{
	const struct intern_entry *known;
	uint64_t hash;
	int err;

	known = intern_find(r->intern, INTERN_PLACE, place.p, place.n, &hash);
	if (known) {
		*ret_place = place_get(known->object);
		return 0;
	}
	err = new_place(r, place, ret_place);
	if (!err && intern_add(r->intern, INTERN_PLACE, place.p, place.n, hash, *ret_place, 0,
			       (*ret_place)->bytes))
		place_get(*ret_place);
	return err;
}
